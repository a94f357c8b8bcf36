//! Who this installation is, and how its key is known: `instance.json` in the data folder.
//!
//! It holds no secret. It is written once, when the key is safe in its place, so that a key that
//! is missing later is known to be missing and is never made anew over an existing database.

use std::{fs, io};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::folder::{DataFolder, write_private};
use crate::secrets::KeyHome;

/// What `instance.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// Which data folder this is; also the account of its entry in the keychain.
    pub id: Uuid,
    /// Where the key of the database is.
    pub key_home: KeyHome,
    /// Tells a wrong key from a damaged file; see [`crate::secrets::DatabaseKey::check_value`].
    pub key_check: String,
}

impl Instance {
    /// Read it; `None` in a folder that was never used.
    ///
    /// # Errors
    /// [`io::Error`] when it cannot be read, of kind `InvalidData` when it is not what was written.
    pub fn load(folder: &DataFolder) -> io::Result<Option<Self>> {
        match fs::read(folder.instance_file()) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Write it, whole or not at all.
    pub(crate) fn save(&self, folder: &DataFolder) -> io::Result<()> {
        write_private(&folder.instance_file(), &serde_json::to_vec_pretty(self)?)
    }
}
