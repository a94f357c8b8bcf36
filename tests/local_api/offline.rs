//! The offline switch of the window is that of a server in a process of its own, too.

use std::io::Read;

use gatehouse_core::costs::CallStatus;

use super::*;

fn turn(app: &App, offline: bool) {
    let mut settings = app.store.read(gatehouse_core::settings::get).unwrap();
    settings.offline = offline;
    app.set_settings(&settings).unwrap();
}

#[test]
fn a_server_goes_offline_with_the_window_and_comes_back_with_it() {
    let provider = Provider::echo();
    let place = with_provider(&provider, &[]);
    assert_eq!(place.say("Hello").status, 200);
    turn(&place.app, true);
    let refused = place.say("Hello");
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert_eq!(refused.json()["error"]["code"], "offline");
    assert_eq!(provider.received().len(), 1, "nothing was opened");
    turn(&place.app, false);
    assert_eq!(place.say("Hello").status, 200);
}

#[test]
fn a_stream_of_a_server_ends_when_the_window_goes_offline() {
    let provider = Provider::start(|_| Reply::Endless(vec!["One".into(), " and".into()]));
    let place = with_provider(&provider, &[]);
    let mut stream = place.stream("One");
    turn(&place.app, true);
    // The read has a limit, and an endless stream would pass it.
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("offline"), "{rest}");
    assert_eq!(place.calls()[0].status, CallStatus::Failed);
}
