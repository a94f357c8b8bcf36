//! Writing together: many who write at once share one transaction, and so one wait for the disk.
//!
//! Each does its work under the lock of the writer, within a savepoint of its own, so that what fails
//! takes nothing else along. The last one in line ends the transaction for all, and nobody is told that
//! something is kept before it is.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

use rusqlite::{Connection, ffi};

use super::{Store, unpoisoned};

/// So many share a transaction at most: the first of them has waited for all the others.
const MOST: usize = 64;

/// The one connection that writes, and who shares its transaction.
pub(super) struct Writer {
    conn: Connection,
    group: Option<Arc<Group>>,
    members: usize,
}

/// Those who share a transaction.
#[derive(Default)]
struct Group {
    /// How it ended.
    ended: Mutex<Option<Result<(), Failed>>>,
    told: Condvar,
}

/// What SQLite said, for each of them.
#[derive(Debug, Clone)]
struct Failed(ffi::Error, Option<String>);

impl Writer {
    pub(super) fn new(conn: Connection) -> Self {
        Self {
            conn,
            group: None,
            members: 0,
        }
    }

    /// Take part in the transaction that is open, or begin one.
    fn join(&mut self) -> rusqlite::Result<Arc<Group>> {
        if self.group.is_none() {
            self.conn.execute_batch("BEGIN IMMEDIATE")?;
        }
        self.members += 1;
        Ok(Arc::clone(self.group.get_or_insert_default()))
    }

    /// End the transaction that is open, if one is, and tell those who share it.
    fn finish(&mut self) {
        let Some(group) = self.group.take() else {
            return;
        };
        self.members = 0;
        let ended = if self.conn.is_autocommit() {
            // It is gone: after some faults, such as a full disk, SQLite gives all of it up.
            Err(Failed(ffi::Error::new(ffi::SQLITE_ABORT), None))
        } else {
            self.conn.execute_batch("COMMIT").map_err(failed)
        };
        if ended.is_err() && !self.conn.is_autocommit() {
            // What cannot even be given up is met by whoever writes next.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
        *unpoisoned(&group.ended) = Some(ended);
        group.told.notify_all();
    }
}

impl Group {
    fn wait(&self) -> rusqlite::Result<()> {
        let mut ended = unpoisoned(&self.ended);
        loop {
            if let Some(ended) = ended.as_ref() {
                return ended
                    .clone()
                    .map_err(|Failed(error, said)| rusqlite::Error::SqliteFailure(error, said));
            }
            ended = self
                .told
                .wait(ended)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }
}

fn failed(error: rusqlite::Error) -> Failed {
    match error {
        rusqlite::Error::SqliteFailure(error, said) => Failed(error, said),
        other => Failed(ffi::Error::new(ffi::SQLITE_ERROR), Some(other.to_string())),
    }
}

/// The writer, with no transaction open that others share.
pub(super) struct Alone<'a>(MutexGuard<'a, Writer>);

impl Deref for Alone<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0.conn
    }
}

impl DerefMut for Alone<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0.conn
    }
}

/// One's turn among those who share a transaction; the last one's end ends it, also by a panic.
struct Turn<'a> {
    writer: MutexGuard<'a, Writer>,
    in_line: &'a AtomicUsize,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.in_line.load(Ordering::SeqCst) == 0 || self.writer.members >= MOST {
            self.writer.finish();
        }
    }
}

impl Store {
    /// The writer for oneself.
    pub(super) fn alone(&self) -> Alone<'_> {
        let mut writer = unpoisoned(&self.writer);
        writer.finish();
        Alone(writer)
    }

    /// Change the database as [`Store::write`] does, in one transaction with others who do so at the same
    /// time: for what many do at once. What fails is undone alone.
    ///
    /// # Errors
    /// What `work` returns, or what SQLite said; nothing of `work` is kept then.
    pub(crate) fn write_together<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.in_line.fetch_add(1, Ordering::SeqCst);
        let writer = unpoisoned(&self.writer);
        self.in_line.fetch_sub(1, Ordering::SeqCst);
        let mut turn = Turn {
            writer,
            in_line: &self.in_line,
        };
        let group = turn.writer.join()?;
        let value = {
            let savepoint = turn.writer.conn.savepoint()?;
            let value = work(&savepoint)?;
            savepoint.commit()?;
            value
        };
        drop(turn);
        group.wait()?;
        Ok(value)
    }
}
