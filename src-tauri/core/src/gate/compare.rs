//! One question to several models: each writes a version of the answer, one after the other.
//!
//! No other model takes the place of one that was named: then it would not be compared. What all of
//! them can cost together is held against the budgets before the first is asked. Where policy asks the
//! person, they are shown what leaves account by account, and those are asked for which they let it go.

use std::time::Instant;

use gatehouse_protocol::Constraint;
use jiff::tz::TimeZone;

use super::{
    AnswerEvent, Ask, FoundFor, Gate, GateError, Review, Turn,
    answer::Answering,
    leaving::WhatLeaves,
    preview,
    route::{self, Candidate, CloudModel, Plan},
    work::{Place, Task},
};
use crate::{
    aliases::Link,
    chat::Message,
    costs::budgets,
    engine::EngineError,
    ids::{AccountId, ConversationId},
    money::Money,
    now_ms,
};

/// How many models can be compared at once.
pub const COMPARED: std::ops::RangeInclusive<usize> = 2..=6;

/// What one model made of the question.
#[derive(Debug)]
pub struct Compared {
    /// Its answer as it is kept, also when it was stopped or failed; or why it was not asked.
    pub answer: Result<Message, GateError>,
}

impl Gate {
    /// Ask several models the same. `sink` hears each answer as it hears one alone, from
    /// [`AnswerEvent::Begun`] to [`AnswerEvent::Ended`]; what came of it is returned in the order of the
    /// models. A stop ends the one that writes and asks no more. Once the person was asked, an account for
    /// which they did not let it leave gets nothing, and that is what came of its models.
    ///
    /// # Errors
    /// [`GateError`] when none was asked: the text is then still the caller's.
    /// [`GateError::ReviewFirst`] when the person is to look first at what would leave, which
    /// [`Gate::what_comparing_leaves`] shows.
    pub fn compare(
        &self,
        ask: Ask<'_>,
        models: &[Link],
        constraint: Option<&Constraint>,
        review: Review,
        sink: &mut dyn FnMut(AnswerEvent),
    ) -> Result<(ConversationId, Vec<Compared>), GateError> {
        if !COMPARED.contains(&models.len()) {
            let (least, most) = (COMPARED.start(), COMPARED.end());
            let words = format!("choose from {least} to {most} models to compare");
            return Err(GateError::Entered(words));
        }
        let id = self.conversation_of(ask)?;
        let place = Place::take(self, id, Task::Answer)?;
        self.settle_pictures(id, ask)?;
        self.all_fit(ask, models, constraint, &review)
            .inspect_err(|error| self.note_refused(id, error))?;
        let mut compared = Vec::with_capacity(models.len());
        let mut now = ask;
        for model in models {
            if place.stop.is_set() {
                break;
            }
            let answer = self.one_of_several(&place, now, model, constraint, &review, sink);
            match &answer {
                // The question stands there now: the others write other versions of this answer.
                Ok(answer) => now = Ask::Again(answer.id),
                Err(error) => self.note_refused(id, error),
            }
            compared.push(Compared { answer });
        }
        self.network.settle();
        if compared.is_empty() {
            return Err(EngineError::Stopped.into());
        }
        if compared.iter().all(|one| one.answer.is_err())
            && let Some(Compared { answer: Err(first) }) = compared.drain(..).next()
        {
            return Err(first);
        }
        Ok((id, compared))
    }

    /// What would leave if these models were asked a turn together, once for each account: of its models
    /// the one that is shown most pictures, as what is let go for an account is so for all of them. An
    /// account that would get nothing now is left out.
    ///
    /// # Errors
    /// [`GateError`] when policy blocks it, the turn is that of a chat that is not there yet, or it cannot
    /// be inspected.
    pub fn what_comparing_leaves(
        &self,
        turn: &Turn,
        models: &[Link],
    ) -> Result<Vec<WhatLeaves>, GateError> {
        let ask = turn.ask()?;
        let mut shown: Vec<(u32, WhatLeaves)> = Vec::with_capacity(models.len());
        for model in models {
            let Some((plan, cloud)) = self.plan_elsewhere(ask, model) else {
                continue;
            };
            let (weighed, verdict) = self.weigh(&plan, &cloud, None, &Review::NotAsked, false)?;
            let asks = match verdict {
                Ok(()) => false,
                Err(GateError::ReviewFirst { .. }) => true,
                Err(error @ GateError::Blocked { .. }) => return Err(error),
                Err(_) => continue,
            };
            let pictures = weighed.ready.decided.shown();
            let leaves = preview::shown(&plan, &weighed.ready, Vec::new(), asks)?;
            let known = shown
                .iter_mut()
                .find(|(_, other)| other.account_id == leaves.account_id);
            match known {
                Some(known) if known.0 < pictures => *known = (pictures, leaves),
                Some(_) => {}
                None => shown.push((pictures, leaves)),
            }
        }
        for _ in &shown {
            self.note_shown(turn)?;
        }
        Ok(shown.into_iter().map(|(_, leaves)| leaves).collect())
    }

    /// What was found in a turn for these models, once for each account that one of them is of, whether or not
    /// it may leave there; nothing where all are on this computer.
    ///
    /// # Errors
    /// [`GateError`] when the turn is that of a chat that is not there yet, or it cannot be inspected.
    pub fn found_comparing(
        &self,
        turn: &Turn,
        models: &[Link],
    ) -> Result<Vec<FoundFor>, GateError> {
        let ask = turn.ask()?;
        let mut accounts: Vec<(AccountId, FoundFor)> = Vec::with_capacity(models.len());
        for model in models {
            let Some((plan, cloud)) = self.plan_elsewhere(ask, model) else {
                continue;
            };
            let ready = self.prepare(&plan, &cloud, None)?;
            let found = FoundFor::of(&plan, &ready);
            let id = cloud.account.id;
            match accounts.iter_mut().find(|(known, _)| *known == id) {
                Some((_, known)) => known.add(found),
                None => accounts.push((id, found)),
            }
        }
        for _ in &accounts {
            self.note_shown(turn)?;
        }
        Ok(accounts.into_iter().map(|(_, found)| found).collect())
    }

    /// A model elsewhere and what decides about it; `None`: it is on this computer, or cannot be asked,
    /// which is told when it is its turn.
    fn plan_elsewhere(&self, ask: Ask<'_>, model: &Link) -> Option<(Plan, CloudModel)> {
        let plan = self
            .store
            .read(|conn| route::plan_for(conn, ask, model))
            .ok()?;
        let Some(Candidate::Elsewhere(cloud)) = plan.chain.candidates.first() else {
            return None;
        };
        let cloud = CloudModel::clone(cloud);
        Some((plan, cloud))
    }

    fn one_of_several(
        &self,
        place: &Place<'_>,
        ask: Ask<'_>,
        model: &Link,
        constraint: Option<&Constraint>,
        review: &Review,
        sink: &mut dyn FnMut(AnswerEvent),
    ) -> Result<Message, GateError> {
        let plan = self.store.read(|conn| route::plan_for(conn, ask, model))?;
        let answering = Answering {
            place,
            plan,
            ask,
            constraint: constraint.cloned(),
            said: review.clone(),
            is_noted: false,
            rows: None,
            moves: Vec::new(),
            since: Instant::now(),
        };
        let answer = answering.run(sink).map_err(|error| match error {
            GateError::ReviewFirst { account } => GateError::NotLetGo { account },
            other => other,
        })?;
        sink(AnswerEvent::Ended {
            answer: Box::new(answer.clone()),
        });
        Ok(answer)
    }

    /// Whether all that may be asked can be paid together, and nothing is to be looked at before. What
    /// keeps one of them from answering is told when it is its turn.
    fn all_fit(
        &self,
        ask: Ask<'_>,
        models: &[Link],
        constraint: Option<&Constraint>,
        review: &Review,
    ) -> Result<(), GateError> {
        let mut together = Some(Money::ZERO);
        let mut workspace = None;
        let mut look_first = None;
        for model in models {
            let Some((plan, cloud)) = self.plan_elsewhere(ask, model) else {
                continue;
            };
            let (weighed, verdict) = self.weigh(&plan, &cloud, constraint, review, false)?;
            match verdict {
                Ok(()) => {}
                // Last, so that nobody looks at what could not be sent anyway.
                Err(error @ GateError::ReviewFirst { .. }) if *review == Review::NotAsked => {
                    look_first.get_or_insert(error);
                }
                Err(error @ (GateError::Blocked { .. } | GateError::Budget(_))) => {
                    return Err(error);
                }
                Err(_) => continue,
            }
            workspace = Some(plan.conversation.workspace_id);
            let most = weighed.ready.pricing.most();
            together = together.zip(most).map(|(sum, most)| sum + most);
        }
        let Some(workspace) = workspace else {
            return Ok(());
        };
        let standings = self
            .store
            .read(|conn| budgets::standings(conn, workspace, now_ms(), &TimeZone::system()))?;
        budgets::allow(&standings, together)?;
        look_first.map_or(Ok(()), Err)
    }
}
