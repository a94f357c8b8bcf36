//! What a person sees of their costs, put together from calls, prices, ratings and names; and the
//! reports about them that they give to others.

mod advice;
mod chart;
mod html;
mod pdf;
mod prices;
mod shorter;
mod tables;
mod what_if;

use std::collections::HashMap;

use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use specta::Type;

pub use self::{
    advice::{Advice, AdviceKind},
    chart::spend,
    prices::{PriceInput, PriceInputError, PricePage, PriceRow},
    shorter::{Shorter, shorter},
    tables::Table,
    what_if::{Basis, Difficulty, Plan, Planned, Recommendation, WhatIf},
};
use crate::{
    app::App,
    changes::here,
    charts::{self, Chart, ChartError, ChartTheme},
    chat,
    costs::{
        name_of,
        reports::{
            self, By, CallFilter, CallsPage, Line, Overview, Power, Preferences, Query, ReportError,
        },
    },
    money::Money,
    now_ms,
    problem::{Problem, ProblemCode},
    record::{Action, Event},
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
    /// They could not be printed.
    #[error("the PDF could not be made: {0}")]
    Pdf(String),
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
            ReviewError::Store(error) => error.into(),
            other => Self::new(ProblemCode::Internal, other),
        }
    }
}

/// A file that costs are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ReportFile {
    /// The table along the time, as CSV.
    StepsCsv,
    /// The table by model, as CSV.
    ModelsCsv,
    /// The table by provider, as CSV.
    ProvidersCsv,
    /// The table by workspace, as CSV.
    WorkspacesCsv,
    /// The table by purpose, as CSV.
    PurposesCsv,
    /// The table by conversation, as CSV.
    ConversationsCsv,
    /// Each call, as CSV.
    CallsCsv,
    /// Everything on one page that needs nothing else.
    Html,
    /// Everything on sheets of paper.
    Pdf,
    /// The chart as a drawing.
    Svg,
    /// The chart as a picture.
    Png,
}

impl ReportFile {
    /// The name that it is given unless the person says otherwise.
    pub fn file_name(self, query: &Query) -> String {
        let (what, ending) = match self {
            Self::StepsCsv => ("costs-over-time", "csv"),
            Self::ModelsCsv => ("costs-by-model", "csv"),
            Self::ProvidersCsv => ("costs-by-provider", "csv"),
            Self::WorkspacesCsv => ("costs-by-workspace", "csv"),
            Self::PurposesCsv => ("costs-by-purpose", "csv"),
            Self::ConversationsCsv => ("costs-by-conversation", "csv"),
            Self::CallsCsv => ("calls", "csv"),
            Self::Html => ("costs", "html"),
            Self::Pdf => ("costs", "pdf"),
            Self::Svg => ("costs", "svg"),
            Self::Png => ("costs", "png"),
        };
        format!("gatehouse-{what}-{}-{}.{ending}", query.first, query.last)
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
        let overview = self.cost_overview(query)?;
        Ok(chart::spend(&overview, query.step, theme, width)?)
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

    /// A file about the costs of some days, for somebody else. It is recorded before anybody has it.
    ///
    /// # Errors
    /// [`ReviewError`] when it cannot be made; nothing is recorded then.
    pub fn export_costs(
        &self,
        query: &Query,
        file: ReportFile,
        theme: ChartTheme,
    ) -> Result<Vec<u8>, ReviewError> {
        let content = self.costs_file(query, file, theme)?;
        self.change(|_| {
            let event = here(Action::CostsExported)
                .fact("format", name_of(&file))
                .fact("from", query.first.to_string())
                .fact("until", query.last.to_string());
            Ok::<(Vec<u8>, Event), ReviewError>((content, event))
        })
    }

    fn costs_file(
        &self,
        query: &Query,
        file: ReportFile,
        theme: ChartTheme,
    ) -> Result<Vec<u8>, ReviewError> {
        let by = match file {
            ReportFile::CallsCsv => return self.calls_csv(query),
            ReportFile::ConversationsCsv => Some(By::Conversation),
            ReportFile::ModelsCsv => Some(By::Model),
            ReportFile::ProvidersCsv => Some(By::Provider),
            ReportFile::WorkspacesCsv => Some(By::Workspace),
            ReportFile::PurposesCsv => Some(By::Purpose),
            _ => None,
        };
        if let Some(by) = by {
            return Ok(self.table_by(query, by)?.csv().into_bytes());
        }
        let overview = self.cost_overview(query)?;
        if file == ReportFile::StepsCsv {
            return Ok(tables::along_the_time(&overview).csv().into_bytes());
        }
        let chart = chart::spend(&overview, query.step, theme, chart::PAGE_WIDTH)?;
        match file {
            ReportFile::Svg => Ok(chart.svg.into_bytes()),
            ReportFile::Png => Ok(charts::png(&chart, 2)?),
            ReportFile::Pdf => {
                // Paper is light.
                let chart =
                    chart::spend(&overview, query.step, ChartTheme::Light, chart::PAGE_WIDTH)?;
                pdf::pdf(&overview, &self.tables(query, &overview)?, &chart)
            }
            _ => Ok(html::html(&overview, &self.tables(query, &overview)?, &chart).into_bytes()),
        }
    }

    /// Every table of a report.
    fn tables(&self, query: &Query, overview: &Overview) -> Result<Vec<Table>, ReviewError> {
        let mut tables = vec![tables::along_the_time(overview)];
        for (by, lines) in [
            (By::Model, &overview.models),
            (By::Provider, &overview.providers),
            (By::Workspace, &overview.workspaces),
            (By::Purpose, &overview.purposes),
        ] {
            tables.push(tables::by(by, lines));
        }
        tables.push(self.table_by(query, By::Conversation)?);
        Ok(tables)
    }

    fn table_by(&self, query: &Query, by: By) -> Result<Table, ReviewError> {
        self.store.read(|conn| {
            let mut lines = reports::lines(conn, query.span()?, &query.filter, by)?;
            name(conn, by, &mut lines)?;
            Ok(tables::by(by, &lines))
        })
    }

    fn calls_csv(&self, query: &Query) -> Result<Vec<u8>, ReviewError> {
        self.store.read(|conn| {
            let span = query.span()?;
            let (mut table, mut after) = (tables::of_calls(), None);
            loop {
                let page = reports::calls(conn, span, &query.filter, after, 200)?;
                table.rows.extend(page.calls.iter().map(tables::call));
                after = page.next;
                if after.is_none() {
                    return Ok(table.csv().into_bytes());
                }
            }
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
            kilowatt_hour: Money::of_dollars(&settings.kilowatt_hour).unwrap_or_default(),
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
