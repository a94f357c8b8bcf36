//! The charts of what was spent, and of where the month is likely to end.

use jiff::civil::Date;

use crate::{
    charts::{
        Band, Bars, Chart, ChartError, ChartTheme, Course, Frame, Labels, Point, Scale, SpotValue,
        Stack, Stride, bars, course,
    },
    costs::{
        budgets::Period,
        reports::{AlongTime, Forecast, Query, Series, forecast::DayOfMonth},
    },
    money::{self, Money},
};

/// The width of a chart in a report, in pixels.
pub(super) const PAGE_WIDTH: u32 = 760;
const HEIGHT: u32 = 260;

/// The chart of what was spent along the time, by model.
///
/// # Errors
/// [`ChartError`] when the drawing fails.
pub(super) fn spend(
    query: &Query,
    spent: &AlongTime,
    theme: ChartTheme,
    width: u32,
) -> Result<Chart, ChartError> {
    let sums: Vec<String> = spent
        .sums
        .iter()
        .zip(&spent.unknown)
        .map(|(sum, unknown)| money::with_unknown(&sum.to_string(), *unknown))
        .collect();
    let (all, unknown): (Money, u64) =
        (spent.sums.iter().copied().sum(), spent.unknown.iter().sum());
    let stacks: Vec<Stack> = spent.series.iter().map(stack).collect();
    let title = match query.step {
        Period::Day => "Spend a day, by model",
        Period::Week => "Spend a week, by model",
        Period::Month => "Spend a month, by model",
    };
    let description = format!(
        "Bars in US dollars from {} to {}. Together {}.{}",
        query.first,
        query.last,
        match all {
            Money::ZERO => money::with_unknown(&all.to_string(), unknown),
            _ => all.to_string(),
        },
        left_out(unknown)
    );
    let frame = Frame {
        title,
        description: &description,
        labels: &labels(query.step, &spent.steps),
        scale: Scale::Dollars,
        theme,
        width,
        height: HEIGHT,
    };
    bars(&Bars {
        frame,
        stacks: &stacks,
        sums: &sums,
    })
}

/// What no amount has in it, as a sentence.
fn left_out(unknown: u64) -> String {
    match unknown {
        0 => String::new(),
        1 => " One call is not in it: what it cost is not known.".into(),
        calls => format!(" {calls} calls are not in it: what they cost is not known."),
    }
}

/// The chart of what this month has come to, and of where it is likely to end.
///
/// # Errors
/// [`ChartError`] when the drawing fails.
pub(super) fn course_of_month(
    forecast: &Forecast,
    theme: ChartTheme,
    width: u32,
) -> Result<Chart, ChartError> {
    let points: Vec<Point> = forecast.course.iter().map(point).collect();
    let days: Vec<(Date, Date)> = forecast.course.iter().map(|of| (of.day, of.day)).collect();
    let description = format!(
        "A line in US dollars: {} so far in this month. Then a band: by {} it is likely to be {}, and in eight of \
         ten months between {} and {}.{}",
        forecast.so_far,
        forecast.until,
        money::shown(&forecast.likely),
        money::shown(&forecast.low),
        money::shown(&forecast.high),
        left_out(forecast.unknown)
    );
    let frame = Frame {
        title: "This month, day by day",
        description: &description,
        labels: &labels(Period::Day, &days),
        scale: Scale::Dollars,
        theme,
        width,
        height: HEIGHT,
    };
    course(&Course {
        frame,
        names: ["Spent", "On course for", "Eight of ten months"],
        points: &points,
    })
}

fn labels(step: Period, steps: &[(Date, Date)]) -> Labels {
    let stride = match step {
        Period::Day => Stride::Day,
        Period::Week => Stride::Week,
        Period::Month => Stride::Month,
    };
    let begins = |(first, last): &(Date, Date)| (first.at(0, 0, 0, 0), *last);
    Labels::along(stride, steps.iter().map(begins))
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
        say("On course for", money::shown(&range.likely));
        say("Less in one of ten months", money::shown(&range.low));
        say("More in one of ten months", money::shown(&range.high));
    }
    Point {
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
    let heights = series.amounts.iter();
    Stack {
        name: series.name.clone(),
        heights: heights.map(|amount| dollars(*amount)).collect(),
        values: series
            .costs
            .iter()
            .zip(&series.unknown)
            .map(|(cost, unknown)| money::with_unknown(cost, *unknown))
            .collect(),
        open: series.unknown.iter().map(|unknown| *unknown > 0).collect(),
    }
}

/// Dollars for the eye.
#[expect(clippy::cast_precision_loss, reason = "a place on a drawing")]
fn dollars(amount: Money) -> f64 {
    amount.pico() as f64 / 1e12
}
