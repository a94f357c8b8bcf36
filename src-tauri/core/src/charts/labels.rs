//! What the places along the time are called.

use jiff::civil::{Date, DateTime};

/// How far apart places along the time are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stride {
    /// An hour of one day.
    Hour,
    /// A day.
    Day,
    /// Seven days, or what there is of them.
    Week,
    /// A month of the calendar, or what there is of it.
    Month,
}

/// What each place along the time is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// Short enough to stand under it.
    pub short: Vec<String>,
    /// In full, for who points at it.
    pub full: Vec<String>,
}

impl Labels {
    /// Of steps along the time, each with when it begins and its last day.
    pub fn along(stride: Stride, steps: impl IntoIterator<Item = (DateTime, Date)>) -> Self {
        let names = steps
            .into_iter()
            .map(|(begins, last)| (stride.short(begins), stride.full(begins, last)));
        let (short, full) = names.unzip();
        Self { short, full }
    }
}

impl Stride {
    fn short(self, begins: DateTime) -> String {
        let form = match self {
            Self::Hour => "%H:%M",
            Self::Day | Self::Week => "%-d %b",
            Self::Month => "%b %Y",
        };
        begins.strftime(form).to_string()
    }

    fn full(self, begins: DateTime, last: Date) -> String {
        match self {
            Self::Hour => begins.strftime("%-d %B %Y, from %H:%M").to_string(),
            Self::Day => begins.strftime("%A, %-d %B %Y").to_string(),
            Self::Week | Self::Month => format!(
                "{} to {}",
                begins.strftime("%-d %B %Y"),
                last.strftime("%-d %B %Y")
            ),
        }
    }
}
