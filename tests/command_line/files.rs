//! Files that go in and out: conversations, and models that are added.

use super::{Shell, not_there};
use crate::support::{app, gguf};

#[test]
fn conversations_go_out_and_come_back() {
    let shell = Shell::new();
    shell.text(&["ask", "Say hello", "--max-tokens", "8"]);
    let chats = shell.json(&["chats", "list"]);
    let id = chats[0]["id"].as_str().unwrap();
    let file = shell.0.path().join("export.json");
    let path = file.to_str().unwrap();
    shell.text(&["chats", "export", id, "--format", "json", "--output", path]);
    let (code, words) =
        shell.refused(&["chats", "export", id, "--format", "json", "--output", path]);
    assert_eq!(
        (code, words.trim_end()),
        (
            5,
            format!("The file “{path}” is there already. Nothing is written over it: choose another name.").as_str()
        ),
        "a file that is there is not overwritten"
    );
    assert!(
        shell
            .text(&["chats", "export", id])
            .contains("## You\n\nSay hello")
    );
    shell.text(&["chats", "import", path]);
    assert_eq!(shell.json(&["chats", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn a_model_whose_file_went_away_is_said_to_be_missing() {
    let shell = Shell::new();
    let file = shell.0.path().join("tiny.gguf");
    std::fs::write(&file, gguf::Gguf::model("llama").bytes()).unwrap();
    shell.text(&["models", "add", file.to_str().unwrap()]);
    std::fs::remove_file(&file).unwrap();
    let (code, words) = shell.refused(&["ask", "Hi", "--model", "tiny"]);
    assert!(code == 3 && words.contains("tiny.gguf"), "{code}: {words}");
    assert!(shell.text(&["models", "list"]).contains("file missing"));
    shell.text(&["models", "remove", "tiny"]);
    assert!(!shell.text(&["models", "list"]).contains("tiny"));
}

#[test]
fn the_list_of_models_says_which_cannot_chat() {
    let shell = Shell::used();
    for (name, architecture) in [("talker.gguf", "llama"), ("finder.gguf", "bert")] {
        let file = shell.path().join(name);
        std::fs::write(&file, gguf::Gguf::model(architecture).bytes()).unwrap();
        shell.text(&["models", "add", file.to_str().unwrap()]);
    }
    let list = shell.text(&["models", "list"]);
    let use_of = |name: &str| {
        let line = list.lines().find(|line| line.starts_with(name)).unwrap();
        (line.contains(" chat "), line.contains(" embeddings "))
    };
    assert_eq!(use_of("talker"), (true, false), "{list}");
    assert_eq!(use_of("finder"), (false, true), "{list}");
    assert!(
        shell
            .text(&["models", "show", "finder"])
            .contains("embeddings")
    );
}

#[test]
fn with_json_a_conversation_is_exported_as_json_unless_markdown_is_asked_for() {
    let shell = Shell::new();
    let app = app::without_model(&shell.0.folder);
    let id = app::imported(&app, "Lease", &["Hello", "Good day"], 1).to_string();
    let file = shell.json(&["chats", "export", &id]);
    assert_eq!(file["format"], "gatehouse-conversations");
    let markdown = shell.text(&["chats", "export", &id, "--json", "--format", "markdown"]);
    assert!(markdown.starts_with("# Lease"), "{markdown}");
}

#[test]
fn a_file_that_holds_no_conversations_is_refused_with_words_and_nothing_comes_in() {
    let shell = Shell::used();
    let file = |name: &str, bytes: &[u8]| {
        let path = shell.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let empty = br#"{"format":"gatehouse-conversations","version":1,"conversations":[]}"#;
    for (path, code, words) in [
        (
            file("binary.json", b"\xff\xfe\0\x01"),
            2,
            "This is not a file of exported conversations: it is not text.",
        ),
        (
            file("none.json", empty),
            2,
            "There is no conversation in this file.",
        ),
        (
            "/no/such.json".into(),
            4,
            &format!("The file “/no/such.json” cannot be read: {}.", not_there()),
        ),
    ] {
        let refused = shell.refused(&["chats", "import", &path]);
        assert_eq!(refused, (code, format!("{words}\n")));
    }
    let (code, words) = shell.fed(&["ask", "-"], b"\xff\xfe");
    assert_eq!(
        (code, words.as_str()),
        (2, "Standard input is not text in UTF-8.\n")
    );
    assert!(
        shell
            .json(&["chats", "list"])
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[cfg(unix)]
#[test]
fn a_file_without_an_end_is_not_read_without_one() {
    let shell = Shell::used();
    let (code, words) = shell.refused(&["chats", "import", "/dev/zero"]);
    assert_eq!(
        (code, words.as_str()),
        (
            2,
            "The file “/dev/zero” is larger than 256 MB, which no file of exported conversations is.\n"
        )
    );
}

#[test]
fn a_model_that_is_on_the_list_already_is_not_said_to_be_added() {
    let shell = Shell::used();
    let at = |name: &str| shell.path().join(name).to_str().unwrap().to_owned();
    let (file, copy) = (at("tiny.gguf"), at("copy.gguf"));
    std::fs::write(&file, gguf::Gguf::model("llama").bytes()).unwrap();
    std::fs::copy(&file, &copy).unwrap();
    let added = shell.json(&["models", "add", &file]);
    let (name, id) = (
        added["name"].as_str().unwrap(),
        added["id"].as_str().unwrap(),
    );
    assert_eq!(added["added"], "new");
    assert_eq!(
        shell.text(&["models", "add", &copy]),
        format!("“{name}” ({id}) is on the list already: its file is {file}.\n")
    );
    std::fs::remove_file(&file).unwrap();
    assert_eq!(
        shell.text(&["models", "add", &copy]),
        format!("“copy” ({id}) was on the list; its file is {copy} now.\n")
    );
    std::fs::write(&copy, gguf::Gguf::model("qwen2").bytes()).unwrap();
    assert!(
        shell
            .text(&["models", "add", &copy])
            .ends_with("takes the place of the model whose file this was.\n")
    );
}
