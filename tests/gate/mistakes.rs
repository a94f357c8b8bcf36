//! What was found and is none leaves as written once a person has said so, and nothing else does.

use gatehouse_core::{
    gate::{FoundFor, Mistake, MistakeError},
    protocol::Constraint,
    record,
};

use super::*;

const ESSAY: &str = "Please read my essay on asthma before Friday.";

fn mistake(kind: &str, text: &str) -> Mistake {
    Mistake {
        kind: kind.into(),
        text: text.into(),
    }
}

impl Place {
    fn found(&self, turn: &Turn) -> FoundFor {
        self.app.gate.found_in(turn, None).unwrap().unwrap()
    }

    fn route(&self, turn: &Turn) -> Route {
        self.app.gate.preview(turn, None).unwrap().route
    }

    /// How many entries of this kind the record has.
    fn entries(&self, action: record::Action) -> usize {
        let all = self.app.record_entries();
        all.iter().filter(|name| *name == action.name()).count()
    }
}

trait Entries {
    fn record_entries(&self) -> Vec<String>;
}

impl Entries for App {
    fn record_entries(&self) -> Vec<String> {
        let read = self.store.read(|conn| {
            conn.prepare("SELECT action FROM audit_entries ORDER BY sequence")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()
                .map_err(StoreError::from)
        });
        read.unwrap()
    }
}

#[test]
fn a_mistake_leaves_as_written_in_its_conversation_alone_and_is_in_the_record() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let turn = say(conversation, ESSAY);
    assert_eq!(place.route(&turn), Route::Local, "it is kept here at first");
    let found = place.found(&turn);
    let [asthma] = found.found.as_slice() else {
        panic!("one thing is found: {found:?}");
    };
    assert_eq!(
        (asthma.text.as_str(), asthma.kind.as_str()),
        ("asthma", "HEALTH_CONDITION")
    );
    assert_eq!(
        (asthma.action, asthma.overruled),
        (Action::KeepLocal, false)
    );
    let asthma = mistake(&asthma.kind, &asthma.text);
    place
        .app
        .gate
        .overrule(&turn, None, &asthma, false)
        .unwrap();
    place
        .app
        .gate
        .overrule(&turn, None, &asthma, false)
        .unwrap();
    assert_eq!(
        place.entries(record::Action::FindingOverruled),
        1,
        "said twice is said once"
    );
    assert_eq!(place.route(&turn), Route::Cloud);
    let leaves = place
        .app
        .gate
        .what_would_leave(&turn, None)
        .unwrap()
        .unwrap();
    assert!(leaves.found[0].overruled, "and it is shown as what it is");
    assert_eq!(place.say(conversation, ESSAY).text, ESSAY);
    let again = place.say(conversation, "And is the title ASTHMA right?");
    assert_eq!(
        again.call.unwrap().route,
        Route::Cloud,
        "in later turns too"
    );
    assert_eq!(provider.received().len(), 2);
    let other = say(place.conversation(), ESSAY);
    assert_eq!(place.route(&other), Route::Local, "elsewhere it is found");
}

#[test]
fn what_is_taken_back_is_found_again() {
    let place = place("http://127.0.0.1:9/v1");
    let turn = say(place.conversation(), ESSAY);
    let asthma = mistake("HEALTH_CONDITION", "asthma");
    place
        .app
        .gate
        .overrule(&turn, None, &asthma, false)
        .unwrap();
    assert_eq!(place.route(&turn), Route::Cloud);
    place.app.gate.take_back(&turn, &asthma).unwrap();
    assert_eq!(place.route(&turn), Route::Local);
    assert_eq!(place.entries(record::Action::FindingRestored), 1);
}

#[test]
fn the_first_message_of_a_new_chat_brings_its_mistakes_along_and_nothing_is_kept_before() {
    let place = place("http://127.0.0.1:9/v1");
    let turn = |mistakes: Vec<Mistake>| Turn::New {
        elsewhere: elsewhere(&place.account).elsewhere,
        text: ESSAY.into(),
        pictures: Vec::new(),
        mistakes,
    };
    let asthma = mistake("HEALTH_CONDITION", "asthma");
    let before = turn(Vec::new());
    place
        .app
        .gate
        .overrule(&before, None, &asthma, false)
        .unwrap();
    assert_eq!(place.route(&before), Route::Local);
    assert_eq!(place.route(&turn(vec![asthma])), Route::Cloud);
    assert_eq!(place.entries(record::Action::FindingOverruled), 0);
}

#[test]
fn what_is_found_in_the_shape_of_the_answer_can_be_called_a_mistake() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let turn = say(place.conversation(), "Please read it before Friday.");
    let schema = json!({ "type": "object", "description": "Read \"it\":\nmy essay on asthma." });
    let schema = Constraint::JsonSchema(schema);
    let gate = &place.app.gate;
    let route = || gate.preview(&turn, Some(&schema)).unwrap().route;
    assert_eq!(route(), Route::Local, "it is kept here at first");
    let found = gate.found_in(&turn, Some(&schema)).unwrap().unwrap().found;
    let [asthma] = found.as_slice() else {
        panic!("one thing is found: {found:?}");
    };
    let asthma = mistake(&asthma.kind, &asthma.text);
    let error = gate.overrule(&turn, None, &asthma, false).unwrap_err();
    assert!(
        matches!(error, GateError::Mistake(MistakeError::NotFound)),
        "nothing is found where there is no such shape: {error}"
    );
    gate.overrule(&turn, Some(&schema), &asthma, false).unwrap();
    assert_eq!(route(), Route::Cloud);
}

#[test]
fn a_guessed_secret_needs_a_second_word_and_a_proven_one_never_leaves() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let guessed = "The manual has password = \"Tr0ub4dor&3xyz\" as its example.";
    let turn = say(conversation, guessed);
    let password = mistake("PASSWORD", "Tr0ub4dor&3xyz");
    let error = place
        .app
        .gate
        .overrule(&turn, None, &password, false)
        .unwrap_err();
    assert!(
        matches!(error, GateError::Mistake(MistakeError::NotSure)),
        "{error}"
    );
    assert_eq!(place.route(&turn), Route::Blocked);
    place
        .app
        .gate
        .overrule(&turn, None, &password, true)
        .unwrap();
    assert_eq!(place.say(conversation, guessed).text, guessed);
    assert!(provider.everything().contains("Tr0ub4dor&3xyz"));

    let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    let proven = say(place.conversation(), &format!("Use {token} for the build."));
    let key = place.found(&proven).found[0].kind.clone();
    let error = place
        .app
        .gate
        .overrule(&proven, None, &mistake(&key, token), true)
        .unwrap_err();
    assert!(
        matches!(error, GateError::Mistake(MistakeError::Proven)),
        "{error}"
    );
    let smuggled = Turn::New {
        elsewhere: elsewhere(&place.account).elsewhere,
        text: format!("Use {token} for the build."),
        pictures: Vec::new(),
        mistakes: vec![mistake(&key, token)],
    };
    assert_eq!(place.route(&smuggled), Route::Blocked, "whoever says it");
}

#[test]
fn a_mistake_hides_nothing_that_lies_below_it() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let text = "Our form says password: anna.weiss@example.org there.";
    let turn = say(conversation, text);
    let found = place.found(&turn).found;
    assert_eq!(found[0].kind, "PASSWORD", "the secret hides the address");
    let password = mistake("PASSWORD", &found[0].text);
    place
        .app
        .gate
        .overrule(&turn, None, &password, true)
        .unwrap();
    assert_eq!(place.say(conversation, text).text, text);
    let sent = provider.everything();
    assert!(
        sent.contains("[EMAIL-ADDRESS-1-") && !sent.contains("anna.weiss"),
        "no secret, and still an address: {sent}"
    );
}

#[test]
fn what_was_masked_in_an_earlier_turn_and_is_none_leaves_as_written() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    place.say(conversation, LETTER);
    assert!(!provider.everything().contains("anna.weiss"));
    let next = "Write to anna.weiss@example.org once more, and to bob@example.net.";
    let turn = say(conversation, next);
    let address = mistake("EMAIL_ADDRESS", "anna.weiss@example.org");
    place
        .app
        .gate
        .overrule(&turn, None, &address, false)
        .unwrap();
    let answer = place.say(conversation, next);
    assert_eq!(answer.text, next);
    let sent = provider.received()[1].last_message();
    assert!(sent.contains("anna.weiss@example.org"), "{sent}");
    assert!(!sent.contains("bob@"), "the other one is masked: {sent}");
}

#[test]
fn only_what_was_found_can_be_called_a_mistake() {
    let place = place("http://127.0.0.1:9/v1");
    let turn = say(place.conversation(), ESSAY);
    for not_found in [
        mistake("HEALTH_CONDITION", "diabetes"),
        mistake("PASSWORD", "asthma"),
        mistake("", ""),
    ] {
        let error = place
            .app
            .gate
            .overrule(&turn, None, &not_found, true)
            .unwrap_err();
        assert!(
            matches!(error, GateError::Mistake(MistakeError::NotFound)),
            "{not_found:?}: {error}"
        );
    }
}
