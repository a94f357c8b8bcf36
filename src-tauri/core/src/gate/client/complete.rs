//! A text that a model goes on with for a client, or a gap in one that it fills, without the form of a
//! conversation. Elsewhere Ollama alone is asked that, masked as everything that leaves. Nothing tells the
//! model to keep the placeholders, as there is no place to: it would go on with that, too.

use std::ops::Range;

use gatehouse_protocol::{GenerateRequest, Input, Role};
use rusqlite::Connection;

use super::{
    ClientAnswer, ClientEvent, Sampling,
    ask::{Asking, tell},
    here, leave, names,
};
use crate::{
    accounts::ProviderKind,
    clients::Client,
    engine::Stop,
    gate::{
        Gate, GateError,
        answer::{Asked, Passed},
        call::{self, Outcome},
        decide::{self, Decided, Form, Piece},
        elsewhere::{Ready, Wanted},
        inspect::Inspection,
        mistakes::Overruled,
        route::{Candidate, CloudModel},
        under_way::UnderWay,
    },
    now_ms,
    policy::Action,
    providers::{cloud::CloudRequest, ollama::CompletionRequest},
    safety::{Finding, mask::Masks},
};

/// A text that a client wants to be gone on with.
#[derive(Debug, Clone)]
pub struct CompletionWanted {
    /// What it calls the model.
    pub model: String,
    /// The text; never empty.
    pub prompt: String,
    /// What comes after the gap that is to be filled; empty: there is no gap.
    pub suffix: String,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Most tokens to write.
    pub max_tokens: u32,
}

impl Gate {
    /// Have a model go on with a text for a client. `sink` hears what it writes as it comes, and `told` the whole of
    /// it, as of [`Gate::answer_client`].
    ///
    /// # Errors
    /// [`GateError`] when nothing was asked, or the last model that was did not answer.
    pub fn complete_for_client(
        &self,
        client: &Client,
        wanted: &CompletionWanted,
        stop: &Stop,
        sink: &mut dyn FnMut(ClientEvent),
        told: &mut dyn FnMut(ClientAnswer),
    ) -> Result<(), GateError> {
        let asking = self.asking(client, &wanted.model, stop, names::resolve)?;
        let ended = asking.ask_in_turn(
            |asking, candidate, others| asking.ready_to_complete(wanted, candidate, others),
            |asking, asked, under_way| asking.complete(wanted, asked, under_way, sink),
        )?;
        ended.tell(&wanted.sampling.stop, told)
    }
}

impl Asking<'_> {
    fn ready_to_complete(
        &self,
        wanted: &CompletionWanted,
        candidate: &Candidate,
        others: bool,
    ) -> Result<Asked, Passed> {
        match candidate {
            Candidate::Local(model) => Ok(Asked::Local(model.clone())),
            Candidate::Elsewhere(cloud) if cloud.account.kind != ProviderKind::Ollama => {
                Err(Passed::Over(GateError::OnlyHere(
                    "only models on this computer and of Ollama go on with a text: ask others in /v1/chat/completions",
                )))
            }
            Candidate::Elsewhere(cloud) => {
                let priced =
                    self.prepare_completion(wanted, cloud)
                        .map_err(|error| match error {
                            // Another server may be given it.
                            GateError::KeptByPolicy { .. } => Passed::Over(error),
                            error => Passed::Ends(error),
                        })?;
                self.judged(priced, others)
            }
        }
    }

    /// Look at all that would leave, and put it into a request as it may; what it can cost is still to be read.
    fn prepare_completion<'r>(
        &self,
        wanted: &CompletionWanted,
        cloud: &'r CloudModel,
    ) -> Result<impl FnOnce(&Connection) -> Result<Ready, GateError> + use<'r>, GateError> {
        let gate = self.place.gate;
        let policy = &self.plan.policy;
        let inspection = gate
            .inspector
            .of(self.client.workspace_id, policy, &self.plan.rules)?;
        if self.is_missed_by_parts(&inspection, wanted, cloud) {
            return Err(GateError::KeptByPolicy {
                what: "a value at the gap, which only both sides of the gap together show",
            });
        }
        let decided = decide::decide(
            &inspection,
            policy,
            cloud.destination(),
            pieces(wanted),
            Masks::new(leave::mark(self.client)),
            &Overruled::default(),
        );
        let (prompt, suffix, stop) = leaving(&decided);
        let request = CloudRequest {
            model: cloud.model.clone(),
            sampling: Sampling {
                stop,
                ..wanted.sampling.clone()
            },
            ..CloudRequest::default()
        };
        let most = Some(wanted.max_tokens);
        Ok(move |conn: &Connection| {
            let ready = Ready::priced(conn, cloud.clone(), decided, request, most, now_ms())?;
            let completion = CompletionRequest {
                model: cloud.model.clone(),
                prompt,
                suffix,
                sampling: ready.request.sampling.clone(),
                max_tokens: ready.request.max_tokens,
                prompt_tokens: ready.request.prompt_tokens,
                asked_output: ready.request.asked_output,
            };
            Ok(Ready {
                wanted: Wanted::Completion(completion),
                ..ready
            })
        })
    }

    /// Whether something that may not leave as it is is found in the text as a whole, and not where the parts before
    /// and after the gap are looked at alone: the gap cuts it in two, or what gives it away stands on the other side.
    fn is_missed_by_parts(
        &self,
        inspection: &Inspection,
        wanted: &CompletionWanted,
        cloud: &CloudModel,
    ) -> bool {
        if wanted.suffix.is_empty() {
            return false;
        }
        let gap = wanted.prompt.len();
        let whole = inspection.find(&format!("{}{}", wanted.prompt, wanted.suffix));
        let before = inspection.find(&wanted.prompt);
        let after = inspection.find(&wanted.suffix);
        let action = |finding: &Finding| {
            let class = Some(finding.kind.class());
            self.plan.policy.action(class, cloud.destination())
        };
        // Found in a part, too, and no more may be done with it there.
        let is_seen = |part: &[Finding], bytes: Range<usize>, wanted: Action| {
            bytes.is_empty()
                || part.iter().any(|finding| {
                    finding.bytes.start <= bytes.start
                        && bytes.end <= finding.bytes.end
                        && action(finding) >= wanted
                })
        };
        whole.iter().any(|finding| {
            let (wanted, bytes) = (action(finding), &finding.bytes);
            let in_before = bytes.start.min(gap)..bytes.end.min(gap);
            let in_after = bytes.start.max(gap) - gap..bytes.end.max(gap) - gap;
            wanted != Action::Allow
                && !(is_seen(&before, in_before, wanted) && is_seen(&after, in_after, wanted))
        })
    }

    /// Ask the model.
    fn complete(
        &self,
        wanted: &CompletionWanted,
        asked: Asked,
        under_way: &UnderWay<'_>,
        sink: &mut dyn FnMut(ClientEvent),
    ) -> Result<Outcome, GateError> {
        let model = match asked {
            Asked::Local(model) => model,
            Asked::Elsewhere(ready) => return self.make_elsewhere(*ready, under_way, sink),
        };
        let engine = self.engine(&model, sink)?;
        let request = GenerateRequest {
            id: 0, // the engine's handle gives it one
            input: Input::Text {
                text: wanted.prompt.clone(),
                suffix: wanted.suffix.clone(),
            },
            sampling: here::sampling(&wanted.sampling, Some(wanted.max_tokens)),
            constraint: None,
            conversation: None,
        };
        let (stop, since) = (&self.place.stop, self.since);
        let mut pass_on = |event, _: &str| {
            under_way.hear(&event);
            tell(event, true, sink);
        };
        Ok(call::write_on(&engine, request, stop, since, &mut pass_on))
    }
}

/// All that would leave: the text, what comes after the gap, and what ends the answer.
fn pieces(wanted: &CompletionWanted) -> Vec<Piece> {
    let piece = |role, text: &String| Piece {
        role,
        form: Form::Words,
        text: text.clone(),
        pictures: Vec::new(),
    };
    let texts = [&wanted.prompt, &wanted.suffix];
    let texts = texts.into_iter().map(|text| piece(Role::User, text));
    let stops = wanted.sampling.stop.iter();
    texts
        .chain(stops.map(|text| piece(Role::System, text)))
        .collect()
}

/// The same as it may leave.
fn leaving(decided: &Decided) -> (String, String, Vec<String>) {
    let mut texts = decided.texts.iter().map(|text| text.leaving.clone());
    let [prompt, suffix] = [(); 2].map(|()| texts.next().unwrap_or_default());
    (prompt, suffix, texts.collect())
}
