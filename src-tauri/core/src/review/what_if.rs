//! The same usage at other models' prices, and what a use that is planned would cost.

use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::{
    ReviewError,
    askable::{Askable, Terms},
};
use crate::{
    app::App,
    costs::{
        days::groups,
        estimate::{Tokens, Unpriced, cost},
        hours::Hours,
        prices::Price,
        reports::{PricedModel, Query, as_cached_by, usages},
    },
    money::Money,
    now_ms,
};

/// The same usage at a model's prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WhatIf {
    /// The model.
    pub model: PricedModel,
    /// What it would have cost, exact; `None`: see `why`.
    pub cost: Option<String>,
    /// How much less that is than what is known to be spent; more is negative.
    pub less: Option<String>,
    /// Calls whose cost is not known: they are in `cost`, and not in what is known to be spent.
    #[specta(type = Number)]
    pub unknown: u64,
    /// Why there is no amount, as a sentence.
    pub why: Option<String>,
    /// Where the price was read, and when.
    pub source: Option<String>,
}

/// A use that is planned.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Tokens that a call reads.
    pub input: u32,
    /// Of those, from a cache.
    pub cached: u32,
    /// Tokens that a call writes.
    pub output: u32,
    /// Calls a day.
    pub calls_a_day: u32,
}

/// What a planned use would cost with a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    /// The model.
    pub model: PricedModel,
    /// A call, exact; `None`: no price is known for all of it.
    pub call: Option<String>,
    /// A day.
    pub day: Option<String>,
    /// Thirty days.
    pub month: Option<String>,
    /// What a call costs at hours that have a price of their own, which are not in the rest.
    pub at_hours: Vec<AtHours>,
}

/// What a call of a planned use costs at certain hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AtHours {
    /// By UTC, as in `16:30-00:30`.
    pub hours: String,
    /// Exact.
    pub call: String,
}

const DAYS: i128 = 30;

impl App {
    /// The same usage at the prices of these models, or, without any, of all of the accounts and of this
    /// computer, and the one that is compared with.
    ///
    /// # Errors
    /// [`ReviewError`] when the days are none or the database fails.
    pub fn what_if(
        &self,
        query: &Query,
        models: &[PricedModel],
    ) -> Result<Vec<WhatIf>, ReviewError> {
        self.store.read(|conn| {
            let span = query.span()?;
            let used = groups(conn, span, &query.filter)?;
            let spent: Money = used.iter().map(|group| group.figures.cost).sum();
            let unknown = used.iter().map(|group| group.figures.unknown).sum();
            let mut found = Vec::new();
            let askable = Askable::now(conn, now_ms())?;
            for model in chosen(&askable, models)? {
                found.push(match askable.terms(&model)? {
                    Terms::Price(price) => {
                        let usage = usages(conn, span, &query.filter, &price.listing, used.iter())?;
                        let cost = usage.would_cost(&price.listing);
                        let source = source(&price, &askable.at_hours(&price)?);
                        at_a_price(model, source, cost, (spent, unknown))
                    }
                    Terms::Free(place) => for_nothing(model, place, (spent, unknown)),
                    Terms::Unknown => without_price(model, unknown),
                });
            }
            Ok(found)
        })
    }

    /// What a planned use would cost with each of these models, or, without any, of those of the accounts and
    /// of this computer, and the one that is compared with.
    ///
    /// # Errors
    /// [`ReviewError`] when the database fails.
    pub fn plan_costs(
        &self,
        plan: &Plan,
        models: &[PricedModel],
    ) -> Result<Vec<Planned>, ReviewError> {
        self.store.read(|conn| {
            let mut found = Vec::new();
            let askable = Askable::now(conn, now_ms())?;
            for model in chosen(&askable, models)? {
                let terms = askable.terms(&model)?;
                let call = plan.a_call_on(&terms);
                let shown = |times: i128| {
                    call.map(|call| Money::from_pico(call.pico() * times).to_string())
                };
                let a_day = i128::from(plan.calls_a_day);
                found.push(Planned {
                    model,
                    call: shown(1),
                    day: shown(a_day),
                    month: shown(a_day * DAYS),
                    at_hours: plan.at_hours(&askable, &terms)?,
                });
            }
            Ok(found)
        })
    }
}

impl Plan {
    fn tokens(&self) -> Tokens {
        let cached = self.cached.min(self.input);
        Tokens {
            input: u64::from(self.input - cached),
            cached: u64::from(cached),
            output: u64::from(self.output),
            ..Tokens::default()
        }
    }

    /// What one call costs; `None`: not known.
    pub(super) fn a_call(&self, price: &Price) -> Option<Money> {
        let tokens = self.tokens();
        let rates = price.listing.rates_for(tokens.prompt());
        cost(&price.listing, &as_cached_by(rates, &tokens)).ok()
    }

    pub(super) fn month_of(&self, call: Money) -> Money {
        Money::from_pico(call.pico() * i128::from(self.calls_a_day) * DAYS)
    }

    /// The same for whatever a call is billed by.
    fn a_call_on(&self, terms: &Terms) -> Option<Money> {
        match terms {
            Terms::Price(price) => self.a_call(price),
            Terms::Free(_) => Some(Money::ZERO),
            Terms::Unknown => None,
        }
    }

    fn at_hours(&self, askable: &Askable<'_>, terms: &Terms) -> rusqlite::Result<Vec<AtHours>> {
        let Terms::Price(usual) = terms else {
            return Ok(Vec::new());
        };
        let shown = |(hours, price): (Hours, Price)| {
            Some(AtHours {
                hours: hours.to_string(),
                call: self.a_call(&price)?.to_string(),
            })
        };
        Ok(askable
            .at_hours(usual)?
            .into_iter()
            .filter_map(shown)
            .collect())
    }

    /// What thirty days cost with a model; `None`: not known.
    pub(super) fn a_month(
        &self,
        askable: &Askable<'_>,
        model: &PricedModel,
    ) -> rusqlite::Result<Option<Money>> {
        let call = self.a_call_on(&askable.terms(model)?);
        Ok(call.map(|call| self.month_of(call)))
    }
}

/// These, or without any those that can be asked and the one that is compared with.
fn chosen(askable: &Askable<'_>, models: &[PricedModel]) -> rusqlite::Result<Vec<PricedModel>> {
    if !models.is_empty() {
        return Ok(models.to_vec());
    }
    let mut models = askable.elsewhere();
    models.extend(askable.here());
    let compared = crate::settings::get(askable.conn)?.compare_with;
    models.extend(compared.filter(|model| !models.contains(model)));
    Ok(models)
}

fn at_a_price(
    model: PricedModel,
    source: String,
    cost: Result<Money, Unpriced>,
    (spent, unknown): (Money, u64),
) -> WhatIf {
    let known = cost.as_ref().ok();
    WhatIf {
        model,
        cost: known.map(Money::to_string),
        less: known.map(|cost| less(spent, *cost).to_string()),
        unknown,
        why: cost.err().map(|unpriced| sentence(&unpriced.to_string())),
        source: Some(source),
    }
}

/// What costs nothing whatever is asked of it.
fn for_nothing(model: PricedModel, place: &str, (spent, unknown): (Money, u64)) -> WhatIf {
    WhatIf {
        model,
        cost: Some(Money::ZERO.to_string()),
        less: Some(spent.to_string()),
        unknown,
        why: None,
        source: Some(place.into()),
    }
}

fn without_price(model: PricedModel, unknown: u64) -> WhatIf {
    WhatIf {
        model,
        cost: None,
        less: None,
        unknown,
        why: Some("No price is known for it.".into()),
        source: None,
    }
}

fn less(spent: Money, would: Money) -> Money {
    Money::from_pico(spent.pico() - would.pico())
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase());
    first
        .into_iter()
        .flatten()
        .chain(letters)
        .chain(['.'])
        .collect()
}

fn source(price: &Price, at_hours: &[(Hours, Price)]) -> String {
    let Price { listing, .. } = price;
    let usual = format!("{}, as of {}", listing.source, listing.as_of);
    let hours: Vec<String> = at_hours
        .iter()
        .map(|(hours, _)| hours.to_string())
        .collect();
    if hours.is_empty() {
        return usual;
    }
    format!(
        "{usual}; other prices at {} UTC are not in it",
        hours.join(" and ")
    )
}
