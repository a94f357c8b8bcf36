//! The chart of what was spent.

use jiff::civil::Date;

use crate::{
    charts::{Bars, Chart, ChartError, ChartTheme, Scale, Stack, bars},
    costs::{
        budgets::Period,
        reports::{Overview, Series},
    },
    money::Money,
};

/// The width of a chart in a report, in pixels.
pub(super) const PAGE_WIDTH: u32 = 760;
const HEIGHT: u32 = 260;

/// The chart of what was spent along the time, by model.
///
/// # Errors
/// [`ChartError`] when the drawing fails.
pub fn spend(
    overview: &Overview,
    step: Period,
    theme: ChartTheme,
    width: u32,
) -> Result<Chart, ChartError> {
    let labels: Vec<String> = overview
        .steps
        .iter()
        .map(|of| label(of.first, step))
        .collect();
    let full: Vec<String> = overview
        .steps
        .iter()
        .map(|of| full_label(of.first, of.last, step))
        .collect();
    let sums: Vec<String> = overview
        .steps
        .iter()
        .map(|of| of.figures.cost.clone())
        .collect();
    let stacks: Vec<Stack> = overview.series.iter().map(stack).collect();
    let title = match step {
        Period::Day => "Spend a day, by model",
        Period::Week => "Spend a week, by model",
        Period::Month => "Spend a month, by model",
    };
    let unknown = match overview.total.unknown {
        0 => String::new(),
        1 => " One call is not in it: what it cost is not known.".into(),
        calls => format!(" {calls} calls are not in it: what they cost is not known."),
    };
    let description = format!(
        "Bars in US dollars from {} to {}. Together {}.{unknown}",
        overview.first, overview.last, overview.total.cost
    );
    bars(&Bars {
        title,
        description: &description,
        labels: &labels,
        full_labels: &full,
        stacks: &stacks,
        sums: &sums,
        scale: Scale::Dollars,
        theme,
        width,
        height: HEIGHT,
    })
}

fn stack(series: &Series) -> Stack {
    Stack {
        name: if series.name.is_empty() {
            "All others".into()
        } else {
            series.name.clone()
        },
        heights: series
            .amounts
            .iter()
            .map(|amount| dollars(*amount))
            .collect(),
        values: series.costs.clone(),
    }
}

/// Dollars for the eye.
#[expect(clippy::cast_precision_loss, reason = "a place on a drawing")]
fn dollars(amount: Money) -> f64 {
    amount.pico() as f64 / 1e12
}

fn label(first: Date, step: Period) -> String {
    match step {
        Period::Day | Period::Week => first.strftime("%-d %b").to_string(),
        Period::Month => first.strftime("%b %Y").to_string(),
    }
}

fn full_label(first: Date, last: Date, step: Period) -> String {
    let day = |date: Date| date.strftime("%-d %B %Y").to_string();
    match step {
        Period::Day => first.strftime("%A, %-d %B %Y").to_string(),
        Period::Week | Period::Month => format!("{} to {}", day(first), day(last)),
    }
}
