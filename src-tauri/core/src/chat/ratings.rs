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
