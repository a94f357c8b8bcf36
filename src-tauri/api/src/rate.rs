//! How often each client may ask: a bucket that fills evenly and holds what ten seconds bring.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use gatehouse_core::ids::ClientId;

/// What a bucket holds, as seconds of its inflow.
const HOLDS_SECONDS: f64 = 10.0;

/// The buckets of all clients.
#[derive(Debug)]
pub(crate) struct Rate {
    a_second: f64,
    buckets: Mutex<HashMap<ClientId, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    seen: Instant,
}

impl Rate {
    /// So many requests a minute; 0: any number.
    pub(crate) fn new(requests_a_minute: u32) -> Self {
        Self {
            a_second: f64::from(requests_a_minute) / 60.0,
            buckets: Mutex::default(),
        }
    }

    /// Whether a client may ask now; else when it may again.
    pub(crate) fn take(&self, client: ClientId, now: Instant) -> Result<(), Duration> {
        if self.a_second == 0.0 {
            return Ok(());
        }
        let holds = (self.a_second * HOLDS_SECONDS).max(1.0);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(client).or_insert(Bucket {
            tokens: holds,
            seen: now,
        });
        let since = now.saturating_duration_since(bucket.seen).as_secs_f64();
        bucket.tokens = (bucket.tokens + since * self.a_second).min(holds);
        bucket.seen = now;
        if bucket.tokens < 1.0 {
            let missing = (1.0 - bucket.tokens) / self.a_second;
            return Err(Duration::from_secs_f64(missing));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_client_gets_more_than_its_rate_and_one_bucket_more(
            pauses in proptest::collection::vec(0_u64..3_000, 1..200),
            a_minute in 1_u32..600,
        ) {
            let rate = Rate::new(a_minute);
            let (client, other) = (ClientId::new(), ClientId::new());
            let begin = Instant::now();
            let mut now = begin;
            let mut let_in = 0_u32;
            for pause in pauses {
                now += Duration::from_millis(pause);
                match rate.take(client, now) {
                    Ok(()) => let_in += 1,
                    Err(wait) => {
                        let later = now + wait + Duration::from_millis(1);
                        let held = *rate.buckets.lock().unwrap().get(&client).unwrap();
                        prop_assert!(rate.take(client, later).is_ok(), "it may when it was told");
                        rate.buckets.lock().unwrap().insert(client, held);
                    }
                }
            }
            let most = f64::from(a_minute) / 60.0 * ((now - begin).as_secs_f64() + HOLDS_SECONDS) + 1.0;
            prop_assert!(f64::from(let_in) <= most, "{let_in} of {most}");
            prop_assert!(rate.take(other, now).is_ok(), "clients do not share");
        }
    }

    #[test]
    fn without_a_rate_everything_is_let_in() {
        let rate = Rate::new(0);
        let client = ClientId::new();
        assert!((0..100_000).all(|_| rate.take(client, Instant::now()).is_ok()));
    }
}
