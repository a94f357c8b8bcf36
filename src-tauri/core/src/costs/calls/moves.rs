//! Why models that were asked did not answer, in their servers' own words, which may repeat what was said:
//! they go with that, and what the calls cost stays.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use crate::ids::{ConversationId, WorkspaceId};

/// Forget it of the calls of a conversation.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn forget_moves(conn: &Connection, of: ConversationId) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE calls SET moves = '[]' WHERE conversation_id = ?1 AND moves <> '[]'",
    )?
    .execute([of])?;
    Ok(())
}

/// Forget it of one call.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn forget_moves_of_call(conn: &Connection, call: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE calls SET moves = '[]' WHERE number = ?1 AND moves <> '[]'")?
        .execute([call])?;
    Ok(())
}

/// Forget it of all calls in a workspace, those of clients of the local API included.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn forget_moves_in(conn: &Connection, workspace: WorkspaceId) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE calls SET moves = '[]' WHERE workspace_id = ?1 AND moves <> '[]'")?
        .execute([workspace])?;
    Ok(())
}

/// The calls of clients in a workspace that began before a time in UTC milliseconds and were passed on.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn moved_calls_of_clients(
    conn: &Connection,
    workspace: WorkspaceId,
    before_ms: i64,
) -> rusqlite::Result<BTreeSet<i64>> {
    conn.prepare_cached(
        "SELECT number FROM calls WHERE workspace_id = ?1 AND conversation_id IS NULL
         AND started_at_ms < ?2 AND moves <> '[]'",
    )?
    .query_map(params![workspace, before_ms], |row| row.get(0))?
    .collect()
}

/// Forget it of the calls of clients in a workspace that began before a time in UTC milliseconds.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn forget_moves_of_clients(
    conn: &Connection,
    workspace: WorkspaceId,
    before_ms: i64,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE calls SET moves = '[]' WHERE workspace_id = ?1 AND conversation_id IS NULL
         AND started_at_ms < ?2 AND moves <> '[]'",
    )?
    .execute(params![workspace, before_ms])?;
    Ok(())
}
