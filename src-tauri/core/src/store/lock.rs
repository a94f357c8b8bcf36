//! One window for each data folder. The command line works beside it and takes no lock.

use std::{
    fs::{self, File, TryLockError},
    io, thread,
    time::{Duration, Instant},
};

use thiserror::Error;

use super::folder::{self, DataFolder};

/// How long a start waits for a window that is about to end. The system lets go of a killed window's lock
/// a moment after the window is gone: Windows when it comes to it, elsewhere when an engine that was just
/// being started has become a program of its own.
const ENDING: Duration = Duration::from_secs(2);

/// How often it is looked meanwhile.
const LOOK: Duration = Duration::from_millis(10);

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
    /// Become the one window of this folder. Takes up to two seconds where another window is: it may be
    /// ending.
    ///
    /// # Errors
    /// [`LockError::AlreadyOpen`] when another window stays; it learns at once, from
    /// [`InstanceLock::asked_to_raise`], that it is asked for.
    pub fn acquire(folder: &DataFolder) -> Result<Self, LockError> {
        let file = folder::private_file(&folder.window_lock_file())?;
        let start = Instant::now();
        let mut asked = false;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if start.elapsed() > ENDING => {
                    return Err(LockError::AlreadyOpen);
                }
                Err(TryLockError::WouldBlock) => {
                    if !std::mem::replace(&mut asked, true) {
                        folder::write_private(&folder.raise_file(), b"")?;
                    }
                    thread::sleep(LOOK);
                }
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
        let lock = Self {
            folder: folder.clone(),
            _file: file,
        };
        // A request to the window before this one is no request to this one.
        let _ = lock.asked_to_raise();
        Ok(lock)
    }

    /// Whether a window has this folder. A window that starts at this moment waits for the answer.
    ///
    /// # Errors
    /// [`io::Error`] when the system does not say.
    pub fn is_held(folder: &DataFolder) -> io::Result<bool> {
        let file = folder::private_file(&folder.window_lock_file())?;
        match file.try_lock() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
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
        assert!(!InstanceLock::is_held(&folder).unwrap());
        let first = InstanceLock::acquire(&folder).unwrap();
        assert!(InstanceLock::is_held(&folder).unwrap());
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
    fn a_start_waits_for_a_window_that_is_ending() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(dir.path())).unwrap();
        let ending = InstanceLock::acquire(&folder).unwrap();
        let next = thread::spawn({
            let folder = folder.clone();
            move || InstanceLock::acquire(&folder)
        });
        while !ending.asked_to_raise() {
            thread::yield_now();
        }
        drop(ending);
        let next = next.join().unwrap().unwrap();
        assert!(!next.asked_to_raise());
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
