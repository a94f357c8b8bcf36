//! What calls cost, added up, and what is set aside for those under way.

mod kept;

use std::ops::Range;

use rusqlite::{Connection, Row, params};

pub(super) use self::kept::MIGRATIONS;
pub(crate) use self::kept::keep;

use super::{CallStatus, process::this_process};
use crate::{
    ids::{ClientId, WorkspaceId},
    money::Money,
};

/// Set the most that a call can cost aside, until [`end`](super::end) says what it did cost.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(super) fn set_aside(
    conn: &Connection,
    number: i64,
    most: Option<Money>,
) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE calls SET reserved_pico = ?2, reserved_by = ?3 WHERE number = ?1")?
        .execute(params![
            number,
            most.and_then(Money::storable),
            this_process()
        ])
        .map(drop)
}

/// The workspace of a call and when it began, in UTC milliseconds; nothing is set aside for it after this.
///
/// # Errors
/// [`rusqlite::Error`] when there is no such call.
pub(super) fn with_nothing_set_aside(
    conn: &Connection,
    number: i64,
) -> rusqlite::Result<(WorkspaceId, i64)> {
    let (workspace, began_ms, was_set_aside) = conn
        .prepare_cached(
            "SELECT workspace_id, started_at_ms, reserved_pico IS NOT NULL FROM calls WHERE number = ?1",
        )?
        .query_row([number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if was_set_aside {
        set_aside(conn, number, None)?;
    }
    Ok((workspace, began_ms))
}

/// A call did not answer, and cost no more than this: of what was set aside for it, no more stays so until its end
/// is written.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(super) fn set_less_aside(conn: &Connection, number: i64, cost: Money) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE calls SET reserved_pico = ?2 WHERE number = ?1 AND reserved_pico > ?2",
    )?
    .execute(params![number, cost])
    .map(drop)
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

/// Whose calls are added up.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whose {
    /// Those of all workspaces.
    All,
    /// Those of one workspace.
    Workspace(WorkspaceId),
    /// Those of one client of the local API.
    Client(ClientId),
}

impl From<Option<WorkspaceId>> for Whose {
    fn from(workspace: Option<WorkspaceId>) -> Self {
        workspace.map_or(Self::All, Self::Workspace)
    }
}

impl Whose {
    /// What names it among the kept sums: no identifier is empty.
    fn key(&self) -> &[u8] {
        match self {
            Self::All => &[],
            Self::Workspace(id) => id.as_bytes(),
            Self::Client(id) => id.as_bytes(),
        }
    }

    /// Which calls these are, with [`Self::key`] as the third parameter.
    const fn condition(self) -> &'static str {
        match self {
            Self::All => "?3 = x''",
            Self::Workspace(_) => "workspace_id = ?3",
            Self::Client(_) => "client_id = ?3",
        }
    }
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
    spending_of(conn, workspace.into(), &began_ms)
}

/// The same of whoever's calls.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn spending_of(
    conn: &Connection,
    whose: Whose,
    began_ms: &Range<i64>,
) -> rusqlite::Result<Spending> {
    match kept::kept(conn, whose, began_ms)? {
        Some(kept) => Ok(kept),
        None => added_up(conn, whose, began_ms),
    }
}

/// The same, read from the calls themselves.
fn added_up(
    conn: &Connection,
    whose: Whose,
    Range { start, end }: &Range<i64>,
) -> rusqlite::Result<Spending> {
    let (of, those) = (whose.key(), whose.condition());
    let spent = conn
        .prepare_cached(&format!(
            "SELECT sum(cost_pico >> 20), sum(cost_pico & 1048575) FROM calls
             WHERE started_at_ms >= ?1 AND started_at_ms < ?2 AND {those}"
        ))?
        .query_row(params![start, end, of], |row| amount(row, 0))?;
    // Apart, as few calls are without a cost, and an index has just those.
    conn.prepare_cached(&format!(
        "SELECT sum(reserved_pico >> 20), sum(reserved_pico & 1048575),
                count(*) FILTER (WHERE reserved_pico IS NULL AND status <> ?4)
         FROM calls
         WHERE cost_pico IS NULL
           AND started_at_ms >= ?1 AND started_at_ms < ?2 AND {those}"
    ))?
    .query_row(params![start, end, of, CallStatus::Running], |row| {
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

/// The two parts of an amount, as [`amount`] has them.
fn parts(of: Money) -> rusqlite::Result<[i64; 2]> {
    let part = |part: i128| {
        i64::try_from(part).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
    };
    Ok([part(of.pico() >> 20)?, part(of.pico() & 1_048_575)?])
}

#[cfg(test)]
mod tests;
