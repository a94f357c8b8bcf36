//! How long models on this computer worked on the calls of each day: without the time in which a call waited
//! for its turn, while another one had the model.
//!
//! The database keeps the sums right by itself, in the transaction that changes a call, as it does those of
//! [`days`](super::days). A test holds them against the calls after any sequence of changes.

use rusqlite::{Connection, params_from_iter};

use super::reports::{CallFilter, Chosen, Only, Span};
use crate::store::Migration;

/// How long a model worked on a call, in milliseconds. One of which nothing was read was not taken up; of one
/// from before waiting was measured nobody knows how long it waited.
macro_rules! worked {
    ($row:literal) => {
        concat!(
            "iif(",
            $row,
            "input_tokens > 0, max(",
            $row,
            "duration_ms - max(ifnull(",
            $row,
            "waited_ms, 0), 0), 0), 0)"
        )
    };
}

/// Makes a row for a call into one of its day.
macro_rules! into_days {
    () => {
        " ON CONFLICT DO UPDATE SET worked_ms = worked_ms + excluded.worked_ms;"
    };
}

/// The row of a call: what it adds, or takes off.
#[rustfmt::skip]
macro_rules! added {
    ($sign:literal, $row:literal) => {
        concat!(
            "ifnull(", $row, "day, ", $row, "started_at_ms / 86400000), ", $row, "workspace_id, ",
            $row, "provider, ", $row, "model, ", $row, "purpose, ", $sign, worked!($row)
        )
    };
}

/// Adds a call of this computer to its day, or takes it off; one without work has no row.
macro_rules! moved {
    ($sign:literal, $row:literal) => {
        concat!(
            "INSERT INTO call_work SELECT ",
            added!($sign, $row),
            " WHERE ",
            $row,
            "provider = 'local' AND ",
            worked!($row),
            " > 0",
            into_days!()
        )
    };
}

/// Takes the day off to which nothing is left.
macro_rules! nothing_left {
    () => {
        "DELETE FROM call_work WHERE worked_ms = 0
           AND day = ifnull(OLD.day, OLD.started_at_ms / 86400000) AND workspace_id = OLD.workspace_id
           AND provider = OLD.provider AND model = OLD.model AND purpose = OLD.purpose;"
    };
}

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-29 add up how long models here worked",
    sql: concat!(
        "CREATE TABLE call_work (
           day INTEGER NOT NULL,
           workspace_id BLOB NOT NULL,
           provider TEXT NOT NULL,
           model TEXT NOT NULL,
           purpose TEXT NOT NULL,
           worked_ms INTEGER NOT NULL,
           PRIMARY KEY (day, workspace_id, provider, model, purpose)
         ) STRICT, WITHOUT ROWID;
         INSERT INTO call_work SELECT ",
        added!("+", ""),
        " FROM calls WHERE provider = 'local' AND ",
        worked!(""),
        " > 0",
        into_days!(),
        "CREATE TRIGGER call_work_of_a_new_call AFTER INSERT ON calls WHEN NEW.provider = 'local' BEGIN ",
        moved!("+", "NEW."),
        " END;
         CREATE TRIGGER call_work_of_a_changed_call AFTER UPDATE OF day, started_at_ms, workspace_id, provider,
           model, purpose, input_tokens, waited_ms, duration_ms ON calls
           WHEN OLD.provider = 'local' OR NEW.provider = 'local' BEGIN ",
        moved!("-", "OLD."),
        moved!("+", "NEW."),
        nothing_left!(),
        " END;
         CREATE TRIGGER call_work_of_a_removed_call AFTER DELETE ON calls WHEN OLD.provider = 'local' BEGIN ",
        moved!("-", "OLD."),
        nothing_left!(),
        " END"
    ),
}];

/// How long models on this computer worked on the calls of these days that a filter lets through, in
/// milliseconds: read from the calls themselves where the filter looks at what no day knows.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(super) fn worked_ms(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
) -> rusqlite::Result<u64> {
    let Chosen { condition, values } = filter.and(Only::Local).chosen(span);
    let (sum, table) = if filter.is_of_days() {
        ("k.worked_ms", "call_work")
    } else {
        (worked!("k."), "calls")
    };
    conn.prepare_cached(&format!(
        "SELECT ifnull(sum({sum}), 0) FROM {table} k WHERE {condition}"
    ))?
    .query_row(params_from_iter(values), |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::params;

    use super::*;
    use crate::{
        costs::testing::{NOON, Place, call, workspace},
        store::StoreError,
    };

    /// A call, as a test changes it: what becomes of it, whose model it is of, and how long it took.
    #[derive(Debug, Clone)]
    struct Change {
        which: usize,
        removed: bool,
        local: bool,
        day: i64,
        tokens: u32,
        waited_ms: Option<i64>,
        duration_ms: i64,
    }

    fn change() -> impl Strategy<Value = Change> {
        let waited = proptest::option::of(-1i64..900);
        (
            0usize..4,
            prop::bool::weighted(0.1),
            any::<bool>(),
            0i64..2,
            0u32..3,
            waited,
            0i64..900,
        )
            .prop_map(
                |(which, removed, local, day, tokens, waited_ms, duration_ms)| Change {
                    which,
                    removed,
                    local,
                    day,
                    tokens,
                    waited_ms,
                    duration_ms,
                },
            )
    }

    /// What a call adds, as plain numbers say it.
    fn expected(change: &Change) -> i64 {
        let waited = change.waited_ms.unwrap_or(0).max(0);
        match (change.local, change.tokens) {
            (false, _) | (_, 0) => 0,
            _ => (change.duration_ms - waited).max(0),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_sums_say_what_the_calls_say_whatever_happens_to_them(changes in proptest::collection::vec(change(), 1..30)) {
            let opened = Place::new().open();
            let (mut stand, span) = ([const { None }; 4], Span { first: 0, last: 30_000 });
            let change = |tx: &Connection, change: &Change, of| {
                let number = i64::try_from(change.which).unwrap() + 1;
                if change.removed {
                    return tx.execute("DELETE FROM calls WHERE number = ?1", [number]);
                }
                call(tx, of, NOON);
                tx.execute("DELETE FROM calls WHERE number > 4", [])?;
                tx.execute(
                    "UPDATE calls SET provider = iif(?2, 'local', 'openai'), day = ?3, input_tokens = ?4, waited_ms = ?5,
                            duration_ms = ?6 WHERE number = ?1",
                    params![number, change.local, change.day, change.tokens, change.waited_ms, change.duration_ms],
                )
            };
            opened.write(|tx| {
                let of = workspace(tx);
                for made in &changes {
                    let changed = change(tx, made, of)? == 1 && !made.removed;
                    stand[made.which] = changed.then(|| expected(made));
                    let sum: i64 = stand.iter().flatten().sum();
                    let all = CallFilter::default();
                    // Moments make it look at the calls themselves.
                    let by_moments = CallFilter { from_ms: Some(0), ..all.clone() };
                    for filter in [all, by_moments] {
                        assert_eq!(worked_ms(tx, span, &filter)?, sum.unsigned_abs(), "after {made:?}");
                    }
                }
                let empty = "SELECT count(*) FROM call_work WHERE worked_ms = 0";
                assert_eq!(tx.query_row(empty, [], |row| row.get::<_, i64>(0))?, 0);
                Ok::<_, StoreError>(())
            }).unwrap();
        }
    }
}
