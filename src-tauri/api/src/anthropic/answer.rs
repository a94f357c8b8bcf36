//! An answer of Messages.

use gatehouse_core::gate::client::{ClientAnswer, ClientFinish, ClientUsage};
use serde_json::{Value, json};

/// Whole.
pub(super) fn message(answer: &ClientAnswer) -> Value {
    let text = (!answer.text.is_empty()).then(|| json!({ "type": "text", "text": answer.text }));
    let calls = answer.tool_calls.iter().map(|call| {
        json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments })
    });
    json!({
        "id": format!("msg_{}", answer.call),
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": text.into_iter().chain(calls).collect::<Vec<_>>(),
        "stop_reason": reason(answer.finish),
        "stop_sequence": answer.stop_text,
        "usage": usage(answer.usage),
    })
}

/// Why it ended.
pub(super) fn reason(finish: ClientFinish) -> &'static str {
    match finish {
        ClientFinish::End => "end_turn",
        ClientFinish::StopText => "stop_sequence",
        ClientFinish::Length => "max_tokens",
        ClientFinish::ToolCalls => "tool_use",
    }
}

/// What it used: Anthropic counts what its cache took part in beside the rest.
pub(super) fn usage(usage: ClientUsage) -> Value {
    let in_caches = usage.cached.saturating_add(usage.cache_written);
    json!({
        "input_tokens": usage.input.saturating_sub(in_caches),
        "cache_read_input_tokens": usage.cached,
        "cache_creation_input_tokens": usage.cache_written,
        "output_tokens": usage.output,
    })
}
