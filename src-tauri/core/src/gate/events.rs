//! What the caller hears while a conversation is being answered.

use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use crate::{
    chat::Message,
    costs::{Move, Route},
};

/// One thing that happened to an answer, in this order: begun, then any of the others, then ended.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum AnswerEvent {
    /// The rows exist; the answer is empty and streaming.
    Begun {
        /// What was asked; `None` when an old question is answered again.
        question: Option<Box<Message>>,
        /// The answer.
        answer: Box<Message>,
    },
    /// The model is being loaded.
    Loading {
        /// Share that is done, 0 to 1.
        #[specta(type = Number)]
        fraction: f32,
    },
    /// Other answers are ahead.
    Waiting,
    /// The model is reading a long prompt.
    Reading {
        /// Tokens read.
        read: u32,
        /// Tokens of the prompt.
        total: u32,
    },
    /// The model has taken up the prompt.
    Started {
        /// Tokens of the prompt.
        prompt_tokens: u32,
        /// Of these, kept from before.
        cached_tokens: u32,
        /// Older messages that the model does not see.
        dropped_messages: u32,
    },
    /// Models that were to answer did not, and another one is asked now.
    Moved {
        /// Which, and why.
        moves: Vec<Move>,
        /// The model that is asked now.
        to: String,
        /// Where the message goes now.
        route: Route,
    },
    /// A piece of what the model thinks before it answers, which is not kept.
    Thinking {
        /// The piece.
        text: String,
    },
    /// A piece of the answer.
    Text {
        /// The piece.
        text: String,
        /// Tokens so far.
        tokens: u32,
        /// Whether the model says with it that it does not want to. A person reads that; programs are told.
        #[serde(skip)]
        refusal: bool,
    },
    /// It is over, also when it was stopped or failed.
    Ended {
        /// The answer as it is kept.
        answer: Box<Message>,
    },
}
