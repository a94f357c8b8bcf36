//! What a person enters for an alert.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Alert, AlertKind};
use crate::{
    costs::reports::PricedModel,
    money::Money,
    problem::{Problem, ProblemCode},
    record::RecordError,
    store::StoreError,
};

/// The longest time that failures and times are watched over, in minutes: a day.
const LONGEST: u32 = 24 * 60;
/// The longest time that spending is watched over, in minutes: 31 days.
const LONGEST_SPEND: u32 = 31 * LONGEST;
/// The longest time that a call may be allowed to take, in seconds: a day.
const SLOWEST: f64 = 86_400.0;
/// The most calls that an alert can ask for: more are not looked at.
const MOST_CALLS: u32 = 1_000;

/// Why an alert is not kept.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// Not a share.
    #[error("“{0}” is not a percentage from 0 to 99, such as 5 or 2.5")]
    NotAShare(String),
    /// Not a time.
    #[error("“{0}” is not a number of seconds up to a day, such as 10 or 2.5")]
    NotATime(String),
    /// Not an amount.
    #[error("“{0}” is not an amount of dollars such as 20 or 0.50")]
    NotAnAmount(String),
    /// Too long or too short a time to look at.
    #[error("an alert looks at 1 to {most} minutes, not at {minutes}")]
    Minutes {
        /// What was entered.
        minutes: u32,
        /// The most.
        most: u32,
    },
    /// Too few or too many calls.
    #[error("an alert needs 1 to {MOST_CALLS} calls before it says something, not {0}")]
    Calls(u32),
    /// What is watched is not of one model.
    #[error("an alert about spending or the record is about all models")]
    NotOfAModel,
    /// There is no alert of this number.
    #[error("there is no alert {0}")]
    NotFound(i64),
    /// The record does not say how it stands.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for AlertError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<AlertError> for Problem {
    fn from(error: AlertError) -> Self {
        match error {
            AlertError::Store(error) => error.into(),
            AlertError::Record(error) => error.into(),
            AlertError::NotFound(_) => Self::new(ProblemCode::NotFound, error),
            other => Self::new(ProblemCode::InvalidInput, other),
        }
    }
}

/// An alert as a person enters it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AlertInput {
    /// What it watches.
    pub kind: AlertKind,
    /// The calls of this model; `None`: all.
    pub model: Option<PricedModel>,
    /// What it may not pass: percent, seconds or dollars, by its kind. Nothing for the record.
    pub over: String,
    /// Of calls that began in the last so many minutes. Counts for nothing for the record.
    pub minutes: u32,
    /// It says nothing of fewer calls. Counts for nothing for spending and the record.
    pub calls: u32,
}

impl AlertInput {
    /// The alert, without a number.
    ///
    /// # Errors
    /// [`AlertError`] says what cannot be one.
    pub fn read(&self) -> Result<Alert, AlertError> {
        let over = self.over.trim();
        let most = match self.kind {
            AlertKind::Failures => share(over)?,
            AlertKind::FirstToken | AlertKind::Duration => seconds(over)?,
            AlertKind::Spend => amount(over)?,
            AlertKind::Record => 0,
        };
        let is_of_calls = !matches!(self.kind, AlertKind::Spend | AlertKind::Record);
        if !is_of_calls && self.model.is_some() {
            return Err(AlertError::NotOfAModel);
        }
        let longest = match self.kind {
            AlertKind::Spend => LONGEST_SPEND,
            _ => LONGEST,
        };
        let is_timeless = self.kind == AlertKind::Record;
        if !is_timeless && !(1..=longest).contains(&self.minutes) {
            return Err(AlertError::Minutes {
                minutes: self.minutes,
                most: longest,
            });
        }
        if is_of_calls && !(1..=MOST_CALLS).contains(&self.calls) {
            return Err(AlertError::Calls(self.calls));
        }
        Ok(Alert {
            number: 0,
            kind: self.kind,
            model: self.model.clone(),
            most,
            minutes: if is_timeless { 1 } else { self.minutes },
            fewest: if is_of_calls { self.calls } else { 1 },
            firing_since_ms: None,
        })
    }
}

/// Hundredths of a percent. All calls cannot be passed, so that is no limit.
fn share(text: &str) -> Result<i64, AlertError> {
    let digits = text.trim_end_matches('%').trim();
    let share = number(digits).filter(|share| *share <= 99.0);
    share
        .map(|share| whole(share * 100.0))
        .ok_or_else(|| AlertError::NotAShare(text.to_owned()))
}

/// Milliseconds.
fn seconds(text: &str) -> Result<i64, AlertError> {
    let digits = text.trim_end_matches('s').trim();
    let seconds = number(digits).filter(|seconds| *seconds <= SLOWEST);
    seconds
        .map(|seconds| whole(seconds * 1_000.0))
        .ok_or_else(|| AlertError::NotATime(text.to_owned()))
}

/// Pico-dollars.
fn amount(text: &str) -> Result<i64, AlertError> {
    Money::of_dollars(text.trim_start_matches('$'))
        .and_then(|amount| i64::try_from(amount.pico()).ok())
        .filter(|pico| *pico >= 0)
        .ok_or_else(|| AlertError::NotAnAmount(text.to_owned()))
}

/// Digits with at most one point: nothing else that a programming language takes for a number.
fn number(text: &str) -> Option<f64> {
    let is_plain = text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    is_plain.then(|| text.parse().ok()).flatten()
}

#[expect(clippy::cast_possible_truncation, reason = "below a hundred million")]
fn whole(value: f64) -> i64 {
    value.round() as i64
}
