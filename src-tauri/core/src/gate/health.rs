//! How the providers have answered lately. One that fails again and again is left out for a while
//! where another model can answer, so that nobody waits for it each time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::Gate;
use crate::ids::AccountId;

/// How an account has answered lately, where it did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AccountHealth {
    /// Which.
    pub account_id: AccountId,
    /// Calls that failed one after the other, in a way that another account's need not, since the app was
    /// started.
    pub failures: u32,
    /// For so many seconds it is left out where another model can answer; 0: it is not.
    #[specta(type = Number)]
    pub left_out_s: u64,
}

impl Gate {
    /// The accounts that did not answer the last time they were asked.
    pub fn health(&self) -> Vec<AccountHealth> {
        self.health.seen(Instant::now())
    }
}

/// Failures in a row after which a provider is left out.
const MOST_FAILURES: u32 = 3;
/// How long it is left out at first; twice as long after each failure more.
const FIRST_PAUSE: Duration = Duration::from_secs(20);
/// How long it is left out at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// The circuit breakers of all accounts.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<HashMap<AccountId, Failures>>);

#[derive(Debug, Clone, Copy)]
struct Failures {
    in_a_row: u32,
    last: Instant,
}

impl Failures {
    /// How long it is left out since the last failure.
    fn pause(self) -> Duration {
        match self.in_a_row.checked_sub(MOST_FAILURES) {
            None => Duration::ZERO,
            Some(more) => FIRST_PAUSE
                .saturating_mul(1 << more.min(10))
                .min(LONGEST_PAUSE),
        }
    }
}

impl Health {
    /// Whether an account is to be left out now. When its time is over, one call tries it again.
    pub(super) fn is_out(&self, account: AccountId, now: Instant) -> bool {
        let failures = self.failures();
        failures
            .get(&account)
            .is_some_and(|failures| now < failures.last + failures.pause())
    }

    fn seen(&self, now: Instant) -> Vec<AccountHealth> {
        let failures = self.failures();
        let seen = failures.iter().map(|(account, failures)| {
            let left = (failures.last + failures.pause()).saturating_duration_since(now);
            AccountHealth {
                account_id: *account,
                failures: failures.in_a_row,
                left_out_s: left
                    .as_millis()
                    .div_ceil(1000)
                    .try_into()
                    .unwrap_or(u64::MAX),
            }
        });
        seen.collect()
    }

    /// It answered.
    pub(super) fn answered(&self, account: AccountId) {
        self.failures().remove(&account);
    }

    /// It failed in a way that another model need not.
    pub(super) fn failed(&self, account: AccountId, now: Instant) {
        let mut failures = self.failures();
        let failures = failures.entry(account).or_insert(Failures {
            in_a_row: 0,
            last: now,
        });
        failures.in_a_row += 1;
        failures.last = now;
    }

    fn failures(&self) -> std::sync::MutexGuard<'_, HashMap<AccountId, Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_left_out_after_three_failures_and_tried_again_after_a_while() {
        let (health, account, now) = (Health::default(), AccountId::new(), Instant::now());
        for _ in 0..2 {
            health.failed(account, now);
            assert!(!health.is_out(account, now), "two failures are an accident");
        }
        health.failed(account, now);
        assert!(health.is_out(account, now));
        assert!(!health.is_out(AccountId::new(), now), "others are not hurt");
        let seen = AccountHealth {
            account_id: account,
            failures: 3,
            left_out_s: 20,
        };
        assert_eq!(health.seen(now), [seen], "and a person sees it");
        let later = now + FIRST_PAUSE;
        assert!(!health.is_out(account, later));
        health.failed(account, later);
        assert!(
            health.is_out(account, later + FIRST_PAUSE),
            "each failure more makes the pause longer"
        );
        health.answered(account);
        assert!(!health.is_out(account, later) && health.seen(later).is_empty());
    }

    #[test]
    fn no_pause_is_longer_than_five_minutes() {
        let (health, account, now) = (Health::default(), AccountId::new(), Instant::now());
        for _ in 0..1_000 {
            health.failed(account, now);
        }
        assert!(!health.is_out(account, now + LONGEST_PAUSE));
    }
}
