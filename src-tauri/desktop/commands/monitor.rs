//! The Monitor screen: how calls went and go, and alerts.

use gatehouse_core::{
    charts::{Chart, ChartTheme},
    monitor::{
        AlertInput, AlertView, ChartFile, Live, MonitorChart, MonitorOverview, MonitorQuery,
        MonitorTable,
    },
    problem::Problem,
};
use tauri::{AppHandle, State};

use super::saved;
use crate::state::AppState;

type Result<T> = std::result::Result<T, Problem>;

/// How the calls of some days went.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn monitor_overview(
    state: State<'_, AppState>,
    query: MonitorQuery,
) -> Result<MonitorOverview> {
    Ok(state.app()?.monitor_overview(&query)?)
}

/// A chart of how they went.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn monitor_chart(
    state: State<'_, AppState>,
    query: MonitorQuery,
    of: MonitorChart,
    theme: ChartTheme,
    width: u32,
) -> Result<Chart> {
    Ok(state.app()?.monitor_chart(&query, of, theme, width)?)
}

/// Write a chart of the screen to a file that the person chooses; where it is, or nothing if they chose none.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_monitor_chart(
    handle: AppHandle,
    query: MonitorQuery,
    of: MonitorChart,
    file: ChartFile,
    theme: ChartTheme,
) -> Result<Option<String>> {
    let name = file.file_name(of, &query);
    saved(handle, name, move |app| {
        Ok(app.export_monitor_chart(&query, of, file, theme)?)
    })
    .await
}

/// Write a table of the screen to a file that the person chooses; where it is, or nothing if they chose none.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_monitor(
    handle: AppHandle,
    query: MonitorQuery,
    table: MonitorTable,
) -> Result<Option<String>> {
    let name = table.file_name(&query);
    saved(handle, name, move |app| {
        Ok(app.export_monitor(&query, table)?)
    })
    .await
}

/// What is under way right now.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn monitor_live(state: State<'_, AppState>) -> Result<Live> {
    Ok(state.app()?.live()?)
}

/// Stop a call that is under way.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn stop_call(state: State<'_, AppState>, number: u32) -> Result<()> {
    Ok(state.app()?.stop_call(number.into())?)
}

/// All alerts, and how they stand.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_alerts(state: State<'_, AppState>) -> Result<Vec<AlertView>> {
    Ok(state.app()?.alerts()?)
}

/// Set an alert.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn add_alert(state: State<'_, AppState>, alert: AlertInput) -> Result<()> {
    state.app()?.add_alert(&alert)?;
    Ok(())
}

/// Remove an alert.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn remove_alert(state: State<'_, AppState>, number: u32) -> Result<()> {
    Ok(state.app()?.remove_alert(number.into())?)
}
