//! What a provider's policy says of texts, for a client. They leave masked as everything that leaves.

use gatehouse_protocol::FinishReason;
use rusqlite::Connection;

use super::{
    Moderation,
    ask::Asking,
    ended::{Ended, failed},
    names,
};
use crate::{
    accounts::ProviderKind,
    clients::Client,
    engine::Stop,
    gate::{
        Gate, GateError,
        answer::{Asked, Passed},
        call::{CallError, Outcome},
        elsewhere::{self, Ready, Wanted},
        inspect,
        route::Candidate,
    },
    providers::cloud::ModerationRequest,
};

/// Texts that a client wants looked at.
#[derive(Debug, Clone)]
pub struct ModerationWanted {
    /// What it calls the model.
    pub model: String,
    /// The texts.
    pub texts: Vec<String>,
}

/// What is said of them, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientModerations {
    /// The model that says so.
    pub model: String,
    /// One for each text.
    pub results: Vec<Moderation>,
}

impl Gate {
    /// Ask what a provider's policy says of texts.
    ///
    /// # Errors
    /// [`GateError`] when nothing was asked, or the provider did not answer.
    pub fn moderate_for_client(
        &self,
        client: &Client,
        wanted: &ModerationWanted,
        stop: &Stop,
    ) -> Result<ClientModerations, GateError> {
        let asking = self.asking(client, &wanted.model, stop, names::resolve_elsewhere)?;
        let mut results = Vec::new();
        let asked = asking.ask_in_turn(
            |asking, candidate, others| asking.ready_to_moderate(wanted, candidate, others),
            |asking, asked, _| {
                let Asked::Elsewhere(mut ready) = asked else {
                    return Err(GateError::NoModel);
                };
                let (outcome, made) = asking.moderate(&mut ready)?;
                results = made;
                Ok(outcome)
            },
        );
        let Ended { who, outcome, .. } = asked?;
        outcome.end.map_err(failed)?;
        Ok(ClientModerations {
            model: who.name,
            results,
        })
    }
}

impl Asking<'_> {
    fn ready_to_moderate(
        &self,
        wanted: &ModerationWanted,
        candidate: &Candidate,
        others: bool,
    ) -> Result<Asked, Passed> {
        let Candidate::Elsewhere(cloud) = candidate else {
            return Err(Passed::Over(GateError::OnlyHere(
                "no model on this computer has a policy that texts can be held against",
            )));
        };
        let request = |texts| {
            Wanted::Moderation(ModerationRequest {
                model: cloud.model.clone(),
                texts,
            })
        };
        let priced = self
            .prepare_texts(&wanted.texts, cloud, request)
            .map_err(Passed::Ends)?;
        let priced = |conn: &Connection| {
            let mut ready = priced(conn)?;
            // OpenAI's guide: its moderation is free.
            ready.pricing.free |= cloud.account.kind == ProviderKind::OpenAi;
            Ok(ready)
        };
        self.judged(priced, others)
    }

    fn moderate(&self, ready: &mut Ready) -> Result<(Outcome, Vec<Moderation>), GateError> {
        let gate = self.place.gate;
        let (way, http) = gate.way_to(ready)?;
        let Wanted::Moderation(request) = &ready.wanted else {
            return Err(GateError::NoModel);
        };
        let request = inspect::as_decided(request.clone(), &ready.decided);
        let answer = way.moderate(&http, request, &self.place.stop);
        let mut outcome = Outcome::begun();
        let results = match answer {
            Ok(results) => {
                outcome.end = Ok(FinishReason::EndOfAnswer);
                results
            }
            Err(error) => {
                outcome.end = Err(CallError::Provider(error));
                Vec::new()
            }
        };
        outcome.duration = self.since.elapsed();
        gate.note_health(ready.cloud.account.id, outcome.end.as_ref().err());
        // No provider says what it counted.
        elsewhere::count_texts(&mut outcome, ready, None, way.lost_tries());
        Ok((outcome, results))
    }
}
