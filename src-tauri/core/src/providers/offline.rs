//! The offline switch, wherever it is turned.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// How old may be what is known of the switch while connections are open.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Turns every connection of the app off, also those that are open. Another process that works with the
/// same data may have turned it, so it is looked at anew before each request, and every [`LOOK_AGAIN`]
/// while an answer is waited for.
#[derive(Clone, Default)]
pub(crate) struct OfflineSwitch(Arc<Switch>);

/// Whether it is on where it is kept; `None`: that cannot be told now.
type Look = Box<dyn Fn() -> Option<bool> + Send + Sync>;

#[derive(Default)]
struct Switch {
    is_on: AtomicBool,
    /// `None`: it is kept nowhere else.
    look: Option<Look>,
    /// When that was looked at last. Held while it is, so that what is older does not replace what is newer.
    looked: Mutex<Option<Instant>>,
}

impl OfflineSwitch {
    /// One that is kept where `look` finds it.
    pub(crate) fn kept(look: impl Fn() -> Option<bool> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Switch {
            look: Some(Box::new(look)),
            ..Switch::default()
        }))
    }

    /// Turn it on (no connections) or off, after it was turned where it is kept.
    pub(crate) fn set(&self, offline: bool) {
        let _turn = unpoisoned(&self.0.looked);
        self.0.is_on.store(offline, Ordering::Relaxed);
    }

    /// What somebody has found where it is kept, who holds back whoever would turn it there meanwhile.
    pub(crate) fn was_found(&self, offline: bool) {
        let mut looked = unpoisoned(&self.0.looked);
        *looked = Some(Instant::now());
        self.0.is_on.store(offline, Ordering::Relaxed);
    }

    /// Whether nothing may be sent now. Where that cannot be told, nothing may.
    pub(crate) fn forbids(&self) -> bool {
        let mut looked = unpoisoned(&self.0.looked);
        self.look(&mut looked).unwrap_or(true)
    }

    /// Whether open connections are to end: as was known a moment ago.
    pub(super) fn ends(&self) -> bool {
        // Of all that wait, one looks; nobody waits for it.
        if let Ok(mut looked) = self.0.looked.try_lock()
            && looked.is_none_or(|at| at.elapsed() >= LOOK_AGAIN)
        {
            self.look(&mut looked);
        }
        self.is_on()
    }

    /// Whether it is on, as far as is known.
    pub(super) fn is_on(&self) -> bool {
        self.0.is_on.load(Ordering::Relaxed)
    }

    fn look(&self, looked: &mut Option<Instant>) -> Option<bool> {
        let is_on = match &self.0.look {
            Some(look) => look(),
            None => Some(self.0.is_on.load(Ordering::Relaxed)),
        };
        *looked = Some(Instant::now());
        if let Some(is_on) = is_on {
            self.0.is_on.store(is_on, Ordering::Relaxed);
        }
        is_on
    }
}

fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
