//! The same usage at other models' prices, what a use that is planned would cost, and which model to
//! take for it.

use jiff::Timestamp;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::ReviewError;
use crate::{
    accounts,
    app::App,
    chat::{self, RatedModel},
    costs::{
        days::groups,
        estimate::{Tokens, cost},
        listing::{ANY_MODEL, Service},
        prices::{self, Price},
        reports::{PricedModel, Query, THIS_COMPUTER, as_cached_by, price_now, usages},
        vendors,
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
}

/// How hard the task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Difficulty {
    /// Titles, extracts, small changes.
    Easy,
    /// Letters, summaries, usual questions.
    Medium,
    /// Long reasoning, code, law.
    Hard,
}

/// On what a recommendation rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// How the person rated answers.
    Ratings,
    /// What models cost, and nothing else.
    Prices,
}

/// A model for a planned use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Recommendation {
    /// The model.
    pub model: PricedModel,
    /// What thirty days cost, exact.
    pub month: String,
    /// On what it rests.
    pub basis: Basis,
    /// Why this one, as sentences.
    pub reason: String,
    /// Models that were looked at.
    #[specta(type = Number)]
    pub of: u64,
}

/// Ratings below which nobody knows how good a model is.
pub(super) const FEW_RATINGS: u32 = 5;
const DAYS: i128 = 30;

impl App {
    /// The same usage at the prices of these models, or, without any, of all of the accounts and the one
    /// that is compared with.
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
            for model in chosen(conn, models)? {
                let Some(price) = price_now(conn, &model, now_ms())? else {
                    found.push(without_price(model, unknown));
                    continue;
                };
                let usage = usages(conn, span, &query.filter, &price.listing, used.iter())?;
                let cost = usage.would_cost(&price.listing);
                found.push(WhatIf {
                    model,
                    cost: cost.as_ref().ok().map(Money::to_string),
                    less: cost
                        .as_ref()
                        .ok()
                        .map(|cost| less(spent, *cost).to_string()),
                    unknown,
                    why: cost.err().map(|unpriced| sentence(&unpriced.to_string())),
                    source: Some(source(&price)),
                });
            }
            Ok(found)
        })
    }

    /// What a planned use would cost with each of these models, or, without any, of the accounts'.
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
            for model in chosen(conn, models)? {
                let price = price_now(conn, &model, now_ms())?;
                let call = price.and_then(|price| plan.a_call(&price));
                let shown = |times: i128| {
                    call.map(|call| Money::from_pico(call.pico() * times).to_string())
                };
                let a_day = i128::from(plan.calls_a_day);
                found.push(Planned {
                    model,
                    call: shown(1),
                    day: shown(a_day),
                    month: shown(a_day * DAYS),
                });
            }
            Ok(found)
        })
    }

    /// A model for a planned use, that thirty days of cost no more than `budget`; `None`: there is none.
    ///
    /// # Errors
    /// [`ReviewError`] when the database fails.
    pub fn recommend(
        &self,
        plan: &Plan,
        difficulty: Difficulty,
        budget: Money,
    ) -> Result<Option<Recommendation>, ReviewError> {
        self.store.read(|conn| {
            let rated = chat::rated_models(conn)?;
            let rated: Vec<RatedModel> = rated
                .into_iter()
                .filter(|model| model.ratings() >= FEW_RATINGS)
                .collect();
            let mut priced = Vec::new();
            for model in &rated {
                let model = PricedModel {
                    provider: model.provider.clone(),
                    model: model.model.clone(),
                };
                if let Some(month) = plan.a_month(conn, &model)? {
                    priced.push(month);
                } else {
                    priced.push(Money::from_pico(i128::MAX));
                }
            }
            if let Some(found) = by_ratings(&rated, &priced, difficulty, budget) {
                return Ok(Some(found));
            }
            let candidates = candidates(conn, plan)?;
            Ok(by_prices(candidates, difficulty, budget))
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
    fn a_call(&self, price: &Price) -> Option<Money> {
        let tokens = self.tokens();
        let rates = price.listing.rates_for(tokens.prompt());
        cost(&price.listing, &as_cached_by(rates, &tokens)).ok()
    }

    fn month_of(&self, call: Money) -> Money {
        Money::from_pico(call.pico() * i128::from(self.calls_a_day) * DAYS)
    }

    fn a_month(&self, conn: &Connection, model: &PricedModel) -> rusqlite::Result<Option<Money>> {
        if model.provider == THIS_COMPUTER {
            return Ok(Some(Money::ZERO));
        }
        let price = price_now(conn, model, now_ms())?;
        Ok(price
            .and_then(|price| self.a_call(&price))
            .map(|call| self.month_of(call)))
    }
}

/// The cheapest of the models that are good enough by the person's own ratings.
fn by_ratings(
    rated: &[RatedModel],
    months: &[Money],
    difficulty: Difficulty,
    budget: Money,
) -> Option<Recommendation> {
    let needed = match difficulty {
        Difficulty::Easy => 60,
        Difficulty::Medium => 75,
        Difficulty::Hard => 90,
    };
    let (model, month) = rated
        .iter()
        .zip(months)
        .filter(|(model, month)| model.good_percent() >= needed && **month <= budget)
        .min_by_key(|(model, month)| (**month, u32::MAX - model.good_percent()))?;
    Some(Recommendation {
        model: PricedModel {
            provider: model.provider.clone(),
            model: model.model.clone(),
        },
        month: month.to_string(),
        basis: Basis::Ratings,
        reason: format!(
            "You rated {} of its {} answers good. It is the cheapest of the models of which you rated at \
             least {needed}% good.",
            model.good,
            model.ratings()
        ),
        of: rated.len() as u64,
    })
}

/// Of models that nobody rated: the cheapest for what is easy, the dearest within the budget for what is
/// hard, and one in the middle for what is neither.
fn by_prices(
    mut candidates: Vec<(PricedModel, Money)>,
    difficulty: Difficulty,
    budget: Money,
) -> Option<Recommendation> {
    candidates.retain(|(_, month)| *month <= budget);
    candidates.sort_by(|(one, a), (other, b)| a.cmp(b).then_with(|| one.model.cmp(&other.model)));
    let count = candidates.len();
    let (at, why) = match difficulty {
        Difficulty::Easy => (0, "the cheapest"),
        Difficulty::Medium => (count.saturating_sub(1) / 2, "in the middle"),
        Difficulty::Hard => (count.saturating_sub(1), "the dearest within the budget"),
    };
    let (model, month) = candidates.get(at)?;
    Some(Recommendation {
        model: model.clone(),
        month: month.to_string(),
        basis: Basis::Prices,
        reason: format!(
            "It is {why} of {count} models by price. Nobody has measured here how good it is: rate at least \
             {FEW_RATINGS} answers of a model, and your ratings decide."
        ),
        of: count as u64,
    })
}

/// The models of the accounts, or of every maker where there is no account, with what thirty days cost.
fn candidates(conn: &Connection, plan: &Plan) -> rusqlite::Result<Vec<(PricedModel, Money)>> {
    let own = account_models(conn)?;
    let mut found = Vec::new();
    if !own.is_empty() {
        for model in own {
            if let Some(month) = plan.a_month(conn, &model)? {
                found.push((model, month));
            }
        }
        return Ok(found);
    }
    let now = Timestamp::from_millisecond(now_ms()).unwrap_or(Timestamp::UNIX_EPOCH);
    for price in prices::list(conn)? {
        let listing = &price.listing;
        let is_asked_so = listing.service == Service::Standard
            && listing.model != ANY_MODEL
            && !vendors::resells(&listing.provider)
            && listing.holds_at(now);
        let writes = listing.rates.output.is_some_and(|unit| !unit.is_zero());
        if let (true, true, Some(call)) = (is_asked_so, writes, plan.a_call(&price)) {
            let model = PricedModel {
                provider: listing.provider.clone(),
                model: listing.model.clone(),
            };
            found.push((model, plan.month_of(call)));
        }
    }
    Ok(found)
}

/// These, or without any those of the accounts and the one that is compared with.
fn chosen(conn: &Connection, models: &[PricedModel]) -> rusqlite::Result<Vec<PricedModel>> {
    if !models.is_empty() {
        return Ok(models.to_vec());
    }
    let mut models = account_models(conn)?;
    let compared = crate::settings::get(conn)?.compare_with;
    models.extend(compared.filter(|model| !models.contains(model)));
    Ok(models)
}

/// The models of all accounts, by the names that prices have.
pub(super) fn account_models(conn: &Connection) -> rusqlite::Result<Vec<PricedModel>> {
    let mut found: Vec<PricedModel> = Vec::new();
    for account in accounts::all(conn)? {
        for model in &account.models {
            let model = PricedModel {
                provider: account.billed_as().to_owned(),
                model: model.id.clone(),
            };
            if !found.contains(&model) {
                found.push(model);
            }
        }
    }
    Ok(found)
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

fn source(price: &Price) -> String {
    format!("{}, as of {}", price.listing.source, price.listing.as_of)
}
