//! The keys of pseudonyms that workspaces keep, and how a person destroys them: from then on nobody can
//! find again whom a pseudonym of an earlier export stands for, nor add to it.

use serde::Serialize;
use specta::Type;

use super::keys;
use crate::{
    app::App,
    ids::WorkspaceId,
    now_ms,
    privacy::archive::ArchiveError,
    record::{Action, Event, Subject},
    store::snapshot,
};

/// What destroying came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DestroyedKeys {
    /// How many keys there were.
    pub keys: u32,
    /// Snapshots from before, which have them as long as they are kept. So have backups.
    pub snapshots: u32,
    /// Whether no byte of them is left in the database and its log; otherwise the log has them until
    /// Gatehouse is closed.
    pub is_gone: bool,
}

impl App {
    /// The workspaces that keep the key of their pseudonyms.
    ///
    /// # Errors
    /// [`ArchiveError`] when the database fails.
    pub fn kept_pseudonym_keys(&self) -> Result<Vec<WorkspaceId>, ArchiveError> {
        Ok(self.store.read(keys::workspaces_with_one)?)
    }

    /// Destroy the key that a workspace keeps, or (`None`) those of all. It is recorded, if there was one.
    ///
    /// # Errors
    /// [`ArchiveError`] when the database fails.
    pub fn destroy_pseudonym_keys(
        &self,
        workspace: Option<WorkspaceId>,
    ) -> Result<DestroyedKeys, ArchiveError> {
        let keys = self.store.write(|tx| {
            let keys = keys::destroy(tx, workspace)?;
            if keys > 0 {
                let event = Event::new(Action::PseudonymKeysDestroyed)
                    .fact("keys", keys)
                    .maybe("workspace", workspace.map(|id| id.to_string()))
                    .about(workspace.map_or(Subject::Installation, Subject::Workspace));
                self.record.append(tx, event, now_ms())?;
            }
            Ok::<_, ArchiveError>(keys)
        })?;
        if keys > 0 {
            self.store.scrub()?;
        }
        let snapshots = snapshot::list(&self.folder).map_err(ArchiveError::File)?;
        Ok(DestroyedKeys {
            keys,
            snapshots: u32::try_from(snapshots.len()).unwrap_or(u32::MAX),
            is_gone: keys == 0 || self.store.truncate_log()?,
        })
    }
}
