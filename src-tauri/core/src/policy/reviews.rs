//! Which conversations a person has looked at before they left for an account for the first time, and
//! which pictures.

use rusqlite::{Connection, params};

use crate::{
    ids::{AccountId, ConversationId, PictureId},
    policy::Destination,
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

// Of what was let go before, nobody knows whose computer was meant: it is asked for once more.
pub(super) const OF_A_DESTINATION: Migration = Migration {
    name: "2026-11-29 reviews are for a destination",
    sql: "ALTER TABLE reviews ADD COLUMN destination TEXT;
          ALTER TABLE picture_reviews ADD COLUMN destination TEXT",
};

/// Where something may leave for: a model of an account, by whose computer it runs on. An account can have
/// models of both, and another address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whither {
    /// The account.
    pub account: AccountId,
    /// Whose computer answers.
    pub destination: Destination,
}

/// Whether the person has let this conversation leave for there before.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn is_reviewed(
    conn: &Connection,
    conversation: ConversationId,
    to: Whither,
) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "SELECT 1 FROM reviews WHERE conversation_id = ?1 AND account_id = ?2 AND destination = ?3",
    )?
    .exists(params![conversation, to.account, to.destination])
}

/// Note that the person has let it; `now_ms` is UTC milliseconds.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn note(
    conn: &Connection,
    conversation: ConversationId,
    to: Whither,
    now_ms: i64,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO reviews (conversation_id, account_id, reviewed_at_ms, destination)
         VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![conversation, to.account, now_ms, to.destination])?;
    Ok(())
}

/// Forget what the person has let leave for an account, conversations and pictures: it is another server now.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn forget_account(conn: &Connection, account: AccountId) -> rusqlite::Result<()> {
    for table in ["reviews", "picture_reviews"] {
        conn.execute(
            &format!("DELETE FROM {table} WHERE account_id = ?1"),
            [account],
        )?;
    }
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

/// Whether the person has let this picture leave for there before.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn is_picture_reviewed(
    conn: &Connection,
    picture: PictureId,
    to: Whither,
) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "SELECT 1 FROM picture_reviews WHERE picture_id = ?1 AND account_id = ?2 AND destination = ?3",
    )?
    .exists(params![picture, to.account, to.destination])
}

/// Note that the person has let it; `now_ms` is UTC milliseconds.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn note_picture(
    conn: &Connection,
    picture: PictureId,
    to: Whither,
    now_ms: i64,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO picture_reviews (picture_id, account_id, reviewed_at_ms, destination)
         VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![picture, to.account, now_ms, to.destination])?;
    Ok(())
}
