//! Erasing a person, a conversation or a workspace: from the database with its keys, search terms and
//! the record's private parts, from engines, snapshots and the log; and a search, byte by byte, that
//! nothing is left. What cannot be erased is named, with its reason.

mod certificate;
mod check;
mod content;
mod person;
mod preview;
pub(super) mod snapshots;

use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

pub use check::{ByteSearch, FoundBytes};
pub use preview::{ErasurePreview, Goes, Stays};

use super::{IdentifierError, Identifiers, backup::BackupError, requests::RequestError};
use crate::{
    app::App,
    ids::{ConversationId, WorkspaceId},
    now_ms,
    problem::{Problem, ProblemCode},
    record::CertificateError,
    sealed::SealedError,
    store::{Migration, SnapshotReason, StoreError, snapshot},
    workspaces::WorkspaceError,
};

// A row without a statement: the content is gone, and what follows was cut off.
pub(super) const MIGRATION: Migration = Migration {
    name: "2026-11-27 create erasures",
    sql: "CREATE TABLE erasures (
            entry INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            erased_at_ms INTEGER NOT NULL,
            begun TEXT NOT NULL CHECK (json_valid(begun)),
            statement TEXT CHECK (statement IS NULL OR json_valid(statement))
          ) STRICT",
};

/// What is to be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Erasure {
    /// A conversation.
    Conversation {
        /// Which one.
        id: ConversationId,
    },
    /// A workspace with all that is in it.
    Workspace {
        /// Which one.
        id: WorkspaceId,
    },
    /// A person, wherever they stand.
    Person {
        /// What they are found by.
        identifiers: Vec<String>,
        /// How much around them goes.
        extent: Extent,
    },
}

/// How much goes where a person stands in a conversation. Elsewhere the words go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// The words by which they were found.
    Words,
    /// The text of each message in which they stand.
    Messages,
    /// Each conversation in which they stand.
    Conversations,
}

/// What an erasure is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ErasureStep {
    /// It waits for answers to end, and takes the content out of the database.
    Content,
    /// Engines forget.
    Engines,
    /// Snapshots, and databases that were set aside, are removed.
    Snapshots,
    /// Unused parts of pages are overwritten, and the log of the database is emptied.
    Log,
    /// Every byte is searched.
    Check,
    /// A new snapshot is made.
    Snapshot,
}

/// Something that an erasure did not reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Remains {
    /// What.
    pub what: String,
    /// Why, and what can be done about it.
    pub why: String,
}

impl Remains {
    fn new(what: &str, why: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
        }
    }
}

/// What was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Erased {
    /// Its entry in the record, by which a certificate of it is made.
    #[specta(type = Number)]
    pub certificate: i64,
    /// Conversations that are gone.
    pub conversations: u32,
    /// Messages that are gone, or whose text is.
    pub messages: u32,
    /// Places from which words were taken.
    pub words: u32,
    /// Files of snapshots and databases set aside that are gone.
    pub snapshots: u32,
    /// What it did not reach.
    pub remains: Vec<Remains>,
    /// What the search found.
    pub check: ByteSearch,
}

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
            EraseError::Store(error) => error.into(),
            EraseError::Sealed(SealedError::Store(error)) => error.into(),
            EraseError::Sealed(_) | EraseError::Folder(_) => {
                Self::new(ProblemCode::DataUnusable, error)
            }
            EraseError::Busy | EraseError::NotAlone => Self::new(ProblemCode::Busy, error),
            EraseError::Held(_) => Self::new(ProblemCode::NotAllowed, error),
            EraseError::NotFound | EraseError::NothingFound | EraseError::NoErasure(_) => {
                Self::new(ProblemCode::NotFound, error)
            }
        }
    }
}

impl App {
    /// What an erasure would take and what it would leave.
    ///
    /// # Errors
    /// [`EraseError`] when there is no such thing.
    pub fn preview_erasure(&self, erasure: &Erasure) -> Result<ErasurePreview, EraseError> {
        let in_snapshots = self.in_snapshots(erasure)?;
        let mut preview = self
            .store
            .read(|conn| preview::of(conn, &self.folder, erasure, in_snapshots))?;
        // A folder that is not there is told by the erasure itself.
        let backups = self.copies().backups;
        if backups > 0 {
            preview.goes.push(Goes {
                what: "backups in their folder; a new one is made".into(),
                count: u32::try_from(backups).unwrap_or(u32::MAX),
            });
        }
        Ok(preview)
    }

    /// Erase for good. Answers that are being written are stopped. `request` is the open request of
    /// a person that this answers: it is done then.
    ///
    /// # Errors
    /// [`EraseError`] when nothing was erased. What fails after the content is gone is in
    /// [`Erased::remains`].
    pub fn erase(
        &self,
        erasure: &Erasure,
        request: Option<i64>,
        progress: &mut dyn FnMut(ErasureStep),
    ) -> Result<Erased, EraseError> {
        progress(ErasureStep::Content);
        if !self.store.is_alone()? {
            return Err(EraseError::NotAlone);
        }
        // Before the writer is held: it takes its time.
        let in_snapshots = self.in_snapshots(erasure)?;
        let gone = {
            let _pause = self.gate.pause().ok_or(EraseError::Busy)?;
            let wanted = content::Wanted {
                erasure,
                request,
                in_snapshots,
            };
            let gone = self
                .store
                .write(|tx| content::erase(&self.record, tx, &wanted, now_ms()))?;
            progress(ErasureStep::Engines);
            self.engines.unload_all();
            gone
        };
        Ok(self.finish_erasure(gone, progress))
    }

    /// Files of snapshots that have the person who is to be erased: they may be in nothing else.
    fn in_snapshots(&self, erasure: &Erasure) -> Result<usize, EraseError> {
        let Erasure::Person { identifiers, .. } = erasure else {
            return Ok(0);
        };
        let identifiers = Identifiers::parse(identifiers)?;
        Ok(snapshots::with_any(
            &self.store,
            &self.folder,
            &identifiers,
        )?)
    }

    /// Erase conversations for good, for the reason that `cause` names in the record: those that were
    /// kept for as long as they are to be, as `still` says once nothing can be said in them any more. How
    /// many; snapshots have them until they are replaced.
    ///
    /// # Errors
    /// [`EraseError`] when nothing was erased.
    pub(crate) fn erase_conversations(
        &self,
        ids: &[ConversationId],
        cause: &'static str,
        still: impl Fn(&Transaction<'_>, ConversationId) -> rusqlite::Result<bool>,
    ) -> Result<u32, EraseError> {
        let _pause = self.gate.pause().ok_or(EraseError::Busy)?;
        let gone = self.store.write(|tx| {
            let mut due = Vec::with_capacity(ids.len());
            for &id in ids {
                if still(tx, id)? {
                    due.push(id);
                }
            }
            content::conversations(&self.record, tx, &due, cause, now_ms())
        })?;
        self.engines.unload_all();
        Ok(gone.conversations)
    }

    /// What follows once the content is gone from the database.
    fn finish_erasure(&self, gone: content::Gone, progress: &mut dyn FnMut(ErasureStep)) -> Erased {
        let mut remains = gone.remains.clone();
        progress(ErasureStep::Snapshots);
        let mut snapshots = snapshot::remove_all(&self.folder).unwrap_or_else(|error| {
            let why = format!("not all of them could be removed: {error}");
            remains.push(Remains::new("snapshots", why));
            0
        });
        snapshots += self.remove_every_backup(&mut remains);
        progress(ErasureStep::Log);
        if let Err(error) = self.store.scrub() {
            remains.push(Remains::new(
                "unused parts of pages of the database",
                error.to_string(),
            ));
        }
        match self.store.truncate_log() {
            Ok(true) => {}
            Ok(false) => remains.push(Remains::new(
                "the log of the database",
                "another program is reading the database; it goes when Gatehouse is closed",
            )),
            Err(error) => remains.push(Remains::new("the log of the database", error.to_string())),
        }
        progress(ErasureStep::Check);
        let check = check::search(&self.store, &self.folder, &gone.traces, &mut remains);
        let mut erased = Erased {
            certificate: gone.entry,
            conversations: gone.conversations,
            messages: gone.messages,
            words: gone.words,
            snapshots: u32::try_from(snapshots).unwrap_or(u32::MAX),
            remains,
            check,
        };
        let kept = self.store.write(|tx| {
            certificate::keep(tx, gone.kind, &erased, now_ms()).map_err(StoreError::from)
        });
        if let Err(error) = kept {
            let why = format!("it is finished at the next start: {error}");
            erased.remains.push(Remains::new("the certificate", why));
        }
        progress(ErasureStep::Snapshot);
        if let Err(error) = self.store.snapshot(SnapshotReason::Daily, now_ms()) {
            let why = format!("it could not be made: {error}");
            erased.remains.push(Remains::new("a new snapshot", why));
        }
        if let Err(error) = self.back_up(&mut |_| ())
            && !matches!(error, BackupError::NoFolder)
        {
            let why = format!("it could not be made: {error}");
            erased.remains.push(Remains::new("a new backup", why));
        }
        erased
    }

    /// Remove the backups that this installation has written, which may have what was erased; how many.
    fn remove_every_backup(&self, remains: &mut Vec<Remains>) -> usize {
        let removed = self.backups_written_here().and_then(|(_, all)| {
            let names: Vec<String> = all.into_iter().map(|backup| backup.name).collect();
            self.remove_backups(&names)
        });
        match removed {
            Ok(removed) => {
                for (name, why) in &removed.left {
                    remains.push(Remains::new(&format!("the backup {name}"), why.clone()));
                }
                removed.gone.len()
            }
            Err(BackupError::NoFolder) => 0,
            Err(error) => {
                let why =
                    format!("they may have what was erased, and could not be removed: {error}");
                remains.push(Remains::new("backups", why));
                0
            }
        }
    }

    /// Finish what was cut off after the content was gone: called at a start, when nobody else has
    /// the data open.
    ///
    /// # Errors
    /// [`EraseError`] when it fails again; the next start tries again.
    pub fn finish_erasures(&self) -> Result<(), EraseError> {
        let unfinished = self.store.read(certificate::unfinished)?;
        // Another process may be at it.
        if unfinished.is_empty() || !self.store.is_alone()? {
            return Ok(());
        }
        for gone in unfinished {
            self.finish_erasure(gone, &mut |_| ());
        }
        Ok(())
    }
}
