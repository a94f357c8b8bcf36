//! A request of Chat Completions: what is taken of it, and what is refused rather than passed over.
//!
//! What would change the answer and cannot be done is refused by name. What only concerns the bills and
//! statistics of OpenAI (`user`, `metadata`, `store`, `service_tier`…) is not read.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatehouse_core::gate::client::{
    AnswerSchema, ClientRequest, Effort, Message, Part, Sampling, Tool, ToolCall, ToolChoice,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::fault::Fault;

/// The body of a request.
#[derive(Debug, Deserialize)]
pub(crate) struct ChatBody {
    model: String,
    messages: Vec<Said>,
    pub(crate) stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    tools: Option<Vec<ToolForm>>,
    tool_choice: Option<Value>,
    parallel_tool_calls: Option<bool>,
    response_format: Option<ResponseFormat>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    seed: Option<i64>,
    stop: Option<Stops>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    reasoning_effort: Option<String>,
    #[serde(flatten)]
    others: Others,
}

/// What is there to be refused.
#[derive(Debug, Deserialize)]
struct Others {
    n: Option<u32>,
    frequency_penalty: Option<f64>,
    presence_penalty: Option<f64>,
    logprobs: Option<bool>,
    logit_bias: Option<Map<String, Value>>,
    functions: Option<Value>,
    function_call: Option<Value>,
    audio: Option<Value>,
    modalities: Option<Vec<String>>,
    prediction: Option<Value>,
    web_search_options: Option<Value>,
    verbosity: Option<String>,
    moderation: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StreamOptions {
    include_usage: Option<bool>,
}

impl StreamOptions {
    /// Whether a stream is to end with what was used.
    pub(super) fn want_usage(options: Option<&Self>) -> bool {
        options
            .and_then(|options| options.include_usage)
            .unwrap_or(false)
    }
}

/// Texts that end an answer.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Stops {
    One(String),
    Several(Vec<String>),
}

impl Stops {
    pub(super) fn all(self) -> Vec<String> {
        match self {
            Self::One(stop) => vec![stop],
            Self::Several(stops) => stops,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ToolForm {
    Function { function: Function },
}

#[derive(Debug, Deserialize)]
struct Function {
    name: String,
    description: Option<String>,
    parameters: Option<Map<String, Value>>,
    strict: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResponseFormat {
    Text,
    JsonObject,
    JsonSchema { json_schema: Shape },
}

#[derive(Debug, Deserialize)]
struct Shape {
    name: String,
    schema: Option<Map<String, Value>>,
    strict: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
enum Said {
    #[serde(alias = "developer")]
    System {
        content: Content,
    },
    User {
        content: Content,
    },
    Assistant {
        content: Option<Content>,
        tool_calls: Option<Vec<Called>>,
    },
    Tool {
        tool_call_id: String,
        content: Content,
    },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<PartForm>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum PartForm {
    Text { text: String },
    ImageUrl { image_url: ImageUrl },
    Refusal { refusal: String },
}

#[derive(Debug, Deserialize)]
struct ImageUrl {
    url: String,
}

#[derive(Debug, Deserialize)]
struct Called {
    id: String,
    function: CalledFunction,
}

#[derive(Debug, Deserialize)]
struct CalledFunction {
    name: String,
    arguments: String,
}

impl ChatBody {
    /// Whether a stream is to end with what was used.
    pub(crate) fn wants_usage(&self) -> bool {
        StreamOptions::want_usage(self.stream_options.as_ref())
    }

    /// What the gate is asked.
    ///
    /// # Errors
    /// [`Fault`] that names the field which cannot be used.
    pub(crate) fn request(self) -> Result<ClientRequest, Fault> {
        self.others.refuse()?;
        let (system, messages) = conversation(self.messages)?;
        let sampling = Sampling {
            temperature: within("temperature", self.temperature, 2.0)?,
            top_p: within("top_p", self.top_p, 1.0)?,
            seed: self.seed,
            stop: self.stop.map(Stops::all).unwrap_or_default(),
        };
        let tools = self.tools.unwrap_or_default();
        Ok(ClientRequest {
            model: self.model,
            system,
            messages,
            tools: tools.into_iter().map(tool).collect(),
            tool_choice: self
                .tool_choice
                .as_ref()
                .map_or(Ok(ToolChoice::Auto), choice)?,
            parallel_calls: self.parallel_tool_calls,
            schema: self.response_format.and_then(schema),
            sampling,
            max_tokens: self.max_completion_tokens.or(self.max_tokens),
            thinks: self.reasoning_effort.is_some(),
            effort: self.reasoning_effort.as_deref().map(effort).transpose()?,
            is_begun: false,
        })
    }
}

impl Others {
    fn refuse(&self) -> Result<(), Fault> {
        let unwanted = [
            ("n", " above 1", self.n.is_some_and(|n| n != 1)),
            (
                "frequency_penalty",
                "",
                self.frequency_penalty.is_some_and(|value| value != 0.0),
            ),
            (
                "presence_penalty",
                "",
                self.presence_penalty.is_some_and(|value| value != 0.0),
            ),
            ("logprobs", "", self.logprobs.unwrap_or(false)),
            (
                "logit_bias",
                "",
                self.logit_bias
                    .as_ref()
                    .is_some_and(|bias| !bias.is_empty()),
            ),
            (
                "functions",
                " (use tools)",
                is_there(self.functions.as_ref()),
            ),
            (
                "function_call",
                " (use tool_choice)",
                is_there(self.function_call.as_ref()),
            ),
            ("audio", "", is_there(self.audio.as_ref())),
            (
                "modalities",
                " other than text",
                self.modalities.iter().flatten().any(|kind| kind != "text"),
            ),
            ("prediction", "", is_there(self.prediction.as_ref())),
            (
                "web_search_options",
                "",
                is_there(self.web_search_options.as_ref()),
            ),
            (
                "verbosity",
                " other than medium",
                self.verbosity.as_ref().is_some_and(|how| how != "medium"),
            ),
            (
                "moderation",
                " (ask /v1/moderations)",
                is_there(self.moderation.as_ref()),
            ),
        ];
        match unwanted.iter().find(|(_, _, there)| *there) {
            Some((field, more, _)) => Err(Fault::unsupported(field, more)),
            None => Ok(()),
        }
    }
}

fn is_there(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !value.is_null())
}

/// A setting from 0 to a limit.
pub(crate) fn within(name: &str, value: Option<f64>, most: f64) -> Result<Option<f64>, Fault> {
    match value {
        Some(value) if !(0.0..=most).contains(&value) => Err(Fault::field(
            name,
            format!("{name} is between 0 and {most}, not {value}"),
        )),
        value => Ok(value),
    }
}

/// All instructions, wherever they stand, and the conversation without them.
fn conversation(said: Vec<Said>) -> Result<(String, Vec<Message>), Fault> {
    let mut system = Vec::new();
    let mut messages = Vec::with_capacity(said.len());
    for said in said {
        match said {
            Said::System { content } => system.push(content.text()?),
            Said::User { content } => messages.push(Message::User(content.parts()?)),
            Said::Assistant {
                content,
                tool_calls,
            } => messages.push(Message::Assistant {
                thinking: Vec::new(),
                text: content.map(Content::text).transpose()?.unwrap_or_default(),
                tool_calls: tool_calls
                    .unwrap_or_default()
                    .into_iter()
                    .map(called)
                    .collect::<Result<_, _>>()?,
            }),
            Said::Tool {
                tool_call_id,
                content,
            } => messages.push(Message::ToolResult {
                call: tool_call_id,
                content: content.text()?,
                failed: false,
            }),
        }
    }
    if messages.is_empty() {
        return Err(Fault::field("messages", "there is no message to answer"));
    }
    Ok((system.join("\n\n"), messages))
}

impl Content {
    fn text(self) -> Result<String, Fault> {
        let parts = match self {
            Self::Text(text) => return Ok(text),
            Self::Parts(parts) => parts,
        };
        let texts = parts.into_iter().map(|part| match part {
            PartForm::Text { text } => Ok(text),
            PartForm::Refusal { refusal } => Ok(refusal),
            PartForm::ImageUrl { .. } => Err(Fault::field(
                "messages",
                "only the user's messages have pictures",
            )),
        });
        Ok(texts.collect::<Result<Vec<_>, _>>()?.join("\n\n"))
    }

    fn parts(self) -> Result<Vec<Part>, Fault> {
        let parts = match self {
            Self::Text(text) => return Ok(vec![Part::Text(text)]),
            Self::Parts(parts) => parts,
        };
        let part = |part| match part {
            PartForm::Text { text } => Ok(Part::Text(text)),
            PartForm::Refusal { refusal } => Ok(Part::Text(refusal)),
            PartForm::ImageUrl { image_url } => picture(&image_url.url),
        };
        parts.into_iter().map(part).collect()
    }
}

/// A picture that comes along. One that lies elsewhere is not fetched: that would be a connection that
/// nobody asked for.
fn picture(url: &str) -> Result<Part, Fault> {
    let bad = || {
        let said = "a picture comes along as data:image/png;base64,… (or jpeg, webp, gif): none is fetched";
        Fault::field("messages", said)
    };
    let (media_type, data) = url
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(";base64,"))
        .ok_or_else(bad)?;
    image(media_type, data).ok_or_else(bad)
}

/// A picture of one of the kinds that all providers take, from base64.
pub(crate) fn image(media_type: &str, data: &str) -> Option<Part> {
    let known = ["image/png", "image/jpeg", "image/webp", "image/gif"].contains(&media_type);
    let bytes = STANDARD.decode(data).ok().filter(|_| known)?;
    Some(Part::Image {
        media_type: media_type.to_owned(),
        bytes,
    })
}

fn called(called: Called) -> Result<ToolCall, Fault> {
    let CalledFunction { name, arguments } = called.function;
    let read = if arguments.trim().is_empty() {
        Ok(Map::new())
    } else {
        serde_json::from_str(&arguments)
    };
    Ok(ToolCall {
        id: called.id,
        name,
        arguments: read.map_err(|_| {
            Fault::field(
                "messages",
                "the arguments of a tool call are no JSON object",
            )
        })?,
    })
}

fn tool(tool: ToolForm) -> Tool {
    let ToolForm::Function { function } = tool;
    Tool {
        name: function.name,
        description: function.description.unwrap_or_default(),
        parameters: function.parameters.unwrap_or_default(),
        strict: function.strict.unwrap_or(false),
    }
}

fn choice(choice: &Value) -> Result<ToolChoice, Fault> {
    Ok(match choice.as_str() {
        Some("auto") => ToolChoice::Auto,
        Some("none") => ToolChoice::None,
        Some("required") => ToolChoice::Required,
        _ if choice.is_null() => ToolChoice::Auto,
        _ => match choice["function"]["name"].as_str() {
            Some(name) => ToolChoice::Named(name.to_owned()),
            None => {
                let said = "tool_choice is auto, none, required or a function by its name";
                return Err(Fault::field("tool_choice", said));
            }
        },
    })
}

fn schema(format: ResponseFormat) -> Option<AnswerSchema> {
    match format {
        ResponseFormat::Text => None,
        ResponseFormat::JsonObject => Some(AnswerSchema {
            name: "object".into(),
            schema: object(),
            strict: false,
            any_object: true,
        }),
        ResponseFormat::JsonSchema { json_schema } => Some(AnswerSchema {
            name: json_schema.name,
            schema: json_schema.schema.unwrap_or_else(object),
            strict: json_schema.strict.unwrap_or(false),
            any_object: false,
        }),
    }
}

fn object() -> Map<String, Value> {
    let any = json!({ "type": "object" });
    any.as_object().cloned().unwrap_or_default()
}

fn effort(effort: &str) -> Result<Effort, Fault> {
    match effort {
        "low" | "minimal" => Ok(Effort::Low),
        "medium" => Ok(Effort::Medium),
        "high" => Ok(Effort::High),
        _ => Err(Fault::field(
            "reasoning_effort",
            "reasoning_effort is low, medium or high",
        )),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fault::Dialect;

    fn read(body: Value) -> Result<ClientRequest, Fault> {
        serde_json::from_value::<ChatBody>(body).unwrap().request()
    }

    #[test]
    fn what_would_change_the_answer_and_cannot_be_done_is_refused_by_name() {
        for (name, value) in [
            ("n", json!(2)),
            ("frequency_penalty", json!(0.5)),
            ("logprobs", json!(true)),
            ("functions", json!([])),
            ("modalities", json!(["text", "audio"])),
            ("web_search_options", json!({})),
            ("verbosity", json!("low")),
            ("moderation", json!({ "model": "omni-moderation-latest" })),
        ] {
            let mut body =
                json!({ "model": "m", "messages": [{ "role": "user", "content": "Hi" }] });
            body[name] = value;
            let fault = read(body).unwrap_err();
            assert_eq!(fault.status, 400);
            assert!(fault.message.contains(name), "{}", fault.message);
            let param = &fault.body(Dialect::OpenAi)["error"]["param"];
            assert_eq!(*param, name, "the name of the field, and nothing else");
        }
    }

    #[test]
    fn a_conversation_with_tools_is_read_whole() {
        let request = read(json!({
            "model": "m",
            "messages": [
                { "role": "developer", "content": "Be brief." },
                { "role": "user", "content": [{ "type": "text", "text": "Weather?" }] },
                { "role": "assistant", "content": null, "tool_calls": [
                    { "id": "a", "type": "function", "function": { "name": "weather", "arguments": "{\"place\":\"Bern\"}" } },
                ] },
                { "role": "tool", "tool_call_id": "a", "content": "rain" },
            ],
            "tools": [
                { "type": "function", "function": { "name": "weather", "strict": true } },
                { "type": "function", "function": { "name": "time" } },
            ],
            "parallel_tool_calls": false,
            "tool_choice": { "type": "function", "function": { "name": "weather" } },
            "stop": "x",
            "max_completion_tokens": 5,
        }))
        .unwrap();
        assert_eq!(request.system, "Be brief.");
        assert_eq!(request.messages.len(), 3);
        assert_eq!(request.tool_choice, ToolChoice::Named("weather".into()));
        let strict: Vec<bool> = request.tools.iter().map(|tool| tool.strict).collect();
        assert_eq!(
            (strict, request.parallel_calls),
            (vec![true, false], Some(false))
        );
        assert_eq!(
            (request.max_tokens, request.sampling.stop),
            (Some(5), vec!["x".to_owned()])
        );
    }

    #[test]
    fn a_picture_that_lies_elsewhere_is_not_fetched() {
        let with = |url: &str| {
            let part = json!({ "type": "image_url", "image_url": { "url": url } });
            read(json!({ "model": "m", "messages": [{ "role": "user", "content": [part] }] }))
        };
        assert!(with("https://evil.example/x.png").is_err());
        assert!(with("data:image/svg+xml;base64,AAAA").is_err());
        assert!(with("data:image/png;base64,AAAA").is_ok());
    }

    proptest! {
        #[test]
        fn no_document_makes_it_panic(text in "\\PC{0,200}") {
            if let Ok(body) = serde_json::from_str::<ChatBody>(&text) {
                let _ = body.request();
            }
        }

        #[test]
        fn words_come_through_as_they_are(said in "\\PC{0,80}") {
            let body = json!({ "model": "m", "messages": [{ "role": "user", "content": said }] });
            let request = read(body).unwrap();
            prop_assert!(matches!(&request.messages[0], Message::User(parts)
                if matches!(&parts[0], Part::Text(text) if *text == said)));
        }
    }
}
