//! What is kept of requests, for whom, and until when.

use std::future::pending;

use super::*;

const LONG: Duration = Duration::from_secs(600);

fn drives(kept_for: Duration) -> Drives<()> {
    Drives::new(kept_for, OfflineSwitch::default())
}

fn take<'a>(drives: &'a Drives<()>, address: &str) -> Drive<'a, ()> {
    let address = Url::parse(address).unwrap();
    drives.take(&address, || Ok(())).unwrap()
}

/// Something that is open until it is closed; it is held meanwhile.
fn open(drive: &Drive<'_, ()>) -> Arc<()> {
    let held = Arc::new(());
    let moved = Arc::clone(&held);
    drive.block_on(async {
        tokio::spawn(async move {
            pending::<()>().await;
            drop(moved);
        });
    });
    held
}

fn is_open(held: &Arc<()>) -> bool {
    Arc::strong_count(held) > 1
}

#[test]
fn what_is_open_is_kept_after_the_end_of_an_answer_for_the_same_server_and_no_other() {
    let drives = drives(LONG);
    let cut = take(&drives, "http://a.test/v1");
    let held = open(&cut);
    drop(cut);
    assert!(!is_open(&held), "its answer was not read to the end");
    let mut ended = take(&drives, "http://a.test/v1");
    let held = open(&ended);
    ended.is_over();
    drop(ended);
    assert!(is_open(&held));
    for other in [
        "http://b.test/v1",
        "https://a.test/v1",
        "http://a.test:8080/v1",
    ] {
        assert!(!take(&drives, other).way().is_idle(), "{other}");
    }
    let again = take(&drives, "http://a.test/v2");
    assert!(again.way().is_idle() && drives.idle.kept().ways.is_empty());
    drop(again);
    assert!(!is_open(&held));
}

#[test]
fn what_is_kept_is_closed_in_its_time_by_the_switch_and_with_all_others() {
    let ended = |drives: &Drives<()>| {
        let mut ended = take(drives, "http://a.test");
        let held = open(&ended);
        ended.is_over();
        held
    };
    let short = drives(Duration::from_millis(20));
    let held = ended(&short);
    let begin = Instant::now();
    while is_open(&held) {
        assert!(begin.elapsed() < Duration::from_secs(20));
        thread::yield_now();
    }
    assert!(!is_open(&ended(&drives(Duration::ZERO))));
    let long = drives(LONG);
    let held = ended(&long);
    long.offline.set(true);
    long.close();
    assert!(!is_open(&held));
    assert!(!is_open(&ended(&long)), "it is still on");
    long.offline.set(false);
    let held = ended(&long);
    assert!(is_open(&held));
    let idle = Arc::downgrade(&long.idle);
    drop(long);
    assert!(!is_open(&held));
    let begin = Instant::now();
    while idle.strong_count() > 0 {
        assert!(begin.elapsed() < Duration::from_secs(20), "its thread ends");
        thread::yield_now();
    }
}

#[test]
fn what_was_kept_before_the_computer_slept_is_not_taken() {
    let drives = drives(LONG);
    let mut ended = take(&drives, "http://a.test");
    let _held = open(&ended);
    ended.is_over();
    drop(ended);
    drives.idle.kept().ways[0].until_on_the_wall = SystemTime::now();
    let next = take(&drives, "http://a.test");
    assert!(!next.way().is_idle(), "it has opened nothing yet");
}

#[test]
fn what_still_sends_is_not_kept() {
    let drives = drives(LONG);
    let mut ended = take(&drives, "http://a.test");
    let (connection, sends) = (open(&ended), open(&ended));
    ended.is_over();
    drop(ended);
    assert!(!is_open(&connection) && !is_open(&sends));
}

#[test]
fn so_many_are_kept_and_the_oldest_goes_first() {
    let drives = drives(LONG);
    let held: Vec<_> = (0..=KEPT)
        .map(|nth| {
            let mut ended = take(&drives, &format!("http://{nth}.test"));
            let held = open(&ended);
            ended.is_over();
            held
        })
        .collect();
    assert!(!is_open(&held[0]));
    assert!(held[1..].iter().all(is_open));
}

#[test]
fn what_is_kept_is_let_go_on_any_thread() {
    let drives = drives(LONG);
    let mut ended = take(&drives, "http://a.test");
    let held = open(&ended);
    ended.is_over();
    drop(ended);
    let other = Builder::new_current_thread().build().unwrap();
    other.block_on(async { drop(drives) });
    assert!(!is_open(&held));
}
