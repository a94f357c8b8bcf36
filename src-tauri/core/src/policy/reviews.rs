//! Which conversations a person has looked at before they left for an account for the first time, and
//! which pictures.

use rusqlite::{Connection, params};

use crate::{
    ids::{AccountId, ConversationId, PictureId},
    store::Migration,
};

pub(super) const MIGRATION: Migration = Migration {
    name: "2026-11-27 create reviews",
    sql: "CREATE TABLE reviews (
            conversation_id BLOB NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            account_id BLOB NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
            reviewed_at_ms INTEGER NOT NULL,
            PRIMARY KEY (conversation_id, account_id)
          ) STRICT, WITHOUT ROWID",
};

/// Whether the person has let this conversation leave for this account before.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn is_reviewed(
    conn: &Connection,
    conversation: ConversationId,
    account: AccountId,
) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM reviews WHERE conversation_id = ?1 AND account_id = ?2")?
        .exists(params![conversation, account])
}

/// Note that the person has let it; `now_ms` is UTC milliseconds.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn note(
    conn: &Connection,
    conversation: ConversationId,
    account: AccountId,
    now_ms: i64,
) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO reviews VALUES (?1, ?2, ?3)")?
        .execute(params![conversation, account, now_ms])?;
    Ok(())
}

// Pictures are made by the chat's own step of the same day; a reference to a table that comes later is
// no fault in SQLite until a row is written.
pub(super) const OF_PICTURES: Migration = Migration {
    name: "2026-11-27 create picture reviews",
    sql: "CREATE TABLE picture_reviews (
            picture_id BLOB NOT NULL REFERENCES pictures(id) ON DELETE CASCADE,
            account_id BLOB NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
            reviewed_at_ms INTEGER NOT NULL,
            PRIMARY KEY (picture_id, account_id)
          ) STRICT, WITHOUT ROWID",
};

/// Whether the person has let this picture leave for this account before.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn is_picture_reviewed(
    conn: &Connection,
    picture: PictureId,
    account: AccountId,
) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM picture_reviews WHERE picture_id = ?1 AND account_id = ?2")?
        .exists(params![picture, account])
}

/// Note that the person has let it; `now_ms` is UTC milliseconds.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn note_picture(
    conn: &Connection,
    picture: PictureId,
    account: AccountId,
    now_ms: i64,
) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO picture_reviews VALUES (?1, ?2, ?3)")?
        .execute(params![picture, account, now_ms])?;
    Ok(())
}
