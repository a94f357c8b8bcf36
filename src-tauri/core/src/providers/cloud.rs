//! One request and one kind of answer for every provider, whatever each calls them on the wire.

use serde_json::{Map, Value};

use super::{
    anthropic::Anthropic, error::ProviderError, http::Http, ollama::Ollama, openai::OpenAi,
};
pub(crate) use crate::costs::estimate::Usage;
use crate::{engine::Stop, gate::Inspected};

/// What a model elsewhere is asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct CloudRequest {
    /// The provider's own name of the model.
    pub model: String,
    /// Instructions above the conversation; empty for none.
    pub system: String,
    /// The conversation, oldest first.
    pub messages: Vec<Message>,
    /// What the model may call.
    pub tools: Vec<Tool>,
    /// The shape that the answer must have.
    pub schema: Option<AnswerSchema>,
    pub sampling: Sampling,
    /// Most tokens to write, reasoning included; `None` leaves it to the provider.
    pub max_tokens: Option<u32>,
    /// How much to think first; `None` leaves it to the provider.
    pub effort: Option<Effort>,
    /// Ask the provider to keep what it has read for the next turn, where that has to be asked for.
    pub keep_prompt: bool,
    /// Whether the answer comes in pieces.
    pub stream: bool,
}

/// One message of a conversation.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    User(Vec<Part>),
    Assistant {
        /// What the provider wants back unread, as it came in [`End`].
        thinking: Vec<Thinking>,
        text: String,
        tool_calls: Vec<ToolCall>,
    },
    #[cfg_attr(not(test), expect(dead_code, reason = "the local API will pass it on"))]
    ToolResult {
        /// The id of the call.
        call: String,
        content: String,
        /// Whether the tool failed and the content says why.
        failed: bool,
    },
}

/// A piece of a person's message.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    Text(String),
    Image {
        /// `image/png`, `image/jpeg`, `image/webp` or `image/gif`.
        media_type: String,
        bytes: Vec<u8>,
    },
}

/// Something that the model may call.
#[derive(Debug, Clone)]
pub(crate) struct Tool {
    pub name: String,
    pub description: String,
    /// JSON Schema of the arguments, an object.
    pub parameters: Map<String, Value>,
}

/// A whole call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolCall {
    /// As the provider named it.
    pub id: String,
    pub name: String,
    pub arguments: Map<String, Value>,
}

/// Reasoning that a provider signed or encrypted and wants back as it was, to go on after a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Thinking {
    Signed { text: String, signature: String },
    Redacted { data: String },
}

/// The shape of an answer.
#[derive(Debug, Clone)]
pub(crate) struct AnswerSchema {
    /// Letters, digits, `_` and `-`.
    pub name: String,
    pub schema: Map<String, Value>,
    /// Whether the provider must hold the answer to it exactly, which not every schema allows.
    pub strict: bool,
}

/// How the next token is chosen; `None` leaves it to the provider.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sampling {
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    pub seed: Option<i64>,
    /// Texts at which the answer ends.
    pub stop: Vec<String>,
}

/// How much a model thinks before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(test), expect(dead_code, reason = "the local API will pass it on"))]
pub(crate) enum Effort {
    Low,
    Medium,
    High,
}

impl Effort {
    /// Every provider has these three names.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// One thing that happened to an answer. The last one is the end, unless there is an error.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CloudEvent {
    Delta(Delta),
    /// What has been used by now. Each one replaces the one before; they are never added up.
    Usage(Usage),
    End(End),
}

impl CloudEvent {
    /// Whether it is a piece of the answer itself.
    pub(super) fn is_delta(&self) -> bool {
        matches!(self, Self::Delta(_))
    }
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delta {
    Text(String),
    Reasoning(String),
    /// A piece of a call that is being written. Nothing may be called before [`End`] has it whole.
    ToolCall {
        /// Which of the answer's calls, from 0.
        call: usize,
        name: String,
        /// The next piece of its arguments, JSON.
        arguments: String,
    },
}

/// How an answer ended, and what only a whole answer has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct End {
    pub reason: EndReason,
    /// Calls to make: whole, with arguments that are JSON. Empty unless the answer ended for them.
    pub tool_calls: Vec<ToolCall>,
    /// To be sent back with the next turn.
    pub thinking: Vec<Thinking>,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// The model was done.
    Stop,
    /// The limit of tokens or the context was reached.
    Length,
    /// The model waits for tools.
    ToolCalls,
    /// The model said that it does not want to.
    Refused,
    /// A person stopped it. The provider may bill more than was seen.
    Stopped,
}

/// A model that a provider offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfferedModel {
    /// What a request calls it.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// Tokens that it can read, where the provider says.
    pub context_tokens: Option<u64>,
}

/// Vectors of texts, in the order of the texts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Embeddings {
    pub vectors: Vec<Vec<f32>>,
    pub input_tokens: Option<u64>,
}

/// Texts to make vectors of.
#[derive(Debug, Clone)]
pub(crate) struct EmbedRequest {
    pub model: String,
    pub texts: Vec<String>,
    /// How long the vectors shall be, where the model can choose.
    pub dimensions: Option<u32>,
}

/// Any provider that is not this computer.
#[derive(Debug, Clone)]
pub(crate) enum Cloud {
    OpenAi(OpenAi),
    Anthropic(Anthropic),
    Ollama(Ollama),
}

impl Cloud {
    /// Ask a model. `on_event` hears the answer piece by piece, and its end last; a stop is an end.
    ///
    /// # Errors
    /// [`ProviderError`] when there is no end; what was heard until then is what there is.
    pub(crate) fn chat(
        &self,
        http: &Http,
        request: Inspected<CloudRequest>,
        stop: &Stop,
        on_event: &mut dyn FnMut(CloudEvent),
    ) -> Result<(), ProviderError> {
        match self {
            Self::OpenAi(provider) => provider.chat(http, request, stop, on_event),
            Self::Anthropic(provider) => provider.chat(http, request, stop, on_event),
            Self::Ollama(provider) => provider.chat(http, request, stop, on_event),
        }
    }

    /// The body that [`Self::chat`] would send, byte for byte. Nothing is sent.
    ///
    /// # Errors
    /// [`ProviderError`] when this provider cannot be asked this.
    pub(crate) fn body(&self, request: &CloudRequest) -> Result<Vec<u8>, ProviderError> {
        match self {
            Self::OpenAi(provider) => provider.body(request),
            Self::Anthropic(provider) => Ok(provider.body(request)),
            Self::Ollama(provider) => Ok(provider.body(request)),
        }
    }

    /// The models on offer; also the cheapest way to test a key.
    ///
    /// # Errors
    /// [`ProviderError`] when the server does not list them.
    pub(crate) fn models(
        &self,
        http: &Http,
        stop: &Stop,
    ) -> Result<Vec<OfferedModel>, ProviderError> {
        match self {
            Self::OpenAi(provider) => provider.models(http, stop),
            Self::Anthropic(provider) => provider.models(http, stop),
            Self::Ollama(provider) => provider.models(http, stop),
        }
    }
}
