//! What a person picks to answer: what it costs, and that a conversation keeps it.

use gatehouse_core::{
    accounts::{self, Account, AccountInput, ProviderKind},
    aliases::{self, Alias, Elsewhere, Link},
    app::App,
    chat::{self, Options},
    gate::AskingPrice,
    ids::AliasId,
    policy::Destination,
    settings::{self, Settings},
    store::StoreError,
};

use crate::support::{
    app,
    provider::{Provider, Reply},
};

fn account(app: &App, kind: ProviderKind, address: &str, destination: Destination) -> Account {
    let input = AccountInput {
        kind,
        name: format!("{kind:?} {destination:?}"),
        base_url: address.into(),
        destination: Some(destination),
        context_tokens: None,
    };
    app.gate.save_account(None, &input).unwrap()
}

fn choose(app: &App, account: &Account, models: &[&str]) {
    let models: Vec<_> = models.iter().map(|model| (*model).to_owned()).collect();
    app.store
        .write(|tx| accounts::choose_models(tx, account.id, &models))
        .unwrap();
}

#[test]
fn a_price_is_said_where_it_is_known_and_an_unknown_one_is_not_nothing() {
    let (_folder, app) = app::new();
    let openai = account(&app, ProviderKind::OpenAi, "", Destination::Cloud);
    choose(&app, &openai, &["gpt-4o", "a-model-of-tomorrow"]);
    let own = account(
        &app,
        ProviderKind::Compatible,
        "http://localhost:8080/v1",
        Destination::OwnServer,
    );
    choose(&app, &own, &["whatever-it-runs"]);
    let price = |account: &Account, model: &str, input: &str, output: &str| AskingPrice {
        account_id: account.id,
        model: model.into(),
        input: input.into(),
        output: Some(output.into()),
    };
    assert_eq!(
        app.gate.asking_prices().unwrap(),
        [
            price(&openai, "gpt-4o", "$2.5", "$10"),
            price(&own, "whatever-it-runs", "$0", "$0"),
        ],
        "one without a price is left out; a server of one's own bills nobody"
    );
}

fn chain_of(app: &App, account: &Account) -> Alias {
    let cloud = Link::Account {
        account_id: account.id,
        model: "small".into(),
    };
    let alias = Alias {
        id: AliasId::new(),
        name: "cheap".into(),
        chain: vec![cloud, Link::Local { model_id: None }],
    };
    app.store.write(|tx| aliases::save(tx, &alias)).unwrap()
}

fn set_default(app: &App, elsewhere: Option<Elsewhere>) {
    app.store
        .write(|tx| {
            let settings = Settings {
                default_elsewhere: elsewhere,
                ..settings::get(tx)?
            };
            settings::set(tx, &settings)
        })
        .unwrap();
}

#[test]
fn a_conversation_keeps_the_default_that_it_began_with() {
    let (_folder, app) = app::new();
    let account = account(
        &app,
        ProviderKind::Compatible,
        "http://localhost:8080/v1",
        Destination::Cloud,
    );
    let alias = chain_of(&app, &account);
    let chosen = Elsewhere::Alias { alias_id: alias.id };
    set_default(&app, Some(chosen.clone()));
    let begun = app.gate.new_conversation(&Options::default()).unwrap();
    set_default(&app, None);
    let later = app
        .store
        .read(|conn| chat::get(conn, begun.id))
        .unwrap()
        .elsewhere;
    assert_eq!(later, Some(chosen));
}

#[test]
fn an_answer_names_the_chain_that_led_to_it_and_each_that_was_passed() {
    let (_folder, app) = app::new();
    let provider = Provider::start(|_| Reply::Refuse(503, "overloaded"));
    let account = account(
        &app,
        ProviderKind::Compatible,
        &provider.address,
        Destination::Cloud,
    );
    let alias = chain_of(&app, &account);
    let options = Options {
        sampling: app::steady(4),
        elsewhere: Some(Elsewhere::Alias { alias_id: alias.id }),
        ..Options::default()
    };
    let conversation = app.gate.new_conversation(&options).unwrap();
    let call = app::say(&app, conversation.id, "Hello").call.unwrap();
    assert_eq!(call.alias.as_deref(), Some("cheap"));
    let passed: Vec<_> = call.moves.iter().map(|moved| &moved.model).collect();
    assert_eq!(passed, ["small"], "{:?}", call.moves);
}

#[test]
fn what_an_answer_without_a_price_cost_is_unknown_in_the_total_and_never_nothing() {
    let (_folder, app) = app::new();
    let provider = Provider::echo();
    let account = account(
        &app,
        ProviderKind::Compatible,
        &provider.address,
        Destination::Cloud,
    );
    let options = Options {
        elsewhere: Some(Elsewhere::Account {
            account_id: account.id,
            model: "small".into(),
        }),
        ..Options::default()
    };
    let conversation = app.gate.new_conversation(&options).unwrap();
    app::say(&app, conversation.id, "Hello");
    let list = app
        .store
        .read(|conn| Ok::<_, StoreError>(chat::list(conn, None)?))
        .unwrap();
    let total = &list[0].total;
    assert_eq!((total.known.as_str(), total.unknown), ("$0", 1));
}
