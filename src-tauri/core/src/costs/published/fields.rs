//! The fields of one entry of the published list.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use super::Skip;
use crate::{
    costs::{
        limits::Limits,
        listing::Service,
        rates::{Rates, Tier},
    },
    money::{NotPerToken, UnitPrice},
};

/// Fees of a call that no count of tokens tells.
const OTHER_FEES: [&str; 3] = [
    "input_cost_per_request",
    "input_cost_per_query",
    "citation_cost_per_token",
];

const INPUT: &str = "input_cost_per_token";
const OUTPUT: &str = "output_cost_per_token";
const REASONING: &str = "output_cost_per_reasoning_token";
const CACHED: &str = "cache_read_input_token_cost";
/// An older name of the same, of one vendor.
const CACHE_HIT: &str = "input_cost_per_token_cache_hit";
const CACHE_WRITE: &str = "cache_creation_input_token_cost";
const CACHE_WRITE_HOUR: &str = "cache_creation_input_token_cost_above_1hr";

/// An entry whose values are as they were written, so that no number is rounded by reading it.
pub(super) struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    pub(super) fn of(entry: &'a RawValue) -> Result<Self, Skip> {
        serde_json::from_str(entry.get())
            .map(Self)
            .map_err(|_| Skip::Malformed)
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.get(name).copied().filter(|raw| raw.get() != "null")
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Skip> {
        let text = self.get(name).map(|raw| serde_json::from_str(raw.get()));
        text.transpose().map_err(|_| Skip::Malformed)
    }

    /// The model under whose name the facts of this one stand.
    pub(super) fn alias_of(&self) -> Result<Option<String>, Skip> {
        self.text("alias_of")
    }

    /// Refuse what is billed by more than we count, or in steps of another kind.
    pub(super) fn check_form(&self) -> Result<(), Skip> {
        let has_price = |name: &&str| self.get(name).is_some_and(|raw| !is_zero(raw));
        if OTHER_FEES.iter().any(has_price) {
            return Err(Skip::OtherFees);
        }
        if self.has("tiered_pricing") {
            return Err(Skip::OtherForm);
        }
        Ok(())
    }

    /// Where a number of tokens stands and is one; and whether the model sees, where that stands.
    pub(super) fn limits(&self) -> Option<Limits> {
        let count = |name| {
            let count: Option<u64> = serde_json::from_str(self.get(name)?.get()).ok();
            // The database counts with a sign.
            count.filter(|count| (1..=u64::from(u32::MAX)).contains(count))
        };
        let limits = Limits {
            max_input_tokens: count("max_input_tokens"),
            max_output_tokens: count("max_output_tokens"),
            takes_pictures: self
                .get("supports_vision")
                .and_then(|raw| serde_json::from_str(raw.get()).ok()),
        };
        (limits != Limits::default()).then_some(limits)
    }

    /// What tokens cost in one way of asking, and in long prompts; `None`: nothing is said.
    pub(super) fn rates(&self, service: Service) -> Result<Option<(Rates, Vec<Tier>)>, Skip> {
        let suffix = match service {
            Service::Standard => "",
            Service::Batch => "_batches",
            Service::Flex => "_flex",
            Service::Priority => "_priority",
        };
        let Some(rates) = self.rates_at("", suffix)? else {
            return Ok(None);
        };
        let borders = self.borders(INPUT, suffix)?;
        if !self.borders(OUTPUT, suffix)?.is_subset(&borders) {
            return Err(Skip::OtherForm);
        }
        let tiers = borders.into_iter().map(|thousands| {
            let rates = self.rates_at(&format!("_above_{thousands}k_tokens"), suffix)?;
            let rates = rates.ok_or(Skip::Malformed)?;
            let above = thousands * 1000;
            Ok(Tier { above, rates })
        });
        let tiers = tiers.collect::<Result<Vec<_>, Skip>>()?;
        // Reasoning without a price of its own would be billed as output is.
        if rates.reasoning.is_some() && tiers.iter().any(|tier| tier.rates.reasoning.is_none()) {
            return Err(Skip::OtherForm);
        }
        Ok(Some((rates, tiers)))
    }

    /// The lengths of prompt, in thousands of tokens, above which a price of its own holds.
    fn borders(&self, price: &str, suffix: &str) -> Result<BTreeSet<u64>, Skip> {
        let borders = self.names().filter_map(|name| {
            let above = name.strip_prefix(price)?.strip_prefix("_above_")?;
            above.strip_suffix(suffix)?.strip_suffix("_tokens")
        });
        borders
            .map(|border| {
                let thousands = border.strip_suffix('k').and_then(|text| text.parse().ok());
                let sensible = thousands.filter(|thousands| (1..=1_000_000).contains(thousands));
                sensible.ok_or(Skip::OtherForm)
            })
            .collect()
    }

    fn rates_at(&self, above: &str, suffix: &str) -> Result<Option<Rates>, Skip> {
        let price = |name: &str| self.price(&format!("{name}{above}{suffix}"));
        let Some(input) = price(INPUT)? else {
            return Ok(None);
        };
        if input.is_zero() {
            return Err(Skip::NoPrice);
        }
        // The file writes a zero where it has nothing to say, and nothing here is free.
        let some = |name: &str| Ok(price(name)?.filter(|unit| !unit.is_zero()));
        let output = some(OUTPUT)?;
        Ok(Some(Rates {
            input,
            cached: some(CACHED)?.map_or_else(|| some(CACHE_HIT), |unit| Ok(Some(unit)))?,
            cache_write: some(CACHE_WRITE)?,
            cache_write_hour: some(CACHE_WRITE_HOUR)?,
            output,
            reasoning: some(REASONING)?.filter(|reasoning| Some(*reasoning) != output),
        }))
    }

    pub(super) fn price(&self, name: &str) -> Result<Option<UnitPrice>, Skip> {
        let price = self.get(name).map(|raw| UnitPrice::per_token(raw.get()));
        price.transpose().map_err(|error| match error {
            NotPerToken::NotAPrice => Skip::Malformed,
            NotPerToken::TooFine => Skip::TooFine,
        })
    }
}

fn is_zero(raw: &RawValue) -> bool {
    UnitPrice::per_token(raw.get()).is_ok_and(UnitPrice::is_zero)
}
