//! The engine as the app sees it: a process, frames in, frames out, and when they came.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use gatehouse_protocol::{
    ChatMessage, Event, GenerateRequest, Input, LoadRequest, LoadedModel, ModelPurpose, Request,
    Sampling, Usage, read_frame, write_frame,
};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(300);

/// An engine process with a loaded model.
pub struct Client {
    child: Child,
    stdin: ChildStdin,
    events: Receiver<(Instant, Event)>,
    /// What the engine said of the model.
    pub model: LoadedModel,
    next_id: u64,
}

/// How one request went.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// From sending to the first text.
    pub first_text: Duration,
    /// From the first text to the end.
    pub writing: Duration,
    /// What the engine counted.
    pub usage: Usage,
}

impl Client {
    /// Start the engine and load the model.
    pub fn start(model: &Path, context_tokens: u32, sequences: u32) -> Result<Self> {
        let program = engine_program()?;
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut stdin = child.stdin.take().context("stdin is a pipe")?;
        let mut stdout = child.stdout.take().context("stdout is a pipe")?;
        let (sender, events) = mpsc::channel();
        thread::spawn(move || {
            while let Ok(Some(event)) = read_frame(&mut stdout) {
                if sender.send((Instant::now(), event)).is_err() {
                    break;
                }
            }
        });
        let path = model.to_string_lossy().into_owned();
        let purpose = ModelPurpose::Chat;
        let load = LoadRequest {
            path,
            context_tokens,
            sequences,
            threads: None,
            gpu_layers: u32::from(u16::MAX), // as the app asks
            purpose,
        };
        write_frame(&mut stdin, &Request::Load(load))?;
        let model = loop {
            match events.recv_timeout(PATIENCE)?.1 {
                Event::Loaded(model) => break model,
                Event::Hello { .. } | Event::Loading { .. } => {}
                other => bail!("the model did not load: {other:?}"),
            }
        };
        Ok(Self {
            child,
            stdin,
            events,
            model,
            next_id: 0,
        })
    }

    /// Ask, and give the id.
    pub fn begin(&mut self, messages: &[ChatMessage], sampling: &Sampling) -> Result<u64> {
        self.next_id += 1;
        let request = GenerateRequest {
            id: self.next_id,
            input: Input::Conversation(messages.to_vec()),
            sampling: sampling.clone(),
            constraint: None,
            conversation: Some("bench".into()),
        };
        write_frame(&mut self.stdin, &Request::Generate(request))?;
        Ok(self.next_id)
    }

    /// Ask, and wait for the end.
    pub fn ask(
        &mut self,
        messages: &[ChatMessage],
        sampling: &Sampling,
    ) -> Result<(String, Timing)> {
        let sent = Instant::now();
        self.begin(messages, sampling)?;
        let mut text = String::new();
        let mut first = None;
        loop {
            match self.event()? {
                (at, Event::Text { text: piece, .. }) => {
                    first.get_or_insert(at);
                    text += &piece;
                }
                (at, Event::Done { usage, .. }) => {
                    let first = first.unwrap_or(at);
                    return Ok((
                        text,
                        Timing {
                            first_text: first - sent,
                            writing: at - first,
                            usage,
                        },
                    ));
                }
                (_, Event::Failed { message, .. }) => bail!("{message}"),
                _ => {}
            }
        }
    }

    /// Stop a request, and tell how long it took to end.
    pub fn cancel(&mut self, id: u64) -> Result<Duration> {
        let sent = Instant::now();
        write_frame(&mut self.stdin, &Request::Cancel { id })?;
        loop {
            if let (at, Event::Done { .. }) = self.event()? {
                return Ok(at - sent);
            }
        }
    }

    /// The next event and when it came.
    pub fn event(&mut self) -> Result<(Instant, Event)> {
        self.events
            .recv_timeout(PATIENCE)
            .context("the engine fell silent")
    }

    /// Memory that the process holds, where the system tells.
    pub fn resident_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib * 1024)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn engine_program() -> Result<PathBuf> {
    if let Some(program) = env::var_os("GATEHOUSE_ENGINE") {
        return Ok(program.into());
    }
    let examples = env::current_exe()?;
    let folder = examples
        .ancestors()
        .nth(2)
        .context("an example lies two folders deep")?;
    Ok(folder.join(format!("gatehouse-engine{}", env::consts::EXE_SUFFIX)))
}
