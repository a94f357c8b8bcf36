//! What retention remembers between two looks: when it looked last, whether an older database was put back
//! since, and why what is due could not go.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::DAY_MS;
use crate::{problem::Problem, store::Migration};

pub(super) const MIGRATION: Migration = Migration {
    name: "2026-11-27 remember when retention looked",
    sql: "CREATE TABLE retention_state (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            looked_at_ms INTEGER,
            put_back_at_ms INTEGER,
            problem TEXT CHECK (problem IS NULL OR json_valid(problem))
          ) STRICT",
};

/// A holiday. After a longer time a clock that was set wrong looks the same, and would make everything due.
const LONGEST_AWAY_MS: i64 = 15 * DAY_MS;

/// Why nothing goes by itself until a person has seen what would go, and has let it go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(
    tag = "because",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum Waits {
    /// An older database was put back: what is due in it may be what somebody wanted back.
    PutBack {
        /// UTC milliseconds.
        #[specta(type = Number)]
        at_ms: i64,
    },
    /// By the clock, Gatehouse did not look for longer than a holiday, and something is due.
    LongAway {
        /// When it looked last, in UTC milliseconds.
        #[specta(type = Number)]
        looked_at_ms: i64,
    },
}

/// The one row of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    pub looked_at_ms: Option<i64>,
    pub put_back_at_ms: Option<i64>,
    pub problem: Option<Problem>,
}

impl State {
    /// After a look at `now_ms`, UTC milliseconds, in which nothing was wrong.
    pub(super) fn looked(now_ms: i64) -> Self {
        Self {
            looked_at_ms: Some(now_ms),
            ..Self::default()
        }
    }

    /// Whether what is due waits for a person at `now_ms`, UTC milliseconds.
    pub(super) fn waits(&self, now_ms: i64, is_any_due: bool) -> Option<Waits> {
        if let Some(at_ms) = self.put_back_at_ms {
            return Some(Waits::PutBack { at_ms });
        }
        let looked_at_ms = self.looked_at_ms?;
        let is_long = now_ms.saturating_sub(looked_at_ms) > LONGEST_AWAY_MS;
        (is_any_due && is_long).then_some(Waits::LongAway { looked_at_ms })
    }
}

pub(super) fn get(conn: &Connection) -> rusqlite::Result<State> {
    let found = conn
        .prepare_cached("SELECT looked_at_ms, put_back_at_ms, problem FROM retention_state")?
        .query_row([], |row| {
            let problem: Option<String> = row.get(2)?;
            Ok(State {
                looked_at_ms: row.get(0)?,
                put_back_at_ms: row.get(1)?,
                problem: problem.and_then(|json| serde_json::from_str(&json).ok()),
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

pub(super) fn keep(conn: &Connection, state: &State) -> rusqlite::Result<()> {
    let problem = state
        .problem
        .as_ref()
        .map(|p| serde_json::to_string(p).expect("a problem is JSON because it is made of texts"));
    conn.prepare_cached("INSERT OR REPLACE INTO retention_state VALUES (1, ?1, ?2, ?3)")?
        .execute(params![state.looked_at_ms, state.put_back_at_ms, problem])
        .map(drop)
}

/// An older database was put back at `now_ms`, UTC milliseconds: nothing goes by itself until a person has
/// seen what would go.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn wait_for_a_person(conn: &Connection, now_ms: i64) -> rusqlite::Result<()> {
    let state = State {
        put_back_at_ms: Some(now_ms),
        ..get(conn)?
    };
    keep(conn, &state)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn looked(at_ms: i64) -> State {
        State {
            looked_at_ms: Some(at_ms),
            ..State::default()
        }
    }

    proptest! {
        #[test]
        fn a_clock_that_jumps_over_more_than_a_holiday_lets_nothing_go(
            at in 0i64..4_000_000_000_000, since in -400 * DAY_MS..400 * DAY_MS,
        ) {
            let waits = looked(at).waits(at + since, true);
            prop_assert_eq!(waits.is_some(), since > LONGEST_AWAY_MS);
            prop_assert_eq!(looked(at).waits(at + since, false), None, "nothing is due");
        }

        #[test]
        fn after_an_older_database_was_put_back_it_waits_whatever_the_clock_says(now: i64, at: i64) {
            let state = State { put_back_at_ms: Some(at), ..looked(at) };
            prop_assert_eq!(state.waits(now, true), Some(Waits::PutBack { at_ms: at }));
            prop_assert_eq!(state.waits(now, false), Some(Waits::PutBack { at_ms: at }));
        }
    }

    #[test]
    fn a_first_look_waits_for_nobody() {
        assert_eq!(State::default().waits(i64::MAX, true), None);
    }
}
