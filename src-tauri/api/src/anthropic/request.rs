//! A request of Messages: what is taken of it, and what is refused rather than passed over.

use gatehouse_core::gate::client::{
    AnswerSchema, ClientRequest, Effort, Message, Part, Sampling, Tool, ToolCall, ToolChoice,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    fault::Fault,
    openai::{image, within},
};

/// The body of a request.
#[derive(Debug, Deserialize)]
pub(super) struct MessagesBody {
    model: String,
    messages: Vec<Turn>,
    system: Option<Words>,
    max_tokens: Option<u32>,
    pub(super) stream: Option<bool>,
    tools: Option<Vec<ToolForm>>,
    tool_choice: Option<Choice>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<Value>,
    stop_sequences: Option<Vec<String>>,
    thinking: Option<ThinkingForm>,
    output_config: Option<OutputConfig>,
    mcp_servers: Option<Vec<Value>>,
    container: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Turn {
    role: Speaker,
    content: Blocks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Speaker {
    User,
    Assistant,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Words {
    Text(String),
    Parts(Vec<TextBlock>),
}

#[derive(Debug, Deserialize)]
struct TextBlock {
    text: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Blocks {
    Text(String),
    Several(Vec<Block>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        text: String,
    },
    Image {
        source: Source,
    },
    ToolUse {
        id: String,
        name: String,
        input: Map<String, Value>,
    },
    ToolResult {
        tool_use_id: String,
        content: Option<Blocks>,
        is_error: Option<bool>,
    },
    /// What a model thought before is not asked for, and so not wanted back.
    Thinking {},
    RedactedThinking {},
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source {
    Base64 { media_type: String, data: String },
    Url {},
    File {},
}

#[derive(Debug, Deserialize)]
struct ToolForm {
    name: String,
    description: Option<String>,
    input_schema: Option<Map<String, Value>>,
    strict: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(flatten)]
    which: Which,
    disable_parallel_tool_use: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Which {
    Auto {},
    Any {},
    None {},
    Tool { name: String },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ThinkingForm {
    Disabled {},
    Adaptive {},
    Enabled {},
}

#[derive(Debug, Deserialize)]
struct OutputConfig {
    effort: Option<String>,
    format: Option<Format>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Format {
    JsonSchema { schema: Map<String, Value> },
}

impl MessagesBody {
    /// What the gate is asked; `answers`: whether an answer is wanted, which needs a limit.
    ///
    /// # Errors
    /// [`Fault`] that names the field which cannot be used.
    pub(super) fn request(self, answers: bool) -> Result<ClientRequest, Fault> {
        self.refuse()?;
        if answers && self.max_tokens.is_none_or(|most| most == 0) {
            return Err(Fault::field(
                "max_tokens",
                "max_tokens is needed, and at least 1",
            ));
        }
        let is_begun = self
            .messages
            .last()
            .is_some_and(|turn| turn.role == Speaker::Assistant);
        let mut messages = Vec::with_capacity(self.messages.len());
        for turn in self.messages {
            turn.into_messages(&mut messages)?;
        }
        if messages.is_empty() {
            return Err(Fault::field("messages", "there is no message to answer"));
        }
        let (effort, format) = match self.output_config {
            Some(OutputConfig { effort, format }) => (effort, format),
            None => (None, None),
        };
        let choice = self.tool_choice;
        Ok(ClientRequest {
            model: self.model,
            system: self.system.map(Words::text).unwrap_or_default(),
            messages,
            tools: self
                .tools
                .unwrap_or_default()
                .into_iter()
                .map(tool)
                .collect::<Result<_, _>>()?,
            parallel_calls: choice.as_ref().and_then(|choice| {
                let disabled = choice.disable_parallel_tool_use?;
                Some(!disabled)
            }),
            tool_choice: match choice.map(|choice| choice.which) {
                None | Some(Which::Auto {}) => ToolChoice::Auto,
                Some(Which::Any {}) => ToolChoice::Required,
                Some(Which::None {}) => ToolChoice::None,
                Some(Which::Tool { name }) => ToolChoice::Named(name),
            },
            schema: format.map(|Format::JsonSchema { schema }| AnswerSchema {
                name: "answer".into(),
                schema,
                strict: false,
                any_object: false,
            }),
            sampling: Sampling {
                temperature: within("temperature", self.temperature, 1.0)?,
                top_p: within("top_p", self.top_p, 1.0)?,
                seed: None,
                stop: self.stop_sequences.unwrap_or_default(),
            },
            max_tokens: self.max_tokens,
            effort: effort.as_deref().map(how_much).transpose()?,
            // Here it is asked for with `thinking`, which is refused.
            thinks: false,
            is_begun,
        })
    }

    fn refuse(&self) -> Result<(), Fault> {
        let thinks = matches!(
            self.thinking,
            Some(ThinkingForm::Enabled {} | ThinkingForm::Adaptive {})
        );
        let unwanted = [
            (
                "top_k",
                "",
                self.top_k.as_ref().is_some_and(|value| !value.is_null()),
            ),
            ("thinking", " (leave it out, or say disabled)", thinks),
            (
                "mcp_servers",
                "",
                self.mcp_servers.as_ref().is_some_and(|all| !all.is_empty()),
            ),
            (
                "container",
                "",
                self.container
                    .as_ref()
                    .is_some_and(|value| !value.is_null()),
            ),
        ];
        match unwanted.iter().find(|(_, _, there)| *there) {
            Some((field, more, _)) => Err(Fault::unsupported(field, more)),
            None => Ok(()),
        }
    }
}

impl Words {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Parts(parts) => {
                let texts: Vec<String> = parts.into_iter().map(|part| part.text).collect();
                texts.join("\n\n")
            }
        }
    }
}

impl Turn {
    fn into_messages(self, messages: &mut Vec<Message>) -> Result<(), Fault> {
        let blocks = match self.content {
            Blocks::Text(text) => vec![Block::Text { text }],
            Blocks::Several(blocks) => blocks,
        };
        match self.role {
            Speaker::User => of_user(blocks, messages),
            Speaker::Assistant => {
                messages.push(of_assistant(blocks)?);
                Ok(())
            }
        }
    }
}

/// Results of tools first, as they answer the turn before, then the person's words.
fn of_user(blocks: Vec<Block>, messages: &mut Vec<Message>) -> Result<(), Fault> {
    let mut parts = Vec::new();
    for block in blocks {
        match block {
            Block::Text { text } => parts.push(Part::Text(text)),
            Block::Image { source } => parts.push(picture(&source)?),
            Block::ToolResult {
                tool_use_id,
                content,
                is_error,
            } => messages.push(Message::ToolResult {
                call: tool_use_id,
                content: content.map(result).transpose()?.unwrap_or_default(),
                failed: is_error.unwrap_or(false),
            }),
            _ => {
                return Err(Fault::field(
                    "messages",
                    "a user's turn has text, images and tool results",
                ));
            }
        }
    }
    if !parts.is_empty() {
        messages.push(Message::User(parts));
    }
    Ok(())
}

fn result(content: Blocks) -> Result<String, Fault> {
    let blocks = match content {
        Blocks::Text(text) => return Ok(text),
        Blocks::Several(blocks) => blocks,
    };
    let texts = blocks.into_iter().map(|block| match block {
        Block::Text { text } => Ok(text),
        _ => Err(Fault::field("messages", "the result of a tool is text")),
    });
    Ok(texts.collect::<Result<Vec<_>, _>>()?.join("\n\n"))
}

fn of_assistant(blocks: Vec<Block>) -> Result<Message, Fault> {
    let (mut texts, mut tool_calls) = (Vec::new(), Vec::new());
    for block in blocks {
        match block {
            Block::Text { text } => texts.push(text),
            Block::ToolUse { id, name, input } => tool_calls.push(ToolCall {
                id,
                name,
                arguments: input,
            }),
            Block::Thinking {} | Block::RedactedThinking {} => {}
            _ => {
                return Err(Fault::field(
                    "messages",
                    "an assistant's turn has text and tool uses",
                ));
            }
        }
    }
    Ok(Message::Assistant {
        thinking: Vec::new(),
        text: texts.join(""),
        tool_calls,
    })
}

fn picture(source: &Source) -> Result<Part, Fault> {
    let bad = || {
        let said = "an image comes along as base64 (png, jpeg, webp or gif): none is fetched";
        Fault::field("messages", said)
    };
    match source {
        Source::Base64 { media_type, data } => image(media_type, data).ok_or_else(bad),
        Source::Url {} | Source::File {} => Err(bad()),
    }
}

fn tool(tool: ToolForm) -> Result<Tool, Fault> {
    let Some(parameters) = tool.input_schema else {
        return Err(Fault::unsupported(
            "tools",
            ": one that Anthropic runs itself",
        ));
    };
    Ok(Tool {
        name: tool.name,
        description: tool.description.unwrap_or_default(),
        parameters,
        strict: tool.strict.unwrap_or(false),
    })
}

fn how_much(effort: &str) -> Result<Effort, Fault> {
    match effort {
        "low" => Ok(Effort::Low),
        "medium" => Ok(Effort::Medium),
        "high" => Ok(Effort::High),
        _ => Err(Fault::field(
            "output_config",
            "effort is low, medium or high",
        )),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> Result<ClientRequest, Fault> {
        serde_json::from_value::<MessagesBody>(body)
            .unwrap()
            .request(true)
    }

    #[test]
    fn a_conversation_with_tools_is_read_whole() {
        let request = read(json!({
            "model": "m", "max_tokens": 10,
            "system": [{ "type": "text", "text": "Be brief.", "cache_control": { "type": "ephemeral" } }],
            "messages": [
                { "role": "user", "content": "Weather?" },
                { "role": "assistant", "content": [
                    { "type": "thinking", "thinking": "Hm.", "signature": "c2ln" },
                    { "type": "tool_use", "id": "a", "name": "weather", "input": { "place": "Bern" } },
                ] },
                { "role": "user", "content": [
                    { "type": "tool_result", "tool_use_id": "a", "content": [{ "type": "text", "text": "rain" }] },
                    { "type": "text", "text": "And now?" },
                ] },
            ],
            "tools": [{ "name": "weather", "input_schema": { "type": "object" }, "strict": true }],
            "tool_choice": { "type": "any", "disable_parallel_tool_use": true },
        }))
        .unwrap();
        assert_eq!(request.system, "Be brief.");
        assert_eq!(
            request.messages.len(),
            4,
            "a result is a message of its own"
        );
        assert_eq!(request.tool_choice, ToolChoice::Required);
        assert_eq!(
            (request.tools[0].strict, request.parallel_calls),
            (true, Some(false))
        );
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name() {
        for (name, value) in [
            ("top_k", json!(5)),
            (
                "thinking",
                json!({ "type": "enabled", "budget_tokens": 1024 }),
            ),
            ("mcp_servers", json!([{}])),
        ] {
            let messages = json!([{ "role": "user", "content": "Hi" }]);
            let mut body = json!({ "model": "m", "max_tokens": 1, "messages": messages });
            body[name] = value;
            let fault = read(body).unwrap_err();
            assert!(fault.message.contains(name), "{}", fault.message);
        }
    }

    proptest! {
        #[test]
        fn no_document_makes_it_panic(text in "\\PC{0,200}") {
            if let Ok(body) = serde_json::from_str::<MessagesBody>(&text) {
                let _ = body.request(true);
            }
        }
    }
}
