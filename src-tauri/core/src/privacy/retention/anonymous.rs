//! A conversation made anonymous: what the gate's own scanner finds in it is masked for good, and what could
//! bring it back is destroyed.

use rusqlite::Connection;

use super::{RetentionError, choose};
use crate::{
    app::App,
    chat::{self, Quiet, Texts},
    ids::{ConversationId, WorkspaceId},
    sealed,
};

/// The texts of a conversation, masked. The map of their placeholders is forgotten here.
pub(super) fn masked(
    app: &App,
    workspace: WorkspaceId,
    conversation: ConversationId,
) -> Result<Texts, RetentionError> {
    let mut texts = app.store.read(|conn| chat::texts(conn, conversation))?;
    let mut all: Vec<&mut String> = texts
        .messages
        .iter_mut()
        .map(|(_, text)| text)
        .chain([&mut texts.system_prompt])
        .collect();
    app.gate.mask_for_good(workspace, &mut all)?;
    Ok(texts)
}

/// Put them in the place of what was said; title, draft, the map of placeholders, what left and the key of
/// both are destroyed.
pub(super) fn put(conn: &Connection, of: &Quiet, masked: &Texts) -> Result<(), RetentionError> {
    chat::put_texts(conn, of.id, masked)?;
    sealed::destroy(conn, of.id)?;
    choose::note_anonymous(conn, of)?;
    Ok(())
}
