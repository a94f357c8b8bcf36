//! A call of a server in a process of its own is stopped by the person who sees it in the window.

use std::io::Read;

use gatehouse_core::{costs::CallStatus, record::Action};

use super::*;

#[test]
fn a_call_of_a_server_ends_when_a_person_stops_it_in_the_window() {
    let provider = Provider::start(|_| Reply::Endless(vec!["One".into(), " and".into()]));
    let place = with_provider(&provider, &[]);
    let mut stream = place.stream("One");
    let live = place.app.live().unwrap();
    let [call] = live.calls.as_slice() else {
        panic!("{live:?}")
    };
    assert!(
        !call.here && call.client.as_deref() == Some("Test"),
        "{call:?}"
    );
    place.app.stop_call(call.number).unwrap();
    // The read has a limit, and an endless stream would pass it.
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(
        !rest.contains("[DONE]"),
        "what was stopped is no answer: {rest}"
    );
    assert_eq!(place.calls()[0].status, CallStatus::Stopped);
    let number = app::fact(&place.app, Action::CallStopped, "call");
    assert_eq!(number, Some(call.number.to_string()));
    assert_eq!(place.app.live().unwrap().calls, []);
}
