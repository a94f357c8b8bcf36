//! The file of prices: the one inside this program, and those that a person updates from. The
//! format is in `docs/prices.md`.

mod write;

use std::collections::HashSet;

use jiff::civil::Date;
use serde::Deserialize;

pub use self::write::write;
use super::{
    hours::Hours,
    limits::{Limits, ModelLimits},
    listing::{Listing, ListingError, Service},
    rates::{Rates, Tier},
};

/// The largest file of prices that is read, in bytes: four times the published list.
pub const MOST_BYTES: u64 = 16 << 20;

/// The prices that this program comes with.
pub(super) const BUILT_IN: &str = include_str!("prices.json");

/// What a file of prices says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceList {
    /// What models cost.
    pub listings: Vec<Listing>,
    /// How much they can read and write.
    pub limits: Vec<ModelLimits>,
}

/// Why a file of prices is refused. Nothing of it is taken.
#[derive(Debug, thiserror::Error)]
pub enum PriceListError {
    /// It is no file of prices.
    #[error("this is not a file of prices: {0}")]
    Format(#[from] serde_json::Error),
    /// It has a format of another time.
    #[error("this file of prices has format {0}, and this Gatehouse reads format 1")]
    OtherFormat(u32),
    /// A price in it cannot be.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// Two prices for the same thing at the same time.
    #[error("the file has two prices for “{model}” of {provider} from {from} on")]
    Twice {
        /// Whose.
        provider: String,
        /// Of what.
        model: String,
        /// Since when.
        from: Date,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "format")]
    _format: u32,
    #[serde(default, rename = "note")]
    _note: String,
    lists: Vec<List>,
}

/// What one vendor publishes in one place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    provider: String,
    source: String,
    as_of: Date,
    prices: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    model: String,
    #[serde(default)]
    dated: bool,
    #[serde(default)]
    service: Service,
    from: Date,
    until: Option<Date>,
    hours: Option<Hours>,
    rates: Rates,
    #[serde(default)]
    tiers: Vec<Tier>,
    max_input_tokens: Option<u32>,
    max_output_tokens: Option<u32>,
    takes_pictures: Option<bool>,
}

/// Read and check a file of prices; all of it is right, or none of it is taken.
///
/// # Errors
/// [`PriceListError`] names the first thing that is wrong.
pub fn parse(text: &str) -> Result<PriceList, PriceListError> {
    /// Known before the rest is looked at, which a later format may have changed.
    #[derive(Deserialize)]
    struct Head {
        format: u32,
    }
    let head: Head = serde_json::from_str(text)?;
    if head.format != 1 {
        return Err(PriceListError::OtherFormat(head.format));
    }
    let file: File = serde_json::from_str(text)?;
    let mut list = PriceList::default();
    for (listing, limits) in file.lists.into_iter().flat_map(List::read) {
        list.listings.push(listing);
        list.limits.extend(limits);
    }
    let mut seen = HashSet::new();
    for listing in &list.listings {
        listing.check()?;
        let key = (
            &listing.provider,
            &listing.model,
            listing.service,
            listing.from,
            listing.hours,
        );
        if !seen.insert(key) {
            return Err(PriceListError::Twice {
                provider: listing.provider.clone(),
                model: listing.model.clone(),
                from: listing.from,
            });
        }
    }
    Ok(list)
}

/// The prices that this program comes with.
pub fn built_in() -> PriceList {
    parse(BUILT_IN).expect("the built-in prices are right because a test reads them")
}

impl List {
    fn read(self) -> impl Iterator<Item = (Listing, Option<ModelLimits>)> {
        let Self {
            provider,
            source,
            as_of,
            prices,
        } = self;
        prices.into_iter().map(move |entry| {
            let limits = Limits {
                max_input_tokens: entry.max_input_tokens.map(u64::from),
                max_output_tokens: entry.max_output_tokens.map(u64::from),
                takes_pictures: entry.takes_pictures,
            };
            let limits = (limits != Limits::default()).then(|| ModelLimits {
                provider: provider.clone(),
                model: entry.model.clone(),
                limits,
                as_of,
            });
            let listing = Listing {
                provider: provider.clone(),
                model: entry.model,
                dated: entry.dated,
                service: entry.service,
                from: entry.from,
                until: entry.until,
                hours: entry.hours,
                rates: entry.rates,
                tiers: entry.tiers,
                source: source.clone(),
                as_of,
            };
            (listing, limits)
        })
    }
}

#[cfg(test)]
mod tests;
