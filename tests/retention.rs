//! What the product promises of retention: what is due goes, what is held or younger never does, and what
//! was made anonymous cannot be brought back.

mod cut_off;
mod daily;
mod shell;

use std::{collections::HashSet, path::PathBuf, sync::mpsc, time::Duration};

use gatehouse_core::{
    app::App,
    chat::{self, ChatError, Options},
    ids::{ConversationId, WorkspaceId},
    models, now_ms,
    privacy::retention::{
        Daily, Held, Look, RetentionAction, RetentionError, RetentionOutcome, RetentionRule,
    },
    protocol::Sampling,
    record::{Action, Contents, WhileFaulty},
    store::StoreError,
};
use proptest::prelude::*;
use rusqlite::params;
use serde_json::json;

use crate::support::{
    app::{self, actions, around, fact, here, holds, long_here, without_model},
    folder::{NOW, TempFolder},
};

const DAY: i64 = 86_400_000;

fn new() -> (TempFolder, App) {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder);
    (folder, app)
}

fn rule(days: u32, action: RetentionAction) -> RetentionRule {
    RetentionRule { days, action }
}

/// What a start of a window lets go by itself.
fn ran(app: &App) -> RetentionOutcome {
    match Daily::default().look(app, now_ms()).unwrap() {
        Look::Ran(outcome) => outcome,
        other => panic!("it did not run: {other:?}"),
    }
}

fn is_there(app: &App, id: ConversationId) -> bool {
    app.store.read(|conn| chat::get(conn, id)).is_ok()
}

/// A conversation with nothing but its times, for tests of which ones are chosen.
fn bare(app: &App, workspace: WorkspaceId, updated_at_ms: i64) -> ConversationId {
    let id = ConversationId::new();
    app.store
        .write(|tx| {
            tx.execute(
                "INSERT INTO conversations (id, workspace_id, sampling, created_at_ms, updated_at_ms)
                 VALUES (?1, ?2, '{}', ?3, ?3)",
                params![id, workspace, updated_at_ms],
            )
        })
        .unwrap();
    id
}

/// One workspace of a case: its rule, whether it is held, and its conversations: age in milliseconds and
/// whether each is held.
#[derive(Debug, Clone)]
struct Case {
    rule: Option<(u32, bool)>,
    held: bool,
    conversations: Vec<(i64, bool)>,
}

fn case() -> impl Strategy<Value = Case> {
    // Around the limits, where mistakes are made, as well as anywhere.
    let age = prop_oneof![
        (0u32..40, -2i64..3).prop_map(|(days, off)| i64::from(days) * DAY + off),
        -DAY..50 * DAY,
    ];
    (
        proptest::option::of((1u32..40, any::<bool>())),
        proptest::bool::weighted(0.2),
        proptest::collection::vec((age, proptest::bool::weighted(0.2)), 0..8),
    )
        .prop_map(|(rule, held, conversations)| Case {
            rule,
            held,
            conversations,
        })
}

#[test]
fn nothing_held_and_nothing_younger_is_ever_chosen_and_everything_else_is() {
    let (_folder, app) = new();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&proptest::collection::vec(case(), 1..4), |cases| {
            let now = NOW;
            let (mut wanted, mut ours) = (HashSet::new(), HashSet::new());
            for case in &cases {
                let workspace_id = WorkspaceId::new();
                app.save_workspace(workspace_id, &workspace_id.to_string())
                    .unwrap();
                ours.insert(workspace_id);
                if case.held {
                    app.hold(Held::Workspace { workspace_id }, "A lawsuit")
                        .unwrap();
                }
                let chosen = case.rule.map(|(days, delete)| {
                    let action = if delete {
                        RetentionAction::Delete
                    } else {
                        RetentionAction::Anonymise
                    };
                    rule(days, action)
                });
                app.set_retention(workspace_id, chosen).unwrap();
                for &(age, held) in &case.conversations {
                    let conversation_id = bare(&app, workspace_id, now - age);
                    if held {
                        app.hold(Held::Conversation { conversation_id }, "A claim")
                            .unwrap();
                    }
                    let is_old = case
                        .rule
                        .is_some_and(|(days, _)| age > i64::from(days) * DAY);
                    if is_old && !held && !case.held {
                        wanted.insert(conversation_id);
                    }
                }
            }
            let preview = app.preview_retention(now).unwrap();
            let due: HashSet<_> = preview
                .due
                .iter()
                .filter(|due| ours.contains(&due.workspace_id))
                .map(|due| due.conversation_id)
                .collect();
            prop_assert_eq!(due, wanted);
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_is_due_is_deleted_for_good_and_recorded_and_the_rest_stays() {
    let (_folder, app) = new();
    let (old, young) = (now_ms() - 31 * DAY, now_ms() - 29 * DAY);
    let gone = long_here(
        &app,
        "Rhubarb",
        &["What about the rhubarb?", "It is red."],
        old,
    );
    app.rename_conversation(gone, "Rhubarb, red").unwrap();
    let stays = long_here(&app, "Apples", &["And apples?"], young);
    let workspace = here(&app);
    app.set_retention(workspace, Some(rule(30, RetentionAction::Delete)))
        .unwrap();
    let preview = app.preview_retention(now_ms()).unwrap();
    assert_eq!(preview.due.len(), 1);
    assert_eq!(preview.due[0].title.as_deref(), Some("Rhubarb, red"));
    assert!(is_there(&app, gone), "a preview changes nothing");

    let outcome = ran(&app);
    assert_eq!((outcome.runs[0].done, outcome.runs[0].failed), (1, 0));
    assert!(!is_there(&app, gone) && is_there(&app, stays));
    let said = actions(&app);
    assert_eq!(said[said.len() - 2..], ["content.erased", "retention.ran"]);
    assert_eq!(
        fact(&app, Action::Erased, "cause").as_deref(),
        Some("retention")
    );
    for (name, value) in [
        ("days", "30"),
        ("then", "delete"),
        ("done", "1"),
        ("held", "0"),
    ] {
        assert_eq!(
            fact(&app, Action::RetentionRan, name).as_deref(),
            Some(value),
            "{name}"
        );
    }
    nowhere(&app, &["rhubarb", "Rhubarb"]);
    assert_eq!(
        app.run_retention().unwrap().runs[0].done,
        0,
        "and there is nothing more to do"
    );
    holds(&app);
}

/// No page of the database has these words any more, whatever it is used for, and neither has the record.
fn nowhere(app: &App, words: &[&str]) {
    let pages: Vec<Vec<u8>> = app
        .store
        .read(|conn| {
            conn.prepare("SELECT data FROM sqlite_dbpage")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()
        })
        .unwrap();
    assert!(pages.len() > 50);
    let mut record = Vec::new();
    app.record
        .export(
            Contents::Everything,
            WhileFaulty::Refuse,
            &mut record,
            now_ms(),
        )
        .unwrap();
    for word in words {
        let has = |bytes: &[u8]| {
            bytes
                .windows(word.len())
                .any(|window| window == word.as_bytes())
        };
        assert!(!pages.iter().any(|page| has(page)), "{word} is in a page");
        assert!(!has(&record), "{word} is in the record");
    }
}

#[test]
fn what_was_made_anonymous_names_nobody_and_cannot_be_brought_back() {
    let (_folder, app) = new();
    let old = now_ms() - 100 * DAY;
    let texts = [
        "Please write to Annegret Weissenborn, annegret.weissenborn@example.org, about the lease.",
        "Dear Ms Weissenborn, the lease of 12 May ends. Your IBAN DE89370400440532013000 is kept.",
        "Thanks. Annegret Weissenborn will call from +49 151 23456789.",
    ];
    let id = long_here(&app, "Weissenborn lease", &texts, old);
    app.rename_conversation(id, "Weissenborn: the lease")
        .unwrap();
    app.store
        .write(|tx| chat::save_draft(tx, Some(id), "Ask Annegret Weissenborn"))
        .unwrap();
    let workspace = here(&app);
    app.set_retention(workspace, Some(rule(90, RetentionAction::Anonymise)))
        .unwrap();
    assert_eq!(app.run_retention().unwrap().runs[0].done, 1);

    let thread = app.store.read(|conn| chat::thread(conn, id)).unwrap();
    assert_eq!(
        (&thread.conversation.title, &*thread.conversation.draft),
        (&None, "")
    );
    let all: Vec<&str> = thread
        .messages
        .iter()
        .map(|message| &*message.text)
        .collect();
    assert_eq!(all.len(), 3);
    assert!(
        all[0].contains("about the lease") && all[1].contains("the lease of"),
        "{all:?}"
    );
    let person = all[0]
        .split(['[', ']'])
        .find(|part| part.starts_with("PERSON-"))
        .unwrap();
    assert!(
        all[2].contains(person),
        "the same person is the same one: {all:?}"
    );
    nowhere(&app, &["eissenborn", "DE8937", "23456789"]);
    let kept: i64 = app
        .store
        .read(|conn| {
            conn.query_row(
                "SELECT (SELECT count(*) FROM masks) + (SELECT count(*) FROM conversation_keys)
                      + (SELECT count(*) FROM sent_requests)",
                [],
                |row| row.get(0),
            )
        })
        .unwrap();
    assert_eq!(kept, 0, "nothing restores a placeholder");
    assert_eq!(
        fact(&app, Action::Erased, "cause").as_deref(),
        Some("made anonymous")
    );
    holds(&app);

    assert_eq!(
        app.run_retention().unwrap().runs[0].done,
        0,
        "it is done once"
    );
    app.store
        .write(|tx| {
            tx.execute(
                "UPDATE conversations SET updated_at_ms = ?2 WHERE id = ?1",
                params![id, old + DAY],
            )
        })
        .unwrap();
    assert_eq!(
        app.run_retention().unwrap().runs[0].done,
        1,
        "and again once it went on"
    );
}

#[test]
fn whatever_is_said_in_what_was_made_anonymous_is_made_anonymous_in_turn() {
    let (_folder, app) = new();
    let old = now_ms() - 100 * DAY;
    let id = long_here(&app, "A matter", &["Anna Weiss owes it."], old);
    let workspace = here(&app);
    app.set_retention(workspace, Some(rule(90, RetentionAction::Anonymise)))
        .unwrap();
    let done = || app.run_retention().unwrap().runs[0].done;
    assert_eq!((done(), done()), (1, 0));
    let options = |system_prompt: &str| Options {
        system_prompt: system_prompt.into(),
        sampling: Sampling::default(),
        ..Options::default()
    };
    let stops = Options {
        sampling: Sampling {
            stop: vec!["Anna Weiss".into()],
            ..Sampling::default()
        },
        ..options("")
    };
    let changes: [(&str, &dyn Fn()); 5] = [
        ("title", &|| {
            app.rename_conversation(id, "Anna Weissenborn").unwrap();
        }),
        ("draft", &|| {
            app.store
                .write(|tx| chat::save_draft(tx, Some(id), "Ask Anna Weissenborn"))
                .unwrap();
        }),
        ("system prompt", &|| {
            app.set_conversation_options(id, &options("You write to Anna Weissenborn."))
                .unwrap();
        }),
        ("where it stops", &|| {
            app.set_conversation_options(id, &stops).unwrap();
        }),
        ("message", &|| {
            app.store
                .write(|tx| {
                    tx.execute(
                        "INSERT INTO messages (id, conversation_id, role, text, state, created_at_ms)
                         VALUES (?1, ?2, 'user', 'Anna Weissenborn again', 'done', ?3)",
                        params![gatehouse_core::ids::MessageId::new(), id, old],
                    )
                })
                .unwrap();
        }),
    ];
    for (what, change) in changes {
        change();
        assert_eq!((done(), done()), (1, 0), "{what}");
        nowhere(&app, &["eissenborn"]);
    }
    holds(&app);
}

#[test]
fn the_record_of_an_answered_chat_holds_after_it_was_made_anonymous() {
    let (_folder, app) = app::new();
    let id = app::conversation(&app, 3).id;
    let question = app::say(&app, id, "Write to Annegret Weissenborn about the lease.").parent_id;
    app.store
        .write(|tx| tx.execute("UPDATE conversations SET updated_at_ms = 1", []))
        .unwrap();
    app.set_retention(here(&app), Some(rule(90, RetentionAction::Anonymise)))
        .unwrap();
    assert_eq!(app.run_retention().unwrap().runs[0].done, 1);
    let thread = app.store.read(|conn| chat::thread(conn, id)).unwrap();
    assert_eq!(Some(thread.messages[0].id), question);
    assert!(
        thread.messages[0].text.contains("[PERSON-1-"),
        "its text is another one now"
    );
    holds(&app);
}

#[test]
fn what_this_process_has_let_go_ends_no_engine_a_second_time() {
    let (_folder, app) = app::new();
    for action in [RetentionAction::Delete, RetentionAction::Anonymise] {
        let id = app::conversation(&app, 3).id;
        app::say(&app, id, "Write to Annegret Weissenborn about the lease.");
        let quiet = "UPDATE conversations SET updated_at_ms = 1 WHERE id = ?1";
        app.store.write(|tx| tx.execute(quiet, [id])).unwrap();
        app.set_retention(here(&app), Some(rule(90, action)))
            .unwrap();
        assert_eq!(app.run_retention().unwrap().runs[0].done, 1);
        assert!(app.engines.snapshot().is_empty(), "it had read of it");
        app::say(&app, app::conversation(&app, 3).id, "Hello");
        app.forget_what_others_erased().unwrap();
        assert_eq!(app.engines.snapshot().len(), 1, "it has read nothing of it");
    }
}

#[test]
fn what_another_process_lets_go_goes_from_the_engines_of_this_one_once_they_work_on_nothing() {
    let folder = TempFolder::new();
    let (tell, changes) = mpsc::channel();
    let engine = app::program("gatehouse-engine");
    let app = app::open_with(&folder.folder, engine, move || {
        tell.send(()).unwrap_or_default()
    });
    let id = app::conversation(&app, 3).id;
    app::say(&app, id, "Write to Annegret Weissenborn about the lease.");
    app.store
        .write(|tx| tx.execute("UPDATE conversations SET updated_at_ms = 1", []))
        .unwrap();
    app.set_retention(here(&app), Some(rule(90, RetentionAction::Delete)))
        .unwrap();
    let [loaded] = app.engines.snapshot().try_into().unwrap();
    app.forget_what_others_erased().unwrap();
    let model = app.store.read(|conn| models::get(conn, loaded.model));
    let in_use = app.engines.get(&model.unwrap()).unwrap();
    let other = without_model(&folder.folder);
    assert_eq!(other.run_retention().unwrap().runs[0].done, 1);
    app.forget_what_others_erased().unwrap();
    let now = app.engines.snapshot();
    assert_eq!(now[0].process, loaded.process, "it is at work");
    drop(in_use);
    while !app.engines.snapshot().is_empty() {
        let changed = changes.recv_timeout(Duration::from_secs(60));
        changed.expect("it ends, as it works on nothing");
    }
}

#[test]
fn what_came_from_a_file_is_kept_from_its_arrival_on_and_that_is_said() {
    let (_folder, app) = new();
    let workspace = here(&app);
    app.set_retention(workspace, Some(rule(30, RetentionAction::Delete)))
        .unwrap();
    let old = now_ms() - 400 * DAY;
    let came = app::imported(&app, "From long ago", &["What was said"], old);
    let young = app::imported(&app, "Of today", &["What is said"], now_ms());
    let past = app.past_their_rule(&[came, young], now_ms()).unwrap();
    assert_eq!(past.len(), 1);
    assert_eq!(
        (past[0].conversations, past[0].action),
        (1, RetentionAction::Delete)
    );
    let days = (past[0].until_ms - now_ms()) / DAY;
    assert!((29..=30).contains(&days), "{days}");
    assert_eq!(ran(&app).runs[0].done, 0);
    let due_in = |days: i64| {
        app.preview_retention(now_ms() + days * DAY)
            .unwrap()
            .due
            .len()
    };
    assert_eq!((due_in(0), due_in(29), due_in(31)), (0, 0, 2));
    assert!(is_there(&app, came));
}

#[test]
fn a_hold_stops_every_deletion_until_it_is_lifted() {
    let (folder, app) = new();
    let conversation_id = long_here(
        &app,
        "A dispute",
        &["We will not pay."],
        now_ms() - 400 * DAY,
    );
    let workspace_id = here(&app);
    app.set_retention(workspace_id, Some(rule(30, RetentionAction::Delete)))
        .unwrap();
    app.delete_conversation(conversation_id).unwrap();
    for on in [
        Held::Conversation { conversation_id },
        Held::Workspace { workspace_id },
    ] {
        assert!(matches!(app.hold(on, "  "), Err(RetentionError::NoReason)));
        app.hold(on, "Lawsuit 4 O 12/26 against Müller").unwrap();
        assert!(matches!(
            app.hold(on, "Again"),
            Err(RetentionError::HeldAlready)
        ));
        let run = app.run_retention().unwrap().runs.remove(0);
        assert_eq!((run.done, run.held), (0, 1));
        assert!(matches!(
            app.delete_conversation(conversation_id),
            Err(ChatError::Held)
        ));
        app.lift_hold(on).unwrap();
        assert!(matches!(app.lift_hold(on), Err(RetentionError::NotHeld)));
    }
    let mut clear = Vec::new();
    app.record
        .export(Contents::Facts, WhileFaulty::Refuse, &mut clear, now_ms())
        .unwrap();
    assert!(
        !String::from_utf8(clear).unwrap().contains("Müller"),
        "the reason is sealed"
    );

    // A start removes what was deleted, except what is held.
    app.hold(Held::Conversation { conversation_id }, "Lawsuit")
        .unwrap();
    drop(app);
    let lock = folder.lock();
    let app = App::open_window(&lock, around(PathBuf::new())).unwrap();
    app.restore_conversation(conversation_id).unwrap();
    let by_force = app
        .store
        .write(|tx| chat::erase(tx, conversation_id).map_err(StoreError::from));
    assert!(by_force.is_err(), "the database itself refuses");
    assert_eq!(
        app.retention_status(now_ms()).unwrap().holds[0].name,
        "A dispute"
    );
    app.lift_hold(Held::Conversation { conversation_id })
        .unwrap();
    assert_eq!(app.run_retention().unwrap().runs[0].done, 1);
    holds(&app);
}

#[test]
fn a_rule_or_a_hold_that_makes_no_sense_is_refused() {
    let (_folder, app) = new();
    let workspace = here(&app);
    for days in [0, 36_526] {
        let error = app.set_retention(workspace, Some(rule(days, RetentionAction::Delete)));
        assert!(matches!(error, Err(RetentionError::Days(_))));
    }
    let nowhere = WorkspaceId::new();
    let error = app.set_retention(nowhere, Some(rule(1, RetentionAction::Delete)));
    assert!(matches!(error, Err(RetentionError::NoWorkspace)));
    let error = app.hold(
        Held::Workspace {
            workspace_id: nowhere,
        },
        "Why",
    );
    assert!(matches!(error, Err(RetentionError::NoWorkspace)));
    let conversation_id = ConversationId::new();
    let error = app.hold(Held::Conversation { conversation_id }, "Why");
    assert!(matches!(error, Err(RetentionError::NoConversation)));
    let before = actions(&app).len();
    app.set_retention(workspace, None).unwrap();
    assert_eq!(
        actions(&app).len(),
        before,
        "what was not changed is not recorded"
    );
}

#[test]
fn what_cannot_be_inspected_is_not_taken_for_anonymous() {
    let (_folder, app) = new();
    let id = long_here(
        &app,
        "A matter",
        &["Anna Weiss owes it."],
        now_ms() - 100 * DAY,
    );
    let workspace = here(&app);
    app.set_retention(workspace, Some(rule(90, RetentionAction::Anonymise)))
        .unwrap();
    // A policy that names a country there is not: the scanner cannot be made.
    app.store
        .write(|tx| {
            tx.execute(
                "INSERT OR REPLACE INTO policies (workspace_id, policy) VALUES (?1, ?2)",
                params![workspace, json!({ "countries": ["xx"] }).to_string()],
            )
        })
        .unwrap();
    let run = app.run_retention().unwrap().runs.remove(0);
    assert_eq!((run.done, run.failed), (0, 1));
    assert!(run.problem.is_some());
    assert_eq!(
        fact(&app, Action::RetentionRan, "failed").as_deref(),
        Some("1")
    );
    let thread = app.store.read(|conn| chat::thread(conn, id)).unwrap();
    assert_eq!(thread.messages[0].text, "Anna Weiss owes it.");
    assert_eq!(thread.conversation.title.as_deref(), Some("A matter"));
}
