//! What each kind of token of a model costs, and from which length of prompt on it costs more.

use serde::{Deserialize, Serialize};

use crate::money::UnitPrice;

/// A kind of token that some vendor bills at a price of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Read for the first time, and not kept.
    Input,
    /// Read from the provider's cache.
    Cached,
    /// Read and kept in the cache for as long as the provider does it by itself: minutes.
    CacheWrite,
    /// Read and kept in the cache for an hour.
    CacheWriteHour,
    /// Written for the person.
    Output,
    /// Written while thinking.
    Reasoning,
}

impl TokenKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Input,
        Self::Cached,
        Self::CacheWrite,
        Self::CacheWriteHour,
        Self::Output,
        Self::Reasoning,
    ];

    /// How a person calls tokens of this kind.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Cached => "cached input",
            Self::CacheWrite => "cache writes",
            Self::CacheWriteHour => "cache writes for an hour",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
        }
    }
}

/// A price for each kind of token; `None`: not known, which is not nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Input that no cache helped with.
    pub input: UnitPrice,
    /// Input from the cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<UnitPrice>,
    /// Input that is kept for minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<UnitPrice>,
    /// Input that is kept for an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_hour: Option<UnitPrice>,
    /// Output; `None` for models that write nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<UnitPrice>,
    /// Reasoning, only where it does not cost what output costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<UnitPrice>,
}

impl Rates {
    /// What a token of this kind costs. Reasoning costs what output does unless it has a price of
    /// its own; nothing else stands in for another.
    pub fn of(&self, kind: TokenKind) -> Option<UnitPrice> {
        match kind {
            TokenKind::Input => Some(self.input),
            TokenKind::Cached => self.cached,
            TokenKind::CacheWrite => self.cache_write,
            TokenKind::CacheWriteHour => self.cache_write_hour,
            TokenKind::Output => self.output,
            TokenKind::Reasoning => self.reasoning.or(self.output),
        }
    }
}

/// The rates of a whole call whose prompt is longer than a number of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Holds for prompts of more than so many tokens, cached ones included.
    pub above: u64,
    /// For every token of such a call, those below the border and the output too.
    pub rates: Rates,
}
