//! What the product promises of its record: that it is written, that it outlives kills and full disks,
//! and that a stranger can verify it.

mod looking;
#[cfg(target_os = "linux")]
mod stamping;
mod strangers;
mod surviving;

use std::{ops::ControlFlow, path::PathBuf};

use gatehouse_core::{
    accounts::{AccountInput, ProviderKind},
    aliases::{Alias, Link},
    app::App,
    chat::{self, ExportFormat, Options, Rating},
    costs::budgets::{BudgetInput, Period},
    gate::{AnswerEvent, Ask},
    ids::{AliasId, OwnRuleId, WorkspaceId},
    now_ms,
    policy::{
        Policy,
        own_rules::{OwnRule, RuleClass, RuleForm},
    },
    record::{Action, Contents, Fault, Filter, WhileFaulty},
    startup::StartError,
    store::{DataFolder, StoreError},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    command_line::Shell,
    support::{
        app::{self, around, conversation},
        folder::{TempFolder, key_in},
    },
};

/// What happened, oldest first.
fn actions(app: &App) -> Vec<String> {
    let filter = Filter {
        limit: 500,
        ..Filter::default()
    };
    let rows = app.record.list(&filter).unwrap();
    rows.into_iter().rev().map(|row| row.action).collect()
}

fn holds(app: &App) -> i64 {
    let verdict = app
        .record
        .verify(&mut |_| ControlFlow::Continue(()))
        .unwrap();
    assert_eq!(verdict.fault, None);
    verdict.count
}

/// A Gatehouse without a model: these tests ask none.
fn without_model(folder: &DataFolder) -> Result<App, StartError> {
    key_in(folder);
    App::open(folder, around(PathBuf::new()))
}

#[test]
fn an_answer_leaves_entries_that_commit_to_its_words() {
    let (_folder, app) = app::new();
    let conversation = conversation(&app, 4);
    let answer = app::say(&app, conversation.id, "Say something short.");
    let filter = Filter {
        action: Some(Action::CallEnded.name().into()),
        limit: 1,
        ..Filter::default()
    };
    let entry = app.record.list(&filter).unwrap().remove(0);
    let details = app
        .record
        .details(entry.sequence)
        .unwrap()
        .expect("it was listed");
    let payload: Value = serde_json::from_str(&details.payload.unwrap()).unwrap();
    let hash: String = Sha256::digest(answer.text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(payload["answer"]["sha256"], hash.as_str());
    let place = details.message.unwrap();
    assert_eq!(
        (place.conversation, place.message),
        (conversation.id, answer.id)
    );
    assert!(
        actions(&app).contains(&Action::CallBegan.name().to_owned()),
        "and one that it began"
    );
    holds(&app);
}

#[test]
fn a_letter_changed_in_the_database_is_found_and_nothing_done_in_the_app_changes_one() {
    let (_folder, app) = app::new();
    let conversation = conversation(&app, 4);
    let answer = app::say(&app, conversation.id, "Say something short.");
    let question = answer.parent_id.unwrap();
    app::answer(&app, Ask::Again(answer.id), |_| ());
    app::answer(&app, Ask::Edit(question, "Say something long."), |_| ());
    app::answer(&app, Ask::Say(conversation.id, "Go on."), |event| {
        if matches!(event, AnswerEvent::Text { .. }) {
            app.gate.stop(conversation.id);
        }
    });
    app.store
        .write(|tx| chat::switch_branch(tx, answer.id))
        .unwrap();
    holds(&app);

    let letter = app.store.write(|tx| {
        let sql = "UPDATE messages SET text = 'S' || substr(text, 2) WHERE text = 'Go on.'";
        tx.execute(sql, []).map_err(StoreError::from)
    });
    assert_eq!(letter.unwrap(), 1);
    let verdict = app
        .record
        .verify(&mut |_| ControlFlow::Continue(()))
        .unwrap();
    assert!(
        matches!(verdict.fault, Some(Fault::TextChanged(_))),
        "{verdict:?}"
    );
}

#[test]
fn what_a_person_changes_is_in_the_record_once_and_in_order() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder).unwrap();
    let before = actions(&app).len();
    let conversation = app.gate.new_conversation(&Options::default()).unwrap().id;
    app.open_conversation(conversation).unwrap();
    app.open_conversation(conversation).unwrap();
    app.rename_conversation(conversation, "Müller against Smith")
        .unwrap();
    app.set_conversation_options(conversation, &Options::default())
        .unwrap();
    let file = app
        .export_conversation(conversation, ExportFormat::Json)
        .unwrap();
    app.import_conversations(&file.text).unwrap();
    app.delete_conversation(conversation).unwrap();
    app.restore_conversation(conversation).unwrap();
    app.set_policy(&Policy::default()).unwrap();
    app.save_workspace(WorkspaceId::new(), "A client").unwrap();
    let account = AccountInput {
        kind: ProviderKind::Ollama,
        name: "A server".into(),
        base_url: "http://127.0.0.1:1".into(),
        destination: None,
        context_tokens: None,
    };
    let account = app.gate.save_account(None, &account).unwrap().id;
    app.save_alias(&Alias {
        id: AliasId::new(),
        name: "cheap".into(),
        chain: vec![Link::Account {
            account_id: account,
            model: "m".into(),
        }],
    })
    .unwrap();
    app.set_budget(&BudgetInput {
        everywhere: true,
        period: Period::Day,
        limit: "5".into(),
        warn_percent: 80,
        stops: true,
    })
    .unwrap();
    assert!(app.remove_budget(true, Period::Day).unwrap());
    assert!(
        !app.remove_budget(true, Period::Day).unwrap(),
        "there is none any more"
    );
    let mut settings = app.store.read(gatehouse_core::settings::get).unwrap();
    settings.offline = !settings.offline;
    app.set_settings(&settings).unwrap();
    app.set_settings(&settings).unwrap();
    assert_eq!(
        actions(&app)[before..],
        [
            "conversation.opened",
            "conversation.renamed",
            "conversation.changed",
            "conversation.exported",
            "conversation.imported",
            "conversation.deleted",
            "conversation.restored",
            "policy.changed",
            "workspace.saved",
            "account.saved",
            "alias.saved",
            "budget.set",
            "budget.removed",
            "settings.changed",
        ]
    );
    let mut clear = Vec::new();
    app.record
        .export(Contents::Facts, WhileFaulty::Refuse, &mut clear, now_ms())
        .unwrap();
    let clear = String::from_utf8(clear).unwrap();
    for private in ["Müller", "A client", "A server", "cheap"] {
        assert!(!clear.contains(private), "{private} is said in the clear");
    }
    holds(&app);
}

#[test]
fn a_rating_is_recorded_with_the_conversation_it_is_in() {
    let (_folder, app) = app::new();
    let conversation = conversation(&app, 2);
    let answer = app::say(&app, conversation.id, "Hi");
    app.rate(answer.id, Some(Rating::Good)).unwrap();
    assert_eq!(actions(&app).last().unwrap(), "answer.rated");
}

#[test]
fn what_was_deleted_for_good_is_gone_from_the_record_too_and_it_says_so() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder).unwrap();
    let id = app.gate.new_conversation(&Options::default()).unwrap().id;
    app.rename_conversation(id, "Something private").unwrap();
    app.delete_conversation(id).unwrap();
    drop(app);
    let lock = folder.lock();
    let app = App::open_window(&lock, around(PathBuf::new())).unwrap();
    assert_eq!(actions(&app).last().unwrap(), "content.erased");
    let mut all = Vec::new();
    app.record
        .export(
            Contents::Everything,
            WhileFaulty::Refuse,
            &mut all,
            now_ms(),
        )
        .unwrap();
    assert!(
        !String::from_utf8(all)
            .unwrap()
            .contains("Something private")
    );
    holds(&app);
}

#[test]
fn prices_that_come_with_a_newer_gatehouse_leave_an_entry_like_any_others() {
    let folder = TempFolder::new();
    let count = |app: &App| {
        let all = actions(app);
        all.iter()
            .filter(|action| *action == "prices.updated")
            .count()
    };
    let app = without_model(&folder.folder).unwrap();
    assert_eq!(count(&app), 1, "those that it came with");
    drop(app);
    let app = without_model(&folder.folder).unwrap();
    assert_eq!(count(&app), 1, "the same list changes nothing");
    // As if an older Gatehouse had taken an older list over.
    let older = "DELETE FROM built_in_prices_taken; DELETE FROM prices WHERE id = 1";
    app.store.write(|tx| tx.execute_batch(older)).unwrap();
    drop(app);
    let app = without_model(&folder.folder).unwrap();
    assert_eq!(count(&app), 2);
    let filter = Filter {
        action: Some(Action::PricesUpdated.name().into()),
        limit: 1,
        ..Filter::default()
    };
    let newest = app.record.list(&filter).unwrap().remove(0);
    let fact = |name| newest.facts.iter().find(|fact| fact.name == name).unwrap();
    assert_eq!(
        (fact("added").value.as_str(), newest.actor.as_str()),
        ("1", "app")
    );
    assert_eq!(fact("read_from").value, "built in");
}

#[test]
fn what_a_person_writes_is_no_longer_than_the_record_can_keep() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder).unwrap();
    let long = "x".repeat(1_000_001);
    let sampling = Options::default().sampling;
    let refused = app.save_preset("Long", &long, &sampling).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a system prompt can have at most 1.0 MB"
    );
    app.save_preset("Long", &long[1..], &sampling).unwrap();
    let id = app.gate.new_conversation(&Options::default()).unwrap().id;
    let options = Options {
        system_prompt: long,
        ..Options::default()
    };
    app.set_conversation_options(id, &options).unwrap_err();
    let rule = OwnRule {
        id: OwnRuleId::new(),
        name: "Clients".into(),
        class: RuleClass::Personal,
        form: RuleForm::Words,
        content: "Anna\n".repeat(1 << 19),
        is_on: true,
    };
    let refused = app.save_own_rule(&rule).unwrap_err().to_string();
    assert!(refused.contains("at most 2 MB"), "{refused}");
}

#[test]
fn the_command_line_verifies_lists_exports_and_gives_witnesses() {
    let cli = Shell::new();
    cli.text(&["budgets", "set", "day", "3"]);
    let listed = cli.json(&["record", "list", "--action", "budget.set"]);
    assert_eq!(listed[0]["actor"], "command line");
    let witness = cli.path().join("witness.json");
    let witness = witness.to_str().unwrap();
    let code = cli.json(&["record", "witness", witness])["code"].clone();
    let verdict = cli.json(&["record", "verify", "--witness", witness]);
    assert_eq!(verdict["holds"], true);
    let told = &verdict["witness"];
    assert_eq!(
        (&told["holds"], &told["fault"]),
        (&true.into(), &Value::Null)
    );
    let came = |told: &Value, action: &str| {
        let since = told["since"].as_array().unwrap().iter();
        let of = since.filter(|one| one["action"] == action);
        of.map(|one| one["count"].as_i64().unwrap()).sum::<i64>()
    };
    assert_eq!(came(told, "record.witness-saved"), 1, "{told}");
    assert_eq!(came(told, "budget.set"), 0, "that was before: {told}");
    let said = cli.text(&["record", "verify", "--witness", witness]);
    assert!(said.contains("1 × record.witness-saved"), "{said}");
    let file = cli.path().join("record.jsonl");
    let file = file.to_str().unwrap();
    cli.text(&["record", "export", file]);
    let verdict = cli.json(&[
        "record",
        "verify",
        file,
        "--witness",
        code.as_str().unwrap(),
    ]);
    assert_eq!(verdict["holds"], true);
    assert_eq!(came(&verdict["witness"], "record.witness-saved"), 1);
    let said = cli.text(&["record", "verify", file, "--witness", witness]);
    assert!(said.contains("1 × record.witness-saved"), "{said}");
    let checkpoint = cli.json(&["record", "checkpoint"]);
    assert_eq!(verdict["publicKey"], checkpoint["publicKey"]);
    assert_eq!(checkpoint["standing"], Value::Null);
    let verdict = cli.json(&[
        "record",
        "verify",
        "--witness",
        checkpoint["code"].as_str().unwrap(),
    ]);
    assert_eq!(
        came(&verdict["witness"], "record.witness-saved"),
        1,
        "it is told like any witness"
    );

    let text = std::fs::read_to_string(file).unwrap();
    std::fs::write(file, text.replacen("command line", "window", 1)).unwrap();
    let (exit, words) = cli.fed(&["record", "verify", file], b"");
    assert_eq!(exit, 10, "{words}");
    let (exit, words) = cli.fed(&["record", "verify", file, "--public-key", "12"], b"");
    assert_eq!(exit, 2, "{words}");
    let (exit, _) = cli.fed(&["record", "verify", "/nowhere"], b"");
    assert_eq!(exit, 4);
    let given = std::fs::read_to_string(witness).unwrap();
    let changed = cli.path().join("changed.json");
    std::fs::write(&changed, given.replacen("\"time\": 1", "\"time\": 2", 1)).unwrap();
    let changed = changed.to_str().unwrap();
    let (exit, words) = cli.fed(&["record", "verify", "--witness", changed], b"");
    assert_eq!(exit, 10, "what its key has not signed: {words}");
    let (exit, _) = cli.fed(&["record", "export", witness], b"");
    assert_eq!(exit, 5, "nothing is written over");
}

#[test]
fn a_witness_of_another_record_is_told_in_json_too() {
    let (cli, other) = (Shell::new(), Shell::new());
    let witness = other.path().join("witness.json");
    let witness = witness.to_str().unwrap();
    other.text(&["record", "witness", witness]);
    cli.text(&["models", "list"]);
    let file = cli.path().join("record.jsonl");
    let file = file.to_str().unwrap();
    cli.text(&["record", "export", file]);
    for of in [&["record", "verify"][..], &["record", "verify", file]] {
        let (exit, said) = cli.failed_json(&[of, &["--witness", witness]].concat());
        assert_eq!(exit, 10, "{said}");
        assert_eq!(said["holds"], false, "{said}");
        assert_eq!(said["witness"]["holds"], false, "{said}");
        let fault = said["witness"]["fault"].as_str().unwrap();
        assert!(["checkpoint-differs", "cut-off"].contains(&fault), "{said}");
    }
}
