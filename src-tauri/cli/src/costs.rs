//! `gatehouse costs`: what a call costs, or would.

mod files;
mod report;

use clap::{Args, Subcommand};
use gatehouse_core::{
    app::App,
    costs::{
        estimate::{self, Counting, Tokens, Usage},
        listing::Service,
        prices::{self, Price, PriceError, Wanted},
        rates::TokenKind,
        vendors,
    },
    models,
    money::Money,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::json;

pub(crate) use self::report::Report;
use crate::{failure::Failure, output, prices::Asked};

/// What calls cost.
#[derive(Subcommand)]
pub(crate) enum Costs {
    /// Say what a call costs: exact dollars, the price used and where it was read.
    Estimate(Estimate),
    /// Say what was spent, and on what.
    Report(Report),
}

/// Token counts are as the provider reports them: the input of Anthropic leaves out what its cache
/// read and wrote, that of all others includes it. Output includes reasoning.
#[derive(Args)]
pub(crate) struct Estimate {
    /// The model, as its provider names it.
    #[arg(long)]
    model: String,
    /// Whose model, where several have one of this name.
    #[arg(long)]
    provider: Option<String>,
    /// Tokens of the prompt.
    #[arg(long, value_name = "N")]
    input: u64,
    /// Tokens of the prompt that the provider's cache had.
    #[arg(long, value_name = "N", default_value_t = 0)]
    cached: u64,
    /// Tokens of the prompt that the cache keeps for minutes.
    #[arg(long, value_name = "N", default_value_t = 0)]
    cache_write: u64,
    /// Tokens of the prompt that the cache keeps for an hour.
    #[arg(long, value_name = "N", default_value_t = 0)]
    cache_write_hour: u64,
    /// Tokens that the model writes, reasoning included.
    #[arg(long, value_name = "N", default_value_t = 0)]
    output: u64,
    /// Of those, reasoning.
    #[arg(long, value_name = "N", default_value_t = 0)]
    reasoning: u64,
    /// How the model is asked.
    #[arg(long, value_enum, default_value = "standard")]
    service: Asked,
    /// When: a day by UTC, at the price that is usual on it, or a moment such as 2026-11-24T15:30Z, at the price of
    /// its hour; without it, now.
    #[arg(long, value_name = "DATE", value_parser = when)]
    at: Option<When>,
}

/// When a call is made.
#[derive(Clone, Copy)]
enum When {
    Moment(Timestamp),
    /// On a day that begins then by UTC; nobody knows at which hour.
    Day(Timestamp),
}

impl When {
    fn begins(self) -> Timestamp {
        match self {
            Self::Moment(at) | Self::Day(at) => at,
        }
    }
}

impl Costs {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::Estimate(estimate) => estimate.run(app, json),
            Self::Report(report) => report.run(app, json),
        }
    }
}

impl Estimate {
    fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        let when = self.at.unwrap_or_else(|| When::Moment(Timestamp::now()));
        let price = self.price(app, when)?;
        let tokens = self.tokens(&price)?;
        let cost = estimate::cost(&price.listing, &tokens)
            .map_err(|unpriced| Failure::missing(format!("the cost is unknown: {unpriced}")))?;
        if json {
            return output::json(&json!({
                "model": self.model,
                "provider": price.listing.provider,
                "at": format!("{:.0}", when.begins()),
                "tokens": tokens,
                "cost_usd": cost.decimal(),
                "rates": price.listing.rates_for(tokens.prompt()),
                "price": price,
            }));
        }
        show(&price, &tokens, cost)
    }

    /// The price; that of this computer for a model that is installed and in no list.
    fn price(&self, app: &App, when: When) -> Result<Price, PriceError> {
        let provider = self.provider.as_deref().map(str::to_ascii_lowercase);
        let provider = provider.map(|name| vendors::named(&name).map_or(name, Into::into));
        let wanted = |provider| Wanted {
            provider,
            model: &self.model,
            service: Service::from(self.service),
            at: when.begins(),
        };
        let find = match when {
            When::Moment(_) => prices::find,
            When::Day(_) => prices::find_usual,
        };
        app.store.read(|conn| {
            let found = find(conn, &wanted(provider.as_deref()));
            let unlisted = matches!(found, Err(PriceError::Unknown { .. })) && provider.is_none();
            if unlisted && models::find(conn, &self.model).is_ok() {
                return find(conn, &wanted(Some("local")));
            }
            found
        })
    }

    fn tokens(&self, price: &Price) -> Result<Tokens, Failure> {
        let counting = Counting::of_provider(&price.listing.provider);
        let cache = [self.cached, self.cache_write, self.cache_write_hour];
        let within: u128 = cache.iter().map(|count| u128::from(*count)).sum();
        if counting == Counting::CacheIncluded && within > u128::from(self.input) {
            return Err(Failure::input(format!(
                "{} counts cached tokens and cache writes as a part of --input, which is smaller.",
                price.listing.provider
            )));
        }
        if self.reasoning > self.output {
            return Err(Failure::input(
                "Reasoning is a part of --output, which is smaller.",
            ));
        }
        let usage = Usage {
            input: self.input,
            cached: self.cached,
            cache_write: self.cache_write,
            cache_write_hour: self.cache_write_hour,
            output: self.output,
            reasoning: self.reasoning,
        };
        Ok(Tokens::of(usage, counting))
    }
}

fn show(price: &Price, tokens: &Tokens, cost: Money) -> Result<(), Failure> {
    let listing = &price.listing;
    let rates = listing.rates_for(tokens.prompt());
    let rows: Vec<_> = TokenKind::ALL
        .into_iter()
        .filter(|kind| tokens.count(*kind) > 0)
        .filter_map(|kind| {
            let (count, unit) = (tokens.count(kind), rates.of(kind)?);
            Some([
                kind.words().into(),
                count.to_string(),
                format!("${unit}"),
                unit.times(count).to_string(),
            ])
        })
        .collect();
    output::table(["TOKENS", "COUNT", "A MILLION", "COST"], &rows)?;
    output::line(&format!("\n{cost}"))?;
    let hours = listing.hours.map(|hours| format!(", {hours} UTC"));
    output::line(&format!(
        "{} of {}, a price since {}{}. Source: {}, as of {}.",
        listing.model,
        listing.provider,
        listing.from,
        hours.unwrap_or_default(),
        listing.source,
        listing.as_of
    ))
}

/// A moment, or a day by UTC.
fn when(text: &str) -> Result<When, String> {
    if let Ok(moment) = text.parse() {
        return Ok(When::Moment(moment));
    }
    let day = |text: &str| {
        let midnight = text.parse::<Date>()?.to_zoned_datetime(TimeZone::UTC)?;
        Ok::<_, jiff::Error>(When::Day(midnight.timestamp()))
    };
    day(text).map_err(|_| "write a day as 2026-11-24, or a moment as 2026-11-24T15:30Z".into())
}
