//! What is found in a message leaves masked, stays here, or stops the message.

use gatehouse_core::protocol::{Constraint, Sampling};

use super::*;

#[test]
fn a_message_leaves_masked_and_its_answer_comes_back_restored() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    price(&place.app);
    let conversation = place.conversation();
    let answer = place.say(conversation, LETTER);
    assert_eq!(
        (answer.state, answer.text.as_str()),
        (MessageState::Done, LETTER)
    );
    let sent = provider.everything();
    assert!(!sent.contains("anna.weiss"), "the address stayed: {sent}");
    assert!(
        sent.contains("[EMAIL-ADDRESS-1-"),
        "a placeholder left: {sent}"
    );
    let call = answer.call.unwrap();
    assert_eq!((call.route, call.masked), (Route::Masked, 1));
    assert_eq!(call.account.as_deref(), Some("Test"));
    assert_eq!((call.prompt_tokens, call.output_tokens), (100, 10));
    assert_eq!(
        call.cost.as_deref(),
        Some("$0.00028"),
        "100 × $2 and 10 × $8 a million"
    );
    assert!(call.measured);
}

#[test]
fn a_value_keeps_its_placeholder_over_turns_and_the_history_is_masked_too() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    place.say(conversation, LETTER);
    place.say(
        conversation,
        "Also tell anna.weiss@example.org and bob@example.net the date.",
    );
    let second = &provider.received()[1];
    let body = second.json();
    let all = body.to_string();
    assert!(!all.contains("@example"), "no address left: {all}");
    let first_again = body["messages"][1]["content"].to_string();
    assert!(first_again.contains("[EMAIL-ADDRESS-1-"), "{first_again}");
    let last = second.last_message();
    assert!(
        last.contains("[EMAIL-ADDRESS-1-") && last.contains("[EMAIL-ADDRESS-2-"),
        "{last}"
    );
}

#[test]
fn a_masked_conversation_that_goes_on_here_has_the_real_values() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    place.say(conversation, LETTER);
    let here = Options {
        sampling: app::steady(4),
        ..Options::default()
    };
    let set = place
        .app
        .store
        .write(|tx| chat::set_options(tx, conversation, &here));
    set.unwrap();
    let answer = place.say(conversation, "And now?");
    let call = answer.call.unwrap();
    assert_eq!((call.route, call.masked), (Route::Local, 0));
    assert_eq!(place.app.gate.what_left(call.number).unwrap(), None);
    assert_eq!(provider.received().len(), 1);
    let texts: Vec<_> = place
        .messages(conversation)
        .into_iter()
        .map(|m| m.text)
        .collect();
    assert_eq!(texts[1], LETTER);
}

#[test]
fn a_secret_blocks_the_message_and_nothing_is_lost() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let text = "Use the key ghp_16C7e42F292c6912E7710c838347Ae178B4a for the build.";
    let error = place.refused(conversation, text, Review::NotAsked);
    assert!(matches!(error, GateError::Blocked { .. }), "{error}");
    assert!(provider.received().is_empty(), "nothing was opened");
    assert!(place.messages(conversation).is_empty() && place.calls().is_empty());
    let preview = place
        .app
        .gate
        .preview(&say(conversation, text), None)
        .unwrap();
    assert_eq!(
        preview.route,
        Route::Blocked,
        "the route line says so before"
    );
}

#[test]
fn a_special_category_is_answered_on_this_computer() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let text = "The patient's NHS number is 943 476 5919.";
    let answer = place.say(conversation, text);
    assert_eq!(answer.state, MessageState::Done);
    let call = answer.call.unwrap();
    assert_eq!(call.route, Route::Local);
    assert_eq!(call.moves.len(), 1);
    assert!(call.moves[0].reason.contains("policy"), "{:?}", call.moves);
    assert!(provider.received().is_empty());
}

#[test]
fn what_cannot_be_inspected_does_not_leave() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    place
        .app
        .store
        .write(|tx| {
            let workspace = workspaces::first(tx, now_ms())?;
            // As a later version, or a damaged row, would have it.
            tx.execute(
                "INSERT INTO own_rules VALUES (?1, ?2, 'Cases', 'personal', 'pattern', '(', 1)",
                (OwnRuleId::new(), workspace),
            )?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let conversation = place.conversation();
    let error = place.refused(conversation, "Hello", Review::NotAsked);
    assert!(matches!(error, GateError::Inspection(_)), "{error}");
    assert!(provider.received().is_empty() && place.messages(conversation).is_empty());
}

/// Add a rule of a person's own to the workspace.
fn own_rule(place: &Place, name: &str, form: own_rules::RuleForm, content: &str) {
    let rule = own_rules::OwnRule {
        id: OwnRuleId::new(),
        name: name.into(),
        class: own_rules::RuleClass::Personal,
        form,
        content: content.into(),
        is_on: true,
    };
    let saved = place.app.store.write(|tx| {
        let workspace = workspaces::first(tx, now_ms())?;
        own_rules::save(tx, workspace, &rule)
    });
    saved.unwrap();
}

#[test]
fn a_persons_own_rule_masks_in_its_workspace() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    own_rule(
        &place,
        "Case number",
        own_rules::RuleForm::Pattern,
        r"LK-\d{4}/\d{2}",
    );
    let answer = place.say(place.conversation(), "The case is LK-2291/26.");
    assert_eq!(answer.text, "The case is LK-2291/26.");
    assert!(!provider.everything().contains("LK-2291"));
}

#[test]
fn a_persons_own_word_uncovers_nothing_of_what_was_found_around_it() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    own_rule(&place, "Client", own_rules::RuleForm::Words, "Berg\nBerlin");
    let text = "Dear Anna Berg,\nyour address is Hauptstr. 12, 10115 Berlin, as before.";
    let answer = place.say(place.conversation(), text);
    assert_eq!(answer.text, text);
    let sent = provider.received()[0].last_message();
    for left in ["Anna", "Berg", "Hauptstr", "12,", "10115", "Berlin"] {
        assert!(!sent.contains(left), "{left} left: {sent}");
    }
}

#[test]
fn a_name_of_two_words_does_not_leave_in_small_letters_either() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    place.say(conversation, "My name is Anna Weiss.");
    let text = "please sign as anna weiss, not ANNA WEISS";
    assert_eq!(place.say(conversation, text).text, text);
    let sent = provider.received()[1].last_message().to_lowercase();
    assert!(!sent.contains("anna") && !sent.contains("weiss"), "{sent}");
}

#[test]
fn what_left_masked_leaves_masked_again_where_nothing_else_is_found() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let first = place.say(conversation, "My name is Anna Weiss.");
    let text = "so who is anna weiss?";
    let edited = app::answer(
        &place.app,
        Ask::Edit(first.parent_id.unwrap(), text),
        |_| (),
    );
    assert_eq!(
        (edited.text.as_str(), edited.call.unwrap().masked),
        (text, 1)
    );
    let sent = provider.received()[1].last_message();
    assert!(!sent.contains("weiss"), "{sent}");
}

#[test]
fn what_a_later_message_gives_away_leaves_in_no_earlier_one() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let here = Options {
        sampling: app::steady(4),
        ..Options::default()
    };
    let conversation = place.app.gate.new_conversation(&here).unwrap().id;
    place.say(conversation, "Quexley owes us rent, says 219456789.");
    let there = elsewhere(&place.account);
    let set = place
        .app
        .store
        .write(|tx| chat::set_options(tx, conversation, &there));
    set.unwrap();
    let text = "My name is Anna Quexley, my SSN is 219-45-6789.";
    assert_eq!(place.say(conversation, text).text, text);
    let sent = provider.everything();
    assert!(sent.contains("owes us rent, says"), "it left: {sent}");
    assert!(
        !sent.contains("Quexley") && !sent.contains("6789"),
        "{sent}"
    );
}

#[test]
fn a_secret_that_was_taken_out_of_one_message_leaves_in_no_other_one() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    place.policy(|policy| policy.secret.cloud = Action::Mask);
    let conversation = place.conversation();
    place.say(conversation, "The database password is Xk9#mQ2vLp");
    place.say(conversation, "Is Xk9#mQ2vLp strong enough?");
    let sent = provider.received()[1].last_message();
    assert!(sent.contains("Is [removed: PASSWORD] strong"), "{sent}");
    assert!(!provider.everything().contains("Xk9#"));
}

#[test]
fn a_name_in_an_address_and_a_number_in_other_groups_leave_in_no_later_message() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let first = "Write to quendolin.zwirn@example.org: my SSN is 219-45-6789.";
    place.say(conversation, first);
    let text = "What does Quendolin want? Put 219456789 into the form.";
    assert_eq!(place.say(conversation, text).text, text);
    let sent = provider.received()[1].last_message();
    assert!(
        !sent.contains("Quendolin") && !sent.contains("219"),
        "{sent}"
    );
    assert!(
        sent.contains("[US-SSN-1b-"),
        "it is the same number: {sent}"
    );
}

/// Say something whose answer must have a shape.
fn shaped(
    place: &Place,
    conversation: ConversationId,
    shape: serde_json::Value,
) -> Result<Message, GateError> {
    let (ask, shape) = (
        Ask::Say(conversation, "Who?"),
        Constraint::JsonSchema(shape),
    );
    let answered = place.app.gate.answer(ask, Some(shape), &mut |_| ());
    answered.map(|(_, answer)| answer)
}

/// One of these.
fn one_of(who: &[&str]) -> serde_json::Value {
    json!({ "type": "object", "properties": { "who": { "enum": who } }, "required": ["who"] })
}

#[test]
fn the_shape_of_an_answer_and_what_ends_it_leave_masked_and_the_answer_is_json_again() {
    // It answers with the first value that it may choose.
    let provider = Provider::start(|request| {
        let format = &request.json()["response_format"]["json_schema"]["schema"];
        let who = &format["properties"]["who"]["enum"][0];
        Reply::Pieces(vec![json!({ "who": who }).to_string()], 50, 5)
    });
    let place = place(&provider.address);
    let client = r#"Kanzlei "Berg" & Partner"#;
    own_rule(&place, "Client", own_rules::RuleForm::Words, client);
    let options = Options {
        sampling: Sampling {
            stop: vec!["bob@example.net".into()],
            ..app::steady(12)
        },
        ..elsewhere(&place.account)
    };
    let conversation = place.app.gate.new_conversation(&options).unwrap().id;
    let shape = one_of(&[client, "anna.weiss@example.org"]);
    let answer = shaped(&place, conversation, shape).unwrap();
    assert_eq!(answer.state, MessageState::Done);
    let sent = provider.everything();
    for left in ["Berg", "anna.weiss", "bob@"] {
        assert!(!sent.contains(left), "{left} left: {sent}");
    }
    assert!(sent.contains("\"stop\":[\"[EMAIL-ADDRESS-"), "{sent}");
    let said: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(said, json!({ "who": client }), "with its quotes escaped");
    assert_eq!(answer.call.unwrap().masked, 3);
}

#[test]
fn a_secret_in_the_shape_of_an_answer_stops_the_message() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let shape = one_of(&["ghp_16C7e42F292c6912E7710c838347Ae178B4a"]);
    let error = shaped(&place, place.conversation(), shape).unwrap_err();
    assert!(matches!(error, GateError::Blocked { .. }), "{error}");
    assert!(provider.received().is_empty(), "nothing was opened");
}
