//! Budgets.

use gatehouse_core::{
    costs::budgets::{self, BudgetInput, BudgetView, Period},
    now_ms,
    problem::Problem,
    workspaces,
};
use tauri::State;

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
    Ok(state.app()?.store.write(|tx| {
        let workspace = workspaces::current(tx, now_ms())?;
        budgets::set(tx, &budget.budget(workspace)?)
    })?)
}

/// Remove a budget for everything, or for the workspace that is open.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn remove_budget(
    state: State<'_, AppState>,
    everywhere: bool,
    period: Period,
) -> Result<()> {
    Ok(state.app()?.store.write(|tx| {
        let workspace = workspaces::current(tx, now_ms())?;
        budgets::remove(tx, (!everywhere).then_some(workspace), period)?;
        Ok::<_, budgets::BudgetError>(())
    })?)
}
