//! Requests of those who mean no good: each is refused, none reaches a model, and the server goes on.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use crate::support::api::answer;

use super::*;

impl Place {
    /// A request with these headers in place of the usual ones, and this body.
    fn raw(&self, headers: &[(&str, &str)], body: &str) -> crate::support::api::Answer {
        let mut request = "POST /v1/chat/completions HTTP/1.1\r\n".to_owned();
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(body);
        self.served.send(request.as_bytes())
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.key)
    }

    /// It goes on, and no model was asked meanwhile.
    fn goes_on(&self, provider: &Provider) {
        assert!(provider.received().is_empty());
        assert!(self.calls().is_empty());
        assert_eq!(self.say("Hello").status, 200);
    }
}

const HELLO: &str = r#"{"model":"helper","messages":[{"role":"user","content":"Hello"}]}"#;

#[test]
fn a_page_that_plays_our_name_or_comes_from_elsewhere_is_refused() {
    let provider = Provider::echo();
    let place = with_provider(&provider, &[]);
    let (bearer, length) = (place.bearer(), HELLO.len().to_string());
    let host = place.served.host().to_owned();
    let port = host.rsplit_once(':').unwrap().1;
    let rest = [
        ("authorization", bearer.as_str()),
        ("content-length", length.as_str()),
    ];
    for wrong in [
        "evil.example",
        &format!("evil.example:{port}"),
        "127.0.0.1.evil.example",
        "",
    ] {
        let refused = place.raw(&[&[("host", wrong)], &rest[..]].concat(), HELLO);
        assert!(matches!(refused.status, 400 | 421), "{wrong}: {refused:?}");
    }
    let twice = place.raw(
        &[
            &[("host", host.as_str()), ("host", "evil.example")],
            &rest[..],
        ]
        .concat(),
        HELLO,
    );
    assert!(matches!(twice.status, 400 | 421), "{twice:?}");
    for origin in ["https://evil.example", "null", "http://localhost:3000"] {
        let from = [&[("host", host.as_str()), ("origin", origin)], &rest[..]].concat();
        let refused = place.raw(&from, HELLO);
        assert_eq!(refused.status, 403, "{origin}");
        assert!(
            !refused.head.contains("access-control-allow-origin"),
            "{}",
            refused.head
        );
    }
    place.goes_on(&provider);
}

#[test]
fn a_page_whose_origin_was_allowed_may_ask_and_another_may_not() {
    let provider = Provider::echo();
    let place = with_provider(&provider, &["--allow-origin", "https://notes.example"]);
    let host = place.served.host().to_owned();
    let preflight = |origin: &str| {
        let request = format!(
            "OPTIONS /v1/chat/completions HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\n\
             access-control-request-method: POST\r\naccess-control-request-headers: authorization\r\n\
             connection: close\r\n\r\n"
        );
        place.served.send(request.as_bytes())
    };
    let may = preflight("https://notes.example");
    assert_eq!(may.status, 204);
    assert!(
        may.head
            .contains("access-control-allow-origin: https://notes.example"),
        "{}",
        may.head
    );
    assert!(
        may.head
            .contains("access-control-allow-headers: authorization"),
        "{}",
        may.head
    );
    assert_eq!(preflight("https://evil.example").status, 403);
}

#[test]
fn what_is_too_large_too_slow_or_no_json_is_refused_with_words() {
    let provider = Provider::echo();
    let place = with_provider(&provider, &[]);
    let (bearer, host) = (place.bearer(), place.served.host().to_owned());
    let with_length = |length: &str, body: &str| {
        let headers = [
            ("host", host.as_str()),
            ("authorization", bearer.as_str()),
            ("content-length", length),
            // Else the connection is kept for a next request, and the answer read to its end by then.
            ("connection", "close"),
        ];
        place.raw(&headers, body)
    };
    let large = with_length("1000000000000", "");
    assert_eq!(large.status, 413, "before any of it is read: {large:?}");
    for broken in ["", "{", "[1,2", "\u{0}", "{\"model\":1}", "nonsense"] {
        let refused = with_length(&broken.len().to_string(), broken);
        assert_eq!(refused.status, 400, "{broken}");
        assert_eq!(refused.json()["error"]["type"], "invalid_request_error");
    }
    let deep = "[".repeat(200_000);
    assert_eq!(with_length(&deep.len().to_string(), &deep).status, 400);
    let long_head = "x".repeat(200_000);
    let refused = place.raw(&[("host", &host), ("x-long", &long_head)], "");
    assert!(matches!(refused.status, 0 | 400 | 431), "{refused:?}");
    place.goes_on(&provider);
}

#[test]
fn a_request_that_says_in_two_ways_how_long_it_is_is_refused_whole() {
    let provider = Provider::echo();
    let place = with_provider(&provider, &[]);
    let (bearer, host) = (place.bearer(), place.served.host().to_owned());
    let inner = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {host}\r\nauthorization: {bearer}\r\ncontent-length: {}\r\n\r\n{HELLO}",
        HELLO.len()
    );
    let smuggled = format!("0\r\n\r\n{inner}");
    let length = smuggled.len().to_string();
    let ways: [&[(&str, &str)]; 4] = [
        &[
            ("content-length", &length),
            ("transfer-encoding", "chunked"),
        ],
        &[
            ("transfer-encoding", "chunked"),
            ("content-length", &length),
        ],
        &[("content-length", "5"), ("content-length", &length)],
        &[("transfer-encoding", "chunked, identity")],
    ];
    for way in ways {
        let head = [("host", host.as_str()), ("authorization", bearer.as_str())];
        let refused = place.raw(&[&head[..], way].concat(), &smuggled);
        assert!(matches!(refused.status, 400 | 411), "{way:?}: {refused:?}");
        let answers = refused.body.matches("HTTP/1.1").count();
        assert_eq!(
            answers, 0,
            "{way:?}: what came behind it was taken for a request"
        );
    }
    place.goes_on(&provider);
}

#[test]
fn a_head_that_others_would_read_in_another_way_hides_nothing() {
    const PATH: &str = "/v1/chat/completions";
    let provider = Provider::echo();
    let place = with_provider(&provider, &[]);
    let (bearer, own) = (place.bearer(), place.served.host().to_owned());
    let ask = |address: &str, host: &str, lines: &str| {
        let head = format!(
            "POST {address} HTTP/1.1\r\nhost: {host}\r\n{lines}authorization: {bearer}\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            HELLO.len()
        );
        let asked = [head.as_bytes(), HELLO.as_bytes()].concat();
        place.served.send(&asked)
    };
    let heads: [(&str, &[u16]); 8] = [
        // A value that goes on in the next line.
        ("x-note: one\r\n two\r\n", &[400]),
        ("x-note: one\r\n\torigin: https://evil.example\r\n", &[400]),
        // A name with a blank behind it.
        ("origin : https://evil.example\r\n", &[400]),
        ("transfer-encoding : chunked\r\n", &[400]),
        // Where LF alone ends a line, what comes after it is a line, too.
        ("x-note: one\norigin: https://evil.example\r\n", &[400, 403]),
        ("x-note: one\nhost: evil.example\r\n", &[400, 421]),
        ("x-note: one\ntransfer-encoding: chunked\r\n", &[400, 411]),
        ("x-note: one\rorigin: https://evil.example\r\n", &[400]),
    ];
    for (lines, expected) in heads {
        let refused = ask(PATH, &own, lines);
        assert!(expected.contains(&refused.status), "{lines:?}: {refused:?}");
    }
    // Two names for who is asked: both have to be ours.
    let address = |authority: &str| format!("http://{authority}{PATH}");
    for (authority, host) in [
        ("evil.example", own.as_str()),
        (&own, "evil.example"),
        (&format!("{own}@evil.example"), &own),
        (&format!("evil.example@{own}"), &own),
    ] {
        let refused = ask(&address(authority), host, "");
        assert!(
            matches!(refused.status, 400 | 421),
            "{authority} with {host}: {refused:?}"
        );
    }
    place.goes_on(&provider);
    assert_eq!(ask(&address(&own), &own, "").status, 200);
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for_for_ever() {
    let provider = Provider::echo();
    let place = with_provider(&provider, &[]);
    let mut slow = place.served.connect();
    write!(
        slow,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {}\r\nauthorization: {}\r\ncontent-length: 100\r\n\r\n{{",
        place.served.host(),
        place.bearer()
    )
    .unwrap();
    let mut silent = place.served.connect();
    write!(silent, "POST /v1/chat").unwrap();
    // Others are served meanwhile.
    place.goes_on(&provider);
    assert_eq!(answer(&mut slow).status, 408);
    // Closed: with an answer, or without one.
    if let Err(error) = silent.read_to_end(&mut Vec::new()) {
        let waits = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
        assert!(!waits, "it is still waited for");
    }
}

#[test]
fn who_has_no_key_or_asks_too_often_is_told_so_in_the_language_that_was_asked_in() {
    let provider = Provider::echo();
    let mut place = with_provider(&provider, &["--per-minute", "1"]);
    let right = std::mem::replace(&mut place.key, "gatehouse-wrong".into());
    let body = json!({ "model": ALIAS, "max_tokens": 5, "messages": [{ "role": "user", "content": "Hello" }] });
    let refused = place.served.post("/v1/messages", &place.key, &body);
    assert_eq!(
        (refused.status, &refused.json()["type"]),
        (401, &json!("error"))
    );
    assert_eq!(refused.json()["error"]["type"], "authentication_error");
    assert_eq!(place.chat(&body).json()["error"]["code"], "invalid_api_key");
    place.key = right;
    assert_eq!(place.chat(&body).status, 200);
    let limited = place.chat(&body);
    assert_eq!(limited.status, 429);
    assert!(limited.head.contains("retry-after: "), "{}", limited.head);
    let said = place.served.stop();
    let count = |why: &str| {
        let refused = said["refused"].as_array().unwrap();
        refused
            .iter()
            .find(|entry| entry["why"] == why)
            .map(|entry| entry["count"].clone())
    };
    assert_eq!(
        (count("key"), count("rate")),
        (Some(json!(2)), Some(json!(1)))
    );
}

#[test]
fn who_guesses_keys_waits_for_each_answer_and_who_has_one_is_answered_meanwhile() {
    let provider = Provider::echo();
    let place = with_provider(&provider, &["--per-minute", "0"]);
    let guess = || {
        let begin = Instant::now();
        let answer = place
            .served
            .post("/v1/messages", "gatehouse-guessed", &json!({}));
        assert_eq!(answer.status, 401);
        begin.elapsed()
    };
    thread::scope(|scope| {
        let guesses: Vec<_> = (0..64).map(|_| scope.spawn(guess)).collect();
        for turn in 0..8 {
            assert_eq!(place.say(&format!("Hello {turn}")).status, 200);
        }
        for guess in guesses {
            let took = guess.join().unwrap();
            assert!(took >= Duration::from_millis(250), "{took:?}");
        }
    });
}

/// Connections that are open at the same time.
const CROWD: u64 = 2_000;

/// Let this process have so many files open, for which many systems allow it more than they give it at first.
#[cfg(unix)]
fn allow_files(count: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < count) {
        let current = Some(count);
        let raised = setrlimit(Resource::Nofile, Rlimit { current, ..limit });
        raised.unwrap_or_else(|error| {
            panic!("this test needs {count} open files, and may have {limit:?}: {error}")
        });
    }
}

#[cfg(not(unix))]
fn allow_files(_count: u64) {}

#[test]
fn thousands_of_connections_take_no_more_than_their_seats_and_leave_when_they_go() {
    let provider = Provider::echo();
    // The server keeps the limit that it was started with, as one that a person starts has.
    let place = with_provider(&provider, &[]);
    allow_files(CROWD + 1_000);
    let connect = |_| TcpStream::connect(place.served.host()).unwrap();
    let mut crowd: Vec<TcpStream> = (0..CROWD).map(connect).collect();
    // Those beyond the seats are closed by the server, so one that reads to its end was turned away.
    let mut turned_away = crowd.pop().unwrap();
    assert_eq!(turned_away.read(&mut [0; 1]).unwrap_or(0), 0);
    drop(crowd);
    let mut status = 0;
    while status != 200 {
        // A seat is free as soon as the server has seen one of them go.
        status = place.say("Hello").status;
        assert!(matches!(status, 0 | 200), "{status}");
    }
    let said = place.served.stop();
    assert!(
        said["refused"].to_string().contains("connections"),
        "{said}"
    );
}
