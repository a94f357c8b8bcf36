//! Whether the record is as it was written: the same walk along the chain for the database and for
//! an exported file.

mod chain;
mod database;
mod texts;

use serde::Serialize;

pub(super) use chain::Chain;
pub(super) use database::{Progress, check_end, verify, walk_to};

use super::{
    Compared,
    encoding::{Hash, hex},
};
use crate::{secrets::SecretError, store::StoreError};

/// The first thing that is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A place in the chain is empty.
    #[error("Entry {0} is missing.")]
    Missing(i64),
    /// The content of an entry is not what was hashed.
    #[error("Entry {0} was changed after it was written.")]
    Changed(i64),
    /// An entry is not linked to the one before it.
    #[error("Entry {0} does not follow on the entry before it.")]
    Unlinked(i64),
    /// The proof of an entry was not made with this installation's key.
    #[error("Entry {0} was not written by Gatehouse on this computer.")]
    Forged(i64),
    /// An entry is of another installation.
    #[error("Entry {0} is of another installation of Gatehouse.")]
    Foreign(i64),
    /// The latest time of an entry is not that of the entries up to it.
    #[error("The time of entry {0} was changed.")]
    Time(i64),
    /// A row is not an entry at all.
    #[error("Entry {0} cannot be read.")]
    Unreadable(i64),
    /// The private part of an entry is not the one it was written with.
    #[error("The private part of entry {0} was changed.")]
    PayloadChanged(i64),
    /// The private part of an entry is gone, and no later entry says that it was erased.
    #[error("The private part of entry {0} is gone, and nothing says that it was erased.")]
    PayloadMissing(i64),
    /// There is a private part where none was written.
    #[error("Entry {0} has a private part that it was not written with.")]
    PayloadAdded(i64),
    /// The text of a message is not the one that the entry of its call speaks of.
    #[error("The text of a message was changed after entry {0} was written about it.")]
    TextChanged(i64),
    /// A message that the entry of its call speaks of is gone, and its private part is not.
    #[error("A message that entry {0} is about is gone, and nothing says that it was erased.")]
    TextMissing(i64),
    /// A checkpoint was not signed with the key of the record.
    #[error("The checkpoint after entry {0} was not signed with the key of this record.")]
    CheckpointUnsigned(i64),
    /// A checkpoint speaks of another chain.
    #[error("The first {0} entries are not the ones that were signed.")]
    CheckpointDiffers(i64),
    /// The chain is shorter than the last checkpoint says.
    #[error(
        "The record had {expected} entries and has {found}: its end was cut off, or an older file was put in its place."
    )]
    CutOff {
        /// Entries by the checkpoint.
        expected: i64,
        /// Entries that are there.
        found: i64,
    },
    /// The last checkpoint is not in its place outside the database.
    #[error(
        "The last checkpoint is not where it was kept. Whether the end of the record is complete cannot be said."
    )]
    CheckpointMissing,
    /// The keys are not in their place.
    #[error(
        "The keys of the record are not where they were kept. Entries up to {0} cannot be proven any more."
    )]
    KeysMissing(i64),
    /// What the database is made of is not what Gatehouse made.
    #[error(
        "The database is not made as Gatehouse makes it: a table, view, index or trigger was put there, replaced or taken away."
    )]
    TableReplaced,
    /// An entry is not found by what it says.
    #[error("Entry {0} was hidden from searches.")]
    Hidden(i64),
    /// A line of an exported file is not one that Gatehouse writes.
    #[error("Line {0} of the file is not as Gatehouse writes it.")]
    Line(u64),
    /// The key that signed is not the one that was expected.
    #[error("The record was signed with another key than the one you named.")]
    OtherKey,
    /// An exported file ends before what its first line says.
    #[error("The file ends too early, or goes on after its end.")]
    Incomplete,
}

impl Fault {
    /// Its name in the record.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Missing(_) => "missing",
            Self::Changed(_) => "changed",
            Self::Unlinked(_) => "unlinked",
            Self::Forged(_) => "forged",
            Self::Foreign(_) => "foreign",
            Self::Time(_) => "time",
            Self::Unreadable(_) => "unreadable",
            Self::PayloadChanged(_) => "payload-changed",
            Self::PayloadMissing(_) => "payload-missing",
            Self::PayloadAdded(_) => "payload-added",
            Self::TextChanged(_) => "text-changed",
            Self::TextMissing(_) => "text-missing",
            Self::CheckpointUnsigned(_) => "checkpoint-unsigned",
            Self::CheckpointDiffers(_) => "checkpoint-differs",
            Self::CutOff { .. } => "cut-off",
            Self::CheckpointMissing => "checkpoint-missing",
            Self::KeysMissing(_) => "keys-missing",
            Self::TableReplaced => "table-replaced",
            Self::Hidden(_) => "hidden",
            Self::Line(_) => "line",
            Self::OtherKey => "other-key",
            Self::Incomplete => "incomplete",
        }
    }

    /// The entry that it is about, if it is about one; for a line, its number.
    pub fn at(&self) -> Option<i64> {
        match self {
            Self::Missing(at)
            | Self::Changed(at)
            | Self::Unlinked(at)
            | Self::Forged(at)
            | Self::Foreign(at)
            | Self::Time(at)
            | Self::Unreadable(at)
            | Self::PayloadChanged(at)
            | Self::PayloadMissing(at)
            | Self::PayloadAdded(at)
            | Self::TextChanged(at)
            | Self::TextMissing(at)
            | Self::CheckpointUnsigned(at)
            | Self::CheckpointDiffers(at)
            | Self::KeysMissing(at)
            | Self::Hidden(at) => Some(*at),
            Self::CutOff { found, .. } => Some(*found),
            Self::Line(line) => Some(i64::try_from(*line).unwrap_or(i64::MAX)),
            Self::CheckpointMissing | Self::TableReplaced | Self::OtherKey | Self::Incomplete => {
                None
            }
        }
    }
}

/// What a verification found. It ends at the first fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The first entry that was looked at.
    pub from: i64,
    /// How many entries there are, up to the first fault.
    pub count: i64,
    /// The hash of the last good one.
    pub head: [u8; 32],
    /// What is wrong, if anything.
    pub fault: Option<Fault>,
    /// Of an exported file: what the witness says that it was compared with, if there was one.
    pub compared: Option<Compared>,
    /// The key that signs it, as far as the chain could be walked.
    pub public_key: Option<[u8; 32]>,
    /// What is right and worth knowing.
    pub notes: Notes,
}

/// What a record that verifies still says about its past.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Notes {
    /// Entries that were written while the clock was set back by more than a minute.
    pub clock_set_back: u32,
    /// The first of them.
    #[specta(type = Option<specta_typescript::Number>)]
    pub clock_set_back_at: Option<i64>,
    /// How often the keys of the record were gone and new ones were made. Nothing shows that who holds
    /// the new ones held the old.
    pub keys_replaced: u32,
    /// The last time.
    #[specta(type = Option<specta_typescript::Number>)]
    pub keys_replaced_at: Option<i64>,
    /// Entries that say that a verification failed. What was wrong may be gone from what is verified: after
    /// an older file was put in its place, what is there holds.
    pub failed: u32,
    /// The last of them.
    #[specta(type = Option<specta_typescript::Number>)]
    pub failed_at: Option<i64>,
    /// Entries whose private part was erased.
    pub erased: u32,
    /// Entries of before keys were lost, which are linked, and no more.
    #[specta(type = specta_typescript::Number)]
    pub unproven: i64,
}

impl Notes {
    /// These, and those of the entries after them.
    fn then(self, later: Self) -> Self {
        Self {
            clock_set_back: self.clock_set_back + later.clock_set_back,
            clock_set_back_at: self.clock_set_back_at.or(later.clock_set_back_at),
            keys_replaced: self.keys_replaced + later.keys_replaced,
            keys_replaced_at: later.keys_replaced_at.or(self.keys_replaced_at),
            failed: self.failed + later.failed,
            failed_at: later.failed_at.or(self.failed_at),
            erased: self.erased + later.erased,
            unproven: self.unproven + later.unproven,
        }
    }

    /// What a person is to know, a sentence each.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(at) = self.keys_replaced_at {
            words.push(format!(
                "The keys were lost and replaced, the last time at entry {at}: nothing shows that who holds the new \
                 ones held the old."
            ));
        }
        if self.unproven > 0 {
            words.push(format!(
                "{} entries are from before, linked and no more.",
                self.unproven
            ));
        }
        if let Some(at) = self.failed_at {
            let times = match self.failed {
                1 => "once".to_owned(),
                more => format!("{more} times, the last time"),
            };
            words.push(format!(
                "A verification failed {times}, as entry {at} says: what was wrong then need not be in what holds now."
            ));
        }
        if let Some(at) = self.clock_set_back_at {
            words.push(format!(
                "The clock was set back while {} entries were written, first at entry {at}.",
                self.clock_set_back
            ));
        }
        if self.erased > 0 {
            words.push(format!(
                "The private part of {} entries was erased, as the record says.",
                self.erased
            ));
        }
        words
    }
}

impl Verdict {
    /// Whether all of it holds.
    pub fn holds(&self) -> bool {
        self.fault.is_none()
    }

    /// The key that signs it, in hexadecimal digits, of a record that holds.
    pub fn public_key(&self) -> Option<String> {
        self.public_key
            .filter(|_| self.holds())
            .map(|key| hex(&key))
    }

    pub(super) fn failed(fault: Fault, from: i64) -> Self {
        Self {
            from,
            count: 0,
            head: [0; 32],
            fault: Some(fault),
            compared: None,
            public_key: None,
            notes: Notes::default(),
        }
    }
}

/// Why a verification did not come to an end.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A person stopped it.
    #[error("the verification was stopped")]
    Stopped,
    /// The last checkpoint cannot be read.
    #[error("the last checkpoint: {0}")]
    Secret(#[from] SecretError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    File(#[from] std::io::Error),
}

impl From<rusqlite::Error> for VerifyError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

fn as_hash(bytes: &[u8]) -> Option<Hash> {
    bytes.try_into().ok()
}
