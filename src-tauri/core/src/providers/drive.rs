//! Waiting for what is asynchronous on the thread that wants it. Each request has a runtime of its own, which that
//! thread drives itself: nothing of it moves while nobody waits for it, and no other thread is woken for it.

use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    runtime::{Builder, Runtime},
    task::yield_now,
};

/// Runtimes that are kept for later requests, as it takes a while to make one. Each holds a few files open.
const KEPT: usize = 8;
/// How long a thread that has asked for the address of a server is kept for the next that does.
const THREAD_KEPT: Duration = Duration::from_secs(1);
/// So often a connection is given a turn to close once its answer was let go.
const TURNS: usize = 4;

/// Runtimes that nobody uses.
#[derive(Default)]
pub(super) struct Drives(Mutex<Vec<Runtime>>);

impl Drives {
    /// One for a request.
    ///
    /// # Errors
    /// What the system says when it gives none.
    pub(super) fn take(&self) -> io::Result<Drive<'_>> {
        let kept = self.kept().pop();
        let runtime = match kept {
            Some(runtime) => runtime,
            None => Builder::new_current_thread()
                .thread_name("network")
                .thread_keep_alive(THREAD_KEPT)
                .enable_io()
                .enable_time()
                .build()?,
        };
        Ok(Drive {
            runtime: Some(runtime),
            drives: self,
            is_answered: false,
        })
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Runtime>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Drives {
    fn drop(&mut self) {
        // To wait for their threads is not allowed on a thread of another runtime, where the last one may let go.
        for runtime in self.kept().drain(..) {
            runtime.shutdown_background();
        }
    }
}

/// The runtime of one request. The connection of the request is closed when this is gone.
pub(super) struct Drive<'a> {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    drives: &'a Drives,
    is_answered: bool,
}

impl Drive<'_> {
    /// Wait for a future. Not on a thread of a runtime: those must not wait for so long.
    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        let runtime = self.runtime.as_ref();
        let runtime = runtime.expect("it is there until it is dropped");
        runtime.block_on(future)
    }

    /// An answer has begun, so no thread hangs in the search for the server any more.
    pub(super) fn is_answered(&mut self) {
        self.is_answered = true;
    }
}

impl Drop for Drive<'_> {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else {
            return;
        };
        if self.is_answered {
            runtime.block_on(async {
                for _ in 0..TURNS {
                    yield_now().await;
                }
            });
            let mut kept = self.drives.kept();
            if runtime.metrics().num_alive_tasks() == 0 && kept.len() < KEPT {
                kept.push(runtime);
                return;
            }
        }
        // What is under way ends with it; a search for a server goes on, and nobody waits for that.
        runtime.shutdown_background();
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, sync::Arc};

    use super::*;

    #[test]
    fn a_runtime_is_kept_once_its_connection_has_ended_and_only_then() {
        let drives = Drives::default();
        drop(drives.take().unwrap());
        assert_eq!(drives.kept().len(), 0, "nobody answered: it may hang");
        let mut answered = drives.take().unwrap();
        answered.is_answered();
        answered.block_on(async {
            tokio::spawn(async {});
        });
        drop(answered);
        assert_eq!(drives.kept().len(), 1);
        let mut open = drives.take().unwrap();
        assert_eq!(drives.kept().len(), 0, "the kept one is taken");
        open.is_answered();
        let held = Arc::new(());
        let moved = Arc::clone(&held);
        open.block_on(async {
            tokio::spawn(async move {
                pending::<()>().await;
                drop(moved);
            });
            yield_now().await;
        });
        assert_eq!(Arc::strong_count(&held), 2);
        drop(open);
        assert_eq!(Arc::strong_count(&held), 1, "what was open is closed");
        assert_eq!(drives.kept().len(), 0);
    }

    #[test]
    fn kept_runtimes_are_let_go_on_any_thread() {
        let drives = Drives::default();
        drives.take().unwrap().is_answered();
        assert_eq!(drives.kept().len(), 1);
        let other = Builder::new_current_thread().build().unwrap();
        other.block_on(async { drop(drives) });
    }
}
