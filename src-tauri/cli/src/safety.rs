//! `gatehouse safety`: what a text would give away, what may leave of it, and how that comes back. It
//! opens no data and asks no model.

use std::io::{self, BufRead, Read};

use clap::{Args, Subcommand};
use gatehouse_core::safety::{self, Countries, Finding, Options, Scanner, names::Names};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    masking::{Mask, Restore},
    output,
};

/// Personal data and secrets in texts.
#[derive(Subcommand)]
pub(crate) enum Safety {
    /// Find personal data and secrets in the text on standard input; prints one line of JSON.
    Scan(Scan),
    /// Replace personal data by placeholders and secrets by notes.
    Mask(Mask),
    /// Put the values back in place of their placeholders.
    Restore(Restore),
}

/// Where to look.
#[derive(Args)]
pub(crate) struct Scan {
    /// Standard input is JSON, one {"id", "text"} a line; prints a line for each.
    #[arg(long)]
    jsonl: bool,
    #[command(flatten)]
    sought: Sought,
}

/// What to look for.
#[derive(Args)]
pub(crate) struct Sought {
    /// Look for national numbers of these countries alone, such as `de,fr,gb`; all without it.
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    countries: Vec<String>,
    /// Leave out what is less sure than this, from 0 to 1.
    #[arg(long, value_name = "SCORE", default_value_t = Options::default().min_score, value_parser = score)]
    min_score: f32,
}

/// One line of `--jsonl`. The id may be any JSON and comes back as it is.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    text: String,
}

impl Safety {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match self {
            Self::Scan(scan) => scan.run(),
            Self::Mask(mask) => mask.run(json),
            Self::Restore(restore) => restore.run(json),
        }
    }
}

impl Scan {
    fn run(&self) -> Result<(), Failure> {
        let scanner = self.sought.scanner()?;
        if self.jsonl {
            return lines(&scanner);
        }
        let text = whole_input()?;
        output::json(&object(&scanner, &Value::Null, &text))
    }
}

/// All of standard input.
///
/// # Errors
/// [`Failure`] when it is no text, or cannot be read.
pub(crate) fn whole_input() -> Result<String, Failure> {
    let mut text = String::new();
    match io::stdin().read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(Failure::input("Standard input is not text in UTF-8."))
        }
        Err(error) => Err(Failure::system(error)),
    }
}

impl Sought {
    /// A scanner with rules and names.
    pub(crate) fn scanner(&self) -> Result<Scanner, Failure> {
        let countries = if self.countries.is_empty() {
            Countries::all()
        } else {
            Countries::only(self.countries.iter().map(String::as_str)).map_err(Failure::input)?
        };
        let scanner = Scanner::new(Options {
            countries,
            min_score: self.min_score,
            ..Options::default()
        })
        .map_err(Failure::input)?;
        Ok(scanner.with_tier(Box::new(Names::new())))
    }
}

/// Scan each line as it comes, so that a pipe can be followed; empty ones are passed over.
fn lines(scanner: &Scanner) -> Result<(), Failure> {
    for (nth, line) in io::stdin().lock().lines().enumerate() {
        let refused = |why: &str| Failure::input(format!("line {}: {why}", nth + 1));
        let line = line.map_err(|_| refused("it is not text in UTF-8"))?;
        if line.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&line).map_err(|error| {
            if !error.is_data() {
                return refused("it is not JSON such as {\"id\": 1, \"text\": \"…\"}");
            }
            // It counts lines of its own, and there is one.
            let words = error.to_string();
            refused(words.split(" at line ").next().unwrap_or_default())
        })?;
        output::json(&object(scanner, &line.id, &line.text))?;
    }
    Ok(())
}

/// What is printed for a text: `start` and `end` count Unicode scalar values.
fn object(scanner: &Scanner, id: &Value, text: &str) -> Value {
    let found = scanner.scan(text);
    let spans = safety::char_spans(text, &found);
    let one = |(finding, span): (&Finding, &std::ops::Range<usize>)| {
        json!({
            "type": finding.kind.name(),
            "start": span.start,
            "end": span.end,
            "byte_start": finding.bytes.start,
            "byte_end": finding.bytes.end,
            "score": (f64::from(finding.score) * 1_000.0).round() / 1_000.0,
            "rule": finding.rule,
        })
    };
    let findings: Vec<_> = found.iter().zip(&spans).map(one).collect();
    json!({ "id": id, "findings": findings })
}

fn score(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(score) if (0.0..=1.0).contains(&score) => Ok(score),
        _ => Err("a number from 0 to 1 is needed".to_owned()),
    }
}
