//! `gatehouse prices`: what models cost, by whose word.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};
use gatehouse_core::{
    app::App,
    costs::{
        listing::{Listing, Service},
        name_of,
        price_list::{self, PriceList},
        prices::{self, Changes, Origin, Price},
        published::{self, Published, Skipped},
        rates::Rates,
    },
    money::UnitPrice,
    now_ms,
    store::StoreError,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::json;

use crate::{failure::Failure, output};

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
    /// Whose model.
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
                as_of,
                dry_run,
            } => match file {
                Some(file) => update(app, &New::read(file, *as_of)?, *dry_run, json),
                None => {
                    let changes = app.gate.update_prices(*dry_run)?;
                    tell(&changes, None, *dry_run, json)
                }
            },
        }
    }
}

fn list(app: &App, provider: Option<&str>, model: Option<&str>, json: bool) -> Result<(), Failure> {
    let mut known = app
        .store
        .read(|conn| Ok::<_, StoreError>(prices::list(conn)?))?;
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
    let tiers = listing.tiers.iter().map(|tier| {
        let output = tier.rates.output.map(|unit| format!(", ${unit} out"));
        format!(
            "above {}: ${} in{}",
            tier.above,
            tier.rates.input,
            output.unwrap_or_default()
        )
    });
    tiers.collect::<Vec<_>>().join("; ")
}

impl Set {
    fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        let today = today();
        let Some(input) = self.input else {
            return Err(Failure::input("--input is missing."));
        };
        let listing = Listing {
            provider: self.provider.to_ascii_lowercase(),
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
        let price = app
            .store
            .write(|tx| prices::set_own(tx, &listing, now_ms()))?;
        if json {
            return output::json(&price);
        }
        output::line(&format!(
            "“{}” of {} has your own price from {} on.",
            listing.model, listing.provider, listing.from
        ))
    }

    fn remove(&self, app: &App, json: bool) -> Result<(), Failure> {
        let provider = self.provider.to_ascii_lowercase();
        let removed = app.store.write(|tx| {
            let service = self.service.into();
            prices::remove_own(tx, &provider, &self.model, service, now_ms())
                .map_err(StoreError::from)
        })?;
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

/// A list of prices that was read, before it is taken over.
enum New {
    /// Of our own form, which says when each price began.
    Ours(PriceList),
    /// Prices that were seen on a day.
    Seen(Published),
}

impl New {
    fn read(file: &Path, as_of: Option<Date>) -> Result<Self, Failure> {
        let text = read(file)?;
        if published::is_published(&text) {
            let as_of = as_of.unwrap_or_else(today);
            let seen = published::read(text.as_bytes(), published::SOURCE, as_of);
            return Ok(Self::Seen(seen.map_err(Failure::input)?));
        }
        if as_of.is_some() {
            return Err(Failure::input(
                "this file says itself which day it is of: leave --as-of out",
            ));
        }
        Ok(Self::Ours(
            price_list::parse(&text).map_err(Failure::input)?,
        ))
    }

    fn skipped(&self) -> Option<&Skipped> {
        match self {
            Self::Ours(_) => None,
            Self::Seen(seen) => Some(&seen.skipped),
        }
    }
}

fn update(app: &App, new: &New, dry_run: bool, json: bool) -> Result<(), Failure> {
    let changes = if dry_run {
        app.store.read(|conn| match new {
            New::Ours(list) => prices::compare(conn, list, Origin::File),
            New::Seen(seen) => prices::compare_seen(conn, &seen.list, Origin::File),
        })?
    } else {
        app.store.write(|tx| match new {
            New::Ours(list) => prices::take(tx, list, Origin::File, now_ms()),
            New::Seen(seen) => prices::take_seen(tx, &seen.list, Origin::File, now_ms()),
        })?
    };
    tell(&changes, new.skipped(), dry_run, json)
}

fn tell(
    changes: &Changes,
    skipped: Option<&Skipped>,
    dry_run: bool,
    json: bool,
) -> Result<(), Failure> {
    if json {
        return output::json(&json!({
            "written": !dry_run,
            "changes": changes,
            "skipped": skipped,
        }));
    }
    summary(changes, dry_run)?;
    match skipped {
        Some(skipped) => output::line(&format!("Left out: {skipped}.")),
        None => Ok(()),
    }
}

fn today() -> Date {
    TimeZone::UTC.to_datetime(Timestamp::now()).date()
}

/// The text of a file that is no larger than a list of prices can be.
fn read(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    File::open(file)
        .and_then(|open| {
            open.take(price_list::MOST_BYTES + 1)
                .read_to_string(&mut text)
        })
        .map_err(|error| Failure::file(file, &error))?;
    if text.len() as u64 > price_list::MOST_BYTES {
        return Err(Failure::input(format!(
            "{} is too large for a file of prices.",
            file.display()
        )));
    }
    Ok(text)
}

fn summary(changes: &Changes, dry_run: bool) -> Result<(), Failure> {
    for listing in &changes.added {
        output::line(&format!("new      {}", described(listing)))?;
    }
    for change in &changes.changed {
        output::line(&format!("before   {}", described(&change.before)))?;
        output::line(&format!("now      {}", described(&change.after)))?;
    }
    output::line(&format!(
        "{} new, {} changed, {} confirmed, {} unchanged, {} older than what is known.{}",
        changes.added.len(),
        changes.changed.len(),
        changes.confirmed,
        changes.unchanged,
        changes.older,
        if dry_run { " Nothing was written." } else { "" }
    ))
}

/// One line of what a price says.
fn described(listing: &Listing) -> String {
    let unit = |name, unit: Option<UnitPrice>| unit.map(|unit| format!("{name} ${unit}"));
    let rates = &listing.rates;
    let units = [
        unit("input", Some(rates.input)),
        unit("cached", rates.cached),
        unit("cache write", rates.cache_write),
        unit("for an hour", rates.cache_write_hour),
        unit("output", rates.output),
        unit("reasoning", rates.reasoning),
        (!listing.tiers.is_empty()).then(|| longer(listing)),
    ];
    format!(
        "{} {} ({}, {}): {}",
        listing.provider,
        listing.model,
        name_of(&listing.service),
        time(listing),
        units.into_iter().flatten().collect::<Vec<_>>().join(", ")
    )
}
