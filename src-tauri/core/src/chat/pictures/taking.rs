//! How a picture comes in: chosen, dropped or pasted.

use std::{fs::File, io::Read, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{MOST_BYTES, Picture, PictureError, add_to_draft, clean};
use crate::{ids::ConversationId, store::Store};

/// Make a file from outside fit to be kept and to leave, and add it to what is typed and not sent; `None`:
/// for the new chat.
///
/// # Errors
/// [`PictureError`] says why it is not taken.
pub fn take(
    store: &Store,
    conversation: Option<ConversationId>,
    bytes: &[u8],
) -> Result<Picture, PictureError> {
    // Outside of the transaction, as it takes its time.
    let picture = clean(bytes)?;
    store.write(|tx| add_to_draft(tx, conversation, &picture))
}

/// The same for what a person pasted, in base64.
///
/// # Errors
/// [`PictureError`] says why it is not taken.
pub fn take_base64(
    store: &Store,
    conversation: Option<ConversationId>,
    base64: &str,
) -> Result<Picture, PictureError> {
    take(store, conversation, &unpacked(base64)?)
}

/// The bytes of base64, if they are not too many.
pub(super) fn unpacked(base64: &str) -> Result<Vec<u8>, PictureError> {
    if base64.len() > MOST_BYTES.div_ceil(3) * 4 {
        return Err(PictureError::TooLong);
    }
    STANDARD
        .decode(base64)
        .map_err(|error| PictureError::Damaged(error.to_string()))
}

/// The same for a file that a person chose or dropped.
///
/// # Errors
/// [`PictureError`] says why it is not taken.
pub fn take_file(
    store: &Store,
    conversation: Option<ConversationId>,
    path: &Path,
) -> Result<Picture, PictureError> {
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    // One more than is taken: enough to know that it is too long, whatever the file says of itself.
    file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    take(store, conversation, &bytes)
}

/// Whether the name of a file is that of a picture: what is dropped is a picture or a model.
pub fn is_named_so(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| {
        ["png", "jpg", "jpeg", "webp", "gif", "svg"]
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    })
}
