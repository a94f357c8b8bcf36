//! Ollama: chat, completion, the list of models, downloads with progress, and vectors.

mod answer;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{
    account::{Account, AddressError},
    cloud::{
        CloudEvent, CloudRequest, Effort, EmbedRequest, Embeddings, Message, OfferedModel, Part,
        Sampling, ToolCall, ToolChoice,
    },
    error::{ProviderError, Trouble},
    http::{Http, Outgoing},
    key::ApiKey,
    openai::vector,
    stream::Framing,
};
use crate::{engine::Stop, gate::Inspected};

/// What Ollama reads and writes of a conversation unless it is told otherwise, where there is little memory.
const UNTOLD_CONTEXT: u64 = 4_096;
/// What is told at least. It takes the place of what the server was set to, which nobody sees from here: much less
/// would take room away that was there, and much more would ask for memory that is not.
const TOLD_CONTEXT: u64 = 16_384;
/// What is kept free for an answer, and the most of it: programs ask for far more than they are ever answered, and
/// all of it would be memory of the server.
const ROOM: u64 = 4_096;
const MOST_ROOM: u64 = 16_384;
/// What is counted for a picture: how many tokens it takes is each model's own, and Ollama does not say it.
const PICTURE: u64 = 2_048;
/// No model reads more.
const LONGEST_CONTEXT: u64 = 1 << 20;

/// An Ollama server.
#[derive(Debug, Clone)]
pub(crate) struct Ollama {
    pub(super) account: Account,
    /// How many tokens a conversation may have; `None`: as many as it needs. Ollama drops what is more without
    /// a word.
    context_tokens: Option<u32>,
}

/// A text to be continued, without the form of a conversation.
#[derive(Debug, Clone, Default)]
pub(crate) struct CompletionRequest {
    pub model: String,
    pub prompt: String,
    /// What comes after the gap, for models that fill one.
    pub suffix: String,
    pub sampling: Sampling,
    pub max_tokens: Option<u32>,
    /// See [`CloudRequest::prompt_tokens`].
    pub prompt_tokens: u64,
    /// See [`CloudRequest::asked_output`].
    pub asked_output: Option<u32>,
}

/// How far a download is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PullProgress {
    /// What Ollama is doing, in its words.
    pub status: String,
    /// Bytes of the part that is being downloaded, all of them and those that are there.
    pub total: Option<u64>,
    pub completed: Option<u64>,
}

impl Ollama {
    /// A server by its base address. A key is only needed behind a proxy that asks for one.
    ///
    /// # Errors
    /// [`AddressError`] when the address cannot be used, or a key would not be safe there.
    pub(crate) fn new(
        base: &str,
        key: Option<ApiKey>,
        context_tokens: Option<u32>,
    ) -> Result<Self, AddressError> {
        // Its address for programs that speak as OpenAI does, which is the one that is copied most.
        let base = base.trim().trim_end_matches('/');
        let account = Account::new(base.strip_suffix("/v1").unwrap_or(base), key)?;
        Ok(Self {
            account,
            context_tokens,
        })
    }

    pub(super) fn body(&self, request: &CloudRequest) -> Vec<u8> {
        let mut body = Map::new();
        body.insert("model".into(), request.model.as_str().into());
        body.insert("messages".into(), messages(request).into());
        // Ollama streams unless it is told not to.
        body.insert("stream".into(), request.stream.into());
        // Ollama cannot be told to call one; none at all is told by giving none.
        if !request.tools.is_empty() && request.tool_choice != ToolChoice::None {
            let tool = |tool: &super::cloud::Tool| {
                json!({ "type": "function", "function": {
                    "name": tool.name, "description": tool.description, "parameters": tool.parameters,
                } })
            };
            body.insert("tools".into(), request.tools.iter().map(tool).collect());
        }
        if let Some(wanted) = &request.schema {
            let format = match wanted.any_object {
                true => "json".into(),
                false => wanted.schema.clone().into(),
            };
            body.insert("format".into(), format);
        }
        if let Some(effort) = request.effort.map(Effort::name) {
            body.insert("think".into(), effort.into());
        }
        let context = context_for(
            request.prompt_tokens,
            pictures(request),
            request.asked_output,
        );
        self.add_options(&mut body, &request.sampling, request.max_tokens, context);
        Value::Object(body).to_string().into_bytes()
    }

    pub(super) fn completion_body(&self, request: &CompletionRequest) -> Vec<u8> {
        let mut body = Map::new();
        body.insert("model".into(), request.model.as_str().into());
        body.insert("prompt".into(), request.prompt.as_str().into());
        if request.suffix.is_empty() {
            // Else Ollama makes a message of a conversation of it.
            body.insert("raw".into(), true.into());
        } else {
            // Only the model's template can say where the gap is.
            body.insert("suffix".into(), request.suffix.as_str().into());
        }
        body.insert("stream".into(), true.into());
        let context = context_for(request.prompt_tokens, 0, request.asked_output);
        self.add_options(&mut body, &request.sampling, request.max_tokens, context);
        Value::Object(body).to_string().into_bytes()
    }

    fn add_options(
        &self,
        body: &mut Map<String, Value>,
        sampling: &Sampling,
        most: Option<u32>,
        context: Option<u64>,
    ) {
        let mut options = Map::new();
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                options.insert(name.to_owned(), value);
            }
        };
        set("temperature", sampling.temperature.map(Value::from));
        set("top_p", sampling.top_p.map(Value::from));
        set("seed", sampling.seed.map(Value::from));
        // It takes 0 for no limit at all.
        set("num_predict", most.map(|most| most.max(1).into()));
        let wanted = self.context_tokens.map(u64::from);
        set("num_ctx", wanted.or(context).map(Value::from));
        set(
            "stop",
            (!sampling.stop.is_empty()).then(|| json!(sampling.stop)),
        );
        if !options.is_empty() {
            body.insert("options".into(), options.into());
        }
    }

    /// See [`super::cloud::Cloud::chat`].
    pub(crate) fn chat(
        &self,
        http: &Http,
        request: Inspected<CloudRequest>,
        stop: &Stop,
        on_event: &mut dyn FnMut(CloudEvent),
    ) -> Result<(), ProviderError> {
        let outgoing = self.outgoing("chat", Some(self.body(&request.into_inner())), "chat");
        self.account
            .chat::<answer::Decoder>(http, &outgoing, Framing::JsonLines, stop, on_event)
    }

    /// Continue a text; heard as [`Self::chat`] is.
    ///
    /// # Errors
    /// [`ProviderError`] when there is no end.
    pub(crate) fn generate(
        &self,
        http: &Http,
        request: Inspected<CompletionRequest>,
        stop: &Stop,
        on_event: &mut dyn FnMut(CloudEvent),
    ) -> Result<(), ProviderError> {
        let body = self.completion_body(&request.into_inner());
        let outgoing = self.outgoing("generate", Some(body), "complete");
        self.account
            .chat::<answer::Decoder>(http, &outgoing, Framing::JsonLines, stop, on_event)
    }

    /// Vectors of texts. A text that is too long is an error, as part of it would be lost.
    ///
    /// # Errors
    /// [`ProviderError`] when there is not one vector for each text.
    pub(crate) fn embed(
        &self,
        http: &Http,
        request: Inspected<EmbedRequest>,
        stop: &Stop,
    ) -> Result<Embeddings, ProviderError> {
        let request = request.into_inner();
        let outgoing = self.outgoing("embed", Some(embed_body(&request)), "embed");
        let answer = self.account.whole(http, &outgoing, stop)?;
        let vectors = answer["embeddings"]
            .as_array()
            .into_iter()
            .flatten()
            .map(vector);
        let vectors: Option<Vec<_>> = vectors.collect();
        let whole = vectors.filter(|vectors| vectors.len() == request.texts.len());
        let vectors =
            whole.ok_or_else(|| self.nonsense("there is not one vector for each text"))?;
        Ok(Embeddings {
            vectors,
            input_tokens: answer["prompt_eval_count"].as_u64(),
        })
    }

    /// Let the server download a model. `on_progress` hears how far it is.
    ///
    /// # Errors
    /// [`ProviderError`] when the download does not succeed, or is stopped.
    pub(crate) fn pull(
        &self,
        http: &Http,
        model: &str,
        stop: &Stop,
        on_progress: &mut dyn FnMut(PullProgress),
    ) -> Result<(), ProviderError> {
        let outgoing = self.outgoing("pull", Some(pull_body(model)), "pull");
        self.account
            .stream::<answer::Pull>(http, &outgoing, Framing::JsonLines, stop, on_progress)
    }

    /// See [`super::cloud::Cloud::models`].
    pub(crate) fn models(
        &self,
        http: &Http,
        stop: &Stop,
    ) -> Result<Vec<OfferedModel>, ProviderError> {
        let outgoing = self.outgoing("tags", None, "models");
        let answer = self.account.whole(http, &outgoing, stop)?;
        let listed = answer["models"].as_array();
        let listed = listed.ok_or_else(|| self.nonsense("there is no list of models"))?;
        let offered = listed.iter().filter_map(|model| {
            let id = model["model"].as_str().or(model["name"].as_str())?;
            Some(OfferedModel {
                id: id.to_owned(),
                name: model["name"].as_str().unwrap_or(id).to_owned(),
                context_tokens: None,
                passed_on: model["remote_host"].is_string() || model["remote_model"].is_string(),
            })
        });
        Ok(offered.collect())
    }

    fn outgoing(&self, operation: &str, body: Option<Vec<u8>>, purpose: &'static str) -> Outgoing {
        Outgoing {
            url: self.account.url(&["api"], &[operation]),
            headers: self.account.key_header("authorization", "Bearer "),
            body,
            purpose,
        }
    }

    /// Why it cannot be asked for something.
    pub(super) fn cannot(&self, why: &str) -> ProviderError {
        self.account.error(Trouble::Unsupported).saying(why)
    }

    fn nonsense(&self, said: &str) -> ProviderError {
        self.account.error(Trouble::Nonsense).saying(said)
    }
}

/// The context that a request needs; `None`: what Ollama has anyway is enough. Half as much again as we count, as
/// other languages and code have more tokens than an estimate says, and what is too long loses its beginning without
/// a word. Each other size loads the model again, so a conversation that grows goes from one to its double.
fn context_for(prompt_tokens: u64, pictures: u64, asked_output: Option<u32>) -> Option<u64> {
    let read = prompt_tokens + prompt_tokens / 2 + pictures * PICTURE;
    let written = asked_output.map_or(ROOM, |asked| u64::from(asked).clamp(ROOM, MOST_ROOM));
    (read > UNTOLD_CONTEXT / 2).then(|| {
        (read + written)
            .next_power_of_two()
            .clamp(TOLD_CONTEXT, LONGEST_CONTEXT)
    })
}

fn pictures(request: &CloudRequest) -> u64 {
    let parts = request.messages.iter().flat_map(|message| match message {
        Message::User(parts) => parts.as_slice(),
        _ => &[],
    });
    parts
        .filter(|part| matches!(part, Part::Image { .. }))
        .count() as u64
}

pub(super) fn embed_body(request: &EmbedRequest) -> Vec<u8> {
    let mut body = json!({ "model": request.model, "input": request.texts, "truncate": false });
    if let Some(dimensions) = request.dimensions {
        body["dimensions"] = dimensions.into();
    }
    body.to_string().into_bytes()
}

pub(super) fn pull_body(model: &str) -> Vec<u8> {
    json!({ "model": model, "stream": true })
        .to_string()
        .into_bytes()
}

fn messages(request: &CloudRequest) -> Vec<Value> {
    let system = (!request.system.is_empty())
        .then(|| json!({ "role": "system", "content": request.system }));
    let message = |message: &Message| match message {
        Message::User(parts) => user(parts),
        Message::Assistant {
            text, tool_calls, ..
        } => assistant(text, tool_calls),
        // The published description has no field for the tool's name: the order tells.
        Message::ToolResult { content, .. } => json!({ "role": "tool", "content": content }),
    };
    system
        .into_iter()
        .chain(request.messages.iter().map(message))
        .collect()
}

fn user(parts: &[Part]) -> Value {
    let mut texts = Vec::new();
    let mut images = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) => texts.push(text.as_str()),
            Part::Image { bytes, .. } => images.push(STANDARD.encode(bytes)),
        }
    }
    let mut message = json!({ "role": "user", "content": texts.join("\n\n") });
    if !images.is_empty() {
        message["images"] = images.into();
    }
    message
}

fn assistant(text: &str, tool_calls: &[ToolCall]) -> Value {
    let mut message = json!({ "role": "assistant", "content": text });
    if !tool_calls.is_empty() {
        let call = |call: &ToolCall| json!({ "function": { "name": call.name, "arguments": call.arguments } });
        message["tool_calls"] = tool_calls.iter().map(call).collect();
    }
    message
}
