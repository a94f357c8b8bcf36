//! The Costs screen: what was spent, on what, where it could be less, and reports of it for others.

use gatehouse_core::{
    charts::{Chart, ChartTheme},
    costs::{
        budgets::{self, BudgetView},
        reports::{By, CallsPage, FirstToken, Overview, PricedModel, Query},
    },
    ids::WorkspaceId,
    money::Money,
    now_ms,
    problem::{Problem, ProblemCode},
    review::{
        Advice, CostTable, Difficulty, Lines, Plan, Planned, PriceInput, PricePage, Recommendation,
        ReportFile, Shorter, WhatIf, shorter,
    },
};
use tauri::{AppHandle, State};

use super::saved;
use crate::state::AppState;

type Result<T> = std::result::Result<T, Problem>;

/// The costs of some days.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn cost_overview(state: State<'_, AppState>, query: Query) -> Result<Overview> {
    Ok(state.app()?.cost_overview(&query)?)
}

/// The chart of what was spent.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn cost_chart(
    state: State<'_, AppState>,
    query: Query,
    theme: ChartTheme,
    width: u32,
) -> Result<Chart> {
    Ok(state.app()?.cost_chart(&query, theme, width)?)
}

/// The chart of where this month is likely to end, or nothing where too little is known.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn cost_forecast_chart(
    state: State<'_, AppState>,
    query: Query,
    theme: ChartTheme,
    width: u32,
) -> Result<Option<Chart>> {
    Ok(state.app()?.cost_forecast_chart(&query, theme, width)?)
}

/// How the budgets stand that hold in a workspace; without one, those for everything.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn cost_budgets(
    state: State<'_, AppState>,
    workspace: Option<WorkspaceId>,
) -> Result<Vec<BudgetView>> {
    let store = &state.app()?.store;
    Ok(store.read(|conn| budgets::views(conn, workspace, now_ms()))?)
}

/// How long each model took to begin, in the middle.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn cost_first_tokens(
    state: State<'_, AppState>,
    query: Query,
) -> Result<Vec<FirstToken>> {
    Ok(state.app()?.cost_first_tokens(&query)?)
}

/// The costs of some days told apart.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn cost_lines(state: State<'_, AppState>, query: Query, by: By) -> Result<Lines> {
    Ok(state.app()?.cost_lines(&query, by)?)
}

/// The calls that a number is made of, newest first; `after` is where the page before said to go on.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn cost_calls(
    state: State<'_, AppState>,
    query: Query,
    after: Option<u32>,
) -> Result<CallsPage> {
    Ok(state.app()?.cost_calls(&query, after.map(i64::from), 50)?)
}

/// Where it could have cost less.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn cost_advice(state: State<'_, AppState>, query: Query) -> Result<Vec<Advice>> {
    Ok(state.app()?.cost_advice(&query)?)
}

/// The same usage at the prices of these models, or of those of the accounts.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn cost_what_if(
    state: State<'_, AppState>,
    query: Query,
    models: Vec<PricedModel>,
) -> Result<Vec<WhatIf>> {
    Ok(state.app()?.what_if(&query, &models)?)
}

/// What a planned use would cost with these models, or with those of the accounts.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn plan_costs(
    state: State<'_, AppState>,
    plan: Plan,
    models: Vec<PricedModel>,
) -> Result<Vec<Planned>> {
    Ok(state.app()?.plan_costs(&plan, &models)?)
}

/// A model for a planned use that costs no more than so many dollars in thirty days.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn recommend_model(
    state: State<'_, AppState>,
    plan: Plan,
    difficulty: Difficulty,
    budget: String,
) -> Result<Option<Recommendation>> {
    let amount = budget.trim().trim_start_matches('$');
    let budget = Money::of_dollars(amount).ok_or_else(|| {
        Problem::new(
            ProblemCode::InvalidInput,
            format!("“{amount}” is not an amount of dollars such as 20 or 0.50."),
        )
    })?;
    Ok(state.app()?.recommend(&plan, difficulty, budget)?)
}

/// A prompt said in fewer words, beside nothing: it is for the person to take or to leave.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn shorter_prompt(text: String) -> Shorter {
    shorter(&text)
}

/// Write a report to a file that the person chooses; where it is, or nothing if they chose none.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_costs(
    handle: AppHandle,
    query: Query,
    file: ReportFile,
    theme: ChartTheme,
) -> Result<Option<String>> {
    let name = file.file_name(&query);
    saved(handle, name, move |app| {
        Ok(app.export_costs(&query, file, theme)?)
    })
    .await
}

/// Write a table of the screen that is no part of a report to a file that the person chooses.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_cost_table(handle: AppHandle, table: CostTable) -> Result<Option<String>> {
    let name = table.file_name();
    saved(handle, name, move |app| Ok(app.export_cost_table(&table)?)).await
}

/// The known prices that a search finds.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_prices(state: State<'_, AppState>, words: String) -> Result<PricePage> {
    Ok(state.app()?.price_page(&words)?)
}

/// Set a price of one's own; what a person is told who may have meant another provider.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_price(state: State<'_, AppState>, price: PriceInput) -> Result<Option<String>> {
    Ok(state.app()?.set_price(&price)?)
}

/// Remove one price of one's own, by its number.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn remove_price(state: State<'_, AppState>, id: u32) -> Result<()> {
    if state.app()?.remove_price(id.into())? {
        return Ok(());
    }
    Err(Problem::new(
        ProblemCode::NotFound,
        "This price of your own is not there any more.",
    ))
}
