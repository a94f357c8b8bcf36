//! Where a person could pay less, from nothing but their own calls, ratings and the known prices. Each
//! piece of advice says why, how much it would have saved in the days that are looked at, and which
//! calls it rests on: its filter lets through exactly those that it counts.

mod habits;

use rusqlite::Connection;
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{
    ReviewError,
    askable::{Askable, Terms},
    recommend::FEW_RATINGS,
};
use crate::{
    app::App,
    chat::RatedModel,
    costs::{
        days::{Figures, Group, groups},
        reports::{CallFilter, Only, PricedModel, Query, THIS_COMPUTER, usages},
    },
    money::Money,
    now_ms,
};

/// A way to pay less.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    /// What kind it is.
    pub kind: AdviceKind,
    /// What to do, in a few words.
    pub title: String,
    /// Why, as sentences.
    pub reason: String,
    /// What it would have saved in these days, exact.
    pub saving: String,
    /// Whether that is the most that it would have saved, as far as is known.
    pub at_most: bool,
    /// How many calls it rests on.
    #[specta(type = Number)]
    pub calls: u64,
    /// Leads to those calls.
    pub filter: CallFilter,
    #[serde(skip)]
    amount: Money,
}

/// A kind of advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum AdviceKind {
    /// A cheaper model was rated as good.
    CheaperModel,
    /// Instructions were read anew that the provider's cache could have had.
    Caching,
    /// Conversations carry a long history along.
    LongHistory,
    /// Nobody waits for the answers.
    Batch,
    /// Calls failed and were paid.
    PaidFailures,
}

/// Below a cent nobody is to be bothered.
const LEAST: Money = Money::from_pico(10_000_000_000);

impl App {
    /// Where the calls of these days could have cost less, what saves most first.
    ///
    /// # Errors
    /// [`ReviewError`] when the days are none or the database fails.
    pub fn cost_advice(&self, query: &Query) -> Result<Vec<Advice>, ReviewError> {
        self.store.read(|conn| {
            let used = groups(conn, query.span()?, &query.filter)?;
            let mut advice = paid_failures(conn, query, &used)?;
            advice.extend(cheaper(conn, query, &used)?);
            advice.extend(habits::batch(conn, query, &used)?);
            advice.extend(habits::caching(conn, query)?);
            advice.extend(habits::long_histories(conn, query)?);
            advice.retain(|one| one.amount >= LEAST);
            advice.sort_by_key(|one| std::cmp::Reverse(one.amount));
            Ok(advice)
        })
    }
}

fn advice(
    kind: AdviceKind,
    title: String,
    reason: String,
    (amount, calls): (Money, u64),
    filter: CallFilter,
) -> Advice {
    Advice {
        kind,
        title,
        reason,
        saving: amount.to_string(),
        at_most: kind == AdviceKind::LongHistory,
        calls,
        filter,
        amount,
    }
}

/// So many calls, in words.
fn calls(count: u64) -> String {
    match count {
        1 => "1 call".into(),
        count => format!("{count} calls"),
    }
}

/// What calls elsewhere used and cost, by a key of theirs.
fn sums<'g, K: Ord>(
    groups: &'g [Group],
    key: impl Fn(&'g Group) -> K,
) -> std::collections::BTreeMap<K, Figures> {
    let mut sums = std::collections::BTreeMap::new();
    for group in groups
        .iter()
        .filter(|group| group.provider != THIS_COMPUTER)
    {
        let sum: &mut Figures = sums.entry(key(group)).or_default();
        sum.add(&group.figures);
    }
    sums
}

/// Failed calls that cost something; those that cost nothing are no reason to do anything.
fn paid_failures(
    conn: &Connection,
    query: &Query,
    used: &[Group],
) -> Result<Vec<Advice>, ReviewError> {
    if used.iter().all(|group| group.figures.lost == Money::ZERO) {
        return Ok(Vec::new());
    }
    let paid = query.filter.and(Only::FailedAndPaid);
    let paid = groups(conn, query.span()?, &paid)?;
    let by_model = sums(&paid, |group| (&group.provider, &group.model));
    let found = by_model.into_iter().map(|((provider, model), figures)| {
        let filter = of_model(query, provider, model).and(Only::FailedAndPaid);
        advice(
            AdviceKind::PaidFailures,
            format!("{model}: calls that failed were paid"),
            format!(
                "{} failed, and their tokens were billed all the same. Look at what failed; a shorter answer \
                 or another model may end it.",
                calls(figures.calls)
            ),
            (figures.lost, figures.calls),
            filter,
        )
    });
    Ok(found.collect())
}

fn of_model(query: &Query, provider: &str, model: &str) -> CallFilter {
    CallFilter {
        provider: Some(provider.to_owned()),
        model: Some(model.to_owned()),
        ..query.filter.clone()
    }
}

/// A cheaper model that the person rated at least as good.
fn cheaper(conn: &Connection, query: &Query, used: &[Group]) -> Result<Vec<Advice>, ReviewError> {
    let askable = Askable::now(conn, now_ms())?;
    let rated: Vec<RatedModel> = askable
        .rated()?
        .into_iter()
        .filter(|model| model.ratings() >= FEW_RATINGS)
        .collect();
    let mut found = Vec::new();
    for ((provider, model), figures) in sums(used, |group| (&group.provider, &group.model)) {
        let is_this = |rated: &&RatedModel| rated.provider == *provider && rated.model == *model;
        let Some(now) = rated.iter().find(is_this) else {
            continue;
        };
        let mut best: Option<(Money, &RatedModel)> = None;
        for other in rated.iter().filter(|other| !is_this(other)) {
            if other.good_percent() < now.good_percent() {
                continue;
            }
            let Some(would) = would_cost(&askable, query, used, (provider, model), other)? else {
                continue;
            };
            let saving = Money::from_pico(figures.cost.pico() - would.pico());
            if best.is_none_or(|(most, _)| saving > most) {
                best = Some((saving, other));
            }
        }
        if let Some((saving, other)) = best {
            found.push(advice(
                AdviceKind::CheaperModel,
                format!("{model}: {} does as well for less", other.model),
                format!(
                    "You rated {}% of {} answers of {} good, and {}% of {} of {model}. The same {} would \
                     have cost less there.",
                    other.good_percent(),
                    other.ratings(),
                    other.model,
                    now.good_percent(),
                    now.ratings(),
                    calls(figures.calls)
                ),
                (saving, figures.calls),
                of_model(query, provider, model),
            ));
        }
    }
    Ok(found)
}

/// What the calls with a model would have cost with another one; `None`: not known.
fn would_cost(
    askable: &Askable<'_>,
    query: &Query,
    used: &[Group],
    (provider, model): (&str, &str),
    other: &RatedModel,
) -> Result<Option<Money>, ReviewError> {
    let there = PricedModel {
        provider: other.provider.clone(),
        model: other.model.clone(),
    };
    let price = match askable.terms(&there)? {
        Terms::Price(price) => price,
        Terms::Free(_) => return Ok(Some(Money::ZERO)),
        Terms::Unknown => return Ok(None),
    };
    let filter = of_model(query, provider, model);
    let these = used
        .iter()
        .filter(|group| group.provider == provider && group.model == model);
    let usage = usages(askable.conn, query.span()?, &filter, &price.listing, these)?;
    Ok(usage.would_cost(&price.listing).ok())
}

#[cfg(test)]
mod tests;
