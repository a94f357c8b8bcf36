//! An answer of Chat Completions in pieces.

use axum::response::Response;
use gatehouse_core::{
    gate::client::{ClientAnswer, ClientEvent},
    now_ms,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer;
use crate::{
    fault::{Dialect, Fault},
    sse::{self, Writes},
    work::{Heard, Listening},
};

/// The end of every stream that is whole.
pub(super) const DONE: &str = "data: [DONE]\n\n";

/// Write an answer as it is heard; `usage`: with what was used, at the end.
pub(super) fn response(
    listening: Listening,
    (model, first): (String, Heard),
    usage: bool,
) -> Response {
    let chunks = Chunks {
        id: format!("chatcmpl-{}", Uuid::new_v4().simple()),
        created: now_ms() / 1000,
        model,
        usage,
        told: false,
    };
    sse::response(listening, first, chunks)
}

struct Chunks {
    id: String,
    /// Unix seconds.
    created: i64,
    model: String,
    usage: bool,
    /// Whether any text was told.
    told: bool,
}

impl Chunks {
    fn chunk(&self, choices: Value, usage: Option<Value>) -> String {
        let mut chunk = json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        });
        if self.usage {
            chunk["usage"] = usage.unwrap_or(Value::Null);
        }
        event(&chunk)
    }

    fn delta(&self, delta: Value, finish: Option<&str>) -> String {
        let choice =
            json!({ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish });
        self.chunk(json!([choice]), None)
    }

    fn text(&mut self, text: &str, refusal: bool) -> Vec<String> {
        self.told = true;
        let field = said_in(refusal);
        vec![self.delta(json!({ field: text }), None)]
    }

    fn ended(&self, answer: &ClientAnswer) -> Vec<String> {
        let mut events = Vec::new();
        let (said, refusal) = answer.apart();
        for (text, is_refusal) in [(said, false), (refusal, true)] {
            if !self.told && !text.is_empty() {
                let field = said_in(is_refusal);
                events.push(self.delta(json!({ field: text }), None));
            }
        }
        for (index, call) in answer.tool_calls.iter().enumerate() {
            let mut called = answer::call(call);
            called["index"] = index.into();
            events.push(self.delta(json!({ "tool_calls": [called] }), None));
        }
        events.push(self.delta(json!({}), Some(answer::finish(answer.finish))));
        if self.usage {
            events.push(self.chunk(json!([]), Some(answer::usage(answer.usage))));
        }
        events.push(DONE.to_owned());
        events
    }
}

impl Writes for Chunks {
    fn begin(&mut self) -> Vec<String> {
        vec![self.delta(json!({ "role": "assistant", "content": "" }), None)]
    }

    fn event(&mut self, event: ClientEvent) -> Vec<String> {
        match event {
            ClientEvent::Text(text) => self.text(&text, false),
            ClientEvent::Refusal(text) => self.text(&text, true),
            // OpenAI's interface has no place for what a model thinks.
            ClientEvent::Thinking(_) | ClientEvent::Begun { .. } => Vec::new(),
        }
    }

    fn end(&mut self, end: Heard) -> Vec<String> {
        match end {
            Heard::Event(_) => Vec::new(),
            Heard::End(end) => match *end {
                Ok(answer) => self.ended(&answer),
                Err(fault) => vec![failed(&fault)],
            },
        }
    }
}

/// The field for a piece of an answer, or of what a model says in place of one.
fn said_in(refusal: bool) -> &'static str {
    if refusal { "refusal" } else { "content" }
}

/// A fault after the answer has begun: clients raise it, and take nothing for the end.
pub(super) fn failed(fault: &Fault) -> String {
    event(&fault.body(Dialect::OpenAi))
}

/// A document as an event.
pub(super) fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}
