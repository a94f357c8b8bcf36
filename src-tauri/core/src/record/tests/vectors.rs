//! The files of `docs/record-vectors`, and the example of `docs/record-format.md`: made here from
//! fixed keys, so that they are what this build writes and judges.
//!
//! `GATEHOUSE_WRITE_VECTORS=1` writes them anew; otherwise they are compared.

use std::{collections::BTreeMap, fs, path::PathBuf};

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

fn good() -> BTreeMap<&'static str, String> {
    let mut clock = Made::new();
    clock.call();
    clock.entry(
        TIME - 3_600_000,
        Action::Started.name(),
        Facts::default(),
        None,
    );
    clock.call();

    let mut new_keys = small();
    new_keys.keys = keys(2);
    new_keys.names_keys(Action::KeysReplaced);
    new_keys.call();
    new_keys.checkpoint();
    new_keys.call();

    let mut letters = Made::new();
    let facts = Facts::default()
        .with("Z", "capitals come before small letters")
        .with("a", i64::MIN)
        .with("b", i64::MAX)
        .with("controls", "\u{0}\u{8}\t\n\u{c}\r\u{1f}\u{7f}")
        .with("quotes", "\"\\/")
        .with("äöü", "ﬁ e\u{301} 👩‍👩‍👧 \u{202e}rtl \u{feff}");
    letters.entry(
        TIME,
        "an.action-of-tomorrow",
        facts,
        Some("\u{2028}\"text\""),
    );

    let mut long = Made::new();
    for _ in 0..130 {
        long.call();
        if long.head.count % 64 == 0 {
            long.checkpoint();
        }
    }
    BTreeMap::from([
        ("good-only-the-beginning", Made::new().file()),
        ("good-with-payloads-and-a-checkpoint", small().file()),
        ("good-clock-set-back", clock.file()),
        ("good-keys-replaced", new_keys.file()),
        ("good-letters-and-numbers", letters.file()),
        ("good-two-checkpoints", long.file()),
        ("good-payloads-left-out", without_payloads(&small().file())),
    ])
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
fn bad() -> BTreeMap<&'static str, String> {
    let file = small().file();
    let lines: Vec<&str> = file.split_inclusive('\n').collect();
    let with = |change: &dyn Fn(&mut Vec<&str>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        lines.concat()
    };
    let replaced = |from: &str, to: &str| {
        assert!(file.contains(from), "{from}");
        file.replacen(from, to, 1)
    };
    let mut stranger = small();
    stranger.keys = keys(3);
    let mut twice = Made::new();
    twice.call();
    twice.names_keys(Action::RecordBegan);
    let mut forgotten = Made::new();
    forgotten.entry(TIME, Action::KeysReplaced.name(), Facts::default(), None);
    let other_hash = hex(&[0xcd; 32]);
    let third = small().entries[2].hash();
    BTreeMap::from([
        ("bad-empty", String::new()),
        (
            "bad-no-first-line",
            with(&|lines| {
                lines.remove(0);
            }),
        ),
        ("bad-changed-fact", replaced("answered", "failed")),
        (
            "bad-changed-time",
            replaced(
                &format!("\"time\":{}", TIME + 2),
                &format!("\"time\":{}", TIME + 1),
            ),
        ),
        ("bad-changed-hash", replaced(&hex(&third), &other_hash)),
        (
            "bad-moved-character",
            replaced(
                r#""actor":"window","action":"call.ended""#,
                r#""actor":"windowc","action":"all.ended""#,
            ),
        ),
        (
            "bad-entry-missing",
            with(&|lines| {
                lines.remove(2);
            }),
        ),
        ("bad-entries-swapped", with(&|lines| lines.swap(2, 3))),
        (
            "bad-cut-off",
            with(&|lines| {
                lines.pop();
            }),
        ),
        ("bad-one-too-many", with(&|lines| lines.push(lines[5]))),
        (
            "bad-payload-changed",
            replaced("000000000002", "000000000003"),
        ),
        ("bad-salt-changed", replaced(&hex(&[2; 16]), &hex(&[3; 16]))),
        ("bad-checkpoint-of-another-key", stranger.file()),
        (
            "bad-checkpoint-in-the-wrong-place",
            with(&|lines| lines.swap(3, 4)),
        ),
        (
            "bad-checkpoint-changed",
            replaced(
                &format!("\"time\":{}", TIME + 1_000),
                &format!("\"time\":{}", TIME + 1_001),
            ),
        ),
        ("bad-begins-twice", twice.file()),
        ("bad-no-public-key", forgotten.file()),
        (
            "bad-space-in-a-line",
            replaced("{\"kind\":\"entry\",", "{\"kind\":\"entry\", "),
        ),
        ("bad-capital-digits", {
            let digits = hex(&third);
            replaced(&digits, &digits.to_uppercase())
        }),
        (
            "bad-name-twice",
            replaced("\"facts\":{", "\"facts\":{\"a\":1,\"a\":1,"),
        ),
        (
            "bad-unknown-name",
            replaced("\"sequence\":2", "\"sequence\":2,\"more\":1"),
        ),
        (
            "bad-needless-escape",
            replaced("answered", "\\u0061nswered"),
        ),
        ("bad-last-line-feed", file.trim_end().to_owned()),
        ("bad-carriage-returns", file.replace('\n', "\r\n")),
    ])
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/record-vectors")
}

/// The file of this name must have this content, or gets it if it was asked for.
fn is_in_docs(name: &str, content: &str) {
    let path = folder().join(name);
    if std::env::var_os("GATEHOUSE_WRITE_VECTORS").is_some() {
        fs::create_dir_all(folder()).unwrap();
        fs::write(&path, content).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == content,
        "docs/record-vectors/{name} is not what this build makes; GATEHOUSE_WRITE_VECTORS=1 writes it"
    );
}

#[test]
fn the_vectors_are_what_this_build_writes_and_how_it_judges_them() {
    let mut verdicts = Vec::new();
    for (name, content) in good().into_iter().chain(bad()) {
        let verdict = verify_file(&mut content.as_bytes(), None).unwrap();
        assert_eq!(
            verdict.holds(),
            name.starts_with("good-"),
            "{name}: {:?}",
            verdict.fault
        );
        let file = format!("{name}.jsonl");
        is_in_docs(&file, &content);
        verdicts.push(json!({
            "file": file,
            "holds": verdict.holds(),
            "entries": verdict.holds().then_some(verdict.count),
            "fault": verdict.fault.as_ref().map(Fault::name),
            "at": verdict.fault.as_ref().and_then(Fault::at),
        }));
    }
    let verdicts = Value::Array(verdicts);
    is_in_docs("verdicts.json", &format!("{verdicts:#}\n"));
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
