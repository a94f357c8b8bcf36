//! Budgets, and the list of prices.

use gatehouse_core::{
    costs::budgets::{self, BudgetInput, BudgetView, Period},
    gate::AskingPrice,
    now_ms,
    problem::Problem,
    workspaces,
};
use serde::Serialize;
use specta::Type;
use tauri::{AppHandle, Manager, State};

use super::apart;
use crate::state::AppState;

type Result<T> = std::result::Result<T, Problem>;

/// How the budgets stand that hold in the workspace that is open.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_budgets(state: State<'_, AppState>) -> Result<Vec<BudgetView>> {
    Ok(state.app()?.store.read(|conn| {
        let workspace = workspaces::current(conn, now_ms())?;
        budgets::views(conn, workspace, now_ms())
    })?)
}

/// Keep a budget for everything, or for the workspace that is open.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_budget(state: State<'_, AppState>, budget: BudgetInput) -> Result<()> {
    Ok(state.app()?.set_budget(&budget)?)
}

/// Remove a budget for everything, or for the workspace that is open.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn remove_budget(
    state: State<'_, AppState>,
    everywhere: bool,
    period: Period,
) -> Result<()> {
    state.app()?.remove_budget(everywhere, period)?;
    Ok(())
}

/// What the models of the accounts cost now, as far as it is known.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn asking_prices(state: State<'_, AppState>) -> Result<Vec<AskingPrice>> {
    Ok(state.app()?.gate.asking_prices()?)
}

/// How an update of the prices went.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PriceUpdate {
    /// Prices that are new.
    added: u32,
    /// Prices that are others now.
    changed: u32,
    /// Models of the list that were left out, each kind with its number and why; empty: none was.
    left_out: String,
}

/// Read the published list of prices online and take it over. Own prices stay before all others.
#[tauri::command]
#[specta::specta]
pub(crate) async fn update_prices(handle: AppHandle) -> Result<PriceUpdate> {
    apart(move || {
        let state = handle.state::<AppState>();
        let (changes, skipped) = state.app()?.gate.update_prices(false)?;
        let count = |prices: usize| u32::try_from(prices).unwrap_or(u32::MAX);
        Ok(PriceUpdate {
            added: count(changes.added.len()),
            changed: count(changes.changed.len()),
            left_out: skipped.to_string(),
        })
    })
    .await
}
