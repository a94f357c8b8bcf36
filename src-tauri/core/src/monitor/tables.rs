//! The tables of the Monitor screen as CSV, and its charts as files.

use serde::{Deserialize, Serialize};
use serde_json::json;
use specta::Type;

use super::{
    MonitorChart, MonitorError, MonitorOverview, MonitorQuery,
    tally::{Health, Times},
};
use crate::{
    app::App,
    changes::here,
    charts::{self, ChartTheme},
    costs::name_of,
    now_ms,
    record::{Action, Event},
    tables::{Cell, Column, Kind, Table},
    zone_of,
};

/// A table of the Monitor screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum MonitorTable {
    /// How calls went along the time, with how many failed of each reason.
    Steps,
    /// How they went with each model.
    Models,
    /// What failed.
    Failures,
}

impl MonitorTable {
    /// The name that its file is given unless the person says otherwise.
    pub fn file_name(self, query: &MonitorQuery) -> String {
        let what = match self {
            Self::Steps => "over-time",
            Self::Models => "by-model",
            Self::Failures => "failures",
        };
        let (first, last) = (query.first, query.last);
        format!("gatehouse-monitor-{what}-{first}-{last}.csv")
    }
}

/// A file that a chart of the Monitor screen is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ChartFile {
    /// A drawing.
    Svg,
    /// A picture.
    Png,
}

impl ChartFile {
    /// The name that it is given unless the person says otherwise.
    pub fn file_name(self, of: MonitorChart, query: &MonitorQuery) -> String {
        let what = name_of(&of).replace('_', "-");
        let (first, last, ending) = (query.first, query.last, name_of(&self));
        format!("gatehouse-monitor-{what}-{first}-{last}.{ending}")
    }
}

/// The width of a chart in a file, in pixels.
const FILE_WIDTH: u32 = 760;

impl App {
    /// A chart of the Monitor screen, for somebody else. It is recorded before anybody has it.
    ///
    /// # Errors
    /// [`MonitorError`] when it cannot be drawn; nothing is recorded then.
    pub fn export_monitor_chart(
        &self,
        query: &MonitorQuery,
        of: MonitorChart,
        file: ChartFile,
        theme: ChartTheme,
    ) -> Result<Vec<u8>, MonitorError> {
        let chart = self.monitor_chart(query, of, theme, FILE_WIDTH)?;
        let content = match file {
            ChartFile::Svg => chart.with_values().into_bytes(),
            ChartFile::Png => charts::png(&chart, 2)?,
        };
        let format = format!("{}_{}", name_of(&of), name_of(&file));
        self.change(|_| Ok((content, exported(format, query))))
    }

    /// A table of the Monitor screen as CSV. It is recorded before anybody has it.
    ///
    /// # Errors
    /// [`MonitorError`] when the days are none or the database fails; nothing is recorded then.
    pub fn export_monitor(
        &self,
        query: &MonitorQuery,
        table: MonitorTable,
    ) -> Result<Vec<u8>, MonitorError> {
        let overview = self.monitor_overview(query)?;
        let csv = match table {
            MonitorTable::Steps => steps(&overview),
            MonitorTable::Models => models(&overview),
            MonitorTable::Failures => failures(&overview),
        };
        let format = format!("{}_csv", name_of(&table));
        self.change(|_| Ok((csv.csv().into_bytes(), exported(format, query))))
    }
}

/// The entry that says what was written, of which days by the clocks of which time zone, and of which model alone:
/// that in private, as a model may be a file that is named after a person.
fn exported(format: String, query: &MonitorQuery) -> Event {
    let event = here(Action::MonitorExported)
        .fact("format", format)
        .fact("zone", zone_of(now_ms()))
        .fact("from", query.first.to_string())
        .fact("until", query.last.to_string());
    match &query.model {
        Some(of) => event.payload(json!({ "provider": of.provider, "model": of.model })),
        None => event,
    }
}

const COUNTS: [&str; 5] = ["Calls", "Answered", "Stopped", "Failed", "Under way"];
const MEASURES: [&str; 4] = [
    "Waited, ms",
    "First token, ms",
    "Whole answer, ms",
    "Tokens a second",
];

/// A table of how calls went, with these columns before the numbers.
fn of_health(title: &str, words: &[&str]) -> Table {
    let words = words
        .iter()
        .map(|name| Column::new(*name, Kind::Words))
        .chain(COUNTS.map(|name| Column::new(name, Kind::Count)));
    let times = MEASURES.iter().flat_map(|measure| {
        [50, 95, 99].map(|share| Column::new(format!("{measure}, p{share}"), Kind::Count))
    });
    Table::new(title, words.chain(times))
}

fn numbers(of: &Health) -> impl Iterator<Item = Cell> + use<> {
    let counts = [of.calls, of.answered, of.stopped, of.failed, of.running].map(Cell::from);
    let three = |times: Times, cell: fn(i64) -> Cell| {
        [times.p50, times.p95, times.p99].map(|value| value.map_or(Cell::EMPTY, cell))
    };
    let times = [
        three(of.waited, Cell::from),
        three(of.first_token, Cell::from),
        three(of.duration, Cell::from),
        three(of.speed, in_a_second),
    ];
    counts.into_iter().chain(times.into_iter().flatten())
}

/// Tokens in a thousand seconds, as so many in one.
fn in_a_second(speed: i64) -> Cell {
    format!("{}.{:03}", speed / 1_000, speed.rem_euclid(1_000)).into()
}

fn steps(overview: &MonitorOverview) -> Table {
    let mut table = of_health("Over time", &["From", "Last day"]);
    let kinds = overview.failures.iter().map(|of| of.kind.as_str());
    let failed = |kind| Column::new(format!("Failed: {kind}"), Kind::Count);
    table.columns.extend(kinds.clone().map(failed));
    let row = |of: &super::MonitorStep| {
        let begins = of.begins.strftime("%Y-%m-%d %H:%M").to_string();
        let when = [begins.into(), of.last.into()];
        let failed = kinds.clone().map(|kind| {
            let mut failures = of.failures.iter();
            let found = failures.find(|failed| failed.kind == kind);
            found.map_or(0, |failed| failed.calls).into()
        });
        let numbers = numbers(&of.health).chain(failed);
        when.into_iter().chain(numbers).collect()
    };
    table.rows = overview.steps.iter().map(row).collect();
    table
}

fn models(overview: &MonitorOverview) -> Table {
    let mut table = of_health("By model", &["Model", "Provider"]);
    let row = |of: &super::ModelHealth| {
        let which = [of.of.model.as_str().into(), of.of.provider.as_str().into()];
        which.into_iter().chain(numbers(&of.health)).collect()
    };
    table.rows = overview.models.iter().map(row).collect();
    table
}

fn failures(overview: &MonitorOverview) -> Table {
    let columns = [
        Column::new("Reason", Kind::Words),
        Column::new("Calls", Kind::Count),
    ];
    let mut table = Table::new("What failed", columns);
    let row = |of: &super::FailureKind| vec![of.kind.as_str().into(), of.calls.into()];
    table.rows = overview.failures.iter().map(row).collect();
    table
}
