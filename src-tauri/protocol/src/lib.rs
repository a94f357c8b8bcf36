//! Frames between the app (core) and an engine process: what one may ask, what the other may answer.
//!
//! An engine reads [`Request`] frames on standard input and writes [`Event`] frames on standard
//! output. Nothing else is written there: logs go to standard error. A frame is a length (four
//! bytes, little-endian) and that many bytes of JSON. When standard input ends, the engine ends.

mod frame;

pub use frame::{FrameError, MAX_FRAME_BYTES, read_frame, write_frame};

use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

/// Raised when a frame changes in a way that an older peer would misread.
pub const PROTOCOL_VERSION: u32 = 4;

/// What the app asks of an engine. An engine serves one model for its whole life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// Load the model. Answered by [`Event::Loading`] and then [`Event::Loaded`] or [`Event::LoadFailed`].
    Load(LoadRequest),
    /// Answer a conversation, or go on with a text. Answered by [`Event::Started`], [`Event::Reading`], [`Event::Text`] and
    /// then [`Event::Done`] or [`Event::Failed`].
    Generate(GenerateRequest),
    /// Count the tokens of texts, without special tokens. Answered by [`Event::Counted`].
    CountTokens {
        /// Chosen by the app; every event about this request carries it.
        id: u64,
        /// Texts to count, each on its own.
        texts: Vec<String>,
    },
    /// Count the tokens of the prompt of a conversation, with all that the model's template puts around it
    /// and nothing left out. Answered by [`Event::Counted`] with one count, or [`Event::Failed`].
    CountPrompt {
        /// Chosen by the app; every event about this request carries it.
        id: u64,
        /// System prompt (if any) first, then turns in order.
        messages: Vec<ChatMessage>,
    },
    /// Embed texts. Answered by [`Event::Embedded`], part by part, or [`Event::Failed`].
    Embed {
        /// Chosen by the app; every event about this request carries it.
        id: u64,
        /// Texts to embed, each on its own.
        texts: Vec<String>,
    },
    /// Stop one request. A generation or embedding is answered by [`Event::Done`] with
    /// [`FinishReason::Cancelled`]; an unknown id is ignored, as the request may just have ended.
    Cancel {
        /// The id of the request to stop.
        id: u64,
    },
    /// End the process in good order.
    Shutdown,
}

/// How to load a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadRequest {
    /// Path of the GGUF file.
    pub path: String,
    /// Context of one sequence in tokens. Cut to what the model was trained for.
    pub context_tokens: u32,
    /// How many requests may run together in one batch, each with a context of its own.
    pub sequences: u32,
    /// Threads for computing; `None`: the physical cores.
    pub threads: Option<u32>,
    /// Layers to place on a GPU, where this build of the engine has one; 0: none.
    pub gpu_layers: u32,
    /// What the model will be used for.
    pub purpose: ModelPurpose,
}

/// What a model is loaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelPurpose {
    /// Writing answers.
    Chat,
    /// Turning texts into vectors.
    Embedding,
}

/// What a model is to write on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GenerateRequest {
    /// Chosen by the app; every event about this request carries it.
    pub id: u64,
    /// What it reads first.
    pub input: Input,
    /// How to choose tokens.
    pub sampling: Sampling,
    /// What the output must look like.
    pub constraint: Option<Constraint>,
    /// Names the conversation, so that its kept beginning is looked for first.
    pub conversation: Option<String>,
}

/// What a model reads before it writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// A conversation, in the form of the model's template: system prompt (if any) first, then turns in
    /// order; the last one is to be answered.
    Conversation(Vec<ChatMessage>),
    /// A text as it is, without a template. What reads like a special token in it is letters.
    Text {
        /// To be gone on with.
        text: String,
        /// What comes after the gap that is to be filled; empty: there is no gap.
        suffix: String,
    },
}

/// One turn, as the model's template sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// Who speaks in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions that stand above the conversation.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// How tokens are chosen. The defaults suit most chat models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Sampling {
    /// 0: always the likeliest token. Usual: 0.7.
    #[specta(type = Number)]
    pub temperature: f32,
    /// Keep only this many of the likeliest tokens; 0: all.
    pub top_k: u32,
    /// Keep the likeliest tokens that together reach this probability; 1: all.
    #[specta(type = Number)]
    pub top_p: f32,
    /// Drop tokens less likely than this share of the likeliest one's probability; 0: none.
    #[specta(type = Number)]
    pub min_p: f32,
    /// Divide the score of tokens that the answer has lately by this; 1: off.
    #[specta(type = Number)]
    pub repeat_penalty: f32,
    /// How many of the answer's last tokens the penalties look at.
    pub repeat_last: u32,
    /// Subtract this for each time the answer has a token; 0: off.
    #[specta(type = Number)]
    pub frequency_penalty: f32,
    /// Subtract this once when the answer has a token; 0: off.
    #[specta(type = Number)]
    pub presence_penalty: f32,
    /// The same seed, model and prompt give the same answer; `None`: a new one each time.
    pub seed: Option<u32>,
    /// Texts that end the answer; they are not part of it.
    pub stop: Vec<String>,
    /// The most tokens to write; `None`: until the model ends or the context is full.
    pub max_tokens: Option<u32>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_k: 40,
            top_p: 0.95,
            min_p: 0.05,
            repeat_penalty: 1.1,
            repeat_last: 64,
            frequency_penalty: 0.0,
            presence_penalty: 0.0,
            seed: None,
            stop: Vec::new(),
            max_tokens: None,
        }
    }
}

/// What an output is held to while it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Constraint {
    /// A JSON Schema; the output is one JSON value that satisfies it.
    JsonSchema(serde_json::Value),
    /// A grammar in GBNF with the root rule `root`.
    Grammar(String),
}

/// What an engine tells the app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The first frame of every engine.
    Hello {
        /// [`PROTOCOL_VERSION`] of the engine.
        protocol: u32,
        /// Version of the engine program.
        version: String,
        /// Devices that this build can compute on, for example `CPU`, `Vulkan0`.
        devices: Vec<String>,
    },
    /// How much of the model is loaded, 0 to 1, never falling.
    Loading {
        /// Share that is done.
        fraction: f32,
    },
    /// The model is ready.
    Loaded(LoadedModel),
    /// The model did not load. The engine ends after this.
    LoadFailed {
        /// What kind of fault it was.
        kind: LoadErrorKind,
        /// What was found, for people.
        message: String,
    },
    /// A generation has its place in the batch and its prompt is about to be read.
    Started {
        /// The request.
        id: u64,
        /// Tokens of the whole prompt.
        prompt_tokens: u32,
        /// How many of them were kept from an earlier turn and need not be read.
        cached_tokens: u32,
        /// How many of the oldest messages (after the system prompt) did not fit and are not seen.
        dropped_messages: u32,
        /// The seed that is used.
        seed: u32,
    },
    /// How far reading of a prompt has come; sent for long prompts only.
    Reading {
        /// The request.
        id: u64,
        /// Tokens read so far, kept ones included.
        read: u32,
        /// Tokens of the whole prompt.
        total: u32,
    },
    /// A piece of the answer: complete UTF-8, in order.
    Text {
        /// The request.
        id: u64,
        /// The piece.
        text: String,
        /// Tokens written so far.
        tokens: u32,
    },
    /// A generation ended.
    Done {
        /// The request.
        id: u64,
        /// Why it ended.
        reason: FinishReason,
        /// What was counted and timed.
        usage: Usage,
        /// The text that ended it, where one did.
        stop_text: Option<String>,
    },
    /// A request failed; the engine lives on.
    Failed {
        /// The request.
        id: u64,
        /// What kind of fault it was.
        kind: RequestErrorKind,
        /// What was found, for people.
        message: String,
    },
    /// Token counts, in the order of the texts.
    Counted {
        /// The request.
        id: u64,
        /// One count a text.
        counts: Vec<u32>,
    },
    /// Embeddings of the next texts of a request, in their order. All of them together might be longer
    /// than a frame may be.
    Embedded {
        /// The request.
        id: u64,
        /// One vector a text, of length 1 (L2 norm).
        vectors: Vec<Vec<f32>>,
        /// Tokens of these texts together.
        tokens: u32,
        /// How many texts are still to come; 0: this is the end of the request.
        left: u32,
    },
}

/// What the engine found in a model that it loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadedModel {
    /// Context of one sequence in tokens, as it is now.
    pub context_tokens: u32,
    /// Requests that may run together.
    pub sequences: u32,
    /// Context that the model was trained for, in tokens.
    pub trained_context_tokens: u32,
    /// Number of weights.
    pub parameters: u64,
    /// Length of an embedding.
    pub embedding_length: u32,
    /// Threads in use.
    pub threads: u32,
    /// Memory of weights, in bytes.
    pub weights_bytes: u64,
    /// Memory of the KV cache, in bytes.
    pub kv_cache_bytes: u64,
    /// Whether the model carries a chat template.
    pub has_chat_template: bool,
}

/// Why a model did not load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadErrorKind {
    /// The app cancelled.
    Cancelled,
    /// There is no such file any more.
    NotFound,
    /// The file may not be read.
    Unreadable,
    /// The file is no GGUF, is cut off, or makes no sense.
    Damaged,
    /// llama.cpp does not know the architecture.
    Unsupported,
    /// A vocabulary without weights.
    VocabOnly,
    /// An embedding model loaded for chat, or the other way round.
    WrongPurpose,
    /// Not enough memory for weights, cache or buffers.
    OutOfMemory,
    /// Anything else.
    Other,
}

/// Why a request failed while the engine lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestErrorKind {
    /// The newest message and the system prompt alone, or the text, do not fit the context.
    PromptTooLong,
    /// The JSON Schema or grammar cannot be used.
    BadConstraint,
    /// The model's chat template failed.
    Template,
    /// The model was not trained to fill a gap in a text.
    NoGap,
    /// No model is loaded, or it is loaded for another purpose.
    NotReady,
    /// llama.cpp failed to compute.
    Compute,
}

/// Why a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model ended its answer.
    EndOfAnswer,
    /// A stop text was met.
    StopText,
    /// The most tokens asked for were written.
    MaxTokens,
    /// The context is full.
    ContextFull,
    /// The app stopped it.
    Cancelled,
}

/// Counts and times of one generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the whole prompt.
    pub prompt_tokens: u32,
    /// Prompt tokens that were kept from before and not read again.
    pub cached_tokens: u32,
    /// Tokens written, the end token not counted.
    pub output_tokens: u32,
    /// From taking up the request to the end of reading its prompt, in microseconds.
    pub read_us: u64,
    /// From there to the end, in microseconds.
    pub write_us: u64,
}
