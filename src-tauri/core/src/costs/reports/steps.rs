//! Figures along the time: one step a day, a week or a month, and in each what the dearest models cost.

use std::collections::HashMap;

use jiff::{ToSpan, civil::Date};
use serde::Serialize;
use specta::Type;

use super::{FiguresView, Span, date_of, number_of};
use crate::{
    costs::{
        budgets::Period,
        days::{Figures, Group},
    },
    money::Money,
};

/// A day, a week or a month, as far as the days of the report go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its first day in the report.
    #[specta(type = String)]
    pub first: Date,
    /// Its last day in the report.
    #[specta(type = String)]
    pub last: Date,
    /// What was used and spent in it.
    pub figures: FiguresView,
}

/// What one model, or all that have no series of their own, cost in each step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Series {
    /// The model; empty for all others together.
    pub name: String,
    /// Whose it is; empty for all others together.
    pub provider: String,
    /// What it cost, exact, one amount a step.
    pub costs: Vec<String>,
    /// The same for whoever draws it.
    #[serde(skip)]
    pub amounts: Vec<Money>,
}

/// Models with a series of their own; more colours than that nobody tells apart.
const MOST_SERIES: usize = 5;

/// The steps of a span, each with its first and last day as numbers. Weeks begin on Monday.
pub(crate) fn steps_of(span: Span, step: Period) -> Vec<Span> {
    let mut steps = Vec::new();
    let mut first = span.first;
    while first <= span.last {
        let day = date_of(first);
        let end = match step {
            Period::Day => day,
            Period::Week => day.saturating_add((6 - day.weekday().to_monday_zero_offset()).days()),
            Period::Month => day.last_of_month(),
        };
        let last = number_of(end).clamp(first, span.last);
        steps.push(Span { first, last });
        first = last + 1;
    }
    steps
}

/// The figures of each step; those without a call are there, too.
pub(super) fn figures(groups: &[Group], steps: &[Span]) -> Vec<Step> {
    let mut sums = vec![Figures::default(); steps.len()];
    for group in groups {
        if let Some(at) = step_at(steps, group.day) {
            sums[at].add(&group.figures);
        }
    }
    let step = |(span, figures): (&Span, &Figures)| Step {
        first: date_of(span.first),
        last: date_of(span.last),
        figures: FiguresView::from(figures),
    };
    steps.iter().zip(&sums).map(step).collect()
}

/// The dearest models, and all others together, if they cost anything.
pub(super) fn series(groups: &[Group], steps: &[Span]) -> Vec<Series> {
    let mut by_model: HashMap<(&str, &str), Vec<Money>> = HashMap::new();
    for group in groups
        .iter()
        .filter(|group| group.figures.cost > Money::ZERO)
    {
        let amounts = by_model
            .entry((&group.model, &group.provider))
            .or_insert_with(|| vec![Money::ZERO; steps.len()]);
        if let Some(at) = step_at(steps, group.day) {
            amounts[at] = amounts[at] + group.figures.cost;
        }
    }
    let total = |amounts: &[Money]| amounts.iter().copied().sum::<Money>();
    let mut all: Vec<_> = by_model.into_iter().collect();
    all.sort_by(|(name, one), (other, two)| {
        total(two).cmp(&total(one)).then_with(|| name.cmp(other))
    });
    let others = all.split_off(all.len().min(MOST_SERIES));
    let mut series: Vec<_> = all
        .into_iter()
        .map(|((model, provider), amounts)| one_series(model, provider, amounts))
        .collect();
    if !others.is_empty() {
        let mut sums = vec![Money::ZERO; steps.len()];
        for (_, amounts) in &others {
            for (sum, amount) in sums.iter_mut().zip(amounts) {
                *sum = *sum + *amount;
            }
        }
        series.push(one_series("", "", sums));
    }
    series
}

fn one_series(name: &str, provider: &str, amounts: Vec<Money>) -> Series {
    Series {
        name: name.to_owned(),
        provider: provider.to_owned(),
        costs: amounts.iter().map(Money::to_string).collect(),
        amounts,
    }
}

pub(crate) fn step_at(steps: &[Span], day: i32) -> Option<usize> {
    let at = steps.partition_point(|step| step.last < day);
    steps.get(at).filter(|step| step.first <= day).map(|_| at)
}
