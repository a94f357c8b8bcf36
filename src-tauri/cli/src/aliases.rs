//! `gatehouse aliases`: names for chains of models, of which the first that can answer does.

use clap::Subcommand;
use gatehouse_core::{
    aliases::{self, Alias},
    app::App,
    ids::AliasId,
    store::StoreError,
};
use serde_json::{Value, json};

use crate::{failure::Failure, naming, output};

/// Names for chains of models.
#[derive(Subcommand)]
pub(crate) enum Aliases {
    /// List them, each with its models in the order in which they are tried.
    List,
    /// Make an alias, or give one other models.
    Set {
        /// What to call it.
        name: String,
        /// Its models in order: `local`, the name of a model on this computer, or ACCOUNT/MODEL.
        #[arg(required = true, value_name = "LINK")]
        links: Vec<String>,
    },
    /// Forget an alias; its models stay.
    Remove {
        /// Its name.
        name: String,
    },
}

impl Aliases {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::List => list(app, json),
            Self::Set { name, links } => set(app, name, links, json),
            Self::Remove { name } => remove(app, name, json),
        }
    }
}

fn list(app: &App, json: bool) -> Result<(), Failure> {
    let all = app
        .store
        .read(|conn| Ok::<_, StoreError>(aliases::all(conn)?))?;
    let views = all.iter().map(|alias| links(app, alias));
    let views = views.collect::<Result<Vec<_>, _>>()?;
    let with_links = || all.iter().zip(&views);
    if json {
        let objects = with_links().map(|(alias, links)| object(alias, links));
        return output::json(&objects.collect::<Vec<_>>());
    }
    let rows = with_links().map(|(alias, links)| [alias.name.clone(), links.join(", then ")]);
    output::table(["NAME", "MODELS"], &rows.collect::<Vec<_>>())
}

fn set(app: &App, name: &str, wanted: &[String], json: bool) -> Result<(), Failure> {
    let chain = wanted.iter().map(|link| naming::link(app, link));
    let chain = chain.collect::<Result<Vec<_>, _>>()?;
    let old = app
        .store
        .read(|conn| Ok::<_, StoreError>(aliases::named(conn, name)?))?;
    let alias = app.save_alias(&Alias {
        id: old.map_or_else(AliasId::new, |old| old.id),
        name: name.to_owned(),
        chain,
    })?;
    let links = links(app, &alias)?;
    if json {
        return output::json(&object(&alias, &links));
    }
    output::line(&format!("“{}”: {}.", alias.name, links.join(", then ")))
}

fn remove(app: &App, name: &str, json: bool) -> Result<(), Failure> {
    let alias = app
        .store
        .read(|conn| Ok::<_, StoreError>(aliases::named(conn, name)?))?;
    let Some(alias) = alias else {
        return Err(Failure::missing(format!(
            "There is no alias “{name}”. “gatehouse aliases list” shows all."
        )));
    };
    app.remove_alias(alias.id)?;
    if json {
        return output::json(&json!({ "removed": alias.name }));
    }
    output::line(&format!("“{}” is forgotten.", alias.name))
}

fn links(app: &App, alias: &Alias) -> Result<Vec<String>, Failure> {
    let links = alias.chain.iter().map(|link| naming::of_link(app, link));
    links.collect()
}

fn object(alias: &Alias, links: &[String]) -> Value {
    json!({ "id": alias.id, "name": alias.name, "links": links })
}
