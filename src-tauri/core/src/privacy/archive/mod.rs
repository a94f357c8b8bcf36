//! Archives: a conversation, a workspace or everything in one file, to keep or to bring to another
//! computer. `docs/archive.md` says what is in one, `docs/archive.schema.json` in which form.
//!
//! An archive is written in one pass and read in two, with one conversation in memory at a time. What
//! is read comes from a file that nobody vouches for: every size and every count has its limit, and
//! nothing is written before all of it was seen to be sound. It is not copied anywhere in between: a copy
//! would have to be encrypted and removed, and the archive itself is there to be read again.

mod check;
mod error;
mod export;
mod form;
mod import;
mod incoming;
mod names;
mod pack;
mod passphrase;
mod report;
mod settle;
mod unpack;

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    chat::{self, ChatError},
    costs::file_calls::CallsOf,
    ids::{ConversationId, WorkspaceId},
    record::{Action, Event, Subject},
    workspaces::{self, WorkspaceError},
};

pub use check::{ArchivedRecord, CheckedArchive, check_archive, is_locked};
pub use error::ArchiveError;
pub use form::Holdings;
pub(in crate::privacy) use form::MemberLine;
pub use import::{ImportedArchive, ImportedWorkspace};
pub(in crate::privacy) use pack::{Packer, pack, write_json, write_line};
pub use passphrase::Passphrase;

/// Of what something is made: of all that there is, or of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum Scope {
    /// One conversation.
    Conversation {
        /// Which.
        conversation_id: ConversationId,
    },
    /// A workspace with all its conversations.
    Workspace {
        /// Which.
        workspace_id: WorkspaceId,
    },
    /// All workspaces, and what belongs to none.
    Everything,
}

/// Where an archive goes.
#[derive(Debug)]
pub struct Target {
    /// The file.
    pub path: PathBuf,
    /// Whether a file of this name may be replaced.
    pub replace: bool,
    /// What it is locked with; `None`: everyone who has the file can read it.
    pub passphrase: Option<Passphrase>,
}

/// An archive that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SavedArchive {
    /// Where it is.
    pub path: String,
    /// Whether it needs a passphrase.
    pub encrypted: bool,
    /// What it holds.
    pub holds: Holdings,
}

/// Hears the share that is done, 0 to 1, and says whether to go on.
pub type Progress<'a> = dyn FnMut(f64) -> ControlFlow<()> + 'a;

impl Scope {
    /// Its name in manifests and in the record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Conversation { .. } => "conversation",
            Self::Workspace { .. } => "workspace",
            Self::Everything => "everything",
        }
    }

    /// The workspace that conversations are to be of; `None`: any. Of one conversation, its own.
    pub(in crate::privacy) fn workspace(
        self,
        conn: &rusqlite::Connection,
    ) -> Result<Option<WorkspaceId>, ArchiveError> {
        match self {
            Self::Conversation { conversation_id } => {
                Ok(Some(chat::get(conn, conversation_id)?.workspace_id))
            }
            Self::Workspace { workspace_id } => {
                let known = workspaces::all(conn)?;
                let is_there = known.iter().any(|workspace| workspace.id == workspace_id);
                is_there
                    .then_some(Some(workspace_id))
                    .ok_or(ArchiveError::Workspace(WorkspaceError::NotFound))
            }
            Self::Everything => Ok(None),
        }
    }

    /// Its conversation after another one; `None` as `after`: the first.
    pub(in crate::privacy) fn next_after(
        self,
        conn: &rusqlite::Connection,
        after: Option<ConversationId>,
    ) -> rusqlite::Result<Option<ConversationId>> {
        match (self, after) {
            (Self::Conversation { conversation_id }, None) => Ok(Some(conversation_id)),
            (Self::Conversation { .. }, Some(_)) => Ok(None),
            (Self::Workspace { workspace_id }, _) => {
                chat::next_after(conn, Some(workspace_id), after)
            }
            (Self::Everything, _) => chat::next_after(conn, None, after),
        }
    }

    /// Whose calls are wanted.
    pub(in crate::privacy) fn calls(self) -> CallsOf {
        match self {
            Self::Conversation { conversation_id } => CallsOf::Conversation(conversation_id),
            Self::Workspace { workspace_id } => CallsOf::Workspace(workspace_id),
            Self::Everything => CallsOf::Everything,
        }
    }

    /// How many conversations it has.
    pub(in crate::privacy) fn count(self, conn: &rusqlite::Connection) -> rusqlite::Result<u32> {
        match self {
            Self::Conversation { .. } => Ok(1),
            Self::Workspace { workspace_id } => chat::count(conn, Some(workspace_id)),
            Self::Everything => chat::count(conn, None),
        }
    }

    /// Give each of its conversations to `take`; one is in memory at a time.
    pub(in crate::privacy) fn each(
        self,
        conn: &rusqlite::Connection,
        take: &mut dyn FnMut(chat::Conversation) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        let mut last = None;
        while let Some(id) = self.next_after(conn, last)? {
            match chat::get(conn, id) {
                Err(ChatError::NoConversation) if !matches!(self, Self::Conversation { .. }) => {}
                conversation => take(conversation?)?,
            }
            last = Some(id);
        }
        Ok(())
    }

    /// That it was written to a file, for the record.
    pub(in crate::privacy) fn event(self, action: Action, target: &Target) -> Event {
        let event = Event::new(action).fact("scope", self.name()).fact(
            "encrypted",
            match target.passphrase {
                Some(_) => "yes",
                None => "no",
            },
        );
        let event = match self {
            Self::Conversation { conversation_id } => {
                event.about(Subject::Conversation(conversation_id))
            }
            Self::Workspace { workspace_id } => event
                .fact("workspace", workspace_id.to_string())
                .about(Subject::Workspace(workspace_id)),
            Self::Everything => event.about(Subject::Installation),
        };
        event.payload(serde_json::json!({ "file": target.path.display().to_string() }))
    }
}

/// The share of a number of things that is done.
pub(in crate::privacy) fn share(done: u32, all: u32) -> f64 {
    f64::from(done.min(all)) / f64::from(all.max(1))
}

/// Tell how far it is; an error where a person stopped it.
pub(in crate::privacy) fn tell(
    progress: &mut Progress<'_>,
    share: f64,
) -> Result<(), ArchiveError> {
    match progress(share) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ArchiveError::Stopped),
    }
}

/// Refuse to write over a file unless that was asked for.
pub(in crate::privacy) fn free(target: &Target) -> Result<(), ArchiveError> {
    let is_taken = |path: &Path| path.symlink_metadata().is_ok();
    if !target.replace && is_taken(&target.path) {
        return Err(ArchiveError::Exists(target.path.clone()));
    }
    Ok(())
}
