//! The row of a call and all that is kept with it, written before anything leaves.

use std::sync::Arc;

use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::{ask::Asking, leave};
use crate::{
    clients::{self, Client},
    costs::{CallEnd, CallStart, Move, Purpose, Route, budgets},
    gate::{
        Gate, GateError,
        answer::{Asked, Passed},
        begin::failed_row,
        beginnings::Beginning,
        call::Outcome,
        elsewhere::{Ready, Wanted},
        record,
    },
    models::{self, Model, ModelKind},
    now_ms,
    providers::{local, offline::OfflineSwitch},
    record::Record,
    sealed::{self, Packed},
};

/// A call that is about to be written, with what takes time to make: while it is written, others wait. It may be
/// written on the thread of another, so all of it is its own.
struct Begins {
    log: Arc<Record>,
    offline: OfflineSwitch,
    client: Client,
    alias: Option<String>,
    moves: Vec<Move>,
    /// The call that it takes over from.
    before: Option<(CallEnd<'static>, i64)>,
}

/// What is asked, and what is kept with it.
enum AboutToAsk {
    Here(Box<Model>),
    Elsewhere {
        ready: Box<Ready>,
        body: Vec<u8>,
        /// `None`: the client keeps nothing.
        kept: Option<Packed>,
        beginning: Option<Beginning>,
    },
}

impl AboutToAsk {
    fn of(gate: &Gate, asked: Asked, keeps: bool) -> Result<Self, Passed> {
        let ready = match asked {
            Asked::Local(model) => return Ok(Self::Here(model)),
            Asked::Elsewhere(ready) => ready,
        };
        let body = ready.body().map_err(Passed::by)?;
        let kept = keeps.then(|| Packed::of(&body));
        Ok(Self::Elsewhere {
            body,
            kept,
            beginning: gate.beginnings.of(&ready),
            ready,
        })
    }
}

impl Asking<'_> {
    /// Write the row of the call in one transaction with its entry, with what is set aside for it, with what leaves
    /// and with the line of the connection that it is about to open.
    pub(super) fn begin(
        &self,
        asked: Asked,
        before: Option<(&Outcome, i64)>,
    ) -> Result<(Asked, i64), Passed> {
        let gate = self.place.gate;
        let begins = Begins {
            log: Arc::clone(&gate.record),
            offline: gate.network.offline(),
            client: self.client.clone(),
            alias: self.plan.chain.alias.clone(),
            moves: self.moves.clone(),
            before: before.map(|(outcome, call)| (failed_row(outcome), call)),
        };
        let asked = AboutToAsk::of(gate, asked, self.client.keeps_sent)?;
        let begun = gate.store.write_together(move |tx| begins.write(tx, asked));
        begun.map_err(Passed::by)
    }
}

impl Begins {
    fn write(self, tx: &Connection, asked: AboutToAsk) -> Result<(Asked, i64), GateError> {
        if let Some((row, call)) = &self.before {
            record::end(&self.log, tx, *call, row, None, now_ms())?;
        }
        clients::used(tx, self.client.id, now_ms())?;
        match asked {
            AboutToAsk::Here(model) => {
                let call = self.here(tx, &model)?;
                Ok((Asked::Local(model), call))
            }
            AboutToAsk::Elsewhere {
                mut ready,
                body,
                kept,
                beginning,
            } => {
                let opens = ready.opens(&self.offline, tx, &body)?;
                let call = self.elsewhere(tx, &ready, &body, kept.as_ref())?;
                if let Some(beginning) = beginning {
                    beginning.keep(tx, call)?;
                }
                ready.opens = Some(opens);
                Ok((Asked::Elsewhere(ready), call))
            }
        }
    }

    fn start<'s>(&'s self, version: &'s str) -> CallStart<'s> {
        CallStart {
            started_at_ms: now_ms(),
            workspace: self.client.workspace_id,
            conversation: None,
            message: None,
            client: Some(self.client.id),
            purpose: Purpose::Api,
            provider: local::NAME,
            model_id: None,
            account_id: None,
            alias: self.alias.as_deref(),
            model: version,
            version,
            route: Route::Local,
            decision: None,
            masked: 0,
            pictures: 0,
            moves: &self.moves,
        }
    }

    fn here(&self, tx: &Connection, model: &Model) -> Result<i64, GateError> {
        models::mark_used(tx, model.id, now_ms())?;
        let version = model.version();
        let call = CallStart {
            purpose: match model.summary.kind {
                ModelKind::Embedding => Purpose::Embeddings,
                ModelKind::Chat => Purpose::Api,
            },
            model_id: Some(model.id),
            model: &model.name,
            ..self.start(&version)
        };
        Ok(record::begin(&self.log, tx, &call, None)?)
    }

    fn elsewhere(
        &self,
        tx: &Connection,
        ready: &Ready,
        body: &[u8],
        kept: Option<&Packed>,
    ) -> Result<i64, GateError> {
        let account = &ready.cloud.account;
        let call = CallStart {
            purpose: match ready.wanted {
                Wanted::Vectors(_) => Purpose::Embeddings,
                Wanted::Count => Purpose::Count,
                Wanted::Answer | Wanted::Completion(_) | Wanted::Moderation(_) => Purpose::Api,
            },
            provider: account.billed_as(),
            account_id: Some(account.id),
            route: ready.route(),
            decision: Some(ready.decided.action),
            masked: ready.decided.masked,
            pictures: leave::pictures(&ready.request.messages),
            ..self.start(&ready.cloud.model)
        };
        let most = ready.pricing.most();
        clients::fits(tx, &self.client, most, now_ms())?;
        let call = record::begin(&self.log, tx, &call, Some(body))?;
        budgets::reserve(tx, call, most, &TimeZone::system())?;
        if let Some(kept) = kept {
            sealed::keep_sent_of_client(tx, call, self.client.workspace_id, kept)?;
        }
        Ok(call)
    }
}
