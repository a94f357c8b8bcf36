//! A request from its route to the rows that are kept of its calls.

use std::{sync::Arc, time::Instant};

use gatehouse_protocol::ModelPurpose;
use rusqlite::Connection;

use super::{
    ClientAnswer, ClientEvent, ClientRequest,
    ended::{Answerer, Ended},
    here, leave, names,
};
use crate::{
    accounts::ProviderKind,
    clients::{self, Client},
    costs::Move,
    engine::{InUse, Stop},
    gate::{
        AnswerEvent, Gate, GateError, Review,
        answer::{Asked, Passed},
        call::{self, Outcome},
        elsewhere::{self, Ready},
        next::{asks_first, can_look, moved},
        record,
        route::{Candidate, Chain, CloudModel},
        under_way::UnderWay,
        work::Place,
    },
    models::Model,
    now_ms,
    policy::{self, Policy, own_rules::OwnRule},
    problem::Problem,
};

/// All that a request is decided by, read at one moment.
pub(super) struct ClientPlan {
    pub chain: Chain,
    pub policy: Policy,
    pub rules: Vec<OwnRule>,
}

/// A request that is being answered.
pub(super) struct Asking<'a> {
    pub place: Place<'a>,
    pub client: &'a Client,
    pub plan: ClientPlan,
    pub moves: Vec<Move>,
    /// When it became the turn of the model that is asked: that of an earlier one is not its time.
    pub since: Instant,
}

impl Gate {
    /// Answer a client. `sink` hears the answer as it comes, and `told` the whole of it, which must not take long: how
    /// its call ended is in line to be written then, and written when this returns, or will be when it can.
    ///
    /// # Errors
    /// [`GateError`] when nothing was asked, or the last model that was did not answer.
    pub fn answer_client(
        &self,
        client: &Client,
        request: &ClientRequest,
        stop: &Stop,
        sink: &mut dyn FnMut(ClientEvent),
        told: &mut dyn FnMut(ClientAnswer),
    ) -> Result<(), GateError> {
        let asking = self.asking(client, &request.model, stop, names::resolve)?;
        asking.run(request, sink, told)
    }

    /// Read what a request is decided by; `resolve` finds the models that its name means.
    pub(super) fn asking<'a>(
        &'a self,
        client: &'a Client,
        model: &str,
        stop: &Stop,
        resolve: fn(&Connection, &str) -> Result<Chain, GateError>,
    ) -> Result<Asking<'a>, GateError> {
        let since = Instant::now();
        let place = Place::of_client(self, stop)?;
        let read = self.store.read(|conn| {
            Ok::<_, GateError>(ClientPlan {
                chain: resolve(conn, model)?,
                policy: policy::get(conn, client.workspace_id)?,
                rules: policy::own_rules::all(conn, client.workspace_id)?,
            })
        });
        let plan = read.inspect_err(|error| self.note_refused_to(client, error))?;
        Ok(Asking {
            place,
            client,
            plan,
            moves: Vec::new(),
            since,
        })
    }

    /// Nothing was asked, and why. The refusal holds whether or not it can be written down.
    fn note_refused_to(&self, client: &Client, error: &GateError) {
        let events = [true, false].map(|is_there| record::refused_to(client, is_there, error));
        let (log, client) = (Arc::clone(&self.record), client.id);
        let noted = self.store.write_together(move |tx| {
            let [there, gone] = events;
            let is_there = clients::get(tx, client).is_ok();
            log.append(tx, if is_there { there } else { gone }, now_ms())
        });
        if let Err(error) = noted {
            tracing::warn!("a refusal could not be recorded: {error}");
        }
    }
}

impl<'a> Asking<'a> {
    fn run(
        self,
        request: &ClientRequest,
        sink: &mut dyn FnMut(ClientEvent),
        told: &mut dyn FnMut(ClientAnswer),
    ) -> Result<(), GateError> {
        let mut ended = self.ask_in_turn(
            |asking, candidate, others| asking.ready(request, candidate, others),
            |asking, asked, under_way| asking.make(request, asked, under_way, sink),
        )?;
        if ended.who.here {
            let outcome = &mut ended.outcome;
            (outcome.text, outcome.tool_calls) =
                here::heard(request, std::mem::take(&mut outcome.text));
        }
        ended.tell(&request.sampling.stop, told)
    }

    /// Ask one model after the other until one has answered.
    pub(super) fn ask_in_turn(
        mut self,
        ready: impl Fn(&Self, &Candidate, bool) -> Result<Asked, Passed>,
        mut make: impl FnMut(&Self, Asked, &UnderWay<'_>) -> Result<Outcome, GateError>,
    ) -> Result<Ended<'a>, GateError> {
        let candidates = std::mem::take(&mut self.plan.chain.candidates);
        let mut last: Option<(Answerer, Outcome, i64)> = None;
        let mut refused = GateError::NoModel;
        for (nth, candidate) in candidates.iter().enumerate() {
            let others = nth + 1 < candidates.len();
            let begun = ready(&self, candidate, others).and_then(|asked| {
                let before = last.as_ref().map(|(_, outcome, call)| (outcome, *call));
                self.begin(asked, before)
            });
            let (asked, call) = match begun {
                Ok(begun) => begun,
                Err(Passed::Over(error)) => {
                    self.moves.push(moved(candidate.name(), &error));
                    // That another model cannot be asked so says less than why this one may not be.
                    if !matches!(error, GateError::OnlyHere(_))
                        || matches!(refused, GateError::NoModel)
                    {
                        refused = error;
                    }
                    continue;
                }
                Err(Passed::Ends(error)) => {
                    refused = error;
                    break;
                }
            };
            let who = Answerer {
                name: candidate.name().to_owned(),
                here: matches!(asked, Asked::Local(_)),
            };
            let gate = self.place.gate;
            let under_way = gate.under_way(call, &self.place.stop);
            let outcome = make(&self, asked, &under_way)
                .unwrap_or_else(|error| Outcome::failed_with(error, self.since));
            let moves_on = others
                && outcome.is_silent()
                && outcome.end.as_ref().is_err_and(elsewhere::may_move);
            if !moves_on {
                return Ok(self.ended(who, outcome, call, Some(under_way)));
            }
            if let Err(error) = &outcome.end {
                self.moves.push(Move {
                    model: who.name.clone(),
                    reason: Problem::from(error).message,
                    call: Some(call),
                });
            }
            gate.came_to_nothing(&outcome, call);
            last = Some((who, outcome, call));
            self.since = Instant::now();
        }
        match last {
            Some((who, outcome, call)) => Ok(self.ended(who, outcome, call, None)),
            None => {
                self.place.gate.note_refused_to(self.client, &refused);
                Err(refused)
            }
        }
    }

    /// Whether a model may be asked, and with what.
    fn ready(
        &self,
        request: &ClientRequest,
        candidate: &Candidate,
        others: bool,
    ) -> Result<Asked, Passed> {
        if request.is_begun && !goes_on(candidate) {
            return Err(Passed::Over(GateError::OnlyHere(
                "only Anthropic's models go on with an answer that is begun (prefill): let the last message be the user's",
            )));
        }
        match candidate {
            Candidate::Local(model) => {
                here::can_answer(request).map_err(Passed::Over)?;
                Ok(Asked::Local(model.clone()))
            }
            Candidate::Elsewhere(cloud) => {
                let priced = self.prepare(request, cloud).map_err(|error| match error {
                    // What this one cannot be told another one may be.
                    GateError::OnlyHere(_) => Passed::Over(error),
                    error => Passed::Ends(error),
                })?;
                self.judged(priced, others)
            }
        }
    }

    /// What policy, the network and the budgets say of what would leave, read at one moment with what it can cost.
    pub(super) fn judged(
        &self,
        priced: impl FnOnce(&Connection) -> Result<Ready, GateError>,
        others: bool,
    ) -> Result<Asked, Passed> {
        let gate = self.place.gate;
        let judged = gate.store.read(|conn| {
            let ready = priced(conn)?;
            let verdict = self.verdict(conn, &ready, others)?;
            Ok((ready, verdict))
        });
        let (ready, verdict) = judged.map_err(Passed::Ends)?;
        let verdict = match verdict {
            // What was set aside for calls that have ended stays so until their ends are written, which whoever was
            // answered did not wait for.
            Err(GateError::Budget(_)) if gate.store.settle().is_ok() => {
                let again = gate.store.read(|conn| self.verdict(conn, &ready, others));
                again.map_err(Passed::Ends)?
            }
            verdict => verdict,
        };
        match verdict {
            Ok(()) if asks_first(&ready, &Review::NotAsked) => {
                Err(Passed::Ends(GateError::NobodyLooks {
                    account: ready.cloud.account.name.clone(),
                }))
            }
            Ok(()) => Ok(Asked::Elsewhere(Box::new(ready))),
            Err(error @ GateError::Blocked { .. }) => Err(Passed::Ends(error)),
            Err(error) => Err(Passed::Over(error)),
        }
    }

    fn verdict(
        &self,
        conn: &Connection,
        ready: &Ready,
        others: bool,
    ) -> Result<Result<(), GateError>, GateError> {
        let (gate, workspace) = (self.place.gate, self.client.workspace_id);
        let looks = can_look(leave::pictures(&ready.request.messages) > 0, ready);
        let (_, verdict) =
            gate.verdict(conn, workspace, ready, looks, &Review::NotAsked, others)?;
        Ok(verdict)
    }

    /// Look at a request, and put it together as it may leave; what it can cost is still to be read.
    pub(super) fn prepare<'r>(
        &self,
        request: &'r ClientRequest,
        cloud: &'r CloudModel,
    ) -> Result<impl FnOnce(&Connection) -> Result<Ready, GateError> + use<'r>, GateError> {
        let gate = self.place.gate;
        let inspection = gate.inspector.of(
            self.client.workspace_id,
            &self.plan.policy,
            &self.plan.rules,
        )?;
        let (decided, body) =
            leave::decide(self.client, &inspection, &self.plan.policy, cloud, request)?;
        let pictures = leave::pictures(&body.messages);
        Ok(move |conn: &Connection| {
            let most = request.max_tokens;
            let mut ready = Ready::priced(conn, cloud.clone(), decided, body, most, now_ms())?;
            ready.count_pictures(pictures);
            Ok(ready)
        })
    }

    /// Ask the model.
    fn make(
        &self,
        request: &ClientRequest,
        asked: Asked,
        under_way: &UnderWay<'_>,
        sink: &mut dyn FnMut(ClientEvent),
    ) -> Result<Outcome, GateError> {
        let stop = &self.place.stop;
        match asked {
            Asked::Local(model) => {
                let engine = self.engine(&model, sink)?;
                let streams = here::streams(request);
                let prompt = here::prompt(request)?;
                let mut pass_on = |event, _: &str| {
                    under_way.hear(&event);
                    tell(event, streams, sink);
                };
                Ok(call::local(&engine, prompt, stop, self.since, &mut pass_on))
            }
            Asked::Elsewhere(ready) => self.make_elsewhere(*ready, under_way, sink),
        }
    }

    /// The engine of a model on this computer, loaded; the client hears who is asked.
    pub(super) fn engine(
        &self,
        model: &Model,
        sink: &mut dyn FnMut(ClientEvent),
    ) -> Result<InUse, GateError> {
        sink(ClientEvent::Begun {
            model: model.name.clone(),
        });
        let (gate, stop) = (self.place.gate, &self.place.stop);
        gate.ready(model, ModelPurpose::Chat, stop, &mut |_| {})
    }

    /// Ask a model elsewhere; the client hears which, and what it writes.
    pub(super) fn make_elsewhere(
        &self,
        mut ready: Ready,
        under_way: &UnderWay<'_>,
        sink: &mut dyn FnMut(ClientEvent),
    ) -> Result<Outcome, GateError> {
        let (gate, stop) = (self.place.gate, &self.place.stop);
        sink(ClientEvent::Begun {
            model: ready.cloud.model.clone(),
        });
        let (way, http) = gate.way_to(&mut ready)?;
        let account = ready.cloud.account.id;
        let mut pass_on = |event, _: &str| {
            under_way.hear(&event);
            tell(event, true, sink);
        };
        let outcome = elsewhere::call(&http, &way, ready, stop, self.since, &mut pass_on);
        gate.note_health(account, outcome.end.as_ref().err());
        Ok(outcome)
    }
}

/// Whether a model goes on with the beginning of an answer, rather than give another one.
fn goes_on(candidate: &Candidate) -> bool {
    matches!(candidate, Candidate::Elsewhere(cloud) if cloud.account.kind == ProviderKind::Anthropic)
}

/// `streams`: whether the text is to be told as it comes.
pub(super) fn tell(event: AnswerEvent, streams: bool, sink: &mut dyn FnMut(ClientEvent)) {
    match event {
        AnswerEvent::Text {
            text,
            refusal: true,
            ..
        } if streams => sink(ClientEvent::Refusal(text)),
        AnswerEvent::Text { text, .. } if streams => sink(ClientEvent::Text(text)),
        AnswerEvent::Thinking { text } => sink(ClientEvent::Thinking(text)),
        _ => {}
    }
}
