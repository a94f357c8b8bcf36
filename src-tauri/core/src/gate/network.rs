//! The way out, made when it is first needed, and the log of what went through it.

use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rusqlite::Connection as Database;
use url::Url;

use super::GateError;
use crate::{
    connections::{self, Outcome},
    now_ms,
    providers::{
        connection_log::{Announced, Connection, ConnectionLog, ConnectionOutcome},
        http::{Http, Limits},
        offline::OfflineSwitch,
    },
    settings::{self, Settings},
    store::{Store, StoreError},
};

/// The way out. What a person has set of it is read from the database each time, as another process may
/// have changed it.
pub(super) struct Network {
    offline: OfflineSwitch,
    store: Arc<Store>,
    limits: Limits,
    state: Mutex<State>,
    log: Arc<Log>,
    /// Ends when no line can come any more.
    writer: Option<JoinHandle<()>>,
}

/// Lines that are written in one transaction at most.
const MOST_TOGETHER: usize = 200;
/// So long a line waits for others: a transaction for each would hold up the calls of a busy local API, and that a
/// connection is over is no news that anybody waits for. That one was opened is kept before it is.
const GATHERED_FOR: Duration = Duration::from_millis(100);

/// What was found and kept with the rows of a call that is about to open a connection.
#[derive(Debug)]
pub(super) struct Opens {
    /// The number of the line of that connection.
    line: i64,
    /// The address of the proxy that was set then; empty: none.
    proxy: String,
}

impl Opens {
    /// Look, with the rows of a call, whether anything may be sent now, and keep the line of the connection that the
    /// call is about to open: so neither takes a transaction of its own.
    ///
    /// # Errors
    /// [`GateError::Offline`]: then the call is not made.
    pub(super) fn keep(
        offline: &OfflineSwitch,
        tx: &Database,
        address: &Url,
        purpose: &'static str,
        bytes_out: usize,
    ) -> Result<Self, GateError> {
        let set = settings::of_network(tx)?;
        offline.was_found(set.offline);
        if set.offline {
            return Err(GateError::Offline);
        }
        let line = connections::Connection {
            at_ms: now_ms(),
            host: address.host_str().unwrap_or_default().to_owned(),
            port: address.port_or_known_default().unwrap_or_default(),
            purpose: purpose.to_owned(),
            bytes_out: bytes_out as u64,
            bytes_in: 0,
            outcome: Outcome::Open,
            status: None,
        };
        Ok(Self {
            line: connections::add(tx, &line)?,
            proxy: set.proxy,
        })
    }
}

/// The log of connections.
struct Log {
    store: Arc<Store>,
    /// The way to the thread that writes how they ended; `None` once it is to end.
    ends: Mutex<Option<mpsc::Sender<Line>>>,
}

/// What the thread that writes the log is given.
enum Line {
    /// What came of a connection.
    End(End),
    /// Say when all before this is written.
    Settle(mpsc::SyncSender<()>),
}

enum End {
    /// It has ended; with the number of its line if it has one.
    Of(Option<i64>, Connection),
    /// There was none: its line goes.
    NeverOpened(i64),
}

#[derive(Default)]
struct State {
    /// The address of the person's proxy; empty: none.
    proxy: String,
    http: Option<Arc<Http>>,
}

impl Network {
    /// Nothing is opened yet.
    pub(super) fn new(store: Arc<Store>, limits: Limits) -> Self {
        let (sender, receiver) = mpsc::channel();
        let log = Arc::new(Log {
            store: Arc::clone(&store),
            ends: Mutex::new(Some(sender)),
        });
        let log_of = Arc::clone(&store);
        // On a thread of its own: who has an answer must not wait for a busy database.
        let writer = std::thread::Builder::new()
            .name("connection log".into())
            .spawn(move || write(&log_of, &receiver));
        let kept_in = Arc::clone(&store);
        let is_offline = move || {
            let set = kept_in.read(settings::of_network);
            let set = set.inspect_err(|error| {
                tracing::warn!("whether to be offline cannot be read: {error}")
            });
            set.ok().map(|set| set.offline)
        };
        Self {
            offline: OfflineSwitch::kept(is_offline),
            store,
            limits,
            state: Mutex::default(),
            log,
            writer: writer
                .inspect_err(|error| tracing::error!("connections are not logged: {error}"))
                .ok(),
        }
    }

    /// Wait until every connection that has ended is in the log.
    pub(super) fn settle(&self) {
        let (settled, wait) = mpsc::sync_channel(1);
        self.log.give(Line::Settle(settled));
        // An error: nobody writes, which was told when it began.
        let _ = wait.recv();
    }

    /// The offline switch.
    pub(super) fn offline(&self) -> OfflineSwitch {
        self.offline.clone()
    }

    /// The way out that a call was begun with.
    ///
    /// # Errors
    /// As [`Network::http`].
    pub(super) fn way(&self, opens: Opens) -> Result<(Announced, Arc<Http>), GateError> {
        let announced = Announced::new(self.log.clone(), opens.line);
        Ok((announced, self.through(opens.proxy)?))
    }

    /// Do at once what was set: the offline switch ends every open connection.
    pub(super) fn obey(&self, settings: &Settings) {
        self.offline.set(settings.offline);
    }

    /// The way out, through the proxy that is set now if there is one.
    ///
    /// # Errors
    /// [`GateError`] when the settings cannot be read, there is no TLS or the proxy's address is
    /// none.
    pub(super) fn http(&self) -> Result<Arc<Http>, GateError> {
        let set = self.store.read(settings::of_network)?;
        self.through(set.proxy)
    }

    fn through(&self, proxy: String) -> Result<Arc<Http>, GateError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.proxy != proxy {
            state.proxy = proxy;
            state.http = None;
        }
        if let Some(http) = &state.http {
            return Ok(Arc::clone(http));
        }
        let proxy = (!state.proxy.is_empty()).then_some(state.proxy.as_str());
        let http = Http::new(self.limits, self.offline.clone(), proxy, self.log.clone())
            .map_err(|error| GateError::Network(error.to_string()))?;
        let http = Arc::new(http);
        state.http = Some(Arc::clone(&http));
        Ok(http)
    }
}

impl Drop for Network {
    /// The last lines are written before the database may close.
    fn drop(&mut self) {
        self.log.end();
        if let Some(writer) = self.writer.take() {
            // It can only have failed by a fault of its own, which was told then.
            let _ = writer.join();
        }
    }
}

impl Log {
    fn give(&self, line: Line) {
        let ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = ends.as_ref() {
            // Nobody listens only if the thread could not be started, which was told then.
            let _ = sender.send(line);
        }
    }

    /// No line comes after those that were given.
    fn end(&self) {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl ConnectionLog for Log {
    fn opens(&self, connection: &Connection) -> Option<i64> {
        let open = connections::Connection {
            outcome: Outcome::Open,
            ..kept(connection.clone())
        };
        let written = self
            .store
            .write_together(move |conn| Ok::<_, StoreError>(connections::add(conn, &open)?));
        let written = written.inspect_err(not_logged);
        written.ok()
    }

    fn ended(&self, line: Option<i64>, connection: Connection) {
        self.give(Line::End(End::Of(line, connection)));
    }

    fn never_opened(&self, line: i64) {
        self.give(Line::End(End::NeverOpened(line)));
    }
}

/// Write each line that comes, until no more can come.
fn write(store: &Store, lines: &mpsc::Receiver<Line>) {
    while let Ok(first) = lines.recv() {
        let (ended, settled) = gather(first, lines);
        if let Err(error) = complete(store, ended) {
            not_logged(&error);
        }
        for sender in settled {
            // An error: whoever wanted to know waits no more.
            let _ = sender.send(());
        }
    }
}

/// This line and those that come within [`GATHERED_FOR`], to be written in one transaction. Who waits for them does
/// not wait for others.
fn gather(first: Line, lines: &mpsc::Receiver<Line>) -> (Vec<End>, Vec<mpsc::SyncSender<()>>) {
    let (mut ended, mut settled) = (Vec::new(), Vec::new());
    let until = Instant::now() + GATHERED_FOR;
    let mut next = Some(first);
    while let Some(line) = next {
        match line {
            Line::End(end) => ended.push(end),
            Line::Settle(sender) => settled.push(sender),
        }
        next = match settled.is_empty() && ended.len() < MOST_TOGETHER {
            true => lines
                .recv_timeout(until.saturating_duration_since(Instant::now()))
                .ok(),
            false => None,
        };
    }
    (ended, settled)
}

fn not_logged(error: &StoreError) {
    tracing::warn!("connections could not be logged: {error}");
}

/// Say of connections how they ended; those that could not be written when they began are written now.
fn complete(store: &Store, ended: Vec<End>) -> Result<(), StoreError> {
    if ended.is_empty() {
        return Ok(());
    }
    store.write_together(move |conn| {
        for end in ended {
            match end {
                End::Of(Some(number), connection) => {
                    connections::complete(conn, number, &kept(connection))?;
                }
                End::Of(None, connection) => {
                    connections::add(conn, &kept(connection))?;
                }
                End::NeverOpened(number) => connections::forget(conn, number)?,
            }
        }
        Ok(())
    })
}

fn kept(connection: Connection) -> connections::Connection {
    let (outcome, status) = match connection.outcome {
        ConnectionOutcome::NotReached => (Outcome::NotReached, None),
        ConnectionOutcome::Answered(status) => (Outcome::Answered, Some(status)),
        ConnectionOutcome::Broken => (Outcome::Broken, None),
        ConnectionOutcome::Silent => (Outcome::Silent, None),
        ConnectionOutcome::Stopped => (Outcome::Stopped, None),
        ConnectionOutcome::Offline => (Outcome::Offline, None),
    };
    connections::Connection {
        at_ms: connection.at_ms,
        host: connection.host,
        port: connection.port,
        purpose: connection.purpose.to_owned(),
        bytes_out: connection.bytes_out,
        bytes_in: connection.bytes_in,
        outcome,
        status,
    }
}
