//! A request for a model on this computer: tools and shapes of answers as what it can be held to.
//!
//! Few local models were trained to call tools, and each in a form of its own. So none is trusted with
//! one: the tools stand in the instructions, and a grammar holds what is written to one JSON object, either
//! a call of a tool with arguments of its schema, or an answer. That works with every model, at the price
//! that the text comes in one piece where there are tools.

use gatehouse_protocol::{ChatMessage, Constraint, Role, Sampling};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{ClientRequest, Message, Part, Tool, ToolCall, ToolChoice, leave};
use crate::gate::{GateError, call::Prompt};

/// Whether a model on this computer can answer a request.
///
/// # Errors
/// [`GateError::OnlyHere`] when it has what none of them takes.
pub(super) fn can_answer(request: &ClientRequest) -> Result<(), GateError> {
    if leave::pictures(&request.messages) > 0 {
        return Err(GateError::OnlyHere(
            "a model on this computer cannot look at pictures",
        ));
    }
    Ok(())
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
/// [`GateError`] when a tool is to be called that there is not.
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
    let shape = request.schema.as_ref().map(|wanted| wanted.schema.clone());
    let constraint = if tools.is_empty() {
        shape.map(Value::Object)
    } else {
        if !system.is_empty() {
            system.push_str("\n\n");
        }
        system.push_str(&instructions(
            &tools,
            request.tool_choice == ToolChoice::Auto,
        ));
        Some(call_or_answer(&tools, &request.tool_choice, shape))
    };
    Ok(Prompt {
        system,
        turns: request.messages.iter().map(turn).collect(),
        sampling: sampling(request),
        constraint: constraint.map(Constraint::JsonSchema),
        conversation: None,
    })
}

fn sampling(request: &ClientRequest) -> Sampling {
    let usual = Sampling::default();
    let asked = &request.sampling;
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
        max_tokens: request.max_tokens,
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

/// The JSON Schema of a call of one of the tools, or (unless one must be called) of an answer.
fn call_or_answer(
    tools: &[&Tool],
    choice: &ToolChoice,
    shape: Option<Map<String, Value>>,
) -> Value {
    let object = |properties: Value, required: Value| {
        json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": false,
        })
    };
    let call = |tool: &&Tool| {
        let mut arguments = tool.parameters.clone();
        arguments.entry("type").or_insert_with(|| "object".into());
        object(
            json!({ "tool": { "const": tool.name }, "arguments": arguments }),
            json!(["tool", "arguments"]),
        )
    };
    let mut forms: Vec<Value> = tools.iter().map(call).collect();
    if *choice == ToolChoice::Auto {
        let answer = shape.map_or_else(|| json!({ "type": "string" }), Value::Object);
        forms.push(object(json!({ "answer": answer }), json!(["answer"])));
    }
    match forms.len() {
        1 => forms.remove(0),
        _ => json!({ "anyOf": forms }),
    }
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

/// What a model on this computer wrote: its words, and what it calls. What was cut off before its end is
/// neither, where it could have been a call.
pub(super) fn heard(request: &ClientRequest, written: String) -> (String, Vec<ToolCall>) {
    if streams(request) {
        return (written, Vec::new());
    }
    let Ok(Value::Object(mut said)) = serde_json::from_str::<Value>(&written) else {
        return (String::new(), Vec::new());
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
