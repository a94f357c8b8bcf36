//! Backups from the command line.

use std::{fs, path::Path};

use serde_json::json;

use crate::{command_line::Shell, support::folder::TempFolder};

#[test]
fn the_command_line_makes_lists_verifies_and_puts_back() {
    let cli = Shell::new();
    let disk = tempfile::tempdir().unwrap();
    let folder = disk.path().to_str().unwrap();
    let (exit, words) = cli.refused(&["backup", "now"]);
    assert_eq!(exit, 4, "{words}");
    let shown = cli.json(&[
        "backup", "schedule", "--folder", folder, "--every", "12h", "--keep", "2",
    ]);
    assert_eq!(
        shown["schedule"],
        json!({ "folder": folder, "everyHours": 12, "keep": 2 })
    );
    let made = cli.json(&["backup", "now", "--if-due"]);
    let name = made["made"]["name"].as_str().unwrap();
    assert_eq!(
        cli.json(&["backup", "now", "--if-due"])["made"],
        json!(null)
    );
    assert_eq!(cli.json(&["backup", "list"])["backups"][0]["name"], name);
    let report = cli.json(&["backup", "verify", name]);
    assert_eq!(report["isOfThisRecord"], true);
    let (exit, words) = cli.refused(&["backup", "verify", "nothing.db"]);
    assert_eq!(exit, 4, "{words}");
    let (exit, words) = cli.refused(&["backup", "key"]);
    assert_eq!(exit, 2, "it asks first: {words}");
    let code = cli.text(&["backup", "key", "--yes"]);
    assert!(code.starts_with("GHKEY-"));
    assert_eq!(
        cli.json(&["record", "list", "--action", "backup.changed"])[0]["actor"],
        "command line"
    );

    let file = disk.path().join(name);
    let file = file.to_str().unwrap();
    let restored = cli.json(&["backup", "restore", file]);
    assert_eq!(
        (&restored["movedIn"], &restored["recordFault"]),
        (&json!(false), &json!("cut-off"))
    );
    let said = cli.text(&["backup", "restore", file]);
    assert!(said.contains("gatehouse record seen"), "{said}");
    let paper = disk.path().join("code.txt");
    fs::write(&paper, &code).unwrap();
    let paper = paper.to_str().unwrap();
    let elsewhere = Shell::new();
    let (exit, words) = elsewhere.refused(&["backup", "restore", file]);
    assert_eq!(exit, 5, "{words}");
    assert!(words.contains("--code-file"), "{words}");
    let restored = elsewhere.json(&["backup", "restore", file, "--code-file", paper]);
    assert_eq!(
        (&restored["movedIn"], &restored["recordFault"]),
        (&json!(true), &json!("keys-missing"))
    );
    // Another letter in place of the first, whichever that is.
    let first = "GHKEY-".len();
    let other = if code[first..].starts_with('B') {
        "D"
    } else {
        "B"
    };
    let mistyped = [&code[..first], other, &code[first + 1..]].concat();
    fs::write(paper, mistyped).unwrap();
    let (exit, words) = elsewhere.refused(&["backup", "restore", file, "--code-file", paper]);
    assert_eq!(exit, 2, "{words}");
    fs::write(file, "no backup").unwrap();
    let (exit, words) = cli.refused(&["backup", "verify", file]);
    assert_eq!(exit, 5, "{words}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_command_line_asks_for_the_code_without_showing_it() {
    let cli = Shell::new();
    let disk = tempfile::tempdir().unwrap();
    cli.text(&[
        "backup",
        "schedule",
        "--folder",
        disk.path().to_str().unwrap(),
    ]);
    let name = cli.json(&["backup", "now"])["made"]["name"].clone();
    let code = cli.text(&["backup", "key", "--yes"]);
    let elsewhere = TempFolder::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/support/terminal.py");
    let output = std::process::Command::new("python3")
        .arg(script)
        .arg(code.trim())
        .arg(crate::support::app::program("gatehouse"))
        .arg("--data-dir")
        .arg(elsewhere.path())
        .args(["backup", "restore"])
        .arg(disk.path().join(name.as_str().unwrap()))
        .env("GATEHOUSE_KEYCHAIN", "file")
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{shown}");
    assert!(
        shown.contains("is in its place") && !shown.contains(&code[6..20]),
        "{shown}"
    );
}
