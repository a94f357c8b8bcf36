//! The clients against a server with every fault that was seen in real ones, against the published
//! descriptions of the interfaces, and against everything that would show a key.

mod bodies;
mod connections;
mod fault_server;
mod faults_in_bytes;
mod faults_in_chunks;
mod faults_in_endings;
mod kept;
mod keys;
mod pieces;
mod time_stamps;

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};

use super::{
    anthropic::Anthropic,
    cloud::{Cloud, CloudEvent, CloudRequest, Delta, End, Message, Part, Tool, Usage},
    connection_log::{Connection, ConnectionLog},
    error::{ProviderError, Trouble},
    http::{Http, Limits},
    key::ApiKey,
    offline::OfflineSwitch,
    ollama::Ollama,
    openai::OpenAi,
};
use crate::{engine::Stop, gate::unchecked_in_a_test as inspected};
use fault_server::{FaultServer, Script};

const KEY: &str = "sk-proj-5f3a9c0b7e1d4826";

/// Short, so that the tests are; long enough for a busy machine where nothing is meant to be late.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(5),
    first_byte: Duration::from_secs(10),
    idle: Duration::from_secs(10),
    after_end: Duration::from_millis(300),
    time_stamp: Duration::from_millis(900),
    backoff: Duration::from_millis(4),
    longest_wait: Duration::from_millis(1_500),
    tries: 3,
    // Each script of the fault server is a connection of its own.
    kept: Duration::ZERO,
};

/// The connections that have ended.
type Ended = Mutex<Vec<Connection>>;

impl ConnectionLog for Ended {
    fn opens(&self, _: &Connection) -> Option<i64> {
        None
    }

    fn ended(&self, _: Option<i64>, connection: Connection) {
        self.lock().unwrap().push(connection);
    }

    fn never_opened(&self, _: i64) {}
}

/// A way out with its switch and its log.
struct Net {
    http: Http,
    offline: OfflineSwitch,
    log: Arc<Ended>,
}

fn net(limits: Limits) -> Net {
    net_with(limits, OfflineSwitch::default())
}

fn net_with(limits: Limits, offline: OfflineSwitch) -> Net {
    let log = Arc::<Ended>::default();
    let http = Http::new(limits, offline.clone(), None, log.clone()).unwrap();
    Net { http, offline, log }
}

/// What a caller was told.
struct Told {
    events: Vec<CloudEvent>,
    result: Result<(), ProviderError>,
    connections: Vec<Connection>,
    requests: Vec<fault_server::Received>,
    took: Duration,
}

impl Told {
    fn text(&self) -> String {
        let pieces = self.events.iter().filter_map(|event| match event {
            CloudEvent::Delta(Delta::Text(text) | Delta::Refusal(text)) => Some(text.as_str()),
            _ => None,
        });
        pieces.collect()
    }

    fn reasoning(&self) -> String {
        let pieces = self.events.iter().filter_map(|event| match event {
            CloudEvent::Delta(Delta::Reasoning(text)) => Some(text.as_str()),
            _ => None,
        });
        pieces.collect()
    }

    /// What counts: the last one.
    fn usage(&self) -> Option<Usage> {
        let usage = |event: &CloudEvent| match event {
            CloudEvent::Usage(usage) => Some(*usage),
            _ => None,
        };
        self.events.iter().rev().find_map(usage)
    }

    fn end(&self) -> &End {
        self.result.as_ref().expect("the answer is whole");
        match self.events.last() {
            Some(CloudEvent::End(end)) => end,
            other => panic!("the end is the last event, not {other:?}"),
        }
    }

    fn trouble(&self) -> &Trouble {
        let end = |event: &CloudEvent| matches!(event, CloudEvent::End(_));
        assert!(
            !self.events.iter().any(end),
            "an error has no end: {:?}",
            self.events
        );
        &self
            .result
            .as_ref()
            .expect_err("the answer is not whole")
            .trouble
    }

    /// Names and arguments of the calls that may be made.
    fn calls(&self) -> Vec<(&str, Value)> {
        let calls = self.end().tool_calls.iter();
        calls
            .map(|call| (call.name.as_str(), Value::Object(call.arguments.clone())))
            .collect()
    }
}

/// The three languages.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Language {
    OpenAi,
    Anthropic,
    Ollama,
}

fn provider(language: Language, address: &str) -> Cloud {
    let key = Some(ApiKey::new(KEY).unwrap());
    match language {
        Language::OpenAi => Cloud::OpenAi(OpenAi::new(&format!("{address}/v1"), key).unwrap()),
        Language::Anthropic => Cloud::Anthropic(Anthropic::new(address, key).unwrap()),
        Language::Ollama => Cloud::Ollama(Ollama::new(address, key, None).unwrap()),
    }
}

/// A short question.
fn question() -> CloudRequest {
    CloudRequest {
        model: "model".into(),
        messages: vec![Message::User(vec![Part::Text("Hello?".into())])],
        stream: true,
        ..CloudRequest::default()
    }
}

/// Ask a server with these scripts.
fn ask(language: Language, scripts: Vec<Script>) -> Told {
    ask_within(LIMITS, language, scripts)
}

fn ask_within(limits: Limits, language: Language, scripts: Vec<Script>) -> Told {
    let server = FaultServer::start(scripts);
    ask_hearing(
        &net(limits),
        language,
        &server,
        &Stop::default(),
        &mut |_| {},
    )
}

fn ask_hearing(
    net: &Net,
    language: Language,
    server: &FaultServer,
    stop: &Stop,
    hear: &mut dyn FnMut(&CloudEvent),
) -> Told {
    let mut events = Vec::new();
    let began = Instant::now();
    let result = provider(language, &server.address).chat(
        &net.http,
        inspected(question()),
        stop,
        &mut |event| {
            hear(&event);
            events.push(event);
        },
    );
    Told {
        events,
        result,
        took: began.elapsed(),
        connections: net.log.lock().unwrap().clone(),
        requests: server.received(),
    }
}

/// The shortest of five times: what else goes on at this machine may lengthen any one.
fn at_best(mut once: impl FnMut() -> Duration) -> Duration {
    (0..5)
        .map(|_| once())
        .min()
        .expect("there is a least one because there are five")
}

/// One event with this JSON.
fn data(value: Value) -> String {
    format!("data: {value}\n\n")
}

/// A chunk of Chat Completions with this delta.
fn delta(delta: Value) -> String {
    data(json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] }))
}

fn said(text: &str) -> String {
    delta(json!({ "content": text }))
}

fn finish(reason: &str) -> String {
    data(json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }))
}

const DONE: &str = "data: [DONE]\n\n";

/// An event of Anthropic's.
fn event(value: Value) -> String {
    format!(
        "event: {}\ndata: {value}\n\n",
        value["type"].as_str().unwrap()
    )
}

/// Anthropic's events around an answer.
fn anthropic(middle: &[String], stop_reason: &str) -> String {
    let start = event(json!({ "type": "message_start", "message": {
        "id": "msg_1", "content": [], "usage": { "input_tokens": 25, "output_tokens": 1 } } }));
    let delta = event(
        json!({ "type": "message_delta", "delta": { "stop_reason": stop_reason },
        "usage": { "output_tokens": 15 } }),
    );
    let stop = event(json!({ "type": "message_stop" }));
    [start, middle.concat(), delta, stop].concat()
}

fn text_block(text: &str) -> String {
    [
        event(json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } })),
        event(json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": text } })),
        event(json!({ "type": "content_block_stop", "index": 0 })),
    ]
    .concat()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

fn weather_tool() -> Tool {
    Tool {
        name: "weather".into(),
        description: "The weather of a place.".into(),
        parameters: object(json!({
            "type": "object", "properties": { "place": { "type": "string" } }, "required": ["place"],
        })),
        strict: false,
    }
}
