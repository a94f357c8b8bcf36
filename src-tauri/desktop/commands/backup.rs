//! Backups: where they go, how often, now, and the way back. Folders and files are chosen in the host's own
//! dialogs, and the recovery code is written by the host: the web view does not see it.

use std::path::PathBuf;

use gatehouse_core::{
    now_ms,
    privacy::backup::{
        self, BackupInfo, BackupReport, BackupStatus, CodeGiven, RecoveryCode, Step,
    },
    problem::Problem,
    secrets::KeyHome,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;
use tauri::{AppHandle, Manager, State, ipc::Channel};
use tauri_plugin_dialog::DialogExt;
use zeroize::Zeroizing;

use super::{
    apart, chosen_file, internal,
    startup::{Startup, reopened},
};
use crate::state::AppState;

type Result<T> = std::result::Result<T, Problem>;

/// How far a backup is.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BackupProgress {
    /// Share of the database that is copied, 0 to 1.
    #[specta(type = Number)]
    copied: f64,
    /// Whether all of it is copied and it is being read back.
    checking: bool,
}

/// With what a backup is opened.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(tag = "with", rename_all = "snake_case")]
pub(crate) enum BackupKey {
    /// The key of this data folder.
    ThisComputer,
    /// A recovery code in a file that the person chooses.
    CodeFile,
    /// A recovery code that the person typed from paper.
    Code {
        /// As it was typed.
        code: String,
    },
}

/// How backups stand.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn backup_status(state: State<'_, AppState>) -> Result<BackupStatus> {
    Ok(state.app()?.backup_status(now_ms())?)
}

/// Say how often backups are made (nothing: only by hand) and how many are kept.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_backup_schedule(
    state: State<'_, AppState>,
    every_hours: Option<u32>,
    keep: u32,
) -> Result<BackupStatus> {
    let app = state.app()?;
    app.set_backup_schedule(every_hours, keep)?;
    Ok(app.backup_status(now_ms())?)
}

/// Let the person choose where backups go; nothing if they chose no folder.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_backup_folder(handle: AppHandle) -> Result<Option<BackupStatus>> {
    apart(move || {
        let Some(chosen) = handle.dialog().file().blocking_pick_folder() else {
            return Ok(None);
        };
        let app = handle.state::<AppState>().app()?;
        app.set_backup_folder(&chosen.into_path().map_err(internal)?)?;
        Ok(Some(app.backup_status(now_ms())?))
    })
    .await
}

/// Make a backup now; how far it is goes to `on_progress`.
#[tauri::command]
#[specta::specta]
pub(crate) async fn back_up_now(
    handle: AppHandle,
    on_progress: Channel<BackupProgress>,
) -> Result<BackupInfo> {
    apart(move || {
        let app = handle.state::<AppState>().app()?;
        Ok(app.back_up(&mut |step| {
            let (copied, checking) = match step {
                Step::Copying(share) => (share, false),
                Step::Checking => (1.0, true),
            };
            if let Err(error) = on_progress.send(BackupProgress { copied, checking }) {
                tracing::debug!("the window did not hear of a backup: {error}");
            }
        })?)
    })
    .await
}

/// The backups of this installation, newest first.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_backups(state: State<'_, AppState>) -> Result<Vec<BackupInfo>> {
    let (_, backups) = state.app()?.backups_written_here()?;
    Ok(backups)
}

/// Verify a backup by its name, or (no name) a file that the person chooses; nothing if they chose none.
#[tauri::command]
#[specta::specta]
pub(crate) async fn verify_backup(
    handle: AppHandle,
    name: Option<String>,
) -> Result<Option<BackupReport>> {
    apart(move || {
        let Some(file) = chosen_backup(&handle, name.as_deref())? else {
            return Ok(None);
        };
        let app = handle.state::<AppState>().app()?;
        Ok(Some(app.verify_backup(&file)?))
    })
    .await
}

/// Write the recovery code to a file that the person chooses; its path, or nothing if they chose none.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_recovery_code(handle: AppHandle) -> Result<Option<String>> {
    apart(move || {
        let Some(path) = chosen_file(&handle, "gatehouse-recovery-code.txt")? else {
            return Ok(None);
        };
        let app = handle.state::<AppState>().app()?;
        let (code, installation) = app.recovery_code(CodeGiven::Saved)?;
        app.save_file(&path, code.file(&installation).as_bytes())?;
        Ok(Some(path.display().to_string()))
    })
    .await
}

/// Put a backup in the place of the database, which is moved aside, and open it: one of this installation by
/// its name, or (no name) a file that the person chooses. Nothing if they chose none.
#[tauri::command]
#[specta::specta]
pub(crate) async fn restore_backup(
    handle: AppHandle,
    name: Option<String>,
    key: BackupKey,
) -> Result<Option<Startup>> {
    let asked = handle.clone();
    let chosen = apart(move || {
        let Some(file) = chosen_backup(&asked, name.as_deref())? else {
            return Ok(None);
        };
        let code = match key {
            BackupKey::ThisComputer => None,
            BackupKey::Code { code } => {
                Some(RecoveryCode::read(&Zeroizing::new(code)).map_err(no_code)?)
            }
            BackupKey::CodeFile => match code_file(&asked)? {
                Some(code) => Some(code),
                None => return Ok(None),
            },
        };
        Ok(Some((file, code)))
    })
    .await?;
    let Some((file, code)) = chosen else {
        return Ok(None);
    };
    let startup = reopened(handle, move |lock| {
        backup::restore(lock, &file, code.as_ref(), KeyHome::preferred(), now_ms())?;
        Ok(())
    })
    .await?;
    Ok(Some(startup))
}

fn chosen_backup(handle: &AppHandle, name: Option<&str>) -> Result<Option<PathBuf>> {
    match name {
        Some(name) => Ok(Some(handle.state::<AppState>().app()?.backup_named(name)?)),
        None => handle
            .dialog()
            .file()
            .blocking_pick_file()
            .map(|path| path.into_path().map_err(internal))
            .transpose(),
    }
}

fn code_file(handle: &AppHandle) -> Result<Option<RecoveryCode>> {
    let Some(path) = handle.dialog().file().blocking_pick_file() else {
        return Ok(None);
    };
    let path = path.into_path().map_err(internal)?;
    RecoveryCode::of_file(&path).map(Some).map_err(no_code)
}

fn no_code(error: impl Into<backup::BackupError>) -> Problem {
    error.into().into()
}
