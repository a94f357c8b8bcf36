//! What a verification finds: written down, and standing until a later one finds the record whole. And
//! its tables, set right before that, so that the record goes on whatever somebody did to them.

use std::fmt;

use rusqlite::Connection;

use super::{
    Action, Checkpoint, Event, Fault, Record, RecordError, Verdict, VerifyError,
    encoding::hex,
    entries, lookup, status,
    verify::{self, Progress},
};
use crate::{
    now_ms,
    store::{Mended, mend_tables},
};

/// The tables of the record.
const TABLES: &[&str] = &[
    "audit_entries",
    "audit_subjects",
    "checkpoints",
    "audit_values",
    "audit_lookup",
];

/// What to do where a fault stands and something is to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhileFaulty {
    /// Do not sign it: who gets it would take it for proof of a record that holds.
    Refuse,
    /// Sign what is there, and write down that a fault stood: a person insists.
    Insist,
}

/// A fault that was found, where no complete verification has found the record whole since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingFault {
    /// Its name.
    pub fault: String,
    /// The entry that it is about, if it is about one.
    pub at: Option<i64>,
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
        let checkpoint = self.store().write(|tx| {
            let mended = mend(tx)?;
            if !mended.is_any() && entries::is_told(tx, fault)? {
                return Ok(None);
            }
            self.begin(tx, now_ms())?;
            self.note_fault(tx, fault, last.as_ref(), &mended, now_ms())?;
            // Where the table itself was gone, the last checkpoint speaks of entries that are not there.
            let head = entries::head(tx)?;
            Ok::<_, VerifyError>(mended.is_any().then(|| self.inner.sign(&head, now_ms())))
        })?;
        if let Some(checkpoint) = checkpoint {
            let _turn = self.inner.place.turn()?;
            self.inner.place.replace_checkpoint(&checkpoint)?;
        }
        Ok(verdict)
    }

    /// Write down a fault, with what the last checkpoint said, which is replaced after, and what was
    /// made anew so that it can be written down at all.
    pub(super) fn note_fault(
        &self,
        tx: &Connection,
        fault: &Fault,
        last: Option<&Checkpoint>,
        mended: &Mended,
        now_ms: i64,
    ) -> rusqlite::Result<()> {
        tracing::error!("the record does not verify: {fault}");
        let made = (!mended.made.is_empty()).then(|| mended.made.join(", "));
        let event = Event::new(Action::VerificationFailed)
            .by_itself()
            .fact("fault", fault.name())
            .maybe("at", fault.at())
            .maybe("checkpoint", last.map(|last| last.count))
            .maybe("checkpoint_head", last.map(|last| hex(&last.head)))
            .maybe("made_anew", made)
            .maybe(
                "removed",
                (mended.removed > 0).then_some(i64::from(mended.removed)),
            );
        self.append(tx, event, now_ms).map(drop)
    }
}

/// Set the tables of the record right, where somebody did something to them. An entry that is gone stays
/// gone: the caller writes down the fault that was found.
pub(super) fn mend(tx: &Connection) -> rusqlite::Result<Mended> {
    let mended = mend_tables(tx, TABLES)?;
    if mended.made.iter().any(|name| name == "audit_values") {
        lookup::forget_after(tx, 0)?;
    }
    // Entries that are not there any more are not to be found either.
    lookup::forget_after(tx, entries::head(tx)?.count)?;
    Ok(mended)
}
