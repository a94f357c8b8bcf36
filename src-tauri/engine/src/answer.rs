//! One answer being written: its tokens become text that can be shown, until something ends it.

use std::time::{Duration, Instant};

use gatehouse_protocol::{FinishReason, GenerateRequest, Usage};
use llama_cpp_2::token::LlamaToken;

use crate::{
    sampling::{Sampler, SamplingError},
    stop::StopWatch,
    utf8::Utf8Stream,
    vocabulary::Vocabulary,
};

/// An answer in the making.
pub struct Answer {
    /// The request that it answers.
    pub id: u64,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// How many of them need not be read.
    pub cached_tokens: usize,
    /// Tokens written so far.
    pub output_tokens: u32,
    sampler: Sampler,
    utf8: Utf8Stream,
    stops: StopWatch,
    stop_text: Option<String>,
    max_tokens: Option<u32>,
    begun: Instant,
    read: Option<Instant>,
}

/// What a new token led to.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// Text that can be shown now.
    pub text: String,
    /// Why the answer ends here, if it does.
    pub end: Option<FinishReason>,
}

impl Answer {
    /// Begin an answer. `extra_stops` end it beside those of the request.
    #[must_use]
    pub fn new(
        request: &GenerateRequest,
        sampler: Sampler,
        extra_stops: &[String],
        begun: Instant,
    ) -> Self {
        let stops = request.sampling.stop.iter().chain(extra_stops).cloned();
        Self {
            id: request.id,
            prompt_tokens: 0,
            cached_tokens: 0,
            output_tokens: 0,
            sampler,
            utf8: Utf8Stream::default(),
            stops: StopWatch::new(stops),
            stop_text: None,
            max_tokens: request.sampling.max_tokens,
            begun,
            read: None,
        }
    }

    /// Whether the whole prompt is read.
    #[must_use]
    pub fn is_writing(&self) -> bool {
        self.read.is_some()
    }

    /// The whole prompt is read now.
    pub fn prompt_read(&mut self, now: Instant) {
        self.read = Some(now);
    }

    /// Choose the next token by these scores.
    ///
    /// # Errors
    /// [`SamplingError::DeadEnd`] when a grammar leaves none.
    pub fn choose(&mut self, logits: &[f32]) -> Result<LlamaToken, SamplingError> {
        self.sampler.choose(logits)
    }

    /// Whether no token may be written at all.
    #[must_use]
    pub fn wants_nothing(&self) -> bool {
        self.max_tokens == Some(0)
    }

    /// Take a chosen token. `last` says that the context holds none after it.
    pub fn take(&mut self, token: LlamaToken, vocabulary: &Vocabulary, last: bool) -> Step {
        if vocabulary.ends_answer(token) {
            return Step {
                text: self.rest(),
                end: Some(FinishReason::EndOfAnswer),
            };
        }
        self.output_tokens += 1;
        let piece = self.utf8.push(&vocabulary.bytes(token));
        let passed = self.stops.push(&piece);
        let stopped = passed.stopped.is_some();
        self.stop_text = passed.stopped;
        let end = if stopped {
            Some(FinishReason::StopText)
        } else if self
            .max_tokens
            .is_some_and(|most| self.output_tokens >= most)
        {
            Some(FinishReason::MaxTokens)
        } else {
            last.then_some(FinishReason::ContextFull)
        };
        let mut text = passed.text;
        if end.is_some() && !stopped {
            text += &self.rest();
        }
        Step { text, end }
    }

    /// Text that was held back and is shown now that nothing follows.
    pub fn rest(&mut self) -> String {
        let partial = self.utf8.finish();
        let passed = self.stops.push(&partial);
        passed.text + &self.stops.finish()
    }

    /// The text that ended it, if one did.
    pub fn stop_text(&mut self) -> Option<String> {
        self.stop_text.take()
    }

    /// What was counted and timed up to now.
    #[must_use]
    pub fn usage(&self, now: Instant) -> Usage {
        let read = self.read.unwrap_or(now);
        Usage {
            prompt_tokens: count(self.prompt_tokens),
            cached_tokens: count(self.cached_tokens),
            output_tokens: self.output_tokens,
            read_us: micros(read.saturating_duration_since(self.begun)),
            write_us: micros(now.saturating_duration_since(read)),
        }
    }
}

/// A count as the protocol has it.
#[must_use]
pub fn count(tokens: usize) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
