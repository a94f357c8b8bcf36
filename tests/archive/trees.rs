//! Whatever the branches of a conversation are, they come back.

use proptest::prelude::*;

use super::*;

/// Any tree of questions and answers, as a file has it.
fn tree() -> impl Strategy<Value = Value> {
    let message = (
        any::<prop::sample::Index>(),
        any::<String>(),
        0..4u8,
        0..3u8,
    );
    let messages = prop::collection::vec(message, 0..14);
    let options = (
        any::<Option<String>>(),
        any::<String>(),
        0.0..2.0f32,
        any::<Option<u32>>(),
    );
    (messages, options, any::<prop::sample::Index>()).prop_map(|(all, options, leaf)| {
        let mut roles: Vec<&str> = Vec::new();
        let mut messages = Vec::new();
        for (parent, text, state, rating) in all {
            // The first stands alone; later ones follow any message, or begin anew.
            let place = parent.index(roles.len() + 1);
            let parent = (place < roles.len()).then_some(place);
            let role = match parent.map(|parent| roles[parent]) {
                Some("user") => "assistant",
                _ => "user",
            };
            let mut message = json!({ "parent": parent, "role": role, "text": text, "createdAtMs": 5 });
            if role == "assistant" {
                let state = ["done", "stopped", "failed", "interrupted"][usize::from(state)];
                let rating = [Value::Null, json!("good"), json!("bad")][usize::from(rating)].clone();
                message["state"] = json!(state);
                message["rating"] = rating;
                message["model"] = json!("m");
            }
            roles.push(role);
            messages.push(message);
        }
        let leaf = if messages.is_empty() { 0 } else { leaf.index(messages.len()) };
        let (title, system_prompt, temperature, seed) = options;
        json!({
            "title": title, "createdAtMs": 3, "updatedAtMs": 9, "systemPrompt": system_prompt, "leaf": leaf,
            "sampling": { "temperature": temperature, "seed": seed }, "messages": messages
        })
    })
}

#[test]
fn any_tree_of_messages_comes_back_as_it_was() {
    let (one, other) = (TempFolder::new(), TempFolder::new());
    let (from, to) = (open(&one.folder), open(&other.folder));
    let to_file = Target {
        replace: true,
        ..target(&one.path().join("one.zip"))
    };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(40));
    let held = runner.run(&(tree(), any::<bool>()), |(tree, drafted)| {
        let conversation_id = bring_in(&from, &[tree])[0];
        let draft = if drafted { "a draft" } else { "" };
        from.store
            .write(|tx| Ok::<_, StoreError>(chat::save_draft(tx, Some(conversation_id), draft)?))
            .unwrap();
        let scope = Scope::Conversation { conversation_id };
        let saved = from.export_archive(&to_file, scope, &mut on).unwrap();
        let came = import(&to, &to_file.path).unwrap();
        prop_assert_eq!(came.messages, saved.holds.messages);
        let back = came.conversations[0];
        prop_assert_eq!(content(&from, conversation_id), content(&to, back));
        prop_assert_eq!(get(&to, back).draft, draft);
        Ok(())
    });
    held.unwrap();
}
