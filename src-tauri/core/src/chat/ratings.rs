//! What a person thought of an answer: one rating a message, replaced, never averaged away.

use rusqlite::{
    Connection, params,
    types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::ChatError;
use crate::{ids::MessageId, store::Migration};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-23 create ratings",
    sql: "CREATE TABLE ratings (
            message_id BLOB PRIMARY KEY REFERENCES messages(id) ON DELETE CASCADE,
            verdict INTEGER NOT NULL CHECK (verdict IN (-1, 1)),
            rated_at_ms INTEGER NOT NULL
          ) STRICT, WITHOUT ROWID",
}];

/// Thumb up or thumb down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// The answer helped.
    Good,
    /// It did not.
    Bad,
}

impl ToSql for Rating {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Good => 1,
            Self::Bad => -1,
        }
        .into())
    }
}

impl FromSql for Rating {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_i64()? {
            1 => Ok(Self::Good),
            -1 => Ok(Self::Bad),
            other => Err(FromSqlError::OutOfRange(other)),
        }
    }
}

/// Keep the newest verdict on an answer; `None` takes it back. `now_ms` is UTC milliseconds.
///
/// # Errors
/// [`ChatError::NoMessage`] when there is no such answer.
pub fn rate(
    conn: &Connection,
    message: MessageId,
    verdict: Option<Rating>,
    now_ms: i64,
) -> Result<(), ChatError> {
    let is_answer: bool = conn.query_row(
        "SELECT EXISTS (SELECT 1 FROM messages WHERE id = ?1 AND role = 'assistant')",
        [message],
        |row| row.get(0),
    )?;
    if !is_answer {
        return Err(ChatError::NoMessage);
    }
    match verdict {
        Some(verdict) => conn
            .prepare_cached("INSERT OR REPLACE INTO ratings VALUES (?1, ?2, ?3)")?
            .execute(params![message, verdict, now_ms])?,
        None => conn
            .prepare_cached("DELETE FROM ratings WHERE message_id = ?1")?
            .execute([message])?,
    };
    Ok(())
}

/// How the answers of a model were rated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatedModel {
    /// Who ran it; `local` for this computer.
    pub provider: String,
    /// Its name at that time.
    pub model: String,
    /// Answers that helped.
    pub good: u32,
    /// Answers that did not.
    pub bad: u32,
}

impl RatedModel {
    /// How many answers were rated.
    pub fn ratings(&self) -> u32 {
        self.good + self.bad
    }

    /// How many of a hundred helped, rounded down.
    pub fn good_percent(&self) -> u32 {
        self.good * 100 / self.ratings().max(1)
    }
}

/// How the answers of each model were rated that have a rating.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn rated_models(conn: &Connection) -> rusqlite::Result<Vec<RatedModel>> {
    // CROSS keeps SQLite from walking through every call to look for its rating.
    conn.prepare_cached(
        "SELECT k.provider, k.model, sum(r.verdict = 1), sum(r.verdict = -1)
         FROM ratings r CROSS JOIN calls k ON k.message_id = r.message_id AND k.purpose = 'chat'
         GROUP BY k.provider, k.model ORDER BY k.provider, k.model",
    )?
    .query_map([], |row| {
        Ok(RatedModel {
            provider: row.get(0)?,
            model: row.get(1)?,
            good: row.get(2)?,
            bad: row.get(3)?,
        })
    })?
    .collect()
}
