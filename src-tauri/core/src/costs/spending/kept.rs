//! What the times of budgets have cost, kept as running sums: a call does not add up the calls before it,
//! however many there are.
//!
//! A sum is of calls that began in exact milliseconds, so it holds by any clocks and over their changes: where
//! the times of a budget are others, because the computer's time zone is, that is another sum. The database
//! keeps them right by itself, in the transaction that changes a call, as it does [`days`](crate::costs::days).
//! A test holds them against the calls after any sequence of changes.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Spending, Whose, added_up, amount, parts};
use crate::{costs::days::change, store::Migration};

/// Adds a call to the sums that it belongs to, or takes it off. Money goes in two parts, as in [`amount`].
#[rustfmt::skip]
macro_rules! moved {
    ($sign:literal, $row:literal) => {
        concat!(
            "UPDATE call_sums SET
               spent_high = spent_high ", $sign, " ifnull(", $row, "cost_pico >> 20, 0),
               spent_low = spent_low ", $sign, " ifnull(", $row, "cost_pico & 1048575, 0),
               reserved_high = reserved_high ", $sign,
                 " iif(", $row, "cost_pico IS NULL, ifnull(", $row, "reserved_pico >> 20, 0), 0),
               reserved_low = reserved_low ", $sign,
                 " iif(", $row, "cost_pico IS NULL, ifnull(", $row, "reserved_pico & 1048575, 0), 0),
               unknown = unknown ", $sign, " (", $row, "cost_pico IS NULL AND ", $row, "reserved_pico IS NULL AND ",
                 $row, "status <> 'running')
             WHERE whose IN (x'', ", $row, "workspace_id, ", $row, "client_id)
               AND from_ms <= ", $row, "started_at_ms AND until_ms > ", $row, "started_at_ms;"
        )
    };
}

/// Whether a call that changes stays in the sums that it is in.
macro_rules! stays {
    () => {
        "OLD.started_at_ms = NEW.started_at_ms AND OLD.workspace_id = NEW.workspace_id
           AND OLD.client_id IS NEW.client_id"
    };
}

// No sum is there at first: the first call within a budget adds up what was spent before it.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
    name: "2026-11-30 keep what the times of budgets have cost",
    sql: concat!(
        "CREATE TABLE call_sums (
           whose BLOB NOT NULL,
           from_ms INTEGER NOT NULL,
           until_ms INTEGER NOT NULL,
           spent_high INTEGER NOT NULL,
           spent_low INTEGER NOT NULL,
           reserved_high INTEGER NOT NULL,
           reserved_low INTEGER NOT NULL,
           unknown INTEGER NOT NULL,
           PRIMARY KEY (whose, from_ms, until_ms)
         ) STRICT, WITHOUT ROWID;
         CREATE TRIGGER call_sums_of_a_new_call AFTER INSERT ON calls BEGIN ",
        moved!("+", "NEW."),
        " END;
         CREATE TRIGGER call_sums_of_a_changed_call AFTER UPDATE OF started_at_ms, workspace_id, client_id, status,
           cost_pico, reserved_pico ON calls BEGIN ",
        moved!("-", "OLD."),
        moved!("+", "NEW."),
        " END;
         CREATE TRIGGER call_sums_of_a_removed_call AFTER DELETE ON calls BEGIN ",
        moved!("-", "OLD."),
        " END"
    ),
},
    Migration {
        name: "2026-12-02 change sums in one step",
        sql: IN_ONE_STEP,
    },
];

// Nearly all changes are of calls that stay where they are: one search in place of two.
#[rustfmt::skip]
const IN_ONE_STEP: &str = concat!(
    "DROP TRIGGER call_sums_of_a_changed_call;
     CREATE TRIGGER call_sums_of_a_changed_call AFTER UPDATE OF status, cost_pico, reserved_pico ON calls
       WHEN ", stays!(), " BEGIN
         UPDATE call_sums SET ",
    change!("spent_high", "ifnull(", "cost_pico >> 20, 0)"), ", ",
    change!("spent_low", "ifnull(", "cost_pico & 1048575, 0)"), ", ",
    change!("reserved_high", "iif(", "cost_pico IS NULL, ifnull(", "reserved_pico >> 20, 0), 0)"), ", ",
    change!("reserved_low", "iif(", "cost_pico IS NULL, ifnull(", "reserved_pico & 1048575, 0), 0)"), ", ",
    change!("unknown", "(", "cost_pico IS NULL AND ", "reserved_pico IS NULL AND ", "status <> 'running')"), "
         WHERE whose IN (x'', NEW.workspace_id, NEW.client_id)
           AND from_ms <= NEW.started_at_ms AND until_ms > NEW.started_at_ms;
       END;
     CREATE TRIGGER call_sums_of_a_moved_call AFTER UPDATE OF started_at_ms, workspace_id, client_id ON calls
       WHEN NOT (", stays!(), ") BEGIN ",
    moved!("-", "OLD."),
    moved!("+", "NEW."),
    " END"
);

/// What the calls that began in these UTC milliseconds cost, from now on as a sum that is kept. Those of
/// times that were over before are let go.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn keep(
    conn: &Connection,
    whose: Whose,
    began_ms: &Range<i64>,
) -> rusqlite::Result<Spending> {
    if let Some(kept) = kept(conn, whose, began_ms)? {
        return Ok(kept);
    }
    conn.prepare_cached("DELETE FROM call_sums WHERE until_ms <= ?1")?
        .execute([began_ms.start])?;
    let sum = added_up(conn, whose, began_ms)?;
    let ([spent_high, spent_low], [reserved_high, reserved_low]) =
        (parts(sum.spent)?, parts(sum.reserved)?);
    conn.prepare_cached("INSERT INTO call_sums VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![
            whose.key(),
            began_ms.start,
            began_ms.end,
            spent_high,
            spent_low,
            reserved_high,
            reserved_low,
            sum.unknown_calls,
        ])?;
    Ok(sum)
}

/// The sum over these calls, if it is kept.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(super) fn kept(
    conn: &Connection,
    whose: Whose,
    began_ms: &Range<i64>,
) -> rusqlite::Result<Option<Spending>> {
    conn.prepare_cached(
        "SELECT spent_high, spent_low, reserved_high, reserved_low, unknown FROM call_sums
         WHERE whose = ?1 AND from_ms = ?2 AND until_ms = ?3",
    )?
    .query_row(params![whose.key(), began_ms.start, began_ms.end], |row| {
        Ok(Spending {
            spent: amount(row, 0)?,
            reserved: amount(row, 2)?,
            unknown_calls: row.get(4)?,
        })
    })
    .optional()
}
