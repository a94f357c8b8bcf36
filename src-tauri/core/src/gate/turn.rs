//! What a person is about to ask, described before anything of it is kept.

use rusqlite::Connection;
use serde::Deserialize;
use specta::Type;

use super::{
    Ask, GateError,
    mistakes::Mistake,
    route::{self, Plan},
};
use crate::{
    aliases::Elsewhere,
    chat::{self, ChatError},
    ids::{ConversationId, MessageId, PictureId},
};

/// What a person is about to ask: an [`Ask`] that need not have a conversation yet.
#[derive(Debug, Clone, PartialEq, Deserialize, Type)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum Turn {
    /// The first message of a new conversation in the workspace that is open.
    New {
        /// What was picked to answer it; `None`: what the settings say.
        elsewhere: Option<Elsewhere>,
        /// The message.
        text: String,
        /// What is shown with it: pictures of the new chat's draft.
        pictures: Vec<PictureId>,
        /// What the person has called a mistake of the inspection.
        mistakes: Vec<Mistake>,
    },
    /// Something new at the end of a conversation.
    Say {
        /// The conversation.
        conversation: ConversationId,
        /// The message.
        text: String,
        /// What is shown with it: pictures of the conversation's draft.
        pictures: Vec<PictureId>,
    },
    /// Something else in place of an old question, with the same pictures.
    Edit {
        /// The old question.
        question: MessageId,
        /// The new one.
        text: String,
    },
    /// The question of an old answer again.
    Again {
        /// The old answer.
        answer: MessageId,
    },
}

impl Turn {
    /// The conversation that it is in; `None`: it has none yet.
    pub(super) fn conversation(
        &self,
        conn: &Connection,
    ) -> Result<Option<ConversationId>, GateError> {
        Ok(match self {
            Self::New { .. } => None,
            Self::Say { conversation, .. } => Some(*conversation),
            Self::Edit {
                question: message, ..
            }
            | Self::Again { answer: message } => Some(chat::conversation_of(conn, *message)?),
        })
    }

    /// Read what its call is decided by, as the call itself does.
    ///
    /// # Errors
    /// [`GateError`] when the conversation or the message is not there.
    pub(super) fn plan(&self, conn: &Connection) -> Result<Plan, GateError> {
        if let Self::New {
            elsewhere,
            text,
            pictures,
            mistakes,
        } = self
        {
            return route::plan_of_new(conn, elsewhere.as_ref(), text, pictures, mistakes);
        }
        route::plan(conn, self.ask()?)
    }

    /// As it is asked in its conversation.
    ///
    /// # Errors
    /// [`ChatError::NoConversation`] when it has none yet.
    pub(super) fn ask(&self) -> Result<Ask<'_>, GateError> {
        Ok(match self {
            Self::New { .. } => return Err(ChatError::NoConversation.into()),
            Self::Say {
                conversation,
                text,
                pictures,
            } => Ask::SayWith(*conversation, text, pictures),
            Self::Edit { question, text } => Ask::Edit(*question, text),
            Self::Again { answer } => Ask::Again(*answer),
        })
    }
}
