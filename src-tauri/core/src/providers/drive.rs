//! Waiting for what is asynchronous on the thread that wants it. Each request has a runtime of its own, which that
//! thread drives itself: nothing of it moves while nobody waits for it, and no other thread is woken for it.
//!
//! A connection belongs to the runtime that it was opened on. Where an answer was read to its end, both are kept for a
//! moment, for the next request to the same server; then they are closed, whether or not anything else happens.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    pin::pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::Poll,
    thread,
    time::{Duration, Instant, SystemTime},
};

use tokio::{
    runtime::{Builder, Runtime},
    task::yield_now,
};
use url::{Origin, Url};

use super::offline::OfflineSwitch;

/// So many connections are kept at most. Each is a few open files.
const KEPT: usize = 32;
/// How long a thread that has asked for the address of a server is kept for the next that does.
const THREAD_KEPT: Duration = Duration::from_secs(1);
/// So often a connection is given a turn to see that it was closed, or to close.
const TURNS: usize = 4;

/// A runtime, and the client that opens connections on it, all to one server.
struct Way<C> {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    client: C,
}

impl<C> Way<C> {
    fn new(client: C) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .thread_name("network")
            .thread_keep_alive(THREAD_KEPT)
            .enable_io()
            .enable_time()
            .build()?;
        Ok(Self {
            runtime: Some(runtime),
            client,
        })
    }

    fn runtime(&self) -> &Runtime {
        let runtime = self.runtime.as_ref();
        runtime.expect("it is there until it is dropped")
    }

    /// Let what is open see what has come, and do what it is about to.
    fn turn(&self) {
        self.runtime().block_on(async {
            for _ in 0..TURNS {
                yield_now().await;
            }
        });
    }

    /// Whether it has a connection that waits for the next request: one that still sends, though its answer is there,
    /// has a second task.
    fn is_idle(&self) -> bool {
        self.runtime().metrics().num_alive_tasks() == 1
    }
}

impl<C> Drop for Way<C> {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // What is open is closed with it. A search for a server goes on, and nobody waits for that: on a thread of
            // another runtime it would not even be allowed.
            runtime.shutdown_background();
        }
    }
}

/// The ways of requests, and those that are kept.
pub(super) struct Drives<C> {
    offline: OfflineSwitch,
    kept_for: Duration,
    idle: Arc<Idle<C>>,
}

/// Ways that nobody uses. The thread that closes them holds this for a moment longer than the app is open, so nothing
/// of the app is in it.
struct Idle<C> {
    kept: Mutex<Kept<C>>,
    /// The last of them were closed before their time.
    are_gone: Condvar,
}

struct Kept<C> {
    /// The one that was used longest ago is the first.
    ways: VecDeque<Resting<C>>,
    /// Whether a thread closes each in its time.
    are_closed: bool,
}

struct Resting<C> {
    server: Origin,
    until: Instant,
    /// The same by the clock on the wall, which goes on while the computer sleeps: what was open may be dead then, and
    /// nothing would tell.
    until_on_the_wall: SystemTime,
    way: Way<C>,
}

impl<C> Resting<C> {
    fn is_for(&self, server: &Origin) -> bool {
        self.server == *server
            && Instant::now() < self.until
            && SystemTime::now() < self.until_on_the_wall
    }
}

impl<C: Send + 'static> Drives<C> {
    /// None are there yet. Each is kept for so long, unless the switch is on.
    pub(super) fn new(kept_for: Duration, offline: OfflineSwitch) -> Self {
        Self {
            offline,
            kept_for,
            idle: Arc::new(Idle {
                kept: Mutex::new(Kept {
                    ways: VecDeque::new(),
                    are_closed: false,
                }),
                are_gone: Condvar::new(),
            }),
        }
    }

    /// One for a request to this address: the last that was used for the same server, or a new one with this client.
    ///
    /// # Errors
    /// What `client` returns, or the system says when it gives none.
    pub(super) fn take(
        &self,
        address: &Url,
        client: impl FnOnce() -> io::Result<C>,
    ) -> io::Result<Drive<'_, C>> {
        let server = address.origin();
        let way = match self.idle.take(&server) {
            Some(way) => {
                // The server may have closed it meanwhile.
                way.turn();
                way
            }
            None => Way::new(client()?)?,
        };
        Ok(Drive {
            way: Some(way),
            server,
            drives: self,
            is_over: false,
        })
    }

    fn keep(&self, server: Origin, way: Way<C>) {
        if self.kept_for.is_zero() || !way.is_idle() {
            return;
        }
        let mut kept = self.idle.kept();
        // Who turns the switch closes what is kept afterwards, so nothing is that was not seen here.
        if self.offline.is_on() {
            return;
        }
        if !kept.are_closed {
            let idle = Arc::clone(&self.idle);
            let closes = thread::Builder::new()
                .name("network".into())
                .spawn(move || idle.close_in_time());
            if closes.is_err() {
                return;
            }
            kept.are_closed = true;
        }
        kept.ways.push_back(Resting {
            server,
            until: Instant::now() + self.kept_for,
            until_on_the_wall: SystemTime::now() + self.kept_for,
            way,
        });
        let over = (kept.ways.len() > KEPT).then(|| kept.ways.pop_front());
        drop(kept);
        drop(over);
    }

    /// Close all that are kept. After the switch was turned on no other one is.
    pub(super) fn close(&self) {
        self.idle.close();
    }
}

impl<C> Drop for Drives<C> {
    fn drop(&mut self) {
        self.idle.close();
    }
}

impl<C> Idle<C> {
    fn close(&self) {
        let kept = std::mem::take(&mut self.kept().ways);
        self.are_gone.notify_all();
        drop(kept);
    }

    fn kept(&self) -> MutexGuard<'_, Kept<C>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, server: &Origin) -> Option<Way<C>> {
        let mut kept = self.kept();
        let at = kept.ways.iter().rposition(|one| one.is_for(server))?;
        kept.ways.remove(at).map(|one| one.way)
    }

    /// Close each when its time is over, until none is left.
    fn close_in_time(&self) {
        let mut kept = self.kept();
        while let Some(next) = kept.ways.front() {
            let left = next.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let over = kept.ways.pop_front();
                drop(kept);
                drop(over);
                kept = self.kept();
            } else {
                let waited = self.are_gone.wait_timeout(kept, left);
                kept = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        kept.are_closed = false;
    }
}

/// The way of one request. Its connection is closed when this is gone, unless it is kept.
pub(super) struct Drive<'a, C: Send + 'static> {
    /// `None` only while it is dropped.
    way: Option<Way<C>>,
    server: Origin,
    drives: &'a Drives<C>,
    is_over: bool,
}

impl<C: Send + 'static> Drive<'_, C> {
    fn way(&self) -> &Way<C> {
        let way = self.way.as_ref();
        way.expect("it is there until it is dropped")
    }

    /// What opens its connection.
    pub(super) fn client(&self) -> &C {
        &self.way().client
    }

    /// Wait for a future. Not on a thread of a runtime: those must not wait for so long.
    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.way().runtime().block_on(future)
    }

    /// What is there at once, such as the end of what was read; `None`: it is not.
    pub(super) fn at_once<T>(&self, next: impl Future<Output = T>) -> Option<T> {
        self.block_on(async {
            let mut next = pin!(next);
            for _ in 0..TURNS {
                if let Poll::Ready(value) = poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await
                {
                    return Some(value);
                }
                yield_now().await;
            }
            None
        })
    }

    /// Its answer was read to the end, so that another request may follow it.
    pub(super) fn is_over(&mut self) {
        self.is_over = true;
    }
}

impl<C: Send + 'static> Drop for Drive<'_, C> {
    fn drop(&mut self) {
        let Some(way) = self.way.take().filter(|_| self.is_over) else {
            return;
        };
        way.turn();
        self.drives.keep(self.server.clone(), way);
    }
}

#[cfg(test)]
mod tests;
