//! What goes over the line and what is told of it: addresses, headers, the log, the offline switch.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use url::Url;

use super::{
    DONE, Ended, KEY, LIMITS, Language, Limits, Net, ask, ask_hearing, at_best,
    fault_server::{FaultServer, Received, Script, Step, answer, chunk, head, stream},
    finish, inspected, net, net_with, provider, question, said,
};
use crate::{
    engine::Stop,
    providers::{
        anthropic::Anthropic,
        cloud::{Cloud, CloudEvent, EmbedRequest, EndReason, ModerationRequest, OfferedModel},
        connection_log::ConnectionOutcome,
        error::{ProviderError, Trouble},
        http::Http,
        key::ApiKey,
        offline::OfflineSwitch,
        ollama::{CompletionRequest, Ollama},
        openai::OpenAi,
        retry::retrying,
        telemetry,
    },
    secrets::SecretHeader,
};

fn key() -> Option<ApiKey> {
    Some(ApiKey::new(KEY).unwrap())
}

/// Call a server that gives this answer, and see what it got.
fn exchange<T>(body: &Value, call: impl FnOnce(&Http, &str, &Stop) -> T) -> (T, Received) {
    let server = FaultServer::start(vec![answer("200 OK", &[], &body.to_string())]);
    let Net { http, .. } = net(LIMITS);
    let result = call(&http, &server.address, &Stop::default());
    let received = server.finish().remove(0);
    (result, received)
}

fn texts() -> EmbedRequest {
    EmbedRequest {
        model: "m".into(),
        texts: vec!["one".into(), "two".into()],
        dimensions: None,
    }
}

#[test]
fn the_offline_switch_ends_streams_that_are_open() {
    let took = at_best(time_to_go_offline);
    assert!(took < Duration::from_millis(100), "{took:?}");
}

/// Turn the switch in the midst of an answer that does not go on. How long it takes until the caller is told
/// and the connection itself is closed.
fn time_to_go_offline() -> Duration {
    let hold = Script::Steps(vec![
        head("200 OK", &[]),
        chunk(said("half").as_bytes()),
        Step::Hold,
    ]);
    let server = FaultServer::start(vec![hold]);
    let net = net(LIMITS);
    let mut turned = None;
    let told = ask_hearing(
        &net,
        Language::OpenAi,
        &server,
        &Stop::default(),
        &mut |event| {
            if matches!(event, CloudEvent::Delta(_)) {
                turned = Some(Instant::now());
                net.offline.set(true);
            }
        },
    );
    let ended = Instant::now();
    assert_eq!(
        (told.text().as_str(), told.trouble()),
        ("half", &Trouble::Offline)
    );
    let closed = server.closed.recv_timeout(LIMITS.idle).unwrap();
    assert_eq!(told.connections[0].outcome, ConnectionOutcome::Offline);
    ended.max(closed) - turned.unwrap()
}

#[test]
fn the_offline_switch_opens_nothing() {
    let server = FaultServer::start(vec![]);
    let net = net(LIMITS);
    net.offline.set(true);
    let told = ask_hearing(
        &net,
        Language::OpenAi,
        &server,
        &Stop::default(),
        &mut |_| {},
    );
    assert_eq!(*told.trouble(), Trouble::Offline);
    assert_eq!(
        told.connections,
        [],
        "nothing was opened, so nothing is in the log"
    );
    net.offline.set(false);
    let server = FaultServer::start(vec![stream(&[
        said("on").as_bytes(),
        finish("stop").as_bytes(),
    ])]);
    let told = ask_hearing(
        &net,
        Language::OpenAi,
        &server,
        &Stop::default(),
        &mut |_| {},
    );
    assert_eq!(told.text(), "on", "and back on it works again");
}

#[test]
fn a_switch_that_somebody_else_turns_ends_open_streams_and_opens_nothing() {
    let hold = || {
        Script::Steps(vec![
            head("200 OK", &[]),
            chunk(said("half").as_bytes()),
            Step::Hold,
        ])
    };
    let (turned, looks) = (
        Arc::new(AtomicBool::new(false)),
        Arc::<AtomicU32>::default(),
    );
    let (kept, looked) = (Arc::clone(&turned), Arc::clone(&looks));
    let net = net_with(
        LIMITS,
        OfflineSwitch::kept(move || {
            looked.fetch_add(1, Ordering::Relaxed);
            Some(kept.load(Ordering::Relaxed))
        }),
    );
    let ask = |server: &FaultServer| {
        ask_hearing(
            &net,
            Language::OpenAi,
            server,
            &Stop::default(),
            &mut |_| {
                turned.store(true, Ordering::Relaxed);
            },
        )
    };
    let told = ask(&FaultServer::start(vec![hold()]));
    assert_eq!(
        (told.text().as_str(), told.trouble()),
        ("half", &Trouble::Offline)
    );
    assert!(told.took < Duration::from_secs(4), "{:?}", told.took);
    let most = 2 + told.took.as_secs() as u32;
    assert!(
        looks.load(Ordering::Relaxed) <= most,
        "once a second is enough"
    );
    let told = ask(&FaultServer::start(vec![]));
    assert_eq!(
        (told.text().as_str(), told.trouble()),
        ("", &Trouble::Offline)
    );
    assert_eq!(told.connections.len(), 1, "no other one was opened");
    turned.store(false, Ordering::Relaxed);
    let told = ask(&FaultServer::start(vec![hold()]));
    assert_eq!(told.text(), "half", "and back on it sends again at once");
}

#[test]
fn where_nobody_can_tell_whether_to_be_offline_nothing_is_sent() {
    let net = net_with(LIMITS, OfflineSwitch::kept(|| None));
    let server = FaultServer::start(vec![]);
    let told = ask_hearing(
        &net,
        Language::OpenAi,
        &server,
        &Stop::default(),
        &mut |_| {},
    );
    assert_eq!(*told.trouble(), Trouble::Offline);
}

#[test]
fn every_connection_is_in_the_log_with_its_bytes() {
    let events = [said("all"), finish("stop"), DONE.to_owned()].concat();
    let told = ask(
        Language::OpenAi,
        vec![answer("503 Busy", &[], "{}"), stream(&[events.as_bytes()])],
    );
    let [failed, worked] = &told.connections[..] else {
        panic!("one line for each connection: {:?}", told.connections);
    };
    assert_eq!(failed.outcome, ConnectionOutcome::Answered(503));
    assert_eq!(worked.outcome, ConnectionOutcome::Answered(200));
    assert_eq!(
        (worked.host.as_str(), worked.purpose),
        ("127.0.0.1", "chat")
    );
    assert_eq!(worked.bytes_out, told.requests[1].body.len() as u64);
    assert_eq!(worked.bytes_in, events.len() as u64);
    assert!(worked.at_ms > 1_700_000_000_000, "a time of our days");
}

#[test]
fn a_server_that_is_not_there_is_told_at_once_and_got_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let net = net(LIMITS);
    let result = provider(Language::OpenAi, &address).models(&net.http, &Stop::default());
    assert_eq!(result.unwrap_err().trouble, Trouble::NoNetwork);
    let log = net.log.lock().unwrap();
    assert_eq!(
        (log.len(), log[0].outcome, log[0].bytes_out),
        (1, ConnectionOutcome::NotReached, 0)
    );
}

#[test]
fn no_redirect_is_followed() {
    let elsewhere = FaultServer::start(vec![answer("200 OK", &[], "{}")]);
    let to = format!("location: {}/v1/chat/completions", elsewhere.address);
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let told = ask(Language::OpenAi, vec![answer(status, &[&to], "")]);
        assert_eq!(*told.trouble(), Trouble::Moved);
        let said = told.result.unwrap_err().to_string();
        assert!(
            said.contains(&elsewhere.address),
            "the person sees where to: {said}"
        );
    }
    assert_eq!(
        elsewhere.received().len(),
        0,
        "key and conversation stay where they were meant to go"
    );
}

fn through(proxy: &FaultServer) -> Http {
    let (offline, log) = (OfflineSwitch::default(), Arc::<Ended>::default());
    Http::new(LIMITS, offline, Some(&proxy.address), log).unwrap()
}

#[test]
fn a_proxy_is_used_when_it_was_set_on_purpose() {
    let proxy = FaultServer::start(vec![answer("200 OK", &[], "{\"data\": []}")]);
    let provider = OpenAi::new("http://models.example:8000/v1", None).unwrap();
    let models = provider.models(&through(&proxy), &Stop::default());
    assert_eq!(models.unwrap(), []);
    let head = proxy.finish().remove(0).head;
    assert!(
        head.starts_with("GET http://models.example:8000/v1/models "),
        "{head}"
    );
}

#[test]
fn no_proxy_is_sent_what_is_for_a_server_of_ones_own() {
    let proxy = FaultServer::start(vec![]);
    let http = through(&proxy);
    let server = FaultServer::start(vec![
        answer("200 OK", &[], "{\"data\": []}"),
        answer("200 OK", &[], ""),
    ]);
    let provider = OpenAi::new(&server.address, key()).unwrap();
    assert_eq!(provider.models(&http, &Stop::default()).unwrap(), []);
    let collector = Url::parse(&server.address).unwrap();
    let header = SecretHeader::new(&collector, "api-key", KEY).unwrap();
    let sent = telemetry::send(
        &http,
        &collector,
        Some(&header),
        b"figures".to_vec(),
        &Stop::default(),
    );
    assert_eq!(sent.unwrap().status, 200);
    let [models, figures] = &server.finish()[..] else {
        panic!("both come to the server itself");
    };
    assert!(models.head.starts_with("GET /models "), "{}", models.head);
    assert!(figures.head.contains(&format!("api-key: {KEY}\r\n")));
    assert_eq!(proxy.received().len(), 0);
}

#[test]
fn a_proxy_reads_what_is_not_encrypted_and_is_for_others() {
    let proxy = FaultServer::start(vec![]);
    let (with, without) = (through(&proxy), net(LIMITS).http);
    for (address, is_read) in [
        ("http://models.example", true),
        ("http://8.8.8.8", true),
        ("https://models.example", false),
        ("http://localhost:11434", false),
        ("http://127.0.0.1", false),
        ("http://[::1]", false),
        ("http://192.168.1.7:8000", false),
        ("http://tower:8000", false),
        ("http://tower.internal", false),
    ] {
        let address = Url::parse(address).unwrap();
        assert_eq!(with.is_read_by_proxy(&address), is_read, "{address}");
        assert!(!without.is_read_by_proxy(&address), "there is none");
    }
}

#[test]
fn a_server_with_the_wrong_certificate_gets_nothing() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![made.cert.der().clone()],
            rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into(),
        )
        .unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!(
        "https://localhost:{}/v1",
        listener.local_addr().unwrap().port()
    );
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut tls = rustls::ServerConnection::new(std::sync::Arc::new(config)).unwrap();
        let mut heard = Vec::new();
        while let Ok((read, _)) = tls.complete_io(&mut stream) {
            let _ = std::io::Read::read_to_end(&mut tls.reader(), &mut heard);
            if read == 0 {
                break;
            }
        }
        heard
    });
    let net = net(LIMITS);
    let result = OpenAi::new(&address, key())
        .unwrap()
        .models(&net.http, &Stop::default());
    assert_eq!(result.unwrap_err().trouble, Trouble::Certificate);
    assert_eq!(
        net.log.lock().unwrap()[0].outcome,
        ConnectionOutcome::NotReached
    );
    assert_eq!(
        server.join().unwrap(),
        b"",
        "not one byte of the request was sent"
    );
}

#[test]
fn it_works_on_a_thread_of_another_runtime_that_may_wait() {
    let events = [said("all"), finish("stop")].concat();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let told = runtime.block_on(async {
        let asked = tokio::task::spawn_blocking(move || {
            ask(Language::OpenAi, vec![stream(&[events.as_bytes()])])
        });
        asked.await.unwrap()
    });
    assert_eq!(told.text(), "all");
}

#[test]
fn many_answers_stream_at_once() {
    let asked: Vec<_> = (0..12)
        .map(|number| {
            std::thread::spawn(move || {
                let text = number.to_string();
                let told = ask(
                    Language::OpenAi,
                    vec![stream(&[said(&text).as_bytes(), finish("stop").as_bytes()])],
                );
                (text, told.text())
            })
        })
        .collect();
    for thread in asked {
        let (asked, told) = thread.join().unwrap();
        assert_eq!(asked, told);
    }
}

#[test]
fn each_provider_gets_its_headers_and_paths() {
    let ended = [said("x"), finish("stop")].concat();
    let told = ask(Language::OpenAi, vec![stream(&[ended.as_bytes()])]);
    let head = &told.requests[0].head;
    assert!(
        head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(head.contains(&format!("authorization: Bearer {KEY}\r\n")));
    assert!(head.contains("content-type: application/json\r\n"));

    let (_, got) = exchange(&json!({ "data": [] }), |http, address, stop| {
        Anthropic::new(address, key())
            .unwrap()
            .models(http, stop)
            .unwrap()
    });
    assert!(
        got.head.starts_with("GET /v1/models?limit=1000 "),
        "{}",
        got.head
    );
    assert!(got.head.contains(&format!("x-api-key: {KEY}\r\n")));
    assert!(got.head.contains("anthropic-version: 2023-06-01\r\n"));
    assert!(!got.head.contains("authorization"), "the key is sent once");
}

#[test]
fn models_are_listed_with_what_is_known_of_them() {
    let offered = |id: &str, name: &str, context_tokens| OfferedModel {
        id: id.into(),
        name: name.into(),
        context_tokens,
        passed_on: false,
    };
    let list = json!({ "data": [{ "id": "a" }, { "id": "b", "name": "Bee", "context_length": 8_192 },
        { "id": "c", "max_model_len": 4_096 }, { "id": "d", "meta": { "n_ctx_train": 2_048 } }, { "no": "id" }] });
    let (models, got) = exchange(&list, |http, address, stop| {
        provider(Language::OpenAi, address).models(http, stop)
    });
    assert!(got.head.starts_with("GET /v1/models "));
    assert_eq!(
        models.unwrap(),
        [
            offered("a", "a", None),
            offered("b", "Bee", Some(8_192)),
            offered("c", "c", Some(4_096)),
            offered("d", "d", Some(2_048)),
        ]
    );

    let list = json!({ "data": [{ "id": "claude", "display_name": "Claude", "max_input_tokens": 200_000 }] });
    let (models, _) = exchange(&list, |http, address, stop| {
        provider(Language::Anthropic, address).models(http, stop)
    });
    assert_eq!(
        models.unwrap(),
        [offered("claude", "Claude", Some(200_000))]
    );

    let list = json!({ "models": [{ "name": "qwen3:4b", "model": "qwen3:4b" },
        { "name": "mine", "model": "mine", "remote_model": "gpt-oss:120b", "remote_host": "https://ollama.com:443" }] });
    let (models, got) = exchange(&list, |http, address, stop| {
        provider(Language::Ollama, address).models(http, stop)
    });
    assert!(got.head.starts_with("GET /api/tags "));
    let passed_on = OfferedModel {
        passed_on: true,
        ..offered("mine", "mine", None)
    };
    assert_eq!(
        models.unwrap(),
        [offered("qwen3:4b", "qwen3:4b", None), passed_on]
    );

    for language in [Language::OpenAi, Language::Anthropic, Language::Ollama] {
        let (models, _) = exchange(&json!({ "x": 1 }), |http, address, stop| {
            provider(language, address).models(http, stop)
        });
        assert_eq!(models.unwrap_err().trouble, Trouble::Nonsense);
    }
}

#[test]
fn vectors_come_in_the_order_of_their_texts_or_not_at_all() {
    let embed = |answer: Value| {
        exchange(&answer, |http, address, stop| {
            let provider = OpenAi::new(&format!("{address}/v1"), key()).unwrap();
            provider.embed(http, inspected(texts()), stop)
        })
    };
    let (vectors, got) = embed(
        json!({ "data": [{ "index": 1, "embedding": [3, 4] }, { "index": 0, "embedding": [1, 2] }],
        "usage": { "prompt_tokens": 2 } }),
    );
    let vectors = vectors.unwrap();
    assert_eq!(
        (vectors.vectors, vectors.input_tokens),
        (vec![vec![1.0, 2.0], vec![3.0, 4.0]], Some(2))
    );
    assert!(got.head.starts_with("POST /v1/embeddings "));
    for wrong in [
        json!({ "data": [{ "index": 0, "embedding": [1] }] }),
        json!({ "data": [{ "index": 0, "embedding": [1] }, { "index": 7, "embedding": [1] }] }),
        json!({ "data": [{ "index": 0, "embedding": [1] }, { "index": 1, "embedding": ["x"] }] }),
        json!({ "data": [{ "index": 0, "embedding": [1] }, { "index": 1, "embedding": [] }] }),
    ] {
        assert_eq!(
            embed(wrong.clone()).0.unwrap_err().trouble,
            Trouble::Nonsense,
            "{wrong}"
        );
    }

    let ollama = |answer: Value| {
        exchange(&answer, |http, address, stop| {
            Ollama::new(address, None, None)
                .unwrap()
                .embed(http, inspected(texts()), stop)
        })
    };
    let (vectors, got) = ollama(json!({ "embeddings": [[1, 2], [3, 4]], "prompt_eval_count": 2 }));
    assert_eq!(vectors.unwrap().vectors, [[1.0, 2.0], [3.0, 4.0]]);
    assert!(got.head.starts_with("POST /api/embed "));
    assert!(ollama(json!({ "embeddings": [[1, 2]] })).0.is_err());
}

#[test]
fn moderation_and_token_counts_are_read() {
    let result = json!({ "results": [{
        "flagged": true,
        "categories": { "violence": true, "hate": false },
        "category_scores": { "violence": 0.9, "hate": 0.1 },
    }] });
    let of = |texts: &[&str]| {
        inspected(ModerationRequest {
            model: "omni-moderation-latest".into(),
            texts: texts.iter().map(|text| (*text).to_owned()).collect(),
        })
    };
    let moderate = |http: &Http, address: &str, stop: &Stop, texts: &[&str]| {
        let provider = OpenAi::new(&format!("{address}/v1"), key()).unwrap();
        provider.moderate(http, of(texts), stop)
    };
    let (moderations, got) = exchange(&result, |http, address, stop| {
        moderate(http, address, stop, &["text"]).unwrap()
    });
    assert!(moderations[0].flagged);
    let read: Vec<(&str, bool, f64)> = moderations[0]
        .categories
        .iter()
        .map(|category| (category.name.as_str(), category.flagged, category.score))
        .collect();
    assert_eq!(read, [("violence", true, 0.9), ("hate", false, 0.1)]);
    assert!(got.head.starts_with("POST /v1/moderations "));
    let (one_for_two, _) = exchange(&result, |http, address, stop| {
        moderate(http, address, stop, &["one", "two"])
    });
    assert_eq!(one_for_two.unwrap_err().trouble, Trouble::Nonsense);

    let (count, got) = exchange(&json!({ "input_tokens": 42 }), |http, address, stop| {
        let provider = Anthropic::new(address, key()).unwrap();
        provider
            .count_tokens(http, inspected(question()), stop)
            .unwrap()
    });
    assert_eq!(count, 42);
    assert!(got.head.starts_with("POST /v1/messages/count_tokens "));
}

fn lines(lines: &[Value]) -> Script {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    stream(&[text.as_bytes()])
}

#[test]
fn ollama_streams_lines_with_reasoning_and_counts() {
    let told = ask(
        Language::Ollama,
        vec![lines(&[
            json!({ "message": { "role": "assistant", "content": "", "thinking": "Hm." }, "done": false }),
            json!({ "message": { "content": "Hel" }, "done": false }),
            json!({ "message": { "content": "lo" }, "done": false }),
            json!({ "message": { "content": "" }, "done": true, "done_reason": "length",
            "prompt_eval_count": 26, "eval_count": 298 }),
        ])],
    );
    assert_eq!(
        (told.text().as_str(), told.reasoning().as_str()),
        ("Hello", "Hm.")
    );
    assert_eq!(told.end().reason, EndReason::Length);
    let usage = told.usage().unwrap();
    assert_eq!((usage.input, usage.output), (26, 298));
}

#[test]
fn ollama_continues_a_text() {
    let server = FaultServer::start(vec![lines(&[
        json!({ "response": "2 + 2", "done": false }),
        json!({ "response": " = 4", "done": true, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 5 }),
    ])]);
    let request = CompletionRequest {
        model: "m".into(),
        prompt: "1 + 1 = 2, ".into(),
        ..CompletionRequest::default()
    };
    let mut events = Vec::new();
    let provider = Ollama::new(&server.address, None, None).unwrap();
    let Net { http, .. } = net(LIMITS);
    provider
        .generate(&http, inspected(request), &Stop::default(), &mut |event| {
            events.push(event)
        })
        .unwrap();
    assert_eq!(events.iter().filter(|event| event.is_delta()).count(), 2);
    assert!(server.finish()[0].head.starts_with("POST /api/generate "));
}

#[test]
fn a_server_that_is_gone_after_a_try_is_none_that_was_never_reached() {
    let kind = |troubles: &[Trouble]| {
        let mut troubles = troubles.iter();
        let tried = retrying(
            &net(LIMITS).http,
            &Stop::default(),
            &AtomicU32::new(0),
            || {
                let trouble = troubles.next().unwrap().clone();
                Err::<(), _>(ProviderError::new(trouble, "server").into())
            },
        );
        tried.unwrap_err().kind()
    };
    assert_eq!(kind(&[Trouble::NoNetwork]), "no_network");
    assert_eq!(kind(&[Trouble::Overloaded, Trouble::NoNetwork]), "cut");
}

fn pull(script: Script) -> (Vec<String>, Result<(), ProviderError>) {
    pull_within(LIMITS, script)
}

fn pull_within(limits: Limits, script: Script) -> (Vec<String>, Result<(), ProviderError>) {
    let server = FaultServer::start(vec![script]);
    let mut told = Vec::new();
    let provider = Ollama::new(&server.address, None, None).unwrap();
    let result = provider.pull(
        &net(Limits { tries: 1, ..limits }).http,
        "m",
        &Stop::default(),
        &mut |progress| {
            told.push(format!(
                "{} {:?}/{:?}",
                progress.status, progress.completed, progress.total
            ));
        },
    );
    (told, result)
}

#[test]
fn a_download_tells_how_far_it_is_and_only_success_is_success() {
    let progress = [
        json!({ "status": "pulling manifest" }),
        json!({ "status": "pulling abc", "digest": "sha256:abc", "total": 10, "completed": 4 }),
    ];
    let (told, result) = pull(lines(
        &[progress.to_vec(), vec![json!({ "status": "success" })]].concat(),
    ));
    assert_eq!(
        told,
        [
            "pulling manifest None/None",
            "pulling abc Some(4)/Some(10)",
            "success None/None"
        ]
    );
    assert_eq!(result, Ok(()));
    let (_, result) = pull(lines(&progress));
    assert_eq!(
        result.unwrap_err().trouble,
        Trouble::Cut,
        "an end is no success"
    );
    let (_, result) = pull(lines(&[json!({ "error": "file does not exist" })]));
    assert!(
        result
            .unwrap_err()
            .to_string()
            .contains("file does not exist")
    );
}

#[test]
fn a_model_that_nobody_has_is_asked_for_once_and_the_person_is_told_to_look_at_its_name() {
    let server = FaultServer::start(vec![lines(&[
        json!({ "status": "pulling manifest" }),
        json!({ "error": "pull model manifest: file does not exist" }),
    ])]);
    let provider = Ollama::new(&server.address, None, None).unwrap();
    let pulled = provider.pull(&net(LIMITS).http, "lama3.2", &Stop::default(), &mut |_| ());
    let error = pulled.unwrap_err();
    assert_eq!(error.trouble, Trouble::NotFound);
    assert!(
        error.hint().contains("name of the model"),
        "{}",
        error.hint()
    );
    assert_eq!(
        server.finish().len(),
        1,
        "it is not there a moment later either"
    );
}

#[test]
fn a_download_that_has_begun_is_waited_for_as_long_as_an_answer_that_has() {
    let limits = Limits {
        idle: Duration::from_millis(300),
        ..LIMITS
    };
    let progress = json!({ "status": "pulling abc", "total": 10, "completed": 4 });
    let steps = vec![
        head("200 OK", &[]),
        chunk(format!("{progress}\n").as_bytes()),
        Step::Hold,
    ];
    let (told, result) = pull_within(limits, Script::Steps(steps));
    assert_eq!(told, ["pulling abc Some(4)/Some(10)"]);
    assert_eq!(
        result.unwrap_err().trouble,
        Trouble::Silent { after: limits.idle },
        "and not as long as one that has not"
    );
}

#[test]
fn an_address_that_was_copied_with_the_beginning_of_a_path_is_that_of_the_server() {
    let asked = |language, end: &str| {
        let list = json!({ "data": [], "models": [] });
        let (models, got) = exchange(&list, |http, address, stop| {
            provider(language, &format!("{address}{end}")).models(http, stop)
        });
        assert_eq!(models, Ok(Vec::new()), "{end}");
        got.head.split(' ').nth(1).unwrap().to_owned()
    };
    for end in ["", "/", "/v1", "/v1/"] {
        assert_eq!(asked(Language::Anthropic, end), "/v1/models?limit=1000");
    }
    for end in ["", "/", "/api", "/api/", "/v1", "/v1/"] {
        assert_eq!(asked(Language::Ollama, end), "/api/tags");
    }
}

#[test]
fn one_interface_serves_every_provider() {
    for language in [Language::OpenAi, Language::Anthropic, Language::Ollama] {
        let provider: Cloud = provider(language, "https://example.com");
        let body = provider.body(&question()).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            body["model"], "model",
            "what would leave can be shown without sending it"
        );
    }
}
