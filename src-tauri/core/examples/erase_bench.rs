//! What erasing costs: one conversation out of ten thousand, and a person, beside a window in which chats
//! are opened and drafts are written.
//!
//! `erase_bench --json PATH` measures and writes the results; `cargo xtask bench` runs it on a release
//! build.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

mod support;

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use gatehouse_core::{
    app::App,
    chat::{self, ChatError},
    ids::ConversationId,
    now_ms,
    privacy::{Erasure, ErasureStep, Extent},
};
use serde_json::{Value, json};
use support::{median, open, row};

const CONVERSATIONS: usize = 10_000;
const AT_ONCE: usize = 500;
const TURNS: usize = 5;
const ERASED: usize = 5;
/// Chats in which a person stands who is in few.
const RARE: usize = 20;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "--json", path] => measure(Path::new(path)),
        _ => {
            eprintln!("usage: erase_bench --json PATH");
            std::process::exit(2);
        }
    }
}

fn measure(path: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path());
    let ids = fill(&app);
    app.make_snapshot().unwrap();
    let erasing: Vec<Times> = ids
        .iter()
        .step_by(ids.len() / ERASED)
        .take(ERASED)
        .map(|&id| erase(&app, &Erasure::Conversation { id }, ids[1]))
        .collect();
    let middle = |of: fn(&Times) -> Duration| {
        median(
            erasing
                .iter()
                .map(|times| of(times).as_secs_f64())
                .collect(),
        )
    };
    let most = |of: fn(&Times) -> Duration| erasing.iter().map(of).max().unwrap().as_secs_f64();
    let bytes = app.store.bytes_on_disk() / 1_000_000;
    let size = format!("{CONVERSATIONS} conversations, {bytes} MB; median of {ERASED}");
    let mut rows = vec![
        at_most(
            "erasing one conversation",
            middle(|times| times.erased),
            2.0,
            &size,
        ),
        told(
            "the byte search after it",
            middle(|times| times.searched),
            "every page decrypted, on its own thread",
        ),
        told(
            "the snapshot after that",
            middle(|times| times.snapshot),
            "checked page by page, on its own thread",
        ),
        at_most(
            "slowest opening of a chat and keeping of a draft meanwhile",
            most(|times| times.slowest),
            0.1,
            &window(ERASED, "erasures"),
        ),
    ];
    rows.extend(person(&app, ids[1]));
    std::fs::write(path, json!({ "name": "erasing", "rows": rows }).to_string()).unwrap();
}

/// What the window does while a person is previewed who stands in every question and answer, and while one
/// who stands in few is erased.
fn person(app: &App, other: ConversationId) -> Vec<Value> {
    let person = |name: &str| Erasure::Person {
        identifiers: vec![name.into()],
        extent: Extent::Words,
    };
    let start = Instant::now();
    let found = app.find_person(&["Maria Santos".into()]).unwrap();
    let finding = start.elapsed().as_secs_f64();
    let mut previewing = 0.0;
    let slowest = beside(app, other, || {
        let start = Instant::now();
        app.preview_erasure(&person("Maria Santos")).unwrap();
        previewing = start.elapsed().as_secs_f64();
    });
    let erased = erase(app, &person("Filippa Rantanen"), other);
    vec![
        told(
            "finding a person",
            finding,
            &format!("{} places", found.total),
        ),
        told(
            "previewing the erasure of a person",
            previewing,
            &format!("{} places", found.total),
        ),
        at_most(
            "slowest opening of a chat and keeping of a draft meanwhile",
            slowest.as_secs_f64(),
            0.1,
            &window(1, "preview"),
        ),
        told(
            "erasing a person",
            erased.erased.as_secs_f64(),
            &format!("in one message of each of {RARE} chats"),
        ),
        at_most(
            "slowest opening of a chat and keeping of a draft meanwhile",
            erased.slowest.as_secs_f64(),
            0.1,
            &window(1, "erasure"),
        ),
    ]
}

fn window(times: usize, what: &str) -> String {
    format!("what the window does, again and again, until the end; the slowest of {times} {what}")
}

fn told(measure: &str, seconds: f64, note: &str) -> Value {
    row(measure, seconds, "s", None, None, note)
}

fn at_most(measure: &str, seconds: f64, limit: f64, note: &str) -> Value {
    let goal = format!("<= {limit} s");
    row(
        measure,
        seconds,
        "s",
        Some(&goal),
        Some(seconds <= limit),
        note,
    )
}

/// Conversations of five questions and answers of ordinary length.
fn fill(app: &App) -> Vec<ConversationId> {
    let text = |nth: usize| {
        format!(
            "In matter {nth} the tenant, Maria Santos{}, wrote that the heating has failed again. {}",
            if nth.is_multiple_of(CONVERSATIONS / RARE) {
                " (with Filippa Rantanen)"
            } else {
                ""
            },
            "Please look at clause 14 of the lease and say what notice is needed. ".repeat(6)
        )
    };
    let mut ids = Vec::new();
    for batch in 0..CONVERSATIONS / AT_ONCE {
        let conversations: Vec<Value> = (0..AT_ONCE)
            .map(|nth| {
                let messages: Vec<Value> = (0..2 * TURNS)
                    .map(|at| {
                        json!({
                            "parent": at.checked_sub(1),
                            "role": if at % 2 == 0 { "user" } else { "assistant" },
                            "text": text(batch * AT_ONCE + nth + at),
                            "createdAtMs": now_ms(),
                        })
                    })
                    .collect();
                json!({
                    "title": format!("Matter {nth}"), "createdAtMs": now_ms(),
                    "updatedAtMs": now_ms(), "systemPrompt": "", "sampling": {},
                    "leaf": 2 * TURNS - 1, "messages": messages,
                })
            })
            .collect();
        let file = json!({
            "format": "gatehouse-conversations", "version": 1, "conversations": conversations,
        });
        ids.extend(app.import_conversations(&file.to_string()).unwrap());
    }
    ids
}

struct Times {
    /// Until the content, snapshots and the log are gone.
    erased: Duration,
    searched: Duration,
    snapshot: Duration,
    slowest: Duration,
}

fn erase(app: &App, erasure: &Erasure, other: ConversationId) -> Times {
    let (mut erased, mut searched, mut all) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let slowest = beside(app, other, || {
        let start = Instant::now();
        let outcome = app
            .erase(erasure, None, &mut |step| match step {
                ErasureStep::Check => erased = start.elapsed(),
                ErasureStep::Snapshot => searched = start.elapsed(),
                _ => {}
            })
            .unwrap();
        all = start.elapsed();
        assert!(outcome.check.found.is_empty(), "{outcome:?}");
    });
    Times {
        erased,
        searched: searched - erased,
        snapshot: all - searched,
        slowest,
    }
}

/// The slowest of what the window does again and again while something else is done.
fn beside(app: &App, other: ConversationId, work: impl FnOnce()) -> Duration {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let window = scope.spawn(|| {
            let mut slowest = Duration::ZERO;
            while !done.load(Ordering::Relaxed) {
                let start = Instant::now();
                app.store
                    .read(|conn| chat::thread(conn, other).map(drop))
                    .unwrap();
                app.store
                    .write(|tx| chat::save_draft(tx, Some(other), "Dear").map_err(ChatError::from))
                    .unwrap();
                slowest = slowest.max(start.elapsed());
                thread::sleep(Duration::from_millis(5));
            }
            slowest
        });
        work();
        done.store(true, Ordering::Relaxed);
        window.join().unwrap()
    })
}
