//! What happened, newest first: filtered, a page at a time, and one entry with all there is to it.
//!
//! Every filter is answered from an index of the lookup: the one that leaves the fewest entries is
//! walked, the others are looked at on the way.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::{
    Record, RecordError,
    checkpoints::next_from,
    encoding::hex,
    entries::COLUMNS,
    facts::{Fact, Facts},
    lookup,
    payloads::Known,
};
use crate::ids::{ConversationId, MessageId};

/// A filter that leaves fewer entries than this is walked.
const FEW: i64 = 50_000;
/// Conversations whose title a text is looked for in.
const TITLES: u32 = 100;
/// The longest page.
const LONGEST_PAGE: u32 = 500;

/// Which entries are wanted; all that is given must hold.
#[derive(Debug, Clone, Default, Deserialize, Type)]
#[serde(rename_all = "camelCase", default)]
pub struct Filter {
    /// The action, by its name.
    pub action: Option<String>,
    /// The model, by its name at that time.
    pub model: Option<String>,
    /// The workspace, by its identifier.
    pub workspace: Option<String>,
    /// How it ended, by its name.
    pub outcome: Option<String>,
    /// Words in the action, the model or the title of the conversation, or the number of an entry
    /// or of a call.
    pub text: Option<String>,
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
    pub models: Vec<String>,
    /// Outcomes.
    pub outcomes: Vec<String>,
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
                models: lookup::values(conn, "model")?,
                outcomes: lookup::values(conn, "outcome")?,
            })
        })
    }

    /// One entry; `None` where there is none.
    ///
    /// # Errors
    /// [`RecordError`] when the database fails.
    pub fn details(&self, sequence: i64) -> Result<Option<EntryDetails>, RecordError> {
        self.store().read(|conn| {
            let sql = format!("SELECT {COLUMNS} FROM audit_entries e WHERE e.sequence = ?1");
            let found = conn
                .prepare_cached(&sql)?
                .query_row([sequence], |row| {
                    let bytes = |column| row.get::<_, Vec<u8>>(column).unwrap_or_default();
                    let sealed: Option<Vec<u8>> = row.get(12)?;
                    let details = EntryDetails {
                        row: entry_row(row)?,
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
            let payload = Known::by_token(conn, &token)?
                .zip(sealed)
                .and_then(|(known, sealed)| known.open(sequence, &sealed).ok())
                .map(|salted| salted.text().to_owned());
            let call = details.row.facts.iter().find(|fact| fact.name == "call");
            let call = call.and_then(|fact| fact.value.parse().ok());
            Ok(Some(EntryDetails {
                payload,
                checkpoint: next_from(conn, self.instance(), sequence)?
                    .map(|checkpoint| checkpoint.count),
                message: message_of(conn, call)?,
                ..details
            }))
        })
    }
}

/// What can be read of a row of [`COLUMNS`]: where somebody put something else in the place of facts,
/// there are none, and the verification says so.
fn entry_row(row: &Row<'_>) -> rusqlite::Result<EntryRow> {
    let facts: Facts = row.get(7).unwrap_or_default();
    let facts = facts.iter().map(|(name, value)| FactRow {
        name: name.to_owned(),
        value: match value {
            Fact::Text(text) => text.clone(),
            Fact::Integer(value) => value.to_string(),
        },
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
        for driver in places_of(conn, text)? {
            found.extend(walk(conn, Some(driver), &conditions, before, limit)?);
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        found.into_iter().rev().take(limit).collect()
    };
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM audit_entries e WHERE e.sequence = ?1"
    ))?;
    let mut rows = Vec::new();
    for sequence in sequences {
        // One that is not there any more is what a verification tells of.
        rows.extend(statement.query_row([sequence], entry_row).optional()?);
    }
    Ok(rows)
}

/// A column of the lookup, and the number that it must have.
#[derive(Clone, Copy)]
struct Condition {
    column: &'static str,
    value: i64,
}

/// The conditions of a filter; `None`: one of its values is in no entry.
fn exact(conn: &Connection, filter: &Filter) -> rusqlite::Result<Option<Vec<Condition>>> {
    let wanted = [
        ("action", &filter.action),
        ("model", &filter.model),
        ("workspace", &filter.workspace),
        ("outcome", &filter.outcome),
    ];
    let mut conditions = Vec::new();
    for (column, value) in wanted {
        let Some(value) = value else { continue };
        let id = conn
            .prepare_cached("SELECT id FROM audit_values WHERE kind = ?1 AND value = ?2")?
            .query_row((column, value), |row| row.get(0))
            .optional()?;
        let Some(value) = id else { return Ok(None) };
        conditions.push(Condition { column, value });
    }
    Ok(Some(conditions))
}

/// Take out the condition that leaves the fewest entries.
fn most_selective(
    conn: &Connection,
    conditions: &mut Vec<Condition>,
) -> rusqlite::Result<Option<Condition>> {
    let mut best: Option<(usize, i64)> = None;
    for (at, Condition { column, value }) in conditions.iter().enumerate() {
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM audit_lookup WHERE {column} = ?1 LIMIT {FEW})"
        );
        let count = conn
            .prepare_cached(&sql)?
            .query_row([value], |row| row.get(0))?;
        if best.is_none_or(|(_, fewest)| count < fewest) {
            best = Some((at, count));
        }
    }
    Ok(best.map(|(at, _)| conditions.swap_remove(at)))
}

/// Walk along one index from its end; the other conditions must not tempt SQLite to another.
fn walk(
    conn: &Connection,
    driver: Option<Condition>,
    others: &[Condition],
    before: i64,
    limit: u32,
) -> rusqlite::Result<Vec<i64>> {
    let driven = driver.map(|driver| format!(" AND {} = {}", driver.column, driver.value));
    let others = others
        .iter()
        .map(|other| format!(" AND +{} = {}", other.column, other.value));
    // Only names of ours and numbers, so the text cannot be more than it says.
    let conditions: String = driven.into_iter().chain(others).collect();
    conn.prepare(&format!(
        "SELECT sequence FROM audit_lookup WHERE sequence < ?1{conditions}
         ORDER BY sequence DESC LIMIT ?2"
    ))?
    .query_map((before, limit), |row| row.get(0))?
    .collect()
}

/// Where a text is found: in the names of actions and models, in titles, as a number.
fn places_of(conn: &Connection, text: &str) -> rusqlite::Result<Vec<Condition>> {
    let wanted = text.to_lowercase();
    let mut places = Vec::new();
    let mut names = conn.prepare_cached(
        "SELECT id, kind, value FROM audit_values WHERE kind IN ('action', 'model')",
    )?;
    let mut rows = names.query([])?;
    while let Some(row) = rows.next()? {
        if row.get::<_, String>(2)?.to_lowercase().contains(&wanted) {
            places.push(Condition {
                column: if row.get::<_, String>(1)? == "action" {
                    "action"
                } else {
                    "model"
                },
                value: row.get(0)?,
            });
        }
    }
    if let Ok(value) = text.trim_start_matches('#').parse() {
        places.push(Condition {
            column: "sequence",
            value,
        });
        places.push(Condition {
            column: "call",
            value,
        });
    }
    let mut titles = conn.prepare_cached(
        "SELECT v.id FROM conversations c
         JOIN audit_subjects s ON s.kind = 'conversation' AND s.of = c.id
         JOIN audit_values v ON v.kind = 'subject' AND v.value = s.token
         WHERE instr(lower(c.title), ?1) > 0 LIMIT ?2",
    )?;
    let subjects = titles.query_map((&wanted, TITLES), |row| row.get(0))?;
    for value in subjects {
        places.push(Condition {
            column: "subject",
            value: value?,
        });
    }
    Ok(places)
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
