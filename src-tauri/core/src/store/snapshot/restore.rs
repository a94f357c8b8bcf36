//! The way back: a snapshot takes the place of the database, which is moved aside.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{SnapshotError, TIME_FORMAT, before_update, list};
use crate::{
    secrets::DatabaseKey,
    store::{
        DataFolder, InstanceLock, connect,
        folder::{make_private_folder, sync_folder_of},
        index_of, log_of,
    },
};

/// Put a snapshot in the place of the database. What was there is moved aside, never deleted; the
/// folder it went to is returned. Close the [`crate::store::Store`] first: `lock` keeps other windows
/// away.
///
/// # Errors
/// [`SnapshotError::InUse`] while a command has the database open, and others; until the snapshot has been checked and copied nothing is touched.
pub fn restore(
    lock: &InstanceLock,
    key: &DatabaseKey,
    name: &str,
    now_ms: i64,
) -> Result<PathBuf, SnapshotError> {
    let folder = lock.folder();
    let _turns = (folder.lock_for_setup()?, folder.lock_for_snapshots()?);
    let Some(_unused) = folder.lock_unused()? else {
        return Err(SnapshotError::InUse);
    };
    if !list(folder)?.iter().any(|snapshot| snapshot.name == name) {
        return Err(SnapshotError::NotFound {
            name: name.to_string(),
        });
    }
    let snapshot = folder.snapshots().join(name);
    check(&snapshot, key).map_err(|detail| SnapshotError::NotSound {
        name: name.to_string(),
        detail,
    })?;
    let part = incoming(folder);
    let copied = fs::copy(&snapshot, &part)
        .and_then(|_| File::options().write(true).open(&part)?.sync_all())
        .and_then(|()| set_aside(folder, now_ms));
    match copied {
        Ok(aside) => {
            folder.note_restored(name)?;
            fs::rename(&part, folder.database()).inspect_err(|_| folder.restored_is_recorded())?;
            sync_folder_of(&part)?;
            Ok(aside)
        }
        Err(error) => {
            let _ = fs::remove_file(&part);
            Err(error.into())
        }
    }
}

/// Undo the last update of the database in one step: its snapshot takes its place again.
///
/// # Errors
/// [`SnapshotError::NothingToUndo`], and all of [`restore`].
pub fn undo_update(
    lock: &InstanceLock,
    key: &DatabaseKey,
    now_ms: i64,
) -> Result<PathBuf, SnapshotError> {
    let newest = before_update(lock.folder())?.ok_or(SnapshotError::NothingToUndo)?;
    restore(lock, key, &newest.name, now_ms)
}

/// Move everything that belongs to the database aside, the key file and the snapshots too, so that
/// the next start makes a new one: the way out where the key is lost. The folder it all went to is
/// returned; put back from there it is what it was.
///
/// # Errors
/// [`SnapshotError::InUse`] while a command has the database open, and what the system says.
pub fn start_empty(lock: &InstanceLock, now_ms: i64) -> Result<PathBuf, SnapshotError> {
    let folder = lock.folder();
    let _turns = (folder.lock_for_setup()?, folder.lock_for_snapshots()?);
    let Some(_unused) = folder.lock_unused()? else {
        return Err(SnapshotError::InUse);
    };
    Ok(set_all_aside(folder, now_ms)?)
}

/// Move everything that belongs to the database aside. The caller has the locks for setup and for
/// snapshots, and the database to itself. The folder it went to.
///
/// # Errors
/// [`io::Error`] when something cannot be moved.
pub(crate) fn set_all_aside(folder: &DataFolder, now_ms: i64) -> io::Result<PathBuf> {
    let aside = set_aside(folder, now_ms)?;
    // The instance file last: without it the next start makes a new key, and must find nothing
    // that the old one belongs to.
    let rest = [
        folder.snapshots(),
        folder.keys(),
        folder.key_file(),
        folder.instance_file(),
    ];
    rest.iter().try_for_each(|path| move_into(path, &aside))?;
    sync_folder_of(&folder.database())?;
    Ok(aside)
}

/// What is to take the place of the database, before it does.
pub(crate) fn incoming(folder: &DataFolder) -> PathBuf {
    folder.database().with_extension("part")
}

fn check(snapshot: &Path, key: &DatabaseKey) -> Result<(), String> {
    let fault = connect::reader(snapshot, key)
        .and_then(|conn| connect::first_fault(&conn))
        .unwrap_or_else(|error| Some(error.to_string()));
    fault.map_or(Ok(()), Err)
}

/// Move back what was set aside, where something that was to follow did not work.
///
/// # Errors
/// [`io::Error`] when something cannot be moved; what was moved stays where it is then.
pub(crate) fn put_back(folder: &DataFolder, aside: &Path) -> io::Result<()> {
    for entry in fs::read_dir(aside)? {
        move_into(&entry?.path(), folder.path())?;
    }
    fs::remove_dir(aside)?;
    sync_folder_of(&folder.database())
}

/// Move the database away, with its log. A log must never be left for another database to take
/// for its own: if one cannot be moved, nothing takes the database's place.
///
/// # Errors
/// [`io::Error`] when something cannot be moved.
pub(crate) fn set_aside(folder: &DataFolder, now_ms: i64) -> io::Result<PathBuf> {
    let time = Timestamp::from_millisecond(now_ms).map_err(io::Error::other)?;
    let mut aside = folder
        .replaced()
        .join(time.strftime(TIME_FORMAT).to_string());
    while aside.exists() {
        aside.as_mut_os_string().push("+");
    }
    make_private_folder(&aside)?;
    // The log stays longer than the database: a log alone is known to be what is left of one.
    let database = folder.database();
    let (log, index) = (log_of(&database), index_of(&database));
    [database, log, index]
        .iter()
        .try_for_each(|path| move_into(path, &aside))?;
    sync_folder_of(&folder.database())?;
    Ok(aside)
}

/// Move a file or folder, if it is there.
fn move_into(path: &Path, aside: &Path) -> io::Result<()> {
    let name = path
        .file_name()
        .expect("it has one because DataFolder gave it one");
    match fs::rename(path, aside.join(name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
