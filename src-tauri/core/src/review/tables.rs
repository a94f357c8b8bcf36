//! The tables of a report.

use crate::{
    costs::{
        CallRow,
        budgets::BudgetView,
        name_of,
        reports::{
            By, FiguresView, FirstToken, Forecast, Line, Overview, PricedModel, THIS_COMPUTER,
            forecast::{DayOfMonth, Interval},
        },
    },
    tables::{Cell, Column, Kind, Table},
};

/// The columns of what was used and spent.
const FIGURES: [(&str, Kind); 9] = [
    ("Calls", Kind::Count),
    ("Failed", Kind::Count),
    ("Cost not known", Kind::Count),
    ("Cost by our count", Kind::Count),
    ("Input tokens", Kind::Count),
    ("Cached tokens", Kind::Count),
    ("Output tokens", Kind::Count),
    ("Paid for failed calls, US$", Kind::Money),
    ("Cost, US$", Kind::Money),
];

/// A table with columns of words, then with these.
pub(super) fn table(title: &str, words: &[&str], others: &[(&str, Kind)]) -> Table {
    let words = words
        .iter()
        .map(|heading| Column::new(*heading, Kind::Words));
    let others = others
        .iter()
        .map(|(heading, kind)| Column::new(*heading, *kind));
    Table::new(title, words.chain(others))
}

/// What the month had come to by the end of each day, and is likely to.
pub(super) fn of_the_month(forecast: &Forecast) -> Table {
    let amounts = [
        ("Spent since the first, US$", Kind::Money),
        ("Likely, US$", Kind::Money),
        ("Less in one of ten, US$", Kind::Money),
        ("More in one of ten, US$", Kind::Money),
    ];
    let likely = |of: &DayOfMonth, amount: fn(&Interval) -> &String| {
        Cell::maybe(of.likely.as_ref().map(|of| Cell::money(amount(of))))
    };
    let mut table = table("This month, day by day", &["Day"], &amounts);
    table.rows = forecast
        .course
        .iter()
        .map(|of| {
            vec![
                of.day.into(),
                Cell::maybe(of.spent.as_deref().map(Cell::money)),
                likely(of, |range| &range.likely),
                likely(of, |range| &range.low),
                likely(of, |range| &range.high),
            ]
        })
        .collect();
    table
}

/// How budgets stand, each with whose it is: of its own time up to now, whatever days the report is of.
pub(super) fn of_budgets(budgets: &[(String, BudgetView)]) -> Table {
    let numbers = [
        ("Limit, US$", Kind::Money),
        ("Spent, US$", Kind::Money),
        ("Set aside, US$", Kind::Money),
    ];
    let mut table = table("Budgets, as they stand now", &["Whose", "A"], &numbers);
    let row = |(whose, of): &(String, BudgetView)| {
        vec![
            whose.as_str().into(),
            name_of(&of.period).into(),
            Cell::money(&of.limit),
            Cell::cost(&of.spent, of.unknown_calls.into()),
            Cell::money(&of.reserved),
        ]
    };
    table.rows = budgets.iter().map(row).collect();
    table
}

/// What was used and spent in each step.
pub(super) fn along_the_time(overview: &Overview) -> Table {
    let mut table = table("Over time", &["From", "To"], &FIGURES);
    table.rows = overview
        .steps
        .iter()
        .map(|step| {
            let days = [step.first, step.last].map(Cell::from);
            days.into_iter().chain(figures(&step.figures)).collect()
        })
        .collect();
    table
}

/// What models cost in each step: the numbers of the chart.
pub(super) fn models_along_the_time(overview: &Overview) -> Table {
    let mut table = table("Over time, by model", &["From", "To"], &[]);
    let names = overview.series.iter().map(|series| &series.name);
    table
        .columns
        .extend(names.map(|name| Column::new(format!("{name}, US$"), Kind::Money)));
    let steps = overview.steps.iter().enumerate();
    table.rows = steps
        .map(|(nth, step)| {
            let days = [step.first, step.last].map(Cell::from);
            let costs = overview.series.iter();
            let costs = costs.map(|series| {
                let cost = series.costs.get(nth).zip(series.unknown.get(nth));
                Cell::maybe(cost.map(|(cost, unknown)| Cell::cost(cost, *unknown)))
            });
            days.into_iter().chain(costs).collect()
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
    let mut table = table(title, words, &FIGURES);
    table.rows = lines
        .iter()
        .map(|line| {
            let name = match by {
                By::Provider => provider(&line.name),
                _ => line.name.as_str(),
            };
            let whose = line.filter.provider.as_deref().map_or("", provider);
            let whose = (by == By::Model).then(|| whose.into());
            let name = Cell::from(name);
            let cells = [name].into_iter().chain(whose);
            cells.chain(figures(&line.figures)).collect()
        })
        .collect();
    table
}

/// How long the models of these lines took to begin, in their order.
pub(super) fn first_tokens(lines: &[Line], found: &[FirstToken]) -> Table {
    let column = Column::new("First token, median, ms", Kind::Count);
    let mut table = Table::new("First token", [column]);
    let of_line = |line: &Line| {
        found.iter().find(|of| {
            let (provider, model) = (&of.model.provider, &of.model.model);
            line.filter.provider.as_ref() == Some(provider)
                && line.filter.model.as_ref() == Some(model)
        })
    };
    let cells = lines
        .iter()
        .map(|line| of_line(line).map(|of| of.median_ms));
    table.rows = cells.map(|cell| vec![Cell::maybe(cell)]).collect();
    table
}

/// A provider as a person knows it.
pub(super) fn provider(name: &str) -> &str {
    match name {
        THIS_COMPUTER => "This computer",
        other => other,
    }
}

/// A model and whose it is.
pub(super) fn model_cells(of: &PricedModel) -> [Cell; 2] {
    [of.model.as_str().into(), provider(&of.provider).into()]
}

fn figures(of: &FiguresView) -> [Cell; 9] {
    [
        of.calls.into(),
        of.failed.into(),
        of.unknown.into(),
        of.estimated.into(),
        (of.input + of.cache_written).into(),
        of.cached.into(),
        of.output.into(),
        Cell::money(&of.lost),
        Cell::cost(&of.cost, of.unknown),
    ]
}

/// A table for calls.
pub(super) fn of_calls() -> Table {
    table(
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
            ("Prompt tokens", Kind::Count),
            ("Cached tokens", Kind::Count),
            ("Output tokens", Kind::Count),
            ("Duration, ms", Kind::Count),
            ("Cost, US$ (empty: not known)", Kind::Money),
        ],
    )
}

/// The row of a call.
pub(super) fn call(call: &CallRow) -> Vec<Cell> {
    let summary = &call.summary;
    let began = jiff::Timestamp::from_millisecond(call.started_at_ms);
    vec![
        summary.number.into(),
        Cell::maybe(began.ok().map(|at| format!("{at:.3}"))),
        name_of(&call.purpose).into(),
        summary.model.as_str().into(),
        summary.account.as_deref().unwrap_or("This computer").into(),
        name_of(&call.status).into(),
        Cell::maybe(call.error_kind.as_deref()),
        summary.prompt_tokens.into(),
        summary.cached_tokens.into(),
        summary.output_tokens.into(),
        summary.duration_ms.into(),
        Cell::maybe(summary.cost.as_deref().map(Cell::money)),
    ]
}
