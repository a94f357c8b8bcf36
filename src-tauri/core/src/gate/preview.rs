//! What a message would do if it were sent: where it goes, what leaves, what it costs.

use std::time::Instant;

use gatehouse_protocol::Constraint;
use jiff::tz::TimeZone;

use super::{
    Ask, Gate, GateError, Review,
    decide::{self, Decided},
    elsewhere::{self, Ready},
    leaving::{self, Found, Preview, WhatLeaves},
    route::{self, Candidate, CloudModel, Plan},
};
use crate::{
    aliases::Elsewhere,
    costs::{
        self, Route,
        budgets::{self, Level, Standing},
    },
    ids::ConversationId,
    money::Money,
    now_ms,
    policy::{self, Action, Destination},
    problem::Problem,
    sealed,
};

impl Ready {
    /// The colour of the route line.
    pub(super) fn route(&self) -> Route {
        if self.decided.masked > 0 {
            Route::Masked
        } else {
            Route::Cloud
        }
    }
}

impl Gate {
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
        let masks = self
            .store
            .read(|conn| sealed::masks(conn, conversation.id))?;
        let decided = decide::decide(
            &inspection,
            &plan.policy,
            cloud.account.destination,
            elsewhere::prompt(&conversation.system_prompt, &plan.turns),
            masks,
        );
        self.store.read(|conn| {
            Ready::new(
                conn,
                cloud.clone(),
                decided,
                &conversation.sampling,
                constraint,
                now_ms(),
            )
        })
    }

    /// Whether a request may be sent now. `others`: whether another model could answer instead.
    ///
    /// # Errors
    /// [`GateError`] that says why not.
    pub(super) fn verdict(
        &self,
        ready: &Ready,
        review: Review,
        others: bool,
        reviewed: impl FnOnce() -> rusqlite::Result<bool>,
    ) -> Result<(), GateError> {
        let account = &ready.cloud.account;
        if review == Review::KeepHere {
            return Err(GateError::KeptHere);
        }
        match ready.decided.action {
            Action::Block => return Err(blocked(&ready.decided, &account.name)),
            Action::KeepLocal => {
                return Err(GateError::KeptByPolicy {
                    what: words(&ready.decided),
                });
            }
            Action::Ask if review == Review::NotAsked && !reviewed()? => {
                return Err(GateError::ReviewFirst {
                    account: account.name.clone(),
                });
            }
            Action::Allow | Action::Mask | Action::Ask => {}
        }
        if self.network.offline.is_on() {
            return Err(GateError::Offline);
        }
        if others && self.health.is_out(account.id, Instant::now()) {
            return Err(GateError::LeftOut {
                account: account.name.clone(),
            });
        }
        Ok(())
    }

    /// What would become of a message in a conversation (`None`: a new one, for which `elsewhere` is
    /// what was chosen to answer).
    ///
    /// # Errors
    /// [`GateError`] when the conversation is not there or the database fails.
    pub fn preview(
        &self,
        conversation: Option<ConversationId>,
        elsewhere: Option<&Elsewhere>,
        text: &str,
    ) -> Result<Preview, GateError> {
        let mut plan = self.plan_for(conversation, elsewhere, text)?;
        let candidates = std::mem::take(&mut plan.chain.candidates);
        let mut because = None;
        for (nth, candidate) in candidates.iter().enumerate() {
            let others = nth + 1 < candidates.len();
            let cloud = match candidate {
                Candidate::Local(model) => {
                    let counted = self.count_tokens(conversation, text)?;
                    return Ok(here(&model.name, because, counted));
                }
                Candidate::Elsewhere(cloud) => cloud,
            };
            let ready = self.prepare(&plan, cloud, None)?;
            let reviewed = || {
                let id = plan.conversation.id;
                self.store
                    .read(|conn| policy::reviews::is_reviewed(conn, id, cloud.account.id))
            };
            let (standing, fits) = self.standing(&plan, &ready)?;
            let verdict = self
                .verdict(&ready, Review::NotAsked, others, reviewed)
                .and(fits);
            match verdict {
                Ok(()) => return Ok(leaves(&ready, because, false, standing)),
                Err(GateError::ReviewFirst { .. }) => {
                    return Ok(leaves(&ready, because, true, standing));
                }
                Err(error @ GateError::Blocked { .. }) => {
                    return Ok(Preview {
                        route: Route::Blocked,
                        ..leaves(&ready, Some(error.into()), false, standing)
                    });
                }
                Err(error) => {
                    because.get_or_insert_with(|| Problem::from(error));
                }
            }
        }
        Ok(nowhere(because))
    }

    /// What would leave with a message, exactly; `None`: it would stay on this computer.
    ///
    /// # Errors
    /// [`GateError`] when the conversation is not there or it cannot be inspected.
    pub fn what_would_leave(
        &self,
        conversation: Option<ConversationId>,
        elsewhere: Option<&Elsewhere>,
        text: &str,
    ) -> Result<Option<WhatLeaves>, GateError> {
        let plan = self.plan_for(conversation, elsewhere, text)?;
        let cloud = plan
            .chain
            .candidates
            .iter()
            .find_map(|candidate| match candidate {
                Candidate::Elsewhere(cloud) => Some(cloud),
                Candidate::Local(_) => None,
            });
        let Some(cloud) = cloud else { return Ok(None) };
        let ready = self.prepare(&plan, cloud, None)?;
        let body = elsewhere::client(&cloud.account, None)?
            .body(&ready.request)
            .map_err(GateError::from)?;
        Ok(Some(WhatLeaves {
            model: cloud.model.clone(),
            account: cloud.account.name.clone(),
            messages: leaving::messages(&body, &ready.decided.masks),
            body: String::from_utf8_lossy(&body).into_owned(),
            found: all_found(&plan, &ready),
            tokens: ready.pricing.prompt_tokens,
            exact: ready.pricing.exact,
            cost: ready.pricing.about().map(|money| money.to_string()),
        }))
    }

    /// What left with a call; `None`: nothing did, or it was erased.
    ///
    /// # Errors
    /// [`GateError`] when it is there and cannot be read.
    pub fn what_left(&self, call: i64) -> Result<Option<WhatLeaves>, GateError> {
        self.store.read(|conn| {
            let Some((conversation, body)) = sealed::sent(conn, call)? else {
                return Ok(None);
            };
            let masks = sealed::masks(conn, conversation)?;
            let summary = costs::get(conn, call)?;
            Ok(Some(WhatLeaves {
                model: summary.model,
                account: summary.account.unwrap_or_default(),
                messages: leaving::messages(&body, &masks),
                body: String::from_utf8_lossy(&body).into_owned(),
                found: Vec::new(),
                tokens: u64::from(summary.prompt_tokens),
                exact: summary.measured,
                cost: summary.cost,
            }))
        })
    }

    /// The plan of a message; a new conversation is imagined in the workspace that is open.
    fn plan_for(
        &self,
        conversation: Option<ConversationId>,
        elsewhere: Option<&Elsewhere>,
        text: &str,
    ) -> Result<Plan, GateError> {
        if let Some(id) = conversation {
            return self
                .store
                .read(|conn| route::plan(conn, Ask::Say(id, text)));
        }
        self.store
            .read(|conn| route::plan_of_new(conn, elsewhere, text))
    }

    /// How the tightest budget would stand with a call, and whether it may be made.
    fn standing(
        &self,
        plan: &Plan,
        ready: &Ready,
    ) -> Result<(Option<Level>, Result<(), GateError>), GateError> {
        let workspace = plan.conversation.workspace_id;
        let standings = self
            .store
            .read(|conn| budgets::standings(conn, workspace, now_ms(), &TimeZone::system()))?;
        let most = ready.pricing.most();
        let fits = budgets::allow(&standings, most).map_err(GateError::from);
        let with = |standing: &Standing| {
            let mut standing = *standing;
            standing.spending.reserved = standing.spending.reserved + most.unwrap_or(Money::ZERO);
            standing.level()
        };
        Ok((standings.iter().map(with).max(), fits))
    }
}

/// What stays on this computer.
fn here(model: &str, because: Option<Problem>, counted: super::TokenCount) -> Preview {
    Preview {
        route: Route::Local,
        model: Some(model.to_owned()),
        account: None,
        account_id: None,
        destination: Destination::ThisComputer,
        action: None,
        masked: 0,
        review: false,
        because,
        tokens: u64::from(counted.tokens),
        exact: counted.exact,
        about: Some(Money::ZERO.to_string()),
        most: Some(Money::ZERO.to_string()),
        budget: None,
    }
}

fn leaves(ready: &Ready, because: Option<Problem>, review: bool, budget: Option<Level>) -> Preview {
    let account = &ready.cloud.account;
    Preview {
        route: ready.route(),
        model: Some(ready.cloud.model.clone()),
        account: Some(account.name.clone()),
        account_id: Some(account.id),
        destination: account.destination,
        action: Some(ready.decided.action),
        masked: ready.decided.masked,
        review,
        because,
        tokens: ready.pricing.prompt_tokens,
        exact: ready.pricing.exact,
        about: ready.pricing.about().map(|money| money.to_string()),
        most: ready.pricing.most().map(|money| money.to_string()),
        budget,
    }
}

/// Nobody may or can answer.
fn nowhere(because: Option<Problem>) -> Preview {
    Preview {
        route: Route::Blocked,
        model: None,
        account: None,
        account_id: None,
        destination: Destination::ThisComputer,
        action: None,
        masked: 0,
        review: false,
        because: because.or_else(|| Some(GateError::NoModel.into())),
        tokens: 0,
        exact: false,
        about: None,
        most: None,
        budget: None,
    }
}

/// Everything that was found in a prompt, each value once.
fn all_found(plan: &Plan, ready: &Ready) -> Vec<Found> {
    let destination = ready.cloud.account.destination;
    let mut all: Vec<Found> = Vec::new();
    for text in &ready.decided.texts {
        for finding in text.found.iter() {
            let action = plan.policy.action(Some(finding.kind.class()), destination);
            let found = leaving::found(&text.original, finding, action);
            let known = |other: &Found| other.text == found.text && other.kind == found.kind;
            if !all.iter().any(known) {
                all.push(found);
            }
        }
    }
    all
}

fn blocked(decided: &Decided, account: &str) -> GateError {
    GateError::Blocked {
        what: words(decided),
        account: account.to_owned(),
    }
}

/// What was found, in words.
fn words(decided: &Decided) -> &'static str {
    use crate::safety::DataClass::{Personal, Secret, Special};
    match decided.class {
        None => "it",
        Some(Personal) => "personal data",
        Some(Special) => "data of a special category, such as health data,",
        Some(Secret) => "a password or another secret",
    }
}
