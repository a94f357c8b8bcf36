//! The record of what happened: an append-only chain of entries that shows by itself where it was
//! changed, with what is private apart, so that it can be destroyed while the chain stays whole.
//! `docs/record-format.md` says all that a stranger needs to verify it.

mod action;
mod append;
mod certificate;
mod checkpoints;
mod copies;
mod encoding;
mod entries;
mod facts;
mod faults;
mod file;
mod follower;
mod keeper;
mod keys;
mod lookup;
mod payloads;
mod private;
mod status;
mod strays;
pub mod time_stamp;
mod timeline;
mod verify;
mod witness;

pub use action::{Action, Actor};
pub use certificate::{Certificate, CertificateError};
pub use checkpoints::Checkpoint;
pub(crate) use copies::{
    Copied, Reach, end_of_copy, has, in_copy, newest_by_a_person, reach_of_own,
};
pub(crate) use encoding::hex;
pub use facts::{Fact, Facts};
pub use faults::{StandingFault, WhileFaulty};
pub(crate) use file::Private;
pub use file::{Contents, ExportError, parse_public_key, verify_file};
pub(crate) use keeper::Unlocked;
pub use keeper::{Record, RecordError};
pub use payloads::Subject;
pub(crate) use private::{each_payload, erasures, length, private_of_client_calls};
pub use status::{Failure, Moment, RecordStatus, SetRightThen};
pub use timeline::{Choices, EntryDetails, EntryRow, FactRow, Filter, MessagePlace, ModelChoice};
pub use verify::{Fault, Notes, Verdict, VerifyError};
pub use witness::{Compared, Witness, WitnessError};

use rusqlite::Connection;

use crate::store::Migration;

pub(crate) const MIGRATIONS: &[&[Migration]] = &[
    entries::MIGRATIONS,
    payloads::MIGRATIONS,
    checkpoints::MIGRATIONS,
    lookup::MIGRATIONS,
];

/// What is to be recorded.
#[derive(Debug, Clone)]
pub struct Event {
    action: Action,
    actor: Option<Actor>,
    about: Option<Subject>,
    facts: Facts,
    payload: Option<serde_json::Value>,
}

impl Event {
    /// That something happened.
    #[must_use]
    pub fn new(action: Action) -> Self {
        Self {
            action,
            actor: None,
            about: None,
            facts: Facts::default(),
            payload: None,
        }
    }

    /// With a fact that tells nothing about a person.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<Fact>) -> Self {
        self.facts = self.facts.with(name, value);
        self
    }

    /// With a fact, if there is one.
    #[must_use]
    pub fn maybe(self, name: &'static str, value: Option<impl Into<Fact>>) -> Self {
        match value {
            Some(value) => self.fact(name, value),
            None => self,
        }
    }

    /// With the workspace of what it is about among the facts, unless they name one: entries are found by it,
    /// also once that is gone.
    fn with_workspace(self, conn: &Connection) -> rusqlite::Result<Self> {
        let (Some(subject), None) = (self.about, self.facts.get("workspace")) else {
            return Ok(self);
        };
        let workspace = subject.workspace(conn)?;
        Ok(self.maybe("workspace", workspace.map(|id| id.to_string())))
    }

    /// What it is about.
    #[must_use]
    pub fn about(mut self, subject: Subject) -> Self {
        self.about = Some(subject);
        self
    }

    /// With what may tell of a person: it is sealed, and only committed to. It needs
    /// [`Event::about`], under whose key it is.
    #[must_use]
    pub fn payload(mut self, payload: serde_json::Value) -> Self {
        self.payload = Some(payload);
        self
    }

    /// Done through something else than what this process is.
    #[must_use]
    pub(crate) fn by(mut self, actor: Actor) -> Self {
        self.actor = Some(actor);
        self
    }

    /// Done by Gatehouse itself, whatever it runs in.
    #[must_use]
    pub fn by_itself(self) -> Self {
        self.by(Actor::App)
    }
}

#[cfg(test)]
mod tests;
