//! A person who is in no text of the database any more, and still in copies of it.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::{
    app::App,
    privacy::{Identifiers, backup::BackupError, places},
    sealed::SealedError,
    store::{StoreError, snapshot},
};

impl App {
    /// How many files of snapshots, of databases that were set aside, and of backups in folders that are there,
    /// have a person; one that cannot be looked through, because it is older or another key is its own, counts
    /// as one that may.
    ///
    /// # Errors
    /// [`StoreError`] when a folder cannot be read.
    pub(in crate::privacy) fn copies_with(
        &self,
        identifiers: &Identifiers,
    ) -> Result<usize, StoreError> {
        let find =
            |conn: &Connection| Ok::<_, SealedError>(places::find(conn, identifiers, 0)?.total > 0);
        let all = snapshot::databases(&self.folder).map_err(as_sql)?;
        let has = |path: &&PathBuf| self.store.read_copy(path, find).unwrap_or(true);
        let backups = self.backups_with(|copy| find(copy).unwrap_or(true));
        let backups = backups.map_err(|error| match error {
            BackupError::Store(error) => error,
            other => as_sql(other).into(),
        })?;
        Ok(all.iter().filter(has).count() + backups)
    }
}

fn as_sql(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(error.into())
}
