//! A figure with its labels, in the form that both Prometheus and OpenTelemetry know.

use std::fmt;

use crate::money::Money;

/// Figures under one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// As Prometheus has it: with its unit, and `_total` where it only grows.
    pub name: &'static str,
    /// What it says, for a person.
    pub help: &'static str,
    /// How it moves.
    pub kind: Kind,
    /// One figure for each set of labels.
    pub points: Vec<Point>,
}

/// How a figure moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Counts of values by their size, which only grow.
    Histogram,
}

/// A figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// What it is of.
    pub labels: Vec<(&'static str, String)>,
    /// What was read.
    pub reading: Reading,
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// One number.
    One(Amount),
    /// Counts of values by their size.
    Many(Histogram),
}

/// Counts of values by their size.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// The largest value of each bucket but the last, ascending.
    pub bounds: Vec<Amount>,
    /// How many values each bucket has, which is not what those before it have.
    pub counts: Vec<u64>,
    /// All values together.
    pub sum: Amount,
}

impl Histogram {
    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// A number. Money and times are written to the last digit; only who reads them rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// How many.
    Count(u64),
    /// Dollars.
    Dollars(Money),
    /// Milliseconds, told as seconds.
    Millis(u64),
    /// Any other.
    Real(f64),
}

impl Amount {
    /// The nearest binary fraction, for whoever takes no other.
    pub fn real(self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "who asks for it wants it rounded"
        )]
        match self {
            Self::Count(count) => count as f64,
            Self::Real(real) => real,
            // By way of the decimal digits, so that it is rounded once.
            Self::Dollars(_) | Self::Millis(_) => self.to_string().parse().unwrap_or(f64::NAN),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Dollars(money) => f.write_str(&money.decimal()),
            Self::Millis(ms) if ms % 1000 == 0 => write!(f, "{}", ms / 1000),
            Self::Millis(ms) => {
                let part = format!("{:03}", ms % 1000);
                write!(f, "{}.{}", ms / 1000, part.trim_end_matches('0'))
            }
            Self::Real(real) => write!(f, "{real}"),
        }
    }
}

impl Family {
    /// Figures that only grow.
    pub fn counter(name: &'static str, help: &'static str, points: Vec<Point>) -> Self {
        Self {
            name,
            help,
            kind: Kind::Counter,
            points,
        }
    }

    /// Figures that go up and down.
    pub fn gauge(name: &'static str, help: &'static str, points: Vec<Point>) -> Self {
        Self {
            name,
            help,
            kind: Kind::Gauge,
            points,
        }
    }

    /// Counts of values by their size.
    pub(super) fn histogram(name: &'static str, help: &'static str, points: Vec<Point>) -> Self {
        Self {
            name,
            help,
            kind: Kind::Histogram,
            points,
        }
    }
}

impl Point {
    /// One number with these labels.
    pub fn of(labels: &[(&'static str, &str)], amount: Amount) -> Self {
        Self {
            labels: owned(labels),
            reading: Reading::One(amount),
        }
    }

    /// One number without a label.
    pub fn alone(amount: Amount) -> Self {
        Self::of(&[], amount)
    }
}

/// Labels that somebody else keeps.
pub(super) fn owned(labels: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    labels
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}
