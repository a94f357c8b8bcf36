//! Names for chains of models: the first one that can answer does.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    ids::{AccountId, AliasId, ModelId},
    problem::{Problem, ProblemCode},
    store::{Migration, StoreError},
};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-27 create aliases",
    sql: "CREATE TABLE aliases (
            id BLOB PRIMARY KEY,
            name TEXT NOT NULL,
            chain TEXT NOT NULL CHECK (json_valid(chain))
          ) STRICT;
          CREATE UNIQUE INDEX aliases_by_name ON aliases(lower(name))",
}];

/// One model of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum Link {
    /// A model on this computer; `None`: the default one.
    Local {
        /// Which.
        model_id: Option<ModelId>,
    },
    /// A model of an account.
    Account {
        /// Of which.
        account_id: AccountId,
        /// What a request calls it.
        model: String,
    },
}

/// What a person chose to answer, where that is not simply a model on this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum Elsewhere {
    /// A model of an account.
    Account {
        /// Of which.
        account_id: AccountId,
        /// What a request calls it.
        model: String,
    },
    /// A chain of models.
    Alias {
        /// Which.
        alias_id: AliasId,
    },
}

/// A name for a chain of models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Alias {
    /// Identifier.
    pub id: AliasId,
    /// What the person calls it.
    pub name: String,
    /// Its models in the order in which they are tried.
    pub chain: Vec<Link>,
}

/// Why an alias is not kept.
#[derive(Debug, thiserror::Error)]
pub enum AliasError {
    /// It was removed.
    #[error("this alias is not there any more")]
    NotFound,
    /// It has no name.
    #[error("an alias needs a name")]
    NoName,
    /// Another one has this name.
    #[error("there is an alias with the name “{0}” already")]
    NameTaken(String),
    /// It names no model.
    #[error("an alias needs at least one model")]
    Empty,
    /// One of its models writes no answers.
    #[error(
        "“{0}” turns texts into vectors for searching; it cannot chat, and an alias is for chats"
    )]
    CannotChat(String),
    /// It names more models than anybody would wait for.
    #[error("an alias has at most {MOST_LINKS} models")]
    TooLong,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Models in a chain at most.
const MOST_LINKS: usize = 8;

impl From<rusqlite::Error> for AliasError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<AliasError> for Problem {
    fn from(error: AliasError) -> Self {
        match error {
            AliasError::NotFound => Problem::new(ProblemCode::NotFound, error),
            AliasError::Store(store) => store.into(),
            other => Problem::new(ProblemCode::InvalidInput, other),
        }
    }
}

/// Keep an alias, new or changed.
///
/// # Errors
/// [`AliasError`] when it has no name of its own or no models.
pub fn save(conn: &Connection, alias: &Alias) -> Result<Alias, AliasError> {
    let name = as_kept(&alias.name);
    match alias.chain.len() {
        _ if name.is_empty() => return Err(AliasError::NoName),
        0 => return Err(AliasError::Empty),
        1..=MOST_LINKS => {}
        _ => return Err(AliasError::TooLong),
    }
    let taken: Option<AliasId> = conn
        .prepare_cached("SELECT id FROM aliases WHERE lower(name) = lower(?1) AND id <> ?2")?
        .query_row(params![name, alias.id], |row| row.get(0))
        .optional()?;
    if taken.is_some() {
        return Err(AliasError::NameTaken(name));
    }
    let chain = serde_json::to_string(&alias.chain).expect("a chain is JSON because it is plain");
    conn.prepare_cached(
        "INSERT INTO aliases VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET name = ?2, chain = ?3",
    )?
    .execute(params![alias.id, name, chain])?;
    Ok(Alias {
        name,
        ..alias.clone()
    })
}

/// All aliases by name.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn all(conn: &Connection) -> rusqlite::Result<Vec<Alias>> {
    conn.prepare_cached("SELECT id, name, chain FROM aliases ORDER BY lower(name)")?
        .query_map([], alias)?
        .collect()
}

/// One alias.
///
/// # Errors
/// [`AliasError::NotFound`].
pub fn get(conn: &Connection, id: AliasId) -> Result<Alias, AliasError> {
    conn.prepare_cached("SELECT id, name, chain FROM aliases WHERE id = ?1")?
        .query_row([id], alias)
        .optional()?
        .ok_or(AliasError::NotFound)
}

/// The alias of this name, whatever its case.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn named(conn: &Connection, name: &str) -> rusqlite::Result<Option<Alias>> {
    conn.prepare_cached("SELECT id, name, chain FROM aliases WHERE lower(name) = lower(?1)")?
        .query_row([as_kept(name)], alias)
        .optional()
}

/// A name as it is kept: on one line, and not too long.
fn as_kept(name: &str) -> String {
    let name: String = name.split_whitespace().collect::<Vec<_>>().join(" ");
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// Forget an alias. Conversations that had it answer with the default model.
///
/// # Errors
/// [`AliasError::NotFound`].
pub fn remove(conn: &Connection, id: AliasId) -> Result<(), AliasError> {
    match conn.execute("DELETE FROM aliases WHERE id = ?1", [id])? {
        0 => Err(AliasError::NotFound),
        _ => Ok(()),
    }
}

fn alias(row: &Row<'_>) -> rusqlite::Result<Alias> {
    let chain: String = row.get(2)?;
    Ok(Alias {
        id: row.get(0)?,
        name: row.get(1)?,
        // A newer app's form: a chain of nothing answers with the default model.
        chain: serde_json::from_str(&chain).unwrap_or_default(),
    })
}
