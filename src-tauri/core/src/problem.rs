//! What a person is told when something did not work: a code to act on, what happened, what to do.

use std::{io, path::Path};

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    chat::TransferError,
    secrets::KeyError,
    settings::SettingsError,
    store::{SnapshotError, StoreError},
};

/// One thing that did not work, in a person's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// What the interface acts on.
    pub code: ProblemCode,
    /// What happened.
    pub message: String,
    /// What can be done.
    pub hint: Option<String>,
}

/// A kind of problem that the interface treats in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// The file of a model is not where it was, or is another one now.
    ModelMissing,
    /// A file cannot be used as a model.
    ModelRefused,
    /// A model does not fit the memory.
    ModelTooLarge,
    /// No model is installed.
    NoModel,
    /// The message alone is longer than the context.
    PromptTooLong,
    /// The engine ended in the middle.
    EngineDied,
    /// A JSON Schema or grammar cannot be used.
    BadConstraint,
    /// The disk is full.
    DiskFull,
    /// The data cannot be read or written: damaged, read-only, or held by another program.
    DataUnusable,
    /// What was asked for is not there any more.
    NotFound,
    /// Something given cannot be used.
    InvalidInput,
    /// It is being done already.
    Busy,
    /// A person stopped it.
    Cancelled,
    /// The key of an account is missing, wrong, or not to be had.
    KeyWrong,
    /// A provider did not answer as it should; the message says how.
    Provider,
    /// The network or the server cannot be reached, or the offline switch is on.
    Offline,
    /// Policy does not let it leave, and nothing on this computer can answer.
    NotAllowed,
    /// The person is to look at what would leave first.
    ReviewFirst,
    /// A budget would be passed.
    BudgetReached,
    /// Anything else.
    Internal,
}

impl Problem {
    /// A problem without a hint; the message becomes a sentence.
    pub fn new(code: ProblemCode, message: impl ToString) -> Self {
        let text = message.to_string();
        let mut letters = text.chars();
        let first: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        let end = if text.ends_with(['.', '…', '?']) {
            ""
        } else {
            "."
        };
        Self {
            code,
            message: format!("{first}{}{end}", letters.as_str()),
            hint: None,
        }
    }

    /// A file that was named cannot be read.
    pub fn not_read(path: &Path, error: &io::Error) -> Self {
        Self::of_file(path, "read", error)
    }

    /// A file that was named cannot be written.
    pub fn not_written(path: &Path, error: &io::Error) -> Self {
        Self::of_file(path, "written", error)
    }

    fn of_file(path: &Path, done: &str, error: &io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::NotFound => ProblemCode::NotFound,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ProblemCode::DiskFull,
            _ => ProblemCode::InvalidInput,
        };
        // The system's own words for it name no disk, and end in a number.
        if code == ProblemCode::DiskFull {
            let words = format!(
                "The file “{}” cannot be {done}: the disk is full",
                path.display()
            );
            return Self::new(code, words).hint("Make room, then try again.");
        }
        // The name stands within the sentence, where it keeps its letters as they are.
        if error.kind() == io::ErrorKind::AlreadyExists {
            let words = format!("The file “{}” is there already", path.display());
            return Self::new(code, words).hint("Nothing is written over it: choose another name.");
        }
        Self::new(
            code,
            format!("The file “{}” cannot be {done}: {error}", path.display()),
        )
    }

    /// The same with what can be done about it.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::DiskFull => ProblemCode::DiskFull,
            StoreError::Busy | StoreError::Damaged { .. } | StoreError::ReadOnly => {
                ProblemCode::DataUnusable
            }
            StoreError::Sql(_) => ProblemCode::Internal,
        };
        Self::new(code, &error)
    }
}

impl From<SettingsError> for Problem {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::Store(error) => StoreError::from(error).into(),
            other => Self::new(ProblemCode::InvalidInput, other),
        }
    }
}

impl From<SnapshotError> for Problem {
    fn from(error: SnapshotError) -> Self {
        let code = match error {
            SnapshotError::DiskFull => ProblemCode::DiskFull,
            SnapshotError::InUse => {
                return Self::new(ProblemCode::Busy, error)
                    .hint("Wait until it has ended, then try again.");
            }
            SnapshotError::NotFound { .. } | SnapshotError::NothingToUndo => ProblemCode::NotFound,
            SnapshotError::Damaged { .. }
            | SnapshotError::NotSound { .. }
            | SnapshotError::Io(_) => ProblemCode::Internal,
        };
        Self::new(code, error)
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        Self::new(ProblemCode::Internal, error)
    }
}

impl From<TransferError> for Problem {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::Chat(chat) => chat.into(),
            TransferError::Unreadable { path, error } => Self::not_read(&path, &error),
            other => Self::new(ProblemCode::InvalidInput, other),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, " {hint}")?;
        }
        Ok(())
    }
}
