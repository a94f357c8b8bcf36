//! What the record costs: an entry beside the message it is of, and a million of them.
//!
//! `record_bench --json PATH` measures and writes the results; `cargo xtask bench` runs it on a
//! release build. The verification runs in a process of its own, whose whole memory counts.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

mod support;

use std::{ops::ControlFlow, path::Path, process::Command, time::Instant};

use gatehouse_core::{
    app::App,
    chat::{self, ChatError, MessageState, Options},
    ids::{ConversationId, MessageId},
    now_ms,
    record::{Action, Contents, Event, Filter, Subject, WhileFaulty, verify_file},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{median, open, row};

const ROUNDS: usize = 201;
const ENTRIES: i64 = 1_000_000;
const CONVERSATIONS: usize = 2_000;
/// Turns of each; every second entry speaks of the texts of one of them.
const TURNS: usize = 20;
const QUESTION: &str = "What does the lease say about repairs, and who pays for them in the end?";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "--json", path] => measure(Path::new(path)),
        [_, "--verify", folder] => verify(Path::new(folder)),
        _ => {
            eprintln!("usage: record_bench --json PATH");
            std::process::exit(2);
        }
    }
}

fn measure(path: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path());
    let turns = turns(&app);
    let mut rows = vec![beside_a_message(&app)];
    rows.push(fill(&app, &turns));
    rows.extend(screen(&app));
    rows.extend(file(&app, &folder.path().join("record.jsonl")));
    drop(app);
    rows.extend(in_a_process_of_its_own(folder.path()));
    std::fs::write(path, json!({ "name": "record", "rows": rows }).to_string()).unwrap();
}

/// Question and answer of a call.
struct Turn {
    conversation: ConversationId,
    question: MessageId,
    answer: MessageId,
    answer_text: String,
}

/// Conversations with texts that a verification holds against the record.
fn turns(app: &App) -> Vec<Turn> {
    let mut turns = Vec::new();
    for _ in 0..CONVERSATIONS {
        let conversation = app.gate.new_conversation(&Options::default()).unwrap().id;
        let written = app.store.write(|tx| {
            (0..TURNS)
                .map(|nth| {
                    let answer_text = format!("Paragraph {nth} says so. ").repeat(40);
                    let turn = chat::begin_turn(tx, conversation, QUESTION, now_ms())?;
                    let done = MessageState::Done;
                    chat::end_answer(tx, turn.answer, &answer_text, done, None)?;
                    Ok::<_, ChatError>(Turn {
                        conversation,
                        question: turn.question.unwrap(),
                        answer: turn.answer,
                        answer_text,
                    })
                })
                .collect::<Result<Vec<_>, _>>()
        });
        turns.extend(written.unwrap());
    }
    turns
}

fn call(nth: i64, turn: &Turn) -> Event {
    let sha256 = |text: &str| -> String {
        let digest = Sha256::digest(text);
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let event = if nth % 2 == 0 {
        Event::new(Action::CallBegan).payload(json!({ "answer": turn.answer, "moves": [] }))
    } else {
        Event::new(Action::CallEnded).payload(json!({
            "question": { "message": turn.question, "sha256": sha256(QUESTION) },
            "answer": { "message": turn.answer, "sha256": sha256(&turn.answer_text) },
        }))
    };
    event
        .fact("call", nth)
        .fact("provider", "openai")
        .fact("model", format!("model-{}", nth % 12))
        .fact("workspace", format!("workspace-{}", nth % 30))
        .fact("outcome", if nth % 50 == 0 { "failed" } else { "answered" })
        .fact("input_tokens", 1234i64)
        .fact("output_tokens", 321i64)
        .fact("cost_usd", "0.0123")
        .about(Subject::Conversation(turn.conversation))
}

/// A turn's own transaction, and the same with its entry, in turns.
fn beside_a_message(app: &App) -> Value {
    let id = app.gate.new_conversation(&Options::default()).unwrap().id;
    let turn = |with_entry: bool| {
        let question = "A question about the lease. ".repeat(20);
        let start = Instant::now();
        app.store
            .write(|tx| {
                let turn = chat::begin_turn(tx, id, &question, now_ms())?;
                if with_entry {
                    let event = call(
                        0,
                        &Turn {
                            conversation: id,
                            question: turn.question.unwrap(),
                            answer: turn.answer,
                            answer_text: String::new(),
                        },
                    );
                    app.record.append(tx, event, now_ms())?;
                }
                Ok::<_, ChatError>(())
            })
            .unwrap();
        start.elapsed().as_secs_f64() * 1000.0
    };
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        without.push(turn(false));
        with.push(turn(true));
    }
    let (without, with) = (median(without), median(with));
    let share = (with / without - 1.0) * 100.0;
    row(
        "an entry beside its message",
        share,
        "%",
        Some("at most 15"),
        Some(share <= 15.0),
        &format!("medians of {ROUNDS}: {without:.3} ms without, {with:.3} ms with"),
    )
}

fn fill(app: &App, turns: &[Turn]) -> Value {
    let start = Instant::now();
    let mut nth = 0;
    while nth < ENTRIES {
        app.store
            .write(|tx| {
                for _ in 0..10_000 {
                    let turn = &turns[usize::try_from(nth).unwrap() / 2 % turns.len()];
                    app.record.append(tx, call(nth, turn), now_ms())?;
                    nth += 1;
                }
                Ok::<_, ChatError>(())
            })
            .unwrap();
    }
    let each = start.elapsed().as_secs_f64() * 1e6 / ENTRIES as f64;
    row(
        "appending one of a million",
        each,
        "µs",
        None,
        None,
        "10,000 in one transaction",
    )
}

fn screen(app: &App) -> Vec<Value> {
    app.record.choices().unwrap(); // lets the lookup catch up, as it does within a second
    let page = |filter: Filter| {
        app.record
            .list(&Filter {
                limit: 100,
                ..filter
            })
            .unwrap()
            .len()
    };
    let opening = timed(|| {
        app.record.status().unwrap();
        app.record.choices().unwrap();
        page(Filter::default())
    });
    let text = |text: &str| Filter {
        text: Some(text.into()),
        ..Filter::default()
    };
    let both = Filter {
        model: Some("model-7".into()),
        outcome: Some("failed".into()),
        ..Filter::default()
    };
    let filters = [
        (
            "action",
            Filter {
                action: Some("app.started".into()),
                ..Filter::default()
            },
        ),
        (
            "model",
            Filter {
                model: Some("model-7".into()),
                ..Filter::default()
            },
        ),
        ("model and outcome", both),
        (
            "workspace and outcome that never meet",
            Filter {
                workspace: Some("workspace-1".into()),
                outcome: Some("failed".into()),
                ..Filter::default()
            },
        ),
        ("text", text("model")),
        ("text nowhere", text("nothing like this")),
    ];
    let (worst, took) = filters
        .into_iter()
        .map(|(name, filter)| (name, timed(|| page(filter.clone()))))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap();
    vec![
        row(
            "opening the Record screen",
            opening,
            "ms",
            Some("at most 150"),
            Some(opening <= 150.0),
            "state, filters and the first page; median of 9",
        ),
        row(
            "filtering",
            took,
            "ms",
            Some("at most 200"),
            Some(took <= 200.0),
            &format!("the slowest of six filters, by {worst}; median of 9"),
        ),
    ]
}

fn file(app: &App, path: &Path) -> Vec<Value> {
    let start = Instant::now();
    let mut out = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    app.record
        .export(
            Contents::Everything,
            WhileFaulty::Refuse,
            &mut out,
            now_ms(),
        )
        .unwrap();
    drop(out);
    let written = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let mut file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let verdict = verify_file(&mut file, None, None).unwrap();
    assert!(verdict.holds(), "{verdict:?}");
    let verified = start.elapsed().as_secs_f64();
    let bytes = std::fs::metadata(path).unwrap().len() / 1_000_000;
    vec![
        row(
            "exporting a million entries",
            written,
            "s",
            None,
            None,
            &format!("{bytes} MB with what is private"),
        ),
        row("verifying the exported file", verified, "s", None, None, ""),
    ]
}

/// The child: verify, and say how long it took.
fn verify(folder: &Path) {
    let app = open(folder);
    let start = Instant::now();
    let verdict = app
        .record
        .verify(&mut |_| ControlFlow::Continue(()))
        .unwrap();
    assert!(verdict.holds() && verdict.count > ENTRIES, "{verdict:?}");
    let peak = peak_memory().unwrap_or(f64::NAN);
    println!("{} {peak}", start.elapsed().as_secs_f64());
}

fn in_a_process_of_its_own(folder: &Path) -> Vec<Value> {
    let output = Command::new(std::env::current_exe().unwrap())
        .arg("--verify")
        .arg(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let (took, peak) = text.trim().split_once(' ').unwrap();
    let (took, peak): (f64, f64) = (took.parse().unwrap(), peak.parse().unwrap());
    vec![
        row(
            "verifying a million entries",
            took,
            "s",
            Some("at most 10"),
            Some(took <= 10.0),
            "database, proofs, private parts, checkpoints, and a million texts of messages",
        ),
        row(
            "memory of that",
            peak,
            "MB",
            Some("at most 64"),
            Some(peak <= 64.0),
            "the most that the whole process ever held",
        ),
    ]
}

/// The most memory that this process ever held, in megabytes; Linux alone says.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1000.0)
}

fn timed(mut work: impl FnMut() -> usize) -> f64 {
    let times = (0..9).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1000.0
    });
    median(times.collect())
}
