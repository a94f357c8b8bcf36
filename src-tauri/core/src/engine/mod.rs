//! Loaded models: one engine process each, started when needed, ended when idle, replaced when it dies.
//!
//! [`Engines`] knows which model runs in which [`Engine`]. Loading is done by a thread of its own,
//! so that whoever waits for it may stop waiting.

mod death;
mod process;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc::RecvTimeoutError,
    },
    time::{Duration, Instant},
};

use gatehouse_protocol::{
    Event, FinishReason, GenerateRequest, LoadErrorKind, LoadRequest, LoadedModel, Request,
    RequestErrorKind, Usage,
};

pub use death::Death;
use process::EngineProcess;

use crate::{gate::Inspected, ids::ModelId};

/// How often a wait looks at its stop flag.
const GLANCE: Duration = Duration::from_millis(20);

/// An engine that has not ended an answer this long after it was told to is taken for stuck.
const STUCK: Duration = Duration::from_secs(5);

/// Why an engine could not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The program is missing or may not be run.
    #[error("the engine program {program} could not be started: {reason}")]
    Start {
        /// Its path.
        program: String,
        /// What the system said.
        reason: String,
    },
    /// The model did not load.
    #[error("{message}")]
    Load {
        /// What kind of fault it was.
        kind: LoadErrorKind,
        /// What the engine found.
        message: String,
    },
    /// The process ended on its own.
    #[error("{0}")]
    Died(Death),
    /// The request cannot be done; the engine lives on.
    #[error("{message}")]
    Request {
        /// What kind of fault it was.
        kind: RequestErrorKind,
        /// What the engine found.
        message: String,
    },
    /// A person stopped the wait, or took the model out of memory meanwhile.
    #[error("it was stopped before its end")]
    Stopped,
}

/// Set once to stop one piece of work.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Stop the work.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether to stop.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How far an engine is.
#[derive(Debug, Clone)]
pub enum EngineState {
    /// Loading; the share that is done, 0 to 1.
    Loading(f32),
    /// Ready, and what was loaded.
    Ready(LoadedModel),
    /// It did not load, or it ended.
    Failed(EngineError),
}

/// An engine as it is right now.
#[derive(Debug, Clone)]
pub struct EngineSnapshot {
    /// Its model.
    pub model: ModelId,
    /// How far it is.
    pub state: EngineState,
    /// Requests it works on.
    pub active: usize,
}

type OnChange = dyn Fn() + Send + Sync;

/// All engines of this program.
pub struct Engines {
    program: PathBuf,
    engines: Mutex<HashMap<ModelId, Arc<Engine>>>,
    idle_limit: Mutex<Option<Duration>>,
    on_change: Arc<OnChange>,
}

impl Engines {
    /// No engine yet. `program` is the engine program; `on_change` is called from other threads
    /// whenever a state changes, and must be quick.
    pub fn new(program: PathBuf, on_change: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        let engines = Arc::new(Self {
            program,
            engines: Mutex::default(),
            idle_limit: Mutex::default(),
            on_change: Arc::new(on_change),
        });
        let weak = Arc::downgrade(&engines);
        std::thread::spawn(move || unload_idle(&weak));
        engines
    }

    /// How long a model may stay loaded without a request; `None`: for ever.
    pub fn set_idle_limit(&self, limit: Option<Duration>) {
        *lock(&self.idle_limit) = limit;
    }

    /// The engine of a model, started with `load` if there is none or the old one is dead. It may
    /// still be loading: see [`Engine::wait_ready`].
    pub fn start(&self, model: ModelId, load: &LoadRequest) -> Result<Arc<Engine>, EngineError> {
        let mut engines = lock(&self.engines);
        if let Some(engine) = engines.get(&model).filter(|engine| engine.is_alive()) {
            return Ok(engine.clone());
        }
        let process = EngineProcess::spawn(&self.program).map_err(|error| EngineError::Start {
            program: self.program.display().to_string(),
            reason: error.to_string(),
        })?;
        let engine = Arc::new(Engine {
            process,
            state: Mutex::new(EngineState::Loading(0.0)),
            changed: Condvar::new(),
            active: AtomicUsize::new(0),
            last_used: Mutex::new(Instant::now()),
            next_request: AtomicU64::new(1),
            dismissed: AtomicBool::new(false),
            on_change: self.on_change.clone(),
        });
        engines.insert(model, engine.clone());
        drop(engines);
        let loading = engine.clone();
        let load = load.clone();
        std::thread::spawn(move || loading.load(load));
        (self.on_change)();
        Ok(engine)
    }

    /// The engine of a model, if it is loaded or loading.
    pub fn get(&self, model: ModelId) -> Option<Arc<Engine>> {
        lock(&self.engines)
            .get(&model)
            .filter(|engine| engine.is_alive())
            .cloned()
    }

    /// How a model was loaded, if it is ready.
    pub fn loaded(&self, model: ModelId) -> Option<LoadedModel> {
        match self.get(model)?.state() {
            EngineState::Ready(loaded) => Some(loaded),
            _ => None,
        }
    }

    /// Stop loading a model.
    pub fn cancel_load(&self, model: ModelId) {
        if let Some(engine) = self.get(model) {
            engine.process.send(&Request::CancelLoad);
        }
    }

    /// End the engine of a model; answers that it works on end with [`EngineError::Stopped`].
    pub fn unload(&self, model: ModelId) {
        let engine = lock(&self.engines).remove(&model);
        if let Some(engine) = engine {
            engine.dismissed.store(true, Ordering::Relaxed);
            engine.process.end();
            (self.on_change)();
        }
    }

    /// End every engine that works on nothing, except that of `keep`.
    pub fn unload_unused(&self, keep: ModelId) {
        let unused: Vec<ModelId> = lock(&self.engines)
            .iter()
            .filter(|(model, engine)| **model != keep && engine.is_idle())
            .map(|(model, _)| *model)
            .collect();
        for model in unused {
            self.unload(model);
        }
    }

    /// All engines as they are right now, those that failed to load included.
    pub fn snapshot(&self) -> Vec<EngineSnapshot> {
        let engines = lock(&self.engines);
        let mut all: Vec<_> = engines
            .iter()
            .map(|(&model, engine)| EngineSnapshot {
                model,
                state: engine.state_now(),
                active: engine.active.load(Ordering::Relaxed),
            })
            .collect();
        all.sort_by_key(|engine| engine.model);
        all
    }
}

/// The processes end with whoever started them.
impl Drop for Engines {
    fn drop(&mut self) {
        for engine in lock(&self.engines).values() {
            engine.process.end();
        }
    }
}

/// One engine process and what is known of it.
pub struct Engine {
    process: EngineProcess,
    state: Mutex<EngineState>,
    changed: Condvar,
    active: AtomicUsize,
    last_used: Mutex<Instant>,
    next_request: AtomicU64,
    /// Ended on purpose, so its end is no failure.
    dismissed: AtomicBool,
    on_change: Arc<OnChange>,
}

impl Engine {
    /// Wait until the model is loaded; `progress` gets the share that is done.
    ///
    /// # Errors
    /// [`EngineError::Load`] or [`EngineError::Died`] when it does not load; [`EngineError::Stopped`]
    /// when `stop` is set meanwhile (the load goes on for whoever comes next).
    pub fn wait_ready(
        &self,
        stop: &Stop,
        progress: &mut dyn FnMut(f32),
    ) -> Result<LoadedModel, EngineError> {
        let mut state = lock(&self.state);
        let mut shown = -1.0;
        loop {
            match &*state {
                EngineState::Ready(model) => {
                    *lock(&self.last_used) = Instant::now();
                    return Ok(model.clone());
                }
                EngineState::Failed(error) => return Err(error.clone()),
                EngineState::Loading(_) if stop.is_set() => return Err(EngineError::Stopped),
                EngineState::Loading(fraction) => {
                    if *fraction > shown {
                        shown = *fraction;
                        progress(shown);
                    }
                }
            }
            state = self
                .changed
                .wait_timeout(state, GLANCE)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Answer an inspected conversation; `on_event` gets what happens on the way.
    ///
    /// # Errors
    /// [`EngineError::Request`] when the engine refuses it, [`EngineError::Died`] when it ends.
    pub(crate) fn generate(
        &self,
        request: Inspected<GenerateRequest>,
        stop: &Stop,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<(FinishReason, Usage), EngineError> {
        let id = self.next_request.fetch_add(1, Ordering::Relaxed);
        let request = GenerateRequest {
            id,
            ..request.into_inner()
        };
        let _working = Working::begin(self);
        let events = self.process.open(id);
        self.process.send(&Request::Generate(request));
        let mut cancelled_at: Option<Instant> = None;
        loop {
            match events.recv_timeout(GLANCE) {
                Ok(Event::Done { reason, usage, .. }) => return Ok((reason, usage)),
                Ok(Event::Failed { kind, message, .. }) => {
                    return Err(EngineError::Request { kind, message });
                }
                Ok(event) => on_event(event),
                Err(RecvTimeoutError::Disconnected) => {
                    let error = self.died();
                    // A stuck engine that was ended because the person pressed Stop: they got that.
                    let stopped = cancelled_at.is_some();
                    return Err(if stopped { EngineError::Stopped } else { error });
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            match cancelled_at {
                None if stop.is_set() => {
                    self.process.send(&Request::Cancel { id });
                    cancelled_at = Some(Instant::now());
                }
                Some(at) if at.elapsed() > STUCK => self.process.kill(),
                _ => {}
            }
        }
    }

    /// Count the tokens of texts.
    ///
    /// # Errors
    /// [`EngineError::Request`] when the engine refuses it, [`EngineError::Died`] when it ends.
    pub fn count_tokens(&self, texts: Vec<String>) -> Result<Vec<u32>, EngineError> {
        let id = self.next_request.fetch_add(1, Ordering::Relaxed);
        let events = self.process.open(id);
        self.process.send(&Request::CountTokens { id, texts });
        loop {
            match events.recv() {
                Ok(Event::Counted { counts, .. }) => return Ok(counts),
                Ok(Event::Failed { kind, message, .. }) => {
                    return Err(EngineError::Request { kind, message });
                }
                Ok(_) => {}
                Err(_) => return Err(self.died()),
            }
        }
    }

    /// How far it is.
    pub fn state(&self) -> EngineState {
        lock(&self.state).clone()
    }

    /// Whether more requests are at work than run together.
    pub fn is_crowded(&self) -> bool {
        match &*lock(&self.state) {
            EngineState::Ready(model) => {
                self.active.load(Ordering::Relaxed) > model.sequences as usize
            }
            _ => false,
        }
    }

    /// The process, so that drills can kill it.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// How far it is, noticing a process that ended while nobody used it.
    fn state_now(&self) -> EngineState {
        match self.state() {
            EngineState::Ready(_) if self.process.has_ended() => {
                EngineState::Failed(EngineError::Died(self.process.death()))
            }
            state => state,
        }
    }

    fn is_idle(&self) -> bool {
        self.active.load(Ordering::Relaxed) == 0 && matches!(self.state(), EngineState::Ready(_))
    }

    fn is_alive(&self) -> bool {
        !matches!(&*lock(&self.state), EngineState::Failed(_)) && !self.process.has_ended()
    }

    /// Load to the end; runs on a thread of its own.
    fn load(&self, request: LoadRequest) {
        self.process.send(&Request::Load(request));
        let outcome = loop {
            match self.process.next_load_event() {
                Some(Event::Loading { fraction }) => self.set_state(EngineState::Loading(fraction)),
                Some(Event::Loaded(model)) => break EngineState::Ready(model),
                Some(Event::LoadFailed { kind, message }) => {
                    break EngineState::Failed(EngineError::Load { kind, message });
                }
                Some(_) => {}
                None => break EngineState::Failed(self.died()),
            }
        };
        *lock(&self.last_used) = Instant::now();
        self.set_state(outcome);
    }

    /// The process is gone: keep why, so that the next request starts a new one.
    fn died(&self) -> EngineError {
        let error = if self.dismissed.load(Ordering::Relaxed) {
            EngineError::Stopped
        } else {
            EngineError::Died(self.process.death())
        };
        self.set_state(EngineState::Failed(error.clone()));
        error
    }

    fn set_state(&self, state: EngineState) {
        *lock(&self.state) = state;
        self.changed.notify_all();
        (self.on_change)();
    }
}

/// Counts a request for as long as it lives.
struct Working<'a>(&'a Engine);

impl<'a> Working<'a> {
    fn begin(engine: &'a Engine) -> Self {
        engine.active.fetch_add(1, Ordering::Relaxed);
        (engine.on_change)();
        Self(engine)
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::Relaxed);
        *lock(&self.0.last_used) = Instant::now();
        (self.0.on_change)();
    }
}

/// End engines that were idle for longer than the limit, until nobody holds `engines` any more.
fn unload_idle(engines: &Weak<Engines>) {
    loop {
        std::thread::sleep(Duration::from_secs(1));
        let Some(engines) = engines.upgrade() else {
            return;
        };
        let Some(limit) = *lock(&engines.idle_limit) else {
            continue;
        };
        let idle: Vec<ModelId> = lock(&engines.engines)
            .iter()
            .filter(|(_, engine)| engine.is_idle() && lock(&engine.last_used).elapsed() > limit)
            .map(|(&model, _)| model)
            .collect();
        for model in idle {
            engines.unload(model);
        }
    }
}

/// A lock whose data stays valid when a thread panicked while holding it: plain values, set whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
