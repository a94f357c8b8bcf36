//! From a shell, a person says what is no finding, and asks several models at once.

use super::*;

const ESSAY: &str = "Please read my essay on asthma before Friday.";

#[test]
fn a_mistake_that_is_named_leaves_as_written() {
    let provider = provider();
    let shell = shell_with(&provider);
    let ask = ["ask", ESSAY, "--model", "Test/small", "--mistake", "asthma"];
    let (body, about) = shell.both(&[&ask[..], &["--show-request"]].concat());
    assert!(
        body.contains("asthma") && about.contains("as you said: asthma"),
        "{about}"
    );
    assert!(asked(&provider).is_empty());
    let answer = shell.json(&ask);
    assert_eq!(
        (&answer["answer"], &answer["account"]),
        (&json!(ESSAY), &json!("Test"))
    );
    let (code, words) = shell.refused(&["ask", ESSAY, "--model", "Test/small", "--mistake", "flu"]);
    assert_eq!(code, 2, "{words}");
    assert!(words.contains("Nothing is kept back"), "{words}");
}

#[test]
fn no_secret_is_let_go_by_accident() {
    let provider = provider();
    let shell = shell_with(&provider);
    let text = "The manual has password = \"Tr0ub4dor&3xyz\" as its example.";
    let ask = |word: &str| {
        let said = [word, "Tr0ub4dor&3xyz"];
        [&["ask", text, "--model", "Test/small"], &said[..]]
            .concat()
            .join("\n")
    };
    let mistake = ask("--mistake");
    let (code, words) = shell.refused(&mistake.split('\n').collect::<Vec<_>>());
    assert_eq!(code, 2, "{words}");
    assert!(words.contains("--no-secret"), "{words}");
    assert!(asked(&provider).is_empty());
    let sure = ask("--no-secret");
    assert_eq!(
        shell.json(&sure.split('\n').collect::<Vec<_>>())["answer"],
        text
    );
}

#[test]
fn several_models_answer_one_question_each_in_its_own_version() {
    let provider = provider();
    let shell = shell_with(&provider);
    let ask = ["ask", "Hello", "-m", "Test/small", "-m", "Test/large"];
    let told = shell.json(&ask);
    let models: Vec<&Value> = told["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| &answer["model"])
        .collect();
    assert_eq!(models, ["small", "large"]);
    let here = [
        "ask",
        "Hello",
        "-m",
        "local",
        "-m",
        "Test/small",
        "--max-tokens",
        "4",
    ];
    assert_eq!(shell.json(&here)["answers"][1]["model"], "small");
    let (printed, _) = shell.both(&ask);
    assert!(
        printed.contains("## small\n\nHello\n\n## large\n\nHello"),
        "{printed}"
    );
}
