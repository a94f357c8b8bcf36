//! Workspaces: a client, a matter, a project. Conversations belong to one, and so do policy and
//! budgets.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use crate::{
    ids::WorkspaceId,
    problem::{Problem, ProblemCode},
    settings,
    store::{Migration, StoreError},
};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "2026-11-23 create workspaces",
        sql: "CREATE TABLE workspaces (
            id BLOB PRIMARY KEY,
            name TEXT NOT NULL,
            created_at_ms INTEGER NOT NULL
          ) STRICT",
    },
    Migration {
        // What it cost stays, so its row does; nothing says whose it was.
        name: "2026-11-27 erase workspaces",
        sql: "ALTER TABLE workspaces ADD COLUMN erased_at_ms INTEGER",
    },
];

/// A client, a matter, a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Workspace {
    /// Identifier.
    pub id: WorkspaceId,
    /// What the person calls it.
    pub name: String,
    /// UTC milliseconds.
    #[specta(type = Number)]
    pub created_at_ms: i64,
}

/// Why a workspace is not kept.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// It was removed.
    #[error("this workspace is not there any more")]
    NotFound,
    /// It has no name.
    #[error("a workspace needs a name")]
    NoName,
    /// Another one has this name.
    #[error("there is a workspace with the name “{0}” already")]
    NameTaken(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for WorkspaceError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<WorkspaceError> for Problem {
    fn from(error: WorkspaceError) -> Self {
        match error {
            WorkspaceError::NotFound => Problem::new(ProblemCode::NotFound, error),
            WorkspaceError::Store(store) => store.into(),
            other => Problem::new(ProblemCode::InvalidInput, other),
        }
    }
}

/// The oldest workspace, made if there is none; `now_ms` is UTC milliseconds.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn first(conn: &Connection, now_ms: i64) -> rusqlite::Result<WorkspaceId> {
    let found = conn
        .prepare_cached("SELECT id FROM workspaces WHERE erased_at_ms IS NULL ORDER BY id LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    let id = WorkspaceId::new();
    conn.execute(
        "INSERT INTO workspaces (id, name, created_at_ms) VALUES (?1, 'Personal', ?2)",
        params![id, now_ms],
    )?;
    Ok(id)
}

/// The workspace that is open: the one chosen in the settings if it is still there, else the oldest.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn current(conn: &Connection, now_ms: i64) -> rusqlite::Result<WorkspaceId> {
    if let Some(chosen) = settings::get(conn)?.workspace_id
        && exists(conn, chosen)?
    {
        return Ok(chosen);
    }
    first(conn, now_ms)
}

/// Whether there is such a workspace, and it was not erased.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn exists(conn: &Connection, id: WorkspaceId) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM workspaces WHERE id = ?1 AND erased_at_ms IS NULL")?
        .exists([id])
}

/// All workspaces, oldest first.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn all(conn: &Connection) -> rusqlite::Result<Vec<Workspace>> {
    conn.prepare_cached(
        "SELECT id, name, created_at_ms FROM workspaces WHERE erased_at_ms IS NULL ORDER BY id",
    )?
    .query_map([], workspace)?
    .collect()
}

/// What a workspace is called.
///
/// # Errors
/// [`WorkspaceError::NotFound`].
pub(crate) fn name(conn: &Connection, id: WorkspaceId) -> Result<String, WorkspaceError> {
    conn.prepare_cached("SELECT name FROM workspaces WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?
        .ok_or(WorkspaceError::NotFound)
}

/// The workspace of this name, whatever its case.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn named(conn: &Connection, name: &str) -> rusqlite::Result<Option<WorkspaceId>> {
    conn.prepare_cached(
        "SELECT id FROM workspaces WHERE lower(name) = lower(?1) AND erased_at_ms IS NULL",
    )?
    .query_row([as_kept(name)], |row| row.get(0))
    .optional()
}

/// What two names have in common that are one: no two workspaces have it.
pub(crate) fn key(name: &str) -> String {
    as_kept(name).to_ascii_lowercase()
}

/// A name as it is kept: on one line, and not too long.
fn as_kept(name: &str) -> String {
    let name: String = name.split_whitespace().collect::<Vec<_>>().join(" ");
    name.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// Make a workspace, or give one a new name.
///
/// # Errors
/// [`WorkspaceError`] when the name is empty or taken.
pub fn save(
    conn: &Connection,
    id: WorkspaceId,
    name: &str,
    now_ms: i64,
) -> Result<Workspace, WorkspaceError> {
    let name = as_kept(name);
    if name.is_empty() {
        return Err(WorkspaceError::NoName);
    }
    if conn
        .prepare_cached(
            "SELECT 1 FROM workspaces
             WHERE lower(name) = lower(?1) AND id <> ?2 AND erased_at_ms IS NULL",
        )?
        .exists(params![name, id])?
    {
        return Err(WorkspaceError::NameTaken(name));
    }
    let saved = conn
        .prepare_cached(
            "INSERT INTO workspaces (id, name, created_at_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET name = ?2 WHERE erased_at_ms IS NULL
             RETURNING id, name, created_at_ms",
        )?
        .query_row(params![id, name, now_ms], workspace)
        .optional()?;
    saved.ok_or(WorkspaceError::NotFound)
}

/// Take a workspace off every list, and its name away; `now_ms` is UTC milliseconds. What is in it is
/// erased by whoever keeps it.
///
/// # Errors
/// [`WorkspaceError::NotFound`] when it is gone.
pub(crate) fn erase(conn: &Connection, id: WorkspaceId, now_ms: i64) -> Result<(), WorkspaceError> {
    let erased = conn.execute(
        "UPDATE workspaces SET name = 'Erased', erased_at_ms = ?2
         WHERE id = ?1 AND erased_at_ms IS NULL",
        params![id, now_ms],
    )?;
    if erased == 0 {
        return Err(WorkspaceError::NotFound);
    }
    Ok(())
}

fn workspace(row: &Row<'_>) -> rusqlite::Result<Workspace> {
    Ok(Workspace {
        id: row.get(0)?,
        name: row.get(1)?,
        created_at_ms: row.get(2)?,
    })
}
