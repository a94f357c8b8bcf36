//! The first step of a call: which models may answer, in which order.

use gatehouse_protocol::{ChatMessage, Role, Sampling};
use rusqlite::Connection;

use super::{Ask, GateError, mistakes::Mistake};
use crate::{
    accounts::{self, Account, AccountError},
    aliases::{self, AliasError, Elsewhere, Link},
    chat::{self, Conversation, Said, pictures},
    ids::{AccountId, AliasId, ConversationId, ModelId, PictureId},
    models::{self, Model, ModelError, ModelKind},
    now_ms,
    policy::{self, Destination, Policy, own_rules::OwnRule, reviews::Whither},
    settings::{self, Settings},
    workspaces,
};

/// A model that may answer.
#[derive(Debug, Clone)]
pub(super) enum Candidate {
    /// On this computer.
    Local(Box<Model>),
    /// Of an account.
    Elsewhere(Box<CloudModel>),
}

/// A model of an account.
#[derive(Debug, Clone)]
pub(super) struct CloudModel {
    pub account: Account,
    /// What a request calls it.
    pub model: String,
}

/// Who may answer in a conversation.
#[derive(Debug)]
pub(super) struct Chain {
    /// In the order in which they are tried; at least one.
    pub candidates: Vec<Candidate>,
    /// The alias that names them.
    pub alias: Option<String>,
}

/// All that a call is decided by, read at one moment.
#[derive(Debug)]
pub(super) struct Plan {
    pub conversation: Conversation,
    pub chain: Chain,
    pub policy: Policy,
    pub rules: Vec<OwnRule>,
    /// The conversation, the question last.
    pub turns: Vec<Said>,
    /// What a person has called a mistake of the inspection, beside what is kept with the conversation.
    pub mistakes: Vec<Mistake>,
}

impl Plan {
    /// Whether the question shows pictures, which only some models can look at.
    pub(super) fn shows_pictures(&self) -> bool {
        self.turns
            .last()
            .is_some_and(|question| !question.pictures.is_empty())
    }

    /// Pictures of all messages.
    pub(super) fn pictures(&self) -> usize {
        self.turns.iter().map(|said| said.pictures.len()).sum()
    }

    /// What a model is told that cannot look at pictures.
    pub(super) fn texts(&self) -> Vec<ChatMessage> {
        let texts = self.turns.iter().cloned().map(without_pictures);
        texts
            .map(|said| ChatMessage {
                role: said.role,
                content: said.text,
            })
            .collect()
    }
}

/// A message with a word in place of its pictures: what follows may speak of them.
pub(super) fn without_pictures(mut said: Said) -> Said {
    let note = match said.pictures.len() {
        0 => return said,
        1 => "(A picture was shown here, which you cannot see.)".to_owned(),
        more => format!("({more} pictures were shown here, which you cannot see.)"),
    };
    said.pictures.clear();
    if !said.text.is_empty() {
        said.text.push_str("\n\n");
    }
    said.text.push_str(&note);
    said
}

impl CloudModel {
    /// Whose computer would answer.
    pub(super) fn destination(&self) -> Destination {
        self.account.destination_of(&self.model)
    }

    /// What a person's word that something may leave is for.
    pub(super) fn whither(&self) -> Whither {
        Whither {
            account: self.account.id,
            destination: self.destination(),
        }
    }
}

impl Candidate {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Local(model) => &model.name,
            Self::Elsewhere(cloud) => &cloud.model,
        }
    }
}

/// Read what a call is decided by.
pub(super) fn plan(conn: &Connection, ask: Ask<'_>) -> Result<Plan, GateError> {
    let (conversation, turns) = asked(conn, ask)?;
    of(conn, conversation, turns)
}

/// The same where one model was named and no other may answer.
pub(super) fn plan_for(conn: &Connection, ask: Ask<'_>, model: &Link) -> Result<Plan, GateError> {
    let candidate = match model {
        Link::Local { model_id } => local_candidate(chat_model(conn, *model_id)?),
        Link::Account { account_id, model } => of_account(conn, *account_id, model)?,
    };
    let chain = Chain {
        candidates: vec![candidate],
        alias: None,
    };
    let (conversation, turns) = asked(conn, ask)?;
    with_chain(conn, conversation, turns, chain)
}

/// The conversation, and what is said in it with the question last.
fn asked(conn: &Connection, ask: Ask<'_>) -> Result<(Conversation, Vec<Said>), GateError> {
    let (id, last, said) = match ask {
        Ask::Say(id, text) => (
            id,
            chat::get(conn, id)?.leaf,
            Some(Said::text(Role::User, text)),
        ),
        Ask::SayWith(id, text, shown) => {
            let said = question(conn, Some(id), text, shown)?;
            (id, chat::get(conn, id)?.leaf, Some(said))
        }
        Ask::Edit(question, text) => (
            chat::conversation_of(conn, question)?,
            chat::parent_of(conn, question)?,
            Some(Said {
                pictures: pictures::of_message(conn, question)?,
                ..Said::text(Role::User, text)
            }),
        ),
        Ask::Again(answer) => (
            chat::conversation_of(conn, answer)?,
            chat::parent_of(conn, answer)?,
            None,
        ),
    };
    let mut turns = chat::branch(conn, last)?;
    turns.extend(said);
    Ok((chat::get(conn, id)?, turns))
}

/// What the first message of a new conversation is decided by.
pub(super) fn plan_of_new(
    conn: &Connection,
    elsewhere: Option<&Elsewhere>,
    text: &str,
    shown: &[PictureId],
    mistakes: &[Mistake],
) -> Result<Plan, GateError> {
    let said = question(conn, None, text, shown)?;
    let conversation = Conversation {
        id: ConversationId::new(),
        title: None,
        created_at_ms: 0,
        updated_at_ms: 0,
        system_prompt: String::new(),
        sampling: Sampling::default(),
        model_id: None,
        elsewhere: elsewhere.cloned(),
        draft: String::new(),
        leaf: None,
        workspace_id: workspaces::current(conn, now_ms())?,
    };
    Ok(Plan {
        mistakes: mistakes.to_vec(),
        ..of(conn, conversation, vec![said])?
    })
}

fn question(
    conn: &Connection,
    conversation: Option<ConversationId>,
    text: &str,
    shown: &[PictureId],
) -> Result<Said, GateError> {
    Ok(Said {
        pictures: pictures::wanted(conn, conversation, shown).map_err(chat::ChatError::from)?,
        ..Said::text(Role::User, text)
    })
}

fn of(conn: &Connection, conversation: Conversation, turns: Vec<Said>) -> Result<Plan, GateError> {
    let chain = chain(conn, conversation.elsewhere.as_ref(), conversation.model_id)?;
    with_chain(conn, conversation, turns, chain)
}

fn with_chain(
    conn: &Connection,
    conversation: Conversation,
    turns: Vec<Said>,
    chain: Chain,
) -> Result<Plan, GateError> {
    Ok(Plan {
        chain,
        policy: policy::get(conn, conversation.workspace_id)?,
        rules: policy::own_rules::all(conn, conversation.workspace_id)?,
        conversation,
        turns,
        mistakes: Vec::new(),
    })
}

/// Who may answer, by what was chosen for a conversation, else by the settings.
pub(super) fn chain(
    conn: &Connection,
    elsewhere: Option<&Elsewhere>,
    local: Option<ModelId>,
) -> Result<Chain, GateError> {
    let settings = settings::get(conn)?;
    let by_default = settings
        .default_elsewhere
        .as_ref()
        .filter(|_| local.is_none());
    match elsewhere.or(by_default) {
        None => Ok(Chain {
            candidates: vec![Candidate::Local(Box::new(chat_model(conn, local)?))],
            alias: None,
        }),
        Some(Elsewhere::Account { account_id, model }) => {
            let chosen = still_there(of_account(conn, *account_id, model))?;
            // Where the account was removed, nothing leaves for anybody else.
            let removed = chosen.is_none();
            let mut candidates: Vec<_> = chosen.into_iter().collect();
            if settings.fall_back_to_local || removed {
                candidates.extend(usable(chat_model(conn, local))?.map(local_candidate));
            }
            if candidates.is_empty() {
                return Err(AccountError::NotFound.into());
            }
            Ok(Chain {
                candidates,
                alias: None,
            })
        }
        Some(Elsewhere::Alias { alias_id }) => of_alias(conn, &settings, *alias_id),
    }
}

fn of_alias(conn: &Connection, settings: &Settings, id: AliasId) -> Result<Chain, GateError> {
    let alias = match aliases::get(conn, id) {
        Ok(alias) => alias,
        Err(AliasError::NotFound) => {
            // It was removed: the conversation goes on with the default model.
            return Ok(Chain {
                candidates: vec![local_candidate(chat_model(
                    conn,
                    settings.default_model_id,
                )?)],
                alias: None,
            });
        }
        Err(other) => return Err(other.into()),
    };
    let mut candidates = Vec::with_capacity(alias.chain.len());
    let mut cannot_chat = None;
    for link in &alias.chain {
        let candidate = match link {
            Link::Local { model_id } => match chat_model(conn, *model_id) {
                Err(error @ GateError::Model(ModelError::EmbeddingOnly(_))) => {
                    cannot_chat = Some(error);
                    None
                }
                model => usable(model)?.map(local_candidate),
            },
            Link::Account { account_id, model } => {
                still_there(of_account(conn, *account_id, model))?
            }
        };
        candidates.extend(candidate);
    }
    if candidates.is_empty() {
        return Err(cannot_chat.unwrap_or(GateError::NoModel));
    }
    Ok(Chain {
        candidates,
        alias: Some(alias.name),
    })
}

fn local_candidate(model: Model) -> Candidate {
    Candidate::Local(Box::new(model))
}

fn of_account(conn: &Connection, id: AccountId, model: &str) -> Result<Candidate, GateError> {
    Ok(Candidate::Elsewhere(Box::new(CloudModel {
        account: accounts::get(conn, id)?,
        model: model.to_owned(),
    })))
}

/// An account that was removed is left out of a chain.
fn still_there(candidate: Result<Candidate, GateError>) -> Result<Option<Candidate>, GateError> {
    match candidate {
        Err(GateError::Account(AccountError::NotFound)) => Ok(None),
        other => other.map(Some),
    }
}

/// A local model that is not there is left out of a chain.
fn usable(model: Result<Model, GateError>) -> Result<Option<Model>, GateError> {
    match model {
        Ok(model) => Ok(Some(model)),
        Err(GateError::NoModel | GateError::Model(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// The model that was chosen, or the default one, or the chat model that was used last.
///
/// # Errors
/// [`ModelError::EmbeddingOnly`] when the chosen one cannot chat.
pub(super) fn chat_model(conn: &Connection, chosen: Option<ModelId>) -> Result<Model, GateError> {
    if let Some(id) = chosen {
        let model = models::get(conn, id)?;
        return match model.summary.kind {
            ModelKind::Chat => Ok(model),
            ModelKind::Embedding => Err(ModelError::EmbeddingOnly(model.name).into()),
        };
    }
    let default = settings::get(conn)?.default_model_id;
    let mut installed = models::all(conn)?;
    installed.retain(|model| model.summary.kind == ModelKind::Chat);
    let position = installed
        .iter()
        .position(|model| Some(model.id) == default)
        .unwrap_or(0);
    match installed.len() {
        0 => Err(GateError::NoModel),
        _ => Ok(installed.swap_remove(position)),
    }
}
