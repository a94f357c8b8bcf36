//! Pictures in messages. The web view has no right to any file: what a person chose or dropped is read
//! here, and what they pasted comes as bytes.

use std::path::PathBuf;

use gatehouse_core::{
    chat::pictures::{self, Picture},
    ids::{ConversationId, PictureId},
    problem::Problem,
    store::StoreError,
};
use serde::Serialize;
use specta::Type;
use tauri::{AppHandle, Manager, State};
use tauri_plugin_dialog::DialogExt;

use super::{apart, internal};
use crate::{clipboard, state::AppState};

type Result<T> = std::result::Result<T, Problem>;

/// What became of files that were added.
#[derive(Debug, Default, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddedPictures {
    /// The pictures, as the draft has them now.
    pictures: Vec<Picture>,
    /// Why others were not taken, with their names.
    refused: Vec<Problem>,
}

/// The pictures of what is typed and not sent; no conversation: the new one.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn draft_pictures(
    state: State<'_, AppState>,
    conversation: Option<ConversationId>,
) -> Result<Vec<Picture>> {
    Ok(state
        .app()?
        .store
        .read(|conn| Ok::<_, StoreError>(pictures::of_draft(conn, conversation)?))?)
}

/// Add files that the person chooses; no conversation: to the new one.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_pictures(
    handle: AppHandle,
    conversation: Option<ConversationId>,
) -> Result<AddedPictures> {
    apart(move || {
        let chosen = handle
            .dialog()
            .file()
            .add_filter("Pictures", &["png", "jpg", "jpeg", "webp", "gif"])
            .blocking_pick_files();
        let chosen = chosen.unwrap_or_default().into_iter();
        let paths: Result<Vec<_>> = chosen
            .map(|path| path.into_path().map_err(internal))
            .collect();
        add(&handle.state::<AppState>(), conversation, &paths?)
    })
    .await
}

/// Add the files that were dropped on the window last; no conversation: to the new one.
#[tauri::command]
#[specta::specta]
pub(crate) async fn add_dropped_pictures(
    handle: AppHandle,
    conversation: Option<ConversationId>,
) -> Result<AddedPictures> {
    apart(move || {
        let state = handle.state::<AppState>();
        let dropped = std::mem::take(&mut *state.dropped());
        add(&state, conversation, &dropped)
    })
    .await
}

/// Add a picture that was pasted, in base64; no conversation: to the new one.
#[tauri::command]
#[specta::specta]
pub(crate) async fn paste_picture(
    handle: AppHandle,
    conversation: Option<ConversationId>,
    base64: String,
) -> Result<Picture> {
    apart(move || {
        let app = handle.state::<AppState>().app()?;
        Ok(pictures::take_base64(&app.store, conversation, &base64)?)
    })
    .await
}

/// Add the picture that was copied last, where a paste gave the page nothing; `None` if none was copied. No
/// conversation: to the new one.
#[tauri::command]
#[specta::specta]
pub(crate) async fn paste_copied_picture(
    handle: AppHandle,
    conversation: Option<ConversationId>,
) -> Result<Option<Picture>> {
    apart(move || {
        let app = handle.state::<AppState>().app()?;
        let copied = clipboard::picture(&handle);
        Ok(copied
            .map(|bytes| pictures::take(&app.store, conversation, &bytes))
            .transpose()?)
    })
    .await
}

/// Take a picture out of what is not sent yet.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn remove_picture(state: State<'_, AppState>, id: PictureId) -> Result<()> {
    Ok(state
        .app()?
        .store
        .write(|tx| pictures::remove_from_draft(tx, id))?)
}

/// A picture as a `data:` address: whole, or a small copy of it.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn show_picture(
    state: State<'_, AppState>,
    id: PictureId,
    whole: bool,
) -> Result<String> {
    Ok(state
        .app()?
        .store
        .read(|conn| pictures::data_address(conn, id, whole))?)
}

/// One file that cannot be taken keeps no other one away.
fn add(
    state: &AppState,
    conversation: Option<ConversationId>,
    paths: &[PathBuf],
) -> Result<AddedPictures> {
    let app = state.app()?;
    let mut added = AddedPictures::default();
    for path in paths {
        match pictures::take_file(&app.store, conversation, path) {
            Ok(picture) => added.pictures.push(picture),
            Err(error) => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                let problem = Problem::from(error);
                let message = format!("{}: {}", name.to_string_lossy(), problem.message);
                added.refused.push(Problem { message, ..problem });
            }
        }
    }
    Ok(added)
}
