//! Writes the prices that the program comes with, from the list that LiteLLM publishes.
//!
//! `make_prices --published FILE --version VERSION --as-of DATE --to FILE` keeps what the built-in
//! list knows already, as `gatehouse prices update` keeps what the database knows: a price that is
//! still so goes on, one that changed begins anew. `cargo xtask prices` runs it.

use std::{collections::BTreeMap, error::Error, fs};

use gatehouse_core::costs::{
    listing::Listing,
    price_list::{self, PriceList},
    prices, published,
};
use jiff::civil::Date;

const NOTE: &str = "Public list prices in US dollars for a million tokens, as they were known on each \
    list’s as_of. Prices change; only the vendor’s own page is binding. A model that is not here has \
    no known price, which is not a price of zero. Written by `cargo xtask prices`; the format is in \
    docs/prices.md.";

fn main() -> Result<(), Box<dyn Error>> {
    let [file, version, as_of, to] = ["--published", "--version", "--as-of", "--to"].map(argument);
    let as_of: Date = as_of?.parse()?;
    let source = format!("LiteLLM {}, its list of model prices (MIT)", version?);
    let seen = published::read(&fs::read(file?)?, &source, as_of)?;
    let known = price_list::built_in();
    let list = merged(known, &seen.list);
    fs::write(to?, price_list::write(&list, NOTE))?;
    let mut vendors = BTreeMap::<_, usize>::new();
    for listing in &seen.list.listings {
        *vendors.entry(&listing.provider).or_default() += 1;
    }
    println!(
        "{} prices of {} models",
        seen.list.listings.len(),
        seen.models()
    );
    println!("prices by vendor: {vendors:?}");
    println!("left out: {}: {}", seen.skipped.total(), seen.skipped);
    println!("{} prices in all", list.listings.len());
    Ok(())
}

fn argument(name: &str) -> Result<String, String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1).ok_or_else(|| format!("{name} is missing"))
}

/// What was known, with what was seen in place of it or beside it.
fn merged(known: PriceList, seen: &PriceList) -> PriceList {
    let key = |one: &Listing| {
        let hours = one.hours.map(|hours| hours.to_string());
        (
            one.provider.clone(),
            one.model.clone(),
            one.service as u8,
            one.from,
            hours,
        )
    };
    let continued = prices::continued(&known.listings, &seen.listings);
    let listings = known.listings.into_iter().chain(continued);
    let listings: BTreeMap<_, _> = listings.map(|one| (key(&one), one)).collect();
    let limits = known.limits.into_iter().chain(seen.limits.iter().cloned());
    let limits: BTreeMap<_, _> = limits
        .map(|of| ((of.provider.clone(), of.model.clone()), of))
        .collect();
    PriceList {
        listings: listings.into_values().collect(),
        limits: limits.into_values().collect(),
    }
}
