//! Backups: checked copies of the database in a folder that a person chooses, on another disk or in one that
//! is kept the same elsewhere, made when they are due and whenever somebody asks.
//!
//! A backup is made by the same code as a snapshot, encrypted with the key of the database, and holds no key.
//! `docs/data-folder.md` says how it comes back, on this computer and on another one.

mod code;
mod error;
mod folders;
mod make;
mod names;
mod restore;
mod schedule;
mod verify;

pub(super) use self::folders::{Emptied, WrittenTo};
pub use self::{
    code::{CodeError, RecoveryCode},
    error::BackupError,
    make::{Removed, Step},
    names::BackupInfo,
    restore::{Restored, restore},
    schedule::{BackupSchedule, BackupStatus},
    verify::BackupReport,
};
pub(crate) use self::{
    folders::remember_from_aside, restore::record_restored, schedule::MIGRATIONS,
};
use crate::{app::App, changes::here, record::Action, store::StoreError};

/// What a recovery code is given away as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeGiven {
    /// Written to a file.
    Saved,
    /// Shown at a terminal.
    Shown,
}

impl App {
    /// The recovery code of this installation, and the short form by which its backups are named. That it was
    /// given away is recorded before anybody has it.
    ///
    /// # Errors
    /// [`BackupError`] when it cannot be recorded.
    pub fn recovery_code(&self, given: CodeGiven) -> Result<(RecoveryCode, String), BackupError> {
        let short = self.short_instance()?;
        self.change(|_| {
            let event = here(Action::BackupChanged).fact(
                "recovery_code",
                match given {
                    CodeGiven::Saved => "saved",
                    CodeGiven::Shown => "shown",
                },
            );
            Ok::<_, StoreError>(((), event))
        })?;
        Ok((RecoveryCode::of(self.store.key()), short))
    }
}
