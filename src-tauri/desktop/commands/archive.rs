//! Archives: a conversation, a workspace or everything in a file, and back. Which file, the host asks.

use std::{
    ops::ControlFlow,
    path::PathBuf,
    sync::{MutexGuard, PoisonError, atomic::Ordering},
};

use gatehouse_core::{
    ids::WorkspaceId,
    privacy::anonymise::{Anonymity, AnonymousExport, DestroyedKeys},
    privacy::archive::{
        CheckedArchive, ImportedArchive, Passphrase, SavedArchive, Scope, Target,
        check_archive as check, is_locked,
    },
    problem::{Problem, ProblemCode},
};
use serde::Serialize;
use specta::Type;
use tauri::{AppHandle, Manager, State, ipc::Channel};
use tauri_plugin_dialog::DialogExt;
use zeroize::Zeroizing;

use super::{apart, internal};
use crate::{
    events::{self, ConversationsChanged},
    state::AppState,
};

type Result<T> = std::result::Result<T, Problem>;

/// A file to bring in: chosen, not yet looked into. The host remembers which one it is.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChosenArchive {
    /// Its name.
    file_name: String,
    /// Whether it needs a passphrase.
    encrypted: bool,
}

/// Write an archive to a file that the person chooses, locked if there is a passphrase; nothing if they
/// chose none. The share that is done goes to `on_progress`, 0 to 1.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_archive(
    handle: AppHandle,
    scope: Scope,
    passphrase: Option<String>,
    on_progress: Channel<f64>,
) -> Result<Option<SavedArchive>> {
    let passphrase = passphrase.map(Zeroizing::new);
    apart(move || {
        let Some(target) = target(&handle, "gatehouse-archive", passphrase)? else {
            return Ok(None);
        };
        let state = handle.state::<AppState>();
        let mut progress = progress(&state, on_progress);
        Ok(Some(state.app()?.export_archive(
            &target,
            scope,
            &mut progress,
        )?))
    })
    .await
}

/// Write conversations for analysis, with pseudonyms in place of who is in them, to a file that the
/// person chooses; nothing if they chose none.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_anonymous(
    handle: AppHandle,
    scope: Scope,
    options: Anonymity,
    passphrase: Option<String>,
    on_progress: Channel<f64>,
) -> Result<Option<AnonymousExport>> {
    let passphrase = passphrase.map(Zeroizing::new);
    apart(move || {
        let Some(target) = target(&handle, "gatehouse-anonymous", passphrase)? else {
            return Ok(None);
        };
        let state = handle.state::<AppState>();
        let mut progress = progress(&state, on_progress);
        let app = state.app()?;
        Ok(Some(app.export_anonymous(
            &target,
            scope,
            options,
            &mut progress,
        )?))
    })
    .await
}

/// The workspaces that keep the key of their pseudonyms.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn kept_pseudonym_keys(state: State<'_, AppState>) -> Result<Vec<WorkspaceId>> {
    Ok(state.app()?.kept_pseudonym_keys()?)
}

/// Destroy the keys of pseudonyms that workspaces keep.
#[tauri::command]
#[specta::specta]
pub(crate) async fn destroy_pseudonym_keys(handle: AppHandle) -> Result<DestroyedKeys> {
    apart(move || {
        let app = handle.state::<AppState>().app()?;
        Ok(app.destroy_pseudonym_keys(None)?)
    })
    .await
}

/// Let the person choose an archive to look into or bring in; nothing if they chose none.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_archive(handle: AppHandle) -> Result<Option<ChosenArchive>> {
    apart(move || {
        let chosen = handle
            .dialog()
            .file()
            .add_filter("Gatehouse archives", &["zip", "age"])
            .blocking_pick_file();
        let Some(path) = chosen
            .map(|path| path.into_path().map_err(internal))
            .transpose()?
        else {
            return Ok(None);
        };
        let encrypted = is_locked(&path)?;
        let name = path.file_name().unwrap_or_default();
        let file_name = name.to_string_lossy().into_owned();
        *chosen_in(&handle.state::<AppState>()) = Some(path);
        Ok(Some(ChosenArchive {
            file_name,
            encrypted,
        }))
    })
    .await
}

/// Look into the chosen archive; nothing is brought in.
#[tauri::command]
#[specta::specta]
pub(crate) async fn check_archive(
    handle: AppHandle,
    passphrase: Option<String>,
    on_progress: Channel<f64>,
) -> Result<CheckedArchive> {
    let passphrase = passphrase.map(Zeroizing::new).map(Passphrase::new);
    apart(move || {
        let state = handle.state::<AppState>();
        let path = chosen_path(&state)?;
        let mut progress = progress(&state, on_progress);
        Ok(check(&path, passphrase.as_ref(), &mut progress)?)
    })
    .await
}

/// Bring the chosen archive in.
#[tauri::command]
#[specta::specta]
pub(crate) async fn import_archive(
    handle: AppHandle,
    passphrase: Option<String>,
    on_progress: Channel<f64>,
) -> Result<ImportedArchive> {
    let passphrase = passphrase.map(Zeroizing::new).map(Passphrase::new);
    apart(move || {
        let state = handle.state::<AppState>();
        let path = chosen_path(&state)?;
        let mut progress = progress(&state, on_progress);
        let app = state.app()?;
        let imported = app.import_archive(&path, passphrase.as_ref(), &mut progress)?;
        events::tell(&handle, &ConversationsChanged { id: None });
        Ok(imported)
    })
    .await
}

/// Stop whatever is done with an archive; nothing half is left of it.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn stop_archive(state: State<'_, AppState>) {
    state.stop_archive.store(true, Ordering::Relaxed);
}

/// Where an archive is to go, with what it is locked; `None`: the person chose nothing. A passphrase
/// that will not do is said before they are asked for a file.
fn target(
    handle: &AppHandle,
    name: &str,
    passphrase: Option<Zeroizing<String>>,
) -> Result<Option<Target>> {
    let passphrase = passphrase.map(Passphrase::chosen).transpose()?;
    let ending = if passphrase.is_some() {
        "zip.age"
    } else {
        "zip"
    };
    let chosen = handle
        .dialog()
        .file()
        .set_file_name(format!("{name}.{ending}"))
        .blocking_save_file();
    let path: Option<PathBuf> = chosen
        .map(|path| path.into_path().map_err(internal))
        .transpose()?;
    Ok(path.map(|path| Target {
        path,
        // The dialog has asked.
        replace: true,
        passphrase,
    }))
}

/// Tells the window of each percent, first that it begins, as the file is chosen now; and obeys a stop.
fn progress(
    state: &AppState,
    on_progress: Channel<f64>,
) -> impl FnMut(f64) -> ControlFlow<()> + use<'_> {
    state.stop_archive.store(false, Ordering::Relaxed);
    let tell = move |share| {
        if let Err(error) = on_progress.send(share) {
            tracing::debug!("the window did not hear of an archive: {error}");
        }
    };
    let mut told = 0.0;
    tell(told);
    move |share| {
        if share - told >= 0.01 {
            told = share;
            tell(share);
        }
        if state.stop_archive.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

fn chosen_path(state: &AppState) -> Result<PathBuf> {
    let chosen = chosen_in(state).clone();
    chosen.ok_or_else(|| Problem::new(ProblemCode::InvalidInput, "No archive was chosen."))
}

fn chosen_in(state: &AppState) -> MutexGuard<'_, Option<PathBuf>> {
    state
        .chosen_archive
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}
