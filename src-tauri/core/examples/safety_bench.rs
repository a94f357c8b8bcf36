//! How fast texts are inspected with every rule of every country on, how soon the first one is, and how
//! much memory that takes.
//!
//! `safety_bench --json PATH` measures and writes the results; `cargo xtask bench` runs it on a release
//! build. The text is made here, the same each time: prose in three languages, letters, logs, code and
//! tables, with personal data and secrets as often as such texts have them.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

use std::{
    fmt::Write,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use gatehouse_core::safety::{Options, Scanner};
use serde_json::{Value, json};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

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
    let prompt = mixed_text(2_000);
    let begin = Instant::now();
    let scanner = Scanner::new(Options::default()).unwrap();
    let found = scanner.scan(&prompt).len();
    let cold = milliseconds(begin);
    assert!(found > 0, "the text has something to find");

    let text = mixed_text(TEXT_BYTES);
    let (memory, found) = memory_of(|| Scanner::new(Options::default()).unwrap().scan(&text).len());
    let speed = median(
        (0..ROUNDS)
            .map(|_| megabytes_a_second(&scanner, &text))
            .collect(),
    );
    let warm = median((0..ROUNDS * 11).map(|_| timed(&scanner, &prompt)).collect());
    let one_line = text.replace('\n', " ")[..1_000_000].to_owned();
    let line = median(
        (0..ROUNDS)
            .map(|_| megabytes_a_second(&scanner, &one_line))
            .collect(),
    );
    let digits = "4111 1111 1111 1112 ".repeat(50_000);
    let hostile = median(
        (0..3)
            .map(|_| megabytes_a_second(&scanner, &digits))
            .collect(),
    );

    let words = format!("{found} findings in {:.1} MB", text.len() as f64 / MEGABYTE);
    let rows = [
        row(
            "mixed text, every rule on",
            speed,
            "MB/s",
            Some(("at least 20", speed >= 20.0)),
            &words,
        ),
        row(
            "one line of 1 MB",
            line,
            "MB/s",
            None,
            "the same text without line ends",
        ),
        row(
            "a text of card numbers alone",
            hostile,
            "MB/s",
            None,
            "1 MB; each is nearly right",
        ),
        row(
            "cold start with a first prompt",
            cold,
            "ms",
            Some(("at most 50", cold <= 50.0)),
            "2 KB, one run",
        ),
        row(
            "a prompt of 2 KB, warm",
            warm,
            "ms",
            Some(("at most 2", warm <= 2.0)),
            "median",
        ),
        row(
            "memory for the scan",
            memory,
            "MB",
            Some(("at most 60", memory <= 60.0)),
            "resident: a scanner and its work, without the text",
        ),
    ];
    std::fs::write(path, json!({ "name": "safety", "rows": rows }).to_string()).unwrap();
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

fn milliseconds(begin: Instant) -> f64 {
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

/// A text of the kinds that people paste, at least this long.
fn mixed_text(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 2_000);
    let mut number = 0x2545_F491_4F6C_DD1D_u64;
    let mut nth = 0_u64;
    while text.len() < bytes {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let random = number >> 33;
        match nth % 7 {
            0 => text.push_str(ENGLISH),
            1 => text.push_str(GERMAN),
            2 => text.push_str(FRENCH),
            3 => letter(&mut text, random),
            4 => log(&mut text, random),
            5 => text.push_str(CODE),
            _ => table(&mut text, random),
        }
        nth += 1;
    }
    text
}

const ENGLISH: &str = "The tenancy began on the first of the month, and the parties agreed that any notice would be given in writing. \
Neither side disputes that the heating failed twice during the winter, nor that a contractor attended on both occasions. What is \
in question is whether the delay was reasonable, and who bears the cost of the temporary accommodation that the family found. \
We have reviewed the correspondence, and in our view the landlord's position is weaker than the letter of 14 March suggests.\n\n";
const GERMAN: &str = "Sehr geehrte Damen und Herren, vielen Dank für Ihre Nachricht. Wir haben die Unterlagen geprüft und möchten Ihnen \
mitteilen, dass die Bearbeitung voraussichtlich zwei bis drei Wochen dauern wird. Für Rückfragen stehen wir Ihnen während der üblichen \
Geschäftszeiten gerne zur Verfügung. Bitte fügen Sie Ihrer Antwort eine Kopie des Bescheids bei.\n\n";
const FRENCH: &str = "Madame, Monsieur, nous accusons réception de votre demande et vous prions de bien vouloir nous faire parvenir les pièces \
complémentaires mentionnées ci-dessous. À défaut de réponse dans un délai de quinze jours, votre dossier sera considéré comme incomplet.\n\n";
const CODE: &str = r#"pub fn parse(input: &[u8], limit: usize) -> Result<Vec<Record>, ParseError> {
    let mut records = Vec::with_capacity(input.len() / 32);
    for (nth, line) in input.split(|byte| *byte == b'\n').enumerate().take(limit) {
        let fields: Vec<_> = line.splitn(4, |byte| *byte == b',').collect();
        if fields.len() != 4 { return Err(ParseError::Fields { line: nth + 1, found: fields.len() }); }
        records.push(Record { id: number(fields[0])?, name: text(fields[1])?, amount: 0x7fff_ffff & number(fields[2])? });
    }
    Ok(records)
}

"#;

fn letter(text: &mut String, random: u64) {
    let _ = write!(
        text,
        "From: Anna Keller <anna.keller{random}@example.org>\nSubject: Invoice {random}\n\nDear Mr Brown,\nplease transfer the amount to \
         DE89 3704 0044 0532 0130 00 before the 15th. You can reach me at +49 30 {:07} or at my office, Musterstraße {}, 10115 Berlin.\n\
         Kind regards\nAnna Keller\n\n",
        random % 10_000_000,
        random % 200 + 1
    );
}

fn log(text: &mut String, random: u64) {
    for nth in 0..6 {
        let value = random.wrapping_add(nth * 7_919);
        let _ = writeln!(
            text,
            "2026-03-{:02}T{:02}:{:02}:{:02}.{:03}Z INFO worker[{}]: request id={value:016x} path=/api/v2/items/{} status=200 bytes={} took={}.{}ms peer=10.{}.{}.{}:{}",
            value % 28 + 1,
            value % 24,
            value % 60,
            value % 59,
            value % 1000,
            value % 32_768,
            value % 99_999,
            value % 65_536,
            value % 300,
            value % 10,
            value % 256,
            value / 256 % 256,
            value / 65_536 % 256,
            value % 60_000 + 1024
        );
    }
    text.push('\n');
}

fn table(text: &mut String, random: u64) {
    text.push_str("id,date,net,tax,gross,customer,quantity\n");
    for nth in 0..8 {
        let value = random.wrapping_add(nth * 104_729);
        let _ = writeln!(
            text,
            "{},2025-{:02}-{:02},{}.{:02},{}.{:02},{}.{:02},C-{:06},{}",
            value % 1_000_000,
            value % 12 + 1,
            value % 28 + 1,
            value % 5_000,
            value % 100,
            value % 900,
            value % 100,
            value % 6_000,
            value % 100,
            value % 1_000_000,
            value % 40
        );
    }
    text.push('\n');
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn row(measure: &str, value: f64, unit: &str, goal: Option<(&str, bool)>, note: &str) -> Value {
    let (goal, met) = goal.unzip();
    json!({ "measure": measure, "value": value, "unit": unit, "goal": goal, "met": met, "note": note })
}
