//! Where backups go, how often they are made and how many are kept; and how the last one went.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use specta::Type;
use specta_typescript::Number;

use super::{BackupError, folders, names};
use crate::{
    app::App,
    changes::here,
    problem::Problem,
    record::{Action, Event},
    store::{Instance, Migration, StoreError},
};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "2026-11-27 schedule backups",
        sql: "CREATE TABLE backups (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            folder TEXT,
            every_hours INTEGER,
            keep INTEGER NOT NULL,
            made_at_ms INTEGER,
            made_name TEXT,
            problem TEXT CHECK (problem IS NULL OR json_valid(problem)),
            problem_at_ms INTEGER
          ) STRICT",
    },
    Migration {
        name: "2026-11-27 remember the backup that is being written",
        sql: "ALTER TABLE backups ADD COLUMN writing TEXT",
    },
    folders::MIGRATION,
];

const HOUR_MS: i64 = 60 * 60 * 1000;
/// A year.
const LONGEST_HOURS: u32 = 366 * 24;
const MOST_KEPT: u32 = 1000;

/// Where backups go and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BackupSchedule {
    /// The folder; `None`: none was chosen.
    pub folder: Option<String>,
    /// Hours between two of them; `None`: only when somebody asks.
    pub every_hours: Option<u32>,
    /// How many of the newest are kept.
    pub keep: u32,
}

impl Default for BackupSchedule {
    fn default() -> Self {
        Self {
            folder: None,
            every_hours: Some(24),
            keep: 7,
        }
    }
}

/// How backups stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BackupStatus {
    /// Where they go and how often.
    pub schedule: BackupSchedule,
    /// Folders that were chosen earlier, in which backups may still lie.
    pub earlier_folders: Vec<String>,
    /// The short form of this installation's identifier, which stands in their names.
    pub installation: String,
    /// When the last one was made, in UTC milliseconds; `None`: none was.
    #[specta(type = Option<Number>)]
    pub made_at_ms: Option<i64>,
    /// The name of the last one, as long as it has not been removed.
    pub made_name: Option<String>,
    /// When the next one is made, in UTC milliseconds; `None`: when somebody asks.
    #[specta(type = Option<Number>)]
    pub due_at_ms: Option<i64>,
    /// Why the last try failed.
    pub problem: Option<Problem>,
    /// Since when it fails, in UTC milliseconds.
    #[specta(type = Option<Number>)]
    pub problem_at_ms: Option<i64>,
}

/// The one row of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    pub schedule: BackupSchedule,
    pub made_at_ms: Option<i64>,
    pub made_name: Option<String>,
    pub problem: Option<Problem>,
    pub problem_at_ms: Option<i64>,
}

impl State {
    /// When the next one is to be made: at once where none was made, or where the clock was set back
    /// behind the last one.
    pub(super) fn due_at_ms(&self, now_ms: i64) -> Option<i64> {
        let hours = self
            .schedule
            .folder
            .as_ref()
            .and(self.schedule.every_hours)?;
        Some(match self.made_at_ms {
            Some(made) if made <= now_ms => made.saturating_add(i64::from(hours) * HOUR_MS),
            _ => now_ms,
        })
    }

    pub(super) fn is_due(&self, now_ms: i64) -> bool {
        self.due_at_ms(now_ms).is_some_and(|due| due <= now_ms)
    }

    /// The folder, if it is there.
    ///
    /// # Errors
    /// [`BackupError`] when none was chosen or it is not there.
    pub(super) fn folder(&self) -> Result<PathBuf, BackupError> {
        let folder = self.schedule.folder.as_ref().ok_or(BackupError::NoFolder)?;
        let folder = PathBuf::from(folder);
        // It is never made: where a disk is not attached, that would be a folder on this one.
        if folder.is_dir() {
            Ok(folder)
        } else {
            Err(BackupError::FolderGone(folder))
        }
    }
}

pub(super) fn state(conn: &Connection) -> rusqlite::Result<State> {
    let found = conn
        .prepare_cached(
            "SELECT folder, every_hours, keep, made_at_ms, made_name, problem, problem_at_ms
             FROM backups",
        )?
        .query_row([], |row| {
            let problem: Option<String> = row.get(5)?;
            Ok(State {
                schedule: BackupSchedule {
                    folder: row.get(0)?,
                    every_hours: row.get(1)?,
                    keep: row.get(2)?,
                },
                made_at_ms: row.get(3)?,
                made_name: row.get(4)?,
                problem: problem.and_then(|json| serde_json::from_str(&json).ok()),
                problem_at_ms: row.get(6)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

pub(super) fn keep(conn: &Connection, state: &State) -> rusqlite::Result<()> {
    let problem = state
        .problem
        .as_ref()
        .map(|p| serde_json::to_string(p).expect("a problem is JSON because it is made of texts"));
    conn.prepare_cached("INSERT OR REPLACE INTO backups VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![
            state.schedule.folder,
            state.schedule.every_hours,
            state.schedule.keep,
            state.made_at_ms,
            state.made_name,
            problem,
            state.problem_at_ms,
        ])?;
    Ok(())
}

impl App {
    /// How backups stand; `now_ms` is UTC milliseconds.
    ///
    /// # Errors
    /// [`BackupError`] when the database fails.
    pub fn backup_status(&self, now_ms: i64) -> Result<BackupStatus, BackupError> {
        let (state, earlier_folders) = self
            .store
            .read(|conn| Ok::<_, StoreError>((state(conn)?, folders::earlier(conn)?)))?;
        Ok(BackupStatus {
            earlier_folders,
            installation: self.short_instance()?,
            due_at_ms: state.due_at_ms(now_ms),
            made_at_ms: state.made_at_ms,
            made_name: state.made_name,
            problem: state.problem,
            problem_at_ms: state.problem_at_ms,
            schedule: state.schedule,
        })
    }

    /// Say how often backups are made and how many of the newest are kept; `None`: only when somebody
    /// asks.
    ///
    /// # Errors
    /// [`BackupError::Schedule`] when a number is out of its range.
    pub fn set_backup_schedule(
        &self,
        every_hours: Option<u32>,
        kept: u32,
    ) -> Result<(), BackupError> {
        let hours = every_hours.is_none_or(|hours| (1..=LONGEST_HOURS).contains(&hours));
        if !hours || !(1..=MOST_KEPT).contains(&kept) {
            return Err(BackupError::Schedule);
        }
        self.change_schedule(|schedule| {
            schedule.every_hours = every_hours;
            schedule.keep = kept;
        })
    }

    /// Say where backups go: a folder that is there, on another disk if the person has one.
    ///
    /// # Errors
    /// [`BackupError`] when it cannot be used.
    pub fn set_backup_folder(&self, folder: &Path) -> Result<(), BackupError> {
        let real = |path: &Path| path.canonicalize().map_err(BackupError::at(path));
        let (chosen, data) = (real(folder)?, real(self.folder.path())?);
        if !chosen.is_dir() {
            return Err(BackupError::FolderGone(folder.to_path_buf()));
        }
        if chosen.starts_with(&data) {
            return Err(BackupError::FolderOfData);
        }
        let absolute = std::path::absolute(folder).map_err(BackupError::at(folder))?;
        let text = absolute.to_str().ok_or(BackupError::FolderName)?.to_owned();
        self.change_schedule(|schedule| schedule.folder = Some(text))
    }

    fn change_schedule(&self, change: impl FnOnce(&mut BackupSchedule)) -> Result<(), BackupError> {
        self.store.write(|tx| {
            let mut state = state(tx)?;
            let before = state.schedule.clone();
            change(&mut state.schedule);
            if before == state.schedule {
                return Ok(());
            }
            if before.folder != state.schedule.folder {
                // What is to be found in it and what was wrong with it is said of the one before.
                state = State {
                    schedule: state.schedule,
                    ..State::default()
                };
            }
            keep(tx, &state)?;
            self.record
                .append(tx, changed(&before, &state.schedule), crate::now_ms())?;
            Ok(())
        })
    }

    pub(super) fn short_instance(&self) -> Result<String, BackupError> {
        let instance = Instance::load(&self.folder).map_err(BackupError::Io)?;
        Ok(names::short(
            instance.map(|found| found.id).unwrap_or_default(),
        ))
    }
}

/// What the record says of a changed schedule: how often, and in private where.
fn changed(before: &BackupSchedule, now: &BackupSchedule) -> Event {
    here(Action::BackupChanged)
        .fact("every_hours", now.every_hours.map_or(0, i64::from))
        .fact("keep", now.keep)
        .payload(json!({ "before": before, "now": now }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn every(hours: u32, made_at_ms: Option<i64>) -> State {
        State {
            schedule: BackupSchedule {
                folder: Some("/somewhere".into()),
                every_hours: Some(hours),
                keep: 3,
            },
            made_at_ms,
            ..State::default()
        }
    }

    proptest! {
        #[test]
        fn one_is_due_when_its_time_has_passed_and_not_before(
            hours in 1..LONGEST_HOURS, made in 0i64..4_000_000_000_000, since in 0i64..40_000_000_000,
        ) {
            let due = every(hours, Some(made)).is_due(made + since);
            prop_assert_eq!(due, since >= i64::from(hours) * HOUR_MS);
        }

        #[test]
        fn a_clock_that_was_set_back_does_not_put_it_off(
            hours in 1..LONGEST_HOURS, now in 0i64..4_000_000_000_000, ahead in 1i64..40_000_000_000,
        ) {
            prop_assert!(every(hours, Some(now + ahead)).is_due(now));
        }
    }

    #[test]
    fn the_first_one_is_due_at_once_and_none_without_a_folder_or_when_it_is_off() {
        assert!(every(24, None).is_due(0));
        let mut off = every(24, None);
        off.schedule.every_hours = None;
        assert!(!off.is_due(i64::MAX));
        let mut nowhere = every(24, None);
        nowhere.schedule.folder = None;
        assert!(!nowhere.is_due(i64::MAX));
    }
}
