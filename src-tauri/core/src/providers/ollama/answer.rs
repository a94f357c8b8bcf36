//! What comes back from Ollama: one JSON value a line.

use serde_json::Value;

use super::PullProgress;
use crate::providers::{
    cloud::{CloudEvent, Delta, End, EndReason, Usage},
    stream::{Decode, Fault, Progress, tell},
    tool_calls::{Piece, ToolCalls},
};

/// Understands the lines of chat and completion.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    calls: ToolCalls,
    /// Why it is done; empty where an old server does not say.
    done: Option<String>,
}

impl Decode for Decoder {
    type Event = CloudEvent;
    type End = End;

    fn is_answer(event: &CloudEvent) -> bool {
        event.is_delta()
    }

    fn value(
        &mut self,
        line: &Value,
        on_event: &mut dyn FnMut(CloudEvent),
    ) -> Result<Progress, Fault> {
        let message = &line["message"];
        let said = |inside: &str, alone: &str| message[inside].as_str().or(line[alone].as_str());
        tell(on_event, Delta::Reasoning, said("thinking", "thinking"));
        tell(on_event, Delta::Text, said("content", "response"));
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let function = &call["function"];
            let arguments = match &function["arguments"] {
                Value::Null => String::new(),
                whole => whole.to_string(),
            };
            // Each call comes whole, so the index, which is 0 for all of them, is not needed.
            let piece = Piece {
                name: function["name"].as_str().unwrap_or_default(),
                id: call["id"].as_str().unwrap_or_default(),
                arguments: &arguments,
                ..Piece::default()
            };
            self.calls.add(&piece, on_event)?;
        }
        if line["done"] != true {
            return Ok(Progress::More);
        }
        self.done = Some(line["done_reason"].as_str().unwrap_or_default().to_owned());
        on_event(CloudEvent::Usage(Usage {
            input: line["prompt_eval_count"].as_u64().unwrap_or_default(),
            output: line["eval_count"].as_u64().unwrap_or_default(),
            ..Usage::default()
        }));
        Ok(Progress::Over)
    }

    fn has_ended(&self) -> bool {
        self.done.is_some()
    }

    fn end(self) -> Result<End, Fault> {
        let reason = match self.done.as_deref() {
            Some("length") => EndReason::Length,
            _ if !self.calls.is_empty() => EndReason::ToolCalls,
            _ => EndReason::Stop,
        };
        let tool_calls = match reason {
            EndReason::ToolCalls => self.calls.finish()?,
            _ => Vec::new(),
        };
        Ok(End {
            reason,
            stop_text: None,
            tool_calls,
            thinking: Vec::new(),
        })
    }
}

/// Understands the lines of a download.
#[derive(Debug, Default)]
pub(super) struct Pull {
    succeeded: bool,
}

impl Decode for Pull {
    type Event = PullProgress;
    type End = ();

    /// What is downloaded stays, so a new try goes on where the last one was.
    fn is_answer(_: &PullProgress) -> bool {
        false
    }

    fn begins(_: &PullProgress) -> bool {
        true
    }

    fn value(
        &mut self,
        line: &Value,
        on_event: &mut dyn FnMut(PullProgress),
    ) -> Result<Progress, Fault> {
        let progress = PullProgress {
            status: line["status"].as_str().unwrap_or_default().to_owned(),
            total: line["total"].as_u64(),
            completed: line["completed"].as_u64(),
        };
        self.succeeded = progress.status == "success";
        on_event(progress);
        Ok(if self.succeeded {
            Progress::Over
        } else {
            Progress::More
        })
    }

    fn has_ended(&self) -> bool {
        self.succeeded
    }

    fn end(self) -> Result<(), Fault> {
        Ok(())
    }
}
