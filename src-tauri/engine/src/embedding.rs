//! Texts to vectors, batch by batch, so that a cancel is seen between them.

use std::{collections::VecDeque, sync::Arc};

use gatehouse_protocol::{Event, FinishReason, RequestErrorKind, Usage};
use llama_cpp_2::{model::LlamaModel, token::LlamaToken};

use crate::{
    answer::count,
    ffi::{Batch, Context, DecodeError},
    wire::Outlet,
};

/// Embeds texts, one request after the other.
pub struct Embedder {
    model: Arc<LlamaModel>,
    context: Context,
    sequences: usize,
    batch_tokens: usize,
    batch: Batch,
    jobs: VecDeque<Job>,
    out: Arc<Outlet>,
}

struct Job {
    id: u64,
    texts: VecDeque<Vec<LlamaToken>>,
}

impl Embedder {
    /// An embedder with nothing to do.
    #[must_use]
    pub fn new(
        model: Arc<LlamaModel>,
        context: Context,
        sequences: usize,
        batch_tokens: usize,
        out: Arc<Outlet>,
    ) -> Self {
        Self {
            model,
            context,
            sequences,
            batch_tokens,
            batch: Batch::default(),
            jobs: VecDeque::new(),
            out,
        }
    }

    /// Whether there is something to compute.
    #[must_use]
    pub fn has_work(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// Take a request, or refuse it when one of its texts is too long.
    pub fn submit(&mut self, id: u64, texts: &[String]) {
        let texts: VecDeque<Vec<LlamaToken>> = texts.iter().map(|text| self.tokens(text)).collect();
        if let Some((index, text)) = texts
            .iter()
            .enumerate()
            .find(|(_, text)| text.len() > self.batch_tokens)
        {
            let (at, tokens, most) = (index + 1, text.len(), self.batch_tokens);
            let message = format!(
                "Text {at} has {tokens} tokens, and this model reads {most} at once. Cut it into shorter ones."
            );
            self.out.send(&Event::Failed {
                id,
                kind: RequestErrorKind::PromptTooLong,
                message,
            });
            return;
        }
        self.jobs.push_back(Job { id, texts });
    }

    fn tokens(&self, text: &str) -> Vec<LlamaToken> {
        let tokens = self.model.vocab().tokenize(text.as_bytes(), true, false);
        // A vector needs something to be computed from.
        if tokens.is_empty() {
            self.model.vocab().tokenize(b" ", true, false)
        } else {
            tokens
        }
    }

    /// Stop a request. `false` when there is none of this id.
    pub fn cancel(&mut self, id: u64) -> bool {
        let Some(at) = self.jobs.iter().position(|job| job.id == id) else {
            return false;
        };
        self.jobs.remove(at);
        self.out.send(&Event::Done {
            id,
            reason: FinishReason::Cancelled,
            usage: Usage::default(),
            stop_text: None,
        });
        true
    }

    /// Compute as many texts of the oldest request as fit into one batch, and send what comes of them.
    pub fn step(&mut self) {
        let Some(mut job) = self.jobs.pop_front() else {
            return;
        };
        let fitting = self.fill_batch(&job);
        let mut vectors = Vec::new();
        if fitting > 0 {
            let computed = self.context.decode(&mut self.batch);
            let made: Option<Vec<Vec<f32>>> = (0..fitting)
                .map(|text| self.context.embedding(sequence(text)).map(normalised))
                .collect();
            (0..fitting).for_each(|text| {
                self.context.truncate(sequence(text), 0);
            });
            match (computed, made) {
                (Ok(()), Some(made)) => vectors = made,
                // Stopped: whether it was this one, the next request says.
                (Err(DecodeError::Stopped), _) => return self.jobs.push_front(job),
                (Err(error), _) => return self.fail(job.id, &error.to_string()),
                (Ok(()), None) => return self.fail(job.id, "The model gave no vector for a text."),
            }
        }
        let tokens: usize = job
            .texts
            .drain(..vectors.len())
            .map(|text| text.len())
            .sum();
        self.out.send(&Event::Embedded {
            id: job.id,
            vectors,
            tokens: count(tokens),
            left: count(job.texts.len()),
        });
        if !job.texts.is_empty() {
            self.jobs.push_front(job);
        }
    }

    fn fill_batch(&mut self, job: &Job) -> usize {
        self.batch.clear();
        let mut texts = 0;
        for text in job.texts.iter().take(self.sequences) {
            if self.batch.len() + text.len() > self.batch_tokens {
                break;
            }
            for (position, &token) in text.iter().enumerate() {
                self.batch.add(token, position, sequence(texts), true);
            }
            texts += 1;
        }
        texts
    }

    fn fail(&self, id: u64, message: &str) {
        self.out.send(&Event::Failed {
            id,
            kind: RequestErrorKind::Compute,
            message: message.to_owned(),
        });
    }
}

fn sequence(text: usize) -> i32 {
    i32::try_from(text).expect("there are at most 256 sequences because loading allows no more")
}

/// The vector of the same direction with length 1; a vector without direction stays as it is.
fn normalised(vector: &[f32]) -> Vec<f32> {
    let length = vector
        .iter()
        .map(|&x| f64::from(x) * f64::from(x))
        .sum::<f64>()
        .sqrt();
    if length == 0.0 || !length.is_finite() {
        return vector.to_vec();
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the vector is of this precision"
    )]
    vector
        .iter()
        .map(|&x| (f64::from(x) / length) as f32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_get_length_one_and_keep_their_direction() {
        assert_eq!(normalised(&[3.0, 4.0]), [0.6, 0.8]);
        assert_eq!(normalised(&[0.0, 0.0]), [0.0, 0.0], "nothing to divide by");
    }
}
