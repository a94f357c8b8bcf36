//! Budgets as a person sees and enters them: amounts as decimal dollars.

use std::ops::Range;

use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::{Budget, BudgetError, Level, Period, Standing, standings};
use crate::{ids::WorkspaceId, money::Money};

/// How a budget stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BudgetView {
    /// Whether it is for all workspaces together.
    pub everywhere: bool,
    /// In which time.
    pub period: Period,
    /// How much, exact, in dollars.
    pub limit: String,
    /// From which share on a person is warned, 1 to 100.
    pub warn_percent: u8,
    /// Whether a call that could pass it is stopped.
    pub stops: bool,
    /// What is known to be spent, exact, in dollars.
    pub spent: String,
    /// Set aside for calls under way, and for calls without a known cost.
    pub reserved: String,
    /// Calls whose cost nobody knows.
    pub unknown_calls: u32,
    /// Share of the limit that is spent or set aside, in whole percent, 100 at most.
    pub percent: u8,
    /// What the person is to be told.
    pub level: Level,
    /// The calls that it counts began at this moment or later, in UTC milliseconds.
    #[specta(type = Number)]
    pub from_ms: i64,
    /// And before this one.
    #[specta(type = Number)]
    pub until_ms: i64,
}

/// A budget as a person enters it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BudgetInput {
    /// Whether it is for all workspaces together.
    pub everywhere: bool,
    /// In which time.
    pub period: Period,
    /// Dollars, such as `20` or `0.50`.
    pub limit: String,
    /// From which share on a person is warned, 1 to 100.
    pub warn_percent: u8,
    /// Whether a call that could pass it is stopped.
    pub stops: bool,
}

impl BudgetInput {
    /// The budget that this describes, in this workspace or for everything.
    ///
    /// # Errors
    /// [`BudgetError::Amount`] when the limit is no amount.
    pub fn budget(&self, workspace: WorkspaceId) -> Result<Budget, BudgetError> {
        let amount = self.limit.trim().trim_start_matches('$');
        Ok(Budget {
            workspace: (!self.everywhere).then_some(workspace),
            period: self.period,
            limit: Money::of_dollars(amount)
                .ok_or_else(|| BudgetError::Amount(self.limit.trim().to_owned()))?,
            warn_percent: self.warn_percent,
            stops: self.stops,
        })
    }
}

/// How the budgets stand that hold in a workspace, those for everything first; `None`: only those.
/// `now_ms` is UTC milliseconds.
///
/// # Errors
/// [`BudgetError`] when the clock is beyond every calendar or the database fails.
pub fn views(
    conn: &Connection,
    workspace: impl Into<Option<WorkspaceId>>,
    now_ms: i64,
) -> Result<Vec<BudgetView>, BudgetError> {
    let zone = TimeZone::system();
    let standings = standings(conn, workspace, now_ms, &zone)?;
    let views = standings.iter().map(|standing| {
        let time = standing.budget.period.around(now_ms, &zone)?;
        Ok(BudgetView::of(standing, time))
    });
    views.collect()
}

impl BudgetView {
    /// How a budget stands, for the calls that began in these UTC milliseconds.
    pub(crate) fn of(standing: &Standing, time: Range<i64>) -> Self {
        let (budget, limit) = (&standing.budget, standing.budget.limit.pico());
        let percent = match limit {
            0 => i128::from(standing.committed() > Money::ZERO) * 100,
            limit => (standing.committed().pico() * 100 / limit).clamp(0, 100),
        };
        Self {
            everywhere: budget.workspace.is_none(),
            period: budget.period,
            limit: budget.limit.to_string(),
            warn_percent: budget.warn_percent,
            stops: budget.stops,
            spent: standing.spending.spent.to_string(),
            reserved: standing.spending.reserved.to_string(),
            unknown_calls: standing.spending.unknown_calls,
            percent: u8::try_from(percent).unwrap_or(100),
            level: standing.level(),
            from_ms: time.start,
            until_ms: time.end,
        }
    }
}
