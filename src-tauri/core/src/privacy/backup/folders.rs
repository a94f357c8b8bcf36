//! The folders into which backups were written: the chosen one, and those that another one was chosen after.
//! What is erased goes from all of them, so none is forgotten as long as a backup may lie in it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::{BackupError, BackupInfo, Removed, make::NOT_OURS, names, schedule};
use crate::{
    app::App,
    changes::here,
    record::Action,
    store::{DataFolder, Instance, Migration, Store, StoreError, databases_aside, snapshot},
};

// The one that is being written was remembered for the chosen folder alone: what a kill left in another one
// stayed there.
pub(super) const MIGRATION: Migration = Migration {
    name: "2026-11-28 remember every folder with backups",
    sql: "CREATE TABLE backup_folders (
            folder TEXT PRIMARY KEY,
            has_some INTEGER NOT NULL CHECK (has_some IN (0, 1)),
            part TEXT
          ) STRICT;
          INSERT INTO backup_folders
          SELECT folder, made_at_ms IS NOT NULL, writing FROM backups WHERE folder IS NOT NULL;
          ALTER TABLE backups DROP COLUMN writing",
};

/// A folder into which backups were written.
pub(in crate::privacy) struct WrittenTo {
    pub(in crate::privacy) folder: PathBuf,
    /// Whether the next one goes there.
    pub(in crate::privacy) is_chosen: bool,
    /// The backups of this installation in it, newest first, or why nobody can say.
    pub(in crate::privacy) backups: Result<Vec<BackupInfo>, BackupError>,
}

/// What became of the backups in a folder.
pub(in crate::privacy) struct Emptied {
    pub(in crate::privacy) folder: PathBuf,
    /// Those that are gone and those that are left, or why none could be removed.
    pub(in crate::privacy) removed: Result<Removed, BackupError>,
}

/// A backup is written into a folder, under this name until it is whole: a kill leaves that behind.
pub(super) fn begin(conn: &Connection, folder: &str, part: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO backup_folders VALUES (?1, 0, ?2) ON CONFLICT (folder) DO UPDATE SET part = ?2",
    )?
    .execute([folder, part])?;
    Ok(())
}

/// Nothing is being written into a folder any more, and there are backups in it, or none.
pub(super) fn end(conn: &Connection, folder: &str, has_some: bool) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE backup_folders SET part = NULL, has_some = ?2 WHERE folder = ?1")?
        .execute(params![folder, has_some])?;
    Ok(())
}

/// Whether backups were written into a folder, and nobody has removed them since, as far as is known.
fn has_some(conn: &Connection, folder: &str) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT has_some FROM backup_folders WHERE folder = ?1")?
        .query_row([folder], |row| row.get(0))
        .optional()
        .map(Option::unwrap_or_default)
}

/// What is, or was when it was cut off, being written into a folder.
pub(super) fn part(conn: &Connection, folder: &str) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT part FROM backup_folders WHERE folder = ?1")?
        .query_row([folder], |row| row.get(0))
        .optional()
        .map(Option::flatten)
}

/// All that are known but the chosen one, by their names.
pub(super) fn earlier(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    conn.prepare_cached(
        "SELECT folder FROM backup_folders
         WHERE folder NOT IN (SELECT folder FROM backups WHERE folder IS NOT NULL) ORDER BY folder",
    )?
    .query_map([], |row| row.get(0))?
    .collect()
}

fn forget(conn: &Connection, folder: &str) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM backup_folders WHERE folder = ?1", [folder])?;
    Ok(())
}

/// Remember what the databases that were set aside know of folders: one that was put back in the place of
/// another does not know those that were chosen since, and what is erased is to go from those, too.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(crate) fn remember_from_aside(
    tx: &Connection,
    store: &Store,
    folder: &DataFolder,
) -> Result<(), StoreError> {
    let known = Instance::load(folder).and_then(|here| match here {
        Some(here) => databases_aside(folder, here.id),
        None => Ok(Vec::new()),
    });
    let aside = known.unwrap_or_else(|error| {
        tracing::warn!("what was set aside was not looked for: {error}");
        Vec::new()
    });
    // They are named by the time. The last one had learnt what those before it knew; what was forgotten since, in
    // it or here, is not to come back.
    if let Some(database) = aside.into_iter().max() {
        match store.read_copy(&database, all) {
            Ok(all) => {
                for (folder, has_some, part) in all {
                    remember(tx, &folder, has_some, part.as_deref())?;
                }
            }
            // It may have been set aside because it cannot be read.
            Err(error) => tracing::warn!(
                "a database that was set aside cannot say where backups are: {error}"
            ),
        }
    }
    Ok(())
}

/// A folder, whether there are backups in it, and what is being written into it.
type Known = (String, bool, Option<String>);

fn all(conn: &Connection) -> rusqlite::Result<Vec<Known>> {
    conn.prepare("SELECT folder, has_some, part FROM backup_folders")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

fn remember(
    conn: &Connection,
    folder: &str,
    has_some: bool,
    part: Option<&str>,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO backup_folders VALUES (?1, ?2, ?3) ON CONFLICT (folder) DO UPDATE
           SET has_some = max(has_some, excluded.has_some), part = coalesce(excluded.part, part)",
    )?
    .execute(params![folder, has_some, part])?;
    Ok(())
}

/// Whether two names are of one folder; of folders that are not there, by the names alone.
fn is_same(one: &Path, other: &Path) -> bool {
    one == other
        || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// The backups in a folder. Where there must be some and none is, another disk may be in its place.
fn listed(folder: &Path, short: &str, has_some: bool) -> Result<Vec<BackupInfo>, BackupError> {
    if !folder.is_dir() {
        return Err(BackupError::FolderGone(folder.to_owned()));
    }
    let all = names::list(folder, short).map_err(BackupError::at(folder))?;
    if all.is_empty() && has_some {
        return Err(BackupError::FolderEmptied(folder.to_owned()));
    }
    Ok(all)
}

impl App {
    /// The backups of this installation, in every folder into which it wrote some.
    ///
    /// # Errors
    /// [`BackupError`] when the database fails.
    pub(in crate::privacy) fn backups_everywhere(&self) -> Result<Vec<WrittenTo>, BackupError> {
        let short = self.short_instance()?;
        let known: Vec<(String, bool, bool)> = self.store.read(|conn| {
            let chosen = schedule::state(conn)?.schedule.folder;
            let chosen = chosen.into_iter().map(|folder| (folder, true));
            let earlier = earlier(conn)?.into_iter().map(|folder| (folder, false));
            chosen
                .chain(earlier)
                .map(|(folder, is_chosen)| {
                    let has_some = has_some(conn, &folder)?;
                    Ok((folder, is_chosen, has_some))
                })
                .collect::<Result<_, BackupError>>()
        })?;
        // Looked at without the database: the disk of a network may take its time.
        let mut all: Vec<WrittenTo> = Vec::new();
        for (folder, is_chosen, has_some) in known {
            let folder = PathBuf::from(folder);
            // One folder may be known by two names.
            if !all.iter().any(|known| is_same(&known.folder, &folder)) {
                all.push(WrittenTo {
                    backups: listed(&folder, &short, has_some),
                    folder,
                    is_chosen,
                });
            }
        }
        Ok(all)
    }

    /// How many backups of this installation `may_have` what is looked for, in the folders that are there.
    ///
    /// # Errors
    /// [`BackupError`] when the database fails.
    pub(in crate::privacy) fn backups_with(
        &self,
        may_have: impl Fn(&Connection) -> bool,
    ) -> Result<usize, BackupError> {
        let mut found = 0;
        for WrittenTo {
            folder, backups, ..
        } in self.backups_everywhere()?
        {
            for backup in backups.unwrap_or_default() {
                // One that cannot be opened is somebody else's, or is told by the erasure that meets it.
                let opened = self.open_if_own(&folder.join(&backup.name));
                if let Ok(Some((copy, _))) = opened {
                    found += usize::from(may_have(&copy));
                }
            }
        }
        Ok(found)
    }

    /// Remove all backups, and what a kill left of one, in every folder, as far as they are this installation's
    /// own: each is opened first. What became of each folder. One that is being made is waited for, as long as
    /// `patience` lasts. The caller records why.
    ///
    /// # Errors
    /// [`BackupError`] when a backup is still being made then or the database fails.
    pub(in crate::privacy) fn remove_every_backup(
        &self,
        patience: Duration,
    ) -> Result<Vec<Emptied>, BackupError> {
        let _turn = self.turn_for_backups_within(patience)?;
        let mut done = Vec::new();
        for place in self.backups_everywhere()? {
            done.push(Emptied {
                folder: place.folder.clone(),
                removed: self.empty(place)?,
            });
        }
        Ok(done)
    }

    /// Forget a folder that another one was chosen after. The backups in it that are this installation's own are
    /// removed first; where the folder is not there, somebody must have said that it is `gone` for good.
    ///
    /// # Errors
    /// [`BackupError`]; the folder is known as before then.
    pub fn forget_backup_folder(&self, folder: &Path, gone: bool) -> Result<Removed, BackupError> {
        let _turn = self.turn_for_backups()?;
        let absolute = std::path::absolute(folder).map_err(BackupError::at(folder))?;
        let mut all = self.backups_everywhere()?.into_iter();
        let place = all.find(|known| known.folder == folder || is_same(&known.folder, &absolute));
        let place = place.ok_or_else(|| BackupError::FolderUnknown(absolute))?;
        if place.is_chosen {
            return Err(BackupError::FolderChosen);
        }
        let folder = place.folder.clone();
        let removed = match self.empty(place)? {
            Err(BackupError::FolderGone(_) | BackupError::FolderEmptied(_)) if gone => {
                Removed::default()
            }
            removed => removed?,
        };
        let ours = removed.left.iter().find(|(_, why)| why != NOT_OURS);
        if let (Some((name, why)), false) = (ours, gone) {
            return Err(BackupError::NotRemoved {
                name: name.clone(),
                why: why.clone(),
            });
        }
        self.change(|tx| {
            let text = folder.to_string_lossy();
            forget(tx, &text)?;
            let number = i64::try_from(removed.gone.len()).unwrap_or(i64::MAX);
            let event = here(Action::BackupChanged)
                .fact("removed", number)
                .payload(json!({ "forgotten": text }));
            Ok::<_, StoreError>(((), event))
        })?;
        Ok(removed)
    }

    /// Remove what is this installation's own in a folder, and forget the folder if it is not the chosen one and
    /// none is left in it.
    fn empty(&self, place: WrittenTo) -> Result<Result<Removed, BackupError>, StoreError> {
        let WrittenTo {
            folder,
            is_chosen,
            backups,
        } = place;
        let backups = match backups {
            Ok(backups) => backups,
            Err(error) => return Ok(Err(error)),
        };
        let removed = self.remove_own(&folder, backups.iter());
        let text = folder.to_string_lossy();
        let part = self
            .store
            .read(|conn| part(conn, &text).map_err(StoreError::from))?;
        if let Some(part) = part {
            snapshot::remove_part(&folder.join(part));
        }
        self.store.write(|tx| {
            let is_empty = removed.left.is_empty();
            end(tx, &text, !is_empty)?;
            if is_chosen {
                let mut state = schedule::state(tx)?;
                let is_gone = |name: &String| removed.gone.contains(name);
                state.made_name = state.made_name.filter(|name| !is_gone(name));
                schedule::keep(tx, &state)?;
            } else if is_empty {
                forget(tx, &text)?;
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(Ok(removed))
    }
}
