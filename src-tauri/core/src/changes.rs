//! What a person changes, each change with its entry in the record, in one transaction: the window and
//! the command line change nothing else, and nothing in another way.

use std::path::Path;

use rusqlite::Transaction;
use serde_json::{Value, json};

use crate::{
    accounts::{self, Account, AccountError},
    aliases::{self, Alias, AliasError},
    app::App,
    chat::{
        self, ChatError, Conversation, ExportFormat, Exported, Options, Preset, Rating,
        TransferError,
    },
    costs::{
        budgets::{self, BudgetError, BudgetInput, Period},
        listing::{Listing, Service},
        name_of,
        prices::{self, Changes, Origin, Price, PriceError},
    },
    gate::{account_event, prices_event},
    ids::{AccountId, AliasId, ConversationId, MessageId, OwnRuleId, PresetId, WorkspaceId},
    now_ms,
    policy::{
        self, Policy, PolicyError,
        own_rules::{self, OwnRule, RuleError},
    },
    privacy::retention::is_held,
    protocol::Sampling,
    record::{Action, Event, Subject},
    settings::Settings,
    store::StoreError,
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

    /// Give a conversation a title.
    ///
    /// # Errors
    /// [`ChatError`] when it is gone or the title is empty.
    pub fn rename_conversation(&self, id: ConversationId, title: &str) -> Result<(), ChatError> {
        self.change(|tx| {
            chat::rename(tx, id, title)?;
            let event = about(Action::ConversationRenamed, id).payload(json!({ "title": title }));
            Ok(((), event))
        })
    }

    /// Take a conversation off the list until the next start removes it for good.
    ///
    /// # Errors
    /// [`ChatError`] when it is gone or held.
    pub fn delete_conversation(&self, id: ConversationId) -> Result<(), ChatError> {
        self.gate.stop(id);
        self.change(|tx| {
            if is_held(tx, id)? {
                return Err(ChatError::Held);
            }
            chat::delete(tx, id, now_ms())?;
            Ok(((), about(Action::ConversationDeleted, id)))
        })
    }

    /// Undo a deletion.
    ///
    /// # Errors
    /// [`ChatError::NoConversation`] when it is gone for good.
    pub fn restore_conversation(&self, id: ConversationId) -> Result<(), ChatError> {
        self.change(|tx| {
            chat::restore(tx, id)?;
            Ok(((), about(Action::ConversationRestored, id)))
        })
    }

    /// Change system prompt, sampling settings and model of a conversation.
    ///
    /// # Errors
    /// [`ChatError`] when it is gone or a setting is out of its range.
    pub fn set_conversation_options(
        &self,
        id: ConversationId,
        options: &Options,
    ) -> Result<Conversation, ChatError> {
        self.change(|tx| {
            chat::set_options(tx, id, options)?;
            let event = about(Action::ConversationChanged, id).payload(json!(options));
            Ok((chat::get(tx, id)?, event))
        })
    }

    /// Rate an answer, or take the rating back.
    ///
    /// # Errors
    /// [`ChatError::NoMessage`] when there is no such answer.
    pub fn rate(&self, answer: MessageId, rating: Option<Rating>) -> Result<(), ChatError> {
        self.change(|tx| {
            chat::rate(tx, answer, rating, now_ms())?;
            let event = about(Action::AnswerRated, chat::conversation_of(tx, answer)?)
                .fact(
                    "rating",
                    rating.map_or("none".into(), |rating| name_of(&rating)),
                )
                .payload(json!({ "answer": answer }));
            Ok(((), event))
        })
    }

    /// A conversation as a file. It is recorded before anybody has it.
    ///
    /// # Errors
    /// [`ChatError::NoConversation`].
    pub fn export_conversation(
        &self,
        id: ConversationId,
        format: ExportFormat,
    ) -> Result<Exported, ChatError> {
        self.change(|tx| {
            let exported = chat::export(tx, id, format)?;
            let event = about(Action::ConversationExported, id).fact("format", name_of(&format));
            Ok((exported, event))
        })
    }

    /// Bring conversations back from the text of a file, into the workspace that is open.
    ///
    /// # Errors
    /// [`TransferError`]; nothing is brought in then.
    pub fn import_conversations(&self, text: &str) -> Result<Vec<ConversationId>, TransferError> {
        self.change(|tx| {
            let workspace = workspaces::current(tx, now_ms())?;
            let ids = chat::import(tx, workspace, text)?;
            let event = in_workspace(Action::ConversationImported, workspace)
                .fact("conversations", count(ids.len()))
                .payload(json!(ids));
            Ok((ids, event))
        })
    }

    /// The same from the file itself.
    ///
    /// # Errors
    /// [`TransferError`]; nothing is brought in then.
    pub fn import_conversations_from(
        &self,
        file: &Path,
    ) -> Result<Vec<ConversationId>, TransferError> {
        self.import_conversations(&chat::read_file(file)?)
    }

    /// Keep a system prompt and sampling settings under a name.
    ///
    /// # Errors
    /// [`ChatError`] when the name is empty or a setting out of its range.
    pub fn save_preset(
        &self,
        name: &str,
        system_prompt: &str,
        sampling: &Sampling,
    ) -> Result<Preset, ChatError> {
        self.change(|tx| {
            let preset = chat::save_preset(tx, name, system_prompt, sampling)?;
            let event = here(Action::PresetSaved).payload(json!(preset));
            Ok((preset, event))
        })
    }

    /// Forget a preset.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub fn delete_preset(&self, id: PresetId) -> Result<(), StoreError> {
        self.change(|tx| {
            chat::delete_preset(tx, id)?;
            Ok((
                (),
                here(Action::PresetRemoved).payload(json!({ "preset": id })),
            ))
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
    /// [`AliasError`] when it cannot be kept.
    pub fn save_alias(&self, alias: &Alias) -> Result<Alias, AliasError> {
        self.change(|tx| {
            let alias = aliases::save(tx, alias)?;
            let event = here(Action::AliasSaved)
                .fact("models", count(alias.chain.len()))
                .payload(json!(alias));
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
            let event = in_workspace(Action::PolicyChanged, workspace)
                .payload(json!({ "before": before, "now": policy }));
            Ok(((), event))
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
            Ok((
                (),
                in_workspace(Action::RuleSaved, workspace).payload(json!(rule)),
            ))
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
            let event = in_workspace(Action::WorkspaceSaved, id).payload(json!({ "name": name }));
            Ok((workspace, event))
        })
    }

    /// Keep a budget for everything, or for the workspace that is open.
    ///
    /// # Errors
    /// [`BudgetError`] when it cannot be kept.
    pub fn set_budget(&self, input: &BudgetInput) -> Result<(), BudgetError> {
        self.change(|tx| {
            let budget = input.budget(workspaces::current(tx, now_ms())?)?;
            budgets::set(tx, &budget)?;
            let event = Event::new(Action::BudgetSet)
                .maybe("workspace", budget.workspace.map(|id| id.to_string()))
                .fact("period", name_of(&budget.period))
                .fact("limit_usd", budget.limit.decimal())
                .fact("warn_percent", i64::from(budget.warn_percent))
                .fact("stops", i64::from(budget.stops));
            Ok(((), event))
        })
    }

    /// Remove a budget for everything, or for the workspace that is open; whether there was one.
    ///
    /// # Errors
    /// [`BudgetError`] when the database fails.
    pub fn remove_budget(&self, everywhere: bool, period: Period) -> Result<bool, BudgetError> {
        self.store.write(|tx| {
            let workspace = (!everywhere)
                .then(|| workspaces::current(tx, now_ms()))
                .transpose()?;
            let removed = budgets::remove(tx, workspace, period)?;
            if removed {
                let event = Event::new(Action::BudgetRemoved)
                    .maybe("workspace", workspace.map(|id| id.to_string()))
                    .fact("period", name_of(&period));
                self.record.append(tx, event, now_ms())?;
            }
            Ok(removed)
        })
    }

    /// Set a price of one's own.
    ///
    /// # Errors
    /// [`PriceError`] when it cannot be kept.
    pub fn set_own_price(&self, listing: &Listing) -> Result<Price, PriceError> {
        self.change(|tx| {
            let price = prices::set_own(tx, listing, now_ms())?;
            let event = Event::new(Action::PriceSet)
                .fact("provider", listing.provider.as_str())
                .fact("model", listing.model.as_str())
                .fact("from", listing.from.to_string())
                .fact("price", price.id.number());
            Ok((price, event))
        })
    }

    /// Withdraw one's own prices of a model asked in one way; how many there were.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub fn remove_own_price(
        &self,
        provider: &str,
        model: &str,
        service: Service,
    ) -> Result<usize, StoreError> {
        self.store.write(|tx| {
            let removed = prices::remove_own(tx, provider, model, service, now_ms())?;
            if removed > 0 {
                let event = Event::new(Action::PriceRemoved)
                    .fact("provider", provider)
                    .fact("model", model);
                self.record.append(tx, event, now_ms())?;
            }
            Ok(removed)
        })
    }

    /// Take over a list of prices from a file; `take` does it.
    ///
    /// # Errors
    /// [`PriceError`] when it cannot be kept; the prices are as they were.
    pub fn take_prices(
        &self,
        take: impl FnOnce(&Transaction<'_>, Origin, i64) -> Result<Changes, PriceError>,
    ) -> Result<Changes, PriceError> {
        self.change(|tx| {
            let changes = take(tx, Origin::File, now_ms())?;
            let event = prices_event(&changes, "file");
            Ok((changes, event))
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
