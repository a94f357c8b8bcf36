//! Sends figures and spans to the collector that a person has named, while Gatehouse is open.
//!
//! A call knows nothing of it: this thread reads from the database what has ended, and so a collector that
//! is dead or slow keeps nobody waiting and fills no memory. Of several processes on one data folder one
//! sends, so that nothing is counted twice.

use std::{
    collections::BTreeMap,
    fs::File,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{MetricsError, otlp::Source};
use crate::{
    app::App,
    costs::ended::Looked,
    engine::Stop,
    gate::Delivery,
    now_ms, settings,
    store::{StoreError, private_file},
};

/// How many calls a message has at most.
const TOGETHER: usize = 500;
/// How many messages with calls are sent in a row before the figures have their turn.
const IN_A_ROW: usize = 20;
/// The longest wait before a collector is tried again.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// How often something is sent.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How often it is looked for calls that have ended.
    pub calls: Duration,
    /// How often the figures are sent.
    pub figures: Duration,
}

impl Default for Pace {
    // Seldom, as each is a line in the log of connections, which has room for so many.
    fn default() -> Self {
        Self {
            calls: Duration::from_secs(5),
            figures: Duration::from_secs(300),
        }
    }
}

/// How the sending stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportStatus {
    /// When the collector last took something, UTC milliseconds.
    #[specta(type = Option<Number>)]
    pub sent_at_ms: Option<i64>,
    /// What went wrong last, as a sentence; `None`: what was sent in the same way since was taken.
    pub problem: Option<String>,
    /// Calls that the collector refused, or that it was not there for in time.
    #[specta(type = Number)]
    pub lost: u64,
}

/// The thread that sends, until it is dropped.
pub struct Exporter {
    status: Arc<Mutex<ExportStatus>>,
    stop: Stop,
    /// Dropped to wake the thread.
    awake: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Exporter {
    /// Send from now on what happens in this Gatehouse, for as long as a collector is named.
    ///
    /// # Errors
    /// [`std::io::Error`] when the system gives no thread.
    pub fn start(app: &Arc<App>, pace: Pace) -> std::io::Result<Self> {
        let status = Arc::<Mutex<ExportStatus>>::default();
        let stop = Stop::default();
        let (awake, wait) = mpsc::channel();
        let sending = Sending {
            app: Arc::downgrade(app),
            status: Arc::clone(&status),
            stop: stop.clone(),
            pace,
            to: None,
            turn: None,
        };
        let thread = std::thread::Builder::new()
            .name("telemetry".into())
            .spawn(move || sending.run(&wait))?;
        Ok(Self {
            status,
            stop,
            awake: Some(awake),
            thread: Some(thread),
        })
    }

    /// How it stands.
    pub fn status(&self) -> ExportStatus {
        lock(&self.status).clone()
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.stop.set();
        self.awake = None;
        if let Some(thread) = self.thread.take() {
            // It can only have failed by a fault of its own, which was told then.
            let _ = thread.join();
        }
    }
}

/// What the thread works with.
struct Sending {
    app: Weak<App>,
    status: Arc<Mutex<ExportStatus>>,
    stop: Stop,
    pace: Pace,
    to: Option<Collector>,
    /// Held while it is this process that sends.
    turn: Option<File>,
}

/// The collector that is sent to, and what it has.
struct Collector {
    address: String,
    looked: Looked,
    figures_due: Instant,
    /// Tries in a row that nobody answered.
    missed: u32,
    next_try: Instant,
    /// What it refused last of what it is sent at a path: that it takes calls says nothing of figures.
    refused: BTreeMap<&'static str, String>,
}

impl Sending {
    fn run(mut self, wait: &mpsc::Receiver<()>) {
        loop {
            match wait.recv_timeout(self.pace.calls) {
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                _ => return,
            }
            let Some(app) = self.app.upgrade() else {
                return;
            };
            if let Err(error) = self.round(&app) {
                tracing::warn!("telemetry could not be read: {error}");
                lock(&self.status).problem = Some(error.to_string());
            }
        }
    }

    /// Send what is due.
    fn round(&mut self, app: &App) -> Result<(), MetricsError> {
        let address = app.store.read(settings::get)?.telemetry_url;
        if address.is_empty() || !self.has_turn(app) {
            self.to = None;
            self.turn = self.turn.take().filter(|_| !address.is_empty());
            *lock(&self.status) = ExportStatus::default();
            return Ok(());
        }
        let mut to = match self.to.take().filter(|to| to.address == address) {
            Some(to) => to,
            None => {
                // What another one took or lost says nothing of this one.
                *lock(&self.status) = ExportStatus::default();
                Collector::new(app, address)?
            }
        };
        let sent = if Instant::now() >= to.next_try {
            self.send(app, &mut to)
        } else {
            Ok(())
        };
        self.to = Some(to);
        sent
    }

    /// Whether it is this process that sends; another one may.
    fn has_turn(&mut self, app: &App) -> bool {
        if self.turn.is_none() {
            let file = private_file(&app.folder.telemetry_lock_file());
            self.turn = file.ok().filter(|file| file.try_lock().is_ok());
        }
        self.turn.is_some()
    }

    fn send(&self, app: &App, to: &mut Collector) -> Result<(), MetricsError> {
        let source = Source::of(&app.record.public_key());
        for _ in 0..IN_A_ROW {
            let (calls, looked, passed) = app
                .store
                .read(|conn| Ok::<_, StoreError>(to.looked.ended(conn, TOGETHER)?))?;
            if calls.is_empty() {
                to.looked = looked;
                lock(&self.status).lost += passed;
                break;
            }
            let count = u64::try_from(calls.len()).unwrap_or(u64::MAX);
            match self.deliver(app, to, "v1/traces", source.spans(&calls)) {
                Some(left) => {
                    to.looked = looked;
                    lock(&self.status).lost += passed + left.min(count);
                }
                None => return Ok(()),
            }
        }
        if Instant::now() >= to.figures_due {
            let message = message_of_figures(app)?;
            if self.deliver(app, to, "v1/metrics", message).is_some() {
                to.figures_due = Instant::now() + self.pace.figures;
            }
        }
        Ok(())
    }

    /// How much of a message is refused for good, which may be more than it has; `None`: it is to be tried again later.
    fn deliver(
        &self,
        app: &App,
        to: &mut Collector,
        path: &'static str,
        message: Vec<u8>,
    ) -> Option<u64> {
        let delivery = app
            .gate
            .send_telemetry(&to.address, path, message, &self.stop);
        let is_taken = matches!(delivery, Delivery::Taken | Delivery::InPart(_));
        let mut status = lock(&self.status);
        let (left, problem) = match delivery {
            Delivery::Taken => (0, None),
            Delivery::InPart(left) => {
                let said = format!(
                    "The collector did not take {left} of the calls or figures that it was sent."
                );
                (left, Some(said))
            }
            Delivery::Refused(code) => (u64::MAX, Some(refused(code))),
            Delivery::NotNow(problem) => {
                status.problem = Some(problem);
                let wait = self
                    .pace
                    .calls
                    .saturating_mul(2u32.saturating_pow(to.missed));
                to.missed = to.missed.saturating_add(1);
                to.next_try = Instant::now() + wait.min(LONGEST_WAIT);
                return None;
            }
        };
        to.missed = 0;
        if is_taken {
            status.sent_at_ms = Some(now_ms());
        }
        match &problem {
            Some(problem) => to.refused.insert(path, problem.clone()),
            None => to.refused.remove(path),
        };
        status.problem = problem.or_else(|| to.refused.values().next().cloned());
        Some(left)
    }
}

impl Collector {
    fn new(app: &App, address: String) -> Result<Self, MetricsError> {
        let looked = app
            .store
            .read(|conn| Ok::<_, StoreError>(Looked::now(conn)?))?;
        Ok(Self {
            address,
            looked,
            figures_due: Instant::now(),
            missed: 0,
            next_try: Instant::now(),
            refused: BTreeMap::new(),
        })
    }
}

impl App {
    /// Send the figures once, to see whether a collector takes them.
    ///
    /// # Errors
    /// [`MetricsError`] when there are none to send.
    pub fn try_telemetry(&self, address: &str) -> Result<Delivery, MetricsError> {
        let message = message_of_figures(self)?;
        Ok(self
            .gate
            .send_telemetry(address, "v1/metrics", message, &Stop::default()))
    }
}

/// All figures as they are now.
fn message_of_figures(app: &App) -> Result<Vec<u8>, MetricsError> {
    let source = Source::of(&app.record.public_key());
    let now = now_ms();
    // All that only grows is counted by the database, which is as old as its record.
    let since = app.record.began_ms()?.unwrap_or(now).min(now);
    Ok(source.metrics(&app.metrics(now)?, since, now))
}

/// What a status says that will not change by itself.
fn refused(status: u16) -> String {
    match status {
        401 | 403 => {
            format!("The collector wants a header with a key, or another one ({status}).")
        }
        _ => format!("The collector refused what it was sent ({status})."),
    }
}

fn lock(status: &Mutex<ExportStatus>) -> MutexGuard<'_, ExportStatus> {
    status.lock().unwrap_or_else(PoisonError::into_inner)
}
