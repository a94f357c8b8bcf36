//! Clients of the local API: other programs that ask models through the gate, each with a key and a
//! workspace of its own.
//!
//! Of a key only its SHA-256 is kept. That is enough here, as a key is 256 random bits and nobody can
//! guess one, whatever a guess costs; a slow hash would only slow every request down.

mod budget;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use specta::Type;
use specta_typescript::Number;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    costs::budgets::Period,
    ids::{ClientId, WorkspaceId},
    money::Money,
    problem::{Problem, ProblemCode},
    store::{Migration, Store, StoreError},
    workspaces,
};

pub(crate) use budget::fits;
pub use budget::{ClientBudgetError, ClientStanding, standings};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "2026-11-27 create clients",
        sql: "CREATE TABLE clients (
            id BLOB PRIMARY KEY,
            name TEXT NOT NULL,
            key_hash BLOB NOT NULL UNIQUE CHECK (length(key_hash) = 32),
            workspace_id BLOB NOT NULL REFERENCES workspaces(id),
            created_at_ms INTEGER NOT NULL,
            expires_at_ms INTEGER,
            revoked_at_ms INTEGER,
            last_used_at_ms INTEGER,
            period TEXT,
            limit_pico INTEGER CHECK (limit_pico >= 0),
            keeps_sent INTEGER NOT NULL CHECK (keeps_sent IN (0, 1)),
            CHECK ((period IS NULL) = (limit_pico IS NULL))
          ) STRICT;
          CREATE UNIQUE INDEX clients_by_name ON clients(lower(name)) WHERE revoked_at_ms IS NULL",
    },
    Migration {
        name: "2026-11-28 let clients read metrics",
        sql: "ALTER TABLE clients ADD COLUMN only_metrics INTEGER NOT NULL DEFAULT 0
              CHECK (only_metrics IN (0, 1))",
    },
];

/// What every key begins with, so that it is known for one wherever it lies about.
const KEY_BEGINS: &str = "gatehouse-";
/// After so many milliseconds it is noted again that a client reads metrics.
const NOTED_AGAIN_MS: i64 = 3_600_000;
/// The most letters that a name has.
const LONGEST_NAME: usize = 60;

/// A program that may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Client {
    /// Identifier.
    pub id: ClientId,
    /// What the person calls it.
    pub name: String,
    /// Whose policy, budgets and rules hold for what it asks.
    pub workspace_id: WorkspaceId,
    /// UTC milliseconds.
    #[specta(type = Number)]
    pub created_at_ms: i64,
    /// From when on its key is refused, UTC milliseconds; `None`: never.
    #[specta(type = Option<Number>)]
    pub expires_at_ms: Option<i64>,
    /// When its key was taken back, UTC milliseconds.
    #[specta(type = Option<Number>)]
    pub revoked_at_ms: Option<i64>,
    /// When it last had a model asked, UTC milliseconds.
    #[specta(type = Option<Number>)]
    pub last_used_at_ms: Option<i64>,
    /// What it may spend, beside the budgets of its workspace; `None`: no more limit than those.
    pub budget: Option<ClientBudget>,
    /// Whether what leaves for it is kept, byte for byte.
    pub keeps_sent: bool,
    /// Whether it reads metrics, and asks no model.
    pub only_metrics: bool,
}

/// What a client may spend in a time. A call that could pass it is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
pub struct ClientBudget {
    /// In which time.
    pub period: Period,
    /// How much, in dollars.
    #[specta(type = String)]
    #[serde(serialize_with = "as_dollars")]
    pub limit: Money,
}

fn as_dollars<S: serde::Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&money.decimal())
}

/// A client as a person enters it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ClientInput {
    /// What it is called.
    pub name: String,
    /// Its workspace; `None`: the one that is open.
    pub workspace_id: Option<WorkspaceId>,
    /// Days for which its key is good; `None`: until it is taken back.
    pub days: Option<u32>,
    /// In which time it may spend so much.
    pub period: Period,
    /// Dollars that it may spend, such as `20` or `0.50`; empty: as much as its workspace.
    pub limit: String,
    /// Whether what leaves for it is kept, byte for byte.
    pub keeps_sent: bool,
    /// Whether it reads metrics, and asks no model.
    pub only_metrics: bool,
}

impl ClientInput {
    /// The client that this describes.
    ///
    /// # Errors
    /// [`ClientError::Entered`] when the limit is no amount.
    pub fn client(&self) -> Result<NewClient, ClientError> {
        let amount = self.limit.trim().trim_start_matches('$');
        let limit = match amount {
            "" => None,
            amount => Some(Money::of_dollars(amount).ok_or(ClientError::Entered(
                "a budget is an amount of dollars, such as 20 or 0.50",
            ))?),
        };
        Ok(NewClient {
            name: self.name.clone(),
            workspace_id: self.workspace_id,
            days: self.days,
            budget: limit.map(|limit| ClientBudget {
                period: self.period,
                limit,
            }),
            keeps_sent: self.keeps_sent,
            only_metrics: self.only_metrics,
        })
    }
}

/// A client that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClient {
    /// What it is called.
    pub name: String,
    /// Its workspace; `None`: the one that is open.
    pub workspace_id: Option<WorkspaceId>,
    /// Days for which its key is good; `None`: until it is taken back.
    pub days: Option<u32>,
    /// What it may spend.
    pub budget: Option<ClientBudget>,
    /// Whether what leaves for it is kept, byte for byte.
    pub keeps_sent: bool,
    /// Whether it reads metrics, and asks no model.
    pub only_metrics: bool,
}

/// Why a client is not kept, or not let in.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is none.
    #[error("this client is not there, or was taken back already")]
    NotFound,
    /// No name was given.
    #[error("a client needs a name")]
    NoName,
    /// Another one has the name.
    #[error("there is a client with the name “{0}” already")]
    NameTaken(String),
    /// Its workspace is gone.
    #[error("this workspace is not there any more")]
    NoWorkspace,
    /// A time or an amount is none.
    #[error("{0}")]
    Entered(&'static str),
    /// No client has this key.
    #[error("no client has this key")]
    KeyUnknown,
    /// The key was taken back.
    #[error("the key of this client was taken back")]
    Revoked,
    /// The key was good for a time that is over.
    #[error("the key of this client has expired")]
    Expired,
    /// The system gave no random numbers.
    #[error("this computer gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// What reads metrics spends nothing.
    #[error("a client that reads metrics asks no model, so it needs no budget")]
    NeedsNoBudget,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for ClientError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<ClientError> for Problem {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::NotFound | ClientError::NoWorkspace => {
                Problem::new(ProblemCode::NotFound, error)
            }
            ClientError::Store(store) => store.into(),
            ClientError::Random(_) => Problem::new(ProblemCode::Internal, error),
            ClientError::KeyUnknown | ClientError::Revoked | ClientError::Expired => {
                Problem::new(ProblemCode::KeyWrong, error)
                    .hint("Add a client in Settings, or with “gatehouse clients add”.")
            }
            other => Problem::new(ProblemCode::InvalidInput, other),
        }
    }
}

/// The key of a client. It is shown once and is wiped from memory after that.
#[derive(Clone)]
pub struct ClientKey(Zeroizing<String>);

impl ClientKey {
    /// A new one: 256 bits from the system.
    ///
    /// # Errors
    /// [`ClientError::Random`].
    pub(crate) fn random() -> Result<Self, ClientError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice())?;
        let letters = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()));
        Ok(Self(Zeroizing::new(format!(
            "{KEY_BEGINS}{}",
            letters.as_str()
        ))))
    }

    /// For showing it, once.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A key is not printed by accident.
impl std::fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientKey(…)")
    }
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// Keep a new client; `now_ms` is UTC milliseconds.
///
/// # Errors
/// [`ClientError`] when the name is empty or taken, the workspace gone, or a limit none.
pub(crate) fn add(
    conn: &Connection,
    new: &NewClient,
    key: &ClientKey,
    now_ms: i64,
) -> Result<Client, ClientError> {
    let name = new.name.split_whitespace().collect::<Vec<_>>().join(" ");
    let name: String = name
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_NAME)
        .collect();
    if name.is_empty() {
        return Err(ClientError::NoName);
    }
    let taken = conn
        .prepare_cached(
            "SELECT 1 FROM clients WHERE lower(name) = lower(?1) AND revoked_at_ms IS NULL",
        )?
        .exists([&name])?;
    if taken {
        return Err(ClientError::NameTaken(name));
    }
    if new.days == Some(0) {
        return Err(ClientError::Entered("a key is good for a day at least"));
    }
    if new.budget.is_some_and(|budget| budget.limit < Money::ZERO) {
        return Err(ClientError::Entered("a budget is no less than nothing"));
    }
    if new.only_metrics && new.budget.is_some() {
        return Err(ClientError::NeedsNoBudget);
    }
    let workspace = match new.workspace_id {
        None => workspaces::current(conn, now_ms)?,
        Some(id) if workspaces::exists(conn, id)? => id,
        Some(_) => return Err(ClientError::NoWorkspace),
    };
    let id = ClientId::new();
    let expires = new.days.map(|days| now_ms + i64::from(days) * 86_400_000);
    conn.prepare_cached(
        "INSERT INTO clients (id, name, key_hash, workspace_id, created_at_ms, expires_at_ms, period, limit_pico,
                              keeps_sent, only_metrics)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        id,
        name,
        hash(key.as_str()),
        workspace,
        now_ms,
        expires,
        new.budget.map(|budget| budget.period),
        new.budget.map(|budget| budget.limit),
        new.keeps_sent,
        new.only_metrics,
    ])?;
    get(conn, id)
}

/// Take the key of a client back; the client as it is then.
///
/// # Errors
/// [`ClientError::NotFound`] when there is none, or its key was taken back before.
pub(crate) fn revoke(conn: &Connection, id: ClientId, now_ms: i64) -> Result<Client, ClientError> {
    let revoked = conn.execute(
        "UPDATE clients SET revoked_at_ms = ?2 WHERE id = ?1 AND revoked_at_ms IS NULL",
        params![id, now_ms],
    )?;
    match revoked {
        0 => Err(ClientError::NotFound),
        _ => get(conn, id),
    }
}

/// The clients of a workspace that was erased go with it; what they cost stays. One that reads metrics has nothing
/// of it, and goes on in the one that is open now.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn forget_workspace(
    conn: &Connection,
    workspace: WorkspaceId,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let readers = conn
        .prepare("SELECT id FROM clients WHERE workspace_id = ?1 AND only_metrics AND revoked_at_ms IS NULL")?
        .query_map([workspace], |row| row.get::<_, ClientId>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    for reader in readers {
        let open = workspaces::current(conn, now_ms)?;
        conn.execute(
            "UPDATE clients SET workspace_id = ?2 WHERE id = ?1",
            params![reader, open],
        )?;
    }
    conn.execute("DELETE FROM clients WHERE workspace_id = ?1", [workspace])
        .map(drop)
}

/// When a client has had a model asked last is kept to this: to note each call of a busy one would cost it more than
/// anybody wants to know.
const USED_AGAIN_MS: i64 = 10_000;

/// Note that a client has had a model asked.
///
/// # Errors
/// [`ClientError`] when its key is not good any more: then the call is not made.
pub(crate) fn used(conn: &Connection, id: ClientId, now_ms: i64) -> Result<(), ClientError> {
    let client = get(conn, id).map_err(|error| match error {
        ClientError::NotFound => ClientError::Revoked,
        other => other,
    })?;
    good(&client, now_ms)?;
    // A clock that was set back is noted, too.
    let noted = |at: i64| (0..USED_AGAIN_MS).contains(&(now_ms - at));
    if !client.last_used_at_ms.is_some_and(noted) {
        conn.prepare_cached("UPDATE clients SET last_used_at_ms = ?2 WHERE id = ?1")?
            .execute(params![id, now_ms])?;
    }
    Ok(())
}

/// Note that a client has read metrics: once an hour, as it reads them every few seconds.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(crate) fn note_reading(store: &Store, client: &Client, now_ms: i64) -> Result<(), StoreError> {
    let again = |at| now_ms - at >= NOTED_AGAIN_MS;
    if !client.last_used_at_ms.is_none_or(again) {
        return Ok(());
    }
    store.write(|tx| {
        tx.prepare_cached("UPDATE clients SET last_used_at_ms = ?2 WHERE id = ?1")?
            .execute(params![client.id, now_ms])?;
        Ok(())
    })
}

/// All clients, the newest first, those whose keys were taken back after the others.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn all(conn: &Connection) -> rusqlite::Result<Vec<Client>> {
    conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM clients ORDER BY revoked_at_ms IS NOT NULL, id DESC"
    ))?
    .query_map([], client)?
    .collect()
}

/// One client.
///
/// # Errors
/// [`ClientError::NotFound`].
pub fn get(conn: &Connection, id: ClientId) -> Result<Client, ClientError> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM clients WHERE id = ?1"))?
        .query_row([id], client)
        .optional()?
        .ok_or(ClientError::NotFound)
}

/// The client that a key belongs to. Every key that is kept is compared, each in a time that does not
/// depend on how much of it is right.
///
/// # Errors
/// [`ClientError`] when no client has it, or it is not good any more.
pub fn by_key(conn: &Connection, key: &str, now_ms: i64) -> Result<Client, ClientError> {
    let given = hash(key);
    let mut found = None;
    let mut statement = conn.prepare_cached(&format!("SELECT {COLUMNS}, key_hash FROM clients"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let kept: [u8; 32] = row.get(COLUMN_COUNT)?;
        if bool::from(kept.ct_eq(&given)) {
            found = Some(client(row)?);
        }
    }
    let client = found.ok_or(ClientError::KeyUnknown)?;
    good(&client, now_ms)?;
    Ok(client)
}

/// # Errors
/// [`ClientError`] when the key of a client is not good at this time.
fn good(client: &Client, now_ms: i64) -> Result<(), ClientError> {
    if client.revoked_at_ms.is_some() {
        return Err(ClientError::Revoked);
    }
    if client.expires_at_ms.is_some_and(|at| now_ms >= at) {
        return Err(ClientError::Expired);
    }
    Ok(())
}

const COLUMNS: &str = "id, name, workspace_id, created_at_ms, expires_at_ms, revoked_at_ms, last_used_at_ms, \
     period, limit_pico, keeps_sent, only_metrics";
/// How many those are.
const COLUMN_COUNT: usize = 11;

fn client(row: &Row<'_>) -> rusqlite::Result<Client> {
    let (period, limit): (Option<Period>, Option<Money>) = (row.get(7)?, row.get(8)?);
    Ok(Client {
        id: row.get(0)?,
        name: row.get(1)?,
        workspace_id: row.get(2)?,
        created_at_ms: row.get(3)?,
        expires_at_ms: row.get(4)?,
        revoked_at_ms: row.get(5)?,
        last_used_at_ms: row.get(6)?,
        budget: period
            .zip(limit)
            .map(|(period, limit)| ClientBudget { period, limit }),
        keeps_sent: row.get(9)?,
        only_metrics: row.get(10)?,
    })
}

#[cfg(test)]
mod tests;
