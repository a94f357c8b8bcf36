//! A minute of many clients: no call is lost, none is unrecorded, and the memory stays as it is.

use std::{
    fs,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use gatehouse_core::{
    costs::{self, CallStatus},
    store::StoreError,
};
use serde_json::{Value, json};

use crate::{proxies, run};

/// A minute, as it is promised; `GATEHOUSE_LOAD_SECONDS` says another time.
fn time() -> Duration {
    let set = std::env::var("GATEHOUSE_LOAD_SECONDS").ok();
    Duration::from_secs(set.and_then(|seconds| seconds.parse().ok()).unwrap_or(60))
}

pub(crate) fn rows(upstream: &str) -> Vec<Value> {
    let proxy = proxies::gatehouse(upstream);
    let (client, process, time) = (proxy.client(), proxy.id(), time());
    let begin = Instant::now();
    let (ended, wait) = mpsc::channel::<()>();
    let (asked, at_first) = thread::scope(|scope| {
        // Memory is looked at once everything that is made at first use is there.
        let at_first = scope.spawn(move || {
            let _ = wait.recv_timeout(time / 3);
            memory(process)
        });
        let asked = run(&client, time);
        drop(ended);
        (asked, at_first.join().unwrap())
    });
    let seconds = begin.elapsed().as_secs();
    let at_last = memory(process);
    let folder = proxy.stop();
    let app = proxies::open(folder.path());
    let calls = app
        .store
        .read(|conn| Ok::<_, StoreError>(costs::list(conn, 10_000_000)?))
        .unwrap();
    let kept = calls
        .iter()
        .filter(|call| call.status == CallStatus::Answered)
        .count();
    let entries: usize = app
        .store
        .read(|conn| {
            let count =
                "SELECT count(*) FROM audit_entries WHERE action IN ('call.began', 'call.ended')";
            Ok::<_, StoreError>(conn.query_row(count, [], |row| row.get(0))?)
        })
        .unwrap();
    let sound = app
        .record
        .verify(&mut |_| std::ops::ControlFlow::Continue(()))
        .unwrap()
        .fault
        .is_none();
    assert!(sound, "the record does not hold");
    let answered = usize::try_from(asked.answered).unwrap();
    let lost = usize::try_from(asked.lost).unwrap();
    let none = |measure: String, missing: usize, note: Value| json!({ "measure": measure, "value": missing, "unit": "", "goal": "0", "met": missing == 0, "note": note });
    let under_load = format!("64 clients for {seconds} s");
    let mut rows = vec![
        json!({ "measure": format!("{under_load}: calls"), "value": answered, "unit": "", "goal": null,
                "met": null, "note": "the record holds" }),
        none(
            format!("{under_load}: calls lost"),
            lost + answered.abs_diff(kept),
            asked.said().map_or(Value::Null, Value::from),
        ),
        none(
            format!("{under_load}: entries of the record missing"),
            (2 * answered).abs_diff(entries),
            Value::Null,
        ),
    ];
    if let (Some(first), Some(last)) = (at_first, at_last) {
        #[expect(clippy::cast_precision_loss, reason = "a count for the eye")]
        let grew = last as f64 / first as f64;
        rows.push(json!({
            "measure": format!("{under_load}: memory at the end against that after a third"),
            "value": grew, "unit": "×", "goal": "≤ 1.25", "met": grew <= 1.25,
            "note": format!("{} MB, then {} MB", first / 1024, last / 1024),
        }));
    }
    rows
}

/// Memory of a process, in kilobytes; `None` where the system does not say.
fn memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
