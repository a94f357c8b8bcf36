//! What is private in the record, read through, and destroyed where it must go.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};
use zeroize::Zeroizing;

use super::{
    Event, Record, Subject,
    entries::{self, MILESTONES},
    lookup,
    payloads::Known,
};
use crate::{ids::WorkspaceId, sealed::SealedError};

/// How many numbers of entries one entry names.
const IN_ONE_ENTRY: usize = 5_000;

/// An entry with something private.
pub(crate) struct Private<'a> {
    /// Its place in the chain.
    pub sequence: i64,
    /// What happened.
    pub action: &'a str,
    /// UTC milliseconds.
    pub time_ms: i64,
    /// What it is about.
    pub subject: Subject,
}

/// How many entries there are.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn length(conn: &Connection) -> rusqlite::Result<i64> {
    Ok(entries::head(conn)?.count)
}

/// Look at every private part that is still there of entries after this one, in order; how many cannot be read, because somebody
/// changed them.
///
/// # Errors
/// [`SealedError`] when the database fails, and what `look` returns.
pub(crate) fn each_payload(
    conn: &Connection,
    after: i64,
    mut look: impl FnMut(&Private<'_>, &str) -> Result<(), SealedError>,
) -> Result<usize, SealedError> {
    let mut unreadable = 0;
    let mut statement = conn.prepare(
        "SELECT e.sequence, e.action, e.time_ms, e.sealed, s.kind, s.of, s.token, s.key
         FROM audit_entries e JOIN audit_subjects s ON s.token = e.subject
         WHERE e.sealed IS NOT NULL AND e.sequence > ?1 ORDER BY e.sequence",
    )?;
    let mut rows = statement.query([after])?;
    while let Some(row) = rows.next()? {
        let (kind, of): (String, Vec<u8>) = (row.get(4)?, row.get(5)?);
        let Some(subject) = Subject::read(&kind, &of) else {
            continue;
        };
        let sequence = row.get(0)?;
        let known = Known::new(row.get(6)?, Zeroizing::new(row.get(7)?));
        let sealed = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
        let Ok(salted) = known.open(sequence, sealed) else {
            unreadable += 1;
            continue;
        };
        let entry = Private {
            sequence,
            action: row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?,
            time_ms: row.get(2)?,
            subject,
        };
        look(&entry, salted.text())?;
    }
    Ok(unreadable)
}

/// The entries about these calls of clients that still have a private part, by the workspaces that they are about.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn private_of_client_calls(
    conn: &Connection,
    calls: &BTreeSet<i64>,
) -> rusqlite::Result<BTreeMap<WorkspaceId, Vec<i64>>> {
    let mut found: BTreeMap<WorkspaceId, Vec<i64>> = BTreeMap::new();
    if calls.is_empty() {
        return Ok(found);
    }
    while lookup::catch_up(conn)? > 0 {}
    let mut statement = conn.prepare_cached(
        "SELECT s.of, e.sequence
         FROM audit_lookup l JOIN audit_entries e ON e.sequence = l.sequence
         JOIN audit_subjects s ON s.token = e.subject AND s.kind = 'workspace'
         WHERE l.call = ?1 AND e.sealed IS NOT NULL ORDER BY e.sequence",
    )?;
    for call in calls {
        let mut rows = statement.query([call])?;
        while let Some(row) = rows.next()? {
            found.entry(row.get(0)?).or_default().push(row.get(1)?);
        }
    }
    Ok(found)
}

/// How many entries say that something was erased.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn erasures(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached(&format!(
        "SELECT count(*) FROM audit_entries WHERE action = 'content.erased' AND {MILESTONES}"
    ))?
    .query_row([], |row| row.get(0))
}

impl Record {
    /// Destroy some private parts of a subject, and write down which, in as many entries as that takes: `event`
    /// must be a [`super::Action::Erased`]. The others stay, and must.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when it cannot be written.
    pub(crate) fn erase_some(
        &self,
        tx: &Connection,
        subject: Subject,
        sequences: &[i64],
        event: Event,
        now_ms: i64,
    ) -> rusqlite::Result<()> {
        let mut destroy =
            tx.prepare_cached("UPDATE audit_entries SET sealed = NULL WHERE sequence = ?1")?;
        for sequence in sequences {
            destroy.execute(params![sequence])?;
        }
        for some in sequences.chunks(IN_ONE_ENTRY) {
            let entries: Vec<String> = some.iter().map(i64::to_string).collect();
            let event = event.clone().fact("entries", entries.join(","));
            self.append(tx, event.about(subject), now_ms)?;
        }
        Ok(())
    }
}
