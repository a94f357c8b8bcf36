//! What would leave of a request: every text of it looked at, masked as policy says, and put back where
//! it stood.

#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

use gatehouse_protocol::Role;
use serde::de::IgnoredAny;
use serde_json::{Deserializer, Map, Value};
use sha2::{Digest, Sha256};

use super::ClientRequest;
use crate::{
    accounts::ProviderKind,
    chat::{ChatError, pictures::clean},
    clients::Client,
    gate::{
        GateError,
        decide::{self, Decided, Form, NAMES_MADE_ONE, Piece},
        inspect::Inspection,
        mistakes::Overruled,
        route::CloudModel,
    },
    policy::Policy,
    providers::cloud::{CloudRequest, Message, Part, ToolChoice},
    safety::{distinct_object, mask, mask::Masks},
};

/// The most pictures of a request: each is unpacked and written anew.
const MOST_PICTURES: u32 = 100;
/// Unpacked, a picture can take half a gigabyte: it is done for one request at a time.
static UNPACKING: Mutex<()> = Mutex::new(());

/// Look at a request for a model elsewhere: what policy says of it, and the request as it would leave.
///
/// # Errors
/// [`GateError`] when it has something that cannot be looked at or masked: then it does not leave.
pub(super) fn decide(
    client: &Client,
    inspection: &Inspection,
    policy: &Policy,
    cloud: &CloudModel,
    request: &ClientRequest,
) -> Result<(Decided, CloudRequest), GateError> {
    match cloud.account.kind {
        ProviderKind::Ollama => ollama_can_be_told(request)?,
        ProviderKind::Anthropic => anthropic_can_be_told(request)?,
        ProviderKind::OpenAi | ProviderKind::Compatible => {}
    }
    if let ToolChoice::Named(name) = &request.tool_choice
        && !request.tools.iter().any(|tool| tool.name == *name)
    {
        // Nobody has looked at it: what is looked at are the names of the tools.
        return Err(GateError::OnlyHere("there is no such tool to call"));
    }
    let mut body = CloudRequest {
        model: cloud.model.clone(),
        system: request.system.clone(),
        messages: request.messages.clone(),
        tools: request.tools.clone(),
        tool_choice: request.tool_choice.clone(),
        parallel_calls: request.parallel_calls,
        schema: request.schema.clone(),
        sampling: request.sampling.clone(),
        max_tokens: None,
        effort: request.effort,
        thinks: request.thinks,
        keep_prompt: true,
        stream: true,
        prompt_tokens: 0,
        asked_output: None,
    };
    number_calls(&mut body.messages);
    clean_pictures(&mut body.messages)?;
    let mut said = Vec::new();
    each_text(&mut body, &mut |role, form, text| {
        said.push(Piece {
            role,
            form,
            text: text.clone(),
            pictures: Vec::new(),
        });
    })?;
    let destination = cloud.destination();
    let masks = Masks::new(mark(client));
    let mut decided = decide::decide(
        inspection,
        policy,
        destination,
        said,
        masks,
        &Overruled::default(),
    );
    if pictures(&body.messages) > 0 {
        decided.show_pictures(policy, destination);
    }
    let mut leaving = decided.texts.iter().map(|text| text.leaving.as_str());
    each_text(&mut body, &mut |_, _, text| {
        leaving
            .next()
            .expect("a text comes back because both times the same ones are read")
            .clone_into(text);
    })?;
    let names = request.tools.iter().map(|tool| tool.name.as_str());
    if !body.tools.iter().map(|tool| tool.name.as_str()).eq(names) {
        return Err(GateError::OnlyHere(
            "the name of a tool has something that policy masks: give the tool another name",
        ));
    }
    if decided.masked > 0 {
        if !body.system.is_empty() {
            body.system.push_str("\n\n");
        }
        body.system.push_str(mask::INSTRUCTION);
    }
    Ok((decided, body))
}

/// Ollama is given tools, and nothing about them.
///
/// # Errors
/// [`GateError::OnlyHere`] when there is more to say of them.
fn ollama_can_be_told(request: &ClientRequest) -> Result<(), GateError> {
    let untold = match request.tool_choice {
        ToolChoice::Required | ToolChoice::Named(_) => {
            "Ollama cannot be told that a tool must be called: leave tool_choice out"
        }
        ToolChoice::None => return Ok(()),
        ToolChoice::Auto if request.tools.iter().any(|tool| tool.strict) => {
            "Ollama does not hold what is called to a schema: leave strict out of the tools"
        }
        ToolChoice::Auto if !request.tools.is_empty() && request.parallel_calls == Some(false) => {
            "Ollama cannot be told to call one tool at a time: leave parallel_tool_calls, or disable_parallel_tool_use, out"
        }
        ToolChoice::Auto => return Ok(()),
    };
    Err(GateError::OnlyHere(untold))
}

/// Anthropic holds an answer to a schema that names every property, so to none that any object fits.
///
/// # Errors
/// [`GateError::OnlyHere`] when any object is wanted.
fn anthropic_can_be_told(request: &ClientRequest) -> Result<(), GateError> {
    if request
        .schema
        .as_ref()
        .is_some_and(|wanted| wanted.any_object)
    {
        return Err(GateError::OnlyHere(
            "Anthropic's models cannot be told to answer with any JSON object: give a json_schema in place of json_object",
        ));
    }
    Ok(())
}

/// Of a picture leaves what leaves of one in a chat: its pixels, and nothing that stood beside them.
///
/// # Errors
/// [`GateError::Chat`] when one cannot be unpacked, [`GateError::TooManyPictures`].
fn clean_pictures(messages: &mut [Message]) -> Result<(), GateError> {
    if pictures(messages) > MOST_PICTURES {
        return Err(GateError::TooManyPictures(MOST_PICTURES));
    }
    for message in messages {
        let Message::User(parts) = message else {
            continue;
        };
        for part in parts {
            if let Part::Image { media_type, bytes } = part {
                let _alone = UNPACKING.lock().unwrap_or_else(PoisonError::into_inner);
                let picture = clean(bytes).map_err(ChatError::from)?;
                picture.format().media_type().clone_into(media_type);
                *bytes = picture.into_content();
            }
        }
    }
    Ok(())
}

/// How many pictures messages have.
pub(super) fn pictures(messages: &[Message]) -> u32 {
    let parts = messages.iter().flat_map(|message| match message {
        Message::User(parts) => parts.as_slice(),
        _ => &[],
    });
    let shown = parts.filter(|part| matches!(part, Part::Image { .. }));
    u32::try_from(shown.count()).unwrap_or(u32::MAX)
}

/// The number of a client's placeholders. It follows from the client, so that a conversation that comes
/// again with one turn more reads the same up to there, and providers find it in their caches.
pub(super) fn mark(client: &Client) -> u32 {
    let hash = Sha256::digest(client.id.to_string().as_bytes());
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

/// What a client calls its calls does not leave: they are numbered.
fn number_calls(messages: &mut [Message]) {
    let mut known: Vec<String> = Vec::new();
    let mut number = |id: &mut String| {
        let at = known.iter().position(|other| other == id);
        let at = at.unwrap_or_else(|| {
            known.push(id.clone());
            known.len() - 1
        });
        *id = format!("call_{at}");
    };
    for message in messages {
        match message {
            Message::User(_) => {}
            Message::Assistant { tool_calls, .. } => {
                tool_calls.iter_mut().for_each(|call| number(&mut call.id));
            }
            Message::ToolResult { call, .. } => number(call),
        }
    }
}

/// Visit every text of a request in one order, and take back what the visitor makes of it.
///
/// # Errors
/// [`GateError`] when a name in JSON is lost.
fn each_text(
    body: &mut CloudRequest,
    visit: &mut dyn FnMut(Role, Form, &mut String),
) -> Result<(), GateError> {
    if !body.system.is_empty() {
        visit(Role::System, Form::Words, &mut body.system);
    }
    for tool in &mut body.tools {
        visit(Role::System, Form::Words, &mut tool.name);
        visit(Role::System, Form::Words, &mut tool.description);
        each_json(&mut tool.parameters, Role::System, visit)?;
    }
    if let Some(schema) = &mut body.schema {
        visit(Role::System, Form::Words, &mut schema.name);
        each_json(&mut schema.schema, Role::System, visit)?;
    }
    for text in &mut body.sampling.stop {
        visit(Role::System, Form::Words, text);
    }
    for message in &mut body.messages {
        match message {
            Message::User(parts) => {
                for part in parts {
                    if let Part::Text(text) = part {
                        visit(Role::User, Form::Words, text);
                    }
                }
            }
            Message::Assistant {
                text, tool_calls, ..
            } => {
                visit(Role::Assistant, Form::Words, text);
                for call in tool_calls {
                    visit(Role::Assistant, Form::Words, &mut call.name);
                    each_json(&mut call.arguments, Role::Assistant, visit)?;
                }
            }
            Message::ToolResult { content, .. } => {
                visit(Role::User, form_of_result(content), content);
            }
        }
    }
    Ok(())
}

/// Most results of tools are JSON, one value or one a line, whose escapes hide what they stand for.
fn form_of_result(content: &str) -> Form {
    let mut values = Deserializer::from_str(content).into_iter::<IgnoredAny>();
    match content.trim_start().starts_with(['{', '[']) && values.all(|value| value.is_ok()) {
        true => Form::Json,
        false => Form::Words,
    }
}

fn each_json(
    json: &mut Map<String, Value>,
    role: Role,
    visit: &mut dyn FnMut(Role, Form, &mut String),
) -> Result<(), GateError> {
    let mut text = Value::Object(std::mem::take(json)).to_string();
    visit(role, Form::Json, &mut text);
    *json = distinct_object(&text).ok_or(GateError::OnlyHere(NAMES_MADE_ONE))?;
    Ok(())
}
