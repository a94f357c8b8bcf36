//! Calls as a person sees them: what an answer says of its own, and lists.

use gatehouse_protocol::FinishReason;
use rusqlite::{Connection, Row};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{CallStatus, Move, Purpose, Route};
use crate::{
    ids::{ConversationId, MessageId},
    money::Money,
};

/// What an answer says of its call.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CallSummary {
    /// Its number in this database, from 1.
    #[specta(type = Number)]
    pub number: i64,
    /// The model's name at that time.
    pub model: String,
    /// Where the message went.
    pub route: Route,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Prompt tokens that were kept from before.
    pub cached_tokens: u32,
    /// Tokens written.
    pub output_tokens: u32,
    /// Tokens written a second, from the first one on; `None` below two tokens.
    pub tokens_per_second: Option<Rate>,
    /// From sending to the first token, in milliseconds.
    #[specta(type = Option<Number>)]
    pub first_token_ms: Option<i64>,
    /// From sending to the end, in milliseconds.
    #[specta(type = Number)]
    pub duration_ms: i64,
    /// What it cost, exact, in dollars; `None`: unknown.
    pub cost: Option<String>,
    /// Whether the counts come from who ran the model.
    pub measured: bool,
    /// Older messages that the model did not see.
    pub dropped_messages: u32,
    /// Why the model stopped writing.
    pub finish: Option<FinishReason>,
    /// Of the tokens written, reasoning.
    pub reasoning_tokens: u32,
    /// Places in what left that held a placeholder or a note.
    pub masked: u32,
    /// Pictures that left with it.
    pub pictures: u32,
    /// Who was asked, as the person calls the account; `None`: nobody, it stayed on this computer.
    pub account: Option<String>,
    /// The models that were to answer before this one, and why they did not.
    pub moves: Vec<Move>,
    /// The name of the chain of models that led to it; `None`: it was chosen itself.
    pub alias: Option<String>,
}

/// Tokens a second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Type)]
#[serde(transparent)]
pub struct Rate(#[specta(type = Number)] pub f64);

/// A call for a list: what an answer says of it, and where it belongs.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CallRow {
    /// UTC milliseconds.
    #[specta(type = Number)]
    pub started_at_ms: i64,
    /// What it was made for.
    pub purpose: Purpose,
    /// How it ended.
    pub status: CallStatus,
    /// What failed.
    pub error_kind: Option<String>,
    /// The conversation, if it is still there.
    pub conversation_id: Option<ConversationId>,
    /// The answer that it wrote, if it is still there.
    pub message_id: Option<MessageId>,
    /// What a person calls the client of the local API that asked.
    pub client: Option<String>,
    /// The rest.
    #[serde(flatten)]
    pub summary: CallSummary,
}

/// The newest calls first.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn list(conn: &Connection, limit: u32) -> rusqlite::Result<Vec<CallRow>> {
    conn.prepare_cached(&format!(
        "SELECT {} FROM calls k ORDER BY k.number DESC LIMIT ?1",
        row_columns()
    ))?
    .query_map([limit], call_row)?
    .collect()
}

/// The number of the newest call; 0: there is none.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn newest(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT ifnull(max(number), 0) FROM calls")?
        .query_row([], |row| row.get(0))
}

/// What [`call_row`] reads, from the table `calls` under the name `k`.
pub(in crate::costs) fn row_columns() -> String {
    format!(
        "{SUMMARY_COLUMNS}, k.started_at_ms, k.purpose, k.status, k.error_kind, k.conversation_id, k.message_id, \
         (SELECT name FROM clients WHERE id = k.client_id)"
    )
}

/// A row from [`row_columns`].
pub(in crate::costs) fn call_row(row: &Row<'_>) -> rusqlite::Result<CallRow> {
    Ok(CallRow {
        summary: summary(row, 0)?,
        started_at_ms: row.get(SUMMARY_LENGTH)?,
        purpose: row.get(SUMMARY_LENGTH + 1)?,
        status: row.get(SUMMARY_LENGTH + 2)?,
        error_kind: row.get(SUMMARY_LENGTH + 3)?,
        conversation_id: row.get(SUMMARY_LENGTH + 4)?,
        message_id: row.get(SUMMARY_LENGTH + 5)?,
        client: row.get(SUMMARY_LENGTH + 6)?,
    })
}

/// One call.
///
/// # Errors
/// [`rusqlite::Error`] when there is no such call.
pub fn get(conn: &Connection, number: i64) -> rusqlite::Result<CallSummary> {
    conn.prepare_cached(&format!(
        "SELECT {SUMMARY_COLUMNS} FROM calls k WHERE k.number = ?1"
    ))?
    .query_row([number], |row| summary(row, 0))
}

/// Whether no server of a call was reached, so that nothing of it left.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn was_unreached(conn: &Connection, number: i64) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "SELECT 1 FROM calls WHERE number = ?1 AND error_kind IN ('no_network', 'certificate')",
    )?
    .exists([number])
}

/// What [`summary`] reads, from the table `calls` under the name `k`.
pub(crate) const SUMMARY_COLUMNS: &str = "k.number, k.model, k.route, k.input_tokens, k.cached_tokens, k.output_tokens, \
     k.writing_ms, k.first_token_ms, k.duration_ms, k.cost_pico, k.measured, k.dropped_messages, k.finish, \
     k.reasoning_tokens, k.masked, coalesce((SELECT name FROM accounts WHERE id = k.account_id), \
     CASE k.provider WHEN 'local' THEN NULL ELSE k.provider END), k.moves, k.alias, k.pictures";

/// How many columns [`SUMMARY_COLUMNS`] has.
const SUMMARY_LENGTH: usize = 19;

/// A summary from [`SUMMARY_COLUMNS`], of which the first is column `at`.
pub(crate) fn summary(row: &Row<'_>, at: usize) -> rusqlite::Result<CallSummary> {
    let output_tokens: u32 = row.get(at + 5)?;
    let writing_ms: u32 = row.get(at + 6)?;
    let finish: Option<String> = row.get(at + 12)?;
    Ok(CallSummary {
        number: row.get(at)?,
        model: row.get(at + 1)?,
        route: row.get(at + 2)?,
        prompt_tokens: row.get(at + 3)?,
        cached_tokens: row.get(at + 4)?,
        output_tokens,
        tokens_per_second: (output_tokens > 1 && writing_ms > 0)
            .then(|| Rate(f64::from(output_tokens - 1) * 1000.0 / f64::from(writing_ms))),
        first_token_ms: row.get(at + 7)?,
        duration_ms: row.get(at + 8)?,
        cost: row
            .get::<_, Option<Money>>(at + 9)?
            .map(|cost| cost.to_string()),
        measured: row.get(at + 10)?,
        dropped_messages: row.get(at + 11)?,
        finish: finish.and_then(|name| serde_json::from_value(name.into()).ok()),
        reasoning_tokens: row.get(at + 13)?,
        masked: row.get(at + 14)?,
        account: row.get(at + 15)?,
        moves: serde_json::from_str(&row.get::<_, String>(at + 16)?).unwrap_or_default(),
        alias: row.get(at + 17)?,
        pictures: row.get(at + 18)?,
    })
}
