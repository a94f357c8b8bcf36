//! Texts of messages, held against what the record says of them.

use sha2::{Digest, Sha256};

use super::*;
use crate::{
    chat::{self, ChatError, MessageState, NewTurn, Options},
    record::encoding::hex,
    workspaces,
};

/// A conversation with one turn, and the entry of its call as the gate writes it.
fn with_a_turn() -> (Installation, NewTurn) {
    let here = Installation::with_entries(0);
    let (store, record) = here.open();
    let written = |id, text: &str| json!({ "message": id, "sha256": hex(&Sha256::digest(text)) });
    let turn = store
        .write(|tx| {
            workspaces::first(tx, NOW)?;
            let workspace = workspaces::current(tx, NOW)?;
            chat::create(tx, here.conversation, workspace, &Options::default(), NOW)?;
            let turn = chat::begin_turn(tx, here.conversation, "How many?", NOW)?;
            chat::end_answer(tx, turn.answer, "Seven.", MessageState::Done, None)?;
            let event = Event::new(Action::CallEnded)
                .about(Subject::Conversation(here.conversation))
                .payload(json!({
                    "question": written(turn.question.unwrap(), "How many?"),
                    "answer": written(turn.answer, "Seven."),
                }));
            record.append(tx, event, NOW)?;
            Ok::<_, ChatError>(turn)
        })
        .unwrap();
    drop((record, store));
    (here, turn)
}

/// The sequence of the entry that speaks of the turn.
const SPEAKS: i64 = 4;

#[test]
fn texts_that_nobody_touched_are_those_that_the_record_speaks_of() {
    assert_eq!(with_a_turn().0.verdict().fault, None);
}

#[test]
fn one_letter_of_a_question_or_an_answer_that_was_changed_is_found() {
    for (column, text) in [("question", "How meny?"), ("answer", "Eleven.")] {
        let (here, turn) = with_a_turn();
        let message = if column == "question" {
            turn.question.unwrap()
        } else {
            turn.answer
        };
        here.attack(|conn| {
            conn.execute(
                "UPDATE messages SET text = ?2 WHERE id = ?1",
                (message, text),
            )
            .unwrap();
        });
        assert_eq!(here.fault_at_start(), None, "a start looks at the end only");
        let verdict = here.verdict();
        assert_eq!(verdict.fault, Some(Fault::TextChanged(SPEAKS)), "{column}");
        assert!(verdict.count > SPEAKS, "the chain itself is whole");
    }
}

#[test]
fn a_message_that_was_deleted_behind_the_record_is_found() {
    let (here, turn) = with_a_turn();
    here.attack(|conn| {
        conn.execute("DELETE FROM messages WHERE id = ?1", [turn.answer])
            .unwrap();
    });
    assert_eq!(here.verdict().fault, Some(Fault::TextMissing(SPEAKS)));
}

#[test]
fn a_fault_of_the_chain_is_told_before_one_in_a_text() {
    let (here, turn) = with_a_turn();
    here.append(1);
    here.attack(|conn| {
        conn.execute("UPDATE messages SET text = '' WHERE id = ?1", [turn.answer])
            .unwrap();
        conn.execute(
            "UPDATE audit_entries SET actor = 'app' WHERE sequence = ?1",
            [SPEAKS + 1],
        )
        .unwrap();
    });
    assert_eq!(here.verdict().fault, Some(Fault::Changed(SPEAKS + 1)));
}

#[test]
fn a_text_that_was_erased_with_what_the_record_knew_of_it_is_compared_with_nothing() {
    let (here, turn) = with_a_turn();
    let (store, record) = here.open();
    store
        .write(|tx| {
            tx.execute(
                "UPDATE messages SET text = '█' WHERE id = ?1",
                [turn.answer],
            )?;
            let subject = Subject::Conversation(here.conversation);
            record.erase(tx, subject, Event::new(Action::Erased), NOW)
        })
        .unwrap();
    let verdict = record.verify(&mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(verdict.fault, None);
    assert_eq!(verdict.notes.erased, 1);
}
