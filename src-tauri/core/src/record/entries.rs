//! The chain: one row an entry, each hashed over its content and the hash of the one before.

use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    Action, Fault,
    encoding::{Encoding, Hash},
    facts::Facts,
};
use crate::store::Migration;

/// What entries are found by stands beside them as columns that SQLite works out from their facts:
/// they cannot differ from what is hashed. The one index is of what is rare, so that an entry beside
/// a message costs no more than its row; see [`super::lookup`].
pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-27 create audit entries",
    sql: "CREATE TABLE audit_entries (
            sequence INTEGER PRIMARY KEY,
            time_ms INTEGER NOT NULL,
            latest_ms INTEGER NOT NULL,
            instance BLOB NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            subject BLOB NOT NULL,
            facts TEXT NOT NULL,
            commitment BLOB NOT NULL,
            previous BLOB NOT NULL,
            hash BLOB NOT NULL,
            mac BLOB NOT NULL,
            sealed BLOB,
            model TEXT GENERATED ALWAYS AS (facts ->> 'model') VIRTUAL,
            workspace TEXT GENERATED ALWAYS AS (facts ->> 'workspace') VIRTUAL,
            outcome TEXT GENERATED ALWAYS AS (facts ->> 'outcome') VIRTUAL,
            call INTEGER GENERATED ALWAYS AS (facts ->> 'call') VIRTUAL
          ) STRICT;
          CREATE INDEX audit_milestones ON audit_entries(action, subject)
            WHERE action IN ('record.verification-failed', 'record.failure-seen', 'record.verified',
                             'record.witness-saved', 'content.erased');
          CREATE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries
            BEGIN SELECT RAISE(ABORT, 'the record is only added to'); END;
          CREATE TRIGGER audit_entries_stay_as_they_are
            BEFORE UPDATE OF sequence, time_ms, latest_ms, instance, actor, action, subject, facts, commitment,
                             previous, hash, mac ON audit_entries
            BEGIN SELECT RAISE(ABORT, 'the record is only added to'); END;
          CREATE TRIGGER audit_payloads_are_destroyed_only
            BEFORE UPDATE OF sealed ON audit_entries WHEN new.sealed IS NOT NULL
            BEGIN SELECT RAISE(ABORT, 'the record is only added to'); END",
}, Migration {
    name: "2026-11-27 index the keys of the record",
    sql: "CREATE INDEX audit_keys ON audit_entries(sequence)
            WHERE action IN ('record.began', 'record.keys-replaced')",
}, Migration {
    // Each start looks for the one before, behind which there may be a day of a busy local API.
    name: "2026-12-01 index the starts in the record",
    sql: "CREATE INDEX audit_starts ON audit_entries(sequence) WHERE action = 'app.started'",
}];

/// What an entry before the first one would have had as its hash.
pub(super) const BEGINNING: Hash = [0; 32];

/// No entry has a higher number: a row that stands beyond it was put there, and is not gone on from.
pub(super) const LAST_POSSIBLE: i64 = (1 << 53) - 1;

/// One entry, as it is hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its place, from 1, without gaps.
    pub sequence: i64,
    /// UTC milliseconds by this computer's clock.
    pub time_ms: i64,
    /// The latest time of this and all entries before: above `time_ms` where the clock was set back.
    pub latest_ms: i64,
    /// Which installation.
    pub instance: Uuid,
    /// Through what it was done.
    pub actor: String,
    /// What happened.
    pub action: String,
    /// The token of what it is about: 16 bytes, or none.
    pub subject: Vec<u8>,
    /// What is said in the clear.
    pub facts: Facts,
    /// SHA-256 over salt and payload: 32 bytes, or none.
    pub commitment: Vec<u8>,
    /// The hash of the entry before.
    pub previous: Hash,
}

impl Entry {
    /// The hash over all of it; see `docs/record-format.md`.
    pub(crate) fn hash(&self) -> Hash {
        self.encoding().hash()
    }

    /// Whether its names are names and its bytes as many as they must be. Names of other letters could
    /// look like ones that they are not.
    pub(super) fn is_well_formed(&self) -> bool {
        let plain = |name: &str| {
            let letter = |c: u8| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b' ');
            !name.is_empty() && name.bytes().all(letter)
        };
        plain(&self.actor)
            && plain(&self.action)
            && self.facts.iter().all(|(name, _)| plain(name))
            && matches!(self.subject.len(), 0 | 16)
            && matches!(self.commitment.len(), 0 | 32)
    }

    pub(super) fn encoding(&self) -> Encoding {
        Encoding::of("gatehouse record entry 1")
            .integer(self.sequence)
            .integer(self.time_ms)
            .integer(self.latest_ms)
            .bytes(self.instance.as_bytes())
            .text(&self.actor)
            .text(&self.action)
            .bytes(&self.subject)
            .facts(&self.facts)
            .bytes(&self.commitment)
            .bytes(&self.previous)
    }
}

/// An entry with what is kept beside it: two proofs, which may be wrong, and what is private, sealed,
/// until it is destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub entry: Entry,
    pub hash: Vec<u8>,
    pub mac: Vec<u8>,
    pub sealed: Option<Vec<u8>>,
}

pub(super) const COLUMNS: &str = "e.sequence, e.time_ms, e.latest_ms, e.instance, e.actor, e.action, e.subject, \
     e.facts, e.commitment, e.previous, e.hash, e.mac, e.sealed";
/// How many columns [`COLUMNS`] names.
pub(super) const COLUMN_COUNT: usize = 13;

/// A row of [`COLUMNS`], from the first column on.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept {
        entry: Entry {
            sequence: row.get(0)?,
            time_ms: row.get(1)?,
            latest_ms: row.get(2)?,
            instance: Uuid::from_bytes(row.get(3)?),
            actor: row.get(4)?,
            action: row.get(5)?,
            subject: row.get(6)?,
            facts: row.get(7)?,
            commitment: row.get(8)?,
            previous: row.get(9)?,
        },
        hash: row.get(10)?,
        mac: row.get(11)?,
        sealed: row.get(12)?,
    })
}

/// The end of the chain: how many entries there are, and what the next one is linked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Entries.
    pub count: i64,
    /// The hash of the last one.
    pub hash: Hash,
    /// The latest time of all of them.
    pub latest_ms: i64,
}

/// Where the chain ends now.
pub(crate) fn head(conn: &Connection) -> rusqlite::Result<Head> {
    let last = conn
        .prepare_cached(
            "SELECT sequence, hash, latest_ms FROM audit_entries WHERE sequence <= ?1
             ORDER BY sequence DESC LIMIT 1",
        )?
        .query_row([LAST_POSSIBLE], |row| {
            Ok(Head {
                count: row.get(0)?,
                hash: link_to(row.get(1)?),
                latest_ms: row.get(2)?,
            })
        })
        .optional()?;
    Ok(last.unwrap_or(Head {
        count: 0,
        hash: BEGINNING,
        latest_ms: i64::MIN,
    }))
}

/// Whether a row stands where no entry can be.
pub(super) fn any_beyond(conn: &Connection) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM audit_entries WHERE sequence > ?1")?
        .exists([LAST_POSSIBLE])
}

/// What the next entry is linked to: the hash, or where somebody put something else in its place what
/// that hashes to. The record goes on behind it, and a verification says that it was changed.
fn link_to(kept: Vec<u8>) -> Hash {
    kept.try_into()
        .unwrap_or_else(|kept: Vec<u8>| Sha256::digest(&kept).into())
}

/// The hash that the entry of this place has, if there is one.
pub(super) fn hash_at(conn: &Connection, sequence: i64) -> rusqlite::Result<Option<Vec<u8>>> {
    conn.prepare_cached("SELECT hash FROM audit_entries WHERE sequence = ?1")?
        .query_row([sequence], |row| row.get(0))
        .optional()
}

/// Whether this fault is the last one that was found, with no good verification and no person's word
/// after it: then it need not be told again.
pub(super) fn is_told(conn: &Connection, fault: &Fault) -> rusqlite::Result<bool> {
    let last: Option<(String, Option<Facts>)> = conn
        .prepare_cached(&format!(
            "SELECT action, facts FROM audit_entries
             WHERE action IN ('record.verification-failed', 'record.verified', 'record.failure-seen')
               AND {MILESTONES} ORDER BY sequence DESC LIMIT 1"
        ))?
        .query_row([], |row| Ok((row.get(0)?, row.get(1).ok())))
        .optional()?;
    Ok(last.is_some_and(|(action, facts)| {
        let facts = facts.unwrap_or_default();
        action == Action::VerificationFailed.name()
            && facts.text("fault") == Some(fault.name())
            && facts.integer("at") == fault.at()
    }))
}

/// What the last entry up to this one that names the keys of the record says of them.
pub(super) fn named_keys(conn: &Connection, up_to: i64) -> rusqlite::Result<Option<Facts>> {
    conn.prepare_cached(
        "SELECT facts FROM audit_entries WHERE action IN ('record.began', 'record.keys-replaced')
           AND sequence <= ?1 ORDER BY sequence DESC LIMIT 1",
    )?
    .query_row([up_to], |row| Ok(row.get(0).ok()))
    .optional()
    .map(Option::flatten)
}

/// The version that started last.
pub(super) fn last_version(conn: &Connection) -> rusqlite::Result<Option<String>> {
    let facts: Option<Facts> = conn
        .prepare_cached(
            "SELECT facts FROM audit_entries WHERE action = 'app.started'
             ORDER BY sequence DESC LIMIT 1",
        )?
        .query_row([], |row| Ok(row.get(0).ok()))
        .optional()?
        .flatten();
    Ok(facts.and_then(|facts| facts.text("version").map(str::to_owned)))
}

/// What is looked for by its action at every start; as the index of what is rare has it, word for word.
pub(super) const MILESTONES: &str =
    "action IN ('record.verification-failed', 'record.failure-seen', 'record.verified',
                             'record.witness-saved', 'content.erased')";

/// Write an entry with its two proofs, and what is private, sealed.
pub(super) fn insert(
    conn: &Connection,
    entry: &Entry,
    hash: &[u8],
    mac: &[u8],
    sealed: Option<&[u8]>,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO audit_entries (sequence, time_ms, latest_ms, instance, actor, action, subject, facts,
                                    commitment, previous, hash, mac, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute(params![
        entry.sequence,
        entry.time_ms,
        entry.latest_ms,
        entry.instance.as_bytes(),
        entry.actor,
        entry.action,
        entry.subject,
        entry.facts,
        entry.commitment,
        entry.previous,
        hash,
        mac,
        sealed,
    ])?;
    // A statement can do nothing and be no error, where somebody saw to that.
    match hash_at(conn, entry.sequence)? {
        Some(kept) if kept == hash => Ok(()),
        _ => Err(rusqlite::Error::StatementChangedRows(0)),
    }
}
