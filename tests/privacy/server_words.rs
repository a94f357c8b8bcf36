//! What a server said when it did not answer may repeat what it was sent: it goes with that.

use gatehouse_core::{
    aliases::{Alias, Elsewhere, Link},
    app::App,
    chat::Options,
    ids::{AliasId, ConversationId, WorkspaceId},
    now_ms,
    privacy::{
        Erasure, Extent,
        retention::{RetentionAction, RetentionRule},
    },
};
use rusqlite::params;
use serde_json::json;

use super::{NAME, erase, holds, person, written};
use crate::{
    gate,
    support::{
        app::{self, here, without_model},
        folder::TempFolder,
        provider::{Provider, Reply},
        raw,
    },
};

const SAID: &str = "the stegosaurus of Brontosaurus Holdings sleeps under a heavy blanket";

/// A conversation in which one server refused with the words that it was sent, and another one answered.
fn moved_on(app: &App) -> ConversationId {
    let refusing = Provider::start(|request| {
        let words = format!("cannot process '{}'", request.last_message());
        Reply::RefuseWith(500, "", json!({ "message": words }))
    });
    let answering = Provider::start(|_| Reply::Pieces(vec!["Yes.".into()], 10, 1));
    let links = [("First", &refusing), ("Second", &answering)].map(|(name, provider)| {
        let account_id = gate::account(app, name, &provider.address).id;
        let model = "m".into();
        Link::Account { account_id, model }
    });
    let alias = Alias {
        id: AliasId::new(),
        name: "One after the other".into(),
        chain: links.into(),
    };
    app.save_alias(&alias).unwrap();
    let options = Options {
        elsewhere: Some(Elsewhere::Alias { alias_id: alias.id }),
        sampling: app::steady(4),
        ..Options::default()
    };
    let id = app.gate.new_conversation(&options).unwrap().id;
    app::say(app, id, SAID);
    let moves = moves(app);
    assert!(moves.contains(SAID), "the server said it again: {moves}");
    id
}

/// Why models did not answer, of all calls.
fn moves(app: &App) -> String {
    let read = |conn: &rusqlite::Connection| {
        let sql = "SELECT coalesce(group_concat(moves), '') FROM calls WHERE moves <> '[]'";
        conn.query_row(sql, [], |row| row.get(0))
    };
    app.store.read(read).unwrap()
}

fn assert_gone(folder: &TempFolder, app: &App, words: &str) {
    assert_eq!(moves(app), "");
    let left = raw::with_any(&folder.folder, &[words]);
    assert!(left.is_empty(), "{left:?}");
    holds(app);
}

#[test]
fn it_goes_with_a_conversation() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder);
    let id = moved_on(&app);
    let erased = erase(&app, &Erasure::Conversation { id });
    assert_eq!(erased.check.found, []);
    assert_gone(&folder, &app, SAID);
}

#[test]
fn it_goes_with_a_workspace() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder);
    let id = WorkspaceId::new();
    app.save_workspace(id, "Another client").unwrap();
    let mut settings = app.store.read(gatehouse_core::settings::get).unwrap();
    settings.workspace_id = Some(id);
    app.set_settings(&settings).unwrap();
    moved_on(&app);
    let erased = erase(&app, &Erasure::Workspace { id });
    assert_eq!(erased.check.found, []);
    assert_gone(&folder, &app, SAID);
}

#[test]
fn it_goes_when_a_conversation_is_made_anonymous() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder);
    let id = moved_on(&app);
    let long_ago = now_ms() - 10 * 86_400_000;
    let age = "UPDATE conversations SET updated_at_ms = ?2 WHERE id = ?1";
    app.store
        .write(|tx| tx.execute(age, params![id, long_ago]))
        .unwrap();
    let rule = RetentionRule {
        days: 1,
        action: RetentionAction::Anonymise,
    };
    app.set_retention(here(&app), Some(rule)).unwrap();
    assert_eq!(app.run_retention().unwrap().runs[0].done, 1);
    assert_eq!(moves(&app), "");
    holds(&app);
}

#[test]
fn it_goes_with_whole_messages_also_where_it_does_not_name_the_person() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder);
    let id = written(
        &app,
        &format!("Dear {NAME}, your test was positive."),
        "Sent.",
    );
    let words = "cannot process: your test was positive";
    let moves = json!([{ "model": "m", "reason": words, "call": null }]).to_string();
    let problem = json!({ "code": "failed", "message": words, "hint": null }).to_string();
    app.store
        .write(|tx| {
            tx.execute(
                "INSERT INTO calls (started_at_ms, workspace_id, conversation_id, purpose, provider, model,
                                    version, route, status, moves)
                 SELECT 1, workspace_id, id, 'chat', 'openai', 'm', 'm', 'masked', 'answered', ?2
                 FROM conversations WHERE id = ?1",
                params![id, moves],
            )?;
            tx.execute(
                "UPDATE messages SET problem = ?2 WHERE conversation_id = ?1 AND role = 'assistant'",
                params![id, problem],
            )
        })
        .unwrap();
    erase(&app, &person(Extent::Messages));
    assert_gone(&folder, &app, "test was positive");
}
