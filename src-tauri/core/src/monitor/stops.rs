//! Calls that a person wants stopped and that another process on the same data makes: it looks here while it has
//! calls under way.

use rusqlite::Connection;

use crate::store::Migration;

// The end of a call, which every process writes, clears it.
pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-29 create stops",
    sql: "CREATE TABLE stops (
            call INTEGER PRIMARY KEY REFERENCES calls(number) ON DELETE CASCADE
          ) STRICT;
          CREATE TRIGGER stops_of_an_ended_call AFTER UPDATE OF status ON calls WHEN NEW.status <> 'running' BEGIN
            DELETE FROM stops WHERE call = NEW.number;
          END",
}];

/// Have a call stopped by the process that makes it; whether it is under way.
pub(super) fn ask(conn: &Connection, number: i64) -> rusqlite::Result<bool> {
    let asked = conn
        .prepare_cached(
            "INSERT OR REPLACE INTO stops SELECT number FROM calls WHERE number = ?1 AND status = 'running'",
        )?
        .execute([number])?;
    Ok(asked > 0)
}

/// The numbers of the calls that are to be stopped.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn asked(conn: &Connection) -> rusqlite::Result<Vec<i64>> {
    conn.prepare_cached("SELECT call FROM stops")?
        .query_map([], |row| row.get(0))?
        .collect()
}
