//! What the record says of a call: what was decided before it, what came of it after, in the same
//! transaction as the rows that it is about. And of accounts and prices, which the gate keeps.

use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    accounts::Account,
    chat::{Message, pictures},
    clients::Client,
    costs::{self, CallEnd, CallStart, name_of, prices::Changes},
    gate::GateError,
    ids::ConversationId,
    money::Money,
    providers::local,
    record::{Action, Actor, Event, Record, Subject},
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
                    "request_sha256": leaves.map(sha256),
                }))
        }
    };
    record.append(tx, event, call.started_at_ms)?;
    Ok(number)
}

/// Complete the row of a call, and write the entry of its end. `texts`: question and answer as they
/// are kept, where it wrote an answer.
pub(super) fn end(
    record: &Record,
    tx: &Connection,
    number: i64,
    end: &CallEnd<'_>,
    texts: Option<(Option<&Message>, &Message)>,
    now_ms: i64,
) -> rusqlite::Result<()> {
    costs::end(tx, number, end)?;
    let call = costs::identity(tx, number)?;
    let event = Event::new(Action::CallEnded)
        .fact("call", number)
        .fact(
            "model",
            known_as(&call.provider, &call.model, &call.version),
        )
        .fact("provider", call.provider)
        .fact("workspace", call.workspace.to_string())
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
    let event = match (call.conversation, texts) {
        (Some(conversation), Some((question, answer))) => event
            .about(Subject::Conversation(conversation))
            .payload(json!({
                "question": question.map(|question| written(tx, question)).transpose()?,
                "answer": written(tx, answer)?,
            })),
        (Some(conversation), None) => event.about(Subject::Conversation(conversation)),
        (None, _) => match call.client {
            Some(client) => event.by(Actor::LocalApi).fact("client", client.to_string()),
            None => event,
        },
    };
    record.append(tx, event, now_ms).map(drop)
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
pub(super) fn refused_to(client: &Client, error: &GateError) -> Event {
    Event::new(Action::Refused)
        .by(Actor::LocalApi)
        .fact("outcome", outcome(error))
        .fact("client", client.id.to_string())
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
        GateError::ReviewFirst { .. } => "to be reviewed",
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

/// A message as the record knows it: which one, and what its text and its pictures hash to.
fn written(tx: &Connection, message: &Message) -> rusqlite::Result<Value> {
    let mut written = json!({ "message": message.id, "sha256": sha256(message.text.as_bytes()) });
    if !message.pictures.is_empty() {
        let hashes = pictures::hashes(tx, message.id)?;
        let hashes: Vec<_> = hashes.iter().map(|hash| crate::record::hex(hash)).collect();
        written["pictures"] = hashes.into();
    }
    Ok(written)
}

fn sha256(bytes: &[u8]) -> String {
    crate::record::hex(&Sha256::digest(bytes))
}
