//! A record that somebody broke: it is told, nothing stops, and what is signed meanwhile says so.

use super::*;
use crate::record::{Contents, Filter, RecordError, WhileFaulty};

fn broken() -> Installation {
    let here = Installation::with_entries(5);
    here.attack(|conn| {
        conn.execute_batch("UPDATE audit_entries SET sealed = NULL WHERE sequence = 4")
            .unwrap();
    });
    here
}

fn all(record: &Record) -> Vec<crate::record::EntryRow> {
    let filter = Filter {
        limit: 500,
        ..Filter::default()
    };
    record.list(&filter).unwrap()
}

fn verify(record: &Record) -> Verdict {
    record.verify(&mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn nothing_is_signed_while_a_fault_stands_unless_a_person_insists_and_then_it_is_written_down() {
    let here = broken();
    let (_store, record) = here.open();
    verify(&record);
    record.failure_seen(NOW).unwrap();
    let before = record.status().unwrap().count;
    let refused = record.give_witness(WhileFaulty::Refuse, NOW).unwrap_err();
    assert!(
        matches!(&refused, RecordError::Faulty(fault) if fault.to_string() == "payload-missing, entry 4"),
        "also where a person has read it: {refused}"
    );
    let mut file = Vec::new();
    record
        .export(Contents::Facts, WhileFaulty::Refuse, &mut file, NOW)
        .unwrap_err();
    assert!(file.is_empty());
    assert_eq!(record.status().unwrap().count, before, "nothing was done");

    record.give_witness(WhileFaulty::Insist, NOW).unwrap();
    record
        .export(Contents::Facts, WhileFaulty::Insist, &mut file, NOW)
        .unwrap();
    for row in &all(&record)[..2] {
        let fact = |name| row.facts.iter().find(|fact| fact.name == name).unwrap();
        assert_eq!(fact("fault").value, "payload-missing", "{row:?}");
        assert_eq!(fact("fault_at").value, "4", "{row:?}");
    }
}

#[test]
fn a_fault_stands_until_a_person_has_read_of_it_and_a_complete_verification_finds_it_gone() {
    for read_first in [true, false] {
        let here = Installation::with_entries(5);
        std::fs::remove_file(here.folder.keys().join("record-checkpoint.key")).unwrap();
        let (_store, record) = here.open();
        assert_eq!(record.fault_at_start(), Some(&Fault::CheckpointMissing));
        let stands = || record.status().unwrap().failure.unwrap().stands;
        let found = record.status().unwrap().failure.unwrap();
        assert!(found.stands);
        if read_first {
            record.failure_seen(NOW).unwrap();
            assert!(stands(), "nobody has looked whether it is gone");
        }
        let verdict = verify(&record);
        assert_eq!(verdict.fault, None);
        let told = (1, Some(found.found.sequence));
        assert_eq!(
            (verdict.notes.failed, verdict.notes.failed_at),
            told,
            "and whoever verifies it later learns that it did not always hold"
        );
        if !read_first {
            assert!(stands(), "what is left is whole, and nobody has read why");
            record.give_witness(WhileFaulty::Refuse, NOW).unwrap_err();
            record.failure_seen(NOW).unwrap();
        }
        assert!(!stands());
        record.give_witness(WhileFaulty::Refuse, NOW).unwrap();
    }
}

#[test]
fn a_table_index_or_trigger_that_was_dropped_stops_nothing_and_is_told_and_made_again() {
    for (sql, fault) in [
        ("DROP TABLE audit_entries", "cut-off"),
        ("DROP TABLE audit_subjects", "table-replaced"),
        ("DROP TABLE checkpoints", "table-replaced"),
        ("DROP TABLE audit_values", "table-replaced"),
        ("DROP TABLE audit_lookup", "table-replaced"),
        ("DROP INDEX audit_keys", "table-replaced"),
        ("DROP INDEX audit_milestones", "table-replaced"),
        (
            "CREATE TRIGGER quiet BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(IGNORE); END",
            "table-replaced",
        ),
    ] {
        let here = Installation::with_entries(70);
        here.attack(|conn| conn.execute_batch(sql).unwrap());
        assert_eq!(here.fault_at_start().as_deref(), Some(fault), "{sql}");
        here.append(3);
        let (_store, record) = here.open();
        let told = record.status().unwrap().failure.unwrap();
        assert_eq!(told.fault, fault, "{sql}: told once");
        let right = told.set_right;
        match sql
            .rsplit_once(' ')
            .filter(|(what, _)| what.starts_with("DROP"))
        {
            Some((_, name)) => {
                assert!(right.made_anew.iter().any(|made| made == name), "{right:?}")
            }
            None => assert_eq!((right.removed, right.made_anew.len()), (1, 0)),
        }
        assert!(all(&record).len() > 5, "{sql}: and it goes on");
        let found = verify(&record).fault.map(|fault| fault.name());
        let left = (sql == "DROP TABLE audit_subjects").then_some("payload-missing");
        assert_eq!(found, left, "{sql}");
    }
}

#[test]
fn a_table_that_is_dropped_while_gatehouse_is_open_is_told_by_the_next_verification() {
    let here = Installation::with_entries(5);
    let (store, record) = here.open();
    here.attack(|conn| conn.execute_batch("DROP TABLE audit_entries").unwrap());
    let found = verify(&record).fault;
    assert!(
        matches!(found, Some(Fault::CutOff { found: 0, .. })),
        "{found:?}"
    );
    store
        .write(|tx| record.append(tx, here.event(1), NOW))
        .unwrap();
    assert_eq!(verify(&record).fault, None, "a new chain, which says why");
    drop((record, store));
    let failures = {
        let (_store, record) = here.open();
        let rows = all(&record);
        rows.iter()
            .filter(|row| row.action == Action::VerificationFailed.name())
            .count()
    };
    assert_eq!(failures, 1, "the checkpoint outside is of the new chain");
}

/// As somebody who writes the bytes of the file: SQLite works out no column, so it refuses none.
fn minding_no_columns(conn: &Connection, attack: impl FnOnce()) {
    let read = "SELECT sql FROM sqlite_schema WHERE name = 'audit_entries'";
    let real: String = conn.query_row(read, [], |row| row.get(0)).unwrap();
    let stored = &real[..real.find(",\n            model TEXT GENERATED").unwrap()];
    let write = |sql: &str| {
        conn.pragma_update(None, "writable_schema", "ON").unwrap();
        let put = "UPDATE sqlite_schema SET sql = ?1 WHERE name = 'audit_entries'";
        conn.execute(put, [sql]).unwrap();
        conn.pragma_update(None, "writable_schema", "RESET")
            .unwrap();
    };
    write(&format!("{stored})"));
    attack();
    write(&real);
}

#[test]
fn a_last_row_that_is_no_entry_any_more_stops_nothing_and_is_told() {
    for change in [
        "facts = 'no facts'",
        "facts = '{\"call\":\"x\"}'",
        "facts = '{\"model\":[1]}'",
        "instance = x'00'",
        "hash = x''",
        "mac = x''",
        "latest_ms = 9223372036854775807",
        "sequence = 9223372036854775807",
        "action = ''",
        "subject = x'00'",
    ] {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            minding_no_columns(conn, || {
                let sql = format!("UPDATE audit_entries SET {change} WHERE sequence = 7");
                conn.execute_batch(&sql).unwrap();
            });
        });
        assert!(
            here.fault_at_start().is_some() || !here.verdict().holds(),
            "{change}"
        );
        here.append(3);
        let (_store, record) = here.open();
        let rows = all(&record);
        assert!(rows.len() > 7, "{change}: {}", rows.len());
        let newest = rows[0].sequence;
        assert!(newest < 100, "{change}: {newest}");
        for row in &rows {
            assert!(record.details(row.sequence).unwrap().is_some(), "{change}");
        }
        assert!(!verify(&record).holds(), "{change}");
    }
}

#[test]
fn a_record_whose_end_was_cut_off_is_listed_as_far_as_it_goes() {
    let here = Installation::with_entries(50);
    {
        let (_store, record) = here.open();
        assert_eq!(all(&record).len(), 53, "the lookup knows all of them");
    }
    here.attack(|conn| {
        conn.execute_batch("DELETE FROM audit_entries WHERE sequence > 10")
            .unwrap();
    });
    let (_store, record) = here.open();
    let rows = all(&record);
    assert_eq!(rows.len(), 12, "ten, the fault and the start");
    assert_eq!(rows[1].action, Action::VerificationFailed.name());
}
