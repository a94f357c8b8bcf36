//! How long chats are kept, from the command line.

use gatehouse_core::store::DataFolder;
use serde_json::json;

use crate::{command_line::Shell, support::app::without_model};

#[test]
fn the_command_line_sets_previews_holds_lifts_and_runs() {
    let cli = Shell::new();
    let file = cli.path().join("old.json");
    let chat = json!({ "format": "gatehouse-conversations", "version": 1, "conversations": [{
        "title": "Old", "createdAtMs": 1000, "updatedAtMs": 1000, "systemPrompt": "", "sampling": {},
        "messages": [{ "parent": null, "role": "user", "text": "Long ago", "createdAtMs": 1000 }],
        "leaf": 0 }] });
    std::fs::write(&file, chat.to_string()).unwrap();
    let ids = cli.json(&["chats", "import", file.to_str().unwrap()]);
    let id = ids[0].as_str().unwrap();
    long_ago(&cli);

    let (exit, words) = cli.refused(&["retention", "set", "--days", "30"]);
    assert_eq!(exit, 2, "{words}");
    let status = cli.json(&["retention", "set", "--days", "30", "--then", "delete"]);
    assert_eq!(
        status["workspaces"][0]["rule"],
        json!({ "days": 30, "action": "delete" })
    );
    assert_eq!(status["workspaces"][0]["due"], 1);
    assert_eq!(
        cli.json(&["retention", "preview"])["due"][0]["title"],
        "Old"
    );
    let (exit, words) = cli.refused(&[
        "retention",
        "hold",
        "--workspace",
        "Nowhere",
        "--reason",
        "x",
    ]);
    assert_eq!(exit, 4, "{words}");
    cli.text(&[
        "retention",
        "hold",
        "--conversation",
        id,
        "--reason",
        "A claim",
    ]);
    assert_eq!(cli.json(&["retention", "run"])["runs"][0]["held"], 1);
    cli.text(&["retention", "lift", "--conversation", id]);
    let ran = cli.text(&["retention", "run"]);
    assert!(ran.ends_with(": 1 chat deleted.\n"), "{ran}");
    assert_eq!(cli.json(&["chats", "list"]), json!([]));
    let listed = cli.json(&["record", "list", "--action", "retention.ran"]);
    assert_eq!(listed[0]["actor"], "command line");
    cli.text(&["retention", "set", "--forever"]);
    assert!(
        cli.text(&["retention", "run"])
            .contains("No workspace has a rule")
    );
}

/// As if everything had always been here.
fn long_ago(cli: &Shell) {
    let folder = DataFolder::resolve(Some(cli.path())).unwrap();
    without_model(&folder)
        .store
        .write(|tx| tx.execute("UPDATE conversations SET arrived_at_ms = NULL", []))
        .unwrap();
}

#[test]
fn what_the_command_line_says_agrees_with_its_numbers() {
    let cli = Shell::new();
    let file = cli.path().join("old.json");
    let chat = |title: &str| {
        json!({
            "title": title, "createdAtMs": 1000, "updatedAtMs": 1000, "systemPrompt": "", "sampling": {},
            "messages": [{ "parent": null, "role": "user", "text": "Long ago", "createdAtMs": 1000 }],
            "leaf": 0
        })
    };
    let import = |titles: &[&str]| {
        let all: Vec<_> = titles.iter().map(|title| chat(title)).collect();
        let all =
            json!({ "format": "gatehouse-conversations", "version": 1, "conversations": all });
        std::fs::write(&file, all.to_string()).unwrap();
        cli.text(&["chats", "import", file.to_str().unwrap()])
    };
    cli.text(&["retention", "set", "--days", "1", "--then", "delete"]);
    let said = cli.text(&["retention", "preview"]);
    assert!(said.ends_with("Nothing is due.\n"), "{said}");
    let said = import(&["One"]);
    assert!(said.contains("1 chat is past the rule of"), "{said}");
    assert!(said.contains("then it is deleted."), "{said}");
    long_ago(&cli);
    let said = cli.text(&["retention", "preview"]);
    assert!(said.contains("\n1 chat would go.\n"), "{said}");
    assert!(!said.contains("held"), "{said}");
    let said = import(&["Two", "Three"]);
    assert!(said.contains("2 chats are past the rule of"), "{said}");
    assert!(said.contains("then they are deleted."), "{said}");
    long_ago(&cli);
    let said = cli.text(&["retention", "preview"]);
    assert!(said.contains("\n3 chats would go.\n"), "{said}");
    let listed = cli.json(&["chats", "list"]);
    let hold = |nth: usize| {
        let id = listed[nth]["id"].as_str().unwrap();
        cli.text(&[
            "retention",
            "hold",
            "--conversation",
            id,
            "--reason",
            "A claim",
        ]);
        cli.text(&["retention", "preview"])
    };
    let said = hold(0);
    assert!(
        said.contains("1 chat would go too, but is held.\n"),
        "{said}"
    );
    let said = hold(1);
    assert!(said.contains("\n1 chat would go.\n"), "{said}");
    assert!(
        said.contains("2 chats would go too, but are held.\n"),
        "{said}"
    );
    let said = cli.text(&["retention", "list"]);
    assert!(said.contains("1 day, then deleted"), "{said}");
    let said = cli.text(&["retention", "run"]);
    assert!(said.ends_with(": 1 chat deleted, 2 held.\n"), "{said}");
}

#[test]
fn after_a_backup_was_put_back_a_person_has_to_have_seen_what_would_go() {
    let cli = Shell::new();
    let disk = tempfile::tempdir().unwrap();
    cli.text(&["retention", "set", "--days", "30", "--then", "delete"]);
    cli.text(&[
        "backup",
        "schedule",
        "--folder",
        disk.path().to_str().unwrap(),
    ]);
    let name = cli.json(&["backup", "now"])["made"]["name"].clone();
    let file = disk.path().join(name.as_str().unwrap());
    let said = cli.text(&["backup", "restore", file.to_str().unwrap()]);
    assert!(said.contains("gatehouse retention preview"), "{said}");
    let said = cli.text(&["retention", "preview"]);
    assert!(said.contains("an older database was put back"), "{said}");
    assert_eq!(
        cli.json(&["retention", "preview"])["waits"]["because"],
        "put_back"
    );
    let (exit, words) = cli.refused(&["retention", "run"]);
    assert_eq!(exit, 2, "{words}");
    assert!(words.contains("--seen"), "{words}");
    cli.text(&["retention", "run", "--seen"]);
    cli.text(&["retention", "run"]);
}
