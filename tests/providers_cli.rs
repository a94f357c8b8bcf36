//! Cloud models from a shell: the real program against a provider on this computer that keeps what
//! it was sent.

mod mistakes;
mod online_prices;
#[cfg(unix)]
mod prompt;
mod pull;
mod review;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    command_line::Shell,
    support::provider::{Provider, Received, Reply},
};

const KEY: &str = "sk-test-91c4e07d5ab2f638";
const LETTER: &str = "Please write to anna.weiss@example.org that her lease ends in March.";

/// A provider that has two models and says back what it reads.
fn provider() -> Provider {
    Provider::start(|request| {
        if request.head.starts_with("GET ") {
            return Reply::Whole(json!({
                "object": "list",
                "data": [{ "id": "small", "object": "model" }, { "id": "large", "object": "model" }],
            }));
        }
        let said = request.last_message();
        Reply::Pieces(said.chars().map(String::from).collect(), 100, 10)
    })
}

/// A shell with the account `Test` at a provider, as somebody else's computer.
fn shell_with(provider: &Provider) -> Shell {
    let shell = Shell::new();
    add_account(&shell, "Test", provider);
    shell
}

fn add_account(shell: &Shell, name: &str, provider: &Provider) {
    let address = provider.address.as_str();
    let (code, printed) = shell.fed(
        &[
            "providers",
            "add",
            "--kind",
            "compatible",
            "--name",
            name,
            "--url",
            address,
            "--cloud",
            "--key-stdin",
        ],
        format!("{KEY}\n").as_bytes(),
    );
    assert_eq!(code, 0, "{printed}");
    assert!(!printed.contains(KEY));
}

/// The requests that had a prompt in them.
fn asked(provider: &Provider) -> Vec<Received> {
    let mut received = provider.received();
    received.retain(|request| request.head.starts_with("POST "));
    received
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn has_key(bytes: &[u8]) -> bool {
    bytes
        .windows(KEY.len())
        .any(|window| window == KEY.as_bytes())
}

#[test]
fn a_key_is_in_its_own_file_and_nowhere_else() {
    let provider = provider();
    let shell = shell_with(&provider);
    let listed = shell.json(&["providers", "list"]);
    assert_eq!(listed[0]["hasKey"], true);
    let printed = [
        listed.to_string(),
        shell.text(&["providers", "list"]),
        shell.text(&["providers", "test", "Test"]),
        shell.text(&["ask", "Hello", "--model", "Test/small"]),
        shell.text(&["ask", "Hello", "--model", "Test/small", "--show-request"]),
        shell.text(&["connections"]),
        shell.text(&["calls", "list", "--json"]),
    ];
    assert!(
        printed.iter().all(|text| !text.contains(KEY)),
        "{printed:?}"
    );
    assert!(
        provider.received()[0]
            .head
            .contains(&format!("Bearer {KEY}")),
        "it reached the provider, so it is the right one that is looked for"
    );

    let with_key: Vec<_> = files_below(shell.path())
        .into_iter()
        .filter(|path| has_key(&fs::read(path).unwrap()))
        .collect();
    let [file] = with_key.as_slice() else {
        panic!("the key is in {with_key:?}")
    };
    assert_eq!(file.parent(), Some(shell.path().join("keys").as_path()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "only its owner may read it");
    }

    shell.text(&["providers", "key", "Test", "--forget"]);
    assert!(!file.exists());
    assert_eq!(shell.json(&["providers", "list"])[0]["hasKey"], false);
}

#[test]
fn a_key_is_no_argument_and_needs_standard_input_or_a_terminal() {
    let shell = shell_with(&provider());
    let (code, _) = shell.refused(&["providers", "key", "Test", KEY]);
    assert_eq!(code, 2);
    let (code, words) = shell.refused(&["providers", "key", "Test"]);
    assert_eq!(code, 2);
    assert!(words.contains("--key-stdin"), "{words}");
    let (code, _) = shell.fed(&["providers", "key", "Test", "--key-stdin"], b"\n");
    assert_eq!(code, 2, "an empty line is no key");
    let list = shell.json(&["providers", "list"]);
    assert_eq!(list[0]["hasKey"], true, "the one that was there stays");
}

#[test]
fn an_account_whose_key_cannot_be_one_is_not_added() {
    let shell = Shell::new();
    let add = ["providers", "add", "--kind", "openai", "--key-stdin"];
    let (code, words) = shell.fed(&add, "schlüssel\n".as_bytes());
    assert_eq!(code, 2, "{words}");
    assert_eq!(shell.json(&["providers", "list"]), json!([]));
}

#[test]
fn a_test_lists_the_models_or_says_what_is_wrong() {
    let provider = provider();
    let shell = shell_with(&provider);
    let account = shell.json(&["providers", "test", "test"]);
    assert_eq!(account["models"][0]["id"], "small");
    let chosen = shell.json(&[
        "providers",
        "models",
        "Test",
        "--choose",
        "large",
        "unlisted",
    ]);
    let chosen: Vec<_> = chosen["models"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|model| model["chosen"] == true)
        .map(|model| model["id"].as_str().unwrap())
        .collect();
    assert_eq!(chosen, ["large", "unlisted"]);

    let refuses = shell_with(&Provider::start(|_| Reply::Refuse(401, "Bad key")));
    let (code, words) = refuses.refused(&["providers", "test", "Test"]);
    assert_eq!(code, 8, "{words}");
    assert!(!words.contains(KEY));
    let tested = refuses.json(&["record", "list", "--action", "account.tested"]);
    let facts = tested[0]["facts"].as_array().unwrap().iter();
    let facts: Vec<_> = facts.map(|fact| (&fact["name"], &fact["value"])).collect();
    for (name, value) in [("outcome", "failed"), ("error", "key_wrong")] {
        assert!(
            facts.contains(&(&name.into(), &value.into())),
            "the key was sent: {facts:?}"
        );
    }

    let nobody = Provider::start(|_| Reply::Refuse(500, "unused"));
    let shell = shell_with(&nobody);
    let (code, words) = shell.refused(&["providers", "test", "Other"]);
    assert_eq!(code, 4);
    assert!(words.contains("“Other”"), "{words}");
    assert_eq!(nobody.received().len(), 0, "an unknown name asks nobody");
}

#[test]
fn personal_data_leaves_masked_and_comes_back() {
    let provider = provider();
    let shell = shell_with(&provider);
    let answer = shell.json(&["ask", LETTER, "--model", "test/small"]);
    assert_eq!(answer["answer"], LETTER, "the echo is restored");
    assert_eq!(answer["account"], "Test");
    assert_eq!(answer["masked"], 1);
    assert_eq!(answer["moves"], json!([]));
    let sent = provider.everything();
    assert!(sent.contains("her lease ends in March"), "{sent}");
    assert!(!sent.contains("anna.weiss"), "{sent}");
}

/// A request without the four letters that each conversation has of its own in its placeholders.
fn without_tag(body: &str) -> String {
    const BEFORE: &str = "[EMAIL-ADDRESS-1-";
    let at = body.find(BEFORE).unwrap() + BEFORE.len();
    assert_eq!(&body[at + 4..=at + 4], "]", "{body}");
    format!("{}{}", &body[..at], &body[at + 4..])
}

#[test]
fn what_is_shown_is_what_is_sent_and_showing_it_connects_to_nobody() {
    let provider = provider();
    let shell = shell_with(&provider);
    let ask = ["ask", LETTER, "--model", "Test/small"];
    let shown = shell.text(&[&ask[..], &["--show-request"]].concat());
    let object = shell.json(&[&ask[..], &["--show-request"]].concat());
    assert_eq!(provider.received().len(), 0);
    assert_eq!(shell.json(&["connections"]), json!([]));
    assert_eq!(
        without_tag(object["body"].as_str().unwrap()),
        without_tag(&shown)
    );
    assert_eq!(object["account"], "Test");

    shell.text(&ask);
    let plain = ["ask", "When does a lease end?", "--model", "Test/small"];
    let shown_plain = shell.text(&[&plain[..], &["--show-request"]].concat());
    shell.text(&plain);
    let sent: Vec<_> = asked(&provider)
        .iter()
        .map(|request| String::from_utf8(request.body.clone()).unwrap())
        .collect();
    let [masked, unmasked] = sent.as_slice() else {
        panic!("two questions were asked, not {}", sent.len())
    };
    assert_eq!(*unmasked, shown_plain);
    assert_eq!(without_tag(masked), without_tag(&shown));
    let log = shell.json(&["connections"]);
    assert_eq!(log[0]["purpose"], "chat");
    assert_eq!(log[0]["bytesOut"], shown_plain.len());
    assert_eq!(log[1]["bytesOut"], shown.len());

    let local = ["ask", LETTER, "--show-request", "--json"];
    assert_eq!(shell.text(&local).trim(), "null", "nothing leaves");
}

#[test]
fn the_shape_of_an_answer_is_shown_as_it_is_sent() {
    let provider = provider();
    let shell = shell_with(&provider);
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("lease.json");
    let shape = json!({
        "type": "object",
        "properties": { "ends": { "type": "string" } },
        "required": ["ends"],
        "additionalProperties": false,
    });
    std::fs::write(&schema, shape.to_string()).unwrap();
    let schema = schema.to_str().unwrap();
    let ask = [
        "ask",
        "When does a lease end?",
        "--model",
        "Test/small",
        "--json-schema",
        schema,
    ];
    let shown = shell.text(&[&ask[..], &["--show-request"]].concat());
    assert!(shown.contains("\"ends\""), "{shown}");
    assert_eq!(provider.received().len(), 0);
    shell.text(&ask);
    let sent = asked(&provider);
    assert_eq!(sent.len(), 1);
    assert_eq!(String::from_utf8_lossy(&sent[0].body), shown);
}

#[test]
fn a_secret_blocks_and_the_question_is_kept() {
    let provider = provider();
    let shell = shell_with(&provider);
    let ask = [
        "ask",
        "Why does my login fail? password = \"Tr0ub4dor&3xyz\"",
        "--model",
        "Test/small",
    ];
    let (code, words) = shell.refused(&[&ask[..], &["--show-request"]].concat());
    assert_eq!(code, 7, "{words}");
    let (code, words) = shell.refused(&ask);
    assert_eq!(code, 7, "{words}");
    assert!(
        words.contains("draft"),
        "it says where the text is: {words}"
    );
    assert_eq!(asked(&provider).len(), 0);
    assert_eq!(shell.json(&["calls", "list"]), json!([]));
}

#[test]
fn health_data_is_answered_on_this_computer() {
    let provider = provider();
    let shell = shell_with(&provider);
    let ask = ["ask", "The patient's NHS number is 943 476 5919."];
    let ask = [&ask[..], &["--model", "Test/small", "--max-tokens", "8"]].concat();
    let answer = shell.json(&ask);
    assert_eq!(answer["account"], Value::Null);
    assert_eq!(answer["moves"][0]["model"], "small", "{answer}");
    assert_eq!(answer["cost"], "$0");
    assert_eq!(asked(&provider).len(), 0);
}

#[test]
fn one_word_keeps_any_question_on_this_computer() {
    let provider = provider();
    let shell = shell_with(&provider);
    let answer = shell.json(&[
        "ask",
        "Hello",
        "--model",
        "Test/small",
        "--keep-here",
        "--max-tokens",
        "8",
    ]);
    assert_eq!(answer["account"], Value::Null);
    assert_eq!(asked(&provider).len(), 0);
}

#[test]
fn a_price_of_ones_own_is_set_by_the_name_of_the_account() {
    let provider = provider();
    let shell = shell_with(&provider);
    let cost = || shell.json(&["ask", "Hello", "--model", "Test/small"])["cost"].clone();
    assert_eq!(cost(), Value::Null);
    let set = [
        "prices", "set", "--model", "small", "--input", "2", "--output", "8",
    ];
    let (_, words) = shell.both(&[&set[..], &["--provider", "nosuchthing"]].concat());
    assert!(words.contains("Nothing uses this price yet"), "{words}");
    assert_eq!(cost(), Value::Null);
    let (said, words) = shell.both(&[&set[..], &["--provider", "test"]].concat());
    assert!(
        said.contains("of compatible") && words.contains("billed as compatible"),
        "{said}{words}"
    );
    assert_ne!(cost(), Value::Null);
    shell.text(&[
        "prices",
        "set",
        "--remove",
        "--model",
        "small",
        "--provider",
        "Test",
    ]);
    assert_eq!(cost(), Value::Null);
}

#[test]
fn a_price_is_set_and_removed_by_the_name_that_its_provider_has_in_the_table() {
    let provider = provider();
    let shell = Shell::new();
    add_account(&shell, "OpenAI", &provider);
    let own = ["prices", "set", "--model", "gpt-5"];
    for (name, of) in [("openai", "of openai"), ("OpenAI", "of compatible")] {
        let set = [&own[..], &["--provider", name, "--input", "2"]].concat();
        let (said, _) = shell.both(&set);
        assert!(said.contains(of), "{said}");
    }
    for (name, of) in [("OpenAI", "of compatible"), ("openai", "of openai")] {
        let remove = [&own[..], &["--provider", name, "--remove"]].concat();
        let said = shell.text(&remove);
        assert!(said.contains(of), "{said}");
    }
}

#[test]
fn an_alias_goes_before_a_model_and_falls_over_to_the_next_link() {
    let down = Provider::start(|_| Reply::Refuse(500, "down"));
    let provider = provider();
    let shell = shell_with(&provider);
    let add = ["providers", "add", "--kind", "compatible", "--name", "Down"];
    shell.text(&[&add[..], &["--cloud", "--url", &down.address]].concat());

    shell.text(&["aliases", "set", "Best", "Down/big", "Test/small", "local"]);
    let listed = shell.json(&["aliases", "list"]);
    assert_eq!(
        listed[0]["links"],
        json!(["Down/big", "Test/small", "local"])
    );
    let answer = shell.json(&["ask", "Hello", "--model", "best"]);
    assert_eq!(answer["account"], "Test");
    assert_eq!(answer["moves"][0]["model"], "big");

    shell.text(&["aliases", "set", "Best", "Test/large"]);
    assert_eq!(
        shell.json(&["aliases", "list"]).as_array().unwrap().len(),
        1
    );
    shell.text(&["aliases", "remove", "Best"]);
    for arguments in [
        &["ask", "Hello", "--model", "Best"][..],
        &["ask", "Hello", "--model", "Nobody/small"],
        &["aliases", "set", "Other", "Nobody/small"],
        &["aliases", "remove", "Best"],
    ] {
        let (code, words) = shell.refused(arguments);
        assert_eq!(code, 4, "{arguments:?}: {words}");
    }
}

#[test]
fn a_budget_stops_a_call_before_it_is_made() {
    let provider = provider();
    let shell = shell_with(&provider);
    shell.text(&[
        "prices",
        "set",
        "--provider",
        "compatible",
        "--model",
        "small",
        "--input",
        "2",
        "--output",
        "8",
    ]);
    let set = shell.json(&["budgets", "set", "day", "0"]);
    assert_eq!(set[0]["stops"], true);
    let ask = ["ask", "Hello", "--model", "Test/small"];
    let here = shell.json(&[&ask[..], &["--max-tokens", "8"]].concat());
    assert_eq!(here["account"], Value::Null, "this computer costs nothing");
    shell.text(&["aliases", "set", "Only", "Test/small"]);
    let (code, words) = shell.refused(&["ask", "Hello", "--model", "Only"]);
    assert_eq!(code, 9, "{words}");
    assert!(
        words.contains("draft"),
        "it says where the text is: {words}"
    );
    assert_eq!(asked(&provider).len(), 0);
    shell.text(&["budgets", "remove", "day"]);
    assert_eq!(shell.json(&["budgets", "list"]), json!([]));
    let answer = shell.json(&["ask", "Hello", "--model", "Only"]);
    assert_eq!(answer["account"], "Test");
    assert_ne!(answer["cost"], "$0");
}
