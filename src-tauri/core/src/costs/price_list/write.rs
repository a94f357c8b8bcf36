//! Writing a file of prices: one line a price, in an order that makes a change easy to review.

use std::{collections::BTreeMap, fmt::Write as _};

use jiff::civil::Date;
use serde::Serialize;

use super::PriceList;
use crate::costs::{
    hours::Hours,
    listing::{Listing, Service},
    rates::{Rates, Tier},
};

/// A line of the file; what says nothing is left out of it.
#[derive(Serialize)]
struct Line<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<Service>,
    from: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hours: Option<Hours>,
    rates: &'a Rates,
    #[serde(skip_serializing_if = "<[Tier]>::is_empty")]
    tiers: &'a [Tier],
    #[serde(skip_serializing_if = "Option::is_none")]
    max_input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    takes_pictures: Option<bool>,
}

/// The text of a file with these prices, which reads as the same list. The limits of a model stand
/// beside the first of its prices that is of their day; there must be one.
pub fn write(list: &PriceList, note: &str) -> String {
    let mut by_source: BTreeMap<_, Vec<&Listing>> = BTreeMap::new();
    for listing in &list.listings {
        let of = (&listing.provider, &listing.source, listing.as_of);
        by_source.entry(of).or_default().push(listing);
    }
    let mut limits: BTreeMap<_, _> = list
        .limits
        .iter()
        .map(|of| ((&of.provider, &of.model, of.as_of), of.limits))
        .collect();
    let lists = by_source
        .into_iter()
        .map(|((provider, source, as_of), mut listings)| {
            listings.sort_by_cached_key(|one| {
                let hours = one.hours.map(|hours| hours.to_string());
                (one.model.clone(), one.from, one.service as u8, hours)
            });
            let lines = listings.into_iter().map(|listing| {
                let of = limits.remove(&(&listing.provider, &listing.model, as_of));
                let line = line(listing, of.unwrap_or_default());
                format!("        {line}")
            });
            let lines = lines.collect::<Vec<_>>().join(",\n");
            let (provider, source) = (json(provider), json(source));
            format!(
                "    {{\n      \"provider\": {provider},\n      \"source\": {source},\n      \
             \"as_of\": \"{as_of}\",\n      \"prices\": [\n{lines}\n      ]\n    }}"
            )
        });
    let lists = lists.collect::<Vec<_>>().join(",\n");
    let mut text = String::new();
    let note = json(&note);
    writeln!(
        text,
        "{{\n  \"format\": 1,\n  \"note\": {note},\n  \"lists\": [\n{lists}\n  ]\n}}"
    )
    .expect("writing to a string cannot fail because it only grows");
    text
}

fn line(listing: &Listing, limits: crate::costs::limits::Limits) -> String {
    json(&Line {
        model: &listing.model,
        dated: listing.dated,
        service: (listing.service != Service::Standard).then_some(listing.service),
        from: listing.from,
        until: listing.until,
        hours: listing.hours,
        rates: &listing.rates,
        tiers: &listing.tiers,
        max_input_tokens: limits.max_input_tokens,
        max_output_tokens: limits.max_output_tokens,
        takes_pictures: limits.takes_pictures,
    })
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("a price is JSON because all its fields are plain")
}
