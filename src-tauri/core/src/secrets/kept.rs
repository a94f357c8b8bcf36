//! Secrets beside the key of the database: in the keychain, or in files that only their owner can
//! read. The database never has them, so neither has a snapshot or an export.

use std::{fs, io, path::PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use super::{
    KeyHome, LIMIT, SERVICE, close_to_others,
    keychain::{Refusal, ask},
    load_instance,
};
use crate::{
    ids::AccountId,
    problem::{Problem, ProblemCode},
    store::{DataFolder, make_private_folder, write_private},
};

/// The keys of providers, for one data folder.
#[derive(Debug, Clone)]
pub struct ProviderKeys(Secrets);

/// The secrets of one data folder, each under a name.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    folder: DataFolder,
}

/// Why a secret cannot be kept or read.
#[derive(Debug, Error)]
pub enum SecretError {
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

impl From<SecretError> for Problem {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::None => Self::new(ProblemCode::KeyWrong, error)
                .hint("Enter the key of this account in Settings."),
            SecretError::Locked(_) => {
                Self::new(ProblemCode::KeyWrong, error).hint("Unlock the keychain, then try again.")
            }
            SecretError::Missing(_) => {
                Self::new(ProblemCode::KeyWrong, error).hint("Start the keychain, then try again.")
            }
            SecretError::File(_) => Self::new(ProblemCode::Internal, error),
        }
    }
}

impl ProviderKeys {
    /// The keys of this data folder.
    pub fn of(folder: &DataFolder) -> Self {
        Self(Secrets::of(folder))
    }

    /// The key of an account.
    ///
    /// # Errors
    /// [`SecretError`] when there is none or it is not to be had.
    pub(crate) fn get(&self, account: AccountId) -> Result<Zeroizing<String>, SecretError> {
        self.0.get(&account.to_string())
    }

    /// The place where all of them are.
    pub(crate) fn place(&self) -> &Secrets {
        &self.0
    }

    /// Keep the key of an account in place of any other.
    ///
    /// # Errors
    /// [`SecretError`] when it is not kept.
    pub fn set(&self, account: AccountId, key: Zeroizing<String>) -> Result<(), SecretError> {
        self.0.set(&account.to_string(), key)
    }

    /// Forget the key of an account; nothing happens where there is none.
    ///
    /// # Errors
    /// [`SecretError`] when it is still there.
    pub fn forget(&self, account: AccountId) -> Result<(), SecretError> {
        self.0.forget(&account.to_string())
    }
}

impl Secrets {
    /// The secrets of this data folder.
    pub(crate) fn of(folder: &DataFolder) -> Self {
        Self {
            folder: folder.clone(),
        }
    }

    /// The secret of this name.
    ///
    /// # Errors
    /// [`SecretError`] when there is none or it is not to be had.
    pub(crate) fn get(&self, name: &str) -> Result<Zeroizing<String>, SecretError> {
        let Some(entry) = self.entry(name)? else {
            let path = self.file(name);
            return match fs::read_to_string(&path) {
                Ok(key) => {
                    let key = Zeroizing::new(key);
                    close_to_others(&path)?;
                    Ok(key)
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SecretError::None),
                Err(error) => Err(error.into()),
            };
        };
        ask(LIMIT, move |keychain| {
            keychain.build(SERVICE, &entry, None)?.get_password()
        })
        .map(Zeroizing::new)
        .map_err(refused)
    }

    /// Keep a secret in place of any other of this name.
    ///
    /// # Errors
    /// [`SecretError`] when it is not kept.
    pub(crate) fn set(&self, name: &str, key: Zeroizing<String>) -> Result<(), SecretError> {
        let Some(entry) = self.entry(name)? else {
            let path = self.file(name);
            make_private_folder(&self.folder.keys())?;
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

    /// Forget the secret of this name; nothing happens where there is none.
    ///
    /// # Errors
    /// [`SecretError`] when it is still there.
    pub(crate) fn forget(&self, name: &str) -> Result<(), SecretError> {
        let Some(entry) = self.entry(name)? else {
            return match fs::remove_file(self.file(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
                _ => Ok(()),
            };
        };
        let forgotten = ask(LIMIT, move |keychain| {
            keychain.build(SERVICE, &entry, None)?.delete_credential()
        });
        match forgotten.map_err(refused) {
            Err(SecretError::None) => Ok(()),
            other => other,
        }
    }

    /// The account of a secret's entry in the keychain; `None` where keys are files.
    fn entry(&self, name: &str) -> Result<Option<String>, SecretError> {
        let instance = load_instance(&self.folder)
            .map_err(|error| io::Error::other(error.to_string()))?
            .ok_or_else(|| io::Error::other("the data folder was never used"))?;
        Ok((instance.key_home == KeyHome::Keychain).then(|| format!("{}/{name}", instance.id)))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.keys().join(format!("{name}.key"))
    }
}

fn refused(refusal: Refusal) -> SecretError {
    match refusal {
        Refusal::Error(keyring_core::Error::NoEntry) => SecretError::None,
        Refusal::Absent(detail) => SecretError::Missing(detail),
        other => SecretError::Locked(other.to_string()),
    }
}
