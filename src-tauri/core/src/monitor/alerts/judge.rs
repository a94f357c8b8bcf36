//! Whether an alert fires: what it watches is read from the calls, and the decision is made of plain
//! numbers.

use rusqlite::Connection;

use super::{Alert, AlertKind};
use crate::costs::{CallStatus, spending, spread::Spread, times, times::Measure};

/// So many calls are looked at, the newest: what a rule costs does not grow with a busy hour.
const LOOKED_AT: u32 = 2_000;

/// Alerts are judged once in so many milliseconds, however many calls end.
pub(in crate::monitor) const SHORTEST_PAUSE_MS: u64 = 1_000;

/// What an alert watches, as it is now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// In the unit of the alert; `None`: there is nothing to measure.
    pub(super) value: Option<i64>,
    /// Of how many calls.
    pub(super) calls: u64,
    /// Calls of which nobody knows what they cost, so that more than the value may be spent.
    pub(super) unknown: u32,
    /// Of the record, when it was last found whole, UTC milliseconds.
    pub(super) verified_ms: Option<i64>,
}

/// What is known of the record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verified {
    /// Whether a failed verification stands.
    pub(super) broken: bool,
    /// When all of it was last found whole, UTC milliseconds; `None`: it never was.
    pub(super) last_ms: Option<i64>,
}

impl Verified {
    /// Nobody has looked.
    pub(super) const UNKNOWN: Self = Self {
        broken: false,
        last_ms: None,
    };
}

/// Look at what an alert watches; `verified`: what is known of the record.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(super) fn look(
    conn: &Connection,
    alert: &Alert,
    verified: Verified,
    now_ms: i64,
) -> rusqlite::Result<Seen> {
    let since_ms = now_ms - i64::from(alert.minutes) * 60_000;
    let of_model = alert.model.as_ref();
    Ok(match alert.kind {
        // As long as nobody has verified it, nothing is known of it.
        AlertKind::Record => Seen {
            value: (verified.broken || verified.last_ms.is_some())
                .then_some(i64::from(verified.broken)),
            verified_ms: verified.last_ms,
            ..Seen::default()
        },
        AlertKind::Spend => {
            // Calls that begin while this is read are of the next time.
            let spent = spending(conn, None, since_ms..now_ms + 1)?;
            let pico = spent.spent.pico() + spent.reserved.pico();
            Seen {
                value: Some(i64::try_from(pico).unwrap_or(i64::MAX)),
                unknown: spent.unknown_calls,
                ..Seen::default()
            }
        }
        AlertKind::Failures => {
            let [mut answered, mut failed] = [0, 0];
            times::each_recent(conn, since_ms, of_model, LOOKED_AT, |call| {
                match call.status {
                    CallStatus::Answered => answered += 1,
                    CallStatus::Failed => failed += 1,
                    CallStatus::Running | CallStatus::Stopped | CallStatus::Refused => {}
                }
            })?;
            let calls = answered + failed;
            Seen {
                value: (failed * 10_000_i64).checked_div(calls),
                calls: calls.unsigned_abs(),
                ..Seen::default()
            }
        }
        AlertKind::FirstToken => slowest(conn, alert, since_ms, Measure::FirstToken)?,
        AlertKind::Duration => slowest(conn, alert, since_ms, Measure::Duration)?,
    })
}

/// What 95 of a hundred calls do not pass.
fn slowest(
    conn: &Connection,
    alert: &Alert,
    since_ms: i64,
    measure: Measure,
) -> rusqlite::Result<Seen> {
    let mut sizes = Vec::new();
    times::each_recent(conn, since_ms, alert.model.as_ref(), LOOKED_AT, |call| {
        sizes.extend(call.sizes[measure as usize]);
    })?;
    let spread = Spread::exact(sizes);
    Ok(Seen {
        value: spread.percentile(95),
        calls: spread.len(),
        ..Seen::default()
    })
}

impl Alert {
    /// Whether this is enough to say something.
    pub(super) fn is_enough(&self, seen: Seen) -> bool {
        match self.kind {
            AlertKind::Spend | AlertKind::Record => true,
            _ => seen.calls >= u64::from(self.fewest),
        }
    }

    /// Whether it fires now. It begins when its limit is passed, by calls enough; it ends when four
    /// fifths of the limit are not passed any more, or there is nothing left to measure.
    pub(super) fn fires(&self, seen: Seen) -> bool {
        let Some(value) = seen.value.map(i128::from) else {
            return false;
        };
        let most = i128::from(self.most);
        if self.firing_since_ms.is_some() {
            value * 5 > most * 4
        } else {
            value > most && self.is_enough(seen)
        }
    }
}
