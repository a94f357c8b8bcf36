//! `gatehouse ask`: what it prints, what it says beside, and what it ends with.

use gatehouse_core::{
    chat::{self, MessageState},
    problem::{Problem, ProblemCode},
};
use image::RgbImage;
use serde_json::Value;

use super::Shell;
use crate::support::app;

#[test]
fn with_nothing_set_up_ask_answers_with_the_starter_model() {
    let shell = Shell::new();
    let answer = shell.text(&[
        "ask",
        "What is the capital of France? Answer in one short sentence.",
        "--max-tokens",
        "16",
    ]);
    assert!(!answer.trim().is_empty());
    let calls = shell.json(&["calls", "list"]);
    assert_eq!(calls[0]["status"], "answered");
    let chats = shell.json(&["chats", "list"]);
    let id = chats[0]["id"].as_str().unwrap();
    assert!(
        shell
            .text(&["chats", "show", &id[..13]])
            .contains(answer.trim()),
        "it is a conversation like any other"
    );
}

#[test]
fn ask_ends_with_one_json_object_for_programs() {
    let shell = Shell::new();
    let schema = shell.0.path().join("schema.json");
    std::fs::write(
        &schema,
        r#"{"type":"object","properties":{"n":{"type":"integer","minimum":0,"maximum":99}},"required":["n"]}"#,
    )
    .unwrap();
    let schema = schema.to_str().unwrap();
    let object = shell.json(&["ask", "A number as JSON", "--json-schema", schema]);
    let answer: Value = serde_json::from_str(object["answer"].as_str().unwrap()).unwrap();
    assert!(answer["n"].is_i64());
    assert!(object["tokens"]["output"].as_u64().unwrap() > 0);
    assert!(object["times"]["durationMs"].as_u64().unwrap() > 0);
    assert_eq!(
        (object["call"].as_i64(), object["cost"].as_str()),
        (Some(1), Some("$0"))
    );
    assert!(object["model"].as_str().unwrap().contains("SmolLM2"));
}

#[test]
fn what_would_leave_is_refused_where_the_question_is() {
    let shell = Shell::used();
    let name = shell.json(&["models", "list"])[0]["name"].clone();
    let picture = shell.path().join("dot.png");
    let dot = RgbImage::new(2, 2);
    dot.save(&picture).unwrap();
    let ask = |picture: &str, more: &[&str]| {
        let ask = ["ask", "What is this?", "--model", name.as_str().unwrap()];
        shell.refused(&[&ask[..], &["--image", picture], more].concat())
    };
    for picture in [picture.to_str().unwrap(), "/no/such/picture.png"] {
        let (code, asked) = ask(picture, &[]);
        let (shown_code, shown) = ask(picture, &["--show-request"]);
        assert_eq!(code, shown_code, "{asked} / {shown}");
        assert!(!shown.contains("Nothing leaves"), "{shown}");
        // The question itself is kept besides, which is said after the reason.
        assert!(asked.starts_with(shown.trim_end()), "{asked} / {shown}");
    }
}

#[test]
fn a_schema_that_nothing_can_be_held_to_is_refused_in_words() {
    let shell = Shell::used();
    let schema = shell.path().join("schema.json");
    let refused = |text: &str| {
        std::fs::write(&schema, text).unwrap();
        shell.refused(&["ask", "Hi", "--json-schema", schema.to_str().unwrap()])
    };
    let (code, words) = refused(r#"{"type":"number","minimum":5,"maximum":6}"#);
    assert_eq!(code, 2, "{words}");
    assert!(words.contains("“minimum” of a number"), "{words}");
    for bad in [
        r#"{"type":"string","minLength":5,"maxLength":3}"#.to_owned(),
        r#"{"type":"string","pattern":"^a{5,3}$"}"#.to_owned(),
        format!("{}{{}}{}", r#"{"items":"#.repeat(124), "}".repeat(124)),
    ] {
        let (code, words) = refused(&bad);
        assert!(
            code == 2 && words.contains("JSON Schema"),
            "{code}: {words}"
        );
    }
    assert_eq!(shell.json(&["calls", "list"]).as_array().unwrap().len(), 0);
}

#[test]
fn a_model_that_only_makes_vectors_is_refused_for_chats_and_aliases() {
    let shell = Shell::used();
    let file = app::embedding_model();
    shell.text(&["models", "add", file.to_str().unwrap()]);
    let model = "all-MiniLM-L6-v2.F32";
    let models = shell.json(&["models", "list"]).to_string();
    let name = if models.contains(model) {
        model
    } else {
        "all-MiniLM"
    };
    let (code, words) = shell.refused(&["ask", "Hi", "-m", name]);
    assert!(
        code == 3 && words.contains("it cannot chat"),
        "{code}: {words}"
    );
    let (code, words) = shell.refused(&["aliases", "set", "q", name]);
    assert!(
        code == 2 && words.contains("it cannot chat"),
        "{code}: {words}"
    );
}

#[test]
fn a_question_without_a_word_is_refused_and_leaves_no_draft() {
    let shell = Shell::used();
    for empty in ["", "  \n\t"] {
        let refused = shell.refused(&["ask", empty]);
        assert_eq!(refused, (2, "The question is empty.\n".into()));
        assert_eq!(shell.fed(&["ask", "-"], empty.as_bytes()), refused);
    }
    let draft = shell.store().read(|conn| chat::draft(conn, None));
    assert_eq!(draft.unwrap(), "");
    assert_eq!(
        shell.json(&["chats", "list"]).as_array().unwrap().len(),
        0,
        "nothing was begun"
    );
}

#[test]
fn an_answer_that_was_cut_says_so_and_one_that_was_to_hold_to_a_schema_fails() {
    let shell = Shell::new();
    let (answer, words) = shell.both(&["ask", "Tell me a story", "--max-tokens", "4"]);
    assert!(!answer.trim().is_empty());
    let cut = "The answer was cut: it reached the most tokens that were allowed.";
    assert!(words.lines().any(|line| line == cut), "{words}");
    let schema = shell.path().join("schema.json");
    std::fs::write(
        &schema,
        r#"{"type":"object","properties":{"story":{"type":"string","minLength":80}},"required":["story"]}"#,
    )
    .unwrap();
    let mut asked = vec!["ask", "Tell me a story", "--max-tokens", "4"];
    asked.extend(["--json-schema", schema.to_str().unwrap()]);
    assert_eq!(
        shell.refused(&asked),
        (12, format!("{cut} It does not hold to the schema.\n"))
    );
    asked.push("--json");
    let output = shell.command(&asked).output().unwrap();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["finish"], "max_tokens", "what came of it is there");
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert!(error["error"]["message"].as_str().unwrap().starts_with(cut));
}

#[test]
fn why_an_answer_failed_is_said_wherever_it_is_read() {
    let shell = Shell::new();
    let app = app::without_model(&shell.0.folder);
    let id = app::imported(&app, "Lease", &["Hello", "Good"], 1);
    let answer = app.open_conversation(id).unwrap().messages[1].id;
    let problem = Problem::new(ProblemCode::EngineDied, "the engine ended").hint("Try again.");
    let ended = app
        .store
        .write(|tx| chat::end_answer(tx, answer, "Good", MessageState::Failed, Some(&problem)));
    ended.unwrap();
    let note = "This answer is not complete. The engine ended. Try again.";
    let id = id.to_string();
    let shown = shell.text(&["chats", "show", &id]);
    assert!(shown.contains(&format!("({note})")), "{shown}");
    let exported = shell.text(&["chats", "export", &id]);
    assert!(exported.contains(&format!("*{note}*")), "{exported}");
}
