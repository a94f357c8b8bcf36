//! Changes of who may ask through the local API, and whether it listens.

use serde_json::json;

use super::in_workspace;
use crate::{
    app::App,
    clients::{self, Client, ClientError, ClientKey, NewClient},
    costs::name_of,
    ids::ClientId,
    now_ms,
    record::{Action, Event},
    store::StoreError,
};

impl App {
    /// Make a client of the local API. Its key is returned this once and kept nowhere.
    ///
    /// # Errors
    /// [`ClientError`] when it cannot be kept.
    pub fn add_client(&self, new: &NewClient) -> Result<(Client, ClientKey), ClientError> {
        let key = ClientKey::random()?;
        let client = self.change(|tx| {
            let client = clients::add(tx, new, &key, now_ms())?;
            let event = client_event(Action::ClientAdded, &client)
                .maybe("expires_at_ms", client.expires_at_ms)
                .maybe(
                    "period",
                    client.budget.map(|budget| name_of(&budget.period)),
                )
                .maybe(
                    "limit_usd",
                    client.budget.map(|budget| budget.limit.decimal()),
                )
                .fact("keeps_sent", i64::from(client.keeps_sent))
                .maybe("reads", client.only_metrics.then_some("metrics"));
            Ok::<_, ClientError>((client, event))
        })?;
        Ok((client, key))
    }

    /// Take the key of a client of the local API back.
    ///
    /// # Errors
    /// [`ClientError::NotFound`] when there is none, or it was taken back before.
    pub fn revoke_client(&self, id: ClientId) -> Result<Client, ClientError> {
        self.change(|tx| {
            let client = clients::revoke(tx, id, now_ms())?;
            let event = client_event(Action::ClientRevoked, &client);
            Ok((client, event))
        })
    }

    /// Record that the local API listens, or does not any more.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub fn note_local_api(&self, listens: bool, port: u16, beyond: bool) -> Result<(), StoreError> {
        let action = if listens {
            Action::ApiStarted
        } else {
            Action::ApiStopped
        };
        let event = Event::new(action)
            .fact("port", i64::from(port))
            .fact("beyond_this_computer", i64::from(beyond));
        self.change(|_| Ok(((), event)))
    }
}

/// What the record says of a client: which one, and in private what a person calls it.
fn client_event(action: Action, client: &Client) -> Event {
    in_workspace(action, client.workspace_id)
        .fact("client", client.id.to_string())
        .payload(json!({ "name": client.name }))
}
