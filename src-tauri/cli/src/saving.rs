//! Files that a command makes where a person wants them: new ones, whole or not at all.

use std::{fs::File, io, path::Path};

use gatehouse_core::{app::App, store::replace_file_noted};

use crate::failure::Failure;

/// Refuse a place that is taken.
pub(crate) fn must_be_new(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        let there = io::ErrorKind::AlreadyExists.into();
        return Err(Failure::unwritten(path, &there));
    }
    Ok(())
}

/// Write a file.
pub(crate) fn save(app: &App, path: &Path, content: &[u8]) -> Result<(), Failure> {
    app.save_file(path, content).map_err(Failure::of_file)
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

/// Write a new file whose content is made only once its place is known to take one.
pub(crate) fn save_new<T>(
    app: &App,
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<T, Unmade>,
) -> Result<T, Failure> {
    must_be_new(path)?;
    replace_file_noted(&app.folder, path, |file| {
        let value = write(file)?;
        // It may have come while this one was written.
        must_be_new(path)?;
        Ok(value)
    })
    .map_err(|error| match error {
        Unmade::File(error) => Failure::unwritten(path, &error),
        Unmade::Other(failure) => failure,
    })
}
