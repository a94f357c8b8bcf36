//! Advice about how models are asked: instructions that are read anew again and again, histories that are
//! carried along, and work that nobody waits for.

use rusqlite::Connection;

use super::{Advice, AdviceKind, advice, calls, of_model, sums};
use crate::{
    costs::{
        Purpose,
        days::{Group, groups},
        listing::Service,
        name_of,
        prices::Price,
        rates::Rates,
        reports::{
            Habit, LONG_PROMPT, Only, PricedModel, Query, THIS_COMPUTER, long_histories as long,
            price_for, price_now, repeated_beginnings, usages, usages_of_long_histories,
        },
        vendors,
    },
    money::{Money, UnitPrice},
    now_ms,
    review::ReviewError,
};

/// Vectors for documents, which nobody waits for, at the price of answers within a day. What people, titles
/// and other programs wait for is not among them.
pub(super) fn batch(
    conn: &Connection,
    query: &Query,
    used: &[Group],
) -> Result<Vec<Advice>, ReviewError> {
    let embeddings = name_of(&Purpose::Embeddings);
    let has_vectors =
        |group: &Group| group.purpose == embeddings && group.provider != THIS_COMPUTER;
    if !used.iter().any(has_vectors) {
        return Ok(Vec::new());
    }
    let waiting = query.filter.and(Only::OfDocuments);
    let waiting = groups(conn, query.span()?, &waiting)?;
    let mut found = Vec::new();
    for ((provider, model), figures) in sums(&waiting, |group| (&group.provider, &group.model)) {
        let named = PricedModel {
            provider: provider.clone(),
            model: model.clone(),
        };
        let Some(price) = price_for(conn, &named, Service::Batch, now_ms())? else {
            continue;
        };
        let filter = of_model(query, provider, model).and(Only::OfDocuments);
        let these = waiting
            .iter()
            .filter(|group| (&group.provider, &group.model) == (provider, model));
        let usage = usages(conn, query.span()?, &filter, &price.listing, these)?;
        let Ok(would) = usage.would_cost(&price.listing) else {
            continue;
        };
        found.push(advice(
            AdviceKind::Batch,
            format!("{model}: vectors for documents can wait"),
            format!(
                "{} asked for vectors of whole documents. {provider} asks less for such work when it is handed \
                 in together and done within a day. Gatehouse cannot do that: the program that asks would \
                 have to hand it in itself, and then nothing of it is masked or recorded here.",
                calls(figures.calls)
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

/// Instructions that were read anew though a call a moment before had begun with them. What a chat says
/// again of itself is not among them: the provider is asked to keep that already.
pub(super) fn caching(conn: &Connection, query: &Query) -> Result<Vec<Advice>, ReviewError> {
    let habits = repeated_beginnings(conn, query.span()?, &query.filter)?;
    of_habits(
        conn,
        query,
        habits,
        Only::RepeatedBeginning,
        |habit, price| {
            let Some(less) = less_from_the_cache(&price.listing.rates) else {
                return Ok(None);
            };
            let least = vendors::least_kept(&habit.provider);
            Ok(Some(Said {
                kind: AdviceKind::Caching,
                title: format!("{}: the same instructions are read anew", habit.model),
                reason: format!(
                    "{} began with the same instructions as another one in the five minutes before, and {} read \
                 about {} tokens of them anew, at the full price. It keeps what prompts begin with, from {least} tokens \
                 on, if every letter of it is the same: write names, dates and what else differs into the \
                 question and not into the instructions, where what is masked differs from chat to chat, and \
                 let the first answer begin before you send the next.",
                    calls(habit.calls),
                    habit.provider,
                    habit.tokens
                ),
                saving: Money::from_pico(less.saturating_mul(i128::from(habit.tokens))),
            }))
        },
    )
}

/// How much less a token costs from the cache, in pico-dollars, after what it costs more to keep it there;
/// `None`: it costs no less, or nobody knows.
fn less_from_the_cache(rates: &Rates) -> Option<i128> {
    let pico = |unit: UnitPrice| unit.times(1).pico();
    let input = pico(rates.input);
    let kept = rates.cache_write.map_or(0, |write| pico(write) - input);
    let less = input - pico(rates.cached?) - kept.max(0);
    (less > 0).then_some(less)
}

/// What calls that carried a long history along cost more than with a short prompt.
pub(super) fn long_histories(conn: &Connection, query: &Query) -> Result<Vec<Advice>, ReviewError> {
    let span = query.span()?;
    let habits = long(conn, span, &query.filter)?;
    of_habits(conn, query, habits, Only::LongHistory, |habit, price| {
        let these = of_model(query, &habit.provider, &habit.model);
        let used = usages_of_long_histories(conn, span, &these, &price.listing)?;
        let saving = used.would_save(&price.listing, habit.calls, LONG_PROMPT.into());
        Ok(saving.ok().map(|saving| Said {
            kind: AdviceKind::LongHistory,
            title: format!("{}: begin a new chat sooner", habit.model),
            reason: format!(
                "{} in chats that had gone on sent more than {LONG_PROMPT} tokens along that no cache had, {} \
                 tokens in all. A new chat with a short summary sends only what matters. With {LONG_PROMPT} \
                 tokens each they would have cost so much less at most, at today’s price; a long document that \
                 is still needed has to be sent again, so it may save less.",
                calls(habit.calls),
                habit.tokens
            ),
            saving,
        }))
    })
}

/// What is said of a habit.
struct Said {
    kind: AdviceKind,
    title: String,
    reason: String,
    saving: Money,
}

fn of_habits(
    conn: &Connection,
    query: &Query,
    habits: Vec<Habit>,
    only: Only,
    say: impl Fn(&Habit, &Price) -> Result<Option<Said>, ReviewError>,
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
        let Some(said) = say(&habit, &price)? else {
            continue;
        };
        let filter = of_model(query, &habit.provider, &habit.model).and(only);
        let numbers = (said.saving, habit.calls);
        all.push(advice(said.kind, said.title, said.reason, numbers, filter));
    }
    Ok(all)
}
