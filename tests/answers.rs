//! Answers of the real model in the real engine, through the one door, into the real database.

use std::{
    fs,
    path::PathBuf,
    sync::{atomic::AtomicBool, mpsc},
    thread,
    time::{Duration, Instant},
};

use gatehouse_core::{
    aliases::{self, Alias, Elsewhere, Link},
    app::App,
    chat::{self, MessageState, Options, Thread},
    costs::{self, CallStatus, Purpose},
    gate::{AnswerEvent, Ask, GateError},
    ids::{AliasId, ConversationId},
    models::HowAdded,
    problem::{Problem, ProblemCode},
    protocol::{Constraint, FinishReason, Sampling},
    store::StoreError,
};
use serde_json::json;

use crate::support::{
    app::{self, conversation, endless_conversation, say},
    disk::SmallDisk,
    folder::TempFolder,
};

fn thread_of(app: &gatehouse_core::app::App, id: ConversationId) -> Thread {
    app.store.read(|conn| chat::thread(conn, id)).unwrap()
}

fn calls(app: &gatehouse_core::app::App) -> Vec<costs::CallRow> {
    app.store
        .read(|conn| Ok::<_, StoreError>(costs::list(conn, 100)?))
        .unwrap()
}

#[test]
fn an_answer_streams_and_is_kept_with_its_call() {
    let (_folder, app) = app::new();
    let conversation = conversation(&app, 24);
    let (mut streamed, mut kinds) = (String::new(), Vec::new());
    let answer = app::answer(
        &app,
        Ask::Say(conversation.id, "What is a lease?"),
        |event| {
            kinds.push(match event {
                AnswerEvent::Begun { question, answer } => {
                    assert_eq!(question.unwrap().text, "What is a lease?");
                    assert_eq!(answer.state, MessageState::Streaming);
                    "begun"
                }
                AnswerEvent::Text { text, .. } => {
                    streamed.push_str(&text);
                    "text"
                }
                AnswerEvent::Ended { .. } => "ended",
                _ => "other",
            });
        },
    );
    assert_eq!(kinds.first(), Some(&"begun"));
    assert_eq!(kinds.last(), Some(&"ended"));
    assert!(
        kinds.iter().filter(|kind| **kind == "text").count() > 5,
        "it streams in pieces, not in one"
    );
    assert_eq!(
        (answer.state, &answer.text),
        (MessageState::Done, &streamed)
    );
    let shown = thread_of(&app, conversation.id).messages;
    assert_eq!(shown[1], answer, "what is shown later is what was heard");
    let call = answer.call.unwrap();
    assert_eq!(
        (call.output_tokens, call.finish),
        (24, Some(FinishReason::MaxTokens))
    );
    assert_eq!(call.cost.as_deref(), Some("$0"));
    assert!(call.measured && call.prompt_tokens > 5 && call.first_token_ms.is_some());
    assert_eq!(calls(&app)[0].status, CallStatus::Answered);
}

#[test]
fn a_stopped_answer_keeps_what_was_written_and_writes_no_more() {
    let (_folder, app) = app::new();
    let conversation = endless_conversation(&app, 2000);
    let mut stopped_at = 0;
    let answer = app::answer(
        &app,
        Ask::Say(conversation.id, "Tell me a very long story."),
        |event| {
            if let AnswerEvent::Text { tokens, .. } = event
                && tokens >= 8
                && stopped_at == 0
            {
                app.gate.stop(conversation.id);
                stopped_at = tokens;
            }
        },
    );
    assert_eq!(answer.state, MessageState::Stopped);
    assert!(!answer.text.is_empty(), "what was written stays");
    let written = answer.call.unwrap().output_tokens;
    assert!(
        (stopped_at..stopped_at + 400).contains(&written),
        "stopped at {stopped_at}, it wrote {written} tokens"
    );
    assert_eq!(calls(&app)[0].status, CallStatus::Stopped);
}

#[test]
fn the_second_turn_reads_only_what_is_new() {
    let (_folder, app) = app::new();
    let conversation = conversation(&app, 32);
    let first = say(
        &app,
        conversation.id,
        "Name three fruits and describe each in one sentence.",
    );
    let second = say(&app, conversation.id, "And three vegetables?");
    let (first, second) = (first.call.unwrap(), second.call.unwrap());
    let before = first.prompt_tokens + first.output_tokens;
    let new = second.prompt_tokens - second.cached_tokens;
    assert!(
        second.cached_tokens + 4 >= before,
        "{before} tokens were there, {} were kept",
        second.cached_tokens
    );
    assert!(new < 30, "{new} tokens were read for a short question");
}

#[test]
fn two_conversations_are_answered_at_once() {
    let (_folder, app) = app::new();
    let ids = [(); 2].map(|()| endless_conversation(&app, 2000).id);
    let (heard, order) = mpsc::channel();
    let answers = thread::scope(|scope| {
        let answering = ids.map(|id| {
            let (app, heard) = (&app, heard.clone());
            scope.spawn(move || {
                app::answer(
                    app,
                    Ask::Say(id, "Count to fifty in words."),
                    |event| match event {
                        AnswerEvent::Started { .. } => heard.send((id, "started")).unwrap(),
                        AnswerEvent::Ended { .. } => heard.send((id, "ended")).unwrap(),
                        _ => {}
                    },
                )
            })
        });
        let first_two = [(); 2].map(|()| order.recv().unwrap());
        for id in ids {
            app.gate.stop(id);
        }
        for id in ids {
            assert!(
                first_two.contains(&(id, "started")),
                "both start before either ends: {first_two:?}"
            );
        }
        answering.map(|answer| answer.join().unwrap())
    });
    for answer in answers {
        assert_eq!(answer.state, MessageState::Stopped);
    }
}

#[test]
fn one_conversation_is_answered_once_at_a_time() {
    let (_folder, app) = app::new();
    let conversation = conversation(&app, 64);
    let mut second = None;
    app::answer(
        &app,
        Ask::Say(conversation.id, "Tell me about tea."),
        |event| {
            if let AnswerEvent::Text { .. } = event
                && second.is_none()
            {
                second = Some(app.gate.answer(
                    Ask::Say(conversation.id, "And coffee?"),
                    None,
                    &mut |_| (),
                ));
                app.gate.stop(conversation.id);
            }
        },
    );
    assert!(matches!(second, Some(Err(GateError::Busy))));
    assert_eq!(
        thread_of(&app, conversation.id).messages.len(),
        2,
        "nothing of the second one was kept"
    );
}

#[test]
fn an_answer_held_to_a_schema_is_json_of_that_form() {
    let (_folder, app) = app::new();
    let conversation = conversation(&app, 200);
    let schema = json!({
        "type": "object",
        "properties": { "city": { "type": "string", "maxLength": 40 }, "capital": { "type": "boolean" } },
        "required": ["city", "capital"],
        "additionalProperties": false
    });
    let ask = Ask::Say(conversation.id, "Is Paris a capital? Answer as JSON.");
    let (_, answer) = app
        .gate
        .answer(ask, Some(Constraint::JsonSchema(schema)), &mut |_| ())
        .unwrap();
    let value: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    assert!(
        value["city"].is_string() && value["capital"].is_boolean(),
        "{value}"
    );
}

#[test]
fn a_schema_that_is_none_is_refused_with_words() {
    let (_folder, app) = app::new();
    let conversation = conversation(&app, 20);
    let schema = Constraint::JsonSchema(json!({ "type": "no-such-type" }));
    let refused = app
        .gate
        .answer(Ask::Say(conversation.id, "Hi"), Some(schema), &mut |_| ());
    let problem = Problem::from(refused.unwrap_err());
    assert_eq!(problem.code, ProblemCode::BadConstraint);
    assert!(problem.message.contains("is no type"), "{problem}");
    assert_eq!(calls(&app).len(), 0, "no model was asked");
}

#[test]
fn an_answer_held_to_a_schema_that_is_let_through_satisfies_it() {
    let (_folder, app) = app::new();
    let named = |name: &str| json!({ "type": "object", "properties": { "kind": { "const": name }, "n": { "type": "integer" } }, "required": ["kind", "n"] });
    let schemas = [
        json!({ "type": "integer", "minimum": 100 }),
        json!({ "type": "integer", "minimum": 1_050, "maximum": 2_007 }),
        json!({ "type": "integer", "maximum": -5 }),
        json!({ "type": "integer", "exclusiveMinimum": -3, "exclusiveMaximum": 12 }),
        json!({ "type": "string", "minLength": 3, "maxLength": 9 }),
        json!({ "type": "string", "pattern": "^[A-Z]{2}-\\d{3}$" }),
        json!({ "type": "string", "pattern": "^.{4,9}$" }),
        json!({ "type": "string", "pattern": "^(cat|dog)s?$" }),
        json!({ "type": "string", "format": "date" }),
        json!({ "type": "string", "format": "uuid" }),
        json!({ "enum": ["a", 1, null, { "x": [true] }] }),
        json!({ "type": "array", "items": { "type": "boolean" }, "minItems": 2, "maxItems": 4 }),
        json!({ "type": "array", "prefixItems": [{ "type": "integer" }, { "const": "é\"" }], "minItems": 2, "items": false }),
        json!({ "oneOf": [named("cat"), named("dog")] }),
        json!({ "allOf": [{ "$ref": "#/$defs/a" }, { "properties": { "b": { "type": "boolean" } }, "required": ["b"] }],
                "$defs": { "a": { "type": "object", "properties": { "date_time": { "type": "integer", "minimum": 0 },
                    "at": { "type": "string", "format": "date-time" } }, "required": ["date_time", "at"] } } }),
        json!({ "type": "object", "properties": { "next": { "anyOf": [{ "$ref": "#" }, { "type": "null" }] } }, "required": ["next"] }),
    ];
    let mut whole = 0;
    for (nth, schema) in schemas.iter().enumerate() {
        let validator = jsonschema::validator_for(schema).unwrap();
        for seed in 1..3 {
            let options = Options {
                sampling: Sampling {
                    temperature: 1.3,
                    seed: Some(seed),
                    ..app::steady(90)
                },
                ..Options::default()
            };
            let conversation = app.gate.new_conversation(&options).unwrap();
            let ask = Ask::Say(conversation.id, "Make something up, as JSON.");
            let constraint = Constraint::JsonSchema(schema.clone());
            let (_, answer) = app.gate.answer(ask, Some(constraint), &mut |_| ()).unwrap();
            assert_eq!(answer.problem, None, "{schema}");
            let call = calls(&app).remove(0);
            if call.summary.finish != Some(FinishReason::EndOfAnswer) {
                continue;
            }
            let value: serde_json::Value = serde_json::from_str(&answer.text)
                .unwrap_or_else(|error| panic!("{nth}: {error} in {}", answer.text));
            assert!(validator.is_valid(&value), "{value} is not of {schema}");
            whole += 1;
        }
    }
    assert!(whole >= schemas.len(), "{whole} answers came to an end");
}

#[test]
fn a_model_that_only_makes_vectors_is_refused_for_a_chat_in_words_of_its_own() {
    let (_folder, app) = app::new();
    let never = AtomicBool::new(false);
    let (embedder, _) = app
        .add_model(&app::embedding_model(), &never, &mut |_| ())
        .unwrap();
    let options = Options {
        model_id: Some(embedder.id),
        ..Options::default()
    };
    let conversation = app.gate.new_conversation(&options).unwrap();
    let refused = app
        .gate
        .answer(Ask::Say(conversation.id, "Hi"), None, &mut |_| ());
    let problem = Problem::from(refused.unwrap_err());
    assert_eq!(problem.code, ProblemCode::ModelRefused);
    assert!(problem.message.contains("it cannot chat"), "{problem}");
    assert_eq!(problem.hint.as_deref(), Some("Choose a chat model."));
    app.gate.load(embedder.id, &mut |_| ()).unwrap();
    let again = app
        .gate
        .answer(Ask::Say(conversation.id, "Hi"), None, &mut |_| ());
    let again = Problem::from(again.unwrap_err());
    assert_eq!(again, problem, "the same where it is loaded");
    let alias = Alias {
        id: AliasId::new(),
        name: "q".into(),
        chain: vec![Link::Local {
            model_id: Some(embedder.id),
        }],
    };
    let refused = Problem::from(app.save_alias(&alias).unwrap_err());
    assert!(refused.message.contains("cannot chat"), "{refused}");
    // One of an older Gatehouse, or of an archive.
    app.store
        .write(|tx| aliases::save(tx, &alias).map(drop))
        .unwrap();
    let options = Options {
        elsewhere: Some(Elsewhere::Alias { alias_id: alias.id }),
        ..Options::default()
    };
    let by_alias = app.gate.new_conversation(&options).unwrap();
    let refused = app
        .gate
        .answer(Ask::Say(by_alias.id, "Hi"), None, &mut |_| ());
    assert_eq!(Problem::from(refused.unwrap_err()), problem);
}

#[test]
fn a_message_longer_than_the_context_is_refused_and_stays() {
    let (_folder, app) = app::new();
    let conversation = conversation(&app, 20);
    let long = "word ".repeat(20_000);
    let answer = say(&app, conversation.id, &long);
    let problem = answer.problem.unwrap();
    assert_eq!(
        (answer.state, problem.code),
        (MessageState::Failed, ProblemCode::PromptTooLong)
    );
    assert!(
        !problem.message.contains("horten"),
        "the engine says what it counted: {}",
        problem.message
    );
    assert_eq!(
        problem.hint.unwrap(),
        "Shorten the message, or choose a model with a larger context.",
        "the starter model has all the context that it was made for"
    );
    assert_eq!(
        thread_of(&app, conversation.id).messages[0].text,
        long,
        "the message is not lost"
    );
}

#[test]
fn where_a_model_was_loaded_with_less_than_it_was_made_for_more_is_offered_and_helps() {
    let (_folder, app) = app::new();
    let with_context = |context_tokens| gatehouse_core::settings::Settings {
        context_tokens,
        ..Default::default()
    };
    app.set_settings(&with_context(512)).unwrap();
    let conversation = conversation(&app, 20);
    let long = "word ".repeat(600);
    let answer = say(&app, conversation.id, &long);
    assert_eq!(
        answer.problem.unwrap().hint.unwrap(),
        "Shorten the message, or raise the context size in Settings."
    );
    app.set_settings(&with_context(1024)).unwrap();
    let again = app::answer(&app, Ask::Again(answer.id), |_| ());
    assert_eq!((again.state, again.problem), (MessageState::Done, None));
}

#[test]
fn old_turns_that_do_not_fit_are_left_out_in_the_open() {
    let (_folder, app) = app::new();
    let settings = gatehouse_core::settings::Settings {
        context_tokens: 512,
        ..Default::default()
    };
    app.set_settings(&settings).unwrap();
    let conversation = conversation(&app, 8);
    let dropped = (0..6).map(|turn| {
        let text = format!(
            "Turn {turn}: {}",
            "the quick brown fox jumps over it. ".repeat(12)
        );
        say(&app, conversation.id, &text)
            .call
            .unwrap()
            .dropped_messages
    });
    assert!(
        dropped.last().unwrap() > 0,
        "the answer says how many messages the model did not see"
    );
}

#[test]
fn a_title_is_found_by_the_model_and_never_replaces_a_persons() {
    let (_folder, app) = app::new();
    let untitled = conversation(&app, 24);
    say(&app, untitled.id, "What is the capital of France?");
    assert!(app.gate.title(untitled.id).unwrap());
    let title = thread_of(&app, untitled.id).conversation.title.unwrap();
    assert!(
        !title.trim().is_empty() && title.chars().count() <= 120,
        "{title:?}"
    );
    assert_eq!(
        calls(&app)[0].purpose,
        Purpose::Title,
        "titles are calls like any other"
    );
    app.store
        .write(|tx| chat::rename(tx, untitled.id, "Mine"))
        .unwrap();
    assert!(!app.gate.title(untitled.id).unwrap());
    assert_eq!(
        thread_of(&app, untitled.id).conversation.title.as_deref(),
        Some("Mine")
    );
}

#[test]
fn a_conversation_stays_with_the_model_of_its_first_answer() {
    let (folder, app) = app::new();
    let conversation = conversation(&app, 2);
    assert_eq!(conversation.model_id, None);
    say(&app, conversation.id, "Hello");
    let starter = app.installed_models().unwrap()[0].clone();
    // Another file of the same model, and so another model on the list.
    let mut copy = fs::read(&starter.path).unwrap();
    copy.push(0);
    let path = folder.path().join("other.gguf");
    fs::write(&path, copy).unwrap();
    let (other, added) = app
        .add_model(&path, &AtomicBool::new(false), &mut |_| ())
        .unwrap();
    assert_eq!(added, HowAdded::New);
    let options = Options {
        model_id: Some(other.id),
        sampling: app::steady(2),
        ..Options::default()
    };
    let elsewhere = app.gate.new_conversation(&options).unwrap();
    let answer = say(&app, elsewhere.id, "Hello");
    assert_eq!(answer.call.unwrap().model, other.name);
    assert_eq!(
        app.installed_models().unwrap()[0].id,
        other.id,
        "the last used one comes first"
    );
    let answer = say(&app, conversation.id, "And again");
    assert_eq!(answer.call.unwrap().model, starter.name);
    assert_eq!(
        thread_of(&app, conversation.id).conversation.model_id,
        Some(starter.id)
    );
}

#[test]
fn a_starter_model_that_was_removed_stays_away_until_it_is_added_again() {
    let (folder, app) = app::new();
    let starter = app.installed_models().unwrap().remove(0);
    app.remove_model(starter.id, false).unwrap();
    drop(app);
    let app = App::open(
        &folder.folder,
        app::around(app::program("gatehouse-engine")),
    )
    .unwrap();
    assert!(!app.ensure_starter().unwrap());
    assert!(app.installed_models().unwrap().is_empty());
    let path = PathBuf::from(&starter.path);
    app.add_model(&path, &AtomicBool::new(false), &mut |_| ())
        .unwrap();
    assert_eq!(app.installed_models().unwrap().len(), 1);
}

#[test]
fn without_any_model_nothing_is_begun() {
    let (_folder, app) = app::new();
    let model = app.installed_models().unwrap()[0].id;
    app.remove_model(model, false).unwrap();
    let conversation = conversation(&app, 8);
    let refused = app
        .gate
        .answer(Ask::Say(conversation.id, "Hello"), None, &mut |_| ())
        .unwrap_err();
    assert_eq!(Problem::from(refused).code, ProblemCode::NoModel);
    assert!(
        thread_of(&app, conversation.id).messages.is_empty(),
        "the text is still the person's draft"
    );
}

#[test]
fn a_missing_engine_program_is_said_and_the_question_stays() {
    let folder = TempFolder::new();
    let app = app::open_with(&folder.folder, folder.path().join("no-such-engine"), || ());
    let conversation = conversation(&app, 8);
    let answer = say(&app, conversation.id, "Hello");
    assert_eq!(answer.state, MessageState::Failed);
    assert!(answer.problem.unwrap().message.contains("no-such-engine"));
}

#[test]
fn tokens_are_counted_by_the_model_once_it_is_loaded() {
    let (_folder, app) = app::new();
    let model = app.installed_models().unwrap()[0].id;
    let before = app.gate.count_tokens(model, "Hello world").unwrap();
    assert!(
        !before.exact && before.tokens > 0,
        "no model is loaded only to count"
    );
    say(&app, conversation(&app, 1).id, "Hi");
    let after = app.gate.count_tokens(model, "Hello world").unwrap();
    assert_eq!((after.tokens, after.exact), (2, true));
}

#[test]
fn an_idle_model_leaves_the_memory_and_comes_back() {
    let folder = TempFolder::new();
    let (tell, changes) = mpsc::channel();
    let engine = app::program("gatehouse-engine");
    let app = app::open_with(&folder.folder, engine, move || {
        tell.send(()).unwrap_or_default()
    });
    let conversation = conversation(&app, 4);
    say(&app, conversation.id, "Hello");
    app.engines.set_idle_limit(Some(Duration::from_millis(1)));
    while !app.engines.snapshot().is_empty() {
        changes
            .recv_timeout(Duration::from_secs(30))
            .expect("an idle model stays loaded");
    }
    app.engines.set_idle_limit(None);
    assert_eq!(
        say(&app, conversation.id, "And now?").state,
        MessageState::Done
    );
}

#[test]
fn an_answer_whose_model_is_taken_out_of_memory_is_stopped_not_failed() {
    let (_folder, app) = app::new();
    let conversation = endless_conversation(&app, 2000);
    let model = app.installed_models().unwrap()[0].id;
    let answer = thread::scope(|scope| {
        let (heard, texts) = mpsc::channel();
        let app = &app;
        let answering = scope.spawn(move || {
            app::answer(
                app,
                Ask::Say(conversation.id, "Tell me a very long story."),
                |event| {
                    if let AnswerEvent::Text { .. } = event {
                        heard.send(()).unwrap();
                    }
                },
            )
        });
        texts.recv().unwrap();
        app.engines.unload(model);
        answering.join().unwrap()
    });
    assert_eq!(
        (answer.state, answer.problem),
        (MessageState::Stopped, None)
    );
    assert!(!answer.text.is_empty(), "what was written stays");
    assert_eq!(calls(&app)[0].status, CallStatus::Stopped);
}

#[test]
fn a_database_that_another_process_holds_delays_neither_text_nor_stop() {
    let folder = TempFolder::new();
    let (tell, changes) = mpsc::channel();
    let engine = app::program("gatehouse-engine");
    let app = app::open_with(&folder.folder, engine, move || {
        tell.send(()).unwrap_or_default()
    });
    let other = folder.open().unwrap();
    let conversation = endless_conversation(&app, 4000);
    let (heard, texts) = mpsc::channel();
    let answer = thread::scope(|scope| {
        let (app, id) = (&app, conversation.id);
        let answering = scope.spawn(move || {
            app::answer(app, Ask::Say(id, "Tell me a very long story."), |event| {
                if let AnswerEvent::Text { .. } = event {
                    heard.send(()).unwrap();
                }
            })
        });
        texts.recv().unwrap();
        let held = other.write(|_| {
            // Longer than the time after which what was streamed is to be kept.
            let start = Instant::now();
            while start.elapsed() < Duration::from_millis(1200) {
                texts
                    .recv_timeout(Duration::from_secs(20))
                    .expect("text goes on coming");
            }
            app.gate.stop(id);
            let stopped = Instant::now();
            while app.engines.snapshot()[0].active > 0 {
                changes.recv_timeout(Duration::from_secs(20)).unwrap();
            }
            Ok::<_, StoreError>(stopped.elapsed())
        });
        let took = held.unwrap();
        assert!(
            took < Duration::from_secs(4),
            "it took {took:?}: a busy database is waited for five seconds"
        );
        answering.join().unwrap()
    });
    assert_eq!(answer.state, MessageState::Stopped);
}

#[test]
fn a_disk_that_fills_up_costs_no_text() {
    let Some(disk) = SmallDisk::mount(8 << 20) else {
        return;
    };
    let app = app::open(&disk.folder);
    let conversation = conversation(&app, 200);
    let (mut streamed, mut ballast) = (String::new(), None);
    let answer = app::answer(
        &app,
        Ask::Say(conversation.id, "Tell me a very long story."),
        |event| {
            if let AnswerEvent::Text { text, .. } = event {
                streamed.push_str(&text);
                ballast.get_or_insert_with(|| disk.ballast(8 << 20));
            }
        },
    );
    let problem = answer.problem.unwrap();
    assert_eq!(
        (answer.state, problem.code),
        (MessageState::Failed, ProblemCode::DiskFull)
    );
    assert_eq!(answer.text, streamed, "it stays on the screen");
    let refused = app
        .gate
        .answer(Ask::Say(conversation.id, "And then?"), None, &mut |_| ())
        .unwrap_err();
    assert_eq!(Problem::from(refused).code, ProblemCode::DiskFull);
    fs::remove_file(ballast.unwrap()).unwrap();
    let start = Instant::now();
    let kept = loop {
        let kept = thread_of(&app, conversation.id).messages;
        if kept[1].state != MessageState::Streaming {
            break kept;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "it is kept late");
        thread::yield_now();
    };
    assert_eq!(kept.len(), 2, "nothing of the refused message was begun");
    assert_eq!(
        (kept[1].state, &kept[1].text),
        (MessageState::Done, &streamed),
        "with room on the disk the end is kept after all"
    );
    assert_eq!(
        say(&app, conversation.id, "And then?").state,
        MessageState::Done
    );
}
