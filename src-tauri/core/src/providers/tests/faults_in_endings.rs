//! Faults 18 to 33: ends of streams, errors, and time.

use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    DONE, Ended, LIMITS, Language, Net, anthropic, ask, ask_hearing, ask_within, at_best, data,
    delta, event,
    fault_server::{FaultServer, Script, Step, answer, chunk, head, last_chunk, stream},
    finish, net, said, text_block,
};
use crate::providers::{
    cloud::EndReason,
    connection_log::{Connection, ConnectionLog, ConnectionOutcome},
    error::Trouble,
    http::{Http, Limits},
    offline::OfflineSwitch,
};

use Language::{Anthropic, Ollama, OpenAi};

fn call(arguments: &str) -> String {
    let function = json!({ "name": "weather", "arguments": arguments });
    delta(json!({ "tool_calls": [{ "index": 0, "id": "call_1", "function": function }] }))
}

fn anthropic_error(kind: &str) -> String {
    event(json!({ "type": "error", "error": { "type": kind, "message": "Overloaded" } }))
}

/// A good answer of each language.
fn good(language: Language) -> Script {
    match language {
        OpenAi => stream(&[[said("fine"), finish("stop"), DONE.to_owned()]
            .concat()
            .as_bytes()]),
        Anthropic => stream(&[anthropic(&[text_block("fine")], "end_turn").as_bytes()]),
        Ollama => stream(&[
            b"{\"message\":{\"content\":\"fine\"},\"done\":true,\"done_reason\":\"stop\"}\n",
        ]),
    }
}

#[test]
fn fault_18_a_stream_that_just_ends_is_no_success() {
    let told = ask(OpenAi, vec![stream(&[said("half of").as_bytes()])]);
    assert_eq!(told.text(), "half of", "what came is kept");
    assert_eq!(*told.trouble(), Trouble::Cut);

    let whole = anthropic(&[text_block("half of")], "end_turn");
    let half = whole.split("event: message_delta").next().unwrap();
    assert_eq!(
        *ask(Anthropic, vec![stream(&[half.as_bytes()])]).trouble(),
        Trouble::Cut
    );

    let line = b"{\"message\":{\"content\":\"half of\"},\"done\":false}\n";
    assert_eq!(*ask(Ollama, vec![stream(&[line])]).trouble(), Trouble::Cut);
}

#[test]
fn fault_19_the_end_mark_ends_it_though_the_server_keeps_the_connection_open() {
    let text = [said("all"), finish("stop"), DONE.to_owned()].concat();
    let server = FaultServer::start(vec![Script::Steps(vec![
        head("200 OK", &[]),
        chunk(text.as_bytes()),
        Step::Hold,
    ])]);
    let told = ask_hearing(
        &net(LIMITS),
        OpenAi,
        &server,
        &Default::default(),
        &mut |_| {},
    );
    assert_eq!(told.end().reason, EndReason::Stop);
    assert!(told.took < LIMITS.idle, "it did not wait for the server");
    let closed = server.closed.recv_timeout(Duration::from_secs(5));
    assert!(closed.is_ok(), "the connection is closed from our side");
}

#[test]
fn fault_20_an_end_without_the_mark_is_an_end() {
    let text = [said("all"), finish("stop")].concat();
    assert_eq!(
        ask(OpenAi, vec![stream(&[text.as_bytes()])]).end().reason,
        EndReason::Stop
    );

    // Neither the mark nor the end of the connection comes.
    let hold = Script::Steps(vec![
        head("200 OK", &[]),
        chunk(text.as_bytes()),
        Step::Hold,
    ]);
    let told = ask(OpenAi, vec![hold]);
    assert_eq!(told.end().reason, EndReason::Stop);
    assert!(told.took < LIMITS.idle);

    let whole = anthropic(&[text_block("all")], "end_turn");
    let unmarked = whole.split("event: message_stop").next().unwrap();
    assert_eq!(
        ask(Anthropic, vec![stream(&[unmarked.as_bytes()])])
            .end()
            .reason,
        EndReason::Stop
    );
}

#[test]
fn fault_21_arguments_that_break_off_are_not_a_call() {
    let told = ask(
        OpenAi,
        vec![stream(&[call("{\"place\": \"Ber").as_bytes()])],
    );
    assert_eq!(
        *told.trouble(),
        Trouble::Cut,
        "an error has no end, so nothing can be called"
    );
    let ended = [
        call("{\"place\": \"Ber"),
        finish("tool_calls"),
        DONE.to_owned(),
    ]
    .concat();
    assert_eq!(
        *ask(OpenAi, vec![stream(&[ended.as_bytes()])]).trouble(),
        Trouble::Nonsense
    );
}

#[test]
fn fault_22_a_call_that_looks_whole_is_not_made_without_an_end() {
    let told = ask(
        OpenAi,
        vec![stream(&[call("{\"place\": \"Bern\"}").as_bytes()])],
    );
    assert_eq!(*told.trouble(), Trouble::Cut);
    let block = event(json!({ "type": "content_block_start", "index": 0,
        "content_block": { "type": "tool_use", "id": "t", "name": "weather", "input": {} } }));
    let whole = anthropic(&[block], "tool_use");
    let half = whole.split("event: message_delta").next().unwrap();
    assert_eq!(
        *ask(Anthropic, vec![stream(&[half.as_bytes()])]).trouble(),
        Trouble::Cut
    );
}

#[test]
fn fault_23_an_error_in_the_middle_of_a_stream_is_an_error() {
    for error in [
        json!({ "error": { "message": "the model crashed", "code": 502 } }),
        json!({ "error": { "message": "the model crashed", "code": 502 }, "choices": [] }),
        json!({ "choices": [{ "delta": { "content": "" }, "finish_reason": "error",
            "error": { "message": "the model crashed", "code": 502 } }] }),
    ] {
        let text = [said("half"), data(error), DONE.to_owned()].concat();
        let told = ask(OpenAi, vec![stream(&[text.as_bytes()])]);
        assert_eq!(*told.trouble(), Trouble::ServerFailed { status: 502 });
        assert_eq!(
            told.result.unwrap_err().said.as_deref(),
            Some("the model crashed")
        );
    }
    let line = b"{\"message\":{\"content\":\"half\"}}\n{\"error\":\"the model crashed\"}\n";
    let told = ask(Ollama, vec![stream(&[line])]);
    assert!(matches!(told.trouble(), Trouble::ServerFailed { .. }));
}

#[test]
fn fault_24_an_error_is_found_under_any_name() {
    for error in [
        "error: {\"code\":500,\"message\":\"crashed\",\"type\":\"server_error\"}\n\n",
        "event: error\ndata: {\"message\":\"crashed\",\"code\":500}\n\n",
        "event: error\ndata: crashed\n\n",
        "data: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"crashed\"}\n\n",
        "data: {\"object\":\"error\",\"message\":\"crashed\",\"code\":500}\n\n",
    ] {
        let text = [said("half"), error.to_owned()].concat();
        let told = ask(OpenAi, vec![stream(&[text.as_bytes()])]);
        assert!(
            matches!(told.trouble(), Trouble::ServerFailed { .. }),
            "{error}"
        );
        assert_eq!(
            told.result.unwrap_err().said.as_deref(),
            Some("crashed"),
            "{error}"
        );
    }
}

#[test]
fn fault_25_an_error_that_is_only_text_is_an_error() {
    let text = [said("half"), "data: error: out of memory\n\n".to_owned()].concat();
    let told = ask(OpenAi, vec![stream(&[text.as_bytes()])]);
    assert!(matches!(told.trouble(), Trouble::ServerFailed { .. }));
    assert_eq!(
        told.result.unwrap_err().said.as_deref(),
        Some("error: out of memory")
    );
}

#[test]
fn fault_26_an_overloaded_server_is_asked_again_and_then_named() {
    let body = json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } }).to_string();
    let busy = || answer("529 Overloaded", &[], &body);
    let told = ask(Anthropic, vec![busy(), busy(), good(Anthropic)]);
    assert_eq!((told.text().as_str(), told.requests.len()), ("fine", 3));
    let told = ask(Anthropic, vec![busy(), busy(), busy()]);
    assert_eq!(
        (told.trouble(), told.requests.len()),
        (&Trouble::Overloaded, 3)
    );
}

#[test]
fn fault_27_overload_told_inside_the_stream_is_asked_again_if_nothing_was_written() {
    let start =
        event(json!({ "type": "message_start", "message": { "usage": { "input_tokens": 1 } } }));
    let busy = [start, anthropic_error("overloaded_error")].concat();
    let told = ask(Anthropic, vec![stream(&[busy.as_bytes()]), good(Anthropic)]);
    assert_eq!((told.text().as_str(), told.requests.len()), ("fine", 2));
    assert_eq!(
        told.usage().unwrap().input,
        25,
        "the counts are those of the answer"
    );
}

#[test]
fn fault_28_what_has_begun_is_never_sent_again() {
    for error in [anthropic_error("overloaded_error"), String::new()] {
        let whole = anthropic(&[text_block("half")], "end_turn");
        let half = whole.split("event: message_delta").next().unwrap();
        let told = ask(
            Anthropic,
            vec![
                stream(&[half.as_bytes(), error.as_bytes()]),
                good(Anthropic),
            ],
        );
        assert!(matches!(told.trouble(), Trouble::Overloaded | Trouble::Cut));
        assert_eq!((told.text().as_str(), told.requests.len()), ("half", 1));
    }
    let half = [call("{\"pl")].concat();
    let told = ask(OpenAi, vec![stream(&[half.as_bytes()]), good(OpenAi)]);
    assert_eq!(
        (told.trouble(), told.requests.len()),
        (&Trouble::Cut, 1),
        "a call is a part of an answer too"
    );
}

#[test]
fn fault_29_retry_after_is_kept_in_every_form() {
    let full = |extra: &[&str]| {
        answer(
            "429 Too Many Requests",
            extra,
            "{\"error\":{\"message\":\"slow down\"}}",
        )
    };
    let told = ask(OpenAi, vec![full(&["retry-after: 1"]), good(OpenAi)]);
    assert_eq!(told.text(), "fine");
    assert!(
        told.took >= Duration::from_secs(1),
        "the server asked for a second"
    );

    let told = ask(
        OpenAi,
        vec![
            full(&["retry-after: Sun, 06 Nov 1994 08:49:37 GMT"]),
            good(OpenAi),
        ],
    );
    assert_eq!(told.text(), "fine", "a date that is over asks for nothing");
    let told = ask(OpenAi, vec![full(&[]), good(OpenAi)]);
    assert_eq!(
        told.text(),
        "fine",
        "without the header, our own wait is used"
    );

    let told = ask(OpenAi, vec![full(&["retry-after: 86400"])]);
    let wait = Some(Duration::from_secs(86_400));
    assert_eq!(
        (told.trouble(), told.requests.len()),
        (&Trouble::Quota { wait }, 1),
        "nobody waits a day"
    );
    let said = told.result.unwrap_err().to_string();
    assert!(said.contains("used up for the next 24 hours"), "{said}");

    let none_left = json!({ "error": { "code": "insufficient_quota", "message": "You exceeded your current quota" } });
    let told = ask(
        OpenAi,
        vec![answer("429 Too Many Requests", &[], &none_left.to_string())],
    );
    assert_eq!(
        (told.trouble(), told.requests.len()),
        (&Trouble::Quota { wait: None }, 1)
    );
}

#[test]
fn fault_30_a_web_page_is_told_as_what_it_is() {
    let page = "<!DOCTYPE html><html><body>cloudflare 524 <b>secret</b></body></html>";
    for status in ["502 Bad Gateway", "524 A Timeout Occurred"] {
        let told = ask(
            OpenAi,
            vec![
                answer(status, &[], page),
                answer(status, &[], page),
                answer(status, &[], page),
            ],
        );
        assert!(matches!(
            told.trouble(),
            Trouble::ServerFailed { status: 502 | 524 }
        ));
        assert_eq!(told.result.unwrap_err().said.as_deref(), Some("a web page"));
    }
    for language in [OpenAi, Anthropic, Ollama] {
        let told = ask(
            language,
            vec![answer("200 OK", &["content-type: text/html"], page)],
        );
        assert_eq!(
            *told.trouble(),
            Trouble::Nonsense,
            "status 200 makes it no answer"
        );
        assert_eq!(told.result.unwrap_err().said.as_deref(), Some("a web page"));
    }
}

#[test]
fn fault_31_a_reset_before_the_answer_is_tried_again_on_a_fresh_connection() {
    let told = ask(OpenAi, vec![Script::Reset, good(OpenAi)]);
    assert_eq!(told.text(), "fine");
    let outcomes: Vec<_> = told
        .connections
        .iter()
        .map(|connection| connection.outcome)
        .collect();
    assert_eq!(
        outcomes,
        [ConnectionOutcome::Broken, ConnectionOutcome::Answered(200)]
    );

    // A server that closes after its answer and would reset the next request on the same
    // connection never gets one: each request has its own.
    let server = FaultServer::start(vec![good(OpenAi), good(OpenAi)]);
    let net = net(LIMITS);
    for asked in 1..=2 {
        let told = ask_hearing(&net, OpenAi, &server, &Default::default(), &mut |_| {});
        assert_eq!(
            (told.text().as_str(), told.connections.len()),
            ("fine", asked)
        );
    }
}

#[test]
fn fault_32_a_healthy_stream_may_take_longer_than_every_limit() {
    let limits = Limits {
        first_byte: Duration::from_secs(3),
        idle: Duration::from_secs(3),
        ..LIMITS
    };
    let mut steps = vec![head("200 OK", &[])];
    for _ in 0..14 {
        steps.push(Step::Sleep(Duration::from_millis(250)));
        steps.push(chunk(said("tick ").as_bytes()));
    }
    steps.extend([chunk(finish("stop").as_bytes()), last_chunk()]);
    let told = ask_within(limits, OpenAi, vec![Script::Steps(steps)]);
    assert_eq!(told.text(), "tick ".repeat(14));
    assert!(told.took > limits.idle, "it took longer than any limit");
}

#[test]
fn a_model_may_think_as_long_after_the_head_as_before_it() {
    let limits = Limits {
        idle: Duration::from_millis(200),
        ..LIMITS
    };
    let steps = vec![
        head("200 OK", &[]),
        Step::Sleep(Duration::from_millis(600)),
        chunk([said("thought"), finish("stop")].concat().as_bytes()),
        last_chunk(),
    ];
    let told = ask_within(limits, OpenAi, vec![Script::Steps(steps)]);
    assert_eq!(told.text(), "thought");
}

#[test]
fn fault_33_silence_ends_a_stream_that_is_still_connected() {
    let limits = Limits {
        idle: Duration::from_secs(2),
        ..LIMITS
    };
    let steps = vec![
        head("200 OK", &[]),
        chunk(said("half").as_bytes()),
        Step::Hold,
    ];
    let told = ask_within(limits, OpenAi, vec![Script::Steps(steps)]);
    assert_eq!(*told.trouble(), Trouble::Silent { after: limits.idle });
    assert_eq!(told.text(), "half");
    assert_eq!(told.connections[0].outcome, ConnectionOutcome::Silent);

    let limits = Limits {
        first_byte: Duration::from_millis(300),
        ..LIMITS
    };
    let told = ask_within(limits, OpenAi, vec![Script::Steps(vec![Step::Hold])]);
    assert_eq!(
        *told.trouble(),
        Trouble::Silent {
            after: limits.first_byte
        },
        "the same before the first byte"
    );
}

#[test]
fn stopping_takes_less_than_a_tenth_of_a_second_and_closes_the_connection() {
    for writes in [true, false] {
        let took = at_best(|| time_to_stop(writes));
        assert!(took < Duration::from_millis(100), "{took:?}");
    }
}

/// Stop an answer that has begun, or one of which nothing has come, and neither goes on. How long it takes
/// until the caller is told and the connection is closed, so that the provider stops writing.
fn time_to_stop(writes: bool) -> Duration {
    let (reached, come) = mpsc::channel();
    let heard = reached.clone();
    let steps = if writes {
        let half = chunk(said("half").as_bytes());
        vec![head("200 OK", &[]), half, Step::Hold]
    } else {
        vec![Step::Tell(reached), Step::Hold]
    };
    let server = FaultServer::start(vec![Script::Steps(steps)]);
    let stop = crate::engine::Stop::default();
    let later = stop.clone();
    let person = std::thread::spawn(move || {
        come.recv().unwrap();
        let now = Instant::now();
        later.set();
        now
    });
    let told = ask_hearing(&net(LIMITS), OpenAi, &server, &stop, &mut |_| {
        heard.send(()).unwrap_or_default();
    });
    let ended = Instant::now();
    let stopped = person.join().unwrap();
    assert_eq!(told.end().reason, EndReason::Stopped);
    assert_eq!(told.connections[0].outcome, ConnectionOutcome::Stopped);
    let closed = server.closed.recv_timeout(LIMITS.idle).unwrap();
    ended.max(closed) - stopped
}

/// A log that tells when a connection has ended.
struct Telling {
    log: Arc<Ended>,
    ends: mpsc::Sender<()>,
}

impl ConnectionLog for Telling {
    fn opens(&self, connection: &Connection) -> Option<i64> {
        self.log.opens(connection)
    }

    fn ended(&self, line: Option<i64>, connection: Connection) {
        self.log.ended(line, connection);
        // An error: the test waits no more.
        let _ = self.ends.send(());
    }

    fn never_opened(&self, line: i64) {
        self.log.never_opened(line);
    }
}

#[test]
fn a_wait_between_two_tries_can_be_stopped() {
    let wait = Duration::from_secs(30);
    let limits = Limits {
        longest_wait: wait,
        ..LIMITS
    };
    let full = answer("429 Too Many Requests", &["retry-after: 30"], "{}");
    let server = FaultServer::start(vec![full]);
    let stop = crate::engine::Stop::default();
    let later = stop.clone();
    let (ends, ended) = mpsc::channel();
    let (offline, log) = (OfflineSwitch::default(), Arc::<Ended>::default());
    let telling = Arc::new(Telling {
        log: log.clone(),
        ends,
    });
    let http = Http::new(limits, offline.clone(), None, telling).unwrap();
    let net = Net { http, offline, log };
    let person = std::thread::spawn(move || {
        // Its line is written when the answer is read, after which there is only the wait.
        let is_refused = ended.recv_timeout(LIMITS.idle);
        later.set();
        is_refused.unwrap();
    });
    let told = ask_hearing(&net, OpenAi, &server, &stop, &mut |_| {});
    person.join().unwrap();
    assert_eq!(
        told.connections[0].outcome,
        ConnectionOutcome::Answered(429)
    );
    let error = told.result.as_ref().unwrap_err();
    assert_eq!((&error.trouble, error.left), (&Trouble::Stopped, false));
    assert!(told.took < wait, "it is not waited to its end");
}

#[test]
fn errors_of_every_provider_are_told_apart() {
    let openai =
        |code: &str, message: &str| json!({ "error": { "code": code, "message": message } });
    let anthropic = |kind: &str, message: &str| json!({ "type": "error", "error": { "type": kind, "message": message } });
    let cases: &[(Language, &str, Value, Trouble)] = &[
        (
            OpenAi,
            "401 Unauthorized",
            openai("invalid_api_key", "Incorrect API key provided"),
            Trouble::KeyWrong,
        ),
        (
            OpenAi,
            "400 Bad Request",
            openai("context_length_exceeded", "too long"),
            Trouble::PromptTooLong,
        ),
        (
            OpenAi,
            "400 Bad Request",
            json!({ "error": { "code": 400, "type": "exceed_context_size_error",
            "message": "the request exceeds the available context size" } }),
            Trouble::PromptTooLong,
        ),
        (
            OpenAi,
            "400 Bad Request",
            openai("content_filter", "filtered by Azure"),
            Trouble::Filtered,
        ),
        (
            OpenAi,
            "404 Not Found",
            openai("model_not_found", "no such model"),
            Trouble::NotFound,
        ),
        (
            OpenAi,
            "402 Payment Required",
            json!({ "error": { "message": "Insufficient Balance" } }),
            Trouble::Quota { wait: None },
        ),
        (
            OpenAi,
            "422 Unprocessable Entity",
            json!({ "detail": [{ "msg": "Extra inputs are not permitted" }] }),
            Trouble::Refused { status: 422 },
        ),
        (
            OpenAi,
            "400 Bad Request",
            json!([{ "error": { "code": 400, "status": "INVALID_ARGUMENT",
            "message": "The input token count exceeds the maximum" } }]),
            Trouble::PromptTooLong,
        ),
        (OpenAi, "308 Permanent Redirect", json!({}), Trouble::Moved),
        (
            Anthropic,
            "401 Unauthorized",
            anthropic("authentication_error", "invalid x-api-key"),
            Trouble::KeyWrong,
        ),
        (
            Anthropic,
            "400 Bad Request",
            anthropic("invalid_request_error", "Your credit balance is too low"),
            Trouble::Quota { wait: None },
        ),
        (
            Anthropic,
            "400 Bad Request",
            anthropic(
                "invalid_request_error",
                "prompt is too long: 210000 tokens > 200000 maximum",
            ),
            Trouble::PromptTooLong,
        ),
        (
            Anthropic,
            "413 Payload Too Large",
            anthropic("request_too_large", "too large"),
            Trouble::PromptTooLong,
        ),
        (
            Anthropic,
            "400 Bad Request",
            anthropic("invalid_request_error", "temperature: unknown"),
            Trouble::Refused { status: 400 },
        ),
        (
            Ollama,
            "404 Not Found",
            json!({ "error": "model 'x' not found" }),
            Trouble::NotFound,
        ),
    ];
    for (language, status, body, trouble) in cases {
        let told = ask(*language, vec![answer(status, &[], &body.to_string())]);
        assert_eq!(told.trouble(), trouble, "{status} {body}");
        assert_eq!(
            told.requests.len(),
            1,
            "asking again would not help: {status} {body}"
        );
        let error = told.result.unwrap_err();
        assert!(
            !error.hint().is_empty() && !error.kind().is_empty(),
            "a person learns what to do"
        );
    }
}
