//! What is destroyed is gone, and the chain says so.

use super::*;

#[test]
fn what_was_erased_is_gone_and_the_record_verifies() {
    let here = Installation::with_entries(5);
    let (store, record) = here.open();
    let erased = store
        .write(|tx| {
            let subject = Subject::Conversation(here.conversation);
            record.erase(tx, subject, Event::new(Action::Erased), NOW)
        })
        .unwrap();
    assert!(erased.is_some());
    let payloads: i64 = store
        .read(|conn| {
            conn.query_row("SELECT count(sealed) FROM audit_entries", [], |row| {
                row.get(0)
            })
        })
        .unwrap();
    assert_eq!(payloads, 0);
    let verdict = record.verify(&mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(verdict.fault, None);
    assert_eq!(verdict.notes.erased, 5);
}

#[test]
fn what_nobody_wrote_about_leaves_no_entry_when_it_is_erased() {
    let here = Installation::with_entries(1);
    let (store, record) = here.open();
    let erased = store
        .write(|tx| {
            let subject = Subject::Conversation(ConversationId::new());
            record.erase(tx, subject, Event::new(Action::Erased), NOW)
        })
        .unwrap();
    assert!(erased.is_none());
}

#[test]
fn after_an_erasure_the_subject_has_another_name_and_its_payloads_count_again() {
    let here = Installation::with_entries(2);
    let (store, record) = here.open();
    let token = |sequence| {
        store
            .read(|conn| Ok::<_, rusqlite::Error>(entry_at(conn, sequence).subject))
            .unwrap()
    };
    store
        .write(|tx| {
            let subject = Subject::Conversation(here.conversation);
            record.erase(tx, subject, Event::new(Action::Erased), NOW)?;
            record.append(tx, here.event(9), NOW)
        })
        .unwrap();
    assert_ne!(
        token(3),
        token(7),
        "nothing joins what was before and after"
    );
    drop((record, store));
    here.attack(|conn| {
        conn.execute(
            "UPDATE audit_entries SET sealed = NULL WHERE sequence = 7",
            [],
        )
        .unwrap();
    });
    assert_eq!(here.verdict().fault, Some(Fault::PayloadMissing(7)));
}

#[test]
fn the_record_itself_refuses_to_be_changed() {
    let here = Installation::with_entries(2);
    let (store, _record) = here.open();
    for sql in [
        "UPDATE audit_entries SET actor = 'x'",
        "DELETE FROM audit_entries WHERE sequence = 5",
        "UPDATE audit_entries SET sealed = x'00' WHERE sequence = 4",
    ] {
        let refused = store.write(|tx| tx.execute_batch(sql)).unwrap_err();
        assert!(refused.to_string().contains("only added to"), "{refused}");
    }
}
