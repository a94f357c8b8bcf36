//! One child process: frames out on its standard input, events in from its standard output.

use std::{
    collections::{HashMap, VecDeque},
    io::{self, BufRead, BufReader, BufWriter},
    path::Path,
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, Sender},
    },
    time::{Duration, Instant},
};

use gatehouse_protocol::{Event, FrameError, PROTOCOL_VERSION, Request, read_frame, write_frame};

use super::{Death, lock};

/// Lines of standard error that are kept to explain a death.
const KEPT_LINES: usize = 40;

/// How long an engine may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(2);

/// Who waits for events of which request; `None` once the process has ended.
type Pending = Arc<Mutex<Option<HashMap<u64, Sender<Event>>>>>;

/// A running engine process.
pub(super) struct EngineProcess {
    child: Mutex<Child>,
    stdin: Mutex<Option<BufWriter<ChildStdin>>>,
    pending: Pending,
    load_events: Mutex<Receiver<Event>>,
    stderr: Arc<Mutex<VecDeque<String>>>,
    stderr_closed: Mutex<Receiver<()>>,
}

impl EngineProcess {
    /// Start the program.
    pub(super) fn spawn(program: &Path) -> io::Result<Self> {
        let mut command = Command::new(program);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // Ctrl-C in a terminal is for us: it stops the answer, and must not end the engine under it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        #[cfg(windows)]
        {
            // CREATE_NO_WINDOW: no console flashes up beside the app. CREATE_NEW_PROCESS_GROUP: as above.
            const FLAGS: u32 = 0x0800_0000 | 0x0000_0200;
            std::os::windows::process::CommandExt::creation_flags(&mut command, FLAGS);
        }
        let mut child = command.spawn()?;
        let (stdin, stdout, stderr) =
            match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
                (Some(stdin), Some(stdout), Some(stderr)) => (stdin, stdout, stderr),
                _ => return Err(io::Error::other("the engine's pipes are missing")),
            };
        let pending: Pending = Arc::new(Mutex::new(Some(HashMap::new())));
        let (load, load_events) = mpsc::channel();
        let dispatch = pending.clone();
        std::thread::spawn(move || read_events(stdout, &dispatch, &load));
        let lines: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let (closed, stderr_closed) = mpsc::channel();
        let keep = lines.clone();
        std::thread::spawn(move || {
            keep_lines(stderr, &keep);
            drop(closed);
        });
        Ok(Self {
            child: Mutex::new(child),
            stdin: Mutex::new(Some(BufWriter::new(stdin))),
            pending,
            load_events: Mutex::new(load_events),
            stderr: lines,
            stderr_closed: Mutex::new(stderr_closed),
        })
    }

    /// Tell it something that nobody waits for. A process that has ended is noticed elsewhere.
    pub(super) fn send(&self, request: &Request) {
        if let Err(error) = self.write(request) {
            tracing::warn!("an engine did not take a request: {error}");
        }
    }

    /// Ask for something under this number, and get the events about it; closed when the process ends.
    ///
    /// # Errors
    /// [`FrameError::TooLong`] when it cannot be handed over; nobody has heard of it then.
    pub(super) fn ask(&self, id: u64, request: &Request) -> Result<Receiver<Event>, FrameError> {
        let (sender, receiver) = mpsc::channel();
        if let Some(pending) = lock(&self.pending).as_mut() {
            pending.insert(id, sender);
        }
        match self.write(request) {
            Err(error @ FrameError::TooLong(_)) => {
                if let Some(pending) = lock(&self.pending).as_mut() {
                    pending.remove(&id);
                }
                return Err(error);
            }
            // It has ended, and the channel with it.
            Err(error) => tracing::warn!("an engine did not take a request: {error}"),
            Ok(()) => {}
        }
        Ok(receiver)
    }

    fn write(&self, request: &Request) -> Result<(), FrameError> {
        match lock(&self.stdin).as_mut() {
            Some(stdin) => write_frame(stdin, request),
            None => Ok(()),
        }
    }

    /// The next event about loading; `None` when the process has ended.
    pub(super) fn next_load_event(&self) -> Option<Event> {
        lock(&self.load_events).recv().ok()
    }

    /// Its number in the system.
    pub(super) fn id(&self) -> u32 {
        lock(&self.child).id()
    }

    /// Whether the process has ended.
    pub(super) fn has_ended(&self) -> bool {
        !matches!(lock(&self.child).try_wait(), Ok(None))
    }

    /// End it at once.
    pub(super) fn kill(&self) {
        if let Err(error) = lock(&self.child).kill() {
            tracing::warn!("an engine could not be ended: {error}");
        }
    }

    /// Ask it to end, and end it if it does not.
    pub(super) fn end(&self) {
        self.send(&Request::Shutdown);
        lock(&self.stdin).take();
        if self.wait(GRACE).is_none() {
            self.kill();
            self.wait(GRACE);
        }
    }

    /// Why it ended. Waits for the end, which is near when its pipe is closed.
    pub(super) fn death(&self) -> Death {
        let status = self.wait(GRACE);
        if status.is_none() {
            self.kill();
        }
        // The last words are in the pipe still: the reader says when it has them all.
        let _ = lock(&self.stderr_closed).recv_timeout(GRACE);
        let lines: Vec<String> = lock(&self.stderr).iter().cloned().collect();
        Death::from_status(status, &lines)
    }

    fn wait(&self, limit: Duration) -> Option<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Ok(Some(status)) = lock(&self.child).try_wait() {
                return Some(status);
            }
            if start.elapsed() > limit {
                return None;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// No process outlives its handle.
impl Drop for EngineProcess {
    fn drop(&mut self) {
        self.kill();
        self.wait(GRACE);
    }
}

/// Hand events to whoever waits for them, until the pipe ends.
fn read_events(stdout: ChildStdout, pending: &Pending, load: &Sender<Event>) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let event = match read_frame::<Event>(&mut stdout) {
            Ok(Some(event)) => event,
            Ok(None) => break,
            Err(error) => {
                tracing::error!("an engine's answer could not be read: {error}");
                break;
            }
        };
        match &event {
            Event::Hello { protocol, .. } if *protocol != PROTOCOL_VERSION => {
                tracing::error!(
                    "the engine speaks protocol {protocol}, this app {PROTOCOL_VERSION}"
                );
                break;
            }
            Event::Hello { .. } => {}
            Event::Loading { .. } | Event::Loaded(_) | Event::LoadFailed { .. } => {
                // Nobody waits any more when the app is closing.
                let _ = load.send(event);
            }
            Event::Started { id, .. }
            | Event::Reading { id, .. }
            | Event::Text { id, .. }
            | Event::Embedded { id, left: 1.., .. } => {
                if let Some(waiting) = lock(pending).as_ref().and_then(|pending| pending.get(id)) {
                    let _ = waiting.send(event);
                }
            }
            Event::Done { id, .. }
            | Event::Failed { id, .. }
            | Event::Counted { id, .. }
            | Event::Embedded { id, .. } => {
                if let Some(waiting) = lock(pending)
                    .as_mut()
                    .and_then(|pending| pending.remove(id))
                {
                    let _ = waiting.send(event);
                }
            }
        }
    }
    lock(pending).take();
}

/// Keep the last lines of standard error, until the pipe ends.
fn keep_lines(stderr: ChildStderr, lines: &Mutex<VecDeque<String>>) {
    for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).trim().to_owned();
        if line.is_empty() {
            continue;
        }
        tracing::debug!(target: "engine", "{line}");
        let mut lines = lock(lines);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}
