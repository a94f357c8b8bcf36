//! Copies of the database that have what goes from it: how many there are, and how long they stay.

use std::path::PathBuf;

use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use crate::{
    app::App,
    store::{SnapshotReason, snapshot},
};

/// How many copies there are, by what becomes of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Copies {
    /// Snapshots that newer ones take the place of.
    #[specta(type = Number)]
    pub passing: usize,
    /// Snapshots that somebody made: they stay until somebody deletes them.
    #[specta(type = Number)]
    pub by_hand: usize,
    /// Databases that were set aside, with their snapshots: they stay until somebody deletes them.
    #[specta(type = Number)]
    pub set_aside: usize,
    /// Backups in their folder, that newer ones take the place of.
    #[specta(type = Number)]
    pub backups: usize,
    /// Backups in folders that were chosen earlier: they stay until somebody deletes them.
    #[specta(type = Number)]
    pub earlier_backups: usize,
}

impl App {
    /// The copies that there are. Of what cannot be read none is counted: where it is used, that is told.
    pub(super) fn copies(&self) -> Copies {
        let snapshots = snapshot::list(&self.folder).unwrap_or_default();
        let by_hand = |made: &&_| is_by_hand(made);
        let by_hand = snapshots.iter().filter(by_hand).count();
        let aside = self.folder.replaced();
        let all = snapshot::databases(&self.folder).unwrap_or_default();
        let is_aside = |path: &&PathBuf| path.starts_with(&aside);
        let backups = self.backups_everywhere().unwrap_or_default();
        let backups_in = |chosen: bool| {
            let folders = backups.iter().filter(|place| place.is_chosen == chosen);
            folders
                .flat_map(|place| place.backups.iter().map(Vec::len))
                .sum()
        };
        Copies {
            passing: snapshots.len() - by_hand,
            by_hand,
            set_aside: all.iter().filter(is_aside).count(),
            backups: backups_in(true),
            earlier_backups: backups_in(false),
        }
    }
}

fn is_by_hand(made: &snapshot::SnapshotInfo) -> bool {
    made.reason == SnapshotReason::ByHand
}
