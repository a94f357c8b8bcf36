//! What a client asks takes the steps that a chat takes: policy, masking, budgets, record.

use std::io::{Read, Write};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatehouse_core::{
    costs::{CallStatus, Purpose, Route},
    now_ms,
    policy::{self, Action, Policy},
    privacy::{Erasure, Extent, PlaceKind},
    record::{Action as Happened, Filter},
    workspaces,
};

use super::*;
use crate::gate::{
    add_claude, budget,
    pictures::{photograph, sent_pictures, tells},
    price_of,
};

const LETTER: &str = "Please write to anna.weiss@example.org that her lease ends in March.";

pub(super) fn set_policy(app: &App, change: impl FnOnce(&mut Policy)) {
    let mut policy = app
        .store
        .write(|tx| {
            let workspace = workspaces::current(tx, now_ms())?;
            Ok::<_, StoreError>(policy::get(tx, workspace)?)
        })
        .unwrap();
    change(&mut policy);
    app.set_policy(&policy).unwrap();
}

#[test]
fn personal_data_leaves_masked_and_comes_back_in_the_answer_and_in_every_stream() {
    let provider = Provider::echo();
    let place = with_provider(&provider, &[]);
    let answer = place.say(LETTER);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["choices"][0]["message"]["content"], LETTER);
    assert!(!provider.everything().contains("anna.weiss"));
    let streamed = place.chat(&json!({
        "model": ALIAS, "stream": true, "messages": [{ "role": "user", "content": LETTER }],
    }));
    let text: String = streamed
        .body
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
        .filter_map(|chunk| Some(chunk["choices"][0]["delta"]["content"].as_str()?.to_owned()))
        .collect();
    assert_eq!(text, LETTER);
    assert!(!provider.everything().contains("anna.weiss"));
    let call = &place.calls()[0];
    assert_eq!(
        (
            call.purpose,
            call.status,
            call.summary.route,
            call.summary.masked
        ),
        (Purpose::Api, CallStatus::Answered, Route::Masked, 1)
    );
}

#[test]
fn each_call_of_a_client_is_in_the_record_and_its_words_are_not() {
    let provider = Provider::echo();
    let place = with_provider(&provider, &[]);
    place.say("Good morning, all of you.");
    app::idle(&place.app);
    for action in [Happened::CallBegan, Happened::CallEnded] {
        let filter = Filter {
            action: Some(action.name().into()),
            limit: 1,
            ..Filter::default()
        };
        let entry = place.app.record.list(&filter).unwrap().remove(0);
        let named = entry.facts.iter().any(|fact| fact.name == "client");
        assert!(named, "{action:?}");
        assert!(!format!("{entry:?}").contains("morning"));
    }
    app::holds(&place.app);
}

#[test]
fn what_policy_blocks_or_wants_somebody_to_look_at_is_refused_and_leaves_for_nobody() {
    let provider = Provider::echo();
    let place = with_provider(&provider, &[]);
    for action in [Action::Block, Action::Ask] {
        set_policy(&place.app, |policy| policy.personal.cloud = action);
        let answer = place.say(LETTER);
        assert_eq!(answer.status, 403, "{action:?}: {}", answer.body);
        assert_eq!(answer.json()["error"]["code"], "blocked_by_policy");
    }
    assert!(provider.received().is_empty());
    assert_eq!(
        app::fact(&place.app, Happened::Refused, "outcome").as_deref(),
        Some("blocked")
    );
}

#[test]
fn a_picture_leaves_only_where_policy_lets_pictures_leave_and_without_what_it_tells() {
    let provider = Provider::start(|_| Reply::Pieces(vec!["I see it.".into()], 100, 10));
    let address = format!("data:image/jpeg;base64,{}", STANDARD.encode(photograph()));
    let place = with_provider(&provider, &[]);
    let show = || {
        place.chat(
            &json!({ "model": ALIAS, "messages": [{ "role": "user", "content": [
            { "type": "text", "text": "What is this?" },
            { "type": "image_url", "image_url": { "url": address } },
        ] }] }),
        )
    };
    for action in [Action::Ask, Action::Block] {
        set_policy(&place.app, |policy| policy.pictures.cloud = action);
        let answer = show();
        assert_eq!(answer.status, 403, "{action:?}: {}", answer.body);
        assert_eq!(answer.json()["error"]["code"], "blocked_by_policy");
    }
    assert!(provider.received().is_empty());
    set_policy(&place.app, |policy| policy.pictures.cloud = Action::Allow);
    let answer = show();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let sent = sent_pictures(&last(&provider).json());
    assert!(sent.len() == 1 && !tells(&sent[0]), "its pixels alone");
    assert_eq!(place.calls()[0].summary.pictures, 1);
}

#[test]
fn a_prompt_with_pictures_is_no_measure_of_what_it_begins_with() {
    let provider = Provider::start(|_| Reply::Pieces(vec!["I see.".into()], 2_000, 10));
    let address = format!("data:image/jpeg;base64,{}", STANDARD.encode(photograph()));
    let place = with_provider(&provider, &[]);
    set_policy(&place.app, |policy| policy.pictures.cloud = Action::Allow);
    let picture = json!([{ "type": "image_url", "image_url": { "url": address } }]);
    for content in [json!("What is this?"), picture] {
        let system = "Answer as a clerk would. ".repeat(400);
        let answer = place.chat(&json!({ "model": ALIAS, "messages": [
            { "role": "system", "content": system },
            { "role": "user", "content": content },
        ] }));
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let kept = place.app.store.read(|conn| {
        let sql = "SELECT beginning_tokens > 0, own_prompt_tokens > 0 FROM calls ORDER BY number";
        let mut calls = conn.prepare(sql)?;
        let kept = calls.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let kept: Vec<(Option<bool>, Option<bool>)> = kept.collect::<Result<_, _>>()?;
        Ok::<_, StoreError>(kept)
    });
    let whole = (Some(true), Some(true));
    assert_eq!(kept.unwrap(), [whole, (Some(true), None)]);
}

#[test]
fn a_client_that_may_spend_nothing_is_refused_and_one_whose_key_was_taken_back_is_not_let_in() {
    let provider = Provider::echo();
    let mut place = with_provider(&provider, &[]);
    let new = NewClient {
        budget: a_day("0"),
        ..client("Poor")
    };
    let (poor, key) = place.app.add_client(&new).unwrap();
    key.as_str().clone_into(&mut place.key);
    // What a call can cost is not known here, and so could pass any budget.
    let answer = place.say("Hello");
    assert_eq!(answer.status, 402, "{}", answer.body);
    place.app.revoke_client(poor.id).unwrap();
    assert_eq!(place.say("Hello").status, 401);
    assert!(provider.received().is_empty());
}

#[test]
fn who_was_answered_is_not_refused_for_what_that_call_could_have_cost() {
    let provider = Provider::start(|_| Reply::Pieces(vec!["Yes.".into()], 10, 1));
    let place = with_provider(&provider, &[]);
    // Each can cost sixty cents and costs five: two together could pass the budget.
    price_of(&place.app, "test-model", "0.01", "50000");
    budget(&place.app, "1");
    for nth in 0..8 {
        let answer = place.chat(&json!({ "model": ALIAS, "max_tokens": 12,
            "messages": [{ "role": "user", "content": "Hello" }] }));
        assert_eq!(answer.status, 200, "the {nth}th: {}", answer.body);
    }
    assert_eq!(place.calls().len(), 8);
}

#[test]
fn what_a_failed_model_could_have_cost_is_free_again_for_the_next_one() {
    let (down, up) = (
        Provider::start(|_| Reply::Refuse(503, "overloaded")),
        Provider::start(|_| Reply::Pieces(vec!["Yes.".into()], 100, 10)),
    );
    let place = served(&[]);
    let first = account(&place.app, "First", &down.address);
    let second = account(&place.app, "Second", &up.address);
    let link = |account: &Account, model: &str| Link::Account {
        account_id: account.id,
        model: model.into(),
    };
    let alias = Alias {
        id: AliasId::new(),
        name: ALIAS.into(),
        chain: vec![link(&first, "dear"), link(&second, "other")],
    };
    place.app.save_alias(&alias).unwrap();
    // Of twelve tokens at most; of ten, sixty cents.
    price_of(&place.app, "spent", "0.01", "60000");
    price_of(&place.app, "dear", "0.01", "25000");
    price_of(&place.app, "other", "0.01", "20000");
    let ask = |model: &str| {
        place.chat(&json!({ "model": model, "max_tokens": 12,
            "messages": [{ "role": "user", "content": "Hello" }] }))
    };
    assert_eq!(ask("Second/spent").status, 200);
    budget(&place.app, "1");
    let answer = ask(ALIAS);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["model"], "other");
    app::holds(&place.app);
}

#[test]
fn an_answer_that_nobody_waits_for_any_more_is_stopped() {
    let (told, gone) = std::sync::mpsc::channel();
    let told = std::sync::Mutex::new(told);
    let provider = Provider::start(move |_| {
        told.lock().unwrap().send(()).unwrap();
        Reply::Endless(vec!["Once".into()])
    });
    let place = with_provider(&provider, &[]);
    let body = json!({
        "model": ALIAS, "stream": true, "messages": [{ "role": "user", "content": "Tell me all." }],
    })
    .to_string();
    let mut stream = place.served.connect();
    write!(
        stream,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {}\r\nx-api-key: {}\r\ncontent-length: {}\r\n\r\n{body}",
        place.served.host(),
        place.key,
        body.len()
    )
    .unwrap();
    gone.recv().unwrap();
    let mut begun = [0; 64];
    stream.read_exact(&mut begun).unwrap();
    drop(stream);
    // The end of the server comes after the end of all that is worked on.
    place.served.stop();
    let calls = {
        let listed = place
            .app
            .store
            .read(|conn| Ok::<_, StoreError>(costs::list(conn, 10)?));
        listed.unwrap()
    };
    assert_eq!(calls[0].status, CallStatus::Stopped);
}

#[test]
fn what_left_for_a_client_is_found_with_a_person_and_erased_with_them() {
    let provider = Provider::echo();
    let place = with_provider(&provider, &[]);
    set_policy(&place.app, |policy| policy.personal.cloud = Action::Allow);
    place.say(LETTER);
    let anna = vec!["anna.weiss@example.org".to_owned()];
    let found = place.app.find_person(&anna).unwrap();
    assert_eq!(
        found
            .places
            .iter()
            .filter(|place| place.kind == PlaceKind::Sent)
            .count(),
        1
    );
    let Place {
        app,
        folder,
        served,
        ..
    } = place;
    served.stop();
    let erasure = Erasure::Person {
        identifiers: anna.clone(),
        extent: Extent::Words,
    };
    app.erase(&erasure, None, &mut |_| ()).unwrap();
    assert_eq!(app.find_person(&anna).unwrap().total, 0);
    app::holds(&app);
    drop(app);
    let left = crate::support::raw::with_any(&folder.folder, &["anna.weiss"]);
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_left_for_a_client_is_shown_byte_for_byte_and_looking_leaves_an_entry() {
    let provider = Provider::echo();
    let place = with_provider(&provider, &[]);
    place.say(LETTER);
    let call = place.calls().remove(0);
    let number = call.summary.number;
    let gate = &place.app.gate;
    let left = gate.what_left(number).unwrap().unwrap();
    assert_eq!(left.body.as_bytes(), last(&provider).body);
    let shown = format!("{:?}", left.messages);
    assert!(
        shown.contains("her lease ends") && !shown.contains("anna.weiss"),
        "as it left: {shown}"
    );
    let said = (left.client.as_deref(), call.client.as_deref());
    assert_eq!(said, (Some("Test"), Some("Test")));
    let filter = Filter {
        action: Some(Happened::LeavingShown.name().into()),
        call: Some(number),
        limit: 10,
        ..Filter::default()
    };
    let looks = place.app.record.list(&filter).unwrap();
    assert_eq!(looks.len(), 1);
    assert!(looks[0].facts.iter().any(|fact| fact.name == "client"));
    app::holds(&place.app);
}

#[test]
fn of_a_client_that_keeps_nothing_nothing_that_left_is_kept() {
    let provider = Provider::echo();
    let mut place = with_provider(&provider, &[]);
    set_policy(&place.app, |policy| policy.personal.cloud = Action::Allow);
    let new = NewClient {
        keeps_sent: false,
        ..client("Forgetful")
    };
    let (_, key) = place.app.add_client(&new).unwrap();
    key.as_str().clone_into(&mut place.key);
    assert_eq!(place.say(LETTER).status, 200);
    let found = place
        .app
        .find_person(&["anna.weiss@example.org".to_owned()])
        .unwrap();
    assert_eq!(found.total, 0);
    let call = place.calls().remove(0).summary.number;
    assert_eq!(place.app.gate.what_left(call).unwrap(), None);
}

#[test]
fn what_deepseek_cannot_be_told_the_next_of_the_chain_is_and_alone_it_says_what_it_cannot() {
    let provider = able();
    let place = with_provider(&provider, &[]);
    let deepseek = account(&place.app, "DeepSeek", "https://api.deepseek.com");
    let link = |account_id| Link::Account {
        account_id,
        model: "test-model".into(),
    };
    let other = account(&place.app, "Other", &provider.address);
    let alias = Alias {
        id: AliasId::new(),
        name: "chain".into(),
        chain: vec![link(deepseek.id), link(other.id)],
    };
    place.app.save_alias(&alias).unwrap();
    let schema = json!({ "type": "object", "properties": { "colour": { "type": "string" } } });
    let shaped = json!({ "response_format": { "type": "json_schema", "json_schema": {
        "name": "colour", "schema": schema,
    } } });
    let tool =
        json!({ "type": "function", "function": { "name": "look_up", "parameters": schema } });
    let one_call = json!({ "tools": [tool], "parallel_tool_calls": false });
    for (asked, cannot) in [(shaped, "JSON Schema"), (one_call, "one tool at a time")] {
        let ask = |model: &str| {
            let mut body = asked.clone();
            body["model"] = model.into();
            body["messages"] = json!([{ "role": "user", "content": "Which colour?" }]);
            place.chat(&body)
        };
        let answer = ask("chain");
        assert_eq!(answer.status, 200, "{cannot}: {}", answer.body);
        let moves = &place.calls()[0].summary.moves;
        assert_eq!(moves.len(), 1, "{moves:?}");
        assert_eq!(moves[0].call, None, "it was not even asked");
        assert!(moves[0].reason.contains(cannot), "{moves:?}");
        let before = place.calls().len();
        let refused = ask("DeepSeek/test-model");
        assert!((400..500).contains(&refused.status), "{}", refused.body);
        assert!(refused.body.contains(cannot), "{}", refused.body);
        assert_eq!(place.calls().len(), before, "nothing was asked");
    }
}

#[test]
fn the_stop_text_that_claude_met_is_named_as_its_client_wrote_it() {
    let provider = Provider::start(|request| {
        let met = request.json()["stop_sequences"][1].clone();
        Reply::Whole(json!({
            "type": "message", "role": "assistant", "content": [{ "type": "text", "text": "Dear" }],
            "stop_reason": "stop_sequence", "stop_sequence": met,
            "usage": { "input_tokens": 30, "output_tokens": 2 },
        }))
    });
    let place = with_provider(&provider, &[]);
    add_claude(&place.app, &provider);
    let asked = json!({
        "model": "Claude/claude-x", "max_tokens": 60, "stop_sequences": ["###", "anna.weiss@example.org"],
        "messages": [{ "role": "user", "content": LETTER }],
    });
    let answer = place.served.post("/v1/messages", &place.key, &asked);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = answer.json();
    assert_eq!(answer["stop_reason"], "stop_sequence", "{answer}");
    assert_eq!(answer["stop_sequence"], "anna.weiss@example.org");
    assert!(
        !provider.everything().contains("anna.weiss"),
        "it left masked"
    );
}

#[test]
fn texts_are_moderated_masked_and_a_count_is_anthropics_own() {
    let provider = Provider::start(|request| match request.head.contains("count_tokens") {
        true => Reply::Whole(json!({ "input_tokens": 4_711 })),
        false => Reply::Whole(json!({ "results": [{
            "flagged": true,
            "categories": { "violence": true, "hate": false },
            "category_scores": { "violence": 0.9, "hate": 0.1 },
        }] })),
    });
    let place = with_provider(&provider, &[]);
    let asked = json!({ "model": ALIAS, "input": LETTER });
    let answer = place.served.post("/v1/moderations", &place.key, &asked);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let result = &answer.json()["results"][0];
    assert_eq!(result["flagged"], true);
    assert_eq!(result["categories"]["violence"], true);
    assert_eq!(result["category_scores"]["hate"], 0.1);
    assert!(
        !provider.everything().contains("anna.weiss"),
        "it left masked"
    );
    assert_eq!(place.calls().len(), 1, "and is a call like others");

    add_claude(&place.app, &provider);
    let count = |text: &str| {
        let asked = json!({
            "model": "Claude/claude-x", "messages": [{ "role": "user", "content": text }],
        });
        let answer = place
            .served
            .post("/v1/messages/count_tokens", &place.key, &asked);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["input_tokens"].as_u64().unwrap()
    };
    assert_eq!(count(LETTER), 4_711);
    assert!(!provider.everything().contains("anna.weiss"));
    let asked = provider.received().len();
    let own = count("The patient's NHS number is 943 476 5919.");
    assert!(
        (5..100).contains(&own),
        "what may not leave is counted here: {own}"
    );
    assert_eq!(provider.received().len(), asked);
}

#[test]
fn a_model_made_for_it_makes_vectors_on_this_computer_and_does_not_chat() {
    let place = here();
    let embedder = clients::add_embedder(&place);
    let asked = json!({ "model": embedder, "input": [LETTER, "Good morning."] });
    let answer = place.served.post("/v1/embeddings", &place.key, &asked);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body = answer.json();
    let length = |at: usize| body["data"][at]["embedding"].as_array().map(Vec::len);
    assert_eq!([length(0), length(1)], [Some(384); 2]);
    let call = place.calls().remove(0);
    assert_eq!(
        (call.purpose, call.status, call.summary.route),
        (Purpose::Embeddings, CallStatus::Answered, Route::Local)
    );
    let tokens = u64::from(call.summary.prompt_tokens);
    assert_eq!(body["usage"]["prompt_tokens"], tokens);
    assert!(tokens > 10, "as many as the model has read: {tokens}");
    let refused = place.chat(&json!({
        "model": embedder, "messages": [{ "role": "user", "content": "Hello" }],
    }));
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(refused.body.contains("it cannot chat"), "{}", refused.body);
    app::holds(&place.app);
}
