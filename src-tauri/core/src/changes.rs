//! What a person changes, each change with its entry in the record, in one transaction: the window and
//! the command line change nothing else, and nothing in another way.

mod chat;
mod clients;
mod costs;

use rusqlite::Transaction;
use serde_json::{Value, json};

use crate::{
    accounts::{self, Account, AccountError},
    aliases::{self, Alias, AliasError, Link},
    app::App,
    chat::Preset,
    costs::{budgets::Budget, name_of},
    gate::account_event,
    ids::{AccountId, AliasId, ConversationId, OwnRuleId, WorkspaceId},
    models::{self, ModelKind},
    now_ms,
    policy::{
        self, Policy, PolicyError,
        own_rules::{self, OwnRule, RuleError},
    },
    record::{Action, Event, Subject},
    settings::Settings,
    workspaces::{self, Workspace, WorkspaceError},
};

impl App {
    /// Change something, and record what was changed.
    pub(crate) fn change<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<(T, Event), E>,
    ) -> Result<T, E> {
        self.store.write(|tx| {
            let (value, event) = work(tx)?;
            self.record.append(tx, event, now_ms())?;
            Ok(value)
        })
    }

    /// Choose which models of an account stand in lists.
    ///
    /// # Errors
    /// [`AccountError`] when the account is gone.
    pub fn choose_account_models(
        &self,
        id: AccountId,
        models: &[String],
    ) -> Result<Account, AccountError> {
        self.change(|tx| {
            accounts::choose_models(tx, id, models)?;
            let account = accounts::get(tx, id)?;
            let event = account_event(Action::AccountSaved, &account);
            Ok((account, event))
        })
    }

    /// Keep a chain of models under a name.
    ///
    /// # Errors
    /// [`AliasError`] when it cannot be kept, or one of its models writes no answers.
    pub fn save_alias(&self, alias: &Alias) -> Result<Alias, AliasError> {
        self.change(|tx| {
            all_can_chat(tx, alias)?;
            let alias = aliases::save(tx, alias)?;
            let event = alias_saved(&alias);
            Ok((alias, event))
        })
    }

    /// Forget a chain.
    ///
    /// # Errors
    /// [`AliasError`] when it is gone.
    pub fn remove_alias(&self, id: AliasId) -> Result<(), AliasError> {
        self.change(|tx| {
            let alias = aliases::get(tx, id)?;
            aliases::remove(tx, id)?;
            Ok(((), here(Action::AliasRemoved).payload(json!(alias))))
        })
    }

    /// Keep the policy of the workspace that is open.
    ///
    /// # Errors
    /// [`PolicyError`] when it cannot hold.
    pub fn set_policy(&self, policy: &Policy) -> Result<(), PolicyError> {
        self.change(|tx| {
            let workspace = workspaces::current(tx, now_ms())?;
            let before = policy::get(tx, workspace)?;
            policy::set(tx, workspace, policy)?;
            Ok(((), policy_changed(workspace, &before, policy)))
        })
    }

    /// Keep a rule in the workspace that is open.
    ///
    /// # Errors
    /// [`RuleError`] when it cannot be used.
    pub fn save_own_rule(&self, rule: &OwnRule) -> Result<(), RuleError> {
        self.change(|tx| {
            let workspace = workspaces::current(tx, now_ms())?;
            own_rules::save(tx, workspace, rule)?;
            Ok(((), rule_saved(workspace, rule)))
        })
    }

    /// Forget a rule.
    ///
    /// # Errors
    /// [`RuleError`] when it is gone.
    pub fn remove_own_rule(&self, id: OwnRuleId) -> Result<(), RuleError> {
        self.change(|tx| {
            let workspace = workspaces::current(tx, now_ms())?;
            own_rules::remove(tx, id)?;
            let event = in_workspace(Action::RuleRemoved, workspace).payload(json!({ "rule": id }));
            Ok(((), event))
        })
    }

    /// Make a workspace, or give one a new name.
    ///
    /// # Errors
    /// [`WorkspaceError`] when the name is taken or empty.
    pub fn save_workspace(&self, id: WorkspaceId, name: &str) -> Result<Workspace, WorkspaceError> {
        self.change(|tx| {
            let workspace = workspaces::save(tx, id, name, now_ms())?;
            Ok((workspace, workspace_saved(id, name)))
        })
    }
}

/// What the record says of changed settings: which ones, and in private what they were and are.
pub(crate) fn settings_event(before: &Settings, now: &Settings) -> Event {
    let (before, now) = (json!(before), json!(now));
    let changed: Vec<&str> = now
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, value)| before.get(name.as_str()) != Some(*value))
        .map(|(name, _)| name.as_str())
        .collect();
    let of = |all: &Value| -> Value {
        changed
            .iter()
            .map(|name| ((*name).to_owned(), all[name].clone()))
            .collect()
    };
    here(Action::SettingsChanged)
        .fact("changed", changed.join(", "))
        .payload(json!({ "before": of(&before), "now": of(&now) }))
}

/// That a preset was kept.
pub(crate) fn preset_saved(preset: &Preset) -> Event {
    here(Action::PresetSaved).payload(json!(preset))
}

/// That a chain of models was kept.
/// That no model of an alias only makes vectors.
///
/// # Errors
/// [`AliasError::CannotChat`].
fn all_can_chat(tx: &Transaction<'_>, alias: &Alias) -> Result<(), AliasError> {
    let named = alias.chain.iter().filter_map(|link| match link {
        Link::Local { model_id } => *model_id,
        Link::Account { .. } => None,
    });
    // One that was removed is left out of the chain, now as later.
    let mut named = named.filter_map(|id| models::get(tx, id).ok());
    match named.find(|model| model.summary.kind == ModelKind::Embedding) {
        Some(model) => Err(AliasError::CannotChat(model.name)),
        None => Ok(()),
    }
}

pub(crate) fn alias_saved(alias: &Alias) -> Event {
    here(Action::AliasSaved)
        .fact("models", count(alias.chain.len()))
        .payload(json!(alias))
}

/// That the policy of a workspace is another one.
pub(crate) fn policy_changed(workspace: WorkspaceId, before: &Policy, now: &Policy) -> Event {
    in_workspace(Action::PolicyChanged, workspace).payload(json!({ "before": before, "now": now }))
}

/// That a rule of a workspace was kept.
pub(crate) fn rule_saved(workspace: WorkspaceId, rule: &OwnRule) -> Event {
    in_workspace(Action::RuleSaved, workspace).payload(json!(rule))
}

/// That a workspace was made or renamed.
pub(crate) fn workspace_saved(id: WorkspaceId, name: &str) -> Event {
    in_workspace(Action::WorkspaceSaved, id).payload(json!({ "name": name }))
}

/// That a budget was set.
pub(crate) fn budget_set(budget: &Budget) -> Event {
    Event::new(Action::BudgetSet)
        .maybe("workspace", budget.workspace.map(|id| id.to_string()))
        .fact("period", name_of(&budget.period))
        .fact("limit_usd", budget.limit.decimal())
        .fact("warn_percent", i64::from(budget.warn_percent))
        .fact("stops", i64::from(budget.stops))
}

/// About a conversation.
pub(crate) fn about(action: Action, conversation: ConversationId) -> Event {
    Event::new(action).about(Subject::Conversation(conversation))
}

/// About a workspace.
pub(crate) fn in_workspace(action: Action, workspace: WorkspaceId) -> Event {
    Event::new(action)
        .fact("workspace", workspace.to_string())
        .about(Subject::Workspace(workspace))
}

/// Of what belongs to no workspace.
pub(crate) fn here(action: Action) -> Event {
    Event::new(action).about(Subject::Installation)
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
