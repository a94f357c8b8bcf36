//! The one door: every call to a model passes here, each step a module with one job.
//!
//! ```text
//! request ─► route ─► inspect ─► decide ─► price ─► call ─► restore ─► record ─► events to the caller
//! ```
//!
//! A prompt that was not inspected cannot reach a provider: providers take `Inspected`, which only
//! this module makes.

mod access;
mod answer;
mod asking_price;
mod begin;
mod beginnings;
mod bell;
mod call;
pub mod client;
mod compare;
mod decide;
mod elsewhere;
mod end;
mod error;
mod events;
mod health;
mod inspect;
mod leaving;
mod make;
mod mistakes;
mod network;
mod next;
mod preview;
mod price;
mod record;
mod route;
mod safety;
mod telemetry;
mod title;
mod turn;
mod under_way;
mod work;

use std::sync::Arc;

use gatehouse_protocol::ModelPurpose;

pub use access::PullProgress;
pub use answer::Ask;
pub use asking_price::AskingPrice;
pub(crate) use bell::{Bell, Woken};
pub use compare::{COMPARED, Compared};
pub use decide::Review;
pub use error::{GateError, ProviderFault};
pub use events::AnswerEvent;
pub use health::AccountHealth;
pub use inspect::InspectionError;
#[cfg(test)]
pub(crate) use inspect::unchecked_in_a_test;
pub(crate) use inspect::{Inspected, Inspection};
pub use leaving::{Found, LeavingMessage, Piece, Preview, WhatLeaves};
pub use mistakes::{FoundFor, Mistake, MistakeError, Overruling};
pub(crate) use price::openai_tokens;
pub(crate) use record::{account_event, interrupted, prices_event};
pub use safety::{DestinationReport, Part, RuleTrial, SafetyReport};
pub use telemetry::{Delivery, TelemetryHeader};
pub use turn::Turn;

use crate::{
    engine::{EngineState, Engines, InUse, Stop},
    ids::ModelId,
    models::{self, Model, ModelKind},
    now_ms,
    providers::http::Limits,
    record::Record,
    secrets::ProviderKeys,
    settings::{self, Settings},
    store::Store,
};
use beginnings::Beginnings;
use health::Health;
use inspect::Inspector;
use network::Network;
use under_way::Calls;
use work::Work;

/// The door, and what it needs to let a call through.
pub struct Gate {
    store: Arc<Store>,
    engines: Arc<Engines>,
    keys: ProviderKeys,
    record: Arc<Record>,
    inspector: Inspector,
    network: Network,
    health: Health,
    /// What is being answered right now.
    work: Work,
    /// The calls of that.
    calls: Calls,
    /// Rung at the end of each.
    bell: Arc<Bell>,
    beginnings: Beginnings,
}

/// How many tokens a text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, specta::Type)]
pub struct TokenCount {
    /// Tokens.
    pub tokens: u32,
    /// Whether the model itself counted; otherwise it is estimated from the length.
    pub exact: bool,
}

impl Gate {
    /// A door over a store, the engines of this computer, the keys of providers and the record. Nothing is
    /// opened before it is needed.
    pub fn new(
        store: Arc<Store>,
        engines: Arc<Engines>,
        keys: ProviderKeys,
        record: Arc<Record>,
    ) -> Self {
        Self {
            network: Network::new(Arc::clone(&store), Limits::default()),
            calls: Calls::of(&store),
            store,
            engines,
            keys,
            record,
            inspector: Inspector::default(),
            health: Health::default(),
            work: Work::default(),
            bell: Arc::default(),
            beginnings: Beginnings::default(),
        }
    }

    /// What is rung when a call has ended.
    pub(crate) fn bell(&self) -> Arc<Bell> {
        Arc::clone(&self.bell)
    }

    /// Act on settings at once: the offline switch ends every open connection. Other processes that work with
    /// the same data obey it, too, within about a second.
    pub fn obey(&self, settings: &Settings) {
        self.network.obey(settings);
    }

    /// Bring a model into memory; `progress` gets the share that is done.
    ///
    /// # Errors
    /// [`GateError`] when it is not installed, does not fit or does not load.
    pub fn load(&self, model: ModelId, progress: &mut dyn FnMut(f32)) -> Result<(), GateError> {
        let model = self.store.write(|tx| {
            models::mark_used(tx, model, now_ms())?;
            Ok::<_, GateError>(models::get(tx, model)?)
        })?;
        let purpose = match model.summary.kind {
            ModelKind::Chat => ModelPurpose::Chat,
            ModelKind::Embedding => ModelPurpose::Embedding,
        };
        self.ready(&model, purpose, &Stop::default(), progress)?;
        Ok(())
    }

    /// Count the tokens of a text for a model on this computer. Exact when it is loaded; no model is loaded
    /// only to count.
    ///
    /// # Errors
    /// [`GateError`] when it is not installed.
    pub fn count_tokens(&self, model: ModelId, text: &str) -> Result<TokenCount, GateError> {
        let model = self.store.read(|conn| models::get(conn, model))?;
        Ok(self.count(&model, text))
    }

    /// The same for one that was read.
    fn count(&self, model: &Model, text: &str) -> TokenCount {
        let counted = self
            .engines
            .get(model)
            .filter(|engine| matches!(engine.state(), EngineState::Ready(_)))
            .and_then(|engine| engine.count_tokens(vec![text.to_owned()]).ok());
        match counted.as_deref() {
            Some([tokens]) => TokenCount {
                tokens: *tokens,
                exact: true,
            },
            _ => TokenCount {
                tokens: estimated_tokens(text),
                exact: false,
            },
        }
    }

    /// The engine of a model, loaded for a purpose: of this version of it, and with as large a context as is
    /// set by now, unless it is at work. Other models that are not in use make room if they must.
    fn ready(
        &self,
        model: &Model,
        purpose: ModelPurpose,
        stop: &Stop,
        progress: &mut dyn FnMut(f32),
    ) -> Result<InUse, GateError> {
        let settings = self.store.read(settings::get)?;
        let wanted = settings.context_tokens;
        let engine = match self.engines.get_with(model, wanted) {
            Some(engine) => engine,
            None => match self.load_request(model, purpose, &settings) {
                Ok(load) => self.engines.start(model, wanted, &load)?,
                // One that runs needs its file no more, and goes on with the context that it has.
                Err(error) => self.engines.get(model).ok_or(error)?,
            },
        };
        engine.wait_ready(stop, progress)?;
        Ok(engine)
    }
}

/// A token of English text has about four bytes; most other languages have shorter ones, so this
/// is a lower bound there. Source: the tokenizers of Llama 2 and SmolLM2 on Wikipedia text.
fn estimated_tokens(text: &str) -> u32 {
    u32::try_from(text.len().div_ceil(4)).unwrap_or(u32::MAX)
}
