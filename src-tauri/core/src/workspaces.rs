//! Workspaces: a client, a matter, a project. Conversations belong to one.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{ids::WorkspaceId, store::Migration};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-23 create workspaces",
    sql: "CREATE TABLE workspaces (
            id BLOB PRIMARY KEY,
            name TEXT NOT NULL,
            created_at_ms INTEGER NOT NULL
          ) STRICT",
}];

/// The oldest workspace, made if there is none; `now_ms` is UTC milliseconds.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn first(conn: &Connection, now_ms: i64) -> rusqlite::Result<WorkspaceId> {
    let found = conn
        .prepare_cached("SELECT id FROM workspaces ORDER BY id LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    let id = WorkspaceId::new();
    conn.execute(
        "INSERT INTO workspaces VALUES (?1, 'Personal', ?2)",
        params![id, now_ms],
    )?;
    Ok(id)
}
