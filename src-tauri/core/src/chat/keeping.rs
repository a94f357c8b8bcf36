//! What keeping conversations for so long needs to know of them and to change in them.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::ChatError;
use crate::{
    costs::forget_moves,
    ids::{ConversationId, WorkspaceId},
};

/// A conversation in which nothing was said for some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Quiet {
    /// Which one.
    pub id: ConversationId,
    /// What it is called.
    pub title: Option<String>,
    /// UTC milliseconds of the newest message.
    pub updated_at_ms: i64,
    /// Messages in all branches.
    pub messages: u32,
}

/// All that a person or a model wrote in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Texts {
    /// Instructions that stand above it.
    pub system_prompt: String,
    /// The numbers of its messages, in all branches, with their texts.
    pub messages: Vec<(i64, String)>,
}

/// Note that a conversation came from a file at `now_ms`, UTC milliseconds: what was said in it long ago
/// has not been here for long.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(super) fn note_arrival(
    conn: &Connection,
    id: ConversationId,
    now_ms: i64,
) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE conversations SET arrived_at_ms = ?2 WHERE id = ?1")?
        .execute(params![id, now_ms])
        .map(drop)
}

/// Where a conversation belongs, and when the newest message in it was written, in UTC milliseconds.
///
/// # Errors
/// [`rusqlite::Error`] when there is none.
pub(crate) fn place_and_age(
    conn: &Connection,
    id: ConversationId,
) -> rusqlite::Result<(WorkspaceId, i64)> {
    conn.prepare_cached("SELECT workspace_id, updated_at_ms FROM conversations WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The conversations of a workspace that have been here since before `before_ms` (UTC milliseconds) and whose
/// newest message is older, also those that were put among the deleted ones; oldest first. One that is being
/// answered is not quiet.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn quiet_before(
    conn: &Connection,
    workspace: WorkspaceId,
    before_ms: i64,
) -> rusqlite::Result<Vec<Quiet>> {
    conn.prepare_cached(&format!(
        "{QUIET} AND c.workspace_id = ?2 ORDER BY c.updated_at_ms, c.id"
    ))?
    .query_map(params![before_ms, workspace], quiet)?
    .collect()
}

/// One conversation, if it is quiet as [`quiet_before`] says.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn if_quiet(
    conn: &Connection,
    id: ConversationId,
    before_ms: i64,
) -> rusqlite::Result<Option<Quiet>> {
    conn.prepare_cached(&format!("{QUIET} AND c.id = ?2"))?
        .query_row(params![before_ms, id], quiet)
        .optional()
}

const QUIET: &str = "SELECT c.id, c.title, c.updated_at_ms,
       (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id)
     FROM conversations c WHERE c.updated_at_ms < ?1 AND coalesce(c.arrived_at_ms, c.updated_at_ms) < ?1
       AND c.id NOT IN (SELECT conversation_id FROM messages WHERE state = 'streaming')";

fn quiet(row: &Row<'_>) -> rusqlite::Result<Quiet> {
    Ok(Quiet {
        id: row.get(0)?,
        title: row.get(1)?,
        updated_at_ms: row.get(2)?,
        messages: row.get(3)?,
    })
}

/// How many conversations a workspace has that are not deleted.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn count_in(conn: &Connection, workspace: WorkspaceId) -> rusqlite::Result<usize> {
    conn.prepare_cached(
        "SELECT count(*) FROM conversations WHERE workspace_id = ?1 AND deleted_at_ms IS NULL
           AND leaf_id IS NOT NULL",
    )?
    .query_row([workspace], |row| row.get(0))
}

/// Whether there is such a conversation, deleted or not.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn exists(conn: &Connection, id: ConversationId) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM conversations WHERE id = ?1")?
        .exists([id])
}

/// All texts of a conversation.
///
/// # Errors
/// [`ChatError::NoConversation`].
pub(crate) fn texts(conn: &Connection, id: ConversationId) -> Result<Texts, ChatError> {
    if !exists(conn, id)? {
        return Err(ChatError::NoConversation);
    }
    Ok(Texts {
        system_prompt: conn
            .prepare_cached("SELECT system_prompt FROM conversations WHERE id = ?1")?
            .query_row([id], |row| row.get(0))?,
        messages: conn
            .prepare_cached(
                "SELECT number, text FROM messages WHERE conversation_id = ?1 ORDER BY number",
            )?
            .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?,
    })
}

/// All that stands in a conversation: title, system prompt, draft and messages; nothing where it is gone.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn all_written_in(
    conn: &Connection,
    id: ConversationId,
) -> rusqlite::Result<Vec<String>> {
    conn.prepare_cached(
        "SELECT title FROM conversations WHERE id = ?1 AND title IS NOT NULL
         UNION ALL SELECT system_prompt FROM conversations WHERE id = ?1
         UNION ALL SELECT text FROM drafts WHERE conversation_id = ?1
         UNION ALL SELECT text FROM messages WHERE conversation_id = ?1",
    )?
    .query_map([id], |row| row.get(0))?
    .collect()
}

/// The text of a message, by the number of its row, if it is in one of these conversations.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn text_in(
    conn: &Connection,
    number: i64,
    conversations: &[ConversationId],
) -> rusqlite::Result<Option<String>> {
    let found: Option<(ConversationId, String)> = conn
        .prepare_cached("SELECT conversation_id, text FROM messages WHERE number = ?1")?
        .query_row([number], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found
        .filter(|(of, _)| conversations.contains(of))
        .map(|(_, text)| text))
}

/// Forget why answers failed, and why models that were asked did not answer, in a conversation: a server's own
/// words may repeat what was said.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn forget_troubles(conn: &Connection, id: ConversationId) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE messages SET problem = NULL WHERE conversation_id = ?1 AND problem IS NOT NULL",
    )?
    .execute([id])?;
    forget_moves(conn, id)
}

/// Put other texts in their place. The title, the draft, why answers failed and where they were to stop,
/// which may repeat what was said, go; and pictures, in which nobody can look for a person.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn put_texts(
    conn: &Connection,
    id: ConversationId,
    texts: &Texts,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE conversations SET title = NULL, system_prompt = ?2, sampling = json_remove(sampling, '$.stop')
         WHERE id = ?1",
    )?
    .execute(params![id, texts.system_prompt])?;
    let mut put = conn.prepare_cached(
        "UPDATE messages SET text = ?3 WHERE conversation_id = ?1 AND number = ?2",
    )?;
    for (number, text) in &texts.messages {
        put.execute(params![id, number, text])?;
    }
    forget_troubles(conn, id)?;
    super::pictures::forget_of_conversation(conn, id)?;
    super::save_draft(conn, Some(id), "")
}
