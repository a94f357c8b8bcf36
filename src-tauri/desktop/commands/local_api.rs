//! The local API: whether it listens, and who may ask.

use gatehouse_core::{
    clients::{self, Client, ClientInput, ClientStanding},
    ids::ClientId,
    now_ms,
    problem::Problem,
    settings,
    store::StoreError,
};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;
use tauri::{AppHandle, Manager, State};

use super::apart;
use crate::state::AppState;

type Result<T> = std::result::Result<T, Problem>;

/// How the local API stands.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LocalApi {
    /// Whether it is to listen.
    on: bool,
    /// On which port.
    port: u16,
    /// Its base address; nothing: it does not listen.
    base_url: Option<String>,
    /// Connections that are open.
    connections: u32,
    /// Requests that were refused since it listens.
    #[specta(type = Number)]
    refused: u64,
    /// Who may ask, and who might, with what they have spent of their budgets.
    clients: Vec<ClientStanding>,
}

/// A client that was just made, with its key, which is shown this once.
#[derive(Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddedClient {
    client: Client,
    key: String,
    api: LocalApi,
}

/// How the local API stands.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn local_api(state: State<'_, AppState>) -> Result<LocalApi> {
    let app = state.app()?;
    let settings = app.store.read(settings::get).map_err(StoreError::from)?;
    let clients = app.store.read(|conn| clients::standings(conn, now_ms()))?;
    let listening = state.with_server(|server| (server.base_url(), server.status()));
    let (base_url, status) = listening.unzip();
    let refused = status.iter().flat_map(|status| &status.refused);
    Ok(LocalApi {
        on: settings.local_api,
        port: settings.local_api_port,
        base_url,
        refused: refused.map(|refused| refused.count).sum(),
        connections: status.map_or(0, |status| {
            u32::try_from(status.connections).unwrap_or(u32::MAX)
        }),
        clients,
    })
}

/// Switch the local API on or off, and keep that.
#[tauri::command]
#[specta::specta]
pub(crate) async fn switch_local_api(handle: AppHandle, on: bool, port: u16) -> Result<LocalApi> {
    apart(move || {
        let state = handle.state::<AppState>();
        let app = state.app()?;
        let mut settings = app.store.read(settings::get).map_err(StoreError::from)?;
        (settings.local_api, settings.local_api_port) = (on, port);
        app.set_settings(&settings)?;
        if on {
            state.start_server(app, port)?;
        } else {
            state.stop_server();
        }
        local_api(handle.state())
    })
    .await
}

/// Let a program ask.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn add_client(state: State<'_, AppState>, client: ClientInput) -> Result<AddedClient> {
    let (client, key) = state.app()?.add_client(&client.client()?)?;
    Ok(AddedClient {
        client,
        key: key.as_str().to_owned(),
        api: local_api(state)?,
    })
}

/// Take the key of a program back.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn revoke_client(state: State<'_, AppState>, id: ClientId) -> Result<LocalApi> {
    state.app()?.revoke_client(id)?;
    local_api(state)
}
