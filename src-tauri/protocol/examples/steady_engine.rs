//! An engine without a model that writes 100 tokens a second, for measuring how the window keeps up
//! with an answer: a real model's rate depends on the machine and on the length of the conversation.
//! It takes the place of `gatehouse-engine` beside a copy of the app, in the benchmark alone.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use gatehouse_protocol::{
    Event, FinishReason, LoadedModel, PROTOCOL_VERSION, Request, Usage, read_frame, write_frame,
};

const TOKEN_EVERY: Duration = Duration::from_millis(10);
const MOST_TOKENS: u32 = 6_000;
/// What an answer of a model has in it: prose, lists, emphasis, code, tables.
const TEXT: &[&str] = &[
    "The",
    " river",
    " ran",
    " past",
    " the",
    " **gate**",
    ",",
    " and",
    " the",
    " keeper",
    " wrote",
    " down",
    " what",
    " passed",
    ".",
    "\n\n",
    "-",
    " a",
    " barge",
    "\n",
    "-",
    " two",
    " `boats`",
    "\n",
    "-",
    " _nothing_",
    " else",
    "\n\n",
    "```rust\n",
    "let",
    " passed",
    " =",
    " 3",
    ";\n",
    "```",
    "\n\n",
    "| day",
    " | boats",
    " |\n",
    "|---",
    "|---|\n",
    "| 1",
    " | 3",
    " |\n\n",
    "## ",
    "Evening",
    "\n\n",
];

/// The request that is being answered; 0: none. Requests count from 1.
type Answering = Arc<AtomicU64>;
type Out = Arc<Mutex<io::Stdout>>;

fn main() -> io::Result<()> {
    let out: Out = Arc::new(Mutex::new(io::stdout()));
    let answering = Answering::default();
    say(
        &out,
        &Event::Hello {
            protocol: PROTOCOL_VERSION,
            version: "steady".into(),
            devices: Vec::new(),
        },
    );
    let mut input = io::stdin().lock();
    while let Some(request) = read_frame(&mut input).map_err(io::Error::other)? {
        match request {
            Request::Load(load) => say(
                &out,
                &Event::Loaded(LoadedModel {
                    context_tokens: load.context_tokens,
                    sequences: load.sequences,
                    trained_context_tokens: load.context_tokens,
                    parameters: 0,
                    embedding_length: 0,
                    threads: 1,
                    weights_bytes: 0,
                    kv_cache_bytes: 0,
                    has_chat_template: true,
                }),
            ),
            Request::Generate(request) => {
                answering.store(request.id, Ordering::Relaxed);
                let (out, answering) = (out.clone(), answering.clone());
                std::thread::spawn(move || answer(request.id, &out, &answering));
            }
            Request::Cancel { .. } => answering.store(0, Ordering::Relaxed),
            Request::CountTokens { id, texts } => say(
                &out,
                &Event::Counted {
                    id,
                    counts: vec![1; texts.len()],
                },
            ),
            Request::CountPrompt { id, .. } => say(
                &out,
                &Event::Counted {
                    id,
                    counts: vec![1],
                },
            ),
            Request::Shutdown => break,
            Request::Embed { .. } => {}
        }
    }
    Ok(())
}

/// One token every hundredth of a second, in step with the clock however busy the machine is.
fn answer(id: u64, out: &Out, answering: &AtomicU64) {
    say(
        out,
        &Event::Started {
            id,
            prompt_tokens: 1,
            cached_tokens: 0,
            dropped_messages: 0,
            seed: 1,
        },
    );
    let start = Instant::now();
    let mut tokens = 0;
    while tokens < MOST_TOKENS && answering.load(Ordering::Relaxed) == id {
        let due = start + TOKEN_EVERY * tokens;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let text = TEXT[tokens as usize % TEXT.len()].to_owned();
        tokens += 1;
        say(out, &Event::Text { id, text, tokens });
    }
    let usage = Usage {
        output_tokens: tokens,
        ..Usage::default()
    };
    say(
        out,
        &Event::Done {
            id,
            reason: FinishReason::EndOfAnswer,
            usage,
            stop_text: None,
        },
    );
}

/// Nobody listens any more when the app has gone, and then this ends with its standard input.
fn say(out: &Out, event: &Event) {
    let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = write_frame(&mut *out, event);
}
