//! The Models screen.

use std::{path::Path, sync::atomic::AtomicBool};

use gatehouse_core::{
    ids::ModelId,
    models::{self, HowAdded, InstalledModel},
    problem::Problem,
};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;
use tauri::{AppHandle, Manager, State};
use tauri_plugin_dialog::DialogExt;

use super::apart;
use crate::{
    adding::Adding,
    events::{self, AddingState, EngineStatus, ModelAdding, ModelsChanged},
    state::AppState,
};

type Result<T> = std::result::Result<T, Problem>;

/// What this computer has.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Computer {
    #[specta(type = Number)]
    memory_bytes: u64,
    #[specta(type = Number)]
    memory_free_bytes: u64,
    physical_cores: u32,
    processor: String,
}

/// All installed models.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_models(state: State<'_, AppState>) -> Result<Vec<InstalledModel>> {
    Ok(state.app()?.installed_models()?)
}

/// Let the person choose GGUF files and add them; how it goes comes as [`ModelAdding`].
#[tauri::command]
#[specta::specta]
pub(crate) async fn add_model_by_dialog(handle: AppHandle) -> Result<()> {
    apart(move || {
        let chosen = handle
            .dialog()
            .file()
            .add_filter("Models (GGUF)", &["gguf"])
            .blocking_pick_files();
        let paths = chosen
            .unwrap_or_default()
            .into_iter()
            .filter_map(|path| path.into_path().ok())
            .collect();
        handle.state::<Adding>().add(paths);
        Ok(())
    })
    .await
}

/// Stop adding the files that were chosen or dropped together.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn cancel_adding(adding: State<'_, Adding>) -> Result<()> {
    adding.cancel();
    Ok(())
}

/// Bring a model into memory; returns when it is ready.
#[tauri::command]
#[specta::specta]
pub(crate) async fn load_model(handle: AppHandle, id: ModelId) -> Result<()> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state.app()?.gate.load(id, &mut |_| ())?)
    })
    .await
}

/// Stop loading a model.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn cancel_load(state: State<'_, AppState>, id: ModelId) -> Result<()> {
    state.app()?.engines.cancel_load(id);
    Ok(())
}

/// Take a model out of memory.
#[tauri::command]
#[specta::specta]
pub(crate) async fn unload_model(handle: AppHandle, id: ModelId) -> Result<()> {
    apart(move || {
        handle.state::<AppState>().app()?.engines.unload(id);
        Ok(())
    })
    .await
}

/// Take a model off the list; its file is deleted only if it lies in Gatehouse's own folder for
/// models. Whether it was.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_model(
    handle: AppHandle,
    id: ModelId,
    delete_file: bool,
) -> Result<bool> {
    apart(move || {
        let state = handle.state::<AppState>();
        let deleted = state.app()?.remove_model(id, delete_file)?;
        events::tell(&handle, &ModelsChanged {});
        Ok(deleted)
    })
    .await
}

/// How the loaded models stand.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn engine_status(state: State<'_, AppState>) -> Result<Vec<EngineStatus>> {
    Ok(state
        .app()?
        .engines
        .snapshot()
        .into_iter()
        .map(EngineStatus::from)
        .collect())
}

/// What this computer has.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn computer() -> Result<Computer> {
    let computer = models::computer();
    Ok(Computer {
        memory_bytes: computer.memory.total_bytes,
        memory_free_bytes: computer.memory.available_bytes,
        physical_cores: computer.physical_cores,
        processor: computer.processor,
    })
}

/// Add one file, and tell how it goes.
pub(crate) fn add(handle: &AppHandle, path: &Path, cancel: &AtomicBool) {
    let file = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    let mut news = ModelAdding {
        file,
        state: AddingState::Reading,
        fraction: 0.0,
        model: None,
        added: None,
        error: None,
    };
    events::tell(handle, &news);
    match read(handle, path, cancel, &mut news) {
        Ok((model, added)) => {
            news.state = AddingState::Added;
            news.fraction = 1.0;
            news.model = Some(model);
            news.added = Some(added);
            events::tell(handle, &ModelsChanged {});
        }
        Err(error) => {
            news.state = AddingState::Refused;
            news.error = Some(error);
        }
    }
    events::tell(handle, &news);
}

fn read(
    handle: &AppHandle,
    path: &Path,
    cancel: &AtomicBool,
    news: &mut ModelAdding,
) -> Result<(InstalledModel, HowAdded)> {
    let app = handle.state::<AppState>().app()?;
    let added = app.add_model(path, cancel, &mut |fraction| {
        // A hundred steps are enough for the eye.
        if fraction - news.fraction >= 0.01 {
            news.fraction = fraction;
            events::tell(handle, news);
        }
    })?;
    Ok(added)
}
