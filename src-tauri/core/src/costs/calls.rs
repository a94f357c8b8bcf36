//! One row for each call to a model, written in the same transaction as the message that it made.

mod moves;
mod view;

use gatehouse_protocol::FinishReason;
use jiff::tz::TimeZone;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

pub(crate) use self::moves::{
    forget_moves, forget_moves_in, forget_moves_of_call, forget_moves_of_clients,
    moved_calls_of_clients,
};
pub use self::view::{CallRow, CallSummary, get, list};
pub(crate) use self::view::{SUMMARY_COLUMNS, newest, summary, was_unreached};
pub(super) use self::view::{call_row, row_columns};
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
    // What is reserved counts as spent for as long as the cost is not known. `reserved_by` is the process
    // that a call is under way in, whether or not it can cost something. The index by time has all that
    // it takes to add up a month.
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
    // Nobody knows it of the calls before, nor of those that a provider answers.
    Migration {
        name: "2026-11-28 keep how long calls waited",
        sql: "ALTER TABLE calls ADD COLUMN waited_ms INTEGER",
    },
    // What the long instructions of calls have in common: a number that is the same where they are, and
    // says nothing to anybody once the process that made it has ended.
    Migration {
        name: "2026-11-29 note how calls begin",
        sql: "ALTER TABLE calls ADD COLUMN beginning INTEGER;
              ALTER TABLE calls ADD COLUMN beginning_tokens INTEGER;
              CREATE INDEX calls_with_beginnings ON calls(day, provider, model) WHERE beginning IS NOT NULL;
              CREATE INDEX calls_by_beginning ON calls(beginning, started_at_ms) WHERE beginning IS NOT NULL",
    },
    // What servers had said stayed when a conversation went.
    Migration {
        name: "2026-11-29 forget what servers said in conversations that are gone",
        sql: "UPDATE calls SET moves = '[]'
              WHERE conversation_id IS NULL AND client_id IS NULL AND moves <> '[]'",
    },
    // What our own count says of the beginning is only comparable with what it says of the whole prompt,
    // which the provider counts, too.
    Migration {
        name: "2026-12-01 keep our own count of prompts with a beginning",
        sql: "ALTER TABLE calls ADD COLUMN own_prompt_tokens INTEGER",
    },
    // Calls of clients belong to none, and are the most by far where there are any.
    Migration {
        name: "2026-12-03 index only calls that belong to a conversation by it",
        sql: "DROP INDEX calls_by_message;
              DROP INDEX calls_by_conversation;
              CREATE INDEX calls_by_message ON calls(message_id) WHERE message_id IS NOT NULL;
              CREATE INDEX calls_by_conversation ON calls(conversation_id) WHERE conversation_id IS NOT NULL",
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
    /// The number of tokens of a request, for a client of the local API: no model answers.
    Count,
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
    /// The model could not take it as it was, so that nothing was read: no failure of the model.
    Refused,
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
    /// From sending until the model took it up, in milliseconds; `None`: it did not, or nobody says so.
    pub waited_ms: Option<i64>,
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

/// Write the row of a call that is about to be made; its number.
///
/// # Errors
/// [`rusqlite::Error`] when what it refers to is not there.
pub fn begin(conn: &Connection, call: &CallStart<'_>) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "INSERT INTO calls (started_at_ms, workspace_id, conversation_id, message_id, purpose, provider,
                            model_id, model, version, route, status, account_id, alias, decision, masked, moves,
                            pictures, day, client_id, reserved_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
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
        process::this_process(),
    ])
}

/// Note what a call begins with, where that is long enough for a provider to keep it: `mark` is the same
/// for calls of this process whose instructions are, and they have so many of the `of_prompt` tokens of the
/// prompt, both by our own count; `None`: that says nothing of what the provider counts.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn note_beginning(
    conn: &Connection,
    number: i64,
    mark: i64,
    tokens: u64,
    of_prompt: Option<u64>,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE calls SET beginning = ?2, beginning_tokens = ?3, own_prompt_tokens = ?4 WHERE number = ?1",
    )?
    .execute(params![
        number,
        mark,
        i64::try_from(tokens).unwrap_or(i64::MAX),
        of_prompt.map(|tokens| i64::try_from(tokens).unwrap_or(i64::MAX))
    ])?;
    Ok(())
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
                waited_ms = ?18, reserved_by = NULL
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
        end.waited_ms,
    ])?;
    Ok(())
}

/// What the record says of a call, of what its row says.
pub(crate) struct CallIdentity {
    pub workspace: WorkspaceId,
    pub conversation: Option<ConversationId>,
    /// The answer that it writes.
    pub message: Option<MessageId>,
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
        "SELECT workspace_id, conversation_id, message_id, client_id, provider, model, version
         FROM calls WHERE number = ?1",
    )?
    .query_row([number], |row| {
        Ok(CallIdentity {
            workspace: row.get(0)?,
            conversation: row.get(1)?,
            message: row.get(2)?,
            client: row.get(3)?,
            provider: row.get(4)?,
            model: row.get(5)?,
            version: row.get(6)?,
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
    cut_off(conn, None)
}

/// The same of calls whose process has ended, while others may be at work on theirs. Their numbers.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn orphan_of_ended(conn: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut numbers = Vec::new();
    for process in ended_processes(conn)? {
        numbers.extend(cut_off(conn, Some(&process))?);
    }
    release(conn, |process| !process::has_ended(process))?;
    Ok(numbers)
}

/// Whether [`orphan_of_ended`] would find any: a look that keeps nobody from writing.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn is_any_left_behind(conn: &Connection) -> rusqlite::Result<bool> {
    Ok(!ended_processes(conn)?.is_empty())
}

/// The processes that have begun a call, did not end it, and do not run any more.
fn ended_processes(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut processes: Vec<String> = conn
        .prepare_cached("SELECT DISTINCT reserved_by FROM calls WHERE reserved_by IS NOT NULL")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    processes.retain(|process| process::has_ended(process));
    Ok(processes)
}

/// Those of one process, or all.
fn cut_off(conn: &Connection, process: Option<&str>) -> rusqlite::Result<Vec<i64>> {
    conn.prepare_cached(
        "UPDATE calls SET status = ?1, error_kind = 'interrupted', measured = 0,
                cost_pico = CASE route WHEN ?3 THEN 0 END
         WHERE status = ?2 AND (?4 IS NULL OR reserved_by = ?4) RETURNING number",
    )?
    .query_map(
        params![
            CallStatus::Failed,
            CallStatus::Running,
            Route::Local,
            process
        ],
        |row| row.get(0),
    )?
    .collect()
}
