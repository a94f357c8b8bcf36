//! What somebody did to what the database is made of, undone as far as nothing is lost by it: what is not
//! ours is taken out or moved aside, and tables, indexes and triggers are made again as our steps make them,
//! so that what is written next can be written.

use std::io;

use rusqlite::Connection;

use super::{
    folder::{DataFolder, make_private_folder, write_private},
    migrate::{ASIDE, Object, TABLE, schema_of, schema_of_ours},
    swap,
};

/// What was done to what was not ours any more.
#[derive(Debug, Default)]
pub(crate) struct Mended {
    /// The names of tables, indexes and triggers that were made.
    pub(crate) made: Vec<String>,
    /// The statements that had made what was taken out or moved aside.
    pub(crate) removed: Vec<String>,
}

impl Mended {
    /// Whether anything was done at all.
    pub(crate) fn is_any(&self) -> bool {
        !self.removed.is_empty() || !self.made.is_empty()
    }
}

/// Keep a text about what was removed among the databases that were set aside: where it lies there.
/// `now_ms` is UTC milliseconds.
///
/// # Errors
/// [`io::Error`] when it cannot be written.
pub(crate) fn keep_removed(folder: &DataFolder, text: &str, now_ms: i64) -> io::Result<String> {
    let name = swap::free_name(folder, now_ms)?;
    let aside = folder.replaced().join(&name);
    make_private_folder(&aside)?;
    write_private(&aside.join("removed.sql"), text.as_bytes())?;
    Ok(format!("{name}/removed.sql"))
}

/// The order in which things are removed: what hangs on a table before the table.
const KINDS: [&str; 4] = ["trigger", "view", "index", TABLE];

/// Make these tables, with their indexes and triggers, what our steps make of them, and take out whatever
/// else is not ours. A table is moved aside, with its rows; a view, trigger or index has none, and goes.
///
/// What stands in the place of another table of ours stays as it is, since moving aside what somebody works
/// with helps nobody, and so do tables and views beside it, which it may read from: a snapshot is the way
/// back then.
///
/// # Errors
/// [`rusqlite::Error`] when one of these tables cannot be made.
pub(crate) fn mend_schema(conn: &Connection, tables: &[&str]) -> rusqlite::Result<Mended> {
    let ours = schema_of_ours()?;
    let mut mended = Mended::default();
    let mut stuck = Vec::new();
    while let Some(foreign) = first_foreign(conn, &ours, tables, &stuck)? {
        match remove(conn, &foreign) {
            Ok(()) => mended.removed.push(foreign.sql),
            Err(error) => {
                tracing::error!("a {} that is not ours stays: {error}", foreign.kind);
                stuck.push(foreign);
            }
        }
    }
    let there = schema_of(conn)?;
    for kind in KINDS.iter().rev() {
        for missing in ours.iter().filter(|one| one.kind == *kind) {
            if !there.contains(missing) && make(conn, missing, tables)? {
                mended.made.push(missing.name.clone());
            }
        }
    }
    Ok(mended)
}

/// What is next to go: it is not as we make it, and nothing that a person works with.
fn first_foreign(
    conn: &Connection,
    ours: &[Object],
    tables: &[&str],
    stuck: &[Object],
) -> rusqlite::Result<Option<Object>> {
    let mut there = schema_of(conn)?;
    there.sort_by_key(|object| KINDS.iter().position(|kind| *kind == object.kind));
    let is_one_of = |name: &str| tables.iter().any(|table| table.eq_ignore_ascii_case(name));
    let mut others = ours
        .iter()
        .filter(|one| one.kind == TABLE && !is_one_of(&one.table));
    let others_are_ours = others.all(|other| there.contains(other));
    let may_go = |object: &Object| {
        let has_name_of_these = ours
            .iter()
            .any(|one| is_one_of(&one.table) && one.name.eq_ignore_ascii_case(&object.name));
        let has_no_rows = matches!(object.kind.as_str(), "trigger" | "index");
        others_are_ours || has_no_rows || has_name_of_these || is_one_of(&object.table)
    };
    let mut foreign = there.into_iter().filter(|object| !ours.contains(object));
    Ok(foreign.find(|object| may_go(object) && !stuck.contains(object)))
}

fn remove(conn: &Connection, foreign: &Object) -> rusqlite::Result<()> {
    let name = quoted(&foreign.name);
    if foreign.kind != TABLE {
        return conn.execute_batch(&format!("DROP {} {name}", foreign.kind));
    }
    let free = quoted(&free_name(conn, &foreign.name)?);
    if foreign.is_virtual() || foreign.name.contains(ASIDE) {
        // It was moved aside and still is more than rows: they alone are kept.
        return conn.execute_batch(&format!(
            "CREATE TABLE {free} AS SELECT * FROM {name}; DROP TABLE {name}"
        ));
    }
    rename(conn, &name, &free)
}

/// Another name, which nothing has yet.
fn free_name(conn: &Connection, name: &str) -> rusqlite::Result<String> {
    (1u32..)
        .map(|nth| format!("{name}{ASIDE}{nth}"))
        .find_map(|free| match conn.table_exists(None, free.as_str()) {
            Ok(true) => None,
            Ok(false) => Some(Ok(free)),
            Err(error) => Some(Err(error)),
        })
        .expect("some number is free because there are fewer tables than numbers")
}

fn rename(conn: &Connection, name: &str, free: &str) -> rusqlite::Result<()> {
    // What refers to the table is not to be looked at: it may be broken, too.
    conn.pragma_update(None, "legacy_alter_table", true)?;
    let moved = conn.execute_batch(&format!("ALTER TABLE {name} RENAME TO {free}"));
    conn.pragma_update(None, "legacy_alter_table", false)?;
    moved
}

/// Make what is missing; whether it was made. An empty table in the place of what a person had would hide
/// that it is gone, so of other tables only what hangs on them is made, and only if it fits what is there.
fn make(conn: &Connection, missing: &Object, tables: &[&str]) -> rusqlite::Result<bool> {
    if tables.contains(&missing.table.as_str()) {
        conn.execute_batch(&missing.sql)?;
        return Ok(true);
    }
    if missing.kind == TABLE {
        return Ok(false);
    }
    let made = conn.execute_batch(&missing.sql);
    if let Err(error) = &made {
        tracing::error!("{} cannot be made again: {error}", missing.name);
    }
    Ok(made.is_ok())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate::{self, Schema};

    const TABLES: &[&str] = &["audit_entries", "audit_values", "audit_lookup"];

    fn new() -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::chat::add_functions(&conn).unwrap();
        migrate::migrate(&mut conn, &migrate::all(), 0).unwrap();
        conn
    }

    fn is_ours(conn: &Connection) -> bool {
        Schema::of(conn).unwrap().is_ours()
    }

    #[test]
    fn tables_that_nobody_touched_stay_as_they_are() {
        assert!(!mend_schema(&new(), TABLES).unwrap().is_any());
    }

    #[test]
    fn whatever_was_done_to_a_table_it_is_ours_again() {
        for attack in [
            "DROP TABLE audit_entries",
            "DROP TABLE audit_values; DROP TABLE audit_lookup",
            "DROP INDEX audit_keys; DROP TRIGGER audit_entries_stay",
            "CREATE TRIGGER \"a \"\"quiet\"\" one\" BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(IGNORE); END",
            "CREATE INDEX one_more ON audit_entries(actor)",
            "DROP TABLE audit_entries; CREATE TABLE Audit_Entries (sequence, actor)",
            "DROP TABLE audit_entries; CREATE VIEW AUDIT_ENTRIES AS SELECT 1 AS sequence",
            "DROP TABLE audit_entries; CREATE TABLE audit_entries_replaced_1 (a);
             CREATE TABLE audit_entries (a); CREATE INDEX audit_keys ON audit_entries(a)",
            "DROP TRIGGER audit_entries_stay; CREATE TABLE audit_entries_stay (a)",
        ] {
            let conn = new();
            conn.execute_batch(attack).unwrap();
            assert!(!is_ours(&conn), "{attack}");
            let mended = mend_schema(&conn, TABLES).unwrap();
            assert!(mended.is_any(), "{attack}");
            assert!(is_ours(&conn), "{attack}");
        }
    }

    #[test]
    fn whatever_was_put_beside_what_is_ours_goes_or_is_moved_aside() {
        for (attack, statements) in [
            ("CREATE VIEW another AS SELECT 1", 1),
            (
                "CREATE TRIGGER quiet AFTER INSERT ON settings BEGIN SELECT 1; END",
                1,
            ),
            ("CREATE INDEX more ON settings(value)", 1),
            ("CREATE TABLE more (a); CREATE INDEX of_more ON more(a)", 2),
            // What refers to ours could forbid to delete there; its copy cannot.
            (
                "CREATE TABLE holds_back (id BLOB REFERENCES conversations(id))",
                2,
            ),
            (
                "CREATE TABLE c_replaced_7 (id BLOB REFERENCES conversations(id))",
                1,
            ),
            ("CREATE VIRTUAL TABLE words USING fts5(text)", 1),
            // SQLite gives no such name, but takes one from who writes the schema.
            (
                "PRAGMA writable_schema = ON;
              INSERT INTO sqlite_schema VALUES ('trigger', 'sqlite_quiet', 'settings', 0,
                'CREATE TRIGGER sqlite_quiet AFTER INSERT ON settings BEGIN SELECT 1; END');
              PRAGMA writable_schema = RESET",
                1,
            ),
        ] {
            let conn = new();
            conn.execute_batch(attack).unwrap();
            assert!(!is_ours(&conn), "{attack}");
            let mended = mend_schema(&conn, TABLES).unwrap();
            assert!(is_ours(&conn), "{attack}");
            assert_eq!(mended.removed.len(), statements, "{attack}: {mended:?}");
            assert_eq!(mended.made, [""; 0], "{attack}");
        }
    }

    #[test]
    fn an_index_or_trigger_of_ours_is_made_again_wherever_it_was() {
        let conn = new();
        let all = schema_of_ours().unwrap();
        let hanging = all.iter().filter(|one| one.kind != TABLE);
        let dropped: Vec<String> = hanging
            .map(|one| {
                let sql = format!("DROP {} {}", one.kind, quoted(&one.name));
                conn.execute_batch(&sql).unwrap();
                one.name.clone()
            })
            .collect();
        let mut made = mend_schema(&conn, TABLES).unwrap().made;
        made.sort();
        let mut dropped = dropped;
        dropped.sort();
        assert_eq!(made, dropped);
        assert!(is_ours(&conn));
    }

    #[test]
    fn what_stands_in_the_place_of_a_table_that_a_person_works_with_stays() {
        for attack in [
            "ALTER TABLE presets ADD COLUMN more TEXT",
            "PRAGMA legacy_alter_table = ON; ALTER TABLE presets RENAME TO kept;
             CREATE VIEW presets AS SELECT * FROM kept",
        ] {
            let conn = new();
            conn.execute_batch(attack).unwrap();
            conn.execute_batch("CREATE TRIGGER quiet AFTER INSERT ON settings BEGIN SELECT 1; END")
                .unwrap();
            let mended = mend_schema(&conn, TABLES).unwrap();
            let quiet = mended.removed.iter().any(|sql| sql.contains("quiet"));
            assert!(quiet, "a trigger goes all the same: {mended:?}");
            assert!(!is_ours(&conn), "and that is told as long as it is so");
            conn.execute_batch("SELECT * FROM presets").unwrap();
        }
    }

    #[test]
    fn the_rows_of_a_table_in_the_place_of_ours_or_beside_it_are_kept() {
        for (attack, kept) in [
            (
                "DROP TABLE audit_values; CREATE TABLE audit_values (a);
                 INSERT INTO audit_values VALUES (7)",
                "audit_values_replaced_1",
            ),
            (
                "CREATE TABLE beside (a); INSERT INTO beside VALUES (7)",
                "beside_replaced_1",
            ),
            (
                "CREATE VIRTUAL TABLE beside USING fts5(a); INSERT INTO beside VALUES (7)",
                "beside_replaced_1",
            ),
        ] {
            let conn = new();
            conn.execute_batch(attack).unwrap();
            mend_schema(&conn, TABLES).unwrap();
            let row: i64 = conn
                .query_row(
                    &format!("SELECT CAST(a AS INTEGER) FROM {kept}"),
                    [],
                    |row| row.get(0),
                )
                .unwrap();
            assert_eq!(row, 7, "{attack}");
        }
    }
}
