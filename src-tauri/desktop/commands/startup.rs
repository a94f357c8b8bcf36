//! The start: open the data, or say in plain words why it is not open and what can be done.

use gatehouse_core::{
    app::StartError,
    problem::{Problem, ProblemCode},
    secrets::{self, KeyError, KeyHome},
    store::{LockError, OpenError, SnapshotInfo, snapshot},
};
use serde::Serialize;
use specta::Type;
use tauri::{AppHandle, Manager};

use super::apart;
use crate::state::{AppState, NotOpen};

/// How the start ended.
#[derive(Debug, Serialize, Type)]
#[serde(
    tag = "state",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub(crate) enum Startup {
    /// The data is open.
    Ready {
        version: String,
        data_folder: String,
        key_home: KeyHome,
    },
    /// It is not.
    Problem {
        code: StartupCode,
        message: String,
        hint: Option<String>,
        data_folder: String,
        snapshots: Vec<SnapshotInfo>,
        can_retry: bool,
    },
}

/// Why the data is not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StartupCode {
    Damaged,
    KeyMissing,
    KeyWrong,
    KeychainLocked,
    KeychainMissing,
    Newer,
    AlreadyOpen,
    DiskFull,
    NotWritable,
    MigrationFailed,
    Internal,
}

/// Open the data, if it is not open yet.
#[tauri::command]
#[specta::specta]
pub(crate) async fn startup(handle: AppHandle) -> Result<Startup, Problem> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(opened(&handle, &state))
    })
    .await
}

/// Try again after a problem.
#[tauri::command]
#[specta::specta]
pub(crate) async fn retry_startup(handle: AppHandle) -> Result<Startup, Problem> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(opened(&handle, &state))
    })
    .await
}

/// Put a snapshot in the place of the database, which is moved aside, and open it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn restore_snapshot(handle: AppHandle, name: String) -> Result<Startup, Problem> {
    apart(move || {
        let state = handle.state::<AppState>();
        state.closed(|lock| {
            let (key, _) = secrets::database_key(lock.folder(), KeyHome::preferred())
                .map_err(|error| Problem::new(ProblemCode::Internal, error))?;
            Ok(snapshot::restore(
                lock,
                &key,
                &name,
                gatehouse_core::now_ms(),
            )?)
        })?;
        Ok(opened(&handle, &state))
    })
    .await
}

/// End the app.
#[tauri::command]
#[specta::specta]
pub(crate) fn quit(handle: AppHandle) -> Result<(), Problem> {
    handle.exit(0);
    Ok(())
}

fn opened(handle: &AppHandle, state: &AppState) -> Startup {
    let folder = state.folder();
    let data_folder = folder
        .as_ref()
        .map_or_else(|_| String::new(), |f| f.path().display().to_string());
    match state.open_now(handle) {
        Ok(app) => Startup::Ready {
            version: env!("CARGO_PKG_VERSION").into(),
            data_folder,
            key_home: app.key_home,
        },
        Err(error) => {
            let code = code(&error);
            let helps = matches!(
                code,
                StartupCode::Damaged | StartupCode::Newer | StartupCode::MigrationFailed
            );
            let snapshots = folder
                .ok()
                .filter(|_| helps)
                .and_then(|folder| snapshot::list(&folder).ok());
            Startup::Problem {
                code,
                message: error.to_string(),
                hint: hint(code).map(Into::into),
                data_folder,
                snapshots: snapshots.unwrap_or_default(),
                can_retry: !matches!(
                    code,
                    StartupCode::Newer | StartupCode::Damaged | StartupCode::KeyWrong
                ),
            }
        }
    }
}

fn code(error: &NotOpen) -> StartupCode {
    use StartupCode as Code;
    match error {
        NotOpen::Folder(_) => Code::NotWritable,
        NotOpen::Lock(LockError::AlreadyOpen) => Code::AlreadyOpen,
        NotOpen::Lock(LockError::Io(_)) => Code::NotWritable,
        NotOpen::Start(StartError::Key(key)) => match key {
            KeyError::KeychainLocked { .. } => Code::KeychainLocked,
            KeyError::KeychainMissing { .. } => Code::KeychainMissing,
            KeyError::KeyMissing { .. } | KeyError::KeyUnreadable { .. } => Code::KeyMissing,
            KeyError::Folder(_) => Code::NotWritable,
        },
        NotOpen::Start(StartError::Open(open)) => match open {
            OpenError::KeyWrong => Code::KeyWrong,
            OpenError::Damaged { .. } | OpenError::Missing => Code::Damaged,
            OpenError::Newer { .. } => Code::Newer,
            OpenError::MigrationFailed { .. } => Code::MigrationFailed,
            OpenError::DiskFull => Code::DiskFull,
            OpenError::ReadOnly => Code::NotWritable,
            OpenError::Busy | OpenError::Io(_) => Code::Internal,
        },
        NotOpen::Start(StartError::Store(_)) => Code::Internal,
    }
}

fn hint(code: StartupCode) -> Option<&'static str> {
    match code {
        StartupCode::KeyMissing => Some(
            "Restore the key from a backup of the keychain or the key file, then try again. The database is untouched.",
        ),
        StartupCode::KeyWrong => {
            Some("The database is untouched. Put the right key back, then start again.")
        }
        StartupCode::NotWritable => {
            Some("Check who owns the folder, or start with another one: --data-dir FOLDER.")
        }
        _ => None,
    }
}
