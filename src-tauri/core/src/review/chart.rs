//! The charts of what was spent, and of where the month is likely to end.

use jiff::civil::Date;

use super::tables::cents;
use crate::{
    charts::{
        Band, Bars, Chart, ChartError, ChartTheme, Course, Point, Scale, SpotValue, Stack, bars,
        course,
    },
    costs::{
        budgets::Period,
        reports::{Overview, Series, forecast::DayOfMonth},
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

/// The chart of what this month has come to, and of where it is likely to end; `None`: too little is known.
///
/// # Errors
/// [`ChartError`] when the drawing fails.
pub fn course_of_month(
    overview: &Overview,
    theme: ChartTheme,
    width: u32,
) -> Result<Option<Chart>, ChartError> {
    let Some(forecast) = &overview.forecast else {
        return Ok(None);
    };
    let points: Vec<Point> = forecast.course.iter().map(point).collect();
    let description = format!(
        "A line in US dollars: {} so far in this month. Then a band: by {} it is likely to be {}, and in eight of \
         ten months between {} and {}.",
        forecast.so_far,
        forecast.until,
        cents(&forecast.likely),
        cents(&forecast.low),
        cents(&forecast.high)
    );
    let drawn = course(&Course {
        title: "This month, day by day",
        description: &description,
        names: ["Spent", "On course for", "Eight of ten months"],
        points: &points,
        scale: Scale::Dollars,
        theme,
        width,
        height: HEIGHT,
    })?;
    Ok(Some(drawn))
}

fn point(of: &DayOfMonth) -> Point {
    let mut values = Vec::new();
    let mut say = |name: &str, value: String| {
        values.push(SpotValue {
            name: name.into(),
            value,
        });
    };
    if let Some(spent) = &of.spent {
        say("Spent", spent.clone());
    }
    if let Some(range) = &of.likely {
        say("On course for", cents(&range.likely));
        say("Less in one of ten months", cents(&range.low));
        say("More in one of ten months", cents(&range.high));
    }
    Point {
        label: label(of.day, Period::Day),
        full_label: full_label(of.day, of.day, Period::Day),
        known: of.amount.map(dollars),
        likely: of.amounts.map(|amounts| Band {
            low: dollars(amounts.low),
            likely: dollars(amounts.likely),
            high: dollars(amounts.high),
        }),
        values,
    }
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
