//! The local API: other programs ask through the same gate, each with a key of its own, and nobody else.

mod calls;
mod claude;
mod clients;
mod completions;
mod faults;
mod here;
mod hostile;
mod load;
mod offline;
mod shapes;
mod stopped;
mod tls;

use std::io::{BufRead, BufReader, Write};

use gatehouse_core::{
    accounts::{Account, AccountInput, ProviderKind},
    aliases::{Alias, Link},
    app::App,
    clients::{ClientBudget, NewClient},
    costs::{self, CallRow, budgets::Period},
    ids::AliasId,
    money::Money,
    policy::Destination,
    store::StoreError,
};
use serde_json::{Value, json};

use crate::{
    gate::account,
    support::{
        api::{Answer, Served},
        app,
        folder::TempFolder,
        provider::{Provider, Received, Reply},
    },
};

/// The name under which clients ask for the provider's model.
const ALIAS: &str = "helper";

/// A Gatehouse that is served, and the key of a client.
struct Place {
    app: App,
    served: Served,
    key: String,
    folder: TempFolder,
}

fn client(name: &str) -> NewClient {
    NewClient {
        name: name.into(),
        workspace_id: None,
        days: None,
        budget: None,
        keeps_sent: true,
        only_metrics: false,
    }
}

/// With the model on this computer alone.
fn here() -> Place {
    served(&[])
}

/// Served with more arguments.
fn served(arguments: &[&str]) -> Place {
    let (folder, app) = app::new();
    let (_, key) = app.add_client(&client("Test")).unwrap();
    Place {
        served: Served::start(&folder.folder, arguments),
        key: key.as_str().to_owned(),
        app,
        folder,
    }
}

/// With a provider behind an alias.
fn with_provider(provider: &Provider, arguments: &[&str]) -> Place {
    let place = served(arguments);
    let account = account(&place.app, "Test", &provider.address);
    alias(&place.app, &account);
    place
}

fn alias(app: &App, account: &Account) {
    let alias = Alias {
        id: AliasId::new(),
        name: ALIAS.into(),
        chain: vec![Link::Account {
            account_id: account.id,
            model: "test-model".into(),
        }],
    };
    app.save_alias(&alias).unwrap();
}

/// The account “Ollama”, at a provider that speaks its language, too.
fn add_ollama(app: &App, provider: &Provider) -> Account {
    let input = AccountInput {
        kind: ProviderKind::Ollama,
        name: "Ollama".into(),
        base_url: provider.address.trim_end_matches("/v1").into(),
        destination: Some(Destination::Cloud),
        context_tokens: None,
    };
    app.gate.save_account(None, &input).unwrap()
}

impl Place {
    fn chat(&self, body: &Value) -> Answer {
        self.served.post("/v1/chat/completions", &self.key, body)
    }

    fn say(&self, text: &str) -> Answer {
        self.chat(&json!({ "model": ALIAS, "messages": [{ "role": "user", "content": text }] }))
    }

    /// A stream of an answer that has begun with this word.
    fn stream(&self, word: &str) -> impl BufRead + use<> {
        let body = json!({
            "model": ALIAS, "stream": true, "messages": [{ "role": "user", "content": "Hello" }],
        });
        self.stream_of("/v1/chat/completions", &body, word)
    }

    /// The same of this request.
    fn stream_of(&self, path: &str, body: &Value, word: &str) -> impl BufRead + use<> {
        let body = body.to_string();
        let mut stream = self.served.connect();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.served.host(),
            self.key,
            body.len()
        )
        .unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while !line.contains(word) {
            line.clear();
            assert!(reader.read_line(&mut line).unwrap() > 0, "it has not begun");
        }
        reader
    }

    /// All calls, the newest first, once each has ended.
    fn calls(&self) -> Vec<CallRow> {
        app::idle(&self.app);
        let listed = self
            .app
            .store
            .read(|conn| Ok::<_, StoreError>(costs::list(conn, 100_000)?));
        listed.unwrap()
    }
}

/// A provider that can all that a client may ask for: it calls the tool where one must be called, keeps to
/// a schema, makes vectors of three numbers, goes on with texts as Ollama does, and else says hello.
fn able() -> Provider {
    Provider::start(|request| {
        let body = request.json();
        if request.head.contains("/embeddings") {
            return vectors(&body);
        }
        if request.head.contains("/api/generate") {
            let piece = |text: &str| json!({ "response": text, "done": false });
            let end = json!({
                "response": "", "done": true, "done_reason": "stop", "prompt_eval_count": 4, "eval_count": 3,
            });
            return Reply::Lines(vec![piece(" there"), piece(" was"), end]);
        }
        let must_call = body["tool_choice"] == "required";
        if must_call {
            return calls_a_tool();
        }
        let pieces = if body["response_format"].is_object() {
            vec!["{\"colour\":".to_owned(), "\"red\"}".to_owned()]
        } else {
            vec!["Hello".to_owned(), " there.".to_owned()]
        };
        Reply::Pieces(pieces, 20, 5)
    })
}

fn vectors(body: &Value) -> Reply {
    let texts = body["input"].as_array().map_or(1, Vec::len);
    let vector =
        |index| json!({ "object": "embedding", "index": index, "embedding": [0.5, -0.25, 1.0] });
    Reply::Whole(json!({
        "object": "list",
        "data": (0..texts).map(vector).collect::<Vec<_>>(),
        "model": "test-model",
        "usage": { "prompt_tokens": 4, "total_tokens": 4 },
    }))
}

fn calls_a_tool() -> Reply {
    let delta = |delta: Value, finish: Value| {
        let chunk = json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] });
        format!("data: {chunk}\n\n")
    };
    let head = json!({ "tool_calls": [{
        "index": 0, "id": "call_abc", "type": "function", "function": { "name": "weather", "arguments": "" },
    }] });
    let piece =
        |text: &str| json!({ "tool_calls": [{ "index": 0, "function": { "arguments": text } }] });
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 30, "completion_tokens": 9 } });
    let events = [
        delta(head, Value::Null),
        delta(piece("{\"place\":"), Value::Null),
        delta(piece("\"Bern\"}"), Value::Null),
        delta(json!({}), "tool_calls".into()),
        format!("data: {usage}\n\n"),
        "data: [DONE]\n\n".into(),
    ];
    Reply::Raw("text/event-stream", events.concat().into_bytes())
}

/// What a provider was asked last.
fn last(provider: &Provider) -> Received {
    provider.received().pop().unwrap()
}

fn a_day(dollars: &str) -> Option<ClientBudget> {
    Some(ClientBudget {
        period: Period::Day,
        limit: Money::of_dollars(dollars).unwrap(),
    })
}
