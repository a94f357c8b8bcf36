//! What a call costs: counts of tokens times a price, in whole numbers; and the most it can cost.

use serde::Serialize;

use super::{
    listing::Listing,
    rates::{Rates, TokenKind},
};
use crate::money::Money;

/// Token counts as a provider reports them at the end of a call, or as our own count has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// The prompt; whether that includes the next three is a matter of [`Counting`].
    pub input: u64,
    /// Of the prompt, read from the cache.
    pub cached: u64,
    /// Of the prompt, written to the cache for minutes.
    pub cache_write: u64,
    /// Of the prompt, written to the cache for an hour.
    pub cache_write_hour: u64,
    /// All that the model wrote, its reasoning included.
    pub output: u64,
    /// Of the output, reasoning; 0 where a provider does not say.
    pub reasoning: u64,
}

/// Whether a provider's count of input includes what its cache took part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// It does, as in OpenAI's `input_tokens` and `prompt_tokens` and those of all who speak its
    /// protocol.
    CacheIncluded,
    /// It does not, as in the `input_tokens` of Anthropic's Messages: tokens read from the cache
    /// and written to it are counted beside them.
    CacheApart,
}

impl Counting {
    /// How the provider of this name counts.
    pub fn of_provider(provider: &str) -> Self {
        match provider {
            "anthropic" => Self::CacheApart,
            _ => Self::CacheIncluded,
        }
    }
}

/// Token counts, each token in exactly one of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// See [`TokenKind::Input`].
    pub input: u64,
    /// See [`TokenKind::Cached`].
    pub cached: u64,
    /// See [`TokenKind::CacheWrite`].
    pub cache_write: u64,
    /// See [`TokenKind::CacheWriteHour`].
    pub cache_write_hour: u64,
    /// See [`TokenKind::Output`].
    pub output: u64,
    /// See [`TokenKind::Reasoning`].
    pub reasoning: u64,
}

impl Tokens {
    /// Take apart what a provider counted together. Where a part is reported larger than its
    /// whole, the part counts: whatever a provider sends, no token that it names is left out.
    pub fn of(usage: Usage, counting: Counting) -> Self {
        let cache = usage
            .cached
            .saturating_add(usage.cache_write)
            .saturating_add(usage.cache_write_hour);
        Self {
            input: match counting {
                Counting::CacheIncluded => usage.input.saturating_sub(cache),
                Counting::CacheApart => usage.input,
            },
            cached: usage.cached,
            cache_write: usage.cache_write,
            cache_write_hour: usage.cache_write_hour,
            output: usage.output.saturating_sub(usage.reasoning),
            reasoning: usage.reasoning,
        }
    }

    /// Add another's counts to these.
    pub fn add(&mut self, other: &Self) {
        let sum = |one: &mut u64, more: u64| *one = one.saturating_add(more);
        sum(&mut self.input, other.input);
        sum(&mut self.cached, other.cached);
        sum(&mut self.cache_write, other.cache_write);
        sum(&mut self.cache_write_hour, other.cache_write_hour);
        sum(&mut self.output, other.output);
        sum(&mut self.reasoning, other.reasoning);
    }

    /// What is left without another's counts; never less than nothing.
    pub fn without(&self, other: &Self) -> Self {
        Self {
            input: self.input.saturating_sub(other.input),
            cached: self.cached.saturating_sub(other.cached),
            cache_write: self.cache_write.saturating_sub(other.cache_write),
            cache_write_hour: self.cache_write_hour.saturating_sub(other.cache_write_hour),
            output: self.output.saturating_sub(other.output),
            reasoning: self.reasoning.saturating_sub(other.reasoning),
        }
    }

    /// Tokens of one kind.
    pub fn count(&self, kind: TokenKind) -> u64 {
        match kind {
            TokenKind::Input => self.input,
            TokenKind::Cached => self.cached,
            TokenKind::CacheWrite => self.cache_write,
            TokenKind::CacheWriteHour => self.cache_write_hour,
            TokenKind::Output => self.output,
            TokenKind::Reasoning => self.reasoning,
        }
    }

    /// The same counts put together again, as they are kept with a call: the prompt with what its
    /// cache took part in, the output with its reasoning.
    pub fn together(&self) -> Usage {
        Usage {
            input: self.prompt(),
            cached: self.cached,
            cache_write: self.cache_write,
            cache_write_hour: self.cache_write_hour,
            output: self.output.saturating_add(self.reasoning),
            reasoning: self.reasoning,
        }
    }

    /// The length of the prompt, by which tiers go.
    pub fn prompt(&self) -> u64 {
        [self.cached, self.cache_write, self.cache_write_hour]
            .iter()
            .fold(self.input, |sum, count| sum.saturating_add(*count))
    }
}

/// A price is known, but not for this kind of token, so the cost is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what {} cost with this model is not known", .0.words())]
pub struct Unpriced(pub TokenKind);

/// What a call with these counts costs, exactly.
///
/// # Errors
/// [`Unpriced`] when there are tokens of a kind without a price: the cost is then unknown.
pub fn cost(price: &Listing, tokens: &Tokens) -> Result<Money, Unpriced> {
    at_rates(price.rates_for(tokens.prompt()), tokens)
}

/// What these tokens cost at some rates, exactly.
///
/// # Errors
/// [`Unpriced`] when there are tokens of a kind without a price.
pub(super) fn at_rates(rates: &Rates, tokens: &Tokens) -> Result<Money, Unpriced> {
    TokenKind::ALL
        .into_iter()
        .filter(|kind| tokens.count(*kind) > 0)
        .map(|kind| {
            let unit = rates.of(kind).ok_or(Unpriced(kind))?;
            Ok(unit.times(tokens.count(kind)))
        })
        .sum()
}

/// How a call that is about to be made uses the provider's cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caching {
    /// Nothing is written to it; something may be read.
    Reads,
    /// Something may be written for minutes, as where a provider does it by itself.
    Writes,
    /// Something may be written for an hour.
    WritesForAnHour,
}

/// A call that is about to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    /// Tokens of its prompt, or more.
    pub prompt: u64,
    /// The most tokens that the model may write, reasoning included.
    pub max_output: u64,
    /// What may happen in the cache.
    pub caching: Caching,
}

/// The most that a call can cost: every token at the dearest price of those that may hold for it,
/// over all tiers that the prompt may fall into. No cost that [`cost`] knows of such a call is higher.
///
/// # Errors
/// [`Unpriced`] when the model may write and what that costs is not known.
pub fn most(price: &Listing, ahead: &Ahead) -> Result<Money, Unpriced> {
    let borders = price.tiers.iter().map(|tier| tier.above);
    let ends = borders.map(Some).chain([None]);
    let mut most = Money::ZERO;
    for (rates, end) in price.all_rates().zip(ends) {
        let prompt = end.map_or(ahead.prompt, |end| end.min(ahead.prompt));
        most = most.max(most_at(rates, prompt, ahead)?);
        if end.is_none_or(|end| end >= ahead.prompt) {
            break;
        }
    }
    Ok(most)
}

fn most_at(rates: &Rates, prompt: u64, ahead: &Ahead) -> Result<Money, Unpriced> {
    use TokenKind::{CacheWrite, CacheWriteHour, Cached, Input, Output, Reasoning};
    let read: &[TokenKind] = match ahead.caching {
        Caching::Reads => &[Input, Cached],
        Caching::Writes => &[Input, Cached, CacheWrite],
        Caching::WritesForAnHour => &[Input, Cached, CacheWrite, CacheWriteHour],
    };
    let dearest = |kinds: &[TokenKind]| kinds.iter().filter_map(|kind| rates.of(*kind)).max();
    let written = match dearest(&[Output, Reasoning]) {
        Some(unit) => unit.times(ahead.max_output),
        None if ahead.max_output == 0 => Money::ZERO,
        None => return Err(Unpriced(Output)),
    };
    let unit = dearest(read).ok_or(Unpriced(Input))?;
    Ok(unit.times(prompt) + written)
}

#[cfg(test)]
mod tests;
