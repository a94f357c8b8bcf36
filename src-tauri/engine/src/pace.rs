//! How a batch is divided: every answer that is being written gets its next token, prompts share
//! what is left, and as little of it as keeps the writers moving.

use std::time::Duration;

/// How long writers may wait for a part of a prompt to be read.
const SHARED_STEP: Duration = Duration::from_millis(120);
/// The least that is read of prompts in a step that writers wait for.
const LEAST_TOKENS: usize = 16;

/// A slot with something to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// Which one.
    pub slot: usize,
    /// Tokens that it has to compute.
    pub tokens: usize,
    /// Whether it is writing. It has exactly one token then, unless it has to read again what it held.
    pub writing: bool,
}

/// Divides batches, by the speed that it has seen.
#[derive(Debug)]
pub struct Pace {
    batch_tokens: usize,
    tokens_per_second: f64,
}

impl Pace {
    /// For batches of at most this many tokens.
    #[must_use]
    pub fn new(batch_tokens: usize) -> Self {
        // A guess of a small computer; a few steps tell what is true.
        Self {
            batch_tokens,
            tokens_per_second: 100.0,
        }
    }

    /// A batch of `tokens` took this long.
    pub fn note(&mut self, tokens: usize, took: Duration) {
        // A few tokens take about as long as one, so they tell nothing of reading.
        if tokens >= LEAST_TOKENS {
            #[expect(clippy::cast_precision_loss, reason = "a batch has few tokens")]
            let seen = tokens as f64 / took.as_secs_f64().max(1e-6);
            self.tokens_per_second = 0.5 * self.tokens_per_second + 0.5 * seen;
        }
    }

    /// How many tokens each slot gets of the next batch; those that get none are left out.
    #[must_use]
    pub fn divide(&self, ready: &[Ready]) -> Vec<(usize, usize)> {
        let (writers, mut readers): (Vec<Ready>, Vec<Ready>) = ready
            .iter()
            .partition(|ready| ready.writing && ready.tokens == 1);
        let mut room = self.batch_tokens.saturating_sub(writers.len());
        if !writers.is_empty() {
            room = room.min(self.in_a_shared_step());
        }
        let mut shares: Vec<(usize, usize)> =
            writers.iter().map(|writer| (writer.slot, 1)).collect();
        // Short prompts first: what they leave of their share goes to the long ones.
        readers.sort_by_key(|reader| reader.tokens);
        for (index, reader) in readers.iter().enumerate() {
            let tokens = reader.tokens.min(room.div_ceil(readers.len() - index));
            room -= tokens;
            if tokens > 0 {
                shares.push((reader.slot, tokens));
            }
        }
        shares
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number of tokens"
    )]
    fn in_a_shared_step(&self) -> usize {
        ((self.tokens_per_second * SHARED_STEP.as_secs_f64()) as usize).max(LEAST_TOKENS)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reader(slot: usize, tokens: usize) -> Ready {
        Ready {
            slot,
            tokens,
            writing: false,
        }
    }

    const WRITER: Ready = Ready {
        slot: 9,
        tokens: 1,
        writing: true,
    };

    #[test]
    fn a_prompt_alone_gets_the_whole_batch() {
        assert_eq!(Pace::new(256).divide(&[reader(0, 1000)]), [(0, 256)]);
    }

    #[test]
    fn a_prompt_beside_a_writer_gets_what_is_read_quickly() {
        let mut pace = Pace::new(256);
        assert_eq!(pace.divide(&[reader(0, 1000), WRITER]), [(9, 1), (0, 16)]);
        (0..20).for_each(|_| pace.note(256, Duration::from_millis(256)));
        assert_eq!(
            pace.divide(&[reader(0, 1000), WRITER]),
            [(9, 1), (0, 119)],
            "1000 tokens/s for 120 ms"
        );
    }

    #[test]
    fn a_writer_that_reads_again_reads_like_a_prompt_and_holds_no_other_up() {
        let again = Ready {
            tokens: 1000,
            ..WRITER
        };
        let pace = Pace::new(256);
        assert_eq!(pace.divide(&[again]), [(9, 256)]);
        let writer = Ready { slot: 1, ..WRITER };
        assert_eq!(pace.divide(&[again, writer]), [(1, 1), (9, 16)]);
    }

    #[test]
    fn what_a_short_prompt_leaves_goes_to_the_long_ones() {
        assert_eq!(
            Pace::new(100).divide(&[reader(0, 500), reader(1, 10), reader(2, 500)]),
            [(1, 10), (0, 45), (2, 45)]
        );
    }

    proptest! {
        #[test]
        fn the_batch_is_never_too_full_and_never_empty_for_nothing(
            ready in proptest::collection::vec((1_usize..2000, any::<bool>()), 1..16),
            batch in 16_usize..512,
        ) {
            let ready: Vec<Ready> = ready
                .into_iter()
                .enumerate()
                .map(|(slot, (tokens, writing))| Ready { slot, tokens: if writing { 1 } else { tokens }, writing })
                .collect();
            let shares = Pace::new(batch).divide(&ready);
            let total: usize = shares.iter().map(|(_, tokens)| tokens).sum();
            prop_assert!(total > 0 && total <= batch, "{} of {}", total, batch);
            for (slot, tokens) in &shares {
                prop_assert!(*tokens <= ready[*slot].tokens);
            }
            let served = shares.iter().filter(|(slot, _)| ready[*slot].writing).count();
            prop_assert_eq!(served, ready.iter().filter(|ready| ready.writing).count());
        }
    }
}
