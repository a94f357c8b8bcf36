//! The Safety screen: what is found in a text, policy, and a person's own rules.

use gatehouse_core::{
    gate::{RuleTrial, SafetyReport},
    ids::{OwnRuleId, WorkspaceId},
    now_ms,
    policy::{self, Policy, own_rules, own_rules::OwnRule},
    problem::Problem,
    safety::measured::{Measured, measured},
    store::StoreError,
    workspaces::{self, Workspace},
};
use tauri::{AppHandle, Manager, State};

use super::apart;
use crate::state::AppState;

type Result<T> = std::result::Result<T, Problem>;

/// What is found in a text by the rules of the workspace that is open, and what would become of it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn inspect_text(handle: AppHandle, text: String) -> Result<SafetyReport> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state.app()?.gate.safety_report(&text)?)
    })
    .await
}

/// How much of what it should find the scanner of this build finds, as measured.
#[tauri::command]
#[specta::specta]
pub(crate) fn measured_quality() -> Measured {
    measured().clone()
}

/// The policy of the workspace that is open.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn get_policy(state: State<'_, AppState>) -> Result<Policy> {
    Ok(state.app()?.store.read(|conn| {
        let workspace = workspaces::current(conn, now_ms())?;
        Ok::<_, StoreError>(policy::get(conn, workspace)?)
    })?)
}

/// Keep the policy of the workspace that is open.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_policy(state: State<'_, AppState>, policy: Policy) -> Result<()> {
    Ok(state.app()?.set_policy(&policy)?)
}

/// A person's own rules in the workspace that is open.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_own_rules(state: State<'_, AppState>) -> Result<Vec<OwnRule>> {
    Ok(state.app()?.store.read(|conn| {
        let workspace = workspaces::current(conn, now_ms())?;
        Ok::<_, StoreError>(own_rules::all(conn, workspace)?)
    })?)
}

/// An identifier for a new rule.
#[tauri::command]
#[specta::specta]
pub(crate) fn new_own_rule_id() -> OwnRuleId {
    OwnRuleId::new()
}

/// Keep a rule in the workspace that is open.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn save_own_rule(state: State<'_, AppState>, rule: OwnRule) -> Result<()> {
    Ok(state.app()?.save_own_rule(&rule)?)
}

/// Forget a rule.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn remove_own_rule(state: State<'_, AppState>, id: OwnRuleId) -> Result<()> {
    Ok(state.app()?.remove_own_rule(id)?)
}

/// What a rule, kept or not, finds in a text.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn try_own_rule(
    state: State<'_, AppState>,
    rule: OwnRule,
    text: String,
) -> Result<RuleTrial> {
    Ok(state.app()?.gate.try_rule(&rule, &text)?)
}

/// All workspaces, oldest first.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_workspaces(state: State<'_, AppState>) -> Result<Vec<Workspace>> {
    Ok(state
        .app()?
        .store
        .read(|conn| Ok::<_, StoreError>(workspaces::all(conn)?))?)
}

/// Make a workspace (no id), or give one a new name.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn save_workspace(
    state: State<'_, AppState>,
    id: Option<WorkspaceId>,
    name: String,
) -> Result<Workspace> {
    let id = id.unwrap_or_else(WorkspaceId::new);
    Ok(state.app()?.save_workspace(id, &name)?)
}
