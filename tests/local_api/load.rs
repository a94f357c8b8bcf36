//! Many clients at once: no call is lost, none is unrecorded, and no memory stays behind with a call.
//!
//! Sixty seconds, as it is promised, in `cargo xtask test`, which sets `GATEHOUSE_LOAD_SECONDS=60`, and longer where
//! that makes too few calls to say anything of memory; five seconds where nobody sets it, so that a test that is
//! run alone is quick, and memory is not judged.
//! `cargo xtask bench` asks for a minute of a release build (`api_bench`).

use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use gatehouse_core::costs::CallStatus;

use super::*;

const CLIENTS: usize = 64;

/// What is promised lasts so long, and says how memory grows.
const PROMISED: Duration = Duration::from_secs(60);

/// Memory is looked at after so many calls each time.
const LOOK_AFTER: u32 = 20;

/// Of fewer calls most of the growth is what is made at first use, and caches of the database that fill up: on a
/// busy computer that was seen to go on for 5,500 calls.
const CALLS_ENOUGH: u32 = 12_000;

/// So many bytes a call may seem to leave behind: a leak of two kilobytes a call is seen. Minutes without a leak were
/// seen to have 400 to 800, as caches of the database fill up, and once in a while ten megabytes at one stroke, which
/// stay for the next time.
const MOST_BYTES: f64 = 2_000.0;

fn time() -> Duration {
    let set = std::env::var("GATEHOUSE_LOAD_SECONDS").ok();
    let seconds = set.map_or(5, |seconds| seconds.parse().unwrap());
    Duration::from_secs(seconds)
}

/// Memory that is a process's own, in kilobytes; `None` where the system does not say. What it maps of files,
/// such as the index of the database's log, is not in it.
fn memory(process: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// How many calls there were, and how many kilobytes then.
type Look = (u32, u32);

/// Bytes by which memory grows with each call: the median of the slopes between any two looks, which one great step
/// does not move (Theil and Sen).
fn bytes_a_call(looks: &[Look]) -> f64 {
    let mut slopes = Vec::new();
    for (nth, before) in looks.iter().enumerate() {
        for after in &looks[nth + 1..] {
            let grown = f64::from(after.1) - f64::from(before.1);
            slopes.push(1_024.0 * grown / f64::from(after.0 - before.0));
        }
    }
    slopes.sort_unstable_by(f64::total_cmp);
    slopes[slopes.len() / 2]
}

#[test]
fn memory_that_grows_by_two_kilobytes_with_each_call_is_seen_whatever_else_comes_and_goes() {
    let looks = |leak: u32| -> Vec<Look> {
        let look = |nth: u32| {
            let calls = LOOK_AFTER * nth;
            (
                calls,
                90_000
                    + calls * 3 / 5
                    + calls * leak
                    + 700 * (nth % 3)
                    + 10_000 * u32::from(nth > 500),
            )
        };
        (200..600).map(look).collect()
    };
    assert!(bytes_a_call(&looks(0)) < MOST_BYTES);
    assert!(bytes_a_call(&looks(2)) > MOST_BYTES);
}

/// Ask for the whole time, and until there were enough calls, and have each answer told. It is always asked the
/// same: what is found in texts is remembered for the newest few thousand of them, which would be seen as memory that
/// grows.
fn ask(place: &Place, nth: usize, end: Instant, enough: &AtomicBool, answered: &mpsc::Sender<()>) {
    let said = format!("Hello from {nth}.");
    while Instant::now() < end || !enough.load(Ordering::Relaxed) {
        let answer = place.say(&said);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let text = &answer.json()["choices"][0]["message"]["content"];
        assert_eq!(text, "Hello there.");
        answered.send(()).unwrap();
    }
}

#[test]
fn sixty_four_clients_lose_no_call_and_leave_none_unrecorded() {
    let provider = able();
    let place = with_provider(&provider, &["--per-minute", "0"]);
    let time = time();
    let is_judged = time >= PROMISED;
    let (end, enough) = (Instant::now() + time, AtomicBool::new(!is_judged));
    let (mut answered, mut looks) = (0, Vec::new());
    thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        for nth in 0..CLIENTS {
            let (place, enough, tell) = (&place, &enough, tell.clone());
            scope.spawn(move || ask(place, nth, end, enough, &tell));
        }
        drop(tell);
        for () in told {
            answered += 1;
            if answered >= CALLS_ENOUGH {
                enough.store(true, Ordering::Relaxed);
            }
            if answered % LOOK_AFTER == 0 {
                looks.extend(memory(place.served.id()).map(|memory| (answered, memory)));
            }
        }
    });
    // By two thirds of the calls everything that is made at first use is there.
    looks.retain(|(calls, _)| *calls > answered / 3 * 2);
    let can_be_seen = cfg!(target_os = "linux");
    assert_eq!(!looks.is_empty(), can_be_seen, "memory is looked at");
    let grows = (is_judged && can_be_seen).then(|| bytes_a_call(&looks));
    println!("{answered} calls in {time:?} at least; memory grows by {grows:?} bytes a call");
    let answered = usize::try_from(answered).unwrap();
    let calls = place.calls();
    assert_eq!(calls.len(), answered, "each call has its row");
    assert!(calls.iter().all(|call| call.status == CallStatus::Answered));
    assert_eq!(provider.received().len(), answered);
    let recorded = place
        .app
        .store
        .read(|conn| {
            let count =
                "SELECT count(*) FROM audit_entries WHERE action IN ('call.began', 'call.ended')";
            Ok::<_, StoreError>(conn.query_row(count, [], |row| row.get::<_, usize>(0))?)
        })
        .unwrap();
    assert_eq!(recorded, 2 * answered, "each call has its two entries");
    app::holds(&place.app);
    if let Some(grows) = grows {
        assert!(grows < MOST_BYTES, "{grows} bytes a call: {looks:?}");
    }
}
