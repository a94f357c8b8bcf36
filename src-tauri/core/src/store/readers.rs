//! Connections for reading, lent to one at a time and kept for the next.
//!
//! A new connection reads the whole schema before its first statement, which takes far longer than most
//! reads do. So where several are lent already, one waits for the first that comes back, as long as any do.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::Connection;

use super::unpoisoned;

/// Connections that are kept; more are opened when that many are lent and stay so.
const KEPT: usize = 4;

/// Where none comes back for so long, all that are lent are at reads that take long, and nobody waits for them.
const MOMENT: Duration = Duration::from_millis(5);
/// So many moments one waits at most, however often others were sooner.
const MOMENTS: u32 = 100;

/// The connections of a store.
#[derive(Debug)]
pub(super) struct Readers {
    state: Mutex<State>,
    came_back: Condvar,
    moment: Duration,
}

impl Default for Readers {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            came_back: Condvar::new(),
            moment: MOMENT,
        }
    }
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Connection>,
    lent: usize,
    /// How many have come back so far.
    returned: u64,
}

impl Readers {
    /// Lend a connection: an idle one, one that comes back soon, or a new one. After `work` has
    /// failed it is closed: one that met a damaged page fails ever after, also where the file is sound.
    ///
    /// # Errors
    /// What `work` returns, or what `open` said.
    pub(super) fn lend<T, E: From<rusqlite::Error>>(
        &self,
        open: impl FnOnce() -> rusqlite::Result<Connection>,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let (_lent, idle) = self.take();
        let conn = match idle {
            Some(conn) => conn,
            None => open()?,
        };
        self.used(conn, work)
    }

    /// Lend a connection that nobody has, without waiting for one; `None`: there is none.
    ///
    /// # Errors
    /// What `work` returns.
    pub(super) fn lend_idle<T, E>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        let (_lent, conn) = {
            let mut state = unpoisoned(&self.state);
            let conn = state.idle.pop()?;
            state.lent += 1;
            (Lent(self), conn)
        };
        Some(self.used(conn, work))
    }

    fn used<T, E>(
        &self,
        mut conn: Connection,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let value = work(&mut conn)?;
        let mut state = unpoisoned(&self.state);
        if state.idle.len() < KEPT {
            state.idle.push(conn);
        }
        Ok(value)
    }

    fn take(&self) -> (Lent<'_>, Option<Connection>) {
        let none_left = |state: &mut State| state.idle.is_empty() && state.lent >= KEPT;
        let mut state = unpoisoned(&self.state);
        for _ in 0..MOMENTS {
            let returned = state.returned;
            let (after, waited) = self
                .came_back
                .wait_timeout_while(state, self.moment, none_left)
                .unwrap_or_else(PoisonError::into_inner);
            state = after;
            if !waited.timed_out() || state.returned == returned {
                break;
            }
        }
        state.lent += 1;
        (Lent(self), state.idle.pop())
    }
}

/// That a connection is lent.
struct Lent<'a>(&'a Readers);

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut state = unpoisoned(&self.0.state);
        state.lent -= 1;
        state.returned += 1;
        drop(state);
        self.0.came_back.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Barrier,
            atomic::{AtomicUsize, Ordering},
            mpsc,
        },
        thread,
        time::Instant,
    };

    use super::*;

    fn opened(count: &AtomicUsize) -> rusqlite::Result<Connection> {
        count.fetch_add(1, Ordering::SeqCst);
        Connection::open_in_memory()
    }

    #[test]
    fn one_that_comes_back_is_waited_for() {
        let readers = Readers {
            moment: Duration::from_secs(60),
            ..Readers::default()
        };
        let count = AtomicUsize::new(0);
        let all_lent = Barrier::new(KEPT + 1);
        thread::scope(|scope| {
            for _ in 0..KEPT {
                scope.spawn(|| -> rusqlite::Result<()> {
                    readers.lend(
                        || opened(&count),
                        |_| {
                            all_lent.wait();
                            Ok(())
                        },
                    )
                });
            }
            all_lent.wait();
            readers
                .lend(|| opened(&count), |_| Ok::<_, rusqlite::Error>(()))
                .unwrap();
        });
        assert_eq!(
            count.load(Ordering::SeqCst),
            KEPT,
            "no other one was opened"
        );
        assert_eq!(unpoisoned(&readers.state).idle.len(), KEPT);
    }

    #[test]
    fn nobody_waits_for_ever_for_reads_that_take_long() {
        let (readers, count) = (Readers::default(), AtomicUsize::new(0));
        let (ended, end) = mpsc::channel::<()>();
        let end = Mutex::new(end);
        let all_lent = Barrier::new(KEPT + 1);
        thread::scope(|scope| {
            for _ in 0..KEPT {
                scope.spawn(|| -> rusqlite::Result<()> {
                    readers.lend(
                        || opened(&count),
                        |_| {
                            all_lent.wait();
                            let _ = unpoisoned(&end).recv();
                            Ok(())
                        },
                    )
                });
            }
            all_lent.wait();
            readers
                .lend(|| opened(&count), |_| Ok::<_, rusqlite::Error>(()))
                .unwrap();
            assert_eq!(count.load(Ordering::SeqCst), KEPT + 1);
            drop(ended);
        });
    }

    #[test]
    fn who_does_not_wait_is_lent_what_nobody_has_and_nothing_else() {
        let readers = Readers::default();
        let nothing = |_: &mut Connection| Ok::<_, rusqlite::Error>(());
        assert!(readers.lend_idle(nothing).is_none());
        readers
            .lend(Connection::open_in_memory, |_| {
                assert!(readers.lend_idle(nothing).is_none(), "it is lent");
                Ok::<_, rusqlite::Error>(())
            })
            .unwrap();
        let inside = readers.lend_idle(|_| {
            assert!(readers.lend_idle(nothing).is_none());
            Ok::<_, rusqlite::Error>(())
        });
        inside.unwrap().unwrap();
        readers.lend_idle(nothing).unwrap().unwrap();
        assert_eq!(unpoisoned(&readers.state).lent, 0);
    }

    #[test]
    fn one_waits_on_while_others_come_back_and_are_taken_by_those_who_were_sooner() {
        // Long enough for a busy system to let each thread run within it.
        let moment = Duration::from_secs(2);
        let readers = Readers {
            moment,
            ..Readers::default()
        };
        let count = AtomicUsize::new(0);
        let lend = |work: &dyn Fn()| {
            let lent = readers.lend(
                || opened(&count),
                |_| {
                    work();
                    Ok::<_, rusqlite::Error>(())
                },
            );
            lent.unwrap();
        };
        let (all_lent, is_over) = (Barrier::new(KEPT + 1), Barrier::new(KEPT + 1));
        thread::scope(|scope| {
            for _ in 0..KEPT {
                scope.spawn(|| {
                    lend(&|| {
                        all_lent.wait();
                        is_over.wait();
                    });
                });
            }
            all_lent.wait();
            let waiting = scope.spawn(|| lend(&|| ()));
            let begin = Instant::now();
            while begin.elapsed() < moment * 5 / 4 {
                unpoisoned(&readers.state).returned += 1;
                thread::yield_now();
            }
            assert!(!waiting.is_finished());
            is_over.wait();
        });
        assert_eq!(
            count.load(Ordering::SeqCst),
            KEPT,
            "no other one was opened"
        );
    }

    #[test]
    fn what_failed_is_closed_and_counts_no_more_as_lent() {
        let (readers, count) = (Readers::default(), AtomicUsize::new(0));
        for _ in 0..2 * KEPT {
            readers
                .lend(
                    || opened(&count),
                    |conn| conn.execute_batch("no statement at all"),
                )
                .unwrap_err();
        }
        assert_eq!(count.load(Ordering::SeqCst), 2 * KEPT, "none is kept");
        assert_eq!(unpoisoned(&readers.state).lent, 0);
    }
}
