//! One file a screen. A command takes, asks the core, and gives: no SQL, no decisions.

pub(crate) mod archive;
pub(crate) mod backup;
pub(crate) mod chat;
pub(crate) mod costs;
pub(crate) mod leaving;
pub(crate) mod local_api;
pub(crate) mod models;
pub(crate) mod money;
pub(crate) mod monitor;
pub(crate) mod pictures;
pub(crate) mod privacy;
pub(crate) mod providers;
pub(crate) mod record;
pub(crate) mod retention;
pub(crate) mod safety;
pub(crate) mod settings;
pub(crate) mod startup;
pub(crate) mod telemetry;

use gatehouse_core::{
    app::App,
    problem::{Problem, ProblemCode},
};
use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::DialogExt;

use crate::state::AppState;

/// Do something long on a thread of its own. The few threads that serve commands must stay free,
/// or nobody could press Stop.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tauri::async_runtime::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(internal(error)))
}

/// A fault of the system that no screen treats in its own way.
pub(crate) fn internal(error: impl std::fmt::Display) -> Problem {
    Problem::new(ProblemCode::Internal, error)
}

/// Where the person wants a file; `None` if they chose nothing.
pub(crate) fn chosen_file(
    handle: &AppHandle,
    name: &str,
) -> Result<Option<std::path::PathBuf>, Problem> {
    let chosen = handle
        .dialog()
        .file()
        .set_file_name(name)
        .blocking_save_file();
    chosen
        .map(|path| path.into_path().map_err(internal))
        .transpose()
}

/// Write a file that the person chooses the place of; where it is, or nothing if they chose none. What is in
/// it is made only then.
pub(crate) async fn saved(
    handle: AppHandle,
    name: String,
    content: impl FnOnce(&App) -> Result<Vec<u8>, Problem> + Send + 'static,
) -> Result<Option<String>, Problem> {
    apart(move || {
        let Some(path) = chosen_file(&handle, &name)? else {
            return Ok(None);
        };
        let app = handle.state::<AppState>().app()?;
        let content = content(&app)?;
        app.save_file(&path, &content)?;
        Ok(Some(path.display().to_string()))
    })
    .await
}
