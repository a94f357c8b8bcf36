//! The collector of OpenTelemetry: how the sending to it stands.

use gatehouse_core::metrics::ExportStatus;
use tauri::State;

use crate::state::AppState;

/// How the sending stands; nothing was sent yet where it has just begun.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn telemetry_status(state: State<'_, AppState>) -> ExportStatus {
    state.telemetry_status()
}
