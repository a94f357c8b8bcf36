//! A real engine process with the real starter model, spoken to in frames.

use std::{
    env, fs,
    io::Write,
    path::PathBuf,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use gatehouse_protocol::{
    ChatMessage, Event, FinishReason, GenerateRequest, Input, LoadRequest, LoadedModel,
    ModelPurpose, Request, Role, Sampling, Usage, read_frame, write_frame,
};
use tempfile::TempDir;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The starter model.
pub fn starter_model() -> PathBuf {
    model("SmolLM2-135M-Instruct.Q4_1.gguf")
}

/// The model that was made for vectors.
pub fn embedding_model() -> PathBuf {
    model("all-MiniLM-L6-v2.F32.gguf")
}

/// A model that `cargo xtask models` fetches.
fn model(file: &str) -> PathBuf {
    let folder = env::var_os("GATEHOUSE_TEST_MODELS")
        .map(PathBuf::from)
        .or_else(|| {
            let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
            let home = env::var_os("HOME")
                .or_else(|| env::var_os("USERPROFILE"))
                .map(PathBuf::from);
            cache
                .or_else(|| home.map(|home| home.join(".cache")))
                .map(|cache| cache.join("gatehouse/models"))
        });
    let model = folder.expect("there is a home folder").join(file);
    assert!(
        model.is_file(),
        "{} is missing: run `cargo xtask models`, then test again",
        model.display()
    );
    model
}

/// An engine that ends with the test.
pub struct Engine {
    child: Child,
    stdin: Option<ChildStdin>,
    events: Receiver<Event>,
    next_id: u64,
}

/// What one request gave.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// All pieces of text.
    pub pieces: Vec<String>,
    /// From `Started`.
    pub prompt_tokens: u32,
    /// From `Started`.
    pub cached_tokens: u32,
    /// From `Started`.
    pub dropped_messages: u32,
    /// From `Started`.
    pub seed: u32,
    /// From `Done`.
    pub reason: Option<FinishReason>,
    /// From `Done`.
    pub usage: Usage,
}

impl Outcome {
    /// The whole answer.
    pub fn text(&self) -> String {
        self.pieces.concat()
    }
}

impl Engine {
    /// Start an engine that has no model yet. Its first frame is taken and checked.
    pub fn bare() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gatehouse-engine"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the engine program was built for this test");
        let mut stdout = child.stdout.take().expect("stdout is a pipe");
        let (sender, events) = mpsc::channel();
        thread::spawn(move || {
            while let Some(event) =
                read_frame(&mut stdout).expect("an engine writes frames and nothing else")
            {
                if sender.send(event).is_err() {
                    break;
                }
            }
        });
        let stdin = child.stdin.take();
        let mut engine = Self {
            child,
            stdin,
            events,
            next_id: 1,
        };
        let hello = engine.event();
        assert!(
            matches!(hello, Event::Hello { .. }),
            "the first frame says who is there: {hello:?}"
        );
        engine
    }

    /// Start an engine with the starter model for chat.
    pub fn chat(context_tokens: u32, sequences: u32) -> Self {
        Self::chat_with_report(context_tokens, sequences).0
    }

    /// The same, with what the engine said about the model.
    pub fn chat_with_report(context_tokens: u32, sequences: u32) -> (Self, LoadedModel) {
        let mut engine = Self::bare();
        let report = engine
            .load(load_request(starter_model(), context_tokens, sequences))
            .expect("the model loads");
        (engine, report)
    }

    /// Load, and give the report or the failure event.
    pub fn load(&mut self, request: LoadRequest) -> Result<LoadedModel, Event> {
        self.send(&Request::Load(request));
        let mut done = 0.0;
        loop {
            match self.event() {
                Event::Loading { fraction } => {
                    assert!(
                        (done..=1.0).contains(&fraction),
                        "{fraction} after {done}: progress never falls"
                    );
                    done = fraction;
                }
                Event::Loaded(report) => return Ok(report),
                other => return Err(other),
            }
        }
    }

    /// Send a request.
    pub fn send(&mut self, request: &Request) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        write_frame(stdin, request).expect("the engine takes requests");
    }

    /// Send bytes that are no frame.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin.write_all(bytes).expect("the engine takes bytes");
        stdin.flush().expect("the engine takes bytes");
    }

    /// The next event.
    pub fn event(&mut self) -> Event {
        self.events
            .recv_timeout(PATIENCE)
            .expect("the engine answers")
    }

    /// A fresh request id.
    pub fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Ask and give the id.
    pub fn begin(&mut self, messages: &[ChatMessage], sampling: Sampling) -> u64 {
        let request = self.request(messages, sampling);
        self.send(&Request::Generate(request.clone()));
        request.id
    }

    /// A request with a fresh id.
    pub fn request(&mut self, messages: &[ChatMessage], sampling: Sampling) -> GenerateRequest {
        GenerateRequest {
            id: self.id(),
            input: Input::Conversation(messages.to_vec()),
            sampling,
            constraint: None,
            conversation: None,
        }
    }

    /// Ask and wait for the end.
    pub fn ask(&mut self, messages: &[ChatMessage], sampling: Sampling) -> Outcome {
        let id = self.begin(messages, sampling);
        self.outcome(id)
    }

    /// Send a request and wait for the end.
    pub fn ask_with(&mut self, request: GenerateRequest) -> Outcome {
        let id = request.id;
        self.send(&Request::Generate(request));
        self.outcome(id)
    }

    /// Wait for the end of a request that must succeed.
    pub fn outcome(&mut self, id: u64) -> Outcome {
        let mut outcome = Outcome::default();
        while outcome.reason.is_none() {
            let event = self.event();
            take(&mut outcome, id, event);
        }
        outcome
    }

    /// Close the pipe and wait for the process to end.
    pub fn close(mut self) -> ExitStatus {
        self.stdin = None;
        self.wait()
    }

    /// Wait for the process to end by itself.
    pub fn wait(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the child can be waited for") {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "the engine did not end");
            thread::yield_now();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Note an event in an outcome; events of other requests and failures are faults of the test.
pub fn take(outcome: &mut Outcome, id: u64, event: Event) {
    match event {
        Event::Started {
            id: of,
            prompt_tokens,
            cached_tokens,
            dropped_messages,
            seed,
        } if of == id => {
            (outcome.prompt_tokens, outcome.cached_tokens) = (prompt_tokens, cached_tokens);
            (outcome.dropped_messages, outcome.seed) = (dropped_messages, seed);
        }
        Event::Reading {
            id: of,
            read,
            total,
        } if of == id => assert!(read < total, "{read} of {total} is not done"),
        Event::Text { id: of, text, .. } if of == id => outcome.pieces.push(text),
        Event::Done {
            id: of,
            reason,
            usage,
            ..
        } if of == id => {
            outcome.reason = Some(reason);
            outcome.usage = usage;
        }
        other => panic!("not about request {id}: {other:?}"),
    }
}

/// A load for chat on the CPU.
pub fn load_request(path: impl Into<PathBuf>, context_tokens: u32, sequences: u32) -> LoadRequest {
    LoadRequest {
        path: path.into().to_string_lossy().into_owned(),
        context_tokens,
        sequences,
        threads: None,
        // As the app asks.
        gpu_layers: u32::from(u16::MAX),
        purpose: ModelPurpose::Chat,
    }
}

/// The likeliest token always, so that answers are the same each time.
pub fn greedy(max_tokens: u32) -> Sampling {
    Sampling {
        temperature: 0.0,
        max_tokens: Some(max_tokens),
        ..Sampling::default()
    }
}

/// An answer that has no end of its own, whatever is asked and wherever it runs: each token makes itself
/// likelier.
pub fn endless(max_tokens: u32) -> Sampling {
    Sampling {
        repeat_penalty: 0.5,
        frequency_penalty: -2.0,
        ..greedy(max_tokens)
    }
}

/// A message of the person.
pub fn user(content: impl Into<String>) -> ChatMessage {
    ChatMessage {
        role: Role::User,
        content: content.into(),
    }
}

/// An answer of the model.
pub fn assistant(content: impl Into<String>) -> ChatMessage {
    ChatMessage {
        role: Role::Assistant,
        content: content.into(),
    }
}

/// A system prompt.
pub fn system(content: impl Into<String>) -> ChatMessage {
    ChatMessage {
        role: Role::System,
        content: content.into(),
    }
}

/// About `tokens` tokens of plain words.
pub fn words(tokens: usize) -> String {
    let list = [
        "river", "stone", "window", "paper", "garden", "letter", "winter", "music", "harbour",
        "table",
    ];
    (0..tokens)
        .map(|n| list[n * 7 % list.len()])
        .collect::<Vec<_>>()
        .join(" ")
}

/// The starter model's bytes.
pub fn starter_bytes() -> Vec<u8> {
    fs::read(starter_model()).expect("the starter model can be read")
}

/// Special tokens of the starter model that it has no use for, and as long, those by which a model is known
/// that fills gaps.
const GAP_MARKS: [(&str, &str); 3] = [
    ("<issue_closed>", "<|fim_prefix|>"),
    ("<jupyter_text>", "<|fim_suffix|>"),
    ("<empty_output>", "<|fim_middle|>"),
];

/// The starter model with marks for gaps in its vocabulary, as a file in this folder. It has learnt nothing of
/// them.
pub fn marked_model(folder: &TempDir) -> PathBuf {
    let mut bytes = starter_bytes();
    for (old, new) in GAP_MARKS {
        let at = bytes
            .windows(old.len())
            .position(|window| window == old.as_bytes())
            .expect("the starter model has this token");
        bytes[at..at + old.len()].copy_from_slice(new.as_bytes());
    }
    let path = folder.path().join("marked.gguf");
    fs::write(&path, bytes).expect("there is room for it");
    path
}
