//! Conversations as a tree: branches, search, export and import, deletion. No model takes part.

use gatehouse_core::{
    chat::{
        self, ChatError, ExportFormat, Message, MessageState, Options, Rating, Thread,
        TransferError,
    },
    ids::{ConversationId, MessageId},
    protocol::{Role, Sampling},
    store::{Store, StoreError},
    workspaces,
};
use proptest::prelude::*;
use serde_json::json;

use crate::support::folder::{NOW, TempFolder};

fn store() -> (TempFolder, Store) {
    let folder = TempFolder::new();
    let store = folder.open().unwrap();
    (folder, store)
}

/// What the next start does with what was deleted.
fn purge(store: &Store) {
    store
        .write(|tx| {
            let gone = chat::to_purge(tx, NOW)?;
            gone.into_iter()
                .try_for_each(|id| chat::erase(tx, id).map(drop))
        })
        .unwrap();
}

fn create(store: &Store) -> ConversationId {
    let id = ConversationId::new();
    store
        .write(|tx| {
            let workspace = workspaces::first(tx, NOW)?;
            chat::create(tx, id, workspace, &Options::default(), NOW)
        })
        .unwrap();
    id
}

fn thread(store: &Store, id: ConversationId) -> Thread {
    store.read(|conn| chat::thread(conn, id)).unwrap()
}

/// A question with its finished answer; their ids.
fn turn(store: &Store, id: ConversationId, question: &str, answer: &str) -> (MessageId, MessageId) {
    store
        .write(|tx| {
            let turn = chat::begin_turn(tx, id, question, NOW)?;
            chat::end_answer(tx, turn.answer, answer, MessageState::Done, None)?;
            Ok::<_, ChatError>((turn.question.unwrap(), turn.answer))
        })
        .unwrap()
}

fn texts(messages: &[Message]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message.text.as_str())
        .collect()
}

fn search(store: &Store, query: &str) -> Vec<chat::SearchHit> {
    store.read(|conn| chat::search(conn, query, None)).unwrap()
}

#[test]
fn editing_a_question_makes_a_branch_and_loses_nothing() {
    let (_folder, store) = store();
    let id = create(&store);
    let (first, _) = turn(&store, id, "one", "answer one");
    turn(&store, id, "two", "answer two");
    let edit = store
        .write(|tx| {
            let edit = chat::begin_edit(tx, first, "one, better", NOW)?;
            chat::end_answer(tx, edit.answer, "a better answer", MessageState::Done, None)?;
            Ok::<_, ChatError>(edit)
        })
        .unwrap();
    let shown = thread(&store, id);
    assert_eq!(texts(&shown.messages), ["one, better", "a better answer"]);
    assert_eq!(shown.messages[0].siblings, [first, edit.question.unwrap()]);
    store.write(|tx| chat::switch_branch(tx, first)).unwrap();
    let back = thread(&store, id);
    assert_eq!(
        texts(&back.messages),
        ["one", "answer one", "two", "answer two"]
    );
}

#[test]
fn answering_again_keeps_the_old_answer_as_another_version() {
    let (_folder, store) = store();
    let id = create(&store);
    let (_, old) = turn(&store, id, "question", "old");
    let again = store
        .write(|tx| {
            let again = chat::begin_regenerate(tx, old, NOW)?;
            chat::end_answer(tx, again.answer, "new", MessageState::Done, None)?;
            Ok::<_, ChatError>(again)
        })
        .unwrap();
    let shown = thread(&store, id);
    assert_eq!(texts(&shown.messages), ["question", "new"]);
    assert_eq!(shown.messages[1].siblings, [old, again.answer]);
    let history = store
        .read(|conn| chat::history(conn, again.answer))
        .unwrap();
    assert_eq!(
        history.len(),
        1,
        "the model sees the question, not the other version"
    );
}

#[test]
fn only_a_question_can_be_edited_and_only_an_answer_asked_again() {
    let (_folder, store) = store();
    let id = create(&store);
    let (question, answer) = turn(&store, id, "q", "a");
    let edited = store.write(|tx| chat::begin_edit(tx, answer, "x", NOW));
    let again = store.write(|tx| chat::begin_regenerate(tx, question, NOW));
    assert!(matches!(
        (edited, again),
        (Err(ChatError::NoMessage), Err(ChatError::NoMessage))
    ));
    assert_eq!(
        thread(&store, id).messages.len(),
        2,
        "a refused change changes nothing"
    );
}

#[test]
fn an_empty_message_is_refused() {
    let (_folder, store) = store();
    let id = create(&store);
    let refused = store.write(|tx| chat::begin_turn(tx, id, " \n ", NOW));
    assert!(matches!(refused, Err(ChatError::EmptyMessage)));
}

#[test]
fn search_finds_words_their_beginnings_and_accents_in_finished_messages() {
    let (_folder, store) = store();
    let id = create(&store);
    let (question, answer) = turn(
        &store,
        id,
        "What about the Kündigungsfrist?",
        "Three months’ notice.",
    );
    let found = |query| {
        search(&store, query)
            .into_iter()
            .filter_map(|hit| hit.message_id)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found("kundigungs"),
        [question],
        "accents and case make no difference"
    );
    assert_eq!(
        found("three not"),
        [answer],
        "all words, the last one as a beginning"
    );
    assert_eq!(found("notice period"), []);
    assert_eq!(
        found("\" OR * NEAR("),
        [],
        "operators are not understood, and do no harm"
    );
    let hit = &search(&store, "months")[0];
    assert!(
        hit.snippet
            .iter()
            .any(|part| part.hit && part.text == "months"),
        "{:?}",
        hit.snippet
    );
    let streaming = store
        .write(|tx| chat::begin_turn(tx, id, "and then", NOW))
        .unwrap();
    store
        .write(|tx| chat::keep_partial(tx, streaming.answer, "halfway"))
        .unwrap();
    assert_eq!(
        found("halfway"),
        [],
        "an answer is found once it is complete"
    );
    store
        .write(|tx| {
            chat::end_answer(
                tx,
                streaming.answer,
                "halfway there",
                MessageState::Done,
                None,
            )
        })
        .unwrap();
    assert_eq!(found("halfway"), [streaming.answer]);
}

#[test]
fn a_word_inside_a_sentence_without_spaces_is_found_and_marked() {
    let (_folder, store) = store();
    let id = create(&store);
    let said = "これは日本語の契約書です。お願いします";
    let (question, answer) = turn(&store, id, said, "第12条A、สัญญาเช่าบ้าน, 임대차계약서를");
    let found = |query| {
        let hits = search(&store, query).into_iter();
        hits.filter_map(|hit| hit.message_id).collect::<Vec<_>>()
    };
    for query in [
        "日本語",
        "契約書",
        "契約",
        "約書です。お",
        "お願い 日本",
        "これは",
    ] {
        assert_eq!(found(query), [question], "{query}");
    }
    for query in ["เช่า", "ญญาเช่า", "บ้าน", "12条", "条A", "계약", "대차계"]
    {
        assert_eq!(found(query), [answer], "{query}");
    }
    for query in ["本日", "約契", "บ้าเน", "2条", "語契約"] {
        assert_eq!(found(query), [], "{query}: not in this order");
    }
    let snippet = &search(&store, "契約書")[0].snippet;
    let marked: Vec<_> = snippet.iter().filter(|part| part.hit).collect();
    assert_eq!(marked.len(), 1, "{snippet:?}");
    assert_eq!(marked[0].text, "契約書");
    let shown: String = snippet.iter().map(|part| part.text.as_str()).collect();
    assert_eq!(shown, said, "a person sees nothing between the letters");
}

#[test]
fn a_deleted_conversation_comes_back_until_it_is_purged_with_its_search_terms() {
    let (_folder, store) = store();
    let id = create(&store);
    turn(&store, id, "a secret word", "rhubarb");
    store.write(|tx| chat::delete(tx, id, NOW)).unwrap();
    assert!(search(&store, "rhubarb").is_empty());
    assert!(
        store
            .read(|conn| chat::list(conn, None))
            .unwrap()
            .is_empty()
    );
    store.write(|tx| chat::restore(tx, id)).unwrap();
    assert_eq!(search(&store, "rhubarb").len(), 1);
    store.write(|tx| chat::delete(tx, id, NOW)).unwrap();
    purge(&store);
    assert!(matches!(
        store.write(|tx| chat::restore(tx, id)),
        Err(ChatError::NoConversation)
    ));
    let terms: i64 = store
        .read(|conn| {
            conn.query_row(
                "SELECT count(*) FROM messages_fts WHERE messages_fts MATCH 'rhubarb'",
                [],
                |r| r.get(0),
            )
        })
        .unwrap();
    assert_eq!(terms, 0, "the index forgets, too");
}

#[test]
fn drafts_are_kept_per_conversation_and_for_the_new_one() {
    let (_folder, store) = store();
    let id = create(&store);
    store
        .write(|tx| {
            chat::save_draft(tx, Some(id), "half a tho")?;
            chat::save_draft(tx, Some(id), "half a thought")?;
            chat::save_draft(tx, None, "something new")
        })
        .unwrap();
    assert_eq!(thread(&store, id).conversation.draft, "half a thought");
    assert_eq!(
        store.read(|conn| chat::draft(conn, None)).unwrap(),
        "something new"
    );
    store.write(|tx| chat::save_draft(tx, None, "")).unwrap();
    assert_eq!(store.read(|conn| chat::draft(conn, None)).unwrap(), "");
    purge(&store);
    assert_eq!(
        thread(&store, id).conversation.draft,
        "half a thought",
        "a conversation with a draft is in use"
    );
}

#[test]
fn the_newest_rating_counts_and_only_answers_have_one() {
    let (_folder, store) = store();
    let id = create(&store);
    let (question, answer) = turn(&store, id, "q", "a");
    for rating in [Some(Rating::Good), Some(Rating::Bad), None] {
        store
            .write(|tx| chat::rate(tx, answer, rating, NOW))
            .unwrap();
        assert_eq!(thread(&store, id).messages[1].rating, rating);
    }
    let refused = store.write(|tx| chat::rate(tx, question, Some(Rating::Good), NOW));
    assert!(matches!(refused, Err(ChatError::NoMessage)));
}

#[test]
fn sampling_settings_out_of_range_are_refused_and_the_old_ones_stay() {
    let (_folder, store) = store();
    let id = create(&store);
    for sampling in [
        Sampling {
            temperature: f32::NAN,
            ..Sampling::default()
        },
        Sampling {
            top_p: 1.5,
            ..Sampling::default()
        },
        Sampling {
            max_tokens: Some(0),
            ..Sampling::default()
        },
        Sampling {
            stop: vec![String::new()],
            ..Sampling::default()
        },
    ] {
        let options = Options {
            sampling,
            ..Options::default()
        };
        let refused = store.write(|tx| chat::set_options(tx, id, &options));
        assert!(
            matches!(refused, Err(ChatError::Sampling(_))),
            "{options:?}"
        );
    }
    assert_eq!(
        thread(&store, id).conversation.sampling,
        Sampling::default()
    );
}

#[test]
fn a_preset_is_replaced_by_name_and_forgotten() {
    let (_folder, store) = store();
    let strict = Sampling {
        temperature: 0.0,
        ..Sampling::default()
    };
    let save = |prompt: &str| {
        store
            .write(|tx| chat::save_preset(tx, " Lawyer ", prompt, &strict))
            .unwrap()
    };
    let (first, second) = (save("Be exact."), save("Be brief."));
    assert_eq!(first.id, second.id);
    assert_eq!(store.read(chat::presets).unwrap(), [second]);
    store.write(|tx| chat::delete_preset(tx, first.id)).unwrap();
    assert!(store.read(chat::presets).unwrap().is_empty());
}

#[test]
fn what_was_being_written_when_the_app_ended_is_shown_as_interrupted() {
    let (_folder, store) = store();
    let id = create(&store);
    let turn = store
        .write(|tx| chat::begin_turn(tx, id, "q", NOW))
        .unwrap();
    store
        .write(|tx| chat::keep_partial(tx, turn.answer, "so far"))
        .unwrap();
    store.write(|tx| chat::interrupt_unfinished(tx)).unwrap();
    let answer = &thread(&store, id).messages[1];
    assert_eq!(
        (answer.state, answer.text.as_str()),
        (MessageState::Interrupted, "so far")
    );
}

#[test]
fn markdown_reads_like_a_conversation() {
    let (_folder, store) = store();
    let id = create(&store);
    turn(&store, id, "What is it?", "A *lease*.");
    store
        .write(|tx| chat::rename(tx, id, "On  leases: a/b\n"))
        .unwrap();
    let exported = store
        .read(|conn| chat::export(conn, id, ExportFormat::Markdown))
        .unwrap();
    assert_eq!(exported.file_name, "On leases a b.md");
    assert_eq!(
        exported.text,
        "# On leases: a/b\n\n## You\n\nWhat is it?\n\n## Answer\n\nA *lease*.\n"
    );
}

#[test]
fn an_import_says_how_each_answer_ended_and_which_model_wrote_it() {
    let (_folder, store) = store();
    let id = create(&store);
    let states = [
        MessageState::Stopped,
        MessageState::Failed,
        MessageState::Interrupted,
        MessageState::Done,
    ];
    for state in states {
        store
            .write(|tx| {
                let turn = chat::begin_turn(tx, id, "q", NOW)?;
                chat::end_answer(tx, turn.answer, "so far", state, None)
                    .map_err(ChatError::from)?;
                tx.execute("UPDATE messages SET written_by = 'Ada 1B'", [])
                    .map_err(ChatError::from)
            })
            .unwrap();
    }
    store
        .write(|tx| chat::begin_turn(tx, id, "and one that is being written", NOW))
        .unwrap();
    let exported = store
        .read(|conn| chat::export(conn, id, ExportFormat::Json))
        .unwrap();
    let imported = store
        .write(|tx| {
            let workspace = workspaces::first(tx, NOW)?;
            chat::import(tx, workspace, &exported.text, NOW)
        })
        .unwrap();
    let messages = thread(&store, imported[0]).messages;
    let answers: Vec<_> = messages
        .iter()
        .filter(|message| message.role == Role::Assistant)
        .collect();
    let found: Vec<_> = answers.iter().map(|answer| answer.state).collect();
    assert_eq!(found[..4], states);
    assert_eq!(found[4], MessageState::Interrupted, "nobody writes it here");
    assert_eq!(answers[0].written_by.as_deref(), Some("Ada 1B"));
}

#[test]
fn a_file_that_is_no_export_is_refused_whole() {
    let (_folder, store) = store();
    let workspace = store.write(|tx| workspaces::first(tx, NOW)).unwrap();
    let import = |text: &str| store.write(|tx| chat::import(tx, workspace, text, NOW));
    assert!(matches!(import("hello"), Err(TransferError::NotOurs(_))));
    assert!(matches!(
        import(r#"{"format":"x","version":1,"conversations":[]}"#),
        Err(TransferError::NotOurs(_))
    ));
    let newer = r#"{"format":"gatehouse-conversations","version":9,"conversations":[]}"#;
    assert!(matches!(import(newer), Err(TransferError::Newer(9))));
    let sampling = serde_json::to_string(&Sampling::default()).unwrap();
    let orphan = format!(
        r#"{{"format":"gatehouse-conversations","version":1,"conversations":[{{"title":null,"createdAtMs":1,
        "updatedAtMs":1,"systemPrompt":"","sampling":{sampling},"leaf":0,
        "messages":[{{"parent":7,"role":"user","text":"x","createdAtMs":1}}]}}]}}"#
    );
    let of_one = |text: &str| match import(text) {
        Err(TransferError::In { chat, error }) => (chat, *error),
        other => panic!("{other:?}"),
    };
    assert!(matches!(of_one(&orphan), (chat, TransferError::Orphan(0)) if chat == "x"));
    for (role, parent) in [("assistant", "null"), ("system", "null"), ("user", "0")] {
        let message = |role: &str, parent: &str| {
            format!(r#"{{"parent":{parent},"role":"{role}","text":"x","createdAtMs":1}}"#)
        };
        let (first, second) = (message("user", "null"), message(role, parent));
        let file = orphan.replace(
            r#"{"parent":7,"role":"user","text":"x","createdAtMs":1}"#,
            &format!("{first},{second}"),
        );
        let (_, refused) = of_one(&file);
        assert!(
            matches!(refused, TransferError::OutOfTurn(1)),
            "{role} after {parent}: {refused:?}"
        );
    }
    let left: i64 = store
        .read(|conn| conn.query_row("SELECT count(*) FROM conversations", [], |row| row.get(0)))
        .unwrap();
    assert_eq!(left, 0, "nothing of a refused file is kept");
}

/// A file of two conversations, with changes to the second.
fn file_of_two(change: impl Fn(&mut serde_json::Value)) -> String {
    let one = |title: &str| {
        json!({
            "title": title, "createdAtMs": NOW, "updatedAtMs": NOW, "systemPrompt": "", "sampling": {},
            "leaf": 1, "messages": [
                { "parent": null, "role": "user", "text": "Who pays?", "createdAtMs": NOW },
                { "parent": 0, "role": "assistant", "text": "The tenant.", "createdAtMs": NOW },
            ],
        })
    };
    let mut second = one("The other one");
    change(&mut second);
    json!({
        "format": "gatehouse-conversations", "version": 1, "conversations": [one("Lease"), second]
    })
    .to_string()
}

#[test]
fn a_time_that_is_no_date_and_a_branch_that_is_not_there_refuse_the_file_by_the_name_of_the_chat() {
    type MakeWorse = fn(&mut serde_json::Value, i64);
    let times: [MakeWorse; 3] = [
        |chat, at_ms| chat["createdAtMs"] = json!(at_ms),
        |chat, at_ms| chat["updatedAtMs"] = json!(at_ms),
        |chat, at_ms| chat["messages"][1]["createdAtMs"] = json!(at_ms),
    ];
    // What the window can show of years and what the command line can are not the same.
    let no_dates = [
        i64::MIN,
        -1,
        253_402_300_800_000,
        8_640_000_000_000_001,
        i64::MAX,
    ];
    let (_folder, store) = store();
    let workspace = store.write(|tx| workspaces::first(tx, NOW)).unwrap();
    let import = |text: &str| store.write(|tx| chat::import(tx, workspace, text, NOW));
    let refused = |text: &str| import(text).unwrap_err().to_string();
    for worse in times {
        for at_ms in no_dates {
            let words = refused(&file_of_two(|chat| worse(chat, at_ms)));
            assert!(
                words.contains("“The other one”") && words.contains(&at_ms.to_string()),
                "{words}"
            );
        }
        import(&file_of_two(|chat| worse(chat, 0))).unwrap();
    }
    let words = refused(&file_of_two(|chat| chat["leaf"] = json!(2)));
    assert!(
        words.contains("“The other one”") && words.contains("message 2, which is not there"),
        "{words}"
    );
    let chats = store.read(|conn| chat::list(conn, None)).unwrap();
    assert_eq!(chats.len(), 6, "nothing of a refused file is kept");
}

#[test]
fn a_conversation_whose_first_message_was_not_taken_stands_in_the_list_by_its_draft() {
    let (_folder, store) = store();
    let (id, _empty) = (create(&store), create(&store));
    let list = || store.read(|conn| chat::list(conn, None)).unwrap();
    assert!(list().is_empty(), "nothing was said or typed in either");
    let words = "My card is 4111 1111 1111 1111";
    store
        .write(|tx| chat::save_draft(tx, Some(id), words))
        .unwrap();
    let [one] = &list()[..] else {
        panic!("one of them has a draft")
    };
    assert_eq!(
        (one.id, one.message_count, one.preview.as_str()),
        (id, 0, words)
    );
    turn(&store, id, "Hello", "Good day");
    assert_eq!(list()[0].preview, "Hello", "a message goes before a draft");
    store.write(|tx| chat::delete(tx, id, NOW)).unwrap();
    assert!(list().is_empty());
}

#[test]
fn a_conversation_of_ten_thousand_messages_opens_whole() {
    let (_folder, store) = store();
    let id = create(&store);
    store
        .write(|tx| {
            for turn in 0..5000 {
                let new = chat::begin_turn(tx, id, &format!("question {turn}"), NOW)?;
                chat::end_answer(tx, new.answer, "answer", MessageState::Done, None)?;
            }
            Ok::<_, ChatError>(())
        })
        .unwrap();
    let messages = thread(&store, id).messages;
    assert_eq!(messages.len(), 10_000);
    assert_eq!(messages[9_998].text, "question 4999");
    store.write(|tx| chat::delete(tx, id, NOW)).unwrap();
    purge(&store);
    let left: i64 = store
        .read(|conn| conn.query_row("SELECT count(*) FROM messages", [], |row| row.get(0)))
        .unwrap();
    assert_eq!(left, 0, "however deep it is, it can be removed");
}

#[test]
fn a_new_text_takes_the_place_of_the_old_one_in_the_search() {
    let (_folder, store) = store();
    let id = create(&store);
    let turn = store
        .write(|tx| chat::begin_turn(tx, id, "q", NOW))
        .unwrap();
    let end = |text: &str| {
        store
            .write(|tx| chat::end_answer(tx, turn.answer, text, MessageState::Done, None))
            .unwrap();
    };
    end("shared words first");
    end("shared words second");
    assert_eq!(
        search(&store, "shared").len(),
        1,
        "what both texts have is still found"
    );
    assert_eq!(
        (
            search(&store, "first").len(),
            search(&store, "second").len()
        ),
        (0, 1)
    );
}

/// What a person does to a conversation; numbers choose a message.
#[derive(Debug, Clone)]
enum Step {
    Say(String),
    Edit(usize, String),
    Again(usize),
    Switch(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let text = "[a-zäß€😀 ]{0,12}[a-z]";
    prop_oneof![
        text.prop_map(Step::Say),
        (any::<usize>(), text).prop_map(|(at, text)| Step::Edit(at, text)),
        any::<usize>().prop_map(Step::Again),
        any::<usize>().prop_map(Step::Switch),
    ]
}

fn take(store: &Store, id: ConversationId, step: &Step, all: &mut Vec<(MessageId, String)>) {
    let chosen = |at: usize, role: Role| {
        let shown = thread(store, id).messages;
        let of_role: Vec<_> = shown
            .iter()
            .filter(|message| message.role == role)
            .map(|m| m.id)
            .collect();
        (!of_role.is_empty()).then(|| of_role[at % of_role.len()])
    };
    let begun = store.write(|tx| match step {
        Step::Say(text) => chat::begin_turn(tx, id, text, NOW).map(Some),
        Step::Edit(at, text) => chosen(*at, Role::User)
            .map(|m| chat::begin_edit(tx, m, text, NOW))
            .transpose(),
        Step::Again(at) => chosen(*at, Role::Assistant)
            .map(|m| chat::begin_regenerate(tx, m, NOW))
            .transpose(),
        Step::Switch(at) => {
            if !all.is_empty() {
                chat::switch_branch(tx, all[at % all.len()].0)?;
            }
            Ok(None)
        }
    });
    if let Some(turn) = begun.unwrap() {
        let text = format!("answer {}", all.len());
        store
            .write(|tx| chat::end_answer(tx, turn.answer, &text, MessageState::Done, None))
            .unwrap();
        let shown = thread(store, id).messages;
        all.extend(turn.question.map(|question| {
            let message = shown.iter().find(|message| message.id == question).unwrap();
            (question, message.text.clone())
        }));
        all.push((turn.answer, text));
    }
}

/// Letters as people see them, with their marks, of scripts without spaces.
fn letters() -> impl Strategy<Value = Vec<String>> {
    let letter = "[ぁ-んァ-ヴー一-龥]|[가-힣]|[ก-ฮ][ัิ-ู]?[่-๋]?|[ກ-ຮ]|[က-အ]|[ក-អ]|[㐀-䶵𠀀-𠀎]";
    proptest::collection::vec(letter, 2..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_letters_in_a_row_are_found_inside_a_text_without_spaces(
        before in "[a-z0-9 。、]{0,6}",
        all in letters(),
        after in "[a-z0-9 。、]{0,6}",
        cut in any::<(prop::sample::Index, prop::sample::Index)>(),
    ) {
        let (_folder, store) = store();
        let id = create(&store);
        let said = format!("{before}{}{after}", all.concat());
        let (question, answer) = turn(&store, id, &said, "nothing of it");
        let from = cut.0.index(all.len() - 1);
        let to = from + 2 + cut.1.index(all.len() - from - 1);
        let query = all[from..to].concat();
        let found: Vec<_> = search(&store, &query).into_iter().filter_map(|hit| hit.message_id).collect();
        prop_assert_eq!(found, [question], "{} in {}", query, said);
        // What is indexed is what the messages say, and goes when they do.
        let other = store.write(|tx| {
            tx.execute("INSERT INTO messages_fts(messages_fts, rank) VALUES ('integrity-check', 1)", [])?;
            chat::end_answer(tx, answer, &said, MessageState::Done, None)?;
            chat::delete(tx, id, NOW)
        });
        prop_assert!(other.is_ok(), "{:?}", other);
        purge(&store);
        let kept: u32 = store
            .read(|conn| conn.query_row("SELECT count(*) FROM messages_fts_docsize", [], |row| row.get(0)))
            .unwrap();
        prop_assert_eq!(kept, 0);
        prop_assert!(store.daily_snapshot(NOW).is_ok());
    }

    #[test]
    fn no_query_is_too_strange_to_search_for(query in "[\\PCก-๛぀-ヿ\u{1b}\"*()]{0,12}") {
        let (_folder, store) = store();
        let id = create(&store);
        turn(&store, id, "契約書", "สัญญา");
        prop_assert!(store.read(|conn| chat::search(conn, &query, None)).is_ok());
    }

    #[test]
    fn whatever_is_done_every_message_can_still_be_shown(steps in proptest::collection::vec(step(), 1..12)) {
        let (_folder, store) = store();
        let id = create(&store);
        let mut all = Vec::new();
        for step in &steps {
            take(&store, id, step, &mut all);
        }
        for (message, text) in &all {
            store.write(|tx| chat::switch_branch(tx, *message)).unwrap();
            let shown = thread(&store, id).messages;
            prop_assert!(shown.iter().any(|m| m.id == *message && m.text == *text), "{text:?} is gone");
            for pair in shown.windows(2) {
                prop_assert_eq!(pair[1].parent_id, Some(pair[0].id));
                prop_assert_ne!(pair[1].role, pair[0].role, "turns alternate on every branch");
            }
        }
    }

    #[test]
    fn an_export_imports_as_what_it_was(steps in proptest::collection::vec(step(), 1..12)) {
        let (_folder, store) = store();
        let id = create(&store);
        let mut all = Vec::new();
        take(&store, id, &Step::Say("first".into()), &mut all);
        for step in &steps {
            take(&store, id, step, &mut all);
        }
        let exported = store.read(|conn| chat::export(conn, id, ExportFormat::Json)).unwrap();
        let ids = store
            .write(|tx| {
                let workspace = workspaces::first(tx, NOW)?;
                chat::import(tx, workspace, &exported.text, NOW)
            })
            .unwrap();
        prop_assert_ne!(ids[0], id, "an import is a conversation of its own");
        let again = store.read(|conn| chat::export(conn, ids[0], ExportFormat::Json)).unwrap();
        prop_assert_eq!(exported.text, again.text);
        let (before, after) = (thread(&store, id), thread(&store, ids[0]));
        prop_assert_eq!(texts(&before.messages), texts(&after.messages));
        let terms = store.read(|conn| Ok::<_, StoreError>(chat::search(conn, "first", None)?)).unwrap();
        prop_assert!(terms.len() >= 2, "what was imported is found");
    }
}
