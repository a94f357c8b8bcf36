//! A whole Gatehouse in a folder of its own, with the real engine and the starter model.

use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use gatehouse_core::{
    app::{App, Surroundings},
    chat::{Conversation, Message, Options},
    gate::{AnswerEvent, Ask},
    ids::{ConversationId, WorkspaceId},
    models::StarterPlaces,
    now_ms,
    protocol::Sampling,
    record::Actor,
    store::DataFolder,
    workspaces,
};
use rusqlite::Connection;

use super::folder::{TempFolder, key_in};

/// Open a folder as the command line does, with the starter model on the list.
pub fn open(folder: &DataFolder) -> App {
    open_with(folder, program("gatehouse-engine"), || ())
}

/// The same with another engine program, and hearing of every change of an engine.
pub fn open_with(
    folder: &DataFolder,
    engine_program: PathBuf,
    on_engine_change: impl Fn() + Send + Sync + 'static,
) -> App {
    key_in(folder); // so that the key is in a file and no keychain is asked
    let around = Surroundings {
        on_engine_change: Box::new(on_engine_change),
        ..around(engine_program)
    };
    let app = App::open(folder, around).unwrap();
    app.ensure_starter().unwrap();
    let models = app.installed_models().unwrap();
    assert!(
        !models.is_empty(),
        "the starter model is missing; `cargo xtask models` fetches it"
    );
    app
}

/// This engine program, and nothing installed.
pub fn around(engine_program: PathBuf) -> Surroundings {
    Surroundings {
        actor: Actor::CommandLine,
        engine_program,
        resources: None,
        on_engine_change: Box::new(|| ()),
    }
}

/// The file of a real model that makes vectors.
pub fn embedding_model() -> PathBuf {
    let starter = StarterPlaces::of_this_computer(None).find();
    let file = starter
        .expect("the starter model is missing; `cargo xtask models` fetches it")
        .with_file_name("all-MiniLM-L6-v2.F32.gguf");
    assert!(
        file.is_file(),
        "{} is missing; `cargo xtask models` makes it",
        file.display()
    );
    file
}

/// A folder of its own with a Gatehouse in it.
pub fn new() -> (TempFolder, App) {
    let folder = TempFolder::new();
    let app = open(&folder.folder);
    (folder, app)
}

/// A program of this build: the tests run beside it.
pub fn program(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let built = tests.parent().and_then(|deps| deps.parent()).unwrap();
    let path = built.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.is_file(),
        "{} is missing; `cargo xtask test` builds it",
        path.display()
    );
    path
}

/// Always the same answer, of at most so many tokens.
pub fn steady(max_tokens: u32) -> Sampling {
    Sampling {
        temperature: 0.0,
        seed: Some(1),
        max_tokens: Some(max_tokens),
        ..Sampling::default()
    }
}

/// An answer that has no end of its own, whatever is asked and wherever it runs: each token makes itself
/// likelier. It ends after so many tokens.
pub fn endless(max_tokens: u32) -> Sampling {
    Sampling {
        repeat_penalty: 0.5,
        frequency_penalty: -2.0,
        ..steady(max_tokens)
    }
}

/// A conversation whose answers are to be stopped: without, they have so many tokens.
pub fn endless_conversation(app: &App, max_tokens: u32) -> Conversation {
    let options = Options {
        sampling: endless(max_tokens),
        ..Options::default()
    };
    app.gate.new_conversation(&options).unwrap()
}

/// A conversation whose answers are short and always the same.
pub fn conversation(app: &App, max_tokens: u32) -> Conversation {
    let options = Options {
        sampling: steady(max_tokens),
        ..Options::default()
    };
    app.gate.new_conversation(&options).unwrap()
}

/// Say something and have it answered, without listening.
pub fn say(app: &App, conversation: ConversationId, text: &str) -> Message {
    answer(app, Ask::Say(conversation, text), |_| ())
}

/// Have something answered; `heard` hears every event.
pub fn answer(app: &App, ask: Ask<'_>, mut heard: impl FnMut(AnswerEvent)) -> Message {
    app.gate.answer(ask, None, &mut heard).unwrap().1
}

/// A Gatehouse without a model, for what asks none.
pub fn without_model(folder: &DataFolder) -> App {
    key_in(folder);
    App::open(folder, around(PathBuf::new())).unwrap()
}

/// Something said and answered in the workspace that is open, without a model.
pub fn imported(app: &App, title: &str, texts: &[&str], updated_at_ms: i64) -> ConversationId {
    let messages: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(nth, text)| {
            serde_json::json!({
                "parent": nth.checked_sub(1),
                "role": if nth % 2 == 0 { "user" } else { "assistant" },
                "text": text,
                "createdAtMs": updated_at_ms,
            })
        })
        .collect();
    let file = serde_json::json!({
        "format": "gatehouse-conversations",
        "version": 1,
        "conversations": [{
            "title": title,
            "createdAtMs": updated_at_ms,
            "updatedAtMs": updated_at_ms,
            "systemPrompt": "",
            "sampling": {},
            "messages": messages,
            "leaf": texts.len() - 1,
        }],
    });
    app.import_conversations(&file.to_string()).unwrap()[0]
}

/// The same, as if it had always been here: what comes from a file is kept from its arrival on.
pub fn long_here(app: &App, title: &str, texts: &[&str], updated_at_ms: i64) -> ConversationId {
    let id = imported(app, title, texts, updated_at_ms);
    app.store
        .write(|tx| {
            tx.execute(
                "UPDATE conversations SET arrived_at_ms = NULL WHERE id = ?1",
                [id],
            )
        })
        .unwrap();
    id
}

/// The workspace that is open.
pub fn here(app: &App) -> WorkspaceId {
    let workspace = app.store.write(|tx| workspaces::current(tx, now_ms()));
    workspace.unwrap()
}

/// Wait until no call is under way: a client has its answer before the end of its call is written.
pub fn idle(app: &App) {
    let end = Instant::now() + Duration::from_secs(60);
    let running = |conn: &Connection| {
        let sql = "SELECT count(*) FROM calls WHERE status = 'running'";
        conn.query_row(sql, [], |row| row.get::<_, i64>(0))
    };
    while app.store.read(running).unwrap() > 0 {
        assert!(Instant::now() < end, "a call does not end");
        thread::yield_now();
    }
}

/// Verify the record, which must hold; how many entries it has.
pub fn holds(app: &App) -> i64 {
    let verdict = app
        .record
        .verify(&mut |_| std::ops::ControlFlow::Continue(()))
        .unwrap();
    assert_eq!(verdict.fault, None);
    verdict.count
}

/// What happened, oldest first.
pub fn actions(app: &App) -> Vec<String> {
    let filter = gatehouse_core::record::Filter {
        limit: 500,
        ..gatehouse_core::record::Filter::default()
    };
    let rows = app.record.list(&filter).unwrap();
    rows.into_iter().rev().map(|row| row.action).collect()
}

/// The facts of the newest entry of an action: name and value.
pub fn facts(app: &App, action: gatehouse_core::record::Action) -> Vec<(String, String)> {
    let filter = gatehouse_core::record::Filter {
        action: Some(action.name().into()),
        limit: 1,
        ..gatehouse_core::record::Filter::default()
    };
    let row = app.record.list(&filter).unwrap().remove(0);
    row.facts
        .into_iter()
        .map(|fact| (fact.name, fact.value))
        .collect()
}

/// The value of one of them.
pub fn fact(app: &App, action: gatehouse_core::record::Action, name: &str) -> Option<String> {
    let all = facts(app, action);
    all.into_iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value)
}
