//! What can go wrong with a backup, in a person's words.

use std::{io, path::PathBuf};

use super::CodeError;
use crate::{
    problem::{Problem, ProblemCode},
    secrets::KeyError,
    store::{OpenError, SnapshotError, StoreError},
};

/// Why a backup was not made, not verified or not put back. The data is as it was.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Nobody has said where backups go.
    #[error("no folder has been chosen for backups")]
    NoFolder,
    /// The folder is not there, as when its disk is not attached.
    #[error("the folder for backups, {}, is not there", .0.display())]
    FolderGone(PathBuf),
    /// The folder is there and has none of the backups that were made in it.
    #[error(
        "none of the earlier backups is in {}: another disk may be in its place",
        .0.display()
    )]
    FolderEmptied(PathBuf),
    /// A copy beside the original is lost with it.
    #[error("the folder for backups lies in the data folder: choose one on another disk")]
    FolderOfData,
    /// Its name has letters that are no text.
    #[error("the name of this folder cannot be kept: choose one whose name is plain text")]
    FolderName,
    /// No backup was written into it, or it was forgotten.
    #[error("{} is none of the folders that backups were written into", .0.display())]
    FolderUnknown(PathBuf),
    /// Backups go there.
    #[error("backups go to this folder: choose another one first")]
    FolderChosen,
    /// A backup is still there, so the folder is not forgotten.
    #[error("the backup “{name}” could not be removed: {why}")]
    NotRemoved {
        /// Its file name.
        name: String,
        /// What was in the way.
        why: String,
    },
    /// The folder does not take files.
    #[error("{} cannot be written", .0.display())]
    ReadOnly(PathBuf),
    /// No room is left there.
    #[error("there is no room for a backup in {}", .0.display())]
    DiskFull(PathBuf),
    /// Another one is at it.
    #[error("a backup is being made already")]
    Busy,
    /// A part of the database cannot be read; the earlier backups were kept.
    #[error("the database is damaged ({0}): go back to a snapshot or a backup")]
    Damaged(String),
    /// A backup does not stand its check.
    #[error("the backup “{name}” is not sound: {detail}")]
    NotSound {
        /// Its file name.
        name: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The key does not open it.
    #[error(
        "the key does not open “{name}”: it is a backup of another installation, or its beginning is damaged"
    )]
    WrongKey {
        /// Its file name.
        name: String,
    },
    /// Nothing here has the key.
    #[error("the key of this backup is not on this computer")]
    NeedsCode,
    /// The recovery code is none.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// A newer Gatehouse made it.
    #[error(
        "a newer Gatehouse made this backup (update {found} of the database; this one knows {known})"
    )]
    Newer {
        /// Updates that it has had.
        found: u32,
        /// Updates that this build knows.
        known: u32,
    },
    /// There is no such backup.
    #[error("there is no backup “{0}”")]
    NotFound(String),
    /// A number is out of its range.
    #[error("backups are made every 1 to 8784 hours, and 1 to 1000 are kept")]
    Schedule,
    /// Some process has the database open, so nothing can take its place.
    #[error("another command of Gatehouse is at work with this data")]
    InUse,
    /// The key of the database is not to be had, or not kept.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Anything else that the system said.
    #[error("the backup failed: {0}")]
    Io(io::Error),
}

impl BackupError {
    /// What the system said while something was written to or read in a folder.
    pub(super) fn at(folder: &std::path::Path) -> impl Fn(io::Error) -> Self + use<> {
        let folder = folder.to_path_buf();
        move |error| match OpenError::from(error) {
            OpenError::DiskFull => Self::DiskFull(folder.clone()),
            OpenError::ReadOnly => Self::ReadOnly(folder.clone()),
            OpenError::Io(error) if error.kind() == io::ErrorKind::NotFound => {
                Self::FolderGone(folder.clone())
            }
            OpenError::Io(error) => Self::Io(error),
            other => Self::Io(io::Error::other(other)),
        }
    }

    /// What became of a copy that was to be made in a folder.
    pub(super) fn copying(folder: &std::path::Path, error: SnapshotError) -> Self {
        match error {
            SnapshotError::DiskFull => Self::DiskFull(folder.to_path_buf()),
            SnapshotError::Damaged { detail } => Self::Damaged(detail),
            SnapshotError::NotSound { name, detail } => Self::NotSound { name, detail },
            SnapshotError::Io(error) => Self::at(folder)(error),
            other => Self::Io(io::Error::other(other)),
        }
    }
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<BackupError> for Problem {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Store(error) => error.into(),
            BackupError::Key(error) => error.into(),
            other => Self::from(&other),
        }
    }
}

/// For a problem that is kept, too.
impl From<&BackupError> for Problem {
    fn from(error: &BackupError) -> Self {
        use BackupError as Error;
        let hint = match error {
            Error::NoFolder => "Choose a folder on another disk first.",
            Error::FolderGone(_) => {
                "Attach its disk, or choose another folder. It is tried again by itself."
            }
            Error::FolderEmptied(_) => {
                "Attach the right disk; or make a backup by hand, and the schedule goes on from it."
            }
            Error::ReadOnly(_) => {
                "Make it writable, or choose another folder. It is tried again by itself."
            }
            Error::DiskFull(_) => {
                "Make room there, or keep fewer backups. It is tried again by itself."
            }
            Error::Busy => "Wait until it is done.",
            Error::InUse => "Wait until it has ended, then try again.",
            Error::NotSound { .. } => "Take another one.",
            Error::WrongKey { .. } => "Take the recovery code of the installation that made it.",
            Error::NeedsCode => "Take the recovery code that was saved where it was made.",
            Error::Newer { .. } => "Install the newer one, then try again.",
            _ => "",
        };
        let problem = Self::new(code(error), error);
        if hint.is_empty() {
            problem
        } else {
            problem.hint(hint)
        }
    }
}

fn code(error: &BackupError) -> ProblemCode {
    use BackupError as Error;
    match error {
        Error::NoFolder
        | Error::FolderGone(_)
        | Error::FolderEmptied(_)
        | Error::FolderUnknown(_)
        | Error::NotFound(_) => ProblemCode::NotFound,
        Error::DiskFull(_) => ProblemCode::DiskFull,
        Error::Busy | Error::InUse => ProblemCode::Busy,
        Error::Code(_)
        | Error::Schedule
        | Error::FolderChosen
        | Error::FolderOfData
        | Error::FolderName => ProblemCode::InvalidInput,
        Error::ReadOnly(_)
        | Error::Damaged(_)
        | Error::NotSound { .. }
        | Error::NotRemoved { .. }
        | Error::WrongKey { .. }
        | Error::NeedsCode
        | Error::Newer { .. }
        | Error::Store(_) => ProblemCode::DataUnusable,
        Error::Key(_) | Error::Io(_) => ProblemCode::Internal,
    }
}
