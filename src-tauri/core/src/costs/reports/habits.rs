//! Habits of calling that cost more than they need: long histories, and instructions that are read anew
//! again and again. Each is counted over exactly the calls that its filter lets through.

use rusqlite::{Connection, params_from_iter};

use super::{CallFilter, Chosen, Only, Span, filter::BEGINNING};

/// A habit with one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Habit {
    pub provider: String,
    pub model: String,
    /// Calls that it shows in.
    pub calls: u64,
    /// Tokens that were read for it.
    pub tokens: u64,
}

/// Tokens of prompts that carried a long history along.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn long_histories(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
) -> rusqlite::Result<Vec<Habit>> {
    let (tokens, index) = ("k.input_tokens", "calls_with_long_prompts");
    habits(conn, span, filter, Only::LongHistory, index, tokens)
}

/// Tokens, about, of instructions that a call a moment before had begun with, too, and of which the provider's
/// cache had little or nothing.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn repeated_beginnings(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
) -> rusqlite::Result<Vec<Habit>> {
    let again = format!("{BEGINNING} - k.cached_tokens");
    let index = "calls_with_beginnings";
    habits(conn, span, filter, Only::RepeatedBeginning, index, &again)
}

/// Calls and `tokens` by model, along an index that has few calls but those that are looked for.
fn habits(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
    only: Only,
    index: &str,
    tokens: &str,
) -> rusqlite::Result<Vec<Habit>> {
    let Chosen { condition, values } = filter.and(only).chosen(span);
    conn.prepare(&format!(
        "SELECT k.provider, k.model, count(*), sum({tokens}) FROM calls k INDEXED BY {index}
         WHERE {condition} GROUP BY k.provider, k.model"
    ))?
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
