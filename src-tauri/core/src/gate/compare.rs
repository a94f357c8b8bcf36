//! One question to several models: each writes a version of the answer, one after the other.
//!
//! No other model takes the place of one that was named: then it would not be compared. What all of
//! them can cost together is held against the budgets before the first is asked.

use std::time::Instant;

use gatehouse_protocol::Constraint;
use jiff::tz::TimeZone;

use super::{
    AnswerEvent, Ask, Gate, GateError, Review,
    answer::Answering,
    route::{self, Candidate, Plan},
    work::{Place, Task},
};
use crate::{
    aliases::Link, chat::Message, costs::budgets, engine::EngineError, ids::ConversationId,
    money::Money, now_ms,
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
    /// models. A stop ends the one that writes and asks no more.
    ///
    /// # Errors
    /// [`GateError`] when none was asked: the text is then still the caller's.
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
        self.all_fit(ask, models, constraint, review)
            .inspect_err(|error| self.note_refused(id, error))?;
        let mut compared = Vec::with_capacity(models.len());
        let mut now = ask;
        for model in models {
            if place.stop.is_set() {
                break;
            }
            let answer = self.one_of_several(&place, now, model, constraint, review, sink);
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

    fn one_of_several(
        &self,
        place: &Place<'_>,
        ask: Ask<'_>,
        model: &Link,
        constraint: Option<&Constraint>,
        review: Review,
        sink: &mut dyn FnMut(AnswerEvent),
    ) -> Result<Message, GateError> {
        let plan = self.store.read(|conn| route::plan_for(conn, ask, model))?;
        let answering = Answering {
            place,
            plan,
            ask,
            constraint: constraint.cloned(),
            review,
            rows: None,
            moves: Vec::new(),
            since: Instant::now(),
        };
        let answer = answering.run(sink)?;
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
        review: Review,
    ) -> Result<(), GateError> {
        let mut together = Some(Money::ZERO);
        let mut workspace = None;
        for model in models {
            let planned = self.store.read(|conn| route::plan_for(conn, ask, model));
            let Ok(Plan { chain, .. }) = &planned else {
                continue;
            };
            let Some(Candidate::Elsewhere(cloud)) = chain.candidates.first() else {
                continue;
            };
            let cloud = cloud.clone();
            let plan = planned?;
            let (weighed, verdict) = self.weigh(&plan, &cloud, constraint, review, false)?;
            match verdict {
                Ok(()) => {}
                Err(
                    error @ (GateError::ReviewFirst { .. }
                    | GateError::Blocked { .. }
                    | GateError::Budget(_)),
                ) => return Err(error),
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
        Ok(budgets::allow(&standings, together)?)
    }
}
