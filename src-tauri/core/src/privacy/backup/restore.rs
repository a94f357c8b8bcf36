//! The way back: a backup takes the place of the database, on the computer that made it or, with the
//! recovery code, on any other. What was there is moved aside, never deleted.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OptionalExtension, Transaction};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{BackupError, RecoveryCode, folders::remember_from_aside, names, verify};
use crate::{
    privacy::retention::wait_for_a_person,
    record::{Action, Event, Record},
    secrets::{self, DatabaseKey, KeyHome},
    store::{
        DataFolder, Instance, InstanceLock, Store, StoreError, Swap, Whole, known_schema,
        private_file, snapshot, sync_folder_of, undo_cut_off, writer_of_copy,
    },
};

/// The setting by which a database says that it was put back and that nobody has recorded it yet.
const NOTE: &str = "restored from a backup";

/// A backup that is in its place now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// When it was made, in UTC milliseconds, as its name says.
    pub made_at_ms: Option<i64>,
    /// Entries of the record in it.
    pub entries: i64,
    /// The folder that what was there before went to; `None`: nothing was there.
    pub aside: Option<PathBuf>,
    /// Whether it came to another place than the one it was made in: with new keys of the record, and
    /// without the keys of providers.
    pub moved_in: bool,
}

/// What the first start writes into the record.
#[derive(Serialize, Deserialize)]
struct Note {
    made_at_ms: Option<i64>,
    schema: u32,
    entries: i64,
    moved_in: bool,
}

/// Put a backup in the place of the database. With no code it is opened with the key of this folder.
/// Close the app first: `lock` keeps windows away. `preferred` says where the key goes that comes with a
/// code; `now_ms` is UTC milliseconds. The next start records it.
///
/// # Errors
/// [`BackupError`]; the data is as it was.
pub fn restore(
    lock: &InstanceLock,
    file: &Path,
    code: Option<&RecoveryCode>,
    preferred: KeyHome,
    now_ms: i64,
) -> Result<Restored, BackupError> {
    let folder = lock.folder();
    {
        let _setup = folder.lock_for_setup().map_err(BackupError::Io)?;
        undo_cut_off(folder).map_err(BackupError::Io)?;
    }
    let key = match code {
        Some(code) => code.key().clone(),
        None => secrets::existing_key(folder)?.ok_or(BackupError::NeedsCode)?,
    };
    let lock_failed = BackupError::Io;
    let _setup = folder.lock_for_setup().map_err(lock_failed)?;
    let _snapshots = folder.lock_for_snapshots().map_err(lock_failed)?;
    let Some(_unused) = folder.lock_unused().map_err(lock_failed)? else {
        return Err(BackupError::InUse);
    };
    let part = snapshot::incoming(folder);
    let restored = Incoming::take(file, &part, &key)
        .and_then(|incoming| incoming.put_in_place(folder, &part, key, preferred, now_ms));
    if restored.is_err() {
        snapshot::remove_part(&part);
    }
    restored
}

/// A backup that was copied into the data folder and read there: what is checked is what is taken.
struct Incoming {
    made_at_ms: Option<i64>,
    schema: u32,
    entries: i64,
    /// `None`: a copy from before there was a record.
    instance: Option<Uuid>,
    name: String,
}

impl Incoming {
    fn take(file: &Path, part: &Path, key: &DatabaseKey) -> Result<Self, BackupError> {
        let name = verify::name_of(file);
        if !file.is_file() {
            return Err(BackupError::NotFound(file.display().to_string()));
        }
        copy(file, part).map_err(BackupError::at(part.parent().unwrap_or(part)))?;
        let read = verify::read(part, key).map_err(|error| called(error, &name))?;
        if read.schema > known_schema() {
            return Err(BackupError::Newer {
                found: read.schema,
                known: known_schema(),
            });
        }
        Ok(Self {
            made_at_ms: names::parse(&name).map(|(_, made_at_ms, _)| made_at_ms),
            schema: read.schema,
            entries: read.record.count,
            instance: read.record.instance,
            name,
        })
    }

    fn put_in_place(
        self,
        folder: &DataFolder,
        part: &Path,
        key: DatabaseKey,
        preferred: KeyHome,
        now_ms: i64,
    ) -> Result<Restored, BackupError> {
        let at = BackupError::at(folder.path());
        let here = Instance::load(folder).map_err(&at)?;
        let is_ours = here.as_ref().is_some_and(|here| {
            here.key_check == key.check_value() && self.instance.is_none_or(|of| of == here.id)
        });
        let moved_in = !is_ours;
        let Some(instance) = self.instance.or(here.as_ref().map(|here| here.id)) else {
            return Err(BackupError::NotSound {
                name: self.name,
                detail: "it does not say which installation made it".into(),
            });
        };
        self.note(part, &key, moved_in)?;
        let whole = if moved_in {
            Whole::Installation
        } else {
            Whole::Database
        };
        // Whatever fails from here on, dropping it puts back what was there.
        let swap = Swap::begin(folder, whole, now_ms).map_err(&at)?;
        if moved_in {
            move_in(folder, part, instance, &key, preferred)?;
        } else {
            take_place(folder, part).map_err(&at)?;
        }
        let aside = swap.commit().map_err(&at)?;
        Ok(Restored {
            made_at_ms: self.made_at_ms,
            entries: self.entries,
            aside,
            moved_in,
        })
    }

    /// Write into the copy what the first start is to record: nothing that happens between can lose it.
    fn note(&self, part: &Path, key: &DatabaseKey, moved_in: bool) -> Result<(), BackupError> {
        let note = Note {
            made_at_ms: self.made_at_ms,
            schema: self.schema,
            entries: self.entries,
            moved_in,
        };
        let json =
            serde_json::to_string(&note).expect("a note is JSON because all its fields are plain");
        let conn = writer_of_copy(part, key)?;
        conn.execute_batch("PRAGMA journal_mode = MEMORY")?;
        conn.execute(
            "INSERT OR REPLACE INTO settings VALUES (?1, ?2)",
            [NOTE, &json],
        )?;
        conn.close().map_err(|(_, error)| error)?;
        Ok(())
    }
}

/// The database, its key and who it is, in a folder that has none of them.
fn move_in(
    folder: &DataFolder,
    part: &Path,
    id: Uuid,
    key: &DatabaseKey,
    preferred: KeyHome,
) -> Result<(), BackupError> {
    let at = BackupError::at(folder.path());
    let instance = secrets::keep_key(folder, id, key, preferred)?;
    take_place(folder, part)
        .and_then(|()| instance.save(folder))
        .map_err(at)
}

fn take_place(folder: &DataFolder, part: &Path) -> io::Result<()> {
    fs::rename(part, folder.database())?;
    sync_folder_of(part)
}

/// Copy a file to one that only its owner can read, to the disk.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut target = private_file(to)?;
    target.set_len(0)?;
    io::copy(&mut source, &mut target)?;
    target.sync_all()
}

/// The error about the copy, told of the backup.
fn called(error: BackupError, name: &str) -> BackupError {
    let name = name.to_owned();
    match error {
        BackupError::NotSound { detail, .. } => BackupError::NotSound { name, detail },
        BackupError::WrongKey { .. } => BackupError::WrongKey { name },
        other => other,
    }
}

/// Record that the database was put back, if it was and nobody has recorded it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(crate) fn record_restored(
    tx: &Transaction<'_>,
    store: &Store,
    folder: &DataFolder,
    record: &Record,
    now_ms: i64,
) -> Result<(), StoreError> {
    let Some(note) = taken(tx)? else {
        return Ok(());
    };
    let event = Event::new(Action::BackupRestored)
        .maybe("made_at_ms", note.made_at_ms)
        .fact("schema", note.schema)
        .fact("entries", note.entries)
        .fact("moved_in", i64::from(note.moved_in));
    record.append(tx, event, now_ms)?;
    remember_from_aside(tx, store, folder)?;
    Ok(wait_for_a_person(tx, now_ms)?)
}

fn taken(tx: &Connection) -> rusqlite::Result<Option<Note>> {
    let json: Option<String> = tx
        .prepare_cached("DELETE FROM settings WHERE name = ?1 RETURNING value")?
        .query_row([NOTE], |row| row.get(0))
        .optional()?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
}
