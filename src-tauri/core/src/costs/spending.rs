//! What calls cost, added up, and what is set aside for those under way.

use std::ops::Range;

use rusqlite::{Connection, Row, ToSql, params};

use super::{CallStatus, process::this_process};
use crate::{
    ids::{ClientId, WorkspaceId},
    money::Money,
};

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
    of_those(
        conn,
        "(?3 IS NULL OR workspace_id = ?3)",
        &workspace,
        began_ms,
    )
}

/// The same of the calls of one client of the local API.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn spending_of_client(
    conn: &Connection,
    client: ClientId,
    began_ms: Range<i64>,
) -> rusqlite::Result<Spending> {
    of_those(conn, "client_id = ?3", &client, began_ms)
}

/// `whose` is a condition on a call, with `of` for its parameter.
fn of_those(
    conn: &Connection,
    whose: &'static str,
    of: &dyn ToSql,
    began_ms: Range<i64>,
) -> rusqlite::Result<Spending> {
    let (from, to) = (began_ms.start, began_ms.end);
    let spent = conn
        .prepare_cached(&format!(
            "SELECT sum(cost_pico >> 20), sum(cost_pico & 1048575) FROM calls
             WHERE started_at_ms >= ?1 AND started_at_ms < ?2 AND {whose}"
        ))?
        .query_row(params![from, to, of], |row| amount(row, 0))?;
    // Apart, as few calls are without a cost, and an index has just those.
    conn.prepare_cached(&format!(
        "SELECT sum(reserved_pico >> 20), sum(reserved_pico & 1048575),
                count(*) FILTER (WHERE reserved_pico IS NULL AND status <> ?4)
         FROM calls
         WHERE cost_pico IS NULL
           AND started_at_ms >= ?1 AND started_at_ms < ?2 AND {whose}"
    ))?
    .query_row(params![from, to, of, CallStatus::Running], |row| {
        Ok(Spending {
            spent,
            reserved: amount(row, 0)?,
            unknown_calls: row.get(2)?,
        })
    })
}

/// An amount that was added up in two parts, the bits from the 20th on and those below it: SQLite's
/// sums have 64 bits, and in parts they stay far from the end of those however much was spent.
pub(super) fn amount(row: &Row<'_>, at: usize) -> rusqlite::Result<Money> {
    let part = |at| Ok::<i64, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.unwrap_or(0));
    let (high, low) = (i128::from(part(at)?), i128::from(part(at + 1)?));
    Ok(Money::from_pico((high << 20) + low))
}
