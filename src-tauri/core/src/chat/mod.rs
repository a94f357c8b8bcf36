//! Conversations: a tree of messages each, searched, exported, branched, never overwritten.

mod conversations;
mod drafts;
mod file;
mod keeping;
mod letters;
mod messages;
pub mod pictures;
mod presets;
mod ratings;
mod readable;
mod search;
mod transfer;
mod turns;

pub use conversations::{
    Conversation, ConversationSummary, Options, create, delete, erase, get, list, rename, restore,
    set_options, set_title, to_purge,
};
pub use drafts::{draft, save_draft};
pub use messages::{Message, MessageState, Thread, history, switch_branch, thread};
pub use pictures::{Picture, PictureError};
pub use presets::{Preset, delete_preset, presets, save_preset};
pub use ratings::{RatedModel, Rating, rate, rated_models};
pub use readable::pictures_note;
pub use search::{MOST_SEARCH_HITS, SearchHit, SnippetPart, search};
pub use transfer::{ExportFormat, Exported, TransferError, export, import};
pub use turns::{
    NewTurn, begin_edit, begin_regenerate, begin_turn, begin_turn_with, end_answer,
    interrupt_unfinished, keep_partial,
};

pub(crate) use conversations::{
    all_of_workspace, check_system_prompt, count, next_after, settle_model,
};
pub(crate) use file::{
    FileConversation, FileElsewhere, FileHold, FileMessage, FileModel, check_one, over_defaults,
};
pub(crate) use keeping::{
    Quiet, Texts, all_written_in, count_in, exists, forget_troubles, if_quiet, place_and_age,
    put_texts, quiet_before, text_in, texts,
};
pub(crate) use letters::add_functions;
pub(crate) use messages::{
    Said, branch, conversation_of, message_ids, one, parent_of, question_of, text_sha256,
};
pub(crate) use search::gone_but_indexed;
pub(crate) use transfer::{Chosen, file_of, import_one, of_file, read_file};
pub(crate) use turns::interrupt;

use conversations::LONGEST_SYSTEM_PROMPT;

use crate::{
    store::{Migration, StoreError},
    words::size,
};

/// The tables of this module, in the order in which they refer to each other.
pub(crate) const MIGRATIONS: &[&[Migration]] = &[
    conversations::MIGRATIONS,
    messages::MIGRATIONS,
    pictures::MIGRATIONS,
    drafts::MIGRATIONS,
    ratings::MIGRATIONS,
    presets::MIGRATIONS,
];

/// Why something about a conversation could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The conversation was deleted.
    #[error("this conversation is not there any more")]
    NoConversation,
    /// The message is in no conversation, or not of the kind that was asked for.
    #[error("this message is not there any more")]
    NoMessage,
    /// A hold stands on the conversation or on its workspace.
    #[error("this conversation is held: it cannot be deleted until the hold is lifted")]
    Held,
    /// A title or a name was empty.
    #[error("a name needs at least one letter")]
    EmptyName,
    /// The message was empty.
    #[error("there is nothing to send")]
    EmptyMessage,
    /// A sampling setting is out of its range.
    #[error("{0}")]
    Sampling(String),
    /// A system prompt is longer than there may be.
    #[error("a system prompt can have at most {}", size(LONGEST_SYSTEM_PROMPT as u64))]
    SystemPrompt,
    /// A picture cannot be shown with it.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for ChatError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}
