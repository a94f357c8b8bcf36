//! Looking leaves entries, too, and so does what cannot be undone with a transaction.

use std::fs;

use gatehouse_core::{
    gate::GateError,
    privacy::{
        Erasure,
        archive::{Scope, Target},
    },
    record::{EntryRow, FactRow},
    settings,
    store::{Instance, snapshot},
};

use serde_json::json;

use super::*;
use crate::gate;

/// The newest entries of an action, newest first.
fn of(app: &App, action: Action) -> Vec<EntryRow> {
    let filter = Filter {
        action: Some(action.name().into()),
        limit: 100,
        ..Filter::default()
    };
    app.record.list(&filter).unwrap()
}

fn fact<'a>(row: &'a EntryRow, name: &str) -> Option<&'a str> {
    let found = row.facts.iter().find(|fact| fact.name == name);
    found.map(|fact: &FactRow| fact.value.as_str())
}

#[test]
fn a_search_is_recorded_once_however_fast_a_person_types_and_not_for_what() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder).unwrap();
    app.search("  …", None).unwrap();
    assert!(of(&app, Action::Searched).is_empty(), "that is no word");
    for query in ["M", "Mü", "Müller"] {
        app.search(query, None).unwrap();
    }
    let entries = of(&app, Action::Searched);
    assert_eq!(entries.len(), 1);
    let details = app.record.details(entries[0].sequence).unwrap().unwrap();
    assert_eq!((details.commitment.as_str(), details.payload), ("", None));
    assert!(entries[0].facts.is_empty(), "{:?}", entries[0].facts);
}

#[test]
fn whoever_opens_an_entry_with_a_private_part_leaves_an_entry() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder).unwrap();
    let id = app.gate.new_conversation(&Options::default()).unwrap().id;
    app.rename_conversation(id, "Something private").unwrap();
    let renamed = of(&app, Action::ConversationRenamed)[0].sequence;
    let details = app.record.open_entry(renamed, now_ms()).unwrap().unwrap();
    assert!(details.payload.unwrap().contains("Something private"));
    app.record.open_entry(1, now_ms()).unwrap();
    app.record.open_entry(9_999, now_ms()).unwrap();
    let opened = of(&app, Action::PayloadOpened);
    assert_eq!(opened.len(), 1, "the others have nothing private");
    let renamed = renamed.to_string();
    assert_eq!(fact(&opened[0], "entry"), Some(renamed.as_str()));
}

#[test]
fn what_was_kept_from_leaving_and_what_was_given_away_is_found_by_its_workspace() {
    let shell = Shell::used();
    let folder = DataFolder::resolve(Some(shell.path())).unwrap();
    let app = without_model(&folder).unwrap();
    let account = gate::account(&app, "Test", "http://127.0.0.1:9/v1");
    let chats = ["Larkspur", "Ostrava"].map(|name| {
        let id = WorkspaceId::new();
        app.save_workspace(id, name).unwrap();
        let mut settings = app.store.read(settings::get).unwrap();
        settings.workspace_id = Some(id);
        app.set_settings(&settings).unwrap();
        let options = gate::elsewhere(&account);
        let chat = app.gate.new_conversation(&options).unwrap().id;
        let secret = "Use the key ghp_16C7e42F292c6912E7710c838347Ae178B4a for the build.";
        let kept = app.gate.answer(Ask::Say(chat, secret), None, &mut |_| ());
        assert!(matches!(kept, Err(GateError::Blocked { .. })), "{kept:?}");
        chat
    });
    let target = Target {
        path: shell.path().join("larkspur.zip"),
        replace: false,
        passphrase: None,
    };
    let scope = Scope::Conversation {
        conversation_id: chats[0],
    };
    let mut go_on = |_| ControlFlow::Continue(());
    app.export_archive(&target, scope, &mut go_on).unwrap();
    app.erase(&Erasure::Conversation { id: chats[0] }, None, &mut |_| ())
        .unwrap();
    drop(app);
    let found = |workspace: &str, action: &str| {
        let filter = ["--workspace", workspace, "--action", action];
        let listed = shell.json(&[&["record", "list"], &filter[..]].concat());
        listed.as_array().unwrap().len()
    };
    for (action, in_larkspur, in_ostrava) in [
        ("gate.refused", 1, 1),
        ("data.exported", 1, 0),
        ("content.erased", 1, 0),
    ] {
        assert_eq!(found("Larkspur", action), in_larkspur, "{action}");
        assert_eq!(found("Ostrava", action), in_ostrava, "{action}");
    }
}

/// A shell whose database is older than what its record has said since.
fn with_an_older_file() -> Shell {
    let shell = Shell::used();
    let older = fs::read(shell.path().join("gatehouse.db")).unwrap();
    shell.text(&["record", "verify"]);
    // An older file in its place, without the log of what came after it.
    for beside in ["gatehouse.db-wal", "gatehouse.db-shm"] {
        let _ = fs::remove_file(shell.path().join(beside));
    }
    fs::write(shell.path().join("gatehouse.db"), older).unwrap();
    shell
}

#[test]
fn the_command_line_says_what_its_start_found_and_a_file_still_says_it_later() {
    let shell = with_an_older_file();
    let (_, words) = shell.both(&["chats", "list"]);
    assert!(words.contains("its end was cut off"), "{words}");
    let (listed, words) = shell.both(&["chats", "list"]);
    assert!(words.is_empty(), "it is told once: {words}");
    assert!(listed.contains("TITLE"));
    // All that is there holds. That more was there stands until somebody has read of it.
    let (exit, words) = shell.refused(&["record", "verify"]);
    assert_eq!(exit, 10, "{words}");
    assert!(words.contains("A fault stands in the record"), "{words}");
    let file = shell.path().join("record.jsonl");
    let file = file.to_str().unwrap();
    assert_eq!(shell.refused(&["record", "export", file]).0, 10);
    let witness = shell.path().join("witness.json");
    let witness = witness.to_str().unwrap();
    assert_eq!(shell.refused(&["record", "witness", witness]).0, 10);
    let (exit, words) = shell.refused(&["record", "checkpoint"]);
    assert_eq!(exit, 10, "a code is a witness, too: {words}");
    let given = shell.json(&["record", "checkpoint", "--anyway"]);
    assert_eq!(given["standing"]["fault"], "cut-off", "{given}");
    let noted = shell.json(&["record", "list", "--action", "record.witness-saved"]);
    let facts = noted[0]["facts"].as_array().unwrap();
    let fact = |name: &str| &facts.iter().find(|fact| fact["name"] == name).unwrap()["value"];
    assert_eq!(
        (fact("fault"), fact("count")),
        (&json!("cut-off"), &json!(given["entries"].to_string()))
    );
    assert_eq!(shell.refused(&["record", "seen", "1"]).0, 4);
    let failed = shell.json(&["record", "list", "--action", "record.verification-failed"]);
    let entry = failed[0]["sequence"].to_string();
    let said = shell.text(&["record", "seen", &entry]);
    assert!(said.contains("all of it was verified since"), "{said}");
    let said = shell.text(&["record", "verify"]);
    assert!(said.contains("A verification failed once"), "{said}");
    shell.text(&["record", "witness", witness]);
    shell.text(&["record", "export", file]);
    let said = shell.text(&["record", "verify", file]);
    assert!(said.contains("A verification failed once"), "{said}");
}

#[test]
fn a_verification_whose_own_start_finds_an_older_file_does_not_say_that_the_record_holds() {
    let shell = with_an_older_file();
    for found_now in [true, false] {
        let (exit, said) = shell.failed_json(&["record", "verify"]);
        assert_eq!(exit, 10, "{said}");
        assert_eq!(said["holds"], false, "{said}");
        assert_eq!(said["fault"], Value::Null, "what is left holds: {said}");
        assert_eq!(said["standing"]["fault"], "cut-off", "{said}");
        assert_eq!(said["standing"]["foundAtThisStart"], found_now, "{said}");
    }
    let file = shell.path().join("record.jsonl");
    let (exit, words) = shell.refused(&["record", "export", file.to_str().unwrap()]);
    assert!(exit == 10 && words.contains("--anyway"), "{exit}: {words}");
    assert!(!file.exists());
}

#[test]
fn a_record_that_begins_where_another_was_set_aside_says_which() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder).unwrap();
    assert_eq!(fact(&of(&app, Action::RecordBegan)[0], "set_aside"), None);
    drop(app);
    let before = Instance::load(&folder.folder).unwrap().unwrap().id;
    snapshot::start_empty(&folder.lock(), now_ms()).unwrap();
    let app = without_model(&folder.folder).unwrap();
    let began = of(&app, Action::RecordBegan);
    assert_eq!(began.len(), 1, "it is another record");
    let before = before.to_string();
    assert_eq!(fact(&began[0], "set_aside"), Some(before.as_str()));
    holds(&app);
}

#[test]
fn a_snapshot_that_a_person_put_back_is_recorded_once_by_the_next_start() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder).unwrap();
    let made = app.make_snapshot().unwrap();
    drop(app);
    let lock = folder.lock();
    snapshot::restore(&lock, &folder.key(), &made.name, now_ms()).unwrap();
    drop(lock);
    for _ in 0..2 {
        let app = without_model(&folder.folder).unwrap();
        let entries = of(&app, Action::SnapshotRestored);
        assert_eq!(entries.len(), 1);
        assert_eq!(
            entries[0].actor, "command line",
            "who puts one back opens the app on it"
        );
        assert_eq!(fact(&entries[0], "snapshot"), Some(made.name.as_str()));
    }
}

#[test]
fn a_note_that_is_not_ours_gets_no_words_into_the_record() {
    let folder = TempFolder::new();
    drop(without_model(&folder.folder).unwrap());
    fs::write(folder.path().join("restored"), "Anna Berg").unwrap();
    let app = without_model(&folder.folder).unwrap();
    assert!(of(&app, Action::SnapshotRestored).is_empty());
}

#[test]
fn a_key_that_could_not_be_kept_was_recorded_before_and_that_it_failed_after() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder).unwrap();
    let account = AccountInput {
        kind: ProviderKind::Compatible,
        name: "Ours".into(),
        base_url: "https://127.0.0.1:1/v1".into(),
        destination: None,
        context_tokens: None,
    };
    let id = app.gate.save_account(None, &account).unwrap().id;
    let key = || "sk-0123456789abcdef".to_owned().into();
    // The place of its file is taken by a folder.
    let place = folder.path().join(format!("keys/{id}.key"));
    fs::create_dir_all(place.join("in the way")).unwrap();
    app.gate.set_account_key(id, key()).unwrap_err();
    let outcomes: Vec<_> = of(&app, Action::KeySet)
        .iter()
        .map(|row| fact(row, "outcome").map(str::to_owned))
        .collect();
    assert_eq!(outcomes, [Some("failed".to_owned()), None]);

    fs::remove_dir_all(&place).unwrap();
    assert!(app.gate.set_account_key(id, key()).unwrap().has_key);
    app.gate.remove_account(id).unwrap();
    assert!(!place.exists());
    assert_eq!(
        actions(&app)[actions(&app).len() - 3..],
        ["key.set", "key.removed", "account.removed"]
    );
}

#[test]
fn a_model_on_this_computer_is_known_by_its_file_and_found_by_what_it_is_called() {
    let (_folder, app) = app::new();
    let model = app.installed_models().unwrap().remove(0);
    let conversation = conversation(&app, 2);
    app::say(&app, conversation.id, "Hi");
    let filter = Filter {
        model: Some(model.name.clone()),
        limit: 100,
        ..Filter::default()
    };
    let found = app.record.list(&filter).unwrap();
    let names: Vec<_> = found.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(names, ["call.ended", "call.began", "model.added"]);
    for row in &found {
        let fact = row.facts.iter().find(|fact| fact.name == "model").unwrap();
        assert_eq!(fact.value.len(), 64, "the SHA-256 of the file");
        assert_eq!(fact.shown.as_ref(), Some(&model.name));
    }
    let text = Filter {
        model: None,
        text: Some(model.name.clone()),
        ..filter
    };
    assert_eq!(app.record.list(&text).unwrap(), found);
    assert_eq!(app.record.choices().unwrap().models[0].name, model.name);

    let mut clear = Vec::new();
    app.record
        .export(Contents::Facts, WhileFaulty::Refuse, &mut clear, now_ms())
        .unwrap();
    let clear = String::from_utf8(clear).unwrap();
    assert!(
        !clear.contains(&model.name),
        "a file may be named after a person"
    );
}
