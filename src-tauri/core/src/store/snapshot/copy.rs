//! A copy of the database in a file of its own: written in one go, read back, counted.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use rusqlite::{Connection, backup};

use super::SnapshotError;
use crate::{
    secrets::DatabaseKey,
    store::{
        beside, connect,
        error::Cause,
        folder::{self, DataFolder},
        migrate,
    },
};

/// Pages that are copied between two words about how far it is: four megabytes.
const PAGES: i32 = 1024;

/// Copy the database to `part`, which nobody else knows, and check the copy against what was copied,
/// page by page and row by row. `progress` gets the share that is copied, 0 to 1. How many migrations
/// the database has taken.
///
/// # Errors
/// [`SnapshotError`]; what was written of `part` is the caller's to remove.
pub(crate) fn copy_checked(
    part: &Path,
    folder: &DataFolder,
    key: &DatabaseKey,
    progress: &mut dyn FnMut(f64),
) -> Result<u32, SnapshotError> {
    let mut source = connect::reader(&folder.database(), key)?;
    // One view of the database for counting and copying, whoever writes meanwhile.
    let view = source.transaction()?;
    let (schema, rows) = (migrate::schema(&view)?, rows_by_table(&view)?);
    copy(&view, part, key, progress)?;
    let copied = connect::immutable(part, key)?;
    let fault = match connect::first_fault(&copied)? {
        None if rows_by_table(&copied)? != rows => Some("rows are missing from it".to_string()),
        fault => fault,
    };
    match fault {
        None => Ok(schema),
        Some(detail) => {
            // The copy is only as sound as what was copied: say which of the two it is.
            if let Some(detail) = connect::first_fault(&view)? {
                return Err(SnapshotError::Damaged { detail });
            }
            Err(SnapshotError::NotSound {
                name: "new".into(),
                detail,
            })
        }
    }
}

fn copy(
    source: &Connection,
    part: &Path,
    key: &DatabaseKey,
    progress: &mut dyn FnMut(f64),
) -> Result<(), SnapshotError> {
    folder::private_file(part)?;
    let mut target = connect::create(part, key)?;
    // Nobody else knows it, so nothing has to be shared, and half a copy is thrown away, so it needs no
    // journal.
    target.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF",
    )?;
    copy_pages(source, &mut target, progress)?;
    // The copy is one file, not one with a write-ahead log beside it.
    target.pragma_update(None, "journal_mode", "DELETE")?;
    target.close().map_err(|(_, error)| error)?;
    File::options().write(true).open(part)?.sync_all()?;
    Ok(())
}

fn copy_pages(
    source: &Connection,
    target: &mut Connection,
    progress: &mut dyn FnMut(f64),
) -> Result<(), SnapshotError> {
    let copying = backup::Backup::new(source, target)?;
    loop {
        let step = copying.step(PAGES)?;
        let pages = copying.progress();
        progress(1.0 - f64::from(pages.remaining) / f64::from(pages.pagecount.max(1)));
        match step {
            backup::StepResult::Done => return Ok(()),
            backup::StepResult::More => {}
            _ => return Err(SnapshotError::Io(io::ErrorKind::ResourceBusy.into())),
        }
    }
}

/// Remove a copy that was not finished, with what SQLite may have put beside it.
pub(crate) fn remove_part(part: &Path) {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        // What cannot be removed now is a leftover, which the next one removes.
        let _ = fs::remove_file(beside(part, suffix));
    }
}

/// Open a finished copy to read it, wherever it lies, also where nothing can be written; and how many
/// migrations it has taken. `None`: this key does not open it, or its beginning is no database of
/// Gatehouse's.
///
/// # Errors
/// [`rusqlite::Error`] when the system does not let it be read.
pub(crate) fn open_copy(
    path: &Path,
    key: &DatabaseKey,
) -> rusqlite::Result<Option<(Connection, u32)>> {
    let conn = connect::immutable(path, key)?;
    let id = conn.query_row("PRAGMA application_id", [], |row| row.get::<_, i32>(0));
    match id {
        Ok(connect::APPLICATION_ID) => {
            let schema = migrate::schema(&conn)?;
            Ok(Some((conn, schema)))
        }
        Ok(_) => Ok(None),
        Err(error) if Cause::of(&error) == Cause::Damaged => Ok(None),
        Err(error) => Err(error),
    }
}

/// How many rows each table has; virtual tables keep theirs in ordinary ones, which are counted.
fn rows_by_table(conn: &Connection) -> rusqlite::Result<Vec<(String, i64)>> {
    let mut tables = conn.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name",
    )?;
    let names = tables
        .query_map([], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    let count = |name: String| {
        let sql = format!("SELECT count(*) FROM \"{}\"", name.replace('"', "\"\""));
        Ok((name, conn.query_row(&sql, [], |row| row.get(0))?))
    };
    names.into_iter().map(count).collect()
}
