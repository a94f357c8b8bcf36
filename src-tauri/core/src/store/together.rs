//! Writing together: many who write at once share one transaction, and so one wait for the disk.
//!
//! Whoever finds the writer free does the work of all who wait in line, one after the other, and ends their
//! transaction. The first has it to itself; each who comes after has a savepoint of its own, so that what fails takes
//! nothing else along. Nobody is told that something is kept before it is. One thread does the work of many because
//! to hand the writer from thread to thread took longer than most of what they wrote, above all where all processors
//! are busy.
//!
//! Who has something else to do first puts its work in line, and waits later: whoever writes meanwhile takes it along.

use std::{
    collections::VecDeque,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, TryLockError,
        atomic::{AtomicU8, Ordering},
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

use rusqlite::{Connection, ffi};

use super::{Store, StoreError, unpoisoned};

/// So many share a transaction at most: the first of them has waited for all the others, which takes about ten
/// milliseconds. Pages that many of them change are encrypted and written once.
const MOST: usize = 128;

/// How long what is not urgent is left to others.
const MOMENT: Duration = Duration::from_millis(5);

/// The one connection that writes, and who shares its transaction.
pub(super) struct Writer {
    conn: Connection,
    /// Those who share the transaction that is open, while it is.
    group: Option<Arc<Group>>,
}

/// Those who share a transaction.
#[derive(Default)]
struct Group {
    /// How it ended.
    ended: OnceLock<Result<(), Failed>>,
    /// Who is to be woken for it, each once: all of them wait, and go on at once when they are.
    members: Mutex<VecDeque<Thread>>,
}

/// What SQLite said, for each of them.
#[derive(Debug, Clone)]
struct Failed(ffi::Error, Option<String>);

impl Writer {
    pub(super) fn new(conn: Connection) -> Self {
        Self { conn, group: None }
    }

    /// Do somebody's work in the transaction that is open.
    fn take_part<T, E: From<rusqlite::Error>>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<(T, Arc<Group>), E> {
        let value = match self.group {
            None => self.first(work)?,
            Some(_) => {
                let savepoint = self.conn.savepoint()?;
                let value = work(&savepoint)?;
                savepoint.commit()?;
                value
            }
        };
        let group = self.group.get_or_insert_default();
        Ok((value, Arc::clone(group)))
    }

    /// Begin a transaction unless one is open.
    fn join(&mut self) -> rusqlite::Result<()> {
        if self.is_given_up() {
            // Nobody else is to take part in what is gone: outside a transaction a savepoint would be one
            // of its own, and keep what is then told as failed.
            self.end();
        }
        match self.group {
            None => self.conn.execute_batch("BEGIN IMMEDIATE"),
            Some(_) => Ok(()),
        }
    }

    /// Do the work of the first who takes part: there is nothing of others to undo with it, so it needs no savepoint,
    /// for which SQLite copies every page that changes.
    fn first<T, E>(&mut self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        let mut first = First {
            writer: self,
            is_kept: false,
        };
        let value = work(&first.writer.conn)?;
        first.is_kept = true;
        Ok(value)
    }

    /// Whether the transaction that is shared is gone: after some faults, such as a full disk, SQLite gives
    /// all of it up by itself.
    fn is_given_up(&self) -> bool {
        self.group.is_some() && self.conn.is_autocommit()
    }

    /// End the transaction that is open, if one is, and tell those who share it.
    fn end(&mut self) {
        let is_given_up = self.is_given_up();
        let Some(group) = self.group.take() else {
            return;
        };
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
        let _ = self.ended.set(ended);
        self.wake_next();
    }

    /// Wake one of those who share it. Each who goes on wakes one more: were all woken at once, whoever writes next
    /// would have a small share of the processors until all of them had done what they can, and then all of them
    /// would wait for it. Who goes on without being woken wakes one, too, so all are.
    fn wake_next(&self) {
        if let Some(member) = unpoisoned(&self.members).pop_front() {
            member.unpark();
        }
    }

    fn is_to_wake(&self, who: Thread) {
        unpoisoned(&self.members).push_back(who);
    }

    /// Somebody who was away when its work was done waits now. Where it has ended, that is seen.
    fn is_to_wake_also(&self, who: Thread) {
        let mut members = unpoisoned(&self.members);
        if self.ended.get().is_none() {
            members.push_back(who);
        }
    }

    /// Wait until it has ended.
    fn wait(&self) -> rusqlite::Result<()> {
        let ended = loop {
            match self.ended.get() {
                Some(ended) => break ended.clone(),
                None => thread::park(),
            }
        };
        self.wake_next();
        ended.map_err(rusqlite::Error::from)
    }
}

impl From<Failed> for rusqlite::Error {
    fn from(Failed(error, said): Failed) -> Self {
        Self::SqliteFailure(error, said)
    }
}

fn failed(error: rusqlite::Error) -> Failed {
    match error {
        rusqlite::Error::SqliteFailure(error, said) => Failed(error, said),
        other => Failed(ffi::Error::new(ffi::SQLITE_ERROR), Some(other.to_string())),
    }
}

/// The writer for oneself.
pub(super) struct Alone<'a> {
    store: &'a Store,
    /// `None` only while it is dropped.
    writer: Option<MutexGuard<'a, Writer>>,
}

/// Why the guard is there.
const HELD: &str = "it is held until this is dropped";

impl Deref for Alone<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.writer.as_ref().expect(HELD).conn
    }
}

impl DerefMut for Alone<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.writer.as_mut().expect(HELD).conn
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.writer = None;
        self.store.line.wake_first();
    }
}

/// The first of those who share a transaction, which is given up with its work, also by a panic.
struct First<'a> {
    writer: &'a mut Writer,
    is_kept: bool,
}

impl Drop for First<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            // What cannot even be given up is met by whoever writes next.
            let _ = self.writer.conn.execute_batch("ROLLBACK");
        }
    }
}

/// Those who wait to write together with others, or will.
#[derive(Default)]
pub(super) struct Line(Mutex<VecDeque<Waiting>>);

/// What is to be done for somebody in the transaction that is open, or that none could be begun.
type Work = dyn FnOnce(&mut Writer, Result<(), Failed>) + Send;

/// Somebody who waits, or will, and what is to be done for it.
struct Waiting {
    who: Thread,
    /// What it does meanwhile: [`AWAY`], [`LEAVES`] or [`WAITS`]. It is set while the line is held.
    state: Arc<AtomicU8>,
    work: Box<Work>,
}

/// It is at something else, and looks when it is done with that.
const AWAY: u8 = 0;
/// It has left its work to others for a moment, and goes on as soon as it is woken.
const LEAVES: u8 = 1;
/// It waits, and does the work of all when it finds the writer free.
const WAITS: u8 = 2;

impl Line {
    fn join(&self, waiting: Waiting) {
        unpoisoned(&self.0).push_back(waiting);
    }

    /// What somebody in it does from now on.
    fn note(&self, state: &AtomicU8, does: u8) {
        let _held = unpoisoned(&self.0);
        state.store(does, Ordering::Relaxed);
    }

    /// The first, and how many wait behind it.
    fn next(&self) -> Option<(Waiting, usize)> {
        let mut line = unpoisoned(&self.0);
        let first = line.pop_front()?;
        Some((first, line.len()))
    }

    /// Somebody may have come while the writer was held, and found that it was: it is to look again. Who does not
    /// wait, or not for the writer, would not.
    fn wake_first(&self) {
        let line = unpoisoned(&self.0);
        let first = line
            .iter()
            .find(|one| one.state.load(Ordering::Relaxed) == WAITS);
        if let Some(first) = first {
            first.who.unpark();
        }
    }
}

/// What somebody put in line and has not waited for. Who does so is woken on the thread that put it there.
#[must_use = "where nobody waits for it, it is written with what others write next, or never"]
pub(crate) struct InLine<T, E> {
    told: Arc<Mutex<Option<Told<T, E>>>>,
    state: Arc<AtomicU8>,
    /// It stays on its thread.
    here: PhantomData<*const ()>,
}

/// What somebody is told of its work.
struct Told<T, E> {
    done: Done<T, E>,
    /// Whether it is woken when its group has ended.
    is_woken: bool,
}

/// What came of somebody's work, once it was done; what is kept is so when its group has ended.
type Done<T, E> = thread::Result<Result<(T, Arc<Group>), E>>;

impl Store {
    /// The writer for oneself.
    pub(super) fn alone(&self) -> Alone<'_> {
        self.wanting_alone.fetch_add(1, Ordering::SeqCst);
        let writer = unpoisoned(&self.writer);
        self.wanting_alone.fetch_sub(1, Ordering::SeqCst);
        Alone {
            store: self,
            writer: Some(writer),
        }
    }

    /// Change the database as [`Store::write`] does, in one transaction with others who do so at the same
    /// time: for what many do at once. What fails is undone alone. It may be done on another's thread.
    ///
    /// # Errors
    /// What `work` returns, or what SQLite said; nothing of `work` is kept then.
    pub(crate) fn write_together<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<rusqlite::Error> + Send + 'static,
    {
        self.wait_for(self.line_up(work))
    }

    /// Put in line what is to be written as by [`Store::write_together`], and go on. Whoever writes together after this
    /// finds it done, or failed. It is on the disk when [`Store::wait_for`] says so, and until that is asked perhaps
    /// nobody begins.
    pub(crate) fn line_up<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> InLine<T, E>
    where
        T: Send + 'static,
        E: From<rusqlite::Error> + Send + 'static,
    {
        let told = Arc::new(Mutex::new(None::<Told<T, E>>));
        let state = Arc::new(AtomicU8::new(AWAY));
        let who = thread::current();
        let (tell, member, its) = (Arc::clone(&told), who.clone(), Arc::clone(&state));
        let work = move |writer: &mut Writer, joined: Result<(), Failed>| {
            let done = catch_unwind(AssertUnwindSafe(|| {
                joined.map_err(rusqlite::Error::from)?;
                writer.take_part(work)
            }));
            let waits = its.load(Ordering::Relaxed) != AWAY;
            let is_woken = match &done {
                Ok(Ok((_, group))) if waits => {
                    group.is_to_wake(member.clone());
                    true
                }
                _ => false,
            };
            *unpoisoned(&tell) = Some(Told { done, is_woken });
            if !is_woken {
                // It may have begun to wait just now.
                member.unpark();
            }
        };
        self.line.join(Waiting {
            who,
            state: Arc::clone(&state),
            work: Box::new(work),
        });
        InLine {
            told,
            state,
            here: PhantomData,
        }
    }

    /// Wait until what is in line is written, or cannot be. Where nobody is at it, it is done here, with what waits
    /// beside it.
    ///
    /// # Errors
    /// What its work returned, or what SQLite said; nothing of it is kept then.
    pub(crate) fn wait_for<T, E: From<rusqlite::Error>>(
        &self,
        in_line: InLine<T, E>,
    ) -> Result<T, E> {
        self.line.note(&in_line.state, WAITS);
        let (value, group) = loop {
            let told = unpoisoned(&in_line.told).take();
            if let Some(Told { done, is_woken }) = told {
                let (value, group) = done.unwrap_or_else(|panic| resume_unwind(panic))?;
                if !is_woken {
                    group.is_to_wake_also(thread::current());
                }
                break (value, group);
            }
            // Whoever holds the writer, or waits for it alone, wakes the first that waits when it gives it back.
            if self.wanting_alone.load(Ordering::SeqCst) > 0 {
                thread::park();
                continue;
            }
            match self.writer.try_lock() {
                Ok(writer) => self.work_until(writer, &in_line),
                Err(TryLockError::Poisoned(poisoned)) => {
                    self.work_until(poisoned.into_inner(), &in_line)
                }
                Err(TryLockError::WouldBlock) => thread::park(),
            }
        };
        group.wait()?;
        Ok(value)
    }

    /// The same of what is not urgent: it is left a moment to whoever writes next, so that both wait for the disk once.
    ///
    /// # Errors
    /// As [`Store::wait_for`].
    pub(crate) fn leave_to_others<T, E: From<rusqlite::Error>>(
        &self,
        in_line: InLine<T, E>,
    ) -> Result<T, E> {
        let until = Instant::now() + MOMENT;
        self.line.note(&in_line.state, LEAVES);
        while unpoisoned(&in_line.told).is_none() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            thread::park_timeout(left);
        }
        self.wait_for(in_line)
    }

    /// Wait until all that was put in line before is written, or has failed.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be written.
    pub fn settle(&self) -> Result<(), StoreError> {
        self.write_together(|_| Ok(()))
    }

    /// Do it for all, unless somebody was sooner: who is told already is to wake others first.
    fn work_until<T, E>(&self, writer: MutexGuard<'_, Writer>, in_line: &InLine<T, E>) {
        if unpoisoned(&in_line.told).is_none() {
            return self.work_for_all(writer);
        }
        drop(writer);
        self.line.wake_first();
    }

    /// Do what is to be done for those who wait, and end their transaction.
    fn work_for_all(&self, mut writer: MutexGuard<'_, Writer>) {
        for _ in 0..MOST {
            let Some((waiting, behind)) = self.line.next() else {
                break;
            };
            if let Err(failed) = writer.join().map_err(failed) {
                // Those behind have waited for it, too, or would: each is not to wait for the same again.
                (waiting.work)(&mut writer, Err(failed.clone()));
                for _ in 0..behind {
                    if let Some((waiting, _)) = self.line.next() {
                        (waiting.work)(&mut writer, Err(failed.clone()));
                    }
                }
                break;
            }
            (waiting.work)(&mut writer, Ok(()));
        }
        writer.end();
        drop(writer);
        self.line.wake_first();
    }
}

#[cfg(test)]
mod tests;
