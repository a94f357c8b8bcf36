//! Calls as an archive has them: what was asked when and where, what it used and what it cost. They are
//! written and never read back, as they did not happen on the computer that reads them.

use rusqlite::{Connection, Row, types::ToSql};
use serde::Serialize;

use super::{CallStatus, Move, Purpose, Route};
use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    money::Money,
    policy::Action,
};

/// One call to a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileCall {
    /// Its number in the database that it was made with.
    pub number: i64,
    /// UTC milliseconds.
    pub started_at_ms: i64,
    pub workspace: WorkspaceId,
    /// `None`: it was removed since.
    pub conversation: Option<ConversationId>,
    /// The answer that it wrote.
    pub message: Option<MessageId>,
    pub purpose: Purpose,
    /// Who ran the model; `local` for the computer itself.
    pub provider: String,
    /// What the person calls the account, if it is still there.
    pub account: Option<String>,
    /// The name of the chain of models that led to it.
    pub alias: Option<String>,
    pub model: String,
    pub version: String,
    pub route: Route,
    /// What policy said of what left.
    pub decision: Option<Action>,
    /// Places in what left that held a placeholder or a note.
    pub masked: u32,
    pub status: CallStatus,
    /// Why the model stopped writing.
    pub finish: Option<String>,
    pub error_kind: Option<String>,
    pub input_tokens: u32,
    pub cached_tokens: u32,
    pub cache_written_tokens: u32,
    pub cache_written_hour_tokens: u32,
    /// Reasoning included.
    pub output_tokens: u32,
    pub reasoning_tokens: u32,
    /// Older messages that the model did not see.
    pub dropped_messages: u32,
    pub first_token_ms: Option<i64>,
    pub duration_ms: i64,
    /// Exact dollars; `None`: unknown, which is not nothing.
    pub cost_usd: Option<String>,
    /// Whether the counts come from who ran the model.
    pub measured: bool,
    /// The models that were to answer before this one, and why they did not.
    pub moves: Vec<Move>,
}

/// Of which place calls are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallsOf {
    Conversation(ConversationId),
    Workspace(WorkspaceId),
    Everything,
}

/// Give each call of a place to `take`, oldest first; how many there were. One is in memory at a time.
///
/// # Errors
/// What `take` returns, or [`rusqlite::Error`] when the database fails.
pub(crate) fn each<E: From<rusqlite::Error>>(
    conn: &Connection,
    of: CallsOf,
    take: &mut dyn FnMut(FileCall) -> Result<(), E>,
) -> Result<u32, E> {
    let (column, id): (_, &dyn ToSql) = match &of {
        CallsOf::Conversation(id) => ("k.conversation_id", id),
        CallsOf::Workspace(id) => ("k.workspace_id", id),
        CallsOf::Everything => ("1", &1),
    };
    let mut statement = conn.prepare_cached(&format!(
        "SELECT k.number, k.started_at_ms, k.workspace_id, k.conversation_id, k.message_id, k.purpose, k.provider,
                (SELECT name FROM accounts WHERE id = k.account_id), k.alias, k.model, k.version, k.route,
                k.decision, k.masked, k.status, k.finish, k.error_kind, k.input_tokens, k.cached_tokens,
                k.cache_written_tokens, k.cache_written_hour_tokens, k.output_tokens, k.reasoning_tokens,
                k.dropped_messages, k.first_token_ms, k.duration_ms, k.cost_pico, k.measured, k.moves
         FROM calls k WHERE {column} = ?1 ORDER BY k.number"
    ))?;
    let mut rows = statement.query([id])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        take(call(row)?)?;
        count += 1;
    }
    Ok(count)
}

fn call(row: &Row<'_>) -> rusqlite::Result<FileCall> {
    Ok(FileCall {
        number: row.get(0)?,
        started_at_ms: row.get(1)?,
        workspace: row.get(2)?,
        conversation: row.get(3)?,
        message: row.get(4)?,
        purpose: row.get(5)?,
        provider: row.get(6)?,
        account: row.get(7)?,
        alias: row.get(8)?,
        model: row.get(9)?,
        version: row.get(10)?,
        route: row.get(11)?,
        decision: row.get(12)?,
        masked: row.get(13)?,
        status: row.get(14)?,
        finish: row.get(15)?,
        error_kind: row.get(16)?,
        input_tokens: row.get(17)?,
        cached_tokens: row.get(18)?,
        cache_written_tokens: row.get(19)?,
        cache_written_hour_tokens: row.get(20)?,
        output_tokens: row.get(21)?,
        reasoning_tokens: row.get(22)?,
        dropped_messages: row.get(23)?,
        first_token_ms: row.get(24)?,
        duration_ms: row.get(25)?,
        cost_usd: row.get::<_, Option<Money>>(26)?.map(Money::decimal),
        measured: row.get(27)?,
        moves: serde_json::from_str(&row.get::<_, String>(28)?).unwrap_or_default(),
    })
}
