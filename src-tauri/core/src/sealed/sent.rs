//! What left of a conversation: the body of each request, byte for byte.

use std::io::{Read, Write};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use super::{Key, SealedError};
use crate::{
    ids::{ConversationId, WorkspaceId},
    store::Migration,
};

pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "2026-11-27 create sent requests",
        sql: "CREATE TABLE sent_requests (
            call_number INTEGER PRIMARY KEY REFERENCES calls(number) ON DELETE CASCADE,
            conversation_id BLOB NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            sealed BLOB NOT NULL
          ) STRICT;
          CREATE INDEX sent_requests_by_conversation ON sent_requests(conversation_id)",
    },
    // A request of a client belongs to no conversation, so it has a key of its own.
    Migration {
        name: "2026-11-27 create sent requests of clients",
        sql: "CREATE TABLE sent_of_clients (
            call_number INTEGER PRIMARY KEY REFERENCES calls(number) ON DELETE CASCADE,
            workspace_id BLOB NOT NULL REFERENCES workspaces(id),
            key BLOB NOT NULL CHECK (length(key) = 32),
            sealed BLOB NOT NULL
          ) STRICT;
          CREATE INDEX sent_of_clients_by_workspace ON sent_of_clients(workspace_id)",
    },
];

/// Keep the body of a request that is about to leave.
///
/// # Errors
/// [`SealedError`] when it cannot be encrypted or written.
pub(crate) fn keep_sent(
    conn: &Connection,
    call: i64,
    of: ConversationId,
    body: &[u8],
) -> Result<(), SealedError> {
    let sealed = Key::of(conn, of)?.seal(&what(call), of, &packed(body))?;
    conn.prepare_cached("INSERT INTO sent_requests VALUES (?1, ?2, ?3)")?
        .execute(params![call, of, sealed])?;
    Ok(())
}

/// What left with a call, and in which conversation; `None` when nothing did.
///
/// # Errors
/// [`SealedError`] when something did and it cannot be read.
pub(crate) fn sent(
    conn: &Connection,
    call: i64,
) -> Result<Option<(ConversationId, Vec<u8>)>, SealedError> {
    let found: Option<(ConversationId, Vec<u8>)> = conn
        .prepare_cached("SELECT conversation_id, sealed FROM sent_requests WHERE call_number = ?1")?
        .query_row([call], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((of, sealed)) = found else {
        return Ok(None);
    };
    let key = Key::find(conn, of)?.ok_or(SealedError::Damaged("its key was destroyed"))?;
    let body = unpacked(&key.open(&what(call), of, &sealed)?)?;
    Ok(Some((of, body)))
}

/// The body of a request, made shorter. That takes time, which nobody is to spend while others wait to
/// write.
pub(crate) struct Packed(Vec<u8>);

impl Packed {
    pub(crate) fn of(body: &[u8]) -> Self {
        Self(packed(body))
    }
}

/// Keep the body of a request of a client that is about to leave.
///
/// # Errors
/// [`SealedError`] when it cannot be encrypted or written.
pub(crate) fn keep_sent_of_client(
    conn: &Connection,
    call: i64,
    workspace: WorkspaceId,
    body: &Packed,
) -> Result<(), SealedError> {
    let key = Key::random()?;
    let sealed = key.seal(&what(call), workspace, &body.0)?;
    conn.prepare_cached("INSERT INTO sent_of_clients VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![call, workspace, key.bytes(), sealed])?;
    Ok(())
}

/// What left for a client with a call, in which workspace; `None` when nothing is kept.
///
/// # Errors
/// [`SealedError`] when something is and it cannot be read.
pub(crate) fn sent_of_client(
    conn: &Connection,
    call: i64,
) -> Result<Option<(WorkspaceId, Vec<u8>)>, SealedError> {
    let found: Option<(WorkspaceId, [u8; 32], Vec<u8>)> = conn
        .prepare_cached(
            "SELECT workspace_id, key, sealed FROM sent_of_clients WHERE call_number = ?1",
        )?
        .query_row([call], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((workspace, key, sealed)) = found else {
        return Ok(None);
    };
    let key = Key::from(Zeroizing::new(key));
    let body = unpacked(&key.open(&what(call), workspace, &sealed)?)?;
    Ok(Some((workspace, body)))
}

/// The calls of clients with which something left that is kept.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn client_calls_with_sent(conn: &Connection) -> rusqlite::Result<Vec<i64>> {
    conn.prepare_cached("SELECT call_number FROM sent_of_clients ORDER BY call_number")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Destroy what is kept of a call of a client, and its key.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn destroy_sent_of_client(conn: &Connection, call: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM sent_of_clients WHERE call_number = ?1")?
        .execute([call])?;
    Ok(())
}

/// Destroy what is kept of the calls of clients in a workspace that began before a time in UTC
/// milliseconds; how many there were.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn destroy_sent_of_clients(
    conn: &Connection,
    workspace: WorkspaceId,
    before_ms: i64,
) -> rusqlite::Result<usize> {
    conn.prepare_cached(
        "DELETE FROM sent_of_clients WHERE workspace_id = ?1
         AND call_number IN (SELECT number FROM calls WHERE started_at_ms < ?2)",
    )?
    .execute(params![workspace, before_ms])
}

/// How many of these there are.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn count_sent_of_clients(
    conn: &Connection,
    workspace: WorkspaceId,
    before_ms: i64,
) -> rusqlite::Result<usize> {
    conn.prepare_cached(
        "SELECT count(*) FROM sent_of_clients s JOIN calls c ON c.number = s.call_number
         WHERE s.workspace_id = ?1 AND c.started_at_ms < ?2",
    )?
    .query_row(params![workspace, before_ms], |row| row.get(0))
}

fn packed(body: &[u8]) -> Vec<u8> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
    packer
        .write_all(body)
        .and_then(|()| packer.finish())
        .expect("packing works because it writes to memory")
}

fn unpacked(packed: &[u8]) -> Result<Vec<u8>, SealedError> {
    let mut body = Vec::new();
    DeflateDecoder::new(packed)
        .read_to_end(&mut body)
        .map_err(|_| SealedError::Damaged("it cannot be unpacked"))?;
    Ok(body)
}

/// The calls with which something left that is kept.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn calls_with_sent(conn: &Connection) -> rusqlite::Result<Vec<i64>> {
    conn.prepare_cached("SELECT call_number FROM sent_requests ORDER BY call_number")?
        .query_map([], |row| row.get(0))?
        .collect()
}

fn what(call: i64) -> String {
    format!("request of call {call}")
}
