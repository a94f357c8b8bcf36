//! What comes back from Anthropic's Messages.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::providers::{
    cloud::{CloudEvent, Delta, End, EndReason, Thinking, Usage},
    error::Trouble,
    stream::{Decode, Fault, Progress, tell},
    tool_calls::{Piece, ToolCalls},
};

/// What all reasoning of one answer may take.
const MAX_THINKING_BYTES: usize = 32 * 1024 * 1024;

/// Understands the events of a stream, and the whole answer, which is one message.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// Reasoning that must be sent back, by the number of its block.
    thinking: BTreeMap<u64, Thinking>,
    thinking_bytes: usize,
    calls: ToolCalls,
    usage: Usage,
    stop_reason: Option<String>,
    stop_text: Option<String>,
    /// Why the provider refused, if it said so.
    explanation: String,
}

impl Decode for Decoder {
    type Event = CloudEvent;
    type End = End;

    fn is_answer(event: &CloudEvent) -> bool {
        event.is_delta()
    }

    fn knows(&self, name: &str) -> bool {
        // A name that is missing or the default of the standard says nothing.
        name.is_empty()
            || name == "message"
            || name.starts_with("message_")
            || name.starts_with("content_block_")
    }

    fn value(
        &mut self,
        event: &Value,
        on_event: &mut dyn FnMut(CloudEvent),
    ) -> Result<Progress, Fault> {
        match event["type"].as_str().unwrap_or_default() {
            "message_start" => self.count(&event["message"]["usage"], on_event),
            "content_block_start" => {
                self.block(number(event), &event["content_block"], on_event)?;
            }
            "content_block_delta" => self.delta(number(event), &event["delta"], on_event)?,
            "message_delta" => {
                self.stopped(&event["delta"]);
                self.count(&event["usage"], on_event);
            }
            "message_stop" => return Ok(Progress::Over),
            "message" => {
                let blocks = event["content"].as_array().into_iter().flatten();
                for (at, block) in (0..).zip(blocks) {
                    self.block(at, block, on_event)?;
                }
                self.stopped(event);
                self.count(&event["usage"], on_event);
            }
            // `ping`, and what will be invented.
            _ => {}
        }
        Ok(Progress::More)
    }

    fn has_ended(&self) -> bool {
        self.stop_reason.is_some()
    }

    fn end(self) -> Result<End, Fault> {
        let reason = match self.stop_reason.as_deref() {
            // A message that ends without saying why has not ended.
            None => return Err(Fault::Trouble(Trouble::Cut, String::new())),
            Some("refusal") => return Err(Fault::Trouble(Trouble::Filtered, self.explanation)),
            Some("max_tokens" | "model_context_window_exceeded") => EndReason::Length,
            _ if !self.calls.is_empty() => EndReason::ToolCalls,
            Some(_) => EndReason::Stop,
        };
        let tool_calls = match reason {
            EndReason::ToolCalls => self.calls.finish()?,
            _ => Vec::new(),
        };
        let is_whole = |thinking: &Thinking| !matches!(thinking, Thinking::Signed { signature, .. } if signature.is_empty());
        let thinking = self.thinking.into_values().filter(is_whole).collect();
        Ok(End {
            reason,
            stop_text: self.stop_text,
            tool_calls,
            thinking,
        })
    }
}

fn number(event: &Value) -> u64 {
    event["index"].as_u64().unwrap_or_default()
}

impl Decoder {
    /// A block begins; in a whole answer it is all there.
    fn block(
        &mut self,
        at: u64,
        block: &Value,
        on_event: &mut dyn FnMut(CloudEvent),
    ) -> Result<(), Fault> {
        match block["type"].as_str().unwrap_or_default() {
            "text" => tell(on_event, Delta::Text, block["text"].as_str()),
            "thinking" => {
                self.thought(at, &block["thinking"], &block["signature"])?;
                tell(on_event, Delta::Reasoning, block["thinking"].as_str());
            }
            "redacted_thinking" => {
                let data = block["data"].as_str().unwrap_or_default().to_owned();
                self.grow(data.len())?;
                self.thinking.insert(at, Thinking::Redacted { data });
            }
            "tool_use" => {
                // A stream begins with `{}` and sends the arguments after it.
                let arguments = match &block["input"] {
                    Value::Object(input) if !input.is_empty() => block["input"].to_string(),
                    _ => String::new(),
                };
                let piece = Piece {
                    index: Some(at),
                    id: block["id"].as_str().unwrap_or_default(),
                    name: block["name"].as_str().unwrap_or_default(),
                    arguments: &arguments,
                };
                self.calls.add(&piece, on_event)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn delta(
        &mut self,
        at: u64,
        delta: &Value,
        on_event: &mut dyn FnMut(CloudEvent),
    ) -> Result<(), Fault> {
        match delta["type"].as_str().unwrap_or_default() {
            "text_delta" => tell(on_event, Delta::Text, delta["text"].as_str()),
            "thinking_delta" => {
                self.thought(at, &delta["thinking"], &Value::Null)?;
                tell(on_event, Delta::Reasoning, delta["thinking"].as_str());
            }
            "signature_delta" => self.thought(at, &Value::Null, &delta["signature"])?,
            // Tools that run at the provider send the same deltas.
            "input_json_delta" if self.calls.has(at) => {
                let piece = Piece {
                    index: Some(at),
                    arguments: delta["partial_json"].as_str().unwrap_or_default(),
                    ..Piece::default()
                };
                self.calls.add(&piece, on_event)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn thought(&mut self, at: u64, text: &Value, signature: &Value) -> Result<(), Fault> {
        let (text, signature) = (
            text.as_str().unwrap_or_default(),
            signature.as_str().unwrap_or_default(),
        );
        self.grow(text.len() + signature.len())?;
        let open = self.thinking.entry(at).or_insert_with(|| Thinking::Signed {
            text: String::new(),
            signature: String::new(),
        });
        if let Thinking::Signed {
            text: all,
            signature: signed,
        } = open
        {
            all.push_str(text);
            signed.push_str(signature);
        }
        Ok(())
    }

    fn grow(&mut self, bytes: usize) -> Result<(), Fault> {
        self.thinking_bytes += bytes + size_of::<Thinking>();
        if self.thinking_bytes > MAX_THINKING_BYTES {
            return Err(Fault::nonsense("the reasoning is too long"));
        }
        Ok(())
    }

    fn stopped(&mut self, message: &Value) {
        if let Some(reason) = message["stop_reason"].as_str() {
            self.stop_reason = Some(reason.to_owned());
            self.stop_text = message["stop_sequence"].as_str().map(str::to_owned);
        }
        if let Some(explanation) = message["stop_details"]["explanation"].as_str() {
            self.explanation = explanation.to_owned();
        }
    }

    /// Counts are cumulative: each field that is there replaces what it was. The first event has
    /// the prompt's, the last one the answer's, and often both.
    fn count(&mut self, counts: &Value, on_event: &mut dyn FnMut(CloudEvent)) {
        if !counts.is_object() {
            return;
        }
        let set = |field: &mut u64, value: &Value| *field = value.as_u64().unwrap_or(*field);
        let usage = &mut self.usage;
        set(&mut usage.input, &counts["input_tokens"]);
        set(&mut usage.cached, &counts["cache_read_input_tokens"]);
        set(&mut usage.output, &counts["output_tokens"]);
        set(
            &mut usage.reasoning,
            &counts["output_tokens_details"]["thinking_tokens"],
        );
        if let Some(written) = counts["cache_creation_input_tokens"].as_u64() {
            set(
                &mut usage.cache_write_hour,
                &counts["cache_creation"]["ephemeral_1h_input_tokens"],
            );
            usage.cache_write = written.saturating_sub(usage.cache_write_hour);
        }
        on_event(CloudEvent::Usage(*usage));
    }
}
