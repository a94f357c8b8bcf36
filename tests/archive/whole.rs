//! What stands around the chats comes back, too: policies, rules, budgets, times, holds, presets, aliases. Where
//! somebody works already, nothing of it decides over what is here.

use std::collections::BTreeMap as Map;

use gatehouse_core::privacy::retention::{Held, RetentionAction, RetentionRule};

use super::*;

const DAYS: RetentionRule = RetentionRule {
    days: 3_650,
    action: RetentionAction::Delete,
};

/// The furnished Gatehouse with times and holds as well.
fn kept() -> Furnished {
    let before = furnished();
    let app = &before.app;
    app.set_retention(before.client, Some(DAYS)).unwrap();
    let workspace_id = before.client;
    app.hold(Held::Workspace { workspace_id }, "Case 12/26")
        .unwrap();
    let conversation_id = before.personal;
    app.hold(Held::Conversation { conversation_id }, "A letter of 3 May")
        .unwrap();
    let answer = app
        .store
        .read(|conn| chat::thread(conn, before.personal))
        .unwrap()
        .messages
        .into_iter()
        .find(|message| message.text == "Two")
        .unwrap();
    app.rate(answer.id, Some(chat::Rating::Good)).unwrap();
    before
}

/// All that is here, by names that are the same on another computer.
fn standing(app: &App) -> Value {
    let now = now_ms();
    let status = app.retention_status(now).unwrap();
    let holds: Map<_, _> = status
        .holds
        .iter()
        .map(|hold| (hold.name.clone(), json!([hold.reason, hold.since_ms])))
        .collect();
    let times: Map<_, _> = status
        .workspaces
        .iter()
        .map(|workspace| (workspace.name.clone(), json!(workspace.rule)))
        .collect();
    app.store
        .read(|conn| {
            let all = workspaces::all(conn).unwrap();
            let of = |id| {
                let rules = own_rules::all(conn, id).unwrap().into_iter();
                let rules: Vec<_> = rules
                    .map(|rule| json!([rule.name, rule.class, rule.form, rule.content, rule.is_on]))
                    .collect();
                let zone = jiff::tz::TimeZone::UTC;
                let budgets = budgets::standings(conn, id, now, &zone).unwrap().into_iter();
                let budgets: Vec<_> = budgets
                    .map(|s| {
                        let everywhere = s.budget.workspace.is_none();
                        let limit = s.budget.limit.decimal();
                        json!([everywhere, s.budget.period, limit, s.budget.warn_percent, s.budget.stops])
                    })
                    .collect();
                json!({ "policy": policy::get(conn, id).unwrap(), "rules": rules, "budgets": budgets })
            };
            let workspaces: Map<_, _> = all.iter().map(|w| (w.name.clone(), of(w.id))).collect();
            let presets = chat::presets(conn).unwrap().into_iter();
            let presets: Vec<_> = presets
                .map(|preset| json!([preset.name, preset.system_prompt, preset.sampling]))
                .collect();
            let aliases = aliases::all(conn).unwrap().into_iter();
            let aliases: Vec<_> = aliases
                .map(|alias| {
                    let links = alias.chain.iter().map(|link| match link {
                        Link::Local { model_id } => json!(model_id),
                        Link::Account { account_id, model } => {
                            json!([accounts::get(conn, *account_id).unwrap().name, model])
                        }
                    });
                    json!([alias.name, links.collect::<Vec<_>>()])
                })
                .collect();
            Ok::<_, StoreError>(json!({
                "workspaces": workspaces, "presets": presets, "aliases": aliases, "holds": holds, "times": times,
            }))
        })
        .unwrap()
}

/// Every chat with its workspace, by its title.
fn chats(app: &App) -> Map<String, Value> {
    let all = app.store.read(|conn| chat::list(conn, None)).unwrap();
    all.into_iter()
        .map(|summary| {
            let conversation = get(app, summary.id);
            let workspaces = app.store.read(workspaces::all).unwrap();
            let workspace = workspaces
                .iter()
                .find(|w| w.id == conversation.workspace_id)
                .unwrap();
            let value = json!([
                content(app, summary.id),
                conversation.draft,
                answered_by(app, &conversation),
                workspace.name,
            ]);
            (summary.title.unwrap_or_default(), value)
        })
        .collect()
}

/// How many entries of each action the record has.
fn entries(app: &App) -> Map<String, usize> {
    let mut counted = Map::new();
    for action in actions(app) {
        *counted.entry(action).or_default() += 1;
    }
    counted
}

#[test]
fn after_export_wipe_and_import_everything_stands_as_it_did() {
    let before = kept();
    let path = before.folder.path().join("all.zip");
    export(&before.app, &path, Scope::Everything);
    let (stood, talked) = (standing(&before.app), chats(&before.app));
    assert_eq!(stood["holds"].as_object().unwrap().len(), 2, "{stood:#}");

    let wiped = TempFolder::new();
    let app = open(&wiped.folder);
    account(&app);
    let begun = entries(&app);
    let came = import(&app, &path).unwrap();
    assert_eq!(came.left_out, Vec::<String>::new());
    assert_eq!(standing(&app), stood);
    assert_eq!(chats(&app), talked);
    let conversation = came.conversations[0];
    assert!(
        app.delete_conversation(conversation).is_err(),
        "what was held cannot be deleted here"
    );
    let now = entries(&app);
    let more = |action: &str| now.get(action).unwrap_or(&0) - begun.get(action).unwrap_or(&0);
    for (action, times) in [
        ("workspace.saved", 1),
        ("policy.changed", 1),
        ("rule.saved", 1),
        ("budget.set", 2),
        ("retention.changed", 3),
        ("preset.saved", 1),
        ("alias.saved", 1),
        ("data.imported", 1),
    ] {
        assert_eq!(
            more(action),
            times,
            "{action}: each change has its own entry"
        );
    }
    let mut go_on = |_: i64| ControlFlow::Continue(());
    assert!(app.record.verify(&mut go_on).unwrap().holds());
    let exported = &members(&path)["record.jsonl"];
    assert!(
        exported.contains("\"retention.changed\""),
        "and its record goes along"
    );
}

/// A Gatehouse in which somebody works in workspaces of the same names.
fn used() -> (TempFolder, App, WorkspaceId) {
    let folder = TempFolder::new();
    let app = open(&folder.folder);
    account(&app);
    bring_in(&app, &[branched("Mine", "me")]);
    let client = enter(&app, "müller & <söhne>");
    (folder, app, client)
}

#[test]
fn where_somebody_works_nothing_foreign_decides_over_what_is_here() {
    let before = kept();
    let path = before.folder.path().join("all.zip");
    export(&before.app, &path, Scope::Everything);
    let (_folder, app, client) = used();
    let mine = bring_in(&app, &[branched("Mine, too", "me")])[0];

    let came = import(&app, &path).unwrap();
    let read = |app: &App| {
        app.store
            .read(|conn| {
                let rules = own_rules::all(conn, client).unwrap();
                let zone = jiff::tz::TimeZone::UTC;
                let budgets = budgets::standings(conn, client, now_ms(), &zone).unwrap();
                Ok::<_, StoreError>((rules, budgets))
            })
            .unwrap()
    };
    let (rules, budgets) = read(&app);
    assert_eq!((rules.len(), rules[0].is_on), (1, false));
    assert_eq!(budgets.len(), 2, "of the workspace and of everything");
    assert!(
        budgets.iter().all(|standing| !standing.budget.stops),
        "they warn and stop no call"
    );
    let status = app.retention_status(now_ms()).unwrap();
    assert!(
        status
            .workspaces
            .iter()
            .all(|workspace| workspace.rule.is_none()),
        "nothing of what is here is deleted sooner"
    );
    app.delete_conversation(mine)
        .expect("no foreign hold stands on it");
    app.restore_conversation(mine).unwrap();
    for held in &came.conversations {
        assert!(
            app.delete_conversation(*held).is_err(),
            "its hold came with it"
        );
    }
    for words in [
        "switched off",
        "stops no call",
        "kept as before",
        "each chat that came",
    ] {
        let said = came
            .left_out
            .iter()
            .any(|sentence| sentence.contains(words));
        assert!(said, "{words}: {:?}", came.left_out);
    }
    let policy = app.store.read(|conn| policy::get(conn, client)).unwrap();
    assert_eq!(
        policy.personal.cloud,
        Decision::Block,
        "the stricter of the two"
    );

    let counted = standing(&app);
    let begun = entries(&app);
    import(&app, &path).unwrap();
    let again = standing(&app);
    for part in ["workspaces", "presets", "aliases", "times"] {
        assert_eq!(
            again[part], counted[part],
            "{part}: none of them is there twice"
        );
    }
    let now = entries(&app);
    for action in [
        "rule.saved",
        "budget.set",
        "preset.saved",
        "alias.saved",
        "policy.changed",
    ] {
        assert_eq!(
            now.get(action),
            begun.get(action),
            "{action}: nothing was changed"
        );
    }
}

#[test]
fn a_policy_that_somebody_set_is_never_loosened_and_one_that_nobody_set_is_told() {
    let loose = TempFolder::new();
    let app = open(&loose.folder);
    let mut policy = Policy::default();
    policy.personal.cloud = Decision::Allow;
    app.set_policy(&policy).unwrap();
    bring_in(&app, &[branched("A case", "Anna")]);
    let path = loose.path().join("all.zip");
    export(&app, &path, Scope::Everything);

    let fresh = TempFolder::new();
    let app = open(&fresh.folder);
    let came = import(&app, &path).unwrap();
    assert!(
        came.left_out[0].contains("more than before"),
        "{:?}",
        came.left_out
    );
    let first = app.store.read(workspaces::all).unwrap()[0].id;
    assert_eq!(
        app.store.read(|conn| policy::get(conn, first)).unwrap(),
        policy
    );

    let set = TempFolder::new();
    let app = open(&set.folder);
    app.set_policy(&Policy::default()).unwrap();
    import(&app, &path).unwrap();
    let first = app.store.read(workspaces::all).unwrap()[0].id;
    let now = app.store.read(|conn| policy::get(conn, first)).unwrap();
    assert_eq!(now, Policy::default());
}

#[test]
fn a_workspace_that_was_erased_is_not_joined_by_its_name() {
    let before = TempFolder::new();
    let app = open(&before.folder);
    enter(&app, "Erased");
    bring_in(&app, &[branched("A case", "Anna")]);
    let path = before.path().join("all.zip");
    export(&app, &path, Scope::Everything);

    let folder = TempFolder::new();
    let app = open(&folder.folder);
    let gone = enter(&app, "A client");
    app.erase(
        &gatehouse_core::privacy::Erasure::Workspace { id: gone },
        None,
        &mut |_| (),
    )
    .unwrap();
    let came = import(&app, &path).unwrap();
    let made = came.workspaces.iter().find(|w| w.name == "Erased").unwrap();
    assert!(made.made);
    assert!(get(&app, came.conversations[0]).workspace_id != gone);
}
