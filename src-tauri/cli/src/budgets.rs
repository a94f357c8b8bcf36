//! `gatehouse budgets`: what may be spent in a day, a week or a month.

use clap::{Args, Subcommand, ValueEnum};
use gatehouse_core::{
    app::App,
    costs::{
        budgets::{self, BudgetInput, BudgetView, Period},
        name_of,
    },
    now_ms, workspaces,
};
use serde_json::json;

use crate::{failure::Failure, output};

/// What may be spent.
#[derive(Subcommand)]
pub(crate) enum Budgets {
    /// List the budgets, and how they stand.
    List,
    /// Set the budget of a time.
    Set(Set),
    /// Remove the budget of a time.
    Remove {
        /// Of which time.
        #[arg(value_enum)]
        period: Time,
        /// That of the workspace that is open, not that of all together.
        #[arg(long)]
        workspace: bool,
    },
}

/// A budget.
#[derive(Args)]
pub(crate) struct Set {
    /// For which time.
    #[arg(value_enum)]
    period: Time,
    /// Dollars, such as 20 or 0.50.
    limit: String,
    /// Only for the workspace that is open, not for all together.
    #[arg(long)]
    workspace: bool,
    /// From which percentage on you are warned.
    #[arg(long, value_name = "PERCENT", default_value_t = 80)]
    warn_at: u8,
    /// Only warn: calls that pass it are made all the same.
    #[arg(long)]
    only_warn: bool,
}

/// A time that a budget is for.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Time {
    /// From midnight to midnight.
    Day,
    /// From Monday on.
    Week,
    /// A month of the calendar.
    Month,
}

impl From<Time> for Period {
    fn from(time: Time) -> Self {
        match time {
            Time::Day => Self::Day,
            Time::Week => Self::Week,
            Time::Month => Self::Month,
        }
    }
}

impl Budgets {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::List => show(app, json),
            Self::Set(set) => set.run(app, json),
            Self::Remove { period, workspace } => remove(app, (*period).into(), *workspace, json),
        }
    }
}

impl Set {
    fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        let input = BudgetInput {
            everywhere: !self.workspace,
            period: self.period.into(),
            limit: self.limit.clone(),
            warn_percent: self.warn_at,
            stops: !self.only_warn,
        };
        app.set_budget(&input)?;
        show(app, json)
    }
}

fn remove(app: &App, period: Period, of_workspace: bool, json: bool) -> Result<(), Failure> {
    let removed = app.remove_budget(!of_workspace, period)?;
    let period = name_of(&period);
    if !removed {
        return Err(Failure::missing(format!(
            "There is no such budget of a {period}. “gatehouse budgets list” shows all."
        )));
    }
    if json {
        return output::json(&json!({ "removed": period }));
    }
    output::line(&format!("The budget of a {period} is removed."))
}

fn show(app: &App, json: bool) -> Result<(), Failure> {
    let views = app.store.write(|tx| {
        let workspace = workspaces::current(tx, now_ms())?;
        budgets::views(tx, workspace, now_ms())
    })?;
    if json {
        return output::json(&views);
    }
    let rows = views.iter().map(|view: &BudgetView| {
        [
            name_of(&view.period),
            if view.everywhere {
                "everything"
            } else {
                "this workspace"
            }
            .to_owned(),
            view.limit.clone(),
            view.spent.clone(),
            format!("{} %", view.percent),
            if view.stops { "stops" } else { "warns" }.to_owned(),
        ]
    });
    output::table(
        ["TIME", "FOR", "LIMIT", "SPENT", "USED", "WHEN REACHED"],
        &rows.collect::<Vec<_>>(),
    )
}
