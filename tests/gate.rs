//! What leaves for a provider, what does not, what it costs, and who answers when one cannot.

use std::net::TcpListener;

use gatehouse_core::{
    accounts::{Account, AccountInput, ProviderKind},
    aliases::Elsewhere,
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
    gate::{AnswerEvent, Ask, GateError, Review},
    ids::{ConversationId, OwnRuleId},
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

fn account(app: &App, name: &str, address: &str) -> Account {
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

/// A price of two dollars a million tokens in, and eight out.
fn price(app: &App) {
    let listing = Listing {
        provider: "compatible".into(),
        model: MODEL.into(),
        dated: false,
        service: Service::Standard,
        from: jiff::civil::date(2020, 1, 1),
        until: None,
        hours: None,
        rates: Rates {
            input: "2".parse().unwrap(),
            cached: None,
            cache_write: None,
            cache_write_hour: None,
            output: Some("8".parse().unwrap()),
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

fn elsewhere(account: &Account) -> Options {
    Options {
        elsewhere: Some(Elsewhere::Account {
            account_id: account.id,
            model: MODEL.into(),
        }),
        sampling: app::steady(12),
        ..Options::default()
    }
}

impl Place {
    fn conversation(&self) -> ConversationId {
        let options = elsewhere(&self.account);
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

/// An address at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/v1", listener.local_addr().unwrap())
}

#[test]
fn a_message_leaves_masked_and_its_answer_comes_back_restored() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    price(&place.app);
    let conversation = place.conversation();
    let answer = place.say(conversation, LETTER);
    assert_eq!(
        (answer.state, answer.text.as_str()),
        (MessageState::Done, LETTER)
    );
    let sent = provider.everything();
    assert!(!sent.contains("anna.weiss"), "the address stayed: {sent}");
    assert!(
        sent.contains("[EMAIL-ADDRESS-1-"),
        "a placeholder left: {sent}"
    );
    let call = answer.call.unwrap();
    assert_eq!((call.route, call.masked), (Route::Masked, 1));
    assert_eq!(call.account.as_deref(), Some("Test"));
    assert_eq!((call.prompt_tokens, call.output_tokens), (100, 10));
    assert_eq!(
        call.cost.as_deref(),
        Some("$0.00028"),
        "100 × $2 and 10 × $8 a million"
    );
    assert!(call.measured);
}

#[test]
fn a_value_keeps_its_placeholder_over_turns_and_the_history_is_masked_too() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    place.say(conversation, LETTER);
    place.say(
        conversation,
        "Also tell anna.weiss@example.org and bob@example.net the date.",
    );
    let second = &provider.received()[1];
    let body = second.json();
    let all = body.to_string();
    assert!(!all.contains("@example"), "no address left: {all}");
    let first_again = body["messages"][1]["content"].to_string();
    assert!(first_again.contains("[EMAIL-ADDRESS-1-"), "{first_again}");
    let last = second.last_message();
    assert!(
        last.contains("[EMAIL-ADDRESS-1-") && last.contains("[EMAIL-ADDRESS-2-"),
        "{last}"
    );
}

#[test]
fn what_would_leave_is_byte_for_byte_what_leaves_and_can_be_seen_later() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let text = "Call +49 30 901820 instead.";
    let before = place
        .app
        .gate
        .what_would_leave(Some(conversation), None, text)
        .unwrap()
        .unwrap();
    assert!(provider.received().is_empty(), "looking sends nothing");
    let answer = place.say(conversation, text);
    let received = String::from_utf8(provider.received()[0].body.clone()).unwrap();
    assert_eq!(before.body, received);
    let phone = before
        .found
        .iter()
        .find(|found| found.kind == "PHONE_NUMBER")
        .unwrap();
    assert_eq!(
        (phone.text.as_str(), phone.action),
        ("+49 30 901820", Action::Mask)
    );
    let call = answer.call.unwrap().number;
    let later = place.app.gate.what_left(call).unwrap().unwrap();
    assert_eq!(later.body, received);
    let shown: String = later
        .messages
        .last()
        .unwrap()
        .pieces
        .iter()
        .map(|piece| piece.original.as_deref().unwrap_or(&piece.sent))
        .collect();
    assert_eq!(shown, text, "what it stands for is shown beside it");
}

#[test]
fn a_masked_conversation_that_goes_on_here_has_the_real_values() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    place.say(conversation, LETTER);
    let here = Options {
        sampling: app::steady(4),
        ..Options::default()
    };
    let set = place
        .app
        .store
        .write(|tx| chat::set_options(tx, conversation, &here));
    set.unwrap();
    let answer = place.say(conversation, "And now?");
    let call = answer.call.unwrap();
    assert_eq!((call.route, call.masked), (Route::Local, 0));
    assert_eq!(place.app.gate.what_left(call.number).unwrap(), None);
    assert_eq!(provider.received().len(), 1);
    let texts: Vec<_> = place
        .messages(conversation)
        .into_iter()
        .map(|m| m.text)
        .collect();
    assert_eq!(texts[1], LETTER);
}

#[test]
fn a_secret_blocks_the_message_and_nothing_is_lost() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let text = "Use the key ghp_16C7e42F292c6912E7710c838347Ae178B4a for the build.";
    let error = place.refused(conversation, text, Review::NotAsked);
    assert!(matches!(error, GateError::Blocked { .. }), "{error}");
    assert!(provider.received().is_empty(), "nothing was opened");
    assert!(place.messages(conversation).is_empty() && place.calls().is_empty());
    let preview = place
        .app
        .gate
        .preview(Some(conversation), None, text)
        .unwrap();
    assert_eq!(
        preview.route,
        Route::Blocked,
        "the route line says so before"
    );
}

#[test]
fn a_special_category_is_answered_on_this_computer() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let text = "The patient's NHS number is 943 476 5919.";
    let answer = place.say(conversation, text);
    assert_eq!(answer.state, MessageState::Done);
    let call = answer.call.unwrap();
    assert_eq!(call.route, Route::Local);
    assert_eq!(call.moves.len(), 1);
    assert!(call.moves[0].reason.contains("policy"), "{:?}", call.moves);
    assert!(provider.received().is_empty());
}

#[test]
fn where_policy_asks_nothing_leaves_before_the_person_has_looked() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    place.policy(|policy| policy.personal.cloud = Action::Ask);
    let conversation = place.conversation();
    let error = place.refused(conversation, LETTER, Review::NotAsked);
    assert!(matches!(error, GateError::ReviewFirst { .. }), "{error}");
    assert!(provider.received().is_empty() && place.messages(conversation).is_empty());
    assert!(
        place
            .app
            .gate
            .preview(Some(conversation), None, LETTER)
            .unwrap()
            .review
    );
    let send = |text: &str, review| {
        place
            .app
            .gate
            .answer_reviewed(Ask::Say(conversation, text), None, review, &mut |_| ())
            .unwrap()
            .1
    };
    let here = send(LETTER, Review::KeepHere);
    assert_eq!(here.call.unwrap().route, Route::Local);
    assert!(provider.received().is_empty(), "it was kept here");
    let sent = send(LETTER, Review::MayLeave);
    assert_eq!(sent.call.unwrap().route, Route::Masked);
    assert!(!provider.everything().contains("anna.weiss"));
    let again = send("And bob@example.net too.", Review::NotAsked);
    assert_eq!(
        again.call.unwrap().route,
        Route::Masked,
        "the first send was looked at"
    );
}

#[test]
fn with_the_network_gone_the_conversation_goes_on_here() {
    let place = place(&nobody());
    let conversation = place.conversation();
    let mut moved = None;
    let answer = app::answer(&place.app, Ask::Say(conversation, "Hello"), |event| {
        if let AnswerEvent::Moved { moves, .. } = event {
            moved = Some(moves);
        }
    });
    assert_eq!(answer.state, MessageState::Done);
    let call = answer.call.unwrap();
    assert_eq!(call.route, Route::Local);
    assert_eq!(
        moved.unwrap(),
        call.moves,
        "the person hears of it while it happens"
    );
    assert!(
        call.moves[0].reason.contains("cannot be reached"),
        "{:?}",
        call.moves
    );
    let failed = call.moves[0].call.unwrap();
    let row = place
        .calls()
        .into_iter()
        .find(|row| row.summary.number == failed)
        .unwrap();
    assert_eq!(
        (row.status, row.error_kind.as_deref()),
        (CallStatus::Failed, Some("no_network"))
    );
    assert_eq!(
        row.summary.cost.as_deref(),
        Some("$0"),
        "nothing was reached, nothing is billed"
    );
}

#[test]
fn a_provider_that_fails_again_and_again_is_left_out_for_a_while() {
    let provider = Provider::start(|_| Reply::Refuse(503, "overloaded"));
    let place = place(&provider.address);
    for _ in 0..3 {
        place.say(place.conversation(), "Hello");
    }
    let tried = provider.received().len();
    let answer = place.say(place.conversation(), "Hello");
    assert_eq!(
        provider.received().len(),
        tried,
        "nobody waits for it a fourth time"
    );
    let call = answer.call.unwrap();
    assert!(
        call.moves[0].reason.contains("left out"),
        "{:?}",
        call.moves
    );
}

#[test]
fn a_wrong_key_is_said_and_no_other_model_answers_in_its_place() {
    let provider = Provider::start(|_| Reply::Refuse(401, "Incorrect API key provided"));
    let place = place(&provider.address);
    let answer = place.say(place.conversation(), "Hello");
    assert_eq!(answer.state, MessageState::Failed);
    let problem = answer.problem.unwrap();
    assert_eq!(problem.code, gatehouse_core::problem::ProblemCode::KeyWrong);
    assert!(problem.hint.unwrap().contains("Settings"));
    assert!(!problem.message.contains(KEY));
}

#[test]
fn a_budget_stops_a_call_before_it_is_made() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    price(&place.app);
    place.without_fallback();
    let budget = |limit| Budget {
        workspace: None,
        period: Period::Day,
        limit: Money::of_dollars(limit).unwrap(),
        warn_percent: 80,
        stops: true,
    };
    let set = |limit| {
        place
            .app
            .store
            .write(|tx| budgets::set(tx, &budget(limit)))
            .unwrap()
    };
    set("0.00001");
    let conversation = place.conversation();
    let error = place.refused(conversation, "Hello", Review::NotAsked);
    assert!(matches!(error, GateError::Budget(_)), "{error}");
    assert!(provider.received().is_empty() && place.messages(conversation).is_empty());
    set("5");
    assert_eq!(place.say(conversation, "Hello").state, MessageState::Done);
    // An own price is needed for a budget to hold: unknown is never zero.
    let other = Options {
        elsewhere: Some(Elsewhere::Account {
            account_id: place.account.id,
            model: "unpriced".into(),
        }),
        ..Options::default()
    };
    let unpriced = place.app.gate.new_conversation(&other).unwrap().id;
    let error = place.refused(unpriced, "Hello", Review::NotAsked);
    assert!(error.to_string().contains("not known"), "{error}");
}

#[test]
fn a_stopped_stream_is_billed_for_what_was_seen_and_says_that_it_is_estimated() {
    let pieces: Vec<String> = (0..40).map(|n| format!("word{n} ")).collect();
    let provider = Provider::start(move |_| Reply::Endless(pieces.clone()));
    let place = place(&provider.address);
    price(&place.app);
    let conversation = place.conversation();
    let gate = &place.app.gate;
    let answer = app::answer(&place.app, Ask::Say(conversation, "Hello"), |event| {
        if let AnswerEvent::Text { text, .. } = event
            && text.contains("word39")
        {
            gate.stop(conversation);
        }
    });
    assert_eq!(answer.state, MessageState::Stopped);
    let call = answer.call.unwrap();
    assert!(!call.measured, "our own count is an estimate");
    assert!(call.output_tokens >= 40, "{} tokens", call.output_tokens);
    assert!(call.cost.is_some_and(|cost| cost != "$0"));
}

#[test]
fn offline_opens_no_connection_and_every_other_one_is_in_the_log() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    place.say(conversation, "Hello");
    let mut settings = place.app.store.read(gatehouse_core::settings::get).unwrap();
    settings.offline = true;
    place.app.set_settings(&settings).unwrap();
    let answer = place.say(conversation, "Hello again");
    assert_eq!(answer.call.unwrap().route, Route::Local);
    assert_eq!(provider.received().len(), 1, "nothing was opened");
    let log = place.log();
    assert_eq!(log.len(), 1);
    let sent = provider.received()[0].body.len() as u64;
    assert_eq!(
        (log[0].bytes_out, log[0].outcome, log[0].purpose.as_str()),
        (sent, Outcome::Answered, "chat")
    );
}

#[test]
fn what_cannot_be_inspected_does_not_leave() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    place
        .app
        .store
        .write(|tx| {
            let workspace = workspaces::first(tx, now_ms())?;
            // As a later version, or a damaged row, would have it.
            tx.execute(
                "INSERT INTO own_rules VALUES (?1, ?2, 'Cases', 'personal', 'pattern', '(', 1)",
                (OwnRuleId::new(), workspace),
            )?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let conversation = place.conversation();
    let error = place.refused(conversation, "Hello", Review::NotAsked);
    assert!(matches!(error, GateError::Inspection(_)), "{error}");
    assert!(provider.received().is_empty() && place.messages(conversation).is_empty());
}

#[test]
fn a_persons_own_rule_masks_in_its_workspace() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let rule = own_rules::OwnRule {
        id: OwnRuleId::new(),
        name: "Case number".into(),
        class: own_rules::RuleClass::Personal,
        form: own_rules::RuleForm::Pattern,
        content: r"LK-\d{4}/\d{2}".into(),
        is_on: true,
    };
    let saved = place.app.store.write(|tx| {
        let workspace = workspaces::first(tx, now_ms())?;
        own_rules::save(tx, workspace, &rule)
    });
    saved.unwrap();
    let answer = place.say(place.conversation(), "The case is LK-2291/26.");
    assert_eq!(answer.text, "The case is LK-2291/26.");
    assert!(!provider.everything().contains("LK-2291"));
}

#[test]
fn a_chain_answers_with_the_first_model_that_can() {
    let (down, up) = (
        Provider::start(|_| Reply::Refuse(529, "overloaded")),
        Provider::echo(),
    );
    let place = place(&down.address);
    let second = account(&place.app, "Second", &up.address);
    let chain = vec![
        gatehouse_core::aliases::Link::Account {
            account_id: place.account.id,
            model: MODEL.into(),
        },
        gatehouse_core::aliases::Link::Account {
            account_id: second.id,
            model: "other".into(),
        },
        gatehouse_core::aliases::Link::Local { model_id: None },
    ];
    let alias = gatehouse_core::aliases::Alias {
        id: gatehouse_core::ids::AliasId::new(),
        name: "default".into(),
        chain,
    };
    place
        .app
        .store
        .write(|tx| gatehouse_core::aliases::save(tx, &alias))
        .unwrap();
    let options = Options {
        elsewhere: Some(Elsewhere::Alias { alias_id: alias.id }),
        ..Options::default()
    };
    let conversation = place.app.gate.new_conversation(&options).unwrap().id;
    let answer = place.say(conversation, LETTER);
    assert_eq!(answer.text, LETTER);
    let call = answer.call.unwrap();
    assert_eq!(
        (call.model.as_str(), call.account.as_deref()),
        ("other", Some("Second"))
    );
    assert_eq!(call.moves.len(), 1);
    assert!(!down.everything().contains("anna.weiss") && !up.everything().contains("anna.weiss"));
}

#[test]
fn every_byte_that_leaves_is_accounted_for() {
    // Everything goes through this proxy, whomever it is meant for.
    let proxy = Provider::start(|request| match request.head.split(' ').next() {
        Some("GET") => Reply::Whole(json!({ "data": [{ "id": MODEL }] })),
        _ => Reply::Pieces(vec!["Yes.".into()], 50, 2),
    });
    let place = place("http://tower/v1");
    let mut settings = place.app.store.read(gatehouse_core::settings::get).unwrap();
    settings.proxy = proxy.address.trim_end_matches("/v1").to_owned();
    place.app.set_settings(&settings).unwrap();
    let gate = &place.app.gate;
    // What a person does in a session, with everything that looks and counts on the way.
    gate.test_account(place.account.id).unwrap();
    let conversation = place.conversation();
    gate.preview(Some(conversation), None, LETTER).unwrap();
    gate.what_would_leave(Some(conversation), None, LETTER)
        .unwrap();
    gate.count_tokens(Some(conversation), LETTER).unwrap();
    gate.safety_report(LETTER).unwrap();
    let first = place.say(conversation, LETTER);
    gate.title(conversation).unwrap();
    app::answer(&place.app, Ask::Again(first.id), |_| ());
    let question = first.parent_id.unwrap();
    app::answer(
        &place.app,
        Ask::Edit(question, "And bob@example.net?"),
        |_| (),
    );
    assert!(
        gate.update_prices_from("http://tower/prices.json", true)
            .is_err()
    );

    let received = proxy.received();
    let (with_body, without): (Vec<_>, Vec<_>) = received
        .iter()
        .partition(|request| !request.body.is_empty());
    assert!(
        without
            .iter()
            .all(|request| request.head.starts_with("GET "))
    );
    let mut left: Vec<_> = place
        .calls()
        .iter()
        .filter_map(|call| gate.what_left(call.summary.number).unwrap())
        .map(|left| left.body.into_bytes())
        .collect();
    left.reverse();
    let sent: Vec<_> = with_body
        .into_iter()
        .map(|request| request.body.clone())
        .collect();
    assert_eq!(sent.len(), 3, "a message, its answer again, its edit");
    assert_eq!(sent, left, "each byte that left is kept with its call");
    let log = place.log();
    assert_eq!(log.len(), received.len(), "each connection is in the log");
    let logged: u64 = log.iter().map(|line| line.bytes_out).sum();
    assert_eq!(
        logged,
        sent.iter().map(|body| body.len() as u64).sum::<u64>()
    );
    assert!(log.iter().all(|line| line.host == "tower"));
}

#[test]
fn where_the_account_was_removed_the_conversation_goes_on_here() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    place.app.gate.remove_account(place.account.id).unwrap();
    let answer = place.say(conversation, "Hello");
    assert_eq!(answer.call.unwrap().route, Route::Local);
    assert!(provider.received().is_empty());
}

#[test]
fn an_account_is_tested_by_its_models_and_no_request_goes_out_before() {
    let provider = Provider::start(|_| {
        Reply::Whole(json!({ "object": "list", "data": [
            { "id": "small", "object": "model" }, { "id": "large", "object": "model" } ] }))
    });
    let place = place(&provider.address);
    assert!(provider.received().is_empty(), "setting up sends nothing");
    let account = place.app.gate.test_account(place.account.id).unwrap();
    let names: Vec<_> = account
        .models
        .iter()
        .map(|model| model.id.as_str())
        .collect();
    assert_eq!(names, ["small", "large"]);
    assert!(
        account.models.iter().all(|model| model.chosen),
        "a short list is taken whole"
    );
    let head = provider.received()[0].head.clone();
    assert!(
        head.to_ascii_lowercase()
            .contains(&format!("authorization: bearer {KEY}")),
        "the key is sent to its own provider"
    );
}
