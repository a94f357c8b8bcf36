//! The log of all connections, which a person can read.

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

/// Hears of every connection when it has ended.
pub(crate) type ConnectionLog = Arc<dyn Fn(Connection) + Send + Sync>;

/// A line of the log, written when the connection is over, whatever became of it.
pub(super) struct Record<'a> {
    log: &'a ConnectionLog,
    pub connection: Connection,
}

impl<'a> Record<'a> {
    pub(super) fn begin(log: &'a ConnectionLog, connection: Connection) -> Self {
        Self { log, connection }
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
        (self.log)(self.connection.clone());
    }
}
