//! Why an archive is not written or not read, in words for a person.

use std::{io, path::PathBuf};

use super::passphrase::FEWEST_CHARACTERS;
use crate::{
    aliases::AliasError,
    chat::{ChatError, TransferError},
    costs::budgets::BudgetError,
    gate::InspectionError,
    policy::{PolicyError, own_rules::RuleError},
    privacy::retention::RetentionError,
    problem::{Problem, ProblemCode},
    record::{ExportError, RecordError, VerifyError},
    sealed::SealedError,
    store::StoreError,
    workspaces::WorkspaceError,
};

/// Why an archive was not written, or not brought in. Nothing half is left of either.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file of this name is there.
    #[error("the file “{}” is there already", .0.display())]
    Exists(PathBuf),
    /// The passphrase is too easy to guess.
    #[error(
        "a passphrase needs at least {FEWEST_CHARACTERS} characters: four or five words do well"
    )]
    PassphraseShort,
    /// The archive is locked, and no passphrase was given.
    #[error("this archive is locked with a passphrase")]
    PassphraseNeeded,
    /// It is locked with another one.
    #[error("this is not the passphrase of this archive")]
    PassphraseWrong,
    /// It is not locked with a passphrase, but with somebody's key, or not by age.
    #[error("this file is locked in another way than with a passphrase")]
    LockedOtherwise,
    /// Opening it would take this computer too long: whoever made it wanted that.
    #[error("this archive is locked so that opening it would take minutes and gigabytes of memory")]
    TooMuchWork,
    /// It is no archive.
    #[error("this is not an archive of Gatehouse: {0}")]
    NotOurs(String),
    /// A newer app made it.
    #[error("this archive has version {0} of the format, and this app reads version {known}. Update Gatehouse to bring it in", known = super::form::VERSION)]
    Newer(u32),
    /// Something in it is not what it was when it was written.
    #[error("the archive is damaged: {member} {what}")]
    Damaged {
        /// Which file of it.
        member: String,
        /// What is wrong with it.
        what: String,
    },
    /// A part of it is not in the form that it must have.
    #[error("line {line} of {member} in the archive cannot be used: {what}")]
    Form {
        /// Which file of it.
        member: &'static str,
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// It is larger than any that Gatehouse writes.
    #[error("{0} is larger than anything that Gatehouse brings in")]
    TooLarge(String),
    /// A person stopped it.
    #[error("stopped")]
    Stopped,
    /// The disk is full.
    #[error("the disk is full. Make room, then try again")]
    DiskFull,
    /// The file cannot be read or written.
    #[error("the file cannot be read or written: {0}")]
    File(io::Error),
    /// A conversation cannot be read.
    #[error(transparent)]
    Chat(#[from] ChatError),
    /// A conversation cannot be brought in.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// A workspace is not there, or cannot be made.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// A policy cannot hold.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A rule cannot be used.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A budget cannot be kept.
    #[error(transparent)]
    Budget(#[from] BudgetError),
    /// A hold or a rule for how long things are kept cannot be kept.
    #[error(transparent)]
    Retention(#[from] RetentionError),
    /// A chain of models cannot be kept.
    #[error(transparent)]
    Alias(#[from] AliasError),
    /// A text cannot be inspected.
    #[error(transparent)]
    Inspection(#[from] InspectionError),
    /// A key cannot be made or read.
    #[error(transparent)]
    Sealed(#[from] SealedError),
    /// The record cannot be read or written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ArchiveError {
    /// What reading a file of the archive came to, where it did not come to its end.
    pub(super) fn reading(member: &str, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::UnexpectedEof => Self::Damaged {
                member: member.to_owned(),
                what: format!("cannot be read as it was written ({error})"),
            },
            _ => Self::from(error),
        }
    }
}

impl From<rusqlite::Error> for ArchiveError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::File(error),
        }
    }
}

impl From<ExportError> for ArchiveError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Record(error) => Self::Record(error),
            ExportError::File(error) => error.into(),
        }
    }
}

impl From<VerifyError> for ArchiveError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Stopped => Self::Stopped,
            VerifyError::Secret(error) => Self::Record(error.into()),
            VerifyError::Store(error) => Self::Store(error),
            VerifyError::File(error) => Self::reading(super::form::RECORD, error),
        }
    }
}

impl From<ArchiveError> for Problem {
    fn from(error: ArchiveError) -> Self {
        use ArchiveError as Error;
        match error {
            Error::Chat(error) => error.into(),
            Error::Transfer(error) => error.into(),
            Error::Workspace(error) => error.into(),
            Error::Policy(error) => error.into(),
            Error::Rule(error) => error.into(),
            Error::Budget(error) => error.into(),
            Error::Alias(error) => error.into(),
            Error::Retention(error) => error.into(),
            Error::Record(error) => error.into(),
            Error::Store(error) => error.into(),
            Error::Stopped => Problem::new(ProblemCode::Cancelled, error),
            Error::DiskFull => Problem::new(ProblemCode::DiskFull, error),
            Error::PassphraseNeeded | Error::PassphraseWrong => {
                Problem::new(ProblemCode::KeyWrong, error)
            }
            Error::Exists(_) => Problem::new(ProblemCode::InvalidInput, error)
                .hint("Choose another name, or say that it may be replaced."),
            Error::Inspection(_) | Error::Sealed(_) => {
                Problem::new(ProblemCode::DataUnusable, error)
            }
            Error::File(ref system) if system.kind() == io::ErrorKind::NotFound => {
                Problem::new(ProblemCode::NotFound, error)
            }
            other => Problem::new(ProblemCode::InvalidInput, other),
        }
    }
}
