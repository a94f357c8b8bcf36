//! `cargo xtask bench`: run the benchmark programs on a release build and put their results
//! together.
//!
//! A benchmark program is any command that takes `--json PATH` and writes there
//! `{"name": "...", "rows": [{"measure", "value", "unit", "goal", "met", "note"}]}`: `value` is null where
//! it could not be measured, `goal` and `note` are words, `met` is true, false, or null where a row has no
//! goal.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::run::build;
use crate::session;
use crate::shell;
use crate::system::{self, Purpose};
use crate::workspace::{Profile, Workspace};
use crate::{frontend, litellm, models, presidio};

/// How a benchmark program is started.
enum Start {
    /// An example of the workspace.
    Example(&'static str),
    /// An npm script of `tests/window`, in a desktop session of its own.
    WindowScript(&'static str),
}

/// Compares itself with presidio-analyzer.
const SAFETY: &str = "safety_bench";

/// Compares itself with the proxy of litellm.
const LOCAL_API: &str = "api_bench";

/// The programs, in the order in which they run, one at a time so that none disturbs another.
const PROGRAMS: &[(&str, Start)] = &[
    ("engine", Start::Example("engine_bench")),
    ("core", Start::Example("core_bench")),
    ("safety", Start::Example(SAFETY)),
    ("mask", Start::Example("mask_bench")),
    ("gate", Start::Example("gate_bench")),
    ("record", Start::Example("record_bench")),
    ("local api", Start::Example(LOCAL_API)),
    ("erasing", Start::Example("erase_bench")),
    ("costs", Start::Example("costs_bench")),
    ("monitor", Start::Example("monitor_bench")),
    ("window", Start::WindowScript("bench")),
];

/// Set up, build a release, measure, and show what came of it.
///
/// # Errors
/// A program fails, or a goal is missed.
pub fn run(workspace: &Workspace) -> Result<()> {
    system::prepare(Purpose::Drive)?;
    models::starter()?;
    frontend::prepare(workspace)?;
    build(workspace, Profile::Release, &["--bins", "--examples"])?;
    let folder = workspace.target("bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;

    let mut results = Vec::new();
    for (name, start) in PROGRAMS {
        let written = folder.join(format!("{name}.json"));
        if measure(workspace, start, &written)? {
            results.push(read(&written)?);
        } else {
            println!("{name}: skipped, the window is driven on Linux only");
        }
    }
    let combined = core_and_engine(&results);
    results.push(combined);
    let file = folder.join("results.json");
    let merged = json!({
        "system": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
        "processors": std::thread::available_parallelism()?.get(),
        "results": results.iter().map(Results::to_json).collect::<Vec<_>>(),
    });
    fs::write(&file, format!("{merged:#}\n"))
        .with_context(|| format!("cannot write {}", file.display()))?;
    for result in &results {
        println!("\n{result}");
    }
    println!("\nAll of it: {}", file.display());
    verdict(&results)
}

/// The writing speed of app core and engine together against a bare loop of llama.cpp: what the engine
/// keeps of the loop's, times what the core keeps of the engine's, each measured in turns of its own.
fn core_and_engine(results: &[Results]) -> Results {
    let ratio = |measure: &str| {
        results
            .iter()
            .flat_map(|result| &result.rows)
            .find(|row| row.measure == measure)
            .and_then(|row| row.value)
    };
    let engine = ratio("writing speed, engine to plain loop");
    let product = engine.and_then(|engine| Some(engine * ratio("core against frames")?));
    Results {
        name: "engine and core".into(),
        rows: vec![Row {
            measure: "writing speed, core and engine to plain loop".into(),
            value: product,
            unit: "×".into(),
            goal: Some("≥ 0.97".into()),
            met: Some(product.is_some_and(|product| product >= 0.97)),
            note: Some("the product of the two ratios above".into()),
        }],
    }
}

/// Run one program; false where this system cannot.
fn measure(workspace: &Workspace, start: &Start, written: &Path) -> Result<bool> {
    if written.exists() {
        fs::remove_file(written).context("cannot remove the last results")?;
    }
    let path = written.to_string_lossy();
    match start {
        Start::Example(example) => {
            let program = workspace.program(Profile::Release, &format!("examples/{example}"));
            let mut command = Command::new(program);
            command
                .current_dir(workspace.root())
                .args(["--json", &path])
                .env(
                    "GATEHOUSE_ENGINE",
                    workspace.program(Profile::Release, "gatehouse-engine"),
                )
                .env("GATEHOUSE_TEST_MODELS", models::cache_folder()?);
            if *example == SAFETY {
                presidio::tell(workspace, &mut command);
            }
            if *example == LOCAL_API {
                litellm::tell(&mut command);
            }
            shell::run(&mut command)?;
        }
        Start::WindowScript(_) if !session::IS_SUPPORTED => return Ok(false),
        Start::WindowScript(script) => {
            frontend::install(&workspace.window_tests())?;
            let words = [script, "--", "--json", &path];
            session::npm_script(workspace, Profile::Release, &words)?;
        }
    }
    Ok(true)
}

/// What one program measured.
#[derive(Debug, PartialEq)]
struct Results {
    name: String,
    rows: Vec<Row>,
}

#[derive(Debug, PartialEq)]
struct Row {
    measure: String,
    /// `None`: it could not be measured.
    value: Option<f64>,
    unit: String,
    goal: Option<String>,
    met: Option<bool>,
    note: Option<String>,
}

fn read(path: &Path) -> Result<Results> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("the program wrote no results to {}", path.display()))?;
    let value: Value =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    Results::parse(&value)
        .with_context(|| format!("{} is not in the form of benchmark results", path.display()))
}

impl Results {
    fn parse(value: &Value) -> Option<Self> {
        let words = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
        let rows = value["rows"].as_array()?.iter().map(|row| {
            Some(Row {
                measure: words(row, "measure")?,
                value: match row.get("value")? {
                    Value::Null => None,
                    value => Some(value.as_f64()?),
                },
                unit: words(row, "unit")?,
                goal: words(row, "goal"),
                met: row["met"].as_bool(),
                note: words(row, "note"),
            })
        });
        Some(Self {
            name: words(value, "name")?,
            rows: rows.collect::<Option<_>>()?,
        })
    }

    fn to_json(&self) -> Value {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| {
                json!({
                    "measure": row.measure,
                    "value": row.value,
                    "unit": row.unit,
                    "goal": row.goal,
                    "met": row.met,
                    "note": row.note,
                })
            })
            .collect();
        json!({ "name": self.name, "rows": rows })
    }
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<[String; 4]> = self.rows.iter().map(Row::cells).collect();
        let width = |column: usize| {
            lines
                .iter()
                .map(|line| line[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        let (measure, value, goal) = (width(0), width(1), width(2));
        write!(f, "{}", self.name)?;
        for [a, b, c, d] in &lines {
            let line = format!("  {a:measure$}  {b:>value$}  {c:goal$}  {d}");
            write!(f, "\n{}", line.trim_end())?;
        }
        Ok(())
    }
}

impl Row {
    /// Measure, value with unit, goal, and verdict with note.
    fn cells(&self) -> [String; 4] {
        let verdict = match self.met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        let note = self.note.as_deref().unwrap_or_default();
        let goal = self.goal.as_deref().map(|goal| format!("goal {goal}"));
        [
            self.measure.clone(),
            self.value.map_or_else(
                || "not measured".into(),
                |value| {
                    format!("{} {}", number(value), self.unit)
                        .trim_end()
                        .to_owned()
                },
            ),
            goal.unwrap_or_default(),
            format!("{verdict} {note}").trim().to_owned(),
        ]
    }
}

/// Three digits that matter; none after the point of a whole number.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn verdict(results: &[Results]) -> Result<()> {
    let goals: Vec<bool> = results
        .iter()
        .flat_map(|result| &result.rows)
        .filter_map(|row| row.met)
        .collect();
    let missed = goals.iter().filter(|met| !**met).count();
    println!("{} of {} goals met", goals.len() - missed, goals.len());
    if missed > 0 {
        bail!("{missed} of {} goals were missed", goals.len());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Value {
        json!({"name": "engine", "rows": [
            {"measure": "Speed against bare llama.cpp", "value": 0.981, "unit": "×",
             "goal": "≥ 0.97", "met": true, "note": null},
            {"measure": "Memory", "value": 312.4, "unit": "MB", "goal": "≤ 300 MB",
             "met": false, "note": "one run"},
            {"measure": "Cores", "value": 2, "unit": "", "goal": null, "met": null, "note": null},
        ]})
    }

    #[test]
    fn results_keep_everything_through_the_merged_file() {
        let parsed = Results::parse(&example()).expect("the documented form");
        assert_eq!(Results::parse(&parsed.to_json()), Some(parsed));
    }

    #[test]
    fn a_row_without_its_value_is_refused() {
        for key in ["measure", "value", "unit"] {
            let mut value = example();
            value["rows"][1].as_object_mut().unwrap().remove(key);
            assert_eq!(Results::parse(&value), None, "{key} is missing");
        }
    }

    #[test]
    fn core_and_engine_are_held_to_the_goal_together() {
        let measured = |measure: &str, value: f64| Results {
            name: "one".into(),
            rows: vec![Row {
                measure: measure.into(),
                value: Some(value),
                unit: "×".into(),
                goal: Some("≥ 0.97".into()),
                met: Some(value >= 0.97),
                note: None,
            }],
        };
        let engine = measured("writing speed, engine to plain loop", 0.98);
        let core = measured("core against frames", 0.975);
        let both = core_and_engine(&[engine, core]);
        assert_eq!(
            both.rows[0].met,
            Some(false),
            "each is met and both are not"
        );
        let neither = &core_and_engine(&[]).rows[0];
        assert_eq!((neither.value, neither.met), (None, Some(false)));
    }

    #[test]
    fn what_could_not_be_measured_says_so_and_is_missed() {
        let mut value = example();
        value["rows"][1]["value"] = Value::Null;
        let parsed = Results::parse(&value).expect("the documented form");
        assert!(
            parsed
                .to_string()
                .contains("not measured  goal ≤ 300 MB  MISSED")
        );
        assert!(verdict(&[parsed]).is_err());
    }

    #[test]
    fn the_table_lines_up_and_shows_what_was_missed() {
        let parsed = Results::parse(&example()).expect("the documented form");
        assert_eq!(
            parsed.to_string(),
            "engine\n\
             \x20 Speed against bare llama.cpp  0.981 ×  goal ≥ 0.97    met\n\
             \x20 Memory                         312 MB  goal ≤ 300 MB  MISSED one run\n\
             \x20 Cores                               2"
        );
    }

    #[test]
    fn a_missed_goal_fails_and_a_row_without_a_goal_does_not() {
        let mut parsed = Results::parse(&example()).expect("the documented form");
        let error = verdict(std::slice::from_ref(&parsed)).expect_err("one is missed");
        assert_eq!(error.to_string(), "1 of 2 goals were missed");
        parsed.rows.remove(1);
        verdict(&[parsed]).expect("the rest is met");
    }
}
