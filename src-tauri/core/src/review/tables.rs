//! The tables of a report, and each as CSV (RFC 4180) that no spreadsheet runs.

use crate::costs::{
    CallRow, name_of,
    reports::{
        By, FiguresView, Forecast, Line, Overview,
        forecast::{DayOfMonth, Interval},
    },
};

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// What stands above its columns.
    pub headings: Vec<String>,
    /// How many columns at its beginning are words; the others are numbers.
    pub words: usize,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

const FIGURES: [&str; 9] = [
    "Calls",
    "Failed",
    "Cost not known",
    "Cost by our count",
    "Input tokens",
    "Cached tokens",
    "Output tokens",
    "Paid for failed calls, US$",
    "Cost, US$",
];

impl Table {
    fn new(title: &str, words: &[&str], numbers: &[&str]) -> Self {
        Self {
            title: title.into(),
            headings: words
                .iter()
                .chain(numbers)
                .map(|&name| name.into())
                .collect(),
            words: words.len(),
            rows: Vec::new(),
        }
    }

    /// As CSV, with a line for the headings.
    pub fn csv(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
            format!("{}\r\n", cells.join(","))
        };
        [&self.headings]
            .into_iter()
            .chain(&self.rows)
            .map(|cells| line(cells))
            .collect()
    }
}

/// A cell, in quotes where it needs them. One that a spreadsheet would take for a formula gets an
/// apostrophe, at which it is text.
fn csv_cell(cell: &str) -> String {
    let begins_a_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let guarded = if begins_a_formula {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    if guarded.contains(['"', ',', '\n', '\r', ';']) {
        return format!("\"{}\"", guarded.replace('"', "\"\""));
    }
    guarded
}

/// What the month had come to by the end of each day, and is likely to.
pub(super) fn of_the_month(forecast: &Forecast) -> Table {
    let numbers = [
        "Spent since the first, US$",
        "Likely, US$",
        "Less in one of ten, US$",
        "More in one of ten, US$",
    ];
    let mut table = Table::new("This month, day by day", &["Day"], &numbers);
    let plain = |amount: String| amount.replace('$', "");
    let likely = |of: &DayOfMonth, amount: fn(&Interval) -> &String| {
        let amount = of.likely.as_ref().map(|range| cents(amount(range)));
        amount.map_or_else(String::new, plain)
    };
    table.rows = forecast
        .course
        .iter()
        .map(|of| {
            vec![
                of.day.to_string(),
                of.spent.clone().map_or_else(String::new, plain),
                likely(of, |range| &range.likely),
                likely(of, |range| &range.low),
                likely(of, |range| &range.high),
            ]
        })
        .collect();
    table
}

/// An estimate to the cent, or as far as it has digits: more would claim what nobody knows.
pub(super) fn cents(amount: &str) -> String {
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    let digits: String = part.chars().take(2).collect();
    format!("{whole}.{digits:0<2}")
}

/// What was spent in each step.
pub(super) fn along_the_time(overview: &Overview) -> Table {
    let mut table = Table::new("Over time", &["From", "To"], &FIGURES);
    table.rows = overview
        .steps
        .iter()
        .map(|step| {
            let words = [step.first.to_string(), step.last.to_string()];
            words.into_iter().chain(figures(&step.figures)).collect()
        })
        .collect();
    table
}

/// What was spent on what.
pub(super) fn by(by: By, lines: &[Line]) -> Table {
    let (title, words): (&str, &[&str]) = match by {
        By::Model => ("By model", &["Model", "Provider"]),
        By::Provider => ("By provider", &["Provider"]),
        By::Workspace => ("By workspace", &["Workspace"]),
        By::Purpose => ("By purpose", &["Purpose"]),
        By::Conversation => ("By conversation", &["Conversation"]),
    };
    let mut table = Table::new(title, words, &FIGURES);
    table.rows = lines
        .iter()
        .map(|line| {
            let whose = (by == By::Model).then(|| provider(line.filter.provider.as_deref()));
            let name = match by {
                By::Provider => provider(Some(&line.name)),
                _ => line.name.clone(),
            };
            [name]
                .into_iter()
                .chain(whose)
                .chain(figures(&line.figures))
                .collect()
        })
        .collect();
    table
}

fn provider(name: Option<&str>) -> String {
    match name {
        Some("local") | None => "This computer".into(),
        Some(other) => other.into(),
    }
}

fn figures(of: &FiguresView) -> [String; 9] {
    [
        of.calls.to_string(),
        of.failed.to_string(),
        of.unknown.to_string(),
        of.estimated.to_string(),
        (of.input + of.cache_written).to_string(),
        of.cached.to_string(),
        of.output.to_string(),
        of.lost.replace('$', ""),
        of.cost.replace('$', ""),
    ]
}

/// A table for calls.
pub(super) fn of_calls() -> Table {
    Table::new(
        "Calls",
        &[
            "Call",
            "Began (UTC)",
            "For",
            "Model",
            "Account",
            "How it ended",
            "What failed",
        ],
        &[
            "Prompt tokens",
            "Cached tokens",
            "Output tokens",
            "Duration, ms",
            "Cost, US$ (empty: not known)",
        ],
    )
}

/// The row of a call.
pub(super) fn call(call: &CallRow) -> Vec<String> {
    let summary = &call.summary;
    let began = jiff::Timestamp::from_millisecond(call.started_at_ms);
    vec![
        summary.number.to_string(),
        began.map_or_else(|_| String::new(), |at| format!("{at:.3}")),
        name_of(&call.purpose),
        summary.model.clone(),
        summary
            .account
            .clone()
            .unwrap_or_else(|| "This computer".into()),
        name_of(&call.status),
        call.error_kind.clone().unwrap_or_default(),
        summary.prompt_tokens.to_string(),
        summary.cached_tokens.to_string(),
        summary.output_tokens.to_string(),
        summary.duration_ms.to_string(),
        summary.cost.as_deref().unwrap_or_default().replace('$', ""),
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// CSV read as RFC 4180 has it.
    fn read(csv: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
        let (mut quoted, mut signs) = (false, csv.chars().peekable());
        while let Some(sign) = signs.next() {
            match sign {
                '"' if quoted && signs.peek() == Some(&'"') => cell.extend(signs.next()),
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut cell)),
                '\r' if !quoted => {
                    assert_eq!(signs.next(), Some('\n'));
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                other => cell.push(other),
            }
        }
        assert!(!quoted && row.is_empty() && cell.is_empty());
        rows
    }

    proptest! {
        #[test]
        fn a_table_is_read_back_as_it_was_and_nothing_in_it_is_a_formula(
            rows in proptest::collection::vec(proptest::collection::vec("[=+@\\-\t\r\n\",;a'1]{0,6}|.{0,12}", 3), 0..6),
        ) {
            let mut table = Table::new("A table", &["One", "Two", "Three"], &[]);
            table.rows = rows.clone();
            let found = read(&table.csv());
            prop_assert_eq!(found.len(), rows.len() + 1);
            for (row, wanted) in found[1..].iter().zip(&rows) {
                for (cell, wanted) in row.iter().zip(wanted) {
                    prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
                    prop_assert!(cell == wanted || cell[1..] == **wanted && cell.starts_with('\''));
                }
            }
        }
    }
}
