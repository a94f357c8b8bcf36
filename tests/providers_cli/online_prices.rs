//! The list of prices is read online, from where it is published or from a copy.

use gatehouse_core::{costs::published, settings};

use super::*;

/// A list as it is published, with one model at this price a token.
fn list(input: f64) -> Value {
    json!({ "house-model-1": { "litellm_provider": "openai", "mode": "chat",
        "input_cost_per_token": input, "output_cost_per_token": 4e-6 },
        "other-model": { "litellm_provider": "somebody", "mode": "chat",
        "input_cost_per_token": input, "output_cost_per_token": 4e-6 } })
}

fn listed(shell: &Shell) -> Value {
    let list = ["prices", "list", "--model", "house-model-1"];
    shell.json(&list)[0]["rates"]["input"].clone()
}

#[test]
fn prices_are_updated_from_a_copy_of_the_list_and_a_dry_run_writes_nothing() {
    let provider = Provider::start(|_| Reply::Whole(list(2e-6)));
    let shell = Shell::new();
    let update = ["prices", "update", "--from", &provider.address];
    let dry = shell.json(&[&update[..], &["--dry-run"]].concat());
    assert_eq!(dry["written"], false);
    assert_eq!(listed(&shell), Value::Null);
    let done = shell.json(&update);
    assert_eq!(done["written"], true);
    for said in [&dry, &done] {
        assert_eq!(said["skipped"], json!({ "other_vendor": 1 }), "and why");
    }
    let words = shell.text(&update);
    assert!(words.contains("Left out: 1 of other vendors."), "{words}");
    let added = done["changes"]["added"].as_array().unwrap();
    assert!(
        added
            .iter()
            .any(|listing| listing["model"] == "house-model-1")
    );
    assert_eq!(listed(&shell), "2");
    let requests = provider.received();
    assert_eq!(requests.len(), 3);
    assert!(
        requests.iter().all(|request| request.body.is_empty()
            && request.head.starts_with("GET ")
            && !request.head.to_ascii_lowercase().contains("authorization")),
        "nothing of this computer goes along"
    );
    let log = shell.json(&["connections"]);
    assert_eq!(log[0]["purpose"], "prices");
}

#[test]
fn what_is_no_list_of_prices_changes_none() {
    let provider = Provider::start(|_| Reply::Whole(json!({ "message": "moved" })));
    let shell = Shell::new();
    let before = shell.text(&["prices", "list", "--json"]);
    let (code, words) = shell.refused(&["prices", "update", "--from", &provider.address]);
    assert_eq!(code, 8, "{words}");
    assert!(words.contains("as they were"), "{words}");
    assert_eq!(shell.text(&["prices", "list", "--json"]), before);
}

#[test]
fn without_another_address_only_the_publisher_is_asked_and_offline_nobody_is() {
    let proxy = Provider::start(|_| Reply::Refuse(502, "no way through"));
    let shell = Shell::new();
    let set = |offline| {
        let set = shell.store().write(|tx| {
            let mut now = settings::get(tx)?;
            now.proxy = proxy.address.trim_end_matches("/v1").to_owned();
            now.offline = offline;
            settings::set(tx, &now)
        });
        set.unwrap();
    };
    set(false);
    let (code, words) = shell.refused(&["prices", "update"]);
    assert_eq!(code, 8, "{words}");
    let asked = proxy.received();
    let host = published::ADDRESS.split('/').nth(2).unwrap();
    assert!(
        !asked.is_empty()
            && asked
                .iter()
                .all(|request| request.head.starts_with(&format!("CONNECT {host}:443 "))),
        "{asked:?}"
    );
    set(true);
    let (code, words) = shell.refused(&["prices", "update"]);
    assert_eq!(code, 8, "{words}");
    assert_eq!(proxy.received().len(), asked.len(), "the switch is on");
}
