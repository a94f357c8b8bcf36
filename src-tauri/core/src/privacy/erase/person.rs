//! A person, taken out of every text in which they stand.

mod preview;
mod reach;
mod seen;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rusqlite::{Transaction, params, types::Value as SqlValue};

pub(super) use self::{preview::preview, seen::Seen};
use self::{reach::Reach, seen::Found};

use super::{
    EraseError, Extent, Remains,
    content::{self, Gone},
};
use crate::{
    chat::{self, pictures},
    costs,
    ids::{ConversationId, MessageId},
    privacy::{
        Identifiers,
        columns::{COLUMNS, Column, Remedy},
        texts::replace_in_json,
    },
    record::{self, Action, Event, Record, Subject},
    sealed,
    store::Watch,
};

/// What is said of pictures.
pub(super) const NOT_SEARCHED: &str =
    "nobody can search a picture: look at them, and erase the chats of those that show the person";
/// What stands where a person stood.
const ERASED: &str = "[erased]";
/// Shorter traces would be found by chance among the bytes of other things.
const SHORTEST_TRACE: usize = 5;

/// Who is erased, and how much around them.
#[derive(Clone, Copy)]
pub(super) struct Of<'a> {
    pub(super) identifiers: &'a Identifiers,
    pub(super) extent: Extent,
    /// The request that is closed by it, in the same transaction.
    pub(super) request: Option<i64>,
}

/// Take a person out; `seen` says where they stood, and `watch` what was written since.
pub(super) fn erase(
    record: &Record,
    tx: &Transaction<'_>,
    of: Of<'_>,
    mut seen: Seen,
    watch: &Watch<'_>,
    now_ms: i64,
) -> Result<Gone, EraseError> {
    seen.read_again(tx, of.identifiers, watch)?;
    refuse_held(tx, &Reach::of_sealed(&seen))?;
    let mut erasing = Erasing {
        tx,
        of,
        touched: seen.sealed.clone(),
        messages: BTreeSet::new(),
        seen,
        gone: Gone::default(),
    };
    let mut whole = BTreeSet::new();
    if of.extent == Extent::Conversations {
        erasing.note_newer_conversations()?;
        whole = std::mem::take(&mut erasing.seen.speaking);
        refuse_held(tx, &Reach::of_conversations(&whole))?;
        let ids: Vec<_> = whole.iter().copied().collect();
        content::note_newer_texts(tx, &ids, &mut erasing.seen.lost, watch)?;
        erasing.gone = content::conversations(record, tx, &ids, "person", now_ms)?;
    }
    for (nth, column) in COLUMNS.iter().enumerate() {
        let keys = std::mem::take(&mut erasing.seen.rows[nth]);
        erasing.column(column, keys)?;
    }
    erasing.beside_whole_messages()?;
    let touched = &erasing.touched - &whole;
    for &id in &touched {
        sealed::destroy(tx, id)?;
        record.erase(
            tx,
            Subject::Conversation(id),
            erased("conversation"),
            now_ms,
        )?;
    }
    let payloads = std::mem::take(&mut erasing.seen.payloads);
    let client_calls = std::mem::take(&mut erasing.seen.client_calls);
    let mut gone = erasing.end();
    gone.words += u32::try_from(client_calls.len()).unwrap_or(u32::MAX);
    for (subject, entries) in payloads {
        let entries: Vec<i64> = entries.into_iter().collect();
        record.erase_some(tx, subject.into(), &entries, erased(subject.kind()), now_ms)?;
        gone.words += u32::try_from(entries.len()).unwrap_or(u32::MAX);
    }
    requests_of_clients(record, tx, &client_calls, now_ms)?;
    // Something sealed of a conversation may have been all there was.
    if gone.messages == 0 && gone.words == 0 {
        gone.words = u32::try_from(touched.len()).unwrap_or(u32::MAX);
    }
    Ok(gone)
}

/// Requests of clients go whole, and so does what servers said of them, which may repeat them: beside the calls,
/// and in what the record has in private of them.
fn requests_of_clients(
    record: &Record,
    tx: &Transaction<'_>,
    calls: &BTreeSet<i64>,
    now_ms: i64,
) -> rusqlite::Result<()> {
    for &call in calls {
        sealed::destroy_sent_of_client(tx, call)?;
        costs::forget_moves_of_call(tx, call)?;
    }
    for (workspace, entries) in record::private_of_client_calls(tx, calls)? {
        let subject = Subject::Workspace(workspace);
        record.erase_some(tx, subject, &entries, erased("workspace"), now_ms)?;
    }
    Ok(())
}

/// Nobody can look for a person in a picture: that some are left is told.
pub(super) fn pictures_left(tx: &Transaction<'_>) -> rusqlite::Result<Option<Remains>> {
    let left = pictures::count(tx)?;
    Ok((left > 0)
        .then(|| Remains::in_data_folder(&format!("{left} pictures in chats"), NOT_SEARCHED)))
}

fn erased(kind: &'static str) -> Event {
    Event::new(Action::Erased)
        .fact("kind", kind)
        .fact("cause", "person")
}

fn refuse_held(tx: &Transaction<'_>, reach: &Reach) -> Result<(), EraseError> {
    match reach.held(tx)?.first() {
        Some(held) => Err(EraseError::Held(format!("“{held}”"))),
        None => Ok(()),
    }
}

struct Erasing<'a> {
    tx: &'a Transaction<'a>,
    of: Of<'a>,
    seen: Seen,
    /// Conversations of which something was taken, or sealed things have the person.
    touched: BTreeSet<ConversationId>,
    messages: BTreeSet<MessageId>,
    gone: Gone,
}

impl Erasing<'_> {
    /// Conversations whose content has the person only since it was read.
    fn note_newer_conversations(&mut self) -> rusqlite::Result<()> {
        for (nth, column) in COLUMNS.iter().enumerate() {
            if column.kind.is_content() {
                let keys = self.seen.rows[nth].clone();
                for row in self.rows_with(column, keys)? {
                    self.seen.speaking.extend(row.conversation);
                }
            }
        }
        Ok(())
    }

    /// Whole messages go with their pictures, and with what servers said of them.
    fn beside_whole_messages(&self) -> rusqlite::Result<()> {
        if self.of.extent == Extent::Messages {
            for message in &self.messages {
                pictures::forget_of_message(self.tx, *message)?;
            }
            for &id in &self.touched {
                chat::forget_troubles(self.tx, id)?;
            }
        }
        Ok(())
    }

    fn end(mut self) -> Gone {
        self.gone.messages += u32::try_from(self.messages.len()).unwrap_or(u32::MAX);
        let given = self.of.identifiers.given();
        let mut names = self.seen.spellings;
        names.extend(given.map(|(text, _)| text.to_owned()));
        let (long, short): (Vec<String>, Vec<String>) = names
            .into_iter()
            .partition(|name| name.len() >= SHORTEST_TRACE);
        self.gone.traces.words = long;
        self.gone.traces.lost = self.seen.lost;
        let remains = &mut self.gone.remains;
        if !short.is_empty() {
            remains.push(Remains::in_data_folder(
                "the search of every byte",
                format!(
                    "{} of the names or numbers are too short to be told from other bytes, and were only taken out of all texts",
                    short.len()
                ),
            ));
        }
        if self.seen.unreadable > 0 {
            remains.push(Remains::in_data_folder(
                &format!("{} things that are sealed", self.seen.unreadable),
                "they cannot be read, so nobody knows whether the person is in them",
            ));
        }
        self.gone
    }

    fn rows_with(&mut self, column: &Column, keys: Vec<SqlValue>) -> rusqlite::Result<Vec<Found>> {
        self.seen
            .rows_with(self.tx, self.of.identifiers, column, keys)
    }

    /// Take the person out of a column.
    fn column(&mut self, column: &Column, keys: Vec<SqlValue>) -> Result<(), EraseError> {
        let found = self.rows_with(column, keys)?;
        if let (Remedy::Stays(why), false) = (column.remedy, found.is_empty()) {
            let closed = self.of.request.map(SqlValue::Integer);
            let stays = found.iter().filter(|row| {
                column.table != "subject_requests" || closed.as_ref() != Some(&row.key)
            });
            let words = column.kind.words();
            let what = match stays.count() {
                0 => return Ok(()),
                1 => words.to_owned(),
                more => format!("{words}, {more} times"),
            };
            self.gone.remains.push(Remains::in_data_folder(&what, why));
            return Ok(());
        }
        refuse_held(self.tx, &Reach::of_rows(&found))?;
        for row in found {
            self.take(column, &row.key, &row.text)?;
            match row.message {
                Some(message) if column.table == "messages" => {
                    self.messages.insert(message);
                }
                _ => self.gone.words += 1,
            }
            if column.kind.is_content() {
                self.touched.extend(row.conversation);
            }
        }
        Ok(())
    }

    fn take(&mut self, column: &Column, key: &SqlValue, text: &str) -> Result<(), EraseError> {
        let Column {
            table,
            column: name,
            key: key_name,
            ..
        } = column;
        let whole = self.of.extent == Extent::Messages && (*table, *name) == ("messages", "text");
        let new = match column.remedy {
            _ if whole => {
                self.seen.lost.add(text);
                Some(ERASED.to_owned())
            }
            Remedy::Words => self
                .of
                .identifiers
                .replace(text, ERASED)
                .map(|(new, _)| new),
            Remedy::Json => replace_in_json(self.of.identifiers, text, ERASED).map(|(new, _)| new),
            Remedy::Lines => {
                let others = text.lines().filter(|line| !self.of.identifiers.is_in(line));
                let others: Vec<&str> = others.collect();
                if others.iter().all(|line| line.trim().is_empty()) {
                    let sql = format!("DELETE FROM {table} WHERE {key_name} = ?1");
                    self.tx.execute(&sql, [key])?;
                    return Ok(());
                }
                Some(others.join("\n"))
            }
            Remedy::Stays(_) => None,
        };
        if let Some(new) = new {
            let set = |or: &str, new: &str| {
                let sql = format!("UPDATE {or} {table} SET {name} = ?2 WHERE {key_name} = ?1");
                self.tx.execute(&sql, params![key, new])
            };
            // A name that is nothing else any more is told from others of its kind.
            let is_name = *name == "name" && new == ERASED;
            let new = if is_name {
                format!("{new} {}", unique(key))
            } else {
                new
            };
            // Two things of one kind may not have one name.
            if set("OR IGNORE", &new)? == 0 {
                set("", &format!("{new} {}", unique(key)))?;
            }
        }
        Ok(())
    }
}

fn unique(key: &SqlValue) -> String {
    match key {
        SqlValue::Integer(number) => number.to_string(),
        SqlValue::Text(text) => text.clone(),
        _ => String::new(),
    }
}
