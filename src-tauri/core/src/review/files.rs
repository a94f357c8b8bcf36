//! The files about costs that a person gives to others.

use jiff::{Timestamp, tz::TimeZone};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{MOST_LINES, ReviewError, chart, html, name, pdf, tables};
use crate::{
    app::App,
    changes::here,
    charts::{self, Chart, ChartTheme},
    clients,
    costs::{
        budgets::{self, BudgetView},
        name_of,
        reports::{self, By, CallFilter, Overview, Query},
    },
    now_ms,
    record::{Action, Event},
    tables::Table,
    workspaces, zone_of,
};

/// A file that costs are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ReportFile {
    /// The table along the time, as CSV, with what each model of the chart cost.
    StepsCsv,
    /// The table by model, as CSV, with how long each took to begin.
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
    /// Everything but the titles of chats, on one page that needs nothing else.
    Html,
    /// The same with the titles of chats.
    HtmlWithChats,
    /// Everything but the titles of chats, on sheets of paper.
    Pdf,
    /// The same with the titles of chats.
    PdfWithChats,
    /// The chart as a drawing.
    Svg,
    /// The chart as a picture.
    Png,
    /// The table of where this month is likely to end, as CSV.
    MonthCsv,
    /// The chart of that as a drawing.
    MonthSvg,
    /// The chart of that as a picture.
    MonthPng,
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
            Self::HtmlWithChats => ("costs-with-chats", "html"),
            Self::Pdf => ("costs", "pdf"),
            Self::PdfWithChats => ("costs-with-chats", "pdf"),
            Self::Svg => ("costs", "svg"),
            Self::Png => ("costs", "png"),
            Self::MonthCsv => ("costs-of-the-month", "csv"),
            Self::MonthSvg => ("costs-of-the-month", "svg"),
            Self::MonthPng => ("costs-of-the-month", "png"),
        };
        format!("gatehouse-{what}-{}-{}.{ending}", query.first, query.last)
    }
}

/// All that a whole report has.
pub(super) struct Report {
    pub(super) title: String,
    /// What it says of itself, in sentences: of which calls it is, when and where it was made.
    pub(super) about: Vec<String>,
    pub(super) overview: Overview,
    pub(super) charts: Vec<Chart>,
    pub(super) tables: Vec<Table>,
}

impl App {
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
        self.change(|_| Ok((content, exported(&name_of(&file), Some(query)))))
    }

    fn costs_file(
        &self,
        query: &Query,
        file: ReportFile,
        theme: ChartTheme,
    ) -> Result<Vec<u8>, ReviewError> {
        use ReportFile as File;
        let table_by = |by| Ok::<_, ReviewError>(self.table_by(query, by)?.csv().into_bytes());
        let spend = || self.cost_chart(query, theme, chart::PAGE_WIDTH);
        let month = || {
            let drawn = self.cost_forecast_chart(query, theme, chart::PAGE_WIDTH)?;
            drawn.ok_or(ReviewError::NoForecast)
        };
        Ok(match file {
            File::StepsCsv => {
                let overview = self.cost_overview(query)?;
                let models = tables::models_along_the_time(&overview);
                let table = tables::along_the_time(&overview).beside(models, 2);
                table.csv().into_bytes()
            }
            File::MonthCsv => {
                let forecast = self.cost_overview(query)?.forecast;
                let forecast = forecast.ok_or(ReviewError::NoForecast)?;
                tables::of_the_month(&forecast).csv().into_bytes()
            }
            File::ModelsCsv => self.models_csv(query)?,
            File::ProvidersCsv => table_by(By::Provider)?,
            File::WorkspacesCsv => table_by(By::Workspace)?,
            File::PurposesCsv => table_by(By::Purpose)?,
            File::ConversationsCsv => table_by(By::Conversation)?,
            File::CallsCsv => self.calls_csv(query)?,
            File::Svg => spend()?.with_values().into_bytes(),
            File::Png => charts::png(&spend()?, 2)?,
            File::MonthSvg => month()?.with_values().into_bytes(),
            File::MonthPng => charts::png(&month()?, 2)?,
            File::Html | File::HtmlWithChats => {
                html::html(&self.report(query, file == File::HtmlWithChats)?).into_bytes()
            }
            File::Pdf | File::PdfWithChats => {
                pdf::pdf(&self.report(query, file == File::PdfWithChats)?)?
            }
        })
    }

    /// A whole report. It is light, as paper is, whatever the window looks like.
    pub(super) fn report(&self, query: &Query, with_chats: bool) -> Result<Report, ReviewError> {
        let theme = ChartTheme::Light;
        let overview = self.cost_overview(query)?;
        let spend = self.cost_chart(query, theme, chart::PAGE_WIDTH)?;
        let month = overview.forecast.as_ref();
        let month = month.map(|of| chart::course_of_month(of, theme, chart::PAGE_WIDTH));
        Ok(Report {
            title: format!("Costs from {} to {}", query.first, query.last),
            about: self
                .store
                .read(|conn| about(conn, &query.filter, now_ms(), with_chats))?,
            charts: [spend].into_iter().chain(month.transpose()?).collect(),
            tables: self.report_tables(query, &overview, with_chats)?,
            overview,
        })
    }

    /// The budgets that the screen shows beside these calls, with whose they are.
    fn report_budgets(&self, query: &Query) -> Result<Vec<(String, BudgetView)>, ReviewError> {
        let place = query.filter.workspace;
        let whose = |of: &BudgetView| match of.everywhere {
            true => "All workspaces".to_owned(),
            false => "This workspace".to_owned(),
        };
        self.store.read(|conn| {
            let budgets = budgets::views(conn, place, now_ms())?.into_iter();
            let mut found: Vec<_> = budgets.map(|of| (whose(&of), of)).collect();
            for of in clients::standings(conn, now_ms())? {
                let client = of.client;
                let is_here = place.is_none_or(|place| client.workspace_id == place);
                if let (Some(standing), None, true) = (of.standing, client.revoked_at_ms, is_here) {
                    found.push((client.name, standing));
                }
            }
            Ok(found)
        })
    }

    /// Every table of a report.
    fn report_tables(
        &self,
        query: &Query,
        overview: &Overview,
        with_chats: bool,
    ) -> Result<Vec<Table>, ReviewError> {
        let first = self.cost_first_tokens(query)?;
        let mut tables = vec![
            tables::of_budgets(&self.report_budgets(query)?),
            tables::along_the_time(overview),
            tables::models_along_the_time(overview),
        ];
        let models = tables::by(By::Model, &overview.models);
        tables.push(models.beside(tables::first_tokens(&overview.models, &first), 0));
        for (by, lines) in [
            (By::Provider, &overview.providers),
            (By::Workspace, &overview.workspaces),
            (By::Purpose, &overview.purposes),
        ] {
            tables.push(tables::by(by, lines));
        }
        if with_chats {
            tables.push(self.table_by(query, By::Conversation)?.first(MOST_LINES));
        }
        tables.extend(overview.forecast.as_ref().map(tables::of_the_month));
        tables.retain(|table| !table.rows.is_empty());
        Ok(tables)
    }

    fn table_by(&self, query: &Query, by: By) -> Result<Table, ReviewError> {
        self.store.read(|conn| {
            let mut lines = reports::lines(conn, query.span()?, &query.filter, by)?;
            name(conn, by, &mut lines)?;
            Ok(tables::by(by, &lines))
        })
    }

    fn models_csv(&self, query: &Query) -> Result<Vec<u8>, ReviewError> {
        self.store.read(|conn| {
            let span = query.span()?;
            let lines = reports::lines(conn, span, &query.filter, By::Model)?;
            let first = reports::first_tokens(conn, span, &query.filter)?;
            let first = tables::first_tokens(&lines, &first);
            Ok(tables::by(By::Model, &lines)
                .beside(first, 0)
                .csv()
                .into_bytes())
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

/// The entry that says what was written, and of which calls.
pub(super) fn exported(format: &str, query: Option<&Query>) -> Event {
    let event = here(Action::CostsExported)
        .fact("format", format)
        .fact("zone", zone_of(now_ms()));
    let Some(query) = query else {
        return event;
    };
    let workspace = query.filter.workspace.map(|id| id.to_string());
    event
        .fact("from", query.first.to_string())
        .fact("until", query.last.to_string())
        .maybe("workspace", workspace)
}

/// What a report says of itself.
fn about(
    conn: &Connection,
    filter: &CallFilter,
    now_ms: i64,
    with_chats: bool,
) -> Result<Vec<String>, ReviewError> {
    let workspace = match filter.workspace {
        None => "All workspaces.".to_owned(),
        Some(id) => {
            let all = workspaces::all(conn)?;
            let found = all.into_iter().find(|workspace| workspace.id == id);
            match found {
                Some(workspace) => format!("The workspace {} alone.", workspace.name),
                None => "A workspace that was erased.".into(),
            }
        }
    };
    let only = CallFilter {
        workspace: None,
        ..filter.clone()
    };
    let some = (only != CallFilter::default()).then(|| "Only some of its calls.".to_owned());
    let (zone, now) = (TimeZone::system(), Timestamp::from_millisecond(now_ms));
    let now = now.unwrap_or_default();
    let made = format!(
        "Made on {}, {} (UTC{}). Days are those of its clocks.",
        zone.to_datetime(now).strftime("%-d %B %Y at %H:%M"),
        zone_of(now_ms),
        zone.to_offset(now)
    );
    let chats = (!with_chats).then(|| "Titles of chats are left out.".to_owned());
    Ok([workspace]
        .into_iter()
        .chain(some)
        .chain([made])
        .chain(chats)
        .collect())
}
