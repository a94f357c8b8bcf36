//! The map of placeholders of a conversation.

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::{Key, SealedError};
use crate::{ids::ConversationId, safety::mask::Masks, store::Migration};

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-27 create masks",
    sql: "CREATE TABLE masks (
            conversation_id BLOB PRIMARY KEY REFERENCES conversations(id) ON DELETE CASCADE,
            sealed BLOB NOT NULL
          ) STRICT",
}];

/// The map of a conversation; a new one if it has none. Nothing is written.
///
/// # Errors
/// [`SealedError`] when there is one and it cannot be read: a new one would give old placeholders
/// new meanings.
pub(crate) fn masks(conn: &Connection, of: ConversationId) -> Result<Masks, SealedError> {
    let sealed: Option<Vec<u8>> = conn
        .prepare_cached("SELECT sealed FROM masks WHERE conversation_id = ?1")?
        .query_row([of], |row| row.get(0))
        .optional()?;
    let Some(sealed) = sealed else {
        return Ok(Masks::new(mark(of)));
    };
    let key = Key::find(conn, of)?.ok_or(SealedError::Damaged("its key was destroyed"))?;
    let json = key.open("masks", of, &sealed)?;
    serde_json::from_slice(&json).map_err(|_| SealedError::Damaged("it is no map of placeholders"))
}

/// The conversations that have a map.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn with_masks(conn: &Connection) -> rusqlite::Result<Vec<ConversationId>> {
    conn.prepare_cached("SELECT conversation_id FROM masks")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// The conversation whose map this row has, if it is there.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn masks_in_row(
    conn: &Connection,
    row: i64,
) -> rusqlite::Result<Option<ConversationId>> {
    conn.prepare_cached("SELECT conversation_id FROM masks WHERE rowid = ?1")?
        .query_row([row], |row| row.get(0))
        .optional()
}

/// The random number of a conversation's placeholders. It follows from its identifier, so that what
/// a person is shown before the first message is what leaves with it. It is no secret: every
/// provider sees the letters that come of it, and a hash tells nothing of the identifier.
fn mark(of: ConversationId) -> u32 {
    let hash = Sha256::digest(of.to_string().as_bytes());
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

/// Keep the map of a conversation.
///
/// # Errors
/// [`SealedError`] when it cannot be encrypted or written.
pub(crate) fn save_masks(
    conn: &Connection,
    of: ConversationId,
    masks: &Masks,
) -> Result<(), SealedError> {
    let json = zeroize::Zeroizing::new(
        serde_json::to_vec(masks).expect("a map is JSON because it is made of texts"),
    );
    let sealed = Key::of(conn, of)?.seal("masks", of, &json)?;
    conn.prepare_cached("INSERT OR REPLACE INTO masks VALUES (?1, ?2)")?
        .execute(params![of, sealed])?;
    Ok(())
}
