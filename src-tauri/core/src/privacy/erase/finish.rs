//! What follows once the content is gone from the database: unused parts of pages, the log and copies go,
//! every byte is searched, and what was done is kept for a certificate. Also at the next start, for what
//! was cut off.

use std::{path::PathBuf, time::Duration};

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

/// How long a backup that is being made, on a slow disk, say, is waited for.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 3 } else { 120 });

/// What is left to tell and to do.
struct Rest {
    remains: Vec<Remains>,
    /// Whether nothing is to be tried again: a certificate is given of what is done.
    is_done: bool,
    /// Whether this is such a new try, at a start.
    is_again: bool,
}

impl Rest {
    /// On a full disk, say: it is tried again at the next start.
    fn failed(&mut self, remains: Remains) {
        self.is_done = false;
        self.remains.push(remains);
    }

    /// A copy that something is in the way of, which may be so for good: it is tried once more, at the next
    /// start, and then named in the certificate. Each try takes every other copy with it.
    fn kept_copy(&mut self, remains: Remains) {
        self.is_done &= self.is_again;
        self.remains.push(remains);
    }

    /// Whether the log of the database could be emptied.
    fn log(&mut self, emptied: Result<bool, StoreError>) {
        let log = "the log of the database";
        match emptied {
            Ok(true) => {}
            Ok(false) => self.remains.push(Remains::in_data_folder(
                log,
                "another program is reading the database; it goes when Gatehouse is closed",
            )),
            Err(error) => self.failed(Remains::in_data_folder(log, error.to_string())),
        }
    }
}

impl App {
    /// What follows once the content is gone from the database. `is_again`: after a start, for what could not
    /// be done before.
    pub(super) fn finish_erasure(
        &self,
        gone: Gone,
        is_again: bool,
        progress: &mut dyn FnMut(ErasureStep),
    ) -> Erased {
        let mut rest = Rest {
            remains: gone.remains,
            is_done: true,
            is_again,
        };
        // Before the copies go: another one may be made as soon as they are gone, of the pages as they are.
        progress(ErasureStep::Log);
        if let Err(error) = self.store.scrub() {
            let what = "unused parts of pages of the database";
            rest.failed(Remains::in_data_folder(what, error.to_string()));
        }
        let emptied = self.store.truncate_log();
        progress(ErasureStep::Snapshots);
        let snapshots = snapshot::remove_all(&self.folder).unwrap_or_else(|error| {
            let why = format!("not all of them could be removed: {error}");
            rest.kept_copy(Remains::in_data_folder("snapshots", why));
            0
        });
        let (backups, folders) = self.remove_from_backups(&mut rest);
        let names = OwnNames::of(folders.iter().map(PathBuf::as_path), &gone.traces.words);
        // A copy that was being made, and was waited for, kept the log.
        rest.log(match emptied {
            Ok(false) => self.store.truncate_log(),
            done => done,
        });
        progress(ErasureStep::Check);
        let check = check::search(&self.store, &self.folder, gone.traces, &mut rest.remains);
        let mut erased = Erased {
            certificate: gone.entry,
            conversations: gone.conversations,
            messages: gone.messages,
            words: gone.words,
            snapshots: u32::try_from(snapshots + backups).unwrap_or(u32::MAX),
            remains: rest.remains,
            check,
        };
        let kept = match rest.is_done {
            false => Err("not all of it was done".to_owned()),
            true => self
                .store
                .write(|tx| certificate::keep(tx, gone.kind, &erased, &names, now_ms()))
                .map_err(|error| StoreError::from(error).to_string()),
        };
        if let Err(why) = kept {
            let why = format!("it is finished at the next start: {why}");
            erased.remains.push(Remains::new("the certificate", why));
        }
        progress(ErasureStep::Snapshot);
        self.copy_again(&mut erased.remains);
        erased
    }

    /// Make a snapshot, and a backup where there is a folder for them, in the place of those that are gone.
    fn copy_again(&self, remains: &mut Vec<Remains>) {
        if let Err(error) = self.store.snapshot(SnapshotReason::Daily, now_ms()) {
            let why = format!("it could not be made: {error}");
            remains.push(Remains::new("a new snapshot", why));
        }
        if let Err(error) = self.back_up(&mut |_| ())
            && !matches!(error, BackupError::NoFolder)
        {
            let why = format!("it could not be made: {error}");
            remains.push(Remains::new("a new backup", why));
        }
    }

    /// Remove the backups that this installation has written, which may have what was erased, from every folder
    /// that it wrote them into; how many, and the folders.
    fn remove_from_backups(&self, rest: &mut Rest) -> (usize, Vec<PathBuf>) {
        let may_have = "they may have what was erased, and could not be removed";
        // A start is not kept waiting: there is another one.
        let patience = if rest.is_again {
            Duration::ZERO
        } else {
            PATIENCE
        };
        let folders = self.remove_every_backup(patience).unwrap_or_else(|error| {
            let remains = Remains::new("backups", format!("{may_have}: {error}"));
            match error {
                BackupError::Busy => rest.failed(remains),
                _ => rest.kept_copy(remains),
            }
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
                        rest.remains.push(Remains::new(&what, why));
                    }
                }
                Err(error) => {
                    let what = format!("backups in {way}");
                    rest.remains.push(Remains::new(
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
        let _turn = self.turn_to_erase();
        let unfinished = self.store.read(certificate::unfinished)?;
        // Another process may be at it.
        if unfinished.is_empty() || !self.store.is_alone()? {
            return Ok(());
        }
        for gone in unfinished {
            self.finish_erasure(gone, true, &mut |_| ());
        }
        match self.store.read(certificate::unfinished)?.is_empty() {
            true => Ok(()),
            false => Err(EraseError::Unfinished),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::mpsc, thread};

    use super::*;
    use crate::{
        app::Surroundings,
        chat::{self, Options},
        ids::ConversationId,
        privacy::{Erasure, FileForm},
        record::Actor,
        secrets::{self, KeyHome},
        store::DataFolder,
    };

    fn app() -> (tempfile::TempDir, App) {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(&dir.path().join("data"))).unwrap();
        secrets::database_key(&folder, KeyHome::File).unwrap();
        let around = Surroundings {
            actor: Actor::CommandLine,
            engine_program: PathBuf::new(),
            resources: None,
            on_engine_change: Box::new(|| ()),
        };
        (dir, App::open(&folder, around).unwrap())
    }

    fn said(app: &App) -> ConversationId {
        let id = app.gate.new_conversation(&Options::default()).unwrap().id;
        let begun = app
            .store
            .write(|tx| chat::begin_turn(tx, id, "Who is Novak?", 1));
        let answer = begun.unwrap().answer;
        let done = chat::MessageState::Done;
        app.store
            .write(|tx| chat::end_answer(tx, answer, "Nobody.", done, None))
            .unwrap();
        id
    }

    fn erase(app: &App, id: ConversationId, progress: &mut dyn FnMut(ErasureStep)) -> Erased {
        app.erase(&Erasure::Conversation { id }, None, progress)
            .unwrap()
    }

    fn remains(erased: &Erased, what: &str) -> bool {
        erased.remains.iter().any(|remains| remains.what == what)
    }

    fn certificate(app: &App, erased: &Erased) -> Result<String, EraseError> {
        app.erasure_certificate(erased.certificate, FileForm::Html)
    }

    #[test]
    fn what_a_backup_under_way_kept_goes_once_it_is_done() {
        let (_dir, app) = app();
        let disk = tempfile::tempdir().unwrap();
        app.set_backup_folder(disk.path()).unwrap();
        let id = said(&app);
        let backup = app.back_up(&mut |_| ()).unwrap();
        let earlier = disk.path().join(backup.name);
        let under_way = app.folder.lock_for_backups().unwrap().unwrap();
        let erased = erase(&app, id, &mut |_| ());
        assert!(remains(&erased, "backups") && earlier.exists());
        assert!(certificate(&app, &erased).is_err(), "it is not done");
        let again = app.finish_erasures();
        assert!(matches!(again, Err(EraseError::Unfinished)), "{again:?}");
        drop(under_way);
        app.finish_erasures().unwrap();
        assert!(!earlier.exists());
        assert!(certificate(&app, &erased).is_ok());
    }

    #[test]
    fn a_backup_under_way_is_waited_for() {
        let (_dir, app) = app();
        let id = said(&app);
        let under_way = app.folder.lock_for_backups().unwrap().unwrap();
        let (begun, waits) = mpsc::channel();
        let (ended, end) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(move || {
                waits.recv().unwrap();
                // Without the wait, all of it ends before the backup does.
                let _ = end.recv_timeout(Duration::from_millis(500));
                drop(under_way);
            });
            let erased = erase(&app, id, &mut |step| {
                if step == ErasureStep::Snapshots {
                    begun.send(()).unwrap();
                }
            });
            let _ = ended.send(());
            assert!(!remains(&erased, "backups"), "{erased:?}");
            assert!(certificate(&app, &erased).is_ok());
        });
    }

    #[test]
    fn what_could_not_be_removed_is_tried_again_and_the_rest_goes_at_once() {
        let (_dir, app) = app();
        let id = said(&app);
        let (snapshots, replaced) = (app.folder.snapshots(), app.folder.replaced());
        let erased = erase(&app, id, &mut |step| {
            if step == ErasureStep::Snapshots {
                let _ = fs::remove_dir_all(&snapshots);
                fs::write(&snapshots, "No folder.").unwrap();
                fs::create_dir_all(&replaced).unwrap();
                fs::write(replaced.join("gatehouse.db"), "An older one.").unwrap();
            }
        });
        assert!(remains(&erased, "snapshots") && !replaced.exists());
        let in_the_way = erased.remains.iter().find(|one| one.what == "snapshots");
        assert!(in_the_way.unwrap().in_data_folder, "{erased:?}");
        assert_eq!(erased.check.found, [], "no search shows it");
        assert!(certificate(&app, &erased).is_err(), "it is not done");
        fs::remove_file(&snapshots).unwrap();
        app.finish_erasures().unwrap();
        assert!(certificate(&app, &erased).is_ok());
    }

    #[test]
    fn what_is_in_the_way_for_good_is_named_and_takes_the_other_copies_no_third_time() {
        let (_dir, app) = app();
        let id = said(&app);
        let snapshots = app.folder.snapshots();
        let erased = erase(&app, id, &mut |step| {
            if step == ErasureStep::Snapshots {
                let _ = fs::remove_dir_all(&snapshots);
                fs::write(&snapshots, "No folder.").unwrap();
            }
        });
        assert!(certificate(&app, &erased).is_err(), "it is tried again");
        app.finish_erasures().unwrap();
        let page = certificate(&app, &erased).unwrap();
        let stated = "<th scope=\"row\">In the data folder</th><td>Something may be left";
        assert!(page.contains(stated), "{page}");
        assert!(page.contains("<li>snapshots: not all of them could be removed"));
        let replaced = app.folder.replaced();
        fs::create_dir_all(&replaced).unwrap();
        app.finish_erasures().unwrap();
        assert!(replaced.exists(), "nothing is left to be done");
    }

    #[test]
    fn an_erasure_under_way_is_not_finished_by_a_start_beside_it() {
        let (_dir, app) = app();
        let id = said(&app);
        let (ended, end) = mpsc::channel();
        thread::scope(|scope| {
            let app = &app;
            let erased = erase(app, id, &mut |step| {
                if step == ErasureStep::Snapshots {
                    let ended = ended.clone();
                    scope.spawn(move || {
                        app.finish_erasures().unwrap();
                        let _ = ended.send(());
                    });
                    let early = end.recv_timeout(Duration::from_secs(2));
                    assert!(early.is_err(), "it takes its turn");
                }
            });
            let certificate = certificate(app, &erased).unwrap();
            assert!(
                !certificate.contains("Gatehouse was ended"),
                "{certificate}"
            );
        });
    }
}
