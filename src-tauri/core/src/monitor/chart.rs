//! The charts of how calls went.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{
    FailureKind, MonitorStep, Pace,
    overview::AlongTime,
    tally::{Health, Times},
};
use crate::{
    charts::{
        Bars, Chart, ChartError, ChartTheme, Frame, Labels, Line, Lines, Scale, Stack, Stride,
        bars, lines,
    },
    costs::times::Measure,
};

const HEIGHT: u32 = 240;
/// So many ways of failing have a part of their own in a bar.
const MOST_KINDS: usize = 5;

/// What a chart is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum MonitorChart {
    /// How many calls there were, and how they ended.
    Calls,
    /// What failed, by its kind.
    Failures,
    /// From sending until a model on this computer took it up.
    Waited,
    /// From sending to the first token.
    FirstToken,
    /// From sending to the end.
    Duration,
    /// Tokens written a second.
    Speed,
}

impl MonitorChart {
    /// The measure that it is drawn of: answers are counted by how long they took. `None`: of what failed.
    pub(super) fn measure(self) -> Option<Measure> {
        match self {
            Self::Failures => None,
            Self::Calls | Self::Duration => Some(Measure::Duration),
            Self::Waited => Some(Measure::Waited),
            Self::FirstToken => Some(Measure::FirstToken),
            Self::Speed => Some(Measure::Speed),
        }
    }
}

/// Draw a chart of how calls went.
///
/// # Errors
/// [`ChartError`] when the drawing fails.
pub(super) fn draw(
    along: &AlongTime,
    of: MonitorChart,
    theme: ChartTheme,
    width: u32,
) -> Result<Chart, ChartError> {
    let step = |pace| match pace {
        Pace::Hour => "an hour",
        Pace::Day => "a day",
        Pace::Week => "a week",
        Pace::Month => "a month",
    };
    let labels = labels(along);
    match of {
        MonitorChart::Calls => calls(along, &labels, step(along.pace), theme, width),
        MonitorChart::FirstToken => {
            let drawn = Drawn {
                title: "Time to the first token",
                names: ["Half of the calls", "95 of 100", "99 of 100"],
                of: |health| health.first_token,
                scale: Scale::Time,
                shown: time,
                height: milliseconds,
            };
            drawn.draw(along, &labels, theme, width)
        }
        MonitorChart::Failures => failures(&along.steps, &labels, step(along.pace), theme, width),
        MonitorChart::Waited => {
            let drawn = Drawn {
                title: "Time that calls on this computer waited",
                names: ["Half of the calls", "95 of 100", "99 of 100"],
                of: |health| health.waited,
                scale: Scale::Time,
                shown: time,
                height: milliseconds,
            };
            drawn.draw(along, &labels, theme, width)
        }
        MonitorChart::Duration => {
            let drawn = Drawn {
                title: "Time to the whole answer",
                names: ["Half of the answers", "95 of 100", "99 of 100"],
                of: |health| health.duration,
                scale: Scale::Time,
                shown: time,
                height: milliseconds,
            };
            drawn.draw(along, &labels, theme, width)
        }
        MonitorChart::Speed => {
            let drawn = Drawn {
                title: "Tokens a second",
                names: [
                    "Half of the answers reach",
                    "95 of 100 reach",
                    "99 of 100 reach",
                ],
                of: |health| health.speed,
                scale: Scale::PerSecond,
                shown: speed,
                height: |value| milliseconds(value) / 1_000.0,
            };
            drawn.draw(along, &labels, theme, width)
        }
    }
}

/// A number of how calls went.
type Count = fn(&Health) -> u64;

/// What each step is.
fn labels(along: &AlongTime) -> Labels {
    let stride = match along.pace {
        Pace::Hour => Stride::Hour,
        Pace::Day => Stride::Day,
        Pace::Week => Stride::Week,
        Pace::Month => Stride::Month,
    };
    let steps = along.steps.iter();
    Labels::along(stride, steps.map(|step| (step.begins, step.last)))
}

fn calls(
    along: &AlongTime,
    labels: &Labels,
    step: &str,
    theme: ChartTheme,
    width: u32,
) -> Result<Chart, ChartError> {
    let parts: [(&str, Count); 4] = [
        ("Answered", |health| health.answered),
        ("Stopped", |health| health.stopped),
        ("Failed", |health| health.failed),
        ("Under way", |health| health.running),
    ];
    // Most of the time nothing is, and a legend of it would only ask for an explanation.
    let shown = parts
        .into_iter()
        .filter(|(name, _)| *name != "Under way" || along.total.running > 0);
    let stack = |(name, of): (&str, Count)| {
        let counts: Vec<u64> = along.steps.iter().map(|step| of(&step.health)).collect();
        Stack {
            name: name.to_owned(),
            heights: counts.iter().map(|calls| count(*calls)).collect(),
            values: counts.iter().map(u64::to_string).collect(),
            open: Vec::new(),
        }
    };
    let sums: Vec<String> = along
        .steps
        .iter()
        .map(|step| step.health.calls.to_string())
        .collect();
    let total = &along.total;
    let frame = Frame {
        title: &format!("Calls {step}"),
        description: &format!(
            "{} calls together: {} answered, {} stopped, {} failed.",
            total.calls, total.answered, total.stopped, total.failed
        ),
        labels,
        scale: Scale::Count,
        theme,
        width,
        height: HEIGHT,
    };
    bars(&Bars {
        frame,
        stacks: &shown.map(stack).collect::<Vec<_>>(),
        sums: &sums,
    })
}

/// What failed, each kind a part of the bar, the most frequent first; those that are seldom together.
fn failures(
    steps: &[MonitorStep],
    labels: &Labels,
    step: &str,
    theme: ChartTheme,
    width: u32,
) -> Result<Chart, ChartError> {
    let mut together: BTreeMap<&str, u64> = BTreeMap::new();
    for failed in steps.iter().flat_map(|step| &step.failures) {
        *together.entry(failed.kind.as_str()).or_default() += failed.calls;
    }
    let mut kinds: Vec<(&str, u64)> = together.into_iter().collect();
    kinds.sort_by_key(|(_, calls)| std::cmp::Reverse(*calls));
    let all: u64 = kinds.iter().map(|(_, calls)| calls).sum();
    let (shown, rest) = kinds.split_at(kinds.len().min(MOST_KINDS));
    let counts_of = |kinds: &[(&str, u64)]| -> Vec<u64> {
        let of_step = |step: &MonitorStep| {
            let is_one = |of: &&FailureKind| kinds.iter().any(|(kind, _)| *kind == of.kind);
            let failures = step.failures.iter().filter(is_one);
            failures.map(|failed| failed.calls).sum()
        };
        steps.iter().map(of_step).collect()
    };
    let stack = |name: String, kinds: &[(&str, u64)]| {
        let counts = counts_of(kinds);
        Stack {
            name,
            heights: counts.iter().map(|calls| count(*calls)).collect(),
            values: counts.iter().map(u64::to_string).collect(),
            open: Vec::new(),
        }
    };
    let mut stacks: Vec<Stack> = shown
        .iter()
        .map(|kind| stack(kind_name(kind.0), std::slice::from_ref(kind)))
        .collect();
    if !rest.is_empty() {
        stacks.push(stack("Other reasons".to_owned(), rest));
    }
    let sums: Vec<String> = counts_of(&kinds).iter().map(u64::to_string).collect();
    let frame = Frame {
        title: &format!("Failed calls {step}"),
        description: &format!("{all} calls failed together."),
        labels,
        scale: Scale::Count,
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

/// A way of failing as a legend has room for it: `rate_limited` as “Rate limited”.
fn kind_name(kind: &str) -> String {
    let words = kind.replace('_', " ");
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// Percentiles along the time.
struct Drawn {
    title: &'static str,
    names: [&'static str; 3],
    of: fn(&Health) -> Times,
    scale: Scale,
    shown: fn(i64) -> String,
    height: fn(i64) -> f64,
}

impl Drawn {
    fn draw(
        &self,
        along: &AlongTime,
        labels: &Labels,
        theme: ChartTheme,
        width: u32,
    ) -> Result<Chart, ChartError> {
        let values: [fn(&Times) -> Option<i64>; 3] =
            [|times| times.p50, |times| times.p95, |times| times.p99];
        let line = |(name, value): (&str, fn(&Times) -> Option<i64>)| {
            let values: Vec<Option<i64>> = along
                .steps
                .iter()
                .map(|step| value(&(self.of)(&step.health)))
                .collect();
            Line {
                name: name.to_owned(),
                heights: values.iter().map(|value| value.map(self.height)).collect(),
                values: values
                    .iter()
                    .map(|value| value.map_or(String::new(), self.shown))
                    .collect(),
            }
        };
        let all = (self.of)(&along.total);
        let words = |value: Option<i64>| value.map_or("nothing".to_owned(), self.shown);
        let lines_of: Vec<Line> = self.names.into_iter().zip(values).map(line).collect();
        let frame = Frame {
            title: self.title,
            description: &format!(
                "Lines along the time. Of all calls together: {} {}, {} {}, {} {}.",
                self.names[0],
                words(all.p50),
                self.names[1],
                words(all.p95),
                self.names[2],
                words(all.p99)
            ),
            labels,
            scale: self.scale,
            theme,
            width,
            height: HEIGHT,
        };
        lines(&Lines {
            frame,
            lines: &lines_of,
        })
    }
}

/// Milliseconds as a person reads them.
fn time(value: i64) -> String {
    match value {
        ..1_000 => format!("{value} ms"),
        1_000..60_000 => format!("{:.2} s", milliseconds(value) / 1_000.0),
        _ => format!("{:.1} min", milliseconds(value) / 60_000.0),
    }
}

/// Tokens in a thousand seconds, as a person reads them a second.
fn speed(value: i64) -> String {
    format!("{:.1} tokens/s", milliseconds(value) / 1_000.0)
}

#[expect(clippy::cast_precision_loss, reason = "a place on a drawing")]
fn milliseconds(value: i64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "a place on a drawing")]
fn count(calls: u64) -> f64 {
    calls as f64
}
