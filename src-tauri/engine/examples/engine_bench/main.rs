//! What the engine costs over llama.cpp in a plain loop, and what it gives: `engine_bench [--json FILE]`.
//!
//! Everything is a ratio within one run, and the two sides take turns, so that a slow or busy machine
//! slows both. The program is started by `cargo xtask bench`; by itself it finds the engine beside it.

mod bare;
mod client;
mod results;

use std::{
    env, fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use bare::Bare;
use client::Client;
use gatehouse_protocol::{ChatMessage, Event, Role, Sampling, Usage};
use llama_cpp_2::{
    LogOptions,
    llama_backend::LlamaBackend,
    model::{LlamaModel, params::LlamaModelParams},
    send_logs_to_tracing,
    token::LlamaToken,
};
use results::{Pairs, Row, median};
use serde_json::{Value, json};

/// Pairs of runs, one on each side.
const RUNS: usize = 9;
const WRITTEN_TOKENS: u32 = 96;
const CONTEXT_TOKENS: u32 = 2048;
const SEQUENCES: u32 = 4;
const OVERHEAD_BYTES: u64 = 100_000_000;

fn main() -> Result<()> {
    // As the engine does it, so that both sides compute alike.
    gatehouse_engine::sleep_while_waiting();
    let json_file = json_argument()?;
    let path = model_file()?;
    send_logs_to_tracing(LogOptions::default().with_logs_enabled(false));
    let backend = LlamaBackend::init()?;
    let model = LlamaModel::load_from_file(&backend, &path, &LlamaModelParams::default())?;
    let mut client = Client::start(&path, CONTEXT_TOKENS, SEQUENCES)?;
    let mut bare = Bare::new(&backend, &model, CONTEXT_TOKENS, client.model.threads)?;

    let mut rows = vec![writing_speed(&mut client, &mut bare)?];
    rows.push(four_at_once(&mut client)?);
    rows.extend(tenth_turn(&mut client, &mut bare, &model)?);
    rows.extend(cancelling(&mut client)?);
    rows.extend(memory(&client, fs::metadata(&path)?.len()));

    for row in &rows {
        println!("{row}");
    }
    if let Some(file) = json_file {
        let rows: Vec<Value> = rows.iter().map(Row::to_json).collect();
        let results = json!({ "name": "engine", "rows": rows });
        fs::write(&file, format!("{results:#}\n"))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// Tokens per second through the engine against the plain loop.
fn writing_speed(client: &mut Client, bare: &mut Bare) -> Result<Row> {
    let question = "Tell me a long story about a lighthouse and the people who keep it.";
    let messages = [
        message(Role::System, "You write stories."),
        message(Role::User, question),
    ];
    let prompt = prompt(&messages);
    let mut pairs = Pairs::default();
    for run in 0..RUNS {
        let seed = u32::try_from(run)?;
        let sampling = Sampling {
            seed: Some(seed),
            max_tokens: Some(WRITTEN_TOKENS),
            ..Sampling::default()
        };
        let mut plain = || -> Result<f64> {
            let (tokens, took) = bare.answer(&prompt, &sampling, seed, WRITTEN_TOKENS)?;
            Ok(rate(tokens - 1, took))
        };
        let mut engine = || -> Result<f64> {
            let (_, timing) = client.ask(&messages, &sampling)?;
            Ok(rate(timing.usage.output_tokens - 1, timing.writing))
        };
        pairs.measure(run, &mut engine, &mut plain)?;
    }
    let (ratio, engine, plain) = pairs.medians();
    let note = format!("{engine:.1} tokens/s, the plain loop {plain:.1}; medians of {RUNS} pairs");
    Ok(Row::at_least(
        "writing speed, engine to plain loop",
        ratio,
        0.97,
        note,
    ))
}

/// Tokens per second of four answers together against one alone.
fn four_at_once(client: &mut Client) -> Result<Row> {
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    for run in 0..RUNS.div_ceil(2) {
        alone.push(total_rate(client, 1, run)?);
        together.push(total_rate(client, SEQUENCES as usize, run)?);
    }
    let (alone, together) = (median(&mut alone), median(&mut together));
    let cores = client.model.threads;
    let note = format!("{together:.1} tokens/s together, {alone:.1} alone, on {cores} cores");
    let mut row = Row::at_least("four answers at once to one", together / alone, 2.0, note);
    // Two cores are busy with one answer already; the goal is for machines with cores to spare.
    if cores < 4 {
        row.goal = Some("≥ 2.00 where cores allow".into());
        row.met = None;
    }
    Ok(row)
}

fn total_rate(client: &mut Client, answers: usize, run: usize) -> Result<f64> {
    let sampling = Sampling {
        max_tokens: Some(WRITTEN_TOKENS / 2),
        seed: Some(1),
        ..Sampling::default()
    };
    for n in 0..answers {
        let question = format!("Tell me a long story about number {n}, told for the {run}th time.");
        client.begin(&[message(Role::User, &question)], &sampling)?;
    }
    let (mut begun, mut ended, mut tokens) = (None, Instant::now(), 0);
    let mut open = answers;
    while open > 0 {
        match client.event()? {
            (at, Event::Text { .. }) => {
                begun.get_or_insert(at);
            }
            (at, Event::Done { usage, .. }) => {
                open -= 1;
                tokens += usage.output_tokens;
                ended = at;
            }
            (_, Event::Failed { message, .. }) => bail!("{message}"),
            _ => {}
        }
    }
    Ok(rate(tokens, ended - begun.context("no text came")?))
}

/// Time to the first text of the tenth turn, against the plain loop reading the same new tokens on the same
/// kept ones; and how many the engine read. Which are new is worked out here, and not asked of the engine.
fn tenth_turn(client: &mut Client, bare: &mut Bare, model: &LlamaModel) -> Result<Vec<Row>> {
    let sampling = Sampling {
        temperature: 0.0,
        max_tokens: Some(24),
        ..Sampling::default()
    };
    let mut messages = vec![message(Role::System, "You answer in one short sentence.")];
    for turn in 0..9 {
        let said = format!("Turn {turn}. {}", words(66, turn));
        messages.push(message(Role::User, &said));
        let (text, _) = client.ask(&messages, &sampling)?;
        messages.push(message(Role::Assistant, &text));
    }
    let tenth = |run: usize| {
        let question = format!("{run}. What did I ask you in the turn before this one, and why?");
        [&messages[..], &[message(Role::User, &question)][..]].concat()
    };
    // The turn that follows on the ninth answer, whose last token was chosen and not computed.
    let first = tenth(0);
    let said = turn(&first[first.len() - 1]);
    let follows = format!("<|im_end|>\n{said}<|im_start|>assistant\n");
    let mut reading = Reading::default();
    let (_, timing) = client.ask(&first, &sampling)?;
    reading.note(timing.usage, tokens(model, &follows).len() + 1);
    let mut before = tokens(model, &prompt(&first));
    bare.keep(0)?;
    bare.read(&before)?;
    let mut pairs = Pairs::default();
    for run in 1..2 * RUNS {
        let asked = tenth(run);
        let now = tokens(model, &prompt(&asked));
        let kept = before.iter().zip(&now).take_while(|(a, b)| a == b).count();
        let mut engine = || -> Result<f64> {
            let (_, timing) = client.ask(&asked, &sampling)?;
            reading.note(timing.usage, now.len() - kept);
            Ok(timing.first_text.as_secs_f64() * 1e3)
        };
        let mut plain = || -> Result<f64> {
            bare.keep(kept)?;
            let begun = Instant::now();
            bare.read(&now[kept..])?;
            bare.sample(&mut bare::greedy());
            Ok(begun.elapsed().as_secs_f64() * 1e3)
        };
        pairs.measure(run, &mut engine, &mut plain)?;
        before = now;
    }
    let (ratio, engine, plain) = pairs.medians();
    let note = format!("{engine:.0} ms, the plain loop {plain:.0} ms; {reading}");
    Ok(vec![
        Row::at_most(
            "first text of turn 10, engine to plain loop",
            ratio,
            1.1,
            note,
        ),
        Row::at_most(
            "tokens read on turn 10",
            count(reading.read),
            count(reading.new),
            reading.to_string(),
        )
        .in_unit("tokens"),
    ])
}

/// How many tokens the engine read where so many were new: of the run in which it read most beyond those.
#[derive(Default)]
struct Reading {
    read: usize,
    new: usize,
    prompt: usize,
}

impl Reading {
    fn note(&mut self, usage: Usage, new: usize) {
        let read = (usage.prompt_tokens - usage.cached_tokens) as usize;
        if self.prompt == 0 || read + self.new > self.read + new {
            *self = Self {
                read,
                new,
                prompt: usage.prompt_tokens as usize,
            };
        }
    }
}

impl std::fmt::Display for Reading {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { read, new, prompt } = self;
        write!(out, "{read} read of {prompt}, where {new} were new")
    }
}

/// Time from a cancel to the end of the answer, inside long prompts.
fn cancelling(client: &mut Client) -> Result<Vec<Row>> {
    let sampling = Sampling {
        max_tokens: Some(8),
        ..Sampling::default()
    };
    let mut times = Vec::new();
    for run in 0..RUNS + 4 {
        let id = client.begin(&[message(Role::User, &words(1600, 10 + run))], &sampling)?;
        while !matches!(client.event()?.1, Event::Started { .. }) {}
        // At another place of the batch each time.
        std::thread::sleep(Duration::from_millis(60 + 70 * run as u64));
        times.push(client.cancel(id)?.as_secs_f64() * 1e3);
    }
    let slowest = times.iter().copied().fold(0.0, f64::max);
    let note = format!("in a prompt of 1600 tokens, {} times", times.len());
    Ok(vec![
        Row::at_most(
            "cancel to end, median",
            median(&mut times),
            100.0,
            note.clone(),
        )
        .in_unit("ms"),
        Row::at_most("cancel to end, slowest", slowest, 100.0, note).in_unit("ms"),
    ])
}

/// The engine's memory against what the model itself needs.
fn memory(client: &Client, file_bytes: u64) -> Option<Row> {
    let resident = client.resident_bytes()?;
    let allowed = file_bytes + client.model.kv_cache_bytes + OVERHEAD_BYTES;
    let megabytes = |bytes: u64| bytes / 1_000_000;
    let note = format!(
        "file {} MB, KV cache {} MB, and 100 MB",
        megabytes(file_bytes),
        megabytes(client.model.kv_cache_bytes)
    );
    let row = Row::at_most(
        "engine memory",
        count_bytes(resident) / 1e6,
        count_bytes(allowed) / 1e6,
        note,
    );
    Some(row.in_unit("MB"))
}

fn json_argument() -> Result<Option<PathBuf>> {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [] => Ok(None),
        [flag, file] if flag == "--json" => Ok(Some(file.into())),
        _ => bail!("usage: engine_bench [--json FILE]"),
    }
}

fn model_file() -> Result<PathBuf> {
    let folder = env::var_os("GATEHOUSE_TEST_MODELS")
        .map(PathBuf::from)
        .or_else(|| {
            let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
            cache
                .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
                .map(|cache| cache.join("gatehouse/models"))
        });
    let file = folder
        .context("there is no home folder")?
        .join("SmolLM2-135M-Instruct.Q4_1.gguf");
    if !file.is_file() {
        bail!("{} is missing: run `cargo xtask models`", file.display());
    }
    Ok(file)
}

fn message(role: Role, content: &str) -> ChatMessage {
    ChatMessage {
        role,
        content: content.into(),
    }
}

/// Plain words, other ones for each `start`, of about one token each.
fn words(count: usize, start: usize) -> String {
    let list = [
        "river", "stone", "window", "paper", "garden", "letter", "winter", "music", "harbour",
        "table", "lamp",
    ];
    (0..count)
        .map(|n| list[(start + n * 7 + n / 11) % list.len()])
        .collect::<Vec<_>>()
        .join(" ")
}

/// A conversation as the model's template writes it.
fn prompt(messages: &[ChatMessage]) -> String {
    let turns: String = messages.iter().map(turn).collect();
    turns + "<|im_start|>assistant\n"
}

fn turn(message: &ChatMessage) -> String {
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    format!("<|im_start|>{role}\n{}<|im_end|>\n", message.content)
}

fn tokens(model: &LlamaModel, text: &str) -> Vec<LlamaToken> {
    model.vocab().tokenize(text.as_bytes(), false, true)
}

fn rate(tokens: u32, took: Duration) -> f64 {
    f64::from(tokens) / took.as_secs_f64()
}

fn count(tokens: usize) -> f64 {
    f64::from(u32::try_from(tokens).unwrap_or(u32::MAX))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "memory sizes are shown in megabytes"
)]
fn count_bytes(bytes: u64) -> f64 {
    bytes as f64
}
