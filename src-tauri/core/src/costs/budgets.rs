//! What may be spent in a day, a week or a month, in a workspace or in all of them.
//!
//! The most that a call can cost is set aside in the transaction that writes its row, so calls that
//! are made at once see each other and cannot pass a limit together. The end of a call puts what it
//! did cost in place of that; after a crash the next start releases it ([`super::orphan`]).

use jiff::tz::TimeZone;
use rusqlite::{Connection, Row, params};
use serde::Serialize;

mod view;

pub use view::{BudgetInput, BudgetView, views};

pub use super::period::Period;
use super::spending::{
    Spending, keep, set_aside, set_less_aside, spending, with_nothing_set_aside,
};
use crate::{ids::WorkspaceId, money::Money, store::Migration};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-24 create budgets",
    sql: "CREATE TABLE budgets (
            workspace_id BLOB REFERENCES workspaces(id) ON DELETE CASCADE,
            period TEXT NOT NULL,
            limit_pico INTEGER NOT NULL CHECK (limit_pico >= 0),
            warn_percent INTEGER NOT NULL CHECK (warn_percent BETWEEN 1 AND 100),
            stops INTEGER NOT NULL CHECK (stops IN (0, 1))
          ) STRICT;
          CREATE UNIQUE INDEX budgets_by_scope ON budgets(coalesce(workspace_id, x''), period)",
}];

/// What may be spent in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Where; `None`: in all workspaces together.
    pub workspace: Option<WorkspaceId>,
    /// In which time.
    pub period: Period,
    /// How much.
    pub limit: Money,
    /// From which share of the limit on a person is warned, 1 to 100.
    pub warn_percent: u8,
    /// Whether a call that could pass the limit is stopped before it is made.
    pub stops: bool,
}

/// How a budget stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The budget.
    pub budget: Budget,
    /// What its time has cost so far.
    pub spending: Spending,
}

/// What a person is to be told of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing.
    Within,
    /// The share at which they wanted to know is reached.
    Warn,
    /// The limit is passed.
    Passed,
}

impl Standing {
    /// What is spent and what is set aside.
    pub fn committed(&self) -> Money {
        self.spending.spent + self.spending.reserved
    }

    /// What is left; nothing once the limit is passed.
    pub fn left(&self) -> Money {
        let left = self.budget.limit.pico() - self.committed().pico();
        Money::from_pico(left.max(0))
    }

    /// The share of the limit that is spent or set aside; above 1 where it is passed. A budget of nothing
    /// is full with the first amount.
    pub(crate) fn share(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a share for the eye")]
        match (self.committed().pico(), self.budget.limit.pico()) {
            (committed, 0) => f64::from(u8::from(committed > 0)),
            (committed, limit) => committed as f64 / limit as f64,
        }
    }

    /// What a person is to be told. A budget of nothing warns of the first amount that is spent.
    pub fn level(&self) -> Level {
        let (committed, limit) = (self.committed().pico(), self.budget.limit.pico());
        if committed > limit {
            Level::Passed
        } else if limit > 0 && committed * 100 >= limit * i128::from(self.budget.warn_percent) {
            Level::Warn
        } else {
            Level::Within
        }
    }
}

/// Why a call is not made, or a budget not kept.
#[derive(Debug, thiserror::Error)]
pub enum BudgetError {
    /// The call could pass a limit.
    #[error("this can cost {most}, and of the budget of {} {} is left", limit_in_words(&.standing.budget), .standing.left())]
    Reached {
        /// How the budget stands without the call.
        standing: Box<Standing>,
        /// The most that the call can cost.
        most: Money,
    },
    /// What the call can cost is not known, and a budget stops calls that could pass it.
    #[error("what this can cost is not known, and the budget of {} must not be passed", limit_in_words(.0))]
    UnknownPrice(Box<Budget>),
    /// A limit below nothing, or beyond nine million dollars.
    #[error("the limit of a budget must be between $0 and $9000000, not {0}")]
    Limit(Money),
    /// What was entered is no amount.
    #[error("“{0}” is not an amount of dollars, such as 20 or 0.50")]
    Amount(String),
    /// A share that is none.
    #[error("a budget can warn from 1 to 100 percent on, not {0}")]
    Share(u8),
    /// The clock shows a time that no calendar has.
    #[error("the clock of this computer is wrong: {0}")]
    Clock(#[from] jiff::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] rusqlite::Error),
}

fn limit_in_words(budget: &Budget) -> String {
    let time = match budget.period {
        Period::Day => "today",
        Period::Week => "this week",
        Period::Month => "this month",
    };
    match budget.workspace {
        Some(_) => format!("{} for this workspace {time}", budget.limit),
        None => format!("{} for {time}", budget.limit),
    }
}

/// Keep a budget, in place of the one for the same place and period.
///
/// # Errors
/// [`BudgetError`] when the limit or the share is out of its range, or the database fails.
pub fn set(conn: &Connection, budget: &Budget) -> Result<(), BudgetError> {
    const MOST: Money = Money::from_pico(9_000_000 * 1_000_000_000_000);
    if !(Money::ZERO..=MOST).contains(&budget.limit) {
        return Err(BudgetError::Limit(budget.limit));
    }
    if !(1..=100).contains(&budget.warn_percent) {
        return Err(BudgetError::Share(budget.warn_percent));
    }
    conn.prepare_cached(
        "INSERT INTO budgets (workspace_id, period, limit_pico, warn_percent, stops)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (coalesce(workspace_id, x''), period)
         DO UPDATE SET limit_pico = ?3, warn_percent = ?4, stops = ?5",
    )?
    .execute(params![
        budget.workspace,
        budget.period,
        budget.limit,
        budget.warn_percent,
        budget.stops
    ])?;
    Ok(())
}

/// Remove the budget of this place and period; whether there was one.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn remove(
    conn: &Connection,
    workspace: Option<WorkspaceId>,
    period: Period,
) -> rusqlite::Result<bool> {
    let removed = conn
        .prepare_cached("DELETE FROM budgets WHERE workspace_id IS ?1 AND period = ?2")?
        .execute(params![workspace, period])?;
    Ok(removed > 0)
}

/// The budgets of one workspace, or (`None`) those for everything.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn of(
    conn: &Connection,
    workspace: Option<WorkspaceId>,
) -> rusqlite::Result<Vec<Budget>> {
    conn.prepare_cached(
        "SELECT workspace_id, period, limit_pico, warn_percent, stops FROM budgets
         WHERE workspace_id IS ?1 ORDER BY period",
    )?
    .query_map([workspace], budget)?
    .collect()
}

/// Remove the budgets of a workspace.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn forget_workspace(conn: &Connection, workspace: WorkspaceId) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM budgets WHERE workspace_id = ?1", [workspace])
        .map(drop)
}

/// How the budgets stand that hold in a workspace, those for everything first; `None`: only those.
/// `now_ms` is UTC milliseconds, `zone` that of the computer.
///
/// # Errors
/// [`BudgetError`] when the clock is beyond every calendar or the database fails.
pub fn standings(
    conn: &Connection,
    workspace: impl Into<Option<WorkspaceId>>,
    now_ms: i64,
    zone: &TimeZone,
) -> Result<Vec<Standing>, BudgetError> {
    holding(conn, workspace.into())?
        .into_iter()
        .map(|budget| stand(conn, budget, now_ms, zone))
        .collect()
}

/// The budgets that hold in a workspace, those for everything first; `None`: only those.
fn holding(conn: &Connection, workspace: Option<WorkspaceId>) -> rusqlite::Result<Vec<Budget>> {
    conn.prepare_cached(
        "SELECT workspace_id, period, limit_pico, warn_percent, stops FROM budgets
         WHERE workspace_id IS NULL OR workspace_id = ?1
         ORDER BY workspace_id IS NOT NULL, period",
    )?
    .query_map([workspace], budget)?
    .collect()
}

/// How all budgets stand, of all workspaces. `now_ms` is UTC milliseconds, `zone` that of the computer.
///
/// # Errors
/// [`BudgetError`] when the clock is beyond every calendar or the database fails.
pub(crate) fn all_standings(
    conn: &Connection,
    now_ms: i64,
    zone: &TimeZone,
) -> Result<Vec<Standing>, BudgetError> {
    let budgets = conn
        .prepare_cached(
            "SELECT workspace_id, period, limit_pico, warn_percent, stops FROM budgets ORDER BY rowid",
        )?
        .query_map([], budget)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    budgets
        .into_iter()
        .map(|budget| stand(conn, budget, now_ms, zone))
        .collect()
}

/// Keep what the time of a budget has cost as a running sum, so that no call adds it up anew.
///
/// # Errors
/// [`BudgetError`] when the clock is beyond every calendar or the database fails.
pub(crate) fn keep_sum(
    conn: &Connection,
    budget: &Budget,
    now_ms: i64,
    zone: &TimeZone,
) -> Result<Spending, BudgetError> {
    let time = budget.period.around(now_ms, zone)?;
    Ok(keep(conn, budget.workspace.into(), &time)?)
}

/// How one budget stands.
fn stand(
    conn: &Connection,
    budget: Budget,
    now_ms: i64,
    zone: &TimeZone,
) -> Result<Standing, BudgetError> {
    let time = budget.period.around(now_ms, zone)?;
    let spending = spending(conn, budget.workspace, time)?;
    Ok(Standing { budget, spending })
}

/// Set aside the most that a call can cost, `None` where that is not known. Belongs into the
/// transaction that writes the row of the call; several calls in one transaction count together.
/// How the budgets stand with it, for warning.
///
/// # Errors
/// [`BudgetError`]: the transaction must be given up, and the call not made.
pub fn reserve(
    conn: &Connection,
    call: i64,
    most: Option<Money>,
    zone: &TimeZone,
) -> Result<Vec<Standing>, BudgetError> {
    // The row of a call counts as soon as something is set aside in it.
    let (workspace, began_ms) = with_nothing_set_aside(conn, call)?;
    let mut standings = Vec::new();
    for budget in holding(conn, Some(workspace))? {
        let spending = keep_sum(conn, &budget, began_ms, zone)?;
        standings.push(Standing { budget, spending });
    }
    allow(&standings, most)?;
    if most.is_some() {
        set_aside(conn, call, most)?;
    }
    for standing in &mut standings {
        let reserved = standing.spending.reserved;
        standing.spending.reserved = reserved + most.unwrap_or_default();
    }
    Ok(standings)
}

/// A call has come to nothing, and its end is written with the beginning of the one that is made in its place: that
/// one is to be weighed without what this one can cost no more. `None`: nobody knows what it cost, so all of it
/// stays set aside.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn came_to_nothing(
    conn: &Connection,
    call: i64,
    cost: Option<Money>,
) -> rusqlite::Result<()> {
    match cost {
        Some(cost) => set_less_aside(conn, call, cost),
        None => Ok(()),
    }
}

/// Whether a call that costs at most this may be made, as the budgets stand without it.
///
/// A call that costs nothing is never stopped, so that the local model answers when all is spent.
///
/// # Errors
/// [`BudgetError`] that names the budget which would be passed.
pub fn allow(standings: &[Standing], most: Option<Money>) -> Result<(), BudgetError> {
    if most == Some(Money::ZERO) {
        return Ok(());
    }
    for standing in standings.iter().filter(|standing| standing.budget.stops) {
        let Some(most) = most else {
            return Err(BudgetError::UnknownPrice(Box::new(standing.budget)));
        };
        if standing.committed() + most > standing.budget.limit {
            return Err(BudgetError::Reached {
                standing: Box::new(*standing),
                most,
            });
        }
    }
    Ok(())
}

fn budget(row: &Row<'_>) -> rusqlite::Result<Budget> {
    Ok(Budget {
        workspace: row.get(0)?,
        period: row.get(1)?,
        limit: row.get(2)?,
        warn_percent: row.get(3)?,
        stops: row.get(4)?,
    })
}

#[cfg(test)]
mod tests;
