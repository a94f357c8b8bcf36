//! An alert in words for a person.

use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{Alert, AlertKind, judge::Seen};
use crate::{costs::reports::PricedModel, money::Money};

/// An alert, and how it stands, for a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AlertView {
    /// Its number, from 1.
    #[specta(type = Number)]
    pub number: i64,
    /// What it watches.
    pub kind: AlertKind,
    /// The calls of this model; `None`: all.
    pub model: Option<PricedModel>,
    /// What it watches and when it fires, as a sentence.
    pub rule: String,
    /// What it sees now, such as `4.2%`; `None`: nothing.
    pub now: Option<String>,
    /// Whether that rests on enough calls to say something.
    pub enough: bool,
    /// Since when it fires, UTC milliseconds; `None`: it does not.
    #[specta(type = Option<Number>)]
    pub firing_since_ms: Option<i64>,
    /// Of the record, when all of it was last found whole, UTC milliseconds; `None`: it never was.
    #[specta(type = Option<Number>)]
    pub verified_ms: Option<i64>,
}

impl AlertView {
    pub(super) fn of(alert: Alert, seen: Seen) -> Self {
        Self {
            number: alert.number,
            kind: alert.kind,
            rule: alert.rule(),
            now: alert.sees(seen),
            enough: alert.is_enough(seen),
            firing_since_ms: alert.firing_since_ms,
            verified_ms: seen.verified_ms,
            model: alert.model,
        }
    }
}

impl Alert {
    /// What it watches and when it fires, as a sentence.
    pub(super) fn rule(&self) -> String {
        let of = match &self.model {
            Some(of) => format!(" of {}", of.model),
            None => String::new(),
        };
        let (most, time) = (self.words_of(self.most), minutes(self.minutes));
        let calls = match self.fewest {
            1 => "one call".to_owned(),
            calls => format!("{calls} calls"),
        };
        match self.kind {
            AlertKind::Failures => {
                format!("More than {most} of calls{of} fail in {time}, of at least {calls}.")
            }
            AlertKind::FirstToken => format!(
                "The first token{of} takes longer than {most} in more than 5 of 100 calls in {time}, of at \
                 least {calls}."
            ),
            AlertKind::Duration => format!(
                "Answers{of} take longer than {most} in more than 5 of 100 calls in {time}, of at least {calls}."
            ),
            AlertKind::Spend => format!("More than {most} is spent in {time}."),
            AlertKind::Record => "The record does not verify.".to_owned(),
        }
    }

    /// That it fires, or does not any more, and what it saw.
    pub(super) fn news(&self, fires: bool, seen: Seen) -> String {
        if self.kind == AlertKind::Record {
            return if fires {
                "The record does not verify.".to_owned()
            } else {
                "The record verifies again.".to_owned()
            };
        }
        let now = self.sees(seen).unwrap_or("nothing".to_owned());
        let rule = self.rule();
        if fires {
            format!("{rule} Now: {now}.")
        } else {
            format!("It is over, now at {now}: {rule}")
        }
    }

    /// What it sees; `None`: nothing. An amount that is not all that was spent says so.
    pub(super) fn sees(&self, seen: Seen) -> Option<String> {
        let value = seen.value?;
        let words = self.words_of(value);
        let calls = match seen.unknown {
            0 => return Some(words),
            1 => "1 call".to_owned(),
            calls => format!("{calls} calls"),
        };
        let known = if value == 0 { "not known" } else { &words };
        Some(format!("{known} ({calls} of unknown cost)"))
    }

    /// A value in its unit.
    pub(super) fn words_of(&self, value: i64) -> String {
        match self.kind {
            AlertKind::Failures => format!("{}%", hundredths(value)),
            AlertKind::FirstToken | AlertKind::Duration => match value {
                ..1_000 => format!("{value} ms"),
                _ => format!("{} s", hundredths(value / 10)),
            },
            AlertKind::Spend => Money::from_pico(value.into()).to_string(),
            AlertKind::Record if value == 0 => "verifies".to_owned(),
            AlertKind::Record => "does not verify".to_owned(),
        }
    }
}

/// 1234 as 12.34, and 1200 as 12.
fn hundredths(value: i64) -> String {
    let digits = format!("{}.{:02}", value / 100, value % 100);
    digits
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

/// The last so many minutes, in the largest unit that is whole.
fn minutes(minutes: u32) -> String {
    let (count, unit) = match minutes {
        _ if minutes.is_multiple_of(24 * 60) => (minutes / (24 * 60), "day"),
        _ if minutes.is_multiple_of(60) => (minutes / 60, "hour"),
        _ => (minutes, "minute"),
    };
    match count {
        1 => format!("the last {unit}"),
        _ => format!("the last {count} {unit}s"),
    }
}
