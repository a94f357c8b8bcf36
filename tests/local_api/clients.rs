//! The official clients of OpenAI and Anthropic, as they come from their registries, with nothing but a
//! base address and a key.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::AtomicBool,
};

use super::*;

/// What each script tells at least, so that one that ends early is noticed.
const CASES: [(&str, usize); 4] = [
    ("check.py", 28),
    ("check.mjs", 13),
    ("faults.py", 24),
    ("faults.mjs", 22),
];

/// The model behind [`add_ollama`].
const COMPLETER: &str = "Ollama/test-model";

/// The program that runs a script, where `cargo xtask test` has set it up.
fn runner(script: &str) -> Option<PathBuf> {
    let built = app::program("gatehouse");
    let target = built.parent()?.parent()?;
    let (ready, runner) = if script.ends_with(".py") {
        let python = target.join("clients/python");
        let program = if cfg!(windows) {
            python.join(r"Scripts\python.exe")
        } else {
            python.join("bin/python")
        };
        (program.clone(), program)
    } else {
        (folder().join("node_modules"), "node".into())
    };
    if !ready.exists() {
        assert!(
            std::env::var_os("GATEHOUSE_TEST_MODELS").is_none(),
            "`cargo xtask test` sets the clients up, and has not: {} is missing",
            ready.display()
        );
        eprintln!(
            "NOT CHECKED: {} is missing; `cargo xtask test` makes it",
            ready.display()
        );
        return None;
    }
    Some(runner)
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/clients"))
}

/// Run the Python clients against a server, with a certificate that they trust.
pub fn python_clients(place: &Place, model: &str, kind: &str, trusted: Option<&Path>) {
    check("check.py", place, &[model, kind, model, COMPLETER], trusted);
}

/// Run a script with what it takes after address and key; whether it could be.
fn check(script: &str, place: &Place, arguments: &[&str], trusted: Option<&Path>) -> bool {
    let Some(runner) = runner(script) else {
        return false;
    };
    let mut command = Command::new(runner);
    command
        .arg(folder().join(script))
        .args([&place.served.base, &place.key])
        .args(arguments);
    if let Some(trusted) = trusted {
        command.env("SSL_CERT_FILE", trusted);
    }
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success(),
        "{script} with {arguments:?}:\n{said}\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let least = CASES.iter().find(|(name, _)| *name == script).unwrap().1;
    assert!(said.lines().count() >= least, "{said}");
    true
}

/// Put the real model that makes vectors on the list; its name.
pub fn add_embedder(place: &Place) -> String {
    let (file, never) = (app::embedding_model(), AtomicBool::new(false));
    let added = place.app.add_model(&file, &never, &mut |_| ());
    added.unwrap().0.name
}

fn with_the_model_here(script: &str) {
    let place = served(&["--per-minute", "0"]);
    let model = place.app.installed_models().unwrap()[0].name.clone();
    let embedder = add_embedder(&place);
    let ran = check(script, &place, &[&model, "local", &embedder, &model], None);
    assert!(!ran || place.calls().len() >= 6);
    app::holds(&place.app);
}

fn with_a_provider(script: &str) {
    let provider = able();
    let place = with_provider(&provider, &["--per-minute", "0"]);
    add_ollama(&place.app, &provider);
    let ran = check(script, &place, &[ALIAS, "provider", ALIAS, COMPLETER], None);
    assert!(!ran || provider.received().len() >= 6);
    app::holds(&place.app);
}

#[test]
fn the_official_python_clients_work_with_the_model_on_this_computer() {
    with_the_model_here("check.py");
}

#[test]
fn the_official_python_clients_work_with_a_provider_behind_the_gate() {
    with_a_provider("check.py");
}

#[test]
fn the_official_javascript_clients_work_with_the_model_on_this_computer() {
    with_the_model_here("check.mjs");
}

#[test]
fn the_official_javascript_clients_work_with_a_provider_behind_the_gate() {
    with_a_provider("check.mjs");
}

fn where_the_provider_fails(script: &str) {
    let provider = faults::failing();
    let place = with_provider(&provider, &["--per-minute", "0"]);
    add_ollama(&place.app, &provider);
    check(script, &place, &[ALIAS, COMPLETER], None);
    app::holds(&place.app);
}

#[test]
fn the_official_python_clients_raise_what_a_provider_fails_with_and_take_none_of_it_for_an_end() {
    where_the_provider_fails("faults.py");
}

#[test]
fn the_official_javascript_clients_raise_what_a_provider_fails_with_and_take_none_of_it_for_an_end()
{
    where_the_provider_fails("faults.mjs");
}
