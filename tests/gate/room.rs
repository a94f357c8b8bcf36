//! How much a model is let write: as much as its context has room for beside the prompt.

use super::*;

/// Tokens that the model of [`small`] can have, prompt and answer together.
const CONTEXT: u64 = 8_192;

/// A server that refuses a limit beyond the room that its model has, as vLLM does.
fn small() -> Provider {
    Provider::start(|request| {
        if request.head.starts_with("GET ") {
            return Reply::Whole(json!({ "data": [{ "id": MODEL, "max_model_len": CONTEXT }] }));
        }
        let prompt = request.last_message().len() as u64 / 3 + 20;
        let asked = request.json()["max_tokens"].as_u64().unwrap_or_default();
        if prompt + asked > CONTEXT {
            return Reply::Refuse(
                400,
                "This model's maximum context length is 8192 tokens. However, you requested more.",
            );
        }
        Reply::Pieces(vec!["Yes.".into()], prompt, 1)
    })
}

/// A Gatehouse with an account at this server, whose models were read, and no other one that could answer.
fn place_at(provider: &Provider, destination: Destination) -> Place {
    let mut place = place(&provider.address);
    place.without_fallback();
    let input = AccountInput {
        kind: ProviderKind::Compatible,
        name: "vLLM".into(),
        base_url: provider.address.clone(),
        destination: Some(destination),
        context_tokens: None,
    };
    let saved = place.app.gate.save_account(None, &input).unwrap();
    place.account = place.app.gate.test_account(saved.id).unwrap();
    place
}

/// What is said to a new conversation, where somebody asked for so many tokens at most.
fn say_with(place: &Place, max_tokens: Option<u32>, text: &str) -> Message {
    let mut options = elsewhere(&place.account);
    options.sampling.max_tokens = max_tokens;
    let conversation = place.app.gate.new_conversation(&options).unwrap().id;
    place.say(conversation, text)
}

fn limit(provider: &Provider) -> Option<u64> {
    provider.received().last().unwrap().json()["max_tokens"].as_u64()
}

#[test]
fn a_server_of_ones_own_is_sent_no_limit_that_nobody_asked_for() {
    let provider = small();
    let place = place_at(&provider, Destination::OwnServer);
    let answer = say_with(&place, None, "Hello");
    assert_eq!(answer.state, MessageState::Done, "{:?}", answer.problem);
    assert_eq!(limit(&provider), None);
    assert_eq!(answer.call.unwrap().cost.as_deref(), Some("$0"));
    let answer = say_with(&place, Some(40), "Hello");
    assert_eq!(answer.state, MessageState::Done);
    assert_eq!(limit(&provider), Some(40), "a person's own limit is sent");
}

#[test]
fn where_somebody_bills_the_limit_is_what_the_context_has_room_for_and_budgets_hold() {
    let provider = small();
    let place = place_at(&provider, Destination::Cloud);
    price_of(&place.app, MODEL, "1", "1000");
    // The whole context as output costs 8.20, and the 16,384 tokens of a model with room for them 16.38.
    budget(&place.app, "8.20");
    let answer = say_with(&place, None, "Hello");
    assert_eq!(answer.state, MessageState::Done, "{:?}", answer.problem);
    let sent = limit(&provider).unwrap();
    assert!(sent < CONTEXT && sent > CONTEXT - 500, "{sent}");

    // An estimate of it is more than half of the context: some of what is left is for the answer all the same.
    let long = "Every word of this lease is read. ".repeat(600);
    let answer = say_with(&place, None, &long);
    assert_eq!(answer.state, MessageState::Done, "{:?}", answer.problem);
    assert!(limit(&provider).unwrap() > 500, "{:?}", limit(&provider));

    budget(&place.app, "1");
    let mut options = elsewhere(&place.account);
    options.sampling.max_tokens = None;
    let conversation = place.app.gate.new_conversation(&options).unwrap().id;
    let error = place.refused(conversation, "Hello", Review::NotAsked);
    assert!(matches!(error, GateError::Budget(_)), "{error}");
}

#[test]
fn a_model_that_its_server_does_not_list_is_sent_no_limit_either() {
    let provider = small();
    let place = place_at(&provider, Destination::OwnServer);
    let mut options = elsewhere(&place.account);
    options.sampling.max_tokens = None;
    options.elsewhere = Some(Elsewhere::Account {
        account_id: place.account.id,
        model: "an-adapter".into(),
    });
    let conversation = place.app.gate.new_conversation(&options).unwrap().id;
    let answer = place.say(conversation, "Hello");
    assert_eq!(answer.state, MessageState::Done, "{:?}", answer.problem);
    assert_eq!(limit(&provider), None);
}
