//! Anthropic: Messages, token counting and the list of models.

mod answer;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::{
    account::{Account, AddressError},
    cloud::{
        CloudEvent, CloudRequest, Message, OfferedModel, Part, Thinking, Tool, ToolCall, ToolChoice,
    },
    error::{ProviderError, Trouble},
    http::{Http, Outgoing},
    key::ApiKey,
    stream::Framing,
};
use crate::{engine::Stop, gate::Inspected};

/// The version of the interface that this file speaks.
const VERSION: &str = "2023-06-01";
/// Anthropic wants a limit. Every model of the last two years writes at least as much.
const MAX_TOKENS: u32 = 8_192;

/// A server that speaks Anthropic's language.
#[derive(Debug, Clone)]
pub(crate) struct Anthropic {
    pub(super) account: Account,
}

impl Anthropic {
    /// A server by its base address, with or without `/v1`.
    ///
    /// # Errors
    /// [`AddressError`] when the address cannot be used, or a key would not be safe there.
    pub(crate) fn new(base: &str, key: Option<ApiKey>) -> Result<Self, AddressError> {
        let account = Account::new(base, key)?;
        Ok(Self { account })
    }

    pub(super) fn body(&self, request: &CloudRequest) -> Vec<u8> {
        let mut body = prompt(request);
        let limit = request.max_tokens.unwrap_or(MAX_TOKENS);
        body.insert("max_tokens".into(), limit.into());
        if request.stream {
            body.insert("stream".into(), true.into());
        }
        let sampling = &request.sampling;
        if let Some(temperature) = sampling.temperature {
            body.insert("temperature".into(), temperature.into());
        }
        if let Some(top_p) = sampling.top_p {
            body.insert("top_p".into(), top_p.into());
        }
        if !sampling.stop.is_empty() {
            body.insert("stop_sequences".into(), json!(sampling.stop));
        }
        Value::Object(body).to_string().into_bytes()
    }

    /// See [`super::cloud::Cloud::chat`].
    pub(crate) fn chat(
        &self,
        http: &Http,
        request: Inspected<CloudRequest>,
        stop: &Stop,
        on_event: &mut dyn FnMut(CloudEvent),
    ) -> Result<(), ProviderError> {
        let body = self.body(&request.into_inner());
        let outgoing = self.outgoing(&["messages"], Some(body), "chat");
        self.account
            .chat::<answer::Decoder>(http, &outgoing, Framing::Events, stop, on_event)
    }

    /// How many tokens a request has, counted by the provider; the request is sent for it.
    ///
    /// The estimate before sending does not use it: it would send the text before the person does. A
    /// client of the local API that asks for it does.
    ///
    /// # Errors
    /// [`ProviderError`] when the provider does not count.
    pub(crate) fn count_tokens(
        &self,
        http: &Http,
        request: Inspected<CloudRequest>,
        stop: &Stop,
    ) -> Result<u64, ProviderError> {
        let body = count_body(&request.into_inner());
        let outgoing = self.outgoing(&["messages", "count_tokens"], Some(body), "count");
        let answer = self.account.whole(http, &outgoing, stop)?;
        answer["input_tokens"].as_u64().ok_or_else(|| {
            self.account
                .error(Trouble::Nonsense)
                .saying("there is no count")
        })
    }

    /// See [`super::cloud::Cloud::models`].
    pub(crate) fn models(
        &self,
        http: &Http,
        stop: &Stop,
    ) -> Result<Vec<OfferedModel>, ProviderError> {
        let mut outgoing = self.outgoing(&["models"], None, "models");
        // One page holds all there are, and a hundred times more.
        outgoing.url.set_query(Some("limit=1000"));
        let answer = self.account.whole(http, &outgoing, stop)?;
        let listed = answer["data"].as_array();
        let listed = listed.ok_or_else(|| {
            self.account
                .error(Trouble::Nonsense)
                .saying("there is no list of models")
        })?;
        let offered = listed.iter().filter_map(|model| {
            let id = model["id"].as_str()?;
            Some(OfferedModel {
                id: id.to_owned(),
                name: model["display_name"].as_str().unwrap_or(id).to_owned(),
                context_tokens: model["max_input_tokens"].as_u64(),
                passed_on: false,
            })
        });
        Ok(offered.collect())
    }

    /// Why it cannot be asked for something.
    pub(super) fn cannot(&self, why: &str) -> ProviderError {
        self.account.error(Trouble::Unsupported).saying(why)
    }

    fn outgoing(
        &self,
        operation: &[&str],
        body: Option<Vec<u8>>,
        purpose: &'static str,
    ) -> Outgoing {
        let mut headers = self.account.key_header("x-api-key", "");
        headers.push((
            "anthropic-version".into(),
            Zeroizing::new(VERSION.to_owned()),
        ));
        Outgoing {
            url: self.account.url(&["v1"], operation),
            headers,
            body,
            purpose,
        }
    }
}

/// The body of token counting, which takes only what is read.
pub(super) fn count_body(request: &CloudRequest) -> Vec<u8> {
    Value::Object(prompt(request)).to_string().into_bytes()
}

/// Instructions have a mark of their own: whatever else begins with them, such as another chat, reads them
/// from the cache. That costs nothing beside the mark on the whole prompt.
fn system(request: &CloudRequest) -> Value {
    if !request.keep_prompt {
        return request.system.as_str().into();
    }
    json!([{ "type": "text", "text": request.system, "cache_control": { "type": "ephemeral" } }])
}

/// The part of a request that the model reads.
fn prompt(request: &CloudRequest) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".into(), request.model.as_str().into());
    body.insert("messages".into(), messages(&request.messages).into());
    // A text of nothing but white space is refused.
    if !is_blank(&request.system) {
        body.insert("system".into(), system(request));
    }
    if !request.tools.is_empty() {
        body.insert("tools".into(), request.tools.iter().map(tool).collect());
        if let Some(choice) = tool_choice(request) {
            body.insert("tool_choice".into(), choice);
        }
    }
    if request.keep_prompt {
        // The provider puts the mark on the last block that can have it, so that each turn reads
        // from the cache all that the turn before had.
        body.insert("cache_control".into(), json!({ "type": "ephemeral" }));
    }
    let mut output = Map::new();
    if let Some(effort) = request.effort {
        if request.thinks {
            body.insert("thinking".into(), json!({ "type": "adaptive" }));
        }
        output.insert("effort".into(), effort.name().into());
    }
    if let Some(wanted) = &request.schema {
        let format = json!({ "type": "json_schema", "schema": wanted.schema });
        output.insert("format".into(), format);
    }
    if !output.is_empty() {
        body.insert("output_config".into(), output.into());
    }
    body
}

fn tool(tool: &Tool) -> Value {
    let mut schema = tool.parameters.clone();
    schema.entry("type").or_insert_with(|| "object".into());
    let mut told =
        json!({ "name": tool.name, "description": tool.description, "input_schema": schema });
    if tool.strict {
        told["strict"] = true.into();
    }
    told
}

/// `None`: as it is without.
fn tool_choice(request: &CloudRequest) -> Option<Value> {
    let one_call = request.parallel_calls == Some(false);
    let mut choice = match &request.tool_choice {
        ToolChoice::None => return Some(json!({ "type": "none" })),
        ToolChoice::Auto if !one_call => return None,
        ToolChoice::Auto => json!({ "type": "auto" }),
        ToolChoice::Required => json!({ "type": "any" }),
        ToolChoice::Named(name) => json!({ "type": "tool", "name": name }),
    };
    if one_call {
        choice["disable_parallel_tool_use"] = true.into();
    }
    Some(choice)
}

/// Results of tools are blocks of the person's turn. All results of one answer must be in one
/// turn, and the person's words after them.
fn messages(messages: &[Message]) -> Vec<Value> {
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::with_capacity(messages.len());
    for message in messages {
        let (role, blocks) = match message {
            Message::User(parts) => ("user", parts.iter().filter_map(part).collect()),
            Message::Assistant {
                thinking,
                text,
                tool_calls,
            } => ("assistant", assistant(thinking, text, tool_calls)),
            Message::ToolResult {
                call,
                content,
                failed,
                ..
            } => (
                "user",
                vec![json!({
                    "type": "tool_result", "tool_use_id": id(call), "content": content, "is_error": failed,
                })],
            ),
        };
        match turns.last_mut() {
            Some((last, open)) if *last == role => open.extend(blocks),
            _ => turns.push((role, blocks)),
        }
    }
    let turn = |(role, blocks): (&str, Vec<Value>)| json!({ "role": role, "content": blocks });
    // A turn without a block is refused.
    turns
        .into_iter()
        .filter(|(_, blocks)| !blocks.is_empty())
        .map(turn)
        .collect()
}

fn part(part: &Part) -> Option<Value> {
    Some(match part {
        // A text of nothing but white space is refused.
        Part::Text(text) if is_blank(text) => return None,
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Image { media_type, bytes } => {
            let data = STANDARD.encode(bytes);
            let source = json!({ "type": "base64", "media_type": media_type, "data": data });
            json!({ "type": "image", "source": source })
        }
    })
}

/// Whether a text says nothing, by every notion of white space: Unicode's, Python's, which counts
/// some control characters, and JavaScript's, which counts the byte order mark.
fn is_blank(text: &str) -> bool {
    let blank =
        |letter: char| letter.is_whitespace() || letter.is_control() || letter == '\u{FEFF}';
    text.chars().all(blank)
}

fn assistant(thinking: &[Thinking], text: &str, tool_calls: &[ToolCall]) -> Vec<Value> {
    let thought = |thinking: &Thinking| match thinking {
        Thinking::Signed { text, signature } => {
            json!({ "type": "thinking", "thinking": text, "signature": signature })
        }
        Thinking::Redacted { data } => json!({ "type": "redacted_thinking", "data": data }),
    };
    let call = |call: &ToolCall| json!({ "type": "tool_use", "id": id(&call.id), "name": call.name, "input": call.arguments });
    let mut blocks: Vec<Value> = thinking.iter().map(thought).collect();
    blocks.extend(part(&Part::Text(text.to_owned())));
    blocks.extend(tool_calls.iter().map(call));
    blocks
}

/// Ids of other providers may have letters that Anthropic refuses; it takes letters, digits, `_`
/// and `-`. Each other letter becomes its number, so that two ids stay two.
fn id(id: &str) -> String {
    let mut clean = String::with_capacity(id.len());
    for letter in id.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => clean.push(letter),
            other => clean.push_str(&format!("_{:x}_", u32::from(other))),
        }
    }
    clean
}
