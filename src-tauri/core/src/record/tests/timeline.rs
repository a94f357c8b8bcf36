//! What happened is found again.

use super::*;
use crate::{
    ids::WorkspaceId,
    record::{EntryRow, Filter},
    workspaces::{self, WorkspaceError},
};

fn sequences(rows: &[EntryRow]) -> Vec<i64> {
    rows.iter().map(|row| row.sequence).collect()
}

fn with(change: impl FnOnce(&mut Filter)) -> Filter {
    let mut filter = Filter {
        limit: 10,
        ..Filter::default()
    };
    change(&mut filter);
    filter
}

/// Entries 3 to 8: calls of two models with two outcomes.
fn filled() -> (Installation, Arc<Store>, Record) {
    let here = Installation::with_entries(0);
    let (store, record) = here.open();
    store
        .write(|tx| {
            for nth in 0..6i64 {
                let event = here
                    .event(100 + nth)
                    .fact("model", if nth < 4 { "Small" } else { "large" })
                    .fact("outcome", if nth % 2 == 0 { "answered" } else { "failed" });
                record.append(tx, event, NOW)?;
            }
            Ok::<_, rusqlite::Error>(())
        })
        .unwrap();
    (here, store, record)
}

#[test]
fn entries_come_newest_first_and_page_by_page() {
    let (_here, _store, record) = filled();
    let page = |filter: Filter| record.list(&filter).unwrap();
    let first = page(with(|filter| filter.limit = 4));
    assert_eq!(sequences(&first), [9, 8, 7, 6]);
    let second = page(with(|filter| {
        filter.limit = 4;
        filter.before = Some(6);
    }));
    assert_eq!(sequences(&second), [5, 4, 3, 2]);
}

#[test]
fn filters_hold_together() {
    let (_here, _store, record) = filled();
    let found = |filter: Filter| sequences(&record.list(&filter).unwrap());
    assert_eq!(found(with(|f| f.model = Some("large".into()))), [9, 8]);
    assert_eq!(
        found(with(|f| {
            f.model = Some("large".into());
            f.outcome = Some("failed".into());
        })),
        [9]
    );
    assert_eq!(
        found(with(|f| f.action = Some("app.started".into()))),
        [3, 2]
    );
}

/// A workspace with the conversation that is written about.
fn with_conversation(here: &Installation, store: &Store) -> WorkspaceId {
    let made = store.write(|tx| {
        let workspace = workspaces::save(tx, WorkspaceId::new(), "Larkspur", NOW)?.id;
        tx.execute(
            "INSERT INTO conversations (id, workspace_id, title, sampling, created_at_ms, updated_at_ms)
             VALUES (?1, ?2, 'Österreich-Reise', '{}', 0, 0)",
            (here.conversation, workspace),
        )?;
        Ok::<_, WorkspaceError>(workspace)
    });
    made.unwrap()
}

fn of_workspace(record: &Record, workspace: WorkspaceId) -> Vec<i64> {
    let filter = with(|filter| filter.workspace = Some(workspace.to_string()));
    sequences(&record.list(&filter).unwrap())
}

fn holds(record: &Record) -> bool {
    let verdict = record.verify(&mut |_| ControlFlow::Continue(()));
    verdict.unwrap().fault.is_none()
}

#[test]
fn what_is_about_a_conversation_is_found_by_its_workspace_also_when_it_is_erased() {
    let here = Installation::with_entries(0);
    let (store, record) = here.open();
    let workspace = with_conversation(&here, &store);
    let conversation = Subject::Conversation(here.conversation);
    let append = |event: Event| store.write(|tx| record.append(tx, event, NOW)).unwrap();
    let refused = append(Event::new(Action::Refused).about(conversation));
    let looked = append(Event::new(Action::LeavingShown).about(Subject::Workspace(workspace)));
    append(Event::new(Action::SettingsChanged).about(Subject::Installation));
    append(Event::new(Action::Refused).about(Subject::Conversation(ConversationId::new())));
    let erased = store.write(|tx| {
        let event = Event::new(Action::Erased);
        let erased = record.erase(tx, conversation, event, NOW)?;
        tx.execute("DELETE FROM conversations", [])?;
        Ok::<_, rusqlite::Error>(erased.unwrap())
    });
    let erased = erased.unwrap();
    assert_eq!(of_workspace(&record, workspace), [erased, looked, refused]);
    assert_eq!(of_workspace(&record, WorkspaceId::new()), [] as [i64; 0]);
    let filter = with(|filter| {
        filter.workspace = Some(workspace.to_string());
        filter.action = Some("gate.refused".into());
    });
    assert_eq!(sequences(&record.list(&filter).unwrap()), [refused]);
    assert!(holds(&record));
    drop((store, record));
    here.attack(|conn| {
        let hide = "UPDATE audit_lookup SET workspace = NULL WHERE sequence = ?1";
        assert_eq!(conn.execute(hide, [refused]).unwrap(), 1);
    });
    assert!(matches!(here.verdict().fault, Some(Fault::Hidden(_))));
}

#[test]
fn entries_that_do_not_name_the_workspace_of_their_conversation_are_found_by_it() {
    let (here, store, record) = filled();
    // They were written while there was no such conversation that could have been asked.
    record.look_up().unwrap();
    let workspace = with_conversation(&here, &store);
    assert_eq!(of_workspace(&record, workspace), [] as [i64; 0]);
    let update = crate::record::lookup::MIGRATIONS.last().unwrap().sql;
    store.write(|tx| tx.execute_batch(update)).unwrap();
    assert_eq!(of_workspace(&record, workspace), [9, 8, 7, 6, 5, 4]);
    assert!(holds(&record));
    store
        .write(|tx| tx.execute("DELETE FROM conversations", []))
        .unwrap();
    assert!(holds(&record), "the lookup may know what is gone");
}

#[test]
fn a_text_finds_actions_models_and_numbers_each_entry_once() {
    let (_here, _store, record) = filled();
    let found = |text: &str| {
        let filter = with(|filter| filter.text = Some(text.into()));
        sequences(&record.list(&filter).unwrap())
    };
    assert_eq!(found("LARGE"), [9, 8]);
    assert_eq!(found("started"), [3, 2]);
    assert_eq!(found("#5"), [5], "the entry of this number");
    assert_eq!(found("103"), [7], "the call of this number");
    assert_eq!(found("l"), [9, 8, 7, 6, 5, 4], "in call and in both models");
    assert_eq!(found("100%_"), [] as [i64; 0]);
}

#[test]
fn a_text_finds_what_is_shown_in_other_words() {
    let (_here, _store, record) = filled();
    let filter = with(|filter| {
        filter.text = Some("Gatehouse started".into());
        filter.shown = vec!["app.started".into(), "large".into()];
    });
    assert_eq!(sequences(&record.list(&filter).unwrap()), [9, 8, 3, 2]);
    let filter = with(|filter| filter.shown = vec!["app.started".into()]);
    let all = record.list(&filter).unwrap();
    assert_eq!(all.len(), 9, "without a text, nothing is meant by it");
}

#[test]
fn a_text_finds_titles_in_whatever_case_their_letters_are() {
    let (here, store, record) = filled();
    with_conversation(&here, &store);
    for text in ["Österreich", "österreich-r", "REISE"] {
        let filter = with(|filter| filter.text = Some(text.into()));
        let found = sequences(&record.list(&filter).unwrap());
        assert_eq!(found, [9, 8, 7, 6, 5, 4], "{text}");
    }
    let filter = with(|filter| filter.text = Some("Ungarn".into()));
    assert_eq!(record.list(&filter).unwrap(), []);
}

#[test]
fn a_call_leads_to_its_own_entry_whatever_models_are_called_and_however_much_came_after() {
    let here = Installation::with_entries(0);
    let (store, record) = here.open();
    let append = |event: Event| {
        let appended = store.write(|tx| record.append(tx, event, NOW));
        appended.unwrap();
    };
    for nth in 1..=40i64 {
        let model = if nth % 2 == 0 {
            "gpt-5"
        } else {
            "SmolLM2 135M"
        };
        let of = |action| Event::new(action).fact("call", nth).fact("model", model);
        append(of(Action::CallBegan));
        append(of(Action::CallEnded));
    }
    append(Event::new(Action::LeavingShown).fact("call", 5i64));
    let found = |action: Option<Action>, call: i64| {
        let filter = with(|filter| {
            filter.action = action.map(|action| action.name().to_owned());
            filter.call = Some(call);
        });
        sequences(&record.list(&filter).unwrap())
    };
    let first = found(Some(Action::CallBegan), 1)[0];
    for call in [1, 3, 5, 13, 35, 40] {
        let began = first + 2 * (call - 1);
        assert_eq!(found(Some(Action::CallBegan), call), [began]);
        assert_eq!(found(Some(Action::CallEnded), call), [began + 1]);
    }
    assert_eq!(found(None, 5).len(), 3, "and that somebody looked at it");
    assert_eq!(found(None, 135), [] as [i64; 0], "a model is no call");
}

#[test]
fn the_filters_offer_what_there_is() {
    let (_here, _store, record) = filled();
    let choices = record.choices().unwrap();
    assert_eq!(
        choices.actions,
        ["app.started", "call.ended", "record.began"]
    );
    let models: Vec<_> = choices.models.iter().map(|one| &one.name).collect();
    assert_eq!(models, ["Small", "large"]);
    assert_eq!(choices.outcomes, ["answered", "failed"]);
}

#[test]
fn an_entry_shows_its_place_and_what_is_private() {
    let (_here, _store, record) = filled();
    let details = record.details(5).unwrap().unwrap();
    assert_eq!(
        details.payload.as_deref(),
        Some(r#"{"text":"private 101"}"#)
    );
    assert_eq!(details.previous, record.details(4).unwrap().unwrap().hash);
    assert_eq!(record.details(99).unwrap(), None);
}

#[test]
fn a_failure_is_told_until_it_was_read_and_stays_in_the_record() {
    let here = Installation::with_entries(5);
    here.attack(|conn| {
        conn.execute("UPDATE audit_entries SET sealed = NULL", [])
            .unwrap();
    });
    let (_store, record) = here.open();
    record.verify(&mut |_| ControlFlow::Continue(())).unwrap();
    let failure = record.status().unwrap().failure.unwrap();
    assert_eq!(
        (failure.fault.as_str(), failure.at),
        ("payload-missing", Some(3))
    );
    assert!(!failure.seen);
    record.failure_seen(NOW).unwrap();
    assert!(record.status().unwrap().failure.unwrap().seen);
    let kept = record.details(failure.found.sequence).unwrap().unwrap();
    assert_eq!(kept.row.action, Action::VerificationFailed.name());
}

#[test]
fn an_entry_that_was_hidden_from_searches_is_found_by_a_verification() {
    for sql in [
        "DELETE FROM audit_lookup WHERE sequence = 5",
        "UPDATE audit_lookup SET outcome = (SELECT id FROM audit_values WHERE value = 'failed') WHERE sequence = 4",
        "UPDATE audit_values SET value = 'nothing' WHERE value = 'large'",
        "UPDATE audit_lookup SET call = 1 WHERE sequence = 8",
    ] {
        let (here, store, record) = filled();
        record.look_up().unwrap();
        drop((store, record));
        here.attack(|conn| conn.execute_batch(sql).unwrap());
        let found = here.verdict().fault;
        assert!(matches!(found, Some(Fault::Hidden(_))), "{sql}: {found:?}");
    }
}
