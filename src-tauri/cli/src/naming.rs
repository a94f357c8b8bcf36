//! What a person means by a name: a model by an alias, `ACCOUNT/MODEL` or its own name; a workspace.

use gatehouse_core::{
    accounts::{self, Account, AccountError},
    aliases::{self, Elsewhere, Link},
    app::App,
    chat::Options,
    ids::WorkspaceId,
    models::{self, ModelError},
    store::StoreError,
    workspaces,
};

use crate::{failure::Failure, output};

/// The workspace that is called so.
pub(crate) fn workspace(app: &App, name: &str) -> Result<WorkspaceId, Failure> {
    let found = app
        .store
        .read(|conn| Ok::<_, StoreError>(workspaces::named(conn, name)?))?;
    found.ok_or_else(|| Failure::missing(format!("There is no workspace “{name}”.")))
}

/// What answers, by the name that was given for it. An alias goes before the model of an account,
/// and that before a model on this computer; where a name could mean more, that is said.
pub(crate) fn options(app: &App, name: &str) -> Result<Options, Failure> {
    let alias = app
        .store
        .read(|conn| Ok::<_, StoreError>(aliases::named(conn, name)?))?;
    let of_account = of_account(app, name)?;
    let local = app.store.read(|conn| match models::find(conn, name) {
        Err(ModelError::Unknown(_)) => Ok(None),
        Err(error @ ModelError::Ambiguous { .. }) if alias.is_none() && of_account.is_none() => {
            Err(error)
        }
        // It is another one's name too, but not the one that is taken.
        Err(ModelError::Ambiguous { .. }) => Ok(None),
        other => other.map(Some),
    })?;
    let others = of_account.is_some() || local.is_some();
    if alias.is_some() && others {
        note(&format!(
            "“{name}” is an alias and also a model; the alias is taken."
        ));
    } else if of_account.is_some() && local.is_some() {
        note(&format!(
            "“{name}” is a model of an account and also one on this computer; that of the account is taken."
        ));
    }
    let elsewhere = match (alias, of_account) {
        (Some(alias), _) => Some(Elsewhere::Alias { alias_id: alias.id }),
        (None, Some((account, model))) => Some(Elsewhere::Account {
            account_id: account.id,
            model,
        }),
        (None, None) => None,
    };
    let model_id = match (&elsewhere, local) {
        (Some(_), _) => None,
        (None, Some(model)) => Some(model.id),
        (None, None) => return Err(unknown(name)),
    };
    Ok(Options {
        model_id,
        elsewhere,
        ..Options::default()
    })
}

/// Whether a name is an alias.
pub(crate) fn is_alias(app: &App, name: &str) -> Result<bool, Failure> {
    let alias = app
        .store
        .read(|conn| Ok::<_, StoreError>(aliases::named(conn, name)?))?;
    Ok(alias.is_some())
}

/// One model of an alias: `local`, a model on this computer, or `ACCOUNT/MODEL`.
pub(crate) fn link(app: &App, name: &str) -> Result<Link, Failure> {
    if name.eq_ignore_ascii_case("local") {
        return Ok(Link::Local { model_id: None });
    }
    if let Some((account, model)) = of_account(app, name)? {
        return Ok(Link::Account {
            account_id: account.id,
            model,
        });
    }
    match app.store.read(|conn| models::find(conn, name)) {
        Ok(model) => Ok(Link::Local {
            model_id: Some(model.id),
        }),
        Err(ModelError::Unknown(_)) => Err(unknown(name)),
        Err(other) => Err(other.into()),
    }
}

/// A link as [`link`] reads it.
pub(crate) fn of_link(app: &App, link: &Link) -> Result<String, Failure> {
    const GONE: &str = "(removed)";
    match link {
        Link::Local { model_id: None } => Ok("local".to_owned()),
        Link::Local { model_id: Some(id) } => match app.store.read(|conn| models::get(conn, *id)) {
            Err(ModelError::Unknown(_)) => Ok(GONE.to_owned()),
            other => Ok(other?.name),
        },
        Link::Account { account_id, model } => {
            match app.store.read(|conn| accounts::get(conn, *account_id)) {
                Err(AccountError::NotFound) => Ok(format!("{GONE}/{model}")),
                other => Ok(format!("{}/{model}", other?.name)),
            }
        }
    }
}

/// The account and the model of `ACCOUNT/MODEL`; both may have strokes of their own. The model
/// need not be in the account's list, as a server need not list what it has.
fn of_account(app: &App, name: &str) -> Result<Option<(Account, String)>, Failure> {
    Ok(app.store.read(|conn| {
        for (at, _) in name.match_indices('/') {
            let (account, model) = (&name[..at], name[at + 1..].trim());
            if model.is_empty() {
                continue;
            }
            match accounts::find(conn, account) {
                Ok(account) => return Ok(Some((account, model.to_owned()))),
                Err(AccountError::NotFound) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(None)
    })?)
}

fn unknown(name: &str) -> Failure {
    let mut words =
        format!("“{name}” is no alias, no model of an account and none on this computer.");
    words.push_str(match name.split_once('/') {
        Some(_) => " “gatehouse providers list” shows the accounts.",
        None => " “gatehouse models list”, “aliases list” and “providers list” show what there is.",
    });
    Failure::missing(words)
}

fn note(words: &str) {
    eprintln!("{}", output::harmless(words, &std::io::stderr()));
}
