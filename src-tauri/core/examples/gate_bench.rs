//! What the gate adds to a call that leaves: looking at the prompt, and keeping pace with a fast
//! stream.
//!
//! `gate_bench --json PATH` measures and writes the results; `cargo xtask bench` runs it on a
//! release build. The provider is a small server in this process, on this computer.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::{Duration, Instant},
};

use gatehouse_core::{
    accounts::{Account, AccountInput, ProviderKind},
    aliases::Elsewhere,
    app::{App, Surroundings},
    chat::Options,
    gate::{AnswerEvent, Ask, Turn},
    policy::Destination,
    record::Actor,
    store::DataFolder,
};
use serde_json::{Value, json};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

const ROUNDS: usize = 41;
const PROMPT_BYTES: usize = 2_000;
const RATE: u32 = 200;
const SECONDS: u32 = 10;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let path = arguments
        .iter()
        .position(|a| a == "--json")
        .and_then(|at| arguments.get(at + 1));
    let Some(path) = path else {
        eprintln!("usage: gate_bench --json PATH");
        std::process::exit(2);
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = DataFolder::resolve(Some(folder.path())).unwrap();
    let around = Surroundings {
        actor: Actor::CommandLine,
        // No model of this computer is asked here.
        engine_program: PathBuf::from("no-engine"),
        resources: None,
        on_engine_change: Box::new(|| ()),
    };
    let app = App::open(&folder, around).unwrap();
    let (arrived, arrivals) = mpsc::channel();
    let account = account(&app, &serve(arrived));
    let mut rows = own_cost(&app, &account, &arrivals);
    rows.extend(streaming(&app, &account));
    std::fs::write(path, json!({ "name": "gate", "rows": rows }).to_string()).unwrap();
}

fn account(app: &App, address: &str) -> Account {
    let input = AccountInput {
        kind: ProviderKind::Compatible,
        name: "Bench".into(),
        base_url: address.into(),
        destination: Some(Destination::Cloud),
        context_tokens: None,
    };
    app.gate.save_account(None, &input).unwrap()
}

fn conversation(app: &App, account: &Account, model: &str) -> gatehouse_core::ids::ConversationId {
    let options = Options {
        elsewhere: Some(Elsewhere::Account {
            account_id: account.id,
            model: model.into(),
        }),
        ..Options::default()
    };
    app.gate.new_conversation(&options).unwrap().id
}

/// A prompt that was never looked at before, with personal data in it.
fn prompt(nth: usize) -> String {
    let sentence = format!(
        "Please write to tenant{nth}@example.org or call +49 30 90{nth:04}: the notice of Ms Anna Weiss came on day {nth}. "
    );
    let mut text = sentence.repeat(PROMPT_BYTES / sentence.len() + 1);
    text.truncate(text.floor_char_boundary(PROMPT_BYTES));
    text
}

/// From a prompt of 2 KB to the request that may leave, without and with the rows that are kept.
fn own_cost(app: &App, account: &Account, arrivals: &Receiver<Instant>) -> Vec<Value> {
    let (mut looked, mut sent) = (Vec::new(), Vec::new());
    for nth in 0..ROUNDS {
        let id = conversation(app, account, "one");
        let turn = Turn::Say {
            conversation: id,
            text: prompt(nth),
            pictures: Vec::new(),
        };
        let begin = Instant::now();
        let leaves = app.gate.what_would_leave(&turn, None).unwrap();
        looked.push(milliseconds(begin.elapsed()));
        assert!(leaves.is_some_and(|leaves| !leaves.body.contains("@example.org")));
        let text = prompt(ROUNDS + nth);
        let begin = Instant::now();
        app.gate
            .answer(Ask::Say(id, &text), None, &mut |_| ())
            .unwrap();
        let arrived = arrivals.recv_timeout(Duration::from_secs(10)).unwrap();
        sent.push(milliseconds(arrived.duration_since(begin)));
    }
    let (looked, sent) = (median(looked), median(sent));
    vec![
        row(
            "own cost of the gate for a new prompt of 2 KB",
            looked,
            "ms",
            Some(("at most 2", looked <= 2.0)),
        ),
        row(
            "from asking to the request at the server, rows on the disk",
            sent,
            "ms",
            None,
        ),
    ]
}

/// A stream of 200 tokens a second: none is lost, and what it costs in time of the processor.
fn streaming(app: &App, account: &Account) -> Vec<Value> {
    let id = conversation(app, account, "stream");
    let (mut pieces, mut text) = (0u32, String::new());
    let before = processor_ms();
    let begin = Instant::now();
    app.gate
        .answer(Ask::Say(id, &prompt(7)), None, &mut |event| {
            if let AnswerEvent::Text { text: piece, .. } = event {
                pieces += 1;
                text.push_str(&piece);
            }
        })
        .unwrap();
    let took = milliseconds(begin.elapsed());
    let share = (processor_ms() - before) / took * 100.0;
    let words = text.split_whitespace().count();
    let all = (RATE * SECONDS) as usize;
    vec![
        row(
            "processor at 200 tokens a second, the server's part included",
            share,
            "% of a core",
            Some(("at most 10", share <= 10.0)),
        ),
        row(
            "tokens lost",
            (all - words) as f64,
            "tokens",
            Some(("none", all == words)),
        ),
        row("pieces heard", f64::from(pieces), "pieces", None),
    ]
}

/// Time of the processor that this process has used.
fn processor_ms() -> f64 {
    let pid = Pid::from_u32(std::process::id());
    let mut system = System::new().unwrap();
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[pid]),
        true,
        ProcessRefreshKind::nothing().with_cpu(),
    );
    system.process(pid).unwrap().accumulated_cpu_time() as f64
}

/// A server that answers `one` with a word and `stream` with many, and tells when a request came.
fn serve(arrived: Sender<Instant>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let arrived = arrived.clone();
            thread::spawn(move || answer(stream, &arrived));
        }
    });
    address
}

fn answer(mut stream: TcpStream, arrived: &Sender<Instant>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).ok().filter(|read| *read > 0)?;
    }
    let length = head
        .to_ascii_lowercase()
        .split("content-length: ")
        .nth(1)?
        .lines()
        .next()?
        .parse()
        .ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    arrived.send(Instant::now()).ok()?;
    let request: Value = serde_json::from_slice(&body).ok()?;
    stream.set_nodelay(true).ok()?;
    stream
        .write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n",
        )
        .ok()?;
    let tokens = if request["model"] == "stream" {
        RATE * SECONDS
    } else {
        1
    };
    let begin = Instant::now();
    for nth in 0..tokens {
        let chunk =
            json!({ "choices": [{ "index": 0, "delta": { "content": format!("word{nth} ") } }] });
        write!(stream, "data: {chunk}\n\n").ok()?;
        let due = Duration::from_secs_f64(f64::from(nth + 1) / f64::from(RATE));
        thread::sleep(due.saturating_sub(begin.elapsed()));
    }
    let end = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    write!(stream, "data: {end}\n\ndata: [DONE]\n\n").ok()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn row(measure: &str, value: f64, unit: &str, goal: Option<(&str, bool)>) -> Value {
    json!({
        "measure": measure,
        "value": value,
        "unit": unit,
        "goal": goal.map(|(words, _)| words),
        "met": goal.map(|(_, met)| met),
        "note": null,
    })
}
