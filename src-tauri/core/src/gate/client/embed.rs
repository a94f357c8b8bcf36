//! Vectors of texts for a client: on this computer by a model made for it, or elsewhere, masked as
//! everything that leaves.

use gatehouse_protocol::{FinishReason, ModelPurpose, Role};
use rusqlite::Connection;

use super::{
    ClientUsage,
    ask::Asking,
    ended::{Ended, failed},
    names,
};
use crate::{
    clients::Client,
    engine::Stop,
    gate::{
        Gate, GateError,
        answer::{Asked, Passed},
        call::{CallError, Outcome},
        decide::{self, Form, Piece},
        elsewhere::{self, Ready, Wanted},
        inspect,
        mistakes::Overruled,
        route::{Candidate, CloudModel},
    },
    now_ms,
    providers::cloud::EmbedRequest,
    safety::mask::Masks,
};

/// Texts that a client wants vectors of.
#[derive(Debug, Clone)]
pub struct EmbeddingsWanted {
    /// What it calls the model.
    pub model: String,
    /// The texts.
    pub texts: Vec<String>,
    /// How long the vectors shall be, where the model can choose.
    pub dimensions: Option<u32>,
}

/// Vectors in the order of the texts.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientVectors {
    /// The model that made them.
    pub model: String,
    /// One for each text.
    pub vectors: Vec<Vec<f32>>,
    /// What they used.
    pub usage: ClientUsage,
}

impl Gate {
    /// Make vectors of texts for a client.
    ///
    /// # Errors
    /// [`GateError`] when nothing was asked, or the model did not answer.
    pub fn embed_for_client(
        &self,
        client: &Client,
        wanted: &EmbeddingsWanted,
        stop: &Stop,
    ) -> Result<ClientVectors, GateError> {
        let asking = self.asking(client, &wanted.model, stop, names::resolve_for_vectors)?;
        let mut vectors = Vec::new();
        let asked = asking.ask_in_turn(
            |asking, candidate, others| asking.ready_to_embed(wanted, candidate, others),
            |asking, asked, _| {
                let (outcome, made) = asking.embed(wanted, asked)?;
                vectors = made;
                Ok(outcome)
            },
        );
        let Ended { who, outcome, .. } = asked?;
        outcome.end.map_err(failed)?;
        Ok(ClientVectors {
            model: who.name,
            vectors,
            usage: ClientUsage {
                input: outcome.counts.input,
                ..ClientUsage::default()
            },
        })
    }
}

impl Asking<'_> {
    fn ready_to_embed(
        &self,
        wanted: &EmbeddingsWanted,
        candidate: &Candidate,
        others: bool,
    ) -> Result<Asked, Passed> {
        match candidate {
            Candidate::Local(_) if wanted.dimensions.is_some() => {
                Err(Passed::Over(GateError::OnlyHere(
                    "a model on this computer has vectors of one length: leave dimensions out",
                )))
            }
            Candidate::Local(model) => Ok(Asked::Local(model.clone())),
            Candidate::Elsewhere(cloud) => {
                let request = |texts| {
                    Wanted::Vectors(EmbedRequest {
                        model: cloud.model.clone(),
                        texts,
                        dimensions: wanted.dimensions,
                    })
                };
                let priced = self
                    .prepare_texts(&wanted.texts, cloud, request)
                    .map_err(Passed::Ends)?;
                self.judged(priced, others)
            }
        }
    }

    /// Look at texts of which nothing comes back, and put them into a request as they may leave; what it can cost is
    /// still to be read.
    pub(super) fn prepare_texts<'r, R: FnOnce(Vec<String>) -> Wanted>(
        &self,
        texts: &[String],
        cloud: &'r CloudModel,
        request: R,
    ) -> Result<impl FnOnce(&Connection) -> Result<Ready, GateError> + use<'r, R>, GateError> {
        let gate = self.place.gate;
        let workspace = self.client.workspace_id;
        let inspection = gate
            .inspector
            .of(workspace, &self.plan.policy, &self.plan.rules)?;
        let said = texts.iter().map(|text| Piece {
            role: Role::User,
            form: Form::Words,
            text: text.clone(),
            pictures: Vec::new(),
        });
        // Nothing comes back in which a placeholder could stand, so any number does.
        let decided = decide::decide(
            &inspection,
            &self.plan.policy,
            cloud.destination(),
            said.collect(),
            Masks::new(0),
            &Overruled::default(),
        );
        let texts = decided
            .texts
            .iter()
            .map(|text| text.leaving.clone())
            .collect();
        let wanted = request(texts);
        Ok(move |conn: &Connection| {
            Ok(Ready::of_texts(
                conn,
                cloud.clone(),
                decided,
                wanted,
                now_ms(),
            )?)
        })
    }

    fn embed(
        &self,
        wanted: &EmbeddingsWanted,
        asked: Asked,
    ) -> Result<(Outcome, Vec<Vec<f32>>), GateError> {
        let (gate, stop) = (self.place.gate, &self.place.stop);
        let mut outcome = Outcome::begun();
        let vectors = match asked {
            Asked::Local(model) => {
                let engine = gate.ready(&model, ModelPurpose::Embedding, stop, &mut |_| {})?;
                let texts = inspect::for_this_computer(wanted.texts.clone());
                match engine.embed(texts, stop) {
                    Ok((vectors, tokens)) => {
                        outcome.counts.input = u64::from(tokens);
                        outcome.end = Ok(FinishReason::EndOfAnswer);
                        vectors
                    }
                    Err(error) => {
                        outcome.end = Err(CallError::Engine(error));
                        Vec::new()
                    }
                }
            }
            Asked::Elsewhere(mut ready) => self.embed_elsewhere(&mut ready, &mut outcome)?,
        };
        outcome.duration = self.since.elapsed();
        Ok((outcome, vectors))
    }

    fn embed_elsewhere(
        &self,
        ready: &mut Ready,
        outcome: &mut Outcome,
    ) -> Result<Vec<Vec<f32>>, GateError> {
        let gate = self.place.gate;
        let (way, http) = gate.way_to(ready)?;
        let Wanted::Vectors(request) = &ready.wanted else {
            return Err(GateError::NoModel);
        };
        let request = inspect::as_decided(request.clone(), &ready.decided);
        let answer = way.embed(&http, request, &self.place.stop);
        let (counted, vectors) = match answer {
            Ok(made) => {
                outcome.end = Ok(FinishReason::EndOfAnswer);
                (made.input_tokens, made.vectors)
            }
            Err(error) => {
                outcome.end = Err(CallError::Provider(error));
                (None, Vec::new())
            }
        };
        gate.note_health(ready.cloud.account.id, outcome.end.as_ref().err());
        elsewhere::count_texts(outcome, ready, counted, way.lost_tries());
        Ok(vectors)
    }
}
