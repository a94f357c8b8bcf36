//! What clients call models, and which of them a name means.

use rusqlite::Connection;
use serde::Serialize;

use crate::{
    accounts::{self, Account},
    aliases::{self, Elsewhere},
    gate::{
        Gate, GateError,
        route::{self, Candidate, Chain, CloudModel},
    },
    models::{self, ModelKind},
};

/// What the settings say, under this name.
const DEFAULT: &str = "default";

/// A model that a client can ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientModel {
    /// What a request calls it: the name of an alias or of a model on this computer, or a model of an
    /// account as “account/model”.
    pub id: String,
    /// Who runs it: `gatehouse` for an alias, `this computer`, or the name of the account.
    pub owned_by: String,
}

impl Gate {
    /// What a client can ask for, each under one name.
    ///
    /// # Errors
    /// [`GateError`] when the database fails.
    pub fn client_models(&self) -> Result<Vec<ClientModel>, GateError> {
        let listed = self.store.read(|conn| {
            Ok::<_, GateError>((
                aliases::all(conn)?,
                models::all(conn)?,
                accounts::all(conn)?,
            ))
        });
        let (aliases, here, accounts) = listed?;
        let named = |id: String, owned_by: &str| ClientModel {
            id,
            owned_by: owned_by.to_owned(),
        };
        let mut all = vec![named(DEFAULT.into(), "gatehouse")];
        all.extend(
            aliases
                .into_iter()
                .map(|alias| named(alias.name, "gatehouse")),
        );
        all.extend(
            here.into_iter()
                .map(|model| named(model.name, "this computer")),
        );
        for account in &accounts {
            let chosen = account.models.iter().filter(|model| model.chosen);
            all.extend(
                chosen.map(|model| named(format!("{}/{}", account.name, model.id), &account.name)),
            );
        }
        let mut seen = std::collections::HashSet::new();
        all.retain(|model| seen.insert(model.id.to_lowercase()));
        Ok(all)
    }
}

/// The models that a name means, in the order in which they are tried.
///
/// # Errors
/// [`GateError::ModelUnknown`] when it means none.
pub(super) fn resolve(conn: &Connection, asked: &str) -> Result<Chain, GateError> {
    if let Some(alias) = aliases::named(conn, asked)? {
        let alias = Elsewhere::Alias { alias_id: alias.id };
        return route::chain(conn, Some(&alias), None);
    }
    let installed = models::all(conn)?;
    let here = installed.iter().find(|model| is_same(&model.name, asked));
    if let Some(model) = here {
        return match model.summary.kind {
            ModelKind::Chat => route::chain(conn, None, Some(model.id)),
            ModelKind::Embedding => {
                Err(models::ModelError::EmbeddingOnly(model.name.clone()).into())
            }
        };
    }
    if let Some(candidate) = of_an_account(conn, asked)? {
        // A program that names one model wants that one or an error: no other takes its place.
        return Ok(Chain {
            candidates: vec![candidate],
            alias: None,
        });
    }
    if is_same(asked, DEFAULT) || asked.trim().is_empty() {
        return route::chain(conn, None, None);
    }
    Err(GateError::ModelUnknown(shown(asked)))
}

/// The models that can make vectors under a name.
///
/// # Errors
/// [`GateError::ModelUnknown`] when it means none.
pub(super) fn resolve_for_vectors(conn: &Connection, asked: &str) -> Result<Chain, GateError> {
    let installed = models::all(conn)?;
    let of_kind = |model: &&models::Model| model.summary.kind == ModelKind::Embedding;
    let here = installed.iter().find(|model| is_same(&model.name, asked));
    let by_default = || {
        let wanted = is_same(asked, DEFAULT) || asked.trim().is_empty();
        installed.iter().find(of_kind).filter(|_| wanted)
    };
    match here.or_else(by_default) {
        Some(model) if of_kind(&model) => Ok(Chain {
            candidates: vec![Candidate::Local(Box::new(model.clone()))],
            alias: None,
        }),
        Some(model) => Err(models::ModelError::ChatOnly(model.name.clone()).into()),
        // A chat model on this computer stands in for no model of vectors.
        None => resolve_elsewhere(conn, asked),
    }
}

/// The models under a name that are not on this computer.
///
/// # Errors
/// [`GateError::ModelUnknown`] when it means none.
pub(super) fn resolve_elsewhere(conn: &Connection, asked: &str) -> Result<Chain, GateError> {
    let mut chain = resolve(conn, asked)?;
    chain
        .candidates
        .retain(|candidate| matches!(candidate, Candidate::Elsewhere(_)));
    if chain.candidates.is_empty() {
        return Err(GateError::ModelUnknown(shown(asked)));
    }
    Ok(chain)
}

/// “account/model”, or a model that accounts have, the first of them.
fn of_an_account(conn: &Connection, asked: &str) -> Result<Option<Candidate>, GateError> {
    let accounts = accounts::all(conn)?;
    let elsewhere = |account: &Account, model: &str| {
        Candidate::Elsewhere(Box::new(CloudModel {
            account: account.clone(),
            model: model.to_owned(),
        }))
    };
    for account in &accounts {
        let before = account.name.len();
        let rest = asked
            .get(..before)
            .filter(|name| is_same(name, &account.name))
            .and_then(|_| asked[before..].strip_prefix('/'))
            .filter(|model| !model.is_empty());
        if let Some(model) = rest {
            return Ok(Some(elsewhere(account, model)));
        }
    }
    let has = |account: &&Account| account.model(asked).is_some();
    Ok(accounts
        .iter()
        .find(has)
        .map(|account| elsewhere(account, asked)))
}

fn is_same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// What a client wrote, short enough for a sentence.
fn shown(asked: &str) -> String {
    asked
        .chars()
        .filter(|c| !c.is_control())
        .take(100)
        .collect()
}
