//! The thread that judges alerts: after calls have ended, and now and then, as time alone can pass or
//! clear a limit. It also tells of them, those too that another Gatehouse on the same data judged first.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::alerts::{AlertNews, Judging, SHORTEST_PAUSE_MS, Told};
use crate::{
    app::App,
    gate::{Bell, Woken},
    now_ms,
    record::Record,
    store::Store,
};

/// How long alerts are not judged where no call ends.
const AT_LEAST_EVERY: Duration = Duration::from_secs(30);

/// How long it can take until is told what another process has judged: what that costs is one read of a
/// table that has a row an alert.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// The rest after judging is so many times as long as that took.
const REST: u32 = 20;

type Hear = dyn Fn(&AlertNews) + Send + Sync;

/// Who is told, and what was.
pub(super) struct Listener {
    hear: Arc<Hear>,
    pub(super) told: Told,
}

type Listening = Mutex<Option<Listener>>;

/// Judges alerts until it is dropped.
pub(crate) struct Watcher {
    bell: Arc<Bell>,
    listening: Arc<Listening>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Judge the alerts of a store whenever the bell was rung.
    pub(crate) fn start(bell: Arc<Bell>, store: Arc<Store>, record: Arc<Record>) -> Self {
        let listening: Arc<Listening> = Arc::default();
        let watching = Watching {
            bell: Arc::clone(&bell),
            store,
            record,
            listening: Arc::clone(&listening),
        };
        Self {
            bell,
            listening,
            thread: Some(thread::spawn(move || watching.run())),
        }
    }

    /// Who is told. Nothing is told while this is held.
    pub(super) fn listening(&self) -> MutexGuard<'_, Option<Listener>> {
        lock(&self.listening)
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
    /// Have told, from now on, which alerts begin or cease to fire, whichever process judges them: from
    /// another thread, so it must be quick. What fires already is no news.
    pub fn tell_alerts(&self, hear: impl Fn(&AlertNews) + Send + Sync + 'static) {
        let mut listening = self.watcher.listening();
        let told = self.judging().told().unwrap_or_else(|error| {
            tracing::warn!("alerts could not be read, so all that fire are told: {error}");
            Told::default()
        });
        *listening = Some(Listener {
            hear: Arc::new(hear),
            told,
        });
    }

    /// Have alerts judged soon.
    pub(super) fn ring(&self) {
        self.watcher.bell.ring();
    }
}

/// What the thread works with.
struct Watching {
    bell: Arc<Bell>,
    store: Arc<Store>,
    record: Arc<Record>,
    listening: Arc<Listening>,
}

impl Watching {
    fn run(&self) {
        let mut judged_at = Instant::now();
        loop {
            match self.bell.wait(LOOK_EVERY) {
                Woken::Closed => return,
                Woken::Late if judged_at.elapsed() < AT_LEAST_EVERY => self.tell(),
                Woken::Late | Woken::Rung => {
                    let began = Instant::now();
                    self.judge();
                    self.tell();
                    // Calls may end a thousand times a second.
                    let pause = began.elapsed() * REST;
                    self.bell
                        .rest(pause.max(Duration::from_millis(SHORTEST_PAUSE_MS)));
                    judged_at = Instant::now();
                }
            }
        }
    }

    fn judging(&self) -> Judging<'_> {
        Judging {
            store: &self.store,
            record: &self.record,
        }
    }

    fn judge(&self) {
        match self.judging().judge(now_ms()) {
            Ok(news) => news
                .iter()
                .for_each(|news| tracing::info!("{}", news.words)),
            Err(error) => tracing::warn!("alerts could not be judged: {error}"),
        }
    }

    /// Tell what was not told yet, if somebody listens.
    fn tell(&self) {
        let mut listening = lock(&self.listening);
        let Some(listener) = listening.as_mut() else {
            return;
        };
        let hear = Arc::clone(&listener.hear);
        let untold = self.judging().untold(&mut listener.told, now_ms());
        // Who hears of it may do anything.
        drop(listening);
        match untold {
            Ok(news) => news.iter().for_each(|news| hear(news)),
            Err(error) => tracing::warn!("alerts could not be told: {error}"),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
