//! The one database of a data folder: opened with its key, brought up to date, read and written.
//!
//! The file is SQLite encrypted by SQLCipher, with a write-ahead log: readers never wait for the
//! writer. The app and the command line may have it open at once.

mod connect;
mod error;
mod failed;
mod folder;
mod instance;
mod lock;
mod mend;
mod migrate;
mod readers;
mod scrub;
pub mod snapshot;
mod swap;
mod together;
mod unfinished;
mod watch;

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    thread,
};

use rusqlite::{Connection, Transaction, TransactionBehavior, config::DbConfig};

pub(crate) use self::{
    connect::{first_fault, writer as writer_of_copy},
    folder::{make_private_folder, private_file, sync_folder_of},
    mend::{Mended, keep_removed, mend_schema},
    migrate::{Schema, known as known_schema},
    swap::{Swap, Whole, databases_aside, is_cut_off, set_aside_last, undo_cut_off},
    together::InLine,
    unfinished::take_away_unfinished,
    watch::Watch,
};
pub use self::{
    error::{OpenError, StoreError},
    folder::{DataFolder, Existing, FolderError, write_private},
    instance::Instance,
    lock::{InstanceLock, LockError},
    migrate::Migration,
    snapshot::{SnapshotError, SnapshotInfo, SnapshotReason},
    unfinished::{write_file_noted, write_two_noted},
};
use self::{
    migrate::Standing, readers::Readers, snapshot::SnapshotReason::BeforeUpdate, together::Writer,
};
use crate::secrets::DatabaseKey;

/// An open database. Dropping it brings its log into the file.
pub struct Store {
    folder: DataFolder,
    key: DatabaseKey,
    writer: Mutex<Writer>,
    line: together::Line,
    /// How many wait for the writer alone: those who write together let them through.
    wanting_alone: AtomicUsize,
    /// What the writer writes, for those who watch.
    notes: watch::Notes,
    readers: Readers,
    /// See [`Store::changed_by_others`].
    seen_version: AtomicI64,
    opened_alone: bool,
    /// Dropped last: while it is held, no snapshot takes the place of the file.
    in_use: File,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Open the database of this folder; make it if the folder has none; update it if it is
    /// older than this build, after a checked snapshot.
    ///
    /// # Errors
    /// [`OpenError`]; the file is then as it was before.
    pub fn open(folder: &DataFolder, key: &DatabaseKey, now_ms: i64) -> Result<Self, OpenError> {
        Self::open_with(folder, key, now_ms, &migrate::all())
    }

    fn open_with(
        folder: &DataFolder,
        key: &DatabaseKey,
        now_ms: i64,
        known: &[Migration],
    ) -> Result<Self, OpenError> {
        let _turn = folder.lock_for_setup()?;
        undo_cut_off(folder)?;
        let (in_use, opened_alone) = folder.mark_in_use()?;
        let instance = Instance::load(folder)?;
        if instance
            .as_ref()
            .is_some_and(|instance| instance.key_check != key.check_value())
        {
            return Err(OpenError::KeyWrong);
        }
        let path = folder.database();
        if !path.try_exists()? {
            // One that was to take its place and did not come to it: a restore was cut off.
            let cut_off = snapshot::incoming(folder).exists();
            let was_aside = match instance {
                Some(instance) => swap::is_database_aside(folder, instance.id)?,
                None => false,
            };
            let is_left = cut_off || was_aside || log_of(&path).exists();
            if is_left || !snapshot::list(folder)?.is_empty() {
                return Err(OpenError::Missing);
            }
            create(&path, key, now_ms, known)?;
        }
        let bytes = fs::metadata(&path)?.len();
        if bytes == 0 {
            return Err(OpenError::Damaged {
                detail: "it is empty".into(),
            });
        }
        let mut conn = connect::writer(&path, key)?;
        connect::verify_at_open(&conn, bytes)?;
        match migrate::standing(&conn, known)? {
            Standing::Current => {}
            Standing::Behind(missing) => {
                snapshot::make(folder, key, BeforeUpdate, now_ms)?;
                migrate::migrate(&mut conn, &missing, now_ms)?;
            }
            Standing::Ahead(found) => return Err(newer(folder, found, known)?),
        }
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        let version = conn.pragma_query_value(None, "data_version", |row| row.get(0))?;
        let notes = watch::Notes::default();
        notes.follow(&mut conn)?;
        Ok(Self {
            folder: folder.clone(),
            key: key.clone(),
            writer: Mutex::new(Writer::new(conn)),
            line: together::Line::default(),
            wanting_alone: AtomicUsize::new(0),
            notes,
            readers: Readers::default(),
            seen_version: AtomicI64::new(version),
            opened_alone,
            in_use,
        })
    }

    /// Change the database: all that `work` does is kept if it returns `Ok`, and nothing of it
    /// otherwise. What is kept is on the disk when this returns. One writer works at a time.
    ///
    /// # Errors
    /// What `work` returns, or what SQLite said; [`StoreError::from`] says what that means.
    pub fn write<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.alone();
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&tx)?;
        tx.commit()?;
        Ok(value)
    }

    /// Read the database. `work` sees one unchanging state of it, whoever writes meanwhile.
    ///
    /// # Errors
    /// What `work` returns, or what SQLite said; [`StoreError::from`] says what that means.
    pub fn read<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.readers.lend(
            || connect::reader(&self.folder.database(), &self.key),
            |conn| at_one_moment(conn, work),
        )
    }

    /// Read the database as [`Store::read`] does, where that can be done at once, without waiting for a connection:
    /// for a few rows on a thread that is not to wait. `None`: it cannot.
    ///
    /// # Errors
    /// What `work` returns, or what SQLite said.
    pub fn read_at_once<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        self.readers.lend_idle(|conn| at_one_moment(conn, work))
    }

    /// Read a copy of the database that has its key.
    ///
    /// # Errors
    /// What `work` returns, or what SQLite said.
    pub(crate) fn read_copy<T, E: From<rusqlite::Error>>(
        &self,
        path: &Path,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = connect::reader(path, &self.key)?;
        let tx = conn.transaction()?;
        work(&tx)
    }

    /// Make a snapshot now, for whatever reason. Reading and writing go on meanwhile.
    ///
    /// # Errors
    /// [`SnapshotError`]; no half snapshot is left.
    pub fn snapshot(
        &self,
        reason: SnapshotReason,
        now_ms: i64,
    ) -> Result<SnapshotInfo, SnapshotError> {
        snapshot::make(&self.folder, &self.key, reason, now_ms)
    }

    /// Copy the database to a file that nobody else knows, and check the copy; `progress` gets the share
    /// that is copied, 0 to 1. How many updates it has had.
    ///
    /// # Errors
    /// [`SnapshotError`]; what was written is the caller's to remove.
    pub(crate) fn copy_to(
        &self,
        part: &Path,
        progress: &mut dyn FnMut(f64),
    ) -> Result<u32, SnapshotError> {
        snapshot::copy_checked(part, &self.folder, &self.key, progress)
    }

    /// The key that the database and its copies are encrypted with.
    pub(crate) fn key(&self) -> &DatabaseKey {
        &self.key
    }

    /// Make the day's snapshot if there is none yet. It reads every page, so it is also how
    /// damage is noticed that opening did not meet. Call it after the start, on its own thread.
    ///
    /// # Errors
    /// [`SnapshotError`]; the older snapshots are kept then.
    pub fn daily_snapshot(&self, now_ms: i64) -> Result<Option<SnapshotInfo>, SnapshotError> {
        let made = snapshot::make_daily(&self.folder, &self.key, now_ms);
        match &made {
            Ok(_) => failed::forget(&self.folder),
            // Of damage every command tells what it finds itself, and nothing once it is mended.
            Err(SnapshotError::Damaged { .. }) => {}
            Err(error) => failed::note(&self.folder, &error.to_string(), now_ms),
        }
        made
    }

    /// Why the day's snapshot failed, if it was tried within the hour before `now_ms`.
    pub fn daily_snapshot_failed(&self, now_ms: i64) -> Option<String> {
        failed::recently(&self.folder, now_ms)
    }

    /// Whether no other process had the database open when this one opened it: what is marked as
    /// under way then was left behind.
    pub fn opened_alone(&self) -> bool {
        self.opened_alone
    }

    /// Whether no other process has the database open right now.
    ///
    /// # Errors
    /// [`StoreError`] when the system does not say.
    pub(crate) fn is_alone(&self) -> Result<bool, StoreError> {
        // The lock is given up for a moment, as not every system can make a shared one stronger.
        let others = || -> io::Result<bool> {
            let _turn = self.folder.lock_for_setup()?;
            self.in_use.unlock()?;
            let alone = match self.in_use.try_lock() {
                Ok(()) => true,
                Err(TryLockError::WouldBlock) => false,
                Err(TryLockError::Error(error)) => return Err(error),
            };
            if alone {
                self.in_use.unlock()?;
            }
            self.in_use.lock_shared()?;
            Ok(alone)
        };
        others().map_err(|error| {
            StoreError::from(rusqlite::Error::ToSqlConversionFailure(error.into()))
        })
    }

    /// Whether another process (the command line beside the window) has changed something since
    /// this was last asked.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub fn changed_by_others(&self) -> Result<bool, StoreError> {
        // SQLite counts, for each connection, the commits of all others. Every write of this
        // process goes through the one writer, so what that sees is not our own.
        let version = self
            .alone()
            .pragma_query_value(None, "data_version", |row| row.get(0))?;
        Ok(self.seen_version.swap(version, Ordering::Relaxed) != version)
    }

    /// How many updates the database has had.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub fn schema(&self) -> Result<u32, StoreError> {
        self.read(|conn| Ok(migrate::schema(conn)?))
    }

    /// Bring the log into the file and cut it to nothing, so that no older state of a page lies in it;
    /// whether that was possible: while somebody reads an older state, it is not. Between two tries
    /// others write.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub(crate) fn truncate_log(&self) -> Result<bool, StoreError> {
        for _ in 0..connect::LOOKS {
            let mut conn = self.alone();
            // It would wait for readers with the writer in its hand.
            connect::wait_for_nobody(&mut conn)?;
            let busy = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
            connect::wait_for_others(&mut conn)?;
            drop(conn);
            match busy {
                Ok(false) => return Ok(true),
                Ok(true) => thread::sleep(connect::BETWEEN_LOOKS),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }

    /// Look at every page of the database as it is decrypted, those that are not in use included; each
    /// with whether something lies in a part of it that nothing uses.
    ///
    /// # Errors
    /// [`StoreError`] when one cannot be read.
    pub(crate) fn each_page(&self, mut look: impl FnMut(&[u8], bool)) -> Result<(), StoreError> {
        self.read(|conn| {
            let free = scrub::free_pages(conn)?;
            let mut pages = conn.prepare("SELECT pgno, data FROM sqlite_dbpage")?;
            let mut rows = pages.query([])?;
            while let Some(row) = rows.next()? {
                let page = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
                look(page, scrub::clean(row.get(0)?, page, &free).is_some());
            }
            Ok(())
        })
    }

    /// Size of the database and its log, in bytes.
    pub fn bytes_on_disk(&self) -> u64 {
        let path = self.folder.database();
        [log_of(&path), path]
            .iter()
            .filter_map(|file| fs::metadata(file).ok())
            .map(|metadata| metadata.len())
            .sum()
    }
}

/// The database for whoever has its key and minds no rule of ours.
#[cfg(test)]
pub(crate) fn connection_of_an_attacker(folder: &DataFolder, key: &DatabaseKey) -> Connection {
    let conn = connect::writer(&folder.database(), key).unwrap();
    conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    conn
}

fn at_one_moment<T, E: From<rusqlite::Error>>(
    conn: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    let tx = conn.transaction()?;
    let result = work(&tx);
    tx.finish()?;
    result
}

/// A panic while the lock was held has rolled its transaction back: the connection is fine.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Make a new database under another name and then give it its own, so that a database that is
/// there is always whole.
fn create(
    path: &Path,
    key: &DatabaseKey,
    now_ms: i64,
    known: &[Migration],
) -> Result<(), OpenError> {
    let part = path.with_extension("new");
    remove_if_there(&part)?;
    // SQLite by itself would let everyone read the file, and gives its log the same rights.
    let made = folder::private_file(&part)
        .map_err(OpenError::from)
        .and_then(|_| Ok(connect::create(&part, key)?))
        .and_then(|mut conn| {
            conn.pragma_update(None, "application_id", connect::APPLICATION_ID)?;
            migrate::migrate(&mut conn, known, now_ms)?;
            conn.close().map_err(|(_, error)| error)?;
            fs::rename(&part, path)?;
            Ok(folder::sync_folder_of(path)?)
        });
    if made.is_err() {
        let _ = remove_if_there(&part);
        let _ = remove_if_there(&beside(&part, "-journal"));
    }
    made
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn newer(folder: &DataFolder, found: u32, known: &[Migration]) -> io::Result<OpenError> {
    let known = migrate::count(known.len());
    let snapshot = snapshot::before_update(folder)?.filter(|snapshot| snapshot.schema <= known);
    Ok(OpenError::Newer {
        found,
        known,
        snapshot,
    })
}

/// SQLite's write-ahead log of a database.
fn log_of(database: &Path) -> PathBuf {
    beside(database, "-wal")
}

/// SQLite's index of that log.
fn index_of(database: &Path) -> PathBuf {
    beside(database, "-shm")
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests;
