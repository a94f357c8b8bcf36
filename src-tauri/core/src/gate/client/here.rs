//! A request for a model on this computer: tools and shapes of answers as what it can be held to.
//!
//! Few local models were trained to call tools, and each in a form of its own. So none is trusted with
//! one: the tools stand in the instructions, and a grammar holds what is written to one JSON object, either
//! a call of a tool with arguments of its schema, or an answer. That works with every model, at the price
//! that the text comes in one piece where there are tools.
//!
//! Programs write into the schemas of their tools what no grammar holds (`minimum` of a number, `not`…), and
//! have to look at what is called anyway: that is left out. Of a tool, as of the shape of an answer, it is
//! refused by name where its client says `strict`. As one call is all that is written, nobody has to be told
//! not to make several.

use gatehouse_protocol::{ChatMessage, Constraint, Role, Sampling};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{AnswerSchema, ClientRequest, Message, Part, Tool, ToolCall, ToolChoice, leave};
use crate::{
    gate::{GateError, call::Prompt},
    schema::{self, Rest, SchemaError, Together},
};

/// Whether a model on this computer can answer a request.
///
/// # Errors
/// [`GateError::OnlyHere`] and [`GateError::Schema`] when it has what none of them takes.
pub(super) fn can_answer(request: &ClientRequest) -> Result<(), GateError> {
    if leave::pictures(&request.messages) > 0 {
        return Err(GateError::OnlyHere(
            "a model on this computer cannot look at pictures",
        ));
    }
    prompt(request).map(drop)
}

/// Whether text may be passed on as it comes: not where it may turn out to be a call.
pub(super) fn streams(request: &ClientRequest) -> bool {
    callable(request).is_empty()
}

/// The tools that may be called.
fn callable(request: &ClientRequest) -> Vec<&Tool> {
    let tools = request.tools.iter();
    match &request.tool_choice {
        ToolChoice::None => Vec::new(),
        ToolChoice::Auto | ToolChoice::Required => tools.collect(),
        ToolChoice::Named(name) => tools.filter(|tool| tool.name == *name).collect(),
    }
}

/// What the model is asked.
///
/// # Errors
/// [`GateError`] when a tool is to be called that there is not, or nothing can be held to a schema.
pub(super) fn prompt(request: &ClientRequest) -> Result<Prompt, GateError> {
    let tools = callable(request);
    if tools.is_empty()
        && matches!(
            request.tool_choice,
            ToolChoice::Required | ToolChoice::Named(_)
        )
    {
        return Err(GateError::OnlyHere("there is no such tool to call"));
    }
    let mut system = request.system.clone();
    let shape = request.schema.as_ref();
    let constraint = if tools.is_empty() {
        shape
            .map(|shape| schema::held(&Value::Object(shape.schema.clone()), rest_of(shape.strict)))
            .transpose()?
    } else {
        if !system.is_empty() {
            system.push_str("\n\n");
        }
        system.push_str(&instructions(
            &tools,
            request.tool_choice == ToolChoice::Auto,
        ));
        Some(call_or_answer(&tools, &request.tool_choice, shape)?)
    };
    Ok(Prompt {
        system,
        turns: request.messages.iter().map(turn).collect(),
        sampling: sampling(&request.sampling, request.max_tokens),
        constraint: constraint.map(Constraint::JsonSchema),
        conversation: None,
    })
}

/// How a model on this computer chooses its tokens: as its client says, and else as is usual.
pub(super) fn sampling(asked: &super::Sampling, max_tokens: Option<u32>) -> Sampling {
    let usual = Sampling::default();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "settings of two digits; and of a seed any 32 bits do"
    )]
    Sampling {
        temperature: asked
            .temperature
            .map_or(usual.temperature, |value| value as f32),
        top_p: asked.top_p.map_or(usual.top_p, |value| value as f32),
        seed: asked.seed.map(|seed| seed as u32),
        stop: asked.stop.clone(),
        max_tokens,
        ..usual
    }
}

fn instructions(tools: &[&Tool], may_answer: bool) -> String {
    let mut text = "You can call these tools:\n".to_owned();
    for tool in tools {
        let described = json!({
            "tool": tool.name, "description": tool.description, "arguments": tool.parameters,
        });
        text.push_str(&described.to_string());
        text.push('\n');
    }
    text.push_str("To call one, write {\"tool\": its name, \"arguments\": {…}}.");
    if may_answer {
        text.push_str(" To answer without one, write {\"answer\": your answer}.");
    }
    text
}

/// What becomes of what an answer or a call cannot be held to.
fn rest_of(strict: bool) -> Rest {
    if strict { Rest::Refused } else { Rest::LeftOut }
}

/// The JSON Schema of a call of one of the tools, or (unless one must be called) of an answer. What the
/// schemas refer to inside themselves stands beside it, under names of its own.
///
/// # Errors
/// [`SchemaError`] when one of them cannot be used.
fn call_or_answer(
    tools: &[&Tool],
    choice: &ToolChoice,
    shape: Option<&AnswerSchema>,
) -> Result<Value, SchemaError> {
    let mut together = Together::default();
    let object = |properties: Value, required: Value| {
        json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": false,
        })
    };
    let mut forms = Vec::with_capacity(tools.len() + 1);
    for tool in tools {
        let arguments = together.add(&arguments(tool), rest_of(tool.strict))?;
        forms.push(object(
            json!({ "tool": { "const": tool.name }, "arguments": arguments }),
            json!(["tool", "arguments"]),
        ));
    }
    if *choice == ToolChoice::Auto {
        let answer = match shape {
            None => json!({ "type": "string" }),
            Some(shape) => {
                together.add(&Value::Object(shape.schema.clone()), rest_of(shape.strict))?
            }
        };
        forms.push(object(json!({ "answer": answer }), json!(["answer"])));
    }
    together.under(match forms.len() {
        1 => forms.remove(0),
        _ => json!({ "anyOf": forms }),
    })
}

/// The schema of a tool's arguments, which are an object whether or not it says so.
fn arguments(tool: &Tool) -> Value {
    let mut arguments = tool.parameters.clone();
    let says = ["type", "$ref", "anyOf", "oneOf", "allOf"];
    if !says.iter().any(|key| arguments.contains_key(*key)) {
        arguments.insert("type".to_owned(), "object".into());
    }
    Value::Object(arguments)
}

fn turn(message: &Message) -> ChatMessage {
    let (role, content) = match message {
        Message::User(parts) => (Role::User, words(parts)),
        Message::Assistant {
            text, tool_calls, ..
        } => {
            let calls = tool_calls
                .iter()
                .map(|call| json!({ "tool": call.name, "arguments": call.arguments }).to_string());
            let said = (!text.is_empty()).then(|| text.clone());
            let all: Vec<String> = said.into_iter().chain(calls).collect();
            (Role::Assistant, all.join("\n"))
        }
        Message::ToolResult {
            content, failed, ..
        } => {
            let said = if *failed {
                "The tool has failed"
            } else {
                "The tool says"
            };
            (Role::User, format!("{said}: {content}"))
        }
    };
    ChatMessage { role, content }
}

fn words(parts: &[Part]) -> String {
    let texts: Vec<&str> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Image { .. } => None,
        })
        .collect();
    texts.join("\n\n")
}

/// What a model on this computer wrote: its words, and what it calls. Of an answer that was cut off before
/// its end the words are kept; a call is none before it is whole.
pub(super) fn heard(request: &ClientRequest, written: String) -> (String, Vec<ToolCall>) {
    if streams(request) {
        return (written, Vec::new());
    }
    let Ok(Value::Object(mut said)) = serde_json::from_str::<Value>(&written) else {
        return (beginning(&written).unwrap_or_default(), Vec::new());
    };
    match (
        said.remove("tool"),
        said.remove("arguments"),
        said.remove("answer"),
    ) {
        (Some(Value::String(name)), Some(Value::Object(arguments)), _) => {
            let id = format!("call_{}", Uuid::new_v4().simple());
            (
                String::new(),
                vec![ToolCall {
                    id,
                    name,
                    arguments,
                }],
            )
        }
        (_, _, Some(Value::String(text))) => (text, Vec::new()),
        (_, _, Some(shaped)) => (shaped.to_string(), Vec::new()),
        _ => (String::new(), Vec::new()),
    }
}

/// The words of an answer that was cut off; `None`: it was to be a call, or nothing of it came. One that
/// was to have a shape is kept as it was written.
fn beginning(written: &str) -> Option<String> {
    let after = |text: &str, mark: &str| text.trim_start().strip_prefix(mark).map(str::to_owned);
    let rest = after(&after(&after(written, "{")?, "\"answer\"")?, ":")?;
    let rest = rest.trim_start();
    if !rest.starts_with('"') {
        return Some(rest.to_owned());
    }
    let mut whole = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    if let Some(Ok(text)) = whole.next() {
        return Some(text);
    }
    // The cut may be within what stands for one letter, such as \n or \u00e9.
    let ends = rest
        .char_indices()
        .map(|(at, letter)| at + letter.len_utf8());
    ends.rev()
        .take(LONGEST_ESCAPE)
        .find_map(|end| serde_json::from_str(&format!("{}\"", &rest[..end])).ok())
}

/// Letters of JSON that stand for one: two times `\u` and four digits.
const LONGEST_ESCAPE: usize = 12;
