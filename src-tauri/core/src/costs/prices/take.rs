//! Taking over a list of prices, and saying what that changed.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::{Origin, PriceError, current, insert, withdraw};
use crate::costs::{listing::Listing, price_list};

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

/// Take a list of prices over. What it does not name stays as it is, a person's own prices too; what
/// it names is replaced unless what is known is of a later day, or of the same day from a file
/// while this list came with the program. `now_ms` is UTC milliseconds.
///
/// # Errors
/// [`PriceError`] when a price cannot be or the database fails.
pub fn take(
    conn: &Connection,
    listings: &[Listing],
    origin: Origin,
    now_ms: i64,
) -> Result<Changes, PriceError> {
    listings.iter().try_for_each(Listing::check)?;
    Ok(take_checked(conn, listings, origin, now_ms)?)
}

/// Take over what this program came with; run at every start. What is there already is not written.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn take_built_in(conn: &Connection, now_ms: i64) -> rusqlite::Result<Changes> {
    take_checked(conn, &price_list::built_in(), Origin::BuiltIn, now_ms)
}

fn take_checked(
    conn: &Connection,
    listings: &[Listing],
    origin: Origin,
    now_ms: i64,
) -> rusqlite::Result<Changes> {
    let mut changes = Changes::default();
    for listing in listings {
        let Some(known) = current(conn, listing, origin)? else {
            insert(conn, listing, origin, now_ms)?;
            changes.added.push(listing.clone());
            continue;
        };
        let same_day_but_weaker = known.listing.as_of == listing.as_of
            && (known.origin, origin) == (Origin::File, Origin::BuiltIn);
        if known.listing == *listing {
            changes.unchanged += 1;
        } else if known.listing.as_of > listing.as_of || same_day_but_weaker {
            changes.older += 1;
        } else if known.listing.says_as(listing) {
            conn.prepare_cached("UPDATE prices SET source = ?2, as_of = ?3 WHERE id = ?1")?
                .execute(params![known.id, listing.source, listing.as_of.to_string()])?;
            changes.confirmed += 1;
        } else {
            withdraw(conn, known.id, now_ms)?;
            insert(conn, listing, origin, now_ms)?;
            changes.changed.push(Change {
                before: known.listing,
                after: listing.clone(),
            });
        }
    }
    Ok(changes)
}
