//! The keys of the record, and the last checkpoint: kept outside the database, where who can write
//! the file cannot reach them.

use std::{fs::File, io};

use ed25519_dalek::SigningKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{
    checkpoints::{Checkpoint, Written},
    encoding::{Encoding, Hash, from_hex, hex},
};
use crate::{
    secrets::{SecretError, Secrets},
    store::DataFolder,
};

const KEYS: &str = "record";
const CHECKPOINT: &str = "record-checkpoint";

/// The key of the entries' proofs, and the key that signs checkpoints.
pub(super) struct Keys {
    mac: Zeroizing<[u8; 32]>,
    pub(super) signing: SigningKey,
}

impl Keys {
    /// New ones.
    ///
    /// # Errors
    /// [`getrandom::Error`] when the system gives no random numbers.
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut mac = Zeroizing::new([0; 32]);
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(mac.as_mut_slice())?;
        getrandom::fill(seed.as_mut_slice())?;
        Ok(Self::from_parts(mac, &seed))
    }

    pub(super) fn from_parts(mac: Zeroizing<[u8; 32]>, seed: &[u8; 32]) -> Self {
        Self {
            mac,
            signing: SigningKey::from_bytes(seed),
        }
    }

    /// The proof of an entry: HMAC-SHA-256 over its hash.
    pub(super) fn mac(&self, hash: &Hash) -> Hash {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.mac.as_slice())
            .expect("HMAC cannot fail because it takes keys of any length");
        mac.update(hash);
        mac.finalize().into_bytes().into()
    }

    /// Tells this key of the proofs from another one, and nothing about it.
    pub(super) fn check_value(&self) -> String {
        hex(&self.mac(&Encoding::of("gatehouse record key check 1").hash())[..8])
    }

    pub(super) fn public(&self) -> [u8; 32] {
        self.signing.verifying_key().to_bytes()
    }

    fn to_text(&self) -> Zeroizing<String> {
        let seed = Zeroizing::new(self.signing.to_bytes());
        let both = Zeroizing::new([self.mac.as_slice(), seed.as_slice()].concat());
        Zeroizing::new(hex(&both))
    }

    fn from_text(text: &str) -> Option<Self> {
        let both = Zeroizing::new(from_hex(text.trim_ascii())?);
        let (mac, seed) = both.split_first_chunk::<32>()?;
        Some(Self::from_parts(
            Zeroizing::new(*mac),
            &Zeroizing::new(seed.try_into().ok()?),
        ))
    }
}

/// Where keys and checkpoint are kept.
#[derive(Debug, Clone)]
pub(super) struct KeyPlace {
    secrets: Secrets,
    folder: DataFolder,
}

impl KeyPlace {
    pub(super) fn of(folder: &DataFolder) -> Self {
        Self {
            secrets: Secrets::of(folder),
            folder: folder.clone(),
        }
    }

    /// The data folder that they are of.
    pub(super) fn folder(&self) -> &DataFolder {
        &self.folder
    }

    /// The keys; `None` where there are none, or what is there is no key.
    pub(super) fn keys(&self) -> Result<Option<Keys>, SecretError> {
        Ok(self.read(KEYS)?.and_then(|text| Keys::from_text(&text)))
    }

    /// One process at a time opens a record or moves its last checkpoint on, until this is dropped.
    pub(super) fn turn(&self) -> Result<File, SecretError> {
        Ok(self.folder.lock_for_checkpoints()?)
    }

    /// Make keys and keep them. The caller has its [`KeyPlace::turn`].
    pub(super) fn new_keys(&self) -> Result<Keys, SecretError> {
        let keys = Keys::random().map_err(io::Error::other)?;
        self.secrets.set(KEYS, keys.to_text())?;
        Ok(keys)
    }

    /// The last checkpoint; `None` where there is none, or what is there is none.
    pub(super) fn checkpoint(&self) -> Result<Option<Checkpoint>, SecretError> {
        let written = self.read(CHECKPOINT)?;
        Ok(written.and_then(|text| serde_json::from_str::<Written>(&text).ok()?.read()))
    }

    /// Keep a checkpoint unless one of as many entries is there already: two processes append at once.
    pub(super) fn keep_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), SecretError> {
        let _turn = self.turn()?;
        if self
            .checkpoint()?
            .is_some_and(|kept| kept.count >= checkpoint.count)
        {
            return Ok(());
        }
        self.replace_checkpoint(checkpoint)
    }

    /// Keep a checkpoint in place of one of more entries. Only once the record itself says what the
    /// one before was. The caller has its [`KeyPlace::turn`].
    pub(super) fn replace_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), SecretError> {
        let text = serde_json::to_string(&Written::from(checkpoint))
            .expect("a checkpoint is JSON because it is texts and numbers");
        self.secrets.set(CHECKPOINT, Zeroizing::new(text))
    }

    fn read(&self, name: &str) -> Result<Option<Zeroizing<String>>, SecretError> {
        match self.secrets.get(name) {
            Ok(text) => Ok(Some(text)),
            Err(SecretError::None) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
