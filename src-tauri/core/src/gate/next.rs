//! Which model of a chain would be asked, and why those before it would not: what the line under the
//! composer and "See what leaves" go by. Of a model elsewhere they are told what the answer itself
//! goes by, so that the three cannot differ.

use std::time::Instant;

use gatehouse_protocol::Constraint;
use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::{
    Gate, GateError, Review, call,
    decide::{self, Decided, Piece},
    elsewhere::{self, Ready},
    mistakes::Overruled,
    price,
    route::{Candidate, CloudModel, Plan},
};
use crate::{
    costs::{
        Move,
        budgets::{self, BudgetError, Level, Standing},
    },
    ids::WorkspaceId,
    models::Model,
    money::Money,
    now_ms,
    policy::{self, Action},
    problem::{Problem, ProblemCode},
    sealed,
    secrets::SecretError,
    settings,
};

/// A model elsewhere, before it is asked.
pub(super) struct Weighed {
    /// What it would get.
    pub ready: Ready,
    /// How the tightest budget would stand with the call; `None`: there is no budget.
    pub budget: Option<Level>,
}

/// Who would be asked.
pub(super) enum Next {
    /// One on this computer.
    Here(Box<Model>),
    /// One elsewhere, once the person has looked at what leaves if they are to.
    Away { weighed: Box<Weighed>, review: bool },
    /// Policy stops the message here, whoever else could answer.
    Blocked {
        weighed: Box<Weighed>,
        error: GateError,
    },
    /// Nobody may or can answer.
    Nobody,
}

/// The models of a chain that would not be asked, and why not.
#[derive(Default)]
pub(super) struct PassedOver(Vec<(String, GateError)>);

impl PassedOver {
    /// As it is kept with an answer.
    pub(super) fn moves(&self) -> Vec<Move> {
        let moved = |(model, error): &(String, GateError)| moved(model, error);
        self.0.iter().map(moved).collect()
    }

    /// Why the model that was chosen does not answer.
    pub(super) fn first(self) -> Option<Problem> {
        self.0.into_iter().next().map(|(_, error)| error.into())
    }

    /// Why nobody does, where they are all.
    pub(super) fn last(mut self) -> GateError {
        let last = self.0.pop().map_or(GateError::NoModel, |(_, error)| error);
        match self.moves().first() {
            Some(first) => nobody(first, last),
            None => last,
        }
    }
}

/// A model that is not asked, and why.
pub(super) fn moved(model: &str, error: &GateError) -> Move {
    Move {
        model: model.to_owned(),
        reason: Problem::new(ProblemCode::Internal, error).message,
        call: None,
    }
}

/// A model that is to answer a question with pictures and cannot look at any.
pub(super) fn takes_no_pictures(model: &str) -> GateError {
    GateError::NoPictures {
        model: model.to_owned(),
    }
}

/// Why nobody answers, where the `last` model that was left cannot and the `first` one was chosen: of a
/// model that takes no pictures, which nobody chose, a person knows nothing.
pub(super) fn nobody(first: &Move, last: GateError) -> GateError {
    match last {
        GateError::NoPictures { model } if first.model != model => GateError::NoPicturesInstead {
            reason: first.reason.trim_end_matches('.').to_owned(),
            model,
        },
        other => other,
    }
}

impl Gate {
    /// Go through a chain as the answer does, and ask nobody.
    ///
    /// # Errors
    /// [`GateError`] when something cannot be inspected or read: then nothing may leave.
    pub(super) fn next(
        &self,
        plan: &Plan,
        constraint: Option<&Constraint>,
    ) -> Result<(PassedOver, Next), GateError> {
        let mut passed = PassedOver::default();
        let candidates = &plan.chain.candidates;
        for (nth, candidate) in candidates.iter().enumerate() {
            let cloud = match candidate {
                Candidate::Local(model) if plan.shows_pictures() => {
                    let error = takes_no_pictures(&model.name);
                    passed.0.push((model.name.clone(), error));
                    continue;
                }
                Candidate::Local(model) => match call::held_here(constraint) {
                    Ok(_) => return Ok((passed, Next::Here(model.clone()))),
                    Err(error) => {
                        passed.0.push((model.name.clone(), error.into()));
                        continue;
                    }
                },
                Candidate::Elsewhere(cloud) => cloud,
            };
            let others = nth + 1 < candidates.len();
            let (weighed, verdict) =
                self.weigh(plan, cloud, constraint, &Review::NotAsked, others)?;
            let weighed = Box::new(weighed);
            let next = match verdict {
                Ok(()) => Next::Away {
                    weighed,
                    review: false,
                },
                Err(GateError::ReviewFirst { .. }) => Next::Away {
                    weighed,
                    review: true,
                },
                Err(error @ GateError::Blocked { .. }) => Next::Blocked { weighed, error },
                Err(error) => {
                    passed.0.push((cloud.model.clone(), error));
                    continue;
                }
            };
            return Ok((passed, next));
        }
        Ok((passed, Next::Nobody))
    }

    /// Make ready what a model elsewhere would get, and say whether it may be asked now. `others`:
    /// whether another model could answer instead.
    ///
    /// # Errors
    /// [`GateError`] when something cannot be inspected or read: then nothing may leave.
    pub(super) fn weigh(
        &self,
        plan: &Plan,
        cloud: &CloudModel,
        constraint: Option<&Constraint>,
        review: &Review,
        others: bool,
    ) -> Result<(Weighed, Result<(), GateError>), GateError> {
        let ready = self.prepare(plan, cloud, constraint)?;
        let workspace = plan.conversation.workspace_id;
        let looks = can_look(plan.shows_pictures(), &ready);
        let (budget, verdict) = self
            .store
            .read(|conn| self.verdict(conn, workspace, &ready, looks, review, others))?;
        let verdict = match verdict {
            // Last, so that nobody looks at what could not be sent anyway.
            Ok(()) if asks_first(&ready, review) => self.was_reviewed(plan, &ready)?,
            other => other,
        };
        Ok((Weighed { ready, budget }, verdict))
    }

    /// Whether a model elsewhere may be asked now, but for what a person has to look at first; and how
    /// the tightest budget would stand. `looks` comes from [`can_look`].
    ///
    /// # Errors
    /// [`GateError`] when the budgets cannot be read.
    pub(super) fn verdict(
        &self,
        conn: &Connection,
        workspace: WorkspaceId,
        ready: &Ready,
        looks: Result<(), GateError>,
        review: &Review,
        others: bool,
    ) -> Result<(Option<Level>, Result<(), GateError>), GateError> {
        let (budget, fits) = standing(conn, workspace, ready)?;
        let offline = settings::of_network(conn)?.offline;
        let verdict = by_policy(ready, review)
            .and(looks)
            .and_then(|()| self.can_be_reached(ready, offline, others))
            .and(fits);
        Ok((budget, verdict))
    }

    /// Inspect a conversation for a model of an account, ask policy, count, and put the request
    /// together. Nothing is sent and nothing is kept.
    ///
    /// # Errors
    /// [`GateError`] when something cannot be inspected or read: then nothing may leave.
    pub(super) fn prepare(
        &self,
        plan: &Plan,
        cloud: &CloudModel,
        constraint: Option<&Constraint>,
    ) -> Result<Ready, GateError> {
        let conversation = &plan.conversation;
        let inspection = self
            .inspector
            .of(conversation.workspace_id, &plan.policy, &plan.rules)?;
        let (masks, overruled, sees) = self.store.read(|conn| {
            let masks = sealed::masks(conn, conversation.id)?;
            let overruled = Overruled::of(conn, plan)?;
            Ok::<_, GateError>((masks, overruled, price::sees(conn, cloud)?))
        })?;
        // Of a question's own pictures nothing is left out: a model that cannot see is not asked.
        let sees = plan.shows_pictures() || sees != Some(false);
        let prompt = elsewhere::prompt(&conversation.system_prompt, &plan.turns, sees);
        let in_conversation = prompt.len();
        let mut pieces: Vec<Piece> = prompt.into_iter().map(Piece::from).collect();
        pieces.extend(elsewhere::beside(&conversation.sampling, constraint)?);
        let mut decided = decide::decide(
            &inspection,
            &plan.policy,
            cloud.destination(),
            pieces,
            masks,
            &overruled,
        );
        decided.split_beside(in_conversation);
        self.store.read(|conn| {
            Ready::new(
                conn,
                cloud.clone(),
                decided,
                &conversation.sampling,
                constraint.is_some(),
                now_ms(),
            )
        })
    }

    /// Whether anything may be sent to an account now.
    fn can_be_reached(&self, ready: &Ready, offline: bool, others: bool) -> Result<(), GateError> {
        let account = &ready.cloud.account;
        if offline {
            return Err(GateError::Offline);
        }
        if account.kind.needs_key() && !account.has_key {
            return Err(SecretError::None.into());
        }
        if others && self.health.is_out(account.id, Instant::now()) {
            return Err(GateError::LeftOut {
                account: account.name.clone(),
            });
        }
        Ok(())
    }

    /// Whether the person has let this conversation, and each of its pictures, leave for this account, and
    /// whose computer answers there, before.
    fn was_reviewed(&self, plan: &Plan, ready: &Ready) -> rusqlite::Result<Result<(), GateError>> {
        let (id, to) = (plan.conversation.id, ready.cloud.whither());
        let decided = &ready.decided;
        let reviewed = self.store.read(|conn| {
            let texts =
                decided.of_texts < Action::Ask || policy::reviews::is_reviewed(conn, id, to)?;
            let mut pictures = true;
            if decided.of_pictures == Some(Action::Ask) {
                for picture in decided.pictures() {
                    pictures &= policy::reviews::is_picture_reviewed(conn, picture.id, to)?;
                }
            }
            Ok::<_, rusqlite::Error>(texts && pictures)
        })?;
        Ok(if reviewed {
            Ok(())
        } else {
            Err(GateError::ReviewFirst {
                account: ready.cloud.account.name.clone(),
            })
        })
    }
}

/// How the tightest budget would stand with a call, and whether it may be made.
fn standing(
    conn: &Connection,
    workspace: WorkspaceId,
    ready: &Ready,
) -> Result<(Option<Level>, Result<(), GateError>), GateError> {
    let standings = budgets::standings(conn, workspace, now_ms(), &TimeZone::system())?;
    let most = ready.pricing.most();
    let fits = budgets::allow(&standings, most).map_err(|error| match error {
        BudgetError::UnknownPrice(_) if ready.pricing.uncounted => GateError::UncountedPictures {
            model: ready.cloud.model.clone(),
        },
        other => other.into(),
    });
    let with = |standing: &Standing| {
        let mut standing = *standing;
        standing.spending.reserved = standing.spending.reserved + most.unwrap_or(Money::ZERO);
        standing.level()
    };
    Ok((standings.iter().map(with).max(), fits))
}

/// What policy and the person say, whatever can be reached.
fn by_policy(ready: &Ready, review: &Review) -> Result<(), GateError> {
    if *review == Review::KeepHere {
        return Err(GateError::KeptHere);
    }
    match ready.decided.action {
        Action::Block => Err(GateError::Blocked {
            what: words(&ready.decided),
            account: ready.cloud.account.name.clone(),
        }),
        Action::KeepLocal => Err(GateError::KeptByPolicy {
            what: words(&ready.decided),
        }),
        Action::Allow | Action::Mask | Action::Ask => Ok(()),
    }
}

/// Whether the model can look at pictures, where a request `shows` some; where nobody knows, it is asked.
pub(super) fn can_look(shows: bool, ready: &Ready) -> Result<(), GateError> {
    if shows && ready.pricing.sees == Some(false) {
        return Err(takes_no_pictures(&ready.cloud.model));
    }
    Ok(())
}

/// Whether the person is to look at it, who has not let it leave for this account, unless they did before.
pub(super) fn asks_first(ready: &Ready, review: &Review) -> bool {
    ready.decided.action == Action::Ask && !review.lets(ready.cloud.account.id)
}

/// What was found, in words.
fn words(decided: &Decided) -> &'static str {
    use crate::safety::DataClass::{Personal, Secret, Special};
    if decided.is_for_pictures() {
        return "a picture, which nobody has looked through,";
    }
    match decided.class {
        None => "it",
        Some(Personal) => "personal data",
        Some(Special) => "data of a special category, such as health data,",
        Some(Secret) => "a password or another secret",
    }
}
