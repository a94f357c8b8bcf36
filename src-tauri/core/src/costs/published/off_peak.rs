//! Prices of certain hours, as the published list says them.

use serde::Deserialize;

use super::{Fields, Skip};
use crate::costs::{hours::Hours, listing::Listing, rates::Rates};

/// Hours of some days in which the other price holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    hours_utc: OneOrMore,
    /// From Monday, 1, to Sunday, 7; without them, every day.
    weekdays: Option<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// The prices of certain hours beside that of all hours: as that, but where they say otherwise.
///
/// A window that our hours cannot say refuses the model: without it, the price of all hours would
/// be wrong in that window.
pub(super) fn windows(fields: &Fields<'_>, all_day: &Listing) -> Result<Vec<Listing>, Skip> {
    let Some(raw) = fields.get("off_peak_pricing") else {
        return Ok(Vec::new());
    };
    let off_peak = Fields::of(raw)?;
    let known = [
        "windows",
        "input_cost_per_token",
        "output_cost_per_token",
        "cache_read_input_token_cost",
        "cache_creation_input_token_cost",
    ];
    if off_peak.names().any(|name| !known.contains(&name)) || !all_day.tiers.is_empty() {
        return Err(Skip::OtherForm);
    }
    let windows = off_peak.get("windows").ok_or(Skip::OtherForm)?;
    let windows: Vec<Window> = serde_json::from_str(windows.get()).map_err(|_| Skip::OtherForm)?;
    let rates = rates(&off_peak, &all_day.rates)?;
    let mut listings = Vec::new();
    for Window {
        hours_utc,
        weekdays,
    } in windows
    {
        let days = days(weekdays.as_deref())?;
        let times = match hours_utc {
            OneOrMore::One(time) => vec![time],
            OneOrMore::More(times) => times,
        };
        for time in times {
            let hours: Hours = format!("{days}{time}")
                .parse()
                .map_err(|_| Skip::OtherForm)?;
            listings.push(Listing {
                hours: Some(hours),
                rates,
                ..all_day.clone()
            });
        }
    }
    Ok(listings)
}

fn rates(off_peak: &Fields<'_>, all_day: &Rates) -> Result<Rates, Skip> {
    let price = |name| {
        let unit = off_peak.price(name)?;
        Ok(unit.filter(|unit| !unit.is_zero()))
    };
    Ok(Rates {
        input: price("input_cost_per_token")?.unwrap_or(all_day.input),
        cached: price("cache_read_input_token_cost")?.or(all_day.cached),
        cache_write: price("cache_creation_input_token_cost")?.or(all_day.cache_write),
        output: price("output_cost_per_token")?.or(all_day.output),
        ..*all_day
    })
}

/// A run of weekdays as [`Hours`] begin with it; nothing for all.
fn days(weekdays: Option<&[u8]>) -> Result<String, Skip> {
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let Some(days) = weekdays else {
        return Ok(String::new());
    };
    let name = |day: u8| NAMES.get(usize::from(day).wrapping_sub(1)).copied();
    let is_run = days
        .windows(2)
        .all(|pair| pair[0].checked_add(1) == Some(pair[1]));
    let ends = days.first().zip(days.last()).filter(|_| is_run);
    let named = ends.and_then(|(first, last)| Some((name(*first)?, name(*last)?)));
    let (first, last) = named.ok_or(Skip::OtherForm)?;
    Ok(format!("{first}-{last} "))
}
