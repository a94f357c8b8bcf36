//! Of what was erased no byte is left, and everything else is as it was.

use std::{ops::ControlFlow, path::PathBuf, sync::mpsc, thread};

use gatehouse_core::{
    app::App,
    chat::{self, MessageState, Options},
    clients::{self, ClientError, NewClient},
    engine::Stop,
    gate::{AnswerEvent, Ask, GateError, client::ClientRequest},
    ids::WorkspaceId,
    now_ms,
    policy::own_rules,
    privacy::{
        EraseError, Erasure, ErasureStep, Extent, FileForm,
        archive::{Scope, Target},
    },
    record::Action,
    store::{StoreError, snapshot},
    workspaces,
};
use serde_json::Value;

use super::{NAME, OTHER, TRACES, erase, full, holds, identifiers, person, written};
use crate::{
    command_line::Shell,
    gate,
    support::{
        app::{self, around},
        folder::{TempFolder, key_in},
        provider::Provider,
        raw,
    },
};

#[test]
fn of_an_erased_person_no_byte_is_left_and_everyone_else_stays() {
    let provider = Provider::echo();
    let (folder, app) = app::new();
    let (masked, plain) = full(&app, &provider);
    assert!(
        !raw::with_any(&folder.folder, TRACES).is_empty(),
        "the search can find"
    );
    let preview = app.preview_erasure(&person(Extent::Words)).unwrap();
    assert!(
        preview.messages >= 3 && !preview.goes.is_empty(),
        "{preview:?}"
    );
    let erased = erase(&app, &person(Extent::Words));
    assert_eq!(erased.check.found, [], "{erased:?}");
    assert!(erased.check.pages > 10 && erased.check.traces > 3);
    assert_eq!(erased.messages, preview.messages);
    assert!(erased.snapshots > 0);
    let left = raw::with_any(&folder.folder, TRACES);
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(app.find_person(&identifiers()).unwrap().total, 0);
    holds(&app);

    let texts = |id| {
        let thread = app.store.read(|conn| chat::thread(conn, id)).unwrap();
        let texts = thread.messages.into_iter().map(|message| message.text);
        texts.collect::<Vec<_>>().join("\n")
    };
    assert!(
        texts(masked).contains(&format!("[erased]. {OTHER} says hello")),
        "{}",
        texts(masked)
    );
    assert!(texts(plain).contains("[erased] lives in Prague"));
    let hits = app
        .store
        .read(|conn| chat::search(conn, "Quintessa", None))
        .unwrap();
    assert!(!hits.is_empty(), "the others are found as before");
    app.store
        .write(|tx| {
            tx.execute(
                "INSERT INTO messages_fts(messages_fts, rank) VALUES ('integrity-check', 1)",
                [],
            )
        })
        .unwrap();
    let daily = snapshot::list(&app.folder).unwrap();
    assert_eq!(daily.len(), 1, "a new snapshot, and only that");
    let rules = app.store.read(|conn| {
        let workspace = workspaces::current(conn, now_ms())?;
        own_rules::all(conn, workspace).map_err(StoreError::from)
    });
    assert_eq!(
        rules.unwrap()[0].content,
        OTHER,
        "the others of a rule are found as before"
    );
    drop(app);
    let left = raw::with_any(&folder.folder, TRACES);
    assert!(left.is_empty(), "also after it was closed: {left:?}");
}

#[test]
fn of_whole_messages_nothing_around_the_person_is_left() {
    let provider = Provider::echo();
    let (folder, app) = app::new();
    let (masked, _) = full(&app, &provider);
    erase(&app, &person(Extent::Messages));
    let left = raw::with_any(&folder.folder, &["lives in Prague", "we reach you"]);
    assert!(left.is_empty(), "{left:?}");
    let thread = app.store.read(|conn| chat::thread(conn, masked)).unwrap();
    assert!(
        thread
            .messages
            .iter()
            .all(|message| message.text == "[erased]")
    );
    holds(&app);
}

#[test]
fn conversations_with_a_person_go_whole_and_their_calls_keep_what_they_cost() {
    let provider = Provider::echo();
    let (folder, app) = app::new();
    let (masked, plain) = full(&app, &provider);
    let other = written(&app, &format!("Who is {OTHER}?"), "A client.");
    let calls = |app: &App| {
        app.store
            .read(|conn| {
                conn.query_row("SELECT count(*), sum(input_tokens) FROM calls", [], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
                })
                .map_err(StoreError::from)
            })
            .unwrap()
    };
    let before = calls(&app);
    let erased = erase(&app, &person(Extent::Conversations));
    assert_eq!(erased.conversations, 2);
    assert_eq!(erased.check.found, []);
    assert_eq!(calls(&app), before);
    for gone in [masked, plain] {
        assert!(app.open_conversation(gone).is_err());
    }
    assert!(app.open_conversation(other).is_ok());
    assert!(raw::with_any(&folder.folder, TRACES).is_empty());
    holds(&app);
}

#[test]
fn of_an_erased_conversation_no_byte_is_left_whatever_was_in_it() {
    let provider = Provider::echo();
    let (folder, app) = app::new();
    let (masked, plain) = full(&app, &provider);
    let erasure = Erasure::Conversation { id: plain };
    let preview = app.preview_erasure(&erasure).unwrap();
    assert_eq!((preview.conversations, preview.messages), (1, 2));
    let erased = erase(&app, &erasure);
    assert_eq!((erased.conversations, erased.messages), (1, 2));
    assert_eq!(erased.check.found, []);
    let left = raw::with_any(
        &folder.folder,
        &["lives in Prague", "prague", "Ask x.zwy", "xxxxxxxx"],
    );
    assert!(left.is_empty(), "{left:?}");
    assert!(app.open_conversation(masked).is_ok(), "the other one stays");
    holds(&app);
    assert!(matches!(
        app.erase(&erasure, None, &mut |_| ()),
        Err(EraseError::NotFound)
    ));
}

#[test]
fn an_erased_workspace_leaves_neither_its_name_nor_what_was_in_it() {
    let folder = TempFolder::new();
    key_in(&folder.folder);
    let app = App::open(&folder.folder, around(PathBuf::new())).unwrap();
    let id = WorkspaceId::new();
    app.save_workspace(id, "Brontosaurus Holdings").unwrap();
    let mut settings = app
        .store
        .read(|conn| gatehouse_core::settings::get(conn).map_err(StoreError::from))
        .unwrap();
    settings.workspace_id = Some(id);
    app.set_settings(&settings).unwrap();
    let inside = written(&app, "What is a stegosaurus?", "An archosaur.");
    let erased = erase(&app, &Erasure::Workspace { id });
    // With the one that was deleted and is gone for good at the next start.
    assert_eq!(erased.conversations, 2);
    assert_eq!(erased.check.found, []);
    let left = raw::with_any(
        &folder.folder,
        &["brontosaurus", "stegosaurus", "archosaur"],
    );
    assert!(left.is_empty(), "{left:?}");
    assert!(app.open_conversation(inside).is_err());
    let all = app
        .store
        .read(|conn| workspaces::all(conn).map_err(StoreError::from))
        .unwrap();
    assert!(all.iter().all(|workspace| workspace.id != id) && !all.is_empty());
    assert!(
        app.save_workspace(id, "Back again").is_err(),
        "gone is gone"
    );
    assert!(app.gate.new_conversation(&Options::default()).is_ok());
    holds(&app);
}

fn client(name: &str, only_metrics: bool) -> NewClient {
    NewClient {
        name: name.into(),
        workspace_id: None,
        days: None,
        budget: None,
        keeps_sent: !only_metrics,
        only_metrics,
    }
}

#[test]
fn what_a_client_of_an_erased_workspace_still_asks_is_not_kept() {
    let (_folder, app) = app::new();
    let (client, _) = app.add_client(&client("Editor", false)).unwrap();
    let id = client.workspace_id;
    erase(&app, &Erasure::Workspace { id });
    let request = ClientRequest {
        model: format!("the model of {OTHER}"),
        ..ClientRequest::default()
    };
    let stop = Stop::default();
    let refused = app
        .gate
        .answer_client(&client, &request, &stop, &mut |_| (), &mut |_| ());
    assert!(matches!(refused, Err(GateError::ModelUnknown(_))));
    let refused = app::fact(&app, Action::Refused, "client");
    assert_eq!(refused, Some(client.id.to_string()), "that it was is known");
    let subjects = |conn: &rusqlite::Connection| {
        let sql = "SELECT count(*) FROM audit_subjects WHERE of = ?1";
        conn.query_row(sql, [id], |row| row.get::<_, i64>(0))
    };
    assert_eq!(app.store.read(subjects).unwrap(), 0);
    holds(&app);
}

#[test]
fn a_client_that_reads_metrics_outlives_the_workspace_in_which_it_was_added() {
    let (_folder, app) = app::new();
    let (reader, key) = app.add_client(&client("Prometheus", true)).unwrap();
    let (asker, _) = app.add_client(&client("Editor", false)).unwrap();
    let id = reader.workspace_id;
    erase(&app, &Erasure::Workspace { id });
    let let_in = |conn: &_| clients::by_key(conn, key.as_str(), now_ms());
    let reader = app.store.read(let_in).unwrap();
    assert_ne!(reader.workspace_id, id);
    let asker = app.store.read(|conn| clients::get(conn, asker.id));
    assert!(matches!(asker, Err(ClientError::NotFound)));
    holds(&app);
}

/// One word in thousands of messages of all lengths, so that rows were moved from page to page.
fn in_thousands_of_messages(app: &App) -> Erasure {
    let text = |nth: usize| {
        let words = "and so on and so on ".repeat(1 + nth * 7919 % 70);
        match nth % 3 {
            0 => format!("Zwyrtovsky {nth} {words}"),
            1 => format!("{words} {nth} says zwyrtovsky"),
            _ => format!("{nth} {words}"),
        }
    };
    let conversations: Vec<Value> = (0..60)
        .map(|conversation| {
            let messages: Vec<Value> = (0..40)
                .map(|at: usize| {
                    serde_json::json!({
                        "parent": at.checked_sub(1), "createdAtMs": now_ms(),
                        "role": if at.is_multiple_of(2) { "user" } else { "assistant" },
                        "text": text(conversation * 40 + at),
                    })
                })
                .collect();
            serde_json::json!({
                "title": "Zwyrtovsky", "createdAtMs": now_ms(), "updatedAtMs": now_ms(),
                "systemPrompt": "", "sampling": {}, "leaf": 39, "messages": messages,
            })
        })
        .collect();
    let file = serde_json::json!({
        "format": "gatehouse-conversations", "version": 1, "conversations": conversations,
    });
    app.import_conversations(&file.to_string()).unwrap();
    Erasure::Person {
        identifiers: vec!["Zwyrtovsky".into()],
        extent: Extent::Words,
    }
}

#[test]
fn a_copy_that_is_made_during_an_erasure_keeps_nothing_in_its_pages() {
    let folder = TempFolder::new();
    let app = app::without_model(&folder.folder);
    let erasure = in_thousands_of_messages(&app);
    let erased = app.erase(&erasure, None, &mut |step| {
        use ErasureStep::{Check, Log, Snapshots};
        if matches!(step, Log | Snapshots | Check) {
            app.make_snapshot().unwrap();
        }
    });
    assert_eq!(erased.unwrap().messages, 1600);
    assert!(snapshot::list(&app.folder).unwrap().len() > 1);
    let left = raw::with_any(&folder.folder, &["wyrtovsk"]);
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn of_one_word_in_thousands_of_messages_no_copy_is_left_in_any_page() {
    let folder = TempFolder::new();
    let app = app::without_model(&folder.folder);
    let erased = erase(&app, &in_thousands_of_messages(&app));
    assert_eq!(erased.messages, 1600);
    assert_eq!((&erased.check.found[..], erased.check.within), (&[][..], 0));
    let left = raw::with_any(&folder.folder, &["wyrtovsk"]);
    assert!(left.is_empty(), "{left:?}");
    holds(&app);
}

#[test]
fn a_person_who_is_only_in_snapshots_is_told_and_erased_from_there() {
    let folder = TempFolder::new();
    key_in(&folder.folder);
    let app = App::open(&folder.folder, around(PathBuf::new())).unwrap();
    let id = written(&app, &format!("Who is {NAME}?"), "Nobody.");
    app.make_snapshot().unwrap();
    app.delete_conversation(id).unwrap();
    drop(app);
    let app = App::open_window(&folder.lock(), around(PathBuf::new())).unwrap();
    let found = app.find_person(&identifiers()).unwrap();
    assert_eq!((found.total, found.snapshots), (0, 1));
    assert!(app.preview_erasure(&person(Extent::Words)).is_ok());
    let erased = erase(&app, &person(Extent::Words));
    assert!(erased.snapshots > 0);
    assert!(raw::with_any(&folder.folder, TRACES).is_empty());
    assert_eq!(app.find_person(&identifiers()).unwrap().snapshots, 0);
}

#[test]
fn the_name_of_an_erased_workspace_that_came_from_an_archive_goes_too() {
    let folder = TempFolder::new();
    key_in(&folder.folder);
    let app = App::open(&folder.folder, around(PathBuf::new())).unwrap();
    app.save_workspace(WorkspaceId::new(), "Brontosaurus Holdings")
        .unwrap();
    // Not in the data folder, where every byte is looked at.
    let elsewhere = tempfile::tempdir().unwrap();
    let target = Target {
        path: elsewhere.path().join("all.zip"),
        replace: false,
        passphrase: None,
    };
    let go_on = |_| ControlFlow::Continue(());
    app.export_archive(&target, Scope::Everything, &mut { go_on })
        .unwrap();
    let other = TempFolder::new();
    key_in(&other.folder);
    let app = App::open(&other.folder, around(PathBuf::new())).unwrap();
    app.import_archive(&target.path, None, &mut { go_on })
        .unwrap();
    let all = app
        .store
        .read(|conn| workspaces::all(conn).map_err(StoreError::from));
    let came = all
        .unwrap()
        .into_iter()
        .find(|one| one.name == "Brontosaurus Holdings");
    erase(
        &app,
        &Erasure::Workspace {
            id: came.unwrap().id,
        },
    );
    let found = app.find_person(&["Brontosaurus".into()]).unwrap();
    assert_eq!(found.total, 0, "{:?}", found.places);
    holds(&app);
}

#[test]
fn where_a_price_was_read_is_found_and_erased_and_goes_with_the_price() {
    let shell = Shell::new();
    let own = ["prices", "set", "--provider", "openai", "--model", "gpt-5"];
    let set = |source: &str| {
        shell.text(&[&own[..], &["--input", "1", "--source", source]].concat());
    };
    let kept = |what: &str| {
        let read = |conn: &rusqlite::Connection| {
            let sql = "SELECT count(*) FROM prices WHERE instr(source || model, ?1) > 0";
            conn.query_row(sql, [what], |row| row.get::<_, i64>(0))
        };
        shell.store().read(read).unwrap()
    };
    set(&format!("letter of {NAME}"));
    let found = shell.json(&["subject", "find", NAME]);
    assert_eq!(found["places"][0]["kind"], "price", "{found}");
    let erased = shell.json(&["subject", "erase", NAME, "--yes"]);
    assert_eq!(erased["remains"], serde_json::json!([]), "{erased}");
    assert_eq!((kept(NAME), kept("letter of [erased]")), (0, 1));

    set(&format!("contract of {NAME}"));
    set("our contract");
    assert_eq!(
        kept(NAME),
        0,
        "the price that another one took the place of"
    );
    set(&format!("contract of {NAME}"));
    shell.text(&[&own[..], &["--remove"]].concat());
    assert_eq!(kept(NAME), 0, "the price that was removed");
}

#[test]
fn backups_in_folders_that_were_chosen_earlier_go_too_and_one_that_is_gone_is_told() {
    let folder = TempFolder::new();
    key_in(&folder.folder);
    let app = App::open(&folder.folder, around(PathBuf::new())).unwrap();
    let id = written(&app, &format!("Who is {NAME}?"), "Nobody.");
    let disks: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let [earlier, unplugged, chosen] = [0, 1, 2].map(|nth: usize| disks[nth].path().join("disk"));
    for disk in [&earlier, &unplugged, &chosen] {
        std::fs::create_dir(disk).unwrap();
        app.set_backup_folder(disk).unwrap();
        app.back_up(&mut |_| ()).unwrap();
    }
    app.delete_conversation(id).unwrap();
    drop(app);
    let app = App::open_window(&folder.lock(), around(PathBuf::new())).unwrap();
    let copies = |app: &App| app.find_person(&identifiers()).unwrap().snapshots;
    assert_eq!(copies(&app), 3, "one in each folder");
    // Its disk is taken away, and what it was mounted on stays.
    let away = disks[1].path().join("away");
    std::fs::rename(&unplugged, &away).unwrap();
    std::fs::create_dir(&unplugged).unwrap();
    assert_eq!(copies(&app), 2);

    let named = |path: &std::path::Path| format!("backups in {}", path.display());
    let preview = app.preview_erasure(&person(Extent::Words)).unwrap();
    let goes = |what: &str| preview.goes.iter().any(|goes| goes.what.starts_with(what));
    assert!(
        goes(&named(&earlier)) && goes("backups in their folder"),
        "{preview:?}"
    );
    let stays = &preview.stays;
    assert!(
        stays.iter().any(|stays| stays.what == named(&unplugged)),
        "{preview:?}"
    );
    assert!(
        stays
            .iter()
            .any(|stays| stays.what == "files that you exported"),
        "{preview:?}"
    );

    let erased = erase(&app, &person(Extent::Words));
    let remains: Vec<_> = erased.remains.iter().map(|remains| &remains.what).collect();
    assert_eq!(remains, [&named(&unplugged)]);
    let certificate = app.erasure_certificate(erased.certificate, FileForm::Html);
    let certificate = certificate.unwrap();
    for told in [
        "backups in “disk”",
        "none of the earlier backups is in “disk”",
    ] {
        assert!(certificate.contains(told), "{certificate}");
    }
    let way = disks[1].path().to_str().unwrap();
    assert!(
        !certificate.contains(way),
        "the way to a folder may name somebody"
    );
    assert_eq!(std::fs::read_dir(&earlier).unwrap().count(), 0);
    assert_eq!(
        std::fs::read_dir(&chosen).unwrap().count(),
        1,
        "a new one is made"
    );
    assert_eq!(copies(&app), 0);
    let known = app.backup_status(now_ms()).unwrap().earlier_folders;
    assert_eq!(
        known,
        [unplugged.to_str().unwrap()],
        "the empty one is forgotten"
    );

    std::fs::remove_dir(&unplugged).unwrap();
    app.forget_backup_folder(&unplugged, false).unwrap_err();
    std::fs::rename(&away, &unplugged).unwrap();
    assert_eq!(copies(&app), 1, "it is there again, with the person");
    let removed = app.forget_backup_folder(&unplugged, false).unwrap();
    assert_eq!((removed.gone.len(), copies(&app)), (1, 0));
    assert!(
        app.backup_status(now_ms())
            .unwrap()
            .earlier_folders
            .is_empty()
    );
}

#[test]
fn an_answer_that_is_being_written_is_stopped_and_brings_nothing_back() {
    let (folder, app) = app::new();
    let id = app::conversation(&app, 600).id;
    let (told, first) = mpsc::channel();
    thread::scope(|scope| {
        let answering = scope.spawn(|| {
            let ask = Ask::Say(id, "Tell a long story about Mr Zwyrtovsky, a baker.");
            app.gate.answer(ask, None, &mut |event| {
                if matches!(event, AnswerEvent::Text { .. }) {
                    // Nobody listens after the first piece.
                    let _ = told.send(());
                }
            })
        });
        first.recv().unwrap();
        let erased = erase(&app, &Erasure::Conversation { id });
        assert_eq!((erased.conversations, erased.messages), (1, 2));
        assert_eq!(erased.check.found, []);
        let answered = answering.join().unwrap().unwrap().1;
        assert_eq!(
            answered.state,
            MessageState::Stopped,
            "it ended before it was erased"
        );
    });
    assert!(
        app.engines.snapshot().is_empty(),
        "engines remember what they read"
    );
    assert!(app.open_conversation(id).is_err());
    let left = raw::with_any(&folder.folder, &["zwyrtovsk", "baker"]);
    assert!(left.is_empty(), "{left:?}");
    holds(&app);
}

#[test]
fn a_person_who_is_called_like_a_model_costs_no_conversation_that_it_answered() {
    let provider = Provider::echo();
    let (_folder, app) = app::new();
    let account = gate::account(&app, "Test", &provider.address);
    let id = app
        .gate
        .new_conversation(&gate::elsewhere(&account))
        .unwrap()
        .id;
    app::say(&app, id, "Hello");
    let named = Erasure::Person {
        identifiers: vec!["test-model".into()],
        extent: Extent::Conversations,
    };
    let erased = erase(&app, &named);
    assert_eq!(erased.conversations, 0);
    assert!(
        !erased.remains.is_empty(),
        "the name of the model stays, and it is said"
    );
    assert!(app.open_conversation(id).is_ok());
}
