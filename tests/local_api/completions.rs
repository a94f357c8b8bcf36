//! A text that a model goes on with, or a gap in one that it fills: Ollama through the gate, and the model on
//! this computer.

use gatehouse_core::{
    accounts,
    costs::{CallStatus, Purpose, Route},
    policy::Action,
    record::Action as Happened,
    review::PriceInput,
};

use super::{calls::set_policy, *};

const PATH: &str = "/v1/completions";
const CODE: &str = "let to = \"anna.weiss@example.org\";\nsend(";
const REST: &str = ");\n// not to anna.weiss@example.org alone\n";

/// Served with an Ollama server behind the alias.
fn with_ollama(server: &Provider) -> Place {
    let place = served(&["--per-minute", "0"]);
    let account = add_ollama(&place.app, server);
    alias(&place.app, &account);
    place
}

fn ollama(place: &Place) -> Account {
    let found = place.app.store.read(|conn| accounts::find(conn, "Ollama"));
    found.unwrap()
}

fn said(text: &str) -> Value {
    json!({ "model": "test-model", "response": text, "done": false })
}

fn end(reason: &str) -> Value {
    json!({ "response": "", "done": true, "done_reason": reason, "prompt_eval_count": 21, "eval_count": 7 })
}

/// An Ollama server that says back what stands before the gap, letter by letter.
fn saying_back() -> Provider {
    Provider::start(|request| {
        let body = request.json();
        let letters = body["prompt"].as_str().unwrap().chars();
        let letters = letters.map(|letter| said(&letter.to_string()));
        Reply::Lines(letters.chain([end("stop")]).collect())
    })
}

impl Place {
    fn complete(&self, body: &Value) -> Answer {
        self.served.post(PATH, &self.key, body)
    }
}

/// The documents of a stream.
fn chunks(answer: &Answer) -> Vec<Value> {
    let events = answer.body.lines();
    let events = events.filter_map(|line| line.strip_prefix("data: "));
    events
        .filter_map(|event| serde_json::from_str(event).ok())
        .collect()
}

fn text_of(chunks: &[Value]) -> String {
    let texts = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["text"].as_str());
    texts.collect()
}

#[test]
fn text_and_suffix_leave_masked_and_what_is_written_comes_back_restored_whole_and_in_a_stream() {
    let server = saying_back();
    let place = with_ollama(&server);
    let mut asked = json!({
        "model": ALIAS, "prompt": CODE, "suffix": REST, "max_tokens": 64,
        "stop": ["anna.weiss@example.org!"], "seed": 7, "top_p": 0.5, "temperature": 0,
    });
    let whole = place.complete(&asked);
    assert_eq!(whole.status, 200, "{}", whole.body);
    let whole = whole.json();
    assert_eq!(whole["object"], "text_completion");
    assert_eq!(whole["model"], "test-model");
    let choice = json!({ "text": CODE, "index": 0, "logprobs": null, "finish_reason": "stop" });
    assert_eq!(whole["choices"], json!([choice]));
    let used = |usage: &Value| {
        let count = |of: &str| usage[format!("{of}_tokens")].as_u64();
        ["prompt", "completion", "total"].map(count)
    };
    assert_eq!(used(&whole["usage"]), [Some(21), Some(7), Some(28)]);

    asked["stream"] = true.into();
    asked["stream_options"] = json!({ "include_usage": true });
    let streamed = place.complete(&asked);
    assert!(
        streamed.body.ends_with("data: [DONE]\n\n"),
        "{}",
        streamed.body
    );
    let chunks = chunks(&streamed);
    assert_eq!(text_of(&chunks), CODE);
    let [.., last, usage] = chunks.as_slice() else {
        panic!("{chunks:?}")
    };
    assert_eq!(last["choices"][0]["finish_reason"], "stop");
    assert_eq!(usage["choices"], json!([]));
    assert_eq!(used(&usage["usage"]), [Some(21), Some(7), Some(28)]);

    let sent = last_sent(&server);
    let placeholder = sent["prompt"].as_str().unwrap().split('"').nth(1).unwrap();
    assert!(placeholder.starts_with("[EMAIL"), "{sent}");
    let suffix = REST.replace("anna.weiss@example.org", placeholder);
    assert_eq!(sent["suffix"], suffix, "one value has one placeholder");
    assert!(!server.everything().contains("anna.weiss"), "{sent}");
    assert_eq!(
        sent["raw"],
        Value::Null,
        "its template knows where the gap is"
    );
    let call = place.calls().remove(0);
    assert_eq!(
        (call.purpose, call.status, call.summary.route),
        (Purpose::Api, CallStatus::Answered, Route::Masked)
    );
    assert_eq!(
        call.summary.masked, 3,
        "in the text, the suffix and the stop text"
    );
}

fn last_sent(server: &Provider) -> Value {
    let last = last(server);
    assert!(
        last.head.starts_with("POST /api/generate "),
        "{}",
        last.head
    );
    last.json()
}

#[test]
fn a_text_without_a_gap_is_sent_raw_and_with_the_limit_that_openai_has_where_none_is_given() {
    let server = saying_back();
    let place = with_ollama(&server);
    let asked = json!({ "model": ALIAS, "prompt": "Once upon", "user": "me" });
    assert_eq!(place.complete(&asked).status, 200);
    let expected = json!({
        "model": "test-model", "prompt": "Once upon", "raw": true, "stream": true,
        "options": { "num_predict": 16 },
    });
    assert_eq!(last_sent(&server), expected, "and nothing else");
}

#[test]
fn each_completion_has_its_row_what_left_and_its_two_entries_without_a_word_of_it() {
    let server = saying_back();
    let place = with_ollama(&server);
    let asked = json!({ "model": ALIAS, "prompt": CODE, "suffix": REST });
    assert_eq!(place.complete(&asked).status, 200);
    let number = place.calls().remove(0).summary.number;
    let left = place.app.gate.what_left(number).unwrap().unwrap();
    assert_eq!(left.body.as_bytes(), last(&server).body, "byte for byte");
    let roles = left.messages.iter().map(|message| message.role.as_str());
    assert!(roles.eq(["prompt", "suffix"]), "{:?}", left.messages);
    for action in [Happened::CallBegan, Happened::CallEnded] {
        let facts = app::facts(&place.app, action);
        assert!(facts.iter().any(|(name, _)| name == "client"), "{action:?}");
        assert!(!format!("{facts:?}").contains("send("));
    }
    app::holds(&place.app);
}

#[test]
fn what_a_budget_leaves_room_for_is_asked_by_the_tokens_that_it_may_write_and_more_is_not() {
    let server = saying_back();
    let mut place = with_ollama(&server);
    let price = PriceInput {
        provider: "ollama".into(),
        model: "test-model".into(),
        input: "1".into(),
        output: "1000".into(),
        ..PriceInput::default()
    };
    place.app.set_price(&price).unwrap();
    let new = NewClient {
        budget: a_day("0.05"),
        ..client("Poor")
    };
    let (_, key) = place.app.add_client(&new).unwrap();
    key.as_str().clone_into(&mut place.key);
    let ask = |tokens: u32| {
        place.complete(&json!({ "model": ALIAS, "prompt": "Once upon", "max_tokens": tokens }))
    };
    let refused = ask(100);
    assert_eq!(refused.status, 402, "{}", refused.body);
    assert_eq!(refused.json()["error"]["code"], "budget_reached");
    assert!(server.received().is_empty() && place.calls().is_empty());
    assert_eq!(ask(20).status, 200, "two cents at most");
    let cost = place.calls().remove(0).summary.cost;
    assert_eq!(cost.as_deref(), Some("$0.007021"), "21 tokens and 7");
}

#[test]
fn who_goes_on_with_no_text_is_passed_over_and_alone_says_who_does() {
    let (server, chats) = (saying_back(), able());
    let place = with_ollama(&server);
    let other = account(&place.app, "Chats", &chats.address);
    let link = |account: &Account| Link::Account {
        account_id: account.id,
        model: "test-model".into(),
    };
    let chain = Alias {
        id: AliasId::new(),
        name: "chain".into(),
        chain: vec![link(&other), link(&ollama(&place))],
    };
    place.app.save_alias(&chain).unwrap();
    let ask = |model: &str| place.complete(&json!({ "model": model, "prompt": "Once upon" }));
    let answer = ask("chain");
    assert_eq!(answer.status, 200, "{}", answer.body);
    let moves = place.calls().remove(0).summary.moves;
    assert!(
        moves.len() == 1 && moves[0].call.is_none() && moves[0].reason.contains("Ollama"),
        "{moves:?}"
    );
    let refused = ask("Chats/test-model");
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(
        refused.body.contains("/v1/chat/completions"),
        "{}",
        refused.body
    );
    assert_eq!((chats.received().len(), place.calls().len()), (0, 1));
}

#[test]
fn what_policy_blocks_or_wants_looked_at_leaves_in_no_completion() {
    let server = saying_back();
    let place = with_ollama(&server);
    for action in [Action::Block, Action::Ask, Action::KeepLocal] {
        set_policy(&place.app, |policy| policy.personal.cloud = action);
        for (prompt, suffix) in [(CODE, ""), ("send(", REST)] {
            let asked = json!({ "model": ALIAS, "prompt": prompt, "suffix": suffix });
            let answer = place.complete(&asked);
            assert_eq!(answer.status, 403, "{action:?}: {}", answer.body);
            assert_eq!(answer.json()["error"]["code"], "blocked_by_policy");
        }
    }
    assert!(server.received().is_empty() && place.calls().is_empty());
}

#[test]
fn a_value_that_the_gap_cuts_in_two_does_not_leave_in_halves() {
    let server = saying_back();
    let place = with_ollama(&server);
    let asked = |prompt: &str, suffix: &str| {
        place.complete(&json!({ "model": ALIAS, "prompt": prompt, "suffix": suffix }))
    };
    let refused = asked("Write to anna.weiss@exam", "ple.org today.");
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert!(
        refused.body.contains("both sides of the gap"),
        "{}",
        refused.body
    );
    assert!(server.received().is_empty());
    for (prompt, suffix) in [
        ("password = \"", "Tr0ub4dor&3x9\""),
        ("The password is hunter2Ab", "Cd!9 for now."),
        ("Passport number: ", "912803456, issued in May."),
        ("It is 912803456", " (passport)."),
    ] {
        let refused = asked(prompt, suffix);
        assert_eq!(refused.status, 403, "{prompt}|{suffix}: {}", refused.body);
    }
    assert!(server.received().is_empty());
    let beside = asked("Write to anna.weiss@example.org", " today.");
    assert_eq!(beside.status, 200, "{}", beside.body);
}

/// An Ollama server that fails as the text says.
fn failing() -> Provider {
    Provider::start(|request| {
        let refuse = |status, words: &str| Reply::RefuseWith(status, "", json!(words));
        let half = || said("Half of it");
        match request.json()["prompt"].as_str().unwrap() {
            "no such model" => refuse(404, "model \"test-model\" not found, try pulling it first"),
            "no insert" => refuse(400, "test-model does not support insert"),
            "breaks off" => Reply::Lines(vec![half()]),
            "error within" => Reply::Lines(vec![
                half(),
                json!({ "error": "llama runner process has terminated" }),
            ]),
            _ => Reply::Lines(vec![half(), end("length")]),
        }
    })
}

#[test]
fn what_ollama_fails_with_has_the_status_that_clients_know_and_never_looks_like_an_end() {
    let server = failing();
    let place = with_ollama(&server);
    let ask = |prompt: &str, stream: bool| {
        place.complete(&json!({ "model": ALIAS, "prompt": prompt, "stream": stream }))
    };
    for stream in [false, true] {
        for (prompt, status, code) in [
            ("no such model", 404, "model_not_found"),
            ("no insert", 400, "provider_refused"),
        ] {
            let refused = ask(prompt, stream);
            let told = (refused.status, refused.json()["error"]["code"].clone());
            assert_eq!(told, (status, json!(code)), "{}", refused.body);
        }
    }
    for prompt in ["breaks off", "error within"] {
        let whole = ask(prompt, false);
        assert_eq!(whole.status, 502, "{prompt}: {}", whole.body);
        let streamed = ask(prompt, true);
        assert_eq!(streamed.status, 200, "it had begun: {}", streamed.body);
        let chunks = chunks(&streamed);
        assert_eq!(text_of(&chunks), "Half of it");
        let error = &chunks.last().unwrap()["error"];
        assert_eq!(
            error["code"], "provider_failed",
            "{prompt}: {}",
            streamed.body
        );
        assert!(!streamed.body.contains("[DONE]") && !streamed.body.contains("finish_reason\":\""));
    }
    let calls = place.calls();
    assert!(calls.iter().all(|call| call.status == CallStatus::Failed));
    assert_eq!(calls.len(), server.received().len());
    let well = ask("well", true);
    let reason = &chunks(&well).pop().unwrap()["choices"][0]["finish_reason"];
    assert_eq!(reason, "length", "{}", well.body);
    app::holds(&place.app);
}

#[test]
fn a_completion_that_nobody_waits_for_any_more_is_stopped() {
    let server = Provider::start(|_| Reply::EndlessLines(vec![said("Once")]));
    let place = with_ollama(&server);
    let body = json!({ "model": ALIAS, "prompt": "Begin:", "stream": true });
    drop(place.stream_of(PATH, &body, "Once"));
    // The end of the server comes after the end of all that is worked on.
    place.served.stop();
    let calls = place
        .app
        .store
        .read(|conn| Ok::<_, StoreError>(costs::list(conn, 10)?));
    assert_eq!(calls.unwrap()[0].status, CallStatus::Stopped);
}

#[test]
fn the_model_here_goes_on_with_a_text_as_it_is_and_nothing_leaves() {
    let place = here();
    let model = place.app.installed_models().unwrap().remove(0).name;
    let mut asked = json!({
        "model": model, "prompt": "The capital of France is", "max_tokens": 5, "temperature": 0,
    });
    let whole = place.complete(&asked);
    assert_eq!(whole.status, 200, "{}", whole.body);
    let whole = whole.json();
    let text = whole["choices"][0]["text"].as_str().unwrap();
    assert!(
        text.starts_with(' '),
        "in the middle of a sentence: {whole}"
    );
    assert_eq!(whole["choices"][0]["finish_reason"], "length");
    // A template would put some thirty tokens around it.
    let read = whole["usage"]["prompt_tokens"].as_u64().unwrap();
    assert!((4..8).contains(&read), "{whole}");
    asked["stream"] = true.into();
    let streamed = text_of(&chunks(&place.complete(&asked)));
    assert!(streamed.starts_with(' '), "{streamed}");
    let call = place.calls().remove(0);
    assert_eq!(
        (call.purpose, call.status, call.summary.route),
        (Purpose::Api, CallStatus::Answered, Route::Local)
    );
    app::holds(&place.app);
}

#[test]
fn a_gap_that_the_model_here_does_not_fill_is_refused_by_name_and_the_next_of_a_chain_fills_it() {
    let server = saying_back();
    let place = with_ollama(&server);
    let model = place.app.installed_models().unwrap().remove(0);
    let chain = Alias {
        id: AliasId::new(),
        name: "chain".into(),
        chain: vec![
            Link::Local {
                model_id: Some(model.id),
            },
            Link::Account {
                account_id: ollama(&place).id,
                model: "test-model".into(),
            },
        ],
    };
    place.app.save_alias(&chain).unwrap();
    let ask = |model: &str| {
        place.complete(&json!({ "model": model, "prompt": "fn main() {", "suffix": "}" }))
    };
    let refused = ask(&model.name);
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(refused.body.contains("gap"), "{}", refused.body);
    let call = place.calls().remove(0);
    assert_eq!(call.status, CallStatus::Refused, "no failure of the model");
    let filled = ask("chain");
    assert_eq!(filled.status, 200, "{}", filled.body);
    assert_eq!(filled.json()["model"], "test-model");
    let moves = place.calls().remove(0).summary.moves;
    assert!(
        moves.len() == 1 && moves[0].reason.contains("gap"),
        "{moves:?}"
    );
    app::holds(&place.app);
}
