//! New tries of a request that failed before anything of its answer was seen.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use super::{
    error::{ProviderError, Trouble},
    http::Http,
};
use crate::{engine::Stop, now_ms};

/// The most that is waited between two tries when the server does not say how long.
const LONGEST_BACKOFF: Duration = Duration::from_secs(8);

/// Why a try failed.
pub(super) struct Failed {
    pub error: ProviderError,
    /// Whether a piece of the answer was handed on; a new try would then repeat it.
    pub begun: bool,
}

impl From<ProviderError> for Failed {
    fn from(error: ProviderError) -> Self {
        Self {
            error,
            begun: false,
        }
    }
}

/// Try until it works, it cannot work, or it has been tried often enough. A try that another one follows is
/// counted as `lost` if it may be billed.
pub(super) fn retrying<T>(
    http: &Http,
    stop: &Stop,
    lost: &AtomicU32,
    mut attempt: impl FnMut() -> Result<T, Failed>,
) -> Result<T, ProviderError> {
    let limits = http.limits();
    let mut tried = 0;
    loop {
        tried += 1;
        let failed = match attempt() {
            Ok(done) => return Ok(done),
            Err(failed) => failed,
        };
        let mut error = within_reason(failed.error, limits.longest_wait);
        // What is tried again was there for the try before.
        error.left |= error.trouble == Trouble::NoNetwork && tried > 1;
        if failed.begun || tried >= limits.tries || !error.may_pass() {
            return Err(error);
        }
        if error.may_be_billed() {
            lost.fetch_add(1, Ordering::Relaxed);
        }
        let wait = match error.trouble {
            Trouble::RateLimited { wait: Some(wait) } => wait + jitter(limits.backoff, random()),
            _ => backoff(limits.backoff, tried, random()),
        };
        http.pause(wait, &error.server, stop)?;
    }
}

/// A server that asks us to wait for long has no quota left for us, whatever it calls it.
fn within_reason(error: ProviderError, longest: Duration) -> ProviderError {
    match error.trouble {
        Trouble::RateLimited { wait: Some(wait) } if wait > longest => ProviderError {
            trouble: Trouble::Quota { wait: Some(wait) },
            ..error
        },
        _ => error,
    }
}

/// Twice as long each time, and each time somewhere between half of that and all of it, so that
/// many clients do not come back at once. `random` is from 0 to 1.
fn backoff(first: Duration, tried: u32, random: f64) -> Duration {
    let whole = first
        .saturating_mul(1u32 << (tried - 1).min(10))
        .min(LONGEST_BACKOFF);
    whole / 2 + jitter(whole / 2, random)
}

fn jitter(most: Duration, random: f64) -> Duration {
    most.mul_f64(random.clamp(0.0, 1.0))
}

fn random() -> f64 {
    let mut bytes = [0; 4];
    // Without the system's randomness all clients wait equally long, which is only less polite.
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}

/// How long a server asks us to wait, by its headers `retry-after-ms` (OpenAI) and `retry-after`
/// (RFC 9110, section 10.2.3: seconds or a date).
pub(super) fn asked_to_wait(millis: Option<&str>, after: Option<&str>) -> Option<Duration> {
    let millis = millis.and_then(|text| text.trim().parse::<u64>().ok());
    millis
        .map(Duration::from_millis)
        .or_else(|| after_header(after?.trim(), now_ms()))
}

fn after_header(text: &str, now_ms: i64) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<f64>() {
        // Some send fractions; the largest numbers are no time that anybody waits.
        return (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(1e9)));
    }
    let date = jiff::fmt::rfc2822::parse(text)
        .ok()?
        .timestamp()
        .as_millisecond();
    Some(Duration::from_millis(
        u64::try_from(date - now_ms).unwrap_or(0),
    ))
}

#[cfg(test)]
mod unit {
    use proptest::prelude::*;

    use super::*;

    /// 6 November 1994, 08:49:30 UTC.
    const NOW_MS: i64 = 784_111_770_000;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        assert_eq!(after_header("7", NOW_MS), Some(Duration::from_secs(7)));
        assert_eq!(
            after_header("0.5", NOW_MS),
            Some(Duration::from_millis(500))
        );
        assert_eq!(
            after_header("Sun, 06 Nov 1994 08:49:37 GMT", NOW_MS),
            Some(Duration::from_secs(7))
        );
        assert_eq!(
            after_header("Sun, 06 Nov 1994 08:49:00 GMT", NOW_MS),
            Some(Duration::ZERO),
            "a date that is over asks for nothing"
        );
        assert_eq!(after_header("soon", NOW_MS), None);
        assert_eq!(after_header("-3", NOW_MS), None);
    }

    proptest! {
        #[test]
        fn a_wait_is_never_longer_than_the_limit(tried in 1u32..1_000, random in 0.0f64..=1.0) {
            let wait = backoff(Duration::from_millis(500), tried, random);
            prop_assert!(wait <= LONGEST_BACKOFF);
            prop_assert!(wait >= Duration::from_millis(250), "half of it is always waited");
        }

        #[test]
        fn no_header_makes_it_panic(text in "\\PC{0,40}") {
            let _ = after_header(&text, NOW_MS);
        }

        #[test]
        fn no_number_makes_it_panic(number: f64) {
            let _ = after_header(&number.to_string(), NOW_MS);
        }
    }
}
