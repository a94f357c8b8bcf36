//! Checked copies of the database: before each update, once a day, and when a person asks.
//!
//! A snapshot is encrypted with the same key as the database. It appears under its name only
//! when it is whole, was read back page by page, and has as many rows in each table as the
//! database had. Its name says all about it: `2026-11-23T20-10-05.123Z-daily-9.db` was made then,
//! as the daily one, of a database that had taken nine migrations.

mod copy;
mod prune;
mod restore;

use std::{fs, io, path::Path};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::prune::prune;
pub use self::restore::{restore, start_empty, undo_update};
pub(crate) use self::{
    copy::{copy_checked, open_copy, remove_part},
    restore::incoming,
};
use super::{
    error::{Cause, OpenError},
    folder::{self, DataFolder},
};
use crate::secrets::DatabaseKey;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
pub(crate) const TIME_FORMAT: &str = "%Y-%m-%dT%H-%M-%S%.3fZ";

/// Why a snapshot was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotReason {
    /// The one of a day; those of the newest five days are kept.
    Daily,
    /// Before an update of the database; the newest three are kept.
    BeforeUpdate,
    /// Someone asked for it; kept until someone deletes it.
    ByHand,
}

impl SnapshotReason {
    pub(super) const ALL: [(Self, &str); 3] = [
        (Self::Daily, "daily"),
        (Self::BeforeUpdate, "update"),
        (Self::ByHand, "hand"),
    ];

    fn word(self) -> &'static str {
        let (_, word) = Self::ALL[self as usize];
        word
    }
}

/// One snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotInfo {
    /// Its file name in the folder of snapshots.
    pub name: String,
    /// When it was made, in UTC milliseconds.
    #[specta(type = specta_typescript::Number)]
    pub made_at_ms: i64,
    /// Its size.
    #[specta(type = specta_typescript::Number)]
    pub bytes: u64,
    /// Why it was made.
    pub reason: SnapshotReason,
    /// How many migrations the database had taken.
    pub schema: u32,
}

/// Why a snapshot was not made, or not put back. The database is as it was.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// No room is left.
    #[error("The disk is full, so no snapshot was made. Make room, then try again.")]
    DiskFull,
    /// A part of the database cannot be read; the older snapshots were kept.
    #[error("The database is damaged ({detail}). Go back to a snapshot.")]
    Damaged {
        /// What SQLite found.
        detail: String,
    },
    /// The copy did not stand its check.
    #[error("The snapshot \"{name}\" is not sound: {detail}.")]
    NotSound {
        /// Which one.
        name: String,
        /// What is wrong with it.
        detail: String,
    },
    /// There is no such snapshot.
    #[error("There is no snapshot \"{name}\".")]
    NotFound {
        /// What was asked for.
        name: String,
    },
    /// Some process has the database open, so nothing can take its place.
    #[error("Another command of Gatehouse is at work with this data.")]
    InUse,
    /// No update has been made that could be undone.
    #[error("There is no snapshot from before an update.")]
    NothingToUndo,
    /// Anything else that the system said.
    #[error("The snapshot failed: {0}.")]
    Io(io::Error),
}

impl From<io::Error> for SnapshotError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Io(error),
        }
    }
}

impl From<rusqlite::Error> for SnapshotError {
    fn from(error: rusqlite::Error) -> Self {
        match Cause::of(&error) {
            Cause::DiskFull => Self::DiskFull,
            Cause::Damaged => Self::Damaged {
                detail: error.to_string(),
            },
            _ => Self::Io(io::Error::other(error)),
        }
    }
}

impl From<SnapshotError> for OpenError {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::DiskFull => Self::DiskFull,
            SnapshotError::Damaged { detail } => Self::Damaged { detail },
            SnapshotError::Io(error) => error.into(),
            other => Self::Io(io::Error::other(other)),
        }
    }
}

/// All snapshots of this folder, newest first.
///
/// # Errors
/// [`io::Error`] when the folder cannot be read; a folder that is not there holds none.
pub fn list(folder: &DataFolder) -> io::Result<Vec<SnapshotInfo>> {
    let entries = match fs::read_dir(folder.snapshots()) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some((made_at_ms, reason, schema)) = parse(&name) {
            let bytes = entry.metadata()?.len();
            found.push(SnapshotInfo {
                name,
                made_at_ms,
                bytes,
                reason,
                schema,
            });
        }
    }
    found.sort_by(|a, b| (b.made_at_ms, &b.name).cmp(&(a.made_at_ms, &a.name)));
    Ok(found)
}

pub(super) fn file_name(
    made_at_ms: i64,
    reason: SnapshotReason,
    schema: u32,
) -> io::Result<String> {
    let time = Timestamp::from_millisecond(made_at_ms).map_err(io::Error::other)?;
    Ok(format!(
        "{}-{}-{schema}.db",
        time.strftime(TIME_FORMAT),
        reason.word()
    ))
}

pub(super) fn parse(name: &str) -> Option<(i64, SnapshotReason, u32)> {
    let (rest, schema) = name.strip_suffix(".db")?.rsplit_once('-')?;
    let (time, word) = rest.rsplit_once('-')?;
    let (reason, _) = SnapshotReason::ALL
        .into_iter()
        .find(|(_, known)| *known == word)?;
    let time = DateTime::strptime(TIME_FORMAT, time).ok()?;
    let made_at_ms = TimeZone::UTC.to_timestamp(time).ok()?.as_millisecond();
    Some((made_at_ms, reason, schema.parse().ok()?))
}

/// Make a snapshot, check it, and drop the oldest that were made for the same reason.
pub(super) fn make(
    folder: &DataFolder,
    key: &DatabaseKey,
    reason: SnapshotReason,
    now_ms: i64,
) -> Result<SnapshotInfo, SnapshotError> {
    let _turn = folder.lock_for_snapshots()?;
    make_in_turn(folder, key, reason, now_ms)
}

/// Make the snapshot of the day of `now_ms`, unless it is there.
pub(super) fn make_daily(
    folder: &DataFolder,
    key: &DatabaseKey,
    now_ms: i64,
) -> Result<Option<SnapshotInfo>, SnapshotError> {
    if !due(folder, now_ms)? {
        return Ok(None);
    }
    let _turn = folder.lock_for_snapshots()?;
    // Another command of this moment may have made it while this one waited.
    if !due(folder, now_ms)? {
        return Ok(None);
    }
    make_in_turn(folder, key, SnapshotReason::Daily, now_ms).map(Some)
}

/// The same for who holds the lock.
fn make_in_turn(
    folder: &DataFolder,
    key: &DatabaseKey,
    reason: SnapshotReason,
    now_ms: i64,
) -> Result<SnapshotInfo, SnapshotError> {
    folder::make_private_folder(&folder.snapshots())?;
    remove_leftovers(folder)?;
    let part = folder
        .snapshots()
        .join(format!("{}.part", uuid::Uuid::new_v4()));
    let made = copy_checked(&part, folder, key, &mut |_| ()).and_then(|schema| {
        let (name, made_at_ms) = free_name(folder, reason, schema, now_ms)?;
        let path = folder.snapshots().join(&name);
        fs::rename(&part, &path)?;
        folder::sync_folder_of(&path)?;
        let bytes = fs::metadata(&path)?.len();
        Ok(SnapshotInfo {
            name,
            made_at_ms,
            bytes,
            reason,
            schema,
        })
    });
    if made.is_err() {
        remove_part(&part);
    } else {
        prune(folder, now_ms)?;
    }
    made
}

/// Two snapshots in one millisecond have a name each.
fn free_name(
    folder: &DataFolder,
    reason: SnapshotReason,
    schema: u32,
    now_ms: i64,
) -> io::Result<(String, i64)> {
    let mut made_at_ms = now_ms;
    loop {
        let name = file_name(made_at_ms, reason, schema)?;
        if !folder.snapshots().join(&name).exists() {
            return Ok((name, made_at_ms));
        }
        made_at_ms += 1;
    }
}

/// Whether the day of `now_ms` has no daily snapshot yet.
fn due(folder: &DataFolder, now_ms: i64) -> io::Result<bool> {
    let today = now_ms.div_euclid(DAY_MS);
    Ok(!list(folder)?.iter().any(|snapshot| {
        snapshot.reason == SnapshotReason::Daily && snapshot.made_at_ms.div_euclid(DAY_MS) == today
    }))
}

/// Remove what a crash left half done. The caller holds the lock, so nobody is at it.
fn remove_leftovers(folder: &DataFolder) -> io::Result<()> {
    for entry in fs::read_dir(folder.snapshots())? {
        let path = entry?.path();
        // With what SQLite put beside it: `….part-wal`.
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        if extension == "part" || extension.starts_with("part-") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Remove all snapshots, and all databases that were set aside: they have what the database no longer
/// has. How many files went.
///
/// # Errors
/// [`io::Error`] when one cannot be removed; others may be gone then.
pub(crate) fn remove_all(folder: &DataFolder) -> io::Result<usize> {
    let _turn = folder.lock_for_snapshots()?;
    let (mut removed, mut failed) = (0, None);
    // What is in the way in one folder keeps nothing in the other.
    for place in [folder.snapshots(), folder.replaced()] {
        let files = files_below(&place).unwrap_or_default();
        match fs::remove_dir_all(&place) {
            Ok(()) => removed += files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    folder::sync_folder_of(&folder.snapshots())?;
    failed.map_or(Ok(removed), Err)
}

/// The databases among the files that [`remove_all`] would remove.
///
/// # Errors
/// [`io::Error`] when a folder cannot be read.
pub(crate) fn databases(folder: &DataFolder) -> io::Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.snapshots(), folder.replaced()];
    while let Some(next) = folders.pop() {
        let entries = match fs::read_dir(next) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "db")
            {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}

/// How many files [`remove_all`] would remove.
///
/// # Errors
/// [`io::Error`] when a folder cannot be read.
pub(crate) fn count_all(folder: &DataFolder) -> io::Result<usize> {
    Ok(files_below(&folder.snapshots())? + files_below(&folder.replaced())?)
}

fn files_below(folder: &Path) -> io::Result<usize> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut files = 0;
    for entry in entries {
        let entry = entry?;
        files += match entry.file_type()?.is_dir() {
            true => files_below(&entry.path())?,
            false => 1,
        };
    }
    Ok(files)
}

/// The newest snapshot from before an update, which [`undo_update`] would put back.
///
/// # Errors
/// [`io::Error`] when the folder of snapshots cannot be read.
pub fn before_update(folder: &DataFolder) -> io::Result<Option<SnapshotInfo>> {
    Ok(list(folder)?
        .into_iter()
        .find(|snapshot| snapshot.reason == SnapshotReason::BeforeUpdate))
}
