//! A record on a real database, and whoever attacks it while Gatehouse is closed.

mod attacks;
mod cuts;
mod erasing;
mod files;
mod flips;
mod following;
mod foreign;
mod standing;
mod texts;
mod timeline;
mod vectors;

use std::{ops::ControlFlow, sync::Arc};

use rusqlite::{Connection, OptionalExtension};
use serde_json::json;
use tempfile::TempDir;

use super::{
    Action, Actor, Event, Facts, Fault, Record, Subject, Unlocked, Verdict,
    entries::{self, Entry},
    keys::{KeyPlace, Keys},
};
use crate::{
    ids::ConversationId,
    secrets::{self, KeyHome},
    store::{DataFolder, Store, connection_of_an_attacker},
};

/// The clock of these tests.
const NOW: i64 = 1_790_000_000_000;

/// A data folder with a record in it, closed.
struct Installation {
    folder: DataFolder,
    conversation: ConversationId,
    _dir: TempDir,
}

impl Installation {
    /// With the entries of the start and `count` more, with something private in each.
    fn with_entries(count: i64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let here = Self {
            folder: DataFolder::resolve(Some(&dir.path().join("data"))).unwrap(),
            conversation: ConversationId::new(),
            _dir: dir,
        };
        here.append(count);
        here
    }

    fn store(&self) -> Arc<Store> {
        let (key, _) = secrets::database_key(&self.folder, KeyHome::File).unwrap();
        Arc::new(Store::open(&self.folder, &key, NOW).unwrap())
    }

    fn open(&self) -> (Arc<Store>, Record) {
        let store = self.store();
        let unlocked = Unlocked::of(&self.folder).unwrap();
        let record = Record::open(&store, unlocked, Actor::Window, NOW).unwrap();
        (store, record)
    }

    /// Open, append and close.
    fn append(&self, count: i64) {
        let (store, record) = self.open();
        for nth in 0..count {
            store
                .write(|tx| record.append(tx, self.event(nth), NOW + nth))
                .unwrap();
        }
    }

    fn event(&self, nth: i64) -> Event {
        Event::new(Action::CallEnded)
            .fact("call", nth)
            .fact("model", "a model")
            .about(Subject::Conversation(self.conversation))
            .payload(json!({ "text": format!("private {nth}") }))
    }

    /// What somebody does who can write the file and knows its key, while Gatehouse is closed.
    fn attack(&self, attack: impl FnOnce(&Connection)) {
        let (key, _) = secrets::database_key(&self.folder, KeyHome::File).unwrap();
        let conn = connection_of_an_attacker(&self.folder, &key);
        let triggers: Vec<String> = conn
            .prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit_entries'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        conn.execute_batch(
            "DROP TRIGGER IF EXISTS audit_entries_stay;
             DROP TRIGGER IF EXISTS audit_entries_stay_as_they_are;
             DROP TRIGGER IF EXISTS audit_payloads_are_destroyed_only",
        )
        .unwrap();
        attack(&conn);
        for trigger in triggers {
            // Put back as they were, unless the attack put something else there.
            let _ = conn.execute_batch(&trigger);
        }
    }

    /// What the next start and a complete verification after it find.
    fn verdict(&self) -> Verdict {
        let (_store, record) = self.open();
        record.verify(&mut |_| ControlFlow::Continue(())).unwrap()
    }

    /// What the entry says that tells of the last failed verification.
    fn told(&self) -> Facts {
        self.store().read(last_failure).unwrap().unwrap()
    }

    /// The fault that is in the record after the next start, whoever found it.
    fn fault_at_start(&self) -> Option<String> {
        let (store, _record) = self.open();
        store
            .read(last_failure)
            .unwrap()
            .map(|facts| facts.text("fault").unwrap().to_owned())
    }

    /// The keys, as somebody who has the keychain too would read them.
    fn stolen_keys(&self) -> Keys {
        KeyPlace::of(&self.folder).keys().unwrap().unwrap()
    }
}

/// What the last entry says that tells of a failed verification.
fn last_failure(conn: &Connection) -> rusqlite::Result<Option<Facts>> {
    conn.query_row(
        "SELECT facts FROM audit_entries WHERE action = 'record.verification-failed'
         ORDER BY sequence DESC LIMIT 1",
        [],
        |row| row.get(0),
    )
    .optional()
}

fn entry_at(conn: &Connection, sequence: i64) -> Entry {
    conn.query_row(
        &format!(
            "SELECT {} FROM audit_entries e WHERE e.sequence = ?1",
            entries::COLUMNS
        ),
        [sequence],
        entries::read,
    )
    .unwrap()
    .entry
}

/// Write an entry over the one in its place, with the hash it has now and the proof that `mac` makes.
fn put(conn: &Connection, entry: &Entry, mac: impl Fn(&[u8; 32]) -> Vec<u8>) {
    let sealed: Option<Vec<u8>> = conn
        .query_row(
            "SELECT sealed FROM audit_entries WHERE sequence = ?1",
            [entry.sequence],
            |row| row.get(0),
        )
        .optional()
        .unwrap()
        .flatten();
    conn.execute(
        "DELETE FROM audit_entries WHERE sequence = ?1",
        [entry.sequence],
    )
    .unwrap();
    let hash = entry.hash();
    entries::insert(conn, entry, &hash, &mac(&hash), sealed.as_deref()).unwrap();
}

/// Link all entries from one on anew, after something before them was changed.
fn chain_anew(conn: &Connection, from: i64, mac: impl Fn(&[u8; 32]) -> Vec<u8>) {
    let count = entries::head(conn).unwrap().count;
    for sequence in from..=count {
        let mut entry = entry_at(conn, sequence);
        if sequence > 1 {
            entry.previous = entry_at(conn, sequence - 1).hash();
        }
        put(conn, &entry, &mac);
    }
}

/// The proof that an attacker without the key comes up with.
fn guessed(_: &[u8; 32]) -> Vec<u8> {
    vec![0; 32]
}

#[test]
fn a_record_that_nobody_touched_verifies() {
    let here = Installation::with_entries(200);
    let verdict = here.verdict();
    assert_eq!(verdict.fault, None);
    assert_eq!(
        verdict.count, 203,
        "200 and the beginning and two starts: the count is of when it began"
    );
    assert_eq!(here.verdict().count, 205, "a start and a verification more");
}

#[test]
fn a_clock_that_was_set_back_is_no_fault_and_is_told() {
    let here = Installation::with_entries(3);
    let (store, record) = here.open();
    store
        .write(|tx| record.append(tx, here.event(0), NOW - 3_600_000))
        .unwrap();
    let verdict = record.verify(&mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(verdict.fault, None);
    assert_eq!(
        (
            verdict.notes.clock_set_back,
            verdict.notes.clock_set_back_at
        ),
        (1, Some(7))
    );
}

#[test]
fn lost_keys_are_told_and_the_record_goes_on_with_new_ones() {
    let here = Installation::with_entries(5);
    std::fs::remove_file(here.folder.path().join("keys/record.key")).unwrap();
    assert_eq!(here.fault_at_start().as_deref(), Some("keys-missing"));
    let verdict = here.verdict();
    assert_eq!(verdict.fault, None, "from the new keys on all is proven");
    assert_eq!(verdict.notes.unproven, 7, "and what was before only linked");
}

#[test]
fn keys_that_were_made_and_never_named_are_named_at_the_next_start() {
    let here = Installation::with_entries(5);
    // A crash between the two: other keys are kept, and the record knows nothing of them.
    std::fs::remove_file(here.folder.keys().join("record.key")).unwrap();
    KeyPlace::of(&here.folder).new_keys().unwrap();
    assert!(here.fault_at_start().is_some());
    let verdict = here.verdict();
    assert_eq!(verdict.fault, None, "it is told once, and goes on");
    assert_eq!(verdict.notes.keys_replaced, 1);
}

#[test]
fn two_first_starts_at_once_begin_one_record_and_find_no_fault() {
    let here = Installation::with_entries(0);
    let fresh = tempfile::tempdir().unwrap();
    let folder = DataFolder::resolve(Some(&fresh.path().join("data"))).unwrap();
    drop(secrets::database_key(&folder, KeyHome::File).unwrap());
    let here = Installation { folder, ..here };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| drop(here.open()));
        }
    });
    assert_eq!(here.fault_at_start(), None);
    assert_eq!(here.verdict().notes.keys_replaced, 0);
}

#[test]
fn a_verification_can_be_stopped() {
    let here = Installation::with_entries(1);
    let (_store, record) = here.open();
    let stopped = record.verify(&mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(super::VerifyError::Stopped)));
}
