//! Why nothing is erased, in words for a person.

use crate::{
    privacy::{IdentifierError, backup::BackupError, requests::RequestError},
    problem::{Problem, ProblemCode},
    record::CertificateError,
    sealed::SealedError,
    store::StoreError,
    workspaces::WorkspaceError,
};

/// Why nothing was erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// Nobody can be found by what was given.
    #[error(transparent)]
    Identifier(#[from] IdentifierError),
    /// It is gone.
    #[error("this is not there any more")]
    NotFound,
    /// Nobody by that name.
    #[error("nothing was found that could be erased")]
    NothingFound,
    /// A hold stands on it.
    #[error("it is on hold, and what is on hold is not erased: {0}. Lift the hold first")]
    Held(String),
    /// Another process may have it in its memory, or write it again.
    #[error(
        "another window or command of Gatehouse has the data open, and could write again what is erased. Close it, then try again"
    )]
    NotAlone,
    /// An answer does not end.
    #[error("an answer that is being written does not stop, so nothing was erased. Try again")]
    Busy,
    /// What follows an erasure could not be done to its end.
    #[error("something is in the way of what is left of it; the next start tries again")]
    Unfinished,
    /// Something that is sealed cannot be read, so it cannot be said whether the person is in it.
    #[error(transparent)]
    Sealed(#[from] SealedError),
    /// The request it belongs to is not open.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// There is no such erasure.
    #[error("there is no erasure with entry {0} in the record")]
    NoErasure(i64),
    /// A certificate is none.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The data folder cannot be read.
    #[error("the data folder cannot be read: {0}")]
    Folder(#[from] std::io::Error),
    /// It cannot be said which backups there are.
    #[error(transparent)]
    Backups(#[from] BackupError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for EraseError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<WorkspaceError> for EraseError {
    fn from(error: WorkspaceError) -> Self {
        match error {
            WorkspaceError::Store(store) => Self::Store(store),
            _ => Self::NotFound,
        }
    }
}

impl From<EraseError> for Problem {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::Identifier(error) => error.into(),
            EraseError::Request(error) => error.into(),
            EraseError::Certificate(error) => error.into(),
            EraseError::Backups(error) => error.into(),
            EraseError::Store(error) => error.into(),
            EraseError::Sealed(SealedError::Store(error)) => error.into(),
            EraseError::Sealed(_) | EraseError::Folder(_) => {
                Self::new(ProblemCode::DataUnusable, error)
            }
            EraseError::Busy | EraseError::NotAlone | EraseError::Unfinished => {
                Self::new(ProblemCode::Busy, error)
            }
            EraseError::Held(_) => Self::new(ProblemCode::NotAllowed, error),
            EraseError::NotFound | EraseError::NothingFound | EraseError::NoErasure(_) => {
                Self::new(ProblemCode::NotFound, error)
            }
        }
    }
}
