//! Making backups: a checked copy under a name that nobody knows, read once more where it lies, named,
//! and only then are older ones removed.

use std::{
    cmp::Reverse,
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;

use super::{
    BackupError, BackupInfo, folders,
    names::{self, part_name},
    schedule::{self, State},
    verify,
};
use crate::{
    app::App,
    now_ms,
    problem::Problem,
    record::{self, Action, Copied, Event, Reach},
    store::{StoreError, snapshot, sync_folder_of},
};

/// Between two looks at whether another process is done.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// How far a backup is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// This share is copied, 0 to 1.
    Copying(f64),
    /// It is read back.
    Checking,
}

/// Why somebody else's backup with such a name stays.
pub(super) const NOT_OURS: &str = "another installation wrote it: its record is neither a part of the one here nor signed with its key";

/// What became of backups that were to be removed.
#[derive(Debug, Default)]
pub struct Removed {
    /// The names of those that are gone.
    pub gone: Vec<String>,
    /// The names of those that are still there, and why.
    pub left: Vec<(String, String)>,
}

/// Who asked for a backup.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    ByHand,
    BySchedule,
}

impl App {
    /// Make a backup now.
    ///
    /// # Errors
    /// [`BackupError`]; the earlier backups are kept, and nothing half is left.
    pub fn back_up(&self, progress: &mut dyn FnMut(Step)) -> Result<BackupInfo, BackupError> {
        self.make_backup(Asked::ByHand, progress)
    }

    /// Make a backup if the schedule says that one is due; `None`: it does not.
    ///
    /// # Errors
    /// [`BackupError`]; it is due until one is made.
    pub fn back_up_if_due(&self) -> Result<Option<BackupInfo>, BackupError> {
        let state = self.store.read(schedule::state).map_err(StoreError::from)?;
        if !state.is_due(now_ms()) {
            return Ok(None);
        }
        match self.make_backup(Asked::BySchedule, &mut |_| ()) {
            // Another process is making it.
            Err(BackupError::Busy) => Ok(None),
            made => made.map(Some),
        }
    }

    /// The folder of backups, and those of this installation in it, newest first.
    ///
    /// # Errors
    /// [`BackupError`] when none was chosen, or it is not there or cannot be read.
    pub fn backups_written_here(&self) -> Result<(PathBuf, Vec<BackupInfo>), BackupError> {
        let state = self.store.read(schedule::state).map_err(StoreError::from)?;
        let folder = state.folder()?;
        let all =
            names::list(&folder, &self.short_instance()?).map_err(BackupError::at(&folder))?;
        Ok((folder, all))
    }

    pub(super) fn turn_for_backups(&self) -> Result<fs::File, BackupError> {
        let turn = self.folder.lock_for_backups().map_err(BackupError::Io)?;
        turn.ok_or(BackupError::Busy)
    }

    /// The same for who can wait for it: nothing tells when another process is done.
    pub(super) fn turn_for_backups_within(
        &self,
        patience: Duration,
    ) -> Result<fs::File, BackupError> {
        let start = Instant::now();
        loop {
            match self.turn_for_backups() {
                Err(BackupError::Busy) if start.elapsed() < patience => {
                    thread::sleep(BETWEEN_LOOKS)
                }
                turn => return turn,
            }
        }
    }

    fn make_backup(
        &self,
        asked: Asked,
        progress: &mut dyn FnMut(Step),
    ) -> Result<BackupInfo, BackupError> {
        let _turn = self.turn_for_backups()?;
        let state = self.store.read(schedule::state).map_err(StoreError::from)?;
        if asked == Asked::BySchedule && !state.is_due(now_ms()) {
            // Another process made it while this one waited for its turn.
            return Err(BackupError::Busy);
        }
        let made = self.write_backup(&state, asked, progress);
        let noted = match &made {
            Ok((backup, copied, removed)) => {
                self.note_made(&state, backup, copied, *removed, asked)
            }
            // Nothing was tried.
            Err(BackupError::NoFolder) => Ok(()),
            Err(error) => self.note_failed(error, asked),
        };
        if let Err(error) = noted {
            tracing::warn!("what became of a backup could not be recorded: {error}");
        }
        made.map(|(backup, ..)| backup)
    }

    fn write_backup(
        &self,
        state: &State,
        asked: Asked,
        progress: &mut dyn FnMut(Step),
    ) -> Result<(BackupInfo, Copied, usize), BackupError> {
        let folder = state.folder()?;
        let short = self.short_instance()?;
        let at = BackupError::at(&folder);
        let earlier = names::list(&folder, &short).map_err(&at)?;
        if asked == Asked::BySchedule && state.made_name.is_some() && earlier.is_empty() {
            return Err(BackupError::FolderEmptied(folder));
        }
        let part = folder.join(self.next_part(&folder, &short)?);
        let made = self.write_part(&part, &folder, &short, progress);
        if made.is_err() {
            snapshot::remove_part(&part);
        }
        let (backup, copied) = made?;
        let removed = self.prune(&folder, &short, state.schedule.keep as usize);
        Ok((backup, copied, removed))
    }

    /// What the next one is called while it is written. What a kill left of the last one is removed: the
    /// database knows what that was called, so nobody else's is touched, also where a copy of this
    /// installation writes into the same folder.
    fn next_part(&self, folder: &Path, short: &str) -> Result<String, BackupError> {
        let text = folder.to_string_lossy();
        let last = self
            .store
            .read(|conn| folders::part(conn, &text).map_err(StoreError::from))?;
        if let Some(last) = last.filter(|last| names::is_part(short, last)) {
            snapshot::remove_part(&folder.join(last));
        }
        let next = part_name(short);
        self.store
            .write(|tx| folders::begin(tx, &text, &next).map_err(StoreError::from))?;
        Ok(next)
    }

    /// Remove all but the newest of this installation's own, by how far the record in each goes: a clock
    /// may have been set back, and the name of a file may say anything. Those from before an older database was
    /// put back come after what they have in common with the record here, and before what was written since.
    /// How many went; what cannot be opened or is another installation's stays, and is not counted.
    fn prune(&self, folder: &Path, short: &str, kept: usize) -> usize {
        let all = names::list(folder, short).unwrap_or_else(|error| {
            tracing::warn!("old backups were not looked for: {error}");
            Vec::new()
        });
        if all.len() <= kept {
            return 0;
        }
        let mut own: Vec<(Reach, BackupInfo)> = Vec::new();
        for backup in all {
            match self.open_if_own(&folder.join(&backup.name)) {
                Ok(Some((_, reach))) => own.push((reach, backup)),
                Ok(None) => {}
                Err(error) => tracing::warn!("{} was not looked at: {error}", backup.name),
            }
        }
        own.sort_by_key(|(reach, backup)| Reverse((*reach, backup.made_at_ms)));
        let old = own.iter().skip(kept).map(|(_, backup)| backup);
        let removed = self.remove_own(folder, old);
        for (name, why) in &removed.left {
            tracing::warn!("the old backup {name} was not removed: {why}");
        }
        removed.gone.len()
    }

    fn write_part(
        &self,
        part: &Path,
        folder: &Path,
        short: &str,
        progress: &mut dyn FnMut(Step),
    ) -> Result<(BackupInfo, Copied), BackupError> {
        let at = BackupError::at(folder);
        let schema = self
            .store
            .copy_to(part, &mut |share| progress(Step::Copying(share)))
            .map_err(|error| BackupError::copying(folder, error))?;
        progress(Step::Checking);
        forget_what_was_written(part).map_err(&at)?;
        let read = verify::read(part, self.store.key())?;
        let bytes = fs::metadata(part).map_err(&at)?.len();
        let mut made_at_ms = now_ms();
        let name = loop {
            let name = names::file_name(short, made_at_ms, schema).map_err(&at)?;
            if !folder.join(&name).exists() {
                break name;
            }
            made_at_ms += 1;
        };
        let path = folder.join(&name);
        fs::rename(part, &path)
            .and_then(|()| sync_folder_of(&path))
            .map_err(&at)?;
        let backup = BackupInfo {
            name,
            made_at_ms,
            bytes,
            schema,
        };
        Ok((backup, read.record))
    }

    /// Remove those that are this installation's own: the key opens them, and their record is a part of the
    /// one that is kept here or names its key. Whatever else has such a name stays.
    pub(super) fn remove_own<'a>(
        &self,
        folder: &Path,
        chosen: impl Iterator<Item = &'a BackupInfo>,
    ) -> Removed {
        let mut removed = Removed::default();
        for backup in chosen {
            let path = folder.join(&backup.name);
            let gone = match self.open_if_own(&path) {
                Ok(Some(_)) => fs::remove_file(&path).map_err(|error| error.to_string()),
                Ok(None) => Err(NOT_OURS.to_owned()),
                Err(error) => Err(error.to_string()),
            };
            match gone {
                Ok(()) => removed.gone.push(backup.name.clone()),
                Err(why) => removed.left.push((backup.name.clone(), why)),
            }
        }
        removed
    }

    /// A backup, opened, and how far the record in it goes, if that is this installation's own.
    pub(super) fn open_if_own(
        &self,
        path: &Path,
    ) -> Result<Option<(Connection, Reach)>, StoreError> {
        let Some((copy, _)) = snapshot::open_copy(path, self.store.key())? else {
            return Ok(None);
        };
        let key = self.record.public_key();
        let reach = self
            .store
            .read(|conn| record::reach_of_own(&copy, conn, &key))?;
        Ok(reach.map(|reach| (copy, reach)))
    }

    fn note_made(
        &self,
        written: &State,
        backup: &BackupInfo,
        copied: &Copied,
        removed: usize,
        asked: Asked,
    ) -> Result<(), StoreError> {
        let record = copied.fault.as_ref().map_or("holds", |fault| fault.name());
        let event = event(Action::BackupMade, asked)
            .fact("backup", backup.name.as_str())
            .fact("bytes", i64::try_from(backup.bytes).unwrap_or(i64::MAX))
            .fact("schema", backup.schema)
            .fact("entries", copied.count)
            .fact("head", record::hex(&copied.head))
            .fact("record", record)
            .fact("removed", i64::try_from(removed).unwrap_or(i64::MAX));
        self.store.write(|tx| {
            let mut state = schedule::state(tx)?;
            state.made_at_ms = Some(backup.made_at_ms);
            state.made_name = Some(backup.name.clone());
            if let Some(folder) = &written.schedule.folder {
                folders::end(tx, folder, true)?;
            }
            (state.problem, state.problem_at_ms) = (None, None);
            schedule::keep(tx, &state)?;
            self.record.append(tx, event, now_ms())?;
            Ok(())
        })
    }

    /// What fails in the same way again is recorded once: a disk that is not attached is looked for many
    /// times a day.
    fn note_failed(&self, error: &BackupError, asked: Asked) -> Result<(), StoreError> {
        let problem = Problem::from(error);
        let event = event(Action::BackupFailed, asked).fact("reason", reason(error));
        self.store.write(|tx| {
            let mut state = schedule::state(tx)?;
            if asked == Asked::BySchedule && state.problem.as_ref() == Some(&problem) {
                return Ok(());
            }
            state.problem = Some(problem);
            state.problem_at_ms = Some(now_ms());
            schedule::keep(tx, &state)?;
            self.record.append(tx, event, now_ms())?;
            Ok(())
        })
    }
}

fn event(action: Action, asked: Asked) -> Event {
    let event = Event::new(action);
    match asked {
        Asked::ByHand => event,
        Asked::BySchedule => event.by_itself(),
    }
}

/// Why, in a word that tells of no folder.
fn reason(error: &BackupError) -> &'static str {
    match error {
        BackupError::FolderGone(_) => "folder gone",
        BackupError::FolderEmptied(_) => "earlier backups gone",
        BackupError::ReadOnly(_) => "read-only",
        BackupError::DiskFull(_) => "disk full",
        BackupError::Damaged(_) => "database damaged",
        BackupError::NotSound { .. } | BackupError::WrongKey { .. } => "not sound",
        _ => "failed",
    }
}

/// Let the system forget what it remembers of a file that is on the disk, so that reading it back reads
/// the disk. Systems that cannot be told may answer from memory.
fn forget_what_was_written(part: &Path) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::fs::fadvise(fs::File::open(part)?, 0, None, rustix::fs::Advice::DontNeed)?;
    #[cfg(not(target_os = "linux"))]
    let _ = part;
    Ok(())
}
