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

/// What a database is made of, and what our steps make.
pub(crate) struct Schema {
    there: Vec<Object>,
    ours: Vec<Object>,
}

impl Schema {
    /// That of a database.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when it cannot be read.
    pub(crate) fn of(conn: &Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            there: schema_of(conn)?,
            ours: schema_of_ours()?,
        })
    }

    /// Whether tables, indexes, views and triggers are exactly those that our steps make: a trigger could
    /// swallow or change what is written, whatever it is called and wherever it stands.
    pub(crate) fn is_ours(&self) -> bool {
        self.there == self.ours
    }

    /// Whether the tables of these names are those that our steps make, whatever else hangs on them or
    /// stands beside them.
    pub(crate) fn has_tables(&self, wanted: impl Fn(&str) -> bool) -> bool {
        let mut ours = self.ours.iter();
        ours.all(|one| one.kind != TABLE || !wanted(&one.name) || self.there.contains(one))
    }
}

pub(super) const TABLE: &str = "table";

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
    chat::add_functions(&ours)?;
    migrate(&mut ours, &all(), 0)
        .expect("our steps work on an empty database because every new one is made by them");
    schema_of(&ours)
}

/// What a database has, by kind and name, but for what SQLite makes by itself and what [`super::mend`] moved
/// aside. A trigger or view is never SQLite's own, whatever its name.
pub(super) fn schema_of(conn: &Connection) -> rusqlite::Result<Vec<Object>> {
    let mut statement = conn.prepare(
        r"SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema
          WHERE NOT (type = 'table' AND (name = 'sqlite_sequence' OR name LIKE 'sqlite\_stat_' ESCAPE '\'))
            AND NOT (type = 'index' AND sql IS NULL)
          ORDER BY type, name",
    )?;
    let objects = statement.query_map([], |row| {
        Ok(Object {
            kind: row.get(0)?,
            name: row.get(1)?,
            table: row.get(2)?,
            sql: row.get(3)?,
        })
    })?;
    let mut all = Vec::new();
    for object in objects {
        let object = object?;
        if !object.is_aside(conn)? {
            all.push(object);
        }
    }
    Ok(all)
}

impl Object {
    /// Whether it is what was moved aside: rows, which do nothing by themselves. A table that refers to
    /// another could still forbid to delete there.
    fn is_aside(&self, conn: &Connection) -> rusqlite::Result<bool> {
        let number = self.name.rsplit_once(ASIDE).map(|(_, number)| number);
        let is_named_so = number.is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
        });
        Ok(self.kind == TABLE && is_named_so && self.has_rows_alone(conn)?)
    }

    /// Whether it is a table of rows and no more, which refers to no other one.
    fn has_rows_alone(&self, conn: &Connection) -> rusqlite::Result<bool> {
        let refers = conn
            .prepare("SELECT 1 FROM pragma_foreign_key_list(?1)")?
            .exists([&self.name])?;
        Ok(!self.is_virtual() && !refers)
    }

    /// Whether something else than SQLite itself reads it.
    pub(super) fn is_virtual(&self) -> bool {
        self.sql.to_ascii_uppercase().starts_with("CREATE VIRTUAL")
    }
}

/// In the name of a table that was moved aside, between the name that it had and a number.
pub(super) const ASIDE: &str = "_replaced_";

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
