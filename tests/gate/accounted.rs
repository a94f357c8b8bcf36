//! What programs ask through the local API, what a collector and a time-stamp service are sent and what a
//! server is told to fetch is accounted for as chats are: behind a server that keeps every byte.

use std::sync::{Arc, Mutex};

use gatehouse_core::{
    accounts,
    clients::{Client, NewClient},
    costs::Purpose,
    engine::Stop,
    gate::client::{
        ClientAnswer, ClientRequest, CompletionWanted, EmbeddingsWanted, Message as Said,
        ModerationWanted, Part, Sampling,
    },
    record::WhileFaulty,
};

use super::{
    network::{as_proxy, place_without_key, set},
    *,
};
use crate::support::{provider::Received, stamps::Stamps};

/// What one server answers in place of all that are asked.
fn reply(request: &Received, stamps: &Stamps) -> (&'static str, Vec<u8>) {
    let asked = request.head.lines().next().unwrap();
    let is = |part: &str| asked.contains(part);
    let whole = |value: serde_json::Value| ("application/json", value.to_string().into());
    let line = |value: serde_json::Value| ("application/x-ndjson", format!("{value}\n").into());
    if is("/embeddings") {
        whole(json!({
            "data": [{ "index": 0, "embedding": [0.5] }], "usage": { "prompt_tokens": 4 },
        }))
    } else if is("/moderations") {
        let result = json!({ "flagged": false, "categories": {}, "category_scores": {} });
        whole(json!({ "results": [result] }))
    } else if is("/count_tokens") {
        whole(json!({ "input_tokens": 7 }))
    } else if is("/api/generate") {
        line(json!({
            "response": "Yes.", "done": true, "done_reason": "stop", "prompt_eval_count": 9, "eval_count": 2,
        }))
    } else if is("/api/pull") {
        line(json!({ "status": "success" }))
    } else if is("stamps.example") {
        ("application/timestamp-reply", stamps.answer(&request.body))
    } else if is("collector.example") {
        ("application/x-protobuf", Vec::new())
    } else {
        let said = json!({
            "choices": [{ "index": 0, "delta": { "content": "Yes." }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 50, "completion_tokens": 2 },
        });
        let events = format!("data: {said}\n\ndata: [DONE]\n\n");
        ("text/event-stream", events.into())
    }
}

/// A program asks for all that the local API has.
fn ask_as_a_program(app: &App, client: &Client) {
    let (gate, stop) = (&app.gate, &Stop::default());
    let texts = vec![LETTER.to_owned()];
    let vectors = EmbeddingsWanted {
        model: format!("Test/{MODEL}"),
        texts: texts.clone(),
        dimensions: None,
    };
    gate.embed_for_client(client, &vectors, stop).unwrap();
    let looked_at = ModerationWanted {
        model: format!("Test/{MODEL}"),
        texts,
    };
    gate.moderate_for_client(client, &looked_at, stop).unwrap();
    let of = |model: &str| ClientRequest {
        model: model.to_owned(),
        messages: vec![Said::User(vec![Part::Text(LETTER.to_owned())])],
        max_tokens: Some(9),
        ..ClientRequest::default()
    };
    let counted = gate.count_for_client(client, &of("Claude/claude-x"), stop);
    assert_eq!(counted.unwrap(), 7);
    let text = CompletionWanted {
        model: format!("Ollama/{MODEL}"),
        prompt: LETTER.to_owned(),
        suffix: "Yours, anna.weiss@example.org".to_owned(),
        sampling: Sampling::default(),
        max_tokens: 9,
    };
    let mut completed = None;
    let mut told = |answer: ClientAnswer| completed = Some(answer.text);
    gate.complete_for_client(client, &text, stop, &mut |_| (), &mut told)
        .unwrap();
    assert_eq!(completed.as_deref(), Some("Yes."));
    let request = of(&format!("Test/{MODEL}"));
    gate.answer_client(client, &request, stop, &mut |_| (), &mut |_| ())
        .unwrap();
}

/// A Gatehouse that reaches everybody but Claude through this proxy.
fn place_behind(proxy: &Provider) -> Place {
    let place = place_without_key("http://models.example/v1", Destination::Cloud);
    set(&place.app, |settings| {
        as_proxy(proxy).clone_into(&mut settings.proxy)
    });
    let ollama = AccountInput {
        kind: ProviderKind::Ollama,
        name: "Ollama".into(),
        base_url: "http://ollama.example".into(),
        destination: Some(Destination::Cloud),
        context_tokens: None,
    };
    place.app.gate.save_account(None, &ollama).unwrap();
    // It has a key, which goes to no other computer in the clear: this one is asked directly.
    add_claude(&place.app, proxy);
    place
}

fn client(app: &App) -> Client {
    let new = NewClient {
        name: "Editor".into(),
        workspace_id: None,
        days: None,
        budget: None,
        keeps_sent: true,
        only_metrics: false,
    };
    app.add_client(&new).unwrap().0
}

#[test]
fn every_byte_for_programs_collectors_time_stamps_and_downloads_is_accounted_for() {
    let answered = Arc::<Mutex<Vec<u64>>>::default();
    let (note, stamps) = (Arc::clone(&answered), Stamps::new());
    let proxy = Provider::start(move |request| {
        let (kind, body) = reply(request, &stamps);
        note.lock().unwrap().push(body.len() as u64);
        Reply::Raw(kind, body)
    });
    let place = place_behind(&proxy);
    let app = &place.app;
    ask_as_a_program(app, &client(app));
    app.try_telemetry("http://collector.example").unwrap();
    app.stamped_witness(WhileFaulty::Refuse, "http://stamps.example", None)
        .unwrap();
    let ollama = app.store.read(|conn| accounts::find(conn, "Ollama"));
    let pulled = app
        .gate
        .pull_model(ollama.unwrap().id, "small", &Stop::default(), &mut |_| ());
    pulled.unwrap();

    let received = proxy.received();
    assert!(
        !proxy.everything().contains("anna.weiss"),
        "all of it masked"
    );
    let calls = place.calls();
    let mut left: Vec<_> = calls
        .iter()
        .filter_map(|call| app.gate.what_left(call.summary.number).unwrap())
        .map(|left| left.body.into_bytes())
        .collect();
    left.reverse();
    let sent = received.iter().map(|request| request.body.clone());
    assert_eq!(
        sent.take(5).collect::<Vec<_>>(),
        left,
        "each byte for a model is kept with its call"
    );
    let purposes = calls.iter().rev().map(|call| call.purpose);
    assert!(purposes.eq([
        Purpose::Embeddings,
        Purpose::Api,
        Purpose::Count,
        Purpose::Api,
        Purpose::Api
    ]));
    let mut log = place.log();
    log.reverse();
    let lines: Vec<_> = log
        .iter()
        .map(|line| (line.host.as_str(), line.purpose.as_str(), line.bytes_out))
        .collect();
    let length = |nth: usize| received[nth].body.len() as u64;
    let expected = [
        ("models.example", "embed", length(0)),
        ("models.example", "moderate", length(1)),
        ("127.0.0.1", "count", length(2)),
        ("ollama.example", "complete", length(3)),
        ("models.example", "chat", length(4)),
        ("collector.example", "telemetry", length(5)),
        ("stamps.example", "time-stamp", length(6)),
        ("ollama.example", "pull", length(7)),
    ];
    assert_eq!(lines, expected, "each connection and its bytes");
    assert_eq!(received.len(), expected.len(), "and there is no other");
    let came: Vec<_> = log.iter().map(|line| line.bytes_in).collect();
    assert_eq!(came, *answered.lock().unwrap(), "and each that came");
    let happened = app::actions(app);
    for told in ["record.time-stamped", "model.added"] {
        assert!(happened.iter().any(|action| action == told), "{happened:?}");
    }
    assert!(length(6) < 100, "a hash, and nothing else");
    app::holds(app);
}
