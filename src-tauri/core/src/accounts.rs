//! Accounts at providers: where a model that is not on this computer is reached, and which models
//! it has. The key of an account is never here; it is in the keychain ([`crate::secrets`]).

mod billed;
mod entered;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use crate::{
    costs::{
        listing::{ANY_MODEL, is_passed_on, ollama_name},
        prices::{Origin, Price},
        stored_by_name, vendors,
    },
    ids::AccountId,
    policy::Destination,
    problem::{Problem, ProblemCode},
    store::{Migration, StoreError},
};

pub use billed::Billed;
pub use entered::AccountInput;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-27 create accounts",
    sql: "CREATE TABLE accounts (
            id BLOB PRIMARY KEY,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            base_url TEXT NOT NULL,
            destination TEXT NOT NULL,
            context_tokens INTEGER,
            has_key INTEGER NOT NULL DEFAULT 0 CHECK (has_key IN (0, 1)),
            models TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(models)),
            models_read_at_ms INTEGER,
            created_at_ms INTEGER NOT NULL
          ) STRICT;
          CREATE UNIQUE INDEX accounts_by_name ON accounts(lower(name))",
}];

/// What language a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// OpenAI itself.
    OpenAi,
    /// Anthropic itself.
    Anthropic,
    /// A server that speaks as OpenAI does: vLLM, llama-server, OpenRouter, Mistral, Groq, Azure…
    Compatible,
    /// Ollama.
    Ollama,
}
stored_by_name!(ProviderKind);

/// A model that an account has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AccountModel {
    /// What a request calls it.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// Tokens that it can read, where the provider says.
    #[specta(type = Option<Number>)]
    pub context_tokens: Option<u64>,
    /// Whether the person wants it in lists to choose from.
    pub chosen: bool,
    /// Whether the server passes it on to somebody else's; see [`Account::destination_of`].
    #[serde(default)]
    pub passed_on: bool,
}

/// An account at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Identifier.
    pub id: AccountId,
    /// What language it speaks.
    pub kind: ProviderKind,
    /// What the person calls it.
    pub name: String,
    /// The base address, such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// Whose computer answers there; of one model, ask [`Account::destination_of`].
    pub destination: Destination,
    /// For Ollama: how many tokens a conversation may have; `None`: as many as it needs.
    pub context_tokens: Option<u32>,
    /// Whether a key was entered.
    pub has_key: bool,
    /// Its models, as they were read last.
    pub models: Vec<AccountModel>,
    /// When they were read, in UTC milliseconds.
    #[specta(type = Option<Number>)]
    pub models_read_at_ms: Option<i64>,
}

/// Why an account is not kept.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// It was removed.
    #[error("this account is not there any more")]
    NotFound,
    /// Another account has this name.
    #[error("there is an account with the name “{0}” already")]
    NameTaken(String),
    /// A name is needed where the kind does not give one.
    #[error("the account needs a name and an address")]
    Incomplete,
    /// A size that no model has.
    #[error("the context must be between 512 and 1048576 tokens, not {0}")]
    Context(u32),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for AccountError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NotFound => Problem::new(ProblemCode::NotFound, error),
            AccountError::Store(store) => store.into(),
            other => Problem::new(ProblemCode::InvalidInput, other),
        }
    }
}

impl ProviderKind {
    /// What an account of this kind is called, and where it is, unless the person says otherwise.
    pub fn usual(self) -> (&'static str, &'static str) {
        match self {
            Self::OpenAi => ("OpenAI", "https://api.openai.com/v1"),
            Self::Anthropic => ("Anthropic", "https://api.anthropic.com"),
            Self::Compatible => ("", ""),
            Self::Ollama => ("Ollama", "http://localhost:11434"),
        }
    }

    /// Whether it answers nobody who has no key.
    pub fn needs_key(self) -> bool {
        matches!(self, Self::OpenAi | Self::Anthropic)
    }
}

impl Account {
    /// Under whose name its prices are listed; see `docs/prices.md`. By the host, where one server
    /// speaks another's language.
    pub fn billed_as(&self) -> &'static str {
        match self.kind {
            ProviderKind::OpenAi => "openai",
            ProviderKind::Anthropic => "anthropic",
            ProviderKind::Ollama => "ollama",
            ProviderKind::Compatible => vendors::at_host(&self.host()).unwrap_or("compatible"),
        }
    }

    /// Whose computer one of its models answers on, which decides the policy. An Ollama of the person's own
    /// passes some on to somebody else's, whatever language it is asked in: those with a name that says so, and
    /// those of which it says so itself, as a copy can have any name.
    pub fn destination_of(&self, model: &str) -> Destination {
        if self.passes_on(model) {
            Destination::Cloud
        } else {
            self.destination
        }
    }

    /// Under whatever spelling: a name is free for a client to write, and the server finds the model by each.
    fn passes_on(&self, model: &str) -> bool {
        let wanted = ollama_name(model);
        let mut models = self.models.iter();
        is_passed_on(model) || models.any(|of| of.passed_on && ollama_name(&of.id) == wanted)
    }

    /// Whether nobody bills a call to a model where no price says otherwise: it runs on a server of the person's
    /// own.
    pub fn is_free(&self, model: &str) -> bool {
        self.destination_of(model) == Destination::OwnServer
    }

    /// Whether a price is one for calls to a model: what any model costs on a computer of one's own says nothing
    /// of a server that is somebody else's, unless the person says it of that server, and never of what one's own
    /// passes on.
    pub fn is_billed_by(&self, price: &Price, model: &str) -> bool {
        let is_meant = price.origin == Origin::Own && self.destination == Destination::Cloud;
        price.listing.model != ANY_MODEL || self.is_free(model) || is_meant
    }

    /// The host of its address.
    pub fn host(&self) -> String {
        url::Url::parse(&self.base_url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Whether the address of another account is at the same server: scheme, host and port.
    pub(crate) fn is_at_server_of(&self, other: &Self) -> bool {
        let origin = |account: &Self| url::Url::parse(&account.base_url).map(|url| url.origin());
        match (origin(self), origin(other)) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        }
    }

    /// One of its models, by the name that a request has for it.
    pub fn model(&self, id: &str) -> Option<&AccountModel> {
        self.models.iter().find(|model| model.id == id)
    }
}

/// Keep a new account, or new facts of an old one, whose models stay.
///
/// # Errors
/// [`AccountError::NameTaken`], or the database's.
pub fn save(conn: &Connection, account: &Account, now_ms: i64) -> Result<(), AccountError> {
    refuse_taken_name(conn, account)?;
    conn.prepare_cached(
        "INSERT INTO accounts (id, kind, name, base_url, destination, context_tokens, created_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET kind = ?2, name = ?3, base_url = ?4, destination = ?5, context_tokens = ?6",
    )?
    .execute(params![
        account.id,
        account.kind,
        account.name,
        account.base_url,
        account.destination,
        account.context_tokens,
        now_ms
    ])?;
    Ok(())
}

/// Refuse an account that has the name of another one.
///
/// # Errors
/// [`AccountError::NameTaken`], or the database's.
pub(crate) fn refuse_taken_name(conn: &Connection, account: &Account) -> Result<(), AccountError> {
    let is_taken = conn
        .prepare_cached("SELECT 1 FROM accounts WHERE lower(name) = lower(?1) AND id <> ?2")?
        .exists(params![account.name, account.id])?;
    if is_taken {
        return Err(AccountError::NameTaken(account.name.clone()));
    }
    Ok(())
}

/// All accounts, oldest first.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn all(conn: &Connection) -> rusqlite::Result<Vec<Account>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM accounts ORDER BY id"))?
        .query_map([], account)?
        .collect()
}

/// One account.
///
/// # Errors
/// [`AccountError::NotFound`].
pub fn get(conn: &Connection, id: AccountId) -> Result<Account, AccountError> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM accounts WHERE id = ?1"))?
        .query_row([id], account)
        .optional()?
        .ok_or(AccountError::NotFound)
}

/// The account of this name, whatever its case, or of this id.
///
/// # Errors
/// [`AccountError::NotFound`].
pub fn find(conn: &Connection, name: &str) -> Result<Account, AccountError> {
    if let Ok(id) = name.parse() {
        return get(conn, id);
    }
    conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM accounts WHERE lower(name) = lower(?1)"
    ))?
    .query_row([name.trim()], account)
    .optional()?
    .ok_or(AccountError::NotFound)
}

/// Keep the list of an account's models as the provider has it now. Those that the person had
/// chosen stay chosen; of a first list, all are chosen when there are few.
///
/// # Errors
/// [`AccountError::NotFound`].
pub fn take_models(
    conn: &Connection,
    id: AccountId,
    offered: Vec<AccountModel>,
    now_ms: i64,
) -> Result<(), AccountError> {
    /// So many fit a menu.
    const FEW: usize = 12;
    let before = get(conn, id)?;
    let first = before.models_read_at_ms.is_none();
    let was_chosen = |id: &str| before.model(id).is_some_and(|model| model.chosen);
    // Some servers list a model twice, under each of the names that they know it by.
    let mut listed = HashSet::new();
    let mut models: Vec<AccountModel> = offered
        .into_iter()
        .filter(|model| listed.insert(model.id.clone()))
        .collect();
    let few = models.len() <= FEW;
    for model in &mut models {
        model.chosen = was_chosen(&model.id) || first && few;
    }
    // A model that the person named by hand and the server does not list stays.
    let missing = before
        .models
        .iter()
        .filter(|old| old.chosen && !models.iter().any(|model| model.id == old.id));
    let missing = missing.cloned().map(|old| {
        let spelled = ollama_name(&old.id);
        // What is listed under another spelling says of it what is so now.
        let is_listed = models.iter().any(|of| ollama_name(&of.id) == spelled);
        AccountModel {
            passed_on: old.passed_on && !is_listed,
            ..old
        }
    });
    let missing: Vec<_> = missing.collect();
    models.extend(missing);
    write_models(conn, id, &models, Some(now_ms))
}

/// Take each model of an account for one that is passed on, until its server has said anew which are: what was
/// read is of another server.
///
/// # Errors
/// [`AccountError::NotFound`].
pub(crate) fn doubt_models(conn: &Connection, id: AccountId) -> Result<(), AccountError> {
    let mut account = get(conn, id)?;
    for model in &mut account.models {
        model.passed_on = true;
    }
    write_models(conn, id, &account.models, account.models_read_at_ms)
}

/// Choose which models of an account stand in lists; names that it does not have are added, as a
/// server need not list what it has.
///
/// # Errors
/// [`AccountError::NotFound`].
pub fn choose_models(
    conn: &Connection,
    id: AccountId,
    chosen: &[String],
) -> Result<(), AccountError> {
    let mut account = get(conn, id)?;
    for model in &mut account.models {
        model.chosen = chosen.contains(&model.id);
    }
    for name in chosen.iter().map(|name| name.trim()) {
        if !name.is_empty() && account.model(name).is_none() {
            account.models.push(AccountModel {
                id: name.to_owned(),
                name: name.to_owned(),
                context_tokens: None,
                chosen: true,
                passed_on: false,
            });
        }
    }
    write_models(conn, id, &account.models, account.models_read_at_ms)
}

/// Note whether an account has a key.
///
/// # Errors
/// [`AccountError::NotFound`].
pub fn note_key(conn: &Connection, id: AccountId, has_key: bool) -> Result<(), AccountError> {
    match conn.execute(
        "UPDATE accounts SET has_key = ?2 WHERE id = ?1",
        params![id, has_key],
    )? {
        0 => Err(AccountError::NotFound),
        _ => Ok(()),
    }
}

/// Forget an account; its key is the keychain's to forget.
///
/// # Errors
/// [`AccountError::NotFound`].
pub fn remove(conn: &Connection, id: AccountId) -> Result<(), AccountError> {
    match conn.execute("DELETE FROM accounts WHERE id = ?1", [id])? {
        0 => Err(AccountError::NotFound),
        _ => Ok(()),
    }
}

const COLUMNS: &str =
    "id, kind, name, base_url, destination, context_tokens, models, models_read_at_ms, has_key";

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let models: String = row.get(6)?;
    let mut account = Account {
        id: row.get(0)?,
        kind: row.get(1)?,
        name: row.get(2)?,
        base_url: row.get(3)?,
        destination: row.get(4)?,
        context_tokens: row.get(5)?,
        // A newer app's form: the list can be read again from the provider.
        models: serde_json::from_str(&models).unwrap_or_default(),
        models_read_at_ms: row.get(7)?,
        has_key: row.get(8)?,
    };
    // What the window shows of a model is what the gate will do with it.
    let passed_on: Vec<bool> = account
        .models
        .iter()
        .map(|model| account.passes_on(&model.id))
        .collect();
    for (model, passed_on) in account.models.iter_mut().zip(passed_on) {
        model.passed_on = passed_on;
    }
    Ok(account)
}

fn write_models(
    conn: &Connection,
    id: AccountId,
    models: &[AccountModel],
    read_at_ms: Option<i64>,
) -> Result<(), AccountError> {
    let json = serde_json::to_string(models).expect("models are JSON because they are plain");
    conn.prepare_cached("UPDATE accounts SET models = ?2, models_read_at_ms = ?3 WHERE id = ?1")?
        .execute(params![id, json, read_at_ms])?;
    Ok(())
}
