//! What a person lets go for one account goes to no other, whoever else the chain has.

use gatehouse_core::{chat::pictures, gate::WhatLeaves};

use super::{
    chains::nobody,
    pictures::{BLIND, open_ai, photograph},
    *,
};

/// A place whose account gives no answer and whose policy asks before personal data leaves, and one more
/// account that would answer.
fn place_that_asks() -> (Place, Account, Provider) {
    let place = place(&nobody());
    place.policy(|policy| policy.personal.cloud = Action::Ask);
    let up = Provider::echo();
    let second = account(&place.app, "Second", &up.address);
    (place, second, up)
}

fn send(place: &Place, conversation: ConversationId, review: Review) -> Message {
    let ask = Ask::Say(conversation, LETTER);
    let gate = &place.app.gate;
    let answered = gate.answer_reviewed(ask, None, review, &mut |_| ());
    answered.unwrap().1
}

#[test]
fn what_was_let_go_for_one_account_goes_to_no_other_of_the_chain() {
    let (place, second, up) = place_that_asks();
    let here = Link::Local { model_id: None };
    let chain = vec![link(&place.account, MODEL), link(&second, "other"), here];
    let conversation = place.conversation_with(chain);
    let turn = say(conversation, LETTER);
    let shown = place.app.gate.what_would_leave(&turn, None).unwrap();
    let shown = shown.unwrap();
    assert_eq!(
        (shown.account_id, shown.asks),
        (Some(place.account.id), true)
    );

    let answer = send(&place, conversation, place.let_go());
    assert!(up.received().is_empty(), "nobody saw what leaves for it");
    let call = answer.call.unwrap();
    assert_eq!(
        call.route,
        Route::Local,
        "this computer needs nobody's word"
    );
    let why = &call.moves[1];
    assert!(
        why.model == "other" && why.reason.contains("let it leave for Second"),
        "{why:?}"
    );
}

#[test]
fn where_only_a_persons_word_is_missing_the_answer_that_failed_says_for_whom() {
    let (place, second, up) = place_that_asks();
    let chain = vec![link(&place.account, MODEL), link(&second, "other")];
    let conversation = place.conversation_with(chain);
    let answer = send(&place, conversation, place.let_go());
    assert!(up.received().is_empty());
    assert_eq!(answer.state, MessageState::Failed);
    let hint = answer.problem.unwrap().hint.unwrap();
    assert!(hint.contains("Second was not asked"), "{hint}");
}

#[test]
fn a_person_is_asked_again_where_another_account_would_be_the_first_to_get_it() {
    let (place, second, up) = place_that_asks();
    let alone = place.conversation();
    let error = place.refused(alone, LETTER, let_go(&[&second]));
    let GateError::ReviewFirst { account } = error else {
        panic!("{error}")
    };
    assert_eq!(account, "Test");
    assert!(place.messages(alone).is_empty());

    // Both were looked at, one after the other.
    let chain = vec![link(&place.account, MODEL), link(&second, "other")];
    let conversation = place.conversation_with(chain);
    place
        .app
        .set_conversation_options(conversation, &elsewhere(&second))
        .unwrap();
    send(&place, conversation, let_go(&[&second]));
    assert_eq!(up.received().len(), 1);
}

/// A server of one's own that gives no answer.
fn own_server(place: &Place) -> Account {
    let input = AccountInput {
        kind: ProviderKind::Compatible,
        name: "Own".into(),
        base_url: nobody(),
        destination: Some(Destination::OwnServer),
        context_tokens: None,
    };
    place.app.gate.save_account(None, &input).unwrap()
}

#[test]
fn a_word_for_a_cloud_holds_where_a_server_of_ones_own_was_tried_before_it() {
    let (place, second, up) = place_that_asks();
    let chain = vec![link(&own_server(&place), "own"), link(&second, "other")];
    let conversation = place.conversation_with(chain);
    let answer = send(&place, conversation, let_go(&[&second]));
    assert_eq!(answer.state, MessageState::Done, "{:?}", answer.problem);
    assert_eq!(up.received().len(), 1);
}

#[test]
fn a_server_of_ones_own_that_needs_no_word_gives_none_to_a_cloud_behind_it() {
    for was_looked_at in [false, true] {
        let (place, second, up) = place_that_asks();
        let server = own_server(&place);
        let here = Link::Local { model_id: None };
        let chain = vec![link(&server, "own"), link(&second, "other"), here];
        let review = if was_looked_at {
            let_go(&[&server])
        } else {
            Review::NotAsked
        };
        let answer = send(&place, place.conversation_with(chain), review);
        assert_eq!(answer.call.unwrap().route, Route::Local);
        assert!(up.received().is_empty());
    }
}

#[test]
fn a_picture_that_was_not_shown_does_not_leave_for_another_model_of_the_same_account() {
    let seeing = "gpt-5-mini";
    let provider = Provider::start(move |request| match request.json()["model"].as_str() {
        Some(BLIND) => Reply::Refuse(503, "overloaded"),
        _ => Reply::Pieces(vec!["Yes.".into()], 100, 10),
    });
    let first = Provider::echo();
    let place = place(&first.address);
    let account = open_ai(&place.app, &provider);
    let conversation = place.conversation_with(vec![
        link(&account, BLIND),
        link(&account, seeing),
        Link::Local { model_id: None },
    ]);
    let chain = place.app.store.read(|conn| chat::get(conn, conversation));
    let chain = Options {
        elsewhere: chain.unwrap().elsewhere,
        ..elsewhere(&account)
    };
    let picture = pictures::take(&place.app.store, Some(conversation), &photograph()).unwrap();
    let options = |options: &Options| {
        let set = place.app.set_conversation_options(conversation, options);
        set.unwrap();
    };
    options(&elsewhere(&place.account));
    let gate = &place.app.gate;
    let ask = Ask::SayWith(conversation, "Look.", std::slice::from_ref(&picture.id));
    gate.answer_reviewed(ask, None, place.let_go(), &mut |_| ())
        .unwrap();

    options(&chain);
    place.policy(|policy| policy.personal.cloud = Action::Ask);
    let turn = say(conversation, LETTER);
    let looked = gate.what_would_leave(&turn, None).unwrap();
    let pictures = |leaves: &WhatLeaves| {
        let all = leaves.messages.iter().map(|message| message.pictures.len());
        all.sum::<usize>()
    };
    assert_eq!(pictures(&looked.unwrap()), 0, "it is not shown any");
    let compared = [link(&account, BLIND), link(&account, seeing)];
    let looked = gate.what_comparing_leaves(&turn, &compared);
    assert_eq!(
        looked.unwrap().iter().map(pictures).collect::<Vec<_>>(),
        [1],
        "where both are asked, what the one that sees gets is what is looked at"
    );

    let answer = send(&place, conversation, let_go(&[&account]));
    assert_eq!(answer.call.unwrap().route, Route::Local);
    let models: Vec<_> = provider
        .received()
        .iter()
        .map(|request| request.json()["model"].clone())
        .collect();
    assert!(models.iter().all(|model| model == BLIND), "{models:?}");
}
