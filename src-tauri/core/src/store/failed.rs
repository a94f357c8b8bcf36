//! That the day's snapshot was tried and failed, for the commands that come after: a copy of a large
//! database takes its time, and what was in its way seldom goes within minutes.

use std::{fs, io, path::PathBuf};

use super::folder::{DataFolder, write_private};

/// For so long it is not tried again by a command.
const HOUR_MS: i64 = 60 * 60 * 1000;

impl DataFolder {
    /// When the day's snapshot failed, and why.
    fn failed_snapshot_file(&self) -> PathBuf {
        self.path().join("snapshot-failed")
    }
}

/// Note why it failed at `now_ms`, UTC milliseconds; the words are of one line or more.
pub(super) fn note(folder: &DataFolder, words: &str, now_ms: i64) {
    let noted = write_private(
        &folder.failed_snapshot_file(),
        format!("{now_ms}\n{words}").as_bytes(),
    );
    if let Err(error) = noted {
        tracing::debug!("each command will try the day's snapshot again: {error}");
    }
}

/// It was made, or is there.
pub(super) fn forget(folder: &DataFolder) {
    match fs::remove_file(folder.failed_snapshot_file()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::debug!("that a snapshot had failed stays noted: {error}");
        }
        _ => {}
    }
}

/// Why it failed, if that was within the hour before `now_ms`.
pub(super) fn recently(folder: &DataFolder, now_ms: i64) -> Option<String> {
    let noted = fs::read_to_string(folder.failed_snapshot_file()).ok()?;
    let (at_ms, words) = noted.split_once('\n')?;
    let since = now_ms.checked_sub(at_ms.parse().ok()?)?;
    (0..HOUR_MS).contains(&since).then(|| words.to_owned())
}
