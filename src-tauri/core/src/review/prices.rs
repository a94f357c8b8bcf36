//! The table of prices as a person reads it, and their own prices in it.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::{
    ReviewError,
    askable::{Askable, Terms},
};
use crate::{
    accounts::Billed,
    app::App,
    costs::{
        listing::{Listing, Service},
        prices::{self, Origin, Price, PriceError},
        rates::Rates,
        reports::PricedModel,
    },
    money::{NotAPrice, UnitPrice},
    now_ms,
};

/// What tokens cost, in dollars for a million of them, as `$0.25`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ShownRates {
    /// For input.
    pub input: String,
    /// For input from the cache; `None`: not known.
    pub cached: Option<String>,
    /// For input that is kept for minutes; `None`: not known.
    pub cache_write: Option<String>,
    /// For input that is kept for an hour; `None`: not known.
    pub cache_write_hour: Option<String>,
    /// For output; `None`: not known.
    pub output: Option<String>,
    /// For reasoning; `None`: it costs what output does.
    pub reasoning: Option<String>,
}

/// What a prompt of more than so many tokens costs, every token of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PriceTier {
    /// Of more than so many.
    #[specta(type = Number)]
    pub above: u64,
    /// What tokens cost.
    #[serde(flatten)]
    pub rates: ShownRates,
}

/// A price for a list: dollars for a million tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PriceRow {
    /// Its number.
    pub id: u32,
    /// Whose.
    pub provider: String,
    /// Of what; `*` for whatever the provider runs.
    pub model: String,
    /// Whether it is also for the dated versions of the model.
    pub dated: bool,
    /// Asked how.
    pub service: Service,
    /// The first day on which it holds, by UTC.
    #[specta(type = String)]
    pub from: Date,
    /// The first day on which it no longer holds; `None`: none is known.
    #[specta(type = Option<String>)]
    pub until: Option<Date>,
    /// The hours in which it holds; `None`: all.
    pub hours: Option<String>,
    /// What tokens cost.
    #[serde(flatten)]
    pub rates: ShownRates,
    /// What long prompts cost instead, by rising length.
    pub tiers: Vec<PriceTier>,
    /// Where it was read.
    pub source: String,
    /// When it was last known to be so.
    #[specta(type = String)]
    pub as_of: Date,
    /// Whether it is the person's own.
    pub is_own: bool,
}

/// Prices that a search finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PricePage {
    /// Own ones first.
    pub rows: Vec<PriceRow>,
    /// How many more there are.
    pub left_out: u32,
    /// Models of the accounts that no price is known for.
    pub unknown: Vec<PricedModel>,
    /// Those that have no price and need none: they run on a server of the person's own.
    pub free: Vec<PricedModel>,
}

/// A price as a person enters it, in dollars for a million tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PriceInput {
    /// Whose: a provider, or an account by its name.
    pub provider: String,
    /// Of what.
    pub model: String,
    /// Also of the dated versions of the model.
    pub dated: bool,
    /// Asked how.
    pub service: Service,
    /// For input.
    pub input: String,
    /// For input from the cache; empty: not known.
    pub cached: String,
    /// For input that is kept for minutes; empty: not known.
    pub cache_write: String,
    /// For input that is kept for an hour; empty: not known.
    pub cache_write_hour: String,
    /// For output; empty: not known.
    pub output: String,
    /// For reasoning; empty: it costs what output does.
    pub reasoning: String,
    /// Where it was read.
    pub source: String,
}

/// Why a price is not kept.
#[derive(Debug, thiserror::Error)]
pub enum PriceInputError {
    /// An amount is none.
    #[error(transparent)]
    Amount(#[from] NotAPrice),
    /// It cannot be a price, or the database failed.
    #[error(transparent)]
    Price(#[from] PriceError),
}

impl From<PriceInputError> for crate::problem::Problem {
    fn from(error: PriceInputError) -> Self {
        match error {
            PriceInputError::Amount(error) => {
                Self::new(crate::problem::ProblemCode::InvalidInput, error)
            }
            PriceInputError::Price(error) => error.into(),
        }
    }
}

/// The most prices of a page.
const PAGE: usize = 200;

impl App {
    /// The known prices whose provider or model has all of these words, and what has none.
    ///
    /// # Errors
    /// [`ReviewError`] when the database fails.
    pub fn price_page(&self, words: &str) -> Result<PricePage, ReviewError> {
        let mut rows = self.price_rows(words)?;
        let left_out = rows.len().saturating_sub(PAGE);
        rows.truncate(PAGE);
        self.store.read(|conn| {
            let askable = Askable::now(conn, now_ms())?;
            let (mut unknown, mut free) = (Vec::new(), Vec::new());
            for model in askable.elsewhere() {
                match askable.terms(&model)? {
                    Terms::Price(_) => {}
                    Terms::Free(_) => free.push(model),
                    Terms::Unknown => unknown.push(model),
                }
            }
            Ok(PricePage {
                rows,
                left_out: u32::try_from(left_out).unwrap_or(u32::MAX),
                unknown,
                free,
            })
        })
    }

    /// All of those prices, own ones first.
    ///
    /// # Errors
    /// [`ReviewError`] when the database fails.
    pub(super) fn price_rows(&self, words: &str) -> Result<Vec<PriceRow>, ReviewError> {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let mut found: Vec<Price> = self.store.read(prices::list_with_ends)?;
        found.retain(|price| {
            let listing = &price.listing;
            let all = format!("{} {}", listing.provider, listing.model).to_lowercase();
            words.iter().all(|word| all.contains(word.as_str()))
        });
        found.sort_by_key(|price| price.origin != Origin::Own);
        Ok(found.iter().map(row).collect())
    }

    /// Set a price of one's own, from today on. What a person is told who may have meant another provider.
    ///
    /// # Errors
    /// [`PriceInputError`] when it is none; nothing is changed then.
    pub fn set_price(&self, input: &PriceInput) -> Result<Option<String>, PriceInputError> {
        let find = |conn: &Connection| Billed::find(conn, &input.provider);
        let billed = self.store.read(find).map_err(PriceError::from)?;
        self.set_own_price(&input.listing(&billed.provider, now_ms())?)?;
        Ok(billed.warning())
    }
}

fn row(price: &Price) -> PriceRow {
    let listing = &price.listing;
    PriceRow {
        id: u32::try_from(price.id.number()).unwrap_or(u32::MAX),
        provider: listing.provider.clone(),
        model: listing.model.clone(),
        dated: listing.dated,
        service: listing.service,
        from: listing.from,
        until: listing.until,
        hours: listing.hours.map(|hours| hours.to_string()),
        rates: shown(&listing.rates),
        tiers: listing
            .tiers
            .iter()
            .map(|tier| PriceTier {
                above: tier.above,
                rates: shown(&tier.rates),
            })
            .collect(),
        source: listing.source.clone(),
        as_of: listing.as_of,
        is_own: price.origin == Origin::Own,
    }
}

fn shown(rates: &Rates) -> ShownRates {
    let shown = |unit: UnitPrice| format!("${unit}");
    ShownRates {
        input: shown(rates.input),
        cached: rates.cached.map(shown),
        cache_write: rates.cache_write.map(shown),
        cache_write_hour: rates.cache_write_hour.map(shown),
        output: rates.output.map(shown),
        reasoning: rates.reasoning.map(shown),
    }
}

impl PriceInput {
    fn listing(&self, provider: &str, now_ms: i64) -> Result<Listing, NotAPrice> {
        let amount = |text: &str| text.trim().trim_start_matches('$').parse::<UnitPrice>();
        let maybe = |text: &str| match text.trim() {
            "" => Ok(None),
            text => amount(text).map(Some),
        };
        let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let today = TimeZone::UTC.to_datetime(now).date();
        let source = match self.source.trim() {
            "" => "entered by you",
            source => source,
        };
        Ok(Listing {
            provider: provider.to_owned(),
            model: self.model.trim().to_owned(),
            dated: self.dated,
            service: self.service,
            from: today,
            until: None,
            hours: None,
            rates: Rates {
                input: amount(&self.input)?,
                cached: maybe(&self.cached)?,
                cache_write: maybe(&self.cache_write)?,
                cache_write_hour: maybe(&self.cache_write_hour)?,
                output: maybe(&self.output)?,
                reasoning: maybe(&self.reasoning)?,
            },
            tiers: Vec::new(),
            source: source.to_owned(),
            as_of: today,
        })
    }
}
