//! Which of the known prices is that of a call.

use jiff::civil::Date;
use rusqlite::{Connection, params};

use super::{COLUMNS, Origin, Price, PriceError, Wanted, price};
use crate::costs::{
    listing::{ANY_MODEL, Listing, names_of},
    vendors,
};

/// The price of a model at a time. A person's own goes before all others; then one for this very
/// name before one for its versions; then one for certain hours; then the latest.
///
/// # Errors
/// [`PriceError::Unknown`] when no price holds: the cost is then unknown, and never zero.
pub fn find(conn: &Connection, wanted: &Wanted<'_>) -> Result<Price, PriceError> {
    find_among(conn, wanted, |_| true)
}

/// The usual price of a model on the day of a time, for what is not of one moment, such as the use of a month:
/// chosen in the same way of those that are not for certain hours, whatever the hour is.
///
/// # Errors
/// [`PriceError::Unknown`] when no such price holds.
pub fn find_usual(conn: &Connection, wanted: &Wanted<'_>) -> Result<Price, PriceError> {
    find_among(conn, wanted, |listing| listing.hours.is_none())
}

/// The prices of certain hours that go before this usual one on a day.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn of_other_hours(conn: &Connection, usual: &Price, on: Date) -> rusqlite::Result<Vec<Price>> {
    let Price { listing, .. } = usual;
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM prices
         WHERE withdrawn_at_ms IS NULL AND model = ?1 AND service = ?2 AND provider = ?3 AND hours != ''
         ORDER BY hours, origin = 'own', from_date"
    ))?;
    let of_this = params![listing.model, listing.service, listing.provider];
    let mut found: Vec<Price> = Vec::new();
    for row in statement.query_map(of_this, price)? {
        let other = row?;
        if !other.listing.holds_on(on)
            || (other.origin != Origin::Own && usual.origin == Origin::Own)
        {
            continue;
        }
        // Of the same hours the person's own holds, then the latest.
        found.retain(|earlier| earlier.listing.hours != other.listing.hours);
        found.push(other);
    }
    Ok(found)
}

fn find_among(
    conn: &Connection,
    wanted: &Wanted<'_>,
    fits: fn(&Listing) -> bool,
) -> Result<Price, PriceError> {
    let found = of_name(conn, wanted, fits);
    let (None, Err(PriceError::Unknown { .. })) = (wanted.provider, &found) else {
        return found;
    };
    let named = wanted.model.split_once('/');
    let named = named.and_then(|(vendor, model)| Some((vendors::named(vendor)?, model)));
    let Some((provider, model)) = named else {
        return found;
    };
    let named = Wanted {
        provider: Some(provider),
        model,
        ..*wanted
    };
    // Not found so either: what was asked for is what the error names.
    of_name(conn, &named, fits).or(found)
}

fn of_name(
    conn: &Connection,
    wanted: &Wanted<'_>,
    fits: fn(&Listing) -> bool,
) -> Result<Price, PriceError> {
    let mut holding = Vec::new();
    for name in names_of(wanted.model).into_iter().chain([ANY_MODEL]) {
        // A price for whatever a provider runs says nothing of a model that nobody names it for.
        if name == ANY_MODEL && wanted.provider.is_none() {
            continue;
        }
        holding.extend(listed(conn, wanted, name)?);
    }
    let vendor = wanted.provider.unwrap_or_default();
    if let Some(model) = vendors::listed_name(vendor, wanted.model) {
        let wanted = Wanted { model, ..*wanted };
        for name in names_of(model) {
            holding.extend(listed(conn, &wanted, name)?);
        }
    }
    holding.retain(|(_, price)| fits(&price.listing));
    let own = |price: &Price| price.origin == Origin::Own;
    let for_others = |price: &Price| vendors::resells(&price.listing.provider) && !own(price);
    if wanted.provider.is_none() && !holding.iter().all(|(_, price)| for_others(price)) {
        holding.retain(|(_, price)| !for_others(price));
    }
    let mut providers: Vec<_> = holding
        .iter()
        .map(|(_, price)| price.listing.provider.clone())
        .collect();
    providers.sort();
    providers.dedup();
    if providers.len() > 1 {
        return Err(PriceError::Ambiguous {
            model: wanted.model.into(),
            providers,
        });
    }
    let best = holding.into_iter().max_by_key(|(closeness, price)| {
        let Price { listing, .. } = price;
        let length = listing.model.len();
        (
            own(price),
            *closeness,
            length,
            listing.hours.is_some(),
            listing.from,
        )
    });
    best.map(|(_, price)| price)
        .ok_or_else(|| PriceError::Unknown {
            provider: wanted.provider.map(Into::into),
            model: wanted.model.into(),
            service: wanted.service,
            date: jiff::tz::TimeZone::UTC.to_datetime(wanted.at).date(),
        })
}

/// The prices listed under a name that hold for what is wanted.
fn listed(
    conn: &Connection,
    wanted: &Wanted<'_>,
    name: &str,
) -> rusqlite::Result<Vec<(crate::costs::listing::Closeness, Price)>> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM prices
         WHERE withdrawn_at_ms IS NULL AND model = ?1 AND service = ?2
           AND provider = coalesce(?3, provider)"
    ))?;
    let rows = statement.query_map(params![name, wanted.service, wanted.provider], price)?;
    let mut holding = Vec::new();
    for row in rows {
        let price = row?;
        if let Some(closeness) = price.listing.names(wanted.model)
            && price.listing.holds_at(wanted.at)
        {
            holding.push((closeness, price));
        }
    }
    Ok(holding)
}
