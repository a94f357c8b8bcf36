//! The measure of what is possible: llama.cpp in a plain loop, with nothing around it.

use std::{
    num::NonZeroU32,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use gatehouse_protocol::Sampling;
use llama_cpp_2::{
    context::{LlamaContext, params::LlamaContextParams},
    llama_backend::LlamaBackend,
    llama_batch::LlamaBatch,
    model::LlamaModel,
    sampling::LlamaSampler,
    token::LlamaToken,
};

/// Tokens in one batch, as the engine has it.
const BATCH_TOKENS: usize = 256;

/// A context with one sequence.
pub struct Bare<'a> {
    model: &'a LlamaModel,
    context: LlamaContext<'a>,
    batch: LlamaBatch<'a>,
    held: usize,
}

impl<'a> Bare<'a> {
    /// A context of this size.
    pub fn new(
        backend: &LlamaBackend,
        model: &'a LlamaModel,
        tokens: u32,
        threads: u32,
    ) -> Result<Self> {
        let threads = i32::try_from(threads)?;
        let batch = u32::try_from(BATCH_TOKENS)?;
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(tokens))
            .with_n_batch(batch)
            .with_n_ubatch(batch)
            .with_n_threads(threads)
            .with_n_threads_batch(threads);
        let context = model.new_context(backend, params).context("no context")?;
        Ok(Self {
            model,
            context,
            batch: LlamaBatch::new(BATCH_TOKENS, 1),
            held: 0,
        })
    }

    /// Keep the first tokens only.
    pub fn keep(&mut self, tokens: usize) -> Result<()> {
        self.context
            .clear_kv_cache_seq(Some(0), Some(u32::try_from(tokens)?), None)?;
        self.held = tokens;
        Ok(())
    }

    /// Read tokens; what follows the last of them can be sampled then.
    pub fn read(&mut self, tokens: &[LlamaToken]) -> Result<()> {
        for (index, chunk) in tokens.chunks(BATCH_TOKENS).enumerate() {
            self.batch.clear();
            for (offset, &token) in chunk.iter().enumerate() {
                let last = index * BATCH_TOKENS + offset + 1 == tokens.len();
                self.batch
                    .add(token, i32::try_from(self.held + offset)?, &[0], last)?;
            }
            self.context.decode(&mut self.batch)?;
            self.held += chunk.len();
        }
        Ok(())
    }

    /// Choose the next token.
    pub fn sample(&self, sampler: &mut LlamaSampler) -> LlamaToken {
        sampler.sample(&self.context, self.batch.n_tokens() - 1)
    }

    /// Read a prompt and write up to `most` tokens; gives how many, and the time from the first to
    /// the last.
    pub fn answer(
        &mut self,
        prompt: &str,
        sampling: &Sampling,
        seed: u32,
        most: u32,
    ) -> Result<(u32, Duration)> {
        let vocab = self.model.vocab();
        self.keep(0)?;
        self.read(&vocab.tokenize(prompt.as_bytes(), true, true))?;
        let mut sampler = sampler(self.model, sampling, seed);
        let mut token = self.sample(&mut sampler);
        let begun = Instant::now();
        let mut text = Vec::new();
        let mut written = 0;
        while !vocab.is_eog(token) {
            written += 1;
            text.extend(vocab.token_to_piece(token, false, None));
            if written == most {
                break;
            }
            self.read(&[token])?;
            token = self.sample(&mut sampler);
        }
        Ok((written, begun.elapsed()))
    }
}

/// The sampler chain that the engine makes of these settings.
fn sampler(model: &LlamaModel, sampling: &Sampling, seed: u32) -> LlamaSampler {
    let last = i32::try_from(sampling.repeat_last).unwrap_or(0);
    LlamaSampler::chain_simple([
        LlamaSampler::penalties(model.n_vocab(), last, sampling.repeat_penalty, 0.0, 0.0),
        LlamaSampler::top_k(i32::try_from(sampling.top_k).unwrap_or(0)),
        LlamaSampler::top_p(sampling.top_p, 1),
        LlamaSampler::min_p(sampling.min_p, 1),
        LlamaSampler::temp(sampling.temperature),
        LlamaSampler::dist(seed),
    ])
}

/// The likeliest token always.
pub fn greedy() -> LlamaSampler {
    LlamaSampler::greedy()
}
