//! What is sent to a server that speaks OpenAI's language.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::providers::{
    cloud::{
        AnswerSchema, CloudRequest, EmbedRequest, Message, ModerationRequest, Part, Tool, ToolCall,
        ToolChoice,
    },
    compatible::Dialect,
};

/// The body of Chat Completions.
pub(super) fn body(request: &CloudRequest, dialect: &Dialect) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), request.model.as_str().into());
    body.insert("messages".into(), messages(request).into());
    if request.stream {
        body.insert("stream".into(), true.into());
        if dialect.asks_for_usage() {
            body.insert("stream_options".into(), json!({ "include_usage": true }));
        }
    }
    if !request.tools.is_empty() {
        body.insert("tools".into(), tools(request).into());
        if let Some(choice) = tool_choice(&request.tool_choice) {
            body.insert("tool_choice".into(), choice);
        }
        let parallel = request.parallel_calls;
        if let Some(parallel) = parallel.filter(|_| dialect.takes_one_call_at_a_time()) {
            body.insert("parallel_tool_calls".into(), parallel.into());
        }
    }
    if let Some(wanted) = &request.schema {
        body.insert("response_format".into(), response_format(wanted, dialect));
    }
    let sampling = &request.sampling;
    if let Some(temperature) = sampling.temperature {
        body.insert("temperature".into(), temperature.into());
    }
    if let Some(top_p) = sampling.top_p {
        body.insert("top_p".into(), top_p.into());
    }
    if let Some(seed) = sampling.seed {
        body.insert(dialect.seed_field().into(), seed.into());
    }
    if !sampling.stop.is_empty() {
        body.insert("stop".into(), json!(sampling.stop));
    }
    if let Some(most) = request.max_tokens {
        body.insert(dialect.max_tokens_field().into(), most.into());
    }
    if let Some((field, effort)) = request.effort.and_then(|effort| dialect.effort(effort)) {
        body.insert(field.into(), effort);
    }
    Value::Object(body)
}

fn messages(request: &CloudRequest) -> Vec<Value> {
    let mut ids = Ids::default();
    let mut messages = Vec::with_capacity(request.messages.len() + 1);
    if !request.system.is_empty() {
        messages.push(json!({ "role": "system", "content": request.system }));
    }
    messages.extend(request.messages.iter().map(|message| match message {
        Message::User(parts) => json!({ "role": "user", "content": content(parts) }),
        Message::Assistant {
            text, tool_calls, ..
        } => assistant(text, tool_calls, &mut ids),
        Message::ToolResult { call, content, .. } => {
            json!({ "role": "tool", "tool_call_id": ids.of(call), "content": content })
        }
    }));
    messages
}

/// A text alone is sent as a text, which more servers understand than a list.
fn content(parts: &[Part]) -> Value {
    match parts {
        [] => return "".into(),
        [Part::Text(text)] => return text.as_str().into(),
        _ => {}
    }
    let part = |part: &Part| match part {
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Image { media_type, bytes } => {
            let url = format!("data:{media_type};base64,{}", STANDARD.encode(bytes));
            json!({ "type": "image_url", "image_url": { "url": url } })
        }
    };
    parts.iter().map(part).collect()
}

fn assistant<'a>(text: &str, tool_calls: &'a [ToolCall], ids: &mut Ids<'a>) -> Value {
    let mut message = Map::new();
    message.insert("role".into(), "assistant".into());
    message.insert(
        "content".into(),
        match text {
            "" if !tool_calls.is_empty() => Value::Null,
            text => text.into(),
        },
    );
    if !tool_calls.is_empty() {
        let call = |call: &'a ToolCall| {
            let arguments = Value::Object(call.arguments.clone()).to_string();
            json!({
                "id": ids.of(&call.id),
                "type": "function",
                "function": { "name": call.name, "arguments": arguments },
            })
        };
        message.insert("tool_calls".into(), tool_calls.iter().map(call).collect());
    }
    Value::Object(message)
}

fn response_format(wanted: &AnswerSchema, dialect: &Dialect) -> Value {
    if wanted.any_object && dialect.has_a_word_for_any_object() {
        return json!({ "type": "json_object" });
    }
    let schema = json!({ "name": wanted.name, "schema": wanted.schema, "strict": wanted.strict });
    json!({ "type": "json_schema", "json_schema": schema })
}

fn tools(request: &CloudRequest) -> Vec<Value> {
    let tool = |tool: &Tool| {
        let mut function = json!({ "name": tool.name, "description": tool.description });
        function["parameters"] = match tool.parameters.is_empty() {
            true => no_parameters(tool.strict),
            false => tool.parameters.clone().into(),
        };
        // As it is without, some servers do not know the word.
        if tool.strict {
            function["strict"] = true.into();
        }
        json!({ "type": "function", "function": function })
    };
    request.tools.iter().map(tool).collect()
}

/// The parameters of a tool that takes none. Mistral, LM Studio and others want the field and the properties in it, and
/// refuse a schema that says nothing as one that is not of an object; who is strict wants it closed.
fn no_parameters(strict: bool) -> Value {
    let mut nothing = json!({ "type": "object", "properties": {} });
    if strict {
        nothing["additionalProperties"] = false.into();
    }
    nothing
}

/// `None`: as it is without.
fn tool_choice(choice: &ToolChoice) -> Option<Value> {
    Some(match choice {
        ToolChoice::Auto => return None,
        ToolChoice::None => "none".into(),
        ToolChoice::Required => "required".into(),
        ToolChoice::Named(name) => json!({ "type": "function", "function": { "name": name } }),
    })
}

/// Calls are numbered anew in the order in which they come. A conversation may have calls of
/// several providers, and each takes only its own form of id; nine letters and digits, which is
/// what Mistral wants, are fine for all. The same conversation gets the same numbers in each turn,
/// so that what the provider has cached stays valid.
#[derive(Default)]
struct Ids<'a>(HashMap<&'a str, usize>);

impl<'a> Ids<'a> {
    fn of(&mut self, id: &'a str) -> String {
        let next = self.0.len();
        format!("call{:05}", self.0.entry(id).or_insert(next))
    }
}

/// The body of Embeddings.
pub(in crate::providers) fn embed_body(request: &EmbedRequest) -> Value {
    let mut body =
        json!({ "model": request.model, "input": request.texts, "encoding_format": "float" });
    if let Some(dimensions) = request.dimensions {
        body["dimensions"] = dimensions.into();
    }
    body
}

/// The body of Moderations.
pub(in crate::providers) fn moderation_body(request: &ModerationRequest) -> Value {
    json!({ "model": request.model, "input": request.texts })
}
