//! Hours of the week in which a price of its own holds.

use std::{fmt, str::FromStr};

use jiff::civil::DateTime;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::listing::beginning;

/// Hours by UTC, of every day as in `16:30-00:30` or of some as in `mon-fri 10:00-00:00` and
/// `sun 00:00-00:00`. The first minute is in, the last is not. Hours that go past midnight belong
/// to the day on which the clock shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hours {
    /// From Monday, 1, to Sunday, 7.
    first_day: i8,
    last_day: i8,
    from_minute: u16,
    to_minute: u16,
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Hours {
    /// Whether a moment, as UTC has it, is in them.
    pub(super) fn contain(self, utc: DateTime) -> bool {
        let minute =
            u16::from(utc.hour().unsigned_abs()) * 60 + u16::from(utc.minute().unsigned_abs());
        let day = utc.date().weekday().to_monday_one_offset();
        let in_hours = if self.from_minute < self.to_minute {
            (self.from_minute..self.to_minute).contains(&minute)
        } else {
            minute >= self.from_minute || minute < self.to_minute
        };
        in_hours && (self.first_day..=self.last_day).contains(&day)
    }

    fn every_day(self) -> bool {
        (self.first_day, self.last_day) == (1, 7)
    }

    /// Two ends, where a whole day is said as `00:00-00:00`.
    fn read(text: &str) -> Option<Self> {
        let (days, times) = text.split_once(' ').unwrap_or(("mon-sun", text));
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let day = |name| {
            let at = DAYS.iter().position(|day| *day == name)?;
            i8::try_from(at + 1).ok()
        };
        let (from, to) = times.split_once('-')?;
        let hours = Self {
            first_day: day(first)?,
            last_day: day(last)?,
            from_minute: minute(from)?,
            to_minute: minute(to)?,
        };
        // All hours of all days are none in particular.
        let whole_day = hours.from_minute == hours.to_minute;
        let allowed = !whole_day || (hours.from_minute == 0 && !hours.every_day());
        (hours.first_day <= hours.last_day && allowed).then_some(hours)
    }
}

/// The minute of a day at a time such as `16:30`.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |text: &str| {
        let two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        two.then(|| text.parse::<u16>().ok())?
    };
    let (hour, minute) = (digits(hour)?, digits(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::read(text).ok_or_else(|| {
            format!(
                "“{}” are not hours such as 16:30-00:30 or mon-fri 10:00-18:00",
                beginning(text)
            )
        })
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |day: i8| DAYS[usize::from(day.unsigned_abs()) - 1];
        if self.first_day == self.last_day {
            write!(f, "{} ", name(self.first_day))?;
        } else if !self.every_day() {
            write!(f, "{}-{} ", name(self.first_day), name(self.last_day))?;
        }
        let (from, to) = (self.from_minute, self.to_minute);
        write!(
            f,
            "{:02}:{:02}-{:02}:{:02}",
            from / 60,
            from % 60,
            to / 60,
            to % 60
        )
    }
}

impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
