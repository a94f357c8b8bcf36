//! A whole Gatehouse in a folder of its own, with the real engine and the starter model.

use std::path::PathBuf;

use gatehouse_core::{
    app::{App, Surroundings},
    chat::{Conversation, Message, Options},
    gate::{AnswerEvent, Ask},
    ids::ConversationId,
    protocol::Sampling,
    record::Actor,
    store::DataFolder,
};

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
