//! One database takes the place of another, with all that belongs to it, or nothing is changed.
//!
//! Before anything is moved, a note says what is moved and where to. It goes once what comes is in its
//! place; as long as it is there, whoever opens the folder first puts everything back as it was.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Instance,
    folder::{DataFolder, make_private_folder, sync_folder_of, write_private},
    index_of, log_of,
    snapshot::{TIME_FORMAT, incoming, remove_part},
};

/// What the note is called in the folder that the old database went to: what was set aside with it.
const KEPT_NOTE: &str = "set-aside.json";

/// How much is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whole {
    /// The database with its log: what comes has the same key and belongs to the same installation.
    Database,
    /// The installation: snapshots, keys and who it is, too.
    Installation,
}

/// What is moved, and what was there before.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// The folder in `replaced/` that it goes to.
    aside: String,
    /// What was there, by its name in the data folder.
    there: Vec<String>,
    /// What was not there: if it is, it came.
    came: Vec<String>,
    /// The installation that is to go on with another database; `None`: it is set aside, too.
    goes_on: Option<Uuid>,
    /// The snapshot that had been put back and was not recorded yet.
    restored: Option<String>,
}

/// What was there is set aside, and what comes is not in its place. Dropped before [`Swap::commit`],
/// everything is put back.
pub(crate) struct Swap {
    folder: DataFolder,
    note: Note,
    is_done: bool,
}

impl Swap {
    /// Set aside what is there. The caller has the locks for setup and for snapshots, and the database to
    /// itself; `now_ms` is UTC milliseconds.
    ///
    /// # Errors
    /// [`io::Error`] when something cannot be moved; everything is where it was then.
    pub(crate) fn begin(folder: &DataFolder, whole: Whole, now_ms: i64) -> io::Result<Self> {
        Self::begin_with(folder, whole, now_ms, &mut |from, to| fs::rename(from, to))
    }

    fn begin_with(
        folder: &DataFolder,
        whole: Whole,
        now_ms: i64,
        rename: &mut dyn FnMut(&Path, &Path) -> io::Result<()>,
    ) -> io::Result<Self> {
        let (there, came) = names(folder, whole)
            .into_iter()
            .partition(|name| folder.path().join(name).exists());
        let note = Note {
            aside: free_name(folder, now_ms)?,
            there,
            came,
            goes_on: match whole {
                Whole::Database => Instance::load(folder)?.map(|instance| instance.id),
                Whole::Installation => None,
            },
            restored: folder.restored(),
        };
        let json =
            serde_json::to_vec(&note).expect("a note is JSON because it is made of names alone");
        write_private(&folder.replacing_file(), &json)?;
        let swap = Self {
            folder: folder.clone(),
            note,
            is_done: false,
        };
        let aside = swap.aside();
        make_private_folder(&aside)?;
        for name in &swap.note.there {
            rename(&folder.path().join(name), &aside.join(name))?;
        }
        sync_folder_of(&aside.join(KEPT_NOTE))?;
        sync_folder_of(&folder.database())?;
        Ok(swap)
    }

    /// What came stays. The folder that the old database went to; `None`: nothing was there.
    ///
    /// # Errors
    /// [`io::Error`] when that cannot be noted; everything is where it was then.
    pub(crate) fn commit(mut self) -> io::Result<Option<PathBuf>> {
        let (note, aside) = (self.folder.replacing_file(), self.aside());
        let is_empty = self.note.there.is_empty();
        if is_empty {
            fs::remove_file(note)?;
        } else {
            fs::rename(note, aside.join(KEPT_NOTE))?;
        }
        self.is_done = true;
        if let Err(error) = sync_folder_of(&self.folder.database()) {
            tracing::warn!(
                "after a power cut what came may be gone, and what was there be back: {error}"
            );
        }
        if is_empty {
            // An empty folder that stays disturbs nobody.
            let _ = fs::remove_dir(aside);
        }
        Ok((!is_empty).then(|| self.aside()))
    }

    fn aside(&self) -> PathBuf {
        self.folder.replaced().join(&self.note.aside)
    }
}

impl Drop for Swap {
    fn drop(&mut self) {
        if !self.is_done
            && let Err(error) = undo_cut_off(&self.folder)
        {
            tracing::error!("what was set aside is put back at the next start: {error}");
        }
    }
}

/// The installation that was set aside here last, if one was.
pub(crate) fn set_aside_last(folder: &DataFolder) -> Option<Uuid> {
    let all = fs::read_dir(folder.replaced()).ok()?.flatten();
    let mut all: Vec<PathBuf> = all.map(|aside| aside.path()).collect();
    // They are named by the time.
    all.sort_unstable();
    all.iter().rev().find_map(|aside| {
        let aside = DataFolder::resolve(Some(aside)).ok()?;
        Some(Instance::load(&aside).ok()??.id)
    })
}

/// Whether something was to take the place of a database here and was cut off.
pub(crate) fn is_cut_off(folder: &DataFolder) -> bool {
    folder.replacing_file().exists()
}

/// Put everything back where a swap was cut off. The caller has the lock for setup.
///
/// # Errors
/// [`io::Error`] when something cannot be moved: it is tried again by whoever opens the folder next, and
/// nobody opens it before.
pub(crate) fn undo_cut_off(folder: &DataFolder) -> io::Result<()> {
    let path = folder.replacing_file();
    let note: Note = match fs::read(&path) {
        Ok(json) => serde_json::from_slice(&json)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let aside = folder.replaced().join(&note.aside);
    for name in &note.came {
        remove(&folder.path().join(name))?;
    }
    for name in &note.there {
        let (here, there) = (folder.path().join(name), aside.join(name));
        // What is not aside was not moved, or is back already.
        if there.exists() {
            remove(&here)?;
            fs::rename(there, here)?;
        }
    }
    match &note.restored {
        Some(snapshot) => folder.note_restored(snapshot)?,
        None if folder.restored().is_some() => folder.restored_is_recorded(),
        None => {}
    }
    remove_part(&incoming(folder));
    sync_folder_of(&folder.database())?;
    fs::remove_file(path)?;
    sync_folder_of(&folder.database())?;
    // One that stays disturbs nobody.
    let _ = fs::remove_dir(aside);
    Ok(())
}

/// Whether this installation had a database that was set aside: where it has none now, it is not a new one.
///
/// # Errors
/// [`io::Error`] when the folder cannot be read.
pub(super) fn is_database_aside(folder: &DataFolder, installation: Uuid) -> io::Result<bool> {
    Ok(!databases_aside(folder, installation)?.is_empty())
}

/// The databases from which this installation went on with another one, and which are still there.
///
/// # Errors
/// [`io::Error`] when the folder cannot be read.
pub(crate) fn databases_aside(folder: &DataFolder, installation: Uuid) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder.replaced()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let database = file_name(&folder.database());
    let mut found = Vec::new();
    for entry in entries {
        let aside = entry?.path();
        let note = fs::read(aside.join(KEPT_NOTE)).ok();
        let note = note.and_then(|json| serde_json::from_slice::<Note>(&json).ok());
        let went_on = note.and_then(|note| note.goes_on);
        let database = aside.join(&database);
        if went_on == Some(installation) && database.exists() {
            found.push(database);
        }
    }
    Ok(found)
}

/// What belongs to a database, or to an installation, by its name in the data folder.
fn names(folder: &DataFolder, whole: Whole) -> Vec<String> {
    let database = folder.database();
    let mut paths = vec![log_of(&database), index_of(&database), database];
    if whole == Whole::Installation {
        paths.extend([
            folder.snapshots(),
            folder.keys(),
            folder.key_file(),
            folder.instance_file(),
        ]);
    }
    paths.iter().map(|path| file_name(path)).collect()
}

fn file_name(path: &Path) -> String {
    let name = path
        .file_name()
        .expect("it has one because DataFolder gave it one");
    name.to_string_lossy().into_owned()
}

/// A name by the time, which nothing in `replaced/` has.
pub(super) fn free_name(folder: &DataFolder, now_ms: i64) -> io::Result<String> {
    let time = Timestamp::from_millisecond(now_ms).map_err(io::Error::other)?;
    let mut name = time.strftime(TIME_FORMAT).to_string();
    while folder.replaced().join(&name).exists() {
        name.push('+');
    }
    Ok(name)
}

/// Remove a file or folder, if it is there.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::secrets::KeyHome;

    const NOW: i64 = 1_795_464_605_123;
    const ID: Uuid = Uuid::from_u128(7);
    const OLD: [&str; 7] = [
        "gatehouse.db",
        "gatehouse.db-wal",
        "gatehouse.db-shm",
        "snapshots/one.db",
        "keys/record",
        "database.key",
        "instance.json",
    ];

    /// A folder with these files, each with `old` and its name in it.
    fn filled(names: &[&str]) -> (tempfile::TempDir, DataFolder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(dir.path())).unwrap();
        for name in names {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("old {name}")).unwrap();
        }
        (dir, folder)
    }

    /// Every file below, by its path, with what is in it.
    fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
        let mut all = BTreeMap::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                all.extend(files(&path));
            } else {
                let text = fs::read_to_string(&path).unwrap();
                all.insert(path, text);
            }
        }
        all
    }

    /// Put a new database, a new key and a new installation in the place of what was set aside, up to `steps`.
    fn place(folder: &DataFolder, steps: usize) {
        let new = [
            folder.key_file(),
            folder.database(),
            log_of(&folder.database()),
            folder.instance_file(),
        ];
        for path in &new[..steps] {
            fs::write(path, "new").unwrap();
        }
    }

    /// A rename that fails, as a disk does, at the step of this number.
    fn failing(at: usize) -> impl FnMut(&Path, &Path) -> io::Result<()> {
        let mut step = 0;
        move |from, to| {
            step += 1;
            match step > at {
                true => Err(io::Error::other("the disk does not answer")),
                false => fs::rename(from, to),
            }
        }
    }

    #[test]
    fn a_rename_that_fails_leaves_everything_where_it_was() {
        for at in 0..OLD.len() {
            let (_dir, folder) = filled(&OLD);
            let before = files(folder.path());
            let begun =
                Swap::begin_with(&folder, Whole::Installation, NOW, &mut failing(at)).map(drop);
            assert!(begun.is_err());
            assert_eq!(files(folder.path()), before, "at step {at}");
        }
    }

    #[test]
    fn what_a_kill_cut_off_at_any_step_is_undone_by_the_next_start() {
        let all = OLD.len();
        // Killed while it was set aside (the last ones are still there), while it was put back again (the
        // first ones are), or between, with so much of what comes in its place.
        let setting_aside = (0..all).map(|moved| (moved..all, 0));
        let putting_back = (1..=all).map(|back| (0..back, 4));
        let placing = (0..=4).map(|came| (0..0, came));
        for (back, came) in setting_aside.chain(putting_back).chain(placing) {
            let (_dir, folder) = filled(&OLD);
            let before = files(folder.path());
            let swap = Swap::begin(&folder, Whole::Installation, NOW).unwrap();
            let aside = swap.aside();
            place(&folder, came);
            std::mem::forget(swap);
            for name in &names(&folder, Whole::Installation)[back.clone()] {
                remove(&folder.path().join(name)).unwrap();
                fs::rename(aside.join(name), folder.path().join(name)).unwrap();
            }
            assert!(is_cut_off(&folder));
            undo_cut_off(&folder).unwrap();
            assert_eq!(files(folder.path()), before, "{back:?} back, {came} came");
        }
    }

    #[test]
    fn what_came_stays_once_it_is_committed_and_what_was_there_is_whole_aside() {
        let (_dir, folder) = filled(&OLD);
        let instance = Instance {
            id: ID,
            key_home: KeyHome::File,
            key_check: String::new(),
        };
        instance.save(&folder).unwrap();
        let swap = Swap::begin(&folder, Whole::Database, NOW).unwrap();
        place(&folder, 2);
        let aside = swap.commit().unwrap().unwrap();
        undo_cut_off(&folder).unwrap();
        assert_eq!(fs::read_to_string(folder.database()).unwrap(), "new");
        let old = fs::read_to_string(aside.join("gatehouse.db-wal")).unwrap();
        assert_eq!(old, "old gatehouse.db-wal");
        assert!(is_database_aside(&folder, ID).unwrap());
        assert!(!is_database_aside(&folder, Uuid::from_u128(8)).unwrap());
        assert!(folder.instance_file().exists(), "who it is stays");
    }

    #[test]
    fn an_installation_that_is_set_aside_whole_is_not_missing_here() {
        for names in [&OLD[..], &OLD[..3]] {
            let (_dir, folder) = filled(names);
            let swap = Swap::begin(&folder, Whole::Installation, NOW).unwrap();
            assert!(swap.commit().unwrap().is_some());
            assert!(!is_database_aside(&folder, ID).unwrap());
            assert!(!folder.database().exists());
        }
    }

    #[test]
    fn in_an_empty_folder_nothing_is_set_aside_and_what_came_goes_again() {
        let (_dir, folder) = filled(&[]);
        let swap = Swap::begin(&folder, Whole::Installation, NOW).unwrap();
        place(&folder, 4);
        drop(swap);
        assert!(files(folder.path()).is_empty());
        let swap = Swap::begin(&folder, Whole::Installation, NOW).unwrap();
        place(&folder, 4);
        assert_eq!(swap.commit().unwrap(), None);
        assert!(folder.database().exists());
    }
}
