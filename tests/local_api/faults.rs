//! What a provider fails with reaches clients as what their programs know, and never as an end.

use std::thread;

use gatehouse_core::costs::CallStatus;

use super::*;

/// Status and name of a refusal.
type Told = (u16, &'static str);

/// What a provider may fail with before it says a word, as messages ask for it, and what comes of it: status
/// and code in OpenAI's language, status and kind in Anthropic's.
const BEFORE: [(&str, Told, Told); 8] = [
    (
        "too often",
        (429, "rate_limit_exceeded"),
        (429, "rate_limit_error"),
    ),
    (
        "no credit",
        (429, "insufficient_quota"),
        (402, "billing_error"),
    ),
    ("failed", (502, "provider_failed"), (502, "api_error")),
    ("overloaded", (503, "overloaded"), (529, "overloaded_error")),
    (
        "too long",
        (400, "context_length_exceeded"),
        (400, "invalid_request_error"),
    ),
    (
        "filtered",
        (400, "content_filter"),
        (400, "invalid_request_error"),
    ),
    (
        "no such model",
        (404, "model_not_found"),
        (404, "not_found_error"),
    ),
    (
        "not like this",
        (400, "provider_refused"),
        (400, "invalid_request_error"),
    ),
];

/// The same for what happens after the first words of an answer.
const WITHIN: [(&str, Told, Told); 3] = [
    ("cut off", (502, "provider_failed"), (502, "api_error")),
    (
        "overloaded within",
        (503, "overloaded"),
        (529, "overloaded_error"),
    ),
    (
        "filtered within",
        (400, "content_filter"),
        (400, "invalid_request_error"),
    ),
];

/// A provider that fails as the last message says, in the words of OpenAI's servers; and as Ollama breaks off.
pub(super) fn failing() -> Provider {
    Provider::start(|request| {
        if request.head.contains("/api/generate") {
            return Reply::Lines(vec![json!({ "response": "Half of it", "done": false })]);
        }
        let refuse = |status, code: &str| {
            let error = json!({ "message": "It went wrong.", "type": code, "code": code });
            // Longer than the gate would wait by itself.
            let head = if status == 429 {
                "retry-after: 77\r\n"
            } else {
                ""
            };
            Reply::RefuseWith(status, head, error)
        };
        let said = || "Half of an answer".to_owned();
        let begun = |rest: Value| {
            let piece = json!({ "choices": [{ "index": 0, "delta": { "content": said() } }] });
            let body = format!("data: {piece}\n\ndata: {rest}\n\n");
            Reply::Raw("text/event-stream", body.into_bytes())
        };
        match request.last_message().as_str() {
            "too often" => refuse(429, "rate_limit_exceeded"),
            "no credit" => refuse(429, "insufficient_quota"),
            "failed" => refuse(500, "server_error"),
            "overloaded" => refuse(503, "server_overloaded"),
            "too long" => refuse(400, "context_length_exceeded"),
            "filtered" => refuse(400, "content_filter"),
            "no such model" => refuse(404, "model_not_found"),
            "not like this" => refuse(422, "invalid_request_error"),
            "cut off" => Reply::Cut(vec![said()]),
            "overloaded within" => begun(json!({ "error": {
                "message": "Too much to do.", "type": "server_overloaded",
            } })),
            "filtered within" => begun(json!({ "choices": [{
                "index": 0, "delta": {}, "finish_reason": "content_filter",
            }] })),
            _ => Reply::Pieces(vec![said(), ", and the rest.".into()], 20, 5),
        }
    })
}

fn asked(said: &str, stream: bool) -> Value {
    json!({
        "model": ALIAS, "max_tokens": 50, "stream": stream,
        "messages": [{ "role": "user", "content": said }],
    })
}

const PATHS: [&str; 2] = ["/v1/chat/completions", "/v1/messages"];

/// Ask in both languages, streamed or whole.
fn ask(place: &Place, said: &str, stream: bool) -> [Answer; 2] {
    PATHS.map(|path| place.served.post(path, &place.key, &asked(said, stream)))
}

/// Status and name of a refusal in each language.
fn told([openai, anthropic]: &[Answer; 2]) -> [(u16, String); 2] {
    let name = |answer: &Answer, field: &str| {
        let name = answer.json()["error"][field].as_str().map(str::to_owned);
        (answer.status, name.unwrap_or_default())
    };
    [name(openai, "code"), name(anthropic, "type")]
}

fn owned(expected: [Told; 2]) -> [(u16, String); 2] {
    expected.map(|(status, name)| (status, name.to_owned()))
}

#[test]
fn what_a_provider_refuses_with_has_the_status_and_the_name_that_clients_know() {
    let provider = failing();
    let place = with_provider(&provider, &["--per-minute", "0"]);
    // Together, as the gate tries some of them again and waits in between.
    thread::scope(|scope| {
        for (said, openai, anthropic) in BEFORE.into_iter().chain(WITHIN) {
            let place = &place;
            scope.spawn(move || {
                let refused = ask(place, said, false);
                assert_eq!(told(&refused), owned([openai, anthropic]), "{said}");
                let waits = refused
                    .iter()
                    .map(|answer| answer.head.contains("\r\nretry-after: 77"));
                let asks_to_wait = said == "too often";
                assert!(waits.eq([asks_to_wait; 2]), "{said}: {refused:?}");
            });
        }
        for (said, openai, anthropic) in BEFORE {
            let place = &place;
            scope.spawn(move || {
                let refused = ask(place, said, true);
                assert_eq!(
                    told(&refused),
                    owned([openai, anthropic]),
                    "{said}, streamed"
                );
            });
        }
    });
    let calls = place.calls();
    assert!(calls.iter().all(|call| call.status == CallStatus::Failed));
    app::holds(&place.app);
}

#[test]
fn a_stream_that_fails_within_has_its_first_words_and_an_error_and_no_end() {
    let provider = failing();
    let place = with_provider(&provider, &["--per-minute", "0"]);
    for (said, (_, code), (_, kind)) in WITHIN {
        let [openai, anthropic] = ask(&place, said, true);
        for (answer, name) in [(&openai, code), (&anthropic, kind)] {
            assert_eq!(answer.status, 200, "it had begun: {}", answer.body);
            assert!(answer.body.contains("Half of an answer"), "{}", answer.body);
            let last = answer.body.lines().rfind(|line| line.starts_with("data: "));
            let last: Value = serde_json::from_str(&last.unwrap()["data: ".len()..]).unwrap();
            let named = ["code", "type"].map(|field| last["error"][field].as_str());
            assert!(named.contains(&Some(name)), "{said}: {last}");
        }
        let ends = [
            "[DONE]",
            "\"finish_reason\":\"",
            "message_stop",
            "message_delta",
        ];
        for end in ends {
            for answer in [&openai, &anthropic] {
                assert!(!answer.body.contains(end), "{said}: {}", answer.body);
            }
        }
        assert!(anthropic.body.contains("event: error\n"));
    }
    let [whole, _] = ask(&place, "well", true);
    assert!(whole.body.ends_with("data: [DONE]\n\n"), "{}", whole.body);
    let failed = |call: &&CallRow| call.status == CallStatus::Failed;
    assert_eq!(
        place.calls().iter().filter(failed).count(),
        2 * WITHIN.len()
    );
    app::holds(&place.app);
}

/// A provider that streams these pieces of a message.
fn that_says(deltas: Vec<Value>) -> Provider {
    Provider::start(move |_| {
        let piece = |delta: &Value, finish: Value| {
            let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
            format!("data: {}\n\n", json!({ "choices": [choice] }))
        };
        let mut pieces: Vec<_> = deltas
            .iter()
            .map(|delta| piece(delta, Value::Null))
            .collect();
        pieces.push(piece(&json!({}), "stop".into()));
        Reply::Raw("text/event-stream", pieces.concat().into_bytes())
    })
}

/// What a stream of Chat Completions has in this field of its pieces.
fn in_pieces(streamed: &Answer, field: &str) -> String {
    let pieces = streamed
        .body
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok());
    let pieces = pieces.map(|piece| piece["choices"][0]["delta"][field].clone());
    pieces
        .filter_map(|piece| piece.as_str().map(str::to_owned))
        .collect()
}

#[test]
fn what_a_model_says_in_place_of_an_answer_is_told_as_a_refusal() {
    let provider = that_says(vec![
        json!({ "refusal": "I cannot" }),
        json!({ "refusal": " do that." }),
    ]);
    let place = with_provider(&provider, &[]);
    let [openai, anthropic] = ask(&place, "Hello", false);
    let message = &openai.json()["choices"][0]["message"];
    let told = (&message["content"], &message["refusal"]);
    assert_eq!(told, (&Value::Null, &json!("I cannot do that.")));
    assert_eq!(anthropic.json()["content"][0]["text"], "I cannot do that.");
    let [streamed, _] = ask(&place, "Hello", true);
    assert_eq!(in_pieces(&streamed, "refusal"), "I cannot do that.");
    assert_eq!(in_pieces(&streamed, "content"), "");
}

#[test]
fn an_answer_that_turns_into_a_refusal_is_told_as_both_whole_and_in_pieces() {
    // Each ends with what may be the beginning of a placeholder, and so is held back.
    let provider = that_says(vec![
        json!({ "content": "Well, [" }),
        json!({ "refusal": "I cannot" }),
        json!({ "refusal": " do that. [" }),
    ]);
    let place = with_provider(&provider, &[]);
    let said = "Write to anna.weiss@example.org.";
    let [openai, anthropic] = ask(&place, said, false);
    let message = &openai.json()["choices"][0]["message"];
    let told = (&message["content"], &message["refusal"]);
    let apart = (&json!("Well, ["), &json!("I cannot do that. ["));
    assert_eq!(told, apart, "{}", openai.body);
    let together = &anthropic.json()["content"][0]["text"];
    assert_eq!(*together, "Well, [I cannot do that. [");
    let [streamed, _] = ask(&place, said, true);
    assert_eq!(in_pieces(&streamed, "content"), "Well, [");
    assert_eq!(in_pieces(&streamed, "refusal"), "I cannot do that. [");
}

#[test]
fn a_call_to_the_next_of_a_chain_is_timed_from_its_own_turn_on() {
    // It is tried three times, with pauses between, before it is given up.
    let (down, up) = (
        Provider::start(|_| Reply::Refuse(503, "overloaded")),
        Provider::echo(),
    );
    let place = with_provider(&down, &[]);
    let link = |name, provider: &Provider| Link::Account {
        account_id: account(&place.app, name, &provider.address).id,
        model: "test-model".into(),
    };
    let chain = Alias {
        id: AliasId::new(),
        name: "chain".into(),
        chain: vec![link("Down", &down), link("Up", &up)],
    };
    place.app.save_alias(&chain).unwrap();
    let hello = json!({ "model": "chain", "messages": [{ "role": "user", "content": "Hello" }] });
    assert_eq!(place.chat(&hello).status, 200);
    let calls = place.calls();
    let [answered, failed] = calls.as_slice() else {
        panic!("{calls:?}")
    };
    assert_eq!(answered.status, CallStatus::Answered);
    let tried_ms = failed.summary.duration_ms;
    assert!(
        answered.summary.first_token_ms.unwrap() < tried_ms
            && answered.summary.duration_ms < tried_ms,
        "{answered:?}"
    );
}
