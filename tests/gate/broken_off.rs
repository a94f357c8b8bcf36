//! What an answer of Anthropic's costs that ended early: its first event counts the prompt and a token or two,
//! and the count of what was written only comes with its end.

use gatehouse_core::{costs::CallSummary, review::PriceInput};
use serde_json::Value;

use super::*;

const BEFORE: u32 = 50;
const SAID_AT_START: u32 = 2;
const WORDS: u32 = 300;

fn event(data: &Value) -> String {
    format!(
        "event: {}\ndata: {data}\n\n",
        data["type"].as_str().unwrap()
    )
}

/// It begins: so many tokens were written so far.
fn start(written: u32) -> String {
    event(&json!({ "type": "message_start", "message": {
        "usage": { "input_tokens": BEFORE, "output_tokens": written } } }))
}

/// So many words.
fn words() -> String {
    let word = |n: u32| {
        event(&json!({ "type": "content_block_delta", "index": 0,
            "delta": { "type": "text_delta", "text": format!("word{n} ") } }))
    };
    let block = json!({ "type": "content_block_start", "index": 0,
        "content_block": { "type": "text", "text": "" } });
    event(&block) + &(0..WORDS).map(word).collect::<String>()
}

fn end(written: u32) -> String {
    let delta = json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" },
        "usage": { "output_tokens": written } });
    event(&delta) + &event(&json!({ "type": "message_stop" }))
}

fn overloaded() -> String {
    event(&json!({ "type": "error",
        "error": { "type": "overloaded_error", "message": "Overloaded" } }))
}

/// A Gatehouse with an account at Anthropic, which answers each request with this.
fn place_at(answer: String) -> (Place, Provider) {
    let provider =
        Provider::start(move |_| Reply::Raw("text/event-stream", answer.clone().into_bytes()));
    let place = place(&provider.address);
    place.without_fallback();
    let input = AccountInput {
        kind: ProviderKind::Anthropic,
        name: "Anthropic".into(),
        base_url: provider.address.trim_end_matches("/v1").into(),
        destination: Some(Destination::Cloud),
        context_tokens: None,
    };
    let account = place.app.gate.save_account(None, &input).unwrap();
    let key = Zeroizing::new(KEY.to_owned());
    let account = place.app.gate.set_account_key(account.id, key).unwrap();
    let price = PriceInput {
        provider: "anthropic".into(),
        model: MODEL.into(),
        input: "2".into(),
        output: "8".into(),
        ..PriceInput::default()
    };
    place.app.set_price(&price).unwrap();
    (Place { account, ..place }, provider)
}

/// What a question costs that is answered so.
fn asked(answer: String) -> (MessageState, CallSummary) {
    let (place, _provider) = place_at(answer);
    let answer = place.say(place.conversation(), "Hello");
    (answer.state, answer.call.unwrap())
}

/// At two dollars for a million tokens in and eight out.
fn cost(call: &CallSummary) -> String {
    let pico =
        i128::from(call.prompt_tokens) * 2_000_000 + i128::from(call.output_tokens) * 8_000_000;
    Money::from_pico(pico).to_string()
}

#[test]
fn a_whole_answer_costs_what_the_provider_counted() {
    let (state, call) = asked(start(SAID_AT_START) + &words() + &end(900));
    assert_eq!(state, MessageState::Done);
    assert_eq!((call.prompt_tokens, call.output_tokens), (BEFORE, 900));
    assert!(call.measured);
    assert_eq!(call.cost, Some(cost(&call)));
}

#[test]
fn what_was_heard_of_an_answer_that_broke_off_is_counted_and_called_an_estimate() {
    for ending in [String::new(), overloaded()] {
        let (state, call) = asked(start(SAID_AT_START) + &words() + &ending);
        assert_eq!(state, MessageState::Failed);
        assert_eq!(call.prompt_tokens, BEFORE, "the provider has counted it");
        assert!(call.output_tokens >= WORDS, "{call:?}");
        assert!(!call.measured);
        assert_eq!(call.cost, Some(cost(&call)));
    }
}

#[test]
fn an_answer_that_broke_off_costs_no_less_than_the_provider_has_said() {
    let (_, call) = asked(start(9_000) + &words());
    assert_eq!((call.prompt_tokens, call.output_tokens), (BEFORE, 9_000));
    assert!(!call.measured);
    assert_eq!(call.cost, Some(cost(&call)));
}

#[test]
fn an_answer_that_broke_off_before_its_first_word_costs_at_least_its_prompt() {
    let (state, call) = asked(start(SAID_AT_START));
    assert_eq!(state, MessageState::Failed);
    assert_eq!(
        (call.prompt_tokens, call.output_tokens),
        (BEFORE, SAID_AT_START)
    );
    assert!(!call.measured, "the tries before it may be billed, too");
    assert_eq!(call.cost, Some(cost(&call)));
}

#[test]
fn an_answer_that_was_refused_before_its_first_word_is_not_billed() {
    let (place, provider) = place_at(start(SAID_AT_START) + &overloaded());
    let answer = place.say(place.conversation(), "Hello");
    assert_eq!(answer.state, MessageState::Failed);
    assert!(provider.received().len() > 1, "it was tried again");
    let call = answer.call.unwrap();
    assert_eq!(
        (call.prompt_tokens, call.output_tokens, call.cost.as_deref()),
        (0, 0, Some("$0"))
    );
}
