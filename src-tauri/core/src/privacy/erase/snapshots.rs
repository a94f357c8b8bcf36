//! A person who is in no text of the database any more, and still in copies of it.

use crate::{
    privacy::{Identifiers, places},
    sealed::SealedError,
    store::{DataFolder, Store, StoreError, snapshot},
};

/// How many files of snapshots, and of databases that were set aside, have a person; one that cannot be
/// looked through, because it is older or another key is its own, counts as one that may.
///
/// # Errors
/// [`StoreError`] when the folder cannot be read.
pub(in crate::privacy) fn with_any(
    store: &Store,
    folder: &DataFolder,
    identifiers: &Identifiers,
) -> Result<usize, StoreError> {
    let all = snapshot::databases(folder)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let has = |path: &std::path::PathBuf| {
        let found = store.read_copy(path, |conn| {
            Ok::<_, SealedError>(places::find(conn, identifiers, 0)?.total > 0)
        });
        found.unwrap_or(true)
    };
    Ok(all.iter().filter(|path| has(path)).count())
}
