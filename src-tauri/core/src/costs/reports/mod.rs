//! What was spent and used: by day, week and month, by model and whose it is, beside the time before,
//! and on the way to the end of the month. How each figure is come by is in `docs/costs.md`.

mod calls;
mod energy;
mod filter;
mod first_token;
pub mod forecast;
mod habits;
mod kept;
mod lines;
mod overview;
mod steps;
mod usage;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

pub(super) use self::filter::Chosen;
pub use self::{
    calls::{CallsPage, calls},
    energy::{Energy, Power},
    filter::{CallFilter, LONG_PROMPT, Only},
    first_token::{FirstToken, first_tokens},
    forecast::{Forecast, forecast},
    kept::{Kept, PricedModel},
    lines::{By, FiguresView, Line, lines},
    overview::{Overview, Preferences, Query, forecast_of, overview},
    steps::{AlongTime, Series, Step, along_time},
    usage::{Usages, WouldCost},
};
pub(crate) use self::{
    habits::{Habit, long_histories, repeated_beginnings},
    kept::{THIS_COMPUTER, price_for, price_now},
    steps::{step_at, steps_of},
    usage::{as_cached_by, usages, usages_of_long_histories},
};
use super::prices::PriceError;
use crate::{
    problem::{Problem, ProblemCode},
    store::StoreError,
};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The days are none.
    #[error("the first day, {first}, is after the last, {last}")]
    Backwards {
        /// The first day.
        first: Date,
        /// The last day.
        last: Date,
    },
    /// More days than a report has.
    #[error("a report covers at most ten years")]
    TooLong,
    /// The clock is beyond every calendar.
    #[error(transparent)]
    Clock(#[from] jiff::Error),
    /// A model was named that has no price, or none.
    #[error(transparent)]
    Price(#[from] PriceError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for ReportError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Store(error) => error.into(),
            ReportError::Price(error) => error.into(),
            other => Self::new(ProblemCode::InvalidInput, other),
        }
    }
}

/// Days in a row, in days since 1970-01-01, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub(crate) first: i32,
    pub(crate) last: i32,
}

impl Span {
    /// From the first day to the last.
    ///
    /// # Errors
    /// [`ReportError`] when there are none or too many.
    pub fn of(first: Date, last: Date) -> Result<Self, ReportError> {
        let span = Self {
            first: number_of(first),
            last: number_of(last),
        };
        match span.last - span.first {
            ..0 => Err(ReportError::Backwards { first, last }),
            0..3660 => Ok(span),
            _ => Err(ReportError::TooLong),
        }
    }

    /// As many days directly before.
    pub fn before(self) -> Self {
        let days = self.last - self.first + 1;
        Self {
            first: self.first - days,
            last: self.first - 1,
        }
    }

    /// How many days.
    pub fn days(self) -> i32 {
        self.last - self.first + 1
    }
}

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// The number of a day: days since 1970-01-01.
pub(crate) fn number_of(day: Date) -> i32 {
    let since = day.since(EPOCH).map(|span| span.get_days());
    since.expect("days between two dates are counted because a calendar has less than 8 million")
}

/// More days than lie between 1970 and either end of the calendar, from -9999 to 9999.
const MOST_DAYS: i32 = 7_000_000;

/// The day of a number; the first or the last of the calendar for one beyond it.
pub(crate) fn date_of(day: i32) -> Date {
    // A span has no more days than a calendar has, and panics where it is to.
    EPOCH.saturating_add(day.clamp(-MOST_DAYS, MOST_DAYS).days())
}

/// The day that holds a moment, in UTC milliseconds, by the clocks of a time zone, as its number.
pub(crate) fn day_of(at_ms: i64, zone: &TimeZone) -> i32 {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    number_of(zone.to_datetime(at).date())
}

#[cfg(test)]
mod tests;
