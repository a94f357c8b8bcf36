//! What was decided for one client holds for that client's conversations, whichever is open.

use gatehouse_core::{ids::WorkspaceId, record};

use super::*;

impl Place {
    /// A new workspace that is open from now on.
    fn open_new_workspace(&self, name: &str) -> WorkspaceId {
        let id = WorkspaceId::new();
        let saved = self
            .app
            .store
            .write(|tx| workspaces::save(tx, id, name, now_ms()));
        saved.unwrap();
        self.open_workspace(id);
        id
    }

    fn open_workspace(&self, id: WorkspaceId) {
        let mut settings = self.app.store.read(gatehouse_core::settings::get).unwrap();
        settings.workspace_id = Some(id);
        self.app.set_settings(&settings).unwrap();
    }

    fn first_workspace(&self) -> WorkspaceId {
        let first = self
            .app
            .store
            .write(|tx| Ok::<_, StoreError>(workspaces::first(tx, now_ms())?));
        first.unwrap()
    }
}

#[test]
fn a_conversation_keeps_the_policy_of_its_workspace_while_another_is_open() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    place.policy(|policy| policy.personal.cloud = Action::KeepLocal);
    let strict = place.conversation();
    place.open_new_workspace("Another client");
    let mild = place.conversation();
    let route = |conversation| place.say(conversation, LETTER).call.unwrap().route;
    assert_eq!(route(mild), Route::Masked, "its policy is the usual one");
    assert_eq!(route(strict), Route::Local);
    let preview = |conversation| {
        let gate = &place.app.gate;
        gate.preview(&say(conversation, LETTER), None)
            .unwrap()
            .route
    };
    assert_eq!(
        (preview(mild), preview(strict)),
        (Route::Masked, Route::Local),
        "the line under the composer says the same"
    );
    assert_eq!(provider.received().len(), 1);
}

#[test]
fn a_new_chat_is_decided_by_the_workspace_that_is_open() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    place.policy(|policy| policy.personal.cloud = Action::KeepLocal);
    let turn = Turn::New {
        elsewhere: elsewhere(&place.account).elsewhere,
        text: LETTER.into(),
        pictures: Vec::new(),
        mistakes: Vec::new(),
    };
    let route = || place.app.gate.preview(&turn, None).unwrap().route;
    assert_eq!(route(), Route::Local);
    let open = place.open_new_workspace("Another client");
    assert_eq!(route(), Route::Masked);
    place.app.gate.what_would_leave(&turn, None).unwrap();
    let shown = app::fact(&place.app, record::Action::LeavingShown, "workspace");
    assert_eq!(shown, Some(open.to_string()), "and so says the record");
    let report = place.app.gate.safety_report(LETTER).unwrap();
    assert_eq!(report.destinations[2].action, Action::Mask);
    place.open_workspace(place.first_workspace());
    let report = place.app.gate.safety_report(LETTER).unwrap();
    assert_eq!(report.destinations[2].action, Action::KeepLocal);
}

#[test]
fn a_budget_of_one_workspace_stops_only_its_calls_and_one_of_all_stops_any() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    price(&place.app);
    place.without_fallback();
    let first = place.first_workspace();
    let limited = Budget {
        workspace: Some(first),
        period: Period::Month,
        limit: Money::of_dollars("0.00001").unwrap(),
        warn_percent: 80,
        stops: true,
    };
    let set = place.app.store.write(|tx| budgets::set(tx, &limited));
    set.unwrap();
    let poor = place.conversation();
    let error = place.refused(poor, "Hello", Review::NotAsked);
    assert!(matches!(error, GateError::Budget(_)), "{error}");
    place.open_new_workspace("Another client");
    let rich = place.conversation();
    assert_eq!(place.say(rich, "Hello").state, MessageState::Done);
    let error = place.refused(poor, "Hello", Review::NotAsked);
    assert!(
        matches!(error, GateError::Budget(_)),
        "the budget goes by the conversation, not by what is open: {error}"
    );
    budget(&place.app, "0.00001");
    let error = place.refused(rich, "Hello", Review::NotAsked);
    assert!(matches!(error, GateError::Budget(_)), "{error}");
    assert_eq!(provider.received().len(), 1);
}

#[test]
fn a_rule_of_ones_own_does_nothing_in_another_workspace() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let rule = own_rules::OwnRule {
        id: OwnRuleId::new(),
        name: "Client".into(),
        class: own_rules::RuleClass::Personal,
        form: own_rules::RuleForm::Words,
        content: "Bluebird".into(),
        is_on: true,
    };
    let first = place.first_workspace();
    let saved = place
        .app
        .store
        .write(|tx| own_rules::save(tx, first, &rule));
    saved.unwrap();
    let text = "The file is called Bluebird.";
    let masked = |conversation| place.say(conversation, text).call.unwrap().masked;
    let guarded = place.conversation();
    place.open_new_workspace("Another client");
    let open = place.conversation();
    assert_eq!((masked(guarded), masked(open)), (1, 0));
    let again = place.conversation();
    assert_eq!(masked(again), 0, "not because of what was read before");
}
