//! Days, weeks and months as a person lives them: by the time zone of their computer.

use std::ops::Range;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::stored::stored_by_name;

/// A time that a budget is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// From Monday on, as ISO 8601 has it.
    Week,
    /// A month of the calendar.
    Month,
}
stored_by_name!(Period);

impl Period {
    /// The one that holds this moment, in UTC milliseconds, by the clocks of a time zone. A day on
    /// which clocks are moved is longer or shorter; where they skip midnight, the day begins at the
    /// first moment that there is.
    ///
    /// # Errors
    /// [`jiff::Error`] for moments beyond the year 9999 or before -9999.
    pub fn around(self, at_ms: i64, zone: &TimeZone) -> Result<Range<i64>, jiff::Error> {
        let today = zone.to_datetime(Timestamp::from_millisecond(at_ms)?).date();
        let (first, next) = match self {
            Self::Day => (today, today.tomorrow()?),
            Self::Week => {
                let monday = today.checked_sub(today.weekday().to_monday_zero_offset().days())?;
                (monday, monday.checked_add(7.days())?)
            }
            Self::Month => (today.first_of_month(), today.last_of_month().tomorrow()?),
        };
        Ok(beginning(first, zone)?..beginning(next, zone)?)
    }
}

fn beginning(day: Date, zone: &TimeZone) -> Result<i64, jiff::Error> {
    let midnight = day.to_zoned_datetime(zone.clone())?;
    Ok(midnight.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests;
