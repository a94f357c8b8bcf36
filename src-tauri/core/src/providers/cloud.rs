//! One request and one kind of answer for every provider, whatever each calls them on the wire.

use serde_json::{Map, Value};

use super::{
    anthropic::{self, Anthropic},
    connection_log::Announced,
    error::ProviderError,
    http::Http,
    ollama::{self, CompletionRequest, Ollama},
    openai::{self, OpenAi},
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
    /// Whether it must.
    pub tool_choice: ToolChoice,
    /// Whether it may call several tools in one answer; `None` leaves it to the provider.
    pub parallel_calls: Option<bool>,
    /// The shape that the answer must have.
    pub schema: Option<AnswerSchema>,
    pub sampling: Sampling,
    /// Most tokens to write, reasoning included; `None` leaves it to the provider.
    pub max_tokens: Option<u32>,
    /// How much to think first; `None` leaves it to the provider.
    pub effort: Option<Effort>,
    /// Whether that asks a model to think which would not by itself, where the provider tells the two apart.
    pub thinks: bool,
    /// Ask the provider to keep what it has read for the next turn, where that has to be asked for.
    pub keep_prompt: bool,
    /// Whether the answer comes in pieces.
    pub stream: bool,
    /// Tokens of all this by our own count, for a server that has to be told how long a conversation is. Pictures
    /// whose tokens nobody knows are not in it.
    pub prompt_tokens: u64,
    /// Most tokens to write where somebody asked for so many: `max_tokens` can also be only what a call may cost.
    pub asked_output: Option<u32>,
}

/// One message of a conversation.
#[derive(Debug, Clone)]
pub enum Message {
    /// What the person says.
    User(Vec<Part>),
    /// What the model said.
    Assistant {
        /// What the provider wants back unread, as it came at the end of its answer.
        thinking: Vec<Thinking>,
        /// Its words.
        text: String,
        /// What it called.
        tool_calls: Vec<ToolCall>,
    },
    /// What came of a call.
    ToolResult {
        /// The id of the call.
        call: String,
        /// What the tool says.
        content: String,
        /// Whether the tool failed and the content says why.
        failed: bool,
    },
}

/// A piece of a person's message.
#[derive(Debug, Clone)]
pub enum Part {
    /// Words.
    Text(String),
    /// A picture.
    Image {
        /// `image/png`, `image/jpeg`, `image/webp` or `image/gif`.
        media_type: String,
        /// The file.
        bytes: Vec<u8>,
    },
}

/// Something that the model may call.
#[derive(Debug, Clone)]
pub struct Tool {
    /// What the model calls it by.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// JSON Schema of the arguments, an object.
    pub parameters: Map<String, Value>,
    /// Whether the arguments must be held to it exactly, which not every schema allows.
    pub strict: bool,
}

/// A whole call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// As the provider named it.
    pub id: String,
    /// Which tool.
    pub name: String,
    /// What it is given.
    pub arguments: Map<String, Value>,
}

/// Reasoning that a provider signed or encrypted and wants back as it was, to go on after a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thinking {
    /// To be read.
    Signed {
        /// The thought.
        text: String,
        /// What proves it the provider's.
        signature: String,
    },
    /// Not to be read.
    Redacted {
        /// As it came.
        data: String,
    },
}

/// The shape of an answer.
#[derive(Debug, Clone)]
pub struct AnswerSchema {
    /// Letters, digits, `_` and `-`.
    pub name: String,
    /// The JSON Schema.
    pub schema: Map<String, Value>,
    /// Whether the provider must hold the answer to it exactly, which not every schema allows.
    pub strict: bool,
    /// Whether any JSON object will do, of which the schema says no more: servers that know no schema promise that.
    pub any_object: bool,
}

/// How the next token is chosen; `None` leaves it to the provider.
#[derive(Debug, Clone, Default)]
pub struct Sampling {
    /// 0: always the likeliest token.
    pub temperature: Option<f64>,
    /// Only the likeliest tokens that together have this share.
    pub top_p: Option<f64>,
    /// For the same answer again, where the provider can.
    pub seed: Option<i64>,
    /// Texts at which the answer ends.
    pub stop: Vec<String>,
}

/// How much a model thinks before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Hardly.
    Low,
    /// Somewhat.
    Medium,
    /// Long.
    High,
}

/// Whether the model may, must or must not call a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// As it sees fit.
    #[default]
    Auto,
    /// None.
    None,
    /// One of them, whichever.
    Required,
    /// This one.
    Named(String),
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
    /// Words with which the model says that it does not want to, where the provider tells them from an answer.
    Refusal(String),
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
    /// The stop text that ended it, where the provider says which, as it was sent.
    pub stop_text: Option<String>,
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
    /// Whether it runs on another server than the one that was asked.
    pub passed_on: bool,
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

/// Texts that a provider is to look at by its own policy.
#[derive(Debug, Clone)]
pub(crate) struct ModerationRequest {
    pub model: String,
    pub texts: Vec<String>,
}

/// What a provider's policy says of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Moderation {
    /// Whether it is against it.
    pub flagged: bool,
    /// For what, and for what not.
    pub categories: Vec<Category>,
}

/// What a text may be against.
#[derive(Debug, Clone, PartialEq)]
pub struct Category {
    /// The provider's name for it.
    pub name: String,
    /// Whether the text is that.
    pub flagged: bool,
    /// How sure that is, 0 to 1.
    pub score: f64,
}

/// Any provider that is not this computer.
#[derive(Debug, Clone)]
pub(crate) enum Cloud {
    OpenAi(OpenAi),
    Anthropic(Anthropic),
    Ollama(Ollama),
}

const NO_MODERATION: &str = "it has no policy that texts can be held against";
const NO_COMPLETION: &str = "only Ollama goes on with a text, or fills a gap in one";
const NO_COUNT: &str = "it counts no tokens ahead";
const NO_VECTORS: &str = "Anthropic makes no vectors of texts";

impl Cloud {
    /// Ask a model. `on_event` hears the answer piece by piece, and its end last; a stop is an end once the request
    /// has left.
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

    /// Its first connection has this line.
    pub(crate) fn announce(&self, line: Announced) {
        match self {
            Self::OpenAi(provider) => provider.account.announce(line),
            Self::Anthropic(provider) => provider.account.announce(line),
            Self::Ollama(provider) => provider.account.announce(line),
        }
    }

    /// How many tries of its call came to nothing, were made again, and may be billed all the same.
    pub(crate) fn lost_tries(&self) -> u32 {
        match self {
            Self::OpenAi(provider) => provider.account.lost_tries(),
            Self::Anthropic(provider) => provider.account.lost_tries(),
            Self::Ollama(provider) => provider.account.lost_tries(),
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

    /// Have a model go on with a text; heard as [`Self::chat`] is.
    ///
    /// # Errors
    /// [`ProviderError`] when there is no end, or the provider cannot be asked this.
    pub(crate) fn complete(
        &self,
        http: &Http,
        request: Inspected<CompletionRequest>,
        stop: &Stop,
        on_event: &mut dyn FnMut(CloudEvent),
    ) -> Result<(), ProviderError> {
        match self {
            Self::Ollama(provider) => provider.generate(http, request, stop, on_event),
            Self::OpenAi(provider) => Err(provider.cannot(NO_COMPLETION)),
            Self::Anthropic(provider) => Err(provider.cannot(NO_COMPLETION)),
        }
    }

    /// The body that [`Self::complete`] would send, byte for byte. Nothing is sent.
    ///
    /// # Errors
    /// [`ProviderError`] when the provider cannot be asked this.
    pub(crate) fn completion_body(
        &self,
        request: &CompletionRequest,
    ) -> Result<Vec<u8>, ProviderError> {
        match self {
            Self::Ollama(provider) => Ok(provider.completion_body(request)),
            Self::OpenAi(provider) => Err(provider.cannot(NO_COMPLETION)),
            Self::Anthropic(provider) => Err(provider.cannot(NO_COMPLETION)),
        }
    }

    /// Vectors of texts.
    ///
    /// # Errors
    /// [`ProviderError`] when there is not one vector for each text, or the provider makes none.
    pub(crate) fn embed(
        &self,
        http: &Http,
        request: Inspected<EmbedRequest>,
        stop: &Stop,
    ) -> Result<Embeddings, ProviderError> {
        match self {
            Self::OpenAi(provider) => provider.embed(http, request, stop),
            Self::Ollama(provider) => provider.embed(http, request, stop),
            Self::Anthropic(provider) => Err(provider.cannot(NO_VECTORS)),
        }
    }

    /// The body that [`Self::embed`] would send, byte for byte. Nothing is sent.
    ///
    /// # Errors
    /// [`ProviderError`] when the provider makes no vectors.
    pub(crate) fn embed_body(&self, request: &EmbedRequest) -> Result<Vec<u8>, ProviderError> {
        match self {
            Self::OpenAi(_) => Ok(openai::embed_body(request).to_string().into_bytes()),
            Self::Ollama(_) => Ok(ollama::embed_body(request)),
            Self::Anthropic(provider) => Err(provider.cannot(NO_VECTORS)),
        }
    }

    /// What the provider's policy says of texts, in their order.
    ///
    /// # Errors
    /// [`ProviderError`] when there is not one result for each text, or the provider has no such policy to
    /// ask.
    pub(crate) fn moderate(
        &self,
        http: &Http,
        request: Inspected<ModerationRequest>,
        stop: &Stop,
    ) -> Result<Vec<Moderation>, ProviderError> {
        match self {
            Self::OpenAi(provider) => provider.moderate(http, request, stop),
            Self::Anthropic(provider) => Err(provider.cannot(NO_MODERATION)),
            Self::Ollama(provider) => Err(provider.cannot(NO_MODERATION)),
        }
    }

    /// The body that [`Self::moderate`] would send, byte for byte. Nothing is sent.
    ///
    /// # Errors
    /// [`ProviderError`] when the provider does not moderate.
    pub(crate) fn moderation_body(
        &self,
        request: &ModerationRequest,
    ) -> Result<Vec<u8>, ProviderError> {
        match self {
            Self::OpenAi(_) => Ok(openai::moderation_body(request).to_string().into_bytes()),
            Self::Anthropic(provider) => Err(provider.cannot(NO_MODERATION)),
            Self::Ollama(provider) => Err(provider.cannot(NO_MODERATION)),
        }
    }

    /// How many tokens a request has, counted by the provider; it is sent for that.
    ///
    /// # Errors
    /// [`ProviderError`] when the provider does not count.
    pub(crate) fn count_tokens(
        &self,
        http: &Http,
        request: Inspected<CloudRequest>,
        stop: &Stop,
    ) -> Result<u64, ProviderError> {
        match self {
            Self::Anthropic(provider) => provider.count_tokens(http, request, stop),
            Self::OpenAi(provider) => Err(provider.cannot(NO_COUNT)),
            Self::Ollama(provider) => Err(provider.cannot(NO_COUNT)),
        }
    }

    /// The body that [`Self::count_tokens`] would send, byte for byte. Nothing is sent.
    ///
    /// # Errors
    /// [`ProviderError`] when the provider does not count.
    pub(crate) fn count_body(&self, request: &CloudRequest) -> Result<Vec<u8>, ProviderError> {
        match self {
            Self::Anthropic(_) => Ok(anthropic::count_body(request)),
            Self::OpenAi(provider) => Err(provider.cannot(NO_COUNT)),
            Self::Ollama(provider) => Err(provider.cannot(NO_COUNT)),
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
