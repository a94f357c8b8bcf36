//! One bit that flipped, anywhere in the rows of the record, is found by a verification.

use std::sync::{LazyLock, Mutex, PoisonError};

use proptest::prelude::*;
use rusqlite::types::Value;

use super::*;
use crate::{record::verify::verify, store::Instance};

/// The columns of the record: what is hashed, the proofs, the private parts and what opens them, and what
/// was signed.
const COLUMNS: [(&str, &[&str]); 3] = [
    (
        "audit_entries",
        &[
            "sequence",
            "time_ms",
            "latest_ms",
            "instance",
            "actor",
            "action",
            "subject",
            "facts",
            "commitment",
            "previous",
            "hash",
            "mac",
            "sealed",
        ],
    ),
    ("audit_subjects", &["token", "key"]),
    (
        "checkpoints",
        &["count", "head", "time_ms", "public_key", "signature"],
    ),
];

/// What stands in one column of one row.
#[derive(Debug, Clone)]
struct Cell {
    table: &'static str,
    column: &'static str,
    row: i64,
    value: Value,
}

/// One record for all flips, with a checkpoint in the database.
static HERE: LazyLock<Mutex<(Installation, Arc<Store>)>> = LazyLock::new(|| {
    let here = Installation::with_entries(70);
    let store = here.store();
    here.attack(|_| ());
    assert_eq!(fault(&here, &store), None, "as it is, it holds");
    Mutex::new((here, store))
});

/// What a complete verification finds.
fn fault(here: &Installation, store: &Store) -> Option<Fault> {
    let keys = here.stolen_keys();
    let last = KeyPlace::of(&here.folder).checkpoint().unwrap();
    let instance = Instance::load(&here.folder).unwrap().unwrap().id;
    let go_on = &mut |_| ControlFlow::Continue(());
    let verdict = verify(store, instance, &keys, last.as_ref(), go_on);
    verdict.unwrap().fault
}

fn cells(conn: &Connection) -> Vec<Cell> {
    let mut all = Vec::new();
    for (table, columns) in COLUMNS {
        for &column in columns {
            let sql = format!("SELECT rowid, {column} FROM {table} WHERE length({column}) > 0");
            let mut statement = conn.prepare(&sql).unwrap();
            let cell = |row: &rusqlite::Row<'_>| {
                Ok(Cell {
                    table,
                    column,
                    row: row.get(0)?,
                    value: row.get(1)?,
                })
            };
            let found = statement.query_map([], cell).unwrap();
            all.extend(found.map(Result::unwrap));
        }
    }
    all
}

impl Cell {
    /// With one bit flipped; the row of a column that numbers the rows is another one then.
    fn flipped(&self, bit: prop::sample::Index) -> Self {
        let flip = |mut bytes: Vec<u8>| {
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        };
        let value = match self.value.clone() {
            Value::Integer(value) => Value::Integer(value ^ (1 << bit.index(64))),
            Value::Text(text) => Value::Blob(flip(text.into_bytes())),
            Value::Blob(bytes) => Value::Blob(flip(bytes)),
            other => other,
        };
        let row = match (self.column, &value) {
            ("sequence" | "count", Value::Integer(value)) => *value,
            _ => self.row,
        };
        Self {
            row,
            value,
            ..*self
        }
    }

    /// Write it into the row that has this number; whether the database took it.
    fn write(&self, conn: &Connection, row: i64, is_text: bool) -> bool {
        let value = if is_text { "CAST(?1 AS TEXT)" } else { "?1" };
        let sql = format!(
            "UPDATE {} SET {} = {value} WHERE rowid = ?2",
            self.table, self.column
        );
        conn.execute(&sql, rusqlite::params![self.value, row])
            .is_ok()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn any_flipped_bit_of_a_row_is_found(at: prop::sample::Index, bit: prop::sample::Index) {
        let place = HERE.lock().unwrap_or_else(PoisonError::into_inner);
        let (here, store) = &*place;
        let all = store.read(|conn| Ok::<_, rusqlite::Error>(cells(conn))).unwrap();
        let cell = at.get(&all);
        let flipped = cell.flipped(bit);
        let is_text = matches!(cell.value, Value::Text(_));
        let mut taken = false;
        here.attack(|conn| taken = flipped.write(conn, cell.row, is_text));
        if taken {
            let found = fault(here, store);
            here.attack(|conn| assert!(cell.write(conn, flipped.row, is_text)));
            prop_assert!(found.is_some(), "{flipped:?}");
        } else {
            // Two rows of one number, and what is no JSON where facts are, are refused by SQLite.
            prop_assert!(["sequence", "count", "facts"].contains(&cell.column), "{flipped:?}");
        }
    }
}
