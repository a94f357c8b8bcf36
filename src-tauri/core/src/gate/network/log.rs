//! The log of what went through the way out, in the database.

use std::{
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::{
    connections::{self, Outcome},
    providers::connection_log::{Connection, ConnectionLog, ConnectionOutcome},
    store::{Store, StoreError},
};

/// Lines that are written in one transaction at most.
const MOST_TOGETHER: usize = 200;
/// So long a line waits for others: a transaction for each would hold up the calls of a busy local API, and that a
/// connection is over is no news that anybody waits for. That one was opened is kept before it is.
const GATHERED_FOR: Duration = Duration::from_millis(100);

/// The log of connections.
pub(super) struct Log {
    store: Arc<Store>,
    lines: Mutex<Lines>,
    /// The thread that writes has something to do, or is not to wait for more.
    is_wanted: Condvar,
}

/// What the thread that writes the log is to do.
#[derive(Default)]
struct Lines {
    ended: Vec<End>,
    /// Who is told when these are written.
    settle: Vec<mpsc::SyncSender<()>>,
    /// Whether no line comes any more.
    are_over: bool,
    /// Whether the thread that writes is gone, or never was there.
    nobody_writes: bool,
}

enum End {
    /// It has ended; with the number of its line if it has one.
    Of(Option<i64>, Connection),
    /// There was none: its line goes.
    NeverOpened(i64),
}

impl Log {
    /// The log, and the thread that writes it: who has an answer must not wait for a busy database. `None`: the system
    /// gave none, which was told.
    pub(super) fn start(store: &Arc<Store>) -> (Arc<Self>, Option<JoinHandle<()>>) {
        let log = Arc::new(Self {
            store: Arc::clone(store),
            lines: Mutex::default(),
            is_wanted: Condvar::new(),
        });
        let written = Arc::clone(&log);
        let writer = thread::Builder::new()
            .name("connection log".into())
            .spawn(move || written.write())
            .inspect_err(|error| {
                tracing::error!("connections are not logged: {error}");
                log.lines().nobody_writes = true;
            });
        (log, writer.ok())
    }

    /// Wait until every connection that has ended is in it.
    pub(super) fn settle(&self) {
        let (settled, wait) = mpsc::sync_channel(1);
        let mut lines = self.lines();
        if lines.nobody_writes {
            return;
        }
        lines.settle.push(settled);
        drop(lines);
        self.is_wanted.notify_one();
        // An error: nobody writes any more.
        let _ = wait.recv();
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line to write. Only the first of those that are written together wakes who writes them.
    fn give(&self, end: End) {
        let mut lines = self.lines();
        if lines.nobody_writes {
            return;
        }
        lines.ended.push(end);
        let is_first = lines.ended.len() == 1;
        drop(lines);
        if is_first {
            self.is_wanted.notify_one();
        }
    }

    /// No line comes after those that were given; the thread that writes ends.
    pub(super) fn end(&self) {
        self.lines().are_over = true;
        self.is_wanted.notify_one();
    }

    /// Write each line that comes, until no more can come.
    fn write(&self) {
        let _gone = NobodyWrites(self);
        loop {
            let nothing = |lines: &mut Lines| lines.ended.is_empty() && !lines.is_urgent();
            let waited = self.is_wanted.wait_while(self.lines(), nothing);
            let lines = waited.unwrap_or_else(PoisonError::into_inner);
            let is_calm = |lines: &mut Lines| !lines.is_urgent();
            let waited = self
                .is_wanted
                .wait_timeout_while(lines, GATHERED_FOR, is_calm);
            let mut lines = waited.unwrap_or_else(PoisonError::into_inner).0;
            let (mut ended, settled) = (mem::take(&mut lines.ended), mem::take(&mut lines.settle));
            let are_over = lines.are_over;
            drop(lines);
            while !ended.is_empty() {
                let rest = ended.split_off(ended.len().min(MOST_TOGETHER));
                if let Err(error) = complete(&self.store, ended) {
                    not_logged(&error);
                }
                ended = rest;
            }
            for sender in settled {
                // An error: whoever wanted to know waits no more.
                let _ = sender.send(());
            }
            if are_over {
                return;
            }
        }
    }
}

/// Nobody waits for a thread that is gone, also by a fault of its own.
struct NobodyWrites<'a>(&'a Log);

impl Drop for NobodyWrites<'_> {
    fn drop(&mut self) {
        let mut lines = self.0.lines();
        *lines = Lines {
            nobody_writes: true,
            ..Lines::default()
        };
    }
}

impl Lines {
    /// Whether somebody waits for them, who is not to wait for others.
    fn is_urgent(&self) -> bool {
        self.are_over || !self.settle.is_empty()
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
        self.give(End::Of(line, connection));
    }

    fn never_opened(&self, line: i64) {
        self.give(End::NeverOpened(line));
    }
}

fn not_logged(error: &StoreError) {
    tracing::warn!("connections could not be logged: {error}");
}

/// Say of connections how they ended; those that could not be written when they began are written now.
fn complete(store: &Store, ended: Vec<End>) -> Result<(), StoreError> {
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
