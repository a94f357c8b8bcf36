//! One row a conversation: its title, its options, and which branch of its messages is shown.

use gatehouse_protocol::Sampling;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::ChatError;
use crate::{
    aliases::Elsewhere,
    costs::{Route, Total, forget_moves, total},
    ids::{ConversationId, MessageId, ModelId, WorkspaceId},
    settings::over_defaults,
    store::Migration,
};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-23 create conversations",
    sql: "CREATE TABLE conversations (
            id BLOB PRIMARY KEY,
            workspace_id BLOB NOT NULL REFERENCES workspaces(id),
            title TEXT,
            system_prompt TEXT NOT NULL DEFAULT '',
            sampling TEXT NOT NULL CHECK (json_valid(sampling)),
            model_id BLOB REFERENCES models(id) ON DELETE SET NULL,
            leaf_id BLOB,
            created_at_ms INTEGER NOT NULL,
            updated_at_ms INTEGER NOT NULL,
            deleted_at_ms INTEGER
          ) STRICT;
          CREATE INDEX conversations_by_update ON conversations(updated_at_ms);",
}, Migration {
    name: "2026-11-27 choose models elsewhere",
    sql: "ALTER TABLE conversations ADD COLUMN elsewhere TEXT CHECK (elsewhere IS NULL OR json_valid(elsewhere));
          CREATE INDEX conversations_by_workspace ON conversations(workspace_id)",
}, Migration {
    // NULL: it began here.
    name: "2026-11-27 remember when conversations arrived",
    sql: "ALTER TABLE conversations ADD COLUMN arrived_at_ms INTEGER",
}];

/// A conversation without its messages.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    /// Identifier.
    pub id: ConversationId,
    /// What it is called; `None` until a title was found or given.
    pub title: Option<String>,
    /// UTC milliseconds.
    #[specta(type = Number)]
    pub created_at_ms: i64,
    /// UTC milliseconds of the newest message.
    #[specta(type = Number)]
    pub updated_at_ms: i64,
    /// Instructions that stand above the conversation; empty: none.
    pub system_prompt: String,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// The model on this computer that answers; `None`: the default one.
    pub model_id: Option<ModelId>,
    /// What answers instead of a model on this computer.
    pub elsewhere: Option<Elsewhere>,
    /// What was typed and not sent.
    pub draft: String,
    /// The last message of the branch that is shown.
    #[serde(skip)]
    pub leaf: Option<MessageId>,
    /// Where it belongs.
    pub workspace_id: WorkspaceId,
}

/// A conversation in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConversationSummary {
    /// Identifier.
    pub id: ConversationId,
    /// What it is called; `None` until a title was found or given.
    pub title: Option<String>,
    /// UTC milliseconds.
    #[specta(type = Number)]
    pub created_at_ms: i64,
    /// UTC milliseconds of the newest message.
    #[specta(type = Number)]
    pub updated_at_ms: i64,
    /// Messages in all branches.
    pub message_count: u32,
    /// The model that answered last.
    pub model: Option<String>,
    /// Where the messages of the last call went.
    pub route: Route,
    /// What its calls have cost.
    pub total: Total,
    /// The beginning of the first message, or of what was typed where there is none.
    pub preview: String,
}

/// What a person can set for one conversation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// Instructions that stand above the conversation; empty: none.
    pub system_prompt: String,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// The model on this computer that answers; `None`: the default one.
    pub model_id: Option<ModelId>,
    /// What answers instead of a model on this computer.
    #[serde(default)]
    pub elsewhere: Option<Elsewhere>,
}

/// Make an empty conversation; `now_ms` is UTC milliseconds.
///
/// # Errors
/// [`ChatError::Sampling`] or [`ChatError::SystemPrompt`] for what is out of range; [`ChatError::Store`] when the workspace does not exist.
pub fn create(
    conn: &Connection,
    id: ConversationId,
    workspace: WorkspaceId,
    options: &Options,
    now_ms: i64,
) -> Result<(), ChatError> {
    check_sampling(&options.sampling)?;
    check_system_prompt(&options.system_prompt)?;
    conn.prepare_cached(
        "INSERT INTO conversations (id, workspace_id, system_prompt, sampling, model_id, elsewhere, created_at_ms, updated_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
    )?
    .execute(params![
        id,
        workspace,
        options.system_prompt,
        json(&options.sampling),
        options.model_id,
        written(options.elsewhere.as_ref()),
        now_ms
    ])?;
    Ok(())
}

/// One conversation that is not deleted.
///
/// # Errors
/// [`ChatError::NoConversation`] when it is not there.
pub fn get(conn: &Connection, id: ConversationId) -> Result<Conversation, ChatError> {
    conn.prepare_cached(
        "SELECT c.id, c.title, c.created_at_ms, c.updated_at_ms, c.system_prompt, c.sampling, c.model_id,
                coalesce(d.text, ''), c.leaf_id, c.workspace_id, c.elsewhere
         FROM conversations c LEFT JOIN drafts d ON d.conversation_id = c.id
         WHERE c.id = ?1 AND c.deleted_at_ms IS NULL",
    )?
    .query_row([id], |row| {
        Ok(Conversation {
            id: row.get(0)?,
            title: row.get(1)?,
            created_at_ms: row.get(2)?,
            updated_at_ms: row.get(3)?,
            system_prompt: row.get(4)?,
            sampling: sampling(row, 5)?,
            model_id: row.get(6)?,
            draft: row.get(7)?,
            leaf: row.get(8)?,
            workspace_id: row.get(9)?,
            elsewhere: read(row, 10)?,
        })
    })
    .optional()?
    .ok_or(ChatError::NoConversation)
}

/// All conversations that are not deleted and have something in it, newest first; those of one
/// workspace, or of all. Where the first message was not taken, that is a draft.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn list(
    conn: &Connection,
    workspace: Option<WorkspaceId>,
) -> rusqlite::Result<Vec<ConversationSummary>> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT c.id, c.title, c.created_at_ms, c.updated_at_ms,
                (SELECT count(*) FROM messages WHERE conversation_id = c.id),
                last.model, last.route, total.high, total.low, coalesce(total.estimated, 0),
                coalesce(total.unknown, 0),
                coalesce((SELECT substr(text, 1, 200) FROM messages
                          WHERE conversation_id = c.id ORDER BY number LIMIT 1),
                         (SELECT substr(text, 1, 200) FROM drafts WHERE conversation_id = c.id), '')
         FROM conversations c
         LEFT JOIN calls last ON last.number = (SELECT max(number) FROM calls WHERE conversation_id = c.id)
         LEFT JOIN ({}) total ON total.conversation_id = c.id
         WHERE {KEPT} AND (?1 IS NULL OR c.workspace_id = ?1)
         ORDER BY c.updated_at_ms DESC, c.id DESC",
        total::BY_CONVERSATION
    ))?;
    let rows = statement.query_map([workspace], |row| {
        Ok(ConversationSummary {
            id: row.get(0)?,
            title: row.get(1)?,
            created_at_ms: row.get(2)?,
            updated_at_ms: row.get(3)?,
            message_count: row.get(4)?,
            model: row.get(5)?,
            route: row.get::<_, Option<Route>>(6)?.unwrap_or(Route::Local),
            total: total::total(row, 7)?,
            preview: row.get(11)?,
        })
    })?;
    rows.collect()
}

/// The conversation that comes after another one by its identifier, of one workspace or of all;
/// `None` as `after`: the first one. Those that are deleted or have nothing in it are passed over.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn next_after(
    conn: &Connection,
    workspace: Option<WorkspaceId>,
    after: Option<ConversationId>,
) -> rusqlite::Result<Option<ConversationId>> {
    conn.prepare_cached(&format!(
        "SELECT c.id FROM conversations c
         WHERE c.id > coalesce(?2, x'') AND {KEPT} AND (?1 IS NULL OR c.workspace_id = ?1)
         ORDER BY c.id LIMIT 1"
    ))?
    .query_row(params![workspace, after], |row| row.get(0))
    .optional()
}

/// How many conversations [`next_after`] comes by.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn count(conn: &Connection, workspace: Option<WorkspaceId>) -> rusqlite::Result<u32> {
    conn.prepare_cached(&format!(
        "SELECT count(*) FROM conversations c WHERE {KEPT} AND (?1 IS NULL OR c.workspace_id = ?1)"
    ))?
    .query_row([workspace], |row| row.get(0))
}

/// Of `conversations c`: not deleted, and with a message, or something that is to be one.
const KEPT: &str = "c.deleted_at_ms IS NULL AND
   (c.leaf_id IS NOT NULL OR EXISTS (SELECT 1 FROM drafts d WHERE d.conversation_id = c.id)
    OR EXISTS (SELECT 1 FROM pictures p WHERE p.conversation_id = c.id))";

/// Give a conversation a person's title.
///
/// # Errors
/// [`ChatError::EmptyName`], [`ChatError::NoConversation`].
pub fn rename(conn: &Connection, id: ConversationId, title: &str) -> Result<(), ChatError> {
    let title = one_line(title);
    if title.is_empty() {
        return Err(ChatError::EmptyName);
    }
    changed(conn.execute(
        "UPDATE conversations SET title = ?2 WHERE id = ?1",
        params![id, title],
    )?)
}

/// Give a conversation a title that the app found, unless it has one.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn set_title(conn: &Connection, id: ConversationId, title: &str) -> rusqlite::Result<()> {
    conn.execute(
        "UPDATE conversations SET title = ?2 WHERE id = ?1 AND title IS NULL",
        params![id, one_line(title)],
    )?;
    Ok(())
}

/// Give a conversation the model of its first answer, unless a person has chosen one.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn settle_model(
    conn: &Connection,
    id: ConversationId,
    model: ModelId,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE conversations SET model_id = ?2 WHERE id = ?1 AND model_id IS NULL",
    )?
    .execute(params![id, model])?;
    Ok(())
}

/// Change what a person can set.
///
/// # Errors
/// [`ChatError::Sampling`] or [`ChatError::SystemPrompt`] for what is out of range, [`ChatError::NoConversation`].
pub fn set_options(
    conn: &Connection,
    id: ConversationId,
    options: &Options,
) -> Result<(), ChatError> {
    check_sampling(&options.sampling)?;
    check_system_prompt(&options.system_prompt)?;
    changed(conn.execute(
        "UPDATE conversations SET system_prompt = ?2, sampling = ?3, model_id = ?4, elsewhere = ?5 WHERE id = ?1",
        params![
            id,
            options.system_prompt,
            json(&options.sampling),
            options.model_id,
            written(options.elsewhere.as_ref())
        ],
    )?)
}

/// Take a conversation off the list; [`restore`] brings it back until [`erase`] removes it.
///
/// # Errors
/// [`ChatError::NoConversation`].
pub fn delete(conn: &Connection, id: ConversationId, now_ms: i64) -> Result<(), ChatError> {
    changed(conn.execute(
        "UPDATE conversations SET deleted_at_ms = ?2 WHERE id = ?1 AND deleted_at_ms IS NULL",
        params![id, now_ms],
    )?)
}

/// Bring a deleted conversation back.
///
/// # Errors
/// [`ChatError::NoConversation`] when it is gone for good.
pub fn restore(conn: &Connection, id: ConversationId) -> Result<(), ChatError> {
    changed(conn.execute(
        "UPDATE conversations SET deleted_at_ms = NULL WHERE id = ?1",
        [id],
    )?)
}

/// What is to be removed for good: what was deleted, and conversations that were opened at least a day
/// before `now_ms` (UTC milliseconds) and never used.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn to_purge(conn: &Connection, now_ms: i64) -> rusqlite::Result<Vec<ConversationId>> {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    conn.prepare(
        "SELECT id FROM conversations WHERE deleted_at_ms IS NOT NULL
           OR (leaf_id IS NULL AND created_at_ms < ?1
               AND id NOT IN (SELECT conversation_id FROM drafts WHERE conversation_id IS NOT NULL)
               AND id NOT IN (SELECT conversation_id FROM pictures WHERE conversation_id IS NOT NULL))",
    )?
    .query_map([now_ms - DAY_MS], |row| row.get(0))?
    .collect()
}

/// Remove a conversation for good, with all that belongs to it; whether there was one.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails, which also refuses to remove what is held.
pub fn erase(conn: &Connection, id: ConversationId) -> rusqlite::Result<bool> {
    // Its calls stay, and nobody knows any more that they are of it.
    forget_moves(conn, id)?;
    let erased = conn
        .prepare_cached("DELETE FROM conversations WHERE id = ?1")?
        .execute([id])?;
    Ok(erased > 0)
}

/// All conversations of a workspace, deleted ones that are still there included.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn all_of_workspace(
    conn: &Connection,
    workspace: WorkspaceId,
) -> rusqlite::Result<Vec<ConversationId>> {
    conn.prepare_cached("SELECT id FROM conversations WHERE workspace_id = ?1 ORDER BY id")?
        .query_map([workspace], |row| row.get(0))?
        .collect()
}

fn changed(rows: usize) -> Result<(), ChatError> {
    if rows == 0 {
        Err(ChatError::NoConversation)
    } else {
        Ok(())
    }
}

/// Titles are one line of at most 120 characters, none of which a terminal would act on.
pub(super) fn one_line(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    joined
        .chars()
        .filter(|c| !c.is_control())
        .take(120)
        .collect()
}

fn written(elsewhere: Option<&Elsewhere>) -> Option<String> {
    elsewhere.map(|chosen| {
        serde_json::to_string(chosen).expect("a choice is JSON because it is made of names")
    })
}

/// What a newer app chose and this one cannot read is no choice.
fn read(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Elsewhere>> {
    let json: Option<String> = row.get(column)?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
}

pub(super) fn json(sampling: &Sampling) -> String {
    serde_json::to_string(sampling)
        .expect("sampling settings are JSON because all their fields are plain")
}

pub(super) fn sampling(row: &Row<'_>, column: usize) -> rusqlite::Result<Sampling> {
    let json: String = row.get(column)?;
    Ok(over_defaults(&json))
}

/// Bytes of a system prompt, which the private part of an entry of the record has to hold.
pub(super) const LONGEST_SYSTEM_PROMPT: usize = 1_000_000;

/// Refuse a system prompt that is longer than there may be.
pub(crate) fn check_system_prompt(text: &str) -> Result<(), ChatError> {
    if text.len() <= LONGEST_SYSTEM_PROMPT {
        Ok(())
    } else {
        Err(ChatError::SystemPrompt)
    }
}

/// Refuse sampling settings that no sampler can use.
pub(super) fn check_sampling(sampling: &Sampling) -> Result<(), ChatError> {
    let ranges = [
        ("temperature", sampling.temperature, 0.0, 5.0),
        ("top-p", sampling.top_p, 0.0, 1.0),
        ("min-p", sampling.min_p, 0.0, 1.0),
        ("repeat penalty", sampling.repeat_penalty, 0.1, 10.0),
        ("frequency penalty", sampling.frequency_penalty, -2.0, 2.0),
        ("presence penalty", sampling.presence_penalty, -2.0, 2.0),
    ];
    for (name, value, low, high) in ranges {
        if !(low..=high).contains(&value) {
            return Err(ChatError::Sampling(format!(
                "the {name} must be between {low} and {high}, not {value}"
            )));
        }
    }
    if sampling.max_tokens == Some(0) {
        return Err(ChatError::Sampling(
            "an answer needs at least one token".into(),
        ));
    }
    if sampling.stop.iter().any(String::is_empty) {
        return Err(ChatError::Sampling("a stop text must not be empty".into()));
    }
    Ok(())
}
