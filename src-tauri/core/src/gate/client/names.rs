//! What clients call models, and which of them a name means.

use rusqlite::Connection;
use serde::Serialize;

use super::ClientRequest;
use crate::{
    accounts::{self, Account},
    aliases::{self, Elsewhere},
    gate::{
        Gate, GateError, price,
        route::{self, Candidate, Chain},
    },
    models::{self, ModelKind},
    providers::cloud::{Message, Part},
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

    /// About how many tokens a request has for the model that would be asked first. Nothing is asked:
    /// exact where that is a model on this computer that is loaded, else our own count.
    ///
    /// # Errors
    /// [`GateError`] when nothing has the name.
    pub fn count_for_client(&self, request: &ClientRequest) -> Result<u64, GateError> {
        let chain = self.store.read(|conn| resolve(conn, &request.model))?;
        let texts = texts(request);
        let count = |text: &String| match chain.candidates.first() {
            Some(Candidate::Local(model)) => u64::from(self.count(Some(model.id), text).tokens),
            Some(Candidate::Elsewhere(cloud)) => price::own_count(cloud, text),
            None => 0,
        };
        Ok(texts.iter().map(count).sum())
    }
}

/// All that the model would read of a request.
fn texts(request: &ClientRequest) -> Vec<String> {
    let mut texts = vec![request.system.clone()];
    for tool in &request.tools {
        texts.push(tool.description.clone());
        texts.push(serde_json::Value::Object(tool.parameters.clone()).to_string());
    }
    for message in &request.messages {
        match message {
            Message::User(parts) => texts.extend(parts.iter().filter_map(|part| match part {
                Part::Text(text) => Some(text.clone()),
                Part::Image { .. } => None,
            })),
            Message::Assistant {
                text, tool_calls, ..
            } => {
                texts.push(text.clone());
                let written = |call: &super::ToolCall| {
                    serde_json::Value::Object(call.arguments.clone()).to_string()
                };
                texts.extend(tool_calls.iter().map(written));
            }
            Message::ToolResult { content, .. } => texts.push(content.clone()),
        }
    }
    texts
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
    if let Some(elsewhere) = of_an_account(conn, asked)? {
        return route::chain(conn, Some(&elsewhere), None);
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
        None => {
            let mut chain = resolve(conn, asked)?;
            // A chat model on this computer stands in for no model of vectors.
            chain
                .candidates
                .retain(|candidate| matches!(candidate, Candidate::Elsewhere(_)));
            if chain.candidates.is_empty() {
                return Err(GateError::ModelUnknown(shown(asked)));
            }
            Ok(chain)
        }
    }
}

/// “account/model”, or a model that accounts have, the first of them.
fn of_an_account(conn: &Connection, asked: &str) -> Result<Option<Elsewhere>, GateError> {
    let accounts = accounts::all(conn)?;
    let elsewhere = |account: &Account, model: &str| Elsewhere::Account {
        account_id: account.id,
        model: model.to_owned(),
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
