//! Settings, and where the data lies.

use gatehouse_core::{
    problem::Problem,
    secrets::{self, KeyHome},
    settings::{self, Settings},
    store::{SnapshotInfo, snapshot},
};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;
use tauri::{AppHandle, Manager, State};
use tauri_plugin_opener::OpenerExt;

use super::apart;
use crate::{
    events::{self, ConversationsChanged},
    state::AppState,
};

/// Where the data lies and how large it is.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Storage {
    data_folder: String,
    /// The database with its log, in bytes.
    #[specta(type = Number)]
    database_bytes: u64,
    snapshots: Vec<SnapshotInfo>,
    key_home: KeyHome,
    /// Updates that the database has had.
    schema: u32,
    /// The snapshot from before the last update, which an undo would put back.
    last_update_undo: Option<SnapshotInfo>,
}

/// The settings of the app.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn get_settings(state: State<'_, AppState>) -> Result<Settings, Problem> {
    Ok(state
        .app()?
        .store
        .read(settings::get)
        .map_err(gatehouse_core::store::StoreError::from)?)
}

/// Keep new settings and act on them.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_settings(
    handle: AppHandle,
    state: State<'_, AppState>,
    settings: Settings,
) -> Result<Settings, Problem> {
    let app = state.app()?;
    let before = app
        .store
        .read(settings::get)
        .map_err(gatehouse_core::store::StoreError::from)?;
    app.set_settings(&settings)?;
    if before.workspace_id != settings.workspace_id {
        // Another workspace has other conversations.
        events::tell(&handle, &ConversationsChanged { id: None });
    }
    Ok(settings)
}

/// Where the data lies and how large it is.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn storage(state: State<'_, AppState>) -> Result<Storage, Problem> {
    let app = state.app()?;
    let schema = app.store.schema()?;
    Ok(Storage {
        data_folder: app.folder.path().display().to_string(),
        database_bytes: app.store.bytes_on_disk(),
        snapshots: snapshot::list(&app.folder).map_err(snapshot::SnapshotError::from)?,
        key_home: app.key_home,
        schema,
        last_update_undo: snapshot::before_update(&app.folder)
            .map_err(snapshot::SnapshotError::from)?
            .filter(|before| before.schema < schema),
    })
}

/// Make a snapshot of the database now.
#[tauri::command]
#[specta::specta]
pub(crate) async fn make_snapshot(handle: AppHandle) -> Result<SnapshotInfo, Problem> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state.app()?.make_snapshot()?)
    })
    .await
}

/// Put the snapshot from before the last update back, and end the app so that the older one can start.
#[tauri::command]
#[specta::specta]
pub(crate) async fn undo_update(handle: AppHandle) -> Result<(), Problem> {
    apart(move || {
        let state = handle.state::<AppState>();
        let undone = state.closed(|lock| {
            let (key, _) = secrets::database_key(lock.folder(), KeyHome::preferred())?;
            Ok(snapshot::undo_update(lock, &key, gatehouse_core::now_ms())?)
        });
        if undone.is_err() {
            // The person goes on with what was there; if it does not open, the next command says so.
            let _ = state.open_now(&handle);
        }
        undone?;
        handle.exit(0);
        Ok(())
    })
    .await
}

/// Show the data folder in the system's file manager; works also while the data is not open.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn open_data_folder(
    handle: AppHandle,
    state: State<'_, AppState>,
) -> Result<(), Problem> {
    let folder = state
        .folder()
        .map_err(super::internal)?
        .path()
        .display()
        .to_string();
    handle
        .opener()
        .open_path(folder, None::<&str>)
        .map_err(super::internal)
}
