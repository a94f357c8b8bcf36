//! What the record says of a call: what was decided before it, what came of it after, in the same
//! transaction as the rows that it is about.

use rusqlite::Transaction;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    chat::Message,
    costs::{self, CallEnd, CallStart, name_of},
    record::{Action, Event, Record, Subject},
};

/// Write the row of a call that is about to be made, and its entry; the call's number. `leaves` is
/// the body of the request, where one leaves.
pub(super) fn begin(
    record: &Record,
    tx: &Transaction<'_>,
    call: &CallStart<'_>,
    leaves: Option<&[u8]>,
) -> rusqlite::Result<i64> {
    let number = costs::begin(tx, call)?;
    let event = Event::new(Action::CallBegan)
        .fact("call", number)
        .fact("purpose", name_of(&call.purpose))
        .fact("provider", call.provider)
        .fact("model", call.model)
        .fact("workspace", call.workspace.to_string())
        .fact("route", name_of(&call.route))
        .maybe("decision", call.decision.as_ref().map(name_of))
        .fact("masked", call.masked)
        .fact("moves", i64::try_from(call.moves.len()).unwrap_or(i64::MAX));
    let event = match call.conversation {
        None => event,
        Some(conversation) => event
            .about(Subject::Conversation(conversation))
            .payload(json!({
                "conversation": conversation,
                "answer": call.message,
                "account": call.account_id,
                "alias": call.alias,
                "moves": call.moves,
                "request_sha256": leaves.map(sha256),
            })),
    };
    record.append(tx, event, call.started_at_ms)?;
    Ok(number)
}

/// Complete the row of a call, and write the entry of its end. `texts`: question and answer as they
/// are kept, where it wrote an answer.
pub(super) fn end(
    record: &Record,
    tx: &Transaction<'_>,
    number: i64,
    end: &CallEnd<'_>,
    texts: Option<(Option<&Message>, &Message)>,
    now_ms: i64,
) -> rusqlite::Result<()> {
    costs::end(tx, number, end)?;
    let call = costs::identity(tx, number)?;
    let event = Event::new(Action::CallEnded)
        .fact("call", number)
        .fact("provider", call.provider)
        .fact("model", call.model)
        .fact("workspace", call.workspace.to_string())
        .fact("outcome", name_of(&end.status))
        .maybe("error", end.error_kind)
        .fact("input_tokens", end.input_tokens)
        .fact("cached_tokens", end.cached_tokens)
        .fact("output_tokens", end.output_tokens)
        .maybe("cost_usd", end.cost.map(|cost| cost.to_string()))
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
                "question": question.map(written),
                "answer": written(answer),
            })),
        (Some(conversation), None) => event.about(Subject::Conversation(conversation)),
        (None, _) => event,
    };
    record.append(tx, event, now_ms).map(drop)
}

/// A message as the record knows it: which one, and what its text hashes to.
fn written(message: &Message) -> Value {
    json!({ "message": message.id, "sha256": sha256(message.text.as_bytes()) })
}

fn sha256(bytes: &[u8]) -> String {
    crate::record::hex(&Sha256::digest(bytes))
}
