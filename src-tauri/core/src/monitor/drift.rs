//! Whether a model does worse than it did: its last seven days against the four weeks before them.
//!
//! The test is that of Mann and Whitney ("On a test of whether one of two random variables is
//! stochastically larger than the other", Annals of Mathematical Statistics 18, 1947) by its normal
//! approximation, corrected for ties (Lehmann, "Nonparametrics", 1975, chapter 1): it asks nothing of how
//! times are spread, which is skewed. Three things keep it from crying wolf, as calls of one day are alike
//! and a test takes each for news:
//!
//! - both sides have a least number of calls;
//! - the chance that it is chance is below one in a thousand;
//! - and the effect is one that a person notices. For times and speeds, the share of pairs in which the
//!   newer call is the worse one is at least 0.64 (Vargha and Delaney, "A critique and improvement of the
//!   CL common language effect size statistics", 2000, call that medium), and the middle one has moved by
//!   a quarter. For failures, five calls more in a hundred fail.

use jiff::civil::Date;
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::tally::Tally;
use crate::costs::{
    reports::{PricedModel, Span, date_of},
    spread::Spread,
    times::Measure,
};

/// Days that are looked at.
pub(super) const RECENT_DAYS: i32 = 7;
/// Days before them that they are compared with.
pub(super) const BEFORE_DAYS: i32 = 28;

/// The fewest calls of the last days and of those before that say something.
const FEWEST: [u64; 2] = [30, 100];
/// The greatest normal deviate that chance is granted: both tails beyond it have one in a thousand.
const DEVIATE: f64 = 3.2905;
/// The least share of pairs in which the newer is the worse one, or the better one.
const SHARE: f64 = 0.64;
/// The least that the middle one has moved, of what it was.
const MOVED: f64 = 0.25;
/// The least difference of the shares that failed.
const FAILED: f64 = 0.05;

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Drifted {
    /// The time to the first token.
    FirstToken,
    /// The tokens written in a thousand seconds.
    Speed,
    /// The share of calls that fail, in hundredths of a percent.
    Failures,
}

/// A model that does not do as it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// Which.
    #[serde(flatten)]
    pub of: PricedModel,
    /// What has changed.
    pub what: Drifted,
    /// Whether for the worse.
    pub worse: bool,
    /// What it was in the four weeks before: the middle one, or the share.
    #[specta(type = Number)]
    pub before: i64,
    /// What it is in the last seven days.
    #[specta(type = Number)]
    pub now: i64,
    /// How many calls of the last seven days that rests on.
    #[specta(type = Number)]
    pub calls: u64,
    /// The first of the last seven days; the four weeks before end the day before it.
    #[specta(type = String)]
    pub first: Date,
    /// The last of them.
    #[specta(type = String)]
    pub last: Date,
}

/// What has changed with a model between two tallies, of which the newer one is of these days.
pub(super) fn drift(of: &PricedModel, before: &Tally, now: &Tally, recent: Span) -> Vec<Drift> {
    let drift = |what, worse, before, now, calls| Drift {
        of: of.clone(),
        what,
        worse,
        before,
        now,
        calls,
        first: date_of(recent.first),
        last: date_of(recent.last),
    };
    let times = [
        (Drifted::FirstToken, Measure::FirstToken, true),
        (Drifted::Speed, Measure::Speed, false),
    ];
    let mut found: Vec<Drift> = times
        .into_iter()
        .filter_map(|(what, measure, more_is_worse)| {
            let (old, new) = (before.spread(measure), now.spread(measure));
            let rose = moved(old, new)?;
            let middle = |spread: &Spread| spread.percentile(50);
            Some(drift(
                what,
                rose == more_is_worse,
                middle(old)?,
                middle(new)?,
                new.len(),
            ))
        })
        .collect();
    let (old, new) = (ended(before), ended(now));
    if let Some(rose) = more_fail(&old, &new) {
        let share = |spread: &Spread| permyriad(spread);
        found.push(drift(
            Drifted::Failures,
            rose,
            share(&old),
            share(&new),
            new.len(),
        ));
    }
    found
}

/// Whether values rose (`true`) or fell, if they did either.
fn moved(before: &Spread, now: &Spread) -> Option<bool> {
    let compared = compare(before, now)?;
    let rose = compared.share > 0.5;
    let share = if rose {
        compared.share
    } else {
        1.0 - compared.share
    };
    let (old, new) = (before.percentile(50)?, now.percentile(50)?);
    let by = (float(new) - float(old)).abs();
    (compared.deviate.abs() > DEVIATE && share >= SHARE && by >= MOVED * float(old) && by > 0.0)
        .then_some(rose)
}

/// Whether more calls fail (`true`) or fewer, if either.
fn more_fail(before: &Spread, now: &Spread) -> Option<bool> {
    let compared = compare(before, now)?;
    let by = float(permyriad(now) - permyriad(before)) / 10_000.0;
    (compared.deviate.abs() > DEVIATE && by.abs() >= FAILED).then_some(by > 0.0)
}

/// Calls that ended by themselves: 0 for one that answered, 1 for one that failed.
fn ended(tally: &Tally) -> Spread {
    let figures = tally.figures();
    let mut spread = Spread::default();
    spread.add(0, figures.answered);
    spread.add(1, figures.failed);
    spread
}

/// The share of ones, in hundredths of a percent.
fn permyriad(spread: &Spread) -> i64 {
    let ones: u64 = spread
        .iter()
        .filter(|(value, _)| *value == 1)
        .map(|(_, calls)| calls)
        .sum();
    i64::try_from(ones * 10_000 / spread.len().max(1)).unwrap_or(i64::MAX)
}

/// Two samples, compared.
struct Compared {
    /// The share of pairs in which the second has the greater value; of equal ones, half.
    share: f64,
    /// How far that is from a half, in standard deviations.
    deviate: f64,
}

/// Compare two samples, if both are large enough to say something.
fn compare(before: &Spread, now: &Spread) -> Option<Compared> {
    let (old, new) = (before.len(), now.len());
    if old < FEWEST[1] || new < FEWEST[0] {
        return None;
    }
    let mut values: Vec<(i64, u64, u64)> = before
        .iter()
        .map(|(value, calls)| (value, calls, 0))
        .collect();
    values.extend(now.iter().map(|(value, calls)| (value, 0, calls)));
    values.sort_unstable();
    values.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
            kept.2 += next.2;
        }
        same
    });
    let (old, new) = (count(old), count(new));
    let (mut below, mut greater, mut ties) = (0.0, 0.0, 0.0);
    for (_, of_old, of_new) in values {
        let (of_old, of_new) = (count(of_old), count(of_new));
        greater += of_new * (below + of_old / 2.0);
        below += of_old;
        let tied = of_old + of_new;
        ties += tied * tied * tied - tied;
    }
    let all = old + new;
    let variance = old * new / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    let deviate = if variance > 0.0 {
        (greater - old * new / 2.0) / variance.sqrt()
    } else {
        0.0
    };
    Some(Compared {
        share: greater / (old * new),
        deviate,
    })
}

#[expect(clippy::cast_precision_loss, reason = "far fewer calls than 2^53")]
fn count(calls: u64) -> f64 {
    calls as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "times of calls are far below 2^53"
)]
fn float(value: i64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests;
