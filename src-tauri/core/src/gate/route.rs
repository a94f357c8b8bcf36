//! The first step of a call: which model answers.

use rusqlite::Connection;

use super::GateError;
use crate::{
    ids::ModelId,
    models::{self, Model, ModelKind},
    settings,
};

/// The model that was chosen, or the default one, or the chat model that was used last.
pub(super) fn chat_model(conn: &Connection, chosen: Option<ModelId>) -> Result<Model, GateError> {
    if let Some(id) = chosen {
        return Ok(models::get(conn, id)?);
    }
    let default = settings::get(conn)?.default_model_id;
    let mut installed = models::all(conn)?;
    installed.retain(|model| model.summary.kind == ModelKind::Chat);
    let position = installed
        .iter()
        .position(|model| Some(model.id) == default)
        .unwrap_or(0);
    match installed.len() {
        0 => Err(GateError::NoModel),
        _ => Ok(installed.swap_remove(position)),
    }
}
