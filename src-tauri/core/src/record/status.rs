//! How the record stands, at a glance.

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{
    Action, Event, Record, RecordError, StandingFault,
    entries::{self, MILESTONES},
    facts::Facts,
};

/// How the record stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RecordStatus {
    /// Entries.
    #[specta(type = Number)]
    pub count: i64,
    /// The newest failed verification.
    pub failure: Option<Failure>,
    /// The last complete verification that found nothing.
    pub verified: Option<Moment>,
    /// The last checkpoint that was given away.
    pub witness: Option<Moment>,
    /// The code of the record as it is now.
    pub code: String,
    /// The key that strangers check it with, in hexadecimal digits.
    pub public_key: String,
}

/// An entry of the record, and when it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    /// Which entry.
    #[specta(type = Number)]
    pub sequence: i64,
    /// UTC milliseconds.
    #[specta(type = Number)]
    pub time_ms: i64,
    /// How many entries it speaks of, if it speaks of any.
    #[specta(type = Option<Number>)]
    pub count: Option<i64>,
}

/// A verification that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// When it was found.
    pub found: Moment,
    /// The name of the fault.
    pub fault: String,
    /// The entry that it is about.
    #[specta(type = Option<Number>)]
    pub at: Option<i64>,
    /// Whether a person has said that they read it.
    pub seen: bool,
    /// Whether it stands: until a person has said that they read it, and a complete verification has found
    /// the record whole since. One without the other is not enough: what is left after somebody took
    /// something away may well be whole.
    pub stands: bool,
    /// What was set right before it was written down.
    pub set_right: SetRightThen,
}

/// What was set right, by the entry that tells of the fault. Nothing of it is an entry of the record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SetRightThen {
    /// Names of tables, indexes and triggers of the record that were made again.
    pub made_anew: Vec<String>,
    /// How many tables, views, indexes and triggers of somebody else were taken out or moved aside.
    #[specta(type = Number)]
    pub removed: i64,
    /// How many checkpoints were taken out.
    #[specta(type = Number)]
    pub strays: i64,
}

impl SetRightThen {
    fn of(facts: &Facts) -> Self {
        let names = facts.text("made_anew").unwrap_or_default();
        let names = names.split(", ").filter(|name| !name.is_empty());
        Self {
            made_anew: names.map(str::to_owned).collect(),
            removed: facts.integer("removed").unwrap_or_default(),
            strays: facts.integer("strays").unwrap_or_default(),
        }
    }
}

impl Record {
    /// How it stands.
    ///
    /// # Errors
    /// [`RecordError`] when the database fails.
    pub fn status(&self) -> Result<RecordStatus, RecordError> {
        self.store().read(|conn| {
            let head = entries::head(conn)?;
            let failure = newest_failure(conn)?;
            let moment =
                |action| Ok::<_, RecordError>(last(conn, action)?.map(|(moment, _)| moment));
            Ok(RecordStatus {
                count: head.count,
                failure,
                verified: moment(Action::Verified)?,
                witness: moment(Action::WitnessSaved)?,
                code: self.code_of(&head),
                public_key: self.public_key(),
            })
        })
    }

    /// When it began, UTC milliseconds; `None`: it has no entry.
    ///
    /// # Errors
    /// [`RecordError`] when the database fails.
    pub(crate) fn began_ms(&self) -> Result<Option<i64>, RecordError> {
        self.store().read(|conn| {
            let first = "SELECT time_ms FROM audit_entries ORDER BY sequence LIMIT 1";
            let mut statement = conn.prepare_cached(first)?;
            Ok(statement.query_row([], |row| row.get(0)).optional()?)
        })
    }

    /// A person has read that the record does not verify. It stays in the record; it is not said on
    /// top of everything any more.
    ///
    /// # Errors
    /// [`RecordError`] when it cannot be written.
    pub fn failure_seen(&self, now_ms: i64) -> Result<(), RecordError> {
        self.store().write(|tx| {
            if let Some((found, _)) = last(tx, Action::VerificationFailed)? {
                let event = Event::new(Action::FailureSeen).fact("failure", found.sequence);
                self.append(tx, event, now_ms)?;
            }
            Ok(())
        })
    }
}

/// The fault that stands: see [`Failure::stands`].
pub(super) fn standing(conn: &Connection) -> rusqlite::Result<Option<StandingFault>> {
    let standing = newest_failure(conn)?.filter(|failure| failure.stands);
    Ok(standing.map(|failure| StandingFault {
        fault: failure.fault,
        at: failure.at,
        entry: failure.found.sequence,
    }))
}

fn newest_failure(conn: &Connection) -> rusqlite::Result<Option<Failure>> {
    let Some((found, facts)) = last(conn, Action::VerificationFailed)? else {
        return Ok(None);
    };
    let since = |action| {
        let newest = last(conn, action)?.map(|(moment, _)| moment.sequence);
        Ok::<_, rusqlite::Error>(newest.is_some_and(|newest| newest > found.sequence))
    };
    let seen = since(Action::FailureSeen)?;
    Ok(Some(Failure {
        seen,
        stands: !seen || !since(Action::Verified)?,
        found,
        fault: facts.text("fault").unwrap_or_default().to_owned(),
        at: facts.integer("at"),
        set_right: SetRightThen::of(&facts),
    }))
}

/// The last entry of an action.
fn last(conn: &Connection, action: Action) -> rusqlite::Result<Option<(Moment, Facts)>> {
    // Said in the statement, so that SQLite sees that the index of what is rare has it.
    conn.prepare_cached(&format!(
        "SELECT sequence, time_ms, facts FROM audit_entries WHERE action = '{}' AND {MILESTONES}
         ORDER BY sequence DESC LIMIT 1",
        action.name()
    ))?
    .query_row([], |row| {
        // What somebody put in their place says nothing; the verification says that they were changed.
        let facts: Facts = row.get(2).unwrap_or_default();
        let moment = Moment {
            sequence: row.get(0)?,
            time_ms: row.get(1)?,
            count: facts.integer("count"),
        };
        Ok((moment, facts))
    })
    .optional()
}
