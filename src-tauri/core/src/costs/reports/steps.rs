//! Figures along the time: one step a day, a week or a month, and in each what the dearest models cost.

use std::collections::HashMap;

use jiff::{ToSpan, civil::Date};
use rusqlite::Connection;
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{CallFilter, FiguresView, PricedModel, Query, ReportError, Span, date_of, number_of};
use crate::{
    costs::{
        budgets::Period,
        days::{Figures, Group, each_cost},
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
    /// What it is called: the model, with whose it is where two series would be called the same.
    pub name: String,
    /// Whose it is; empty for all others together.
    pub provider: String,
    /// Leads to the calls that it is made of, in all steps.
    pub filter: CallFilter,
    /// What it cost, exact, one amount a step.
    pub costs: Vec<String>,
    /// Calls of each step that ended without a known cost; not in those amounts.
    #[specta(type = Vec<Number>)]
    pub unknown: Vec<u64>,
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

/// What was spent along the time, as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlongTime {
    /// The first and the last day of each step.
    pub steps: Vec<(Date, Date)>,
    /// What each step cost.
    pub sums: Vec<Money>,
    /// What models cost in each step.
    pub series: Vec<Series>,
    /// Calls of each step that ended without a known cost; not in the sums.
    pub unknown: Vec<u64>,
}

/// What was spent along the time: only what a chart needs, and so sooner read than an overview.
///
/// # Errors
/// [`ReportError`] when the days are none or the database fails.
pub fn along_time(conn: &Connection, query: &Query) -> Result<AlongTime, ReportError> {
    let span = query.span()?;
    let steps = steps_of(span, query.step);
    let mut costs = Costs::of(&steps);
    let mut sums = vec![Spending::default(); steps.len()];
    each_cost(conn, span, &query.filter, |spent| {
        let spending = Spending {
            cost: spent.cost,
            unknown: spent.unknown,
        };
        if let Some(at) = step_at(&steps, spent.day) {
            sums[at].add(spending);
        }
        costs.add(spent.day, spent.provider, spent.model, spending);
    })?;
    let days = |of: &Span| (date_of(of.first), date_of(of.last));
    Ok(AlongTime {
        series: costs.series(&query.filter),
        steps: steps.iter().map(days).collect(),
        unknown: sums.iter().map(|of| of.unknown).collect(),
        sums: sums.iter().map(|of| of.cost).collect(),
    })
}

/// What is known to be spent, and how many calls ended without a known cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spending {
    pub(super) cost: Money,
    pub(super) unknown: u64,
}

impl Spending {
    fn add(&mut self, other: Self) {
        self.cost = self.cost + other.cost;
        self.unknown += other.unknown;
    }
}

/// What models cost in each step, while it is added up.
pub(super) struct Costs<'s> {
    steps: &'s [Span],
    /// By provider, then by model.
    models: HashMap<String, HashMap<String, Vec<Spending>>>,
}

impl<'s> Costs<'s> {
    /// Nothing yet in these steps.
    pub(super) fn of(steps: &'s [Span]) -> Self {
        Self {
            steps,
            models: HashMap::new(),
        }
    }

    /// What a model cost on a day.
    pub(super) fn add(&mut self, day: i32, provider: &str, model: &str, spent: Spending) {
        let is_something = spent > Spending::default();
        let Some(at) = step_at(self.steps, day).filter(|_| is_something) else {
            return;
        };
        // Looked up before it is named, as there are few models and many days.
        let known = self
            .models
            .get_mut(provider)
            .and_then(|models| models.get_mut(model));
        let amounts = match known {
            Some(amounts) => amounts,
            None => self
                .models
                .entry(provider.to_owned())
                .or_default()
                .entry(model.to_owned())
                .or_insert_with(|| vec![Spending::default(); self.steps.len()]),
        };
        amounts[at].add(spent);
    }

    /// The dearest models, then those of which it is not known what they cost, and all others together, if
    /// they cost anything. `filter` let all of them through.
    pub(super) fn series(self, filter: &CallFilter) -> Vec<Series> {
        let total = |amounts: &[Spending]| {
            amounts.iter().fold(Spending::default(), |mut sum, of| {
                sum.add(*of);
                sum
            })
        };
        let of_provider = |(provider, models): (String, HashMap<String, Vec<Spending>>)| {
            let named = models.into_iter();
            named.map(move |(model, amounts)| (model, provider.clone(), amounts))
        };
        let mut all: Vec<_> = self.models.into_iter().flat_map(of_provider).collect();
        all.sort_by(|one, other| {
            let by_name = || (&one.0, &one.1).cmp(&(&other.0, &other.1));
            total(&other.2).cmp(&total(&one.2)).then_with(by_name)
        });
        let others = all.split_off(all.len().min(MOST_SERIES));
        let names: Vec<String> = all.iter().map(|(model, ..)| model.clone()).collect();
        let mut without_them = filter.clone();
        let mut series: Vec<Series> = all
            .into_iter()
            .map(|(model, provider, amounts)| {
                let name = called(&model, &provider, &names);
                let of_it = CallFilter {
                    provider: Some(provider.clone()),
                    model: Some(model.clone()),
                    ..filter.clone()
                };
                without_them.except.push(PricedModel {
                    provider: provider.clone(),
                    model,
                });
                Series::of(name, provider, of_it, &amounts)
            })
            .collect();
        if !others.is_empty() {
            let mut amounts = vec![Spending::default(); self.steps.len()];
            for (_, _, of_one) in &others {
                for (sum, amount) in amounts.iter_mut().zip(of_one) {
                    sum.add(*amount);
                }
            }
            series.push(Series::of(
                OTHERS.into(),
                String::new(),
                without_them,
                &amounts,
            ));
        }
        series
    }
}

impl Series {
    fn of(name: String, provider: String, filter: CallFilter, spent: &[Spending]) -> Self {
        Self {
            name,
            provider,
            filter,
            costs: spent.iter().map(|of| of.cost.to_string()).collect(),
            unknown: spent.iter().map(|of| of.unknown).collect(),
            amounts: spent.iter().map(|of| of.cost).collect(),
        }
    }
}

/// What all models without a series of their own are called.
const OTHERS: &str = "All others";

/// A model among these, with whose it is where the name alone would not tell.
fn called(model: &str, provider: &str, names: &[String]) -> String {
    let alike = names.iter().filter(|name| *name == model).count();
    // What a chart calls the sum is no model either.
    if alike > 1 || [OTHERS, "Together"].contains(&model) {
        format!("{model} ({provider})")
    } else {
        model.to_owned()
    }
}

pub(crate) fn step_at(steps: &[Span], day: i32) -> Option<usize> {
    let at = steps.partition_point(|step| step.last < day);
    steps.get(at).filter(|step| step.first <= day).map(|_| at)
}
