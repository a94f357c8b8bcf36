//! A time-stamp service that does not do as it should.

use url::Url;

use super::{
    fault_server::{Step, chunk, head, last_chunk},
    *,
};
use crate::providers::time_stamp::ask;

const REPLY: &str = "content-type: application/timestamp-reply";
const LONGEST: usize = 1000;

fn asked(steps: Vec<Step>) -> (Result<Vec<u8>, ProviderError>, Vec<Connection>, String) {
    let server = FaultServer::start(vec![Script::Steps(steps)]);
    let net = net(LIMITS);
    let address = Url::parse(&server.address).unwrap();
    let answer = ask(
        &net.http,
        &address,
        b"query".to_vec(),
        LONGEST,
        &Stop::default(),
    );
    let log = net.log.lock().unwrap().clone();
    let request = server.received().remove(0);
    assert_eq!(request.body, b"query");
    (answer, log, request.head.to_ascii_lowercase())
}

#[test]
fn an_answer_comes_back_as_it_is_and_the_connection_says_what_it_was_for() {
    let (answer, log, head) = asked(vec![
        head("200 OK", &[REPLY]),
        chunk(b"stamp"),
        last_chunk(),
    ]);
    assert_eq!(answer.unwrap(), b"stamp");
    assert!(
        head.contains("content-type: application/timestamp-query"),
        "{head}"
    );
    assert!(!head.contains("json"), "{head}");
    assert_eq!(
        (log[0].purpose, log[0].bytes_out, log[0].bytes_in),
        ("time-stamp", 5, 5)
    );
}

#[test]
fn a_web_page_an_error_and_another_address_are_no_answers() {
    for (status, kind, trouble) in [
        ("200 OK", "content-type: text/html", Trouble::Nonsense),
        ("200 OK", "x: y", Trouble::Nonsense),
        ("302 Found", "location: /elsewhere", Trouble::Moved),
        ("500 No", REPLY, Trouble::ServerFailed { status: 500 }),
    ] {
        let (answer, ..) = asked(vec![head(status, &[kind]), chunk(b"<html>"), last_chunk()]);
        assert_eq!(answer.unwrap_err().trouble, trouble, "{status} {kind}");
    }
}

#[test]
fn an_answer_without_end_is_given_up_when_it_is_too_large() {
    let mut steps = vec![head("200 OK", &[REPLY])];
    steps.extend((0..20).map(|_| chunk(&[7; 100])));
    steps.push(Step::Hold);
    let error = asked(steps).0.unwrap_err();
    assert_eq!(error.trouble, Trouble::Nonsense);
    assert!(error.said.unwrap().contains("too large"));
}

#[test]
fn a_service_that_is_silent_or_lets_it_drip_is_given_up_in_time() {
    let mut drips = vec![head("200 OK", &[REPLY])];
    for _ in 0..20 {
        drips.extend([chunk(b"."), Step::Sleep(Duration::from_millis(100))]);
    }
    for steps in [
        vec![Step::Hold],
        vec![head("200 OK", &[REPLY]), Step::Hold],
        drips,
    ] {
        let begun = Instant::now();
        let error = asked(steps).0.unwrap_err();
        assert!(matches!(error.trouble, Trouble::Silent { .. }), "{error:?}");
        assert!(begun.elapsed() < LIMITS.idle, "its own limit is shorter");
    }
}

#[test]
fn offline_nothing_is_asked() {
    let net = net(LIMITS);
    net.offline.set(true);
    let address = Url::parse("http://127.0.0.1:1/tsa").unwrap();
    let error = ask(&net.http, &address, Vec::new(), LONGEST, &Stop::default()).unwrap_err();
    assert_eq!(error.trouble, Trouble::Offline);
    assert!(net.log.lock().unwrap().is_empty());
}
