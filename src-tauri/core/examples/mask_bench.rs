//! What masking a prompt, restoring an answer and finding names cost.
//!
//! `mask_bench --json PATH` measures and writes the results; `cargo xtask bench` runs it on a
//! release build. Texts are made here, the same each time.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

use std::time::Instant;

use gatehouse_core::safety::{
    Finding, Kind, Options, Scanner, Tier,
    mask::{Masks, mask, mask_json},
    names::Names,
    restore::{Channel, Restorer},
};
use serde_json::{Value, json};

const ROUNDS: usize = 15;
/// Values that a long conversation has masked.
const VALUES: usize = 1_000;
/// A token of common tokenizers has three to four letters.
const TOKEN_LETTERS: usize = 4;

const ENGLISH: &str = "The tenant must give written notice to the landlord by the third working \
    day, and Anna Berg of 12 Mill Lane, Leeds, has asked that the deposit be returned. In May the \
    Court of Appeal held that a notice served by e-mail is valid if both parties agreed. ";
const GERMAN: &str = "Die Mieterin Frau Anna Berg hat den Vertrag vom Montag gegenüber dem \
    Vermieter, der Zwirn GmbH in Hamburg, zum Ende des Quartals gekündigt, und die Rechnung für den \
    Strom wurde von der Verwaltung nicht bezahlt. ";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let path = arguments
        .iter()
        .position(|a| a == "--json")
        .and_then(|at| arguments.get(at + 1));
    let Some(path) = path else {
        eprintln!("usage: mask_bench --json PATH");
        std::process::exit(2);
    };
    let masks = conversation();
    let rows = [
        masking(&masks),
        restoring("restoring text", &masks, Channel::Content),
        restoring("restoring tool arguments", &masks, Channel::Arguments(0)),
        beginning(&masks),
        names("names in English", ENGLISH),
        names("names in German", GERMAN),
    ];
    std::fs::write(path, json!({ "name": "mask", "rows": rows }).to_string()).unwrap();
}

/// The map of a long conversation.
fn conversation() -> Masks {
    let mut masks = Masks::new(2_026);
    for n in 0..VALUES {
        let (kind, value) = match n % 3 {
            0 => (Kind::Person, format!("Person Number {n}")),
            1 => (Kind::EmailAddress, format!("person{n}@example.org")),
            _ => (Kind::IbanCode, format!("DE89 3704 0044 {n:010}")),
        };
        masks.placeholder(&kind, &value).unwrap();
    }
    masks
}

/// Inspect and mask a prompt of 2 KB, as the gate does before each call.
fn masking(masks: &Masks) -> Value {
    let scanner = Scanner::new(Options::default())
        .unwrap()
        .with_tier(Box::new(Names::new()));
    let mut masks = masks.clone();
    let mut prompt = ENGLISH.repeat(7);
    prompt.push_str("Write to person1@example.org or pay to DE89 3704 0044 0532 0130 00.");
    let find = |text: &str| -> Vec<Finding> { scanner.scan(text) };
    mask(&prompt, &find(&prompt), &mut masks); // loads and warms up
    let took = median(|| {
        let masked = mask(&prompt, &find(&prompt), &mut masks);
        assert!(masked.count > 0);
        mask_json("{\"to\": \"person1@example.org\"}", find, &mut masks);
    });
    row(
        "inspecting and masking 2 KB",
        took * 1e3,
        "ms",
        Some(("at most 2", took <= 2e-3)),
    )
}

/// An answer in which every tenth word is a placeholder, a token at a time.
fn restoring(measure: &str, masks: &Masks, channel: Channel) -> Value {
    let mut answer = String::from("\"");
    for (placeholder, _) in masks.iter() {
        answer.push_str("Then it was agreed that in this case [1] the [Party] ");
        answer.push_str(&placeholder);
        answer.push(' ');
    }
    let letters: Vec<char> = answer.chars().collect();
    let tokens: Vec<String> = letters
        .chunks(TOKEN_LETTERS)
        .map(|c| c.iter().collect())
        .collect();
    let took = median(|| {
        let mut restorer = Restorer::new(masks);
        let mut length = 0;
        for token in &tokens {
            length += restorer.piece(channel, token).len();
        }
        length += restorer.end(channel).len();
        assert!(length > 0 && restorer.report().exact == masks.len());
    });
    let each = took / tokens.len() as f64 * 1e6;
    row(
        measure,
        each,
        "µs/token",
        Some(("at most 20", each <= 20.0)),
    )
}

/// What an answer costs before its first token.
fn beginning(masks: &Masks) -> Value {
    let took = median(|| {
        let mut restorer = Restorer::new(masks);
        assert_eq!(restorer.piece(Channel::Content, "Yes"), "Yes");
    });
    row("getting ready with 1,000 values", took * 1e3, "ms", None)
}

fn names(measure: &str, text: &str) -> Value {
    let names = Names::new();
    let text = text.repeat(2_000_000 / text.len());
    let took = median(|| assert!(!names.find(&text, &[]).is_empty()));
    row(measure, text.len() as f64 / 1e6 / took, "MB/s", None)
}

/// Seconds that this takes.
fn median(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn row(measure: &str, value: f64, unit: &str, goal: Option<(&str, bool)>) -> Value {
    json!({
        "measure": measure,
        "value": value,
        "unit": unit,
        "goal": goal.map(|(words, _)| words),
        "met": goal.map(|(_, met)| met),
        "note": format!("median of {ROUNDS}"),
    })
}
