//! What an erasure takes out of the database, in one transaction with the entries that say so. What is to be
//! looked for before is read before, so that the transaction has only to write.

use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};

use super::{
    EraseError, Erasure, Extent, Remains, certificate,
    check::Traces,
    lost::Lost,
    person::{self, Seen},
};
use crate::{
    chat, clients,
    costs::{self, budgets},
    ids::{ConversationId, WorkspaceId},
    policy::{self, own_rules},
    privacy::{
        Identifiers, anonymise,
        requests::{self, RequestState},
        retention::{self, holds_of_workspace, is_held},
    },
    record::{Action, Event, Record, Subject},
    sealed,
    store::Watch,
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

/// What was read before anything is written.
pub(super) enum Read {
    /// What is its own in a conversation.
    Conversation(ConversationId, Lost),
    /// What is its own in a workspace, and in its conversations.
    Workspace(WorkspaceId, Vec<ConversationId>, Lost),
    /// Where a person stands.
    Person(Identifiers, Extent, Seen),
}

impl Gone {
    /// One that was cut off: of what to look for, only the identifiers of rows are known any more.
    pub(super) fn unfinished(entry: i64, kind: &'static str, begun: Begun) -> Self {
        let Begun {
            conversations,
            messages,
            words,
            mut remains,
            ids,
        } = begun;
        remains.push(Remains::in_data_folder(
            "a search for the words of what was erased",
            "Gatehouse was ended before it, or something was in the way, and they were kept nowhere. \
             Everything else was finished at the next start, which looked for the identifiers of what was erased, and for anything in \
             parts of the database that nothing uses",
        ));
        let ids = ids.iter().filter_map(|id| uuid::Uuid::parse_str(id).ok());
        Self {
            entry,
            kind,
            conversations,
            messages,
            words,
            remains,
            traces: Traces {
                ids: ids.map(uuid::Uuid::into_bytes).collect(),
                ..Traces::default()
            },
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
            ids: self
                .traces
                .ids
                .iter()
                .map(|id| uuid::Uuid::from_bytes(*id).simple().to_string())
                .collect(),
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
    /// Of rows, random; not written as the rows have them, so that a search for those does not find these.
    #[serde(default)]
    ids: Vec<String>,
}

/// Read what is to be known of what goes.
pub(super) fn read(conn: &Connection, erasure: &Erasure) -> Result<Read, EraseError> {
    let mut lost = Lost::default();
    Ok(match erasure {
        Erasure::Conversation { id } => {
            note_texts(conn, *id, &mut lost)?;
            Read::Conversation(*id, lost)
        }
        Erasure::Workspace { id } => {
            lost.add(&workspaces::name(conn, *id)?);
            for rule in own_rules::all(conn, *id)? {
                lost.add(&rule.name);
                lost.add(&rule.content);
            }
            let of = chat::all_of_workspace(conn, *id)?;
            for &id in &of {
                note_texts(conn, id, &mut lost)?;
            }
            Read::Workspace(*id, of, lost)
        }
        Erasure::Person {
            identifiers,
            extent,
        } => {
            let identifiers = Identifiers::parse(identifiers)?;
            let seen = Seen::read(conn, &identifiers, *extent)?;
            Read::Person(identifiers, *extent, seen)
        }
    })
}

/// Note what stands in a conversation, also what was masked. What cannot be read is in no text, either.
pub(super) fn note_texts(
    conn: &Connection,
    id: ConversationId,
    lost: &mut Lost,
) -> rusqlite::Result<()> {
    for text in chat::all_written_in(conn, id)? {
        lost.add(&text);
    }
    if let Ok(masks) = sealed::masks(conn, id) {
        masks.iter().for_each(|(_, value)| lost.add(value));
    }
    Ok(())
}

/// Note what was written in them since they were read.
pub(super) fn note_newer_texts(
    conn: &Connection,
    of: &[ConversationId],
    lost: &mut Lost,
    watch: &Watch<'_>,
) -> rusqlite::Result<()> {
    for number in watch.written("messages") {
        if let Some(text) = chat::text_in(conn, number, of)? {
            lost.add(&text);
        }
    }
    Ok(())
}

pub(super) fn erase(
    record: &Record,
    tx: &Transaction<'_>,
    wanted: &Wanted<'_>,
    read: Read,
    watch: &Watch<'_>,
    now_ms: i64,
) -> Result<Gone, EraseError> {
    if watch.others_wrote(tx)? {
        return Err(EraseError::NotAlone);
    }
    let mut gone = match read {
        Read::Conversation(id, mut lost) => {
            note_newer_texts(tx, &[id], &mut lost, watch)?;
            let mut gone = conversation(record, tx, id, now_ms)?;
            gone.traces.lost = lost;
            gone
        }
        Read::Workspace(id, of, mut lost) => {
            note_newer_texts(tx, &of, &mut lost, watch)?;
            let mut gone = workspace(record, tx, id, now_ms)?;
            gone.traces.lost = lost;
            gone
        }
        Read::Person(identifiers, extent, seen) => {
            let of = person::Of {
                identifiers: &identifiers,
                extent,
                request: wanted.request,
            };
            let mut gone = person::erase(record, tx, of, seen, watch, now_ms)?;
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
    let workspace = Subject::Conversation(id).workspace(tx)?;
    let mut gone = conversations(record, tx, &[id], "asked", now_ms)?;
    if gone.conversations == 0 {
        return Err(EraseError::NotFound);
    }
    if gone.entry == 0 {
        // The record kept nothing private of it.
        let event = Event::new(Action::Erased)
            .fact("kind", "conversation")
            .fact("cause", "asked")
            .maybe("workspace", workspace.map(|id| id.to_string()));
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
    costs::forget_moves_in(tx, id)?;
    let mut gone = conversations(record, tx, &ids, "workspace", now_ms)?;
    sealed::destroy_sent_of_clients(tx, id, i64::MAX)?;
    policy::forget_workspace(tx, id)?;
    budgets::forget_workspace(tx, id)?;
    retention::forget_workspace(tx, id)?;
    anonymise::forget_workspace(tx, id)?;
    workspaces::erase(tx, id, now_ms)?;
    clients::forget_workspace(tx, id, now_ms)?;
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
        let subject = Subject::Conversation(id);
        let workspace = subject.workspace(tx)?;
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
            .fact("cause", cause)
            .maybe("workspace", workspace.map(|id| id.to_string()));
        if let Some(entry) = record.erase(tx, subject, event, now_ms)? {
            gone.entry = entry;
        }
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{App, Surroundings},
        chat::Options,
        record::Actor,
        secrets::{self, KeyHome},
        store::DataFolder,
    };

    fn app() -> (tempfile::TempDir, App) {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(dir.path())).unwrap();
        secrets::database_key(&folder, KeyHome::File).unwrap();
        let around = Surroundings {
            actor: Actor::CommandLine,
            engine_program: std::path::PathBuf::new(),
            resources: None,
            on_engine_change: Box::new(|| ()),
        };
        (dir, App::open(&folder, around).unwrap())
    }

    fn said(app: &App, text: &str) -> ConversationId {
        let id = app.gate.new_conversation(&Options::default()).unwrap().id;
        let begun = app.store.write(|tx| chat::begin_turn(tx, id, text, 1));
        let answer = begun.unwrap().answer;
        let done = chat::MessageState::Done;
        let end = |tx: &Transaction<'_>| chat::end_answer(tx, answer, "Yes.", done, None);
        app.store.write(end).unwrap();
        id
    }

    /// Read, have something written, and erase what was asked for.
    fn erased_after(
        app: &App,
        erasure: &Erasure,
        write: impl FnOnce(),
    ) -> Result<Gone, EraseError> {
        let watch = app.store.watch().unwrap();
        let read = app.store.read(|conn| read(conn, erasure)).unwrap();
        write();
        let wanted = Wanted {
            erasure,
            request: None,
            in_snapshots: 0,
        };
        app.store
            .write(|tx| erase(&app.record, tx, &wanted, read, &watch, 2))
    }

    fn person(extent: Extent) -> Erasure {
        Erasure::Person {
            identifiers: vec!["Mr Novak".into()],
            extent,
        }
    }

    #[test]
    fn what_is_written_of_a_person_after_everything_was_read_is_erased_too() {
        for extent in [Extent::Words, Extent::Messages, Extent::Conversations] {
            let (_dir, app) = app();
            let before = said(&app, "Who is Mr Novak?");
            let other = said(&app, "Who is Mr Meyer?");
            let mut after = None;
            let gone = erased_after(&app, &person(extent), || {
                after = Some(said(&app, "And Mr Novak's wife?"));
                app.rename_conversation(other, "Also Mr Novak").unwrap();
                app.save_preset("Mr Novak", "", &Default::default())
                    .unwrap();
                let draft = |tx: &Transaction<'_>| chat::save_draft(tx, None, "Dear Mr Novak");
                app.store.write(draft).unwrap();
            })
            .unwrap();
            let found = app.find_person(&["Mr Novak".into()]).unwrap();
            assert_eq!(found.total, 0, "{extent:?} {:?}", found.places);
            let there = |id| app.open_conversation(id).is_ok();
            let is_whole = extent == Extent::Conversations;
            assert_eq!(there(before), !is_whole);
            assert_eq!(there(after.unwrap()), !is_whole);
            assert_eq!(gone.conversations, if is_whole { 3 } else { 0 });
        }
    }

    #[test]
    fn words_that_are_written_after_a_conversation_was_read_are_looked_for_too() {
        let (_dir, app) = app();
        let id = said(&app, "Who is Mr Novak?");
        let gone = erased_after(&app, &Erasure::Conversation { id }, || {
            let turn = |tx: &Transaction<'_>| chat::begin_turn(tx, id, "A brontosaurus", 1);
            app.store.write(turn).map(drop).unwrap();
        })
        .unwrap();
        let words: Vec<_> = gone.traces.lost.words().collect();
        assert!(
            words.contains(&"brontosaurus") && words.contains(&"Novak"),
            "{words:?}"
        );
    }

    #[test]
    fn what_another_process_wrote_after_everything_was_read_stops_the_erasure() {
        let (_dir, app) = app();
        let id = said(&app, "Who is Mr Novak?");
        let refused = erased_after(&app, &Erasure::Conversation { id }, || {
            let other = crate::store::Store::open(&app.folder, app.store.key(), 1).unwrap();
            let draft = |tx: &Transaction<'_>| chat::save_draft(tx, None, "Dear Mr Novak");
            other.write(draft).unwrap();
        });
        assert!(
            matches!(refused, Err(EraseError::NotAlone)),
            "{:?}",
            refused.err()
        );
        assert!(app.open_conversation(id).is_ok());
    }
}
