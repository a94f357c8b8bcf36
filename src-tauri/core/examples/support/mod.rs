//! What the measurements of the record and of erasing share.

use std::path::{Path, PathBuf};

use gatehouse_core::{
    app::{App, Surroundings},
    record::Actor,
    secrets::{self, KeyHome},
    store::DataFolder,
};
use serde_json::{Value, json};

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
