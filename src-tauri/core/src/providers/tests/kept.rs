//! Connections that are kept for the next request, and when they are not.

use std::{sync::mpsc, time::Duration};

use super::{
    CloudEvent, Connection, DONE, LIMITS, Language, Limits, Net, Stop, Told, ask_hearing,
    fault_server::{FaultServer, Script, Step, chunk, head, stream, whole},
    finish, net, said,
};
use crate::providers::{cloud::EndReason, connection_log::ConnectionOutcome};

/// What is kept is not closed while a test runs, and nothing is tried twice.
const KEEPING: Limits = Limits {
    kept: Duration::from_secs(600),
    tries: 1,
    ..LIMITS
};

fn ask(net: &Net, server: &FaultServer) -> Told {
    ask_hearing(net, Language::OpenAi, server, &Stop::default(), &mut |_| {})
}

fn events(text: &str) -> String {
    [said(text), finish("stop"), DONE.to_owned()].concat()
}

/// An answer that says how long it is.
fn measured(text: &str) -> Step {
    whole(
        "200 OK",
        &["content-type: text/event-stream"],
        &events(text),
    )
}

/// An answer in chunks, the end of which comes with its last event.
fn chunked(text: &str) -> Step {
    let events = events(text);
    let text = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{events}\r\n0\r\n\r\n",
        events.len()
    );
    Step::Send(text.into_bytes())
}

fn outcomes(connections: &[Connection]) -> Vec<ConnectionOutcome> {
    connections.iter().map(|one| one.outcome).collect()
}

#[test]
fn the_next_request_to_a_server_takes_the_same_connection_and_has_its_own_line() {
    // A second connection would never be answered.
    let server = FaultServer::start(vec![Script::Steps(vec![
        measured("one"),
        Step::Next,
        chunked("two"),
        Step::Next,
        measured("three"),
        Step::Hold,
    ])]);
    let net = net(KEEPING);
    for said in ["one", "two", "three"] {
        let told = ask(&net, &server);
        assert_eq!(told.text(), said);
        assert_eq!(told.requests.len(), 1);
    }
    let log = net.log.lock().unwrap().clone();
    assert_eq!(outcomes(&log), [ConnectionOutcome::Answered(200); 3]);
    for line in log {
        assert!(line.bytes_out > 0 && line.bytes_in > 0, "{line:?}");
    }
    assert!(
        server.closed.try_recv().is_err(),
        "it is kept for one more, too"
    );
    drop(net.http);
    server.closed.recv_timeout(LIMITS.idle).unwrap();
}

#[test]
fn what_is_kept_is_closed_in_its_time_though_nothing_else_happens() {
    let kept = || FaultServer::start(vec![Script::Steps(vec![measured("one"), Step::Hold])]);
    let (first, second) = (kept(), kept());
    let net = net(Limits {
        kept: Duration::from_millis(50),
        ..KEEPING
    });
    for server in [first, second] {
        assert_eq!(ask(&net, &server).text(), "one");
        server.closed.recv_timeout(LIMITS.idle).unwrap();
    }
}

#[test]
fn the_offline_switch_closes_what_is_kept() {
    let server = FaultServer::start(vec![Script::Steps(vec![measured("one"), Step::Hold])]);
    let net = net(KEEPING);
    assert_eq!(ask(&net, &server).text(), "one");
    net.offline.set(true);
    net.http.close_idle();
    server.closed.recv_timeout(LIMITS.idle).unwrap();
}

#[test]
fn an_answer_that_is_not_read_to_its_end_ends_with_its_connection() {
    let server = FaultServer::start(vec![
        Script::Steps(vec![
            head("200 OK", &[]),
            chunk(said("half").as_bytes()),
            Step::Hold,
        ]),
        stream(&[events("whole").as_bytes()]),
    ]);
    let (net, stop) = (net(KEEPING), Stop::default());
    let mut hear = |event: &CloudEvent| {
        if matches!(event, CloudEvent::Delta(_)) {
            stop.set();
        }
    };
    let told = ask_hearing(&net, Language::OpenAi, &server, &stop, &mut hear);
    assert_eq!(told.end().reason, EndReason::Stopped);
    server.closed.recv_timeout(LIMITS.idle).unwrap();
    assert_eq!(ask(&net, &server).text(), "whole");
}

#[test]
fn a_connection_that_the_server_has_closed_meanwhile_is_not_taken() {
    let (closes, closed) = mpsc::channel();
    let server = FaultServer::start(vec![
        Script::Steps(vec![measured("one"), Step::End, Step::Tell(closes)]),
        Script::Steps(vec![measured("two")]),
    ]);
    let net = net(KEEPING);
    assert_eq!(ask(&net, &server).text(), "one");
    closed.recv_timeout(LIMITS.idle).unwrap();
    let told = ask(&net, &server);
    assert_eq!(told.text(), "two");
    assert_eq!(
        outcomes(&told.connections),
        [ConnectionOutcome::Answered(200); 2]
    );
}

#[test]
fn a_request_that_a_kept_connection_breaks_under_is_tried_again_on_a_new_one() {
    let server = FaultServer::start(vec![
        // It is closed just as the next request comes.
        Script::Steps(vec![measured("one"), Step::Next]),
        Script::Steps(vec![measured("two")]),
    ]);
    let net = net(Limits {
        tries: 2,
        ..KEEPING
    });
    assert_eq!(ask(&net, &server).text(), "one");
    let told = ask(&net, &server);
    assert_eq!(told.text(), "two");
    assert_eq!(
        outcomes(&told.connections),
        [
            ConnectionOutcome::Answered(200),
            ConnectionOutcome::Broken,
            ConnectionOutcome::Answered(200)
        ]
    );
}

#[test]
fn a_server_that_says_it_closes_is_believed() {
    let closing = |text: &str| {
        let events = events(text);
        Script::Steps(vec![
            whole("200 OK", &["connection: close"], &events),
            Step::Hold,
        ])
    };
    let server = FaultServer::start(vec![closing("one"), closing("two")]);
    let net = net(KEEPING);
    for said in ["one", "two"] {
        assert_eq!(ask(&net, &server).text(), said);
        server.closed.recv_timeout(LIMITS.idle).unwrap();
    }
}
