//! What was spent and used: by day, week and month, by model and whose it is, beside the time before,
//! and on the way to the end of the month. How each figure is come by is in `docs/costs.md`.

mod calls;
mod energy;
mod first_token;
pub mod forecast;
mod habits;
mod kept;
mod lines;
mod overview;
mod steps;
mod usage;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};
use specta::Type;

pub use self::{
    calls::{CallsPage, calls},
    energy::{Energy, Power},
    first_token::{FirstToken, first_tokens},
    forecast::{Forecast, forecast},
    kept::{Kept, PricedModel},
    lines::{By, FiguresView, Line, lines},
    overview::{Overview, Preferences, Query, forecast_of, overview},
    steps::{AlongTime, Series, Step, along_time},
    usage::{Usages, WouldCost},
};
pub(crate) use self::{
    habits::{Habit, long_prompts, repeated},
    kept::{THIS_COMPUTER, price_for, price_now},
    steps::{step_at, steps_of},
    usage::{as_cached_by, usages},
};
use super::prices::PriceError;
use crate::{
    ids::{ConversationId, WorkspaceId},
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

/// The day of a number; the last of the calendar for one beyond it.
pub(crate) fn date_of(day: i32) -> Date {
    EPOCH.saturating_add(day.days())
}

/// The day that holds a moment, in UTC milliseconds, by the clocks of a time zone, as its number.
pub(crate) fn day_of(at_ms: i64, zone: &TimeZone) -> i32 {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    number_of(zone.to_datetime(at).date())
}

/// Of which calls, where not of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", default)]
pub struct CallFilter {
    /// Of this workspace.
    pub workspace: Option<WorkspaceId>,
    /// Billed by this provider; `local` for this computer.
    pub provider: Option<String>,
    /// By the model of this name.
    pub model: Option<String>,
    /// Made for this, by its name.
    pub purpose: Option<String>,
    /// In this conversation.
    pub conversation: Option<ConversationId>,
    /// Only some of those.
    pub only: Option<Only>,
}

/// Calls that share something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Only {
    /// They failed.
    Failed,
    /// They failed and cost something.
    FailedAndPaid,
    /// They ended, and what they cost is not known.
    Unknown,
    /// What they cost rests on our own count.
    Estimated,
    /// They were made on this computer.
    Local,
    /// They were not.
    Elsewhere,
    /// Their conversation is not there, or they never had one.
    WithoutConversation,
    /// Their prompt was long: see [`LONG_PROMPT`].
    LongPrompt,
}

/// From so many tokens on a prompt is long.
pub const LONG_PROMPT: u32 = 8_000;

impl Only {
    fn condition(self) -> String {
        let condition = match self {
            Self::Failed => "k.status = 'failed'",
            Self::FailedAndPaid => "k.status = 'failed' AND k.cost_pico > 0",
            Self::Unknown => "k.cost_pico IS NULL AND k.status <> 'running'",
            Self::Estimated => "k.measured = 0 AND k.cost_pico <> 0",
            Self::Local => "k.provider = 'local'",
            Self::Elsewhere => "k.provider <> 'local'",
            Self::WithoutConversation => "k.conversation_id IS NULL",
            Self::LongPrompt => return format!("k.input_tokens >= {LONG_PROMPT}"),
        };
        condition.to_owned()
    }
}

/// Which rows `k` of the calls or of their days are meant, in SQL.
pub(super) struct Chosen {
    /// What holds for them.
    pub(super) condition: String,
    /// The parameters in it, from the first on.
    pub(super) values: Vec<Value>,
}

impl Chosen {
    /// One more condition: `sql` followed by the parameter.
    pub(super) fn and(&mut self, sql: &str, value: impl Into<Value>) {
        self.values.push(value.into());
        let number = self.values.len();
        self.condition.push_str(&format!(" AND {sql} ?{number}"));
    }
}

impl CallFilter {
    /// The rows of these days that it lets through.
    pub(super) fn chosen(&self, span: Span) -> Chosen {
        let mut chosen = Chosen {
            condition: "k.day BETWEEN ?1 AND ?2".into(),
            values: vec![span.first.into(), span.last.into()],
        };
        if let Some(workspace) = self.workspace {
            chosen.and("k.workspace_id =", workspace.as_bytes().to_vec());
        }
        let texts = [
            ("k.provider =", &self.provider),
            ("k.model =", &self.model),
            ("k.purpose =", &self.purpose),
        ];
        for (sql, text) in texts {
            if let Some(text) = text {
                chosen.and(sql, text.clone());
            }
        }
        if let Some(conversation) = self.conversation {
            chosen.and("k.conversation_id =", conversation.as_bytes().to_vec());
        }
        if let Some(only) = self.only {
            chosen
                .condition
                .push_str(&format!(" AND {}", only.condition()));
        }
        chosen
    }

    /// Whether the sums of the days can answer for it.
    pub(super) fn is_of_days(&self) -> bool {
        self.conversation.is_none()
            && matches!(self.only, None | Some(Only::Local | Only::Elsewhere))
    }
}

#[cfg(test)]
mod tests;
