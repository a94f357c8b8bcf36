//! One row for each call to a model, written in the same transaction as the message that it made.

use gatehouse_protocol::FinishReason;
use jiff::tz::TimeZone;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::{
    prices::PriceId,
    process, reports,
    spending::release,
    stored::{name_of, stored_by_name},
};
use crate::{
    ids::{AccountId, ClientId, ConversationId, MessageId, ModelId, WorkspaceId},
    money::Money,
    policy::Action,
    store::Migration,
};

// A conversation may go, what it cost stays: its calls lose the link, not their figures.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "2026-11-23 create calls",
        sql: "CREATE TABLE calls (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            started_at_ms INTEGER NOT NULL,
            workspace_id BLOB NOT NULL REFERENCES workspaces(id),
            conversation_id BLOB REFERENCES conversations(id) ON DELETE SET NULL,
            message_id BLOB REFERENCES messages(id) ON DELETE SET NULL,
            purpose TEXT NOT NULL,
            provider TEXT NOT NULL,
            model_id BLOB REFERENCES models(id) ON DELETE SET NULL,
            model TEXT NOT NULL,
            version TEXT NOT NULL,
            route TEXT NOT NULL,
            status TEXT NOT NULL,
            finish TEXT,
            error_kind TEXT,
            input_tokens INTEGER NOT NULL DEFAULT 0,
            cached_tokens INTEGER NOT NULL DEFAULT 0,
            output_tokens INTEGER NOT NULL DEFAULT 0,
            dropped_messages INTEGER NOT NULL DEFAULT 0,
            first_token_ms INTEGER,
            duration_ms INTEGER NOT NULL DEFAULT 0,
            writing_ms INTEGER NOT NULL DEFAULT 0,
            cost_pico INTEGER,
            measured INTEGER NOT NULL DEFAULT 1 CHECK (measured IN (0, 1))
          ) STRICT;
          CREATE INDEX calls_by_message ON calls(message_id);
          CREATE INDEX calls_by_conversation ON calls(conversation_id);
          CREATE INDEX calls_by_time ON calls(started_at_ms);",
    },
    // What is reserved counts as spent for as long as the cost is not known. While the call is under
    // way it is reserved by a process. The index by time has all that it takes
    // to add up a month.
    Migration {
        name: "2026-11-24 bill calls",
        sql: "ALTER TABLE calls ADD COLUMN price_id INTEGER REFERENCES prices(id);
              ALTER TABLE calls ADD COLUMN reserved_pico INTEGER;
              ALTER TABLE calls ADD COLUMN reserved_by TEXT;
              ALTER TABLE calls ADD COLUMN cache_written_tokens INTEGER NOT NULL DEFAULT 0;
              ALTER TABLE calls ADD COLUMN cache_written_hour_tokens INTEGER NOT NULL DEFAULT 0;
              ALTER TABLE calls ADD COLUMN reasoning_tokens INTEGER NOT NULL DEFAULT 0;
              DROP INDEX calls_by_time;
              CREATE INDEX calls_by_time ON calls(started_at_ms, workspace_id, cost_pico);
              CREATE INDEX calls_without_cost ON calls(started_at_ms) WHERE cost_pico IS NULL;
              CREATE INDEX calls_under_way ON calls(reserved_by) WHERE reserved_by IS NOT NULL",
    },
    // An answer may take several calls, of which the last one wrote it; `moves` says why the
    // others did not.
    Migration {
        name: "2026-11-27 route calls",
        sql: "ALTER TABLE calls ADD COLUMN account_id BLOB REFERENCES accounts(id) ON DELETE SET NULL;
              ALTER TABLE calls ADD COLUMN alias TEXT;
              ALTER TABLE calls ADD COLUMN decision TEXT;
              ALTER TABLE calls ADD COLUMN masked INTEGER NOT NULL DEFAULT 0;
              ALTER TABLE calls ADD COLUMN moves TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(moves));
              CREATE INDEX calls_by_account ON calls(account_id) WHERE account_id IS NOT NULL",
    },
    Migration {
        name: "2026-11-27 count pictures of calls",
        sql: "ALTER TABLE calls ADD COLUMN pictures INTEGER NOT NULL DEFAULT 0",
    },
    // A client may go, what it cost stays.
    Migration {
        name: "2026-11-27 calls of clients",
        sql: "ALTER TABLE calls ADD COLUMN client_id BLOB REFERENCES clients(id) ON DELETE SET NULL;
              CREATE INDEX calls_by_client ON calls(client_id, started_at_ms) WHERE client_id IS NOT NULL",
    },
];

/// Where a message goes: the one colour code of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Stays on this computer.
    Local,
    /// Leaves with personal data masked.
    Masked,
    /// Leaves as written.
    Cloud,
    /// Does not leave.
    Blocked,
}
stored_by_name!(Route);

/// What a call is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// An answer in a conversation.
    Chat,
    /// A name for a conversation.
    Title,
    /// A request of a client of the local API.
    Api,
    /// Vectors for a client of the local API.
    Embeddings,
}
stored_by_name!(Purpose);

/// How a call stands or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// Under way, or cut off by the end of the app and not yet noticed.
    Running,
    /// The model ended its answer, or met a limit.
    Answered,
    /// A person stopped it.
    Stopped,
    /// It failed.
    Failed,
}
stored_by_name!(CallStatus);

/// A model that was to answer, and why another one did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    /// The model.
    pub model: String,
    /// Why it did not answer, as a sentence.
    pub reason: String,
    /// The call that failed; `None`: none was made.
    #[specta(type = Option<Number>)]
    pub call: Option<i64>,
}

/// What is known when a call begins.
#[derive(Debug, Clone)]
pub struct CallStart<'a> {
    /// UTC milliseconds.
    pub started_at_ms: i64,
    /// Where it belongs.
    pub workspace: WorkspaceId,
    /// The conversation it is made for.
    pub conversation: Option<ConversationId>,
    /// The answer that it writes.
    pub message: Option<MessageId>,
    /// The client of the local API that asked.
    pub client: Option<ClientId>,
    /// What it is made for.
    pub purpose: Purpose,
    /// Who runs the model; `local` for this computer.
    pub provider: &'a str,
    /// The installed model; `None`: it is not on this computer.
    pub model_id: Option<ModelId>,
    /// The account it is made with; `None`: on this computer.
    pub account_id: Option<AccountId>,
    /// The alias that led to it.
    pub alias: Option<&'a str>,
    /// What policy said of what leaves; `None`: nothing leaves.
    pub decision: Option<Action>,
    /// Places in what leaves that hold a placeholder or a note.
    pub masked: u32,
    /// Pictures in what leaves.
    pub pictures: u32,
    /// The models that were to answer before this one, and why they did not.
    pub moves: &'a [Move],
    /// Its name at that time.
    pub model: &'a str,
    /// Which exact model: the SHA-256 of its file, in hexadecimal.
    pub version: &'a str,
    /// Where the message goes.
    pub route: Route,
}

/// What is known when a call has ended.
#[derive(Debug, Clone)]
pub struct CallEnd<'a> {
    /// How it ended.
    pub status: CallStatus,
    /// Why the model stopped writing, if it did.
    pub finish: Option<FinishReason>,
    /// What failed.
    pub error_kind: Option<&'a str>,
    /// Tokens of the prompt.
    pub input_tokens: u32,
    /// Prompt tokens that were kept from before.
    pub cached_tokens: u32,
    /// Prompt tokens that the provider keeps for minutes.
    pub cache_written_tokens: u32,
    /// Prompt tokens that the provider keeps for an hour.
    pub cache_written_hour_tokens: u32,
    /// Tokens written, reasoning included.
    pub output_tokens: u32,
    /// Of those, reasoning.
    pub reasoning_tokens: u32,
    /// Older messages that the model did not see.
    pub dropped_messages: u32,
    /// From sending to the first token, in milliseconds.
    pub first_token_ms: Option<i64>,
    /// From sending to the end, in milliseconds.
    pub duration_ms: i64,
    /// From the first token to the end, in milliseconds.
    pub writing_ms: i64,
    /// What it cost; `None`: unknown.
    pub cost: Option<Money>,
    /// The price that it was billed with, if one was needed and known.
    pub price: Option<PriceId>,
    /// Whether the counts come from who ran the model, or are our own.
    pub measured: bool,
}

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
    /// The rest.
    #[serde(flatten)]
    pub summary: CallSummary,
}

/// Write the row of a call that is about to be made; its number.
///
/// # Errors
/// [`rusqlite::Error`] when what it refers to is not there.
pub fn begin(conn: &Connection, call: &CallStart<'_>) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "INSERT INTO calls (started_at_ms, workspace_id, conversation_id, message_id, purpose, provider,
                            model_id, model, version, route, status, account_id, alias, decision, masked, moves,
                            pictures, day, client_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
    )?
    .insert(params![
        call.started_at_ms,
        call.workspace,
        call.conversation,
        call.message,
        call.purpose,
        call.provider,
        call.model_id,
        call.model,
        call.version,
        call.route,
        CallStatus::Running,
        call.account_id,
        call.alias,
        call.decision,
        call.masked,
        serde_json::to_string(call.moves).expect("moves are JSON because they are texts"),
        call.pictures,
        reports::day_of(call.started_at_ms, &TimeZone::system()),
        call.client,
    ])
}

/// Another call writes the answer that this one was made for: this one keeps its figures and loses
/// the link.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn hand_over(conn: &Connection, number: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE calls SET message_id = NULL WHERE number = ?1")?
        .execute([number])?;
    Ok(())
}

/// Complete the row of a call.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn end(conn: &Connection, number: i64, end: &CallEnd<'_>) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE calls SET status = ?2, finish = ?3, error_kind = ?4, input_tokens = ?5, cached_tokens = ?6,
                output_tokens = ?7, dropped_messages = ?8, first_token_ms = ?9, duration_ms = ?10,
                writing_ms = ?11, cost_pico = ?12, measured = ?13, price_id = ?14,
                cache_written_tokens = ?15, cache_written_hour_tokens = ?16, reasoning_tokens = ?17,
                reserved_by = NULL
         WHERE number = ?1",
    )?
    .execute(params![
        number,
        end.status,
        end.finish.as_ref().map(name_of),
        end.error_kind,
        end.input_tokens,
        end.cached_tokens,
        end.output_tokens,
        end.dropped_messages,
        end.first_token_ms,
        end.duration_ms,
        end.writing_ms,
        end.cost,
        end.measured,
        end.price,
        end.cache_written_tokens,
        end.cache_written_hour_tokens,
        end.reasoning_tokens,
    ])?;
    Ok(())
}

/// What the record says of a call, of what its row says.
pub(crate) struct CallIdentity {
    pub workspace: WorkspaceId,
    pub conversation: Option<ConversationId>,
    pub client: Option<ClientId>,
    pub provider: String,
    pub model: String,
    pub version: String,
}

/// Which call this is.
///
/// # Errors
/// [`rusqlite::Error`] when there is no such call.
pub(crate) fn identity(conn: &Connection, number: i64) -> rusqlite::Result<CallIdentity> {
    conn.prepare_cached(
        "SELECT workspace_id, conversation_id, client_id, provider, model, version FROM calls WHERE number = ?1",
    )?
    .query_row([number], |row| {
        Ok(CallIdentity {
            workspace: row.get(0)?,
            conversation: row.get(1)?,
            client: row.get(2)?,
            provider: row.get(3)?,
            model: row.get(4)?,
            version: row.get(5)?,
        })
    })
}

/// Mark calls that an earlier run of the app left behind as failed, and release what was reserved
/// for them: what they cost is unknown, and will stay so, unless they were on this computer. A call
/// of another process that still runs (the command line) keeps what it reserved, and is set right
/// again when it ends. Their numbers.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn orphan(conn: &Connection) -> rusqlite::Result<Vec<i64>> {
    release(conn, process::runs)?;
    conn.prepare(
        "UPDATE calls SET status = ?1, error_kind = 'interrupted', measured = 0,
                cost_pico = CASE route WHEN ?3 THEN 0 END
         WHERE status = ?2 RETURNING number",
    )?
    .query_map(
        params![CallStatus::Failed, CallStatus::Running, Route::Local],
        |row| row.get(0),
    )?
    .collect()
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

/// What [`call_row`] reads, from the table `calls` under the name `k`.
pub(super) fn row_columns() -> String {
    format!(
        "{SUMMARY_COLUMNS}, k.started_at_ms, k.purpose, k.status, k.error_kind, k.conversation_id, k.message_id"
    )
}

/// A row from [`row_columns`].
pub(super) fn call_row(row: &Row<'_>) -> rusqlite::Result<CallRow> {
    Ok(CallRow {
        summary: summary(row, 0)?,
        started_at_ms: row.get(SUMMARY_LENGTH)?,
        purpose: row.get(SUMMARY_LENGTH + 1)?,
        status: row.get(SUMMARY_LENGTH + 2)?,
        error_kind: row.get(SUMMARY_LENGTH + 3)?,
        conversation_id: row.get(SUMMARY_LENGTH + 4)?,
        message_id: row.get(SUMMARY_LENGTH + 5)?,
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
