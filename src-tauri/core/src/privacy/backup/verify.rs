//! Whether a backup is what was written: every page, and the record inside it.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{BackupError, names};
use crate::{
    app::App,
    changes::here,
    record::{self, Action, Copied},
    secrets::DatabaseKey,
    store::{first_fault, snapshot},
};

/// What a backup is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BackupReport {
    /// Its file name.
    pub name: String,
    /// When it was made, in UTC milliseconds, as its name says; `None`: it has another name.
    #[specta(type = Option<Number>)]
    pub made_at_ms: Option<i64>,
    /// Its size.
    #[specta(type = Number)]
    pub bytes: u64,
    /// How many updates the database had taken.
    pub schema: u32,
    /// Entries of the record in it.
    #[specta(type = Number)]
    pub entries: i64,
    /// The short form of the installation that made it; `None`: it has no record.
    pub installation: Option<String>,
    /// Whether its record is the beginning of the one that is kept here.
    pub is_of_this_record: bool,
    /// What is wrong with the record in it, as a sentence. The pages are sound: it was so when it was made.
    pub record_fault: Option<String>,
}

/// A backup that was read from beginning to end.
pub(super) struct Read {
    pub schema: u32,
    pub record: Copied,
}

/// Read every page of a backup, and walk along the record in it.
///
/// # Errors
/// [`BackupError`] when the key does not open it or a page is not what was written.
pub(super) fn read(path: &Path, key: &DatabaseKey) -> Result<Read, BackupError> {
    let not_sound = |detail: String| BackupError::NotSound {
        name: name_of(path),
        detail,
    };
    if !path.is_file() {
        return Err(BackupError::NotFound(name_of(path)));
    }
    let opened = snapshot::open_copy(path, key).map_err(|error| not_sound(error.to_string()))?;
    let Some((conn, schema)) = opened else {
        return Err(BackupError::WrongKey {
            name: name_of(path),
        });
    };
    let fault = first_forged(&conn).and_then(|forged| match forged {
        None => first_fault(&conn),
        fault => Ok(fault),
    });
    match fault {
        Ok(None) => {}
        Ok(Some(detail)) => return Err(not_sound(detail)),
        Err(error) => return Err(not_sound(error.to_string())),
    }
    let record = record::in_copy(&conn).map_err(|error| not_sound(error.to_string()))?;
    Ok(Read { schema, record })
}

/// The first page that was not written with the key, also of those that nothing is in.
fn first_forged(conn: &Connection) -> rusqlite::Result<Option<String>> {
    conn.prepare("PRAGMA cipher_integrity_check")?
        .query_map([], |row| row.get(0))?
        .next()
        .transpose()
}

pub(super) fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

impl App {
    /// Verify a backup wherever it lies: nothing is written to it or beside it.
    ///
    /// # Errors
    /// [`BackupError`] when it is not sound or this key does not open it; also that is recorded.
    pub fn verify_backup(&self, path: &Path) -> Result<BackupReport, BackupError> {
        let bytes = path.metadata().map_or(0, |about| about.len());
        let read = read(path, self.store.key());
        let name = name_of(path);
        // A name that somebody else gave may tell of a person.
        let named = names::parse(&name).map(|_| name.clone());
        let outcome = match &read {
            Ok(Read { record, .. }) if record.fault.is_some() => "record does not hold",
            Ok(_) => "sound",
            Err(BackupError::WrongKey { .. }) => "not opened",
            Err(BackupError::NotFound(_)) => return Err(BackupError::NotFound(name)),
            Err(_) => "not sound",
        };
        let (is_of_this_record, read) = self.change(|tx| {
            let ours = match &read {
                Ok(Read { record, .. }) => {
                    record.count > 0 && record::has(tx, record.count, &record.head)?
                }
                Err(_) => false,
            };
            let event = here(Action::BackupVerified)
                .fact("outcome", outcome)
                .maybe("backup", named)
                .maybe("entries", read.as_ref().ok().map(|read| read.record.count))
                .payload(serde_json::json!({ "file": path }));
            Ok::<_, BackupError>(((ours, read), event))
        })?;
        let Read { schema, record } = read?;
        Ok(BackupReport {
            made_at_ms: names::parse(&name).map(|(_, made_at_ms, _)| made_at_ms),
            name,
            bytes,
            schema,
            entries: record.count,
            installation: record.instance.map(names::short),
            is_of_this_record,
            record_fault: record.fault.map(|fault| fault.to_string()),
        })
    }

    /// Where a backup of this installation lies, by its name.
    ///
    /// # Errors
    /// [`BackupError`] when the folder or the backup is not there.
    pub fn backup_named(&self, name: &str) -> Result<PathBuf, BackupError> {
        let (folder, all) = self.backups_written_here()?;
        if all.iter().any(|backup| backup.name == name) {
            Ok(folder.join(name))
        } else {
            Err(BackupError::NotFound(name.to_owned()))
        }
    }
}
