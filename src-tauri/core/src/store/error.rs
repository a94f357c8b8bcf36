//! What can go wrong with the database, named by what a person can do about it.

use std::io;

use rusqlite::ErrorCode;
use thiserror::Error;

use super::snapshot::SnapshotInfo;

/// Why a read or a write did not work. Nothing of a failed write is kept.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No room is left.
    #[error("The disk is full. Make room, then try again.")]
    DiskFull,
    /// Another process held the database for too long.
    #[error("Another Gatehouse process is busy with the database. Try again.")]
    Busy,
    /// A part of the file cannot be read any more.
    #[error("The database is damaged ({detail}). Go back to a snapshot.")]
    Damaged {
        /// What SQLite found.
        detail: String,
    },
    /// The file or its folder may be read, not written.
    #[error("The database cannot be written: its folder is read-only.")]
    ReadOnly,
    /// A statement failed, which is a defect of Gatehouse or a refused value.
    #[error("The database refused: {0}.")]
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match Cause::of(&error) {
            Cause::DiskFull => Self::DiskFull,
            Cause::Busy => Self::Busy,
            Cause::Damaged => Self::Damaged {
                detail: error.to_string(),
            },
            Cause::ReadOnly => Self::ReadOnly,
            Cause::Other => Self::Sql(error),
        }
    }
}

/// Why the database was not opened. Whatever the reason, its file was left as it was.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The key does not belong to this folder.
    #[error("The key that was found does not open this database.")]
    KeyWrong,
    /// The file is not a whole database any more.
    #[error("The database is damaged: {detail}.")]
    Damaged {
        /// What was found.
        detail: String,
    },
    /// There are snapshots, but the database itself is gone.
    #[error(
        "The database is missing from the data folder. A snapshot or a backup can take its place."
    )]
    Missing,
    /// A later Gatehouse has changed the database.
    #[error(
        "A newer Gatehouse has updated this database (step {found}; this one knows {known}). \
         Install the newer one, or undo the update."
    )]
    Newer {
        /// Migrations in the database.
        found: u32,
        /// Migrations that this build knows.
        known: u32,
        /// What [`super::snapshot::undo_update`] would go back to.
        snapshot: Option<SnapshotInfo>,
    },
    /// An update of the database failed and was taken back.
    #[error("The update \"{name}\" of the database failed and was taken back: {detail}.")]
    MigrationFailed {
        /// Which migration.
        name: String,
        /// What SQLite said.
        detail: String,
    },
    /// No room is left.
    #[error("The disk is full. Make room, then open Gatehouse again.")]
    DiskFull,
    /// The file or its folder may not be written.
    #[error("The data folder cannot be written.")]
    ReadOnly,
    /// Another process held the database for too long.
    #[error("Another Gatehouse process is busy with the database. Try again.")]
    Busy,
    /// Anything else that the system said.
    #[error("The database cannot be opened: {0}.")]
    Io(#[source] io::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match Cause::of(&error) {
            Cause::DiskFull => Self::DiskFull,
            Cause::Busy => Self::Busy,
            Cause::Damaged => Self::Damaged {
                detail: error.to_string(),
            },
            Cause::ReadOnly => Self::ReadOnly,
            Cause::Other => Self::Io(io::Error::other(error)),
        }
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Io(error),
        }
    }
}

/// What an error of SQLite means for a person.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    DiskFull,
    Busy,
    Damaged,
    ReadOnly,
    Other,
}

impl Cause {
    pub(super) fn of(error: &rusqlite::Error) -> Self {
        let Some(failure) = error.sqlite_error() else {
            return Self::Other;
        };
        match failure.code {
            ErrorCode::DiskFull => Self::DiskFull,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged,
            ErrorCode::ReadOnly => Self::ReadOnly,
            // The shared memory of the write-ahead log could not grow: there is no other cause.
            ErrorCode::SystemIoFailure
                if failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE =>
            {
                Self::DiskFull
            }
            _ => Self::Other,
        }
    }
}
