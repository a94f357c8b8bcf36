//! Where the policy asks first, a word on the command line answers.

use gatehouse_core::{
    now_ms,
    policy::{self, Action, Policy},
    workspaces,
};

use super::*;

/// A shell whose policy asks before personal data leaves.
fn shell_that_asks(provider: &Provider) -> Shell {
    let shell = shell_with(provider);
    let mut policy = Policy::default();
    policy.personal.cloud = Action::Ask;
    let set = shell.store().write(|tx| {
        let workspace = workspaces::first(tx, now_ms())?;
        policy::set(tx, workspace, &policy)
    });
    set.unwrap();
    shell
}

#[test]
fn where_policy_asks_nothing_leaves_and_the_words_say_how_to_go_on() {
    let provider = provider();
    let shell = shell_that_asks(&provider);
    let ask = ["ask", LETTER, "--model", "Test/small"];
    let (code, words) = shell.refused(&ask);
    assert_eq!(code, 7, "{words}");
    for way in ["--show-request", "--may-leave", "--keep-here", "draft"] {
        assert!(words.contains(way), "{way} is not in: {words}");
    }
    assert!(asked(&provider).is_empty());
    let (_, about) = shell.both(&[&ask[..], &["--show-request"]].concat());
    assert!(about.contains("--may-leave sends it"), "{about}");
    assert!(asked(&provider).is_empty(), "showing it sends nothing");
}

#[test]
fn may_leave_sends_it_masked() {
    let provider = provider();
    let shell = shell_that_asks(&provider);
    let ask = ["ask", LETTER, "--model", "Test/small", "--may-leave"];
    let answer = shell.json(&ask);
    assert_eq!(
        (&answer["account"], &answer["masked"]),
        (&json!("Test"), &json!(1))
    );
    assert_eq!(answer["answer"], LETTER);
    assert_eq!(asked(&provider).len(), 1);
    assert!(!provider.everything().contains("anna.weiss"));
}

#[test]
fn may_leave_is_no_way_around_what_policy_blocks() {
    let provider = provider();
    let shell = shell_that_asks(&provider);
    let secret = "Why does my login fail? password = \"Tr0ub4dor&3xyz\"";
    let (code, words) = shell.refused(&["ask", secret, "--model", "Test/small", "--may-leave"]);
    assert_eq!(code, 7, "{words}");
    assert!(asked(&provider).is_empty());
}

#[test]
fn keep_here_has_this_computer_answer_without_asking() {
    let provider = provider();
    let shell = shell_that_asks(&provider);
    let answer = shell.json(&[
        "ask",
        LETTER,
        "--model",
        "Test/small",
        "--keep-here",
        "--max-tokens",
        "8",
    ]);
    assert_eq!(answer["account"], Value::Null);
    assert_eq!(answer["masked"], 0);
    assert_eq!(answer["cost"], "$0");
    assert!(asked(&provider).is_empty());
    let both = ["ask", LETTER, "--may-leave", "--keep-here"];
    let (code, _) = shell.refused(&both);
    assert_eq!(code, 2, "only one of them can hold");
}

#[test]
fn may_leave_is_for_the_account_that_show_request_names_and_for_no_other_of_a_chain() {
    let (down, up) = (
        Provider::start(|_| Reply::Refuse(503, "overloaded")),
        provider(),
    );
    let shell = shell_that_asks(&down);
    add_account(&shell, "Second", &up);
    shell.text(&[
        "aliases",
        "set",
        "best",
        "Test/small",
        "Second/small",
        "local",
    ]);
    let ask = ["ask", LETTER, "--model", "best"];
    let (_, about) = shell.both(&[&ask[..], &["--show-request"]].concat());
    assert!(about.contains("leave for Test"), "{about}");
    let answer = shell.json(&[&ask[..], &["--may-leave", "--max-tokens", "4"]].concat());
    assert_eq!(answer["account"], Value::Null, "this computer goes on");
    assert!(!asked(&down).is_empty() && asked(&up).is_empty());

    let both = ["ask", LETTER, "-m", "Test/small", "-m", "Second/small"];
    let (_, words) = shell.refused(&[&both[..], &["--may-leave"]].concat());
    assert_eq!(
        asked(&up).len(),
        1,
        "each that was named may have it: {words}"
    );
}
