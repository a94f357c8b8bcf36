//! Many clients at once: no call is lost, none is unrecorded, and the memory does not grow with the calls: by a
//! quarter and 16 MiB at most, from a third of the time on.
//!
//! Sixty seconds, as it is promised, with `GATEHOUSE_LOAD_SECONDS=60`; five otherwise, so that the tests stay
//! quick. `cargo xtask bench` asks for a whole minute of a release build (`api_bench`).

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use gatehouse_core::costs::CallStatus;

use super::*;

const CLIENTS: usize = 64;

fn seconds() -> u64 {
    let set = std::env::var("GATEHOUSE_LOAD_SECONDS").ok();
    set.and_then(|seconds| seconds.parse().ok()).unwrap_or(5)
}

/// Memory of a process, in kilobytes; `None` where the system does not say.
fn memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn sixty_four_clients_lose_no_call_and_leave_none_unrecorded() {
    let provider = able();
    let place = with_provider(&provider, &["--per-minute", "0"]);
    let begin = Instant::now();
    let (warm, end) = (
        Duration::from_secs(seconds()) / 3,
        Duration::from_secs(seconds()),
    );
    let answered = AtomicU64::new(0);
    let at_first = thread::scope(|scope| {
        for nth in 0..CLIENTS {
            let (place, answered) = (&place, &answered);
            scope.spawn(move || {
                let mut turn = 0;
                while begin.elapsed() < end {
                    turn += 1;
                    let said = format!("Hello from {nth}, for the {turn}th time.");
                    let answer = place.say(&said);
                    assert_eq!(answer.status, 200, "{}", answer.body);
                    let text = &answer.json()["choices"][0]["message"]["content"];
                    assert_eq!(text, "Hello there.");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // Memory is looked at once everything that is made at first use is there.
        while begin.elapsed() < warm {
            thread::park_timeout(warm.saturating_sub(begin.elapsed()));
        }
        memory(place.served.id())
    });
    let answered = usize::try_from(answered.into_inner()).unwrap();
    let at_last = memory(place.served.id());
    println!("{answered} calls in {end:?}; memory {at_first:?} kB, then {at_last:?} kB");
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
    if let (Some(first), Some(last)) = (at_first, at_last) {
        assert!(
            last < first + first / 4 + 16_384,
            "{first} kB, then {last} kB"
        );
    }
}
