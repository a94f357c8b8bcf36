//! Who answers when the model that was chosen cannot.

use std::net::{TcpListener, TcpStream};

use gatehouse_core::{gate::WhatLeaves, protocol::Constraint};

use super::*;

/// An address at which nobody listens, and nobody can: it is the near end of a connection, which is never
/// given back.
pub fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (far, address) = listener.accept().unwrap();
    std::mem::forget((near, far));
    format!("http://{address}/v1")
}

#[test]
fn at_the_address_of_nobody_no_one_answers_and_no_one_can_begin_to() {
    let address = nobody();
    let address = address.strip_prefix("http://").unwrap();
    let address = address.strip_suffix("/v1").unwrap();
    let refused = TcpStream::connect(address).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    assert!(TcpListener::bind(address).is_err(), "it is taken");
}

#[test]
fn with_the_network_gone_the_conversation_goes_on_here() {
    let place = place(&nobody());
    let conversation = place.conversation();
    let mut moved = None;
    let mut routes = Vec::new();
    let answer = app::answer(
        &place.app,
        Ask::Say(conversation, "Hello"),
        |event| match event {
            AnswerEvent::Begun { answer, .. } => routes.extend(answer.call.map(|call| call.route)),
            AnswerEvent::Moved { moves, route, .. } => {
                moved = Some(moves);
                routes.push(route);
            }
            _ => {}
        },
    );
    assert_eq!(
        routes,
        [Route::Cloud, Route::Local],
        "where it goes is told before it goes there"
    );
    assert_eq!(answer.state, MessageState::Done);
    let call = answer.call.unwrap();
    assert_eq!(call.route, Route::Local);
    assert_eq!(
        moved.unwrap(),
        call.moves,
        "the person hears of it while it happens"
    );
    assert!(
        call.moves[0].reason.contains("cannot be reached"),
        "{:?}",
        call.moves
    );
    let failed = call.moves[0].call.unwrap();
    let row = place
        .calls()
        .into_iter()
        .find(|row| row.summary.number == failed)
        .unwrap();
    assert_eq!(
        (row.status, row.error_kind.as_deref()),
        (CallStatus::Failed, Some("no_network"))
    );
    assert_eq!(
        row.summary.cost.as_deref(),
        Some("$0"),
        "nothing was reached, nothing is billed"
    );
    let left = place.app.gate.what_left(failed).unwrap();
    assert_eq!(left, None, "and nothing left");
}

#[test]
fn a_provider_that_fails_again_and_again_is_left_out_for_a_while() {
    let provider = Provider::start(|_| Reply::Refuse(503, "overloaded"));
    let place = place(&provider.address);
    for _ in 0..3 {
        place.say(place.conversation(), "Hello");
    }
    let tried = provider.received().len();
    for row in place.calls().iter().filter(|row| row.error_kind.is_some()) {
        let left = place.app.gate.what_left(row.summary.number).unwrap();
        assert!(left.is_some(), "it was received, though not answered");
    }
    let answer = place.say(place.conversation(), "Hello");
    assert_eq!(
        provider.received().len(),
        tried,
        "nobody waits for it a fourth time"
    );
    let call = answer.call.unwrap();
    assert!(
        call.moves[0].reason.contains("left out"),
        "{:?}",
        call.moves
    );
}

#[test]
fn a_wrong_key_is_said_and_no_other_model_answers_in_its_place() {
    let provider = Provider::start(|_| Reply::Refuse(401, "Incorrect API key provided"));
    let place = place(&provider.address);
    let answer = place.say(place.conversation(), "Hello");
    assert_eq!(answer.state, MessageState::Failed);
    let problem = answer.problem.unwrap();
    assert_eq!(problem.code, gatehouse_core::problem::ProblemCode::KeyWrong);
    assert!(problem.hint.unwrap().contains("Settings"));
    assert!(!problem.message.contains(KEY));
}

#[test]
fn the_time_that_a_model_took_to_fail_is_not_that_of_the_one_that_answers() {
    // It is tried three times, with pauses between, before it is given up.
    let (down, up) = (
        Provider::start(|_| Reply::Refuse(503, "overloaded")),
        Provider::echo(),
    );
    let place = place(&down.address);
    let second = account(&place.app, "Second", &up.address);
    let chain = vec![link(&place.account, MODEL), link(&second, "other")];
    let answer = place.say(place.conversation_with(chain), "Hello");
    let answered = answer.call.unwrap();
    let failed = answered.moves[0].call.unwrap();
    let calls = place.calls();
    let failed = calls.iter().find(|call| call.summary.number == failed);
    let tried_ms = failed.unwrap().summary.duration_ms;
    assert!(answered.first_token_ms.unwrap() < tried_ms, "{answered:?}");
    assert!(answered.duration_ms < tried_ms, "{answered:?}");
}

#[test]
fn a_chain_answers_with_the_first_model_that_can() {
    let (down, up) = (
        Provider::start(|_| Reply::Refuse(529, "overloaded")),
        Provider::echo(),
    );
    let place = place(&down.address);
    let second = account(&place.app, "Second", &up.address);
    let conversation = place.conversation_with(vec![
        link(&place.account, MODEL),
        link(&second, "other"),
        Link::Local { model_id: None },
    ]);
    let answer = place.say(conversation, LETTER);
    assert_eq!(answer.text, LETTER);
    let call = answer.call.unwrap();
    assert_eq!(
        (call.model.as_str(), call.account.as_deref()),
        ("other", Some("Second"))
    );
    assert_eq!(call.moves.len(), 1);
    assert!(!down.everything().contains("anna.weiss") && !up.everything().contains("anna.weiss"));
}

#[test]
fn where_the_account_was_removed_the_conversation_goes_on_here() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    place.app.gate.remove_account(place.account.id).unwrap();
    let answer = place.say(conversation, "Hello");
    assert_eq!(answer.call.unwrap().route, Route::Local);
    assert!(provider.received().is_empty());
}

/// What is shown of the letter before it is sent is what is sent, with the same reasons.
fn shown_and_sent(place: &Place, conversation: ConversationId, provider: &Provider) -> WhatLeaves {
    let gate = &place.app.gate;
    let turn = say(conversation, LETTER);
    let shown = gate.what_would_leave(&turn, None).unwrap().unwrap();
    let preview = gate.preview(&turn, None).unwrap();
    assert_eq!(preview.model.as_ref(), Some(&shown.model));
    assert_eq!(preview.moves, shown.moves);
    assert!(provider.received().is_empty(), "looking sends nothing");
    let call = place.say(conversation, LETTER).call.unwrap();
    assert_eq!((&call.model, &call.moves), (&shown.model, &shown.moves));
    assert_eq!(provider.everything(), shown.body);
    shown
}

#[test]
fn what_is_shown_is_for_the_model_that_would_be_asked_and_says_why_the_others_would_not() {
    let (down, dear, cheap) = (
        Provider::start(|_| Reply::Refuse(503, "overloaded")),
        Provider::echo(),
        Provider::echo(),
    );
    let place = place(&down.address);
    for _ in 0..3 {
        place.say(place.conversation(), "Hello");
    }
    let keyless = AccountInput {
        kind: ProviderKind::OpenAi,
        name: "No key".into(),
        base_url: nobody(),
        destination: Some(Destination::Cloud),
        context_tokens: None,
    };
    let keyless = place.app.gate.save_account(None, &keyless).unwrap();
    let dearer = account(&place.app, "Dear", &dear.address);
    let cheaper = account(&place.app, "Cheap", &cheap.address);
    price_of(&place.app, "dear", "2000", "8000");
    price_of(&place.app, "cheap", "0.01", "0.01");
    budget(&place.app, "0.01");
    let conversation = place.conversation_with(vec![
        link(&keyless, "keyless"),
        link(&place.account, MODEL),
        link(&dearer, "dear"),
        link(&cheaper, "cheap"),
        Link::Local { model_id: None },
    ]);
    let shown = shown_and_sent(&place, conversation, &cheap);
    assert_eq!(
        (shown.model.as_str(), shown.account.as_str()),
        ("cheap", "Cheap")
    );
    let why: Vec<_> = shown
        .moves
        .iter()
        .map(|moved| (moved.model.as_str(), moved.reason.as_str()))
        .collect();
    let [(first, no_key), (second, left_out), (third, too_dear)] = why.as_slice() else {
        panic!("{why:?}")
    };
    assert_eq!([*first, *second, *third], ["keyless", MODEL, "dear"]);
    assert!(no_key.contains("no key"), "{no_key}");
    assert!(left_out.contains("left out"), "{left_out}");
    assert!(too_dear.contains("budget"), "{too_dear}");
    assert!(dear.received().is_empty());
}

#[test]
fn what_policy_keeps_from_one_destination_is_shown_as_it_leaves_for_another() {
    let (cloud, own) = (Provider::echo(), Provider::echo());
    let place = place(&cloud.address);
    place.policy(|policy| policy.personal.cloud = Action::KeepLocal);
    let input = AccountInput {
        kind: ProviderKind::Compatible,
        name: "Own".into(),
        base_url: own.address.clone(),
        destination: Some(Destination::OwnServer),
        context_tokens: None,
    };
    let server = place.app.gate.save_account(None, &input).unwrap();
    let here = Link::Local { model_id: None };
    let chain = vec![link(&place.account, MODEL), link(&server, "own"), here];
    let conversation = place.conversation_with(chain);
    let shown = shown_and_sent(&place, conversation, &own);
    assert!(
        shown.moves[0].reason.contains("policy"),
        "{:?}",
        shown.moves
    );
    assert!(cloud.received().is_empty());

    let here = place.conversation();
    let turn = say(here, LETTER);
    assert_eq!(
        place.app.gate.what_would_leave(&turn, None).unwrap(),
        None,
        "this computer answers, so nothing would leave"
    );
    let preview = place.app.gate.preview(&turn, None).unwrap();
    assert_eq!(preview.route, Route::Local);
    assert_eq!(preview.moves[0].model, MODEL);
}

#[test]
fn a_schema_that_one_cannot_hold_to_goes_to_the_next_and_is_named_where_there_is_none() {
    let provider = Provider::start(|_| Reply::Pieces(vec!["{}".into()], 20, 5));
    let place = place(&provider.address);
    let deepseek = account(&place.app, "DeepSeek", "https://api.deepseek.com");
    let ask = |conversation| {
        let schema = Constraint::JsonSchema(json!({ "type": "object", "properties": {} }));
        let ask = Ask::Say(conversation, "Hello");
        place.app.gate.answer(ask, Some(schema), &mut |_| ())
    };
    let chain = vec![link(&deepseek, "chat"), link(&place.account, MODEL)];
    let (_, answer) = ask(place.conversation_with(chain)).unwrap();
    assert_eq!(answer.state, MessageState::Done);
    let moves = answer.call.unwrap().moves;
    assert_eq!(moves.len(), 1, "{moves:?}");
    assert!(moves[0].reason.contains("JSON Schema"), "{moves:?}");
    let alone = place.conversation_with(vec![link(&deepseek, "chat")]);
    let alone = ask(alone).unwrap_err();
    assert!(alone.to_string().contains("JSON Schema"), "{alone}");
}
