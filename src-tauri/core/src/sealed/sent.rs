//! What left of a conversation: the body of each request, byte for byte.

use std::io::{Read, Write};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Key, SealedError};
use crate::{ids::ConversationId, store::Migration};

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-27 create sent requests",
    sql: "CREATE TABLE sent_requests (
            call_number INTEGER PRIMARY KEY REFERENCES calls(number) ON DELETE CASCADE,
            conversation_id BLOB NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            sealed BLOB NOT NULL
          ) STRICT;
          CREATE INDEX sent_requests_by_conversation ON sent_requests(conversation_id)",
}];

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
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
    let packed = packer
        .write_all(body)
        .and_then(|()| packer.finish())
        .expect("packing works because it writes to memory");
    let sealed = Key::of(conn, of)?.seal(&what(call), of, &packed)?;
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
    let packed = key.open(&what(call), of, &sealed)?;
    let mut body = Vec::new();
    DeflateDecoder::new(packed.as_slice())
        .read_to_end(&mut body)
        .map_err(|_| SealedError::Damaged("it cannot be unpacked"))?;
    Ok(Some((of, body)))
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
