//! The same usage at another model's prices: every token of every call, at what it costs there.

use rusqlite::{Connection, params_from_iter};

use super::{CallFilter, Chosen, LONG_PROMPT, Only, ReportError, Span};
use crate::{
    costs::{
        days::Group,
        estimate::{Counting, Tokens, Unpriced, Usage, at_rates},
        listing::Listing,
        rates::{Rates, TokenKind},
    },
    money::Money,
};

/// What calls used, told apart by the tiers of a price that their prompts fall into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usages {
    /// One for the rates of the shortest prompts, then one for each tier.
    by_tier: Vec<Tokens>,
}

/// Along the few calls whose prompts are long.
const LONG_PROMPTS: &str = "INDEXED BY calls_with_long_prompts";

/// What some usage would cost at a price.
pub type WouldCost = Result<Money, Unpriced>;

/// What the calls of these days used that a filter lets through, as this price tells them apart. `groups`:
/// those of the same calls, which answer for all but long prompts.
///
/// # Errors
/// [`ReportError`] when the database fails.
pub(crate) fn usages<'g>(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
    listing: &Listing,
    groups: impl Iterator<Item = &'g Group>,
) -> Result<Usages, ReportError> {
    let mut whole = Tokens::default();
    groups.for_each(|group| whole.add(&group.figures.tokens));
    let Some(lowest) = listing.tiers.iter().map(|tier| tier.above).min() else {
        return Ok(Usages {
            by_tier: vec![whole],
        });
    };
    // The rates of long prompts begin far up: those few are read, and what is left of the sums is short.
    let only_long = lowest >= LONG_PROMPT.into();
    let (index, among) = if only_long {
        let among = format!(" AND k.input_tokens >= {LONG_PROMPT} AND k.input_tokens > {lowest}");
        (LONG_PROMPTS, among)
    } else {
        ("", String::new())
    };
    let mut by_tier = read_by_tier(conn, filter.chosen(span), listing, index, &among)?;
    if only_long {
        let mut long = Tokens::default();
        by_tier.iter().for_each(|tokens| long.add(tokens));
        by_tier[0] = whole.without(&long);
    }
    Ok(Usages { by_tier })
}

/// The same of calls with long histories.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn usages_of_long_histories(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
    listing: &Listing,
) -> rusqlite::Result<Usages> {
    let chosen = filter.and(Only::LongHistory).chosen(span);
    let by_tier = read_by_tier(conn, chosen, listing, LONG_PROMPTS, "")?;
    Ok(Usages { by_tier })
}

/// What calls used by the tier of a price that their prompts fall into, along an index; `among`: one more
/// condition.
fn read_by_tier(
    conn: &Connection,
    Chosen { condition, values }: Chosen,
    listing: &Listing,
    index: &str,
    among: &str,
) -> rusqlite::Result<Vec<Tokens>> {
    let tiers = listing.tiers.iter();
    let tier: String = tiers
        .map(|tier| format!(" + (k.input_tokens > {})", tier.above))
        .collect();
    let mut by_tier = vec![Tokens::default(); listing.tiers.len() + 1];
    let mut statement = conn.prepare(&format!(
        "SELECT 0{tier} AS tier, sum(k.input_tokens), sum(k.cached_tokens), sum(k.cache_written_tokens),
                sum(k.cache_written_hour_tokens), sum(k.output_tokens), sum(k.reasoning_tokens)
         FROM calls k {index} WHERE {condition}{among} GROUP BY tier"
    ))?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        let usage = Usage {
            input: row.get(1)?,
            cached: row.get(2)?,
            cache_write: row.get(3)?,
            cache_write_hour: row.get(4)?,
            output: row.get(5)?,
            reasoning: row.get(6)?,
        };
        let tier: usize = row.get(0)?;
        by_tier[tier.min(listing.tiers.len())] = Tokens::of(usage, Counting::CacheIncluded);
    }
    Ok(by_tier)
}

impl Usages {
    /// What it would cost at the price that told it apart. What a cache took part in costs what the
    /// cache of this model costs; where it has no price for that, it costs what input costs.
    ///
    /// # Errors
    /// [`Unpriced`] when the model has no price for what it would write.
    pub fn would_cost(&self, listing: &Listing) -> WouldCost {
        listing
            .all_rates()
            .zip(&self.by_tier)
            .map(|(rates, tokens)| at_rates(rates, &as_cached_by(rates, tokens)))
            .sum()
    }

    /// The most that so many calls would have cost less, had each read so many tokens and written the same:
    /// the tokens read are taken to cost what the cheapest kind of them does, and the rest what it costs in a
    /// prompt of that length.
    ///
    /// # Errors
    /// [`Unpriced`] when the model has no price for what it would write.
    pub fn would_save(&self, listing: &Listing, calls: u64, prompt: u64) -> WouldCost {
        let rates = listing.rates_for(prompt);
        let written = self
            .by_tier
            .iter()
            .fold(Tokens::default(), |sum, tokens| Tokens {
                output: sum.output.saturating_add(tokens.output),
                reasoning: sum.reasoning.saturating_add(tokens.reasoning),
                ..sum
            });
        let kinds = [
            TokenKind::Cached,
            TokenKind::CacheWrite,
            TokenKind::CacheWriteHour,
        ];
        let cheapest = kinds
            .iter()
            .filter_map(|kind| rates.of(*kind))
            .fold(rates.input, Ord::min);
        let least = cheapest.times(calls.saturating_mul(prompt)) + at_rates(rates, &written)?;
        Ok(Money::from_pico(
            self.would_cost(listing)?.pico() - least.pico(),
        ))
    }
}

/// The same tokens as a model with these rates would bill them.
pub(crate) fn as_cached_by(rates: &Rates, tokens: &Tokens) -> Tokens {
    let mut billed = *tokens;
    let parts = [
        (rates.cached.is_none(), &mut billed.cached),
        (rates.cache_write.is_none(), &mut billed.cache_write),
        (
            rates.cache_write_hour.is_none(),
            &mut billed.cache_write_hour,
        ),
    ];
    for (has_no_price, count) in parts {
        if has_no_price {
            billed.input += std::mem::take(count);
        }
    }
    billed
}
