//! Why Gatehouse did not open its data, and what a person can do then: the same for the window, which
//! shows a screen for each reason, and for the command line.

use serde::Serialize;
use specta::Type;

use crate::{
    problem::{Problem, ProblemCode},
    record::RecordError,
    secrets::{KeyError, SecretError},
    store::{OpenError, StoreError},
};

/// Why Gatehouse did not open. The data is as it was.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The key of the database is not to be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The record does not open.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It opened, and then failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the data is not open, as the window tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum StartupCode {
    /// The database cannot be read.
    Damaged,
    /// Found in the open data: some of it cannot be read, the rest can.
    DamagedInPart,
    /// The key of the database is not where it was put.
    KeyMissing,
    /// The key that was found belongs to other data.
    KeyWrong,
    /// The keychain waits for a person.
    KeychainLocked,
    /// There is no keychain any more.
    KeychainMissing,
    /// A file says that the keys are in files, and the keychain has them.
    KeysInTwoPlaces,
    /// A later Gatehouse has updated the database.
    Newer,
    /// A window has the data open.
    AlreadyOpen,
    /// Another process is at work with the database for too long.
    Busy,
    /// No room is left.
    DiskFull,
    /// The data folder cannot be written.
    NotWritable,
    /// An update of the database failed and was taken back.
    MigrationFailed,
    /// Anything else.
    Internal,
}

impl StartError {
    /// What kind of trouble it is.
    #[must_use]
    pub fn code(&self) -> StartupCode {
        use StartupCode as Code;
        match self {
            Self::Key(key) => match key {
                KeyError::KeychainLocked { .. } => Code::KeychainLocked,
                KeyError::KeychainMissing { .. } => Code::KeychainMissing,
                KeyError::KeyMissing { .. } | KeyError::KeyUnreadable { .. } => Code::KeyMissing,
                KeyError::Downgraded { .. } => Code::KeysInTwoPlaces,
                KeyError::Folder(_) => Code::NotWritable,
            },
            Self::Open(open) => match open {
                OpenError::KeyWrong => Code::KeyWrong,
                OpenError::Damaged { .. } | OpenError::Missing => Code::Damaged,
                OpenError::Newer { .. } => Code::Newer,
                OpenError::MigrationFailed { .. } => Code::MigrationFailed,
                OpenError::DiskFull => Code::DiskFull,
                OpenError::ReadOnly => Code::NotWritable,
                OpenError::Busy => Code::Busy,
                OpenError::Io(_) => Code::Internal,
            },
            Self::Record(RecordError::Secret(secret)) => match secret {
                SecretError::Locked(_) => Code::KeychainLocked,
                SecretError::Missing(_) => Code::KeychainMissing,
                SecretError::None | SecretError::File(_) => Code::Internal,
            },
            // Opening reads the first page of a large database alone; the start goes on to others.
            Self::Record(RecordError::Store(store)) | Self::Store(store) => Code::of(store),
            Self::Record(RecordError::Sealed(_) | RecordError::Faulty(_)) => Code::Internal,
        }
    }
}

impl StartupCode {
    /// The same trouble as where the database does not open at all.
    fn of(error: &StoreError) -> Self {
        match error {
            StoreError::Damaged { .. } => Self::Damaged,
            StoreError::DiskFull => Self::DiskFull,
            StoreError::ReadOnly => Self::NotWritable,
            StoreError::Busy => Self::Busy,
            StoreError::Sql(_) => Self::Internal,
        }
    }

    /// What a person can do, where the words of the error do not say it.
    #[must_use]
    pub fn hint(self) -> Option<&'static str> {
        match self {
            Self::KeyMissing => Some(
                "Restore the key from a backup of the keychain or the key file, then try again. The database is untouched.",
            ),
            Self::KeyWrong => {
                Some("The database is untouched. Put the right key back, then start again.")
            }
            Self::NotWritable => {
                Some("Check who owns the folder, or start with another one: --data-dir FOLDER.")
            }
            _ => None,
        }
    }

    /// Whether what is there cannot be opened here at all: it can be set aside for a new beginning.
    #[must_use]
    pub fn can_start_empty(self) -> bool {
        matches!(self, Self::KeyMissing | Self::KeyWrong | Self::Damaged)
    }

    /// Whether a snapshot can take the place of the database.
    #[must_use]
    pub fn has_way_back(self) -> bool {
        matches!(
            self,
            Self::Damaged | Self::DamagedInPart | Self::Newer | Self::MigrationFailed
        )
    }
}

impl From<&StartError> for Problem {
    fn from(error: &StartError) -> Self {
        let code = error.code();
        let kind = match code {
            StartupCode::DiskFull => ProblemCode::DiskFull,
            StartupCode::AlreadyOpen | StartupCode::Busy => ProblemCode::Busy,
            StartupCode::Internal => ProblemCode::Internal,
            _ => ProblemCode::DataUnusable,
        };
        Self {
            hint: code.hint().map(str::to_owned),
            ..Self::new(kind, error)
        }
    }
}
