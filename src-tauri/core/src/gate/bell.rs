//! A bell that is rung when a call has ended, for who waits to look at how calls go.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Rung by many, waited for by one.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    rung: bool,
    closed: bool,
}

/// Why a wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    /// It was rung.
    Rung,
    /// Nothing happened for as long as was to be waited.
    Late,
    /// Nobody rings any more.
    Closed,
}

impl Bell {
    /// Wake who waits; who comes to wait later is woken at once.
    pub(crate) fn ring(&self) {
        if !std::mem::replace(&mut self.state().rung, true) {
            self.changed.notify_all();
        }
    }

    /// Ring no more. What was rung before is still heard.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// Wait until it is rung, closed, or so much time has gone.
    pub(crate) fn wait(&self, most: Duration) -> Woken {
        let silent = |state: &mut State| !state.rung && !state.closed;
        let waited = self.changed.wait_timeout_while(self.state(), most, silent);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut state.rung) {
            return Woken::Rung;
        }
        if state.closed {
            Woken::Closed
        } else {
            Woken::Late
        }
    }

    /// Wait for so long, or until it is closed, whoever rings.
    pub(crate) fn rest(&self, pause: Duration) {
        let open = |state: &mut State| !state.closed;
        drop(self.changed.wait_timeout_while(self.state(), pause, open));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_rung_before_is_heard_once_and_before_the_end() {
        let bell = Bell::default();
        bell.ring();
        bell.ring();
        bell.close();
        assert_eq!(bell.wait(Duration::ZERO), Woken::Rung);
        assert_eq!(bell.wait(Duration::from_secs(60)), Woken::Closed);
    }

    #[test]
    fn who_waits_is_woken() {
        let bell = Bell::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| bell.wait(Duration::from_secs(60)));
            bell.ring();
            assert_eq!(waiting.join().unwrap(), Woken::Rung);
        });
        assert_eq!(bell.wait(Duration::ZERO), Woken::Late);
    }
}
