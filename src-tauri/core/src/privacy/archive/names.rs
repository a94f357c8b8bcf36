//! Models, accounts and chains of models by names that another computer may have, too: identifiers mean
//! nothing there.

use rusqlite::Connection;

use super::{ArchiveError, form::FileLink};
use crate::{
    accounts,
    aliases::{self, Elsewhere, Link},
    chat::{Chosen, FileElsewhere, FileModel},
    ids::{AccountId, AliasId, ModelId},
    models::{self, ModelError},
    store::StoreError,
};

/// All that can be named on this computer.
pub(super) struct Names {
    models: Vec<(ModelId, FileModel)>,
    accounts: Vec<(AccountId, String)>,
    aliases: Vec<(AliasId, String)>,
}

impl Names {
    pub(super) fn of(conn: &Connection) -> Result<Self, ArchiveError> {
        let models = models::all(conn).map_err(not_read)?.into_iter();
        let accounts = accounts::all(conn)?.into_iter();
        let aliases = aliases::all(conn)?.into_iter();
        Ok(Self {
            models: models
                .map(|model| {
                    let sha256 = model.version();
                    (
                        model.id,
                        FileModel {
                            name: model.name,
                            sha256,
                        },
                    )
                })
                .collect(),
            accounts: accounts.map(|account| (account.id, account.name)).collect(),
            aliases: aliases.map(|alias| (alias.id, alias.name)).collect(),
        })
    }

    /// A model as a file has it; `None`: it was removed.
    pub(super) fn model(&self, id: ModelId) -> Option<FileModel> {
        let found = self.models.iter().find(|(known, _)| *known == id);
        found.map(|(_, model)| model.clone())
    }

    /// A choice as a file has it; `None`: what was chosen was removed.
    pub(super) fn elsewhere(&self, chosen: &Elsewhere) -> Option<FileElsewhere> {
        match chosen {
            Elsewhere::Account { account_id, model } => Some(FileElsewhere::Account {
                account: name(&self.accounts, account_id)?,
                model: model.clone(),
            }),
            Elsewhere::Alias { alias_id } => Some(FileElsewhere::Alias {
                alias: name(&self.aliases, alias_id)?,
            }),
        }
    }

    /// A model of a chain as a file has it; `None`: it was removed.
    pub(super) fn link(&self, link: &Link) -> Option<FileLink> {
        match link {
            Link::Local { model_id: None } => Some(FileLink::Local { model: None }),
            Link::Local { model_id: Some(id) } => Some(FileLink::Local {
                model: Some(self.model(*id)?),
            }),
            Link::Account { account_id, model } => Some(FileLink::Account {
                account: name(&self.accounts, account_id)?,
                model: model.clone(),
            }),
        }
    }

    /// What a conversation of a file is to be answered by here, and whether that is all that it chose.
    pub(super) fn chosen(
        &self,
        model: Option<&FileModel>,
        elsewhere: Option<&FileElsewhere>,
    ) -> (Chosen, bool) {
        let chosen = Chosen {
            model_id: model.and_then(|model| self.model_here(model)),
            elsewhere: elsewhere.and_then(|chosen| self.elsewhere_here(chosen)),
        };
        let is_all = chosen.model_id.is_some() == model.is_some()
            && chosen.elsewhere.is_some() == elsewhere.is_some();
        (chosen, is_all)
    }

    /// A model of a chain of a file, where it is here, too.
    pub(super) fn link_here(&self, link: &FileLink) -> Option<Link> {
        match link {
            FileLink::Local { model: None } => Some(Link::Local { model_id: None }),
            FileLink::Local { model: Some(model) } => Some(Link::Local {
                model_id: Some(self.model_here(model)?),
            }),
            FileLink::Account { account, model } => Some(Link::Account {
                account_id: id(&self.accounts, account)?,
                model: model.clone(),
            }),
        }
    }

    /// The very same file of weights, whatever it is called.
    fn model_here(&self, model: &FileModel) -> Option<ModelId> {
        let same = |known: &FileModel| known.sha256.eq_ignore_ascii_case(&model.sha256);
        let found = self.models.iter().find(|(_, known)| same(known));
        found.map(|(id, _)| *id)
    }

    fn elsewhere_here(&self, chosen: &FileElsewhere) -> Option<Elsewhere> {
        match chosen {
            FileElsewhere::Account { account, model } => Some(Elsewhere::Account {
                account_id: id(&self.accounts, account)?,
                model: model.clone(),
            }),
            FileElsewhere::Alias { alias } => Some(Elsewhere::Alias {
                alias_id: id(&self.aliases, alias)?,
            }),
        }
    }
}

fn name<I: PartialEq>(all: &[(I, String)], id: &I) -> Option<String> {
    let found = all.iter().find(|(known, _)| known == id);
    found.map(|(_, name)| name.clone())
}

fn id<I: Copy>(all: &[(I, String)], name: &str) -> Option<I> {
    let name = name.to_lowercase();
    let found = all.iter().find(|(_, known)| known.to_lowercase() == name);
    found.map(|(id, _)| *id)
}

fn not_read(error: ModelError) -> ArchiveError {
    match error {
        ModelError::Store(error) => ArchiveError::Store(StoreError::from(error)),
        other => ArchiveError::File(std::io::Error::other(other)),
    }
}
