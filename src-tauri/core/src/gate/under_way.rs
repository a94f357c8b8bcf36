//! The calls that are under way here: how far each is, and how it is stopped.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use super::{AnswerEvent, Gate};
use crate::engine::Stop;

/// All of them, by their numbers.
#[derive(Default)]
pub(super) struct Calls(Mutex<BTreeMap<i64, Call>>);

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
    fn now(&self) -> MutexGuard<'_, BTreeMap<i64, Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.gate.calls.now().remove(&self.number);
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
        self.calls.now().insert(number, call);
        UnderWay {
            gate: self,
            number,
            far,
        }
    }

    /// The calls that are under way here, by their numbers, each with the tokens that it has written.
    pub fn calls_under_way(&self) -> BTreeMap<i64, u32> {
        let calls = self.calls.now();
        let far =
            |(number, call): (&i64, &Call)| (*number, call.far.tokens.load(Ordering::Relaxed));
        calls.iter().map(far).collect()
    }

    /// Stop a call that is under way here; whether it was.
    pub fn stop_call(&self, number: i64) -> bool {
        let calls = self.calls.now();
        let call = calls.get(&number);
        call.inspect(|call| call.stop.set()).is_some()
    }
}
