//! An Ollama on this computer passes some of its models on to servers of its maker: what they are asked
//! leaves for somebody else's computer.

use gatehouse_core::{
    accounts,
    clients::NewClient,
    engine::Stop,
    gate::{Preview, client::EmbeddingsWanted},
};

use super::*;

const HEALTH: &str = "My aunt has type 2 diabetes.";

/// An Ollama that says yes, and says of one copy that it runs elsewhere.
fn ollama() -> Provider {
    Provider::start(|request| {
        if request.head.starts_with("GET /api/tags ") {
            return Reply::Whole(json!({ "models": [
                { "name": "llama3.2:3b", "model": "llama3.2:3b" },
                { "name": "mine:latest", "model": "mine:latest",
                  "remote_model": "gpt-oss:120b", "remote_host": "https://ollama.com:443" },
            ] }));
        }
        Reply::Lines(vec![json!({
            "message": { "role": "assistant", "content": "Yes." }, "done": true, "done_reason": "stop",
            "prompt_eval_count": 10, "eval_count": 2,
        })])
    })
}

/// An Ollama that runs all of its models itself.
fn keeping() -> Provider {
    Provider::start(|_| {
        Reply::Whole(json!({ "models": [
            { "name": "llama3.2:3b", "model": "llama3.2:3b" },
            { "name": "mine:latest", "model": "mine:latest" },
        ] }))
    })
}

fn at(ollama: &Provider) -> AccountInput {
    AccountInput {
        kind: ProviderKind::Ollama,
        name: "Ollama".into(),
        base_url: ollama.address.trim_end_matches("/v1").into(),
        destination: None,
        context_tokens: None,
    }
}

fn place_with(ollama: &Provider) -> Place {
    let (folder, app) = app::new();
    let account = app.gate.save_account(None, &at(ollama)).unwrap();
    assert_eq!(account.destination, Destination::OwnServer);
    Place {
        _folder: folder,
        app,
        account,
    }
}

fn with_model(place: &Place, model: &str) -> Options {
    Options {
        elsewhere: Some(Elsewhere::Account {
            account_id: place.account.id,
            model: model.into(),
        }),
        ..elsewhere(&place.account)
    }
}

fn preview(place: &Place, model: &str, text: &str) -> Preview {
    let options = with_model(place, model);
    let conversation = place.app.gate.new_conversation(&options).unwrap().id;
    let turn = say(conversation, text);
    place.app.gate.preview(&turn, None).unwrap()
}

#[test]
fn a_model_that_ollama_passes_on_gets_what_a_cloud_gets_and_its_price_is_not_known() {
    let server = ollama();
    let place = place_with(&server);
    let here = preview(&place, "llama3.2:3b", LETTER);
    assert_eq!(
        (here.destination, here.masked, here.about.as_deref()),
        (Destination::OwnServer, 0, Some("$0"))
    );
    for model in [
        "gpt-oss:120b-cloud",
        "glm-4.6:cloud",
        "GLM-4.6:Cloud",
        "library/glm-4.6:cloud",
        "glm-cloud:latest",
    ] {
        let away = preview(&place, model, LETTER);
        assert_eq!(away.destination, Destination::Cloud, "{model}");
        assert!(away.masked > 0, "{model} gets no address as it is written");
        assert_eq!((away.about, away.most), (None, None), "{model}");
        let kept = preview(&place, model, HEALTH);
        assert_eq!(kept.route, Route::Local, "{model} gets nothing of health");
    }
    assert!(server.received().is_empty(), "nothing was sent for a look");
}

#[test]
fn a_budget_stops_what_ollama_passes_on_and_not_what_it_runs_itself() {
    let server = ollama();
    let place = place_with(&server);
    place.without_fallback();
    budget(&place.app, "5");
    let say_with = |model: &str| {
        let options = with_model(&place, model);
        let conversation = place.app.gate.new_conversation(&options).unwrap().id;
        let ask = Ask::Say(conversation, "Hello");
        let gate = &place.app.gate;
        gate.answer_reviewed(ask, None, Review::NotAsked, &mut |_| ())
    };
    say_with("llama3.2:3b").unwrap();
    let error = say_with("gpt-oss:120b-cloud").unwrap_err();
    assert!(error.to_string().contains("not known"), "{error}");
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_copy_under_another_name_is_known_by_what_ollama_says_of_it() {
    let server = ollama();
    let place = place_with(&server);
    place.app.gate.test_account(place.account.id).unwrap();
    for model in [
        "mine:latest",
        "mine",
        "MINE:latest",
        "Mine:Latest",
        "library/mine",
        "registry.ollama.ai/library/mine",
        "https://Registry.Ollama.ai/Library/mine:latest",
    ] {
        let away = preview(&place, model, LETTER);
        assert_eq!(away.destination, Destination::Cloud, "{model}");
    }
    for model in ["mine:small", "mine2", "somebody/mine"] {
        let here = preview(&place, model, LETTER);
        assert_eq!(here.destination, Destination::OwnServer, "{model}");
    }
    let prices = place.app.gate.asking_prices().unwrap();
    let priced: Vec<_> = prices.iter().map(|price| price.model.as_str()).collect();
    assert_eq!(priced, ["llama3.2:3b"], "nobody knows what the copy costs");
}

#[test]
fn what_any_model_costs_on_ones_own_server_says_nothing_of_what_that_passes_on() {
    let server = ollama();
    let place = place_with(&server);
    place.app.gate.test_account(place.account.id).unwrap();
    price_at(&place.app, "ollama", "*", "1", "1");
    let about = |model: &str| preview(&place, model, "Hello").about;
    assert!(about("llama3.2:3b").is_some_and(|about| about != "$0"));
    assert_eq!(about("mine"), None);
    price_at(&place.app, "ollama", "mine", "3", "3");
    assert!(about("mine").is_some(), "unless it is said of this one");
}

#[test]
fn a_name_by_hand_is_shown_as_it_is_treated_and_no_longer_than_the_server_says_so() {
    let (passes_on, keeps) = (ollama(), keeping());
    let place = place_with(&passes_on);
    let gate = &place.app.gate;
    let id = place.account.id;
    let passed_on = || {
        let account = place
            .app
            .store
            .read(|conn| accounts::get(conn, id))
            .unwrap();
        let models = account.models.into_iter().filter(|model| model.passed_on);
        models.map(|model| model.id).collect::<Vec<_>>()
    };
    gate.test_account(id).unwrap();
    let by_hand = place
        .app
        .store
        .write(|tx| accounts::choose_models(tx, id, &["Mine".into(), "llama3.2:3b".into()]));
    by_hand.unwrap();
    assert_eq!(passed_on(), ["mine:latest", "Mine"]);
    gate.save_account(Some(id), &at(&keeps)).unwrap();
    gate.test_account(id).unwrap();
    assert!(passed_on().is_empty());
}

#[test]
fn what_one_server_said_of_its_models_says_nothing_of_those_of_the_next() {
    let (keeps, passes_on) = (keeping(), ollama());
    let place = place_with(&keeps);
    let gate = &place.app.gate;
    let id = place.account.id;
    let destination = |model: &str| preview(&place, model, LETTER).destination;
    gate.test_account(id).unwrap();
    assert_eq!(destination("mine"), Destination::OwnServer);
    gate.save_account(Some(id), &at(&keeps)).unwrap();
    assert_eq!(
        destination("mine"),
        Destination::OwnServer,
        "it is the same"
    );
    gate.save_account(Some(id), &at(&passes_on)).unwrap();
    assert_eq!(
        destination("mine"),
        Destination::Cloud,
        "it was not asked yet"
    );
    assert_eq!(destination("llama3.2:3b"), Destination::Cloud);
    gate.test_account(id).unwrap();
    assert_eq!(destination("mine"), Destination::Cloud);
    assert_eq!(destination("llama3.2:3b"), Destination::OwnServer);
}

#[test]
fn what_was_let_go_for_ones_own_server_was_not_let_go_for_the_one_behind_it() {
    let server = ollama();
    let place = place_with(&server);
    place.policy(|policy| {
        policy.personal.own_server = Action::Ask;
        policy.personal.cloud = Action::Ask;
    });
    let own = with_model(&place, "llama3.2:3b");
    let conversation = place.app.gate.new_conversation(&own).unwrap().id;
    let ask = Ask::Say(conversation, LETTER);
    let gate = &place.app.gate;
    gate.answer_reviewed(ask, None, place.let_go(), &mut |_| ())
        .unwrap();
    let next = say(conversation, "And now?");
    assert!(!gate.preview(&next, None).unwrap().review, "it was seen");
    let cloud = with_model(&place, "gpt-oss:120b-cloud");
    place
        .app
        .set_conversation_options(conversation, &cloud)
        .unwrap();
    assert!(gate.preview(&next, None).unwrap().review);
}

#[test]
fn a_program_that_asks_for_a_model_behind_ollama_sends_nothing_as_it_is_written() {
    let server = ollama();
    let place = place_with(&server);
    let new = NewClient {
        name: "Editor".into(),
        workspace_id: None,
        days: None,
        budget: None,
        keeps_sent: false,
        only_metrics: false,
    };
    let client = place.app.add_client(&new).unwrap().0;
    let wanted = EmbeddingsWanted {
        model: "Ollama/embed:cloud".into(),
        texts: vec![LETTER.into()],
        dimensions: None,
    };
    // The answer is none of vectors; what matters is what it was asked.
    let _ = place
        .app
        .gate
        .embed_for_client(&client, &wanted, &Stop::default());
    assert_eq!(server.received().len(), 1);
    assert!(!server.everything().contains("anna.weiss@example.org"));
}
