//! Alerts that a person sets: when calls fail, take long or cost more than they want, and when the
//! record does not verify.
//!
//! An alert fires when what it watches passes its limit, and clears only when that has come down to four
//! fifths of it, so that it does not flicker. One about calls needs a least number of them.

mod app;
mod input;
mod judge;
mod words;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use specta::Type;

pub use self::{
    app::AlertNews,
    input::{AlertError, AlertInput},
    words::AlertView,
};
pub(super) use self::{
    app::{Judging, Told},
    judge::SHORTEST_PAUSE_MS,
};
use crate::{
    costs::{reports::PricedModel, stored_by_name},
    store::Migration,
};

// What it may pass is in hundredths of a percent, milliseconds or pico-dollars, by its kind.
pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-28 create alerts",
    sql: "CREATE TABLE alerts (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            provider TEXT,
            model TEXT,
            most INTEGER NOT NULL CHECK (most >= 0),
            minutes INTEGER NOT NULL CHECK (minutes > 0),
            fewest INTEGER NOT NULL CHECK (fewest > 0),
            firing_since_ms INTEGER,
            CHECK ((provider IS NULL) = (model IS NULL))
          ) STRICT",
}];

/// What an alert watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// The share of calls that fail, of those that end by themselves.
    Failures,
    /// The time to the first token that 95 of a hundred calls do not pass.
    FirstToken,
    /// The duration that 95 of a hundred answers do not pass.
    Duration,
    /// What calls cost, with what is set aside for them.
    Spend,
    /// Whether the record verifies.
    Record,
}
stored_by_name!(AlertKind);

/// An alert, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its number, from 1.
    pub number: i64,
    /// What it watches.
    pub kind: AlertKind,
    /// The calls of this model; `None`: all.
    pub model: Option<PricedModel>,
    /// What it may not pass: hundredths of a percent, milliseconds or pico-dollars, by its kind.
    pub most: i64,
    /// Of calls that began in the last so many minutes.
    pub minutes: u32,
    /// It says nothing of fewer calls.
    pub fewest: u32,
    /// Since when it fires, UTC milliseconds; `None`: it does not.
    pub firing_since_ms: Option<i64>,
}

const COLUMNS: &str = "number, kind, provider, model, most, minutes, fewest, firing_since_ms";

fn alert(row: &Row<'_>) -> rusqlite::Result<Alert> {
    let model: Option<String> = row.get(3)?;
    Ok(Alert {
        number: row.get(0)?,
        kind: row.get(1)?,
        model: match (row.get(2)?, model) {
            (Some(provider), Some(model)) => Some(PricedModel { provider, model }),
            _ => None,
        },
        most: row.get(4)?,
        minutes: row.get(5)?,
        fewest: row.get(6)?,
        firing_since_ms: row.get(7)?,
    })
}

/// All alerts, the oldest first.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
fn all(conn: &Connection) -> rusqlite::Result<Vec<Alert>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM alerts ORDER BY number"))?
        .query_map([], alert)?
        .collect()
}

/// The alert of this number, if it is there.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
fn get(conn: &Connection, number: i64) -> rusqlite::Result<Option<Alert>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM alerts WHERE number = ?1"))?
        .query_row([number], alert)
        .optional()
}

/// Keep a new alert, whose number counts for nothing; it as it is kept.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
fn add(conn: &Connection, alert: Alert) -> rusqlite::Result<Alert> {
    let (provider, model) = alert
        .model
        .as_ref()
        .map(|of| (&of.provider, &of.model))
        .unzip();
    let number = conn
        .prepare_cached(
            "INSERT INTO alerts (kind, provider, model, most, minutes, fewest) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .insert(params![
            alert.kind,
            provider,
            model,
            alert.most,
            alert.minutes,
            alert.fewest
        ])?;
    Ok(Alert { number, ..alert })
}

/// Forget an alert; what it was, if it was there.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
fn remove(conn: &Connection, number: i64) -> rusqlite::Result<Option<Alert>> {
    conn.prepare_cached(&format!(
        "DELETE FROM alerts WHERE number = ?1 RETURNING {COLUMNS}"
    ))?
    .query_row([number], alert)
    .optional()
}

/// Keep since when an alert fires, or that it does not.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
fn set_firing(conn: &Connection, number: i64, since_ms: Option<i64>) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE alerts SET firing_since_ms = ?2 WHERE number = ?1")?
        .execute(params![number, since_ms])?;
    Ok(())
}

#[cfg(test)]
mod tests;
