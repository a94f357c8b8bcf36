//! Connections to the encrypted file, all set up alike.

use std::{path::Path, sync::Once, time::Duration};

use rusqlite::{Connection, OpenFlags, config::DbConfig};
use zeroize::Zeroizing;

use super::error::{Cause, OpenError};
use crate::{chat, secrets::DatabaseKey};

/// "GATE": the file says whose it is.
pub(super) const APPLICATION_ID: i32 = 0x4741_5445;

/// How often, and how long each time, one process looks whether another has finished a write: for five
/// seconds. SQLite's own way looks ever more seldom, up to ten times a second, and finds the turn taken
/// again and again by a process that writes without a pause.
pub(super) const LOOKS: i32 = 2_500;
pub(super) const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// Up to this size the whole file is checked at every start, in a few milliseconds. Larger ones
/// are checked by the daily snapshot, which reads every page.
const CHECKED_AT_OPEN: u64 = 2 << 20;

/// A connection that may write.
///
/// `synchronous = FULL` brings each commit to the disk before it is reported, so a finished
/// message outlives a power cut, not only a killed app; commits are as rare as messages, so the
/// price is not felt. `fullfsync` says the same to macOS and nothing to the others.
pub(crate) fn writer(path: &Path, key: &DatabaseKey) -> rusqlite::Result<Connection> {
    let conn = keyed(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Until the file is known to be sound, closing must not copy the log into it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    conn.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;",
    )?;
    Ok(conn)
}

/// A connection that cannot change anything.
///
/// It holds up to 16 MB of pages, in place of SQLite's 2: each page is decrypted and its code is checked when it is
/// read, and the Costs screen reads the sums of two years several times.
pub(super) fn reader(path: &Path, key: &DatabaseKey) -> rusqlite::Result<Connection> {
    let conn = keyed(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Below zero it is in KiB.
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -16384")?;
    Ok(conn)
}

/// A connection to a file that nobody writes any more. Nothing is locked and nothing beside it is made,
/// so it also works where only reading is allowed, and on drives that know no locks.
pub(super) fn immutable(path: &Path, key: &DatabaseKey) -> rusqlite::Result<Connection> {
    let not_a_path = || rusqlite::Error::InvalidPath(path.to_path_buf());
    let absolute = std::path::absolute(path).map_err(|_| not_a_path())?;
    let mut address = url::Url::from_file_path(absolute).map_err(|()| not_a_path())?;
    address.set_query(Some("immutable=1"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    keyed(Path::new(address.as_str()), key, flags)
}

/// A new, empty file with this key, to become a database or a snapshot.
pub(super) fn create(path: &Path, key: &DatabaseKey) -> rusqlite::Result<Connection> {
    keyed(
        path,
        key,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )
}

fn keyed(path: &Path, key: &DatabaseKey, flags: OpenFlags) -> rusqlite::Result<Connection> {
    cipher_is_ready();
    let mut conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    wait_for_others(&mut conn)?;
    conn.set_prepared_statement_cache_capacity(64);
    // SQLCipher would write its own complaints to the error stream; ours say more.
    conn.execute_batch("PRAGMA cipher_log_level = NONE")?;
    // A raw key: the 32 bytes are the key, with no slow derivation from a password.
    let pragma = Zeroizing::new(format!("PRAGMA key = \"x'{}'\"", key.to_hex().as_str()));
    conn.execute_batch(&pragma)
        .map_err(|error| without_text(&error))?;
    chat::add_functions(&conn)?;
    Ok(conn)
}

/// Wait until the cipher of this process is there. SQLite lets others go on before it has made SQLCipher ready, and where
/// two open a database as the first thing that they do, the key of the second would not be taken.
fn cipher_is_ready() {
    static READY: Once = Once::new();
    READY.call_once(|| {
        // What fails here fails for whoever opens a file next, and is told there.
        let _ = Connection::open_in_memory();
    });
}

/// Have a connection wait while another process writes.
pub(super) fn wait_for_others(conn: &mut Connection) -> rusqlite::Result<()> {
    conn.busy_handler(Some(|looks| {
        std::thread::sleep(BETWEEN_LOOKS);
        looks < LOOKS
    }))
}

/// Have it tell at once that another one is busy.
pub(super) fn wait_for_nobody(conn: &mut Connection) -> rusqlite::Result<()> {
    conn.busy_handler(None::<fn(i32) -> bool>)
}

/// The same error without the statement, which holds the key.
fn without_text(error: &rusqlite::Error) -> rusqlite::Error {
    let failure = error.sqlite_error().copied();
    let unknown = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ERROR);
    rusqlite::Error::SqliteFailure(
        failure.unwrap_or(unknown),
        Some("the key was not taken".into()),
    )
}

/// Find out whether this is a sound database of ours, as far as that can be known at once.
pub(super) fn verify_at_open(conn: &Connection, bytes: u64) -> Result<(), OpenError> {
    let id: i32 = conn
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .map_err(explain_first_read)?;
    if id != APPLICATION_ID {
        return Err(OpenError::Damaged {
            detail: "it is not a database of Gatehouse".into(),
        });
    }
    if bytes <= CHECKED_AT_OPEN
        && let Some(detail) = first_fault(conn)?
    {
        return Err(OpenError::Damaged { detail });
    }
    Ok(())
}

fn explain_first_read(error: rusqlite::Error) -> OpenError {
    match Cause::of(&error) {
        // The key was proven right before, so it is the file that is wrong.
        Cause::Damaged => OpenError::Damaged {
            detail: "its beginning cannot be read".into(),
        },
        _ => error.into(),
    }
}

/// Read every page and return what is wrong first, if anything.
pub(crate) fn first_fault(conn: &Connection) -> rusqlite::Result<Option<String>> {
    match checked(conn, "1") {
        // A column that SQLite works out from a text cannot be, where somebody changed the text. The
        // pages are sound, and the record says what was changed; so the others are read one by one.
        Err(error) if is_about_a_value(&error) => first_fault_by_table(conn),
        found => found,
    }
}

fn first_fault_by_table(conn: &Connection) -> rusqlite::Result<Option<String>> {
    let tables: Vec<String> = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for table in tables {
        match checked(conn, &format!("\"{}\"", table.replace('"', "\"\""))) {
            Ok(None) => {}
            Err(error) if is_about_a_value(&error) => {}
            found => return found,
        }
    }
    Ok(None)
}

/// What is wrong first with a table, or with all of it where a number of faults is given.
fn checked(conn: &Connection, what: &str) -> rusqlite::Result<Option<String>> {
    let sql = format!("PRAGMA quick_check({what})");
    match conn.query_row(&sql, [], |row| row.get::<_, String>(0)) {
        Ok(verdict) if verdict == "ok" => Ok(None),
        Ok(fault) => Ok(Some(fault)),
        Err(error) if Cause::of(&error) == Cause::Damaged => Ok(Some(error.to_string())),
        Err(error) => Err(error),
    }
}

/// Not about pages or the disk.
fn is_about_a_value(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_DATATYPE, SQLITE_ERROR};
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(code, Some(SQLITE_ERROR | SQLITE_CONSTRAINT_DATATYPE))
}
