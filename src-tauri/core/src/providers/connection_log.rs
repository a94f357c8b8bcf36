//! The log of all connections, which a person can read. Each request is one in it, whether or not a connection that
//! was kept is taken for it; it is in it before its first byte leaves, so that none is lost to a crash, and how it ended
//! is added at its end.

use std::sync::Arc;

use super::error::Trouble;

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionOutcome {
    /// The server was not found or did not let us in; nothing was sent.
    NotReached,
    /// The server answered with this status, and the answer was read as far as it was wanted.
    Answered(u16),
    /// It broke off.
    Broken,
    /// Nothing came for too long.
    Silent,
    /// A person stopped it.
    Stopped,
    /// The offline switch ended it.
    Offline,
}

/// One connection that was opened, for the log that a person can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connection {
    /// When, in UTC milliseconds.
    pub at_ms: i64,
    pub host: String,
    pub port: u16,
    /// What for: `chat`, `models`, …
    pub purpose: &'static str,
    /// Bytes of the request's body.
    pub bytes_out: u64,
    /// Bytes of the answer's body, as they came.
    pub bytes_in: u64,
    pub outcome: ConnectionOutcome,
}

/// Where the lines of the log are kept.
pub(crate) trait ConnectionLog: Send + Sync {
    /// A connection is about to be opened. Its line is kept when this returns; the number of that line, or
    /// `None` if it could not be.
    fn opens(&self, connection: &Connection) -> Option<i64>;

    /// The connection of this line has ended.
    fn ended(&self, line: Option<i64>, connection: Connection);

    /// The connection of this line was not opened after all: there was none.
    fn never_opened(&self, line: i64);
}

/// The line of a connection that a call is about to open, kept in one transaction with the rows of that call. The
/// first connection of the call takes it; where none does, the line goes.
pub(crate) struct Announced {
    log: Arc<dyn ConnectionLog>,
    line: Option<i64>,
}

impl Announced {
    /// A line that is kept.
    pub(crate) fn new(log: Arc<dyn ConnectionLog>, line: i64) -> Self {
        Self {
            log,
            line: Some(line),
        }
    }

    /// Its number, for the connection that is opened now.
    fn take(mut self) -> Option<i64> {
        self.line.take()
    }
}

impl std::fmt::Debug for Announced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Announced")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        if let Some(line) = self.line {
            self.log.never_opened(line);
        }
    }
}

/// A line of the log, completed when the connection is over, whatever became of it.
pub(super) struct Record<'a> {
    log: &'a dyn ConnectionLog,
    line: Option<i64>,
    pub connection: Connection,
}

impl<'a> Record<'a> {
    /// A connection is about to be opened, for which there may be a line already.
    pub(super) fn begin(
        log: &'a dyn ConnectionLog,
        announced: Option<Announced>,
        connection: Connection,
    ) -> Self {
        let line = announced.map_or_else(|| log.opens(&connection), Announced::take);
        Self {
            log,
            line,
            connection,
        }
    }

    /// What went wrong on the way decides how the connection has ended.
    pub(super) fn failed(&mut self, trouble: &Trouble) {
        self.connection.outcome = match trouble {
            Trouble::NoNetwork | Trouble::Certificate => {
                self.connection.bytes_out = 0;
                ConnectionOutcome::NotReached
            }
            Trouble::Silent { .. } => ConnectionOutcome::Silent,
            Trouble::Stopped => ConnectionOutcome::Stopped,
            Trouble::Offline => ConnectionOutcome::Offline,
            _ => ConnectionOutcome::Broken,
        };
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        self.log.ended(self.line, self.connection.clone());
    }
}
