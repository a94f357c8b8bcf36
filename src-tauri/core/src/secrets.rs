//! The key of the database: made once, kept in the keychain of the operating system.
//!
//! Each data folder has its own entry: service `Gatehouse`, account the id in `instance.json`.
//! Where Linux has no keychain, or `GATEHOUSE_KEYCHAIN=file` asked for it at the first start, the
//! key is the file `database.key` in the data folder, readable by its owner alone.

mod header;
mod kept;
mod keychain;

use std::{fmt, fs, io, path::Path, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;
use uuid::Uuid;
use zeroize::Zeroizing;

use self::keychain::{from_keychain, is_in_keychain, put_in_keychain};
pub use self::{
    header::HeaderError,
    kept::{ProviderKeys, SecretError},
};
pub(crate) use self::{
    header::{SecretHeader, base_of},
    kept::Secrets,
};
use crate::store::{DataFolder, Instance, is_cut_off, undo_cut_off, write_private};

/// How long a keychain may think, or a person may look at its prompt.
const LIMIT: Duration = Duration::from_secs(10);
/// How long a keychain may think that is only asked whether it has a key which should not be there.
const GLANCE: Duration = Duration::from_secs(2);
const SERVICE: &str = "Gatehouse";

/// Where the key of a database lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum KeyHome {
    /// The keychain of the operating system.
    Keychain,
    /// A file in the data folder that only its owner can read.
    File,
}

impl KeyHome {
    /// Where a new key should go: `GATEHOUSE_KEYCHAIN=file` asks for the file (servers, tests).
    #[must_use]
    pub fn preferred() -> Self {
        match std::env::var_os("GATEHOUSE_KEYCHAIN") {
            Some(value) if value == "file" => Self::File,
            _ => Self::Keychain,
        }
    }
}

/// Why there is no key to open the database with.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The keychain waits for a person, or one said no. It can be tried again.
    #[error(
        "The keychain is locked, or waits for an answer ({detail}). Unlock it, then try again."
    )]
    KeychainLocked {
        /// What it said, if anything.
        detail: String,
    },
    /// The key was put into the keychain, and now there is no keychain.
    #[error(
        "The key of the database is in this computer's keychain, which does not answer ({detail}). \
         Start the keychain, then try again."
    )]
    KeychainMissing {
        /// What the system said.
        detail: String,
    },
    /// There is a database, and its key is not where it was put.
    #[error(
        "The key of the database is missing from {place}. Without it nobody can open the data."
    )]
    KeyMissing {
        /// Where it was put.
        place: String,
    },
    /// There is something in the key's place that is not a key, or cannot be read.
    #[error("The key of the database in {place} cannot be read: {detail}.")]
    KeyUnreadable {
        /// Where it was put.
        place: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The keys are said to be in files, and the keychain has keys of this folder.
    #[error(
        "{file} says that the keys are in files, but this computer's keychain has the key of this data \
         folder. Somebody may have changed the file so that Gatehouse takes other keys for its own. To go \
         on with those of the keychain, write \"keyHome\": \"keychain\" into it."
    )]
    Downgraded {
        /// The file.
        file: String,
    },
    /// The data folder cannot be read or written.
    #[error("The data folder cannot be used: {0}.")]
    Folder(#[from] io::Error),
}

/// The 32 bytes that the database is encrypted with. They are wiped from memory when dropped.
#[derive(Clone)]
pub struct DatabaseKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseKey(…)")
    }
}

impl DatabaseKey {
    /// A new key from the system's randomness.
    ///
    /// # Errors
    /// [`io::Error`] when the system gives none.
    pub fn random() -> io::Result<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice()).map_err(io::Error::other)?;
        Ok(Self(bytes))
    }

    /// What `instance.json` keeps to tell a wrong key from a damaged database, which SQLCipher
    /// cannot: the first 8 bytes of HMAC-SHA-256 over a fixed text under the key, as hexadecimal.
    /// It tells nothing about the key.
    #[must_use]
    pub fn check_value(&self) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice())
            .expect("HMAC cannot fail because it takes keys of any length");
        mac.update(b"gatehouse database key check 1");
        hex(&mac.finalize().into_bytes()[..8])
    }

    /// Its bytes, for a recovery code.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of a recovery code.
    pub(crate) fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The key as 64 hexadecimal digits.
    pub(crate) fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex(self.0.as_slice()))
    }

    fn from_hex(text: &[u8]) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        let text = text.trim_ascii();
        if text.len() != 64 {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            let digit = |c: u8| char::from(c).to_digit(16);
            *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
        }
        Some(Self(bytes))
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    // Sized before, so that no piece of a key is left behind by growing.
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a string works because it grows");
    }
    text
}

/// The key of this folder's database, and where it lives. Made at the first start, in `preferred`
/// if that works; afterwards it is only ever read from the place that was chosen then.
///
/// # Errors
/// [`KeyError`] when the key cannot be had; nothing was changed.
pub fn database_key(
    folder: &DataFolder,
    preferred: KeyHome,
) -> Result<(DatabaseKey, KeyHome), KeyError> {
    within(folder, preferred, LIMIT)
}

fn within(
    folder: &DataFolder,
    preferred: KeyHome,
    limit: Duration,
) -> Result<(DatabaseKey, KeyHome), KeyError> {
    let _turn = folder.lock_for_setup()?;
    // Where something was to take the place of the installation, it is still the old one.
    undo_cut_off(folder)?;
    let Some(instance) = load_instance(folder)? else {
        return first_start(folder, preferred, limit);
    };
    let key = match instance.key_home {
        KeyHome::Keychain => from_keychain(instance.id, limit)?,
        KeyHome::File => {
            if is_in_keychain(instance.id, limit.min(GLANCE)) {
                return Err(KeyError::Downgraded {
                    file: folder.instance_file().display().to_string(),
                });
            }
            from_file(folder)?
        }
    };
    Ok((key, instance.key_home))
}

/// The key of this folder's database, if it ever had one; none is made.
///
/// # Errors
/// [`KeyError`] when there is one and it is not to be had.
pub(crate) fn existing_key(folder: &DataFolder) -> Result<Option<DatabaseKey>, KeyError> {
    match load_instance(folder)? {
        None => Ok(None),
        // Whoever takes the folder for another one meanwhile waits for the lock of the setup.
        Some(instance) => database_key(folder, instance.key_home).map(|(key, _)| Some(key)),
    }
}

/// Whether this folder has no key yet, so that a person may still choose where it is to live.
///
/// # Errors
/// [`KeyError`] when the folder cannot be read.
pub fn is_first_start(folder: &DataFolder) -> Result<bool, KeyError> {
    Ok(load_instance(folder)?.is_none() && !folder.database().exists() && !is_cut_off(folder))
}

fn load_instance(folder: &DataFolder) -> Result<Option<Instance>, KeyError> {
    Instance::load(folder).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => KeyError::KeyUnreadable {
            place: folder.instance_file().display().to_string(),
            detail: error.to_string(),
        },
        _ => error.into(),
    })
}

/// Make the key, put it in its place, and only then say in `instance.json` that it is there.
fn first_start(
    folder: &DataFolder,
    preferred: KeyHome,
    limit: Duration,
) -> Result<(DatabaseKey, KeyHome), KeyError> {
    if folder.database().exists() {
        return Err(KeyError::KeyMissing {
            place: folder.instance_file().display().to_string(),
        });
    }
    let key = DatabaseKey::random()?;
    // A fresh id for each attempt: a keychain that is unlocked long after its time limit then
    // stores a key under a name that nobody reads, not over the key in use.
    let id = Uuid::new_v4();
    let instance = put_in_place(folder, id, &key, preferred, limit)?;
    instance.save(folder)?;
    Ok((key, instance.key_home))
}

/// Put a key that came from elsewhere, with the data that it opens, in its place. What is returned is to
/// be saved once the data is there, too.
///
/// # Errors
/// [`KeyError`] when it is not kept.
pub(crate) fn keep_key(
    folder: &DataFolder,
    id: Uuid,
    key: &DatabaseKey,
    preferred: KeyHome,
) -> Result<Instance, KeyError> {
    put_in_place(folder, id, key, preferred, LIMIT)
}

fn put_in_place(
    folder: &DataFolder,
    id: Uuid,
    key: &DatabaseKey,
    preferred: KeyHome,
    limit: Duration,
) -> Result<Instance, KeyError> {
    let key_home = match preferred {
        KeyHome::File => KeyHome::File,
        KeyHome::Keychain => put_in_keychain(id, key, limit)?,
    };
    if key_home == KeyHome::File {
        write_private(&folder.key_file(), key.to_hex().as_bytes())?;
    }
    Ok(Instance {
        id,
        key_home,
        key_check: key.check_value(),
    })
}

fn from_file(folder: &DataFolder) -> Result<DatabaseKey, KeyError> {
    let path = folder.key_file();
    let place = path.display().to_string();
    let unreadable = |detail: String| KeyError::KeyUnreadable {
        place: place.clone(),
        detail,
    };
    let text = match fs::read(&path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(KeyError::KeyMissing { place });
        }
        Err(error) => return Err(unreadable(error.to_string())),
    };
    close_to_others(&path)?;
    DatabaseKey::from_hex(&text).ok_or_else(|| unreadable("it is not a key".into()))
}

/// A key file that others can read is closed again, and said so in the log.
fn close_to_others(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path)?.permissions().mode();
        if mode & 0o077 != 0 {
            tracing::warn!(path = %path.display(), "others could read the key file; it is closed now");
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests;
