//! What a verification finds: written down, and standing until a person has read of it and a later one finds
//! the record whole. And what the database is made of, set right before that, so that the record goes on whatever somebody did.

use std::fmt;

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::{
    Action, Checkpoint, Event, Fault, Record, RecordError, Verdict, VerifyError,
    encoding::{Hash, hex},
    entries, lookup, status,
    strays::{self, TakenOut},
    verify::{self, Progress},
};
use crate::{
    now_ms,
    store::{Mended, keep_removed, mend_schema},
};

/// The tables of the record.
pub(super) const TABLES: &[&str] = &[
    "audit_entries",
    "audit_subjects",
    "checkpoints",
    "audit_values",
    "audit_lookup",
];

/// The facts that say what the last checkpoint was.
const LAST_CHECKPOINT: [&str; 5] = [
    "checkpoint",
    "checkpoint_head",
    "checkpoint_time",
    "checkpoint_key",
    "checkpoint_signature",
];

/// What was set right before a fault is written down.
#[derive(Debug)]
pub(super) struct SetRight {
    schema: Mended,
    removed: Option<Removed>,
    checkpoints: Option<TakenOut>,
}

/// Where the statements that had made what was removed are kept.
#[derive(Debug)]
struct Removed {
    /// Below `replaced/`.
    file: String,
    sha256: Hash,
}

impl SetRight {
    fn is_any(&self) -> bool {
        self.schema.is_any() || self.checkpoints.is_some()
    }
}

/// What to do where a fault stands and something is to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhileFaulty {
    /// Do not sign it: who gets it would take it for proof of a record that holds.
    Refuse,
    /// Sign what is there, and write down that a fault stood: a person insists.
    Insist,
}

/// A fault that was found, and that nobody has said they read, or no complete verification has found gone
/// since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingFault {
    /// Its name.
    pub fault: String,
    /// The entry that it is about, if it is about one.
    pub at: Option<i64>,
    /// The entry that says so.
    pub entry: i64,
}

impl fmt::Display for StandingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fault)?;
        match self.at {
            Some(at) => write!(f, ", entry {at}"),
            None => Ok(()),
        }
    }
}

impl Event {
    /// Made while a fault stood, if one did.
    pub(super) fn despite(self, fault: Option<&StandingFault>) -> Self {
        self.maybe("fault", fault.map(|fault| fault.fault.as_str()))
            .maybe("fault_at", fault.and_then(|fault| fault.at))
    }
}

impl Record {
    /// The fault that stands, if one does.
    ///
    /// # Errors
    /// [`RecordError`] when the database fails.
    pub fn standing_fault(&self) -> Result<Option<StandingFault>, RecordError> {
        self.store().read(|conn| Ok(status::standing(conn)?))
    }

    /// The fault that stands, for what is signed all the same.
    pub(crate) fn allow(&self, faulty: WhileFaulty) -> Result<Option<StandingFault>, RecordError> {
        match (self.standing_fault()?, faulty) {
            (Some(fault), WhileFaulty::Refuse) => Err(RecordError::Faulty(fault)),
            (fault, _) => Ok(fault),
        }
    }

    /// Verify all of it; what is wrong is written down.
    ///
    /// # Errors
    /// [`VerifyError`] when it cannot be read or was stopped.
    pub fn verify(&self, progress: &mut Progress<'_>) -> Result<Verdict, VerifyError> {
        let last = self.inner.place.checkpoint()?;
        let verdict = verify::verify(
            self.store(),
            self.inner.instance,
            &self.inner.keys,
            last.as_ref(),
            progress,
        )?;
        let Some(fault) = &verdict.fault else {
            let event = Event::new(Action::Verified).fact("count", verdict.count);
            self.store().write(|tx| self.append(tx, event, now_ms()))?;
            return Ok(verdict);
        };
        // Nobody else moves the last checkpoint on meanwhile: what it said is to stand in the record first.
        let _turn = self.inner.place.turn()?;
        let checkpoint = self.store().write(|tx| {
            let mended = self.set_right(tx, fault, now_ms())?;
            if !mended.is_any() && entries::is_told(tx, fault)? {
                return Ok(None);
            }
            self.begin(tx, now_ms())?;
            self.note_fault(tx, fault, last.as_ref(), &mended, now_ms())?;
            let head = entries::head(tx)?;
            Ok::<_, VerifyError>(Some(self.inner.sign(&head, now_ms())))
        })?;
        if let Some(checkpoint) = checkpoint {
            self.inner.place.replace_checkpoint(&checkpoint)?;
        }
        Ok(verdict)
    }

    /// Set right what can be, where somebody did something to the database. An entry that is gone stays
    /// gone, and one that was changed stays as it is: the caller writes down the fault that was found, in
    /// the same transaction.
    pub(super) fn set_right(
        &self,
        tx: &Connection,
        fault: &Fault,
        now_ms: i64,
    ) -> rusqlite::Result<SetRight> {
        let schema = mend_schema(tx, TABLES)?;
        let removed = match schema.removed.is_empty() {
            true => None,
            false => Some(self.keep_removed(&schema.removed, now_ms)?),
        };
        if schema.made.iter().any(|name| name == "audit_values") {
            lookup::forget_after(tx, 0)?;
        }
        // Entries that are not there any more are not to be found either.
        lookup::forget_after(tx, entries::head(tx)?.count)?;
        let unsigned = match fault {
            Fault::CheckpointUnsigned(count) => Some(*count),
            _ => None,
        };
        let own = self.inner.keys.public();
        Ok(SetRight {
            schema,
            removed,
            checkpoints: strays::take_out(tx, self.inner.instance, &own, unsigned)?,
        })
    }

    /// Keep the statements that had made what was removed: somebody may want to know what it was.
    fn keep_removed(&self, statements: &[String], now_ms: i64) -> rusqlite::Result<Removed> {
        let text = statements.join(";\n\n") + ";\n";
        let file = keep_removed(self.inner.place.folder(), &text, now_ms)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        Ok(Removed {
            file,
            sha256: Sha256::digest(&text).into(),
        })
    }

    /// Write down a fault, with what the last checkpoint said, which is replaced after, and what was set
    /// right so that it can be written down at all.
    pub(super) fn note_fault(
        &self,
        tx: &Connection,
        fault: &Fault,
        last: Option<&Checkpoint>,
        mended: &SetRight,
        now_ms: i64,
    ) -> rusqlite::Result<()> {
        tracing::error!("the record does not verify: {fault}");
        let SetRight {
            schema,
            removed,
            checkpoints,
        } = mended;
        let made = (!schema.made.is_empty()).then(|| schema.made.join(", "));
        let number = i64::try_from(schema.removed.len()).unwrap_or(i64::MAX);
        let event = Event::new(Action::VerificationFailed)
            .by_itself()
            .fact("fault", fault.name())
            .maybe("at", fault.at())
            .with_checkpoint(last, LAST_CHECKPOINT)
            .maybe("made_anew", made)
            .maybe("removed", (number > 0).then_some(number))
            .maybe("removed_file", removed.as_ref().map(|kept| &*kept.file))
            .maybe(
                "removed_sha256",
                removed.as_ref().map(|kept| hex(&kept.sha256)),
            )
            .taken_out(checkpoints.as_ref());
        self.append(tx, event, now_ms).map(drop)
    }
}
