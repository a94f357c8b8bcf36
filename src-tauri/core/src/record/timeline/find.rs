//! How entries are found: each filter is a small number in the lookup, and the one that leaves the
//! fewest entries is walked along.

use rusqlite::{Connection, OptionalExtension};

use super::{Filter, ModelChoice};
use crate::{ids::ConversationId, models, record::lookup};

/// A filter that leaves fewer entries than this is walked.
const FEW: i64 = 50_000;
/// Conversations that are walked at most, of those whose title has a text.
const TITLES: usize = 100;

/// A column of the lookup, and the number that it must have.
#[derive(Clone, Copy)]
pub(super) struct Condition {
    column: &'static str,
    value: i64,
}

/// The conditions of a filter; `None`: one of its values is in no entry.
pub(super) fn exact(
    conn: &Connection,
    filter: &Filter,
) -> rusqlite::Result<Option<Vec<Condition>>> {
    let model = match &filter.model {
        Some(wanted) => Some(known_as(conn, wanted)?),
        None => None,
    };
    let wanted = [
        ("action", &filter.action),
        ("model", &model),
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
    conditions.extend(filter.call.map(|value| Condition {
        column: "call",
        value,
    }));
    Ok(Some(conditions))
}

/// What the record knows a model as that was chosen, or that a person calls so.
fn known_as(conn: &Connection, wanted: &str) -> rusqlite::Result<String> {
    let called = model_choices(conn)?
        .into_iter()
        .find(|choice| choice.name == wanted && choice.model != wanted);
    Ok(called.map_or_else(|| wanted.to_owned(), |choice| choice.model))
}

pub(super) fn model_choices(conn: &Connection) -> rusqlite::Result<Vec<ModelChoice>> {
    let names = models::names_by_version(conn)?;
    let values = lookup::values(conn, "model")?.into_iter();
    Ok(values
        .map(|model| ModelChoice {
            name: names.get(&model).unwrap_or(&model).clone(),
            model,
        })
        .collect())
}

/// Take out the condition that leaves the fewest entries.
pub(super) fn most_selective(
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
pub(super) fn walk(
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

/// Where a text is found: in the names of actions and models, or those that `shown` says have it in other
/// words; in titles; as a number.
pub(super) fn places_of(
    conn: &Connection,
    text: &str,
    shown: &[String],
) -> rusqlite::Result<Vec<Condition>> {
    let wanted = text.to_lowercase();
    let mut places = Vec::new();
    let called = models::names_by_version(conn)?;
    let mut names = conn.prepare_cached(
        "SELECT id, kind, value FROM audit_values WHERE kind IN ('action', 'model')",
    )?;
    let mut rows = names.query([])?;
    while let Some(row) = rows.next()? {
        let value: String = row.get(2)?;
        let name = called.get(&value).unwrap_or(&value);
        if name.to_lowercase().contains(&wanted) || shown.contains(&value) {
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
    places.extend(in_titles(conn, &wanted)?);
    Ok(places)
}

/// The conversations whose title has a text, which is in small letters. SQLite knows only the small letters
/// of ASCII, so titles are compared here.
fn in_titles(conn: &Connection, wanted: &str) -> rusqlite::Result<Vec<Condition>> {
    let mut titles = conn.prepare_cached(
        "SELECT id, title FROM conversations WHERE title IS NOT NULL ORDER BY updated_at_ms DESC",
    )?;
    let found = titles.query_map([], |row| {
        let title: String = row.get(1)?;
        let found = title.to_lowercase().contains(wanted);
        found.then(|| row.get::<_, ConversationId>(0)).transpose()
    })?;
    let found = found.filter_map(Result::transpose).take(TITLES);
    let conversations = found.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut subject = conn.prepare_cached(
        "SELECT v.id FROM audit_subjects s
         JOIN audit_values v ON v.kind = 'subject' AND v.value = s.token
         WHERE s.kind = 'conversation' AND s.of = ?1",
    )?;
    let mut places = Vec::new();
    for conversation in conversations {
        let value = subject
            .query_row([conversation], |row| row.get(0))
            .optional()?;
        places.extend(value.map(|value| Condition {
            column: "subject",
            value,
        }));
    }
    Ok(places)
}
