//! A person sees what leaves before it does, and later.

use gatehouse_core::record::Filter;

use super::*;

#[test]
fn what_would_leave_is_byte_for_byte_what_leaves_and_can_be_seen_later() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let text = "Call +49 30 901820 instead.";
    let before = place
        .app
        .gate
        .what_would_leave(&say(conversation, text), None)
        .unwrap()
        .unwrap();
    assert!(provider.received().is_empty(), "looking sends nothing");
    let looked = place.app.record.list(&Filter {
        action: Some("gate.shown".into()),
        limit: 5,
        ..Filter::default()
    });
    assert_eq!(looked.unwrap().len(), 1, "and leaves an entry");
    let answer = place.say(conversation, text);
    let received = String::from_utf8(provider.received()[0].body.clone()).unwrap();
    assert_eq!(before.body, received);
    let phone = before
        .found
        .iter()
        .find(|found| found.kind == "PHONE_NUMBER")
        .unwrap();
    assert_eq!(
        (phone.text.as_str(), phone.action),
        ("+49 30 901820", Action::Mask)
    );
    let call = answer.call.unwrap().number;
    let later = place.app.gate.what_left(call).unwrap().unwrap();
    assert_eq!(later.body, received);
    let shown: String = later
        .messages
        .last()
        .unwrap()
        .pieces
        .iter()
        .map(|piece| piece.original.as_deref().unwrap_or(&piece.sent))
        .collect();
    assert_eq!(shown, text, "what it stands for is shown beside it");
}

#[test]
fn where_policy_asks_nothing_leaves_before_the_person_has_looked() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    place.policy(|policy| policy.personal.cloud = Action::Ask);
    let conversation = place.conversation();
    let error = place.refused(conversation, LETTER, Review::NotAsked);
    assert!(matches!(error, GateError::ReviewFirst { .. }), "{error}");
    assert!(provider.received().is_empty() && place.messages(conversation).is_empty());
    assert!(
        place
            .app
            .gate
            .preview(&say(conversation, LETTER), None)
            .unwrap()
            .review
    );
    let send = |text: &str, review| {
        place
            .app
            .gate
            .answer_reviewed(Ask::Say(conversation, text), None, review, &mut |_| ())
            .unwrap()
            .1
    };
    let here = send(LETTER, Review::KeepHere);
    assert_eq!(here.call.unwrap().route, Route::Local);
    assert!(provider.received().is_empty(), "it was kept here");
    let sent = send(LETTER, place.let_go());
    assert_eq!(sent.call.unwrap().route, Route::Masked);
    assert!(!provider.everything().contains("anna.weiss"));
    let again = send("And bob@example.net too.", Review::NotAsked);
    assert_eq!(
        again.call.unwrap().route,
        Route::Masked,
        "the first send was looked at"
    );
}

/// What policy holds back is shown, let go, and arrives as it was shown.
fn looked_at_and_let_go(place: &Place, provider: &Provider, ask: Ask<'_>, turn: &Turn) {
    let gate = &place.app.gate;
    let error = gate.answer(ask, None, &mut |_| ()).unwrap_err();
    assert!(matches!(error, GateError::ReviewFirst { .. }), "{error}");
    assert!(gate.preview(turn, None).unwrap().review);
    let shown = gate.what_would_leave(turn, None).unwrap().unwrap();
    let before = provider.received().len();
    gate.answer_reviewed(ask, None, place.let_go(), &mut |_| ())
        .unwrap();
    let received = provider.received();
    assert_eq!(received.len(), before + 1);
    let arrived = String::from_utf8(received[before].body.clone()).unwrap();
    assert_eq!(arrived, shown.body, "{turn:?}");
}

#[test]
fn what_was_looked_at_is_what_leaves_also_for_another_wording_and_another_answer() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    place.policy(|policy| policy.personal.cloud = Action::Ask);
    // Each in a conversation of its own, as what was let go once is not asked about again.
    let told = || {
        let conversation = place.conversation();
        for text in [LETTER, "Tell bob@example.net, too."] {
            let ask = Ask::Say(conversation, text);
            let gate = &place.app.gate;
            gate.answer_reviewed(ask, None, Review::KeepHere, &mut |_| ())
                .unwrap();
        }
        (conversation, place.messages(conversation))
    };

    let (_, messages) = told();
    let wording = "Please write to carla.rossi@example.com instead.";
    let turn = Turn::Edit {
        question: messages[0].id,
        text: wording.into(),
    };
    looked_at_and_let_go(&place, &provider, Ask::Edit(messages[0].id, wording), &turn);

    for nth in [1, 3] {
        let (_, messages) = told();
        let answer = messages[nth].id;
        let turn = Turn::Again { answer };
        looked_at_and_let_go(&place, &provider, Ask::Again(answer), &turn);
    }

    let (conversation, _) = told();
    let turn = say(conversation, LETTER);
    looked_at_and_let_go(&place, &provider, Ask::Say(conversation, LETTER), &turn);
}
