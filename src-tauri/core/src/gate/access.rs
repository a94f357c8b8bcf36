//! Accounts, as far as they need the network or a key: tested, listed, and asked to fetch a model.

use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};
use url::Url;
use zeroize::Zeroizing;

use super::{
    Gate, GateError, elsewhere,
    record::{account_event, prices_event},
};
use crate::{
    accounts::{self, Account, AccountError, AccountInput, AccountModel, ProviderKind},
    costs::{
        prices::{self, Changes, Origin},
        published::{self, Published, Skipped},
    },
    engine::Stop,
    ids::AccountId,
    now_ms,
    policy::{self, Destination},
    providers::{
        account::{self, AddressError},
        cloud::Cloud,
        http::Http,
        key::ApiKey,
        time_stamp,
    },
    record::{Action, Event},
    secrets::SecretError,
    settings::{self, SettingsError},
    store::StoreError,
};

/// How far a server is with fetching a model.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct PullProgress {
    /// What it is doing, in its words.
    pub status: String,
    /// Bytes of the part that is being fetched.
    #[specta(type = Option<specta_typescript::Number>)]
    pub total: Option<u64>,
    /// Of these, there.
    #[specta(type = Option<specta_typescript::Number>)]
    pub completed: Option<u64>,
}

impl Gate {
    /// Keep a new account (`None`), or new facts of an old one. Nothing is sent. A key is for one server, and so is
    /// what a person let go: where the address is of another one, both are forgotten, and each known model of an
    /// Ollama counts as one that it passes on until the account is [tested](Self::test_account).
    ///
    /// # Errors
    /// [`GateError`] when the name is taken, the address cannot be used, or a key cannot be forgotten; the account
    /// is then as it was. Where the database fails after that, it is, too, but its key is gone.
    pub fn save_account(
        &self,
        id: Option<AccountId>,
        input: &AccountInput,
    ) -> Result<Account, GateError> {
        let account = input.account(id.unwrap_or_else(AccountId::new))?;
        let before = match id {
            Some(id) => Some(self.store.read(|conn| accounts::get(conn, id))?),
            None => None,
        };
        let moves = before
            .as_ref()
            .is_some_and(|of| !of.is_at_server_of(&account));
        // Only Ollama says which models it passes on, and only where it was asked as Ollama.
        let doubts = account.kind == ProviderKind::Ollama
            && before
                .as_ref()
                .is_some_and(|of| moves || of.kind != account.kind);
        let has_key = before.is_some_and(|of| of.has_key);
        // Refused now and not at the first message; with a key, it must also be encrypted.
        elsewhere::client(&account, (has_key && !moves).then_some("a-key"))?;
        if has_key && moves {
            // Before the new address is kept, so that whatever fails, no key is ever for it.
            self.store
                .read(|conn| accounts::refuse_taken_name(conn, &account))?;
            self.set_account_key(account.id, Zeroizing::default())?;
        }
        Ok(self.store.write(|tx| {
            accounts::save(tx, &account, now_ms())?;
            if moves {
                policy::reviews::forget_account(tx, account.id)?;
            }
            if doubts {
                accounts::doubt_models(tx, account.id)?;
            }
            let event = account_event(Action::AccountSaved, &account);
            self.record.append(tx, event, now_ms())?;
            accounts::get(tx, account.id)
        })?)
    }

    /// Keep the key of an account in the keychain; empty: forget it. It is never shown again.
    ///
    /// # Errors
    /// [`GateError`] when it cannot be a key, would not be safe at that address, or is not kept.
    pub fn set_account_key(
        &self,
        id: AccountId,
        key: Zeroizing<String>,
    ) -> Result<Account, GateError> {
        let account = self.store.read(|conn| accounts::get(conn, id))?;
        let key = Zeroizing::new(key.trim().to_owned());
        if !key.is_empty() {
            ApiKey::new(&key)?;
            elsewhere::client(&account, Some(&key))?;
        }
        let action = if key.is_empty() {
            Action::KeyRemoved
        } else {
            Action::KeySet
        };
        self.changing_key(&|| account_event(action, &account), || {
            if key.is_empty() {
                self.keys.forget(id)
            } else {
                self.keys.set(id, key.clone())
            }
        })?;
        Ok(self.store.write(|tx| {
            accounts::note_key(tx, id, !key.is_empty())?;
            accounts::get(tx, id)
        })?)
    }

    /// Change a key, once the record says so: what is in the keychain cannot be undone
    /// with a transaction, so its entry comes first, and a second one where it did not succeed.
    pub(super) fn changing_key(
        &self,
        event: &dyn Fn() -> Event,
        change: impl FnOnce() -> Result<(), SecretError>,
    ) -> Result<(), GateError> {
        let note = |event: Event| {
            self.store
                .write(|tx| self.record.append(tx, event, now_ms()))
        };
        note(event()).map_err(StoreError::from)?;
        if let Err(error) = change() {
            note(event().fact("outcome", "failed")).map_err(StoreError::from)?;
            return Err(error.into());
        }
        Ok(())
    }

    /// Ask an account for its models, which shows that address and key are right, and keep them.
    ///
    /// # Errors
    /// [`GateError`] that says what is wrong.
    pub fn test_account(&self, id: AccountId) -> Result<Account, GateError> {
        let account = self.store.read(|conn| accounts::get(conn, id))?;
        let (client, http) = self.way(&account)?;
        let offered = client.models(&http, &Stop::default());
        self.network.settle();
        let offered = match offered {
            Ok(offered) => offered,
            Err(error) => {
                // The key was sent all the same.
                let event = account_event(Action::AccountTested, &account)
                    .fact("outcome", "failed")
                    .fact("error", error.kind());
                self.store
                    .write(|tx| self.record.append(tx, event, now_ms()))
                    .map_err(StoreError::from)?;
                return Err(error.into());
            }
        };
        self.health.answered(id);
        let models = offered.into_iter().map(|model| AccountModel {
            id: model.id,
            name: model.name,
            context_tokens: model.context_tokens,
            chosen: false,
            passed_on: model.passed_on,
        });
        Ok(self.store.write(|tx| {
            accounts::take_models(tx, id, models.collect(), now_ms())?;
            let account = accounts::get(tx, id)?;
            let event = account_event(Action::AccountTested, &account);
            self.record.append(tx, event, now_ms())?;
            Ok::<_, AccountError>(account)
        })?)
    }

    /// Forget an account and its key. What was asked with it stays in the list of calls.
    ///
    /// # Errors
    /// [`GateError`] when it is not there or the keychain refuses.
    pub fn remove_account(&self, id: AccountId) -> Result<(), GateError> {
        let account = self.store.read(|conn| accounts::get(conn, id))?;
        if account.has_key {
            let event = || account_event(Action::KeyRemoved, &account);
            self.changing_key(&event, || self.keys.forget(id))?;
        }
        Ok(self.store.write(|tx| {
            let account = accounts::get(tx, id)?;
            accounts::remove(tx, id)?;
            let event = account_event(Action::AccountRemoved, &account);
            self.record.append(tx, event, now_ms())?;
            Ok::<_, AccountError>(())
        })?)
    }

    /// Let an Ollama server fetch a model. `on_progress` hears how far it is.
    ///
    /// # Errors
    /// [`GateError`] when it is no such server, or the download does not succeed.
    pub fn pull_model(
        &self,
        id: AccountId,
        model: &str,
        stop: &Stop,
        on_progress: &mut dyn FnMut(PullProgress),
    ) -> Result<(), GateError> {
        let account = self.store.read(|conn| accounts::get(conn, id))?;
        let (Cloud::Ollama(ollama), http) = self.way(&account)? else {
            return Err(GateError::OnlyHere("only Ollama fetches models itself"));
        };
        let pulled = ollama.pull(&http, model.trim(), stop, &mut |progress| {
            on_progress(PullProgress {
                status: progress.status,
                total: progress.total,
                completed: progress.completed,
            });
        });
        self.network.settle();
        pulled?;
        Ok(self
            .store
            .write(|tx| {
                let event = account_event(Action::ModelAdded, &account).fact("model", model.trim());
                self.record.append(tx, event, now_ms()).map(drop)
            })
            .map_err(StoreError::from)?)
    }

    /// Read the published list of prices online and take it over; with `dry_run`, only say what
    /// that would change. A person's own prices stay before all others. Also what was left out of it, and why.
    ///
    /// # Errors
    /// [`GateError`] when the list is not to be had or is none; the prices are as they were.
    pub fn update_prices(&self, dry_run: bool) -> Result<(Changes, Skipped), GateError> {
        self.update_prices_from(published::ADDRESS, dry_run)
    }

    /// The same from another address.
    ///
    /// # Errors
    /// As [`Gate::update_prices`].
    pub fn update_prices_from(
        &self,
        address: &str,
        dry_run: bool,
    ) -> Result<(Changes, Skipped), GateError> {
        let server = account::Account::new(address, None)?;
        let http = self.network.http()?;
        let bytes = server.fetch(&http, "prices", &Stop::default());
        self.network.settle();
        let bytes = bytes?;
        let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
        let Published { list, skipped, .. } = published::read(&bytes, published::SOURCE, today)?;
        let changes = if dry_run {
            self.store
                .read(|conn| prices::compare_seen(conn, &list, Origin::File))
        } else {
            self.store.write(|tx| {
                let changes = prices::take_seen(tx, &list, Origin::File, now_ms())?;
                self.record
                    .append(tx, prices_event(&changes, "network"), now_ms())?;
                Ok(changes)
            })
        };
        Ok((changes?, skipped))
    }

    /// Send a request for a time-stamp to a service, and give back what it answers, unread.
    ///
    /// # Errors
    /// [`GateError`] when the address is none or nothing of the kind comes in time.
    pub(crate) fn ask_for_time_stamp(
        &self,
        address: &str,
        query: Vec<u8>,
        longest: usize,
    ) -> Result<Vec<u8>, GateError> {
        let address = settings::time_stamp_address(address)
            .ok_or_else(|| GateError::Entered(SettingsError::TimeStampUrl.to_string()))?;
        let http = self.network.http()?;
        let answer = time_stamp::ask(&http, &address, query, longest, &Stop::default());
        self.network.settle();
        Ok(answer?)
    }

    /// The client of an account, with its key, and the way out.
    ///
    /// # Errors
    /// [`GateError`] when there is no key or no network, or a proxy would read what policy lets go to a server
    /// of the person's own.
    pub(super) fn way(&self, account: &Account) -> Result<(Cloud, Arc<Http>), GateError> {
        let http = self.network.http()?;
        Ok((self.client_of(account, &http)?, http))
    }

    /// The client of an account, with its key, for a way out.
    pub(super) fn client_of(&self, account: &Account, http: &Http) -> Result<Cloud, GateError> {
        let key = if account.has_key {
            Some(self.keys.get(account.id)?)
        } else {
            None
        };
        if key.is_none() && account.kind.needs_key() {
            return Err(SecretError::None.into());
        }
        let client = elsewhere::client(account, key.as_ref().map(|key| key.as_str()))?;
        let is_read = |address: Url| http.is_read_by_proxy(&address);
        if account.destination == Destination::OwnServer
            && Url::parse(&account.base_url).is_ok_and(is_read)
        {
            return Err(AddressError::Proxied.into());
        }
        Ok(client)
    }
}
