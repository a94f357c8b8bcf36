use std::{collections::BTreeSet, sync::mpsc};

use super::*;
use crate::{
    secrets::{self, KeyHome},
    store::{DataFolder, StoreError, connect},
};

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::resolve(Some(&dir.path().join("data"))).unwrap();
    let (key, _) = secrets::database_key(&folder, KeyHome::File).unwrap();
    let store = Store::open(&folder, &key, 1).unwrap();
    let made = store.write(|tx| {
        tx.execute_batch("CREATE TABLE notes (n INTEGER PRIMARY KEY, text TEXT)")?;
        Ok::<_, StoreError>(())
    });
    made.unwrap();
    (dir, store)
}

fn note(conn: &Connection, n: i64) -> Result<(), StoreError> {
    conn.execute("INSERT INTO notes VALUES (?1, 'words')", [n])?;
    Ok(())
}

fn notes(store: &Store) -> BTreeSet<i64> {
    let read = store.read(|conn| {
        let mut notes = conn.prepare("SELECT n FROM notes")?;
        let notes = notes.query_map([], |row| row.get(0))?;
        notes.collect::<rusqlite::Result<_>>()
    });
    read.unwrap()
}

fn until_waiting(store: &Store, many: usize) {
    while unpoisoned(&store.line.0).len() != many {
        thread::yield_now();
    }
}

#[test]
fn what_is_undone_for_one_leaves_the_notes_of_the_others_and_adds_no_row() {
    let (_dir, store) = store();
    let watch = store.watch().unwrap();
    let held = store.alone();
    thread::scope(|scope| {
        let first = scope.spawn(|| store.write_together(|conn| note(conn, 1)));
        until_waiting(&store, 1);
        let failed = scope.spawn(|| {
            store.write_together(|conn| {
                note(conn, 2)?;
                conn.execute("UPDATE notes SET text = 'others' WHERE n = 1", [])?;
                Err::<(), _>(StoreError::Busy)
            })
        });
        until_waiting(&store, 2);
        assert_eq!(notes(&store), BTreeSet::new(), "somebody has the writer");
        drop(held);
        first.join().unwrap().unwrap();
        assert!(failed.join().unwrap().is_err());
    });
    store.write_together(|conn| note(conn, 3)).unwrap();
    let kept = BTreeSet::from([1, 3]);
    assert_eq!(notes(&store), kept);
    let written = watch.written("notes");
    assert!(written.is_superset(&kept), "none is lost: {written:?}");
    // Whoever reads again finds nothing under the number of what was undone.
    assert_eq!(written, BTreeSet::from([1, 2, 3]));
    store
        .write(|tx| {
            let text: String =
                tx.query_row("SELECT text FROM notes WHERE n = 1", [], |row| row.get(0))?;
            assert_eq!(text, "words");
            assert!(!watch.others_wrote(tx).unwrap(), "it was all our own");
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn what_nobody_waits_for_yet_is_written_with_what_is_written_next_and_found_done_by_it() {
    let (_dir, store) = store();
    let in_line = store.line_up(|conn| note(conn, 1));
    assert_eq!(notes(&store), BTreeSet::new(), "nobody has begun");
    thread::scope(|scope| {
        let next = scope.spawn(|| {
            store.write_together(|conn| {
                let sql = "SELECT count(*) FROM notes";
                let found: i64 = conn.query_row(sql, [], |row| row.get(0))?;
                note(conn, 2)?;
                Ok::<_, StoreError>(found)
            })
        });
        assert_eq!(next.join().unwrap().unwrap(), 1, "in its order");
    });
    assert_eq!(notes(&store), BTreeSet::from([1, 2]));
    store.wait_for(in_line).unwrap();
    let failed = store.line_up(|_| Err::<(), _>(StoreError::Busy));
    store.settle().unwrap();
    assert!(matches!(store.wait_for(failed), Err(StoreError::Busy)));
}

#[test]
fn what_is_left_to_others_is_written_by_itself_where_none_come() {
    let (_dir, store) = store();
    let in_line = store.line_up(|conn| note(conn, 1));
    store.leave_to_others(in_line).unwrap();
    assert_eq!(notes(&store), BTreeSet::from([1]));
    let panics = store.line_up(|_| -> Result<(), StoreError> { panic!("a test breaks off") });
    let told = catch_unwind(AssertUnwindSafe(|| store.leave_to_others(panics)));
    assert!(told.is_err());
    store.write_together(|conn| note(conn, 2)).unwrap();
    assert_eq!(notes(&store), BTreeSet::from([1, 2]));
}

#[test]
fn who_is_away_when_all_of_its_group_are_told_keeps_nobody_waiting() {
    let (_dir, store) = store();
    let held = store.alone();
    thread::scope(|scope| {
        let store = &store;
        let first = scope.spawn(|| store.write_together(|conn| note(conn, 0)));
        until_waiting(store, 1);
        // On this thread, which waits for none of them until all others have gone on.
        let away: Vec<_> = (1..4)
            .map(|n| store.line_up(move |conn| note(conn, n)))
            .collect();
        let others: Vec<_> = (4..20)
            .map(|n| scope.spawn(move || store.write_together(move |conn| note(conn, n))))
            .collect();
        until_waiting(store, 20);
        drop(held);
        first.join().unwrap().unwrap();
        for other in others {
            other.join().unwrap().unwrap();
        }
        assert_eq!(notes(store).len(), 20, "also what nobody waits for");
        for one in away {
            store.wait_for(one).unwrap();
        }
    });
}

#[test]
fn some_who_leave_and_some_who_wait_are_all_told_at_any_moment() {
    let (_dir, store) = store();
    thread::scope(|scope| {
        for thread in 0..16_i64 {
            let store = &store;
            scope.spawn(move || {
                for turn in 0..25 {
                    let n = thread * 1_000 + turn * 2;
                    let in_line = store.line_up(move |conn| note(conn, n));
                    store.write_together(move |conn| note(conn, n + 1)).unwrap();
                    match (thread + turn) % 3 {
                        0 => store.wait_for(in_line).unwrap(),
                        _ => store.leave_to_others(in_line).unwrap(),
                    }
                }
            });
        }
    });
    assert_eq!(notes(&store).len(), 16 * 50);
}

#[test]
fn what_fails_first_leaves_nothing_to_those_who_come_after_it() {
    let (_dir, store) = store();
    let held = store.alone();
    thread::scope(|scope| {
        let failed = scope.spawn(|| {
            store.write_together(|conn| {
                note(conn, 1)?;
                Err::<(), _>(StoreError::Busy)
            })
        });
        until_waiting(&store, 1);
        let panicked = scope.spawn(|| {
            store.write_together(|conn| {
                note(conn, 2)?;
                panic!("on purpose");
                #[expect(unreachable_code, reason = "it says what it would return")]
                Ok::<(), StoreError>(())
            })
        });
        until_waiting(&store, 2);
        let kept = scope.spawn(|| store.write_together(|conn| note(conn, 3)));
        until_waiting(&store, 3);
        drop(held);
        assert!(failed.join().unwrap().is_err());
        assert!(panicked.join().is_err(), "it is told to whose work it was");
        kept.join().unwrap().unwrap();
    });
    assert_eq!(notes(&store), BTreeSet::from([3]));
}

#[test]
fn what_sqlite_gives_up_for_all_is_told_to_each_and_who_comes_after_is_kept() {
    let (_dir, store) = store();
    let held = store.alone();
    thread::scope(|scope| {
        let first = scope.spawn(|| store.write_together(|conn| note(conn, 1)));
        until_waiting(&store, 1);
        let full = scope.spawn(|| {
            store.write_together(|conn| {
                // As on a full disk: what does not fit into the pages that there are ends the transaction.
                let pages: i64 = conn.pragma_query_value(None, "page_count", |row| row.get(0))?;
                conn.pragma_update(None, "max_page_count", pages)?;
                conn.execute("INSERT INTO notes VALUES (2, zeroblob(1000000))", [])?;
                Ok::<_, StoreError>(())
            })
        });
        until_waiting(&store, 2);
        let after = scope.spawn(|| store.write_together(|conn| note(conn, 3)));
        until_waiting(&store, 3);
        drop(held);
        let first = first.join().unwrap();
        assert!(first.is_err(), "it was given up with the rest: {first:?}");
        let full = full.join().unwrap();
        assert!(matches!(full, Err(StoreError::DiskFull)), "{full:?}");
        after.join().unwrap().unwrap();
    });
    store.write_together(|conn| note(conn, 4)).unwrap();
    assert_eq!(notes(&store), BTreeSet::from([3, 4]), "as each was told");
}

#[test]
fn what_many_have_waiting_is_written_whoever_is_the_first_to_look() {
    let (_dir, store) = store();
    let all: BTreeSet<i64> = (1..=200).collect();
    let held = store.alone();
    thread::scope(|scope| {
        let writing: Vec<_> = all
            .iter()
            .map(|&n| {
                scope.spawn({
                    let store = &store;
                    move || store.write_together(move |conn| note(conn, n))
                })
            })
            .collect();
        until_waiting(&store, all.len());
        drop(held);
        for one in writing {
            one.join().unwrap().unwrap();
        }
    });
    assert_eq!(notes(&store), all, "more than share one transaction");
}

#[test]
fn who_wants_the_writer_alone_is_let_through_by_those_in_line() {
    let (_dir, store) = store();
    let (done, wait) = mpsc::channel();
    store.wanting_alone.fetch_add(1, Ordering::SeqCst);
    thread::scope(|scope| {
        let writing = scope.spawn(|| store.write_together(|conn| note(conn, 1)));
        until_waiting(&store, 1);
        scope.spawn(|| {
            drop(store.alone());
            done.send(()).unwrap();
        });
        wait.recv_timeout(Duration::from_secs(60)).unwrap();
        assert!(!writing.is_finished(), "somebody else still wants it");
        store.wanting_alone.fetch_sub(1, Ordering::SeqCst);
        drop(store.alone());
        writing.join().unwrap().unwrap();
    });
    assert_eq!(notes(&store), BTreeSet::from([1]));
}

#[test]
fn who_waits_while_another_process_writes_is_told_so_with_all_who_waited() {
    let (_dir, store) = store();
    let path = store.folder.database();
    let other = connect::writer(&path, &store.key).unwrap();
    {
        let mut held = store.alone();
        connect::wait_for_nobody(&mut held).unwrap();
    }
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let held = store.alone();
    thread::scope(|scope| {
        let writing: Vec<_> = (1..=3)
            .map(|n| {
                let one = scope.spawn({
                    let store = &store;
                    move || store.write_together(move |conn| note(conn, n))
                });
                until_waiting(&store, usize::try_from(n).unwrap());
                one
            })
            .collect();
        drop(held);
        for one in writing {
            let told = one.join().unwrap();
            assert!(matches!(told, Err(StoreError::Busy)), "{told:?}");
        }
    });
    other.execute_batch("ROLLBACK").unwrap();
    store.write_together(|conn| note(conn, 4)).unwrap();
    assert_eq!(notes(&store), BTreeSet::from([4]));
}
