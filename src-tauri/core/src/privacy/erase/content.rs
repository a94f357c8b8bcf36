//! What an erasure takes out of the database, in one transaction with the entries that say so.

use rusqlite::Transaction;

use super::{EraseError, Erasure, Remains, certificate, check::Traces, person};
use crate::{
    chat,
    costs::budgets,
    ids::{ConversationId, WorkspaceId},
    policy,
    privacy::{
        Identifiers,
        requests::{self, RequestState},
    },
    record::{Action, Event, Record, Subject},
    workspaces,
};

/// What is gone from the database, and what to look for elsewhere.
#[derive(Debug, Default)]
pub(super) struct Gone {
    /// The entry that says so.
    pub(super) entry: i64,
    pub(super) kind: &'static str,
    pub(super) conversations: u32,
    pub(super) messages: u32,
    pub(super) words: u32,
    pub(super) remains: Vec<Remains>,
    pub(super) traces: Traces,
}

impl Gone {
    /// One that was cut off: what it took is not known any more.
    pub(super) fn unfinished(entry: i64, kind: &'static str) -> Self {
        Self {
            entry,
            kind,
            remains: vec![Remains {
                what: "a search for what was erased".into(),
                why:
                    "Gatehouse was ended before it; everything else was finished at the next start"
                        .into(),
            }],
            ..Self::default()
        }
    }
}

pub(super) fn erase(
    record: &Record,
    tx: &Transaction<'_>,
    erasure: &Erasure,
    request: Option<i64>,
    now_ms: i64,
) -> Result<Gone, EraseError> {
    if let Some(number) = request {
        requests::close(tx, number, RequestState::Done, now_ms)?;
        let event = requests::closed_event(number, RequestState::Done);
        record.append(tx, event, now_ms)?;
    }
    let mut gone = match erasure {
        Erasure::Conversation { id } => conversation(record, tx, *id, now_ms)?,
        Erasure::Workspace { id } => workspace(record, tx, *id, now_ms)?,
        Erasure::Person {
            identifiers,
            extent,
        } => {
            let identifiers = Identifiers::parse(identifiers)?;
            let mut gone = person::erase(record, tx, &identifiers, *extent, now_ms)?;
            let event = Event::new(Action::SubjectErased)
                .fact("conversations", gone.conversations)
                .fact("messages", gone.messages)
                .fact("places", gone.words)
                .maybe("request", request);
            gone.entry = record.append(tx, event, now_ms)?;
            gone
        }
    };
    gone.kind = match erasure {
        Erasure::Conversation { .. } => "conversation",
        Erasure::Workspace { .. } => "workspace",
        Erasure::Person { .. } => "person",
    };
    certificate::begin(tx, gone.entry, gone.kind, now_ms)?;
    Ok(gone)
}

fn conversation(
    record: &Record,
    tx: &Transaction<'_>,
    id: ConversationId,
    now_ms: i64,
) -> Result<Gone, EraseError> {
    let mut gone = conversations(record, tx, &[id], "asked", now_ms)?;
    if gone.conversations == 0 {
        return Err(EraseError::NotFound);
    }
    if gone.entry == 0 {
        // The record kept nothing private of it.
        let event = Event::new(Action::Erased)
            .fact("kind", "conversation")
            .fact("cause", "asked");
        gone.entry = record.append(tx, event, now_ms)?;
    }
    Ok(gone)
}

fn workspace(
    record: &Record,
    tx: &Transaction<'_>,
    id: WorkspaceId,
    now_ms: i64,
) -> Result<Gone, EraseError> {
    let ids = chat::all_of_workspace(tx, id)?;
    let mut gone = conversations(record, tx, &ids, "workspace", now_ms)?;
    policy::forget_workspace(tx, id)?;
    budgets::forget_workspace(tx, id)?;
    workspaces::erase(tx, id, now_ms)?;
    let event = Event::new(Action::Erased)
        .fact("kind", "workspace")
        .fact("cause", "asked");
    record.erase(tx, Subject::Workspace(id), event, now_ms)?;
    let event = Event::new(Action::WorkspaceErased)
        .fact("workspace", id.to_string())
        .fact("conversations", gone.conversations)
        .fact("messages", gone.messages);
    gone.entry = record.append(tx, event, now_ms)?;
    Ok(gone)
}

/// Erase conversations, for whatever cause; those that are gone are passed over.
pub(super) fn conversations(
    record: &Record,
    tx: &Transaction<'_>,
    ids: &[ConversationId],
    cause: &'static str,
    now_ms: i64,
) -> Result<Gone, EraseError> {
    let mut gone = Gone::default();
    for &id in ids {
        let messages = chat::message_ids(tx, id)?;
        if !chat::erase(tx, id)? {
            continue;
        }
        gone.conversations += 1;
        gone.messages += u32::try_from(messages.len()).unwrap_or(u32::MAX);
        gone.traces.ids.push(*id.as_bytes());
        gone.traces
            .ids
            .extend(messages.iter().map(|message| *message.as_bytes()));
        let event = Event::new(Action::Erased)
            .fact("kind", "conversation")
            .fact("cause", cause);
        let subject = Subject::Conversation(id);
        if let Some(entry) = record.erase(tx, subject, event, now_ms)? {
            gone.entry = entry;
        }
    }
    Ok(gone)
}
