//! The way back: a snapshot takes the place of the database, which is moved aside.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{SnapshotError, before_update, list, remove_part};
use crate::{
    secrets::DatabaseKey,
    store::{
        DataFolder, InstanceLock, connect,
        folder::sync_folder_of,
        swap::{self, Swap, Whole},
    },
};

/// Put a snapshot in the place of the database. What was there is moved aside, never deleted; the
/// folder it went to is returned. Close the [`crate::store::Store`] first: `lock` keeps other windows
/// away.
///
/// # Errors
/// [`SnapshotError::InUse`] while a command has the database open, and others; the data is as it was then.
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
    swap::undo_cut_off(folder)?;
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
    let placed = fs::copy(&snapshot, &part)
        .and_then(|_| File::options().write(true).open(&part)?.sync_all())
        .and_then(|()| place(folder, &part, name, now_ms));
    if placed.is_err() {
        remove_part(&part);
    }
    Ok(placed?)
}

/// The copy takes the place of the database, and a note says so to the next start.
fn place(folder: &DataFolder, part: &Path, name: &str, now_ms: i64) -> io::Result<PathBuf> {
    let swap = Swap::begin(folder, Whole::Database, now_ms)?;
    folder.note_restored(name)?;
    fs::rename(part, folder.database())?;
    sync_folder_of(part)?;
    Ok(swap.commit()?.unwrap_or_else(|| folder.replaced()))
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
/// [`SnapshotError::InUse`] while a command has the database open, and what the system says; everything is
/// where it was then.
pub fn start_empty(lock: &InstanceLock, now_ms: i64) -> Result<PathBuf, SnapshotError> {
    let folder = lock.folder();
    let _turns = (folder.lock_for_setup()?, folder.lock_for_snapshots()?);
    let Some(_unused) = folder.lock_unused()? else {
        return Err(SnapshotError::InUse);
    };
    swap::undo_cut_off(folder)?;
    let swap = Swap::begin(folder, Whole::Installation, now_ms)?;
    Ok(swap.commit()?.unwrap_or_else(|| folder.replaced()))
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
