//! The same texts, scanned here and by presidio-analyzer, in one run.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use gatehouse_core::safety::Scanner;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{median, milliseconds, text::mixed_text};

/// A Python that has presidio-analyzer; `cargo xtask bench` makes one.
const PYTHON: &str = "GATEHOUSE_PRESIDIO_PYTHON";
/// Why there is none.
const MISSING: &str = "GATEHOUSE_PRESIDIO_MISSING";
const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/safety/presidio.py"
);

const TEXTS: usize = 30;
const TEXT_BYTES: usize = 2_000;
const ROUNDS: usize = 9;

/// What the script measured.
#[derive(Deserialize)]
struct Presidio {
    version: String,
    recognizers: usize,
    found: usize,
    milliseconds: f64,
}

/// How many times as fast as presidio-analyzer, with names and without; or why that is not known.
pub(crate) fn rows(product: &Scanner, rules: &Scanner) -> Vec<Value> {
    let texts = texts();
    let presidio = match presidio(&texts) {
        Ok(presidio) => presidio,
        Err(why) => {
            let note = format!("not measured: {why}");
            return WITH.map(|with| compared(with, None, &note)).into();
        }
    };
    let ratio = |with: &str, scanner: &Scanner| {
        let ours = median((0..ROUNDS).map(|_| timed(scanner, &texts)).collect());
        let ratio = presidio.milliseconds / ours;
        let note = format!(
            "{ours:.2} ms against {:.0} ms for {TEXTS} texts of 2 KB; presidio-analyzer {} with its {} default \
             English recognisers on a blank spaCy pipeline ({} findings), so without the language model that \
             would make it slower",
            presidio.milliseconds, presidio.version, presidio.recognizers, presidio.found
        );
        compared(with, Some(ratio), &note)
    };
    vec![ratio(WITH[0], product), ratio(WITH[1], rules)]
}

/// What is compared.
const WITH: [&str; 2] = ["rules and names", "rules alone"];

/// A comparison; `None`: there was nothing to compare with, and then the goal is not met.
fn compared(with: &str, ratio: Option<f64>, note: &str) -> Value {
    json!({ "measure": format!("times as fast as presidio-analyzer, {with}"), "value": ratio, "unit": "×",
            "goal": "at least 100", "met": ratio.is_some_and(|ratio| ratio >= 100.0), "note": note })
}

/// Pieces of the mixed text as long as a prompt.
fn texts() -> Vec<String> {
    let text = mixed_text(TEXTS * TEXT_BYTES);
    let starts = (0..TEXTS).map(|nth| text.floor_char_boundary(nth * TEXT_BYTES));
    starts
        .map(|start| text[start..text.floor_char_boundary(start + TEXT_BYTES)].to_owned())
        .collect()
}

fn timed(scanner: &Scanner, texts: &[String]) -> f64 {
    let begin = std::time::Instant::now();
    for text in texts {
        std::hint::black_box(scanner.scan(text));
    }
    milliseconds(begin)
}

fn presidio(texts: &[String]) -> Result<Presidio, String> {
    let Ok(python) = std::env::var(PYTHON) else {
        return Err(std::env::var(MISSING)
            .unwrap_or_else(|_| format!("{PYTHON} names no Python that has it")));
    };
    let mut child = Command::new(python)
        .arg(SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let input = serde_json::to_vec(texts).map_err(|error| error.to_string())?;
    let mut stdin = child.stdin.take().ok_or("it takes no input")?;
    stdin.write_all(&input).map_err(|error| error.to_string())?;
    drop(stdin);
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(&output.stdout).map_err(|_| format!("it ended with {}", output.status))
}
