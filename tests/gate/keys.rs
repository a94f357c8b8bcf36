//! A key is for the server that it was entered for.

use gatehouse_core::record::{Action as Recorded, Filter};

use super::*;

/// A provider that lists one model to whoever asks.
fn lists() -> Provider {
    Provider::start(|_| Reply::Whole(json!({ "data": [{ "id": MODEL }] })))
}

fn move_to(place: &Place, address: &str) -> Result<Account, GateError> {
    let input = AccountInput {
        kind: ProviderKind::Compatible,
        name: "Test".into(),
        base_url: address.into(),
        destination: Some(Destination::Cloud),
        context_tokens: None,
    };
    place.app.gate.save_account(Some(place.account.id), &input)
}

/// How often the record says that a key was taken away.
fn taken_away(place: &Place) -> usize {
    let filter = Filter {
        action: Some(Recorded::KeyRemoved.name().into()),
        limit: 100,
        ..Filter::default()
    };
    place.app.record.list(&filter).unwrap().len()
}

#[test]
fn a_key_does_not_follow_its_account_to_another_server() {
    let (old, new) = (lists(), lists());
    let place = place(&old.address);
    let gate = &place.app.gate;
    let moved = move_to(&place, &new.address).unwrap();
    assert!(!moved.has_key, "it is wanted anew");
    assert_eq!(taken_away(&place), 1);
    gate.test_account(moved.id).unwrap();
    assert!(!new.received()[0].head.contains(KEY));
    assert!(!move_to(&place, &old.address).unwrap().has_key);
    gate.test_account(moved.id).unwrap();
    assert!(
        !old.received()[0].head.contains(KEY),
        "it is gone, and not only put aside"
    );
}

#[test]
fn another_path_of_the_same_server_keeps_the_key() {
    let server = lists();
    let place = place(&server.address);
    let kept = move_to(&place, &server.address.replace("/v1", "/v2")).unwrap();
    assert!(kept.has_key);
    assert_eq!(taken_away(&place), 0);
    place.app.gate.test_account(kept.id).unwrap();
    assert!(server.received()[0].head.contains(KEY));
}

#[test]
fn an_account_that_cannot_be_kept_keeps_its_key() {
    let (old, new) = (lists(), lists());
    let place = place(&old.address);
    account(&place.app, "Other", &new.address);
    let input = AccountInput {
        kind: ProviderKind::Compatible,
        name: "Other".into(),
        base_url: new.address.clone(),
        destination: None,
        context_tokens: None,
    };
    let gate = &place.app.gate;
    assert!(gate.save_account(Some(place.account.id), &input).is_err());
    assert!(gate.test_account(place.account.id).unwrap().has_key);
    assert!(old.received()[0].head.contains(KEY));
}

#[test]
fn what_was_let_go_for_one_server_was_not_for_the_next() {
    let (old, new) = (Provider::echo(), Provider::echo());
    let place = place(&old.address);
    place.policy(|policy| policy.personal.cloud = Action::Ask);
    let conversation = place.conversation();
    let ask = Ask::Say(conversation, LETTER);
    let gate = &place.app.gate;
    gate.answer_reviewed(ask, None, place.let_go(), &mut |_| ())
        .unwrap();
    let next = say(conversation, "And now?");
    assert!(!gate.preview(&next, None).unwrap().review);
    move_to(&place, &new.address).unwrap();
    assert!(gate.preview(&next, None).unwrap().review);
}
