//! Which model to take for a use that is planned: by how the person rated answers, and where nobody has, by
//! what models cost. A model whose answers were rated too low is never taken, however few they are.

use jiff::Timestamp;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::{ReviewError, askable::Askable, what_if::Plan};
use crate::{
    app::App,
    chat::RatedModel,
    costs::{
        listing::{ANY_MODEL, Listing, Service},
        prices::{self, Price},
        reports::{PricedModel, price_now},
        vendors,
    },
    money::Money,
    now_ms,
};

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
/// So many models that are left out are named.
const NAMED: usize = 3;

/// A model, and what thirty days cost with it.
type Offer = (PricedModel, Money);

impl App {
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
            let askable = Askable::now(conn, now_ms())?;
            let rated = askable.rated()?;
            if let Some(found) = by_ratings(plan, &askable, &rated, difficulty, budget)? {
                return Ok(Some(found));
            }
            let mut offers = offers(conn, plan, &askable)?;
            offers.retain(|(_, month)| *month <= budget);
            Ok(by_prices(offers, &rated, difficulty))
        })
    }
}

impl Difficulty {
    /// How many of a hundred answers must have been rated good.
    fn needs(self) -> u32 {
        match self {
            Self::Easy => 60,
            Self::Medium => 75,
            Self::Hard => 90,
        }
    }
}

/// The cheapest of the models that are good enough by the person's own ratings.
fn by_ratings(
    plan: &Plan,
    askable: &Askable<'_>,
    rated: &[RatedModel],
    difficulty: Difficulty,
    budget: Money,
) -> rusqlite::Result<Option<Recommendation>> {
    let known: Vec<&RatedModel> = rated
        .iter()
        .filter(|model| model.ratings() >= FEW_RATINGS)
        .collect();
    let needed = difficulty.needs();
    let mut fit = Vec::new();
    for model in known.iter().filter(|model| model.good_percent() >= needed) {
        let month = plan.a_month(askable, &priced(model))?;
        fit.extend(
            month
                .filter(|month| *month <= budget)
                .map(|month| (month, model)),
        );
    }
    let best = fit
        .into_iter()
        .min_by_key(|(month, model)| (*month, u32::MAX - model.good_percent()));
    Ok(best.map(|(month, model)| Recommendation {
        model: priced(model),
        month: month.to_string(),
        basis: Basis::Ratings,
        reason: format!(
            "You rated {}. It is the cheapest of the models of which you rated at least {needed}% good.",
            good_of(model)
        ),
        of: known.len() as u64,
    }))
}

/// By what models cost: the cheapest for what is easy, the dearest within the budget for what is hard, and one in
/// the middle for what is neither. Those that the person rated too low are left out, and named.
fn by_prices(
    mut offers: Vec<Offer>,
    rated: &[RatedModel],
    difficulty: Difficulty,
) -> Option<Recommendation> {
    offers.sort_by(|(one, a), (other, b)| a.cmp(b).then_with(|| one.model.cmp(&other.model)));
    let rating = |of: &PricedModel| {
        let mut rated = rated.iter();
        rated.find(|rated| rated.provider == of.provider && rated.model == of.model)
    };
    let is_poor = |of: &RatedModel| of.good_percent() < difficulty.needs();
    let (poor, offers): (Vec<Offer>, Vec<Offer>) = offers
        .into_iter()
        .partition(|(model, _)| rating(model).is_some_and(is_poor));
    let count = offers.len();
    let (at, why) = match difficulty {
        Difficulty::Easy => (0, "the cheapest"),
        Difficulty::Medium => (count.saturating_sub(1) / 2, "in the middle"),
        Difficulty::Hard => (count.saturating_sub(1), "the dearest within the budget"),
    };
    let (model, month) = offers.get(at)?;
    let known = match rating(model) {
        None => "Nobody has measured here how good it is".to_owned(),
        Some(few) => format!("You rated {}, which are too few to go by", good_of(few)),
    };
    let poor: Vec<&RatedModel> = poor.iter().filter_map(|(model, _)| rating(model)).collect();
    Some(Recommendation {
        model: model.clone(),
        month: month.to_string(),
        basis: Basis::Prices,
        reason: format!(
            "It is {why} of {count} models by price. {known}: rate at least {FEW_RATINGS} answers of a model, \
             and your ratings decide.{}",
            left_out(&poor)
        ),
        of: count as u64,
    })
}

/// What is left out for how it was rated, as a sentence after others.
fn left_out(poor: &[&RatedModel]) -> String {
    if poor.is_empty() {
        return String::new();
    }
    let named = poor.iter().take(NAMED);
    let mut words: Vec<String> = named
        .map(|of| format!("{} ({} of {})", of.model, of.good, of.ratings()))
        .collect();
    let more = poor.len() - words.len();
    words.extend((more > 0).then(|| format!("{more} more")));
    format!(
        " Left out are models of whose answers you rated too few good: {}.",
        words.join(", ")
    )
}

/// How many of its answers were rated good, in words.
fn good_of(model: &RatedModel) -> String {
    match model.ratings() {
        1 => format!("{} of one answer good", model.good),
        all => format!("{} of its {all} answers good", model.good),
    }
}

fn priced(of: &RatedModel) -> PricedModel {
    PricedModel {
        provider: of.provider.clone(),
        model: of.model.clone(),
    }
}

/// The models here, and those of the accounts, or of every maker where there is no account, with what thirty days
/// cost.
fn offers(conn: &Connection, plan: &Plan, askable: &Askable<'_>) -> rusqlite::Result<Vec<Offer>> {
    let mut found: Vec<Offer> = askable.here().map(|model| (model, Money::ZERO)).collect();
    let own = askable.elsewhere();
    if own.is_empty() {
        for model in of_makers(conn, askable.now_ms)? {
            let price = price_now(conn, &model, askable.now_ms)?;
            let writes = |of: &Price| of.listing.rates.output.is_some_and(|unit| !unit.is_zero());
            let call = price.filter(writes).and_then(|price| plan.a_call(&price));
            found.extend(call.map(|call| (model, plan.month_of(call))));
        }
        return Ok(found);
    }
    for model in own {
        let month = plan.a_month(askable, &model)?;
        found.extend(month.map(|month| (model, month)));
    }
    Ok(found)
}

/// The models of every maker that have a price today for answers at once.
fn of_makers(conn: &Connection, now_ms: i64) -> rusqlite::Result<Vec<PricedModel>> {
    let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let is_asked_so = |listing: &Listing| {
        listing.service == Service::Standard
            && listing.model != ANY_MODEL
            && !vendors::resells(&listing.provider)
            && listing.holds_at(now)
    };
    let mut found: Vec<PricedModel> = prices::list(conn)?
        .into_iter()
        .filter(|price| is_asked_so(&price.listing))
        .map(|Price { listing, .. }| PricedModel {
            provider: listing.provider,
            model: listing.model,
        })
        .collect();
    // The list is in order; which of its prices holds is not for it to say.
    found.dedup();
    Ok(found)
}
