//! Requests of clients of the local API. They take the steps that a chat takes, with the same functions;
//! what differs is that a client brings all of its conversation along, and tools, and that no person is
//! there to be asked.
//!
//! Of a request nothing is kept but the figures of its calls and, unless its client was made not to, what
//! leaves for a provider, byte for byte. The map of placeholders lasts for the request.

mod ask;
mod begin;
mod complete;
mod count;
mod embed;
mod ended;
mod here;
mod leave;
mod moderate;
mod names;
mod says;
#[cfg(test)]
mod tests;

pub use complete::CompletionWanted;
pub use embed::{ClientVectors, EmbeddingsWanted};
pub use moderate::{ClientModerations, ModerationWanted};
pub use names::ClientModel;
pub use says::ProviderSays;

pub use crate::providers::cloud::{
    AnswerSchema, Category, Effort, Message, Moderation, Part, Sampling, Tool, ToolCall, ToolChoice,
};

/// What a client asks.
#[derive(Debug, Clone, Default)]
pub struct ClientRequest {
    /// What it calls the model: see [`ClientModel::id`].
    pub model: String,
    /// Instructions above the conversation; empty for none.
    pub system: String,
    /// The conversation, oldest first.
    pub messages: Vec<Message>,
    /// What the model may call.
    pub tools: Vec<Tool>,
    /// Whether it must.
    pub tool_choice: ToolChoice,
    /// Whether it may call several tools in one answer; `None` leaves it to whoever runs the model.
    pub parallel_calls: Option<bool>,
    /// The shape that the answer must have.
    pub schema: Option<AnswerSchema>,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Most tokens to write.
    pub max_tokens: Option<u32>,
    /// How much to think first.
    pub effort: Option<Effort>,
    /// Whether that asks a model to think which would not by itself; else it only says how thorough to be.
    pub thinks: bool,
    /// Whether the last message is the beginning of the answer, which is to go on from there.
    pub is_begun: bool,
}

/// One thing that happened to an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientEvent {
    /// A model is asked; if it gives no answer, another one may be, which is told again.
    Begun {
        /// Its name.
        model: String,
    },
    /// A piece of what the model thinks before it answers.
    Thinking(String),
    /// A piece of the answer.
    Text(String),
    /// A piece of what the model says in place of an answer, as it does not want to give one.
    Refusal(String),
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientAnswer {
    /// The number of its call.
    pub call: i64,
    /// The model that wrote it.
    pub model: String,
    /// Its words.
    pub text: String,
    /// The words told apart, where some say that the model does not want to answer.
    pub refusal: Option<Refusal>,
    /// What the model calls.
    pub tool_calls: Vec<ToolCall>,
    /// Why it ended.
    pub finish: ClientFinish,
    /// The stop text that was met, where it is known which.
    pub stop_text: Option<String>,
    /// What it used.
    pub usage: ClientUsage,
}

/// What a model says that does not want to answer, or to go on with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What it answers all the same.
    pub answer: String,
    /// The words that say so.
    pub words: String,
}

impl ClientAnswer {
    /// What it answers, and what it says in place of an answer.
    pub fn apart(&self) -> (&str, &str) {
        match &self.refusal {
            Some(refusal) => (&refusal.answer, &refusal.words),
            None => (&self.text, ""),
        }
    }
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientFinish {
    /// The model was done.
    End,
    /// A stop text was met.
    StopText,
    /// The limit of tokens or the context was reached.
    Length,
    /// The model waits for what it called.
    ToolCalls,
}

/// Tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClientUsage {
    /// Of the prompt, all of them.
    pub input: u64,
    /// Of these, kept from before.
    pub cached: u64,
    /// Of these, kept for later, which some providers bill at a higher price.
    pub cache_written: u64,
    /// Written, reasoning included.
    pub output: u64,
    /// Of these, reasoning.
    pub reasoning: u64,
}
