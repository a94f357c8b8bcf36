//! Every connection is one that the person set up, and every byte is accounted for.

use std::{
    sync::{Arc, Mutex, OnceLock, mpsc::channel},
    time::{Duration, Instant},
};

use gatehouse_core::{accounts, settings::Settings, store::Store};

use super::*;
use crate::support::{
    folder::folder_of_child,
    kills::{self, say as tell},
};

/// A Gatehouse with an account that has no key: with one, nothing unencrypted goes to a public address.
pub fn place_without_key(address: &str, destination: Destination) -> Place {
    let (folder, app) = app::new();
    let input = AccountInput {
        kind: ProviderKind::Compatible,
        name: "Test".into(),
        base_url: address.into(),
        destination: Some(destination),
        context_tokens: None,
    };
    let account = app.gate.save_account(None, &input).unwrap();
    Place {
        _folder: folder,
        app,
        account,
    }
}

/// The address of a provider where it takes all requests, whomever they are meant for.
pub fn as_proxy(provider: &Provider) -> &str {
    provider.address.trim_end_matches("/v1")
}

/// Ask a provider whose connection is kept, have `ends` close it before its time is over, and say whether that is what
/// was seen: a machine that stands still for a second shows nothing.
fn is_closed_by(ends: impl FnOnce(Place)) -> bool {
    const KEPT: Duration = Duration::from_secs(1);
    let (tell, closed) = channel();
    let provider = Provider::start(move |_| Reply::Kept("Hello".into(), tell.clone()));
    let place = place(&provider.address);
    let begin = Instant::now();
    place.say(place.conversation(), "Hello");
    let is_kept = closed.recv_timeout(Duration::from_millis(50)).is_err();
    ends(place);
    if is_kept {
        closed.recv_timeout(Duration::from_secs(20)).unwrap();
    }
    is_kept && begin.elapsed() < KEPT
}

#[test]
fn going_offline_closes_the_connection_that_is_kept_for_a_next_request() {
    let offline = |place: Place| set(&place.app, |settings| settings.offline = true);
    assert!((0..10).any(|_| is_closed_by(offline)));
}

#[test]
fn a_connection_that_is_kept_does_not_hold_the_chats_of_an_app_that_was_closed() {
    let closed = |place: Place| {
        let Place { _folder, app, .. } = place;
        drop(app);
        assert!(_folder.open().unwrap().opened_alone());
    };
    assert!((0..10).any(|_| is_closed_by(closed)));
}

#[test]
fn offline_opens_no_connection_and_every_other_one_is_in_the_log() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    place.say(conversation, "Hello");
    let mut settings = place.app.store.read(gatehouse_core::settings::get).unwrap();
    settings.offline = true;
    place.app.set_settings(&settings).unwrap();
    let answer = place.say(conversation, "Hello again");
    assert_eq!(answer.call.unwrap().route, Route::Local);
    assert_eq!(provider.received().len(), 1, "nothing was opened");
    let log = place.log();
    assert_eq!(log.len(), 1);
    let sent = provider.received()[0].body.len() as u64;
    assert_eq!(
        (log[0].bytes_out, log[0].outcome, log[0].purpose.as_str()),
        (sent, Outcome::Answered, "chat")
    );
}

#[test]
fn every_byte_that_leaves_is_accounted_for() {
    let answered = Arc::<Mutex<Vec<u64>>>::default();
    let note = Arc::clone(&answered);
    // Everything goes through this proxy, whomever it is meant for.
    let proxy = Provider::start(move |request| {
        let error = json!({ "message": "there is no credit" });
        let is_get = request.head.starts_with("GET ");
        let (body, reply) = match (is_get, request.json()["model"].as_str()) {
            (true, _) => raw(
                "application/json",
                json!({ "data": [{ "id": MODEL }] }).to_string(),
            ),
            (false, Some("without-credit")) => (
                json!({ "error": error }).to_string().len(),
                Reply::RefuseWith(402, "", error),
            ),
            (false, _) => raw(
                "text/event-stream",
                format!(
                    "data: {}\n\ndata: [DONE]\n\n",
                    json!({
                "choices": [{ "index": 0, "delta": { "content": "Yes." }, "finish_reason": "stop" }],
                "usage": { "prompt_tokens": 50, "completion_tokens": 2 } })
                ),
            ),
        };
        note.lock().unwrap().push(body as u64);
        reply
    });
    let place = place_without_key("http://models.example/v1", Destination::Cloud);
    set(&place.app, |settings| {
        as_proxy(&proxy).clone_into(&mut settings.proxy)
    });
    let gate = &place.app.gate;
    // What a person does in a session, with everything that looks and counts on the way.
    gate.test_account(place.account.id).unwrap();
    let conversation = place.conversation();
    gate.preview(&say(conversation, LETTER), None).unwrap();
    gate.what_would_leave(&say(conversation, LETTER), None)
        .unwrap();
    gate.safety_report(LETTER).unwrap();
    let first = place.say(conversation, LETTER);
    gate.title(conversation).unwrap();
    app::answer(&place.app, Ask::Again(first.id), |_| ());
    let question = first.parent_id.unwrap();
    app::answer(
        &place.app,
        Ask::Edit(question, "And bob@example.net?"),
        |_| (),
    );
    let both = [link(&place.account, MODEL), link(&place.account, "other")];
    let ask = Ask::Say(conversation, "Which of you?");
    let compared = gate.compare(ask, &both, None, Review::NotAsked, &mut |_| ());
    assert_eq!(compared.unwrap().1.len(), 2);
    let chain = vec![
        link(&place.account, "without-credit"),
        link(&place.account, MODEL),
    ];
    let moved = place.say(place.conversation_with(chain), "Who else?");
    assert_eq!(moved.call.unwrap().moves.len(), 1);
    assert!(
        gate.update_prices_from("http://models.example/prices.json", true)
            .is_err()
    );

    let received = proxy.received();
    let (with_body, without): (Vec<_>, Vec<_>) = received
        .iter()
        .partition(|request| !request.body.is_empty());
    assert!(
        without
            .iter()
            .all(|request| request.head.starts_with("GET "))
    );
    let mut left: Vec<_> = place
        .calls()
        .iter()
        .filter_map(|call| gate.what_left(call.summary.number).unwrap())
        .map(|left| left.body.into_bytes())
        .collect();
    left.reverse();
    let sent: Vec<_> = with_body
        .into_iter()
        .map(|request| request.body.clone())
        .collect();
    assert_eq!(
        sent.len(),
        7,
        "a message, its answer again, its edit, two that are compared, two of a chain"
    );
    assert_eq!(sent, left, "each byte that left is kept with its call");
    let log = place.log();
    assert_eq!(log.len(), received.len(), "each connection is in the log");
    let logged: u64 = log.iter().map(|line| line.bytes_out).sum();
    assert_eq!(
        logged,
        sent.iter().map(|body| body.len() as u64).sum::<u64>()
    );
    let mut came: Vec<_> = log.iter().map(|line| line.bytes_in).collect();
    came.reverse();
    assert_eq!(came, *answered.lock().unwrap(), "and each that came");
    assert!(log.iter().all(|line| line.host == "models.example"));
}

/// A whole answer of this kind, and how long it is.
fn raw(kind: &'static str, body: String) -> (usize, Reply) {
    (body.len(), Reply::Raw(kind, body.into_bytes()))
}

#[test]
fn an_account_is_tested_by_its_models_and_no_request_goes_out_before() {
    let provider = Provider::start(|_| {
        Reply::Whole(json!({ "object": "list", "data": [
            { "id": "small", "object": "model" }, { "id": "large", "object": "model" } ] }))
    });
    let place = place(&provider.address);
    assert!(provider.received().is_empty(), "setting up sends nothing");
    let account = place.app.gate.test_account(place.account.id).unwrap();
    let names: Vec<_> = account
        .models
        .iter()
        .map(|model| model.id.as_str())
        .collect();
    assert_eq!(names, ["small", "large"]);
    assert!(
        account.models.iter().all(|model| model.chosen),
        "a short list is taken whole"
    );
    let head = provider.received()[0].head.clone();
    assert!(
        head.to_ascii_lowercase()
            .contains(&format!("authorization: bearer {KEY}")),
        "the key is sent to its own provider"
    );
}

/// Gatehouse opened once more on the same data, as another process has it open.
fn another(place: &Place) -> App {
    app::without_model(&place._folder.folder)
}

pub fn set(app: &App, change: impl FnOnce(&mut Settings)) {
    let mut settings = app.store.read(gatehouse_core::settings::get).unwrap();
    change(&mut settings);
    app.set_settings(&settings).unwrap();
}

#[test]
fn whoever_turns_the_switch_turns_it_for_all_who_work_with_the_same_data() {
    let provider = Provider::start(|_| Reply::Endless(vec!["One".into(), " and".into()]));
    let place = place(&provider.address);
    place.without_fallback();
    let other = another(&place);
    let conversation = place.conversation();
    let mut turned = None;
    let answer = app::answer(&place.app, Ask::Say(conversation, "Hello"), |event| {
        if turned.is_none() && matches!(event, AnswerEvent::Text { .. }) {
            set(&other, |settings| settings.offline = true);
            turned = Some(Instant::now());
        }
    });
    let took = turned.unwrap().elapsed();
    assert!(took < Duration::from_secs(5), "it ended after {took:?}");
    assert_eq!(answer.state, MessageState::Failed);
    assert_eq!(place.log()[0].outcome, Outcome::Offline);
    let error = place.refused(conversation, "Hello again", Review::NotAsked);
    assert!(matches!(error, GateError::Offline), "{error}");
    assert!(place.app.gate.test_account(place.account.id).is_err());
    assert_eq!(provider.received().len(), 1, "nothing else was opened");
}

// Windows connects to nothing by this address.
#[cfg(unix)]
#[test]
fn a_proxy_is_used_from_the_next_request_on_whoever_has_set_it() {
    let (direct, proxy) = (Provider::echo(), Provider::echo());
    // It leads here, and is not one that is known to be near.
    let address = direct.address.replace("127.0.0.1", "0.0.0.0");
    let place = place_without_key(&address, Destination::Cloud);
    let conversation = place.conversation();
    let other = another(&place);
    place.say(conversation, "Hello");
    set(&other, |settings| {
        as_proxy(&proxy).clone_into(&mut settings.proxy)
    });
    place.say(conversation, "Hello again");
    set(&other, |settings| settings.proxy.clear());
    place.say(conversation, "And again");
    assert_eq!((direct.received().len(), proxy.received().len()), (2, 1));
}

#[test]
fn a_server_of_ones_own_gets_what_it_may_have_and_no_proxy_does() {
    let (server, proxy) = (Provider::echo(), Provider::echo());
    let place = place_without_key(&server.address, Destination::OwnServer);
    let key = Zeroizing::new(KEY.to_owned());
    place
        .app
        .gate
        .set_account_key(place.account.id, key)
        .unwrap();
    set(&place.app, |settings| {
        as_proxy(&proxy).clone_into(&mut settings.proxy)
    });
    let answer = place.say(place.conversation(), LETTER);
    assert_eq!(answer.text, LETTER);
    assert_eq!(server.received()[0].last_message(), LETTER, "as it is");
    assert!(server.received()[0].head.contains(KEY));
    assert_eq!(proxy.received().len(), 0);
}

#[test]
fn what_is_for_an_own_server_does_not_leave_where_a_proxy_would_read_it() {
    let proxy = Provider::echo();
    let place = place_without_key("http://models.example/v1", Destination::OwnServer);
    place.without_fallback();
    set(&place.app, |settings| {
        as_proxy(&proxy).clone_into(&mut settings.proxy)
    });
    let answer = place.say(place.conversation(), LETTER);
    assert_eq!(answer.state, MessageState::Failed);
    let problem = answer.problem.unwrap().message;
    assert!(problem.contains("the proxy would read"), "{problem}");
    assert!(place.app.gate.test_account(place.account.id).is_err());
    assert_eq!(proxy.received().len(), 0);
    assert_eq!(place.log(), []);
}

#[test]
fn a_connection_is_in_the_log_before_its_request_is_there() {
    let (kept, seen) = (
        Arc::<OnceLock<Arc<Store>>>::default(),
        Arc::<Mutex<Vec<connections::Connection>>>::default(),
    );
    let (store, noted) = (Arc::clone(&kept), Arc::clone(&seen));
    let provider = Provider::start(move |_| {
        let lines = store
            .get()
            .unwrap()
            .read(|conn| Ok::<_, StoreError>(connections::list(conn, 50)?));
        noted.lock().unwrap().extend(lines.unwrap());
        Reply::Pieces(vec!["Yes.".into()], 50, 2)
    });
    let place = place(&provider.address);
    assert!(kept.set(Arc::clone(&place.app.store)).is_ok());
    place.say(place.conversation(), "Hello");
    let sent = provider.received()[0].body.len() as u64;
    let [open] = &seen.lock().unwrap()[..] else {
        panic!("one line when the request came");
    };
    assert_eq!((open.outcome, open.bytes_out), (Outcome::Open, sent));
    let [ended] = &place.log()[..] else {
        panic!("the same line at the end");
    };
    assert_eq!((ended.outcome, ended.bytes_out), (Outcome::Answered, sent));
    assert_eq!(ended.at_ms, open.at_ms);
    assert!(ended.bytes_in > 0);
}

/// Asks the account of a folder until it is killed.
#[test]
#[ignore = "started by the test below, as a process to be killed"]
fn ask_until_killed() {
    let app = app::without_model(&folder_of_child());
    let account = app.store.read(|conn| accounts::find(conn, "Test")).unwrap();
    let conversation = app.gate.new_conversation(&elsewhere(&account)).unwrap().id;
    tell("open");
    app::answer(&app, Ask::Say(conversation, "Hello"), |event| {
        if matches!(event, AnswerEvent::Text { .. }) {
            tell("text");
        }
    });
}

#[test]
fn a_connection_that_a_kill_has_cut_is_in_the_log_as_broken_off() {
    let provider = Provider::start(|_| Reply::Endless(vec!["One".into()]));
    let folder = TempFolder::new();
    let first = app::without_model(&folder.folder);
    account(&first, "Test", &provider.address);
    drop(first);
    let child = "gate::network::ask_until_killed";
    kills::kill(child, &folder.folder, 1, Duration::ZERO, &mut |_| ());
    let app = app::without_model(&folder.folder);
    let log = app
        .store
        .read(|conn| Ok::<_, StoreError>(connections::list(conn, 50)?));
    let [line] = &log.unwrap()[..] else {
        panic!("one connection");
    };
    assert_eq!(line.outcome, Outcome::Broken);
    assert_eq!(line.bytes_out, provider.received()[0].body.len() as u64);
}
