//! Keys of providers: beside the key of the database, in the keychain or in files that only their
//! owner can read. The database never has them, so neither has a snapshot or an export.

use std::{fs, io, path::PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use super::{KeyHome, LIMIT, Refusal, SERVICE, ask, close_to_others, load_instance};
use crate::{
    ids::AccountId,
    problem::{Problem, ProblemCode},
    store::{DataFolder, write_private},
};

/// Where the keys of providers are, for one data folder.
#[derive(Debug, Clone)]
pub struct ProviderKeys {
    folder: DataFolder,
}

/// Why a provider's key cannot be kept or read.
#[derive(Debug, Error)]
pub enum ProviderKeyError {
    /// There is none.
    #[error("there is no key for this account")]
    None,
    /// The keychain waits for a person, or one said no.
    #[error("the keychain is locked, or waits for an answer ({0})")]
    Locked(String),
    /// The keychain that was there at the first start is not there now.
    #[error("this computer's keychain does not answer ({0})")]
    Missing(String),
    /// The file cannot be read or written.
    #[error("the file of the key cannot be used: {0}")]
    File(#[from] io::Error),
}

impl From<ProviderKeyError> for Problem {
    fn from(error: ProviderKeyError) -> Self {
        match error {
            ProviderKeyError::None => Self::new(ProblemCode::KeyWrong, error)
                .hint("Enter the key of this account in Settings."),
            ProviderKeyError::Locked(_) => {
                Self::new(ProblemCode::KeyWrong, error).hint("Unlock the keychain, then try again.")
            }
            ProviderKeyError::Missing(_) => {
                Self::new(ProblemCode::KeyWrong, error).hint("Start the keychain, then try again.")
            }
            ProviderKeyError::File(_) => Self::new(ProblemCode::Internal, error),
        }
    }
}

impl ProviderKeys {
    /// The keys of this data folder.
    pub fn of(folder: &DataFolder) -> Self {
        Self {
            folder: folder.clone(),
        }
    }

    /// The key of an account.
    ///
    /// # Errors
    /// [`ProviderKeyError`] when there is none or it is not to be had.
    pub(crate) fn get(&self, account: AccountId) -> Result<Zeroizing<String>, ProviderKeyError> {
        let Some(entry) = self.entry(account)? else {
            let path = self.file(account);
            return match fs::read_to_string(&path) {
                Ok(key) => {
                    let key = Zeroizing::new(key);
                    close_to_others(&path)?;
                    Ok(key)
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    Err(ProviderKeyError::None)
                }
                Err(error) => Err(error.into()),
            };
        };
        ask(LIMIT, move |keychain| {
            keychain.build(SERVICE, &entry, None)?.get_password()
        })
        .map(Zeroizing::new)
        .map_err(refused)
    }

    /// Keep the key of an account in place of any other.
    ///
    /// # Errors
    /// [`ProviderKeyError`] when it is not kept.
    pub fn set(&self, account: AccountId, key: Zeroizing<String>) -> Result<(), ProviderKeyError> {
        let Some(entry) = self.entry(account)? else {
            let path = self.file(account);
            fs::create_dir_all(self.folder.path().join("keys"))?;
            return Ok(write_private(&path, key.as_bytes())?);
        };
        let kept = ask(LIMIT, move |keychain| {
            let entry = keychain.build(SERVICE, &entry, None)?;
            entry.set_password(&key)?;
            Ok(*Zeroizing::new(entry.get_password()?) == *key)
        });
        match kept {
            Ok(true) => Ok(()),
            Ok(false) => Err(refused(Refusal::Forgetful)),
            Err(refusal) => Err(refused(refusal)),
        }
    }

    /// Forget the key of an account; nothing happens where there is none.
    ///
    /// # Errors
    /// [`ProviderKeyError`] when it is still there.
    pub fn forget(&self, account: AccountId) -> Result<(), ProviderKeyError> {
        let Some(entry) = self.entry(account)? else {
            return match fs::remove_file(self.file(account)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
                _ => Ok(()),
            };
        };
        let forgotten = ask(LIMIT, move |keychain| {
            keychain.build(SERVICE, &entry, None)?.delete_credential()
        });
        match forgotten.map_err(refused) {
            Err(ProviderKeyError::None) => Ok(()),
            other => other,
        }
    }

    /// The account of its entry in the keychain; `None` where keys are files.
    fn entry(&self, account: AccountId) -> Result<Option<String>, ProviderKeyError> {
        let instance = load_instance(&self.folder)
            .map_err(|error| io::Error::other(error.to_string()))?
            .ok_or_else(|| io::Error::other("the data folder was never used"))?;
        Ok((instance.key_home == KeyHome::Keychain).then(|| format!("{}/{account}", instance.id)))
    }

    fn file(&self, account: AccountId) -> PathBuf {
        self.folder
            .path()
            .join("keys")
            .join(format!("{account}.key"))
    }
}

fn refused(refusal: Refusal) -> ProviderKeyError {
    match refusal {
        Refusal::Error(keyring_core::Error::NoEntry) => ProviderKeyError::None,
        Refusal::Absent(detail) => ProviderKeyError::Missing(detail),
        other => ProviderKeyError::Locked(other.to_string()),
    }
}
