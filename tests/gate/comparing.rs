//! One question to several models: versions of one answer, and one budget for all of them.

use gatehouse_core::chat::pictures;

use super::*;

fn models(place: &Place) -> Vec<Link> {
    vec![
        link(&place.account, MODEL),
        link(&place.account, "other-model"),
        Link::Local { model_id: None },
    ]
}

#[test]
fn each_model_writes_a_version_of_the_answer() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let mut ended = 0;
    let ask = Ask::Say(conversation, LETTER);
    let (_, compared) = place
        .app
        .gate
        .compare(ask, &models(&place), None, Review::NotAsked, &mut |event| {
            ended += usize::from(matches!(event, AnswerEvent::Ended { .. }));
        })
        .unwrap();
    let answers: Vec<Message> = compared
        .into_iter()
        .map(|one| one.answer.unwrap())
        .collect();
    assert_eq!((answers.len(), ended), (3, 3));
    let asked: Vec<String> = answers
        .iter()
        .map(|answer| answer.call.as_ref().unwrap().model.clone())
        .collect();
    assert_eq!(&asked[..2], [MODEL, "other-model"]);
    assert_eq!(answers[2].call.as_ref().unwrap().route, Route::Local);
    let question = answers[0].parent_id;
    assert!(
        question.is_some() && answers.iter().all(|answer| answer.parent_id == question),
        "versions of one answer to one question"
    );
    let shown = place.messages(conversation);
    assert_eq!((shown.len(), shown[1].siblings.len()), (2, 3));
    assert!(
        !provider.everything().contains("anna.weiss"),
        "masked for each"
    );
}

#[test]
fn the_budgets_must_hold_for_all_before_the_first_is_asked() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    price(&place.app);
    price_of(&place.app, "other-model", "2", "8");
    let conversation = place.conversation();
    let one = place
        .app
        .gate
        .preview(&say(conversation, "Hello"), None)
        .unwrap();
    let one: Money = Money::of_dollars(one.most.unwrap().trim_start_matches('$')).unwrap();
    // Enough for each of them, and not for both.
    let limit = Money::from_pico(one.pico() * 3 / 2);
    budget(&place.app, limit.to_string().trim_start_matches('$'));
    let compare = || {
        let ask = Ask::Say(conversation, "Hello");
        place
            .app
            .gate
            .compare(ask, &models(&place), None, Review::NotAsked, &mut |_| ())
    };
    let error = compare().unwrap_err();
    assert!(matches!(error, GateError::Budget(_)), "{error}");
    assert!(provider.received().is_empty() && place.messages(conversation).is_empty());
    budget(&place.app, "1");
    assert_eq!(compare().unwrap().1.len(), 3);
}

#[test]
fn a_model_that_cannot_answer_is_told_and_keeps_no_other_from_it() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let nobody = account(&place.app, "Nobody", "http://127.0.0.1:9/v1");
    let conversation = place.conversation();
    let models = [link(&nobody, MODEL), link(&place.account, MODEL)];
    let ask = Ask::Say(conversation, "Hello");
    let compare = place
        .app
        .gate
        .compare(ask, &models, None, Review::NotAsked, &mut |_| ());
    let (_, compared) = compare.unwrap();
    let [first, second] = compared.as_slice() else {
        panic!("two were asked: {compared:?}");
    };
    let state = |one: &gatehouse_core::gate::Compared| one.answer.as_ref().unwrap().state;
    assert_eq!(state(first), MessageState::Failed);
    assert_eq!(state(second), MessageState::Done);
    let calls = place.calls();
    assert!(
        calls.iter().all(|call| call.summary.moves.is_empty()),
        "nobody answered in another's place"
    );
}

#[test]
fn a_stop_ends_the_one_that_writes_and_asks_no_more() {
    let provider = Provider::start(|_| Reply::Endless(vec!["word ".to_owned(); 5]));
    let place = place(&provider.address);
    let conversation = place.conversation();
    let gate = &place.app.gate;
    let ask = Ask::Say(conversation, "Hello");
    let stop = &mut |event| {
        if matches!(event, AnswerEvent::Text { .. }) {
            gate.stop(conversation);
        }
    };
    let compare = gate.compare(ask, &models(&place), None, Review::NotAsked, stop);
    let (_, compared) = compare.unwrap();
    assert_eq!(compared.len(), 1);
    let answer = compared[0].answer.as_ref().unwrap();
    assert_eq!(answer.state, MessageState::Stopped);
    assert_eq!(provider.received().len(), 1);
}

#[test]
fn a_secret_leaves_for_none_of_them_and_one_model_is_no_comparison() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let compare = |text, models: &[Link]| {
        let ask = Ask::Say(conversation, text);
        place
            .app
            .gate
            .compare(ask, models, None, Review::NotAsked, &mut |_| ())
            .unwrap_err()
    };
    let secret = "Use the key ghp_16C7e42F292c6912E7710c838347Ae178B4a for the build.";
    let error = compare(secret, &models(&place));
    assert!(matches!(error, GateError::Blocked { .. }), "{error}");
    let error = compare("Hello", &models(&place)[..1]);
    assert!(matches!(error, GateError::Entered(_)), "{error}");
    assert!(provider.received().is_empty() && place.messages(conversation).is_empty());
}

/// A conversation whose own model is on this computer.
fn here(place: &Place) -> ConversationId {
    let options = Options {
        sampling: app::steady(4),
        ..Options::default()
    };
    place.app.gate.new_conversation(&options).unwrap().id
}

#[test]
fn what_leaves_is_shown_account_by_account_and_goes_to_those_that_it_was_let_go_for() {
    let (first, second) = (Provider::echo(), Provider::echo());
    let place = place(&first.address);
    let other = account(&place.app, "Second", &second.address);
    place.policy(|policy| policy.personal.cloud = Action::Ask);
    let conversation = here(&place);
    let models = [
        link(&place.account, MODEL),
        link(&other, MODEL),
        link(&other, "other-model"),
        Link::Local { model_id: None },
    ];
    let gate = &place.app.gate;
    let compare = |review| {
        let ask = Ask::Say(conversation, LETTER);
        gate.compare(ask, &models, None, review, &mut |_| ())
    };
    let error = compare(Review::NotAsked).unwrap_err();
    assert!(matches!(error, GateError::ReviewFirst { .. }), "{error}");

    let turn = say(conversation, LETTER);
    let shown = gate.what_comparing_leaves(&turn, &models).unwrap();
    let of: Vec<_> = shown.iter().map(|one| (one.account_id, one.asks)).collect();
    assert_eq!(
        of,
        [(Some(place.account.id), true), (Some(other.id), true)],
        "each account once, whatever the chat's own model is"
    );
    assert!(first.received().is_empty() && second.received().is_empty());

    let (_, compared) = compare(place.let_go()).unwrap();
    let [sent, kept, kept_too, local] = compared.as_slice() else {
        panic!("{compared:?}")
    };
    assert!(sent.answer.is_ok() && local.answer.is_ok());
    for one in [kept, kept_too] {
        let error = one.answer.as_ref().unwrap_err();
        assert!(matches!(error, GateError::NotLetGo { .. }), "{error}");
    }
    assert_eq!(
        first.everything(),
        shown[0].body,
        "as it was shown, byte for byte"
    );
    assert!(second.received().is_empty());

    place
        .app
        .set_conversation_options(conversation, &elsewhere(&other))
        .unwrap();
    let error = place.refused(conversation, LETTER, Review::NotAsked);
    assert!(
        matches!(error, GateError::ReviewFirst { .. }),
        "nor is it noted that it may leave there: {error}"
    );
    assert_eq!(compare(let_go(&[&other])).unwrap().1.len(), 4);
    assert_eq!(second.received().len(), 2, "both models of the account");
}

#[test]
fn a_picture_that_one_account_may_have_is_shown_to_no_other_that_is_compared_with_it() {
    let (first, second) = (Provider::echo(), Provider::echo());
    let place = place(&first.address);
    let other = account(&place.app, "Second", &second.address);
    let conversation = place.conversation();
    let photograph = super::pictures::photograph();
    let picture = pictures::take(&place.app.store, Some(conversation), &photograph).unwrap();
    let shown = [picture.id];
    let models = [link(&place.account, MODEL), link(&other, MODEL)];
    let compare = |review| {
        let ask = Ask::SayWith(conversation, "What is this?", &shown);
        let gate = &place.app.gate;
        gate.compare(ask, &models, None, review, &mut |_| ())
    };
    let error = compare(Review::NotAsked).unwrap_err();
    assert!(matches!(error, GateError::ReviewFirst { .. }), "{error}");
    let (_, compared) = compare(place.let_go()).unwrap();
    assert!(compared[1].answer.is_err(), "{compared:?}");
    assert_eq!((first.received().len(), second.received().len()), (1, 0));
}

#[test]
fn nobody_looks_at_what_the_budgets_stop_anyway() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    place.policy(|policy| policy.personal.cloud = Action::Ask);
    price(&place.app);
    price_of(&place.app, "other-model", "2000", "8000");
    budget(&place.app, "0.001");
    let ask = Ask::Say(here(&place), LETTER);
    let gate = &place.app.gate;
    let compared = gate.compare(ask, &models(&place), None, Review::NotAsked, &mut |_| ());
    let error = compared.unwrap_err();
    assert!(matches!(error, GateError::Budget(_)), "{error}");
}

#[test]
fn what_was_found_is_that_of_the_models_that_are_compared() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let input = AccountInput {
        kind: ProviderKind::Compatible,
        name: "Own".into(),
        base_url: provider.address.clone(),
        destination: Some(Destination::OwnServer),
        context_tokens: None,
    };
    let server = place.app.gate.save_account(None, &input).unwrap();
    place.policy(|policy| {
        policy.personal.cloud = Action::Block;
        policy.personal.own_server = Action::Mask;
    });
    let conversation = here(&place);
    let models = [
        Link::Local { model_id: None },
        link(&place.account, MODEL),
        link(&server, MODEL),
        link(&place.account, "other-model"),
    ];
    let gate = &place.app.gate;
    let ask = Ask::Say(conversation, LETTER);
    let error = gate
        .compare(ask, &models, None, Review::NotAsked, &mut |_| ())
        .unwrap_err();
    assert!(matches!(error, GateError::Blocked { .. }), "{error}");

    let turn = say(conversation, LETTER);
    let own = gate.found_in(&turn, None).unwrap();
    assert_eq!(own, None, "the chat's own model may read everything");
    let found = gate.found_comparing(&turn, &models).unwrap();
    let of: Vec<_> = found
        .iter()
        .map(|of| {
            let address = of.found.iter().find(|one| one.kind == "EMAIL_ADDRESS");
            (of.account.as_str(), address.unwrap().action)
        })
        .collect();
    let (cloud, own) = (&place.account.name, &server.name);
    let (cloud, own) = (
        (cloud.as_str(), Action::Block),
        (own.as_str(), Action::Mask),
    );
    assert_eq!(
        of,
        [cloud, own],
        "each account once, as policy has it there"
    );
    let here = gate.found_comparing(&turn, &models[..1]).unwrap();
    assert!(here.is_empty(), "{here:?}");
    assert!(provider.received().is_empty());
}
