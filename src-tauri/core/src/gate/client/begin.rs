//! The row of a call and all that is kept with it, written before anything leaves.

use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::{ask::Asking, leave};
use crate::{
    clients,
    costs::{CallStart, Purpose, Route, budgets},
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
    providers::local,
    sealed::{self, Packed},
};

/// A call that is about to be written, with what takes time to make: while it is written, others wait.
enum Begins<'a> {
    Here(&'a Model),
    Elsewhere {
        ready: &'a Ready,
        body: Vec<u8>,
        /// `None`: the client keeps nothing.
        kept: Option<Packed>,
        beginning: Option<Beginning>,
    },
}

impl<'a> Begins<'a> {
    fn elsewhere(gate: &Gate, ready: &'a Ready, keeps: bool) -> Result<Self, Passed> {
        let body = ready.body().map_err(Passed::by)?;
        let kept = keeps.then(|| Packed::of(&body));
        Ok(Self::Elsewhere {
            ready,
            body,
            kept,
            beginning: gate.beginnings.of(ready),
        })
    }
}

impl Asking<'_> {
    /// Write the row of the call in one transaction with its entry, with what is set aside for it, with what leaves
    /// and with the line of the connection that it is about to open.
    pub(super) fn begin(
        &self,
        asked: &mut Asked,
        before: Option<(&Outcome, i64)>,
    ) -> Result<i64, Passed> {
        let gate = self.place.gate;
        let begins = match &*asked {
            Asked::Local(model) => Begins::Here(model),
            Asked::Elsewhere(ready) => Begins::elsewhere(gate, ready, self.client.keeps_sent)?,
        };
        let begun = gate.store.write_together(|tx| {
            if let Some((outcome, call)) = before {
                let row = failed_row(outcome);
                record::end(&gate.record, tx, call, &row, None, now_ms())?;
            }
            clients::used(tx, self.client.id, now_ms())?;
            match &begins {
                Begins::Here(model) => Ok((self.begin_here(tx, model)?, None)),
                Begins::Elsewhere {
                    ready,
                    body,
                    kept,
                    beginning,
                } => {
                    let opens = ready.opens(&gate.network, tx, body)?;
                    let call = self.begin_elsewhere(tx, ready, body, kept.as_ref())?;
                    if let Some(beginning) = beginning {
                        beginning.keep(tx, call)?;
                    }
                    Ok((call, Some(opens)))
                }
            }
        });
        let (call, opens) = begun.map_err(Passed::by)?;
        if let Asked::Elsewhere(ready) = asked {
            ready.opens = opens;
        }
        Ok(call)
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
            alias: self.plan.chain.alias.as_deref(),
            model: version,
            version,
            route: Route::Local,
            decision: None,
            masked: 0,
            pictures: 0,
            moves: &self.moves,
        }
    }

    fn begin_here(&self, tx: &Connection, model: &Model) -> Result<i64, GateError> {
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
        Ok(record::begin(&self.place.gate.record, tx, &call, None)?)
    }

    fn begin_elsewhere(
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
        clients::fits(tx, self.client, most, now_ms())?;
        let call = record::begin(&self.place.gate.record, tx, &call, Some(body))?;
        budgets::reserve(tx, call, most, &TimeZone::system())?;
        if let Some(kept) = kept {
            sealed::keep_sent_of_client(tx, call, self.client.workspace_id, kept)?;
        }
        Ok(call)
    }
}
