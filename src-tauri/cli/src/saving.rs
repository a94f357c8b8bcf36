//! Files that a command makes where a person wants them: new ones, whole or not at all.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
};

use gatehouse_core::{
    app::App,
    store::{Existing, write_file_noted},
};

use crate::failure::Failure;

/// Refuse a place that is taken, before anything is done for what would be written there.
pub(crate) fn must_be_new(path: &Path) -> Result<(), Failure> {
    if path.symlink_metadata().is_ok() {
        let there = io::ErrorKind::AlreadyExists.into();
        return Err(Failure::unwritten(path, &there));
    }
    Ok(())
}

/// Write a new file.
pub(crate) fn save(app: &App, path: &Path, content: &[u8]) -> Result<(), Failure> {
    save_new(app, path, |file| {
        file.write_all(content).map_err(Unmade::File)
    })
}

/// Why a new file was not made.
pub(crate) enum Unmade {
    File(io::Error),
    Other(Failure),
}

impl From<io::Error> for Unmade {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl From<Failure> for Unmade {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

/// Write a new file whose content is made only once its place is known to take one. What another program
/// writes there meanwhile stays.
pub(crate) fn save_new<T>(
    app: &App,
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<T, Unmade>,
) -> Result<T, Failure> {
    write_file_noted(&app.folder, path, Existing::Keep, write).map_err(|error| match error {
        Unmade::File(error) => Failure::unwritten(path, &error),
        Unmade::Other(failure) => failure,
    })
}
