//! What an erasure takes out of the database, in one transaction with the entries that say so.

use rusqlite::Transaction;
use serde::{Deserialize, Serialize};

use super::{EraseError, Erasure, Remains, certificate, check::Traces, person};
use crate::{
    chat,
    costs::budgets,
    ids::{ConversationId, WorkspaceId},
    policy,
    privacy::{
        Identifiers, anonymise,
        requests::{self, RequestState},
        retention::{self, holds_of_workspace, is_held},
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

/// What is to be erased, and why.
pub(super) struct Wanted<'a> {
    pub(super) erasure: &'a Erasure,
    pub(super) request: Option<i64>,
    /// Files of snapshots that have the person, or cannot be looked through.
    pub(super) in_snapshots: usize,
}

impl Gone {
    /// One that was cut off: what to look for is not known any more.
    pub(super) fn unfinished(entry: i64, kind: &'static str, begun: Begun) -> Self {
        let Begun {
            conversations,
            messages,
            words,
            mut remains,
        } = begun;
        remains.push(Remains::new(
            "a search for what was erased",
            "Gatehouse was ended before it; everything else was finished at the next start",
        ));
        Self {
            entry,
            kind,
            conversations,
            messages,
            words,
            remains,
            traces: Traces::default(),
        }
    }

    /// Whether there was nobody.
    fn is_nothing(&self) -> bool {
        self.conversations == 0 && self.messages == 0 && self.words == 0 && self.remains.is_empty()
    }

    /// What is kept until it is done.
    pub(super) fn begun(&self) -> Begun {
        Begun {
            conversations: self.conversations,
            messages: self.messages,
            words: self.words,
            remains: self.remains.clone(),
        }
    }
}

/// What is gone, for when the rest is cut off.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Begun {
    conversations: u32,
    messages: u32,
    words: u32,
    remains: Vec<Remains>,
}

pub(super) fn erase(
    record: &Record,
    tx: &Transaction<'_>,
    wanted: &Wanted<'_>,
    now_ms: i64,
) -> Result<Gone, EraseError> {
    let mut gone = match wanted.erasure {
        Erasure::Conversation { id } => conversation(record, tx, *id, now_ms)?,
        Erasure::Workspace { id } => workspace(record, tx, *id, now_ms)?,
        Erasure::Person {
            identifiers,
            extent,
        } => {
            let parsed = Identifiers::parse(identifiers)?;
            let mut gone = person::erase(record, tx, &parsed, *extent, now_ms)?;
            if gone.is_nothing() && wanted.in_snapshots == 0 {
                return Err(EraseError::NothingFound);
            }
            gone.remains.extend(person::pictures_left(tx)?);
            gone
        }
    };
    if let Some(number) = wanted.request {
        let identifiers = match wanted.erasure {
            Erasure::Person { identifiers, .. } => identifiers.as_slice(),
            _ => &[],
        };
        requests::close_erased(tx, number, identifiers, now_ms)?;
        let event = requests::closed_event(number, RequestState::Done);
        record.append(tx, event, now_ms)?;
    }
    gone.kind = match wanted.erasure {
        Erasure::Conversation { .. } => "conversation",
        Erasure::Workspace { .. } => "workspace",
        Erasure::Person { .. } => "person",
    };
    if gone.kind == "person" {
        let event = Event::new(Action::SubjectErased)
            .fact("conversations", gone.conversations)
            .fact("messages", gone.messages)
            .fact("places", gone.words)
            .maybe("request", wanted.request);
        gone.entry = record.append(tx, event, now_ms)?;
    }
    certificate::begin(tx, &gone, now_ms)?;
    Ok(gone)
}

fn conversation(
    record: &Record,
    tx: &Transaction<'_>,
    id: ConversationId,
    now_ms: i64,
) -> Result<Gone, EraseError> {
    if is_held(tx, id)? {
        return Err(EraseError::Held("this conversation".into()));
    }
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
    if holds_of_workspace(tx, id)? > 0 {
        return Err(EraseError::Held(
            "this workspace, or something in it".into(),
        ));
    }
    let ids = chat::all_of_workspace(tx, id)?;
    if workspaces::current(tx, now_ms)? == id {
        // What was typed for a new chat in it.
        chat::save_draft(tx, None, "")?;
        chat::pictures::forget_draft(tx, None)?;
    }
    let mut gone = conversations(record, tx, &ids, "workspace", now_ms)?;
    policy::forget_workspace(tx, id)?;
    budgets::forget_workspace(tx, id)?;
    retention::forget_workspace(tx, id)?;
    anonymise::forget_workspace(tx, id)?;
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
