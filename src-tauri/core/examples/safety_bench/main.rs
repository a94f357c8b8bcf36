//! How fast texts are inspected with every rule of every country on, how soon the first one is, how much
//! memory that takes, and how that compares with presidio-analyzer.
//!
//! `safety_bench --json PATH` measures and writes the results; `cargo xtask bench` runs it on a release
//! build. The text has prose in three languages, letters, logs, code and tables, with personal data and
//! secrets as often as such texts have them. The product scans with names, so that is measured first; the
//! rules are measured alone too.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

mod presidio;
mod text;

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use gatehouse_core::safety::{Options, Scanner, names::Names};
use serde_json::{Value, json};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};
use text::mixed_text;

const ROUNDS: usize = 9;
const TEXT_BYTES: usize = 6_000_000;
const MEGABYTE: f64 = 1_000_000.0;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let Some(path) = arguments
        .iter()
        .position(|a| a == "--json")
        .and_then(|at| arguments.get(at + 1))
    else {
        eprintln!("usage: safety_bench --json PATH");
        std::process::exit(2);
    };
    // What is compiled when it is first needed is compiled here, so the cold start comes first.
    let cold = cold_start();
    let memory = memory();
    let (product, rules) = (product(), rules());
    let mut rows = vec![cold, memory];
    rows.extend(speeds(&product, "rules and names"));
    rows.extend(speeds(&rules, "rules alone"));
    rows.extend(presidio::rows(&product, &rules));
    std::fs::write(path, json!({ "name": "safety", "rows": rows }).to_string()).unwrap();
}

/// As the gate scans: every rule, and names.
fn product() -> Scanner {
    rules().with_tier(Box::new(Names::new()))
}

fn rules() -> Scanner {
    Scanner::new(Options::default()).unwrap()
}

fn cold_start() -> Value {
    let prompt = mixed_text(2_000);
    let begin = Instant::now();
    let found = product().scan(&prompt).len();
    let cold = milliseconds(begin);
    assert!(found > 0, "the text has something to find");
    row(
        "cold start with a first prompt",
        cold,
        "ms",
        Some(("at most 50", cold <= 50.0)),
        "rules and names, 2 KB, one run",
    )
}

fn memory() -> Value {
    let text = mixed_text(TEXT_BYTES);
    let (memory, found) = memory_of(|| product().scan(&text).len());
    let note = format!(
        "resident: a scanner with names and its work on {:.1} MB with {found} findings, without the text",
        text.len() as f64 / MEGABYTE
    );
    row(
        "memory for the scan",
        memory,
        "MB",
        Some(("at most 60", memory <= 60.0)),
        &note,
    )
}

/// How fast a scanner reads the text, a long line, and a text made to be slow; and a prompt.
fn speeds(scanner: &Scanner, with: &str) -> Vec<Value> {
    let speed_of = |text: &str, rounds: usize| {
        let speeds = (0..rounds).map(|_| megabytes_a_second(scanner, text));
        median(speeds.collect())
    };
    let text = mixed_text(TEXT_BYTES);
    let speed = speed_of(&text, ROUNDS);
    let one_line = text.replace('\n', " ")[..1_000_000].to_owned();
    let digits = "4111 1111 1111 1112 ".repeat(50_000);
    let prompt = mixed_text(2_000);
    let warm = median((0..ROUNDS * 11).map(|_| timed(scanner, &prompt)).collect());
    let named = |measure: &str| format!("{measure}, {with}");
    vec![
        row(
            &named("mixed text"),
            speed,
            "MB/s",
            Some(("at least 20", speed >= 20.0)),
            "6 MB, one core, median",
        ),
        row(
            &named("one line of 1 MB"),
            speed_of(&one_line, ROUNDS),
            "MB/s",
            None,
            "the same text without line ends",
        ),
        row(
            &named("card numbers and nothing else"),
            speed_of(&digits, 3),
            "MB/s",
            None,
            "1 MB; each is nearly right",
        ),
        row(
            &named("a prompt of 2 KB, warm"),
            warm,
            "ms",
            Some(("at most 2", warm <= 2.0)),
            "median",
        ),
    ]
}

fn megabytes_a_second(scanner: &Scanner, text: &str) -> f64 {
    text.len() as f64 / MEGABYTE / (timed(scanner, text) / 1_000.0)
}

/// Milliseconds for one scan.
fn timed(scanner: &Scanner, text: &str) -> f64 {
    let begin = Instant::now();
    std::hint::black_box(scanner.scan(text));
    milliseconds(begin)
}

pub(crate) fn milliseconds(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1_000.0
}

/// The most resident memory while something is done, less what was resident before, in megabytes.
fn memory_of(work: impl FnOnce() -> usize) -> (f64, usize) {
    let (running, most) = (AtomicBool::new(true), AtomicU64::new(0));
    let before = resident();
    let result = std::thread::scope(|scope| {
        scope.spawn(|| {
            while running.load(Ordering::Relaxed) {
                most.fetch_max(resident(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let result = work();
        most.fetch_max(resident(), Ordering::Relaxed);
        running.store(false, Ordering::Relaxed);
        result
    });
    let grown = most.into_inner().saturating_sub(before);
    (grown as f64 / MEGABYTE, result)
}

fn resident() -> u64 {
    let id = Pid::from_u32(std::process::id());
    let mut system = System::new().unwrap();
    let what = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[id]), true, what);
    system.process(id).map_or(0, sysinfo::Process::memory)
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(crate) fn row(
    measure: &str,
    value: f64,
    unit: &str,
    goal: Option<(&str, bool)>,
    note: &str,
) -> Value {
    let (goal, met) = goal.unzip();
    json!({ "measure": measure, "value": value, "unit": unit, "goal": goal, "met": met, "note": note })
}
