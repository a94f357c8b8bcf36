//! How much a model can read and write at most, and whether it can look at pictures, where a price
//! list says so.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::{listing::names_of, vendors};
use crate::store::Migration;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "2026-11-27 create model limits",
        sql: "CREATE TABLE model_limits (
            provider TEXT NOT NULL,
            model TEXT NOT NULL,
            max_input_tokens INTEGER,
            max_output_tokens INTEGER,
            as_of TEXT NOT NULL,
            PRIMARY KEY (provider, model)
          ) STRICT, WITHOUT ROWID",
    },
    Migration {
        name: "2026-11-27 know which models see",
        sql: "ALTER TABLE model_limits ADD COLUMN takes_pictures INTEGER CHECK (takes_pictures IN (0, 1))",
    },
];

/// What one call of a model can have; `None`: not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// That the model can read.
    pub max_input_tokens: Option<u64>,
    /// That it can write, reasoning included.
    pub max_output_tokens: Option<u64>,
    /// Whether it can look at pictures.
    pub takes_pictures: Option<bool>,
}

/// The limits of one model, as a price list has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelLimits {
    /// Whose.
    pub provider: String,
    /// The name that the provider gives it.
    pub model: String,
    /// How much.
    pub limits: Limits,
    /// When they were last known to be so.
    pub as_of: jiff::civil::Date,
}

/// The limits of a model, by its very name or else by that of which it is a dated version.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn find(conn: &Connection, provider: &str, model: &str) -> rusqlite::Result<Option<Limits>> {
    let mut statement = conn.prepare_cached(
        "SELECT max_input_tokens, max_output_tokens, takes_pictures FROM model_limits
         WHERE provider = ?1 AND model = ?2",
    )?;
    let listed = vendors::listed_name(provider, model);
    for name in [Some(model), listed]
        .into_iter()
        .flatten()
        .flat_map(names_of)
    {
        let found = statement.query_row(params![provider, name], |row| {
            Ok(Limits {
                max_input_tokens: row.get(0)?,
                max_output_tokens: row.get(1)?,
                takes_pictures: row.get(2)?,
            })
        });
        if let Some(limits) = found.optional()? {
            return Ok(Some(limits));
        }
    }
    Ok(None)
}

/// Keep the limits of models, unless those that are known are of a later day.
pub(super) fn take(conn: &Connection, limits: &[ModelLimits]) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO model_limits (provider, model, max_input_tokens, max_output_tokens, as_of, takes_pictures)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET max_input_tokens = excluded.max_input_tokens,
           max_output_tokens = excluded.max_output_tokens, as_of = excluded.as_of,
           takes_pictures = excluded.takes_pictures
         WHERE excluded.as_of >= as_of",
    )?;
    for ModelLimits {
        provider,
        model,
        limits,
        as_of,
    } in limits
    {
        statement.execute(params![
            provider,
            model,
            limits.max_input_tokens,
            limits.max_output_tokens,
            as_of.to_string(),
            limits.takes_pictures,
        ])?;
    }
    Ok(())
}
