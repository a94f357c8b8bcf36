//! The steps that made the database what it is. Steps are only added, never changed.

use std::collections::HashSet;

use rusqlite::{Connection, TransactionBehavior};

use super::error::{Cause, OpenError};
use crate::{
    accounts, aliases, chat, clients, connections, costs, models, monitor, policy, privacy, record,
    sealed, settings, workspaces,
};

/// One step: a name that starts with its date, as in `2026-11-23 create ratings`, and its SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// What it does, and since when. Never changed, for it is how an applied step is known.
    pub name: &'static str,
    /// One or more statements.
    pub sql: &'static str,
}

/// The steps of each module; one that refers to another's tables comes after it.
const MODULES: &[&[&[Migration]]] = &[
    &[
        workspaces::MIGRATIONS,
        settings::MIGRATIONS,
        models::MIGRATIONS,
        accounts::MIGRATIONS,
        aliases::MIGRATIONS,
        policy::MIGRATIONS,
        connections::MIGRATIONS,
        clients::MIGRATIONS,
    ],
    chat::MIGRATIONS,
    costs::MIGRATIONS,
    monitor::MIGRATIONS,
    sealed::MIGRATIONS,
    record::MIGRATIONS,
    privacy::MIGRATIONS,
];

/// Every step that this build knows, in the order in which they run: by date, and on the same
/// day in the order of [`MODULES`]. A step may use what an earlier one made.
pub(super) fn all() -> Vec<Migration> {
    let mut all = MODULES.concat().concat();
    sort(&mut all);
    all
}

pub(super) fn sort(migrations: &mut [Migration]) {
    migrations.sort_by_key(|migration| &migration.name[..10]);
}

/// How a database stands to the steps that this build knows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing to do.
    Current,
    /// These steps are missing.
    Behind(Vec<Migration>),
    /// It has steps that this build does not know; this many in all.
    Ahead(u32),
}

/// Compare the steps taken with the steps known.
pub(super) fn standing(conn: &Connection, known: &[Migration]) -> rusqlite::Result<Standing> {
    let applied = applied(conn)?;
    let names: HashSet<&str> = known.iter().map(|migration| migration.name).collect();
    if applied.iter().any(|name| !names.contains(name.as_str())) {
        return Ok(Standing::Ahead(count(applied.len())));
    }
    let missing: Vec<_> = known
        .iter()
        .filter(|migration| !applied.contains(migration.name))
        .copied()
        .collect();
    Ok(if missing.is_empty() {
        Standing::Current
    } else {
        Standing::Behind(missing)
    })
}

/// Whether tables, indexes, views and triggers are exactly those that our steps make: a trigger could
/// swallow or change what is written, whatever it is called and wherever it stands.
///
/// # Errors
/// [`rusqlite::Error`] when it cannot be read.
pub(crate) fn schema_is_ours(conn: &Connection) -> rusqlite::Result<bool> {
    Ok(schema_of(conn)? == schema_of_ours()?)
}

/// A table, index, view or trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) kind: String,
    pub(super) name: String,
    /// The table that it is or hangs on.
    pub(super) table: String,
    /// The statement that makes it.
    pub(super) sql: String,
}

/// What our steps make.
pub(super) fn schema_of_ours() -> rusqlite::Result<Vec<Object>> {
    let mut ours = Connection::open_in_memory()?;
    migrate(&mut ours, &all(), 0)
        .expect("our steps work on an empty database because every new one is made by them");
    schema_of(&ours)
}

/// What a database has, by kind and name.
pub(super) fn schema_of(conn: &Connection) -> rusqlite::Result<Vec<Object>> {
    conn.prepare(
        r"SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema
          WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY type, name",
    )?
    .query_map([], |row| {
        Ok(Object {
            kind: row.get(0)?,
            name: row.get(1)?,
            table: row.get(2)?,
            sql: row.get(3)?,
        })
    })?
    .collect()
}

fn applied(conn: &Connection) -> rusqlite::Result<HashSet<String>> {
    if !conn.table_exists(None, "migrations")? {
        return Ok(HashSet::new());
    }
    conn.prepare("SELECT name FROM migrations")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Take all missing steps, or none of them.
pub(super) fn migrate(
    conn: &mut Connection,
    missing: &[Migration],
    now_ms: i64,
) -> Result<(), OpenError> {
    // A step may rebuild a table that others refer to; whether all is well is looked at after.
    conn.pragma_update(None, "foreign_keys", false)?;
    let result = in_one_transaction(conn, missing, now_ms);
    conn.pragma_update(None, "foreign_keys", true)?;
    result
}

fn in_one_transaction(
    conn: &mut Connection,
    missing: &[Migration],
    now_ms: i64,
) -> Result<(), OpenError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(
        "CREATE TABLE IF NOT EXISTS migrations (
           name TEXT PRIMARY KEY,
           applied_at_ms INTEGER NOT NULL
         ) STRICT, WITHOUT ROWID",
    )?;
    for migration in missing {
        let explain = |error: rusqlite::Error| match Cause::of(&error) {
            Cause::Other => failed(migration, error.to_string()),
            _ => error.into(),
        };
        tx.execute_batch(migration.sql).map_err(explain)?;
        tx.execute(
            "INSERT INTO migrations VALUES (?1, ?2)",
            (migration.name, now_ms),
        )
        .map_err(explain)?;
        if tx.prepare("PRAGMA foreign_key_check")?.exists([])? {
            return Err(failed(
                migration,
                "it leaves references to rows that are not there".into(),
            ));
        }
    }
    let steps: u32 = tx.query_row("SELECT count(*) FROM migrations", [], |row| row.get(0))?;
    tx.pragma_update(None, "user_version", steps)?;
    tx.commit()?;
    Ok(())
}

fn failed(migration: &Migration, detail: String) -> OpenError {
    OpenError::MigrationFailed {
        name: migration.name.to_string(),
        detail,
    }
}

/// How many steps a database has taken.
pub(super) fn schema(conn: &Connection) -> rusqlite::Result<u32> {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// How many steps this build knows.
pub(crate) fn known() -> u32 {
    count(all().len())
}

pub(super) fn count(steps: usize) -> u32 {
    u32::try_from(steps).expect("steps fit because people write them one by one")
}
