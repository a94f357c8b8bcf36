//! One loaded model: its process, how far it is, and what is asked of it.

use std::{
    ops::ControlFlow,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc::RecvTimeoutError,
    },
    time::{Duration, Instant},
};

use gatehouse_protocol::{
    ChatMessage, Event, FinishReason, GenerateRequest, LoadErrorKind, LoadRequest, LoadedModel,
    Request, RequestErrorKind, Usage,
};

use super::{
    ContextLimit, Death, EngineError, EngineState, OnChange, Stop, lock, process::EngineProcess,
};
use crate::{gate::Inspected, models::Model};

/// How often a wait looks at its stop flag.
const GLANCE: Duration = Duration::from_millis(20);

/// An engine that has not ended an answer this long after it was told to is taken for stuck.
const STUCK: Duration = Duration::from_secs(5);

/// How an answer ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Why.
    pub reason: FinishReason,
    /// What was counted and timed.
    pub usage: Usage,
    /// The stop text that was met, if one was.
    pub stop_text: Option<String>,
}

/// One engine process and what is known of it.
pub struct Engine {
    process: EngineProcess,
    /// Of the file that it reads.
    sha256: [u8; 32],
    /// What was wanted when it was started.
    wanted_context: u32,
    state: Mutex<EngineState>,
    changed: Condvar,
    active: AtomicUsize,
    last_used: Mutex<Instant>,
    next_request: AtomicU64,
    /// It is to end once it works on nothing.
    to_end: AtomicBool,
    /// Ended on purpose, so its end is no failure.
    dismissed: AtomicBool,
    /// Ended as it did not stop.
    stuck: AtomicBool,
    on_change: Arc<OnChange>,
}

impl Engine {
    /// A process that was just started and has not been told what to load.
    pub(super) fn new(
        process: EngineProcess,
        sha256: [u8; 32],
        wanted_context: u32,
        on_change: Arc<OnChange>,
    ) -> Self {
        Self {
            process,
            sha256,
            wanted_context,
            state: Mutex::new(EngineState::Loading(0.0)),
            changed: Condvar::new(),
            active: AtomicUsize::new(0),
            last_used: Mutex::new(Instant::now()),
            next_request: AtomicU64::new(1),
            to_end: AtomicBool::new(false),
            dismissed: AtomicBool::new(false),
            stuck: AtomicBool::new(false),
            on_change,
        }
    }

    /// End it on purpose: what it works on was stopped, and did not fail.
    pub(super) fn dismiss(&self) {
        self.dismissed.store(true, Ordering::Relaxed);
        self.process.end();
    }

    /// Have it end once it works on nothing. One that is still loading has read nothing.
    pub(super) fn end_after_work(&self) {
        if matches!(self.state(), EngineState::Ready(_)) {
            self.to_end.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn is_to_end(&self) -> bool {
        self.to_end.load(Ordering::Relaxed)
    }

    /// Requests that it works on.
    pub(super) fn active(&self) -> usize {
        self.active.load(Ordering::Relaxed)
    }

    /// How the system calls its process.
    pub(super) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Since when nothing was asked of it.
    pub(super) fn unused_for(&self) -> Duration {
        lock(&self.last_used).elapsed()
    }

    /// Wait until the model is loaded; `progress` gets the share that is done.
    ///
    /// # Errors
    /// [`EngineError::Load`] or [`EngineError::Died`] when it does not load; [`EngineError::Stopped`]
    /// when a person cancels the load, or `stop` is set meanwhile (then the load goes on for whoever
    /// comes next).
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
                EngineState::Loading(fraction) if *fraction > shown => {
                    shown = *fraction;
                    // Who hears it may ask for this engine, or cancel it.
                    drop(state);
                    progress(shown);
                    state = lock(&self.state);
                    continue;
                }
                EngineState::Loading(_) => {}
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
    /// [`EngineError::Request`] or [`EngineError::TooLong`] when the engine refuses it,
    /// [`EngineError::Died`] when it ends.
    pub(crate) fn generate(
        &self,
        request: Inspected<GenerateRequest>,
        stop: &Stop,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<Ended, EngineError> {
        let id = self.next_id();
        let request = GenerateRequest {
            id,
            ..request.into_inner()
        };
        self.ask(id, &Request::Generate(request), stop, |event| match event {
            Event::Done {
                reason,
                usage,
                stop_text,
                ..
            } => ControlFlow::Break(Ended {
                reason,
                usage,
                stop_text,
            }),
            event => {
                on_event(event);
                ControlFlow::Continue(())
            }
        })
    }

    /// Count the tokens of texts.
    ///
    /// # Errors
    /// [`EngineError::Request`] or [`EngineError::TooLong`] when the engine refuses it,
    /// [`EngineError::Died`] when it ends.
    pub fn count_tokens(&self, texts: Vec<String>) -> Result<Vec<u32>, EngineError> {
        let id = self.next_id();
        let request = Request::CountTokens { id, texts };
        // It is over before anybody could stop it.
        self.ask(id, &request, &Stop::default(), |event| match event {
            Event::Counted { counts, .. } => ControlFlow::Break(counts),
            _ => ControlFlow::Continue(()),
        })
    }

    /// Count the tokens of the whole prompt of an inspected conversation, as its template writes it.
    ///
    /// # Errors
    /// [`EngineError::Request`] when the template fails, [`EngineError::Died`] when the engine ends,
    /// [`EngineError::Stopped`] when `stop` was set meanwhile.
    pub(crate) fn count_prompt(
        &self,
        messages: Inspected<Vec<ChatMessage>>,
        stop: &Stop,
    ) -> Result<u32, EngineError> {
        let id = self.next_id();
        let messages = messages.into_inner();
        let request = Request::CountPrompt { id, messages };
        self.ask(id, &request, stop, |event| match event {
            Event::Counted { counts, .. } => {
                ControlFlow::Break(counts.first().copied().unwrap_or(0))
            }
            _ => ControlFlow::Continue(()),
        })
    }

    /// Make vectors of inspected texts: one a text, and the tokens of all.
    ///
    /// # Errors
    /// [`EngineError::Request`] or [`EngineError::TooLong`] when the engine refuses it,
    /// [`EngineError::Died`] when it ends, [`EngineError::Stopped`] when `stop` was set meanwhile.
    pub(crate) fn embed(
        &self,
        texts: Inspected<Vec<String>>,
        stop: &Stop,
    ) -> Result<(Vec<Vec<f32>>, u32), EngineError> {
        let id = self.next_id();
        let texts = texts.into_inner();
        let (mut all, mut counted) = (Vec::with_capacity(texts.len()), 0u32);
        let request = Request::Embed { id, texts };
        let ended = self.ask(id, &request, stop, |event| match event {
            Event::Embedded {
                vectors,
                tokens,
                left,
                ..
            } => {
                all.extend(vectors);
                counted = counted.saturating_add(tokens);
                match left {
                    0 => ControlFlow::Break(FinishReason::EndOfAnswer),
                    _ => ControlFlow::Continue(()),
                }
            }
            Event::Done { reason, .. } => ControlFlow::Break(reason),
            _ => ControlFlow::Continue(()),
        })?;
        match ended {
            FinishReason::Cancelled => Err(EngineError::Stopped),
            _ => Ok((all, counted)),
        }
    }

    fn next_id(&self) -> u64 {
        self.next_request.fetch_add(1, Ordering::Relaxed)
    }

    /// Ask for something, and hear what is said about it until `hear` has what it wants. Once `stop` is
    /// set it is cancelled; what the engine says to that is heard as well.
    fn ask<T>(
        &self,
        id: u64,
        request: &Request,
        stop: &Stop,
        mut hear: impl FnMut(Event) -> ControlFlow<T>,
    ) -> Result<T, EngineError> {
        let events = self
            .process
            .ask(id, request)
            .map_err(|_| EngineError::TooLong {
                message: "This is more text than can be handed to a model at once.".into(),
                limit: ContextLimit::Model,
            })?;
        let mut cancelled_at: Option<Instant> = None;
        loop {
            match events.recv_timeout(GLANCE) {
                Ok(Event::Failed { kind, message, .. }) => return Err(self.refused(kind, message)),
                Ok(event) => {
                    if let ControlFlow::Break(heard) = hear(event) {
                        return Ok(heard);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let error = self.died();
                    // Ended because the person pressed Stop and it was stuck, or by the same Ctrl-C: they
                    // got what they asked for.
                    return Err(if stop.is_set() {
                        EngineError::Stopped
                    } else {
                        error
                    });
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            match cancelled_at {
                // It is counted beside the answers and holds none of them up, so the engine is not stuck.
                None if stop.is_set() && matches!(request, Request::CountPrompt { .. }) => {
                    return Err(EngineError::Stopped);
                }
                None if stop.is_set() => {
                    self.process.send(&Request::Cancel { id });
                    cancelled_at = Some(Instant::now());
                }
                Some(at) if at.elapsed() > STUCK => {
                    self.stuck.store(true, Ordering::Relaxed);
                    self.process.kill();
                }
                _ => {}
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
            EngineState::Ready(model) => self.active() > model.sequences as usize,
            _ => false,
        }
    }

    /// Whether a person ended it, which leaves nothing to tell of it.
    pub(super) fn was_stopped(&self) -> bool {
        matches!(
            &*lock(&self.state),
            EngineState::Failed(EngineError::Stopped)
        )
    }

    /// How far it is, noticing a process that ended while nobody used it.
    pub(super) fn state_now(&self) -> EngineState {
        match self.state() {
            EngineState::Ready(_) if self.process.has_ended() => {
                EngineState::Failed(EngineError::Died(self.death()))
            }
            state => state,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.active() == 0 && matches!(self.state(), EngineState::Ready(_))
    }

    /// Whether it lives and has this very version of its model.
    pub(super) fn is_of(&self, model: &Model) -> bool {
        self.sha256 == model.sha256 && self.is_alive()
    }

    /// Whether it works on nothing and would have a larger context, loaded anew where this much is wanted.
    pub(super) fn would_grow(&self, wanted_context: u32) -> bool {
        wanted_context > self.wanted_context
            && self.is_idle()
            && self.context_limit() == ContextLimit::Setting
    }

    fn context_limit(&self) -> ContextLimit {
        match &*lock(&self.state) {
            EngineState::Ready(loaded) => ContextLimit::of(loaded, self.wanted_context),
            // Nobody has met a limit of what is not loaded.
            EngineState::Loading(_) | EngineState::Failed(_) => ContextLimit::Model,
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        !matches!(&*lock(&self.state), EngineState::Failed(_)) && !self.process.has_ended()
    }

    /// Load to the end; runs on a thread of its own.
    pub(super) fn load(&self, request: LoadRequest) {
        self.process.send(&Request::Load(request));
        let outcome = loop {
            match self.process.next_load_event() {
                Some(Event::Loading { fraction }) => self.set_state(EngineState::Loading(fraction)),
                Some(Event::Loaded(model)) => break EngineState::Ready(model),
                // Cancelled by a person: for whoever waits for it that is a stop and no fault.
                Some(Event::LoadFailed {
                    kind: LoadErrorKind::Cancelled,
                    ..
                }) => break EngineState::Failed(EngineError::Stopped),
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

    fn refused(&self, kind: RequestErrorKind, message: String) -> EngineError {
        match kind {
            RequestErrorKind::PromptTooLong => EngineError::TooLong {
                message,
                limit: self.context_limit(),
            },
            kind => EngineError::Request { kind, message },
        }
    }

    /// The process is gone: keep why, so that the next request starts a new one.
    fn death(&self) -> Death {
        let death = self.process.death();
        match self.stuck.load(Ordering::Relaxed) {
            true => Death::Stuck,
            false => death,
        }
    }

    fn died(&self) -> EngineError {
        let error = if self.dismissed.load(Ordering::Relaxed) {
            EngineError::Stopped
        } else {
            EngineError::Died(self.death())
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

/// An engine that someone works with: it is not unloaded for being idle or to make room.
pub struct InUse(Arc<Engine>);

impl InUse {
    /// Called with the list of engines locked, so that none is unloaded between being found and
    /// being counted.
    pub(super) fn of(engine: &Arc<Engine>) -> Self {
        engine.active.fetch_add(1, Ordering::Relaxed);
        Self(engine.clone())
    }
}

impl std::ops::Deref for InUse {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.0
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        *lock(&self.0.last_used) = Instant::now();
        self.0.active.fetch_sub(1, Ordering::Relaxed);
        (self.0.on_change)();
    }
}
