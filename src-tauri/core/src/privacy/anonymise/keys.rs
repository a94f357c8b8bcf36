//! The keys of pseudonyms, and pseudonyms: HMAC-SHA-256 over what a value is. A bare hash of a name or a
//! phone number is found again by trying all of them; without the key there is nothing to try.

use std::collections::HashMap;

use hmac::{Hmac, KeyInit, Mac};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    ids::WorkspaceId, privacy::archive::ArchiveError, record::hex, sealed::SealedError,
    store::Migration, workspaces,
};

pub(super) const MIGRATION: Migration = Migration {
    name: "2026-11-27 create keys of pseudonyms",
    sql: "CREATE TABLE pseudonym_keys (
            workspace_id BLOB PRIMARY KEY REFERENCES workspaces(id) ON DELETE CASCADE,
            key BLOB NOT NULL CHECK (length(key) = 32)
          ) STRICT",
};

/// Of 48 bits: among a million values two agree with a probability of one in five hundred.
const PSEUDONYM_BYTES: usize = 6;

type Key = Zeroizing<[u8; 32]>;

/// The keys of one export: a new one for all of it, or what each workspace keeps.
pub(super) enum Keys {
    Fresh(Key),
    Kept(HashMap<WorkspaceId, Key>),
}

/// The keys for an export of one workspace, or (`None`) of all. Those that are to be kept are made where
/// there are none.
pub(super) fn of_export(
    conn: &Connection,
    workspace: Option<WorkspaceId>,
    kept: bool,
) -> Result<Keys, ArchiveError> {
    if !kept {
        return Ok(Keys::Fresh(random()?));
    }
    let all = match workspace {
        Some(workspace) => vec![workspace],
        None => workspaces::all(conn)?
            .iter()
            .map(|workspace| workspace.id)
            .collect(),
    };
    let keys = all.into_iter().map(|id| Ok((id, kept_of(conn, id)?)));
    Ok(Keys::Kept(keys.collect::<Result<_, ArchiveError>>()?))
}

impl Keys {
    pub(super) fn of(&self, workspace: WorkspaceId) -> Result<Key, ArchiveError> {
        match self {
            Self::Fresh(key) => Ok(key.clone()),
            // A workspace that was made since the export began: what it has is nobody's pseudonym yet.
            Self::Kept(keys) => keys.get(&workspace).cloned().map_or_else(random, Ok),
        }
    }
}

fn kept_of(conn: &Connection, workspace: WorkspaceId) -> Result<Key, ArchiveError> {
    let found: Option<[u8; 32]> = conn
        .prepare_cached("SELECT key FROM pseudonym_keys WHERE workspace_id = ?1")?
        .query_row([workspace], |row| row.get(0))
        .optional()?;
    if let Some(key) = found {
        return Ok(Zeroizing::new(key));
    }
    let key = random()?;
    conn.prepare_cached("INSERT INTO pseudonym_keys VALUES (?1, ?2)")?
        .execute(params![workspace, *key])?;
    Ok(key)
}

/// The workspaces that keep one.
pub(super) fn workspaces_with_one(conn: &Connection) -> rusqlite::Result<Vec<WorkspaceId>> {
    conn.prepare_cached("SELECT workspace_id FROM pseudonym_keys ORDER BY workspace_id")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Destroy that of a workspace, or (`None`) all; how many there were.
pub(super) fn destroy(conn: &Connection, workspace: Option<WorkspaceId>) -> rusqlite::Result<u32> {
    let gone = conn
        .prepare_cached("DELETE FROM pseudonym_keys WHERE ?1 IS NULL OR workspace_id = ?1")?
        .execute([workspace])?;
    Ok(u32::try_from(gone).unwrap_or(u32::MAX))
}

/// Forget the key of a workspace that is erased.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn forget_workspace(conn: &Connection, workspace: WorkspaceId) -> rusqlite::Result<()> {
    destroy(conn, Some(workspace)).map(drop)
}

fn random() -> Result<Key, ArchiveError> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(key.as_mut_slice()).map_err(SealedError::from)?;
    Ok(key)
}

/// Gives the same value the same pseudonym, and another key others.
pub(super) struct Pseudonyms(Hmac<Sha256>);

impl Pseudonyms {
    pub(super) fn new(key: Key) -> Self {
        let mac = Hmac::new_from_slice(key.as_slice())
            .expect("HMAC takes the key because it takes any length");
        Self(mac)
    }

    /// `PERSON-7f3a09c1d2e4`. `value` is what is the same in all ways of writing it.
    pub(super) fn of(&self, label: &str, value: impl AsRef<[u8]>) -> String {
        let mut mac = self.0.clone();
        // No label has this byte, so no two pairs of label and value are one text.
        mac.update(label.as_bytes());
        mac.update(b"\n");
        mac.update(value.as_ref());
        let code = mac.finalize().into_bytes();
        format!("{label}-{}", hex(&code[..PSEUDONYM_BYTES]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pseudonyms(key: u8) -> Pseudonyms {
        Pseudonyms::new(Zeroizing::new([key; 32]))
    }

    #[test]
    fn a_pseudonym_has_its_form() {
        let one = pseudonyms(1).of("PERSON", "anna berg");
        let code = one.strip_prefix("PERSON-").expect("its label is in front");
        assert!(
            code.len() == 12 && code.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{one}"
        );
    }

    proptest! {
        #[test]
        fn it_is_of_one_value_one_label_and_one_key(value: String, other: String) {
            let one = pseudonyms(1).of("PERSON", &value);
            prop_assert_eq!(&one, &pseudonyms(1).of("PERSON", &value));
            prop_assert_ne!(&one[7..], &pseudonyms(2).of("PERSON", &value)[7..]);
            prop_assert_ne!(&one[7..], &pseudonyms(1).of("PERSO", &value)[6..]);
            if value != other {
                prop_assert_ne!(one, pseudonyms(1).of("PERSON", &other));
            }
        }
    }
}
