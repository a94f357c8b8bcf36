//! What a person sees of their costs, put together from calls, prices, ratings and names; and the
//! reports about them that they give to others.

mod advice;
mod askable;
mod chart;
mod files;
mod html;
mod paper;
mod pdf;
mod prices;
mod recommend;
mod screen_tables;
mod shorter;
mod tables;
mod what_if;

use std::collections::HashMap;

use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde::Serialize;
use specta::Type;

pub use self::{
    advice::{Advice, AdviceKind},
    files::ReportFile,
    prices::{PriceInput, PriceInputError, PricePage, PriceRow, PriceTier, ShownRates},
    recommend::{Basis, Difficulty, Recommendation},
    screen_tables::CostTable,
    shorter::{Shorter, shorter},
    what_if::{AtHours, Plan, Planned, WhatIf},
};
use crate::{
    app::App,
    charts::{Chart, ChartError, ChartTheme},
    chat,
    clients::ClientBudgetError,
    costs::{
        budgets::BudgetError,
        reports::{
            self, By, CallFilter, CallsPage, FirstToken, Line, Overview, Power, Preferences, Query,
            ReportError,
        },
    },
    models::ModelError,
    money::Money,
    now_ms,
    problem::{Problem, ProblemCode},
    settings,
    store::StoreError,
    workspaces,
};

/// Why there is no review of the costs.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The figures are not to be had.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// They could not be drawn.
    #[error(transparent)]
    Chart(#[from] ChartError),
    /// How the budgets stand is not to be had.
    #[error(transparent)]
    Budgets(#[from] BudgetError),
    /// How the budgets of clients stand is not.
    #[error(transparent)]
    Clients(#[from] ClientBudgetError),
    /// They could not be printed.
    #[error("the PDF could not be made: {0}")]
    Pdf(String),
    /// Nothing is forecast yet.
    #[error("too little is known: a forecast begins two weeks after the first call")]
    NoForecast,
    /// The list of the models here could not be read.
    #[error(transparent)]
    Models(#[from] ModelError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for ReviewError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<ReviewError> for Problem {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::Report(error) => error.into(),
            ReviewError::Budgets(error) => error.into(),
            ReviewError::Clients(error) => error.into(),
            ReviewError::Store(error) => error.into(),
            ReviewError::Models(error) => error.into(),
            error @ ReviewError::NoForecast => Self::new(ProblemCode::InvalidInput, error),
            other => Self::new(ProblemCode::Internal, other),
        }
    }
}

/// Lines of a table, as far as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Lines {
    /// What cost most first.
    pub lines: Vec<Line>,
    /// How many more there are.
    pub left_out: u32,
}

/// The most lines that a screen shows of one table.
const MOST_LINES: usize = 200;

impl App {
    /// The costs of some days, as the Costs screen opens with.
    ///
    /// # Errors
    /// [`ReviewError`] when the days are none or the database fails.
    pub fn cost_overview(&self, query: &Query) -> Result<Overview, ReviewError> {
        self.store.read(|conn| {
            let preferences = preferences(conn)?;
            let zone = TimeZone::system();
            let mut found = reports::overview(conn, query, &preferences, now_ms(), &zone)?;
            name_workspaces(conn, &mut found.workspaces)?;
            Ok(found)
        })
    }

    /// The costs of some days told apart, the dearest lines.
    ///
    /// # Errors
    /// [`ReviewError`] when the days are none or the database fails.
    pub fn cost_lines(&self, query: &Query, by: By) -> Result<Lines, ReviewError> {
        self.store.read(|conn| {
            let mut lines = reports::lines(conn, query.span()?, &query.filter, by)?;
            let left_out = lines.len().saturating_sub(MOST_LINES);
            lines.truncate(MOST_LINES);
            name(conn, by, &mut lines)?;
            Ok(Lines {
                lines,
                left_out: u32::try_from(left_out).unwrap_or(u32::MAX),
            })
        })
    }

    /// The chart of what was spent along the time.
    ///
    /// # Errors
    /// [`ReviewError`] when it cannot be drawn.
    pub fn cost_chart(
        &self,
        query: &Query,
        theme: ChartTheme,
        width: u32,
    ) -> Result<Chart, ReviewError> {
        let spent = self.store.read(|conn| reports::along_time(conn, query))?;
        Ok(chart::spend(query, &spent, theme, width)?)
    }

    /// The chart of where this month is likely to end; `None`: too little is known.
    ///
    /// # Errors
    /// [`ReviewError`] when it cannot be drawn.
    pub fn cost_forecast_chart(
        &self,
        query: &Query,
        theme: ChartTheme,
        width: u32,
    ) -> Result<Option<Chart>, ReviewError> {
        let zone = TimeZone::system();
        let forecast =
            |conn: &Connection| reports::forecast_of(conn, &query.filter, now_ms(), &zone);
        let forecast = self.store.read(forecast)?;
        let drawn = forecast.map(|forecast| chart::course_of_month(&forecast, theme, width));
        Ok(drawn.transpose()?)
    }

    /// How long each model took to begin, in the middle. It is read from the calls, which takes longer than
    /// the rest.
    ///
    /// # Errors
    /// [`ReviewError`] when the days are none or the database fails.
    pub fn cost_first_tokens(&self, query: &Query) -> Result<Vec<FirstToken>, ReviewError> {
        self.store
            .read(|conn| Ok(reports::first_tokens(conn, query.span()?, &query.filter)?))
    }

    /// The calls that a number is made of, newest first, from `after` on.
    ///
    /// # Errors
    /// [`ReviewError`] when the days are none or the database fails.
    pub fn cost_calls(
        &self,
        query: &Query,
        after: Option<i64>,
        limit: u32,
    ) -> Result<CallsPage, ReviewError> {
        self.store.read(|conn| {
            Ok(reports::calls(
                conn,
                query.span()?,
                &query.filter,
                after,
                limit,
            )?)
        })
    }
}

/// What the person has set for their reports.
fn preferences(conn: &Connection) -> rusqlite::Result<Preferences> {
    let settings = settings::get(conn)?;
    Ok(Preferences {
        compare_with: settings.compare_with,
        power: Power {
            watts: settings.watts,
            kilowatt_hour: Money::of_dollars(&settings.kilowatt_hour),
        },
    })
}

/// Names in the place of identifiers.
fn name(conn: &Connection, by: By, lines: &mut [Line]) -> Result<(), ReviewError> {
    match by {
        By::Workspace => Ok(name_workspaces(conn, lines)?),
        By::Conversation => {
            for line in lines {
                line.name = title(conn, &line.filter)?;
            }
            Ok(())
        }
        By::Model | By::Provider | By::Purpose => Ok(()),
    }
}

fn name_workspaces(conn: &Connection, lines: &mut [Line]) -> rusqlite::Result<()> {
    let names: HashMap<_, _> = workspaces::all(conn)?
        .into_iter()
        .map(|workspace| (workspace.id, workspace.name))
        .collect();
    for line in lines {
        let name = line.filter.workspace.and_then(|id| names.get(&id));
        line.name = name.map_or_else(|| "A workspace that was erased".into(), Clone::clone);
    }
    Ok(())
}

fn title(conn: &Connection, filter: &CallFilter) -> Result<String, ReviewError> {
    let Some(conversation) = filter.conversation else {
        return Ok("Conversations that were removed, and calls of none".into());
    };
    match chat::get(conn, conversation) {
        Ok(found) => Ok(found
            .title
            .unwrap_or_else(|| "A chat without a title".into())),
        Err(chat::ChatError::Store(error)) => Err(error.into()),
        Err(_) => Ok("A chat that was removed".into()),
    }
}

#[cfg(test)]
mod tests;
