//! Prices that were seen on a day, in a list that does not say when they began.

use std::collections::HashMap;

use jiff::civil::Date;
use rusqlite::Connection;

use super::{Change, Changes, Origin, Price, PriceError, compare, list, take};
use crate::costs::{
    listing::{Listing, Service},
    price_list::PriceList,
};

/// Take over a list of prices that were seen on a day. One that is known already goes on; one that
/// is not begins on that day, and what was known before holds until then. `now_ms` is UTC
/// milliseconds.
///
/// # Errors
/// [`PriceError`] when a price cannot be or the database fails.
pub fn take_seen(
    conn: &Connection,
    seen: &PriceList,
    origin: Origin,
    now_ms: i64,
) -> Result<Changes, PriceError> {
    let known = known(conn)?;
    let placed = placed(&known, seen);
    let changes = take(conn, &placed, origin, now_ms)?;
    Ok(with_changes_shown(changes, &known))
}

/// What [`take_seen`] would change; nothing is written.
///
/// # Errors
/// [`PriceError`] when a price cannot be or the database fails.
pub fn compare_seen(
    conn: &Connection,
    seen: &PriceList,
    origin: Origin,
) -> Result<Changes, PriceError> {
    let known = known(conn)?;
    let changes = compare(conn, &placed(&known, seen), origin)?;
    Ok(with_changes_shown(changes, &known))
}

/// Each price that was seen, beginning where the one that is known began if it says the same; and
/// the known prices of certain hours that were not seen any more, ended.
pub fn continued(known: &[Listing], seen: &[Listing]) -> Vec<Listing> {
    let by_thing = by_thing(known);
    let begun = |one: &Listing| Listing {
        from: latest(of_thing(&by_thing, one), one)
            .filter(|known| says_the_same(known, one))
            .map_or(one.from, |known| known.from),
        ..one.clone()
    };
    let mut all: Vec<_> = seen.iter().map(begun).collect();
    let mut hours_of = HashMap::<_, Vec<_>>::new();
    for listing in seen {
        hours_of
            .entry(thing(listing))
            .or_default()
            .push(listing.hours);
    }
    for one in seen.iter().filter(|one| one.hours.is_none()) {
        let hours = &hours_of[&thing(one)];
        let ended = of_thing(&by_thing, one).iter().filter(|known| {
            known.until.is_none()
                && known.from < one.from
                && known.hours.is_some()
                && !hours.contains(&known.hours)
        });
        all.extend(ended.map(|known| Listing {
            until: Some(one.from),
            as_of: one.as_of,
            source: one.source.clone(),
            ..(*known).clone()
        }));
    }
    all
}

/// All prices that are not withdrawn, each ended where a later one for the same at the same hours begins: none says
/// itself that another one has come. One that is over sooner only interrupts it.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn list_with_ends(conn: &Connection) -> rusqlite::Result<Vec<Price>> {
    let mut all = list(conn)?;
    let mut later: HashMap<_, Vec<(Date, Option<Date>)>> = HashMap::new();
    let mut next = Vec::with_capacity(all.len());
    for Price {
        listing, origin, ..
    } in all.iter().rev()
    {
        // A person's own goes before the others, and ends none of them.
        let key = (thing(listing), listing.hours, *origin == Origin::Own);
        let later = later.entry(key).or_default();
        let goes_beyond = |until: Option<Date>| match (until, listing.until) {
            (None, _) => true,
            (Some(until), Some(own)) => until >= own,
            (Some(_), None) => false,
        };
        let ends = later.iter().filter(|(_, until)| goes_beyond(*until));
        next.push(ends.map(|(from, _)| *from).min());
        later.push((listing.from, listing.until));
    }
    for (price, next) in all.iter_mut().rev().zip(next) {
        let ends = [price.listing.until, next].into_iter().flatten();
        price.listing.until = ends.min();
    }
    Ok(all)
}

/// What a price is for, at whichever hours and times.
fn thing(listing: &Listing) -> (&str, &str, Service) {
    (&listing.provider, &listing.model, listing.service)
}

type ByThing<'a> = HashMap<(&'a str, &'a str, Service), Vec<&'a Listing>>;

fn by_thing(known: &[Listing]) -> ByThing<'_> {
    let mut by_thing = ByThing::new();
    for listing in known {
        by_thing.entry(thing(listing)).or_default().push(listing);
    }
    by_thing
}

fn of_thing<'s, 'a>(by_thing: &'s ByThing<'a>, one: &'s Listing) -> &'s [&'a Listing] {
    by_thing.get(&thing(one)).map_or(&[], Vec::as_slice)
}

/// The known price of the same hours that holds on the day of this one.
fn latest<'a>(known: &[&'a Listing], of: &Listing) -> Option<&'a Listing> {
    known
        .iter()
        .filter(|known| known.hours == of.hours && known.from <= of.from)
        .max_by_key(|known| known.from)
        .copied()
}

fn says_the_same(known: &Listing, seen: &Listing) -> bool {
    let placed = Listing {
        from: known.from,
        ..seen.clone()
    };
    known.says_as(&placed)
}

fn placed(known: &[Listing], seen: &PriceList) -> PriceList {
    PriceList {
        listings: continued(known, &seen.listings),
        limits: seen.limits.clone(),
    }
}

/// What is known from others than the person.
fn known(conn: &Connection) -> rusqlite::Result<Vec<Listing>> {
    let all = list(conn)?.into_iter();
    let of_others = all.filter(|price| price.origin != Origin::Own);
    Ok(of_others.map(|Price { listing, .. }| listing).collect())
}

/// A price that begins where another of the same thing ends is a change, to whoever reads of it.
fn with_changes_shown(changes: Changes, known: &[Listing]) -> Changes {
    let by_thing = by_thing(known);
    let mut shown = Changes {
        added: Vec::new(),
        ..changes
    };
    for after in changes.added {
        match latest(of_thing(&by_thing, &after), &after) {
            Some(before) => shown.changed.push(Change {
                before: before.clone(),
                after,
            }),
            None => shown.added.push(after),
        }
    }
    shown
}
