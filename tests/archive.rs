//! What the product promises of archives: that all of it comes back, that nothing foreign comes in, and
//! that what is written for analysis says nothing of who it was.

mod anonymous;
mod cut;
mod hostile;
mod trees;
mod whole;
mod written;

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Read},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use gatehouse_core::{
    accounts::{self, Account, AccountInput, ProviderKind},
    aliases::{self, Alias, Elsewhere, Link},
    app::App,
    chat::{self, Conversation, ExportFormat, Options},
    costs::budgets::{self, BudgetInput, Period},
    ids::{AliasId, ConversationId, OwnRuleId, WorkspaceId},
    now_ms,
    policy::{
        self, Action as Decision, Policy,
        own_rules::{self, OwnRule, RuleClass, RuleForm},
    },
    privacy::archive::{
        ArchiveError, ImportedArchive, Passphrase, SavedArchive, Scope, Target, check_archive,
    },
    protocol::Sampling,
    record::{Filter, verify_file},
    settings,
    store::{DataFolder, StoreError},
    workspaces,
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::{
    command_line::Shell,
    support::{
        app::around,
        disk::SmallDisk,
        folder::{TempFolder, key_in},
    },
};

const PASSPHRASE: &str = "correct horse battery";

/// A Gatehouse without a model: these tests ask none.
fn open(folder: &DataFolder) -> App {
    key_in(folder);
    App::open(folder, around(PathBuf::new())).unwrap()
}

fn passphrase() -> Passphrase {
    Passphrase::chosen(Zeroizing::new(PASSPHRASE.to_owned())).unwrap()
}

fn target(path: &Path) -> Target {
    Target {
        path: path.to_path_buf(),
        replace: false,
        passphrase: None,
    }
}

fn on(_: f64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn export(app: &App, path: &Path, scope: Scope) -> SavedArchive {
    app.export_archive(&target(path), scope, &mut on).unwrap()
}

fn import(app: &App, path: &Path) -> Result<ImportedArchive, ArchiveError> {
    app.import_archive(path, None, &mut on)
}

/// Every file of an open archive.
fn members(path: &Path) -> BTreeMap<String, String> {
    let mut zip = zip::ZipArchive::new(BufReader::new(File::open(path).unwrap())).unwrap();
    let names: Vec<String> = zip
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    names
        .into_iter()
        .map(|name| {
            let mut text = String::new();
            zip.by_name(&name)
                .unwrap()
                .read_to_string(&mut text)
                .unwrap();
            (name, text)
        })
        .collect()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What happened, newest first.
fn actions(app: &App) -> Vec<String> {
    let filter = Filter {
        limit: 100,
        ..Filter::default()
    };
    let rows = app.record.list(&filter).unwrap();
    rows.into_iter().map(|row| row.action).collect()
}

/// A conversation with two branches, a rating, a stopped answer and one that failed.
fn branched(title: &str, words: &str) -> Value {
    let at = 1_795_000_000_000_i64;
    json!({
        "title": title, "createdAtMs": at, "updatedAtMs": at + 9, "systemPrompt": format!("Be kind to {words:.9000}."),
        "sampling": { "temperature": 0.25, "stop": ["END"], "seed": 7 }, "leaf": 3,
        "messages": [
            { "parent": null, "role": "user", "text": format!("Hello, {words}"), "createdAtMs": at },
            { "parent": 0, "role": "assistant", "text": "One", "createdAtMs": at + 1, "rating": "good", "model": "m" },
            { "parent": 0, "role": "assistant", "text": "Two", "createdAtMs": at + 2, "rating": "bad", "state": "stopped" },
            { "parent": 2, "role": "user", "text": "And?\n\n```\n<b>\u{202e}</b>\n```", "createdAtMs": at + 3 },
            { "parent": null, "role": "user", "text": "Another beginning", "createdAtMs": at + 4 },
            { "parent": 4, "role": "assistant", "text": "", "createdAtMs": at + 5, "state": "failed",
              "error": { "code": "offline", "message": "The server cannot be reached.", "hint": null } }
        ]
    })
}

fn bring_in(app: &App, conversations: &[Value]) -> Vec<ConversationId> {
    let file = json!({ "format": "gatehouse-conversations", "version": 1, "conversations": conversations });
    app.import_conversations(&file.to_string()).unwrap()
}

/// Work in another workspace from now on.
fn enter(app: &App, name: &str) -> WorkspaceId {
    let id = WorkspaceId::new();
    app.save_workspace(id, name).unwrap();
    let mut settings = app.store.read(settings::get).unwrap();
    settings.workspace_id = Some(id);
    app.set_settings(&settings).unwrap();
    id
}

fn account(app: &App) -> Account {
    let input = AccountInput {
        kind: ProviderKind::Ollama,
        name: "A server".into(),
        base_url: "http://127.0.0.1:1".into(),
        destination: None,
        context_tokens: None,
    };
    app.gate.save_account(None, &input).unwrap()
}

fn get(app: &App, id: ConversationId) -> Conversation {
    app.store.read(|conn| chat::get(conn, id)).unwrap()
}

/// All that a file says of a conversation but what it is called.
fn content(app: &App, id: ConversationId) -> Value {
    let text = app
        .export_conversation(id, ExportFormat::Json)
        .unwrap()
        .text;
    let mut file: Value = serde_json::from_str(&text).unwrap();
    file["conversations"][0].take()
}

/// A Gatehouse in which everything is set that an archive has.
struct Furnished {
    folder: TempFolder,
    app: App,
    personal: ConversationId,
    client: WorkspaceId,
    about_the_client: ConversationId,
}

fn furnished() -> Furnished {
    let folder = TempFolder::new();
    let app = open(&folder.folder);
    let personal = bring_in(&app, &[branched("At home", "Anna")])[0];
    let client = enter(&app, "Müller & <Söhne>");
    let about_the_client = bring_in(
        &app,
        &[branched("A case \"<script>alert(1)</script>\"", "Bernd")],
    )[0];
    let alias = Alias {
        id: AliasId::new(),
        name: "cheap".into(),
        chain: vec![
            Link::Account {
                account_id: account(&app).id,
                model: "small".into(),
            },
            Link::Local { model_id: None },
        ],
    };
    app.save_alias(&alias).unwrap();
    let mut options = Options {
        system_prompt: "Be brief.".into(),
        sampling: Sampling {
            temperature: 0.25,
            ..Sampling::default()
        },
        model_id: None,
        elsewhere: Some(Elsewhere::Alias { alias_id: alias.id }),
    };
    app.set_conversation_options(about_the_client, &options)
        .unwrap();
    options.elsewhere = Some(Elsewhere::Account {
        account_id: app
            .store
            .read(|conn| accounts::find(conn, "A server"))
            .unwrap()
            .id,
        model: "large".into(),
    });
    app.set_conversation_options(personal, &options).unwrap();
    let draft = "Typed and\nnot sent";
    app.store
        .write(|tx| Ok::<_, StoreError>(chat::save_draft(tx, Some(personal), draft)?))
        .unwrap();
    app.save_preset("Brief", "Be brief.", &Sampling::default())
        .unwrap();
    let mut policy = Policy::default();
    policy.personal.cloud = Decision::Block;
    policy.countries = vec!["DE".into()];
    app.set_policy(&policy).unwrap();
    app.save_own_rule(&rule()).unwrap();
    for everywhere in [true, false] {
        app.set_budget(&BudgetInput {
            everywhere,
            period: Period::Month,
            limit: "12.5".into(),
            warn_percent: 70,
            stops: true,
        })
        .unwrap();
    }
    Furnished {
        folder,
        app,
        personal,
        client,
        about_the_client,
    }
}

fn rule() -> OwnRule {
    OwnRule {
        id: OwnRuleId::new(),
        name: "Case".into(),
        class: RuleClass::Special,
        form: RuleForm::Words,
        content: "Operation Falcon".into(),
        is_on: true,
    }
}

fn comes_back_whole(passphrase: Option<Passphrase>) {
    let before = furnished();
    let path = before.folder.path().join("all.zip.age");
    let to = Target {
        path: path.clone(),
        replace: false,
        passphrase,
    };
    let saved = before
        .app
        .export_archive(&to, Scope::Everything, &mut on)
        .unwrap();
    assert_eq!((saved.holds.conversations, saved.holds.messages), (2, 12));

    let folder = TempFolder::new();
    let app = open(&folder.folder);
    account(&app);
    let came = app
        .import_archive(&path, to.passphrase.as_ref(), &mut on)
        .unwrap();
    assert_eq!(
        came.left_out,
        Vec::<String>::new(),
        "the account is here, and nothing is in the way"
    );
    assert!(came.record.holds, "{:?}", came.record);
    assert_eq!(actions(&app)[0], "data.imported");
    let made: Vec<_> = came
        .workspaces
        .iter()
        .map(|w| (w.name.as_str(), w.made))
        .collect();
    assert_eq!(made, [("Personal", false), ("Müller & <Söhne>", true)]);

    for (old, new) in [before.personal, before.about_the_client]
        .into_iter()
        .zip(&came.conversations)
    {
        assert_ne!(old, *new, "it is another conversation");
        assert_eq!(content(&before.app, old), content(&app, *new));
        let (old, new) = (get(&before.app, old), get(&app, *new));
        assert_eq!((&old.draft, &old.sampling), (&new.draft, &new.sampling));
        assert_eq!(old.updated_at_ms, new.updated_at_ms);
        assert_eq!(answered_by(&before.app, &old), answered_by(&app, &new));
        assert!(answered_by(&app, &new).is_some());
    }
    app.store
        .read(|conn| {
            let all = workspaces::all(conn).unwrap();
            let client = all
                .iter()
                .find(|w| w.name == "Müller & <Söhne>")
                .unwrap()
                .id;
            let before_in = |work: &dyn Fn(&rusqlite::Connection) -> Value| {
                before
                    .app
                    .store
                    .read(|conn| Ok::<_, StoreError>(work(conn)))
                    .unwrap()
            };
            assert_eq!(get(&app, came.conversations[1]).workspace_id, client);
            let policy = before_in(&|conn| json!(policy::get(conn, before.client).unwrap()));
            assert_eq!(json!(policy::get(conn, client).unwrap()), policy);
            let rules = own_rules::all(conn, client).unwrap();
            assert_eq!(
                (rules.len(), rules[0].content.as_str()),
                (1, "Operation Falcon")
            );
            let standings =
                budgets::standings(conn, client, now_ms(), &jiff::tz::TimeZone::UTC).unwrap();
            let limits: Vec<_> = standings.iter().map(|s| s.budget.limit.decimal()).collect();
            assert_eq!(limits, ["12.5", "12.5"]);
            assert_eq!(chat::presets(conn).unwrap()[0].name, "Brief");
            let alias = aliases::named(conn, "cheap").unwrap().unwrap();
            assert_eq!(alias.chain.len(), 2);
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let mut go_on = |_: i64| ControlFlow::Continue(());
    assert!(app.record.verify(&mut go_on).unwrap().holds());
}

/// By which account or chain, by name.
fn answered_by(app: &App, conversation: &Conversation) -> Option<(String, String)> {
    let chosen = conversation.elsewhere.clone()?;
    let named = app.store.read(|conn| {
        Ok::<_, StoreError>(match chosen {
            Elsewhere::Account { account_id, model } => {
                (accounts::get(conn, account_id).unwrap().name, model)
            }
            Elsewhere::Alias { alias_id } => {
                (aliases::get(conn, alias_id).unwrap().name, String::new())
            }
        })
    });
    named.ok()
}

#[test]
fn all_of_it_comes_back_on_another_computer() {
    comes_back_whole(None);
}

#[test]
fn all_of_it_comes_back_with_its_passphrase_and_with_no_other() {
    comes_back_whole(Some(passphrase()));
    let folder = TempFolder::new();
    let app = open(&folder.folder);
    bring_in(&app, &[branched("At home", "Anna")]);
    let to = Target {
        path: folder.path().join("all.zip.age"),
        replace: false,
        passphrase: Some(passphrase()),
    };
    app.export_archive(&to, Scope::Everything, &mut on).unwrap();
    let bytes = std::fs::read(&to.path).unwrap();
    assert!(
        bytes.starts_with(b"age-encryption.org/v1\n"),
        "any program that knows age opens it"
    );
    let before = actions(&app).len();
    let with = |passphrase: Option<Passphrase>| {
        app.import_archive(&to.path, passphrase.as_ref(), &mut on)
            .unwrap_err()
    };
    assert!(matches!(with(None), ArchiveError::PassphraseNeeded));
    let other = Passphrase::new(Zeroizing::new("another one, as long".into()));
    assert!(matches!(with(Some(other)), ArchiveError::PassphraseWrong));
    assert_eq!(actions(&app).len(), before, "nothing came in");
    let short = Passphrase::chosen(Zeroizing::new("  11 letters  ".into()));
    assert!(matches!(short, Err(ArchiveError::PassphraseShort)));
}

#[test]
fn what_is_here_is_neither_replaced_nor_loosened() {
    let before = furnished();
    let path = before.folder.path().join("client.zip");
    let client = Scope::Workspace {
        workspace_id: before.client,
    };
    export(&before.app, &path, client);

    let folder = TempFolder::new();
    let app = open(&folder.folder);
    let id = enter(&app, "müller & <söhne>");
    let mut strict = Policy::default();
    strict.special.cloud = Decision::Block;
    app.set_policy(&strict).unwrap();
    let came = import(&app, &path).unwrap();
    assert!(!came.workspaces[0].made, "it is joined by its name");
    assert_eq!(came.workspaces[0].conversations, 1);
    let policy = app.store.read(|conn| policy::get(conn, id)).unwrap();
    assert_eq!(policy.special.cloud, Decision::Block, "as it was here");
    assert_eq!(
        policy.personal.cloud,
        Decision::Block,
        "as the archive has it"
    );
    assert_eq!(
        policy.countries,
        Vec::<String>::new(),
        "all countries are still looked for"
    );
    assert_eq!(came.left_out.len(), 2, "both are said: {:?}", came.left_out);
    assert!(
        came.left_out[1].contains("not on this computer"),
        "its account is not here"
    );

    let again = import(&app, &path).unwrap();
    assert_eq!(again.left_out.len(), 1, "the policy is as strict already");
    let rules = app.store.read(|conn| own_rules::all(conn, id)).unwrap();
    assert_eq!(rules.len(), 1, "the same rule does not come twice");
    assert_eq!(
        content(&app, came.conversations[0]),
        content(&app, again.conversations[0]),
        "and each conversation is a new one"
    );
}
