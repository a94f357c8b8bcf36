//! What the tests of this module stand on: a database of their own, and calls in it.

use std::{ops::Deref, sync::Arc};

use rusqlite::{Connection, params};
use tempfile::TempDir;

use super::{CallEnd, CallStatus};
use crate::{
    ids::WorkspaceId,
    money::Money,
    secrets::DatabaseKey,
    store::{DataFolder, Store, writer_of_copy},
};

/// A moment for tests: 24 November 2026, 12:00 UTC, a Tuesday.
pub(super) const NOON: i64 = 1_795_521_600_000;

/// A data folder of its own, gone when the test ends.
pub(super) struct Place {
    dir: Arc<TempDir>,
    folder: DataFolder,
    key: DatabaseKey,
}

impl Place {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self {
            folder: DataFolder::resolve(Some(dir.path())).unwrap(),
            key: DatabaseKey::random().unwrap(),
            dir: Arc::new(dir),
        }
    }

    /// The database, as one process sees it.
    pub(super) fn open(&self) -> Opened {
        Opened {
            store: Store::open(&self.folder, &self.key, NOON).unwrap(),
            _dir: self.dir.clone(),
        }
    }

    /// A connection to it that a test can watch; it is there once it was opened.
    pub(super) fn connection(&self) -> Connection {
        writer_of_copy(&self.folder.database(), &self.key).unwrap()
    }
}

/// A database whose folder is there for as long as it is open.
pub(super) struct Opened {
    store: Store,
    _dir: Arc<TempDir>,
}

impl Deref for Opened {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

pub(super) fn workspace(conn: &Connection) -> WorkspaceId {
    let id = WorkspaceId::new();
    conn.execute(
        "INSERT INTO workspaces (id, name, created_at_ms) VALUES (?1, 'A client', 0)",
        [id],
    )
    .unwrap();
    id
}

/// The row of a call that begins; its number.
pub(super) fn call(conn: &Connection, workspace: WorkspaceId, at_ms: i64) -> i64 {
    let sql = "INSERT INTO calls (started_at_ms, workspace_id, purpose, provider, model, version, route, status)
               VALUES (?1, ?2, 'chat', 'openai', 'gpt-5', '', 'masked', ?3)";
    let mut statement = conn.prepare(sql).unwrap();
    statement
        .insert(params![at_ms, workspace, CallStatus::Running])
        .unwrap()
}

/// The end of a call that cost so much.
pub(super) fn ended(cost: Option<Money>) -> CallEnd<'static> {
    CallEnd {
        status: CallStatus::Answered,
        finish: None,
        error_kind: None,
        input_tokens: 1000,
        cached_tokens: 0,
        cache_written_tokens: 0,
        cache_written_hour_tokens: 0,
        output_tokens: 100,
        reasoning_tokens: 0,
        dropped_messages: 0,
        waited_ms: None,
        first_token_ms: None,
        duration_ms: 1,
        writing_ms: 0,
        cost,
        price: None,
        measured: true,
    }
}
