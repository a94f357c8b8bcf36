//! What left of a conversation: the body of each request, byte for byte.

use std::io::{Read, Write};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use super::{
    Key, SealedError,
    parts::{self, Mark},
};
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
    // A picture leaves with every request that follows in its conversation, and is kept once.
    Migration {
        name: "2026-11-28 create sent blocks",
        sql: "ALTER TABLE sent_requests ADD COLUMN in_parts INTEGER NOT NULL DEFAULT 0 CHECK (in_parts IN (0, 1));
          CREATE TABLE sent_blocks (
            conversation_id BLOB NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            mark BLOB NOT NULL CHECK (length(mark) = 32),
            sealed BLOB NOT NULL,
            UNIQUE (conversation_id, mark)
          ) STRICT",
    },
];

const BLOCK: &str = "sent block";

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
    let key = Key::of(conn, of)?;
    let parts = parts::apart(body, |block| keep_block(conn, &key, of, block))?;
    let sealed = key.seal(&what(call), of, &packed(&parts))?;
    conn.prepare_cached(
        "INSERT INTO sent_requests (call_number, conversation_id, sealed, in_parts) VALUES (?1, ?2, ?3, 1)",
    )?
    .execute(params![call, of, sealed])?;
    Ok(())
}

/// Keep a part that may leave again, unless it is kept already; what names it.
fn keep_block(
    conn: &Connection,
    key: &Key,
    of: ConversationId,
    block: &[u8],
) -> Result<Mark, SealedError> {
    let mark = key.mark(BLOCK, of, block);
    let is_kept = conn
        .prepare_cached("SELECT 1 FROM sent_blocks WHERE conversation_id = ?1 AND mark = ?2")?
        .exists(params![of, mark])?;
    if !is_kept {
        let sealed = key.seal(BLOCK, of, block)?;
        conn.prepare_cached("INSERT INTO sent_blocks VALUES (?1, ?2, ?3)")?
            .execute(params![of, mark, sealed])?;
    }
    Ok(mark)
}

fn block(
    conn: &Connection,
    key: &Key,
    of: ConversationId,
    mark: &Mark,
) -> Result<Vec<u8>, SealedError> {
    let sealed: Option<Vec<u8>> = conn
        .prepare_cached("SELECT sealed FROM sent_blocks WHERE conversation_id = ?1 AND mark = ?2")?
        .query_row(params![of, mark], |row| row.get(0))
        .optional()?;
    let sealed = sealed.ok_or(SealedError::Damaged("a picture of it is missing"))?;
    key.open(BLOCK, of, &sealed)
}

/// What left with a call, and in which conversation; `None` when nothing did.
///
/// # Errors
/// [`SealedError`] when something did and it cannot be read.
pub(crate) fn sent(
    conn: &Connection,
    call: i64,
) -> Result<Option<(ConversationId, Vec<u8>)>, SealedError> {
    let found: Option<(ConversationId, Vec<u8>, bool)> = conn
        .prepare_cached(
            "SELECT conversation_id, sealed, in_parts FROM sent_requests WHERE call_number = ?1",
        )?
        .query_row([call], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((of, sealed, in_parts)) = found else {
        return Ok(None);
    };
    let key = Key::find(conn, of)?.ok_or(SealedError::Damaged("its key was destroyed"))?;
    let kept = unpacked(&key.open(&what(call), of, &sealed)?)?;
    if !in_parts {
        return Ok(Some((of, kept)));
    }
    let body = parts::together(&kept, |mark| block(conn, &key, of, mark))?;
    let body = body.ok_or(SealedError::Damaged("it is no request in parts"))?;
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

/// Up to so many bytes a body stays as it is: it would hardly become shorter, and what packs takes far longer to set
/// up than so little to be written.
const SHORT: u16 = 1024;

fn packed(body: &[u8]) -> Vec<u8> {
    if let Ok(length @ ..=SHORT) = u16::try_from(body.len()) {
        // The last block, stored; its length twice, once inverted: RFC 1951, section 3.2.4.
        let [length, inverted] = [length, !length].map(u16::to_le_bytes);
        return [&[1][..], &length, &inverted, body].concat();
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_short_body_is_kept_as_it_is_and_a_long_one_shorter() {
        let short = usize::from(SHORT);
        for length in [0, 1, short, short + 1, 70_000] {
            let body = vec![b'a'; length];
            let kept = packed(&body);
            assert_eq!(unpacked(&kept).unwrap(), body);
            assert_eq!(kept.len() < body.len(), length > short, "{length}");
        }
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_back(body in proptest::collection::vec(any::<u8>(), 0..3_000)) {
            prop_assert_eq!(unpacked(&packed(&body)).unwrap(), body);
        }
    }
}
