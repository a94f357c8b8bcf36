//! `gatehouse costs report`: what was spent, told apart, for people, programs and spreadsheets.

use std::io::{self, Write as _};

use clap::{Args, ValueEnum};
use gatehouse_core::{
    app::App,
    charts::ChartTheme,
    costs::{
        budgets::Period,
        reports::{By, CallFilter, FiguresView, Query},
    },
    money,
    review::ReportFile,
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde_json::json;

use super::files::Files;
use crate::{failure::Failure, naming, output};

/// Days are those of this computer's clock.
#[derive(Args)]
pub(crate) struct Report {
    /// By what costs are told apart.
    #[arg(long, value_enum, default_value = "model")]
    by: Kind,
    /// The first day; without it, 29 days before the last one.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last day; without it, today.
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// Only calls of this workspace.
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    #[command(flatten)]
    files: Files,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Model,
    Provider,
    Workspace,
    Purpose,
    Conversation,
    Day,
    Week,
    Month,
    Call,
}

impl Kind {
    /// Along the time in which steps, and where it is not along the time, by what.
    fn ways(self) -> (Period, Option<By>) {
        match self {
            Self::Model => (Period::Day, Some(By::Model)),
            Self::Provider => (Period::Day, Some(By::Provider)),
            Self::Workspace => (Period::Day, Some(By::Workspace)),
            Self::Purpose => (Period::Day, Some(By::Purpose)),
            Self::Conversation => (Period::Day, Some(By::Conversation)),
            Self::Day | Self::Call => (Period::Day, None),
            Self::Week => (Period::Week, None),
            Self::Month => (Period::Month, None),
        }
    }

    fn file(self) -> ReportFile {
        match self {
            Self::Model => ReportFile::ModelsCsv,
            Self::Provider => ReportFile::ProvidersCsv,
            Self::Workspace => ReportFile::WorkspacesCsv,
            Self::Purpose => ReportFile::PurposesCsv,
            Self::Conversation => ReportFile::ConversationsCsv,
            Self::Day | Self::Week | Self::Month => ReportFile::StepsCsv,
            Self::Call => ReportFile::CallsCsv,
        }
    }
}

impl Report {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        let query = self.query(app)?;
        if self.files.are_asked_for() {
            return self.files.write(app, &query, json);
        }
        if self.files.csv.is_some() {
            let table = app.export_costs(&query, self.by.file(), ChartTheme::Light)?;
            return match io::stdout().write_all(&table) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    Err(Failure::system(error))
                }
                _ => Ok(()),
            };
        }
        if matches!(self.by, Kind::Call) {
            return Err(Failure::input(
                "Calls are written as a table: add --csv, or see `gatehouse calls list`.",
            ));
        }
        let overview = app.cost_overview(&query)?;
        let lines = match self.by.ways().1 {
            Some(by) => Some(app.cost_lines(&query, by)?),
            None => None,
        };
        if json {
            return output::json(&json!({
                "from": query.first,
                "to": query.last,
                "total": overview.total,
                "before": overview.before,
                "forecast": overview.forecast,
                "steps": overview.steps,
                "lines": lines,
            }));
        }
        let rows: Vec<_> = match &lines {
            Some(lines) => lines
                .lines
                .iter()
                .map(|line| row(&line.name, &line.figures))
                .collect(),
            None => overview
                .steps
                .iter()
                .map(|step| row(&step.first.to_string(), &step.figures))
                .collect(),
        };
        output::table(
            [
                "WHAT", "CALLS", "FAILED", "INPUT", "CACHED", "OUTPUT", "COST",
            ],
            &rows,
        )?;
        let [total, before] =
            [&overview.total, &overview.before].map(|of| money::with_unknown(&of.cost, of.unknown));
        output::line(&format!(
            "\n{total} from {} to {}. {before} in as many days before.",
            query.first, query.last
        ))
    }

    fn query(&self, app: &App) -> Result<Query, Failure> {
        let today = || TimeZone::system().to_datetime(Timestamp::now()).date();
        let last = self.to.unwrap_or_else(today);
        let workspace = self.workspace.as_deref();
        let workspace = workspace.map(|name| naming::workspace(app, name));
        Ok(Query {
            first: self.from.unwrap_or_else(|| last.saturating_sub(29.days())),
            last,
            step: self.by.ways().0,
            filter: CallFilter {
                workspace: workspace.transpose()?,
                ..CallFilter::default()
            },
        })
    }
}

fn row(name: &str, figures: &FiguresView) -> [String; 7] {
    [
        output::beginning(name, 48),
        figures.calls.to_string(),
        figures.failed.to_string(),
        (figures.input + figures.cache_written).to_string(),
        figures.cached.to_string(),
        figures.output.to_string(),
        money::with_unknown(&figures.cost, figures.unknown),
    ]
}
