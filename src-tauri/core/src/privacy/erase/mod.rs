//! Erasing a person, a conversation or a workspace: from the database with its keys, search terms and
//! the record's private parts, from engines, snapshots and the log; and a search, byte by byte, that
//! nothing is left. What cannot be erased is named, with its reason.

mod certificate;
mod check;
mod content;
mod error;
mod finish;
mod lost;
mod own_names;
mod person;
mod preview;
mod searcher;
pub(super) mod snapshots;

use std::sync::atomic::Ordering;

use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

pub use check::{ByteSearch, FoundBytes};
pub use error::EraseError;
pub use preview::{ErasurePreview, Goes, Stays};

use super::{Identifiers, find::looked_for};
use crate::{
    app::App,
    ids::{ConversationId, WorkspaceId},
    now_ms,
    record::{self, Action},
    store::{Migration, StoreError},
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
    /// Unused parts of pages are overwritten, and the log of the database is emptied.
    Log,
    /// Snapshots, databases that were set aside, and backups are removed.
    Snapshots,
    /// Every byte is searched.
    Check,
    /// A new snapshot is made.
    Snapshot,
}

/// Something that an erasure did not reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Remains {
    /// What.
    pub what: String,
    /// Why, and what can be done about it.
    pub why: String,
    /// Whether something of what was erased may be in the data folder for that: what was searched does not
    /// show it.
    #[serde(default)]
    pub in_data_folder: bool,
}

impl Remains {
    fn new(what: &str, why: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
            in_data_folder: false,
        }
    }

    fn in_data_folder(what: &str, why: impl Into<String>) -> Self {
        Self {
            in_data_folder: true,
            ..Self::new(what, why)
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

impl App {
    /// What an erasure would take and what it would leave. Whoever sees that of a person has looked for
    /// them, and that is recorded, also where nothing was found.
    ///
    /// # Errors
    /// [`EraseError`] when there is no such thing.
    pub fn preview_erasure(&self, erasure: &Erasure) -> Result<ErasurePreview, EraseError> {
        let in_snapshots = self.in_snapshots(erasure)?;
        let preview = self
            .store
            .read(|conn| preview::of(conn, &self.folder, erasure, in_snapshots));
        self.note_looked_for(erasure)?;
        let mut preview = preview?;
        preview.backups(self.backups_everywhere()?);
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
        let _turn = self.turn_to_erase();
        progress(ErasureStep::Content);
        if !self.store.is_alone()? {
            return Err(EraseError::NotAlone);
        }
        // What takes its time is read before anybody is kept from answering and writing. What is written
        // meanwhile is noted, and read again then.
        let watch = self.store.watch()?;
        let in_snapshots = self.in_snapshots(erasure)?;
        let seen = self.store.read(|conn| content::read(conn, erasure))?;
        let gone = {
            let _pause = self.gate.pause().ok_or(EraseError::Busy)?;
            let wanted = content::Wanted {
                erasure,
                request,
                in_snapshots,
            };
            let gone = self
                .store
                .write(|tx| content::erase(&self.record, tx, &wanted, seen, &watch, now_ms()));
            if matches!(gone, Err(EraseError::NothingFound)) {
                self.note_looked_for(erasure)?;
            }
            let gone = gone?;
            drop(watch);
            progress(ErasureStep::Engines);
            self.forget_erased();
            gone
        };
        Ok(self.finish_erasure(gone, false, progress))
    }

    fn note_looked_for(&self, erasure: &Erasure) -> Result<(), EraseError> {
        let Erasure::Person { identifiers, .. } = erasure else {
            return Ok(());
        };
        let event = looked_for(Action::SubjectSearched, identifiers.len())
            .fact("shown", "what an erasure would take");
        self.change(|_| Ok(((), event)))
    }

    /// Snapshots and backups that have the person who is to be erased: they may be in nothing else.
    fn in_snapshots(&self, erasure: &Erasure) -> Result<usize, EraseError> {
        let Erasure::Person { identifiers, .. } = erasure else {
            return Ok(0);
        };
        let identifiers = Identifiers::parse(identifiers)?;
        Ok(self.copies_with(&identifiers)?)
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
        self.forget_erased();
        Ok(gone.conversations)
    }

    /// Have the engines forget at once what this process has just erased, and whatever else was erased before: none
    /// of it is news to them later.
    pub(in crate::privacy) fn forget_erased(&self) {
        let erasures = self.store.read(record::erasures);
        self.engines.unload_all();
        // Where that cannot be read, they are ended once more than they need be.
        if let Ok(erasures) = erasures {
            self.erasures_known.store(erasures, Ordering::Relaxed);
        }
    }

    /// Have the engines forget what another process on the same data has erased since this was last asked:
    /// those that work on nothing end now, the others once they do.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub fn forget_what_others_erased(&self) -> Result<(), StoreError> {
        let erasures = self.store.read(record::erasures)?;
        if self.erasures_known.swap(erasures, Ordering::Relaxed) != erasures {
            self.engines.unload_after_work();
        }
        Ok(())
    }
}
