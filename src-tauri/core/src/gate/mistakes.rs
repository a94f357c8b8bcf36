//! What was found and is none: a person says so, and for their conversation it is no finding any more.
//!
//! It holds for one value in one conversation, as each turn sends those before it again. Nothing else
//! changes: what lies below the finding is found, and what the value is in another conversation is for
//! the policy. A secret that was guessed needs a second word; one that its form proves is never let go,
//! whatever a person says.

use gatehouse_protocol::Constraint;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::json;
use specta::Type;

use super::{
    Found, Gate, GateError, Turn,
    decide::Piece,
    elsewhere::{self, Ready},
    leaving, record,
    route::{Candidate, Plan},
};
use crate::{
    now_ms, policy,
    problem::{Problem, ProblemCode},
    record::{Action, Event, Subject},
    safety::{
        DataClass, Finding, Kind,
        mask::{self, Unmasked},
    },
    sealed::{self, Marks},
};

/// Something that was found, which a person calls a mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Mistake {
    /// What it was taken for, such as `HEALTH_CONDITION`.
    pub kind: String,
    /// The value.
    pub text: String,
}

/// What it takes to call a finding a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Overruling {
    /// A word.
    Freely,
    /// A second word: it is taken for a secret.
    Surely,
    /// It cannot be: its form proves it a secret.
    Never,
}

impl Overruling {
    pub(super) fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Password | Kind::HighEntropy | Kind::Own { .. } => match kind.class() {
                DataClass::Secret => Self::Surely,
                _ => Self::Freely,
            },
            kind if kind.class() == DataClass::Secret => Self::Never,
            _ => Self::Freely,
        }
    }
}

/// Why a finding stays one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MistakeError {
    /// It is not in what would leave.
    #[error("nothing like that was found in what would leave")]
    NotFound,
    /// Its form proves it.
    #[error("its form proves that this is a key or a password, and those never leave")]
    Proven,
    /// A secret needs a second word.
    #[error("it was taken for a password or another secret: say that you are sure that it is none")]
    NotSure,
}

impl From<MistakeError> for Problem {
    fn from(error: MistakeError) -> Self {
        let code = match error {
            MistakeError::NotFound => ProblemCode::NotFound,
            MistakeError::Proven => ProblemCode::NotAllowed,
            MistakeError::NotSure => ProblemCode::InvalidInput,
        };
        Problem::new(code, error)
    }
}

/// What was found for a model that was chosen, whoever answers.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FoundFor {
    /// The model.
    pub model: String,
    /// The account that it is of.
    pub account: String,
    /// What was found, each value once.
    pub found: Vec<Found>,
}

impl FoundFor {
    pub(super) fn of(plan: &Plan, ready: &Ready) -> Self {
        Self {
            model: ready.cloud.model.clone(),
            account: ready.cloud.account.name.clone(),
            found: all_found(plan, ready),
        }
    }

    /// Take in what was found for another model of the same account, which may be told more of the
    /// conversation.
    pub(super) fn add(&mut self, other: Self) {
        for found in other.found {
            let is_known = |known: &Found| known.kind == found.kind && known.text == found.text;
            if !self.found.iter().any(is_known) {
                self.found.push(found);
            }
        }
    }
}

/// What is no finding in one conversation.
#[derive(Debug, Default)]
pub(super) struct Overruled {
    said: Vec<Mistake>,
    kept: Option<Marks>,
}

impl Overruled {
    /// What was said for a plan, and what is kept with its conversation.
    pub(super) fn of(conn: &Connection, plan: &Plan) -> Result<Self, GateError> {
        Ok(Self {
            said: plan.mistakes.clone(),
            kept: sealed::overruled(conn, plan.conversation.id)?,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.said.is_empty() && self.kept.is_none()
    }

    /// Whether a finding in a text is none.
    pub(super) fn has(&self, finding: &Finding, text: &str) -> bool {
        if self.is_empty() || Overruling::of(&finding.kind) == Overruling::Never {
            return false;
        }
        let value = &text[finding.bytes.clone()];
        let said = self
            .said
            .iter()
            .any(|mistake| mistake.is(&finding.kind, value));
        said || self.names(&mask::same(&finding.kind, value))
    }

    /// Whether what has this in common is kept as none.
    pub(super) fn names(&self, same: &str) -> bool {
        self.kept.as_ref().is_some_and(|marks| marks.has(same))
    }

    /// Nothing where nothing is overruled; else it changes with what is.
    pub(super) fn fingerprint(&self) -> Vec<u8> {
        let mut of = Vec::new();
        for mistake in &self.said {
            of.extend_from_slice(&(mistake.kind.len() as u64).to_be_bytes());
            of.extend_from_slice(mistake.kind.as_bytes());
            of.extend_from_slice(&(mistake.text.len() as u64).to_be_bytes());
            of.extend_from_slice(mistake.text.as_bytes());
        }
        if let Some(marks) = &self.kept {
            of.extend_from_slice(&marks.fingerprint());
        }
        of
    }
}

impl Mistake {
    fn is(&self, kind: &Kind, value: &str) -> bool {
        self.kind == kind.name() && mask::same(kind, &self.text) == mask::same(kind, value)
    }
}

impl Gate {
    /// What was found in a turn whose answer is held to `constraint`, for the model that was chosen for it, and
    /// what a person has called a mistake; `None`: that is one on this computer, which may read everything.
    ///
    /// # Errors
    /// [`GateError`] when the turn cannot be inspected.
    pub fn found_in(
        &self,
        turn: &Turn,
        constraint: Option<&Constraint>,
    ) -> Result<Option<FoundFor>, GateError> {
        let plan = self.store.read(|conn| turn.plan(conn))?;
        let chosen = plan
            .chain
            .candidates
            .iter()
            .find_map(|candidate| match candidate {
                Candidate::Elsewhere(cloud) => Some(cloud),
                Candidate::Local(_) => None,
            });
        let Some(cloud) = chosen else { return Ok(None) };
        let ready = self.prepare(&plan, cloud, constraint)?;
        self.note_shown(turn)?;
        Ok(Some(FoundFor::of(&plan, &ready)))
    }

    /// Let something leave as written that was found in a turn whose answer is held to `constraint`, in its
    /// conversation from now on.
    /// `sure`: that it is no secret was said a second time. For the first message of a new conversation
    /// nothing is kept: then it is only looked at whether it may be.
    ///
    /// # Errors
    /// [`MistakeError`] when it was not found or stays what it is; another [`GateError`] when the turn
    /// cannot be inspected.
    pub fn overrule(
        &self,
        turn: &Turn,
        constraint: Option<&Constraint>,
        mistake: &Mistake,
        sure: bool,
    ) -> Result<(), GateError> {
        let plan = self.store.read(|conn| turn.plan(conn))?;
        let kind = self.kind_of(&plan, constraint, mistake)?;
        match Overruling::of(&kind) {
            Overruling::Never => return Err(MistakeError::Proven.into()),
            Overruling::Surely if !sure => return Err(MistakeError::NotSure.into()),
            _ => {}
        }
        self.store.write(|tx| {
            let Some(conversation) = turn.conversation(tx)? else {
                return Ok(());
            };
            if sealed::overrule(tx, conversation, &mask::same(&kind, &mistake.text))? {
                let event = event(Action::FindingOverruled, &kind, mistake);
                let event = event.about(Subject::Conversation(conversation));
                self.record.append(tx, event, now_ms())?;
            }
            Ok(())
        })
    }

    /// Take that back: it is found again.
    ///
    /// # Errors
    /// [`MistakeError`] when nothing like it is in the turn; another [`GateError`] when the turn cannot be
    /// inspected.
    pub fn take_back(&self, turn: &Turn, mistake: &Mistake) -> Result<(), GateError> {
        let plan = self.store.read(|conn| turn.plan(conn))?;
        let kind = self.kind_of(&plan, None, mistake)?;
        self.store.write(|tx| {
            let Some(conversation) = turn.conversation(tx)? else {
                return Ok(());
            };
            if sealed::take_back(tx, conversation, &mask::same(&kind, &mistake.text))? {
                let event = event(Action::FindingRestored, &kind, mistake);
                let event = event.about(Subject::Conversation(conversation));
                self.record.append(tx, event, now_ms())?;
            }
            Ok(())
        })
    }

    /// What was found under this name and with this value, be it a mistake or not.
    fn kind_of(
        &self,
        plan: &Plan,
        constraint: Option<&Constraint>,
        mistake: &Mistake,
    ) -> Result<Kind, GateError> {
        let inspection =
            self.inspector
                .of(plan.conversation.workspace_id, &plan.policy, &plan.rules)?;
        let overruled = self.store.read(|conn| Overruled::of(conn, plan))?;
        let beside = elsewhere::beside(&plan.conversation.sampling, constraint)?;
        let beside: Vec<_> = beside.iter().map(Piece::unmasked).collect();
        let texts = plan.turns.iter().map(|said| said.text.as_str());
        let texts = texts.chain([plan.conversation.system_prompt.as_str()]);
        for text in texts.chain(beside.iter().map(Unmasked::read)) {
            // What was hidden by a mistake is only found without it.
            for found in [
                inspection.find(text),
                inspection.find_unless(text, &overruled),
            ] {
                let mut found = found.iter();
                let is = |finding: &&Finding| {
                    let value = text.get(finding.bytes.clone()).unwrap_or_default();
                    mistake.is(&finding.kind, value)
                };
                if let Some(finding) = found.find(is) {
                    return Ok(finding.kind.clone());
                }
            }
        }
        Err(MistakeError::NotFound.into())
    }
}

/// Of what was found the kind is said in the clear, and the value in private; a secret is said nowhere, for
/// it may be one.
fn event(action: Action, kind: &Kind, mistake: &Mistake) -> Event {
    let event = Event::new(action)
        .fact("kind", mask::label(kind))
        .fact("class", record::class_name(kind.class()));
    match kind.class() {
        DataClass::Secret => event,
        _ => event.payload(json!({ "text": mistake.text })),
    }
}

/// Everything that was found in a prompt, each value once; with what a person has called a mistake.
pub(super) fn all_found(plan: &Plan, ready: &Ready) -> Vec<Found> {
    let destination = ready.cloud.destination();
    let mut all: Vec<Found> = Vec::new();
    for text in ready.decided.all_texts() {
        let found = text.found.iter().map(|finding| (finding, false));
        let mistakes = text.overruled.iter().map(|finding| (finding, true));
        for (finding, overruled) in found.chain(mistakes) {
            let action = match overruled {
                true => policy::Action::Allow,
                false => plan.policy.action(Some(finding.kind.class()), destination),
            };
            let found = Found {
                overruled,
                ..leaving::found(&text.original, finding, action)
            };
            let known = |other: &Found| other.text == found.text && other.kind == found.kind;
            if !all.iter().any(known) {
                all.push(found);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_its_form_proves_a_secret_is_never_let_go() {
        for kind in Kind::ALL {
            let overruling = Overruling::of(kind);
            match kind {
                Kind::Password | Kind::HighEntropy => assert_eq!(overruling, Overruling::Surely),
                kind if kind.class() == DataClass::Secret => {
                    assert_eq!(overruling, Overruling::Never, "{}", kind.name());
                }
                kind => assert_eq!(overruling, Overruling::Freely, "{}", kind.name()),
            }
        }
        let own = Kind::Own {
            name: "CODE".into(),
            class: DataClass::Secret,
        };
        assert_eq!(Overruling::of(&own), Overruling::Surely);
    }
}
