//! What follows once the content is gone from the database: copies, unused parts of pages and the log go,
//! every byte is searched, and what was done is kept for a certificate. Also at the next start, for what
//! was cut off.

use std::path::PathBuf;

use super::{
    EraseError, Erased, ErasureStep, Remains, certificate, check, content::Gone,
    own_names::OwnNames,
};
use crate::{
    app::App,
    now_ms,
    privacy::backup::{BackupError, Emptied},
    store::{SnapshotReason, StoreError, snapshot},
};

/// What can be done about backups that are out of reach.
pub(super) const IN_REACH: &str = "Attach its disk, then choose another folder and let this one be forgotten \
    (gatehouse backup forget): that removes them";

impl App {
    /// What follows once the content is gone from the database.
    pub(super) fn finish_erasure(
        &self,
        gone: Gone,
        progress: &mut dyn FnMut(ErasureStep),
    ) -> Erased {
        let mut remains = gone.remains;
        progress(ErasureStep::Snapshots);
        let mut snapshots = snapshot::remove_all(&self.folder).unwrap_or_else(|error| {
            let why = format!("not all of them could be removed: {error}");
            remains.push(Remains::new("snapshots", why));
            0
        });
        let (backups, folders) = self.remove_from_backups(&mut remains);
        snapshots += backups;
        let names = OwnNames::of(folders.iter().map(PathBuf::as_path), &gone.traces.words);
        progress(ErasureStep::Log);
        // On a full disk, say. What the database still holds is not what a certificate is given of.
        let mut failed = false;
        if let Err(error) = self.store.scrub() {
            failed = true;
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
            Err(error) => {
                failed = true;
                remains.push(Remains::new("the log of the database", error.to_string()));
            }
        }
        progress(ErasureStep::Check);
        let check = check::search(&self.store, &self.folder, gone.traces, &mut remains);
        let mut erased = Erased {
            certificate: gone.entry,
            conversations: gone.conversations,
            messages: gone.messages,
            words: gone.words,
            snapshots: u32::try_from(snapshots).unwrap_or(u32::MAX),
            remains,
            check,
        };
        let kept = match failed {
            true => Err("not all of it was done".to_owned()),
            false => self
                .store
                .write(|tx| certificate::keep(tx, gone.kind, &erased, &names, now_ms()))
                .map_err(|error| StoreError::from(error).to_string()),
        };
        if let Err(why) = kept {
            let why = format!("it is finished at the next start: {why}");
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

    /// Remove the backups that this installation has written, which may have what was erased, from every folder
    /// that it wrote them into; how many, and the folders.
    fn remove_from_backups(&self, remains: &mut Vec<Remains>) -> (usize, Vec<PathBuf>) {
        let may_have = "they may have what was erased, and could not be removed";
        let folders = self.remove_every_backup().unwrap_or_else(|error| {
            remains.push(Remains::new("backups", format!("{may_have}: {error}")));
            Vec::new()
        });
        let mut gone = 0;
        let mut known = Vec::new();
        for Emptied { folder, removed } in folders {
            let way = folder.display();
            match removed {
                Ok(removed) => {
                    gone += removed.gone.len();
                    for (name, why) in removed.left {
                        let what = format!("the backup {name} in {way}");
                        remains.push(Remains::new(&what, why));
                    }
                }
                Err(error) => {
                    let what = format!("backups in {way}");
                    remains.push(Remains::new(
                        &what,
                        format!("{may_have}: {error}. {IN_REACH}"),
                    ));
                }
            }
            known.push(folder);
        }
        (gone, known)
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
