//! A data folder of its own for each test, gone when the test ends.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use gatehouse_core::{
    secrets::{DatabaseKey, KeyHome, database_key},
    store::{DataFolder, InstanceLock, OpenError, Store},
};
use tempfile::TempDir;

/// A moment for tests: 23 November 2026.
pub const NOW: i64 = 1_795_464_605_123;

/// A data folder whose key is a file, so that no keychain is asked.
pub struct TempFolder {
    pub folder: DataFolder,
    dir: TempDir,
}

impl TempFolder {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(dir.path())).unwrap();
        Self { folder, dir }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The key, made at the first call.
    pub fn key(&self) -> DatabaseKey {
        key_in(&self.folder)
    }

    pub fn open(&self) -> Result<Store, OpenError> {
        Store::open(&self.folder, &self.key(), NOW)
    }

    pub fn lock(&self) -> InstanceLock {
        InstanceLock::acquire(&self.folder).unwrap()
    }
}

/// The key of any folder, from its file.
pub fn key_in(folder: &DataFolder) -> DatabaseKey {
    let (key, home) = database_key(folder, KeyHome::File).unwrap();
    assert_eq!(home, KeyHome::File);
    key
}

/// This test program again, as a process of its own that runs one ignored test with a folder.
pub fn child(test: &str, folder: &DataFolder) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--ignored", "--nocapture", "--quiet"])
        .env("GATEHOUSE_TEST_FOLDER", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// The folder that [`child`] was given.
pub fn folder_of_child() -> DataFolder {
    let path = std::env::var_os("GATEHOUSE_TEST_FOLDER").map(PathBuf::from);
    DataFolder::resolve(Some(&path.expect("a test starts this with a folder"))).unwrap()
}
