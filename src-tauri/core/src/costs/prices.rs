//! The prices that are known: those this program came with, those of a file, and a person's own.
//!
//! The facts of a row never change, so that a call can keep the price it was billed with. A price
//! that is replaced is withdrawn: it is not chosen any more, and its row stays.

mod find;
mod seen;
mod take;

use jiff::{Timestamp, civil::Date};
use rusqlite::{
    Connection, OptionalExtension, Row, params,
    types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use self::{
    find::{find, find_usual, of_other_hours},
    seen::{compare_seen, continued, list_with_ends, take_seen},
    take::{Change, Changes, compare, take, take_built_in},
};
use super::{
    listing::{Listing, ListingError, Service},
    stored::stored_by_name,
};
use crate::{
    problem::{Problem, ProblemCode},
    store::{Migration, StoreError},
};

pub(crate) const MIGRATIONS: &[Migration] = &[
    CREATE,
    Migration {
        name: "2026-11-27 find prices by model",
        sql: "CREATE INDEX prices_by_model ON prices(model, service) WHERE withdrawn_at_ms IS NULL;
          CREATE TABLE built_in_prices_taken (sha256 BLOB PRIMARY KEY) STRICT, WITHOUT ROWID",
    },
];

// The index: of a provider's and a person's prices each, one for a thing at a time.
const CREATE: Migration = Migration {
    name: "2026-11-24 create prices",
    sql: "CREATE TABLE prices (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            origin TEXT NOT NULL,
            provider TEXT NOT NULL,
            model TEXT NOT NULL,
            dated INTEGER NOT NULL CHECK (dated IN (0, 1)),
            service TEXT NOT NULL,
            from_date TEXT NOT NULL,
            until_date TEXT,
            hours TEXT NOT NULL,
            rates TEXT NOT NULL CHECK (json_valid(rates)),
            tiers TEXT NOT NULL CHECK (json_valid(tiers)),
            source TEXT NOT NULL,
            as_of TEXT NOT NULL,
            added_at_ms INTEGER NOT NULL,
            withdrawn_at_ms INTEGER
          ) STRICT;
          CREATE UNIQUE INDEX prices_current
          ON prices(provider, model, service, from_date, hours, origin = 'own')
          WHERE withdrawn_at_ms IS NULL",
};

/// Names a price in this database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PriceId(i64);

impl PriceId {
    /// Its number in this database.
    pub(crate) fn number(self) -> i64 {
        self.0
    }
}

impl ToSql for PriceId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for PriceId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

/// Who says that something costs so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// This program, as it was built.
    BuiltIn,
    /// A file that a person updated from.
    File,
    /// The person.
    Own,
}
stored_by_name!(Origin);

/// A price that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Price {
    /// What calls remember it by.
    pub id: PriceId,
    /// Who says so.
    pub origin: Origin,
    /// What it says.
    #[serde(flatten)]
    pub listing: Listing,
}

/// Why there is no price, or why one is not taken.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// Nothing says what the model costs then.
    #[error("no price is known for “{model}”{}{} on {date}", of(.provider.as_deref()), asked(*.service))]
    Unknown {
        /// Whose, if that was said.
        provider: Option<String>,
        /// Of what.
        model: String,
        /// Asked how.
        service: Service,
        /// On which day, by UTC.
        date: Date,
    },
    /// More than one provider has a model of this name.
    #[error("“{model}” is a model of {}: name one of them", .providers.join(" and "))]
    Ambiguous {
        /// The name.
        model: String,
        /// The providers that have it.
        providers: Vec<String>,
    },
    /// What was given cannot be a price.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] rusqlite::Error),
}

fn of(provider: Option<&str>) -> String {
    provider.map_or(String::new(), |provider| format!(" of {provider}"))
}

fn asked(service: Service) -> String {
    match service {
        Service::Standard => String::new(),
        other => format!(" asked as {}", super::name_of(&other)),
    }
}

/// What a price is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Whose model; `None`: of the provider that the name begins with, as in `groq/llama`, or else
    /// of the one that has it. Who makes a model goes before those who run it for others.
    pub provider: Option<&'a str>,
    /// The name that the provider gives it.
    pub model: &'a str,
    /// How it is asked.
    pub service: Service,
    /// When.
    pub at: Timestamp,
}

/// The price of this id, withdrawn or not.
///
/// # Errors
/// [`rusqlite::Error`] when there is none.
pub fn get(conn: &Connection, id: PriceId) -> rusqlite::Result<Price> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM prices WHERE id = ?1"))?
        .query_row([id], price)
}

/// All prices that are not withdrawn, by provider, model and time.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn list(conn: &Connection) -> rusqlite::Result<Vec<Price>> {
    conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM prices WHERE withdrawn_at_ms IS NULL
         ORDER BY provider, model, service, from_date, hours, id"
    ))?
    .query_map([], price)?
    .collect()
}

/// Set a person's own price, in place of their earlier one for the same from the same day on.
///
/// # Errors
/// [`PriceError`] when it cannot be a price or the database fails.
pub fn set_own(conn: &Connection, listing: &Listing, now_ms: i64) -> Result<Price, PriceError> {
    listing.check()?;
    if let Some(known) = current(conn, listing, Origin::Own)? {
        withdraw(conn, known.id, now_ms)?;
    }
    let id = insert(conn, listing, Origin::Own, now_ms)?;
    Ok(get(conn, id)?)
}

/// Withdraw a person's own prices of a model asked in one way; how many there were. Where they had read them
/// is forgotten.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn remove_own(
    conn: &Connection,
    provider: &str,
    model: &str,
    service: Service,
    now_ms: i64,
) -> rusqlite::Result<usize> {
    conn.prepare_cached(
        "UPDATE prices SET withdrawn_at_ms = ?5, source = ''
         WHERE withdrawn_at_ms IS NULL AND origin = ?4 AND provider = ?1 AND model = ?2 AND service = ?3",
    )?
    .execute(params![provider, model, service, Origin::Own, now_ms])
}

/// Withdraw one price of a person's own by its number; what it said, but where they had read it, which is
/// forgotten. `None`: they have none of this number.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn remove_one(
    conn: &Connection,
    number: i64,
    now_ms: i64,
) -> rusqlite::Result<Option<Price>> {
    conn.prepare_cached(&format!(
        "UPDATE prices SET withdrawn_at_ms = ?3, source = ''
         WHERE id = ?1 AND origin = ?2 AND withdrawn_at_ms IS NULL RETURNING {COLUMNS}"
    ))?
    .query_row(params![number, Origin::Own, now_ms], price)
    .optional()
}

/// What is known now of the same thing from the same day on.
fn current(
    conn: &Connection,
    listing: &Listing,
    origin: Origin,
) -> rusqlite::Result<Option<Price>> {
    conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM prices
         WHERE withdrawn_at_ms IS NULL AND provider = ?1 AND model = ?2 AND service = ?3
           AND from_date = ?4 AND hours = ?5 AND (origin = 'own') = ?6"
    ))?
    .query_row(
        params![
            listing.provider,
            listing.model,
            listing.service,
            listing.from.to_string(),
            hours(listing),
            origin == Origin::Own,
        ],
        price,
    )
    .optional()
}

fn insert(
    conn: &Connection,
    listing: &Listing,
    origin: Origin,
    now_ms: i64,
) -> rusqlite::Result<PriceId> {
    conn.prepare_cached(
        "INSERT INTO prices (origin, provider, model, dated, service, from_date, until_date, hours,
                             rates, tiers, source, as_of, added_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .insert(params![
        origin,
        listing.provider,
        listing.model,
        listing.dated,
        listing.service,
        listing.from.to_string(),
        listing.until.map(|until| until.to_string()),
        hours(listing),
        json(&listing.rates),
        json(&listing.tiers),
        listing.source,
        listing.as_of.to_string(),
        now_ms,
    ])
    .map(PriceId)
}

fn withdraw(conn: &Connection, id: PriceId, now_ms: i64) -> rusqlite::Result<()> {
    // Where a person had read theirs is their own words, and of no use to the calls that it stays for.
    conn.prepare_cached(
        "UPDATE prices SET withdrawn_at_ms = ?2, source = iif(origin = ?3, '', source) WHERE id = ?1",
    )?
    .execute(params![id, now_ms, Origin::Own])?;
    Ok(())
}

/// An empty text for every hour, as two absent values are never the same to an index.
fn hours(listing: &Listing) -> String {
    listing
        .hours
        .map_or(String::new(), |hours| hours.to_string())
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("rates are JSON because all their fields are plain")
}

const COLUMNS: &str = "id, origin, provider, model, dated, service, from_date, until_date, hours, rates, tiers, \
                       source, as_of";

/// A price from [`COLUMNS`].
fn price(row: &Row<'_>) -> rusqlite::Result<Price> {
    let hours: String = row.get(8)?;
    Ok(Price {
        id: row.get(0)?,
        origin: row.get(1)?,
        listing: Listing {
            provider: row.get(2)?,
            model: row.get(3)?,
            dated: row.get(4)?,
            service: row.get(5)?,
            from: read(row, 6, |text| text.parse::<Date>())?,
            until: match row.get_ref(7)? {
                ValueRef::Null => None,
                _ => Some(read(row, 7, |text| text.parse::<Date>())?),
            },
            hours: match hours.as_str() {
                "" => None,
                _ => Some(read(row, 8, |text| {
                    text.parse()
                        .map_err(Box::<dyn std::error::Error + Send + Sync>::from)
                })?),
            },
            rates: read(row, 9, from_json)?,
            tiers: read(row, 10, from_json)?,
            source: row.get(11)?,
            as_of: read(row, 12, |text| text.parse::<Date>())?,
        },
    })
}

fn from_json<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_str(text)
}

/// A column whose text means something.
fn read<T, E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    row: &Row<'_>,
    at: usize,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> rusqlite::Result<T> {
    let text = row.get_ref(at)?.as_str().map_err(rusqlite::Error::from)?;
    parse(text).map_err(|error| FromSqlError::Other(error.into()).into())
}

impl From<PriceError> for Problem {
    fn from(error: PriceError) -> Self {
        match error {
            PriceError::Store(error) => StoreError::from(error).into(),
            PriceError::Unknown { .. } => Self::new(ProblemCode::NotFound, error)
                .hint("Set one with `gatehouse prices set`, or update from a file that has it."),
            PriceError::Ambiguous { .. } | PriceError::Listing(_) => {
                Self::new(ProblemCode::InvalidInput, error)
            }
        }
    }
}

#[cfg(test)]
mod tests;
