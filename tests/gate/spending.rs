//! What a call costs, and what a budget stops.

use super::*;

#[test]
fn a_budget_stops_a_call_before_it_is_made() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    price(&place.app);
    place.without_fallback();
    budget(&place.app, "0.00001");
    let conversation = place.conversation();
    let error = place.refused(conversation, "Hello", Review::NotAsked);
    assert!(matches!(error, GateError::Budget(_)), "{error}");
    assert!(provider.received().is_empty() && place.messages(conversation).is_empty());
    budget(&place.app, "5");
    assert_eq!(place.say(conversation, "Hello").state, MessageState::Done);
    // An own price is needed for a budget to hold: unknown is never zero.
    let other = Options {
        elsewhere: Some(Elsewhere::Account {
            account_id: place.account.id,
            model: "unpriced".into(),
        }),
        ..Options::default()
    };
    let unpriced = place.app.gate.new_conversation(&other).unwrap().id;
    let error = place.refused(unpriced, "Hello", Review::NotAsked);
    assert!(error.to_string().contains("not known"), "{error}");
}

#[test]
fn a_stopped_stream_is_billed_for_what_was_seen_and_says_that_it_is_estimated() {
    let pieces: Vec<String> = (0..40).map(|n| format!("word{n} ")).collect();
    let provider = Provider::start(move |_| Reply::Endless(pieces.clone()));
    let place = place(&provider.address);
    price(&place.app);
    let conversation = place.conversation();
    let gate = &place.app.gate;
    let answer = app::answer(&place.app, Ask::Say(conversation, "Hello"), |event| {
        if let AnswerEvent::Text { text, .. } = event
            && text.contains("word39")
        {
            gate.stop(conversation);
        }
    });
    assert_eq!(answer.state, MessageState::Stopped);
    let call = answer.call.unwrap();
    assert!(!call.measured, "our own count is an estimate");
    assert!(call.output_tokens >= 40, "{} tokens", call.output_tokens);
    assert!(call.cost.is_some_and(|cost| cost != "$0"));
}
