//! Engines come and go: a load that a person cancels, and a process that ends in the middle of an answer.

use std::{fs, sync::atomic::AtomicBool};
#[cfg(unix)]
use std::{sync::Barrier, thread};

use gatehouse_core::{
    app::App,
    chat::{Message, MessageState, Options},
    costs::{self, CallStatus},
    engine::{EngineError, EngineState},
    gate::{AnswerEvent, Ask, GateError},
    models::HowAdded,
    problem::{Problem, ProblemCode},
    settings::Settings,
    store::StoreError,
};
use sysinfo::Signal;

use crate::support::{
    app::{self, conversation, say},
    engine_process,
};

fn last_call(app: &App) -> CallStatus {
    app.store
        .read(|conn| Ok::<_, StoreError>(costs::list(conn, 1)?))
        .unwrap()[0]
        .status
}

#[test]
fn a_load_that_is_cancelled_stops_the_answer_that_waits_for_it_and_leaves_no_failure() {
    let (_folder, app) = app::new();
    let waiting = conversation(&app, 8);
    let model = app.installed_models().unwrap()[0].id;
    let answer = app::answer(&app, Ask::Say(waiting.id, "Hello"), |event| {
        if let AnswerEvent::Loading { .. } = event {
            app.engines.cancel_load(model);
        }
    });
    assert_eq!(
        (answer.state, answer.problem),
        (MessageState::Stopped, None),
        "it was stopped, and did not fail"
    );
    assert_eq!(last_call(&app), CallStatus::Stopped);
    assert!(
        app.engines.snapshot().is_empty(),
        "no engine is shown that has nothing to say"
    );
    let next = say(&app, conversation(&app, 4).id, "Hello");
    assert_eq!(next.state, MessageState::Done, "the next message loads it");
}

#[test]
fn a_load_that_is_cancelled_ends_as_cancelled_for_who_asked_for_it() {
    let (_folder, app) = app::new();
    let model = app.installed_models().unwrap()[0].id;
    let loaded = app
        .gate
        .load(model, &mut |_| app.engines.cancel_load(model));
    let error = loaded.unwrap_err();
    assert!(matches!(error, GateError::Engine(EngineError::Stopped)));
    assert_eq!(Problem::from(error).code, ProblemCode::Cancelled);
    assert!(app.engines.snapshot().is_empty());
    app.gate.load(model, &mut |_| ()).unwrap();
}

/// What ends an engine that ran out of memory, and what a failed assertion in it ends with.
#[cfg(unix)]
const DEATHS: [(Signal, &str); 2] = [
    (Signal::Kill, "most likely because memory ran out"),
    (Signal::Abort, "on a fault in the model code"),
];
#[cfg(not(unix))]
const DEATHS: [(Signal, &str); 1] = [(Signal::Kill, "the engine ended")];

#[test]
fn an_engine_that_ends_in_mid_answer_costs_only_that_answer() {
    for (signal, words) in DEATHS {
        let (_folder, app) = app::new();
        let conversation = conversation(&app, 2000);
        let (mut heard, mut ended) = (String::new(), false);
        let ask = Ask::Say(conversation.id, "Tell me a very long story.");
        let answer = app::answer(&app, ask, |event| {
            if let AnswerEvent::Text { tokens, text, .. } = event {
                heard.push_str(&text);
                if tokens >= 8 && !ended {
                    ended = true;
                    engine_process::send(signal);
                }
            }
        });
        assert_eq!(answer.state, MessageState::Failed);
        assert!(!answer.text.is_empty(), "what was streamed is kept");
        assert_eq!(answer.text, heard, "all of it");
        let problem = answer.problem.unwrap();
        assert_eq!(problem.code, ProblemCode::EngineDied);
        assert!(problem.message.contains(words), "{}", problem.message);
        assert!(matches!(
            app.engines.snapshot()[0].state,
            EngineState::Failed(_)
        ));
        let next = say(&app, app::conversation(&app, 4).id, "Hello");
        assert_eq!(
            next.state,
            MessageState::Done,
            "the next message starts a new engine"
        );
    }
}

#[cfg(unix)]
#[test]
fn who_is_answered_beside_what_cannot_be_stopped_is_told_why_that_ended() {
    let (_folder, app) = app::new();
    let [stopped, beside] = [(); 2].map(|()| conversation(&app, 2000).id);
    let both_begun = Barrier::new(2);
    let answer = |id| {
        let mut is_first = true;
        app::answer(&app, Ask::Say(id, "Tell me a very long story."), |event| {
            if matches!(event, AnswerEvent::Text { .. }) && std::mem::take(&mut is_first) {
                both_begun.wait();
                if id == stopped {
                    engine_process::send(Signal::Stop);
                    app.gate.stop(stopped);
                }
            }
        })
    };
    let (stopped, beside) = thread::scope(|scope| {
        let other = scope.spawn(|| answer(beside));
        (answer(stopped), other.join().unwrap())
    });
    assert_eq!(stopped.state, MessageState::Stopped);
    assert_eq!(beside.state, MessageState::Failed);
    let problem = beside.problem.unwrap();
    assert!(problem.message.contains("did not stop"), "{problem:?}");
}

#[test]
fn a_text_too_long_to_hand_over_is_counted_without_the_engine_which_goes_on() {
    let (_folder, app) = app::new();
    let model = app.installed_models().unwrap()[0].id;
    app.gate.load(model, &mut |_| ()).unwrap();
    // 70 MB, and a frame has room for 64.
    let counted = app.gate.count_tokens(model, &"word ".repeat(14_000_000));
    let counted = counted.unwrap();
    assert!(!counted.exact && counted.tokens > 0, "{counted:?}");
    let counted = app.gate.count_tokens(model, "Hello world");
    assert!(counted.unwrap().exact);
}

/// The version of the model that wrote an answer, as its call has it.
fn version(app: &App, answer: &Message) -> String {
    let number = answer.call.as_ref().unwrap().number;
    let version = app.store.read(|conn| {
        let call = "SELECT version FROM calls WHERE number = ?1";
        conn.query_row(call, [number], |row| row.get(0))
    });
    version.unwrap()
}

/// Which process has the model, and with how large a context.
fn loaded(app: &App) -> (u32, u32) {
    let [engine] = app.engines.snapshot().try_into().unwrap();
    let EngineState::Ready(loaded) = engine.state else {
        panic!("it is loaded");
    };
    (engine.process, loaded.context_tokens)
}

#[test]
fn a_file_put_in_the_place_of_a_loaded_model_answers_from_then_on_and_what_is_written_ends_first() {
    let (folder, app) = app::new();
    let path = folder.path().join("m.gguf");
    let starter = app.installed_models().unwrap().remove(0);
    let mut file = fs::read(&starter.path).unwrap();
    // Other bytes after the weights, and so another version of the same model.
    let mut put = |app: &App| {
        file.push(0);
        fs::write(path.with_extension("new"), &file).unwrap();
        fs::rename(path.with_extension("new"), &path).unwrap();
        app.add_model(&path, &AtomicBool::new(false), &mut |_| ())
            .unwrap()
    };
    let (model, _) = put(&app);
    let ask = |max_tokens| Options {
        model_id: Some(model.id),
        sampling: app::steady(max_tokens),
        ..Options::default()
    };
    let [running, next] = [40, 2].map(|tokens| app.gate.new_conversation(&ask(tokens)).unwrap().id);
    // As the command line does it beside a window.
    let other = app::open(&folder.folder);
    let mut after = None;
    let question = Ask::Say(running, "Tell me a very long story.");
    let written = app::answer(&app, question, |event| {
        if matches!(event, AnswerEvent::Text { .. }) && after.is_none() {
            let (before, _) = loaded(&app);
            let (replaced, added) = put(&other);
            assert_eq!((replaced.id, added), (model.id, HowAdded::Replaced));
            let answer = say(&app, next, "Hello");
            assert_eq!(answer.state, MessageState::Done);
            assert_ne!(loaded(&app).0, before, "the old weights answer no more");
            after = Some((answer, replaced.sha256));
        }
    });
    let (answer, replaced) = after.expect("it was replaced in mid-answer");
    assert_eq!(version(&app, &answer), replaced);
    assert_eq!(written.state, MessageState::Done, "it was not stopped");
    assert_eq!(version(&app, &written), model.sha256);
    put(&app);
    assert!(
        app.engines.snapshot().is_empty(),
        "one that nobody works with ends as it is replaced"
    );
}

#[test]
fn a_larger_context_is_loaded_once_the_model_works_on_nothing() {
    let (_folder, app) = app::new();
    let set = |context_tokens| {
        let settings = Settings {
            context_tokens,
            ..Settings::default()
        };
        app.set_settings(&settings).unwrap();
    };
    set(512);
    let [running, other] = [40, 2].map(|tokens| conversation(&app, tokens).id);
    let mut beside = None;
    let question = Ask::Say(running, "Tell me a very long story.");
    let written = app::answer(&app, question, |event| {
        if matches!(event, AnswerEvent::Text { .. }) && beside.is_none() {
            let before = loaded(&app);
            set(1024);
            let answer = say(&app, other, "Hello");
            assert_eq!(answer.state, MessageState::Done);
            assert_eq!(loaded(&app), before, "it is at work");
            beside = Some(before);
        }
    });
    assert_eq!(written.state, MessageState::Done);
    let (process, context) = beside.expect("the setting was raised in mid-answer");
    assert_eq!(context, 512);
    say(&app, other, "And now?");
    let now = loaded(&app);
    assert_ne!(now.0, process);
    assert_eq!(now.1, 1024);
    set(512);
    say(&app, other, "And with less?");
    assert_eq!(loaded(&app), now, "less is no reason to read all again");
}
