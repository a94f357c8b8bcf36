//! Changes of conversations, of answers, and of presets.

use std::path::Path;

use serde_json::json;

use super::{about, count, here, in_workspace, preset_saved};
use crate::{
    app::App,
    chat::{
        self, ChatError, Conversation, ExportFormat, Exported, Options, Preset, Rating,
        TransferError,
    },
    costs::name_of,
    ids::{ConversationId, MessageId, PresetId},
    now_ms,
    privacy::retention::is_held,
    protocol::Sampling,
    record::Action,
    store::StoreError,
    workspaces,
};

impl App {
    /// Give a conversation a title.
    ///
    /// # Errors
    /// [`ChatError`] when it is gone or the title is empty.
    pub fn rename_conversation(&self, id: ConversationId, title: &str) -> Result<(), ChatError> {
        self.change(|tx| {
            chat::rename(tx, id, title)?;
            let event = about(Action::ConversationRenamed, id).payload(json!({ "title": title }));
            Ok(((), event))
        })
    }

    /// Take a conversation off the list until the next start removes it for good.
    ///
    /// # Errors
    /// [`ChatError`] when it is gone or held.
    pub fn delete_conversation(&self, id: ConversationId) -> Result<(), ChatError> {
        self.gate.stop(id);
        self.change(|tx| {
            if is_held(tx, id)? {
                return Err(ChatError::Held);
            }
            chat::delete(tx, id, now_ms())?;
            Ok(((), about(Action::ConversationDeleted, id)))
        })
    }

    /// Undo a deletion.
    ///
    /// # Errors
    /// [`ChatError::NoConversation`] when it is gone for good.
    pub fn restore_conversation(&self, id: ConversationId) -> Result<(), ChatError> {
        self.change(|tx| {
            chat::restore(tx, id)?;
            Ok(((), about(Action::ConversationRestored, id)))
        })
    }

    /// Change system prompt, sampling settings and model of a conversation.
    ///
    /// # Errors
    /// [`ChatError`] when it is gone or a setting is out of its range.
    pub fn set_conversation_options(
        &self,
        id: ConversationId,
        options: &Options,
    ) -> Result<Conversation, ChatError> {
        self.change(|tx| {
            chat::set_options(tx, id, options)?;
            let event = about(Action::ConversationChanged, id).payload(json!(options));
            Ok((chat::get(tx, id)?, event))
        })
    }

    /// Rate an answer, or take the rating back.
    ///
    /// # Errors
    /// [`ChatError::NoMessage`] when there is no such answer.
    pub fn rate(&self, answer: MessageId, rating: Option<Rating>) -> Result<(), ChatError> {
        self.change(|tx| {
            chat::rate(tx, answer, rating, now_ms())?;
            let event = about(Action::AnswerRated, chat::conversation_of(tx, answer)?)
                .fact(
                    "rating",
                    rating.map_or("none".into(), |rating| name_of(&rating)),
                )
                .payload(json!({ "answer": answer }));
            Ok(((), event))
        })
    }

    /// A conversation as a file. It is recorded before anybody has it.
    ///
    /// # Errors
    /// [`ChatError::NoConversation`].
    pub fn export_conversation(
        &self,
        id: ConversationId,
        format: ExportFormat,
    ) -> Result<Exported, ChatError> {
        self.change(|tx| {
            let exported = chat::export(tx, id, format)?;
            let event = about(Action::ConversationExported, id).fact("format", name_of(&format));
            Ok((exported, event))
        })
    }

    /// Bring conversations back from the text of a file, into the workspace that is open.
    ///
    /// # Errors
    /// [`TransferError`]; nothing is brought in then.
    pub fn import_conversations(&self, text: &str) -> Result<Vec<ConversationId>, TransferError> {
        self.change(|tx| {
            let workspace = workspaces::current(tx, now_ms())?;
            let ids = chat::import(tx, workspace, text, now_ms())?;
            let event = in_workspace(Action::ConversationImported, workspace)
                .fact("conversations", count(ids.len()))
                .payload(json!(ids));
            Ok((ids, event))
        })
    }

    /// The same from the file itself.
    ///
    /// # Errors
    /// [`TransferError`]; nothing is brought in then.
    pub fn import_conversations_from(
        &self,
        file: &Path,
    ) -> Result<Vec<ConversationId>, TransferError> {
        self.import_conversations(&chat::read_file(file)?)
    }

    /// Keep a system prompt and sampling settings under a name.
    ///
    /// # Errors
    /// [`ChatError`] when the name is empty or a setting out of its range.
    pub fn save_preset(
        &self,
        name: &str,
        system_prompt: &str,
        sampling: &Sampling,
    ) -> Result<Preset, ChatError> {
        self.change(|tx| {
            let preset = chat::save_preset(tx, name, system_prompt, sampling)?;
            let event = preset_saved(&preset);
            Ok((preset, event))
        })
    }

    /// Forget a preset.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub fn delete_preset(&self, id: PresetId) -> Result<(), StoreError> {
        self.change(|tx| {
            chat::delete_preset(tx, id)?;
            Ok((
                (),
                here(Action::PresetRemoved).payload(json!({ "preset": id })),
            ))
        })
    }
}
