//! LiteLLM's public list of what models cost, read into ours: one conversion for the snapshot in
//! this program, for a file that a person has, and for the file as it is online.
//!
//! That file is one JSON object: a name for each model, and under it dollars for one token as
//! numbers. It says nothing of when a price began, so each price is one that was seen on a day;
//! see [`super::prices::take_seen`]. What our form cannot say, or what would have to be rounded, is
//! left out and counted, never guessed.

mod fields;
mod off_peak;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use jiff::civil::Date;
use serde::Serialize;
use serde_json::value::RawValue;

use self::fields::Fields;
use super::{
    limits::ModelLimits,
    listing::{Listing, Service},
    price_list::PriceList,
    vendors::{self, Vendor},
};

/// Where the list is online.
pub const ADDRESS: &str =
    "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json";

/// What the list is called where prices name their source.
pub const SOURCE: &str = "LiteLLM, model_prices_and_context_window.json";

/// The kinds of model whose calls are billed by text tokens alone.
const KINDS: [&str; 4] = ["chat", "completion", "responses", "embedding"];

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The prices, each beginning on the day of the list, and the limits of models.
    pub list: PriceList,
    /// How much was left out.
    pub skipped: Skipped,
}

impl Published {
    /// How many models have a price.
    pub fn models(&self) -> usize {
        let standard = self.list.listings.iter();
        standard
            .filter(|one| one.service == Service::Standard && one.hours.is_none())
            .count()
    }
}

/// This is not the published list of prices. Nothing of it is taken.
#[derive(Debug, thiserror::Error)]
pub enum PublishedError {
    /// It is not an object with models in it.
    #[error("this is not a list of prices as LiteLLM publishes it: {0}")]
    Format(#[from] serde_json::Error),
    /// Nothing in it is a price that can be used.
    #[error("there is no price in this file that can be used")]
    Nothing,
}

/// Why an entry, or one way of asking a model, is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// Of vendors that a person cannot have an account with here.
    OtherVendor,
    /// Not for text: pictures, sound, search.
    OtherKind,
    /// Without a price by the token, or with one of nothing.
    NoPrice,
    /// Billed by more than tokens.
    OtherFees,
    /// Priced in a way that our form cannot say.
    OtherForm,
    /// Priced more finely than in whole pico-dollars.
    TooFine,
    /// Not what such an entry is: negative, huge, of a wrong type.
    Malformed,
    /// Priced twice and differently.
    Contradictory,
}

impl Skip {
    /// As a person calls it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::OtherVendor => "of other vendors",
            Self::OtherKind => "not for text",
            Self::NoPrice => "without a price by the token",
            Self::OtherFees => "billed by more than tokens",
            Self::OtherForm => "priced in another form",
            Self::TooFine => "priced more finely than a pico-dollar",
            Self::Malformed => "malformed",
            Self::Contradictory => "priced twice and differently",
        }
    }
}

/// How many entries, or ways of asking a model, were left out, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Skipped(pub BTreeMap<Skip, usize>);

impl Skipped {
    fn note(&mut self, skip: Skip) {
        *self.0.entry(skip).or_default() += 1;
    }

    /// How many in all.
    pub fn total(&self) -> usize {
        self.0.values().sum()
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.0.iter();
        let parts: Vec<_> = parts
            .map(|(skip, count)| format!("{count} {}", skip.words()))
            .collect();
        write!(f, "{}", parts.join(", "))
    }
}

/// Whether a file looks like the published list, and not like one of our own form.
pub fn is_published(text: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Head {
        format: Option<serde::de::IgnoredAny>,
        sample_spec: Option<serde::de::IgnoredAny>,
    }
    let head = serde_json::from_str::<Head>(text);
    head.is_ok_and(|head| head.format.is_none() && head.sample_spec.is_some())
}

/// Read the published list as it was on a day. `source` is what its prices name as theirs.
///
/// # Errors
/// [`PublishedError`] when it is no such list, or has no price that can be used.
pub fn read(bytes: &[u8], source: &str, as_of: Date) -> Result<Published, PublishedError> {
    let entries: BTreeMap<String, &RawValue> = serde_json::from_slice(bytes)?;
    let mut reading = Reading {
        source,
        as_of,
        models: HashMap::new(),
        skipped: Skipped::default(),
    };
    for (name, entry) in &entries {
        let read = Fields::of(entry)
            .and_then(|fields| Ok((fields.alias_of()?, fields)))
            .and_then(|(alias_of, fields)| match alias_of {
                None => reading.entry(name, name, &fields),
                Some(target) => {
                    let target = entries.get_key_value(&target).ok_or(Skip::OtherForm)?;
                    reading.entry(name, target.0, &Fields::of(target.1)?)
                }
            });
        if let Err(skip) = read {
            reading.skipped.note(skip);
        }
    }
    reading.finish()
}

/// One model's prices and limits.
type Model = (Vec<Listing>, Option<ModelLimits>);

struct Reading<'a> {
    source: &'a str,
    as_of: Date,
    /// By vendor and name; `None`: priced twice and differently.
    models: HashMap<(&'static str, String), Option<Model>>,
    skipped: Skipped,
}

impl Reading<'_> {
    /// Read an entry `name`, whose facts may stand under the name of another.
    fn entry(&mut self, name: &str, facts_of: &str, fields: &Fields<'_>) -> Result<(), Skip> {
        let vendor = fields.text("litellm_provider")?;
        let vendor = vendor.as_deref().and_then(vendors::published_as);
        let vendor = vendor.ok_or(Skip::OtherVendor)?;
        let kind = fields.text("mode")?;
        if !KINDS.contains(&kind.as_deref().unwrap_or_default()) {
            return Err(Skip::OtherKind);
        }
        if vendor.always_searches && fields.has("search_context_cost_per_query") {
            return Err(Skip::OtherFees);
        }
        fields.check_form()?;
        let model = own_name(vendor, name);
        // An alias moves from model to model, so it has no dated versions.
        let dated = vendor.dated && name == facts_of;
        let mut listings = self.standard(vendor, model, dated, fields)?;
        self.other_services(&mut listings, fields);
        if let Some(wrong) = listings.iter().find(|listing| listing.check().is_err()) {
            tracing::debug!("left out: {:?}", wrong.check());
            return Err(Skip::Malformed);
        }
        let limits = fields.limits().map(|limits| ModelLimits {
            provider: vendor.name.into(),
            model: model.into(),
            limits,
            as_of: self.as_of,
        });
        self.keep(vendor, model, (listings, limits))
    }

    /// The prices of a model that is asked in the usual way: of all hours, then of certain ones.
    fn standard(
        &self,
        vendor: &Vendor,
        model: &str,
        dated: bool,
        fields: &Fields<'_>,
    ) -> Result<Vec<Listing>, Skip> {
        let (rates, tiers) = fields.rates(Service::Standard)?.ok_or(Skip::NoPrice)?;
        let all_day = Listing {
            provider: vendor.name.into(),
            model: model.into(),
            dated,
            service: Service::Standard,
            from: self.as_of,
            until: None,
            hours: None,
            rates,
            tiers,
            source: self.source.into(),
            as_of: self.as_of,
        };
        let windows = off_peak::windows(fields, &all_day)?;
        Ok([all_day].into_iter().chain(windows).collect())
    }

    /// Those of the other ways of asking. One that cannot be said is left out alone.
    fn other_services(&mut self, listings: &mut Vec<Listing>, fields: &Fields<'_>) {
        let standard = listings[0].clone();
        for service in [Service::Batch, Service::Flex, Service::Priority] {
            match fields.rates(service) {
                Ok(None) => {}
                Ok(Some((rates, tiers))) if comparable(&standard, &rates, &tiers) => {
                    listings.push(Listing {
                        service,
                        rates,
                        tiers,
                        ..standard.clone()
                    });
                }
                Ok(Some(_)) => self.skipped.note(Skip::OtherForm),
                Err(skip) => self.skipped.note(skip),
            }
        }
    }

    /// Keep a model. The file has some twice, with the name of their vendor and without.
    fn keep(&mut self, vendor: &Vendor, model: &str, read: Model) -> Result<(), Skip> {
        let known = self
            .models
            .entry((vendor.name, model.to_owned()))
            .or_insert_with(|| Some(read.clone()));
        if known.as_ref().is_none_or(|known| known.0 != read.0) {
            *known = None;
            return Err(Skip::Contradictory);
        }
        Ok(())
    }

    fn finish(self) -> Result<Published, PublishedError> {
        let mut models: Vec<_> = self.models.into_iter().collect();
        models.sort_by(|(one, _), (other, _)| one.cmp(other));
        let (listings, limits): (Vec<_>, Vec<_>) =
            models.into_iter().filter_map(|(_, model)| model).unzip();
        let list = PriceList {
            listings: listings.into_iter().flatten().collect(),
            limits: limits.into_iter().flatten().collect(),
        };
        if list.listings.is_empty() {
            return Err(PublishedError::Nothing);
        }
        Ok(Published {
            list,
            skipped: self.skipped,
        })
    }
}

/// Whether a way of asking says as much as the usual one: prices for the same lengths of prompt,
/// and for reasoning where that has one of its own. Less would be taken for what it does not say.
fn comparable(
    standard: &Listing,
    rates: &super::rates::Rates,
    tiers: &[super::rates::Tier],
) -> bool {
    let borders =
        |tiers: &[super::rates::Tier]| tiers.iter().map(|tier| tier.above).collect::<Vec<_>>();
    borders(&standard.tiers) == borders(tiers)
        && standard.rates.reasoning.is_some() == rates.reasoning.is_some()
}

/// The name that the vendor gives a model, without the vendor's own that the file puts before some.
fn own_name<'a>(vendor: &Vendor, name: &'a str) -> &'a str {
    let mut published = vendor.published.iter();
    published
        .find_map(|published| name.strip_prefix(published)?.strip_prefix('/'))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests;
