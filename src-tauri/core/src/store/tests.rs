//! What the store promises about updates, snapshots and transactions, with steps made up for it.

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const NOW: i64 = 1_795_464_605_123;
const DAY: i64 = 86_400_000;

const NOTES: Migration = Migration {
    name: "2026-01-01 create notes",
    sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT",
};
const STARS: Migration = Migration {
    name: "2026-01-02 give notes a star",
    sql: "ALTER TABLE notes ADD COLUMN star INTEGER NOT NULL DEFAULT 0; DELETE FROM notes",
};
const BROKEN: Migration = Migration {
    name: "2026-01-02 break half way",
    sql: "DELETE FROM notes; CREATE TABLE stars (id INTEGER PRIMARY KEY); SELECT no_such_function()",
};

struct Place {
    _dir: TempDir,
    folder: DataFolder,
    key: DatabaseKey,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(dir.path())).unwrap();
        Self {
            _dir: dir,
            folder,
            key: DatabaseKey::random().unwrap(),
        }
    }

    fn open(&self, known: &[Migration]) -> Result<Store, OpenError> {
        Store::open_with(&self.folder, &self.key, NOW, known)
    }

    fn with_note(text: &str) -> Self {
        let place = Self::new();
        add(&place.open(&[NOTES]).unwrap(), text).unwrap();
        place
    }
}

fn add(store: &Store, text: &str) -> Result<(), StoreError> {
    store.write(|tx| {
        tx.execute("INSERT INTO notes (text) VALUES (?1)", [text])?;
        Ok(())
    })
}

fn notes(store: &Store) -> Vec<String> {
    store
        .read(|conn| {
            conn.prepare("SELECT text FROM notes ORDER BY id")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()
        })
        .unwrap()
}

#[test]
fn a_new_database_takes_every_step_and_needs_no_snapshot() {
    let place = Place::new();
    let store = place.open(&[NOTES, STARS]).unwrap();
    let schema: u32 = store.read(migrate::schema).unwrap();
    assert_eq!(schema, 2);
    assert_eq!(snapshot::list(&place.folder).unwrap(), []);
}

#[test]
fn the_steps_of_this_build_make_a_database() {
    let place = Place::new();
    let store = Store::open(&place.folder, &place.key, NOW).unwrap();
    let schema: u32 = store.read(migrate::schema).unwrap();
    assert_eq!(schema, migrate::count(migrate::all().len()));
}

#[test]
fn every_step_is_dated_and_named_once() {
    let names: Vec<_> = migrate::all().iter().map(|step| step.name).collect();
    for name in &names {
        let date: Result<jiff::civil::Date, _> = name[..10].parse();
        assert!(
            date.is_ok() && name.len() > 12,
            "{name:?} must say when and what"
        );
    }
    let different: std::collections::HashSet<_> = names.iter().collect();
    assert_eq!(different.len(), names.len(), "a step is known by its name");
}

#[test]
fn full_text_search_is_built_in() {
    let place = Place::new();
    let search = Migration {
        name: "2026-01-01 create words",
        sql: "CREATE VIRTUAL TABLE words USING fts5(text)",
    };
    let store = place.open(&[search]).unwrap();
    store
        .write(|tx| tx.execute("INSERT INTO words VALUES ('Größe und Gewicht')", []))
        .unwrap();
    let found: u32 = store
        .read(|conn| {
            conn.query_row(
                "SELECT count(*) FROM words WHERE words MATCH 'grosse OR große OR größe'",
                [],
                |row| row.get(0),
            )
        })
        .unwrap();
    assert_eq!(found, 1);
    let info = store.snapshot(SnapshotReason::ByHand, NOW).unwrap();
    assert_eq!(info.schema, 1, "a virtual table does not stop a snapshot");
}

#[test]
fn an_update_keeps_a_snapshot_of_what_was_and_can_be_undone_in_one_step() {
    let place = Place::with_note("before");
    let updated = place.open(&[NOTES, STARS]).unwrap();
    assert_eq!(notes(&updated), [""; 0], "the step deletes all notes");
    drop(updated);

    let lock = InstanceLock::acquire(&place.folder).unwrap();
    let aside = snapshot::undo_update(&lock, &place.key, NOW).unwrap();
    assert_eq!(notes(&place.open(&[NOTES]).unwrap()), ["before"]);
    assert!(
        aside.join("gatehouse.db").is_file(),
        "the updated database is moved, not deleted"
    );
}

#[test]
fn a_failing_update_changes_nothing() {
    let place = Place::with_note("kept");
    let error = place.open(&[NOTES, BROKEN]).unwrap_err();
    assert!(
        matches!(&error, OpenError::MigrationFailed { name, .. } if name == BROKEN.name),
        "{error}"
    );
    let store = place.open(&[NOTES]).unwrap();
    assert_eq!(
        notes(&store),
        ["kept"],
        "the step had deleted the note before it failed"
    );
    let made: bool = store.read(|conn| conn.table_exists(None, "stars")).unwrap();
    assert!(!made);
}

#[test]
fn an_update_that_loses_references_is_refused() {
    let place = Place::new();
    let pages = Migration {
        name: "2026-01-01 create pages",
        sql: "CREATE TABLE pages (note INTEGER REFERENCES notes(id)) STRICT",
    };
    let store = place.open(&[NOTES, pages]).unwrap();
    add(&store, "one").unwrap();
    store
        .write(|tx| tx.execute("INSERT INTO pages VALUES (1)", []))
        .unwrap();
    drop(store);
    let forget = Migration {
        name: "2026-01-02 forget notes",
        sql: "DELETE FROM notes",
    };
    let error = place.open(&[NOTES, pages, forget]).unwrap_err();
    assert!(
        matches!(error, OpenError::MigrationFailed { .. }),
        "{error}"
    );
    assert_eq!(notes(&place.open(&[NOTES, pages]).unwrap()), ["one"]);
}

#[test]
fn a_newer_database_is_refused_and_left_alone_with_the_way_back_named() {
    let place = Place::with_note("mine");
    drop(place.open(&[NOTES, STARS]).unwrap());
    let before = std::fs::read(place.folder.database()).unwrap();
    let error = place.open(&[NOTES]).unwrap_err();
    let OpenError::Newer {
        found: 2,
        known: 1,
        snapshot: Some(snapshot),
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(
        (snapshot.schema, snapshot.reason),
        (1, SnapshotReason::BeforeUpdate)
    );
    assert_eq!(std::fs::read(place.folder.database()).unwrap(), before);
}

#[test]
fn steps_run_by_date_whatever_module_they_are_in() {
    let place = Place::with_note("old");
    // As if an earlier module had got a later step: an old database and a new one end alike.
    let mut known = vec![STARS, NOTES];
    migrate::sort(&mut known);
    assert_eq!(known, [NOTES, STARS]);
    place.open(&known).unwrap();
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let place = Place::with_note("one");
    let store = place.open(&[NOTES]).unwrap();
    let failed: Result<(), rusqlite::Error> = store.write(|tx| {
        tx.execute("INSERT INTO notes (text) VALUES ('two')", [])?;
        tx.execute("INSERT INTO notes (text) VALUES (NULL)", [])?;
        Ok(())
    });
    assert!(failed.is_err());
    assert_eq!(notes(&store), ["one"]);
}

#[test]
fn a_panic_in_a_write_leaves_nothing_behind_and_the_store_works_on() {
    let place = Place::with_note("one");
    let store = place.open(&[NOTES]).unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.write(|tx| -> rusqlite::Result<()> {
            tx.execute("INSERT INTO notes (text) VALUES ('two')", [])?;
            panic!("on purpose");
        })
    }));
    assert!(panicked.is_err());
    add(&store, "three").unwrap();
    assert_eq!(notes(&store), ["one", "three"]);
}

#[test]
fn a_read_sees_one_state_while_others_write_and_cannot_write_itself() {
    let place = Place::with_note("one");
    let store = place.open(&[NOTES]).unwrap();
    let count = |conn: &Connection| -> rusqlite::Result<u32> {
        conn.query_row("SELECT count(*) FROM notes", [], |row| row.get(0))
    };
    let (before, after) = store
        .read(|conn| {
            let before = count(conn)?;
            add(&store, "two").unwrap();
            Ok::<_, rusqlite::Error>((before, count(conn)?))
        })
        .unwrap();
    assert_eq!((before, after), (1, 1));
    let refused = store.read(|conn| conn.execute("DELETE FROM notes", []));
    assert!(matches!(
        refused.map_err(StoreError::from),
        Err(StoreError::ReadOnly)
    ));
}

#[test]
fn a_daily_snapshot_that_failed_is_noted_for_an_hour_or_until_it_is_made() {
    const HOUR: i64 = 60 * 60 * 1000;
    let place = Place::with_note("one");
    let store = place.open(&[NOTES]).unwrap();
    assert_eq!(store.daily_snapshot_failed(NOW), None);
    let snapshots = place.folder.snapshots();
    fs::write(&snapshots, "in the way").unwrap();
    let error = store.daily_snapshot(NOW).unwrap_err().to_string();
    assert_eq!(store.daily_snapshot_failed(NOW + HOUR - 1), Some(error));
    assert_eq!(store.daily_snapshot_failed(NOW + HOUR), None);
    assert_eq!(
        store.daily_snapshot_failed(NOW - 1),
        None,
        "the clock was set back"
    );
    fs::remove_file(&snapshots).unwrap();
    assert!(store.daily_snapshot(NOW + 1).unwrap().is_some());
    assert_eq!(store.daily_snapshot_failed(NOW + 2), None);
}

#[test]
fn there_is_one_daily_snapshot_a_day_and_the_newest_five_are_kept() {
    let place = Place::with_note("one");
    let store = place.open(&[NOTES]).unwrap();
    let by_hand = store.snapshot(SnapshotReason::ByHand, NOW).unwrap();
    for day in 0..7 {
        assert!(
            store.daily_snapshot(NOW + day * DAY).unwrap().is_some(),
            "day {day}"
        );
        assert_eq!(
            store.daily_snapshot(NOW + day * DAY + 1).unwrap(),
            None,
            "again on day {day}"
        );
    }
    let made: Vec<_> = snapshot::list(&place.folder).unwrap();
    let days: Vec<_> = made
        .iter()
        .map(|info| (info.made_at_ms - NOW) / DAY)
        .collect();
    assert_eq!(
        days,
        [6, 5, 4, 3, 2, 0],
        "newest first, and the one made by hand stays"
    );
    assert_eq!(made.last(), Some(&by_hand));
}

#[test]
fn a_snapshot_is_taken_while_someone_writes_and_holds_all_that_was_committed() {
    let place = Place::with_note("one");
    let store = place.open(&[NOTES]).unwrap();
    let info = store
        .write(|tx| -> Result<_, rusqlite::Error> {
            tx.execute("INSERT INTO notes (text) VALUES ('not committed')", [])?;
            Ok(store.snapshot(SnapshotReason::ByHand, NOW).unwrap())
        })
        .unwrap();
    drop(store);
    let lock = InstanceLock::acquire(&place.folder).unwrap();
    snapshot::restore(&lock, &place.key, &info.name, NOW).unwrap();
    assert_eq!(notes(&place.open(&[NOTES]).unwrap()), ["one"]);
}

#[test]
fn a_damaged_snapshot_takes_no_ones_place() {
    let place = Place::with_note("one");
    let store = place.open(&[NOTES]).unwrap();
    let info = store.snapshot(SnapshotReason::ByHand, NOW).unwrap();
    add(&store, "two").unwrap();
    drop(store);
    let path = place.folder.snapshots().join(&info.name);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let lock = InstanceLock::acquire(&place.folder).unwrap();
    let error = snapshot::restore(&lock, &place.key, &info.name, NOW).unwrap_err();
    assert!(matches!(error, SnapshotError::NotSound { .. }), "{error}");
    assert_eq!(notes(&place.open(&[NOTES]).unwrap()), ["one", "two"]);
}

#[cfg(unix)]
#[test]
fn in_a_folder_that_others_can_enter_the_files_are_closed_to_them() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::with_note("one");
    let open_to_all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(place.folder.path(), open_to_all).unwrap();
    let store = place.open(&[NOTES]).unwrap();
    let info = store.snapshot(SnapshotReason::ByHand, NOW).unwrap();
    let mut files: Vec<_> = std::fs::read_dir(place.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    assert!(files.len() >= 4, "the database, its log and index, locks");
    files.push(place.folder.snapshots().join(info.name));
    for path in files {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is {mode:o}", path.display());
    }
}

#[test]
fn a_change_by_another_process_is_noticed_once_and_an_own_one_never() {
    let place = Place::with_note("one");
    let (window, command) = (place.open(&[NOTES]).unwrap(), place.open(&[NOTES]).unwrap());
    assert!(!window.changed_by_others().unwrap());
    add(&window, "own").unwrap();
    window.snapshot(SnapshotReason::ByHand, NOW).unwrap();
    assert!(!window.changed_by_others().unwrap());
    add(&command, "another's").unwrap();
    assert!(window.changed_by_others().unwrap());
    assert!(!window.changed_by_others().unwrap());
    assert!(command.changed_by_others().unwrap());
}

#[test]
fn nothing_takes_the_place_of_a_database_that_someone_has_open() {
    let place = Place::with_note("one");
    let lock = InstanceLock::acquire(&place.folder).unwrap();
    let (window, command) = (place.open(&[NOTES]).unwrap(), place.open(&[NOTES]).unwrap());
    let info = window.snapshot(SnapshotReason::ByHand, NOW).unwrap();
    drop(window);
    add(&command, "two").unwrap();
    let restored = snapshot::restore(&lock, &place.key, &info.name, NOW);
    assert!(
        matches!(restored, Err(SnapshotError::InUse)),
        "{restored:?}"
    );
    let emptied = snapshot::start_empty(&lock, NOW);
    assert!(matches!(emptied, Err(SnapshotError::InUse)), "{emptied:?}");
    add(&command, "three").unwrap();
    drop(command);
    assert_eq!(
        notes(&place.open(&[NOTES]).unwrap()),
        ["one", "two", "three"]
    );
    snapshot::restore(&lock, &place.key, &info.name, NOW).unwrap();
    assert_eq!(notes(&place.open(&[NOTES]).unwrap()), ["one"]);
}

#[test]
fn only_a_listed_snapshot_can_be_restored() {
    let place = Place::with_note("one");
    let lock = InstanceLock::acquire(&place.folder).unwrap();
    for name in ["", "../gatehouse.db", "2026-11-23T20-10-05.123Z-daily-1.db"] {
        let error = snapshot::restore(&lock, &place.key, name, NOW).unwrap_err();
        assert!(
            matches!(error, SnapshotError::NotFound { .. }),
            "{name:?}: {error}"
        );
    }
    let error = snapshot::undo_update(&lock, &place.key, NOW).unwrap_err();
    assert!(matches!(error, SnapshotError::NothingToUndo), "{error}");
}

#[test]
fn the_log_of_a_replaced_database_never_reaches_the_snapshot() {
    let place = Place::with_note("one");
    let store = place.open(&[NOTES]).unwrap();
    let info = store.snapshot(SnapshotReason::ByHand, NOW).unwrap();
    add(&store, "two").unwrap();
    // As after a crash: the last commit is in the log alone.
    let log = std::fs::read(log_of(&place.folder.database())).unwrap();
    assert!(!log.is_empty());
    drop(store);
    std::fs::write(log_of(&place.folder.database()), log).unwrap();
    let lock = InstanceLock::acquire(&place.folder).unwrap();
    let aside = snapshot::restore(&lock, &place.key, &info.name, NOW).unwrap();
    assert!(aside.join("gatehouse.db-wal").is_file());
    assert_eq!(notes(&place.open(&[NOTES]).unwrap()), ["one"]);
}

#[test]
fn a_database_that_is_gone_is_not_made_anew_while_there_are_snapshots() {
    let place = Place::with_note("one");
    let store = place.open(&[NOTES]).unwrap();
    let info = store.snapshot(SnapshotReason::Daily, NOW).unwrap();
    drop(store);
    std::fs::remove_file(place.folder.database()).unwrap();
    assert!(matches!(place.open(&[NOTES]), Err(OpenError::Missing)));
    let lock = InstanceLock::acquire(&place.folder).unwrap();
    snapshot::restore(&lock, &place.key, &info.name, NOW).unwrap();
    assert_eq!(notes(&place.open(&[NOTES]).unwrap()), ["one"]);
}

#[test]
fn what_a_crash_left_of_a_snapshot_is_cleared_away() {
    let place = Place::with_note("one");
    let store = place.open(&[NOTES]).unwrap();
    std::fs::create_dir(place.folder.snapshots()).unwrap();
    let half = place.folder.snapshots().join("half.part");
    std::fs::write(&half, "half").unwrap();
    store.daily_snapshot(NOW).unwrap();
    assert!(!half.exists());
}

proptest! {
    #[test]
    fn the_name_of_a_snapshot_says_all_about_it(ms in 0..253_402_300_799_999_i64, which in 0..3_usize, schema: u32) {
        let (reason, _) = SnapshotReason::ALL[which];
        let name = snapshot::file_name(ms, reason, schema).unwrap();
        prop_assert_eq!(snapshot::parse(&name), Some((ms, reason, schema)));
    }

    #[test]
    fn what_looks_like_the_name_of_a_snapshot_is_read_with_care(
        name in "[0-9]{4}-[0-9]{2}-[0-3][0-9]T[0-9]{2}-[0-5][0-9]-[0-9]{2}(\\.[0-9]{0,4})?Z?-(daily|update|hand|other)-[0-9]{0,11}(\\.db)?"
    ) {
        if let Some((ms, reason, schema)) = snapshot::parse(&name) {
            let again = snapshot::file_name(ms, reason, schema).unwrap();
            prop_assert_eq!(snapshot::parse(&again), Some((ms, reason, schema)));
        }
    }
}

#[test]
fn what_many_write_together_is_all_kept_and_what_fails_takes_nothing_else_along() {
    let place = Place::new();
    let store = place.open(&[NOTES]).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let store = &store;
            scope.spawn(move || {
                for nth in 0..40 {
                    let text = format!("{thread} {nth}");
                    let said = text.clone();
                    let written = store.write_together(move |conn| {
                        conn.execute("INSERT INTO notes (text) VALUES (?1)", [&said])?;
                        if nth % 4 == 3 {
                            return Err(StoreError::Busy);
                        }
                        Ok(())
                    });
                    assert_eq!(written.is_err(), nth % 4 == 3);
                    if nth % 4 != 3 {
                        assert!(
                            notes(store).contains(&text),
                            "it is kept once that was said"
                        );
                    }
                    if nth % 10 == 0 {
                        add(store, &format!("alone {text}")).unwrap();
                    }
                }
            });
        }
    });
    let kept = notes(&store);
    assert_eq!(kept.len(), 8 * (30 + 4), "{kept:?}");
    drop(store);
    assert_eq!(notes(&place.open(&[NOTES]).unwrap()), kept);
}

#[test]
fn a_panic_of_one_who_writes_together_leaves_the_others_unharmed() {
    let place = Place::new();
    let store = place.open(&[NOTES]).unwrap();
    let panicked = std::thread::scope(|scope| {
        let broken = scope.spawn(|| {
            store.write_together(|conn| {
                conn.execute("INSERT INTO notes (text) VALUES ('half')", [])?;
                panic!("on purpose");
                #[expect(unreachable_code, reason = "it says what it would return")]
                Ok::<(), StoreError>(())
            })
        });
        broken.join().is_err()
    });
    assert!(panicked);
    store
        .write_together(|conn| {
            conn.execute("INSERT INTO notes (text) VALUES ('whole')", [])?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert_eq!(notes(&store), ["whole"]);
}

#[test]
fn an_update_indexes_the_messages_that_were_there_for_the_search_inside_sentences() {
    use crate::{
        chat::{self, ChatError, Options},
        ids::ConversationId,
        workspaces,
    };
    const STEP: &str = "2026-11-28 find words inside sentences without spaces";
    let older: Vec<_> = migrate::all()
        .into_iter()
        .filter(|step| step.name != STEP)
        .collect();
    let place = Place::new();
    let said = place
        .open(&older)
        .unwrap()
        .write(|tx| {
            let (id, workspace) = (ConversationId::new(), workspaces::first(tx, NOW)?);
            chat::create(tx, id, workspace, &Options::default(), NOW)?;
            // The steps before this one have no function of ours: what was written then is written so.
            tx.execute(
                "INSERT INTO messages (id, conversation_id, role, text, state, created_at_ms)
                 VALUES (randomblob(16), ?1, 'user', 'これは日本語の契約書です', 'done', 0),
                        (randomblob(16), ?1, 'assistant', 'a rhubarb', 'streaming', 0)",
                [id],
            )?;
            Ok::<_, ChatError>(id)
        })
        .unwrap();
    let store = place.open(&migrate::all()).unwrap();
    let found = |query| {
        let hits = store.read(|conn| chat::search(conn, query, None)).unwrap();
        hits.iter()
            .map(|hit| hit.conversation_id)
            .collect::<Vec<_>>()
    };
    assert_eq!(found("契約"), [said]);
    assert_eq!(found("rhubarb"), [], "what is being written is not indexed");
    store
        .write(|tx| {
            tx.execute(
                "INSERT INTO messages_fts(messages_fts, rank) VALUES ('integrity-check', 1)",
                [],
            )?;
            tx.execute(
                "UPDATE messages SET text = 'another' WHERE state = 'done'",
                [],
            )?;
            tx.execute(
                "UPDATE messages SET state = 'done' WHERE state = 'streaming'",
                [],
            )
        })
        .unwrap();
    assert_eq!((found("契約"), found("rhubarb")), (vec![], vec![said]));
}
