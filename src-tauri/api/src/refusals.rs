//! What was refused, counted by reason. What was in it is neither kept nor logged.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why a request, or a connection, was refused before a model could be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It called us by another name.
    Host,
    /// It came from a web page that may not ask.
    Origin,
    /// It had no key, or one that is not good.
    Key,
    /// Its client asks too often.
    Rate,
    /// It was too large.
    Size,
    /// It came too slowly.
    Slow,
    /// It was not what was expected.
    Form,
    /// There were too many connections.
    Connections,
}

/// All reasons.
pub(crate) const KINDS: [Refusal; 8] = [
    Refusal::Host,
    Refusal::Origin,
    Refusal::Key,
    Refusal::Rate,
    Refusal::Size,
    Refusal::Slow,
    Refusal::Form,
    Refusal::Connections,
];

/// How many of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Refused {
    /// Why.
    pub why: Refusal,
    /// How many.
    pub count: u64,
}

impl Refusal {
    /// Its name, for programs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Origin => "origin",
            Self::Key => "key",
            Self::Rate => "rate",
            Self::Size => "size",
            Self::Slow => "slow",
            Self::Form => "form",
            Self::Connections => "connections",
        }
    }
}

/// The counts of all kinds.
#[derive(Debug, Default)]
pub(crate) struct Refusals([AtomicU64; KINDS.len()]);

impl Refusals {
    pub(crate) fn count(&self, why: Refusal) {
        self.0[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How many of one kind.
    pub(crate) fn of(&self, why: Refusal) -> u64 {
        self.0[why as usize].load(Ordering::Relaxed)
    }

    /// Those that there were.
    pub(crate) fn all(&self) -> Vec<Refused> {
        let counted = KINDS.iter().map(|&why| Refused {
            why,
            count: self.of(why),
        });
        counted.filter(|refused| refused.count > 0).collect()
    }
}
