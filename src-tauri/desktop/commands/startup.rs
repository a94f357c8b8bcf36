//! The start: open the data, or say in plain words why it is not open and what can be done.

use gatehouse_core::{
    now_ms,
    problem::Problem,
    secrets::{self, KeyHome},
    startup::StartupCode,
    store::{InstanceLock, LockError, SnapshotError, SnapshotInfo, snapshot},
};
use serde::Serialize;
use specta::Type;
use tauri::{AppHandle, Manager};

use super::apart;
use crate::state::{AppState, NotOpen};

/// How the start ended.
#[derive(Debug, Clone, Serialize, Type)]
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
        /// There is no data yet, so its key may also live in a file.
        can_use_key_file: bool,
        /// What is there cannot be opened here: it can be set aside for a new beginning.
        can_start_empty: bool,
    },
}

/// Open the data, if it is not open yet; also to try again after a problem.
#[tauri::command]
#[specta::specta]
pub(crate) async fn startup(handle: AppHandle) -> Result<Startup, Problem> {
    apart(move || {
        let state = handle.state::<AppState>();
        let outcome = state
            .opened_early()
            .unwrap_or_else(|| opened(&handle, &state));
        state.asked.get_or_init(|| ());
        Ok(outcome)
    })
    .await
}

/// Put a snapshot in the place of the database, which is moved aside, and open it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn restore_snapshot(handle: AppHandle, name: String) -> Result<Startup, Problem> {
    reopened(handle, move |lock| {
        let (key, _) = secrets::database_key(lock.folder(), KeyHome::preferred())?;
        snapshot::restore(lock, &key, &name, now_ms())?;
        Ok(())
    })
    .await
}

/// Keep the key of new data in a file, where the keychain does not take it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn use_key_file(handle: AppHandle) -> Result<Startup, Problem> {
    reopened(handle, |lock| {
        secrets::database_key(lock.folder(), KeyHome::File)?;
        Ok(())
    })
    .await
}

/// Set everything aside that cannot be opened, and begin anew.
#[tauri::command]
#[specta::specta]
pub(crate) async fn start_empty(handle: AppHandle) -> Result<Startup, Problem> {
    reopened(handle, |lock| {
        snapshot::start_empty(lock, now_ms())?;
        Ok(())
    })
    .await
}

/// Close, do something to the data folder, and open again, also when that failed. A page that showed the
/// old data loads itself anew once it has the reply: were it loaded anew from here, what waits for the
/// reply would be asked a second time.
pub(super) async fn reopened(
    handle: AppHandle,
    work: impl FnOnce(&InstanceLock) -> Result<(), Problem> + Send + 'static,
) -> Result<Startup, Problem> {
    apart(move || {
        let state = handle.state::<AppState>();
        let done = state.closed(work);
        let startup = opened(&handle, &state);
        done?;
        Ok(startup)
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

pub(crate) fn opened(handle: &AppHandle, state: &AppState) -> Startup {
    match state.open_now(handle) {
        Ok(app) => Startup::Ready {
            version: env!("CARGO_PKG_VERSION").into(),
            data_folder: app.folder.path().display().to_string(),
            key_home: app.key_home,
        },
        Err(error) => problem(state, code(&error), &error),
    }
}

/// The screen for damage that was met in data that is open, and goes on working beside it.
pub(crate) fn found_damaged(state: &AppState, error: &SnapshotError) -> Startup {
    problem(state, StartupCode::DamagedInPart, error)
}

fn problem(state: &AppState, code: StartupCode, error: &dyn std::error::Error) -> Startup {
    use StartupCode as Code;
    let folder = state.folder().ok();
    let to_go_back_to = match &folder {
        Some(folder) if code.has_way_back() => snapshot::list(folder).unwrap_or_default(),
        _ => Vec::new(),
    };
    let is_first_start = |folder| secrets::is_first_start(folder).unwrap_or(false);
    Startup::Problem {
        code,
        message: error.to_string(),
        hint: code.hint().map(Into::into),
        can_retry: !matches!(code, Code::Newer | Code::Damaged | Code::KeyWrong),
        can_use_key_file: matches!(code, Code::KeychainLocked | Code::KeychainMissing)
            && folder.as_ref().is_some_and(is_first_start),
        can_start_empty: code.can_start_empty(),
        data_folder: folder.map_or_else(String::new, |folder| folder.path().display().to_string()),
        snapshots: to_go_back_to,
    }
}

fn code(error: &NotOpen) -> StartupCode {
    match error {
        NotOpen::Folder(_) | NotOpen::Lock(LockError::Io(_)) => StartupCode::NotWritable,
        NotOpen::Lock(LockError::AlreadyOpen) => StartupCode::AlreadyOpen,
        NotOpen::Start(error) => error.code(),
    }
}
