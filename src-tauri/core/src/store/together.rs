//! Writing together: many who write at once share one transaction, and so one wait for the disk.
//!
//! Each does its work under the lock of the writer, within a savepoint of its own, so that what fails
//! takes nothing else along. The last one in line ends the transaction for all, and nobody is told that
//! something is kept before it is.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, Thread},
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
    ended: OnceLock<Result<(), Failed>>,
    /// Who is to be told of it. Each is woken for itself: if all were at once, they would wait for each other again.
    waiting: Mutex<Vec<Thread>>,
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
        if self.is_given_up() {
            // Nobody else is to take part in what is gone: outside a transaction a savepoint would be one
            // of its own, and keep what is then told as failed.
            self.finish();
        }
        if self.group.is_none() {
            self.conn.execute_batch("BEGIN IMMEDIATE")?;
        }
        self.members += 1;
        Ok(Arc::clone(self.group.get_or_insert_default()))
    }

    /// Whether the transaction that is shared is gone: after some faults, such as a full disk, SQLite gives
    /// all of it up by itself.
    fn is_given_up(&self) -> bool {
        self.group.is_some() && self.conn.is_autocommit()
    }

    /// End the transaction that is open, if one is, and tell those who share it.
    fn finish(&mut self) {
        let is_given_up = self.is_given_up();
        let Some(group) = self.group.take() else {
            return;
        };
        self.members = 0;
        let ended = if is_given_up {
            let said =
                "what several wrote at once was given up, as one of them could not be written";
            Err(Failed(
                ffi::Error::new(ffi::SQLITE_ABORT),
                Some(said.into()),
            ))
        } else {
            self.conn.execute_batch("COMMIT").map_err(failed)
        };
        if ended.is_err() && !self.conn.is_autocommit() {
            // What cannot even be given up is met by whoever writes next.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
        group.end(ended);
    }
}

impl Group {
    fn end(&self, ended: Result<(), Failed>) {
        let mut waiting = unpoisoned(&self.waiting);
        let _ = self.ended.set(ended);
        for thread in waiting.drain(..) {
            thread.unpark();
        }
    }

    fn wait(&self) -> rusqlite::Result<()> {
        let mut waiting = unpoisoned(&self.waiting);
        if self.ended.get().is_none() {
            waiting.push(thread::current());
        }
        drop(waiting);
        loop {
            if let Some(ended) = self.ended.get() {
                return ended
                    .clone()
                    .map_err(|Failed(error, said)| rusqlite::Error::SqliteFailure(error, said));
            }
            thread::park();
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

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, thread};

    use super::*;
    use crate::{
        secrets::{self, KeyHome},
        store::{DataFolder, StoreError},
    };

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(&dir.path().join("data"))).unwrap();
        let (key, _) = secrets::database_key(&folder, KeyHome::File).unwrap();
        let store = Store::open(&folder, &key, 1).unwrap();
        let made = store.write(|tx| {
            tx.execute_batch("CREATE TABLE notes (n INTEGER PRIMARY KEY, text TEXT)")?;
            Ok::<_, StoreError>(())
        });
        made.unwrap();
        (dir, store)
    }

    fn note(conn: &Connection, n: i64) -> Result<(), StoreError> {
        conn.execute("INSERT INTO notes VALUES (?1, 'words')", [n])?;
        Ok(())
    }

    fn notes(store: &Store) -> BTreeSet<i64> {
        let read = store.read(|conn| {
            let mut notes = conn.prepare("SELECT n FROM notes")?;
            let notes = notes.query_map([], |row| row.get(0))?;
            notes.collect::<rusqlite::Result<_>>()
        });
        read.unwrap()
    }

    /// Somebody writes and waits for the others, of whom one seems to be in line, to end the transaction.
    fn waits_for_others(store: &Store, n: i64) {
        store.write_together(|conn| note(conn, n)).unwrap();
    }

    fn until_shared_by(store: &Store, members: usize) {
        while unpoisoned(&store.writer).members != members {
            thread::yield_now();
        }
    }

    #[test]
    fn what_is_undone_for_one_leaves_the_notes_of_the_others_and_adds_no_row() {
        let (_dir, store) = store();
        let watch = store.watch().unwrap();
        store.in_line.fetch_add(1, Ordering::SeqCst);
        thread::scope(|scope| {
            scope.spawn(|| waits_for_others(&store, 1));
            until_shared_by(&store, 1);
            let failed = store.write_together(|conn| {
                note(conn, 2)?;
                conn.execute("UPDATE notes SET text = 'others' WHERE n = 1", [])?;
                Err::<(), _>(StoreError::Busy)
            });
            assert!(failed.is_err());
            until_shared_by(&store, 2);
            assert_eq!(notes(&store), BTreeSet::new(), "nobody has ended it");
            store.in_line.fetch_sub(1, Ordering::SeqCst);
            store.write_together(|conn| note(conn, 3)).unwrap();
        });
        let kept = BTreeSet::from([1, 3]);
        assert_eq!(notes(&store), kept);
        let written = watch.written("notes");
        assert!(written.is_superset(&kept), "none is lost: {written:?}");
        // Whoever reads again finds nothing under the number of what was undone.
        assert_eq!(written, BTreeSet::from([1, 2, 3]));
        store
            .write(|tx| {
                let text: String =
                    tx.query_row("SELECT text FROM notes WHERE n = 1", [], |row| row.get(0))?;
                assert_eq!(text, "words");
                assert!(!watch.others_wrote(tx).unwrap(), "it was all our own");
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }

    #[test]
    fn what_sqlite_gives_up_for_all_is_told_to_each_and_who_comes_after_is_kept() {
        let (_dir, store) = store();
        store.in_line.fetch_add(1, Ordering::SeqCst);
        let first = thread::scope(|scope| {
            let first = scope.spawn(|| store.write_together(|conn| note(conn, 1)));
            until_shared_by(&store, 1);
            let full = store.write_together(|conn| {
                // As on a full disk: what does not fit into the pages that there are ends the transaction.
                let pages: i64 = conn.pragma_query_value(None, "page_count", |row| row.get(0))?;
                conn.pragma_update(None, "max_page_count", pages)?;
                conn.execute("INSERT INTO notes VALUES (2, zeroblob(1000000))", [])?;
                Ok::<_, StoreError>(())
            });
            assert!(matches!(full, Err(StoreError::DiskFull)), "{full:?}");
            assert_eq!(unpoisoned(&store.writer).members, 2, "both are in line");
            store.in_line.fetch_sub(1, Ordering::SeqCst);
            store.write_together(|conn| note(conn, 3)).unwrap();
            store.write_together(|conn| note(conn, 4)).unwrap();
            first.join().unwrap()
        });
        assert!(first.is_err(), "it was given up with the rest: {first:?}");
        assert_eq!(notes(&store), BTreeSet::from([3, 4]), "as each was told");
    }

    #[test]
    fn who_begins_to_watch_can_read_what_others_have_written_together_before() {
        let (_dir, store) = store();
        store.in_line.fetch_add(1, Ordering::SeqCst);
        thread::scope(|scope| {
            scope.spawn(|| waits_for_others(&store, 1));
            until_shared_by(&store, 1);
            let watch = store.watch().unwrap();
            assert_eq!(notes(&store), BTreeSet::from([1]));
            assert_eq!(watch.written("notes"), BTreeSet::new());
        });
    }
}
