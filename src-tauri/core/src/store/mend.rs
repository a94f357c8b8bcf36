//! Tables that somebody dropped or put something else in the place of, made again as our steps make
//! them: empty, but there, so that what is written next can be written.

use rusqlite::Connection;

use super::migrate::{Object, schema_of, schema_of_ours};

/// What was done to tables that were not ours any more.
#[derive(Debug, Default)]
pub(crate) struct Mended {
    /// The names of tables, indexes and triggers that were made.
    pub(crate) made: Vec<String>,
    /// How many things stood in their place or beside them, and were removed or moved aside.
    pub(crate) removed: u32,
}

impl Mended {
    /// Whether anything was done at all.
    pub(crate) fn is_any(&self) -> bool {
        self.removed > 0 || !self.made.is_empty()
    }
}

/// The order in which things are removed: what hangs on a table before the table.
const KINDS: [&str; 4] = ["trigger", "view", "index", "table"];

/// Make these tables, with their indexes and triggers, what our steps make of them. A table that stands
/// there under one of their names is moved aside, with its rows; a view or trigger has none, and goes.
pub(crate) fn mend_tables(conn: &Connection, tables: &[&str]) -> rusqlite::Result<Mended> {
    let ours: Vec<Object> = schema_of_ours()?
        .into_iter()
        .filter(|object| tables.contains(&object.table.as_str()))
        .collect();
    let mut mended = Mended::default();
    while let Some(foreign) = first_foreign(conn, &ours, tables)? {
        let name = quoted(&foreign.name);
        match foreign.kind.as_str() {
            "table" => move_aside(conn, &foreign.name)?,
            kind => conn.execute_batch(&format!("DROP {kind} {name}"))?,
        }
        mended.removed += 1;
    }
    let there = schema_of(conn)?;
    for kind in KINDS.iter().rev() {
        for missing in ours.iter().filter(|one| one.kind == *kind) {
            if !there.contains(missing) {
                conn.execute_batch(&missing.sql)?;
                mended.made.push(missing.name.clone());
            }
        }
    }
    Ok(mended)
}

/// What is next to go: it has a name of ours, or hangs on a table of ours, and is not as we make it.
fn first_foreign(
    conn: &Connection,
    ours: &[Object],
    tables: &[&str],
) -> rusqlite::Result<Option<Object>> {
    let mut there = schema_of(conn)?;
    there.sort_by_key(|object| KINDS.iter().position(|kind| *kind == object.kind));
    Ok(there.into_iter().find(|object| {
        let has_our_name = ours
            .iter()
            .any(|one| one.name.eq_ignore_ascii_case(&object.name));
        let hangs_on_ours = tables
            .iter()
            .any(|table| table.eq_ignore_ascii_case(&object.table));
        (has_our_name || hangs_on_ours) && !ours.contains(object)
    }))
}

/// Another name, which nothing has yet.
fn move_aside(conn: &Connection, name: &str) -> rusqlite::Result<()> {
    let free = (1u32..)
        .map(|nth| format!("{name}_replaced_{nth}"))
        .find_map(|free| match conn.table_exists(None, free.as_str()) {
            Ok(true) => None,
            Ok(false) => Some(Ok(free)),
            Err(error) => Some(Err(error)),
        })
        .expect("some number is free because there are fewer tables than numbers")?;
    // What refers to the table is not to be looked at: it may be broken, too.
    conn.pragma_update(None, "legacy_alter_table", true)?;
    let moved = conn.execute_batch(&format!(
        "ALTER TABLE {} RENAME TO {}",
        quoted(name),
        quoted(&free)
    ));
    conn.pragma_update(None, "legacy_alter_table", false)?;
    moved
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate;

    const TABLES: &[&str] = &["audit_entries", "audit_values", "audit_lookup"];

    fn new() -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate::migrate(&mut conn, &migrate::all(), 0).unwrap();
        conn
    }

    #[test]
    fn tables_that_nobody_touched_stay_as_they_are() {
        assert!(!mend_tables(&new(), TABLES).unwrap().is_any());
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
            let mended = mend_tables(&conn, TABLES).unwrap();
            assert!(mended.is_any(), "{attack}");
            let ours = schema_of_ours().unwrap();
            let there = schema_of(&conn).unwrap();
            for object in ours {
                assert!(there.contains(&object), "{attack}: {object:?}");
            }
        }
    }

    #[test]
    fn the_rows_of_a_table_in_the_place_of_ours_are_kept() {
        let conn = new();
        conn.execute_batch(
            "DROP TABLE audit_values; CREATE TABLE audit_values (a); INSERT INTO audit_values VALUES (7)",
        )
        .unwrap();
        mend_tables(&conn, TABLES).unwrap();
        let kept: i64 = conn
            .query_row("SELECT a FROM audit_values_replaced_1", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(kept, 7);
    }
}
