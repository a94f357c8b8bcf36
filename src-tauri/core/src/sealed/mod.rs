//! What is kept of a conversation under a key of its own: its map of placeholders, and what left
//! of it. When the key is destroyed, all of it is unreadable, wherever copies of it lie.
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha): its nonces are long enough to be drawn at random.
//! What a sealed text is, and of what, is authenticated with it, so that two cannot change places.

mod masks;
mod overruled;
mod parts;
mod sent;

pub(crate) use masks::{masks, masks_in_row, save_masks, with_masks};
pub(crate) use overruled::{Marks, overrule, overruled, take_back};
pub(crate) use sent::{
    Packed, calls_with_sent, client_calls_with_sent, destroy_sent_of_client,
    destroy_sent_of_clients, keep_sent, keep_sent_of_client, sent, sent_of_client,
};

use std::fmt;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    ids::ConversationId,
    store::{Migration, StoreError},
};

pub(crate) const MIGRATIONS: &[&[Migration]] = &[
    &[Migration {
        name: "2026-11-27 create conversation keys",
        sql: "CREATE TABLE conversation_keys (
            conversation_id BLOB PRIMARY KEY REFERENCES conversations(id) ON DELETE CASCADE,
            key BLOB NOT NULL CHECK (length(key) = 32)
          ) STRICT",
    }],
    masks::MIGRATIONS,
    sent::MIGRATIONS,
    overruled::MIGRATIONS,
];

/// Why something sealed cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum SealedError {
    /// It was changed, or is another conversation's.
    #[error("what is kept of this conversation under its own key cannot be read: {0}")]
    Damaged(&'static str),
    /// The system gave no random numbers.
    #[error("this computer gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for SealedError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

const NONCE_BYTES: usize = 24;

/// A key that content is kept under, so that destroying it destroys the content.
pub(crate) struct Key(Zeroizing<[u8; 32]>);

impl From<Zeroizing<[u8; 32]>> for Key {
    fn from(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }
}

impl Key {
    pub(crate) fn random() -> Result<Self, SealedError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of a conversation, made if it has none.
    fn of(conn: &Connection, conversation: ConversationId) -> Result<Self, SealedError> {
        if let Some(key) = Self::find(conn, conversation)? {
            return Ok(key);
        }
        let key = Self::random()?;
        conn.prepare_cached("INSERT INTO conversation_keys VALUES (?1, ?2)")?
            .execute(params![conversation, key.bytes()])?;
        Ok(key)
    }

    fn find(conn: &Connection, conversation: ConversationId) -> rusqlite::Result<Option<Self>> {
        conn.prepare_cached("SELECT key FROM conversation_keys WHERE conversation_id = ?1")?
            .query_row([conversation], |row| row.get(0))
            .optional()
            .map(|found| found.map(|bytes| Self(Zeroizing::new(bytes))))
    }

    /// What is known again under this key alone, and says nothing without it (HMAC-SHA-256); what it is and
    /// of what is bound to it.
    pub(crate) fn mark(&self, what: &str, of: impl fmt::Display, plain: &[u8]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(self.bytes())
            .expect("any length of key is one because HMAC hashes long ones");
        mac.update(bound(what, of).as_bytes());
        mac.update(b"\n");
        mac.update(plain);
        mac.finalize().into_bytes().into()
    }

    /// Encrypt; what it is and of what is bound to it.
    pub(crate) fn seal(
        &self,
        what: &str,
        of: impl fmt::Display,
        plain: &[u8],
    ) -> Result<Vec<u8>, SealedError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let bound = bound(what, of);
        let payload = Payload {
            msg: plain,
            aad: bound.as_bytes(),
        };
        let sealed = XChaCha20Poly1305::new((&*self.0).into())
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| SealedError::Damaged("it is too long"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    pub(crate) fn open(
        &self,
        what: &str,
        of: impl fmt::Display,
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealedError> {
        let (nonce, sealed) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(SealedError::Damaged("it is too short"))?;
        let bound = bound(what, of);
        let payload = Payload {
            msg: sealed,
            aad: bound.as_bytes(),
        };
        XChaCha20Poly1305::new((&*self.0).into())
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| SealedError::Damaged("it was changed"))
    }
}

fn bound(what: &str, of: impl fmt::Display) -> String {
    format!("gatehouse {what} 1 {of}")
}

/// Destroy all that is kept of a conversation under its own key, and the key.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn destroy(conn: &Connection, of: ConversationId) -> rusqlite::Result<()> {
    for table in [
        "conversation_keys",
        "masks",
        "sent_requests",
        "sent_blocks",
        "overruled_findings",
    ] {
        conn.prepare_cached(&format!("DELETE FROM {table} WHERE conversation_id = ?1"))?
            .execute([of])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> Key {
        Key(Zeroizing::new([7; 32]))
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_for_its_own_conversation_alone(plain: Vec<u8>) {
            let (ours, other) = (ConversationId::new(), ConversationId::new());
            let sealed = key().seal("masks", ours, &plain).unwrap();
            prop_assert_eq!(key().open("masks", ours, &sealed).unwrap(), plain);
            prop_assert!(key().open("masks", other, &sealed).is_err());
            prop_assert!(key().open("sent", ours, &sealed).is_err());
            prop_assert!(Key(Zeroizing::new([8; 32])).open("masks", ours, &sealed).is_err());
        }

        #[test]
        fn a_changed_byte_is_noticed(plain: Vec<u8>, at: usize, bit in 0u8..8) {
            let of = ConversationId::new();
            let mut sealed = key().seal("masks", of, &plain).unwrap();
            let at = at % sealed.len();
            sealed[at] ^= 1 << bit;
            prop_assert!(key().open("masks", of, &sealed).is_err());
        }
    }

    #[test]
    fn too_short_a_text_is_no_sealed_one() {
        assert!(
            key()
                .open("masks", ConversationId::new(), &[1, 2, 3])
                .is_err()
        );
    }
}
