//! `gatehouse prices`: what models cost, by whose word.

mod update;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use gatehouse_core::{
    accounts::Billed,
    app::App,
    costs::{
        listing::{Listing, Service},
        name_of,
        prices::{self, Price},
        published,
        rates::{Rates, TokenKind},
    },
    money::UnitPrice,
    store::StoreError,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::json;

use crate::{failure::Failure, note, output};
use update::New;

/// Prices of models, in dollars for a million tokens.
#[derive(Subcommand)]
pub(crate) enum Prices {
    /// List the prices that are known.
    List {
        /// Only those of this provider.
        #[arg(long)]
        provider: Option<String>,
        /// Only those of models whose name begins so.
        #[arg(long)]
        model: Option<String>,
    },
    /// Set a price of your own, which goes before every other.
    Set(Set),
    /// Take prices over, and say what that changes: the list that LiteLLM publishes, read online, or
    /// a file, which is that list as it is or one of our own form, which is in docs/prices.md.
    Update {
        /// The file; without it, the list is read online.
        file: Option<PathBuf>,
        /// Where to read it online instead, such as a copy in your own network.
        #[arg(long, value_name = "ADDRESS", conflicts_with = "file")]
        from: Option<String>,
        /// For LiteLLM's list, which does not say it: the day that it is of; without it, today.
        #[arg(long, value_name = "DATE", requires = "file")]
        as_of: Option<Date>,
        /// Only say what would change.
        #[arg(long)]
        dry_run: bool,
    },
}

/// A price of one's own.
#[derive(Args)]
pub(crate) struct Set {
    /// Whose model: a provider as “prices list” has it, or an account by its name.
    #[arg(long)]
    provider: String,
    /// The model, as its provider names it.
    #[arg(long)]
    model: String,
    /// Also for the dated versions of the model.
    #[arg(long)]
    dated: bool,
    /// How the model is asked.
    #[arg(long, value_enum, default_value = "standard")]
    service: Asked,
    /// The first day on which it holds; without it, today by UTC.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Input, in dollars for a million tokens.
    #[arg(long, value_name = "PRICE", required_unless_present = "remove")]
    input: Option<UnitPrice>,
    /// Input that the provider's cache had.
    #[arg(long, value_name = "PRICE")]
    cached: Option<UnitPrice>,
    /// Input that the cache keeps for minutes.
    #[arg(long, value_name = "PRICE")]
    cache_write: Option<UnitPrice>,
    /// Input that the cache keeps for an hour.
    #[arg(long, value_name = "PRICE")]
    cache_write_hour: Option<UnitPrice>,
    /// Output.
    #[arg(long, value_name = "PRICE")]
    output: Option<UnitPrice>,
    /// Reasoning, where it does not cost what output does.
    #[arg(long, value_name = "PRICE")]
    reasoning: Option<UnitPrice>,
    /// Where you read it.
    #[arg(long, default_value = "Your own price")]
    source: String,
    /// Take your own prices of this model back instead.
    #[arg(long, conflicts_with_all = ["input", "cached", "cache_write", "cache_write_hour", "output", "reasoning", "dated", "from", "source"])]
    remove: bool,
}

/// How a model is asked.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Asked {
    /// Answered at once.
    Standard,
    /// Answered within a day.
    Batch,
    /// Answered when there is room.
    Flex,
    /// Answered before others.
    Priority,
}

impl From<Asked> for Service {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Standard => Self::Standard,
            Asked::Batch => Self::Batch,
            Asked::Flex => Self::Flex,
            Asked::Priority => Self::Priority,
        }
    }
}

impl Prices {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::List { provider, model } => {
                list(app, provider.as_deref(), model.as_deref(), json)
            }
            Self::Set(set) if set.remove => set.remove(app, json),
            Self::Set(set) => set.run(app, json),
            Self::Update {
                file,
                from,
                as_of,
                dry_run,
            } => match file {
                Some(file) => update::update(app, &New::read(file, *as_of)?, *dry_run, json),
                None => {
                    let from = from.as_deref().unwrap_or(published::ADDRESS);
                    let (changes, skipped) = app.gate.update_prices_from(from, *dry_run)?;
                    update::tell(&changes, Some(&skipped), *dry_run, json)
                }
            },
        }
    }
}

fn list(app: &App, provider: Option<&str>, model: Option<&str>, json: bool) -> Result<(), Failure> {
    let mut known = app
        .store
        .read(|conn| Ok::<_, StoreError>(prices::list_with_ends(conn)?))?;
    known.retain(|Price { listing, .. }| {
        provider.is_none_or(|provider| listing.provider.eq_ignore_ascii_case(provider))
            && model.is_none_or(|model| listing.model.starts_with(model))
    });
    if json {
        return output::json(&known);
    }
    let rows: Vec<_> = known
        .iter()
        .map(
            |Price {
                 origin, listing, ..
             }| {
                let unit = |unit: Option<UnitPrice>| {
                    unit.map_or("unknown".into(), |unit| format!("${unit}"))
                };
                [
                    listing.provider.clone(),
                    format!(
                        "{}{}",
                        listing.model,
                        if listing.dated { " and dated" } else { "" }
                    ),
                    name_of(&listing.service),
                    time(listing),
                    unit(Some(listing.rates.input)),
                    unit(listing.rates.cached),
                    written(&listing.rates),
                    unit(listing.rates.output),
                    longer(listing),
                    name_of(origin).replace('_', " "),
                    listing.as_of.to_string(),
                ]
            },
        )
        .collect();
    output::table(
        [
            "PROVIDER",
            "MODEL",
            "SERVICE",
            "SINCE",
            "INPUT",
            "CACHED",
            "CACHE WRITES",
            "OUTPUT",
            "LONG PROMPTS",
            "FROM",
            "AS OF",
        ],
        &rows,
    )
}

/// When a price holds.
fn time(listing: &Listing) -> String {
    let until = listing.until.map(|until| format!(" until {until}"));
    let hours = listing.hours.map(|hours| format!(", {hours} UTC"));
    format!(
        "{}{}{}",
        listing.from,
        until.unwrap_or_default(),
        hours.unwrap_or_default()
    )
}

/// From which length of prompt on another price holds.
fn longer(listing: &Listing) -> String {
    let tiers = listing
        .tiers
        .iter()
        .map(|tier| format!("above {}: {}", tier.above, rates(&tier.rates)));
    tiers.collect::<Vec<_>>().join("; ")
}

/// What it costs to keep input: for minutes, and for an hour.
fn written(rates: &Rates) -> String {
    let hour = rates
        .cache_write_hour
        .map(|unit| format!("${unit} for an hour"));
    let units = [rates.cache_write.map(|unit| format!("${unit}")), hour];
    let known: Vec<String> = units.into_iter().flatten().collect();
    if known.is_empty() {
        "unknown".into()
    } else {
        known.join(", ")
    }
}

/// All that is known of what tokens cost.
fn rates(rates: &Rates) -> String {
    let known = TokenKind::ALL.into_iter().filter_map(|kind| {
        let unit = match kind {
            TokenKind::Reasoning => rates.reasoning,
            kind => rates.of(kind),
        };
        unit.map(|unit| format!("{} ${unit}", kind.words()))
    });
    known.collect::<Vec<_>>().join(", ")
}

impl Set {
    fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        let today = today();
        let Some(input) = self.input else {
            return Err(Failure::input("--input is missing."));
        };
        let billed = billed(app, &self.provider)?;
        let listing = Listing {
            provider: billed.provider.clone(),
            model: self.model.clone(),
            dated: self.dated,
            service: self.service.into(),
            from: self.from.unwrap_or(today),
            until: None,
            hours: None,
            rates: Rates {
                input,
                cached: self.cached,
                cache_write: self.cache_write,
                cache_write_hour: self.cache_write_hour,
                output: self.output,
                reasoning: self.reasoning,
            },
            tiers: Vec::new(),
            source: self.source.clone(),
            as_of: today,
        };
        let price = app.set_own_price(&listing)?;
        if let Some(warning) = billed.warning() {
            note(&warning, json);
        }
        if json {
            return output::json(&price);
        }
        output::line(&format!(
            "“{}” of {} has your own price from {} on.",
            listing.model, billed.provider, listing.from
        ))
    }

    fn remove(&self, app: &App, json: bool) -> Result<(), Failure> {
        let provider = billed(app, &self.provider)?.provider;
        let removed = app.remove_own_price(&provider, &self.model, self.service.into())?;
        if removed == 0 {
            let message = format!("“{}” of {provider} has no price of your own", self.model);
            return Err(Failure::missing(message));
        }
        if json {
            return output::json(&json!({ "removed": removed }));
        }
        output::line(&format!(
            "“{}” of {provider} has no price of your own any more.",
            self.model
        ))
    }
}

fn billed(app: &App, named: &str) -> Result<Billed, StoreError> {
    app.store.read(|conn| Ok(Billed::find(conn, named)?))
}

fn today() -> Date {
    TimeZone::UTC.to_datetime(Timestamp::now()).date()
}

/// One line of what a price says.
fn described(listing: &Listing) -> String {
    let tiers = (!listing.tiers.is_empty()).then(|| longer(listing));
    format!(
        "{} {} ({}, {}): {}",
        listing.provider,
        listing.model,
        name_of(&listing.service),
        time(listing),
        [Some(rates(&listing.rates)), tiers]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ")
    )
}
