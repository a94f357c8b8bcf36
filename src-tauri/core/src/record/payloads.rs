//! What an entry only commits to: sealed under a key of the person, conversation or workspace that
//! it is about, so that it can be destroyed while the chain stays whole.

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    encoding::{Hash, hex},
    lookup,
};
use crate::{
    ids::{ConversationId, WorkspaceId},
    sealed::{Key, SealedError},
    store::Migration,
};

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-27 create audit subjects",
    sql: "CREATE TABLE audit_subjects (
            token BLOB PRIMARY KEY CHECK (length(token) = 16),
            kind TEXT NOT NULL,
            of BLOB NOT NULL,
            key BLOB NOT NULL CHECK (length(key) = 32),
            UNIQUE (kind, of)
          ) STRICT",
}];

const SALT_BYTES: usize = 16;
/// What is bound to a sealed payload, beside its place.
const WHAT: &str = "record payload";

/// What an entry can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A conversation.
    Conversation(ConversationId),
    /// A workspace.
    Workspace(WorkspaceId),
    /// What belongs to no workspace: accounts, models, settings.
    Installation,
}

impl Subject {
    fn kind(self) -> &'static str {
        match self {
            Self::Conversation(_) => "conversation",
            Self::Workspace(_) => "workspace",
            Self::Installation => "installation",
        }
    }

    /// From what the database says of it; `None`: a kind that this build does not know.
    pub(super) fn read(kind: &str, of: &[u8]) -> Option<Self> {
        let id = || Uuid::from_slice(of).ok();
        match kind {
            "conversation" => id().map(|id| Self::Conversation(id.into())),
            "workspace" => id().map(|id| Self::Workspace(id.into())),
            "installation" => Some(Self::Installation),
            _ => None,
        }
    }

    /// The workspace that it is, or is in as long as it is there; `None`: it is in none.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when the database fails.
    pub(crate) fn workspace(self, conn: &Connection) -> rusqlite::Result<Option<WorkspaceId>> {
        match self {
            Self::Conversation(id) => conn
                .prepare_cached("SELECT workspace_id FROM conversations WHERE id = ?1")?
                .query_row([id], |row| row.get(0))
                .optional(),
            Self::Workspace(id) => Ok(Some(id)),
            Self::Installation => Ok(None),
        }
    }

    fn of(self) -> Vec<u8> {
        match self {
            Self::Conversation(id) => id.as_bytes().to_vec(),
            Self::Workspace(id) => id.as_bytes().to_vec(),
            Self::Installation => Vec::new(),
        }
    }
}

/// The random name under which the record knows a subject, and the key of its payloads.
pub(super) struct Known {
    pub token: Vec<u8>,
    key: Key,
}

impl Known {
    pub(super) fn new(token: Vec<u8>, key: Zeroizing<[u8; 32]>) -> Self {
        Self {
            token,
            key: Key::from(key),
        }
    }

    /// Token and key of a subject, made if it has none.
    pub(super) fn of(conn: &Connection, subject: Subject) -> Result<Self, SealedError> {
        let found = conn
            .prepare_cached("SELECT token, key FROM audit_subjects WHERE kind = ?1 AND of = ?2")?
            .query_row(params![subject.kind(), subject.of()], Self::read)
            .optional()?;
        if let Some(found) = found {
            return Ok(found);
        }
        let mut token = vec![0; 16];
        getrandom::fill(&mut token)?;
        let key = Key::random()?;
        conn.prepare_cached("INSERT INTO audit_subjects VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![token, subject.kind(), subject.of(), key.bytes()])?;
        Ok(Self { token, key })
    }

    /// By its token; `None` where it was destroyed.
    pub(super) fn by_token(conn: &Connection, token: &[u8]) -> rusqlite::Result<Option<Self>> {
        conn.prepare_cached("SELECT token, key FROM audit_subjects WHERE token = ?1")?
            .query_row([token], Self::read)
            .optional()
    }

    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self::new(row.get(0)?, Zeroizing::new(row.get(1)?)))
    }

    /// Salt a payload: what the entry commits to, and what is kept sealed.
    pub(super) fn seal(
        &self,
        sequence: i64,
        payload: &str,
    ) -> Result<(Hash, Vec<u8>), SealedError> {
        let mut salted = Zeroizing::new(vec![0; SALT_BYTES]);
        getrandom::fill(&mut salted)?;
        salted.extend_from_slice(payload.as_bytes());
        let sealed = self.key.seal(WHAT, self.bound(sequence), &salted)?;
        Ok((commitment(&salted), sealed))
    }

    /// Salt and payload, as they were sealed.
    pub(super) fn open(&self, sequence: i64, sealed: &[u8]) -> Result<Salted, SealedError> {
        let salted = Zeroizing::new(self.key.open(WHAT, self.bound(sequence), sealed)?);
        Salted::of(salted).ok_or(SealedError::Damaged("it is no salted text"))
    }

    fn bound(&self, sequence: i64) -> String {
        format!("{} {sequence}", hex(&self.token))
    }
}

/// What a token stands for; `None` where it was destroyed.
pub(super) fn subject(conn: &Connection, token: &[u8]) -> rusqlite::Result<Option<Subject>> {
    conn.prepare_cached("SELECT kind, of FROM audit_subjects WHERE token = ?1")?
        .query_row([token], |row| {
            Ok(match row.get_ref(0)?.as_str()? {
                "conversation" => Some(Subject::Conversation(row.get(1)?)),
                "workspace" => Some(Subject::Workspace(row.get(1)?)),
                "installation" => Some(Subject::Installation),
                _ => None,
            })
        })
        .optional()
        .map(Option::flatten)
}

/// A payload with the salt before it.
pub(crate) struct Salted(Zeroizing<Vec<u8>>);

impl Salted {
    fn of(salted: Zeroizing<Vec<u8>>) -> Option<Self> {
        let text = salted.get(SALT_BYTES..)?;
        std::str::from_utf8(text).is_ok().then_some(Self(salted))
    }

    /// From salt and text as an exported file gives them.
    pub(super) fn from_parts(salt: &[u8], text: &str) -> Option<Self> {
        (salt.len() == SALT_BYTES).then(|| Self(Zeroizing::new([salt, text.as_bytes()].concat())))
    }

    pub(super) fn salt(&self) -> &[u8] {
        &self.0[..SALT_BYTES]
    }

    /// The payload: JSON.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.0[SALT_BYTES..])
            .expect("the payload is text because it was looked at when it was taken in")
    }

    pub(super) fn commitment(&self) -> Hash {
        commitment(&self.0)
    }
}

fn commitment(salted: &[u8]) -> Hash {
    Sha256::digest(salted).into()
}

/// Destroy all payloads of a subject, with their salts and the key; its token, for the entry that
/// says so. `None`: nothing in the record is about it.
pub(super) fn destroy(conn: &Connection, subject: Subject) -> rusqlite::Result<Option<Vec<u8>>> {
    // Before it is gone, as the lookup asks to which workspace it belongs.
    while lookup::catch_up(conn)? > 0 {}
    let token: Option<Vec<u8>> = conn
        .prepare_cached("DELETE FROM audit_subjects WHERE kind = ?1 AND of = ?2 RETURNING token")?
        .query_row(params![subject.kind(), subject.of()], |row| row.get(0))
        .optional()?;
    if let Some(token) = &token {
        conn.prepare_cached(
            "UPDATE audit_entries SET sealed = NULL WHERE sequence IN
               (SELECT sequence FROM audit_lookup WHERE subject =
                 (SELECT id FROM audit_values WHERE kind = 'subject' AND value = ?1))",
        )?
        .execute([token])?;
    }
    Ok(token)
}
