//! What a provider says when it gives no answer, where the program that asked can act on it.

use std::time::Duration;

use crate::{gate::GateError, providers::error::Trouble};

/// Why a provider gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderSays {
    /// Too many requests came, or a quota is used up for a while.
    TooOften {
        /// How long to wait, where it says so.
        wait: Option<Duration>,
    },
    /// No credit is left, and waiting brings none.
    NoCredit,
    /// It has too much to do.
    Overloaded,
    /// Its content filter held the request or the answer back.
    Filtered,
    /// It has no such model.
    NoSuchModel,
    /// It does not take the request as it is.
    Refused,
}

impl GateError {
    /// What the provider says; `None` where the error is nothing of its saying, or only tells that it failed.
    pub fn provider_says(&self) -> Option<ProviderSays> {
        let Self::Provider(fault) = self else {
            return None;
        };
        Some(match fault.0.trouble {
            Trouble::RateLimited { wait } => ProviderSays::TooOften { wait },
            Trouble::Quota { wait: None } => ProviderSays::NoCredit,
            Trouble::Quota { wait } => ProviderSays::TooOften { wait },
            Trouble::Overloaded => ProviderSays::Overloaded,
            Trouble::Filtered => ProviderSays::Filtered,
            Trouble::NotFound => ProviderSays::NoSuchModel,
            Trouble::Refused { .. } | Trouble::Unsupported => ProviderSays::Refused,
            _ => return None,
        })
    }
}
