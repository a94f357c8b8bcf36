//! The Privacy screen: requests of people about their data, finding and erasing them, and what is stored.

use gatehouse_core::{
    privacy::{
        Erased, Erasure, ErasurePreview, ErasureStep, FileForm, FoundPerson, NewRequest,
        RequestState, StoredPart, SubjectRequest,
    },
    problem::Problem,
};
use tauri::{AppHandle, Manager, State, ipc::Channel};

use super::{apart, chosen_file, internal};
use crate::{
    events::{self, ConversationsChanged},
    state::AppState,
};

type Result<T> = std::result::Result<T, Problem>;

/// All requests of people about their data, newest first.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_requests(state: State<'_, AppState>) -> Result<Vec<SubjectRequest>> {
    Ok(state.app()?.requests()?)
}

/// Note a request.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn open_request(
    state: State<'_, AppState>,
    request: NewRequest,
) -> Result<SubjectRequest> {
    Ok(state.app()?.open_request(&request)?)
}

/// Close a request as done or refused.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn close_request(
    state: State<'_, AppState>,
    number: u32,
    outcome: RequestState,
) -> Result<SubjectRequest> {
    Ok(state.app()?.close_request(i64::from(number), outcome)?)
}

/// Look for a person in everything that is kept.
#[tauri::command]
#[specta::specta]
pub(crate) async fn find_person(
    handle: AppHandle,
    identifiers: Vec<String>,
) -> Result<FoundPerson> {
    apart(move || {
        Ok(handle
            .state::<AppState>()
            .app()?
            .find_person(&identifiers)?)
    })
    .await
}

/// Write what is kept about a person to a file that is chosen; its path, or nothing if none was.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_person(
    handle: AppHandle,
    identifiers: Vec<String>,
    form: FileForm,
) -> Result<Option<String>> {
    apart(move || {
        save(&handle, "person", form, |app| {
            Ok(app.export_person(&identifiers, form)?)
        })
    })
    .await
}

/// What an erasure would take and what it would leave.
#[tauri::command]
#[specta::specta]
pub(crate) async fn preview_erasure(handle: AppHandle, erasure: Erasure) -> Result<ErasurePreview> {
    apart(move || {
        Ok(handle
            .state::<AppState>()
            .app()?
            .preview_erasure(&erasure)?)
    })
    .await
}

/// Erase for good; `request` is the number of the request that this answers. `on_step` hears what it is
/// doing.
#[tauri::command]
#[specta::specta]
pub(crate) async fn erase(
    handle: AppHandle,
    erasure: Erasure,
    request: Option<u32>,
    on_step: Channel<ErasureStep>,
) -> Result<Erased> {
    apart(move || {
        let app = handle.state::<AppState>().app()?;
        let erased = app.erase(&erasure, request.map(i64::from), &mut |step| {
            if let Err(error) = on_step.send(step) {
                tracing::debug!("the window did not hear of an erasure: {error}");
            }
        })?;
        events::tell(&handle, &ConversationsChanged { id: None });
        Ok(erased)
    })
    .await
}

/// Write the certificate of an erasure to a file that is chosen; its path, or nothing if none was.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_certificate(
    handle: AppHandle,
    entry: u32,
    form: FileForm,
) -> Result<Option<String>> {
    apart(move || {
        save(&handle, "erasure", form, |app| {
            Ok(app.erasure_certificate(i64::from(entry), form)?)
        })
    })
    .await
}

/// The parts of the data folder that have something in them.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn stored_parts(state: State<'_, AppState>) -> Result<Vec<StoredPart>> {
    state.app()?.stored().map_err(internal)
}

fn save(
    handle: &AppHandle,
    name: &str,
    form: FileForm,
    text: impl FnOnce(&gatehouse_core::app::App) -> Result<String>,
) -> Result<Option<String>> {
    let extension = match form {
        FileForm::Json => "json",
        FileForm::Html => "html",
    };
    let Some(path) = chosen_file(handle, &format!("gatehouse-{name}.{extension}"))? else {
        return Ok(None);
    };
    let app = handle.state::<AppState>().app()?;
    let text = text(&app)?;
    app.save_file(&path, text.as_bytes())?;
    Ok(Some(path.display().to_string()))
}
