//! Which conversations are being answered or named right now, and a pause in which none is: what is
//! erased must not be written again by an answer that was under way.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{Gate, GateError};
use crate::{engine::Stop, ids::ConversationId};

/// How long a pause waits for answers that were told to stop.
const STOPS_WITHIN: Duration = Duration::from_secs(15);

/// What a conversation is worked on for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Task {
    Answer,
    Title,
    /// A request of a client, which has a number of its own in place of a conversation.
    Client,
}

/// All that is worked on.
#[derive(Default)]
pub(super) struct Work {
    now: Mutex<Now>,
    ended: Condvar,
    pauses: Arc<AtomicU64>,
}

/// What was known before a pause must not be written after it.
#[derive(Clone)]
pub(super) struct Since {
    pauses: Arc<AtomicU64>,
    known: u64,
}

impl Since {
    pub(super) fn paused(&self) -> bool {
        self.pauses.load(Ordering::Relaxed) != self.known
    }
}

#[derive(Default)]
struct Now {
    tasks: HashMap<(ConversationId, Task), Stop>,
    pauses: usize,
}

impl Work {
    /// From now on.
    pub(super) fn since(&self) -> Since {
        Since {
            pauses: Arc::clone(&self.pauses),
            known: self.pauses.load(Ordering::Relaxed),
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many requests are worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Working {
    pub answers: usize,
    pub titles: usize,
    /// Of clients of the local API.
    pub clients: usize,
}

/// The place of a conversation among those that are worked on: one answer at a time.
pub(super) struct Place<'a> {
    pub(super) gate: &'a Gate,
    pub(super) conversation: ConversationId,
    pub(super) stop: Stop,
    pub(super) since: Since,
    task: Task,
}

impl<'a> Place<'a> {
    /// # Errors
    /// [`GateError::Busy`] when it is worked on, [`GateError::Paused`] while nothing may be.
    pub(super) fn take(
        gate: &'a Gate,
        conversation: ConversationId,
        task: Task,
    ) -> Result<Self, GateError> {
        Self::take_with(gate, conversation, task, Stop::default())
    }

    /// The place of a request of a client, which is stopped by this.
    ///
    /// # Errors
    /// [`GateError::Paused`] while nothing may be worked on.
    pub(super) fn of_client(gate: &'a Gate, stop: &Stop) -> Result<Self, GateError> {
        Self::take_with(gate, ConversationId::new(), Task::Client, stop.clone())
    }

    fn take_with(
        gate: &'a Gate,
        conversation: ConversationId,
        task: Task,
        stop: Stop,
    ) -> Result<Self, GateError> {
        let mut now = gate.work.now();
        if now.pauses > 0 {
            return Err(GateError::Paused);
        }
        match now.tasks.entry((conversation, task)) {
            Entry::Occupied(_) => Err(GateError::Busy),
            Entry::Vacant(free) => {
                free.insert(stop.clone());
                Ok(Self {
                    gate,
                    conversation,
                    stop,
                    since: gate.work.since(),
                    task,
                })
            }
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let work = &self.gate.work;
        work.now().tasks.remove(&(self.conversation, self.task));
        work.ended.notify_all();
    }
}

/// While it is there, nothing is answered.
pub(crate) struct Pause<'a>(&'a Gate);

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.0.work.now().pauses -= 1;
    }
}

impl Gate {
    /// Stop the answer that a conversation is getting; nothing happens if it gets none.
    pub fn stop(&self, conversation: ConversationId) {
        if let Some(stop) = self.work.now().tasks.get(&(conversation, Task::Answer)) {
            stop.set();
        }
    }

    /// How many requests are worked on right now.
    pub(crate) fn working(&self) -> Working {
        let now = self.work.now();
        let count = |wanted| now.tasks.keys().filter(|(_, task)| *task == wanted).count();
        Working {
            answers: count(Task::Answer),
            titles: count(Task::Title),
            clients: count(Task::Client),
        }
    }

    /// Stop every answer; whether there was one.
    pub fn stop_all(&self) -> bool {
        let now = self.work.now();
        let answers = now
            .tasks
            .iter()
            .filter(|((_, task), _)| *task == Task::Answer);
        answers.inspect(|(_, stop)| stop.set()).count() > 0
    }

    /// Stop everything that is worked on, wait until it has ended, and let nothing begin until the
    /// pause is dropped. `None`: something does not end.
    pub(crate) fn pause(&self) -> Option<Pause<'_>> {
        let mut now = self.work.now();
        now.pauses += 1;
        self.work.pauses.fetch_add(1, Ordering::Relaxed);
        now.tasks.values().for_each(Stop::set);
        let pause = Pause(self);
        let working = |now: &mut Now| !now.tasks.is_empty();
        let waited = self
            .work
            .ended
            .wait_timeout_while(now, STOPS_WITHIN, working);
        let (now, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let ended = now.tasks.is_empty();
        // Dropping the pause takes the lock.
        drop(now);
        ended.then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{App, Surroundings},
        record::Actor,
        secrets::{self, KeyHome},
        store::DataFolder,
    };

    #[test]
    fn who_asks_while_something_is_erased_is_told_of_that_and_of_no_other_answer() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(dir.path())).unwrap();
        secrets::database_key(&folder, KeyHome::File).unwrap();
        let around = Surroundings {
            actor: Actor::CommandLine,
            engine_program: std::path::PathBuf::new(),
            resources: None,
            on_engine_change: Box::new(|| ()),
        };
        let app = App::open(&folder, around).unwrap();
        let take = |task| Place::take(&app.gate, ConversationId::new(), task).map(drop);
        let of_client = || Place::of_client(&app.gate, &Stop::default()).map(drop);
        let pause = app.gate.pause().unwrap();
        for refused in [take(Task::Answer), of_client()] {
            assert!(matches!(refused, Err(GateError::Paused)), "{refused:?}");
        }
        drop(pause);
        assert!(take(Task::Answer).is_ok() && of_client().is_ok());
    }
}
