//! What erasing costs: one conversation out of ten thousand, beside a window that goes on reading, and a
//! person found in all of them.
//!
//! `erase_bench --json PATH` measures and writes the results; `cargo xtask bench` runs it on a release
//! build.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use gatehouse_core::{
    app::{App, Surroundings},
    chat::{self, ChatError},
    ids::ConversationId,
    now_ms,
    privacy::{Erasure, ErasureStep},
    record::Actor,
    secrets::{self, KeyHome},
    store::{DataFolder, StoreError},
};
use serde_json::{Value, json};

const CONVERSATIONS: usize = 10_000;
const AT_ONCE: usize = 500;
const TURNS: usize = 5;
const ERASED: usize = 5;

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
    let mut rows = Vec::new();
    let erasing: Vec<Times> = ids
        .iter()
        .step_by(ids.len() / ERASED)
        .take(ERASED)
        .map(|&id| erase(&app, id, ids[1]))
        .collect();
    let mut median = |measure: &str, of: fn(&Times) -> Duration, limit: Option<f64>, note: &str| {
        let mut all: Vec<_> = erasing.iter().map(of).collect();
        all.sort_unstable();
        let seconds = all[all.len() / 2].as_secs_f64();
        let goal = limit.map(|limit| format!("<= {limit} s"));
        let met = limit.map(|limit| seconds <= limit);
        rows.push(json!({
            "measure": measure, "value": seconds, "unit": "s", "goal": goal, "met": met, "note": note,
        }));
    };
    let bytes = app.store.bytes_on_disk() / 1_000_000;
    let size = format!("{CONVERSATIONS} conversations, {bytes} MB; median of {ERASED}");
    median(
        "erasing one conversation",
        |times| times.erased,
        Some(2.0),
        &size,
    );
    median(
        "the byte search after it",
        |times| times.searched,
        None,
        "every page decrypted, on its own thread",
    );
    median(
        "the snapshot after that",
        |times| times.snapshot,
        None,
        "checked page by page, on its own thread",
    );
    median(
        "slowest opening of a conversation and keeping of a draft meanwhile",
        |times| times.slowest,
        Some(0.1),
        "what the window does, again and again, until the snapshot is made",
    );
    rows.push(find(&app));
    std::fs::write(path, json!({ "name": "erasing", "rows": rows }).to_string()).unwrap();
}

fn open(folder: &Path) -> App {
    let folder = DataFolder::resolve(Some(folder)).unwrap();
    secrets::database_key(&folder, KeyHome::File).unwrap();
    let around = Surroundings {
        actor: Actor::CommandLine,
        engine_program: PathBuf::new(),
        resources: None,
        on_engine_change: Box::new(|| ()),
    };
    App::open(&folder, around).unwrap()
}

/// Conversations of five questions and answers of ordinary length.
fn fill(app: &App) -> Vec<ConversationId> {
    let text = |nth: usize| {
        format!(
            "In matter {nth} the tenant, Maria Santos, wrote that the heating has failed again. {}",
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

fn erase(app: &App, id: ConversationId, other: ConversationId) -> Times {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
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
        let start = Instant::now();
        let (mut erased, mut searched) = (Duration::ZERO, Duration::ZERO);
        app.erase(
            &Erasure::Conversation { id },
            None,
            &mut |step| match step {
                ErasureStep::Check => erased = start.elapsed(),
                ErasureStep::Snapshot => searched = start.elapsed(),
                _ => {}
            },
        )
        .unwrap();
        let all = start.elapsed();
        done.store(true, Ordering::Relaxed);
        Times {
            erased,
            searched: searched - erased,
            snapshot: all - searched,
            slowest: reader.join().unwrap(),
        }
    })
}

fn find(app: &App) -> Value {
    let start = Instant::now();
    let found = app.find_person(&["Maria Santos".into()]).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let messages: i64 = app
        .store
        .read(|conn| {
            conn.query_row("SELECT count(*) FROM messages", [], |row| row.get(0))
                .map_err(StoreError::from)
        })
        .unwrap();
    json!({
        "measure": "finding a person", "value": seconds, "unit": "s", "goal": null, "met": null,
        "note": format!("{} places in {messages} messages", found.total),
    })
}
