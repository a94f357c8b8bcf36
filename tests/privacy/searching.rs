//! What the app's own search after an erasure finds where something is left, and what it does not take for
//! something that was left.

use gatehouse_core::{
    app::App,
    ids::ConversationId,
    privacy::{Erased, Erasure, Extent},
    store::StoreError,
};

use super::{erase, holds, written};
use crate::support::{app::without_model, folder::TempFolder};

const QUESTION: &str = "What does Mr Brontosaurus say of the stegosauruses in Lisbon?";
const ANSWER: &str = "He says that they are archosaurs.";

fn places(erased: &Erased) -> Vec<&str> {
    erased
        .check
        .found
        .iter()
        .map(|found| found.place.as_str())
        .collect()
}

/// Erase the conversation after something was left by `leave`.
fn erased_after(leave: impl FnOnce(&TempFolder, &App, ConversationId)) -> Erased {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder);
    let id = written(&app, QUESTION, ANSWER);
    leave(&folder, &app, id);
    erase(&app, &Erasure::Conversation { id })
}

fn execute(app: &App, sql: &str) {
    app.store
        .write(|tx| tx.execute_batch(sql).map_err(StoreError::from))
        .unwrap();
}

#[test]
fn a_copy_of_what_was_said_is_found_in_the_database_in_the_index_and_in_files() {
    let nothing = erased_after(|_, _, _| ());
    assert_eq!(places(&nothing), [""; 0]);
    assert!(
        nothing.check.traces > 5 && nothing.check.pages > 10,
        "{nothing:?}"
    );
    assert_eq!(nothing.check.unused, 0);

    let in_bytes = erased_after(|_, app, _| {
        let copy = "CREATE TABLE copies (bytes BLOB) STRICT;
            INSERT INTO copies SELECT CAST(text AS BLOB) FROM messages";
        execute(app, copy);
    });
    assert_eq!(places(&in_bytes), ["the database"]);

    let in_the_index = erased_after(|_, app, _| {
        execute(
            app,
            "INSERT INTO messages_fts (rowid, text) VALUES (77, 'a stegosauruses b')",
        );
    });
    assert!(
        places(&in_the_index).contains(&"the index of the search"),
        "{in_the_index:?}"
    );

    let in_a_file = erased_after(|folder, _, _| {
        let wide: Vec<u8> = QUESTION.encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(folder.path().join("notes"), ANSWER).unwrap();
        std::fs::create_dir_all(folder.path().join("window/cache")).unwrap();
        std::fs::write(folder.path().join("window/cache/1"), wide).unwrap();
    });
    let mut found = places(&in_a_file);
    found.sort_unstable();
    assert_eq!(found, ["another file of the data folder", "window"]);
}

#[test]
fn what_others_have_said_too_is_told_and_not_taken_for_a_copy() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder);
    let id = written(&app, QUESTION, ANSWER);
    written(&app, &QUESTION.to_uppercase(), "I do not know.");
    let erased = erase(&app, &Erasure::Conversation { id });
    assert_eq!(places(&erased), [""; 0]);
    assert!(erased.check.common > 0, "{erased:?}");
    holds(&app);
}

#[test]
fn of_whole_messages_of_a_person_all_words_are_looked_for() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder);
    written(&app, QUESTION, ANSWER);
    execute(
        &app,
        "CREATE TABLE copies (bytes BLOB) STRICT;
         INSERT INTO copies VALUES (CAST('say of the stegosauruses in' AS BLOB))",
    );
    let person = |extent| Erasure::Person {
        identifiers: vec!["Mr Brontosaurus".into()],
        extent,
    };
    assert_eq!(
        places(&erase(&app, &person(Extent::Messages))),
        ["the database"]
    );
}
