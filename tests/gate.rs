//! What leaves for a provider, what does not, what it costs, and who answers when one cannot.

mod accounted;
mod broken_off;
mod chains;
mod clients;
mod comparing;
mod ended_early;
mod keys;
mod letting_go;
mod looking;
mod masking;
mod mistakes;
mod network;
mod passed_on;
pub mod pictures;
mod room;
mod spending;
mod texts;
mod under_way;

use gatehouse_core::{
    accounts::{Account, AccountInput, ProviderKind},
    aliases::{self, Alias, Elsewhere, Link},
    app::App,
    chat::{self, Message, MessageState, Options},
    connections::{self, Outcome},
    costs::{
        self, CallRow, CallStatus, Route,
        budgets::{self, Budget, Period},
        listing::{Listing, Service},
        prices,
        rates::Rates,
    },
    gate::{AnswerEvent, Ask, GateError, Review, Turn},
    ids::{AliasId, ConversationId, OwnRuleId},
    money::Money,
    now_ms,
    policy::{self, Action, Destination, Policy, own_rules},
    store::StoreError,
    workspaces,
};
use serde_json::json;
use zeroize::Zeroizing;

use crate::support::{
    app,
    folder::TempFolder,
    provider::{Provider, Reply},
};

const KEY: &str = "sk-test-5f3a9c0b7e1d4826";
const MODEL: &str = "test-model";
const LETTER: &str = "Please write to anna.weiss@example.org that her lease ends in March.";

/// A Gatehouse with an account at a provider that counts as somebody else's.
struct Place {
    _folder: TempFolder,
    app: App,
    account: Account,
}

fn place(address: &str) -> Place {
    let (folder, app) = app::new();
    let account = account(&app, "Test", address);
    Place {
        _folder: folder,
        app,
        account,
    }
}

pub fn account(app: &App, name: &str, address: &str) -> Account {
    let input = AccountInput {
        kind: ProviderKind::Compatible,
        name: name.into(),
        base_url: address.into(),
        destination: Some(Destination::Cloud),
        context_tokens: None,
    };
    let account = app.gate.save_account(None, &input).unwrap();
    let key = Zeroizing::new(KEY.to_owned());
    app.gate.set_account_key(account.id, key).unwrap()
}

/// A provider on this computer as one that speaks Anthropic's language.
pub fn add_claude(app: &App, provider: &Provider) {
    let input = AccountInput {
        kind: ProviderKind::Anthropic,
        name: "Claude".into(),
        base_url: provider.address.trim_end_matches("/v1").into(),
        destination: Some(Destination::Cloud),
        context_tokens: None,
    };
    let account = app.gate.save_account(None, &input).unwrap();
    let key = Zeroizing::new("sk-ant-test".to_owned());
    app.gate.set_account_key(account.id, key).unwrap();
}

/// A price of two dollars a million tokens in, and eight out.
fn price(app: &App) {
    price_of(app, MODEL, "2", "8");
}

/// A price in dollars for a million tokens in and out.
pub fn price_of(app: &App, model: &str, input: &str, output: &str) {
    price_at(app, "compatible", model, input, output);
}

fn price_at(app: &App, provider: &str, model: &str, input: &str, output: &str) {
    let listing = Listing {
        provider: provider.into(),
        model: model.into(),
        dated: false,
        service: Service::Standard,
        from: jiff::civil::date(2020, 1, 1),
        until: None,
        hours: None,
        rates: Rates {
            input: input.parse().unwrap(),
            cached: None,
            cache_write: None,
            cache_write_hour: None,
            output: Some(output.parse().unwrap()),
            reasoning: None,
        },
        tiers: Vec::new(),
        source: "a test".into(),
        as_of: jiff::civil::date(2026, 11, 1),
    };
    let set = app
        .store
        .write(|tx| prices::set_own(tx, &listing, now_ms()));
    set.unwrap();
}

/// A budget for each day, of all workspaces, that stops what would pass it.
pub fn budget(app: &App, dollars: &str) {
    let budget = Budget {
        workspace: None,
        period: Period::Day,
        limit: Money::of_dollars(dollars).unwrap(),
        warn_percent: 80,
        stops: true,
    };
    app.store.write(|tx| budgets::set(tx, &budget)).unwrap();
}

/// The link of a chain to a model of an account.
fn link(account: &Account, model: &str) -> Link {
    Link::Account {
        account_id: account.id,
        model: model.into(),
    }
}

pub fn elsewhere(account: &Account) -> Options {
    Options {
        elsewhere: Some(Elsewhere::Account {
            account_id: account.id,
            model: MODEL.into(),
        }),
        sampling: app::steady(12),
        ..Options::default()
    }
}

/// What a person says who saw what leaves for these accounts and lets it go.
fn let_go(accounts: &[&Account]) -> Review {
    Review::MayLeave(accounts.iter().map(|account| account.id).collect())
}

impl Place {
    /// The same for the account that the place has from the beginning.
    fn let_go(&self) -> Review {
        let_go(&[&self.account])
    }

    fn conversation(&self) -> ConversationId {
        let options = elsewhere(&self.account);
        self.app.gate.new_conversation(&options).unwrap().id
    }

    /// A conversation that a chain of models answers.
    fn conversation_with(&self, chain: Vec<Link>) -> ConversationId {
        let id = AliasId::new();
        let alias = Alias {
            id,
            name: format!("chain {id}"),
            chain,
        };
        self.app
            .store
            .write(|tx| aliases::save(tx, &alias))
            .unwrap();
        let options = Options {
            elsewhere: Some(Elsewhere::Alias { alias_id: alias.id }),
            sampling: app::steady(12),
            ..Options::default()
        };
        self.app.gate.new_conversation(&options).unwrap().id
    }

    fn say(&self, conversation: ConversationId, text: &str) -> Message {
        app::say(&self.app, conversation, text)
    }

    fn refused(&self, conversation: ConversationId, text: &str, review: Review) -> GateError {
        let ask = Ask::Say(conversation, text);
        let answered = self
            .app
            .gate
            .answer_reviewed(ask, None, review, &mut |_| ());
        answered.unwrap_err()
    }

    fn calls(&self) -> Vec<CallRow> {
        self.app
            .store
            .read(|conn| Ok::<_, StoreError>(costs::list(conn, 100)?))
            .unwrap()
    }

    fn policy(&self, change: impl FnOnce(&mut Policy)) {
        let mut policy = Policy::default();
        change(&mut policy);
        let set = self.app.store.write(|tx| {
            let workspace = workspaces::first(tx, now_ms())?;
            policy::set(tx, workspace, &policy)
        });
        set.unwrap();
    }

    fn without_fallback(&self) {
        let mut settings = self.app.store.read(gatehouse_core::settings::get).unwrap();
        settings.fall_back_to_local = false;
        self.app.set_settings(&settings).unwrap();
    }

    fn log(&self) -> Vec<connections::Connection> {
        let log = self
            .app
            .store
            .read(|conn| Ok::<_, StoreError>(connections::list(conn, 50)?));
        log.unwrap()
    }

    fn messages(&self, conversation: ConversationId) -> Vec<Message> {
        let thread = self.app.store.read(|conn| chat::thread(conn, conversation));
        thread.unwrap().messages
    }
}

/// A new message at the end of a conversation, before it is sent.
fn say(conversation: ConversationId, text: &str) -> Turn {
    Turn::Say {
        conversation,
        text: text.to_owned(),
        pictures: Vec::new(),
    }
}
