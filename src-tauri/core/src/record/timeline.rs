//! What happened, newest first: filtered, a page at a time, and one entry with all there is to it.
//!
//! A million entries must be looked through while a person types, so every filter is answered from
//! an index: the one that leaves the fewest entries is walked, the others are looked at on the way.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, ToSql, params_from_iter};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::{
    Record, RecordError,
    checkpoints::next_from,
    encoding::hex,
    entries::{self, COLUMN_COUNT, COLUMNS, Kept},
    facts::Fact,
    payloads::Known,
};
use crate::ids::{ConversationId, MessageId};

/// A filter that leaves fewer entries than this is walked.
const FEW: i64 = 2_000;
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

/// Entries, newest first.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn list(conn: &Connection, filter: &Filter) -> rusqlite::Result<Vec<EntryRow>> {
    let limit = filter.limit.min(LONGEST_PAGE);
    let mut conditions = exact(filter);
    let text = filter.text.as_deref().map(str::trim).unwrap_or_default();
    if text.is_empty() {
        let driver = most_selective(conn, &mut conditions)?;
        return walk(conn, driver.as_ref(), &conditions, filter.before, limit);
    }
    // Entries by their place, so that one that fits twice is there once.
    let mut found = BTreeMap::new();
    for driver in places_of(conn, text)? {
        for row in walk(conn, Some(&driver), &conditions, filter.before, limit)? {
            found.insert(row.sequence, row);
        }
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(found.into_values().rev().take(limit).collect())
}

/// What the filters can be set to.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn choices(conn: &Connection) -> rusqlite::Result<Choices> {
    Ok(Choices {
        actions: distinct(conn, "action")?,
        models: distinct(conn, "model")?,
        outcomes: distinct(conn, "outcome")?,
    })
}

impl Record {
    /// One entry; `None` where there is none.
    ///
    /// # Errors
    /// [`RecordError`] when the database fails.
    pub fn details(&self, sequence: i64) -> Result<Option<EntryDetails>, RecordError> {
        self.store().read(|conn| {
            let sql = format!(
                "SELECT {COLUMNS}, p.sealed FROM audit_entries e
                 LEFT JOIN audit_payloads p ON p.sequence = e.sequence WHERE e.sequence = ?1"
            );
            let found = conn
                .prepare_cached(&sql)?
                .query_row([sequence], |row| {
                    Ok((
                        entries::read(row)?,
                        row.get::<_, Option<Vec<u8>>>(COLUMN_COUNT)?,
                    ))
                })
                .optional()?;
            let Some((kept, sealed)) = found else {
                return Ok(None);
            };
            let known = Known::by_token(conn, &kept.entry.subject)?;
            let payload = known
                .zip(sealed)
                .and_then(|(known, sealed)| known.open(sequence, &sealed).ok())
                .map(|salted| salted.text().to_owned());
            let covered = next_from(conn, self.instance(), sequence)?;
            Ok(Some(EntryDetails {
                previous: hex(&kept.entry.previous),
                hash: hex(&kept.hash),
                commitment: hex(&kept.entry.commitment),
                payload,
                checkpoint: covered.map(|checkpoint| checkpoint.count),
                message: message_of(conn, kept.entry.facts.integer("call"))?,
                row: EntryRow::from(kept),
            }))
        })
    }
}

impl From<Kept> for EntryRow {
    fn from(kept: Kept) -> Self {
        let entry = kept.entry;
        let facts = entry.facts.iter().map(|(name, value)| FactRow {
            name: name.to_owned(),
            value: match value {
                Fact::Text(text) => text.clone(),
                Fact::Integer(value) => value.to_string(),
            },
        });
        Self {
            facts: facts.collect(),
            sequence: entry.sequence,
            time_ms: entry.time_ms,
            actor: entry.actor,
            action: entry.action,
        }
    }
}

/// A column that has an index, and the value that it must have.
struct Condition {
    column: &'static str,
    value: Box<dyn ToSql>,
}

impl Condition {
    fn new(column: &'static str, value: impl ToSql + 'static) -> Self {
        Self {
            column,
            value: Box::new(value),
        }
    }
}

fn exact(filter: &Filter) -> Vec<Condition> {
    [
        ("action", &filter.action),
        ("model", &filter.model),
        ("workspace", &filter.workspace),
        ("outcome", &filter.outcome),
    ]
    .into_iter()
    .filter_map(|(column, value)| Some(Condition::new(column, value.clone()?)))
    .collect()
}

/// Take out the condition that leaves the fewest entries.
fn most_selective(
    conn: &Connection,
    conditions: &mut Vec<Condition>,
) -> rusqlite::Result<Option<Condition>> {
    let mut best: Option<(usize, i64)> = None;
    for (at, condition) in conditions.iter().enumerate() {
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM audit_entries WHERE {} = ?1 LIMIT {FEW})",
            condition.column
        );
        let count = conn
            .prepare_cached(&sql)?
            .query_row([&condition.value], |row| row.get(0))?;
        if best.is_none_or(|(_, fewest)| count < fewest) {
            best = Some((at, count));
        }
    }
    Ok(best.map(|(at, _)| conditions.swap_remove(at)))
}

/// Walk along one index from its end; the other conditions must not tempt SQLite to another.
fn walk(
    conn: &Connection,
    driver: Option<&Condition>,
    others: &[Condition],
    before: Option<i64>,
    limit: u32,
) -> rusqlite::Result<Vec<EntryRow>> {
    let mut sql = format!("SELECT {COLUMNS} FROM audit_entries e WHERE e.sequence < ?1");
    let mut values: Vec<&dyn ToSql> = vec![];
    let before = before.unwrap_or(i64::MAX);
    values.push(&before);
    for (condition, index) in driver
        .into_iter()
        .map(|driver| (driver, ""))
        .chain(others.iter().map(|other| (other, "+")))
    {
        values.push(&condition.value);
        sql += &format!(" AND {index}e.{} = ?{}", condition.column, values.len());
    }
    // What the index of subjects is for is said as it was when it was made.
    if driver.is_some_and(|driver| driver.column == "subject") {
        sql += " AND length(e.subject) > 0";
    }
    sql += &format!(" ORDER BY e.sequence DESC LIMIT {limit}");
    conn.prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| {
            entries::read(row).map(EntryRow::from)
        })?
        .collect()
}

/// Where a text is found: in the names of actions and models, in titles, as a number.
fn places_of(conn: &Connection, text: &str) -> rusqlite::Result<Vec<Condition>> {
    let wanted = text.to_lowercase();
    let mut places = Vec::new();
    for column in ["action", "model"] {
        for value in distinct(conn, column)? {
            if value.to_lowercase().contains(&wanted) {
                places.push(Condition::new(column, value));
            }
        }
    }
    if let Ok(number) = text.trim_start_matches('#').parse::<i64>() {
        places.push(Condition::new("sequence", number));
        places.push(Condition::new("call", number));
    }
    let mut statement = conn.prepare_cached(
        "SELECT s.token FROM conversations c
         JOIN audit_subjects s ON s.kind = 'conversation' AND s.of = c.id
         WHERE instr(lower(c.title), ?1) > 0 LIMIT ?2",
    )?;
    let tokens = statement.query_map((&wanted, TITLES), |row| row.get::<_, Vec<u8>>(0))?;
    for token in tokens {
        places.push(Condition::new("subject", token?));
    }
    Ok(places)
}

/// The values that a column has, each found by one step in its index.
fn distinct(conn: &Connection, column: &str) -> rusqlite::Result<Vec<String>> {
    conn.prepare_cached(&format!(
        "WITH RECURSIVE each(value) AS (
           SELECT min({column}) FROM audit_entries WHERE {column} IS NOT NULL
           UNION ALL
           SELECT (SELECT min({column}) FROM audit_entries WHERE {column} > value) FROM each
           WHERE value IS NOT NULL)
         SELECT value FROM each WHERE value IS NOT NULL"
    ))?
    .query_map([], |row| row.get(0))?
    .collect()
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
