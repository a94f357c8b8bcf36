//! Pictures that a person adds to their messages: kept in the database beside the texts, and gone with
//! their conversation.
//!
//! A picture belongs to a conversation. Messages show it; one that no message shows is a draft, and has
//! no conversation where the chat is new. Another wording of a question shows the same pictures.

mod clean;
mod error;
mod file;
mod taking;
#[cfg(test)]
mod tests;

pub use clean::{CleanPicture, MOST_BYTES, clean};
pub use error::PictureError;
pub(crate) use file::FilePicture;
pub(super) use file::bring_in;
pub use taking::{is_named_so, take, take_base64, take_file};

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use specta::Type;

use crate::{
    ids::{ConversationId, MessageId, PictureId},
    store::Migration,
};

/// The most pictures of one message.
pub const MOST_IN_A_MESSAGE: usize = 8;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-27 create pictures",
    sql: "CREATE TABLE pictures (
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            conversation_id BLOB REFERENCES conversations(id) ON DELETE CASCADE,
            format TEXT NOT NULL CHECK (format IN ('png', 'jpeg')),
            width INTEGER NOT NULL CHECK (width > 0),
            height INTEGER NOT NULL CHECK (height > 0),
            content BLOB NOT NULL,
            small BLOB NOT NULL
          ) STRICT;
          CREATE INDEX pictures_by_conversation ON pictures(conversation_id, number);
          CREATE TABLE message_pictures (
            message_id BLOB NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            picture_id BLOB NOT NULL REFERENCES pictures(id) ON DELETE CASCADE,
            PRIMARY KEY (message_id, position)
          ) STRICT, WITHOUT ROWID;
          CREATE INDEX message_pictures_by_picture ON message_pictures(picture_id)",
}];

/// How a picture is kept, and leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PictureFormat {
    /// Every pixel as it was.
    Png,
    /// For photographs, and for what would be too long otherwise.
    Jpeg,
}

impl PictureFormat {
    const fn name(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpeg",
        }
    }

    /// As requests name it, such as `image/png`.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// A picture without its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Picture {
    /// Identifier.
    pub id: PictureId,
    /// How it is kept.
    pub format: PictureFormat,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Length of its file, in bytes.
    pub bytes: u32,
}

/// Add a picture to what is typed and not sent; `None`: for the new chat.
///
/// # Errors
/// [`PictureError::TooMany`], or [`PictureError::Store`] when the conversation is not there.
pub fn add_to_draft(
    conn: &Connection,
    conversation: Option<ConversationId>,
    picture: &CleanPicture,
) -> Result<Picture, PictureError> {
    if of_draft(conn, conversation)?.len() >= MOST_IN_A_MESSAGE {
        return Err(PictureError::TooMany);
    }
    Ok(insert(conn, conversation, picture)?)
}

fn insert(
    conn: &Connection,
    conversation: Option<ConversationId>,
    picture: &CleanPicture,
) -> rusqlite::Result<Picture> {
    let id = PictureId::new();
    conn.prepare_cached(
        "INSERT INTO pictures (id, conversation_id, format, width, height, content, small)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        id,
        conversation,
        picture.format.name(),
        picture.width,
        picture.height,
        picture.content,
        picture.small,
    ])?;
    Ok(Picture {
        id,
        format: picture.format,
        width: picture.width,
        height: picture.height,
        bytes: u32::try_from(picture.content.len()).unwrap_or(u32::MAX),
    })
}

const COLUMNS: &str = "p.id, p.format, p.width, p.height, length(p.content)";
const IN_A_DRAFT: &str = "NOT EXISTS (SELECT 1 FROM message_pictures m WHERE m.picture_id = p.id)";

/// The pictures of what is typed and not sent; `None`: for the new chat.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn of_draft(
    conn: &Connection,
    conversation: Option<ConversationId>,
) -> rusqlite::Result<Vec<Picture>> {
    conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM pictures p WHERE p.conversation_id IS ?1 AND {IN_A_DRAFT}
         ORDER BY p.number"
    ))?
    .query_map([conversation], read)?
    .collect()
}

/// Take a picture out of what is typed and not sent. One that was sent stays.
///
/// # Errors
/// [`PictureError::NotThere`] when no draft has it.
pub fn remove_from_draft(conn: &Connection, id: PictureId) -> Result<(), PictureError> {
    let removed = conn
        .prepare_cached(&format!(
            "DELETE FROM pictures AS p WHERE p.id = ?1 AND {IN_A_DRAFT}"
        ))?
        .execute([id])?;
    match removed {
        0 => Err(PictureError::NotThere),
        _ => Ok(()),
    }
}

/// Move a picture that was not sent to the new chat's draft.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn move_to_new_draft(conn: &Connection, id: PictureId) -> rusqlite::Result<()> {
    conn.prepare_cached(&format!(
        "UPDATE pictures AS p SET conversation_id = NULL WHERE p.id = ?1 AND {IN_A_DRAFT}"
    ))?
    .execute([id])?;
    Ok(())
}

/// Forget the pictures of a draft.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn forget_draft(
    conn: &Connection,
    conversation: Option<ConversationId>,
) -> rusqlite::Result<()> {
    conn.prepare_cached(&format!(
        "DELETE FROM pictures AS p WHERE p.conversation_id IS ?1 AND {IN_A_DRAFT}"
    ))?
    .execute([conversation])?;
    Ok(())
}

/// Certain pictures, for a question of a conversation: its own, or those of the new chat.
///
/// # Errors
/// [`PictureError::NotThere`] for one that is another's or gone, [`PictureError::TooMany`].
pub(crate) fn wanted(
    conn: &Connection,
    conversation: Option<ConversationId>,
    ids: &[PictureId],
) -> Result<Vec<Picture>, PictureError> {
    if ids.len() > MOST_IN_A_MESSAGE {
        return Err(PictureError::TooMany);
    }
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM pictures p
         WHERE p.id = ?1 AND (p.conversation_id IS NULL OR p.conversation_id IS ?2)"
    ))?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let picture = statement.query_row(params![id, conversation], read);
        found.push(picture.optional()?.ok_or(PictureError::NotThere)?);
    }
    Ok(found)
}

/// Make pictures of the new chat's draft those of a conversation's: from here on it is the one that was to
/// be asked with them.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn settle(
    conn: &Connection,
    conversation: ConversationId,
    ids: &[PictureId],
) -> rusqlite::Result<()> {
    let mut settle = conn.prepare_cached(
        "UPDATE pictures SET conversation_id = ?2 WHERE id = ?1 AND conversation_id IS NULL",
    )?;
    for id in ids {
        settle.execute(params![id, conversation])?;
    }
    Ok(())
}

/// Have a message show pictures; from now on they are its conversation's.
///
/// # Errors
/// As [`wanted`].
pub(super) fn show(
    conn: &Connection,
    conversation: ConversationId,
    message: MessageId,
    ids: &[PictureId],
) -> Result<(), PictureError> {
    wanted(conn, Some(conversation), ids)?;
    settle(conn, conversation, ids)?;
    let mut link = conn.prepare_cached("INSERT INTO message_pictures VALUES (?1, ?2, ?3)")?;
    for (position, id) in ids.iter().enumerate() {
        link.execute(params![message, position, id])?;
    }
    Ok(())
}

/// The pictures of a message, in its order.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn of_message(conn: &Connection, message: MessageId) -> rusqlite::Result<Vec<Picture>> {
    conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM message_pictures m JOIN pictures p ON p.id = m.picture_id
         WHERE m.message_id = ?1 ORDER BY m.position"
    ))?
    .query_map([message], read)?
    .collect()
}

/// The pictures of all messages of a conversation.
pub(super) fn of_conversation(
    conn: &Connection,
    conversation: ConversationId,
) -> rusqlite::Result<HashMap<MessageId, Vec<Picture>>> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS}, m.message_id FROM pictures p JOIN message_pictures m ON m.picture_id = p.id
         WHERE p.conversation_id = ?1 ORDER BY m.message_id, m.position"
    ))?;
    let mut all: HashMap<_, Vec<_>> = HashMap::new();
    let mut rows = statement.query([conversation])?;
    while let Some(row) = rows.next()? {
        all.entry(row.get(5)?).or_default().push(read(row)?);
    }
    Ok(all)
}

/// SHA-256 of the pictures of a message, in its order.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn hashes(conn: &Connection, message: MessageId) -> rusqlite::Result<Vec<[u8; 32]>> {
    conn.prepare_cached(
        "SELECT p.content FROM message_pictures m JOIN pictures p ON p.id = m.picture_id
         WHERE m.message_id = ?1 ORDER BY m.position",
    )?
    .query_map([message], |row| {
        Ok(Sha256::digest(row.get_ref(0)?.as_blob()?).into())
    })?
    .collect()
}

/// The file of a picture: PNG or JPEG.
///
/// # Errors
/// [`PictureError::NotThere`].
pub fn content(conn: &Connection, id: PictureId) -> Result<Vec<u8>, PictureError> {
    conn.prepare_cached("SELECT content FROM pictures WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?
        .ok_or(PictureError::NotThere)
}

/// A picture as a `data:` address that a page can show: whole, or its small copy.
///
/// # Errors
/// [`PictureError::NotThere`].
pub fn data_address(conn: &Connection, id: PictureId, whole: bool) -> Result<String, PictureError> {
    let (format, bytes): (PictureFormat, Vec<u8>) = conn
        .prepare_cached(if whole {
            "SELECT format, content FROM pictures WHERE id = ?1"
        } else {
            "SELECT 'jpeg', small FROM pictures WHERE id = ?1"
        })?
        .query_row([id], |row| Ok((format(row, 0)?, row.get(1)?)))
        .optional()?
        .ok_or(PictureError::NotThere)?;
    Ok(format!(
        "data:{};base64,{}",
        format.media_type(),
        STANDARD.encode(bytes)
    ))
}

/// Take the pictures out of everything that was said in a conversation, and out of its draft; how many
/// there were.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn forget_of_conversation(
    conn: &Connection,
    conversation: ConversationId,
) -> rusqlite::Result<usize> {
    conn.prepare_cached("DELETE FROM pictures WHERE conversation_id = ?1")?
        .execute([conversation])
}

/// Take the pictures out of a message that no other one shows.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn forget_of_message(conn: &Connection, message: MessageId) -> rusqlite::Result<()> {
    let shown = of_message(conn, message)?;
    conn.prepare_cached("DELETE FROM message_pictures WHERE message_id = ?1")?
        .execute([message])?;
    for picture in shown {
        conn.prepare_cached(&format!(
            "DELETE FROM pictures AS p WHERE p.id = ?1 AND {IN_A_DRAFT}"
        ))?
        .execute([picture.id])?;
    }
    Ok(())
}

/// How many pictures there are, in all conversations and drafts.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn count(conn: &Connection) -> rusqlite::Result<u32> {
    conn.prepare_cached("SELECT count(*) FROM pictures")?
        .query_row([], |row| row.get(0))
}

fn format(row: &Row<'_>, column: usize) -> rusqlite::Result<PictureFormat> {
    Ok(match row.get_ref(column)?.as_str()? {
        "png" => PictureFormat::Png,
        _ => PictureFormat::Jpeg,
    })
}

fn read(row: &Row<'_>) -> rusqlite::Result<Picture> {
    Ok(Picture {
        id: row.get(0)?,
        format: format(row, 1)?,
        width: row.get(2)?,
        height: row.get(3)?,
        bytes: row.get(4)?,
    })
}
