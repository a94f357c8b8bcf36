//! Pictures in files of conversations, which nobody vouches for.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{
    CleanPicture, MOST_IN_A_MESSAGE, Picture, PictureError, clean, content, insert, show,
    taking::unpacked,
};
use crate::ids::{ConversationId, MessageId};

/// A picture as files of conversations have it: the whole of it in base64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FilePicture {
    /// `image/png` or `image/jpeg`.
    pub media_type: String,
    /// Base64 (RFC 4648, with padding).
    pub data: String,
}

impl fmt::Debug for FilePicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} letters", self.media_type, self.data.len())
    }
}

impl FilePicture {
    /// A picture of the database, for a file.
    pub(in crate::chat) fn of(conn: &Connection, picture: &Picture) -> Result<Self, PictureError> {
        Ok(Self {
            media_type: picture.format.media_type().to_owned(),
            data: STANDARD.encode(content(conn, picture.id)?),
        })
    }

    /// Nobody vouches for the file, so it is made anew as if a person had added it.
    fn clean(&self) -> Result<CleanPicture, PictureError> {
        clean(&unpacked(&self.data)?)
    }
}

/// Bring pictures of a file in, for the message that was made from it; `None`: for the draft.
pub(in crate::chat) fn bring_in(
    conn: &Connection,
    conversation: ConversationId,
    message: Option<MessageId>,
    pictures: &[FilePicture],
) -> Result<(), PictureError> {
    if pictures.len() > MOST_IN_A_MESSAGE {
        return Err(PictureError::TooMany);
    }
    let mut ids = Vec::with_capacity(pictures.len());
    for picture in pictures {
        ids.push(insert(conn, Some(conversation), &picture.clean()?)?.id);
    }
    match message {
        Some(message) => show(conn, conversation, message, &ids),
        None => Ok(()),
    }
}
