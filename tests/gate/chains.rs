//! Who answers when the model that was chosen cannot.

use std::net::TcpListener;

use super::*;

/// An address at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/v1", listener.local_addr().unwrap())
}

#[test]
fn with_the_network_gone_the_conversation_goes_on_here() {
    let place = place(&nobody());
    let conversation = place.conversation();
    let mut moved = None;
    let answer = app::answer(&place.app, Ask::Say(conversation, "Hello"), |event| {
        if let AnswerEvent::Moved { moves, .. } = event {
            moved = Some(moves);
        }
    });
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
}

#[test]
fn a_provider_that_fails_again_and_again_is_left_out_for_a_while() {
    let provider = Provider::start(|_| Reply::Refuse(503, "overloaded"));
    let place = place(&provider.address);
    for _ in 0..3 {
        place.say(place.conversation(), "Hello");
    }
    let tried = provider.received().len();
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
fn a_chain_answers_with_the_first_model_that_can() {
    let (down, up) = (
        Provider::start(|_| Reply::Refuse(529, "overloaded")),
        Provider::echo(),
    );
    let place = place(&down.address);
    let second = account(&place.app, "Second", &up.address);
    let chain = vec![
        gatehouse_core::aliases::Link::Account {
            account_id: place.account.id,
            model: MODEL.into(),
        },
        gatehouse_core::aliases::Link::Account {
            account_id: second.id,
            model: "other".into(),
        },
        gatehouse_core::aliases::Link::Local { model_id: None },
    ];
    let alias = gatehouse_core::aliases::Alias {
        id: gatehouse_core::ids::AliasId::new(),
        name: "default".into(),
        chain,
    };
    place
        .app
        .store
        .write(|tx| gatehouse_core::aliases::save(tx, &alias))
        .unwrap();
    let options = Options {
        elsewhere: Some(Elsewhere::Alias { alias_id: alias.id }),
        ..Options::default()
    };
    let conversation = place.app.gate.new_conversation(&options).unwrap().id;
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
