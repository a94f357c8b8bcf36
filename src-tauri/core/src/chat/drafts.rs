//! What was typed and not sent, per conversation and for the new one.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{ids::ConversationId, store::Migration};

// The new chat has no row of its own yet: its draft stands under NULL, of which UNIQUE would allow many.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-23 create drafts",
    sql: "CREATE TABLE drafts (
            conversation_id BLOB REFERENCES conversations(id) ON DELETE CASCADE,
            text TEXT NOT NULL
          ) STRICT;
          CREATE UNIQUE INDEX drafts_by_conversation ON drafts(coalesce(conversation_id, x''));
          CREATE INDEX drafts_of_conversation ON drafts(conversation_id);",
}];

/// Keep what was typed; an empty text forgets it. `None` is the new chat.
///
/// # Errors
/// [`rusqlite::Error`] when the conversation does not exist.
pub fn save_draft(
    conn: &Connection,
    conversation: Option<ConversationId>,
    text: &str,
) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM drafts WHERE conversation_id IS ?1")?
        .execute([conversation])?;
    if !text.is_empty() {
        conn.prepare_cached("INSERT INTO drafts VALUES (?1, ?2)")?
            .execute(params![conversation, text])?;
    }
    Ok(())
}

/// What was typed and not sent; empty if nothing was. `None` is the new chat.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn draft(conn: &Connection, conversation: Option<ConversationId>) -> rusqlite::Result<String> {
    let text = conn
        .prepare_cached("SELECT text FROM drafts WHERE conversation_id IS ?1")?
        .query_row([conversation], |row| row.get(0))
        .optional()?;
    Ok(text.unwrap_or_default())
}
