//! Where entries are found by what they say: small numbers in place of names, so that a million
//! entries are looked through while a person types.
//!
//! It is made from the chain, behind its back: an entry is written beside its message, and what it
//! takes to find it again follows within a second, or when somebody looks. Nothing is proven by it,
//! and a verification compares it with the chain.

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
};

use rusqlite::{
    Connection, OptionalExtension, Row, params,
    types::{Value, ValueRef},
};

use super::{
    entries::{self, LAST_POSSIBLE},
    facts::Fact,
};
use crate::store::Migration;

/// Each index has all that filters look at, so that no row is read for an entry that does not fit.
pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-27 create audit lookup",
    sql: "CREATE TABLE audit_values (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            value NOT NULL,
            UNIQUE (kind, value)
          );
          CREATE TABLE audit_lookup (
            sequence INTEGER PRIMARY KEY,
            action INTEGER NOT NULL,
            model INTEGER,
            workspace INTEGER,
            outcome INTEGER,
            subject INTEGER,
            call INTEGER
          ) STRICT;
          CREATE INDEX audit_lookup_by_action ON audit_lookup(action, sequence, model, workspace, outcome);
          CREATE INDEX audit_lookup_by_model ON audit_lookup(model, sequence, action, workspace, outcome)
            WHERE model IS NOT NULL;
          CREATE INDEX audit_lookup_by_workspace ON audit_lookup(workspace, sequence, action, model, outcome)
            WHERE workspace IS NOT NULL;
          CREATE INDEX audit_lookup_by_outcome ON audit_lookup(outcome, sequence, action, model, workspace)
            WHERE outcome IS NOT NULL;
          CREATE INDEX audit_lookup_by_subject ON audit_lookup(subject, sequence, action, model, workspace, outcome)
            WHERE subject IS NOT NULL;
          CREATE INDEX audit_lookup_by_call ON audit_lookup(call, sequence, action, model, workspace, outcome)
            WHERE call IS NOT NULL",
}, Migration {
    name: "2026-11-30 find entries about conversations by their workspace",
    sql: "DELETE FROM audit_lookup",
}];

/// The kinds of values that are numbers in the lookup, and where an entry has them; a workspace also
/// [elsewhere](WORKSPACE_OF_SUBJECT).
const KINDS: [(&str, &str); 5] = [
    ("action", "e.action"),
    ("model", "e.model"),
    ("workspace", "e.workspace"),
    ("outcome", "e.outcome"),
    ("subject", "nullif(e.subject, x'')"),
];

/// The workspace of what an entry is about, in place of a fact: entries about a conversation did not always
/// name it.
const WORKSPACE_OF_SUBJECT: &str = "(SELECT lower(substr(id, 1, 8) || '-' || substr(id, 9, 4) || '-' ||
            substr(id, 13, 4) || '-' || substr(id, 17, 4) || '-' || substr(id, 21))
     FROM (SELECT hex(CASE s.kind WHEN 'workspace' THEN s.of ELSE c.workspace_id END) AS id
           FROM audit_subjects s LEFT JOIN conversations c ON s.kind = 'conversation' AND c.id = s.of
           WHERE s.token = e.subject)
     WHERE id <> '')";

/// Values that are remembered at once.
const REMEMBERED: usize = 10_000;

/// Entries that are taken in one transaction.
const AT_ONCE: i64 = 10_000;

/// How many entries the lookup has not taken in yet.
pub(super) fn behind(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "SELECT coalesce((SELECT max(sequence) FROM audit_entries WHERE sequence <= ?1), 0)
              - coalesce((SELECT max(sequence) FROM audit_lookup), 0)",
    )?
    .query_row([LAST_POSSIBLE], |row| row.get(0))
}

/// Take in the next entries; how many. There may be more until there are none.
pub(super) fn catch_up(conn: &Connection) -> rusqlite::Result<usize> {
    // From the next entry that there is: where somebody left a gap, there may be none for long.
    let next: Option<i64> = conn
        .prepare_cached(
            "SELECT min(sequence) FROM audit_entries
             WHERE sequence > (SELECT coalesce(max(sequence), 0) FROM audit_lookup) AND sequence <= ?1",
        )?
        .query_row([LAST_POSSIBLE], |row| row.get(0))?;
    let Some(next) = next else { return Ok(0) };
    let (after, until) = (next - 1, LAST_POSSIBLE.min(next - 1 + AT_ONCE));
    take_in(conn, after, until, KINDS, "e.call").or_else(|_| {
        // Somebody put something in the place of facts that SQLite cannot work out the columns of.
        let read = |name: &str, value: &str| match value.strip_prefix("e.") {
            Some("model" | "workspace" | "outcome") => {
                format!("CASE WHEN json_valid(e.facts) THEN CAST(e.facts ->> '{name}' AS TEXT) END")
            }
            _ => value.to_owned(),
        };
        let guarded = KINDS.map(|(kind, value)| (kind, read(kind, value)));
        let kinds = guarded
            .each_ref()
            .map(|(kind, value)| (*kind, value.as_str()));
        let call = "CASE WHEN json_valid(e.facts) AND json_type(e.facts, '$.call') = 'integer'
                         THEN e.facts ->> 'call' END";
        take_in(conn, after, until, kinds, call)
    })
}

/// Take in the entries after one and up to another; how many.
fn take_in(
    conn: &Connection,
    after: i64,
    until: i64,
    kinds: [(&str, &str); KINDS.len()],
    call: &str,
) -> rusqlite::Result<usize> {
    let kinds = kinds.map(|(kind, value)| match kind {
        "workspace" => (kind, format!("coalesce({value}, {WORKSPACE_OF_SUBJECT})")),
        _ => (kind, value.to_owned()),
    });
    for (kind, value) in &kinds {
        conn.prepare_cached(&format!(
            "INSERT OR IGNORE INTO audit_values (kind, value)
             SELECT DISTINCT '{kind}', {value} FROM audit_entries e
             WHERE e.sequence > ?1 AND e.sequence <= ?2 AND {value} IS NOT NULL"
        ))?
        .execute(params![after, until])?;
    }
    let ids: Vec<String> = kinds
        .iter()
        .map(|(kind, value)| {
            format!("(SELECT id FROM audit_values WHERE kind = '{kind}' AND value = {value})")
        })
        .collect();
    conn.prepare_cached(&format!(
        "INSERT INTO audit_lookup (sequence, action, model, workspace, outcome, subject, call)
             SELECT e.sequence, {}, {call} FROM audit_entries e
             WHERE e.sequence > ?1 AND e.sequence <= ?2",
        ids.join(", ")
    ))?
    .execute(params![after, until])
}

/// Forget all entries after one.
pub(super) fn forget_after(conn: &Connection, sequence: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM audit_lookup WHERE sequence > ?1")?
        .execute([sequence])?;
    Ok(())
}

/// All values of a kind, in order.
pub(super) fn values(conn: &Connection, kind: &str) -> rusqlite::Result<Vec<String>> {
    conn.prepare_cached("SELECT value FROM audit_values WHERE kind = ?1 ORDER BY value")?
        .query_map([kind], |row| row.get(0))?
        .collect()
}

/// What the lookup says of an entry.
pub(super) const COLUMNS: &str = "l.action, l.model, l.workspace, l.outcome, l.subject, l.call";

/// The values that numbers stand for, remembered while the chain is walked along.
#[derive(Default)]
pub(super) struct Values(HashMap<i64, (String, Value)>);

impl Values {
    /// Whether the lookup says of an entry what the entry says. `row` has [`COLUMNS`] from `at` on.
    pub(super) fn agree(
        &mut self,
        conn: &Connection,
        row: &Row<'_>,
        at: usize,
        entry: &entries::Entry,
    ) -> rusqlite::Result<bool> {
        let text = |name: &str| match entry.facts.get(name)? {
            Fact::Text(text) => Some(Cow::Borrowed(text.as_str())),
            Fact::Integer(value) => Some(Cow::Owned(value.to_string())),
        };
        let said = ["model", "workspace", "outcome"].map(text);
        let [model, workspace, outcome] = said
            .each_ref()
            .map(|text| text.as_ref().map(|text| ValueRef::Text(text.as_bytes())));
        let subject = (!entry.subject.is_empty()).then_some(ValueRef::Blob(&entry.subject));
        let action = Some(ValueRef::Text(entry.action.as_bytes()));
        let real = [action, model, workspace, outcome, subject];
        for (place, ((kind, _), real)) in KINDS.iter().zip(real).enumerate() {
            let same = match (row.get::<_, Option<i64>>(at + place)?, real) {
                (None, None) => true,
                (Some(id), Some(real)) => self.is(conn, id, kind, real)?,
                // It is that of what the entry is about, which may be gone.
                (Some(_), None) => *kind == "workspace",
                _ => false,
            };
            if !same {
                return Ok(false);
            }
        }
        let call: Option<i64> = row.get(at + KINDS.len())?;
        Ok(call == entry.facts.integer("call"))
    }

    fn is(
        &mut self,
        conn: &Connection,
        id: i64,
        kind: &str,
        real: ValueRef<'_>,
    ) -> rusqlite::Result<bool> {
        if self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        let (known_kind, value) = match self.0.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(
                conn.prepare_cached("SELECT kind, value FROM audit_values WHERE id = ?1")?
                    .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?
                    .unwrap_or((String::new(), Value::Null)),
            ),
        };
        Ok(known_kind == kind && ValueRef::from(&*value) == real)
    }
}
