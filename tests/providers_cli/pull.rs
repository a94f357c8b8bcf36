//! An Ollama server is told to fetch a model.

use super::*;

/// A shell with the account `Ollama` at a server that answers each request with these lines.
fn shell_with_ollama(lines: &'static [&'static str]) -> (Shell, Provider) {
    let provider = Provider::start(|_| {
        let lines = lines.iter();
        Reply::Lines(
            lines
                .map(|line| serde_json::from_str(line).unwrap())
                .collect(),
        )
    });
    let shell = Shell::new();
    let address = provider.address.trim_end_matches("/v1");
    shell.text(&["providers", "add", "--kind", "ollama", "--url", address]);
    (shell, provider)
}

#[test]
fn a_pull_shows_how_far_it_is_and_ends_when_the_model_is_there() {
    let (shell, provider) = shell_with_ollama(&[
        r#"{"status": "pulling manifest"}"#,
        r#"{"status": "pulling 6a0746a1ec1a", "total": 4000, "completed": 1000}"#,
        r#"{"status": "pulling 6a0746a1ec1a", "total": 4000, "completed": 1010}"#,
        r#"{"status": "pulling 6a0746a1ec1a", "total": 4000, "completed": 4000}"#,
        r#"{"status": "success"}"#,
    ]);
    let (said, steps) = shell.both(&["providers", "pull", "ollama", "smollm2:135m"]);
    assert_eq!(said.trim(), "“Ollama” has “smollm2:135m” now.");
    let steps: Vec<_> = steps.lines().collect();
    assert_eq!(
        steps,
        [
            "pulling manifest",
            "pulling 6a0746a1ec1a 25 %",
            "pulling 6a0746a1ec1a 100 %",
            "success"
        ],
        "one line for each step and each percent"
    );
    let asked = &provider.received()[0];
    assert!(asked.head.starts_with("POST /api/pull "), "{}", asked.head);
    assert_eq!(asked.json()["model"], "smollm2:135m");
    let log = shell.json(&["connections"]);
    assert_eq!(log[0]["purpose"], "pull");
    let recorded = shell.json(&["record", "list", "--action", "model.added"]);
    let fact = |name| {
        let facts = recorded[0]["facts"].as_array().unwrap();
        facts.iter().find(|fact| fact["name"] == name).unwrap()["value"].clone()
    };
    assert_eq!(
        (fact("provider"), fact("model")),
        ("ollama".into(), "smollm2:135m".into())
    );
}

#[test]
fn a_pull_that_fails_says_what_the_server_said() {
    let (shell, _provider) = shell_with_ollama(&[
        r#"{"status": "pulling manifest"}"#,
        r#"{"error": "pull model manifest: file does not exist"}"#,
    ]);
    let (code, words) = shell.refused(&["providers", "pull", "Ollama", "no-such-model"]);
    assert_eq!(code, 8, "{words}");
    assert!(words.contains("file does not exist"), "{words}");
    assert!(words.contains("Check the name of the model"), "{words}");
}

#[test]
fn a_pull_that_ends_without_success_is_no_success() {
    let (shell, _provider) = shell_with_ollama(&[r#"{"status": "pulling manifest"}"#]);
    let (code, words) = shell.refused(&["providers", "pull", "Ollama", "smollm2:135m"]);
    assert_eq!(code, 8, "{words}");
}

#[test]
fn only_ollama_fetches_models() {
    let provider = provider();
    let shell = shell_with(&provider);
    let (code, words) = shell.refused(&["providers", "pull", "Test", "small"]);
    assert_eq!(code, 2, "{words}");
    assert!(provider.received().is_empty());
}
