//! What happened, newest first: filtered, a page at a time, and one entry with all there is to it.
//!
//! Every filter is answered from an index of the lookup: the one that leaves the fewest entries is
//! walked, the others are looked at on the way.

mod find;

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::{
    Action, Event, Record, RecordError,
    checkpoints::next_from,
    encoding::hex,
    entries::{self, COLUMNS},
    facts::{Fact, Facts},
    lookup,
    payloads::Known,
};
use crate::{
    ids::{ConversationId, MessageId},
    models,
};
use find::{exact, model_choices, most_selective, places_of, walk};

/// The longest page.
const LONGEST_PAGE: u32 = 500;

/// Which entries are wanted; all that is given must hold.
#[derive(Debug, Clone, Default, Deserialize, Type)]
#[serde(rename_all = "camelCase", default)]
pub struct Filter {
    /// The action, by its name.
    pub action: Option<String>,
    /// The model, as the record knows it or by what it is called now.
    pub model: Option<String>,
    /// The workspace, by its identifier.
    pub workspace: Option<String>,
    /// How it ended, by its name.
    pub outcome: Option<String>,
    /// Words in the action, the model or the title of the conversation, or the number of an entry
    /// or of a call.
    pub text: Option<String>,
    /// Actions and models, by what the record calls them, that the text is meant for as well: whoever shows
    /// them in other words knows which of those have it.
    pub shown: Vec<String>,
    /// The call, by its number.
    #[specta(type = Option<Number>)]
    pub call: Option<i64>,
    /// Only entries before this one.
    #[specta(type = Option<Number>)]
    pub before: Option<i64>,
    /// How many at most.
    pub limit: u32,
}

/// An entry for a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EntryRow {
    /// Its place in the chain.
    #[specta(type = Number)]
    pub sequence: i64,
    /// UTC milliseconds.
    #[specta(type = Number)]
    pub time_ms: i64,
    /// Through what it was done.
    pub actor: String,
    /// What happened.
    pub action: String,
    /// What is said in the clear, in order of the names.
    pub facts: Vec<FactRow>,
}

/// A fact for a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct FactRow {
    /// Its name.
    pub name: String,
    /// Its value, in digits where it is a number.
    pub value: String,
    /// What it stands for now, where it is the SHA-256 of a model's file: what that model is called.
    pub shown: Option<String>,
}

/// One entry with all there is to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EntryDetails {
    /// What a list says of it.
    pub row: EntryRow,
    /// The hash of the entry before, in hexadecimal digits.
    pub previous: String,
    /// Its own.
    pub hash: String,
    /// What it commits to; empty where there is nothing private.
    pub commitment: String,
    /// What is private, as JSON; `None`: there is nothing, or it was erased.
    pub payload: Option<String>,
    /// How many entries the first checkpoint has that covers it; `None`: none in the database yet.
    #[specta(type = Option<Number>)]
    pub checkpoint: Option<i64>,
    /// The message that its call wrote, if that is still there.
    pub message: Option<MessagePlace>,
}

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MessagePlace {
    /// Its conversation.
    pub conversation: ConversationId,
    /// The message.
    pub message: MessageId,
}

/// What can be chosen in the filters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Choices {
    /// Actions that there are entries of.
    pub actions: Vec<String>,
    /// Models.
    pub models: Vec<ModelChoice>,
    /// Outcomes.
    pub outcomes: Vec<String>,
}

/// A model that there are entries of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct ModelChoice {
    /// As the record knows it: its name, or the SHA-256 of its file.
    pub model: String,
    /// What it is called now.
    pub name: String,
}

impl Record {
    /// Entries, newest first.
    ///
    /// # Errors
    /// [`RecordError`] when the database fails.
    pub fn list(&self, filter: &Filter) -> Result<Vec<EntryRow>, RecordError> {
        self.look_up()?;
        self.store().read(|conn| Ok(list(conn, filter)?))
    }

    /// What the filters can be set to.
    ///
    /// # Errors
    /// [`RecordError`] when the database fails.
    pub fn choices(&self) -> Result<Choices, RecordError> {
        self.look_up()?;
        self.store().read(|conn| {
            Ok(Choices {
                actions: lookup::values(conn, "action")?,
                models: model_choices(conn)?,
                outcomes: lookup::values(conn, "outcome")?,
            })
        })
    }

    /// One entry, for a person to read; `None` where there is none. That its private part was looked at,
    /// if it has one, is recorded before anybody has it. `now_ms` is UTC milliseconds.
    ///
    /// # Errors
    /// [`RecordError`] when the database fails.
    pub fn open_entry(
        &self,
        sequence: i64,
        now_ms: i64,
    ) -> Result<Option<EntryDetails>, RecordError> {
        let details = self.details(sequence)?;
        if details
            .as_ref()
            .is_some_and(|found| found.payload.is_some())
        {
            let event = Event::new(Action::PayloadOpened).fact("entry", sequence);
            self.store()
                .write(|tx| self.append(tx, event, now_ms).map_err(RecordError::from))?;
        }
        Ok(details)
    }

    /// One entry, for the app itself; `None` where there is none.
    ///
    /// # Errors
    /// [`RecordError`] when the database fails.
    pub fn details(&self, sequence: i64) -> Result<Option<EntryDetails>, RecordError> {
        self.store().read(|conn| {
            let sql = format!("SELECT {COLUMNS} FROM audit_entries e WHERE e.sequence = ?1");
            let found = conn
                .prepare_cached(&sql)?
                .query_row([sequence], |row| {
                    let names = models::names_by_version(conn)?;
                    let bytes = |column| row.get::<_, Vec<u8>>(column).unwrap_or_default();
                    let sealed: Option<Vec<u8>> = row.get(12)?;
                    let details = EntryDetails {
                        row: entry_row(row, &names)?,
                        previous: hex(&bytes(9)),
                        hash: hex(&bytes(10)),
                        commitment: hex(&bytes(8)),
                        payload: None,
                        checkpoint: None,
                        message: None,
                    };
                    Ok((details, bytes(6), sealed))
                })
                .optional()?;
            let Some((details, token, sealed)) = found else {
                return Ok(None);
            };
            let end = entries::head(conn)?.count;
            let payload = Known::by_token(conn, &token)?
                .zip(sealed)
                .and_then(|(known, sealed)| known.open(sequence, &sealed).ok())
                .map(|salted| salted.text().to_owned());
            let call = details.row.facts.iter().find(|fact| fact.name == "call");
            let call = call.and_then(|fact| fact.value.parse().ok());
            Ok(Some(EntryDetails {
                payload,
                checkpoint: next_from(conn, self.instance(), sequence)?
                    .map(|checkpoint| checkpoint.count)
                    .filter(|count| *count <= end),
                message: message_of(conn, call)?,
                ..details
            }))
        })
    }
}

/// What can be read of a row of [`COLUMNS`]: where somebody put something else in the place of facts,
/// there are none, and the verification says so.
fn entry_row(row: &Row<'_>, names: &HashMap<String, String>) -> rusqlite::Result<EntryRow> {
    let facts: Facts = row.get(7).unwrap_or_default();
    let facts = facts.iter().map(|(name, value)| {
        let value = match value {
            Fact::Text(text) => text.clone(),
            Fact::Integer(value) => value.to_string(),
        };
        FactRow {
            name: name.to_owned(),
            shown: (name == "model")
                .then(|| names.get(&value).cloned())
                .flatten(),
            value,
        }
    });
    Ok(EntryRow {
        facts: facts.collect(),
        sequence: row.get(0)?,
        time_ms: row.get(1)?,
        actor: row.get(4)?,
        action: row.get(5)?,
    })
}

fn list(conn: &Connection, filter: &Filter) -> rusqlite::Result<Vec<EntryRow>> {
    let limit = filter.limit.min(LONGEST_PAGE);
    let before = filter.before.unwrap_or(i64::MAX);
    let Some(mut conditions) = exact(conn, filter)? else {
        return Ok(Vec::new());
    };
    let text = filter.text.as_deref().map(str::trim).unwrap_or_default();
    let sequences = if text.is_empty() {
        let driver = most_selective(conn, &mut conditions)?;
        walk(conn, driver, &conditions, before, limit)?
    } else {
        // A set, so that an entry that fits twice is there once.
        let mut found = BTreeSet::new();
        for driver in places_of(conn, text, &filter.shown)? {
            found.extend(walk(conn, Some(driver), &conditions, before, limit)?);
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        found.into_iter().rev().take(limit).collect()
    };
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM audit_entries e WHERE e.sequence = ?1"
    ))?;
    let names = models::names_by_version(conn)?;
    let mut rows = Vec::new();
    for sequence in sequences {
        // One that is not there any more is what a verification tells of.
        let row = statement.query_row([sequence], |row| entry_row(row, &names));
        rows.extend(row.optional()?);
    }
    Ok(rows)
}

fn message_of(conn: &Connection, call: Option<i64>) -> rusqlite::Result<Option<MessagePlace>> {
    let Some(call) = call else {
        return Ok(None);
    };
    let found = conn
        .prepare_cached(
            "SELECT m.conversation_id, m.id FROM calls k
             JOIN messages m ON m.id = k.message_id WHERE k.number = ?1",
        )?
        .query_row([call], |row| {
            Ok(MessagePlace {
                conversation: row.get(0)?,
                message: row.get(1)?,
            })
        })
        .optional()?;
    Ok(found)
}
