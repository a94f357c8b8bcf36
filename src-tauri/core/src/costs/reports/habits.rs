//! Habits of calling that cost more than they need: long prompts, and prompts whose beginning was read
//! a moment ago.

use rusqlite::{Connection, params_from_iter};

use super::{CallFilter, Chosen, LONG_PROMPT, Span};

/// A habit with one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Habit {
    pub provider: String,
    pub model: String,
    /// Calls that it shows in.
    pub calls: u64,
    /// Tokens that were read for it, and in no cache.
    pub tokens: u64,
}

/// A provider keeps a beginning for at least so long, in milliseconds: five minutes.
const KEPT_MS: i64 = 300_000;

/// Tokens beyond a long prompt's first [`LONG_PROMPT`] that no cache helped with.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn long_prompts(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
) -> rusqlite::Result<Vec<Habit>> {
    let Chosen { condition, values } = filter.chosen(span);
    habits(
        conn,
        &format!(
            "SELECT k.provider, k.model, count(*),
                    sum(max(k.input_tokens - k.cached_tokens - {LONG_PROMPT}, 0))
             FROM calls k INDEXED BY calls_with_long_prompts
             WHERE {condition} AND k.input_tokens >= {LONG_PROMPT} AND k.provider <> 'local'
             GROUP BY k.provider, k.model"
        ),
        values,
    )
}

/// Tokens that the call before, in the same conversation with the same model and shortly before, had
/// read already, and that were read anew. An answer only adds to a conversation, so what was read
/// before is the beginning of what is read next; where the person went back and changed a message,
/// this is too much.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn repeated(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
) -> rusqlite::Result<Vec<Habit>> {
    let Chosen { condition, values } = filter.chosen(span);
    habits(
        conn,
        &format!(
            "SELECT provider, model, count(*), sum(again) FROM (
               SELECT k.provider, k.model, k.started_at_ms - lag(k.started_at_ms) OVER before AS since,
                 min(lag(k.input_tokens) OVER before, k.input_tokens) - k.cached_tokens AS again
               FROM calls k WHERE {condition} AND k.conversation_id IS NOT NULL AND k.provider <> 'local'
               WINDOW before AS (PARTITION BY k.conversation_id, k.provider, k.model ORDER BY k.number))
             WHERE since BETWEEN 0 AND {KEPT_MS} AND again > 0 GROUP BY provider, model"
        ),
        values,
    )
}

fn habits(
    conn: &Connection,
    sql: &str,
    values: Vec<rusqlite::types::Value>,
) -> rusqlite::Result<Vec<Habit>> {
    conn.prepare(sql)?
        .query_map(params_from_iter(values), |row| {
            Ok(Habit {
                provider: row.get(0)?,
                model: row.get(1)?,
                calls: row.get(2)?,
                tokens: row.get(3)?,
            })
        })?
        .collect()
}
