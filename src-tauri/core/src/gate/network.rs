//! The way out, made when it is first needed, and the log of what went through it.

mod log;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use rusqlite::Connection as Database;
use url::Url;

use self::log::Log;
use super::GateError;
use crate::{
    connections::{self, Outcome},
    now_ms,
    providers::{
        connection_log::Announced,
        http::{Http, Limits},
        offline::OfflineSwitch,
    },
    settings::{self, Settings},
    store::Store,
};

/// The way out. What a person has set of it is read from the database each time, as another process may
/// have changed it.
pub(super) struct Network {
    offline: OfflineSwitch,
    store: Arc<Store>,
    limits: Limits,
    state: Mutex<State>,
    log: Arc<Log>,
    /// Ends when no line can come any more.
    writer: Option<JoinHandle<()>>,
}

/// What was found and kept with the rows of a call that is about to open a connection.
#[derive(Debug)]
pub(super) struct Opens {
    /// The number of the line of that connection.
    line: i64,
    /// The address of the proxy that was set then; empty: none.
    proxy: String,
}

impl Opens {
    /// Look, with the rows of a call, whether anything may be sent now, and keep the line of the connection that the
    /// call is about to open: so neither takes a transaction of its own.
    ///
    /// # Errors
    /// [`GateError::Offline`]: then the call is not made.
    pub(super) fn keep(
        offline: &OfflineSwitch,
        tx: &Database,
        address: &Url,
        purpose: &'static str,
        bytes_out: usize,
    ) -> Result<Self, GateError> {
        let set = settings::of_network(tx)?;
        offline.was_found(set.offline);
        if set.offline {
            return Err(GateError::Offline);
        }
        let line = connections::Connection {
            at_ms: now_ms(),
            host: address.host_str().unwrap_or_default().to_owned(),
            port: address.port_or_known_default().unwrap_or_default(),
            purpose: purpose.to_owned(),
            bytes_out: bytes_out as u64,
            bytes_in: 0,
            outcome: Outcome::Open,
            status: None,
        };
        Ok(Self {
            line: connections::add(tx, &line)?,
            proxy: set.proxy,
        })
    }
}

#[derive(Default)]
struct State {
    /// The address of the person's proxy; empty: none.
    proxy: String,
    http: Option<Arc<Http>>,
}

impl Network {
    /// Nothing is opened yet.
    pub(super) fn new(store: Arc<Store>, limits: Limits) -> Self {
        let (log, writer) = Log::start(&store);
        let kept_in = Arc::clone(&store);
        let is_offline = move || {
            let set = kept_in.read(settings::of_network);
            let set = set.inspect_err(|error| {
                tracing::warn!("whether to be offline cannot be read: {error}")
            });
            set.ok().map(|set| set.offline)
        };
        Self {
            offline: OfflineSwitch::kept(is_offline),
            store,
            limits,
            state: Mutex::default(),
            log,
            writer,
        }
    }

    /// Wait until every connection that has ended is in the log.
    pub(super) fn settle(&self) {
        self.log.settle();
    }

    /// The offline switch.
    pub(super) fn offline(&self) -> OfflineSwitch {
        self.offline.clone()
    }

    /// The way out that a call was begun with.
    ///
    /// # Errors
    /// As [`Network::http`].
    pub(super) fn way(&self, opens: Opens) -> Result<(Announced, Arc<Http>), GateError> {
        let announced = Announced::new(self.log.clone(), opens.line);
        Ok((announced, self.through(opens.proxy)?))
    }

    /// Do at once what was set: the offline switch ends every open connection.
    pub(super) fn obey(&self, settings: &Settings) {
        self.offline.set(settings.offline);
        if settings.offline
            && let Some(http) = &self.state().http
        {
            http.close_idle();
        }
    }

    /// The way out, through the proxy that is set now if there is one.
    ///
    /// # Errors
    /// [`GateError`] when the settings cannot be read, there is no TLS or the proxy's address is
    /// none.
    pub(super) fn http(&self) -> Result<Arc<Http>, GateError> {
        let set = self.store.read(settings::of_network)?;
        self.through(set.proxy)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn through(&self, proxy: String) -> Result<Arc<Http>, GateError> {
        let mut state = self.state();
        if state.proxy != proxy {
            state.proxy = proxy;
            state.http = None;
        }
        if let Some(http) = &state.http {
            return Ok(Arc::clone(http));
        }
        let proxy = (!state.proxy.is_empty()).then_some(state.proxy.as_str());
        let http = Http::new(self.limits, self.offline.clone(), proxy, self.log.clone())
            .map_err(|error| GateError::Network(error.to_string()))?;
        let http = Arc::new(http);
        state.http = Some(Arc::clone(&http));
        Ok(http)
    }
}

impl Drop for Network {
    /// The last lines are written before the database may close.
    fn drop(&mut self) {
        self.log.end();
        if let Some(writer) = self.writer.take() {
            // It can only have failed by a fault of its own, which was told then.
            let _ = writer.join();
        }
    }
}
