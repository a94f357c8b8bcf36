//! The checkpoint outside the database follows the entries, whatever several processes do.

use std::time::{Duration, Instant};

use super::*;

#[test]
fn the_checkpoint_outside_follows_without_a_close() {
    let here = Installation::with_entries(0);
    let (store, record) = here.open();
    let sequence = store
        .write(|tx| record.append(tx, here.event(0), NOW))
        .unwrap();
    let place = KeyPlace::of(&here.folder);
    let until = Instant::now() + Duration::from_secs(20);
    while place.checkpoint().unwrap().unwrap().count < sequence {
        assert!(Instant::now() < until, "it follows within seconds");
        std::thread::yield_now();
    }
}

#[test]
fn entries_of_a_transaction_that_was_undone_leave_no_gap() {
    let here = Installation::with_entries(3);
    let (store, record) = here.open();
    let undone = store.write(|tx| {
        record.append(tx, here.event(0), NOW)?;
        Err::<(), _>(rusqlite::Error::InvalidQuery)
    });
    assert!(undone.is_err());
    store
        .write(|tx| record.append(tx, here.event(1), NOW))
        .unwrap();
    drop((record, store));
    assert_eq!(here.verdict().fault, None);
}

#[test]
fn after_an_undone_transaction_the_next_entry_is_followed() {
    let here = Installation::with_entries(0);
    let (store, record) = here.open();
    let place = KeyPlace::of(&here.folder);
    for _ in 0..3 {
        let _ = store.write(|tx| {
            record.append(tx, here.event(0), NOW)?;
            record.append(tx, here.event(1), NOW)?;
            Err::<(), _>(rusqlite::Error::InvalidQuery)
        });
        let sequence = store
            .write(|tx| record.append(tx, here.event(2), NOW))
            .unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        while place.checkpoint().unwrap().unwrap().count < sequence {
            assert!(Instant::now() < until, "it follows within seconds");
            std::thread::yield_now();
        }
    }
}

#[test]
fn two_open_records_append_to_one_chain() {
    let here = Installation::with_entries(0);
    let (one, other) = (here.open(), here.open());
    std::thread::scope(|scope| {
        for (store, record) in [&one, &other] {
            let here = &here;
            scope.spawn(move || {
                for nth in 0..100 {
                    store
                        .write(|tx| record.append(tx, here.event(nth), NOW))
                        .unwrap();
                }
            });
        }
    });
    drop((one, other));
    let verdict = here.verdict();
    assert_eq!(verdict.fault, None);
    assert_eq!(
        verdict.count,
        1 + 4 + 200,
        "the beginning, four starts and all entries"
    );
}

#[test]
fn an_older_checkpoint_does_not_take_the_place_of_a_newer_one() {
    let here = Installation::with_entries(3);
    let place = KeyPlace::of(&here.folder);
    let older = place.checkpoint().unwrap().unwrap();
    here.append(3);
    let newer = place.checkpoint().unwrap().unwrap();
    place.keep_checkpoint(&older).unwrap();
    assert_eq!(place.checkpoint().unwrap(), Some(newer));
}
