//! A person, taken out of every text in which they stand.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Transaction, params, types::Value as SqlValue};

use super::{EraseError, Extent, Remains, content, content::Gone};
use crate::{
    chat::{self, pictures},
    ids::{ConversationId, MessageId},
    privacy::{
        Identifiers,
        columns::{COLUMNS, Column, Remedy},
        places,
        retention::is_held,
        texts::{replace_in_json, spoken_in, texts_of},
    },
    record::{self, Action, Event, Record, Subject},
    sealed::{self, SealedError},
};

/// What is said of pictures.
pub(super) const NOT_SEARCHED: &str =
    "nobody can search a picture: look at them, and erase the chats of those that show the person";
/// What stands where a person stood.
const ERASED: &str = "[erased]";
/// Shorter traces would be found by chance among the bytes of other things.
const SHORTEST_TRACE: usize = 5;

pub(super) fn erase(
    record: &Record,
    tx: &Transaction<'_>,
    identifiers: &Identifiers,
    extent: Extent,
    now_ms: i64,
) -> Result<Gone, EraseError> {
    let mut erasing = Erasing {
        tx,
        identifiers,
        extent,
        touched: BTreeSet::new(),
        messages: BTreeSet::new(),
        traces: identifiers
            .given()
            .map(|(text, _)| text.to_owned())
            .collect(),
        unreadable: 0,
        gone: Gone::default(),
    };
    if extent == Extent::Conversations {
        let whole = erasing.conversations()?;
        erasing.refuse_held(&whole)?;
        erasing.gone = content::conversations(record, tx, &whole, "person", now_ms)?;
    }
    for column in COLUMNS {
        erasing.column(column)?;
    }
    erasing.pictures()?;
    let payloads = erasing.find_in_what_is_sealed(texts_of)?;
    let touched: Vec<_> = std::mem::take(&mut erasing.touched).into_iter().collect();
    erasing.refuse_held(&touched)?;
    for &id in &touched {
        sealed::destroy(tx, id)?;
        record.erase(
            tx,
            Subject::Conversation(id),
            erased("conversation"),
            now_ms,
        )?;
    }
    let mut gone = erasing.end();
    for (subject, entries) in payloads {
        record.erase_some(tx, subject.into(), &entries, erased(subject.kind()), now_ms)?;
        gone.words += u32::try_from(entries.len()).unwrap_or(u32::MAX);
    }
    // Something sealed of a conversation may have been all there was.
    if gone.messages == 0 && gone.words == 0 {
        gone.words = u32::try_from(touched.len()).unwrap_or(u32::MAX);
    }
    Ok(gone)
}

/// Nobody can look for a person in a picture: that some are left is told.
pub(super) fn pictures_left(tx: &Transaction<'_>) -> rusqlite::Result<Option<Remains>> {
    let left = pictures::count(tx)?;
    Ok((left > 0).then(|| Remains::new(&format!("{left} pictures in chats"), NOT_SEARCHED)))
}

fn erased(kind: &'static str) -> Event {
    Event::new(Action::Erased)
        .fact("kind", kind)
        .fact("cause", "person")
}

/// Key, text, conversation and message of a row.
type Found = (SqlValue, String, Option<ConversationId>, Option<MessageId>);

/// What a private part is about that is not about one conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    Workspace(crate::ids::WorkspaceId),
    Installation,
}

impl About {
    fn kind(self) -> &'static str {
        match self {
            Self::Workspace(_) => "workspace",
            Self::Installation => "installation",
        }
    }
}

impl From<About> for Subject {
    fn from(about: About) -> Self {
        match about {
            About::Workspace(id) => Self::Workspace(id),
            About::Installation => Self::Installation,
        }
    }
}

struct Erasing<'a> {
    tx: &'a Transaction<'a>,
    identifiers: &'a Identifiers,
    extent: Extent,
    /// Conversations of which something was taken.
    touched: BTreeSet<ConversationId>,
    messages: BTreeSet<MessageId>,
    /// Every spelling that was found.
    traces: BTreeSet<String>,
    /// Sealed things that cannot be read, and are destroyed: the person may be in them.
    unreadable: usize,
    gone: Gone,
}

impl Erasing<'_> {
    /// The conversations whose content has the person.
    fn conversations(&mut self) -> Result<Vec<ConversationId>, EraseError> {
        for column in COLUMNS.iter().filter(|column| column.kind.is_content()) {
            for (_, _, conversation, _) in self.rows_with(column)? {
                self.touched.extend(conversation);
            }
        }
        self.find_in_what_is_sealed(spoken_in)?;
        Ok(std::mem::take(&mut self.touched).into_iter().collect())
    }

    fn refuse_held(&self, conversations: &[ConversationId]) -> Result<(), EraseError> {
        for &id in conversations {
            if is_held(self.tx, id)? {
                let title = chat::get(self.tx, id)
                    .ok()
                    .and_then(|conversation| conversation.title);
                let title = title.map_or("a conversation".into(), |title| format!("“{title}”"));
                return Err(EraseError::Held(title));
            }
        }
        Ok(())
    }

    /// Whole messages go with their pictures.
    fn pictures(&self) -> rusqlite::Result<()> {
        if self.extent == Extent::Messages {
            for message in &self.messages {
                pictures::forget_of_message(self.tx, *message)?;
            }
        }
        Ok(())
    }

    fn end(mut self) -> Gone {
        self.gone.messages += u32::try_from(self.messages.len()).unwrap_or(u32::MAX);
        let (long, short): (Vec<String>, Vec<String>) = self
            .traces
            .into_iter()
            .partition(|trace| trace.len() >= SHORTEST_TRACE);
        self.gone.traces.words = long;
        let remains = &mut self.gone.remains;
        if !short.is_empty() {
            remains.push(Remains::new(
                "the search of every byte",
                format!(
                    "{} of the names or numbers are too short to be told from other bytes, and were only taken out of all texts",
                    short.len()
                ),
            ));
        }
        if self.unreadable > 0 {
            remains.push(Remains::new(
                &format!("{} things that are sealed", self.unreadable),
                "they cannot be read, so nobody knows whether the person is in them",
            ));
        }
        self.gone
    }

    /// The rows of a column that have the person: key, text, conversation, message.
    fn rows_with(&mut self, column: &Column) -> rusqlite::Result<Vec<Found>> {
        let mut found = Vec::new();
        let mut statement = self.tx.prepare(&column.select())?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let text = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
            if self.note(column, text) {
                found.push((places::key(row)?, text.to_owned(), row.get(2)?, row.get(3)?));
            }
        }
        Ok(found)
    }

    /// Take the person out of a column.
    fn column(&mut self, column: &Column) -> Result<(), EraseError> {
        let found = self.rows_with(column)?;
        if let (Remedy::Stays(why), false) = (column.remedy, found.is_empty()) {
            let what = format!("{}, {} times", column.kind.words(), found.len());
            self.gone.remains.push(Remains::new(&what, why));
            return Ok(());
        }
        for (key, text, conversation, message) in found {
            self.take(column, &key, &text)?;
            match message {
                Some(message) if column.table == "messages" => {
                    self.messages.insert(message);
                }
                _ => self.gone.words += 1,
            }
            if column.kind.is_content() {
                self.touched.extend(conversation);
            }
        }
        Ok(())
    }

    /// Whether the person stands in what a column has; how they are spelled there is noted.
    fn note(&mut self, column: &Column, text: &str) -> bool {
        let mut found = false;
        for text in column.texts(text) {
            found |= self.spelled_in(&text);
        }
        found
    }

    fn spelled_in(&mut self, text: &str) -> bool {
        let found = self.identifiers.find(text);
        let spellings = found.iter().map(|found| text[found.at.clone()].to_owned());
        self.traces.extend(spellings);
        !found.is_empty()
    }

    fn take(&mut self, column: &Column, key: &SqlValue, text: &str) -> Result<(), EraseError> {
        let Column {
            table,
            column: name,
            key: key_name,
            ..
        } = column;
        let whole = self.extent == Extent::Messages && (*table, *name) == ("messages", "text");
        let new = match column.remedy {
            _ if whole => Some(ERASED.to_owned()),
            Remedy::Words => self.identifiers.replace(text, ERASED).map(|(new, _)| new),
            Remedy::Json => replace_in_json(self.identifiers, text, ERASED).map(|(new, _)| new),
            Remedy::Lines => {
                let others = text.lines().filter(|line| !self.identifiers.is_in(line));
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

    /// The conversations in whose sealed things the person stands, or may, are touched. Private parts of
    /// the record that are about something else, by what they are about.
    /// `texts` reads a document.
    fn find_in_what_is_sealed(
        &mut self,
        texts: fn(&str) -> Vec<String>,
    ) -> Result<BTreeMap<About, Vec<i64>>, EraseError> {
        self.unreadable = 0;
        for id in sealed::with_masks(self.tx)? {
            let values: Vec<String> = match sealed::masks(self.tx, id) {
                Ok(masks) => masks.iter().map(|(_, value)| value.to_owned()).collect(),
                Err(SealedError::Store(error)) => return Err(error.into()),
                Err(_) => {
                    self.unreadable += 1;
                    continue;
                }
            };
            for value in values {
                if self.spelled_in(&value) {
                    self.touched.insert(id);
                }
            }
        }
        for call in sealed::calls_with_sent(self.tx)? {
            let (id, body) = match sealed::sent(self.tx, call) {
                Ok(Some(sent)) => sent,
                Ok(None) => continue,
                Err(SealedError::Store(error)) => return Err(error.into()),
                Err(_) => {
                    self.unreadable += 1;
                    continue;
                }
            };
            for text in texts(&String::from_utf8_lossy(&body)) {
                if self.spelled_in(&text) {
                    self.touched.insert(id);
                }
            }
        }
        let mut others: BTreeMap<About, Vec<i64>> = BTreeMap::new();
        let unreadable = record::each_payload(self.tx, |entry, payload| {
            let mut found = false;
            for text in texts(payload) {
                found |= self.spelled_in(&text);
            }
            if found {
                let about = match entry.subject {
                    Subject::Conversation(id) => {
                        self.touched.insert(id);
                        return Ok::<_, SealedError>(());
                    }
                    Subject::Workspace(id) => About::Workspace(id),
                    Subject::Installation => About::Installation,
                };
                others.entry(about).or_default().push(entry.sequence);
            }
            Ok(())
        })?;
        self.unreadable += unreadable;
        Ok(others)
    }
}

fn unique(key: &SqlValue) -> String {
    match key {
        SqlValue::Integer(number) => number.to_string(),
        SqlValue::Text(text) => text.clone(),
        _ => String::new(),
    }
}
