//! A stranger verifies what was exported, with a verifier that was written from its description.

use std::{
    path::Path,
    process::{Command, Output},
};

use gatehouse_core::{
    chat::Options,
    now_ms,
    record::{Contents, Fault, WhileFaulty, verify_file},
};
use serde_json::Value;

use super::without_model;
use crate::support::{
    app::{self, conversation},
    folder::TempFolder,
};

pub(super) fn by_a_stranger(arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/verify-record.mjs");
    Command::new("node")
        .arg(root)
        .args(arguments)
        .output()
        .expect("Node.js is there because the interface is built with it")
}

#[test]
fn a_strangers_verifier_judges_every_vector_as_we_do() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/record-vectors");
    let verdicts = std::fs::read_to_string(folder.join("verdicts.json")).unwrap();
    let verdicts: Vec<Value> = serde_json::from_str(&verdicts).unwrap();
    assert!(verdicts.len() > 50);
    for verdict in verdicts {
        let file = folder.join(verdict["file"].as_str().unwrap());
        let mut arguments = vec![file.to_str().unwrap(), "--json"];
        if let Some(code) = verdict["witness"].as_str() {
            arguments.extend(["--witness", code]);
        }
        let output = by_a_stranger(&arguments);
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        for name in ["holds", "entries", "fault", "at"] {
            assert_eq!(said[name], verdict[name], "{name} of {}", verdict["file"]);
        }
    }
}

#[test]
fn a_line_that_is_too_long_is_a_fault_of_that_line_for_everyone() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder).unwrap();
    let path = folder.path().join("record.jsonl");
    app.record
        .export_to(&path, Contents::Facts, WhileFaulty::Refuse, now_ms())
        .unwrap();
    let mut text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().count() as u64;
    text.truncate(text.trim_end().len() - 1);
    text.push_str(&format!(",\"more\":\"{}\"}}\n", "x".repeat(16 << 20)));
    std::fs::write(&path, &text).unwrap();
    let ours = verify_file(&mut text.as_bytes(), None, None).unwrap();
    assert_eq!(ours.fault, Some(Fault::Line(lines)));
    let output = by_a_stranger(&[path.to_str().unwrap(), "--json"]);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&said["fault"], &said["at"]),
        (&"line".into(), &lines.into())
    );
}

#[test]
fn a_strangers_verifier_accepts_the_record_of_a_real_conversation_with_its_witness() {
    let (folder, app) = app::new();
    let conversation = conversation(&app, 3);
    for turn in 0..25 {
        let options = Options {
            sampling: app::steady(3),
            ..Options::default()
        };
        app.set_conversation_options(conversation.id, &options)
            .unwrap();
        if turn % 10 == 0 {
            app::say(
                &app,
                conversation.id,
                "Hello, ünïcode \u{202e} \"quoted\"\n👩‍👩‍👧",
            );
        }
    }
    let witness = app
        .record
        .give_witness(WhileFaulty::Refuse, now_ms())
        .unwrap();
    let path = folder.path().join("record.jsonl");
    app.record
        .export_to(&path, Contents::Everything, WhileFaulty::Refuse, now_ms())
        .unwrap();
    let output = by_a_stranger(&[path.to_str().unwrap(), "--witness", &witness.code()]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}
