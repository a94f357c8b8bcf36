//! An answer of Chat Completions.

use gatehouse_core::{
    gate::client::{ClientAnswer, ClientFinish, ClientUsage, ToolCall},
    now_ms,
};
use serde_json::{Value, json};

/// Whole.
pub(super) fn completion(answer: &ClientAnswer) -> Value {
    let (said, refusal) = answer.apart();
    let content = match said {
        "" if !refusal.is_empty() || !answer.tool_calls.is_empty() => Value::Null,
        said => said.into(),
    };
    let refusal = match refusal {
        "" => Value::Null,
        refusal => refusal.into(),
    };
    let mut message = json!({ "role": "assistant", "content": content, "refusal": refusal });
    if !answer.tool_calls.is_empty() {
        message["tool_calls"] = answer.tool_calls.iter().map(call).collect();
    }
    json!({
        "id": format!("chatcmpl-{}", answer.call),
        "object": "chat.completion",
        "created": now_ms() / 1000,
        "model": answer.model,
        "choices": [{
            "index": 0,
            "message": message,
            "logprobs": null,
            "finish_reason": finish(answer.finish),
        }],
        "usage": usage(answer.usage),
    })
}

/// A call of a tool.
pub(super) fn call(call: &ToolCall) -> Value {
    let arguments = Value::Object(call.arguments.clone()).to_string();
    json!({
        "id": call.id,
        "type": "function",
        "function": { "name": call.name, "arguments": arguments },
    })
}

/// Why it ended.
pub(super) fn finish(finish: ClientFinish) -> &'static str {
    match finish {
        ClientFinish::End | ClientFinish::StopText => "stop",
        ClientFinish::Length => "length",
        ClientFinish::ToolCalls => "tool_calls",
    }
}

/// What it used.
pub(super) fn usage(usage: ClientUsage) -> Value {
    json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input.saturating_add(usage.output),
        "prompt_tokens_details": { "cached_tokens": usage.cached },
        "completion_tokens_details": { "reasoning_tokens": usage.reasoning },
    })
}
