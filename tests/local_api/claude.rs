//! What Anthropic's clients are told of an answer of Claude is what Claude said.

use super::*;
use crate::gate::add_claude;

/// A provider that keeps most of a prompt for later, and reads a little of it from its cache.
fn that_keeps_prompts() -> Provider {
    Provider::start(|_| {
        Reply::Whole(json!({
            "type": "message", "role": "assistant", "content": [{ "type": "text", "text": "Yes." }],
            "stop_reason": "end_turn",
            "usage": {
                "input_tokens": 12, "cache_read_input_tokens": 300, "cache_creation_input_tokens": 5_000,
                "cache_creation": { "ephemeral_5m_input_tokens": 4_900, "ephemeral_1h_input_tokens": 100 },
                "output_tokens": 2,
            },
        }))
    })
}

#[test]
fn tokens_that_were_kept_for_later_are_told_as_what_they_are_billed_as() {
    let provider = that_keeps_prompts();
    let place = with_provider(&provider, &[]);
    add_claude(&place.app, &provider);
    let ask = |stream: bool| {
        let asked = json!({
            "model": "Claude/claude-x", "max_tokens": 60, "stream": stream,
            "messages": [{ "role": "user", "content": "Is it?" }],
        });
        let answer = place.served.post("/v1/messages", &place.key, &asked);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    };
    let whole = ask(false).json()["usage"].clone();
    let streamed = ask(true).body;
    let last = streamed
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
        .find(|event| event["type"] == "message_delta");
    for usage in [whole, last.unwrap()["usage"].clone()] {
        assert_eq!(
            usage,
            json!({
                "input_tokens": 12,
                "cache_read_input_tokens": 300,
                "cache_creation_input_tokens": 5_000,
                "output_tokens": 2,
            })
        );
    }
}

#[test]
fn claude_thinks_first_where_a_client_asks_for_that_in_its_own_language() {
    let provider = that_keeps_prompts();
    let place = with_provider(&provider, &[]);
    add_claude(&place.app, &provider);
    let said = json!([{ "role": "user", "content": "Is it?" }]);
    let asked = |path: &str, field: &str, value: Value| {
        let mut asked = json!({ "model": "Claude/claude-x", "max_tokens": 60, "messages": said });
        asked[field] = value;
        let answer = place.served.post(path, &place.key, &asked);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let sent = last(&provider).json();
        assert_eq!(sent["output_config"]["effort"], "low");
        sent["thinking"].clone()
    };
    let effort = json!({ "effort": "low" });
    let thinks = asked("/v1/messages", "output_config", effort);
    assert_eq!(
        thinks,
        Value::Null,
        "there it is said with a word of its own"
    );
    let thinks = asked("/v1/chat/completions", "reasoning_effort", "low".into());
    assert_eq!(thinks["type"], "adaptive");
}
