//! The files about costs that a person gives to others.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{ReviewError, Table, chart, html, name, pdf, tables};
use crate::{
    app::App,
    changes::here,
    charts::{self, Chart, ChartTheme},
    costs::{
        name_of,
        reports::{self, By, Overview, Query},
    },
    record::{Action, Event},
};

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
            Self::Pdf => ("costs", "pdf"),
            Self::Svg => ("costs", "svg"),
            Self::Png => ("costs", "png"),
            Self::MonthCsv => ("costs-of-the-month", "csv"),
            Self::MonthSvg => ("costs-of-the-month", "svg"),
            Self::MonthPng => ("costs-of-the-month", "png"),
        };
        format!("gatehouse-{what}-{}-{}.{ending}", query.first, query.last)
    }
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
                tables::along_the_time(&overview).csv().into_bytes()
            }
            File::MonthCsv => {
                let forecast = self.cost_overview(query)?.forecast;
                let forecast = forecast.ok_or(ReviewError::NoForecast)?;
                tables::of_the_month(&forecast).csv().into_bytes()
            }
            File::ModelsCsv => table_by(By::Model)?,
            File::ProvidersCsv => table_by(By::Provider)?,
            File::WorkspacesCsv => table_by(By::Workspace)?,
            File::PurposesCsv => table_by(By::Purpose)?,
            File::ConversationsCsv => table_by(By::Conversation)?,
            File::CallsCsv => self.calls_csv(query)?,
            File::Svg => spend()?.svg.into_bytes(),
            File::Png => charts::png(&spend()?, 2)?,
            File::MonthSvg => month()?.svg.into_bytes(),
            File::MonthPng => charts::png(&month()?, 2)?,
            File::Html => {
                let (overview, tables, charts) = self.whole(query, theme)?;
                html::html(&overview, &tables, &charts).into_bytes()
            }
            File::Pdf => {
                // Paper is light.
                let (overview, tables, charts) = self.whole(query, ChartTheme::Light)?;
                pdf::pdf(&overview, &tables, &charts)?
            }
        })
    }

    /// All that a whole report has.
    fn whole(
        &self,
        query: &Query,
        theme: ChartTheme,
    ) -> Result<(Overview, Vec<Table>, Vec<Chart>), ReviewError> {
        let overview = self.cost_overview(query)?;
        let spend = chart::spend(&overview, query.step, theme, chart::PAGE_WIDTH)?;
        let month = chart::course_of_month(&overview, theme, chart::PAGE_WIDTH)?;
        let tables = self.tables(query, &overview)?;
        let charts = [spend].into_iter().chain(month).collect();
        Ok((overview, tables, charts))
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
        tables.extend(overview.forecast.as_ref().map(tables::of_the_month));
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
