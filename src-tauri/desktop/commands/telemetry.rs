//! The collector of OpenTelemetry: how the sending to it stands, and the header that opens it.

use gatehouse_core::{gate::TelemetryHeader, metrics::ExportStatus, problem::Problem};
use tauri::{AppHandle, Manager as _, State};
use zeroize::Zeroizing;

use super::apart;
use crate::state::AppState;

type Result<T> = std::result::Result<T, Problem>;

/// How the sending stands; nothing was sent yet where it has just begun.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn telemetry_status(state: State<'_, AppState>) -> ExportStatus {
    state.telemetry_status()
}

/// The header that the collector is sent, if one is set. No command gives its value back.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn telemetry_header(state: State<'_, AppState>) -> Result<Option<TelemetryHeader>> {
    Ok(state.app()?.gate.telemetry_header()?)
}

/// Keep a header for a collector at this address: its value in the keychain, from where it goes there alone.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_telemetry_header(
    handle: AppHandle,
    address: String,
    name: String,
    value: String,
) -> Result<TelemetryHeader> {
    let value = Zeroizing::new(value);
    apart(move || {
        let app = handle.state::<AppState>().app()?;
        Ok(app.gate.set_telemetry_header(&address, &name, &value)?)
    })
    .await
}

/// Forget the header.
#[tauri::command]
#[specta::specta]
pub(crate) async fn forget_telemetry_header(handle: AppHandle) -> Result<()> {
    apart(move || {
        let app = handle.state::<AppState>().app()?;
        app.gate.forget_telemetry_header()?;
        Ok(())
    })
    .await
}
