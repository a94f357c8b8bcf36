//! Entries that were cut off while the checkpoints in the database were left: they are the proof of it, and
//! stay that where nobody stumbles over them.

use super::*;
use crate::record::{
    Contents, RecordError, WhileFaulty, checkpoints::Checkpoint, encoding::from_hex, entries::Head,
    in_copy, verify_file,
};

const CHECKPOINTS: &str = "SELECT count(*) FROM checkpoints WHERE count < 1 OR count >
                             (SELECT max(sequence) FROM audit_entries)";

impl Installation {
    /// Cut the entries off from one on, and leave all checkpoints.
    fn cut_entries(&self, from: i64) {
        self.attack(|conn| {
            conn.execute("DELETE FROM audit_entries WHERE sequence >= ?1", [from])
                .unwrap();
        });
    }

    /// Put a checkpoint into the database, over one of the same count.
    fn plant(&self, checkpoint: &Checkpoint) {
        self.attack(|conn| {
            let row = rusqlite::params![
                checkpoint.count,
                checkpoint.head,
                checkpoint.time_ms,
                checkpoint.public_key,
                checkpoint.signature
            ];
            conn.execute(
                "INSERT OR REPLACE INTO checkpoints VALUES (?1, ?2, ?3, ?4, ?5)",
                row,
            )
            .unwrap();
        });
    }

    fn sign(&self, keys: &Keys, count: i64, hash: [u8; 32]) -> Checkpoint {
        let instance = self
            .store()
            .read(|conn| Ok::<_, RecordError>(entry_at(conn, 1).instance));
        let head = Head {
            count,
            hash,
            latest_ms: NOW,
        };
        Checkpoint::sign(&keys.signing, instance.unwrap(), &head, NOW)
    }

    fn last_checkpoint(&self) -> Checkpoint {
        KeyPlace::of(&self.folder).checkpoint().unwrap().unwrap()
    }

    fn checkpoints_beyond_the_end(&self) -> i64 {
        self.store()
            .read(|conn| {
                conn.query_row(CHECKPOINTS, [], |row| row.get(0))
                    .map_err(RecordError::from)
            })
            .unwrap()
    }

    /// The record holds, and says how often it did not: in the database, in a file and in a copy.
    fn holds_after(&self, failures: u32) {
        let (store, record) = self.open();
        assert_eq!(record.fault_at_start(), None);
        let verdict = record.verify(&mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!((verdict.fault, verdict.notes.failed), (None, failures));
        record.failure_seen(NOW).unwrap();
        let mut file = Vec::new();
        record
            .export(Contents::Everything, WhileFaulty::Refuse, &mut file, NOW)
            .unwrap();
        let verdict = verify_file(&mut &*file, None, None).unwrap();
        assert_eq!((verdict.fault, verdict.notes.failed), (None, failures));
        let copy = self.folder.path().join("copy.db");
        store.copy_to(&copy, &mut |_| ()).unwrap();
        let copied = store
            .read_copy(&copy, |conn| in_copy(conn).map_err(RecordError::from))
            .unwrap();
        assert_eq!(copied.fault, None);
    }
}

/// The checkpoint that an entry tells of, as a stranger makes it of the exported file alone.
fn evidence(told: &Facts, instance: uuid::Uuid, [count, rest @ ..]: [&str; 5]) -> Checkpoint {
    let [head, time, key, signature] = rest;
    let bytes = |name| from_hex(told.text(name).unwrap()).unwrap();
    Checkpoint {
        instance,
        count: told.integer(count).unwrap(),
        head: bytes(head).try_into().unwrap(),
        time_ms: told.integer(time).unwrap(),
        public_key: bytes(key).try_into().unwrap(),
        signature: bytes(signature).try_into().unwrap(),
    }
}

const STRAY: [&str; 5] = [
    "stray_count",
    "stray_head",
    "stray_time",
    "stray_key",
    "stray_signature",
];

#[test]
fn a_cut_that_left_its_checkpoints_is_told_with_them_and_what_grows_past_them_holds() {
    let here = Installation::with_entries(140);
    let last = here.last_checkpoint();
    here.cut_entries(100);
    assert_eq!(here.fault_at_start().as_deref(), Some("cut-off"));
    let told = here.told();
    assert_eq!(
        told.integer("strays"),
        Some(2),
        "after 128 entries, and at the close"
    );
    let shown = evidence(&told, last.instance, STRAY);
    assert_eq!((shown.count, shown.head), (last.count, last.head));
    assert!(shown.is_signed() && shown.public_key == here.stolen_keys().public());
    let outside = [
        "checkpoint",
        "checkpoint_head",
        "checkpoint_time",
        "checkpoint_key",
        "checkpoint_signature",
    ];
    assert_eq!(evidence(&told, last.instance, outside), last);
    assert_eq!(here.checkpoints_beyond_the_end(), 0);
    here.append(130);
    here.holds_after(1);
}

#[test]
fn an_emptied_table_is_told_with_the_checkpoints_that_were_left() {
    for sql in ["DELETE FROM audit_entries", "DROP TABLE audit_entries"] {
        let here = Installation::with_entries(70);
        here.attack(|conn| conn.execute_batch(sql).unwrap());
        assert_eq!(here.fault_at_start().as_deref(), Some("cut-off"), "{sql}");
        assert_eq!(here.told().integer("strays"), Some(2), "{sql}");
        here.append(130);
        here.holds_after(1);
    }
}

#[test]
fn a_cut_is_found_by_what_it_left_where_an_older_checkpoint_or_none_is_outside() {
    for is_gone in [true, false] {
        let here = Installation::with_entries(66);
        let older = here.last_checkpoint();
        here.append(100);
        let place = KeyPlace::of(&here.folder);
        if is_gone {
            std::fs::remove_file(here.folder.keys().join("record-checkpoint.key")).unwrap();
        } else {
            place.replace_checkpoint(&older).unwrap();
        }
        here.cut_entries(80);
        assert_eq!(
            here.fault_at_start().as_deref(),
            Some("cut-off"),
            "{is_gone}"
        );
        assert_eq!(here.told().integer("at"), Some(79));
        here.append(130);
        here.holds_after(1);
    }
}

#[test]
fn a_cut_while_gatehouse_is_open_is_told_by_the_next_verification() {
    let here = Installation::with_entries(140);
    let (_store, record) = here.open();
    here.cut_entries(100);
    let found = record
        .verify(&mut |_| ControlFlow::Continue(()))
        .unwrap()
        .fault;
    let expected = here.told().integer("checkpoint").unwrap();
    assert_eq!(
        found,
        Some(Fault::CutOff {
            expected,
            found: 99
        })
    );
    assert_eq!(here.checkpoints_beyond_the_end(), 0);
    let after = record.verify(&mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((after.fault, after.notes.failed), (None, 1));
}

#[test]
fn an_older_file_that_was_put_back_has_no_checkpoint_too_many() {
    let here = Installation::with_entries(70);
    let older = std::fs::read(here.folder.database()).unwrap();
    here.append(70);
    let expected = here.last_checkpoint().count;
    std::fs::write(here.folder.database(), older).unwrap();
    assert_eq!(here.fault_at_start().as_deref(), Some("cut-off"));
    let told = here.told();
    assert_eq!(told.integer("checkpoint"), Some(expected));
    assert_eq!(told.integer("strays"), None);
    here.append(130);
    here.holds_after(1);
}

#[test]
fn a_checkpoint_that_nobody_signed_is_told_and_taken_out_wherever_it_stands() {
    let stranger = Keys::random().unwrap();
    for count in [-5, 0, 64, 1_000_000_000, i64::MAX] {
        let here = Installation::with_entries(70);
        here.plant(&here.sign(&stranger, count, [9; 32]));
        let verdict = here.verdict();
        let told = here.told();
        assert_eq!(told.text("fault"), Some("checkpoint-unsigned"), "{count}");
        assert_eq!(told.integer("at"), Some(count));
        let shown = evidence(&told, here.last_checkpoint().instance, STRAY);
        assert_eq!(shown.public_key, stranger.public(), "{count}");
        let within = count == 64;
        assert_eq!(
            verdict.fault.is_some(),
            within,
            "the start has found the others"
        );
        here.append(70);
        here.holds_after(1);
    }
}

#[test]
fn a_row_that_is_no_checkpoint_stops_nothing_and_is_told() {
    let here = Installation::with_entries(70);
    {
        // In a small file the check at the start would find it before.
        let (_store, record) = here.open();
        here.attack(|conn| {
            conn.execute_batch(
                "PRAGMA ignore_check_constraints = ON;
                 INSERT INTO checkpoints VALUES (500, x'', 0, x'01', x'02')",
            )
            .unwrap();
        });
        let verdict = record.verify(&mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(verdict.fault, Some(Fault::CheckpointUnsigned(500)));
    }
    here.holds_after(1);
}

#[test]
fn a_checkpoint_that_was_signed_and_is_of_other_entries_stays_for_the_fault_is_theirs() {
    let here = Installation::with_entries(70);
    here.plant(&here.sign(&here.stolen_keys(), 64, [9; 32]));
    for _ in 0..2 {
        assert_eq!(here.verdict().fault, Some(Fault::CheckpointDiffers(64)));
    }
}

#[test]
fn an_entry_is_not_said_to_be_covered_by_a_checkpoint_beyond_the_end() {
    let here = Installation::with_entries(140);
    let (_store, record) = here.open();
    here.cut_entries(100);
    let covered = |sequence| record.details(sequence).unwrap().unwrap().checkpoint;
    assert_eq!((covered(60), covered(70)), (Some(64), None));
}
