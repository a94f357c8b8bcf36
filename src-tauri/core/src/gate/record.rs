//! What the record says of a call: what was decided before it, what came of it after, in the same
//! transaction as the rows that it is about. And of accounts and prices, which the gate keeps.

use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    accounts::Account,
    chat::{self, pictures},
    clients::Client,
    costs::{self, CallEnd, CallIdentity, CallStart, name_of, prices::Changes},
    gate::GateError,
    ids::{ConversationId, MessageId},
    money::Money,
    providers::local,
    record::{Action, Actor, Event, Record, Subject, hex},
    safety::DataClass,
};

/// Write the row of a call that is about to be made, and its entry; the call's number. `leaves` is
/// the body of the request, where one leaves.
pub(super) fn begin(
    record: &Record,
    tx: &Connection,
    call: &CallStart<'_>,
    leaves: Option<&[u8]>,
) -> rusqlite::Result<i64> {
    let number = costs::begin(tx, call)?;
    let event = Event::new(Action::CallBegan)
        .fact("call", number)
        .fact("purpose", name_of(&call.purpose))
        .fact("provider", call.provider)
        .fact("model", known_as(call.provider, call.model, call.version))
        .fact("workspace", call.workspace.to_string())
        .fact("route", name_of(&call.route))
        .maybe("decision", call.decision.as_ref().map(name_of))
        .fact("masked", call.masked)
        .maybe("pictures", (call.pictures > 0).then_some(call.pictures))
        .fact("moves", i64::try_from(call.moves.len()).unwrap_or(i64::MAX));
    let event = match (call.conversation, call.client) {
        (None, None) => event,
        (None, Some(client)) => event
            .by(Actor::LocalApi)
            .fact("client", client.to_string())
            .about(Subject::Workspace(call.workspace))
            .payload(json!({
                "account": call.account_id,
                "alias": call.alias,
                "moves": call.moves,
                "request_sha256": leaves.map(sha256),
            })),
        (Some(conversation), _) => {
            event
                .about(Subject::Conversation(conversation))
                .payload(json!({
                    "conversation": conversation,
                    "answer": call.message,
                    "account": call.account_id,
                    "alias": call.alias,
                    "moves": call.moves,
                    "question": asked(tx, call.message)?,
                    "request_sha256": leaves.map(sha256),
                }))
        }
    };
    record.append(tx, event, call.started_at_ms)?;
    Ok(number)
}

/// Complete the row of a call, and write the entry of its end. `answer`: the one that it wrote, as it is kept,
/// if it wrote one.
pub(super) fn end(
    record: &Record,
    tx: &Connection,
    number: i64,
    end: &CallEnd<'_>,
    answer: Option<MessageId>,
    now_ms: i64,
) -> rusqlite::Result<()> {
    costs::end(tx, number, end)?;
    let call = costs::identity(tx, number)?;
    let event = ended(number, &call)
        .fact("outcome", name_of(&end.status))
        .maybe("error", end.error_kind)
        .fact("input_tokens", end.input_tokens)
        .fact("cached_tokens", end.cached_tokens)
        .fact("output_tokens", end.output_tokens)
        .maybe("cost_usd", end.cost.map(Money::decimal))
        .maybe("price", end.price.map(|price| price.number()))
        .fact(
            "counted_by",
            if end.measured {
                "provider"
            } else {
                "gatehouse"
            },
        )
        .fact("duration_ms", end.duration_ms);
    let event = match (call.conversation, answer, call.client) {
        (None, _, Some(_)) => event.by(Actor::LocalApi),
        _ => event,
    };
    let event = with_texts(tx, event, call.conversation, answer)?;
    record.append(tx, event, now_ms).map(drop)
}

/// Write the entry of the end of a call whose process was cut off in it, and mark its answer. What it took is
/// not known; what it was asked and what is kept of its answer is. `alone`: no other process has the data open.
pub(crate) fn interrupted(
    record: &Record,
    tx: &Connection,
    number: i64,
    alone: bool,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let call = costs::identity(tx, number)?;
    if let Some(answer) = call.message {
        chat::interrupt(tx, answer)?;
    }
    let event = ended(number, &call)
        .by_itself()
        .fact("outcome", "interrupted");
    // Beside other processes one may be at work on it all the same, where this one cannot see it: its text would
    // change after this entry.
    let event = match alone {
        true => with_texts(tx, event, call.conversation, call.message)?,
        false => event,
    };
    record.append(tx, event, now_ms).map(drop)
}

/// Which call it is that has ended.
fn ended(number: i64, call: &CallIdentity) -> Event {
    Event::new(Action::CallEnded)
        .fact("call", number)
        .fact(
            "model",
            known_as(&call.provider, &call.model, &call.version),
        )
        .fact("provider", call.provider.as_str())
        .fact("workspace", call.workspace.to_string())
        .maybe("client", call.client.map(|client| client.to_string()))
}

/// About the conversation, with what question and answer hash to.
fn with_texts(
    tx: &Connection,
    event: Event,
    conversation: Option<ConversationId>,
    answer: Option<MessageId>,
) -> rusqlite::Result<Event> {
    let Some(conversation) = conversation else {
        return Ok(event);
    };
    let event = event.about(Subject::Conversation(conversation));
    let written = answer.map(|answer| written(tx, answer)).transpose()?;
    Ok(match written.flatten() {
        Some(written) => {
            let question = asked(tx, answer)?;
            event.payload(json!({ "question": question, "answer": written }))
        }
        None => event,
    })
}

/// What a model is known as in the clear. One on this computer by the SHA-256 of its file: whoever put
/// the file there has named it, and may have named it after a person.
fn known_as<'a>(provider: &str, model: &'a str, version: &'a str) -> &'a str {
    if provider == local::NAME {
        version
    } else {
        model
    }
}

/// What the record says of a message that did not leave, and that nobody was asked.
pub(super) fn refused(conversation: ConversationId, error: &GateError) -> Event {
    Event::new(Action::Refused)
        .fact("outcome", outcome(error))
        .about(Subject::Conversation(conversation))
        .payload(json!({ "reason": error.to_string() }))
}

/// The same of a request of a client of the local API.
pub(super) fn refused_to(client: &Client, is_there: bool, error: &GateError) -> Event {
    let event = Event::new(Action::Refused)
        .by(Actor::LocalApi)
        .fact("outcome", outcome(error))
        .fact("client", client.id.to_string());
    if !is_there {
        // It went with its workspace, of which nothing private is begun anew.
        return event;
    }
    event
        .about(Subject::Workspace(client.workspace_id))
        .payload(json!({ "reason": error.to_string() }))
}

/// What a class of data is called.
pub(super) fn class_name(class: DataClass) -> &'static str {
    match class {
        DataClass::Personal => "personal",
        DataClass::Special => "special",
        DataClass::Secret => "secret",
    }
}

fn outcome(error: &GateError) -> &'static str {
    match error {
        GateError::Blocked { .. } | GateError::NobodyLooks { .. } => "blocked",
        GateError::NotAllowed(_) => "not allowed",
        GateError::ReviewFirst { .. } | GateError::NotLetGo { .. } => "to be reviewed",
        GateError::Budget(_) | GateError::ClientBudget(_) => "budget",
        GateError::NoModel | GateError::Model(_) | GateError::ModelUnknown(_) => "no model",
        _ => "failed",
    }
}

/// What the record says of new prices.
pub(crate) fn prices_event(changes: &Changes, read_from: &'static str) -> Event {
    Event::new(Action::PricesUpdated)
        .fact("read_from", read_from)
        .fact("added", count(&changes.added))
        .fact("changed", count(&changes.changed))
}

/// What the record says of an account: who is asked where, and in private what a person calls it.
pub(crate) fn account_event(action: Action, account: &Account) -> Event {
    Event::new(action)
        .about(Subject::Installation)
        .fact("provider", name_of(&account.kind))
        .fact("models", count(&account.models))
        .payload(json!({ "account": account.id, "name": account.name, "host": account.host() }))
}

fn count<T>(of: &[T]) -> i64 {
    i64::try_from(of.len()).unwrap_or(i64::MAX)
}

/// The question that an answer is to, as the record knows it.
fn asked(tx: &Connection, answer: Option<MessageId>) -> rusqlite::Result<Option<Value>> {
    let Some(answer) = answer else {
        return Ok(None);
    };
    match chat::question_of(tx, answer)? {
        Some(question) => written(tx, question),
        None => Ok(None),
    }
}

/// A message as the record knows it: which one, and what its text and its pictures hash to. `None`: it is not
/// there any more.
fn written(tx: &Connection, message: MessageId) -> rusqlite::Result<Option<Value>> {
    let Some(text) = chat::text_sha256(tx, message)? else {
        return Ok(None);
    };
    let mut written = json!({ "message": message, "sha256": hex(&text) });
    let shown = pictures::hashes(tx, message)?;
    if !shown.is_empty() {
        let hashes: Vec<_> = shown.iter().map(|hash| hex(hash)).collect();
        written["pictures"] = hashes.into();
    }
    Ok(Some(written))
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::{
        app::{App, Surroundings},
        chat::Options,
        costs::{Purpose, Route},
        ids::WorkspaceId,
        record::{Fault, Filter},
        secrets::{self, KeyHome},
        store::DataFolder,
    };

    fn open(folder: &DataFolder) -> App {
        let around = Surroundings {
            actor: Actor::CommandLine,
            engine_program: std::path::PathBuf::new(),
            resources: None,
            on_engine_change: Box::new(|| ()),
        };
        App::open(folder, around).unwrap()
    }

    /// A call of a model on this computer.
    fn local_call(
        workspace: WorkspaceId,
        conversation: ConversationId,
        answer: MessageId,
    ) -> CallStart<'static> {
        CallStart {
            started_at_ms: 1,
            workspace,
            conversation: Some(conversation),
            message: Some(answer),
            client: None,
            purpose: Purpose::Chat,
            provider: local::NAME,
            model_id: None,
            account_id: None,
            alias: None,
            decision: None,
            masked: 0,
            pictures: 0,
            moves: &[],
            model: "a model",
            version: "0123",
            route: Route::Local,
        }
    }

    /// A call that was begun, in a Gatehouse that ended before its answer did.
    fn cut_off() -> (tempfile::TempDir, DataFolder, ConversationId) {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(dir.path())).unwrap();
        secrets::database_key(&folder, KeyHome::File).unwrap();
        let app = open(&folder);
        let made = app.gate.new_conversation(&Options::default()).unwrap();
        app.store
            .write(|tx| {
                let turn = chat::begin_turn(tx, made.id, "What is the sky?", 1)?;
                let call = local_call(made.workspace_id, made.id, turn.answer);
                begin(&app.record, tx, &call, None)?;
                Ok::<_, chat::ChatError>(chat::keep_partial(tx, turn.answer, "Blue, as")?)
            })
            .unwrap();
        (dir, folder, made.id)
    }

    fn fault(app: &App) -> Option<Fault> {
        let verdict = app.record.verify(&mut |_| ControlFlow::Continue(()));
        verdict.unwrap().fault
    }

    fn change(app: &App, before: &str, after: &str) {
        let sql = "UPDATE messages SET text = ?2 WHERE text = ?1";
        let changed = app.store.write(|tx| tx.execute(sql, [before, after]));
        assert_eq!(changed.unwrap(), 1);
    }

    #[test]
    fn a_call_that_was_cut_off_ends_as_the_call_it_was_and_commits_to_what_was_asked_and_kept() {
        for (before, after) in [("What is the sky?", "What is love?"), ("Blue, as", "Green")] {
            let (_dir, folder, conversation) = cut_off();
            let app = open(&folder);
            let filter = Filter {
                action: Some(Action::CallEnded.name().into()),
                model: Some("0123".into()),
                limit: 2,
                ..Filter::default()
            };
            let ended = app.record.list(&filter).unwrap();
            assert_eq!(ended.len(), 1, "it is found by its model");
            let fact = |name| ended[0].facts.iter().find(|fact| fact.name == name);
            assert_eq!(fact("outcome").unwrap().value, "interrupted");
            let details = app.record.details(ended[0].sequence).unwrap().unwrap();
            assert_eq!(details.message.unwrap().conversation, conversation);
            assert_eq!(fault(&app), None);
            change(&app, before, after);
            assert!(
                matches!(fault(&app), Some(Fault::TextChanged(_))),
                "{before}"
            );
        }
    }

    /// The states of all messages, and how many calls are under way.
    fn standing(app: &App) -> (Vec<String>, i64) {
        let states = "SELECT state FROM messages ORDER BY number";
        let running = "SELECT count(*) FROM calls WHERE status = 'running'";
        app.store
            .read(|conn| {
                let states = conn
                    .prepare(states)?
                    .query_map([], |row| row.get(0))?
                    .collect::<rusqlite::Result<_>>()?;
                let running = conn.query_row(running, [], |row| row.get(0))?;
                Ok::<_, rusqlite::Error>((states, running))
            })
            .unwrap()
    }

    #[test]
    fn an_answer_whose_process_is_gone_is_interrupted_while_another_process_is_at_work() {
        let (_dir, folder, conversation) = cut_off();
        let window = open(&folder);
        assert_eq!(
            standing(&window),
            (vec!["done".into(), "interrupted".into()], 0)
        );
        for by_start in [false, true] {
            let call = |tx: &Connection| {
                let turn = chat::begin_turn(tx, conversation, "And the sea?", 1)?;
                let workspace = chat::get(tx, conversation)?.workspace_id;
                let call = local_call(workspace, conversation, turn.answer);
                begin(&window.record, tx, &call, None)?;
                Ok::<_, chat::ChatError>(turn.answer)
            };
            let answer = window.store.write(|tx| call(tx)).unwrap();
            let is_streaming = |app: &App| standing(app).0.last().unwrap() == "streaming";
            drop(open(&folder));
            assert!(!window.mark_left_behind().unwrap());
            assert!(is_streaming(&window), "its process runs, which is this one");
            // No system has so many processes.
            let gone = "UPDATE calls SET reserved_by = '99999999 1' WHERE message_id = ?1";
            window.store.write(|tx| tx.execute(gone, [answer])).unwrap();
            if by_start {
                drop(open(&folder));
            } else {
                assert!(window.mark_left_behind().unwrap());
            }
            assert!(!window.mark_left_behind().unwrap(), "it is done once");
            let (states, running) = standing(&window);
            assert_eq!(
                (states.last().unwrap().as_str(), running),
                ("interrupted", 0)
            );
        }
        let ends = Filter {
            action: Some(Action::CallEnded.name().into()),
            limit: 9,
            ..Filter::default()
        };
        assert_eq!(
            window.record.list(&ends).unwrap().len(),
            3,
            "each has its entry"
        );
        assert_eq!(fault(&window), None);
    }

    #[test]
    fn a_question_that_is_changed_before_the_call_has_ended_is_found() {
        let (_dir, folder, _) = cut_off();
        let key = secrets::database_key(&folder, KeyHome::File).unwrap().0;
        // While no Gatehouse runs that could write how the call ended.
        let store = crate::store::Store::open(&folder, &key, 1).unwrap();
        let sql = "UPDATE messages SET text = 'What is love?' WHERE text = 'What is the sky?'";
        store.write(|tx| tx.execute(sql, [])).unwrap();
        drop(store);
        assert!(matches!(fault(&open(&folder)), Some(Fault::TextChanged(_))));
    }
}
