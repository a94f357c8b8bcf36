//! The line under the composer, and what leaves with a message.

use gatehouse_core::{
    aliases::Link,
    gate::{FoundFor, Mistake, Preview, TokenCount, Turn, WhatLeaves},
    ids::ModelId,
    problem::Problem,
};
use tauri::{AppHandle, Manager};

use super::apart;
use crate::state::AppState;

type Result<T> = std::result::Result<T, Problem>;

/// How many tokens a text has for a model on this computer.
#[tauri::command]
#[specta::specta]
pub(crate) async fn count_tokens(
    handle: AppHandle,
    model: ModelId,
    text: String,
) -> Result<TokenCount> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state.app()?.gate.count_tokens(model, &text)?)
    })
    .await
}

/// Where a turn would go if it were asked, and what that would do.
#[tauri::command]
#[specta::specta]
pub(crate) async fn preview_message(handle: AppHandle, turn: Turn) -> Result<Preview> {
    apart(move || {
        Ok(handle
            .state::<AppState>()
            .app()?
            .gate
            .preview(&turn, None)?)
    })
    .await
}

/// Exactly what would leave with a turn; nothing if it stays on this computer.
#[tauri::command]
#[specta::specta]
pub(crate) async fn what_would_leave(handle: AppHandle, turn: Turn) -> Result<Option<WhatLeaves>> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state.app()?.gate.what_would_leave(&turn, None)?)
    })
    .await
}

/// The same for each account of the models that are to answer a turn together.
#[tauri::command]
#[specta::specta]
pub(crate) async fn what_comparing_leaves(
    handle: AppHandle,
    turn: Turn,
    models: Vec<Link>,
) -> Result<Vec<WhatLeaves>> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state.app()?.gate.what_comparing_leaves(&turn, &models)?)
    })
    .await
}

/// What was found in a turn for the model that was chosen; nothing if that is on this computer.
#[tauri::command]
#[specta::specta]
pub(crate) async fn found_in_message(handle: AppHandle, turn: Turn) -> Result<Option<FoundFor>> {
    apart(move || {
        Ok(handle
            .state::<AppState>()
            .app()?
            .gate
            .found_in(&turn, None)?)
    })
    .await
}

/// The same for each account of the models that are to answer a turn together.
#[tauri::command]
#[specta::specta]
pub(crate) async fn found_comparing(
    handle: AppHandle,
    turn: Turn,
    models: Vec<Link>,
) -> Result<Vec<FoundFor>> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state.app()?.gate.found_comparing(&turn, &models)?)
    })
    .await
}

/// Call something that was found a mistake: it leaves as written. `sure`: that it is no secret was said
/// twice.
#[tauri::command]
#[specta::specta]
pub(crate) async fn overrule_finding(
    handle: AppHandle,
    turn: Turn,
    mistake: Mistake,
    sure: bool,
) -> Result<()> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state.app()?.gate.overrule(&turn, None, &mistake, sure)?)
    })
    .await
}

/// Have it found again.
#[tauri::command]
#[specta::specta]
pub(crate) async fn take_back_mistake(
    handle: AppHandle,
    turn: Turn,
    mistake: Mistake,
) -> Result<()> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state.app()?.gate.take_back(&turn, &mistake)?)
    })
    .await
}

/// Exactly what left with a call; nothing if nothing did.
#[tauri::command]
#[specta::specta]
pub(crate) async fn what_left(handle: AppHandle, call: u32) -> Result<Option<WhatLeaves>> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state.app()?.gate.what_left(i64::from(call))?)
    })
    .await
}
