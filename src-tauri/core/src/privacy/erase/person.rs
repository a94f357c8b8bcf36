//! A person, taken out of every text in which they stand.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Transaction, params, types::Value as SqlValue};

use super::{EraseError, Extent, Remains, content, content::Gone};
use crate::{
    ids::ConversationId,
    privacy::{
        Identifiers,
        columns::{COLUMNS, Column, Remedy},
        places,
        texts::{replace_in_json, texts_of},
    },
    record::{self, Action, Event, Record, Subject},
    sealed::{self, SealedError},
};

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
    let mut gone = match extent {
        Extent::Conversations => {
            let found = places::find(tx, identifiers, usize::MAX)?;
            let ids = found
                .places
                .iter()
                .filter_map(|place| place.conversation_id);
            let ids: BTreeSet<ConversationId> = ids.collect();
            let ids: Vec<_> = ids.into_iter().collect();
            content::conversations(record, tx, &ids, "person", now_ms)?
        }
        Extent::Words | Extent::Messages => Gone::default(),
    };
    let mut erasing = Erasing {
        tx,
        identifiers,
        extent,
        touched: BTreeSet::new(),
        traces: identifiers
            .given()
            .map(|(text, _)| text.to_owned())
            .collect(),
        gone: &mut gone,
    };
    for column in COLUMNS {
        erasing.column(column)?;
    }
    let payloads = erasing.find_in_what_is_sealed()?;
    let Erasing {
        touched, traces, ..
    } = erasing;
    let is_trace = |trace: &String| trace.len() >= SHORTEST_TRACE;
    gone.traces.words = traces.into_iter().filter(is_trace).collect();
    for &id in &touched {
        sealed::destroy(tx, id)?;
        let subject = Subject::Conversation(id);
        record.erase(tx, subject, erased("conversation"), now_ms)?;
    }
    for (subject, sequences) in payloads {
        record.erase_some(
            tx,
            subject.into(),
            &sequences,
            erased(subject.kind()),
            now_ms,
        )?;
        gone.words += u32::try_from(sequences.len()).unwrap_or(u32::MAX);
    }
    let nothing = gone.conversations == 0 && touched.is_empty() && gone.words == 0;
    if nothing && gone.remains.is_empty() {
        return Err(EraseError::NothingFound);
    }
    Ok(gone)
}

fn erased(kind: &'static str) -> Event {
    Event::new(Action::Erased)
        .fact("kind", kind)
        .fact("cause", "person")
}

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
    /// Every spelling that was found.
    traces: BTreeSet<String>,
    gone: &'a mut Gone,
}

impl Erasing<'_> {
    /// Take the person out of a column.
    fn column(&mut self, column: &Column) -> Result<(), EraseError> {
        let mut found = Vec::new();
        {
            let mut statement = self.tx.prepare(&column.select())?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let text = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
                if self.note(column, text) {
                    let conversation: Option<ConversationId> = row.get(2)?;
                    found.push((places::key(row)?, text.to_owned(), conversation));
                }
            }
        }
        if let (Remedy::Stays(why), false) = (column.remedy, found.is_empty()) {
            self.gone.remains.push(Remains::new(
                &format!("{} of {} ({})", column.column, column.table, found.len()),
                why,
            ));
            return Ok(());
        }
        for (key, text, conversation) in found {
            self.take(column, &key, &text)?;
            self.touched.extend(conversation);
        }
        Ok(())
    }

    /// Whether the person stands in a text; how they are spelled there is noted.
    fn note(&mut self, column: &Column, text: &str) -> bool {
        let is_json = column.remedy == Remedy::Json
            || matches!(column.remedy, Remedy::Stays(_)) && text.starts_with(['{', '[']);
        let texts = if is_json { texts_of(text) } else { Vec::new() };
        let texts = texts.iter().map(String::as_str);
        let texts: Vec<&str> = if is_json { texts.collect() } else { vec![text] };
        let mut found = false;
        for text in texts {
            found |= self.spelled_in(text);
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
            Remedy::Row => {
                let sql = format!("DELETE FROM {table} WHERE {key_name} = ?1");
                self.tx.execute(&sql, [key])?;
                None
            }
            Remedy::Stays(_) => None,
        };
        if let Some(new) = new {
            let set = |or: &str, new: &str| {
                let sql = format!("UPDATE {or} {table} SET {name} = ?2 WHERE {key_name} = ?1");
                self.tx.execute(&sql, params![key, new])
            };
            // Two things of one kind may not have one name.
            if set("OR IGNORE", &new)? == 0 {
                set("", &format!("{new} {}", unique(key)))?;
            }
        }
        if (*table, *name) == ("messages", "text") {
            self.gone.messages += 1;
        } else {
            self.gone.words += 1;
        }
        Ok(())
    }

    /// The conversations in whose sealed things the person stands are touched. Private parts of the
    /// record that are about something else, by what they are about.
    fn find_in_what_is_sealed(&mut self) -> Result<BTreeMap<About, Vec<i64>>, EraseError> {
        for id in sealed::with_masks(self.tx)? {
            let masks = sealed::masks(self.tx, id)?;
            let values: Vec<String> = masks.iter().map(|(_, value)| value.to_owned()).collect();
            for value in values {
                if self.spelled_in(&value) {
                    self.touched.insert(id);
                }
            }
        }
        for call in sealed::calls_with_sent(self.tx)? {
            let Some((id, body)) = sealed::sent(self.tx, call)? else {
                continue;
            };
            for text in texts_of(&String::from_utf8_lossy(&body)) {
                if self.spelled_in(&text) {
                    self.touched.insert(id);
                }
            }
        }
        let mut others: BTreeMap<About, Vec<i64>> = BTreeMap::new();
        record::each_payload(self.tx, |entry, payload| {
            let mut found = false;
            for text in texts_of(payload) {
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
