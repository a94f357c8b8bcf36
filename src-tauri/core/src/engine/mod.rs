//! Loaded models: one engine process each, started when needed, ended when idle, replaced when it dies.
//!
//! [`Engines`] knows which model runs in which [`Engine`]. Loading is done by a thread of its own,
//! so that whoever waits for it may stop waiting.

mod death;
mod handle;
mod load;
mod process;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use gatehouse_protocol::{LoadErrorKind, LoadRequest, LoadedModel, RequestErrorKind};

pub use death::Death;
pub(crate) use handle::Ended;
pub use handle::{Engine, InUse};
pub use load::EngineLoad;
use process::EngineProcess;

use crate::{ids::ModelId, models::Model};

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
    /// What is to be read does not fit the context; the engine lives on.
    #[error("{message}")]
    TooLong {
        /// What the engine counted.
        message: String,
        /// What the context is no larger for.
        limit: ContextLimit,
    },
    /// A person stopped the wait, cancelled the load, or took the model out of memory meanwhile.
    #[error("it was stopped before its end")]
    Stopped,
}

/// What keeps the context of a loaded model from being larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContextLimit {
    /// What a person has set.
    Setting,
    /// The memory that was free when it was loaded.
    Memory,
    /// What the model was made for.
    Model,
}

impl ContextLimit {
    /// Of a model for which this much was wanted when it was loaded.
    fn of(loaded: &LoadedModel, wanted: u32) -> Self {
        if loaded.context_tokens >= loaded.trained_context_tokens {
            Self::Model
        } else if loaded.context_tokens < wanted {
            Self::Memory
        } else {
            Self::Setting
        }
    }
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
    /// The number of its process.
    pub process: u32,
}

impl EngineSnapshot {
    /// How many requests it works on at once; none before it is loaded.
    pub(crate) fn at_once(&self) -> u32 {
        match &self.state {
            EngineState::Ready(loaded) => loaded.sequences,
            EngineState::Loading(_) | EngineState::Failed(_) => 0,
        }
    }

    /// How many of its requests it works on, and how many wait: for their turn, or until it is loaded.
    pub(crate) fn shares(&self) -> (u32, u32) {
        let all = u32::try_from(self.active).unwrap_or(u32::MAX);
        let at_work = all.min(self.at_once());
        (at_work, all - at_work)
    }
}

type OnChange = dyn Fn() + Send + Sync;

/// All engines of this program.
pub struct Engines {
    program: PathBuf,
    engines: Mutex<HashMap<ModelId, Arc<Engine>>>,
    idle_limit: Mutex<Option<Duration>>,
    meter: load::Meter,
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
            meter: load::Meter::default(),
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
    /// still be loading: see [`Engine::wait_ready`]. `wanted_context`: what was wanted when `load` was
    /// planned, which memory may have cut.
    pub fn start(
        &self,
        model: &Model,
        wanted_context: u32,
        load: &LoadRequest,
    ) -> Result<InUse, EngineError> {
        let mut engines = lock(&self.engines);
        if let Some(engine) = engines.get(&model.id).filter(|engine| engine.is_of(model)) {
            return Ok(InUse::of(engine));
        }
        let process = EngineProcess::spawn(&self.program).map_err(|error| EngineError::Start {
            program: self.program.display().to_string(),
            reason: error.to_string(),
        })?;
        let on_change = self.on_change.clone();
        let engine = Arc::new(Engine::new(
            process,
            model.sha256,
            wanted_context,
            on_change,
        ));
        let in_use = InUse::of(&engine);
        engines.insert(model.id, engine.clone());
        drop(engines);
        let loading = engine.clone();
        let load = load.clone();
        std::thread::spawn(move || loading.load(load));
        (self.on_change)();
        Ok(in_use)
    }

    /// The engine of a model, if it is loaded or loading: of this version, for another file may have been
    /// put in the place of its file since.
    pub fn get(&self, model: &Model) -> Option<InUse> {
        self.get_where(model, |_| true)
    }

    /// The same, unless it works on nothing and is to be loaded anew for a larger context that is wanted.
    pub(crate) fn get_with(&self, model: &Model, wanted_context: u32) -> Option<InUse> {
        self.get_where(model, |engine| !engine.would_grow(wanted_context))
    }

    fn get_where(&self, model: &Model, suits: impl Fn(&Engine) -> bool) -> Option<InUse> {
        lock(&self.engines)
            .get(&model.id)
            .filter(|engine| engine.is_of(model) && suits(engine))
            .map(InUse::of)
    }

    /// Let an engine go that [`Self::get_with`] does not give: at once, or with the last who works with it.
    pub(crate) fn make_way(&self, model: &Model, wanted_context: u32) {
        let mut engines = lock(&self.engines);
        let is_outdated =
            |engine: &Engine| !engine.is_of(model) || engine.would_grow(wanted_context);
        let leaving = match engines.get(&model.id) {
            Some(engine) if is_outdated(engine) => engines.remove(&model.id),
            _ => None,
        };
        drop(engines);
        let Some(engine) = leaving else { return };
        if engine.is_idle() {
            engine.dismiss();
        }
        (self.on_change)();
    }

    /// How a model was loaded, if it is ready.
    pub fn loaded(&self, model: &Model) -> Option<LoadedModel> {
        match self.get(model)?.state() {
            EngineState::Ready(loaded) => Some(loaded),
            _ => None,
        }
    }

    /// Stop loading a model, which ends its engine; answers that wait for it end with
    /// [`EngineError::Stopped`]. A model that is loaded by now stays.
    pub fn cancel_load(&self, model: ModelId) {
        let is_loading = |engine: &Arc<Engine>| {
            engine.is_alive() && matches!(engine.state(), EngineState::Loading(_))
        };
        if lock(&self.engines).get(&model).is_some_and(is_loading) {
            self.unload(model);
        }
    }

    /// End the engine of a model; answers that it works on end with [`EngineError::Stopped`].
    pub fn unload(&self, model: ModelId) {
        let engine = lock(&self.engines).remove(&model);
        if let Some(engine) = engine {
            engine.dismiss();
            (self.on_change)();
        }
    }

    /// End every engine that works on nothing, except that of `keep`.
    pub fn unload_unused(&self, keep: ModelId) {
        self.unload_where(|model, engine| model != keep && engine.is_idle());
    }

    /// End every engine, with all that it remembers.
    pub(crate) fn unload_all(&self) {
        self.unload_where(|_, _| true);
    }

    /// End every engine that has read something, with all that it remembers, once it works on nothing: those
    /// that do so now at once.
    pub(crate) fn unload_after_work(&self) {
        lock(&self.engines)
            .values()
            .for_each(|engine| engine.end_after_work());
        self.unload_idle();
    }

    /// End those engines that are idle for longer than the limit, or were to end once they are.
    fn unload_idle(&self) {
        let limit = *lock(&self.idle_limit);
        let is_over = |engine: &Engine| limit.is_some_and(|limit| engine.unused_for() > limit);
        self.unload_where(|_, engine| engine.is_idle() && (engine.is_to_end() || is_over(engine)));
    }

    /// What is chosen leaves the list before anyone can begin to use it.
    fn unload_where(&self, chosen: impl Fn(ModelId, &Engine) -> bool) {
        let leaving: Vec<_> = lock(&self.engines)
            .extract_if(|&model, engine| chosen(model, engine))
            .collect();
        for (_, engine) in &leaving {
            engine.dismiss();
        }
        if !leaving.is_empty() {
            (self.on_change)();
        }
    }

    /// All engines as they are right now: those that failed to load included, those whose load was
    /// cancelled not.
    pub fn snapshot(&self) -> Vec<EngineSnapshot> {
        let engines = lock(&self.engines);
        let mut all: Vec<_> = engines
            .iter()
            .filter(|(_, engine)| !engine.was_stopped())
            .map(|(&model, engine)| EngineSnapshot {
                model,
                state: engine.state_now(),
                active: engine.active(),
                process: engine.process_id(),
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
            engine.dismiss();
        }
    }
}

/// Look once a second, until nobody holds `engines` any more.
fn unload_idle(engines: &Weak<Engines>) {
    while let Some(engines) = engines.upgrade() {
        engines.unload_idle();
        drop(engines);
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// A lock whose data stays valid when a thread panicked while holding it: plain values, set whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(context_tokens: u32, wanted: u32) -> ContextLimit {
        let loaded = LoadedModel {
            context_tokens,
            sequences: 1,
            trained_context_tokens: 32_768,
            parameters: 0,
            embedding_length: 0,
            threads: 1,
            weights_bytes: 0,
            kv_cache_bytes: 0,
            has_chat_template: true,
        };
        ContextLimit::of(&loaded, wanted)
    }

    #[test]
    fn a_larger_setting_is_of_use_only_where_the_setting_was_the_limit() {
        assert_eq!(limit(8_192, 8_192), ContextLimit::Setting);
        assert_eq!(
            limit(8_192, 8_000),
            ContextLimit::Setting,
            "an engine rounds up"
        );
        assert_eq!(
            limit(4_096, 8_192),
            ContextLimit::Memory,
            "it was cut to fit"
        );
        assert_eq!(limit(32_768, 65_536), ContextLimit::Model);
    }
}
