//! Choosing the next token: penalties, filters, temperature, and a grammar where one is asked for.

use gatehouse_protocol::{Constraint, Sampling};
use llama_cpp_2::{
    model::LlamaModel,
    sampling::LlamaSampler,
    token::{LlamaToken, data::LlamaTokenData, data_array::LlamaTokenDataArray},
};

use crate::grammar;

/// Why no token can be chosen.
#[derive(Debug, thiserror::Error)]
pub enum SamplingError {
    /// The JSON Schema uses what cannot be turned into a grammar, or is none.
    #[error(
        "This JSON Schema cannot be used: it is not valid, refers to something outside itself, or counts more than can be held to."
    )]
    Schema,
    /// The grammar does not parse.
    #[error(
        "This grammar cannot be used. It must be GBNF with a rule named root, no left recursion and no more than 2,000 repeats."
    )]
    Grammar,
    /// The grammar leaves no token to choose.
    #[error("The grammar reached a point where no token of this model fits it.")]
    DeadEnd,
}

/// Chooses the tokens of one answer.
pub struct Sampler {
    chain: LlamaSampler,
    grammar: Option<LlamaSampler>,
    candidates: LlamaTokenDataArray,
}

impl Sampler {
    /// A sampler with these settings and this seed. Settings out of range count as off.
    ///
    /// # Errors
    /// [`SamplingError::Schema`] or [`SamplingError::Grammar`].
    pub fn new(
        model: &LlamaModel,
        sampling: &Sampling,
        constraint: Option<&Constraint>,
        seed: u32,
    ) -> Result<Self, SamplingError> {
        let grammar = constraint
            .map(|constraint| grammar_of(model, constraint))
            .transpose()?;
        let candidates = LlamaTokenDataArray::new(Vec::new(), false);
        Ok(Self {
            chain: chain_of(model, sampling, seed),
            grammar,
            candidates,
        })
    }

    /// Choose a token by the scores of all of them.
    ///
    /// The grammar is asked about the chosen token first, and about all tokens only when it refuses
    /// that one: asking about all of them takes longer than computing a small model's next token.
    ///
    /// # Errors
    /// [`SamplingError::DeadEnd`].
    pub fn choose(&mut self, logits: &[f32]) -> Result<LlamaToken, SamplingError> {
        self.fill(logits);
        let mut token = self.pick()?;
        if let Some(grammar) = &mut self.grammar
            && !allows(grammar, token)
        {
            self.fill(logits);
            let grammar = self
                .grammar
                .as_mut()
                .expect("there is a grammar because it just refused");
            self.candidates.apply_sampler(grammar);
            if self
                .candidates
                .data
                .iter()
                .all(|candidate| candidate.logit() == f32::NEG_INFINITY)
            {
                return Err(SamplingError::DeadEnd);
            }
            token = self.pick()?;
        }
        self.chain.accept(token);
        if let Some(grammar) = &mut self.grammar {
            grammar
                .try_accept(token)
                .map_err(|_| SamplingError::DeadEnd)?;
        }
        Ok(token)
    }

    fn fill(&mut self, logits: &[f32]) {
        self.candidates.data.clear();
        self.candidates.data.extend(
            (0..)
                .zip(logits)
                .map(|(id, &logit)| LlamaTokenData::new(LlamaToken(id), logit, 0.0)),
        );
        self.candidates.sorted = false;
        self.candidates.selected = None;
    }

    fn pick(&mut self) -> Result<LlamaToken, SamplingError> {
        self.candidates.apply_sampler(&mut self.chain);
        self.candidates
            .selected_token()
            .ok_or(SamplingError::DeadEnd)
    }
}

fn allows(grammar: &mut LlamaSampler, token: LlamaToken) -> bool {
    let mut one = LlamaTokenDataArray::new(vec![LlamaTokenData::new(token, 1.0, 0.0)], false);
    one.apply_sampler(grammar);
    one.data
        .first()
        .is_some_and(|candidate| candidate.logit() != f32::NEG_INFINITY)
}

fn grammar_of(model: &LlamaModel, constraint: &Constraint) -> Result<LlamaSampler, SamplingError> {
    let grammar = grammar::of(constraint)?;
    LlamaSampler::grammar(model, &grammar, "root").map_err(|_| match constraint {
        Constraint::JsonSchema(_) => SamplingError::Schema,
        Constraint::Grammar(_) => SamplingError::Grammar,
    })
}

fn chain_of(model: &LlamaModel, sampling: &Sampling, seed: u32) -> LlamaSampler {
    let mut chain = vec![penalties_of(model, sampling)];
    if sampling.temperature > 0.0 && sampling.temperature.is_finite() {
        if let Ok(k @ 1..) = i32::try_from(sampling.top_k) {
            chain.push(LlamaSampler::top_k(k));
        }
        if sampling.top_p > 0.0 && sampling.top_p < 1.0 {
            chain.push(LlamaSampler::top_p(sampling.top_p, 1));
        }
        if sampling.min_p > 0.0 && sampling.min_p <= 1.0 {
            chain.push(LlamaSampler::min_p(sampling.min_p, 1));
        }
        chain.push(LlamaSampler::temp(sampling.temperature));
        // llama.cpp reads the largest number as "any seed".
        chain.push(LlamaSampler::dist(seed.min(u32::MAX - 1)));
    } else {
        chain.push(LlamaSampler::greedy());
    }
    LlamaSampler::chain(chain, true)
}

fn penalties_of(model: &LlamaModel, sampling: &Sampling) -> LlamaSampler {
    let finite = |value: f32| if value.is_finite() { value } else { 0.0 };
    let repeat = sampling.repeat_penalty;
    LlamaSampler::penalties(
        model.n_vocab(),
        i32::try_from(sampling.repeat_last.min(1 << 16)).unwrap_or(0),
        if repeat > 0.0 && repeat.is_finite() {
            repeat
        } else {
            1.0
        },
        finite(sampling.frequency_penalty),
        finite(sampling.presence_penalty),
    )
}
