//! What of a person lies outside of chats is in the preview, and a hold on its workspace keeps it.

use std::{collections::BTreeSet, ops::ControlFlow, path::PathBuf};

use rusqlite::params;
use serde_json::json;

use crate::{
    app::{App, Surroundings},
    ids::{OwnRuleId, WorkspaceId},
    policy::own_rules::{OwnRule, RuleClass, RuleForm},
    privacy::{EraseError, Erasure, ErasurePreview, Extent, PlaceKind, retention::Held},
    record::{Action, Actor, Event, Subject},
    sealed::{self, SealedError},
    secrets::{self, KeyHome},
    store::DataFolder,
    workspaces::{self, Workspace},
};

const MAIL: &str = "anna.weiss@example.org";

fn app() -> (tempfile::TempDir, App, Workspace) {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::resolve(Some(dir.path())).unwrap();
    secrets::database_key(&folder, KeyHome::File).unwrap();
    let around = Surroundings {
        actor: Actor::CommandLine,
        engine_program: PathBuf::new(),
        resources: None,
        on_engine_change: Box::new(|| ()),
    };
    let app = App::open(&folder, around).unwrap();
    let workspace = app.store.read(workspaces::all).unwrap().remove(0);
    (dir, app, workspace)
}

fn person() -> Erasure {
    Erasure::Person {
        identifiers: vec![MAIL.into()],
        extent: Extent::Words,
    }
}

/// A request of a client of the local API leaves with them.
fn leaves(app: &App, workspace: WorkspaceId) {
    let kept = app.store.write(|tx| {
        let call = tx
            .prepare(
                "INSERT INTO calls (started_at_ms, workspace_id, purpose, provider, model, version, route, status)
                 VALUES (1, ?1, 'api', 'openai', 'm', 'm', 'masked', 'answered')",
            )?
            .insert(params![workspace])?;
        let body = format!("{{\"to\":\"{MAIL}\",\"and\":\"{MAIL}\"}}");
        sealed::keep_sent_of_client(tx, call, workspace, &sealed::Packed::of(body.as_bytes()))?;
        Ok::<_, SealedError>(())
    });
    kept.unwrap();
}

#[test]
fn what_servers_said_of_a_request_of_a_client_goes_with_it() {
    let (_dir, app, workspace) = app();
    leaves(&app, workspace.id);
    let said = json!([{ "model": "m", "reason": "cannot process: your test was positive" }]);
    let entry = app.store.write(|tx| {
        let number: i64 = tx.query_row("SELECT number FROM calls", [], |row| row.get(0))?;
        tx.execute("UPDATE calls SET moves = ?1", [said.to_string()])?;
        let event = Event::new(Action::CallBegan)
            .fact("call", number)
            .about(Subject::Workspace(workspace.id))
            .payload(json!({ "moves": said }));
        app.record.append(tx, event, 1)
    });
    entry.unwrap();
    let left = || {
        let sql = "SELECT (SELECT count(*) FROM calls WHERE moves <> '[]'),
                          (SELECT count(*) FROM audit_entries WHERE action = 'call.began' AND sealed IS NOT NULL)";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
        app.store
            .read(|conn| conn.query_row(sql, [], read))
            .unwrap()
    };
    assert_eq!(left(), (1, 1));
    app.erase(&person(), None, &mut |_| ()).unwrap();
    assert_eq!(left(), (0, 0));
    let verdict = app.record.verify(&mut |_| ControlFlow::Continue(()));
    assert_eq!(verdict.unwrap().fault, None);
}

fn rule(id: OwnRuleId, content: &str) -> OwnRule {
    OwnRule {
        id,
        name: "Clients".into(),
        class: RuleClass::Personal,
        form: RuleForm::Words,
        content: content.into(),
        is_on: true,
    }
}

/// They stand in a rule of the workspace.
fn is_in_a_rule(app: &App, _: WorkspaceId) {
    app.save_own_rule(&rule(OwnRuleId::new(), MAIL)).unwrap();
}

/// They stand in what the record has in private of a rule that no longer names them.
fn was_in_a_rule(app: &App, _: WorkspaceId) {
    let id = OwnRuleId::new();
    app.save_own_rule(&rule(id, MAIL)).unwrap();
    app.save_own_rule(&rule(id, "Somebody else")).unwrap();
}

/// The workspace has their name.
fn names_a_workspace(app: &App, workspace: WorkspaceId) {
    app.save_workspace(workspace, MAIL).unwrap();
}

fn goes(preview: &ErasurePreview, what: &str) -> u32 {
    let goes = preview.goes.iter().find(|goes| goes.what.starts_with(what));
    goes.map_or(0, |goes| goes.count)
}

#[test]
fn the_preview_has_what_is_destroyed_outside_of_chats() {
    let (_dir, app, workspace) = app();
    leaves(&app, workspace.id);
    app.save_preset("Letters", &format!("Sign for {MAIL}"), &Default::default())
        .unwrap();
    app.save_preset("Letters", "Be kind.", &Default::default())
        .unwrap();
    let found = app.find_person(&[MAIL.into()]).unwrap();
    let kinds: BTreeSet<_> = found.places.iter().map(|place| place.kind).collect();
    assert_eq!(kinds, BTreeSet::from([PlaceKind::Sent, PlaceKind::Record]));
    let preview = app.preview_erasure(&person()).unwrap();
    assert_eq!(
        goes(&preview, "requests that left for clients"),
        1,
        "{preview:?}"
    );
    assert!(goes(&preview, "private parts of the record") > 0);
    let erased = app.erase(&person(), None, &mut |_| ()).unwrap();
    assert_eq!(
        erased.words,
        goes(&preview, "requests that left for clients")
            + goes(&preview, "private parts of the record")
    );
    assert_eq!(app.find_person(&[MAIL.into()]).unwrap().total, 0);
}

#[test]
fn a_hold_on_a_workspace_keeps_what_is_in_it_outside_of_chats() {
    for stands in [leaves, is_in_a_rule, was_in_a_rule, names_a_workspace] {
        let (_dir, app, workspace) = app();
        stands(&app, workspace.id);
        let before = app.find_person(&[MAIL.into()]).unwrap().total;
        let elsewhere = WorkspaceId::new();
        app.save_workspace(elsewhere, "Another matter").unwrap();
        let [held, other] =
            [workspace.id, elsewhere].map(|workspace_id| Held::Workspace { workspace_id });
        app.hold(held, "A lawsuit").unwrap();
        app.hold(other, "Another lawsuit").unwrap();
        let name = app
            .store
            .read(|conn| workspaces::name(conn, workspace.id))
            .unwrap();
        assert_eq!(app.preview_erasure(&person()).unwrap().held, [name]);
        let refused = app.erase(&person(), None, &mut |_| ());
        assert!(matches!(refused, Err(EraseError::Held(_))), "{refused:?}");
        assert_eq!(app.find_person(&[MAIL.into()]).unwrap().total, before);
        app.lift_hold(held).unwrap();
        assert!(app.preview_erasure(&person()).unwrap().held.is_empty());
        app.erase(&person(), None, &mut |_| ()).unwrap();
        assert_eq!(app.find_person(&[MAIL.into()]).unwrap().total, 0);
    }
}
