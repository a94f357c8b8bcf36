//! What is written: in the form that is documented, readable, proven by its record, without what is
//! secret or of others, whole or not at all.

use super::*;

fn root() -> PathBuf {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    core.ancestors().nth(2).unwrap().to_path_buf()
}

/// Hold a value to a part of the published schema.
fn fits(schema: &Value, part: &str, value: &Value) {
    let mut schema = schema.clone();
    schema["$ref"] = json!(format!("#/$defs/{part}"));
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let wrong: Vec<_> = validator
        .iter_errors(value)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(wrong, Vec::<String>::new(), "{part}: {value:#}");
}

#[test]
fn every_file_has_the_form_of_the_published_schema() {
    let schema = std::fs::read_to_string(root().join("docs/archive.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let before = furnished();
    asked_once(&before.app, before.about_the_client);
    let path = before.folder.path().join("all.zip");
    export(&before.app, &path, Scope::Everything);
    let members = members(&path);
    for (name, part) in [
        ("gatehouse.json", "manifest"),
        ("workspaces.json", "workspaces"),
        ("shared.json", "shared"),
    ] {
        fits(
            &schema,
            part,
            &serde_json::from_str(&members[name]).unwrap(),
        );
    }
    for (name, part) in [
        ("conversations.jsonl", "conversation"),
        ("calls.jsonl", "call"),
    ] {
        let lines = lines(&members[name]);
        assert!(!lines.is_empty(), "{name} is empty");
        lines.iter().for_each(|line| fits(&schema, part, line));
    }
    let mut other: Value = serde_json::from_str(&members["gatehouse.json"]).unwrap();
    other["version"] = json!("1");
    schema_refuses(&schema, "manifest", &other);
}

fn schema_refuses(schema: &Value, part: &str, value: &Value) {
    let mut schema = schema.clone();
    schema["$ref"] = json!(format!("#/$defs/{part}"));
    assert!(
        !jsonschema::draft202012::new(&schema)
            .unwrap()
            .is_valid(value)
    );
}

/// A call in the list of a conversation, as the gate writes it.
fn asked_once(app: &App, id: ConversationId) {
    use gatehouse_core::costs::{self, CallEnd, CallStart, CallStatus, Purpose, Route};
    let conversation = get(app, id);
    app.store
        .write(|tx| {
            let number = costs::begin(
                tx,
                &CallStart {
                    started_at_ms: now_ms(),
                    workspace: conversation.workspace_id,
                    conversation: Some(id),
                    message: None,
                    client: None,
                    purpose: Purpose::Title,
                    provider: "openai",
                    model_id: None,
                    account_id: None,
                    alias: None,
                    decision: Some(Decision::Mask),
                    masked: 2,
                    pictures: 0,
                    moves: &[],
                    model: "m",
                    version: "",
                    route: Route::Masked,
                },
            )?;
            let end = CallEnd {
                status: CallStatus::Answered,
                finish: None,
                error_kind: None,
                input_tokens: 10,
                cached_tokens: 0,
                cache_written_tokens: 0,
                cache_written_hour_tokens: 0,
                output_tokens: 3,
                reasoning_tokens: 0,
                dropped_messages: 0,
                waited_ms: None,
                first_token_ms: Some(20),
                duration_ms: 90,
                writing_ms: 70,
                cost: Some(gatehouse_core::money::Money::from_pico(1_234_500)),
                price: None,
                measured: true,
            };
            costs::end(tx, number, &end)?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn costs_are_exact_decimal_dollars() {
    let before = furnished();
    asked_once(&before.app, before.about_the_client);
    let path = before.folder.path().join("all.zip");
    export(&before.app, &path, Scope::Everything);
    assert_eq!(
        lines(&members(&path)["calls.jsonl"])[0]["costUsd"],
        "0.0000012345"
    );
    let scope = Scope::Conversation {
        conversation_id: before.personal,
    };
    let path = before.folder.path().join("one.zip");
    assert_eq!(
        export(&before.app, &path, scope).holds.calls,
        0,
        "it is another's"
    );
}

#[test]
fn the_record_in_it_holds_and_says_that_it_was_written() {
    let before = furnished();
    let path = before.folder.path().join("all.zip");
    let saved = export(&before.app, &path, Scope::Everything);
    let record = &members(&path)["record.jsonl"];
    let verdict = verify_file(&mut record.as_bytes(), None, None).unwrap();
    assert!(verdict.holds());
    assert_eq!(verdict.count, i64::from(saved.holds.record_entries));
    assert!(
        record.contains("\"data.exported\""),
        "it was recorded before anybody had it"
    );
}

#[test]
fn all_of_it_is_of_one_state_whatever_happens_meanwhile() {
    let before = furnished();
    let path = before.folder.path().join("all.zip");
    let mut renamed = 0;
    let mut meanwhile = |_: f64| {
        renamed += 1;
        let title = format!("Renamed while it was written, {renamed}");
        let done = before.app.rename_conversation(before.personal, &title);
        done.map_or(ControlFlow::Break(()), ControlFlow::Continue)
    };
    let to = target(&path);
    before
        .app
        .export_archive(&to, Scope::Everything, &mut meanwhile)
        .unwrap();
    assert!(renamed > 2);
    let members = members(&path);
    for (name, text) in &members {
        assert!(!text.contains("Renamed while"), "{name}");
    }
    let record = &members["record.jsonl"];
    let last = record.lines().last().unwrap();
    assert!(
        last.contains("\"record.exported\""),
        "and it ends there: {last}"
    );
}

#[test]
fn what_is_private_about_others_stays() {
    let before = furnished();
    let app = &before.app;
    app.rename_conversation(before.personal, "Something private")
        .unwrap();
    app.rename_conversation(before.about_the_client, "Known to the client")
        .unwrap();
    let whole = |scope, name: &str| {
        let path = before.folder.path().join(name);
        export(app, &path, scope);
        let members = members(&path);
        assert!(
            verify_file(&mut members["record.jsonl"].as_bytes(), None, None)
                .unwrap()
                .holds()
        );
        members.into_values().collect::<String>()
    };
    let of_client = whole(
        Scope::Workspace {
            workspace_id: before.client,
        },
        "workspace.zip",
    );
    for other in ["Something private", "Anna", "A server", "Typed"] {
        assert!(!of_client.contains(other), "{other}");
    }
    for own in ["Known to the client", "Operation Falcon", "12.5"] {
        assert!(of_client.contains(own), "{own}");
    }
    let one = Scope::Conversation {
        conversation_id: before.about_the_client,
    };
    let of_one = whole(one, "conversation.zip");
    assert!(of_one.contains("Known to the client"));
    for other in ["Something private", "Operation Falcon", "personal"] {
        assert!(
            !of_one.contains(other),
            "{other}: of its workspace only the name goes along"
        );
    }
}

#[test]
fn no_key_is_in_it() {
    let before = furnished();
    let app = &before.app;
    let input = AccountInput {
        kind: ProviderKind::OpenAi,
        name: "Paid".into(),
        base_url: String::new(),
        destination: None,
        context_tokens: None,
    };
    let account = app.gate.save_account(None, &input).unwrap();
    let key = "sk-proj-THIS-IS-THE-KEY-0123456789";
    app.gate
        .set_account_key(account.id, Zeroizing::new(key.into()))
        .unwrap();
    let path = before.folder.path().join("all.zip");
    export(app, &path, Scope::Everything);
    let all: String = members(&path).into_values().collect();
    let mut kept = vec![key.to_owned()];
    for file in [
        before.folder.path().join("database.key"),
        before.folder.path().join("keys/record.key"),
    ] {
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.trim();
        assert!(text.len() >= 64, "{} holds a key", file.display());
        kept.extend([text[..64].to_owned(), text[text.len() - 64..].to_owned()]);
    }
    for key in kept {
        assert!(!all.contains(&key));
    }
}

#[test]
fn it_is_written_while_a_fault_of_the_record_stands_and_its_page_says_so() {
    let folder = TempFolder::new();
    let page = |name: &str| {
        let path = folder.path().join(name);
        export(&open(&folder.folder), &path, Scope::Everything);
        members(&path)["report.html"].clone()
    };
    let says = |page: &str| page.contains("found a fault in the record (checkpoint-missing)");
    assert!(!says(&page("before.zip")));
    std::fs::remove_file(folder.path().join("keys/record-checkpoint.key")).unwrap();
    assert!(says(&page("after.zip")));
}

#[test]
fn its_page_is_text_and_nothing_else() {
    let before = furnished();
    let path = before.folder.path().join("all.zip");
    export(&before.app, &path, Scope::Everything);
    let page = &members(&path)["report.html"];
    let body = page.split_once("<body>").unwrap().1;
    for markup in [
        "<script",
        "<b>",
        "<img",
        "http-equiv",
        "<style",
        "javascript:",
    ] {
        assert!(!body.contains(markup), "{markup}");
    }
    assert!(
        page.contains("default-src 'none'"),
        "a reader's browser loads and runs nothing"
    );
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "hostile text is there as text"
    );
    for number in 1..=2 {
        assert!(
            body.contains(&format!("href=\"#c{number}\"")),
            "the list leads to each conversation"
        );
        assert!(body.contains(&format!("id=\"c{number}\"")));
    }
    for said in [
        "One",
        "Two",
        "Another beginning",
        "rated bad",
        "Typed and\nnot sent",
        "cannot be reached",
    ] {
        assert!(body.contains(said), "{said}");
    }
}

#[test]
fn nothing_is_written_over_unless_that_was_said() {
    let before = furnished();
    let path = before.folder.path().join("all.zip");
    std::fs::write(&path, "mine").unwrap();
    let mut to = target(&path);
    let refused = before.app.export_archive(&to, Scope::Everything, &mut on);
    assert!(matches!(refused, Err(ArchiveError::Exists(_))));
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    to.replace = true;
    before
        .app
        .export_archive(&to, Scope::Everything, &mut on)
        .unwrap();
    assert!(check_archive(&path, None, &mut on).unwrap().record.holds);
}

#[test]
fn one_that_is_stopped_leaves_nothing() {
    let before = furnished();
    let exports = before.folder.path().join("exports");
    std::fs::create_dir(&exports).unwrap();
    let mut stop = |share: f64| {
        if share > 0.3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let to = target(&exports.join("all.zip"));
    let stopped = before.app.export_archive(&to, Scope::Everything, &mut stop);
    assert!(matches!(stopped, Err(ArchiveError::Stopped)));
    assert_eq!(
        std::fs::read_dir(&exports).unwrap().count(),
        0,
        "no part of it is left"
    );

    export(&before.app, &to.path, Scope::Everything);
    let folder = TempFolder::new();
    let app = open(&folder.folder);
    let mut late = |share: f64| {
        if share > 0.7 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let stopped = app.import_archive(&to.path, None, &mut late);
    assert!(matches!(stopped, Err(ArchiveError::Stopped)), "{stopped:?}");
    let workspaces = app.store.read(workspaces::all).unwrap();
    assert_eq!(workspaces.len(), 1, "not even a workspace was made");
}

#[test]
fn a_full_disk_leaves_the_old_archive_and_no_part_of_a_new_one() {
    let Some(disk) = SmallDisk::mount(1 << 20) else {
        return;
    };
    let folder = TempFolder::new();
    let app = open(&folder.folder);
    // Words that no compression makes small.
    let noise: String = (0..200_000_u64)
        .map(|nth| format!("{:x}", nth.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect();
    bring_in(&app, &[branched("Long", &noise)]);
    let outside = disk.folder.path();
    let old = outside.join("all.zip");
    std::fs::write(&old, "an old archive").unwrap();
    for passphrase in [None, Some(passphrase())] {
        let to = Target {
            path: old.clone(),
            replace: true,
            passphrase,
        };
        let full = app.export_archive(&to, Scope::Everything, &mut on);
        assert!(matches!(full, Err(ArchiveError::DiskFull)), "{full:?}");
        assert_eq!(std::fs::read(&old).unwrap(), b"an old archive");
        assert_eq!(
            std::fs::read_dir(outside).unwrap().count(),
            1,
            "no part is left"
        );
    }
    assert_eq!(
        actions(&app)[..2],
        ["record.exported", "data.exported"],
        "that it was tried stands in the record"
    );
}

#[test]
fn the_command_line_exports_verifies_and_brings_in() {
    let cli = Shell::new();
    let file = cli.path().join("chats.json");
    let conversations = json!({ "format": "gatehouse-conversations", "version": 1,
                                "conversations": [branched("A case", "Anna")] });
    std::fs::write(&file, conversations.to_string()).unwrap();
    cli.text(&["chats", "import", file.to_str().unwrap()]);
    let at = |name: &str| cli.path().join(name).to_str().unwrap().to_owned();
    let (open, locked) = (at("all.zip"), at("all.zip.age"));
    let saved = cli.json(&["archive", "export", &open]);
    assert_eq!(saved["holds"]["messages"], 6);
    let (code, words) = cli.refused(&["archive", "export", &open]);
    assert_eq!((code, words.contains("already")), (2, true), "{words}");
    cli.text(&[
        "archive",
        "export",
        &open,
        "--overwrite",
        "--workspace",
        "personal",
    ]);
    let (code, _) = cli.refused(&["archive", "export", &at("x.zip"), "--workspace", "Nobody"]);
    assert_eq!(code, 4);
    let (code, words) = cli.fed(
        &["archive", "export", &locked, "--passphrase-stdin"],
        b"too short\n",
    );
    assert_eq!((code, words.contains("at least 12")), (2, true), "{words}");
    let (code, words) = cli.fed(
        &["archive", "export", &at("x.zip"), "--passphrase-stdin"],
        b"",
    );
    assert_eq!((code, words.contains(".age")), (2, true), "{words}");
    let with = format!("{PASSPHRASE}\n");
    let (code, words) = cli.fed(
        &["archive", "export", &locked, "--passphrase-stdin"],
        with.as_bytes(),
    );
    assert_eq!(code, 0, "{words}");

    let other = Shell::new();
    assert_eq!(other.json(&["archive", "verify", &open])["holds"], true);
    let verify = ["archive", "verify", locked.as_str(), "--passphrase-stdin"];
    assert_eq!(other.fed(&verify, with.as_bytes()).0, 0);
    assert_eq!(other.fed(&verify, b"not this one, no").0, 8);
    assert_eq!(
        other.fed(&["archive", "verify", &at("chats.json")], b"").0,
        2
    );
    assert_eq!(
        other.fed(&["archive", "verify", &at("nowhere.zip")], b"").0,
        4
    );
    let (code, words) = other.fed(
        &["archive", "import", &locked, "--passphrase-stdin", "--json"],
        with.as_bytes(),
    );
    assert_eq!(code, 0, "{words}");
    let came: Value = serde_json::from_str(&words).unwrap();
    assert_eq!(
        came["workspaces"],
        json!([{ "name": "Personal", "made": false, "conversations": 1 }])
    );
    assert_eq!(other.json(&["chats", "list"])[0]["title"], "A case");

    let mut bytes = std::fs::read(&open).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&open, bytes).unwrap();
    assert_eq!(
        other.fed(&["archive", "verify", &open], b"").0,
        10,
        "one bit of it was changed"
    );
    assert_ne!(other.fed(&["archive", "import", &open], b"").0, 0);
}
