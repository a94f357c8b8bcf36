//! What measurements share.

// Each of them uses some of it.
#![allow(dead_code, reason = "it is a module of several programs")]

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use gatehouse_core::{
    app::{App, Surroundings},
    record::Actor,
    secrets::{self, KeyHome},
    store::DataFolder,
};
use serde_json::{Value, json};

/// Models that calls are made with: whose, and what they are called.
pub const MODELS: [(&str, &str); 6] = [
    ("local", "SmolLM2 135M"),
    ("openai", "gpt-5"),
    ("openai", "gpt-4o-mini"),
    ("anthropic", "claude-sonnet-4-5"),
    ("google", "gemini-2.5-pro"),
    ("mistral", "mistral-large-latest"),
];

/// So often something short is done to say how long it takes.
const ROUNDS: usize = 60;

/// A Gatehouse in this folder, without a model.
pub fn open(folder: &Path) -> App {
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

/// The middle one of some values.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The milliseconds within which 95 of a hundred times are that some work takes.
pub fn share_95(work: impl Fn()) -> f64 {
    work();
    let round = |_| {
        let start = Instant::now();
        work();
        milliseconds(start.elapsed())
    };
    let mut times: Vec<f64> = (0..ROUNDS).map(round).collect();
    times.sort_by(f64::total_cmp);
    times[(times.len() * 95 / 100).min(times.len() - 1)]
}

/// A time in milliseconds.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// A line of the results.
pub fn row(
    measure: &str,
    value: f64,
    unit: &str,
    goal: Option<&str>,
    met: Option<bool>,
    note: &str,
) -> Value {
    json!({ "measure": measure, "value": value, "unit": unit, "goal": goal, "met": met, "note": note })
}

/// A line for a time that is to stay below a limit.
pub fn limited(measure: &str, took: f64, limit: f64, note: &str) -> Value {
    let goal = format!("<= {limit} ms");
    row(measure, took, "ms", Some(&goal), Some(took <= limit), note)
}
