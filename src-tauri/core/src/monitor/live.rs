//! What is under way right now: calls, and the engines that work on them.

use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{MonitorError, stops};
use crate::{
    app::App,
    changes::here,
    costs::{self, Purpose, Route, times},
    engine::{EngineSnapshot, EngineState},
    ids::{ConversationId, ModelId},
    models,
    record::Action,
};

/// The most calls of a list; there are seldom more than a handful.
const MOST_CALLS: u32 = 200;

/// What is under way right now.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Live {
    /// The number of the newest call, under way or not; 0: there is none. Whoever looks again knows by it
    /// that there was another, however short.
    #[specta(type = Number)]
    pub newest: i64,
    /// Calls, the oldest first.
    pub calls: Vec<LiveCall>,
    /// Engines.
    pub engines: Vec<LiveEngine>,
    /// Requests that wait for their turn with an engine, or for it to load.
    pub waiting: u32,
}

/// A call under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LiveCall {
    /// Its number in this database, from 1.
    #[specta(type = Number)]
    pub number: i64,
    /// UTC milliseconds.
    #[specta(type = Number)]
    pub started_at_ms: i64,
    /// What it is made for.
    pub purpose: Purpose,
    /// Who runs the model; `local` for this computer.
    pub provider: String,
    /// The model's name.
    pub model: String,
    /// Where the message goes.
    pub route: Route,
    /// The conversation that it is made for.
    pub conversation_id: Option<ConversationId>,
    /// What a person calls the client of the local API that asked.
    pub client: Option<String>,
    /// Tokens that it has written.
    pub tokens: u32,
    /// Whether this process makes it; another Gatehouse on the same data does otherwise, and how much that has
    /// written is not known here.
    pub here: bool,
}

/// An engine, and what it takes of the computer.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LiveEngine {
    /// Its model.
    pub model_id: ModelId,
    /// The model's name.
    pub model: String,
    /// How far it is.
    pub state: LiveState,
    /// Requests that it works on.
    pub active: u32,
    /// Requests that wait for their turn.
    pub waiting: u32,
    /// Requests that it works on at once; 0 before it is loaded.
    pub at_once: u32,
    /// Bytes of memory that its process holds; `None`: the system does not say.
    #[specta(type = Option<Number>)]
    pub resident_bytes: Option<u64>,
    /// Percent of one core since the last look; `None`: not known yet.
    #[specta(type = Option<Number>)]
    pub cpu_percent: Option<f32>,
}

/// How far an engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum LiveState {
    /// It loads.
    Loading,
    /// It is ready, or answers.
    Ready,
    /// It did not load, or it ended.
    Failed,
}

impl App {
    /// What is under way right now, in every process that has the same data open; engines of this one.
    ///
    /// # Errors
    /// [`MonitorError`] when the database fails.
    pub fn live(&self) -> Result<Live, MonitorError> {
        let (newest, calls, models) = self.store.read(|conn| {
            let calls = times::under_way(conn, MOST_CALLS)?;
            Ok::<_, MonitorError>((costs::newest(conn)?, calls, models::all(conn)?))
        })?;
        let here = self.gate.calls_under_way();
        let call = |call: times::UnderWay| LiveCall {
            tokens: here.get(&call.number).copied().unwrap_or(0),
            here: here.contains_key(&call.number),
            number: call.number,
            started_at_ms: call.started_at_ms,
            purpose: call.purpose,
            provider: call.provider,
            model: call.model,
            route: call.route,
            conversation_id: call.conversation,
            client: call.client,
        };
        let loads = self.engines.loads();
        let engine = |snapshot: EngineSnapshot| {
            let load = loads.get(&snapshot.model);
            let model = models.iter().find(|model| model.id == snapshot.model);
            let (active, waiting) = snapshot.shares();
            LiveEngine {
                model_id: snapshot.model,
                model: model.map_or("A removed model".into(), |model| model.name.clone()),
                active,
                waiting,
                at_once: snapshot.at_once(),
                resident_bytes: load.map(|load| load.resident_bytes),
                cpu_percent: load.and_then(|load| load.cpu_percent),
                state: match snapshot.state {
                    EngineState::Loading(_) => LiveState::Loading,
                    EngineState::Ready(_) => LiveState::Ready,
                    EngineState::Failed(_) => LiveState::Failed,
                },
            }
        };
        let engines: Vec<LiveEngine> = self.engines.snapshot().into_iter().map(engine).collect();
        Ok(Live {
            newest,
            calls: calls.into_iter().map(call).collect(),
            waiting: engines.iter().map(|engine| engine.waiting).sum(),
            engines,
        })
    }

    /// Stop a call that a person sees under way; one of another process ends within about a second.
    ///
    /// # Errors
    /// [`MonitorError::NotUnderWay`] when it has ended meanwhile.
    pub fn stop_call(&self, number: i64) -> Result<(), MonitorError> {
        self.change(|tx| {
            // Within the transaction: it is not stopped where that cannot be written down, and the entry
            // of its end comes after this one.
            if !self.gate.stop_call(number) && !stops::ask(tx, number)? {
                return Err(MonitorError::NotUnderWay);
            }
            Ok(((), here(Action::CallStopped).fact("call", number)))
        })
    }
}
