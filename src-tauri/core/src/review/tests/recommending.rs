//! A recommendation rests on ratings of what can be asked, and says so; prices are those that calls are billed by.

use super::*;
use crate::{
    accounts::{self, Account, AccountModel, ProviderKind},
    costs::{
        listing::Listing,
        price_list::PriceList,
        prices::{self, Origin, PriceError},
    },
    ids::{AccountId, ConversationId, MessageId},
    policy::Destination,
};

/// An account of this kind with these models, somebody else's unless it is said.
pub(super) fn account(
    app: &App,
    kind: ProviderKind,
    base_url: &str,
    destination: Destination,
    models: &[&str],
) -> AccountId {
    let account = Account {
        id: AccountId::new(),
        kind,
        name: format!("{kind:?} {destination:?}"),
        base_url: base_url.into(),
        destination,
        context_tokens: None,
        has_key: false,
        models: Vec::new(),
        models_read_at_ms: None,
    };
    let model = |id: &&str| AccountModel {
        id: (*id).into(),
        name: (*id).into(),
        context_tokens: None,
        chosen: true,
        passed_on: false,
    };
    let models = models.iter().map(model).collect();
    app.store
        .write(|tx| {
            accounts::save(tx, &account, 0).unwrap();
            accounts::take_models(tx, account.id, models, 0).unwrap();
            Ok::<_, StoreError>(())
        })
        .unwrap();
    account.id
}

/// An account at OpenAI with these models.
pub(super) fn account_with(app: &App, models: &[&str]) -> AccountId {
    let (_, address) = ProviderKind::OpenAi.usual();
    account(
        app,
        ProviderKind::OpenAi,
        address,
        Destination::Cloud,
        models,
    )
}

/// Gives each call that has none an answer with this verdict: 1 is good, -1 is not.
pub(super) fn rate_all(app: &App, verdict: i32) {
    app.store
        .write(|tx| {
            let workspace = workspaces::first(tx, 0)?;
            let conversation = ConversationId::new();
            chat::create(tx, conversation, workspace, &chat::Options::default(), 0).unwrap();
            let numbers: Vec<i64> = tx
                .prepare("SELECT number FROM calls WHERE message_id IS NULL")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            for number in numbers {
                let message = MessageId::new();
                tx.execute(
                    "INSERT INTO messages (id, conversation_id, role, text, state, created_at_ms)
                     VALUES (?1, ?2, 'assistant', 'An answer.', 'done', 0)",
                    rusqlite::params![message, conversation],
                )?;
                tx.execute(
                    "UPDATE calls SET message_id = ?1 WHERE number = ?2",
                    rusqlite::params![message, number],
                )?;
                tx.execute(
                    "INSERT INTO ratings VALUES (?1, ?2, 0)",
                    rusqlite::params![message, verdict],
                )?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

fn rated(app: &App, model: &str, answers: i64, verdict: i32) {
    for at in 0..answers {
        call(app, model, Some(1), MID_NOVEMBER + at);
    }
    rate_all(app, verdict);
}

const PLAN: Plan = Plan {
    input: 1000,
    cached: 0,
    output: 200,
    calls_a_day: 10,
};

fn recommended(app: &App, difficulty: Difficulty) -> Recommendation {
    let budget = Money::of_dollars("50").unwrap();
    app.recommend(&PLAN, difficulty, budget).unwrap().unwrap()
}

#[test]
fn a_recommendation_says_on_what_it_rests() {
    let (_dir, app) = app();
    let by_price = recommended(&app, Difficulty::Easy);
    assert_eq!(by_price.basis, Basis::Prices);
    let hard = recommended(&app, Difficulty::Hard);
    assert_ne!(hard.model, by_price.model, "hard tasks get a dearer model");
    account_with(&app, &["gpt-4o-mini", "gpt-4o"]);
    rated(&app, "gpt-4o-mini", 6, 1);
    let by_ratings = recommended(&app, Difficulty::Hard);
    assert_eq!(
        (by_ratings.basis, by_ratings.model.model.as_str()),
        (Basis::Ratings, "gpt-4o-mini")
    );
    let nothing = app.recommend(&PLAN, Difficulty::Hard, Money::ZERO);
    assert_eq!(nothing.unwrap(), None);
}

#[test]
fn a_model_whose_answers_were_rated_bad_is_left_out_and_named() {
    let (_dir, app) = app();
    account_with(&app, &["gpt-4o-mini", "gpt-4o"]);
    assert_eq!(
        recommended(&app, Difficulty::Easy).model.model,
        "gpt-4o-mini"
    );
    rated(&app, "gpt-4o-mini", 10, -1);
    let found = recommended(&app, Difficulty::Easy);
    assert_eq!(
        (found.basis, found.model.model.as_str()),
        (Basis::Prices, "gpt-4o")
    );
    assert!(
        found.reason.contains("gpt-4o-mini (0 of 10)"),
        "{}",
        found.reason
    );
    assert!(
        found.reason.contains("Nobody has measured"),
        "of the other one: {}",
        found.reason
    );
    rated(&app, "gpt-4o", 2, -1);
    let budget = Money::of_dollars("50").unwrap();
    let none = app.recommend(&PLAN, Difficulty::Easy, budget).unwrap();
    assert_eq!(
        none, None,
        "two bad answers of two are enough not to take it"
    );
}

#[test]
fn a_few_good_ratings_are_said_and_not_called_nothing() {
    let (_dir, app) = app();
    account_with(&app, &["gpt-4o-mini"]);
    rated(&app, "gpt-4o-mini", 3, 1);
    let found = recommended(&app, Difficulty::Easy);
    assert_eq!(found.basis, Basis::Prices);
    assert!(
        found.reason.contains("You rated 3 of its 3 answers good"),
        "{}",
        found.reason
    );
    assert!(!found.reason.contains("Nobody"), "{}", found.reason);
}

#[test]
fn ratings_of_what_cannot_be_asked_any_more_do_not_count() {
    let (_dir, app) = app();
    let gone = account_with(&app, &["gpt-4o-mini", "gpt-4o"]);
    rated(&app, "gpt-4o", 6, 1);
    assert_eq!(recommended(&app, Difficulty::Hard).model.model, "gpt-4o");
    app.store.write(|tx| accounts::remove(tx, gone)).unwrap();
    account_with(&app, &["gpt-4o-mini"]);
    let found = recommended(&app, Difficulty::Hard);
    assert_eq!(
        (found.basis, found.model.model.as_str()),
        (Basis::Prices, "gpt-4o-mini")
    );
}

#[test]
fn what_runs_on_ones_own_server_costs_nothing_on_every_screen_and_what_may_be_billed_is_not_known()
{
    let (_dir, app) = app();
    let loopback = "http://127.0.0.1:4000/v1";
    account(
        &app,
        ProviderKind::Compatible,
        loopback,
        Destination::OwnServer,
        &["mine"],
    );
    account(
        &app,
        ProviderKind::Compatible,
        loopback,
        Destination::Cloud,
        &["passed-on"],
    );
    account(
        &app,
        ProviderKind::Ollama,
        "http://gpu.example",
        Destination::Cloud,
        &["theirs"],
    );
    account(
        &app,
        ProviderKind::Ollama,
        "http://localhost:11434",
        Destination::OwnServer,
        &["gpt-oss:120b-cloud"],
    );
    let page = app.price_page("").unwrap();
    let names = |models: &[reports::PricedModel]| {
        let names = models.iter().map(|of| of.model.clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&page.free), ["mine"]);
    assert_eq!(
        names(&page.unknown),
        ["passed-on", "theirs", "gpt-oss:120b-cloud"],
        "Ollama runs the last one on its own servers"
    );
    // As the gate bills them.
    let billed: Vec<(String, String)> = app
        .gate
        .asking_prices()
        .unwrap()
        .into_iter()
        .map(|price| (price.model, price.input))
        .collect();
    assert_eq!(billed, [("mine".to_owned(), "$0".to_owned())]);
    let planned = app.plan_costs(&PLAN, &[]).unwrap();
    let months: Vec<_> = planned.iter().map(|of| of.month.as_deref()).collect();
    assert_eq!(months, [Some("$0"), None, None, None]);
    let what_if = app.what_if(&query(), &[]).unwrap();
    let costs: Vec<_> = what_if.iter().map(|of| of.cost.as_deref()).collect();
    assert_eq!(costs, [Some("$0"), None, None, None]);
}

/// A model on this computer, as far as anybody asks here.
fn installed(app: &App, name: &str) {
    let row =
        "INSERT INTO models (id, name, path, file_bytes, modified_ms, sha256, summary, added_at_ms)
               VALUES (randomblob(16), ?1, ?1, 1, 0, randomblob(32), '{}', 0)";
    app.store.write(|tx| tx.execute(row, [name])).unwrap();
}

#[test]
fn a_model_of_this_computer_costs_nothing_and_is_planned_compared_and_recommended_with_the_others()
{
    let (_dir, app) = app();
    installed(&app, "small");
    account_with(&app, &["gpt-4o-mini"]);
    let planned = app.plan_costs(&PLAN, &[]).unwrap();
    let months: Vec<_> = planned
        .iter()
        .map(|of| (of.model.model.as_str(), of.month.as_deref()))
        .collect();
    assert_eq!(
        months,
        [("gpt-4o-mini", Some("$0.081")), ("small", Some("$0"))]
    );
    let what_if = app.what_if(&query(), &[]).unwrap();
    let here = what_if.last().unwrap();
    assert_eq!(here.cost.as_deref(), Some("$0"));
    assert_eq!(here.source.as_deref(), Some("Runs on this computer"));
    rated(&app, "gpt-4o-mini", 6, 1);
    rated(&app, "small", 6, 1);
    let local = "UPDATE calls SET provider = 'local', route = 'local' WHERE model = 'small'";
    app.store.write(|tx| tx.execute(local, [])).unwrap();
    let found = recommended(&app, Difficulty::Hard);
    assert_eq!(
        (
            found.basis,
            found.model.model.as_str(),
            found.month.as_str()
        ),
        (Basis::Ratings, "small", "$0")
    );
}

/// A price of OpenAI's, at these hours or at all.
fn listing(model: &str, input: &str, hours: Option<&str>) -> Listing {
    Listing {
        provider: "openai".into(),
        model: model.into(),
        dated: false,
        service: Service::Standard,
        from: date(2025, 1, 1),
        until: None,
        hours: hours.map(|hours| hours.parse().unwrap()),
        rates: serde_json::from_value(serde_json::json!({ "input": input, "output": "9" }))
            .unwrap(),
        tiers: Vec::new(),
        source: "a test".into(),
        as_of: date(2025, 1, 1),
    }
}

#[test]
fn without_an_account_each_model_is_offered_once_at_the_price_that_holds() {
    let (_dir, app) = app();
    let before = recommended(&app, Difficulty::Hard);
    let own = Listing {
        provider: before.model.provider.clone(),
        ..listing(&before.model.model, "1000", None)
    };
    app.store
        .write(|tx| prices::set_own(tx, &own, now_ms()))
        .unwrap();
    let after = recommended(&app, Difficulty::Hard);
    assert_ne!(
        after.model, before.model,
        "it costs more than the budget now"
    );
    assert_eq!(
        after.of,
        before.of - 1,
        "and is not offered at its old price"
    );
}

#[test]
fn a_month_costs_the_same_at_whatever_hour_one_looks_and_other_hours_are_told() {
    let (_dir, app) = app();
    let known = PriceList {
        listings: vec![
            listing("m", "3", None),
            listing("m", "1", Some("00:00-12:00")),
            listing("m", "1", Some("12:00-00:00")),
        ],
        limits: Vec::new(),
    };
    app.store
        .write(|tx| {
            prices::take(tx, &known, Origin::File, 0)?;
            Ok::<_, PriceError>(())
        })
        .unwrap();
    let model = reports::PricedModel {
        provider: "openai".into(),
        model: "m".into(),
    };
    let planned = app
        .plan_costs(&PLAN, std::slice::from_ref(&model))
        .unwrap()
        .remove(0);
    assert_eq!(planned.month.as_deref(), Some("$1.44"));
    let at_hours: Vec<_> = planned
        .at_hours
        .iter()
        .map(|at| (at.hours.as_str(), at.call.as_str()))
        .collect();
    assert_eq!(
        at_hours,
        [("00:00-12:00", "$0.0028"), ("12:00-00:00", "$0.0028")]
    );
    call(&app, "gpt-4o", Some(1), MID_NOVEMBER);
    let what_if = app.what_if(&query(), &[model]).unwrap().remove(0);
    assert_eq!(what_if.cost.as_deref(), Some("$0.0039"));
    let source = what_if.source.unwrap();
    assert!(
        source.contains("00:00-12:00 and 12:00-00:00 UTC"),
        "{source}"
    );
}
