//! The files of `docs/record-vectors`, and the example of `docs/record-format.md`: made here from
//! fixed keys, so that they are what this build writes and judges.
//!
//! `GATEHOUSE_WRITE_VECTORS=1` writes them anew; otherwise they are compared.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::*;
use crate::record::{
    checkpoints::Checkpoint,
    encoding::hex,
    entries::{BEGINNING, Head, Kept},
    facts::Facts,
    file::{FirstLine, Line, PayloadLine},
    payloads::Salted,
    verify_file,
    witness::{Witness, WitnessError},
};

/// A record in memory, with everything in it fixed.
struct Made {
    keys: Keys,
    head: Head,
    lines: Vec<String>,
    entries: Vec<Entry>,
}

const TIME: i64 = 1_790_000_000_000;

impl Made {
    fn new() -> Self {
        let mut made = Self {
            keys: keys(1),
            head: Head {
                count: 0,
                hash: BEGINNING,
                latest_ms: i64::MIN,
            },
            lines: Vec::new(),
            entries: Vec::new(),
        };
        made.names_keys(Action::RecordBegan);
        made
    }

    fn names_keys(&mut self, action: Action) {
        let facts = Facts::default()
            .with("format", 1i64)
            .with("public_key", hex(&self.keys.public()))
            .with("mac_key", self.keys.check_value());
        self.entry(TIME + self.head.count, action.name(), facts, None);
    }

    fn entry(&mut self, time_ms: i64, action: &str, facts: Facts, payload: Option<&str>) {
        let sequence = self.head.count + 1;
        let salted = payload.map(|text| {
            let salt = [u8::try_from(sequence).unwrap(); 16];
            Salted::from_parts(&salt, text).unwrap()
        });
        let entry = Entry {
            sequence,
            time_ms,
            latest_ms: time_ms.max(self.head.latest_ms),
            instance: instance(),
            actor: Actor::Window.name().into(),
            action: action.into(),
            subject: salted.as_ref().map_or(vec![], |_| vec![0xab; 16]),
            facts,
            commitment: salted.as_ref().map_or(vec![], |s| s.commitment().to_vec()),
            previous: self.head.hash,
        };
        self.head = Head {
            count: sequence,
            hash: entry.hash(),
            latest_ms: entry.latest_ms,
        };
        self.entries.push(entry.clone());
        let kept = Kept {
            hash: entry.hash().to_vec(),
            mac: Vec::new(),
            sealed: None,
            entry,
        };
        let payload = salted.as_ref().map(PayloadLine::of);
        self.line(&Line::entry(kept, payload));
    }

    fn call(&mut self) {
        let sequence = self.head.count + 1;
        let facts = Facts::default()
            .with("call", sequence)
            .with("cost_usd", "0.00123")
            .with("model", "gpt-5")
            .with("outcome", "answered");
        let payload = format!(
            r#"{{"answer":"0190a000-0000-7000-8000-00000000000{}"}}"#,
            sequence % 10
        );
        self.entry(
            TIME + sequence,
            Action::CallEnded.name(),
            facts,
            Some(&payload),
        );
    }

    fn checkpoint(&mut self) {
        let checkpoint = self.sign();
        self.line(&Line::checkpoint(&checkpoint));
    }

    fn sign(&self) -> Checkpoint {
        Checkpoint::sign(&self.keys.signing, instance(), &self.head, TIME + 1_000)
    }

    fn line(&mut self, line: &impl serde::Serialize) {
        self.lines.push(serde_json::to_string(line).unwrap() + "\n");
    }

    fn file(&self) -> String {
        let first = serde_json::to_string(&FirstLine::of(&self.sign())).unwrap() + "\n";
        first + &self.lines.concat()
    }
}

fn keys(seed: u8) -> Keys {
    Keys::from_parts(Zeroizing::new([seed; 32]), &[seed + 100; 32])
}

fn instance() -> Uuid {
    Uuid::from_u128(0x0123_4567_89ab_4cde_8f01_2345_6789_abcd)
}

fn small() -> Made {
    let mut made = Made::new();
    made.call();
    made.call();
    made.checkpoint();
    made.call();
    made
}

/// A file, and what it is compared with.
struct Vector {
    name: &'static str,
    file: Vec<u8>,
    witness: Option<String>,
}

fn vector(name: &'static str, file: impl Into<Vec<u8>>) -> Vector {
    Vector {
        name,
        file: file.into(),
        witness: None,
    }
}

fn good() -> Vec<Vector> {
    let mut clock = Made::new();
    clock.call();
    let started = Action::Started.name();
    clock.entry(TIME - 3_600_000, started, Facts::default(), None);
    clock.call();

    let mut new_keys = small();
    new_keys.keys = keys(2);
    new_keys.names_keys(Action::KeysReplaced);
    new_keys.call();
    new_keys.checkpoint();
    new_keys.call();

    let mut letters = Made::new();
    let facts = Facts::default()
        .with("a", i64::MIN)
        .with("b", i64::MAX)
        .with("a.b", 0i64)
        .with("a b", -1i64)
        .with("controls", "\u{0}\u{8}\t\n\u{c}\r\u{1f}\u{7f}")
        .with("quotes", "\"\\/")
        .with(
            "letters",
            "ﬁ e\u{301} 👩‍👩‍👧 \u{202e}rtl \u{feff}\u{ffff}\u{10000}",
        );
    letters.entry(
        TIME,
        "an.action-of-tomorrow",
        facts,
        Some("\u{2028}\"text\""),
    );

    let mut other_action = Made::new();
    let facts = Facts::default().with("public_key", hex(&[9; 32]));
    other_action.entry(TIME, Action::SettingsChanged.name(), facts, None);
    other_action.checkpoint();

    let mut long = Made::new();
    for _ in 0..130 {
        long.call();
        if long.head.count % 64 == 0 {
            long.checkpoint();
        }
    }
    vec![
        vector("good-only-the-beginning", Made::new().file()),
        vector("good-with-payloads-and-a-checkpoint", small().file()),
        vector("good-payloads-left-out", without_payloads(&small().file())),
        vector("good-clock-set-back", clock.file()),
        vector("good-keys-replaced", new_keys.file()),
        vector("good-public-key-in-another-action", other_action.file()),
        vector("good-letters-and-numbers", letters.file()),
        vector("good-two-checkpoints", long.file()),
        vector("good-cut-off-and-told", cut_off_and_told().file()),
        Vector {
            witness: Some(small().sign().code()),
            ..vector("good-fits-a-witness", new_keys.file())
        },
    ]
}

/// Seven entries were signed, four of them are left, and the record goes on behind the entry that says so.
fn cut_off_and_told() -> Made {
    let mut longer = small();
    for _ in 0..3 {
        longer.call();
    }
    let signed = longer.sign();
    let mut cut = small();
    let facts = Facts::default()
        .with("fault", "cut-off")
        .with("at", 4i64)
        .with("checkpoint", signed.count)
        .with("checkpoint_head", hex(&signed.head))
        .with("checkpoint_time", signed.time_ms)
        .with("checkpoint_key", hex(&signed.public_key))
        .with("checkpoint_signature", hex(&signed.signature))
        .with("strays", 1i64)
        .with("stray_count", signed.count)
        .with("stray_head", hex(&signed.head))
        .with("stray_time", signed.time_ms)
        .with("stray_key", hex(&signed.public_key))
        .with("stray_signature", hex(&signed.signature));
    cut.entry(TIME + 5, Action::VerificationFailed.name(), facts, None);
    for _ in 0..4 {
        cut.call();
    }
    cut.checkpoint();
    cut.call();
    cut
}

fn without_payloads(file: &str) -> String {
    file.lines()
        .map(|line| match line.split_once(r#","payload":"#) {
            Some((kept, _)) => format!("{kept}}}\n"),
            None => format!("{line}\n"),
        })
        .collect()
}

/// Files that must not verify.
fn bad() -> Vec<Vector> {
    [bad_chains(), bad_lines(), bad_checkpoints()]
        .into_iter()
        .flatten()
        .collect()
}

/// The small file with its lines changed.
fn with(change: impl FnOnce(&mut Vec<&str>)) -> String {
    let file = small().file();
    let mut lines = file.split_inclusive('\n').collect();
    change(&mut lines);
    lines.concat()
}

/// The small file with a text replaced once.
fn replaced(from: &str, to: &str) -> String {
    let file = small().file();
    assert!(file.contains(from), "{from}");
    file.replacen(from, to, 1)
}

/// A record whose third entry was changed before it was hashed, and nothing after it.
fn forged(change: impl FnOnce(&mut Entry)) -> String {
    let mut made = Made::new();
    made.call();
    made.call();
    let mut entry = made.entries[2].clone();
    change(&mut entry);
    made.lines.pop();
    made.head.hash = entry.hash();
    let kept = Kept {
        hash: entry.hash().to_vec(),
        mac: Vec::new(),
        sealed: None,
        entry,
    };
    made.line(&Line::entry(kept, None));
    made.file()
}

fn bad_chains() -> Vec<Vector> {
    let third = hex(&small().entries[2].hash());
    let mut twice = Made::new();
    twice.call();
    twice.names_keys(Action::RecordBegan);
    let mut forgotten = Made::new();
    forgotten.entry(TIME, Action::KeysReplaced.name(), Facts::default(), None);
    let mut longer = small();
    let promised = longer.file().lines().next().unwrap().to_owned() + "\n";
    longer.call();
    let one_more = promised + &longer.lines.concat();
    let mut empty = Made::new();
    empty.lines.clear();
    (empty.head.count, empty.head.hash) = (0, BEGINNING);
    vec![
        vector("bad-changed-fact", replaced("answered", "failed")),
        vector(
            "bad-changed-time",
            replaced(
                &format!("\"time\":{}", TIME + 2),
                &format!("\"time\":{}", TIME + 1),
            ),
        ),
        vector("bad-changed-hash", replaced(&third, &hex(&[0xcd; 32]))),
        vector(
            "bad-moved-character",
            replaced(
                r#""actor":"window","action":"call.ended""#,
                r#""actor":"windowc","action":"all.ended""#,
            ),
        ),
        vector("bad-unlinked", forged(|entry| entry.previous[31] ^= 1)),
        vector("bad-foreign", forged(|entry| entry.instance = Uuid::max())),
        vector("bad-latest", forged(|entry| entry.latest_ms += 1)),
        vector("bad-entry-missing", with(|lines| drop(lines.drain(2..3)))),
        vector("bad-entries-swapped", with(|lines| lines.swap(2, 3))),
        vector("bad-entry-twice", with(|lines| lines.push(lines[5]))),
        vector("bad-cut-off", with(|lines| lines.truncate(5))),
        vector("bad-one-too-many", one_more),
        vector("bad-begins-twice", twice.file()),
        vector("bad-no-public-key", forgotten.file()),
        vector("bad-no-entry", empty.file()),
        vector(
            "bad-payload-changed",
            replaced("000000000002", "000000000003"),
        ),
        vector("bad-salt-changed", replaced(&hex(&[2; 16]), &hex(&[3; 16]))),
        Vector {
            witness: Some(longer.sign().code()),
            ..vector("bad-ends-before-its-witness", small().file())
        },
        Vector {
            witness: Some(small().sign().code().replace("-4-", "-3-")),
            ..vector("bad-differs-from-its-witness", small().file())
        },
    ]
}

fn bad_lines() -> Vec<Vector> {
    let file = small().file();
    let third = hex(&small().entries[2].hash());
    let bytes = |from: &str, to: &[u8]| {
        let (before, after) = file.split_once(from).unwrap();
        [before.as_bytes(), to, after.as_bytes()].concat()
    };
    let mut long = Made::new();
    let facts = Facts::default().with("model", "x".repeat((64 << 10) + 1));
    long.entry(TIME, Action::PresetSaved.name(), facts, None);
    vec![
        vector("bad-empty", ""),
        vector("bad-no-first-line", with(|lines| drop(lines.drain(..1)))),
        vector(
            "bad-format",
            replaced("\"format\":1,\"c", "\"format\":2,\"c"),
        ),
        vector(
            "bad-space-in-a-line",
            replaced("{\"kind\":\"entry\",", "{\"kind\":\"entry\", "),
        ),
        vector(
            "bad-capital-digits",
            replaced(&third, &third.to_uppercase()),
        ),
        vector("bad-short-hash", replaced(&third, &third[..62])),
        vector("bad-odd-digits", replaced(&third, &third[..63])),
        vector("bad-short-salt", replaced(&hex(&[2; 16]), &hex(&[2; 15]))),
        vector(
            "bad-name-twice",
            replaced("\"facts\":{", "\"facts\":{\"a\":1,\"a\":1,"),
        ),
        vector(
            "bad-names-out-of-order",
            replaced("\"facts\":{", "\"facts\":{\"z\":1,"),
        ),
        vector(
            "bad-unknown-name",
            replaced("\"sequence\":2", "\"sequence\":2,\"more\":1"),
        ),
        vector(
            "bad-letter-in-a-name",
            replaced("call.ended", "c\u{430}ll.ended"),
        ),
        vector(
            "bad-minus-zero",
            replaced("\"facts\":{", "\"facts\":{\"a\":-0,"),
        ),
        vector(
            "bad-number-of-65-bits",
            replaced("\"facts\":{", "\"facts\":{\"a\":9223372036854775808,"),
        ),
        vector(
            "bad-fraction",
            replaced("\"facts\":{", "\"facts\":{\"a\":1.0,"),
        ),
        vector(
            "bad-needless-escape",
            replaced("answered", "\\u0061nswered"),
        ),
        vector("bad-fact-too-long", long.file()),
        vector("bad-half-a-pair", replaced("answered", "\\ud800")),
        vector("bad-not-utf-8", bytes("answered", b"\xff")),
        vector("bad-byte-order-mark", format!("\u{feff}{file}")),
        vector("bad-last-line-feed", file.trim_end()),
        vector("bad-empty-line", format!("{file}\n")),
        vector("bad-carriage-returns", file.replace('\n', "\r\n")),
    ]
}

fn bad_checkpoints() -> Vec<Vector> {
    let mut stranger = small();
    stranger.keys = keys(3);
    let signature = small().sign().signature;
    let mut nobody = Made::new();
    nobody.lines.clear();
    nobody.head = Head {
        count: 0,
        hash: BEGINNING,
        latest_ms: i64::MIN,
    };
    let identity = hex(&[[1].as_slice(), &[0; 31]].concat());
    let facts = Facts::default().with("public_key", identity.as_str());
    nobody.entry(TIME, Action::RecordBegan.name(), facts, None);
    let signed_by_nobody = nobody
        .file()
        .replacen(&hex(&nobody.keys.public()), &identity, 1)
        .replacen(
            &hex(&nobody.sign().signature),
            &format!("{identity}{}", hex(&[0; 32])),
            1,
        );
    vec![
        vector("bad-checkpoint-of-another-key", stranger.file()),
        vector(
            "bad-checkpoint-in-the-wrong-place",
            with(|lines| lines.swap(3, 4)),
        ),
        vector(
            "bad-checkpoint-before-the-first-entry",
            with(|lines| lines[1..=4].rotate_right(1)),
        ),
        vector(
            "bad-checkpoint-twice",
            with(|lines| lines.insert(4, lines[4])),
        ),
        vector(
            "bad-checkpoint-changed",
            replaced(
                &format!("\"time\":{}", TIME + 1_000),
                &format!("\"time\":{}", TIME + 1_001),
            ),
        ),
        vector(
            "bad-second-signature",
            replaced(&hex(&signature), &hex(&plus_order(&signature))),
        ),
        vector("bad-key-of-small-order", signed_by_nobody),
    ]
}

/// The signature that a careless verifier takes for the same: the order of the group is added to its
/// number (RFC 8032, section 5.1.7, says that it must be refused).
fn plus_order(signature: &[u8; 64]) -> [u8; 64] {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut other = *signature;
    let mut carry = 0;
    for (byte, add) in other[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    other
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/record-vectors")
}

/// The file of this name must have this content, or gets it if it was asked for.
fn is_in_docs(name: &str, content: &[u8]) {
    let path = folder().join(name);
    if std::env::var_os("GATEHOUSE_WRITE_VECTORS").is_some() {
        fs::create_dir_all(folder()).unwrap();
        fs::write(&path, content).unwrap();
    }
    let kept = fs::read(&path).unwrap_or_default();
    assert!(
        kept == content,
        "docs/record-vectors/{name} is not what this build makes; GATEHOUSE_WRITE_VECTORS=1 writes it"
    );
}

#[test]
fn the_vectors_are_what_this_build_writes_and_how_it_judges_them() {
    let mut verdicts = Vec::new();
    for vector in good().into_iter().chain(bad()) {
        let name = vector.name;
        let witness = vector
            .witness
            .as_deref()
            .map(|code| Witness::read(code).unwrap());
        let verdict = verify_file(&mut vector.file.as_slice(), witness.as_ref(), None).unwrap();
        let fault = verdict.fault.as_ref();
        assert_eq!(
            verdict.holds(),
            name.starts_with("good-"),
            "{name}: {fault:?}"
        );
        let file = format!("{name}.jsonl");
        is_in_docs(&file, &vector.file);
        verdicts.push(json!({
            "file": file,
            "witness": vector.witness,
            "holds": verdict.holds(),
            "entries": verdict.holds().then_some(verdict.count),
            "fault": fault.map(Fault::name),
            "at": fault.and_then(Fault::at),
        }));
    }
    let verdicts = Value::Array(verdicts);
    is_in_docs("verdicts.json", format!("{verdicts:#}\n").as_bytes());
}

#[test]
fn a_payload_that_is_longer_than_the_format_lets_it_be_is_refused() {
    for (length, fault) in [(8 << 20, None), ((8 << 20) + 1, Some(Fault::Line(3)))] {
        let mut made = Made::new();
        let text = "x".repeat(length);
        let saved = Action::PresetSaved.name();
        made.entry(TIME + 1, saved, Facts::default(), Some(&text));
        let verdict = verify_file(&mut made.file().as_bytes(), None, None).unwrap();
        assert_eq!(verdict.fault, fault);
    }
}

#[test]
fn what_speaks_of_no_entries_is_no_witness() {
    for count in [0, -1] {
        let mut made = small();
        (made.head.count, made.head.hash) = (count, BEGINNING);
        let file = Witness::file(&made.sign());
        let read = Witness::read(&file);
        assert!(matches!(read, Err(WitnessError::Unknown)), "{read:?}");
    }
}

#[test]
fn what_has_another_format_is_no_witness() {
    let file = Witness::file(&small().sign());
    assert!(Witness::read(&file).is_ok());
    let newer = file.replace("\"format\": 1", "\"format\": 2");
    assert_ne!(newer, file);
    let read = Witness::read(&newer);
    assert!(matches!(read, Err(WitnessError::Unknown)), "{read:?}");
}

#[test]
fn the_document_shows_the_encoding_that_is_hashed() {
    let document = include_str!("../../../../../docs/record-format.md");
    let entry = &small().entries[1];
    let encoding = entry.encoding().into_bytes();
    let rows: Vec<String> = encoding
        .chunks(32)
        .map(|row| format!("    {}\n", hex(row)))
        .collect();
    let checkpoint = small().sign();
    for shown in [
        rows.concat(),
        hex(&entry.hash()),
        hex(&checkpoint.signature),
        hex(&checkpoint.public_key),
        checkpoint.code(),
    ] {
        assert!(document.contains(&shown), "the example has not:\n{shown}");
    }
}

#[test]
fn the_document_names_every_action() {
    let document = include_str!("../../../../../docs/record-format.md");
    for action in Action::ALL {
        assert!(
            document.contains(&format!("`{}`", action.name())),
            "{} is missing",
            action.name()
        );
    }
}
