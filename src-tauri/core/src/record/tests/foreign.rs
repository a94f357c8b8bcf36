//! What somebody put beside the tables of the record: it is told and taken out, hides nothing, and lets the
//! record hold again.

use sha2::{Digest, Sha256};

use super::*;
use crate::record::encoding::hex;

const FOREIGN: [&str; 5] = [
    "CREATE VIEW another AS SELECT 1",
    "CREATE TRIGGER quiet AFTER INSERT ON settings BEGIN SELECT 1; END",
    "CREATE INDEX more ON settings(value)",
    "CREATE TABLE beside (id BLOB REFERENCES conversations(id))",
    "CREATE TRIGGER swallow AFTER INSERT ON audit_entries WHEN new.action = 'call.ended'
     BEGIN DELETE FROM audit_entries WHERE sequence = new.sequence; END",
];

/// In a table that a person works with, so that it stays.
const STAYS: &str = "ALTER TABLE presets ADD COLUMN more TEXT";

fn failures(here: &Installation) -> i64 {
    let sql = "SELECT count(*) FROM audit_entries WHERE action = 'record.verification-failed'";
    let count = |conn: &Connection| conn.query_row(sql, [], |row| row.get(0));
    here.store().read(count).unwrap()
}

#[test]
fn what_was_put_beside_the_record_is_told_once_and_kept_and_then_it_holds() {
    for sql in FOREIGN {
        let here = Installation::with_entries(5);
        here.attack(|conn| conn.execute_batch(sql).unwrap());
        assert_eq!(
            here.fault_at_start().as_deref(),
            Some("table-replaced"),
            "{sql}"
        );
        let told = here.told();
        assert!(told.integer("removed") > Some(0), "{sql}");
        let file = here
            .folder
            .replaced()
            .join(told.text("removed_file").unwrap());
        let kept = std::fs::read_to_string(file).unwrap();
        assert!(kept.contains(sql), "{kept}");
        let sha256 = hex(&Sha256::digest(&kept)[..]);
        assert_eq!(told.text("removed_sha256"), Some(&*sha256));
        here.append(3);
        let verdict = here.verdict();
        assert_eq!((verdict.fault, verdict.notes.failed), (None, 1), "{sql}");
    }
}

#[test]
fn it_hides_no_entry_that_was_changed() {
    for sql in FOREIGN.into_iter().chain([STAYS, "DROP TABLE messages"]) {
        let here = Installation::with_entries(5);
        let (_store, record) = here.open();
        here.attack(|conn| {
            conn.execute_batch(sql).unwrap();
            conn.execute_batch("UPDATE audit_entries SET time_ms = 1 WHERE sequence = 4")
                .unwrap();
        });
        for _ in 0..2 {
            let verdict = record.verify(&mut |_| ControlFlow::Continue(())).unwrap();
            assert_eq!(verdict.fault, Some(Fault::Changed(4)), "{sql}");
        }
    }
}

#[test]
fn it_hides_no_cut_from_the_start() {
    for sql in FOREIGN {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            conn.execute_batch(sql).unwrap();
            conn.execute_batch("DELETE FROM audit_entries WHERE sequence > 3")
                .unwrap();
        });
        assert_eq!(here.fault_at_start().as_deref(), Some("cut-off"), "{sql}");
        assert!(here.told().integer("removed") > Some(0), "{sql}");
        assert_eq!(here.verdict().fault, None, "{sql}");
    }
}

#[test]
fn a_table_that_a_person_works_with_stays_and_is_told_once_until_a_snapshot_is_put_back() {
    for sql in [STAYS, "DROP TABLE messages"] {
        let here = Installation::with_entries(5);
        let (_store, record) = here.open();
        here.attack(|conn| conn.execute_batch(sql).unwrap());
        for _ in 0..3 {
            let verdict = record.verify(&mut |_| ControlFlow::Continue(())).unwrap();
            assert_eq!(verdict.fault, Some(Fault::TableReplaced), "{sql}");
        }
        assert_eq!(failures(&here), 1, "{sql}");
    }
}
