//! A conversation made anonymous: what the gate's own scanner finds in it is masked for good, and what could
//! bring it back is destroyed.

use rusqlite::Connection;

use super::{RetentionError, choose};
use crate::{
    app::App,
    chat::{self, Quiet, Texts, pictures::Picture},
    ids::{ConversationId, WorkspaceId},
    sealed,
};

/// The texts of a conversation, as they are and masked.
pub(super) struct Both {
    said: Texts,
    unsent: Unsent,
    masked: Texts,
}

/// What is typed and not sent, and the pictures of it. Somebody who changes it is at work in the conversation.
type Unsent = (String, Vec<Picture>);

fn unsent(conn: &Connection, id: ConversationId) -> rusqlite::Result<Unsent> {
    Ok((
        chat::draft(conn, Some(id))?,
        chat::pictures::of_draft(conn, Some(id))?,
    ))
}

/// Mask the texts of a conversation. The map of their placeholders is forgotten here.
pub(super) fn masked(
    app: &App,
    workspace: WorkspaceId,
    conversation: ConversationId,
) -> Result<Both, RetentionError> {
    let (said, unsent) = app.store.read(|conn| {
        Ok::<_, RetentionError>((
            chat::texts(conn, conversation)?,
            unsent(conn, conversation)?,
        ))
    })?;
    let mut texts = said.clone();
    let mut all: Vec<&mut String> = texts
        .messages
        .iter_mut()
        .map(|(_, text)| text)
        .chain([&mut texts.system_prompt])
        .collect();
    app.gate.mask_for_good(workspace, &mut all)?;
    Ok(Both {
        said,
        unsent,
        masked: texts,
    })
}

/// Put the masked texts in the place of what was said, if that is what they were made from and nothing was
/// typed meanwhile; title, draft, the map of placeholders, what left and the key of both are destroyed.
/// Whether they were put.
pub(super) fn put(conn: &Connection, of: &Quiet, texts: &Both) -> Result<bool, RetentionError> {
    if chat::texts(conn, of.id)? != texts.said || unsent(conn, of.id)? != texts.unsent {
        return Ok(false);
    }
    chat::put_texts(conn, of.id, &texts.masked)?;
    sealed::destroy(conn, of.id)?;
    // The last one: what is written before tells that it is not anonymous.
    choose::note_anonymous(conn, of)?;
    Ok(true)
}
