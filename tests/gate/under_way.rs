//! A call that is under way is seen, and a person can stop it, whoever asked.

use gatehouse_core::{
    clients::ClientInput,
    engine::Stop,
    gate::client::{self, ClientEvent, ClientRequest},
    monitor::MonitorError,
    problem::{Problem, ProblemCode},
    record::Action as Recorded,
};

use super::*;

/// A provider that begins to write and never ends.
fn endless() -> Provider {
    Provider::start(|_| Reply::Endless(vec!["One".into(), " and".into()]))
}

#[test]
fn an_answer_under_way_is_seen_with_what_it_has_written_and_ends_when_it_is_stopped() {
    let provider = endless();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let mut seen = None;
    let answer = app::answer(&place.app, Ask::Say(conversation, "Hello"), |event| {
        if seen.is_none() && matches!(event, AnswerEvent::Text { .. }) {
            let live = place.app.live().unwrap();
            let [call] = live.calls.as_slice() else {
                panic!("{live:?}")
            };
            place.app.stop_call(call.number).unwrap();
            seen = Some(call.clone());
        }
    });
    assert_eq!(answer.state, MessageState::Stopped);
    let seen = seen.unwrap();
    assert_eq!(
        (seen.model.as_str(), seen.here, seen.conversation_id),
        (MODEL, true, Some(conversation))
    );
    assert!(seen.tokens > 0, "it has written something");
    assert_eq!(place.app.live().unwrap().calls, [], "and it is over");
    assert_eq!(place.calls()[0].status, CallStatus::Stopped);
    let number = seen.number.to_string();
    assert_eq!(
        app::fact(&place.app, Recorded::CallStopped, "call"),
        Some(number)
    );
}

#[test]
fn a_call_of_another_process_is_seen_and_ends_when_it_is_stopped() {
    let provider = endless();
    let place = place(&provider.address);
    // Gatehouse opened once more on the same data, as another process has it open.
    let other = app::without_model(&place._folder.folder);
    let mut seen = None;
    let answer = app::answer(
        &place.app,
        Ask::Say(place.conversation(), "Hello"),
        |event| {
            if seen.is_none() && matches!(event, AnswerEvent::Text { .. }) {
                let call = other.live().unwrap().calls.remove(0);
                other.stop_call(call.number).unwrap();
                assert_eq!(wanted(&place.app), [call.number]);
                seen = Some(call);
            }
        },
    );
    assert_eq!(answer.state, MessageState::Stopped);
    let seen = seen.unwrap();
    assert!(!seen.here, "it is not the one that makes it");
    assert_eq!(place.calls()[0].status, CallStatus::Stopped);
    let number = seen.number.to_string();
    let stopped = app::fact(&other, Recorded::CallStopped, "call");
    assert_eq!(stopped, Some(number));
    assert!(wanted(&place.app).is_empty(), "nobody has to look any more");
    let again = other.stop_call(seen.number);
    assert!(matches!(again, Err(MonitorError::NotUnderWay)), "{again:?}");
    assert!(wanted(&place.app).is_empty());
}

/// The calls that are wanted stopped.
fn wanted(app: &App) -> Vec<i64> {
    let read = app.store.read(|conn| {
        conn.prepare("SELECT call FROM stops")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()
    });
    read.unwrap_or_else(|error: rusqlite::Error| panic!("{error}"))
}

#[test]
fn a_call_that_is_over_cannot_be_stopped_and_leaves_no_entry_of_it() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let number = place
        .say(place.conversation(), "Hello")
        .call
        .unwrap()
        .number;
    for number in [number, number + 1] {
        let stopped = place.app.stop_call(number);
        assert!(
            matches!(stopped, Err(MonitorError::NotUnderWay)),
            "{stopped:?}"
        );
    }
    assert!(!app::actions(&place.app).contains(&"call.stopped".to_owned()));
}

#[test]
fn a_request_of_a_client_is_stopped_by_the_person_who_sees_it() {
    let provider = endless();
    let place = place(&provider.address);
    let input = ClientInput {
        name: "Editor".into(),
        workspace_id: None,
        days: None,
        period: Period::Month,
        limit: String::new(),
        keeps_sent: false,
        only_metrics: false,
    };
    let request = ClientRequest {
        model: format!("Test/{MODEL}"),
        messages: vec![client::Message::User(vec![client::Part::Text(
            "Hello".into(),
        )])],
        ..ClientRequest::default()
    };
    let (client, _) = place.app.add_client(&input.client().unwrap()).unwrap();
    let mut named = None;
    let mut stops = |event| {
        if let (None, ClientEvent::Text(_)) = (&named, event) {
            let live = place.app.live().unwrap();
            named = live.calls[0].client.clone();
            place.app.stop_call(live.calls[0].number).unwrap();
        }
    };
    let (gate, stop) = (&place.app.gate, Stop::default());
    let mut told = |_| panic!("what was stopped is no answer");
    let ended = gate.answer_client(&client, &request, &stop, &mut stops, &mut told);
    let stopped = Problem::from(ended.unwrap_err());
    assert_eq!(
        stopped.code,
        ProblemCode::Cancelled,
        "what a person stopped is no answer: {stopped}"
    );
    assert_eq!(named.as_deref(), Some("Editor"));
    assert_eq!(place.calls()[0].status, CallStatus::Stopped);
}

#[test]
fn an_engine_is_seen_with_the_memory_that_it_holds() {
    let (_folder, app) = app::new();
    let conversation = app::conversation(&app, 8);
    app::say(&app, conversation.id, "Hello");
    let live = app.live().unwrap();
    let [engine] = live.engines.as_slice() else {
        panic!("{live:?}")
    };
    assert!(engine.resident_bytes.unwrap() > 50_000_000, "{engine:?}");
    assert!(engine.at_once > 0 && engine.active == 0, "{engine:?}");
    assert_eq!(live.waiting, 0);
}
