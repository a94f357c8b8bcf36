//! Taking over a list of prices, and saying what that changed.

use rusqlite::{Connection, params};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Origin, Price, PriceError, current, insert, withdraw};
use crate::costs::{
    limits,
    listing::Listing,
    price_list::{self, PriceList},
};

/// What came of a list of prices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Prices of what had none before.
    pub added: Vec<Listing>,
    /// Prices that were replaced.
    pub changed: Vec<Change>,
    /// Prices that are still so, and were known to be so until less lately.
    pub confirmed: usize,
    /// Prices that were there just so.
    pub unchanged: usize,
    /// Prices that were not taken, as what is known is of a later day.
    pub older: usize,
}

/// A price that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it was.
    pub before: Listing,
    /// What it is now.
    pub after: Listing,
}

/// How a price in a list stands to what is known.
enum Verdict {
    New,
    Same,
    Older,
    Confirms(Price),
    Replaces(Price),
}

/// Take a list of prices over. What it does not name stays as it is, a person's own prices too; what
/// it names is replaced unless what is known is of a later day, or of the same day from a file
/// while this list came with the program. `now_ms` is UTC milliseconds.
///
/// # Errors
/// [`PriceError`] when a price cannot be or the database fails.
pub fn take(
    conn: &Connection,
    list: &PriceList,
    origin: Origin,
    now_ms: i64,
) -> Result<Changes, PriceError> {
    list.listings.iter().try_for_each(Listing::check)?;
    Ok(take_checked(conn, list, origin, now_ms)?)
}

/// What [`take`] would change; nothing is written. No two of the prices may be for the same thing.
///
/// # Errors
/// [`PriceError`] when a price cannot be or the database fails.
pub fn compare(conn: &Connection, list: &PriceList, origin: Origin) -> Result<Changes, PriceError> {
    let mut changes = Changes::default();
    for listing in &list.listings {
        listing.check()?;
        changes.note(
            listing,
            weigh(current(conn, listing, origin)?, listing, origin),
        );
    }
    Ok(changes)
}

/// Take over what this program came with; run at every start. A list that was taken over before is
/// not even read; `None` says so.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn take_built_in(conn: &Connection, now_ms: i64) -> rusqlite::Result<Option<Changes>> {
    let sha256 = Sha256::digest(price_list::BUILT_IN);
    let is_new = conn
        .prepare_cached("INSERT OR IGNORE INTO built_in_prices_taken VALUES (?1)")?
        .execute([sha256.as_slice()])?;
    if is_new == 0 {
        return Ok(None);
    }
    take_checked(conn, &price_list::built_in(), Origin::BuiltIn, now_ms).map(Some)
}

fn take_checked(
    conn: &Connection,
    list: &PriceList,
    origin: Origin,
    now_ms: i64,
) -> rusqlite::Result<Changes> {
    let mut changes = Changes::default();
    limits::take(conn, &list.limits)?;
    for listing in &list.listings {
        let verdict = weigh(current(conn, listing, origin)?, listing, origin);
        match &verdict {
            Verdict::Same | Verdict::Older => {}
            Verdict::New => {
                insert(conn, listing, origin, now_ms)?;
            }
            Verdict::Replaces(known) => {
                withdraw(conn, known.id, now_ms)?;
                insert(conn, listing, origin, now_ms)?;
            }
            Verdict::Confirms(known) => {
                conn.prepare_cached("UPDATE prices SET source = ?2, as_of = ?3 WHERE id = ?1")?
                    .execute(params![known.id, listing.source, listing.as_of.to_string()])?;
            }
        }
        changes.note(listing, verdict);
    }
    Ok(changes)
}

fn weigh(known: Option<Price>, listing: &Listing, origin: Origin) -> Verdict {
    let Some(known) = known else {
        return Verdict::New;
    };
    let same_day_but_weaker = known.listing.as_of == listing.as_of
        && (known.origin, origin) == (Origin::File, Origin::BuiltIn);
    if known.listing == *listing {
        Verdict::Same
    } else if known.listing.as_of > listing.as_of || same_day_but_weaker {
        Verdict::Older
    } else if known.listing.says_as(listing) {
        Verdict::Confirms(known)
    } else {
        Verdict::Replaces(known)
    }
}

impl Changes {
    fn note(&mut self, listing: &Listing, verdict: Verdict) {
        match verdict {
            Verdict::New => self.added.push(listing.clone()),
            Verdict::Same => self.unchanged += 1,
            Verdict::Older => self.older += 1,
            Verdict::Confirms(_) => self.confirmed += 1,
            Verdict::Replaces(known) => self.changed.push(Change {
                before: known.listing,
                after: listing.clone(),
            }),
        }
    }
}
