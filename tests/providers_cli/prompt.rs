//! A key is asked for at the terminal and not shown there.

use std::{path::Path, process::Command};

use super::*;
use crate::support::app::program;

/// What the terminal shows of a command at which this line is typed, and its exit code.
fn typed(shell: &Shell, line: &str, arguments: &[&str]) -> (i32, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/support/terminal.py");
    let output = Command::new("python3")
        .arg(script)
        .arg(line)
        .arg(program("gatehouse"))
        .arg("--data-dir")
        .arg(shell.path())
        .args(arguments)
        .env("GATEHOUSE_KEYCHAIN", "file")
        .output()
        .expect("the build needs Python, so it is there");
    let shown = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), shown)
}

#[test]
fn a_key_that_is_typed_is_kept_and_not_shown() {
    let provider = provider();
    let shell = Shell::new();
    let add = ["providers", "add", "--kind", "compatible", "--name", "Test"];
    let add = [&add[..], &["--cloud", "--url", &provider.address]].concat();
    let (code, shown) = typed(&shell, KEY, &add);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("Key, which is not shown"), "{shown}");
    assert!(!shown.contains(KEY), "{shown}");
    assert_eq!(shell.json(&["providers", "list"])[0]["hasKey"], true);
    shell.text(&["providers", "test", "Test"]);
    let head = &provider.received()[0].head;
    assert!(
        head.contains(&format!("Bearer {KEY}")),
        "what was typed is what is sent"
    );
}

#[test]
fn enter_alone_leaves_an_optional_key_out_and_is_refused_where_one_is_wanted() {
    let provider = provider();
    let shell = Shell::new();
    let add = ["providers", "add", "--kind", "compatible", "--name", "Test"];
    let add = [&add[..], &["--url", &provider.address]].concat();
    let (code, shown) = typed(&shell, "", &add);
    assert_eq!(code, 0, "{shown}");
    assert_eq!(shell.json(&["providers", "list"])[0]["hasKey"], false);
    let (code, shown) = typed(&shell, "", &["providers", "key", "Test"]);
    assert_eq!(code, 2, "{shown}");
}
