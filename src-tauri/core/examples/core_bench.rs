//! What the app's core adds to its engine, and how soon a long conversation opens.
//!
//! `core_bench --json PATH` measures and writes the results; `cargo xtask bench` runs it on a
//! release build. Two ways to the same model take turns within one run, so that a busy machine
//! disturbs both alike, and medians are compared.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

use std::{
    io::{BufReader, BufWriter},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Instant,
};

use gatehouse_core::{
    app::{App, Surroundings},
    chat::{self, ChatError, MessageState, Options},
    gate::Ask,
    ids::ConversationId,
    models, now_ms,
    protocol::{
        ChatMessage, Event, GenerateRequest, Input, LoadRequest, ModelPurpose, Request, Role,
        Sampling, read_frame, write_frame,
    },
    record::Actor,
    store::DataFolder,
};
use serde_json::{Value, json};

const ROUNDS: usize = 9;
const TOKENS: u32 = 64;
const MESSAGES: usize = 10_000;
const QUESTION: &str = "Tell me a long story about a gatekeeper and a river.";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let Some(path) = arguments
        .iter()
        .position(|a| a == "--json")
        .and_then(|at| arguments.get(at + 1))
    else {
        eprintln!("usage: core_bench --json PATH");
        std::process::exit(2);
    };
    let engine = PathBuf::from(
        std::env::var_os("GATEHOUSE_ENGINE").expect("xtask says where the engine is"),
    );
    let folder = tempfile::tempdir().unwrap();
    let folder = DataFolder::resolve(Some(folder.path())).unwrap();
    let around = Surroundings {
        actor: Actor::CommandLine,
        engine_program: engine.clone(),
        resources: None,
        on_engine_change: Box::new(|| ()),
    };
    let app = App::open(&folder, around).unwrap();
    app.ensure_starter().unwrap();
    let mut rows = speed(&app, &engine);
    rows.push(opening(&app));
    rows.extend(searching(&app));
    std::fs::write(path, json!({ "name": "core", "rows": rows }).to_string()).unwrap();
}

fn sampling() -> Sampling {
    Sampling {
        temperature: 0.0,
        seed: Some(1),
        max_tokens: Some(TOKENS),
        ..Sampling::default()
    }
}

/// Tokens a second through gate, store and engine, against frames to an engine alone.
fn speed(app: &App, engine: &Path) -> Vec<Value> {
    let mut alone = Alone::start(app, engine);
    let (mut through_core, mut through_frames) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let core = core_round(app);
        let frames = alone.round(round as u64 + 1);
        if round > 0 {
            through_core.push(core); // the first round loads and warms up
            through_frames.push(frames);
        }
    }
    let (core, frames) = (median(through_core), median(through_frames));
    vec![
        row("answer through the core", core, "tokens/s", None, None),
        row(
            "answer through frames alone",
            frames,
            "tokens/s",
            None,
            None,
        ),
        row(
            "core against frames",
            core / frames,
            "ratio",
            Some("at least 0.97"),
            Some(core / frames >= 0.97),
        ),
    ]
}

/// Ask in a new conversation; tokens a second from sending to the end of the answer.
fn core_round(app: &App) -> f64 {
    let options = Options {
        sampling: sampling(),
        ..Options::default()
    };
    let conversation = app.gate.new_conversation(&options).unwrap().id;
    let start = Instant::now();
    let (_, answer) = app
        .gate
        .answer(Ask::Say(conversation, QUESTION), None, &mut |_| ())
        .unwrap();
    let took = start.elapsed().as_secs_f64();
    f64::from(
        answer
            .call
            .expect("every answer has its call")
            .output_tokens,
    ) / took
}

/// An engine of its own, spoken to with nothing in between.
struct Alone {
    child: Child,
    input: BufWriter<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Alone {
    fn start(app: &App, engine: &Path) -> Self {
        let model = app.store.read(models::all).unwrap().remove(0);
        let load = model
            .load_request(ModelPurpose::Chat, models::computer_memory(), None)
            .unwrap();
        let mut child = Command::new(engine)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = BufWriter::new(child.stdin.take().unwrap());
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut alone = Self {
            child,
            input,
            output,
        };
        alone.ask(&Request::Load(LoadRequest {
            gpu_layers: u32::from(u16::MAX), // as the app asks
            ..load
        }));
        while !matches!(alone.hear(), Event::Loaded(_)) {}
        alone
    }

    fn round(&mut self, id: u64) -> f64 {
        let messages = vec![ChatMessage {
            role: Role::User,
            content: QUESTION.into(),
        }];
        let start = Instant::now();
        self.ask(&Request::Generate(GenerateRequest {
            id,
            input: Input::Conversation(messages),
            sampling: sampling(),
            constraint: None,
            conversation: Some(id.to_string()),
        }));
        loop {
            if let Event::Done { usage, .. } = self.hear() {
                return f64::from(usage.output_tokens) / start.elapsed().as_secs_f64();
            }
        }
    }

    fn ask(&mut self, request: &Request) {
        write_frame(&mut self.input, request).unwrap();
    }

    fn hear(&mut self) -> Event {
        read_frame(&mut self.output)
            .unwrap()
            .expect("the engine lives")
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A conversation of ten thousand messages of a usual length, opened as the window does: from another one,
/// so that the entry of the record that says so is part of it each time.
fn opening(app: &App) -> Value {
    let [id, other] = [(); 2].map(|()| app.gate.new_conversation(&Options::default()).unwrap().id);
    fill(app, id);
    let times = (0..ROUNDS).map(|_| {
        app.open_conversation(other).unwrap();
        let start = Instant::now();
        let thread = app.open_conversation(id).unwrap();
        assert_eq!(thread.messages.len(), MESSAGES);
        start.elapsed().as_secs_f64() * 1000.0
    });
    let took = median(times.collect());
    row(
        "opening 10,000 messages",
        took,
        "ms",
        Some("at most 150"),
        Some(took <= 150.0),
    )
}

fn fill(app: &App, id: ConversationId) {
    let answer =
        "The notice must reach the landlord in writing by the third working day. ".repeat(6);
    app.store
        .write(|tx| {
            for turn in 0..MESSAGES / 2 {
                let new = chat::begin_turn(
                    tx,
                    id,
                    &format!("Question {turn} about the lease?"),
                    now_ms(),
                )?;
                chat::end_answer(tx, new.answer, &answer, MessageState::Done, None)?;
            }
            Ok::<_, ChatError>(())
        })
        .unwrap();
}

/// Words that stand in thousands of messages, and a word inside a sentence without spaces that stands in one.
fn searching(app: &App) -> [Value; 2] {
    let id = app.gate.new_conversation(&Options::default()).unwrap().id;
    app.store
        .write(|tx| chat::begin_turn(tx, id, "これは日本語の契約書です。お願いします", now_ms()))
        .unwrap();
    [
        ("searching 10,000 messages", "landlord third work", 100),
        ("searching them for 契約書", "契約書", 1),
    ]
    .map(|(measure, words, hits)| {
        let times = (0..ROUNDS).map(|_| {
            let start = Instant::now();
            assert_eq!(app.search(words, None).unwrap().len(), hits);
            start.elapsed().as_secs_f64() * 1000.0
        });
        let took = median(times.collect());
        row(
            measure,
            took,
            "ms",
            Some("at most 100"),
            Some(took <= 100.0),
        )
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn row(measure: &str, value: f64, unit: &str, goal: Option<&str>, met: Option<bool>) -> Value {
    let note = format!("median of {ROUNDS}");
    json!({ "measure": measure, "value": value, "unit": unit, "goal": goal, "met": met, "note": note })
}
