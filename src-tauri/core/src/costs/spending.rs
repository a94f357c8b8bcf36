//! What calls cost, added up, and what is set aside for those under way.

use std::ops::Range;

use rusqlite::{Connection, Row, params};

use super::{CallStatus, process::this_process};
use crate::{ids::WorkspaceId, money::Money};

/// Set the most that a call can cost aside, until [`end`](super::end) says what it did cost; the
/// workspace of the call and when it began, in UTC milliseconds.
///
/// # Errors
/// [`rusqlite::Error`] when there is no such call.
pub(super) fn set_aside(
    conn: &Connection,
    number: i64,
    most: Option<Money>,
) -> rusqlite::Result<(WorkspaceId, i64)> {
    conn.prepare_cached(
        "UPDATE calls SET reserved_pico = ?2, reserved_by = ?3 WHERE number = ?1
         RETURNING workspace_id, started_at_ms",
    )?
    .query_row(params![number, most, this_process()], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Release what was set aside for calls whose process does not run any more; `runs` says which do.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(super) fn release(conn: &Connection, runs: impl Fn(&str) -> bool) -> rusqlite::Result<()> {
    let processes: Vec<String> = conn
        .prepare("SELECT DISTINCT reserved_by FROM calls WHERE reserved_by IS NOT NULL")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for gone in processes.iter().filter(|process| !runs(process)) {
        conn.execute(
            "UPDATE calls SET reserved_pico = NULL, reserved_by = NULL WHERE reserved_by = ?1",
            [gone],
        )?;
    }
    Ok(())
}

/// What the calls of a time cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spending {
    /// What is known to be spent.
    pub spent: Money,
    /// Set aside for calls under way, and for calls that have ended without a known cost.
    pub reserved: Money,
    /// Calls that have ended and of which neither is known.
    pub unknown_calls: u32,
}

/// What the calls that began in these UTC milliseconds cost, in one workspace or in all.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn spending(
    conn: &Connection,
    workspace: Option<WorkspaceId>,
    began_ms: Range<i64>,
) -> rusqlite::Result<Spending> {
    // SQLite adds up in 64 bits. Dollars' millionths and what is below them, added up apart, stay
    // far from that border however much was spent.
    const MILLIONTH: i64 = 1_000_000;
    let amount = |row: &Row<'_>, at: usize| {
        let (high, low): (i64, i64) = (row.get(at)?, row.get(at + 1)?);
        let pico = i128::from(high) * i128::from(MILLIONTH) + i128::from(low);
        Ok::<_, rusqlite::Error>(Money::from_pico(pico))
    };
    conn.prepare_cached(
        "SELECT coalesce(sum(cost_pico / ?5), 0), coalesce(sum(cost_pico % ?5), 0),
                coalesce(sum(reserved_pico / ?5) FILTER (WHERE cost_pico IS NULL), 0),
                coalesce(sum(reserved_pico % ?5) FILTER (WHERE cost_pico IS NULL), 0),
                count(*) FILTER (WHERE cost_pico IS NULL AND reserved_pico IS NULL AND status <> ?4)
         FROM calls
         WHERE started_at_ms >= ?1 AND started_at_ms < ?2 AND (?3 IS NULL OR workspace_id = ?3)",
    )?
    .query_row(
        params![
            began_ms.start,
            began_ms.end,
            workspace,
            CallStatus::Running,
            MILLIONTH
        ],
        |row| {
            Ok(Spending {
                spent: amount(row, 0)?,
                reserved: amount(row, 2)?,
                unknown_calls: row.get(4)?,
            })
        },
    )
}
