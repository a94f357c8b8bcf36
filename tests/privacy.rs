//! What the product promises to the people whose data it keeps: that they are found wherever they stand,
//! that they can be erased so that no byte is left, and that both can be shown.

mod cut_off;
mod erasing;
mod refusing;
mod searching;
mod server_words;

use std::{ops::ControlFlow, path::PathBuf};

use gatehouse_core::{
    aliases::{Alias, Link},
    app::App,
    chat::{self, Options},
    gate::{Ask, Review},
    ids::{AliasId, ConversationId, OwnRuleId, WorkspaceId},
    now_ms,
    policy::own_rules,
    privacy::{
        EraseError, Erased, Erasure, Extent, FileForm, NewRequest, PlaceKind, RequestKind,
        RequestState,
    },
    record::{Certificate, Filter},
    store::DataFolder,
};
use serde_json::Value;

use crate::{
    command_line::Shell,
    gate,
    support::{
        app::{self, around},
        folder::{TempFolder, key_in},
        provider::Provider,
    },
};

const NAME: &str = "Xaver Zwyrtovský";
const MAIL: &str = "x.zwyrtovsky@example.org";
const PHONE: &str = "+420 601 234 567";
/// Of a person who stays.
const OTHER: &str = "Quintessa Ovadia";

fn identifiers() -> Vec<String> {
    [NAME, MAIL, PHONE].map(String::from).to_vec()
}

/// What of the person must be nowhere: whole, and as search terms.
const TRACES: &[&str] = &[
    "zwyrtovsk",
    "x.zwyrtovsky@example.org",
    "601 234 567",
    "601234567",
];

fn holds(app: &App) {
    let verdict = app.record.verify(&mut |_| ControlFlow::Continue(()));
    assert_eq!(verdict.unwrap().fault, None);
}

fn erase(app: &App, erasure: &Erasure) -> Erased {
    app.erase(erasure, None, &mut |_| ()).unwrap()
}

fn person(extent: Extent) -> Erasure {
    Erasure::Person {
        identifiers: identifiers(),
        extent,
    }
}

/// A question and an answer without a model.
fn written(app: &App, question: &str, answer: &str) -> ConversationId {
    let id = app.gate.new_conversation(&Options::default()).unwrap().id;
    let file = serde_json::json!({
        "format": "gatehouse-conversations", "version": 1,
        "conversations": [{
            "title": null, "createdAtMs": now_ms(), "updatedAtMs": now_ms(), "systemPrompt": "",
            "sampling": {}, "leaf": 1,
            "messages": [
                {"parent": null, "role": "user", "text": question, "createdAtMs": now_ms()},
                {"parent": 0, "role": "assistant", "text": answer, "createdAtMs": now_ms()},
            ],
        }],
    });
    // The empty one only showed that there is a workspace.
    app.delete_conversation(id).unwrap();
    app.import_conversations(&file.to_string()).unwrap()[0]
}

/// A Gatehouse in which the person stands in every place that there is, and another one beside them.
fn full(app: &App, provider: &Provider) -> (ConversationId, ConversationId) {
    let account = gate::account(app, "Test", &provider.address);
    let options = Options {
        system_prompt: format!("You write for {NAME}."),
        ..gate::elsewhere(&account)
    };
    let masked = app.gate.new_conversation(&options).unwrap().id;
    let letter = format!("Dear {NAME}, we reach you at {MAIL} or {PHONE}. {OTHER} says hello.");
    let mut sink = |_| ();
    let may_leave = Review::MayLeave(vec![account.id]);
    app.gate
        .answer_reviewed(Ask::Say(masked, &letter), None, may_leave, &mut sink)
        .unwrap();
    app.rename_conversation(masked, &format!("Letter to {NAME}"))
        .unwrap();
    let plain = written(
        app,
        &format!("Who is Zwyrtovský, Xaver? And who is {OTHER}?"),
        &format!(
            "XAVER ZWYRTOVSKY lives in Prague, telephone 601 234 567. {}",
            "x".repeat(9_000)
        ),
    );
    app.store
        .write(|tx| {
            chat::save_draft(tx, Some(plain), &format!("Ask {MAIL}"))?;
            chat::save_draft(tx, None, &format!("New: call {PHONE}"))
        })
        .unwrap();
    app.save_preset(NAME, "Be kind.", &app::steady(4)).unwrap();
    app.save_preset("Letters", &format!("Sign for {NAME}"), &app::steady(4))
        .unwrap();
    let rule = own_rules::OwnRule {
        id: OwnRuleId::new(),
        name: "Clients".into(),
        class: own_rules::RuleClass::Personal,
        form: own_rules::RuleForm::Words,
        content: format!("{NAME}\n{OTHER}"),
        is_on: true,
    };
    app.save_own_rule(&rule).unwrap();
    let chain = vec![Link::Account {
        account_id: account.id,
        model: "m".into(),
    }];
    app.save_alias(&Alias {
        id: AliasId::new(),
        name: format!("For {NAME}"),
        chain,
    })
    .unwrap();
    app.save_workspace(WorkspaceId::new(), &format!("Matter {NAME}"))
        .unwrap();
    app.make_snapshot().unwrap();
    (masked, plain)
}

#[test]
fn a_person_is_found_wherever_they_stand_and_the_search_does_not_say_whom() {
    let provider = Provider::echo();
    let (_folder, app) = app::new();
    let (masked, _) = full(&app, &provider);
    let found = app.find_person(&identifiers()).unwrap();
    let has = |kind: PlaceKind| found.places.iter().any(|place| place.kind == kind);
    for kind in [
        PlaceKind::Message,
        PlaceKind::Title,
        PlaceKind::SystemPrompt,
        PlaceKind::Draft,
        PlaceKind::Preset,
        PlaceKind::OwnRule,
        PlaceKind::Placeholder,
        PlaceKind::Record,
        PlaceKind::Workspace,
        PlaceKind::Alias,
    ] {
        assert!(has(kind), "{kind:?} of {:?}", found.places);
    }
    assert!(found.identifiers.iter().all(|found| found.count > 0));
    assert_eq!(found.total as usize, found.places.len());
    let of_letter = found
        .places
        .iter()
        .find(|place| place.kind == PlaceKind::Message && place.conversation_id == Some(masked));
    let context = &of_letter.unwrap().context;
    assert!(context.iter().any(|part| part.hit && part.text == NAME));
    let searched = app.record.list(&Filter {
        action: Some("subject.searched".into()),
        limit: 5,
        ..Filter::default()
    });
    let facts = &searched.unwrap()[0].facts;
    assert!(
        facts.iter().all(|fact| !fact.value.contains("wyrtov")),
        "{facts:?}"
    );
    let nobody = app.find_person(&["Nobody Atall".into()]).unwrap();
    assert_eq!(nobody.total, 0);
}

#[test]
fn what_is_kept_about_a_person_is_given_to_them_as_a_page_and_as_data() {
    let folder = TempFolder::new();
    key_in(&folder.folder);
    let app = App::open(&folder.folder, around(PathBuf::new())).unwrap();
    written(&app, &format!("{NAME} <script>alert(1)</script>"), "No.");
    app.make_snapshot().unwrap();
    let json = app.export_person(&identifiers(), FileForm::Json).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["format"], "gatehouse-person");
    assert_eq!(json["found"]["total"], 1);
    assert_eq!(json["found"]["snapshots"], 1);
    let html = app.export_person(&identifiers(), FileForm::Html).unwrap();
    assert!(html.contains("<mark>Xaver Zwyrtovský</mark>"), "{html}");
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script"));
    assert!(html.contains("in 1 copy of the database"), "{html}");
}

#[test]
fn a_certificate_says_what_was_erased_and_anyone_can_check_its_signature() {
    let folder = TempFolder::new();
    key_in(&folder.folder);
    let app = App::open(&folder.folder, around(PathBuf::new())).unwrap();
    written(&app, &format!("Who is {NAME}?"), "Nobody.");
    let request = app
        .open_request(&NewRequest {
            kind: RequestKind::Erasure,
            identifiers: identifiers(),
            note: format!("{NAME} wrote a letter"),
            received_at_ms: now_ms(),
        })
        .unwrap();
    assert_eq!(request.state, RequestState::Open);
    assert!(request.due_at_ms > request.received_at_ms);
    let erased = app
        .erase(&person(Extent::Words), Some(request.number), &mut |_| ())
        .unwrap();
    assert_eq!(erased.check.found, [], "the request has forgotten, too");
    assert_eq!(erased.remains, [], "and is not said to keep them");
    let closed = &app.requests().unwrap()[0];
    assert_eq!(
        (closed.state, closed.identifiers.len()),
        (RequestState::Done, 0)
    );
    assert_eq!(closed.note, "", "it may say who it was");
    let json = app
        .erasure_certificate(erased.certificate, FileForm::Json)
        .unwrap();
    let certificate = Certificate::read(&json).unwrap();
    let stated: Value = serde_json::from_str(certificate.statement()).unwrap();
    assert_eq!(
        (&stated["erased"], &stated["messages"]),
        (&"person".into(), &1.into())
    );
    assert_eq!(
        certificate.public_key(),
        app.record.status().unwrap().public_key
    );
    let entry = app.record.details(erased.certificate).unwrap().unwrap();
    assert_eq!(stated["entryHash"], entry.hash.as_str());
    assert!(Certificate::read(&json.replace("\\\"messages\\\":1", "\\\"messages\\\":0")).is_err());
    let page = app
        .erasure_certificate(erased.certificate, FileForm::Html)
        .unwrap();
    assert!(page.contains(&entry.hash) && !page.contains("wyrtov"));
    assert!(matches!(
        app.erasure_certificate(1, FileForm::Json),
        Err(EraseError::NoErasure(1))
    ));
}

#[test]
fn the_command_line_finds_exports_and_erases_a_person_and_shows_what_would_go_first() {
    let shell = Shell::new();
    let folder = DataFolder::resolve(Some(shell.path())).unwrap();
    key_in(&folder);
    let app = App::open(&folder, around(PathBuf::new())).unwrap();
    written(&app, &format!("Who is {NAME}?"), "Nobody.");
    drop(app);
    let found = shell.json(&["subject", "find", NAME, PHONE]);
    assert_eq!(found["total"], 1);
    assert!(shell.text(&["subject", "find", NAME]).contains("message"));
    let file = |name: &str| shell.path().join(name).display().to_string();
    let (page, certificate) = (file("person.html"), file("certificate.json"));
    shell.text(&["subject", "export", &page, NAME]);
    let exported = std::fs::read_to_string(&page).unwrap();
    assert!(
        exported.contains(&format!("<mark>{NAME}</mark>")),
        "{exported}"
    );
    std::fs::remove_file(&page).unwrap();
    let preview = shell.text(&["subject", "erase", NAME]);
    assert!(
        preview.contains("messages from which the words are taken: 1") && preview.contains("--yes")
    );
    assert_eq!(
        shell.json(&["subject", "find", NAME])["total"],
        1,
        "nothing was erased yet"
    );
    let (code, words) = shell.fed(
        &[
            "subject",
            "erase",
            "-",
            "--yes",
            "--certificate",
            &certificate,
        ],
        format!("{NAME}\n{MAIL}\n").as_bytes(),
    );
    assert_eq!(code, 0, "{words}");
    assert!(words.contains("found in 0 places"), "{words}");
    assert_eq!(shell.json(&["subject", "find", NAME])["total"], 0);
    let stated = shell.json(&["subject", "verify", &certificate]);
    assert_eq!(stated["erased"], "person");
    let changed = std::fs::read_to_string(&certificate)
        .unwrap()
        .replace("person", "nobody");
    std::fs::write(&certificate, changed).unwrap();
    assert_eq!(shell.refused(&["subject", "verify", &certificate]).0, 10);
    assert_eq!(shell.refused(&["subject", "find", "."]).0, 2);
    let (code, words) = shell.refused(&["subject", "erase", "--workspace", "No such"]);
    assert_eq!(code, 4, "{words}");
}
