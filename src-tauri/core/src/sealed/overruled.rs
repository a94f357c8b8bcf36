//! Which findings a person has called mistakes, in which conversation.
//!
//! Nothing that can be read is kept of what was found: each has a mark, an HMAC-SHA-256 under the
//! conversation's own key, and is known again by it. With the key the marks say nothing any more.

use std::{collections::BTreeSet, fmt};

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use super::{Key, SealedError};
use crate::{ids::ConversationId, store::Migration};

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-28 create overruled findings",
    sql: "CREATE TABLE overruled_findings (
            conversation_id BLOB NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            mark BLOB NOT NULL CHECK (length(mark) = 32),
            PRIMARY KEY (conversation_id, mark)
          ) STRICT, WITHOUT ROWID",
}];

type Mark = [u8; 32];

/// The marks of one conversation, at least one.
pub(crate) struct Marks {
    key: Key,
    of: ConversationId,
    marks: BTreeSet<Mark>,
}

/// Says how many.
impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Marks")
            .field("marks", &self.marks.len())
            .finish_non_exhaustive()
    }
}

impl Marks {
    /// Whether this was overruled, by what [`same`](crate::safety::mask::same) says of it.
    pub(crate) fn has(&self, same: &str) -> bool {
        self.marks.contains(&mark(&self.key, self.of, same))
    }

    /// Changes with the marks.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        self.marks.iter().for_each(|mark| hash.update(mark));
        hash.finalize().into()
    }
}

/// What was overruled in a conversation; `None`: nothing.
///
/// # Errors
/// [`SealedError`] when the database fails.
pub(crate) fn overruled(
    conn: &Connection,
    of: ConversationId,
) -> Result<Option<Marks>, SealedError> {
    let marks = conn
        .prepare_cached("SELECT mark FROM overruled_findings WHERE conversation_id = ?1")?
        .query_map([of], |row| row.get(0))?
        .collect::<rusqlite::Result<BTreeSet<Mark>>>()?;
    // Without the key nothing is known again, so everything is found.
    let key = Key::find(conn, of)?.filter(|_| !marks.is_empty());
    Ok(key.map(|key| Marks { key, of, marks }))
}

/// Note that a person has overruled this; whether that is new.
///
/// # Errors
/// [`SealedError`] when the system gives no key, or the database fails.
pub(crate) fn overrule(
    conn: &Connection,
    of: ConversationId,
    same: &str,
) -> Result<bool, SealedError> {
    let mark = mark(&Key::of(conn, of)?, of, same);
    let added = conn
        .prepare_cached("INSERT OR IGNORE INTO overruled_findings VALUES (?1, ?2)")?
        .execute(params![of, mark])?;
    Ok(added > 0)
}

/// Forget that it was overruled; whether it was.
///
/// # Errors
/// [`SealedError`] when the database fails.
pub(crate) fn take_back(
    conn: &Connection,
    of: ConversationId,
    same: &str,
) -> Result<bool, SealedError> {
    let Some(key) = Key::find(conn, of)? else {
        return Ok(false);
    };
    let removed = conn
        .prepare_cached("DELETE FROM overruled_findings WHERE conversation_id = ?1 AND mark = ?2")?
        .execute(params![of, mark(&key, of, same)])?;
    Ok(removed > 0)
}

fn mark(key: &Key, of: ConversationId, same: &str) -> Mark {
    key.mark("overruled finding", of, same.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    use super::*;

    proptest! {
        #[test]
        fn a_mark_is_of_one_finding_in_one_conversation_under_one_key(one: String, other: String) {
            let (key, of) = (Key(Zeroizing::new([7; 32])), ConversationId::new());
            let marks = Marks { marks: [mark(&key, of, &one)].into(), key, of };
            prop_assert!(marks.has(&one));
            prop_assert_eq!(marks.has(&other), one == other);
            let elsewhere = Marks { of: ConversationId::new(), ..marks };
            prop_assert!(!elsewhere.has(&one));
            let with_another_key = Marks { key: Key(Zeroizing::new([8; 32])), of, ..elsewhere };
            prop_assert!(!with_another_key.has(&one));
        }
    }
}
