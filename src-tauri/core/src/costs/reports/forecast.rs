//! What will have been spent by the end of the month, and between which amounts it is likely to lie.
//!
//! A bootstrap that knows the days of the week: each day that is still to come is drawn from the last
//! eight of its own weekday, and today is what was spent already or a day drawn so, whichever is more. A
//! thousand such months are put in order; the one in the middle is the forecast, and the interval
//! leaves a tenth of them out at either end. The method is the percentile interval of Efron and
//! Tibshirani, *An Introduction to the Bootstrap* (1993), chapter 13, over seasonal blocks of one day,
//! as bootstrapped prediction intervals are described by Hyndman and Athanasopoulos, *Forecasting:
//! Principles and Practice* (3rd edition, 2021), section 5.5. Days are drawn apart from each other, so
//! a week in which everything is dearer makes the interval somewhat too narrow.

use jiff::civil::Date;
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{date_of, number_of};
use crate::money::Money;

/// Weeks that are drawn from.
pub const WEEKS: usize = 8;
/// Days of history without which nothing is forecast: each day of the week twice.
pub const LEAST_DAYS: usize = 14;
/// Months that are drawn.
const DRAWS: usize = 1000;

/// What will have been spent by the end of the month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    /// The last day of the month.
    #[specta(type = String)]
    pub until: Date,
    /// Spent in the month so far, exact.
    pub so_far: String,
    /// Calls of the month whose cost is not known: they are in none of these amounts.
    #[specta(type = Number)]
    pub unknown: u64,
    /// In the middle of what is likely. It and the other estimates are rounded here, once, as
    /// [`Money::rounded`] does: more digits would claim what nobody knows.
    pub likely: String,
    /// Less than this in one of ten months.
    pub low: String,
    /// More than this in one of ten months.
    pub high: String,
    /// Days of history that it rests on.
    pub days: u32,
    /// Each day of the month: what was spent by its end, and from today on what is likely to be.
    pub course: Vec<DayOfMonth>,
    /// The amounts, for whoever draws them.
    #[serde(skip)]
    pub amounts: Amounts,
}

/// What the month comes to by the end of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DayOfMonth {
    /// Which day.
    #[specta(type = String)]
    pub day: Date,
    /// Spent from the first of the month to the end of this day, or so far today, exact; `None`: it is still
    /// to come.
    pub spent: Option<String>,
    /// What is likely to be spent by its end; `None`: it is over.
    pub likely: Option<Interval>,
    /// The amount of `spent`, for whoever draws it.
    #[serde(skip)]
    pub amount: Option<Money>,
    /// The amounts of `likely`, for whoever draws them.
    #[serde(skip)]
    pub amounts: Option<Amounts>,
}

/// Between which amounts something is likely to lie, rounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Interval {
    /// Less than this in one of ten months.
    pub low: String,
    /// In the middle.
    pub likely: String,
    /// More than this in one of ten months.
    pub high: String,
}

/// The amounts of a forecast.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Spent so far.
    pub so_far: Money,
    /// Less than this in one of ten months.
    pub low: Money,
    /// In the middle.
    pub likely: Money,
    /// More than this in one of ten months.
    pub high: Money,
}

/// The forecast for the month of `today`, of which `so_far` was spent, today's included. `before` is
/// what each of the days before today cost, yesterday first, as far back as there was any call.
/// `None`: too little is known.
pub fn forecast(
    today: Date,
    so_far: Money,
    spent_today: Money,
    before: &[Money],
) -> Option<Forecast> {
    if before.len() < LEAST_DAYS {
        return None;
    }
    let known = &before[..before.len().min(WEEKS * 7)];
    let today_number = number_of(today);
    let last = number_of(today.last_of_month());
    // The days of a weekday: those 7, 14, … days before a day to come, counted from yesterday (0).
    let days_like = |day: i32| {
        let ahead = usize::try_from(day - today_number).unwrap_or(0);
        known.iter().copied().skip(6 - ahead % 7).step_by(7)
    };
    let to_draw_from: Vec<Vec<Money>> = (today_number..=last)
        .map(|day| days_like(day).collect())
        .collect();
    let mut draw = Draws::of(today_number);
    // By the end of each day from today on, what each of the months that could be comes to.
    let mut ends = vec![Vec::with_capacity(DRAWS); to_draw_from.len()];
    for _ in 0..DRAWS {
        draw_month(so_far, spent_today, &to_draw_from, &mut draw, &mut ends);
    }
    let to_come: Vec<Amounts> = ends.into_iter().map(|of| middle(so_far, of)).collect();
    let amounts = *to_come.last()?;
    Some(Forecast {
        until: date_of(last),
        so_far: so_far.to_string(),
        unknown: 0,
        likely: estimate(amounts.likely),
        low: estimate(amounts.low),
        high: estimate(amounts.high),
        days: u32::try_from(known.len()).unwrap_or(u32::MAX),
        course: course(today, so_far, before, &to_come),
        amounts,
    })
}

/// An estimate as everything that tells of it has it.
fn estimate(amount: Money) -> String {
    amount.rounded().to_string()
}

/// The middle of what the months that could be come to, and a tenth from either end.
fn middle(so_far: Money, mut months: Vec<Money>) -> Amounts {
    months.sort_unstable();
    Amounts {
        so_far,
        low: months[DRAWS / 10],
        likely: months[DRAWS / 2],
        high: months[DRAWS - 1 - DRAWS / 10],
    }
}

/// Each day of the month: those that are over, today, and those to come.
fn course(today: Date, so_far: Money, before: &[Money], to_come: &[Amounts]) -> Vec<DayOfMonth> {
    let over = usize::try_from(today.day() - 1).unwrap_or(0);
    let first = number_of(today.first_of_month());
    let mut spent = Money::ZERO;
    let mut days = Vec::with_capacity(over + to_come.len());
    for (number, nth) in (first..).zip(0..over + to_come.len()) {
        if nth < over {
            // Yesterday is the first of them.
            spent = spent + before.get(over - 1 - nth).copied().unwrap_or_default();
        }
        let amount = match nth {
            nth if nth < over => Some(spent),
            nth if nth == over => Some(so_far),
            _ => None,
        };
        let amounts = nth.checked_sub(over).map(|ahead| to_come[ahead]);
        days.push(DayOfMonth {
            day: date_of(number),
            spent: amount.map(|amount| amount.to_string()),
            likely: amounts.map(|of| Interval {
                low: estimate(of.low),
                likely: estimate(of.likely),
                high: estimate(of.high),
            }),
            amount,
            amounts,
        });
    }
    days
}

/// Draw a month that could be: `days` are what today, and each day after it, is drawn from. What it comes to
/// by the end of each is added to `ends`.
fn draw_month(
    so_far: Money,
    spent_today: Money,
    days: &[Vec<Money>],
    draw: &mut Draws,
    ends: &mut [Vec<Money>],
) {
    let mut sum = so_far;
    for (ahead, (like, end)) in days.iter().zip(ends).enumerate() {
        let drawn = draw.one_of(like);
        sum = sum
            + match ahead {
                0 => Money::from_pico((drawn.pico() - spent_today.pico()).max(0)),
                _ => drawn,
            };
        end.push(sum);
    }
}

/// Numbers that are as good as random and the same on each look at a day: a forecast that changes
/// while nothing happens would be none. SplitMix64, by Steele, Lea and Flood (2014).
struct Draws(u64);

impl Draws {
    fn of(day: i32) -> Self {
        Self(u64::from(day.unsigned_abs()))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// One of some amounts, each as likely; of none, nothing.
    fn one_of(&mut self, amounts: &[Money]) -> Money {
        let count = u64::try_from(amounts.len()).unwrap_or(0).max(1);
        let at = usize::try_from(self.next() % count).unwrap_or(0);
        amounts.get(at).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
