//! Where a person could pay less, from nothing but their own calls, ratings and the known prices. Each
//! piece of advice says why, how much it would have saved in the days that are looked at, and which
//! calls it rests on.

use rusqlite::Connection;
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{ReviewError, what_if::FEW_RATINGS};
use crate::{
    app::App,
    chat::{self, RatedModel},
    costs::{
        days::{Figures, Group, groups},
        listing::Service,
        name_of,
        prices::Price,
        rates::TokenKind,
        reports::{
            CallFilter, Habit, LONG_PROMPT, Only, PricedModel, Query, THIS_COMPUTER, long_prompts,
            price_for, price_now, repeated, usages,
        },
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
    /// What it would have saved in these days, exact, where that can be said.
    pub saving: String,
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
    /// The provider's cache could be used.
    Caching,
    /// Conversations are long.
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
            let mut advice = paid_failures(&used, query);
            advice.extend(cheaper(conn, query, &used)?);
            advice.extend(batch(conn, query, &used)?);
            advice.extend(caching(conn, query)?);
            advice.extend(long_histories(conn, query)?);
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
        calls,
        filter,
        amount,
    }
}

/// Calls with one model, or with one model for one purpose.
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

fn paid_failures(used: &[Group], query: &Query) -> Vec<Advice> {
    let by_model = sums(used, |group| (&group.provider, &group.model));
    by_model
        .into_iter()
        .filter(|(_, figures)| figures.lost > Money::ZERO)
        .map(|((provider, model), figures)| {
            let filter = CallFilter {
                only: Some(Only::FailedAndPaid),
                ..of_model(query, provider, model)
            };
            advice(
                AdviceKind::PaidFailures,
                format!("{model}: calls that failed were paid"),
                format!(
                    "{} of {} calls failed, and their tokens were billed all the same. Look at what failed; \
                     a shorter answer or another model may end it.",
                    figures.failed, figures.calls
                ),
                (figures.lost, figures.failed),
                filter,
            )
        })
        .collect()
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
    let rated: Vec<RatedModel> = chat::rated_models(conn)?
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
            let Some(would) = would_cost(conn, query, used, (provider, model), other)? else {
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
                    "You rated {}% of {} answers of {} good, and {}% of {} of {model}. The same {} calls would \
                     have cost less there.",
                    other.good_percent(),
                    other.ratings(),
                    other.model,
                    now.good_percent(),
                    now.ratings(),
                    figures.calls
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
    conn: &Connection,
    query: &Query,
    used: &[Group],
    (provider, model): (&str, &str),
    other: &RatedModel,
) -> Result<Option<Money>, ReviewError> {
    if other.provider == THIS_COMPUTER {
        return Ok(Some(Money::ZERO));
    }
    let there = PricedModel {
        provider: other.provider.clone(),
        model: other.model.clone(),
    };
    let Some(price) = price_now(conn, &there, now_ms())? else {
        return Ok(None);
    };
    let filter = of_model(query, provider, model);
    let these = used
        .iter()
        .filter(|group| group.provider == provider && group.model == model);
    let usage = usages(conn, query.span()?, &filter, &price.listing, these)?;
    Ok(usage.would_cost(&price.listing).ok())
}

/// Calls that nobody waits for, at the price of answers within a day.
fn batch(conn: &Connection, query: &Query, used: &[Group]) -> Result<Vec<Advice>, ReviewError> {
    let chat = name_of(&crate::costs::Purpose::Chat);
    let mut found = Vec::new();
    let by_purpose = sums(used, |group| {
        (&group.provider, &group.model, &group.purpose)
    });
    for ((provider, model, purpose), figures) in by_purpose {
        if *purpose == chat {
            continue;
        }
        let named = PricedModel {
            provider: provider.clone(),
            model: model.clone(),
        };
        let Some(price) = price_for(conn, &named, Service::Batch, now_ms())? else {
            continue;
        };
        let filter = CallFilter {
            purpose: Some(purpose.clone()),
            ..of_model(query, provider, model)
        };
        let these = used.iter().filter(|group| {
            (&group.provider, &group.model, &group.purpose) == (provider, model, purpose)
        });
        let usage = usages(conn, query.span()?, &filter, &price.listing, these)?;
        let Ok(would) = usage.would_cost(&price.listing) else {
            continue;
        };
        found.push(advice(
            AdviceKind::Batch,
            format!("{model}: ask for “{purpose}” in batches"),
            format!(
                "Nobody waits for these {} calls, and {provider} answers within a day for less.",
                figures.calls
            ),
            (
                Money::from_pico(figures.cost.pico() - would.pico()),
                figures.calls,
            ),
            filter,
        ));
    }
    Ok(found)
}

/// Beginnings that were read anew though the provider could have kept them.
fn caching(conn: &Connection, query: &Query) -> Result<Vec<Advice>, ReviewError> {
    of_habits(
        conn,
        query,
        repeated(conn, query.span()?, &query.filter)?,
        |habit, price| {
            let rates = &price.listing.rates;
            let (input, cached) = (rates.of(TokenKind::Input)?, rates.of(TokenKind::Cached)?);
            let saving = input.times(habit.tokens).pico() - cached.times(habit.tokens).pico();
            Some((
                AdviceKind::Caching,
                format!("{}: let the provider keep what repeats", habit.model),
                format!(
                    "{} calls read {} tokens anew that the call before, within five minutes, had read. From its \
                 cache {} asks less for them.",
                    habit.calls, habit.tokens, habit.provider
                ),
                Money::from_pico(saving),
                None,
            ))
        },
    )
}

/// What was read beyond the first thousands of tokens of a prompt.
fn long_histories(conn: &Connection, query: &Query) -> Result<Vec<Advice>, ReviewError> {
    of_habits(
        conn,
        query,
        long_prompts(conn, query.span()?, &query.filter)?,
        |habit, price| {
            Some((
                AdviceKind::LongHistory,
                format!("{}: begin a new chat sooner", habit.model),
                format!(
                    "{} calls sent a history of more than {LONG_PROMPT} tokens; {} tokens beyond that were billed \
                 in full. A new chat with a short summary sends only what matters.",
                    habit.calls, habit.tokens
                ),
                price.listing.rates.input.times(habit.tokens),
                Some(Only::LongPrompt),
            ))
        },
    )
}

type Found = (AdviceKind, String, String, Money, Option<Only>);

fn of_habits(
    conn: &Connection,
    query: &Query,
    habits: Vec<Habit>,
    found: impl Fn(&Habit, &Price) -> Option<Found>,
) -> Result<Vec<Advice>, ReviewError> {
    let mut all = Vec::new();
    for habit in habits {
        let model = PricedModel {
            provider: habit.provider.clone(),
            model: habit.model.clone(),
        };
        let Some(price) = price_now(conn, &model, now_ms())? else {
            continue;
        };
        if let Some((kind, title, reason, saving, only)) = found(&habit, &price) {
            let filter = CallFilter {
                only: only.or(query.filter.only),
                ..of_model(query, &habit.provider, &habit.model)
            };
            all.push(advice(kind, title, reason, (saving, habit.calls), filter));
        }
    }
    Ok(all)
}
