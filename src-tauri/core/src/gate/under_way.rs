//! The calls that are under way here: how far each is, and how it is stopped, also by a person who sees it in
//! another process on the same data.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU32, Ordering},
    },
    thread::{Builder, JoinHandle},
    time::Duration,
};

use super::{AnswerEvent, Gate};
use crate::{engine::Stop, monitor::stops, store::Store};

/// For how long at most nobody looks whether another process wants a call stopped. The thread that looks stays for
/// as long after the last call: to start one for each would take longer than much else of a call.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// All of them, and the one thread that looks, while there are any and for a moment longer, which are to be stopped.
pub(super) struct Calls {
    store: Weak<Store>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    now: Mutex<Now>,
    /// Told when no call can come any more.
    closed: Condvar,
}

#[derive(Default)]
struct Now {
    /// By their numbers.
    calls: BTreeMap<i64, Call>,
    /// Whether any was begun since the thread looked last.
    begun: bool,
    closed: bool,
    /// Whether a thread looks.
    looks: bool,
    thread: Option<JoinHandle<()>>,
}

struct Call {
    stop: Stop,
    far: Arc<Far>,
}

/// How far a call is.
#[derive(Default)]
struct Far {
    /// Tokens written so far.
    tokens: AtomicU32,
}

impl Calls {
    /// None yet, of whoever works with a store.
    pub(super) fn of(store: &Arc<Store>) -> Self {
        Self {
            store: Arc::downgrade(store),
            shared: Arc::default(),
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.shared.now()
    }

    fn begin(&self, number: i64, call: Call) {
        let mut now = self.now();
        now.calls.insert(number, call);
        now.begun = true;
        if now.looks {
            return;
        }
        let (shared, store) = (Arc::clone(&self.shared), Weak::clone(&self.store));
        let thread = Builder::new()
            .name("calls to stop".into())
            .spawn(move || shared.look(&store));
        match thread {
            Ok(thread) => (now.looks, now.thread) = (true, Some(thread)),
            Err(error) => tracing::warn!("another process cannot stop calls of this one: {error}"),
        }
    }

    fn end(&self, number: i64) {
        self.now().calls.remove(&number);
    }
}

/// Nobody holds the store any more when this is gone.
impl Drop for Calls {
    fn drop(&mut self) {
        let thread = {
            let mut now = self.now();
            now.closed = true;
            now.thread.take()
        };
        self.shared.closed.notify_all();
        if let Some(thread) = thread {
            // A panic there was told when it happened.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stop what another process wants stopped, until there was no call for a while.
    fn look(&self, store: &Weak<Store>) {
        let is_open = |now: &mut Now| !now.closed;
        loop {
            let waited = self
                .closed
                .wait_timeout_while(self.now(), LOOK_AGAIN, is_open);
            let (mut now, _) = waited.unwrap_or_else(PoisonError::into_inner);
            let begun = std::mem::take(&mut now.begun);
            if now.closed || (now.calls.is_empty() && !begun) {
                now.looks = false;
                return;
            }
            if now.calls.is_empty() {
                continue;
            }
            drop(now);
            // Nobody waits for the database meanwhile.
            let Some(asked) = store.upgrade().map(|store| store.read(stops::asked)) else {
                continue;
            };
            match asked {
                Ok(numbers) => self.stop(&numbers),
                Err(error) => {
                    tracing::warn!("which calls are to be stopped cannot be read: {error}")
                }
            }
        }
    }

    fn stop(&self, numbers: &[i64]) {
        let now = self.now();
        for call in numbers.iter().filter_map(|number| now.calls.get(number)) {
            call.stop.set();
        }
    }
}

/// A call that is under way until this is dropped.
pub(super) struct UnderWay<'a> {
    gate: &'a Gate,
    number: i64,
    far: Arc<Far>,
}

impl UnderWay<'_> {
    /// Take note of how far it is.
    pub(super) fn hear(&self, event: &AnswerEvent) {
        if let AnswerEvent::Text { tokens, .. } = event {
            // A first piece without a token of its own is writing, too.
            self.far.tokens.store((*tokens).max(1), Ordering::Relaxed);
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.gate.calls.end(self.number);
        self.gate.bell.ring();
    }
}

impl Gate {
    /// A call was begun, which is stopped by this.
    pub(super) fn under_way(&self, number: i64, stop: &Stop) -> UnderWay<'_> {
        let far = Arc::new(Far::default());
        let call = Call {
            stop: stop.clone(),
            far: Arc::clone(&far),
        };
        self.calls.begin(number, call);
        UnderWay {
            gate: self,
            number,
            far,
        }
    }

    /// The calls that are under way here, by their numbers, each with the tokens that it has written.
    pub fn calls_under_way(&self) -> BTreeMap<i64, u32> {
        let far =
            |(number, call): (&i64, &Call)| (*number, call.far.tokens.load(Ordering::Relaxed));
        self.calls.now().calls.iter().map(far).collect()
    }

    /// Stop a call that is under way here; whether it was.
    pub fn stop_call(&self, number: i64) -> bool {
        let now = self.calls.now();
        let call = now.calls.get(&number);
        call.inspect(|call| call.stop.set()).is_some()
    }
}
