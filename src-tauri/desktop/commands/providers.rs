//! Accounts at providers, names for chains of models, and the log of connections.

use std::collections::hash_map::Entry;

use gatehouse_core::{
    accounts::{self, Account, AccountInput},
    aliases::{self, Alias, Link},
    connections::{self, ConnectionPage},
    engine::Stop,
    gate::{AccountHealth, PullProgress},
    ids::{AccountId, AliasId},
    problem::{Problem, ProblemCode},
    store::StoreError,
};
use tauri::{AppHandle, Manager, State, ipc::Channel};
use zeroize::Zeroizing;

use super::apart;
use crate::state::AppState;

type Result<T> = std::result::Result<T, Problem>;

/// Lines of the log that are shown at a time.
const SHOWN: u32 = 500;

/// All accounts, oldest first.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_accounts(state: State<'_, AppState>) -> Result<Vec<Account>> {
    Ok(state
        .app()?
        .store
        .read(|conn| Ok::<_, StoreError>(accounts::all(conn)?))?)
}

/// Keep an account; no id: a new one. Nothing is sent.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn save_account(
    state: State<'_, AppState>,
    id: Option<AccountId>,
    input: AccountInput,
) -> Result<Account> {
    Ok(state.app()?.gate.save_account(id, &input)?)
}

/// Keep the key of an account in the keychain; empty: forget it. No command gives a key back.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_account_key(
    handle: AppHandle,
    id: AccountId,
    key: String,
) -> Result<Account> {
    let key = Zeroizing::new(key);
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state.app()?.gate.set_account_key(id, key)?)
    })
    .await
}

/// Ask an account for its models, which shows that its address and key are right.
#[tauri::command]
#[specta::specta]
pub(crate) async fn test_account(handle: AppHandle, id: AccountId) -> Result<Account> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state.app()?.gate.test_account(id)?)
    })
    .await
}

/// Choose which models of an account stand in lists.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn choose_account_models(
    state: State<'_, AppState>,
    id: AccountId,
    models: Vec<String>,
) -> Result<Account> {
    Ok(state.app()?.choose_account_models(id, &models)?)
}

/// Forget an account and its key.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_account(handle: AppHandle, id: AccountId) -> Result<()> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state.app()?.gate.remove_account(id)?)
    })
    .await
}

/// Let an Ollama server fetch a model; returns when it is there, or when [`stop_pull`] was called.
#[tauri::command]
#[specta::specta]
pub(crate) async fn pull_model(
    handle: AppHandle,
    id: AccountId,
    model: String,
    on_progress: Channel<PullProgress>,
) -> Result<()> {
    apart(move || {
        let state = handle.state::<AppState>();
        let app = state.app()?;
        let stop = Stop::default();
        match state.pulls().entry(id) {
            Entry::Occupied(_) => {
                let said = "the server of this account is fetching a model already";
                return Err(Problem::new(ProblemCode::Busy, said).hint("Stop that first."));
            }
            Entry::Vacant(free) => drop(free.insert(stop.clone())),
        }
        let pulled = app.gate.pull_model(id, &model, &stop, &mut |progress| {
            if let Err(error) = on_progress.send(progress) {
                tracing::debug!("the window did not hear of a download: {error}");
            }
        });
        state.pulls().remove(&id);
        Ok(pulled?)
    })
    .await
}

/// Stop waiting for a model that the server of an account fetches. Ollama then stops, too, and goes on from there when
/// it is asked for the same model again.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn stop_pull(state: State<'_, AppState>, id: AccountId) -> Result<()> {
    if let Some(stop) = state.pulls().get(&id) {
        stop.set();
    }
    Ok(())
}

/// The accounts that did not answer the last time they were asked.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn account_health(state: State<'_, AppState>) -> Result<Vec<AccountHealth>> {
    Ok(state.app()?.gate.health())
}

/// All names for chains of models.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_aliases(state: State<'_, AppState>) -> Result<Vec<Alias>> {
    Ok(state
        .app()?
        .store
        .read(|conn| Ok::<_, StoreError>(aliases::all(conn)?))?)
}

/// Keep a chain of models under a name; no id: a new one.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn save_alias(
    state: State<'_, AppState>,
    id: Option<AliasId>,
    name: String,
    chain: Vec<Link>,
) -> Result<Alias> {
    let id = id.unwrap_or_else(AliasId::new);
    Ok(state.app()?.save_alias(&Alias { id, name, chain })?)
}

/// Forget a chain.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn remove_alias(state: State<'_, AppState>, id: AliasId) -> Result<()> {
    Ok(state.app()?.remove_alias(id)?)
}

/// The connections that the app made, newest first; `before`: those that follow a page which said so.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_connections(
    state: State<'_, AppState>,
    before: Option<u32>,
) -> Result<ConnectionPage> {
    Ok(state
        .app()?
        .store
        .read(|conn| Ok::<_, StoreError>(connections::page(conn, before.map(i64::from), SHOWN)?))?)
}
