//! Numbers taken in pairs, and the lines that they become.

use anyhow::Result;
use serde_json::{Value, json};

/// What both sides gave, taken in turn, so that a machine that slows down slows both of a pair.
#[derive(Default)]
pub struct Pairs {
    engine: Vec<f64>,
    plain: Vec<f64>,
}

impl Pairs {
    /// Measure one pair; who goes first changes from run to run.
    pub fn measure(
        &mut self,
        run: usize,
        engine: &mut dyn FnMut() -> Result<f64>,
        plain: &mut dyn FnMut() -> Result<f64>,
    ) -> Result<()> {
        if run.is_multiple_of(2) {
            self.engine.push(engine()?);
            self.plain.push(plain()?);
        } else {
            self.plain.push(plain()?);
            self.engine.push(engine()?);
        }
        Ok(())
    }

    /// The middle one of the pairs' ratios, and of each side.
    pub fn medians(mut self) -> (f64, f64, f64) {
        let mut ratios: Vec<f64> = self
            .engine
            .iter()
            .zip(&self.plain)
            .map(|(engine, plain)| engine / plain)
            .collect();
        (
            median(&mut ratios),
            median(&mut self.engine),
            median(&mut self.plain),
        )
    }
}

/// One line of the results, in the form that `cargo xtask bench` reads.
pub struct Row {
    measure: String,
    value: f64,
    unit: String,
    /// The goal in words.
    pub goal: Option<String>,
    /// Whether it is met; `None` where there is none to meet.
    pub met: Option<bool>,
    note: String,
}

impl Row {
    /// A number without a goal.
    pub fn plain(measure: &str, value: f64, unit: &str, note: String) -> Self {
        Self {
            measure: measure.into(),
            value,
            unit: unit.into(),
            goal: None,
            met: None,
            note,
        }
    }

    /// A ratio that should not be below its goal.
    pub fn at_least(measure: &str, value: f64, goal: f64, note: String) -> Self {
        let met = Some(value >= goal);
        Self {
            goal: Some(format!("≥ {goal:.2}")),
            met,
            ..Self::plain(measure, value, "×", note)
        }
    }

    /// A number that should not be above its goal.
    pub fn at_most(measure: &str, value: f64, goal: f64, note: String) -> Self {
        let met = Some(value <= goal);
        Self {
            goal: Some(format!("≤ {goal:.2}")),
            met,
            ..Self::plain(measure, value, "×", note)
        }
    }

    /// The same in another unit.
    pub fn in_unit(self, unit: &str) -> Self {
        Self {
            unit: unit.into(),
            ..self
        }
    }

    /// As `cargo xtask bench` reads it.
    pub fn to_json(&self) -> Value {
        json!({
            "measure": self.measure,
            "value": self.value,
            "unit": self.unit,
            "goal": self.goal,
            "met": self.met,
            "note": self.note,
        })
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let met = self
            .met
            .map_or("", |met| if met { "met" } else { "MISSED" });
        let goal = self.goal.as_deref().unwrap_or("");
        write!(
            out,
            "{:<46} {:>8.2} {:<6} {goal:<26} {met:<7} {}",
            self.measure, self.value, self.unit, self.note
        )
    }
}

/// The middle one.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
