//! An answer of Messages in pieces.

use axum::response::Response;
use gatehouse_core::gate::client::{ClientAnswer, ClientEvent, ClientUsage};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer;
use crate::{
    fault::Dialect,
    sse::{self, Writes},
    work::{Heard, Listening},
};

/// Write an answer as it is heard.
pub(super) fn response(listening: Listening, (model, first): (String, Heard)) -> Response {
    let events = Events {
        model,
        open: false,
        blocks: 0,
    };
    sse::response(listening, first, events)
}

struct Events {
    model: String,
    /// Whether a block of text is open.
    open: bool,
    /// Blocks so far, with the open one.
    blocks: usize,
}

impl Events {
    fn text(&mut self, text: &str) -> Vec<String> {
        let mut events = Vec::new();
        if !self.open {
            self.open = true;
            self.blocks += 1;
            events.push(self.block_begins(json!({ "type": "text", "text": "" })));
        }
        events.push(self.block_goes_on(json!({ "type": "text_delta", "text": text })));
        events
    }

    fn block_begins(&self, block: Value) -> String {
        let index = self.blocks - 1;
        event(
            "content_block_start",
            json!({ "index": index, "content_block": block }),
        )
    }

    fn block_goes_on(&self, delta: Value) -> String {
        let index = self.blocks - 1;
        event(
            "content_block_delta",
            json!({ "index": index, "delta": delta }),
        )
    }

    fn block_ends(&self) -> String {
        event("content_block_stop", json!({ "index": self.blocks - 1 }))
    }

    fn ended(&mut self, answer: &ClientAnswer) -> Vec<String> {
        let mut events = Vec::new();
        if self.blocks == 0 && !answer.text.is_empty() {
            events.extend(self.text(&answer.text));
        }
        if std::mem::take(&mut self.open) {
            events.push(self.block_ends());
        }
        for call in &answer.tool_calls {
            self.blocks += 1;
            let block =
                json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": {} });
            events.push(self.block_begins(block));
            let input = Value::Object(call.arguments.clone()).to_string();
            events.push(
                self.block_goes_on(json!({ "type": "input_json_delta", "partial_json": input })),
            );
            events.push(self.block_ends());
        }
        let delta = json!({
            "stop_reason": answer::reason(answer.finish),
            "stop_sequence": answer.stop_text,
        });
        let usage = answer::usage(answer.usage);
        events.push(event(
            "message_delta",
            json!({ "delta": delta, "usage": usage }),
        ));
        events.push(event("message_stop", json!({})));
        events
    }
}

impl Writes for Events {
    fn begin(&mut self) -> Vec<String> {
        // What it uses is known at its end, and told there.
        let message = json!({
            "id": format!("msg_{}", Uuid::new_v4().simple()),
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": answer::usage(ClientUsage::default()),
        });
        vec![event("message_start", json!({ "message": message }))]
    }

    fn event(&mut self, event: ClientEvent) -> Vec<String> {
        match event {
            // Its language has no field for a refusal in words.
            ClientEvent::Text(text) | ClientEvent::Refusal(text) => self.text(&text),
            // Thinking was not asked for, and without a signature nobody could send it back.
            ClientEvent::Thinking(_) | ClientEvent::Begun { .. } => Vec::new(),
        }
    }

    fn end(&mut self, end: Heard) -> Vec<String> {
        match end {
            Heard::Event(_) => Vec::new(),
            Heard::End(end) => match *end {
                Ok(answer) => self.ended(&answer),
                Err(fault) => {
                    let body = fault.body(Dialect::Anthropic);
                    vec![format!("event: error\ndata: {body}\n\n")]
                }
            },
        }
    }
}

/// An event, whose name its data has, too.
fn event(name: &str, data: Value) -> String {
    let mut named = json!({ "type": name });
    if let (Some(all), Value::Object(data)) = (named.as_object_mut(), data) {
        all.extend(data);
    }
    format!("event: {name}\ndata: {named}\n\n")
}
