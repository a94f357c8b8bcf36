//! The command line as a person and a script use it: the real program on a folder of its own.

mod asking;
mod files;
mod masking;
mod monitor;

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use gatehouse_core::{
    chat::{self, MessageState, Options},
    ids::{ConversationId, WorkspaceId},
    now_ms, settings,
    store::{InstanceLock, Store},
    workspaces,
};
use serde_json::Value;

use crate::support::{
    app::{self, program},
    folder::TempFolder,
};

/// What the system says of a file that is not there: 2 is its number on Unix and on Windows.
fn not_there() -> String {
    std::io::Error::from_raw_os_error(2).to_string()
}

/// The command line on a folder of its own.
pub struct Shell(TempFolder);

impl Shell {
    pub fn new() -> Self {
        Self(TempFolder::new())
    }

    /// One on which Gatehouse was started before, so that only what is asked for is said.
    pub fn used() -> Self {
        let shell = Self::new();
        shell.text(&["models", "list"]);
        shell
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("gatehouse"));
        command.arg("--data-dir").arg(self.0.path()).args(arguments);
        command
            .env("GATEHOUSE_KEYCHAIN", "file")
            // Where each day of the year has 24 hours.
            .env("TZ", "UTC")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a command that must work prints.
    pub fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn json(&self, arguments: &[&str]) -> Value {
        let text = self.text(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }

    /// The exit code of a command that gets this on standard input, and what it prints: its words if it
    /// fails.
    pub fn fed(&self, arguments: &[&str], input: &[u8]) -> (i32, String) {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that refuses its arguments does not read.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        let printed = if output.status.success() {
            output.stdout
        } else {
            output.stderr
        };
        (
            output.status.code().unwrap(),
            String::from_utf8(printed).unwrap(),
        )
    }

    /// What a command that must work prints, and what it says beside on standard error.
    pub fn both(&self, arguments: &[&str]) -> (String, String) {
        let output = self.run(arguments);
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}: {words}");
        (String::from_utf8(output.stdout).unwrap(), words)
    }

    /// The exit code of a command that must fail, and what it prints as JSON all the same.
    pub fn failed_json(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert!(!output.status.success(), "{arguments:?} should not work");
        let text = String::from_utf8(output.stdout).unwrap();
        let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
        (output.status.code().unwrap(), json)
    }

    /// The database, for what no command sets.
    pub fn store(&self) -> Store {
        self.0.open().unwrap()
    }

    /// The exit code and the words of a command that must fail.
    pub fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?} should not work");
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    }
}

#[test]
fn a_search_is_of_the_workspace_that_is_open_unless_all_are_asked_for() {
    let shell = Shell::new();
    let store = shell.store();
    let made = store.write(|tx| {
        let first = workspaces::first(tx, now_ms())?;
        let other = WorkspaceId::new();
        workspaces::save(tx, other, "Another client", now_ms())?;
        for (workspace, text) in [
            (first, "The lease of Harbour Road"),
            (other, "The lease of Mill Lane"),
        ] {
            let id = ConversationId::new();
            chat::create(tx, id, workspace, &Options::default(), now_ms())?;
            chat::rename(tx, id, &text.replace("The lease of ", "Titled "))?;
            let turn = chat::begin_turn(tx, id, text, now_ms())?;
            chat::end_answer(tx, turn.answer, "Noted.", MessageState::Done, None)?;
        }
        Ok::<_, Box<dyn std::error::Error>>(other)
    });
    let other = made.unwrap();
    let found = |arguments: &[&str]| {
        let hits = shell.json(&[&["chats", "search"], arguments].concat());
        let hits = hits.as_array().unwrap().iter();
        hits.map(|hit| hit["title"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&["lease"]), ["Titled Harbour Road"]);
    assert_eq!(found(&["titled"]), ["Titled Harbour Road"], "titles, too");
    let mut all = found(&["lease", "--all"]);
    all.sort();
    assert_eq!(all, ["Titled Harbour Road", "Titled Mill Lane"]);
    let opened = store.write(|tx| {
        let mut now = settings::get(tx)?;
        now.workspace_id = Some(other);
        settings::set(tx, &now)
    });
    opened.unwrap();
    assert_eq!(found(&["lease"]), ["Titled Mill Lane"]);
    assert!(
        shell
            .text(&["chats", "search", "lease"])
            .contains("Mill Lane")
    );
}

#[test]
fn a_client_may_spend_so_much_in_a_day_a_week_or_a_month() {
    let shell = Shell::used();
    for period in ["day", "week", "month"] {
        let limit = format!("--a-{period}");
        let added = shell.json(&["clients", "add", period, &limit, "5"]);
        let budget = &added["client"]["budget"];
        assert_eq!(budget["period"], period, "{added}");
    }
    let two = [
        "clients",
        "add",
        "Editor",
        "--a-week",
        "5",
        "--a-month",
        "9",
    ];
    assert_eq!(shell.refused(&two).0, 2);
}

#[test]
fn each_failure_has_its_own_exit_code_and_words() {
    let shell = Shell::new();
    shell.text(&["models", "list"]);
    let text = shell.0.path().join("notes.gguf");
    std::fs::write(&text, "Dear diary").unwrap();
    let (code, words) = shell.refused(&["models", "add", text.to_str().unwrap()]);
    assert!(code == 2 && words.contains("text"), "{code}: {words}");
    let gone = shell.path().join("gone.gguf");
    let (code, words) = shell.refused(&["models", "add", gone.to_str().unwrap()]);
    assert!(code == 4 && words.contains("no file"), "{code}: {words}");
    let (code, words) = shell.refused(&["ask", "Hi", "--model", "no-such-model"]);
    assert!(
        code == 4 && words.contains("no-such-model"),
        "{code}: {words}"
    );
    assert_eq!(shell.refused(&["chats", "show", "0000"]).0, 4);
    assert_eq!(shell.refused(&["ask"]).0, 2, "the question is missing");
    assert_eq!(
        shell.refused(&["ask", "Hi", "--json-schema", "/no/such/file"]),
        (
            4,
            format!(
                "The file “/no/such/file” cannot be read: {}.\n",
                not_there()
            )
        ),
        "its name is as it was given"
    );
    let schema = shell.0.path().join("s.json");
    std::fs::write(&schema, "no").unwrap();
    let named = schema.to_str().unwrap();
    assert_eq!(
        shell.refused(&["ask", "Hi", "--json-schema", named]),
        (
            2,
            format!("The file “{named}” is not JSON: expected ident at line 1 column 2.\n")
        )
    );
    std::fs::write(shell.0.path().join("gatehouse.db"), "not a database at all").unwrap();
    let (code, words) = shell.refused(&["chats", "list"]);
    assert!(code == 5 && words.contains("damaged"), "{code}: {words}");
}

#[test]
fn it_works_while_the_window_is_open() {
    let shell = Shell::new();
    let app = app::open(&shell.0.folder);
    let _window = shell.0.lock();
    let conversation = app::conversation(&app, 4);
    app::say(&app, conversation.id, "Hello from the window");
    shell.text(&["ask", "Hello from a script", "--max-tokens", "8"]);
    let listed = shell.text(&["chats", "list"]);
    assert!(
        listed.contains("Hello from the window") && listed.contains("Hello from a script"),
        "{listed}"
    );
}

#[test]
fn a_text_is_scanned_without_data_or_model() {
    let shell = Shell::new();
    let text = "né 🦀 ada@example.org, NHS 943 476 5919";
    let (code, printed) = shell.fed(&["safety", "scan"], text.as_bytes());
    let object: Value = serde_json::from_str(&printed).unwrap();
    let first = serde_json::json!({
        "type": "EMAIL_ADDRESS", "start": 5, "end": 20, "byte_start": 9, "byte_end": 24,
        "score": 1.0, "rule": "email",
    });
    assert_eq!(
        (code, &object["id"], &object["findings"][0]),
        (0, &Value::Null, &first)
    );
    assert_eq!(object["findings"][1]["type"], "UK_NHS");
    let is_empty = std::fs::read_dir(shell.0.path()).unwrap().next().is_none();
    assert!(is_empty, "nothing is opened or made");

    let lines =
        "{\"id\": 7, \"text\": \"BSN 111222333\"}\n\n{\"id\": \"b\", \"text\": \"nothing\"}\n";
    let (_, printed) = shell.fed(
        &["safety", "scan", "--jsonl", "--countries", "nl,uk"],
        lines.as_bytes(),
    );
    let objects: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(objects[0]["id"], 7);
    assert_eq!(objects[0]["findings"][0]["type"], "NL_BSN");
    assert_eq!(objects[1], serde_json::json!({"id": "b", "findings": []}));

    let (_, printed) = shell.fed(
        &["safety", "scan", "--min-score", "0.99"],
        b"SSN 536-22-8145",
    );
    assert!(printed.contains("\"findings\":[]"), "{printed}");
    for (arguments, input, why) in [
        (&["--countries", "xx"][..], &b""[..], "there are rules for"),
        (&["--min-score", "2"], b"", "from 0 to 1"),
        (&["--jsonl"], b"{\"id\": 1}\n", "missing field `text`"),
        (&["--jsonl"], b"words\n", "Line 1: it is not JSON"),
        (&["--jsonl"], b"\xff\n", "Line 1: it is not text"),
        (&[], b"\xff\xfe", "not text in UTF-8"),
    ] {
        let (code, words) = shell.fed(&[&["safety", "scan"], arguments].concat(), input);
        assert!(
            code == 2 && words.contains(why),
            "{arguments:?}: {code} {words}"
        );
    }
}

#[test]
fn every_shell_gets_its_completions() {
    let shell = Shell::new();
    for name in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            shell.text(&["completions", name]).contains("json-schema"),
            "{name}"
        );
    }
}

#[test]
fn where_the_key_lies_is_said_once_when_it_was_made() {
    let shell = Shell::new();
    let file = shell.path().join("database.key");
    let (_, words) = shell.both(&["chats", "list"]);
    let said = format!(
        "The key of the database is not in a keychain but in a file that only your user can read: {}",
        file.display()
    );
    assert_eq!(words.lines().next(), Some(said.as_str()));
    assert_eq!(shell.both(&["chats", "list"]).1, "", "once");
}

#[test]
fn a_damaged_database_has_a_way_back_on_the_command_line() {
    let shell = Shell::used();
    let app = app::without_model(&shell.0.folder);
    app::imported(&app, "Lease", &["Hello", "Good day"], 1);
    let made = app.make_snapshot().unwrap().name;
    drop(app);
    std::fs::write(shell.path().join("gatehouse.db"), "not a database at all").unwrap();
    let (code, words) = shell.refused(&["chats", "list", "--json"]);
    let error: Value = serde_json::from_str(&words).unwrap();
    assert_eq!(
        (code, &error["error"]["code"]),
        (5, &"data_unusable".into())
    );
    let hint = error["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("gatehouse snapshots restore NAME"), "{hint}");
    assert!(shell.text(&["snapshots", "list"]).contains(&made));
    let told = shell.text(&["snapshots", "restore", &made]);
    assert!(
        told.contains(&made) && told.contains("What was there before"),
        "{told}"
    );
    assert!(shell.text(&["chats", "list"]).contains("Lease"));
}

#[test]
fn without_a_snapshot_a_damaged_database_is_set_aside_for_a_new_beginning() {
    let shell = Shell::used();
    let refused = shell.refused(&["snapshots", "start-empty", "--yes"]);
    assert!(
        refused.0 == 2 && refused.1.contains("can be opened"),
        "{refused:?}"
    );
    std::fs::remove_dir_all(shell.path().join("snapshots")).unwrap();
    std::fs::write(shell.path().join("gatehouse.db"), "not a database at all").unwrap();
    let (code, words) = shell.refused(&["chats", "list"]);
    assert!(
        code == 5
            && words.contains("There is no snapshot to go back to.")
            && words.contains("gatehouse snapshots start-empty"),
        "{code}: {words}"
    );
    assert_eq!(
        shell.text(&["snapshots", "list"]),
        "There is no snapshot yet.\n"
    );
    let (code, words) = shell.refused(&["snapshots", "start-empty"]);
    assert!(
        code == 2 && words.contains("--yes begins anew"),
        "nobody can be asked here: {code}: {words}"
    );
    let begun = shell.json(&["snapshots", "start-empty", "--yes"]);
    let aside = Path::new(begun["aside"].as_str().unwrap());
    assert_eq!(begun["snapshot"], Value::Null);
    assert_eq!(
        std::fs::read_to_string(aside.join("gatehouse.db")).unwrap(),
        "not a database at all",
        "nothing is deleted"
    );
    assert!(aside.join("database.key").exists(), "nor its key");
    assert_eq!(shell.json(&["chats", "list"]), Value::Array(Vec::new()));
}

#[test]
fn each_day_has_a_snapshot_where_only_the_command_line_is_used() {
    let shell = Shell::new();
    let reasons = |shell: &Shell| {
        let all = shell.json(&["snapshots", "list"]);
        let all = all.as_array().unwrap().iter();
        all.map(|one| one["reason"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(reasons(&shell), [""; 0]);
    let window = InstanceLock::acquire(&shell.0.folder).unwrap();
    shell.text(&["chats", "list"]);
    assert_eq!(reasons(&shell), [""; 0], "a window makes its own");
    drop(window);
    shell.refused(&["chats", "show", "0000"]);
    for _ in 0..2 {
        shell.text(&["chats", "list"]);
        assert_eq!(reasons(&shell), ["daily"], "one a day");
    }
    let made = shell.json(&["record", "list"]).to_string();
    assert_eq!(made.matches("snapshot.made").count(), 1);
}

#[test]
fn a_snapshot_that_cannot_be_made_is_told_and_spoils_nothing_else() {
    let shell = Shell::used();
    let snapshots = shell.path().join("snapshots");
    std::fs::remove_dir_all(&snapshots).unwrap();
    std::fs::write(&snapshots, "in the way").unwrap();
    let (text, words) = shell.both(&["chats", "list"]);
    assert!(text.starts_with("ID"), "{text}");
    assert!(
        words.starts_with("The snapshot of the day is missing:"),
        "{words}"
    );
    std::fs::remove_file(&snapshots).unwrap();
    let (_, again) = shell.both(&["chats", "list"]);
    assert_eq!(again, words, "it is told, and not tried again for now");
    assert!(!snapshots.exists());
    let noted = shell.path().join("snapshot-failed");
    std::fs::write(&noted, "0\nlong ago").unwrap();
    let (_, words) = shell.both(&["chats", "list"]);
    assert_eq!((words.as_str(), noted.exists()), ("", false));
    assert!(snapshots.is_dir());
}

#[test]
fn a_chat_is_deleted_only_after_asking_and_the_record_says_so() {
    let shell = Shell::used();
    let app = app::without_model(&shell.0.folder);
    let id = app::imported(&app, "Lease", &["Hello", "Good day"], now_ms()).to_string();
    app::imported(&app, "Another", &["Hello", "Good day"], now_ms());
    drop(app);
    let (code, words) = shell.refused(&["chats", "delete", &id]);
    assert!(code == 2 && words.contains("--yes deletes it"), "{words}");
    assert!(shell.text(&["chats", "list"]).contains("Lease"));
    let told = shell.text(&["chats", "delete", &id, "--yes"]);
    assert!(told.contains("“Lease” is deleted."), "{told}");
    let left = shell.text(&["chats", "list"]);
    assert!(
        !left.contains("Lease") && left.contains("Another"),
        "{left}"
    );
    let record = shell.json(&["record", "list"]).to_string();
    assert!(record.contains("conversation.deleted"), "{record}");
    assert_eq!(shell.refused(&["chats", "delete", &id, "--yes"]).0, 4);
}

#[test]
fn completions_end_in_good_order_when_their_reader_has_gone() {
    let shell = Shell::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = shell.command(&["completions", "bash"]);
    let output = command
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_command_line_that_is_not_understood_is_an_object_for_programs() {
    let shell = Shell::new();
    let (code, words) = shell.refused(&["chats", "shwo", "--json"]);
    let object: Value = serde_json::from_str(&words).unwrap();
    assert_eq!(
        (code, &object["error"]["code"]),
        (2, &"invalid_input".into())
    );
    let message = object["error"]["message"].as_str().unwrap();
    assert!(message.contains("'shwo'"), "{message}");
    let (code, words) = shell.refused(&["chats", "shwo"]);
    assert!(code == 2 && words.contains("Usage"), "{words}");
}
