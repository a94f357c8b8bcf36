//! How long conversations are kept: rules, holds, what would go, and letting it go.

use gatehouse_core::{
    ids::WorkspaceId,
    now_ms,
    privacy::retention::{
        Held, RetentionOutcome, RetentionPreview, RetentionRule, RetentionStatus,
    },
    problem::Problem,
};
use tauri::{AppHandle, Manager, State};

use super::apart;
use crate::{
    events::{self, ConversationsChanged},
    state::AppState,
};

type Result<T> = std::result::Result<T, Problem>;

/// How long each workspace keeps its conversations, and what is held.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn retention_status(state: State<'_, AppState>) -> Result<RetentionStatus> {
    Ok(state.app()?.retention_status(now_ms())?)
}

/// Say how long a workspace keeps its conversations; nothing: until somebody deletes them.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_retention(
    state: State<'_, AppState>,
    workspace_id: WorkspaceId,
    rule: Option<RetentionRule>,
) -> Result<RetentionStatus> {
    let app = state.app()?;
    app.set_retention(workspace_id, rule)?;
    Ok(app.retention_status(now_ms())?)
}

/// What would go now.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn preview_retention(state: State<'_, AppState>) -> Result<RetentionPreview> {
    Ok(state.app()?.preview_retention(now_ms())?)
}

/// Delete or make anonymous what is due.
#[tauri::command]
#[specta::specta]
pub(crate) async fn run_retention(handle: AppHandle) -> Result<RetentionOutcome> {
    apart(move || {
        let outcome = handle.state::<AppState>().app()?.run_retention()?;
        if outcome.changed() {
            events::tell(&handle, &ConversationsChanged { id: None });
        }
        Ok(outcome)
    })
    .await
}

/// Hold a workspace or a conversation: nothing in it is deleted until the hold is lifted.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn hold(
    state: State<'_, AppState>,
    on: Held,
    reason: String,
) -> Result<RetentionStatus> {
    let app = state.app()?;
    app.hold(on, &reason)?;
    Ok(app.retention_status(now_ms())?)
}

/// Lift a hold.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn lift_hold(state: State<'_, AppState>, on: Held) -> Result<RetentionStatus> {
    let app = state.app()?;
    app.lift_hold(on)?;
    Ok(app.retention_status(now_ms())?)
}
