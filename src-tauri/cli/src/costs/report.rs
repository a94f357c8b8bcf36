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
    review::ReportFile,
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde_json::json;

use crate::{failure::Failure, output};

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
    /// Write a table for a spreadsheet. It leaves an entry in the record.
    #[arg(long)]
    csv: bool,
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
        let query = self.query();
        if self.csv {
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
        let unknown = match overview.total.unknown {
            0 => String::new(),
            1 => ", and one call whose cost is not known".into(),
            calls => format!(", and {calls} calls whose cost is not known"),
        };
        output::line(&format!(
            "\n{} from {} to {}{unknown}. {} in as many days before.",
            overview.total.cost, query.first, query.last, overview.before.cost
        ))
    }

    fn query(&self) -> Query {
        let today = || TimeZone::system().to_datetime(Timestamp::now()).date();
        let last = self.to.unwrap_or_else(today);
        Query {
            first: self.from.unwrap_or_else(|| last.saturating_sub(29.days())),
            last,
            step: self.by.ways().0,
            filter: CallFilter::default(),
        }
    }
}

fn row(name: &str, figures: &FiguresView) -> [String; 7] {
    let cost = match figures.unknown {
        0 => figures.cost.clone(),
        unknown => format!("{} + {unknown} unknown", figures.cost),
    };
    [
        output::beginning(name, 48),
        figures.calls.to_string(),
        figures.failed.to_string(),
        (figures.input + figures.cache_written).to_string(),
        figures.cached.to_string(),
        figures.output.to_string(),
        cost,
    ]
}
