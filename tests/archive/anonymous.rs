//! What is written for analysis says nothing of who it was, and the same of the same.

use std::collections::BTreeSet;

use gatehouse_core::privacy::anonymise::{Anonymity, AnonymousExport};

use super::*;

/// Values of people, each with words that give it away once and once without any.
const VALUES: [&str; 8] = [
    "anna.berg@kanzlei-berg.example",
    "+49 30 901820",
    "DE89 3704 0044 0532 0130 00",
    "Anna Berg",
    "4111 1111 1111 1111",
    "Operation Falcon",
    "sk-proj-Zb7Qm3Xv9Rt2Ws8Lk4Np6Yd1Hc5Jf0Gu",
    "Bernd Schäfer",
];

fn talk(title: &str, texts: &[String]) -> Value {
    let messages = texts.iter().enumerate().map(|(at, text)| {
        let parent = at.checked_sub(1);
        let role = ["user", "assistant"][at % 2];
        json!({ "parent": parent, "role": role, "text": text, "createdAtMs": 1_795_000_000_000_i64 + at as i64 })
    });
    let messages: Vec<_> = messages.collect();
    json!({
        "title": title, "createdAtMs": 1_795_000_000_000_i64, "updatedAtMs": 1_795_000_000_900_i64,
        "systemPrompt": "You work for Anna Berg.", "sampling": {}, "leaf": messages.len() - 1, "messages": messages
    })
}

/// Two workspaces with the same people in them.
fn peopled() -> (TempFolder, App, [WorkspaceId; 2]) {
    let folder = TempFolder::new();
    let app = open(&folder.folder);
    app.save_own_rule(&rule()).unwrap();
    let first = app.store.read(workspaces::all).unwrap()[0].id;
    let [email, phone, iban, anna, card, falcon, key, bernd] = VALUES;
    let given_away = [
        format!("My name is {anna}, write to {email} or call my phone {phone}."),
        format!(
            "Dear Mr {bernd}, the IBAN is {iban} and the credit card {card}. api_key = \"{key}\""
        ),
        format!("All of it is part of {falcon}."),
        "Noted.".to_owned(),
    ];
    // Nothing around them says what they are.
    let bare = [
        format!("{anna} / {bernd} / {email}"),
        format!("{phone}; {iban}; {card}; {key}; {falcon}"),
    ];
    bring_in(
        &app,
        &[talk("Anna Berg's case", &given_away), talk("Other", &bare)],
    );
    let second = enter(&app, "Berg family");
    bring_in(&app, &[talk("Again", &given_away)]);
    (folder, app, [first, second])
}

fn anonymous(app: &App, path: &Path, scope: Scope, anonymity: Anonymity) -> AnonymousExport {
    app.export_anonymous(&target(path), scope, anonymity, &mut on)
        .unwrap()
}

/// Everything in square brackets with a code, by what stands before it.
fn pseudonyms(text: &str) -> BTreeSet<String> {
    text.split('[')
        .filter_map(|rest| rest.split_once(']').map(|(name, _)| name))
        .filter(|name| name.rsplit('-').next().is_some_and(|code| code.len() == 12))
        .map(str::to_owned)
        .collect()
}

#[test]
fn none_of_the_values_is_in_any_byte_of_it() {
    let (folder, app, _) = peopled();
    let path = folder.path().join("anonymous.zip");
    let saved = anonymous(&app, &path, Scope::Everything, Anonymity::default());
    assert_eq!((saved.conversations, saved.messages), (3, 10));
    let members = members(&path);
    let all: String = members
        .values()
        .flat_map(|text| [text.as_str(), "\n"])
        .collect();
    let all = all.to_lowercase();
    for value in VALUES
        .iter()
        .chain(&["Berg", "Schäfer", "case", "personal"])
    {
        assert!(!all.contains(&value.to_lowercase()), "{value}");
        let digits: String = value.chars().filter(char::is_ascii_digit).collect();
        assert!(
            digits.len() < 6 || !all.contains(&digits),
            "{value} without its spaces"
        );
    }
    let bytes = std::fs::read(&path).unwrap();
    let haystack = String::from_utf8_lossy(&bytes).to_lowercase();
    assert!(
        !haystack.contains("anna") && !haystack.contains("berg"),
        "nor in a name of a file"
    );
    for id in app.store.read(|conn| chat::list(conn, None)).unwrap() {
        assert!(
            !all.contains(&id.id.to_string()),
            "identifiers are replaced, too"
        );
    }
    assert_eq!(actions(&app)[0], "data.anonymised");
}

#[test]
fn the_same_value_has_the_same_pseudonym_in_all_of_it() {
    let (folder, app, _) = peopled();
    let path = folder.path().join("anonymous.zip");
    anonymous(&app, &path, Scope::Everything, Anonymity::default());
    let talks = lines(&members(&path)["conversations.jsonl"]);
    let said = |talk: usize| {
        let messages = talks[talk]["messages"].as_array().unwrap();
        messages
            .iter()
            .map(|m| m["text"].as_str().unwrap())
            .collect::<String>()
    };
    let of = |talk: usize, label: &str| {
        let mut found = pseudonyms(&said(talk));
        found.retain(|name| name.starts_with(label));
        found
    };
    for label in [
        "EMAIL-ADDRESS-",
        "PHONE-NUMBER-",
        "IBAN-CODE-",
        "CREDIT-CARD-",
        "TERM-",
        "PERSON-",
    ] {
        assert!(!of(0, label).is_empty(), "{label} in {}", said(0));
        assert_eq!(
            of(0, label),
            of(1, label),
            "{label}: with context and without"
        );
        if label != "TERM-" {
            assert_eq!(of(0, label), of(2, label), "{label}: in both workspaces");
        }
    }
    assert_eq!(of(0, "PERSON-").len(), 2, "two people are two");
    assert!(
        said(0).contains("[removed: "),
        "a secret has none: {}",
        said(0)
    );
    assert_eq!(talks[0]["workspace"], talks[1]["workspace"]);
    assert_ne!(talks[0]["workspace"], talks[2]["workspace"]);
}

#[test]
fn another_key_gives_others_and_a_kept_one_gives_the_same() {
    let (folder, app, [first, _]) = peopled();
    let scope = Scope::Workspace {
        workspace_id: first,
    };
    let of = |name: &str, keep_key: bool| {
        let path = folder.path().join(name);
        let anonymity = Anonymity {
            days_only: false,
            keep_key,
        };
        anonymous(&app, &path, scope, anonymity);
        let text = members(&path).remove("conversations.jsonl").unwrap();
        let found = pseudonyms(&text);
        assert!(found.len() > 5, "{text}");
        (found, text)
    };
    let (one, other) = (of("1.zip", false), of("2.zip", false));
    assert!(
        one.0.is_disjoint(&other.0),
        "nobody has the key of the first one any more"
    );
    let (kept, again) = (of("3.zip", true), of("4.zip", true));
    assert_eq!(kept.1, again.1);
    assert!(one.0.is_disjoint(&kept.0));
}

#[test]
fn a_kept_key_can_be_destroyed_and_nothing_of_it_is_left() {
    use gatehouse_core::privacy::Erasure;
    let (folder, app, [first, second]) = peopled();
    let of = |name: &str| {
        let path = folder.path().join(name);
        let anonymity = Anonymity {
            days_only: false,
            keep_key: true,
        };
        anonymous(&app, &path, Scope::Everything, anonymity);
        pseudonyms(&members(&path).remove("conversations.jsonl").unwrap())
    };
    assert_eq!(app.kept_pseudonym_keys().unwrap(), []);
    assert_eq!(app.destroy_pseudonym_keys(None).unwrap().keys, 0);
    assert_ne!(actions(&app)[0], "pseudonyms.destroyed", "there was none");

    let before = of("1.zip");
    assert_eq!(app.kept_pseudonym_keys().unwrap(), [first, second]);
    let key: [u8; 32] = app
        .store
        .read(|conn| {
            let sql = "SELECT key FROM pseudonym_keys WHERE workspace_id = ?1";
            Ok::<_, StoreError>(conn.query_row(sql, [first], |row| row.get(0))?)
        })
        .unwrap();
    let destroyed = app.destroy_pseudonym_keys(Some(first)).unwrap();
    assert_eq!((destroyed.keys, destroyed.is_gone), (1, true));
    assert_eq!(actions(&app)[0], "pseudonyms.destroyed");
    assert_eq!(app.kept_pseudonym_keys().unwrap(), [second]);
    app.store
        .read(|conn| {
            let mut pages = conn.prepare("SELECT data FROM sqlite_dbpage").unwrap();
            let mut rows = pages.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let page = row.get_ref(0).unwrap().as_blob().unwrap();
                assert!(
                    !page.windows(32).any(|bytes| bytes == key),
                    "no byte of it is left"
                );
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let after = of("2.zip");
    assert!(before.difference(&after).next().is_some());
    assert!(
        !before.is_disjoint(&after),
        "the other workspace has kept its own"
    );

    app.erase(&Erasure::Workspace { id: second }, None, &mut |_| ())
        .unwrap();
    assert_eq!(
        app.kept_pseudonym_keys().unwrap(),
        [first],
        "a workspace that is erased takes its key along"
    );
}

/// Ways in which people write the same again, in another chat.
#[test]
fn values_of_other_chats_are_replaced_however_they_are_written() {
    let folder = TempFolder::new();
    let app = open(&folder.folder);
    let given_away = [
        "My name is Zoë Kärcher, call my phone +49 30 901820.".to_owned(),
        "The IBAN is DE89 3704 0044 0532 0130 00 and the credit card 4111 1111 1111 1111."
            .to_owned(),
    ];
    let again = [
        "ZOË KÄRCHER zoe karcher Zoe\u{308}\u{a0} Ka\u{308}rcher zoë\nkärcher".to_owned(),
        "+49-30-90 18 20 de89370400440532013000 DE89-3704-0044-0532-0130-00 4111111111111111 4111.1111.1111.1111"
            .to_owned(),
    ];
    // The chat in which they are bare comes first.
    bring_in(&app, &[talk("One", &again), talk("Two", &given_away)]);
    let path = folder.path().join("anonymous.zip");
    anonymous(&app, &path, Scope::Everything, Anonymity::default());
    let talks = lines(&members(&path)["conversations.jsonl"]);
    let text =
        |talk: usize, message: usize| talks[talk]["messages"][message]["text"].as_str().unwrap();
    let bare: Vec<&str> = text(0, 0).split_whitespace().collect();
    assert_eq!(bare.len(), 4, "four ways of writing a name: {bare:?}");
    assert!(bare.iter().all(|word| *word == bare[0]), "{bare:?}");
    assert!(text(1, 0).contains(bare[0]), "{}", text(1, 0));
    let numbers = text(0, 1);
    assert!(!numbers.contains(['.', '+']), "{numbers}");
    assert_eq!(pseudonyms(numbers).len(), 3, "{numbers}");
    assert!(pseudonyms(numbers).is_subset(&pseudonyms(&format!("{}{}", text(1, 0), text(1, 1)))));
}

#[test]
fn times_can_be_cut_down_to_their_day() {
    let (folder, app, _) = peopled();
    let path = folder.path().join("days.zip");
    let anonymity = Anonymity {
        days_only: true,
        keep_key: false,
    };
    anonymous(&app, &path, Scope::Everything, anonymity);
    for line in lines(&members(&path)["conversations.jsonl"]) {
        assert_eq!(line["begun"], "2026-11-18");
        assert_eq!(line["messages"][0]["at"], "2026-11-18");
    }
    assert!(
        !members(&path)["gatehouse.json"].contains('T'),
        "nor when it was made"
    );
}

#[test]
fn its_report_counts_what_was_found_and_says_nothing_of_it() {
    let (folder, app, _) = peopled();
    let path = folder.path().join("anonymous.zip");
    let saved = anonymous(&app, &path, Scope::Everything, Anonymity::default());
    let members = members(&path);
    let report: Value = serde_json::from_str(&members["findings.json"]).unwrap();
    assert_eq!(report["kinds"], json!(saved.found));
    let email = saved
        .found
        .iter()
        .find(|kind| kind.label == "EMAIL-ADDRESS")
        .unwrap();
    assert_eq!((email.places, email.values), (3, 1));
    let secrets = saved.found.iter().find(|kind| kind.values == 0).unwrap();
    assert_eq!(
        secrets.places, 3,
        "{:?}: also where nothing says that it is one",
        saved.found
    );
    let rules = report["rules"].as_array().unwrap();
    assert!(
        rules.iter().any(|rule| rule["rule"] == "own"),
        "the name of a rule says too much: {rules:?}"
    );
    assert!(members["findings.txt"].contains("E-mail address: 3 places, one value"));
}

#[test]
fn it_is_no_archive_and_cannot_be_brought_in() {
    let (folder, app, _) = peopled();
    let path = folder.path().join("anonymous.zip");
    anonymous(&app, &path, Scope::Everything, Anonymity::default());
    assert!(
        import(&app, &path)
            .unwrap_err()
            .to_string()
            .contains("gatehouse-anonymous")
    );
}
