//! What a call costs that a person ended before its first word, by a stop or the offline switch: nothing where
//! no model can have read it, and nobody knows how much where one may have.

use std::{
    net::TcpListener,
    sync::{Mutex, mpsc},
    thread,
};

use gatehouse_core::{clients::NewClient, engine::Stop, gate::client::EmbeddingsWanted};

use super::{network::set, *};

/// A provider that says when a request is there, and answers none before the test is over.
fn thinks() -> (Provider, Mutex<mpsc::Receiver<()>>, mpsc::Sender<()>) {
    let (came, comes) = mpsc::channel();
    let (over, is_over) = mpsc::channel::<()>();
    let is_over = Mutex::new(is_over);
    let provider = Provider::start(move |_| {
        let _ = came.send(());
        let _ = is_over.lock().unwrap().recv();
        Reply::Refuse(500, "the test is over")
    });
    (provider, Mutex::new(comes), over)
}

/// A provider that refuses, and asks to wait for longer than a test does.
fn asks_to_wait() -> Provider {
    Provider::start(|_| {
        let error = json!({ "message": "slow down", "type": "rate_limit_error" });
        Reply::RefuseWith(429, "retry-after: 15\r\n", error)
    })
}

/// The call of an answer that `end` ends, which runs beside it. What it gives is kept until then.
fn ended<T: Send>(
    place: &Place,
    end: impl FnOnce(ConversationId) -> T + Send,
) -> (MessageState, costs::CallSummary) {
    let conversation = place.conversation();
    thread::scope(|scope| {
        let kept = scope.spawn(|| end(conversation));
        let answer = place.say(conversation, LETTER);
        kept.join().unwrap();
        (answer.state, answer.call.unwrap())
    })
}

/// Until the first request was refused and its connection is closed.
fn wait_for_refusal(place: &Place) {
    while place
        .log()
        .first()
        .is_none_or(|line| line.outcome != Outcome::Answered)
    {
        thread::yield_now();
    }
}

fn go_offline(place: &Place) {
    set(&place.app, |settings| settings.offline = true);
}

#[test]
fn nobody_knows_what_a_request_costs_that_left_before_the_offline_switch() {
    let (provider, comes, _over) = thinks();
    let place = place(&provider.address);
    price(&place.app);
    place.without_fallback();
    let (_, call) = ended(&place, |_| {
        comes.lock().unwrap().recv().unwrap();
        go_offline(&place);
    });
    assert_eq!(call.cost, None, "a model may have read it all");
}

#[test]
fn what_the_offline_switch_ended_is_no_failure_of_the_provider() {
    let (provider, comes, _over) = thinks();
    let place = place(&provider.address);
    place.without_fallback();
    ended(&place, |_| {
        comes.lock().unwrap().recv().unwrap();
        go_offline(&place);
    });
    assert_eq!(place.app.gate.health(), [], "it was not left to answer");
}

#[test]
fn vectors_that_left_before_the_offline_switch_may_be_billed_too() {
    let (provider, comes, _over) = thinks();
    let place = place(&provider.address);
    price(&place.app);
    let new = NewClient {
        name: "Editor".into(),
        workspace_id: None,
        days: None,
        budget: None,
        keeps_sent: false,
        only_metrics: false,
    };
    let client = place.app.add_client(&new).unwrap().0;
    let wanted = EmbeddingsWanted {
        model: format!("Test/{MODEL}"),
        texts: vec!["Hello".into()],
        dimensions: None,
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            comes.lock().unwrap().recv().unwrap();
            go_offline(&place);
        });
        let made = place
            .app
            .gate
            .embed_for_client(&client, &wanted, &Stop::default());
        assert!(made.is_err());
    });
    assert_eq!(place.calls()[0].summary.cost, None);
}

#[test]
fn a_stop_before_the_first_word_costs_the_prompt_that_left() {
    let (provider, comes, _over) = thinks();
    let place = place(&provider.address);
    price(&place.app);
    let (_, call) = ended(&place, |conversation| {
        comes.lock().unwrap().recv().unwrap();
        place.app.gate.stop(conversation);
    });
    assert!(call.prompt_tokens > 0 && !call.measured);
    assert!(call.cost.is_some_and(|cost| cost != "$0"));
}

#[test]
fn what_was_only_refused_costs_nothing_whoever_ends_the_wait() {
    let provider = asks_to_wait();
    let stopped = place(&provider.address);
    price(&stopped.app);
    let (state, call) = ended(&stopped, |conversation| {
        wait_for_refusal(&stopped);
        stopped.app.gate.stop(conversation);
    });
    assert_eq!((call.cost.as_deref(), call.prompt_tokens), (Some("$0"), 0));
    assert_eq!(state, MessageState::Stopped);
    let offline = place(&provider.address);
    price(&offline.app);
    offline.without_fallback();
    let (_, call) = ended(&offline, |_| {
        wait_for_refusal(&offline);
        go_offline(&offline);
    });
    assert_eq!(call.cost.as_deref(), Some("$0"));
}

#[test]
fn a_stop_before_the_connection_is_made_costs_nothing() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    // It never agrees on keys.
    let address = format!("https://{}/v1", server.local_addr().unwrap());
    let place = place(&address);
    price(&place.app);
    let (_, call) = ended(&place, |conversation| {
        let open = server.accept().unwrap();
        place.app.gate.stop(conversation);
        open
    });
    assert_eq!((call.cost.as_deref(), call.prompt_tokens), (Some("$0"), 0));
}
