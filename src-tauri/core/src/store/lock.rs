//! One window for each data folder. The command line works beside it and takes no lock.

use std::{
    fs::{self, File, TryLockError},
    io,
};

use thiserror::Error;

use super::folder::{self, DataFolder};

/// Held by the window while it is open; the system lets go of it even after a crash.
#[derive(Debug)]
pub struct InstanceLock {
    folder: DataFolder,
    _file: File,
}

/// Why this window may not open.
#[derive(Debug, Error)]
pub enum LockError {
    /// A window is open on this data folder; it was asked to come to the front.
    #[error("Gatehouse is already open with this data folder. Its window comes to the front.")]
    AlreadyOpen,
    /// The lock file cannot be used.
    #[error("The data folder cannot be used: {0}.")]
    Io(#[from] io::Error),
}

impl InstanceLock {
    /// Become the one window of this folder.
    ///
    /// # Errors
    /// [`LockError::AlreadyOpen`] when another window is; it learns of it from
    /// [`InstanceLock::asked_to_raise`].
    pub fn acquire(folder: &DataFolder) -> Result<Self, LockError> {
        let file = folder::private_file(&folder.window_lock_file())?;
        match file.try_lock() {
            Ok(()) => {
                let lock = Self {
                    folder: folder.clone(),
                    _file: file,
                };
                // A request that the window before this one left is no request to this one.
                let _ = lock.asked_to_raise();
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => {
                folder::write_private(&folder.raise_file(), b"")?;
                Err(LockError::AlreadyOpen)
            }
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Whether someone started Gatehouse again since the last call: one look at a file, cheap
    /// enough to do every half second, and it needs no socket.
    #[must_use = "the request is forgotten by looking"]
    pub fn asked_to_raise(&self) -> bool {
        fs::remove_file(self.folder.raise_file()).is_ok()
    }

    /// The folder that this window has to itself.
    pub fn folder(&self) -> &DataFolder {
        &self.folder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_window_is_refused_and_asks_the_first_to_come_forward() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(dir.path())).unwrap();
        let first = InstanceLock::acquire(&folder).unwrap();
        assert!(!first.asked_to_raise());
        assert!(matches!(
            InstanceLock::acquire(&folder),
            Err(LockError::AlreadyOpen)
        ));
        assert!(first.asked_to_raise());
        assert!(
            !first.asked_to_raise(),
            "one request raises the window once"
        );
        drop(first);
        assert!(InstanceLock::acquire(&folder).is_ok());
    }

    #[test]
    fn two_folders_have_a_window_each() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let lock = |dir: &tempfile::TempDir| {
            InstanceLock::acquire(&DataFolder::resolve(Some(dir.path())).unwrap())
        };
        let (first, second) = (lock(&one), lock(&two));
        assert!(first.is_ok() && second.is_ok());
    }
}
