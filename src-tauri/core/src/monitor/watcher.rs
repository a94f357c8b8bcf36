//! The thread that judges alerts: after calls have ended, and now and then, as time alone can pass or
//! clear a limit.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::alerts::{AlertNews, Judging, SHORTEST_PAUSE_MS};
use crate::{
    app::App,
    gate::{Bell, Woken},
    now_ms,
    record::Record,
    store::Store,
};

/// How long alerts are not judged where no call ends.
const AT_LEAST_EVERY: Duration = Duration::from_secs(30);

/// The rest after judging is so many times as long as that took.
const REST: u32 = 20;

type Hear = dyn Fn(&AlertNews) + Send + Sync;

/// Judges alerts until it is dropped.
pub(crate) struct Watcher {
    bell: Arc<Bell>,
    hear: Arc<Mutex<Option<Arc<Hear>>>>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Judge the alerts of a store whenever the bell was rung.
    pub(crate) fn start(bell: Arc<Bell>, store: Arc<Store>, record: Arc<Record>) -> Self {
        let hear: Arc<Mutex<Option<Arc<Hear>>>> = Arc::default();
        let (rung, heard) = (Arc::clone(&bell), Arc::clone(&hear));
        let thread = thread::spawn(move || watch(&rung, &store, &record, &heard));
        Self {
            bell,
            hear,
            thread: Some(thread),
        }
    }
}

/// What has ended by now is still judged, and nobody holds the store any more.
impl Drop for Watcher {
    fn drop(&mut self) {
        self.bell.close();
        if let Some(thread) = self.thread.take() {
            // A panic there was told when it happened.
            let _ = thread.join();
        }
    }
}

impl App {
    /// Have alerts told: from another thread, so it must be quick.
    pub fn tell_alerts(&self, hear: impl Fn(&AlertNews) + Send + Sync + 'static) {
        *lock(&self.watcher.hear) = Some(Arc::new(hear));
    }

    /// Have alerts judged soon.
    pub(super) fn ring(&self) {
        self.watcher.bell.ring();
    }
}

fn watch(bell: &Bell, store: &Store, record: &Record, hear: &Mutex<Option<Arc<Hear>>>) {
    while bell.wait(AT_LEAST_EVERY) != Woken::Closed {
        let began = Instant::now();
        match (Judging { store, record }).judge(now_ms()) {
            Ok(news) if news.is_empty() => {}
            Ok(news) => {
                let hear = lock(hear).clone();
                for one in &news {
                    tracing::info!("{}", one.words);
                    if let Some(hear) = &hear {
                        hear(one);
                    }
                }
            }
            Err(error) => tracing::warn!("alerts could not be judged: {error}"),
        }
        // Calls may end a thousand times a second.
        let pause = began.elapsed() * REST;
        bell.rest(pause.max(Duration::from_millis(SHORTEST_PAUSE_MS)));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
