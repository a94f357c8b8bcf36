//! The server: listening, one task a connection, and the end in good order.

use std::{
    io,
    net::{SocketAddr, TcpListener as StdListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use axum::Router;
use gatehouse_core::{
    app::App,
    now_ms,
    problem::{Problem, ProblemCode},
    store::StoreError,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    runtime::{self, Runtime},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use crate::{
    config::{Config, ConfigError},
    patient::Patient,
    rate::Rate,
    refusals::{Refusal, Refusals, Refused},
    routes::routes,
    tls::{TlsError, acceptor},
};

/// Requests that are worked on at once at most; others wait. With each goes a connection to a provider and what moves
/// it: with all connections of clients these stay below the 1,024 files that most systems give a program.
const THREADS: usize = 128;
/// How long to wait when the system gives no connection, for want of files.
const OUT_OF_FILES: Duration = Duration::from_millis(100);

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) app: Arc<App>,
    pub(crate) config: Config,
    pub(crate) rate: Rate,
    pub(crate) refusals: Refusals,
    /// Connections that are open.
    pub(crate) open: AtomicUsize,
}

/// The API, listening. Dropping it ends it as [`Server::stop`] does.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    end: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// How it stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ServerStatus {
    /// Where it listens.
    pub address: SocketAddr,
    /// Connections that are open.
    pub connections: usize,
    /// What was refused, by reason.
    pub refused: Vec<Refused>,
}

/// Why it does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// It may not, like this.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Somebody else listens there, or it is not ours.
    #[error("the local API cannot listen at {address}: {reason}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        reason: io::Error,
    },
    /// A certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The system gives no thread.
    #[error("this computer gives no thread: {0}")]
    System(#[from] io::Error),
    /// That it listens could not be recorded, so it does not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ServerError> for Problem {
    fn from(error: ServerError) -> Self {
        match error {
            ServerError::Config(config) => config.into(),
            ServerError::Store(store) => store.into(),
            ServerError::Listen { .. } => Problem::new(ProblemCode::InvalidInput, error)
                .hint("Choose another port, or end what listens there."),
            ServerError::Tls(tls) => tls.into(),
            ServerError::System(_) => Problem::new(ProblemCode::Internal, error),
        }
    }
}

impl Server {
    /// Listen, and answer from now on. It is in the record before the first request is heard.
    ///
    /// # Errors
    /// [`ServerError`] when it may not or cannot.
    pub fn start(app: Arc<App>, config: Config) -> Result<Self, ServerError> {
        config.check()?;
        let tls = config
            .tls
            .as_ref()
            .map(|tls| acceptor(tls, &config.names, now_ms()))
            .transpose()?;
        let wanted = SocketAddr::new(config.address, config.port);
        let refused = |reason| ServerError::Listen {
            address: wanted,
            reason,
        };
        let listener = StdListener::bind(wanted).map_err(refused)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        // One thread moves all bytes: two would wake each other at every step of a request. What takes long is done on
        // threads of its own; to take pictures out of a body that was read is still done here.
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(THREADS)
            .thread_name("local api")
            .enable_io()
            .enable_time()
            .build()?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        app.note_local_api(true, address.port(), !config.address.is_loopback())?;
        let shared = Arc::new(Shared {
            rate: Rate::new(config.limits.requests_a_minute),
            refusals: Refusals::default(),
            open: AtomicUsize::new(0),
            app,
            config,
        });
        let (end, ending) = watch::channel(false);
        let serving = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("local api".into())
            .spawn(move || serve(runtime, &serving, listener, tls, ending))?;
        Ok(Self {
            shared,
            address,
            end,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a client is given as its base address.
    pub fn base_url(&self) -> String {
        let scheme = if self.shared.config.tls.is_some() {
            "https"
        } else {
            "http"
        };
        match self.shared.config.names.first() {
            Some(name) if !self.shared.config.address.is_loopback() => {
                format!("{scheme}://{name}:{}", self.address.port())
            }
            _ => format!("{scheme}://{}", self.address),
        }
    }

    /// How it stands.
    pub fn status(&self) -> ServerStatus {
        ServerStatus {
            address: self.address,
            connections: self.shared.open.load(Ordering::Relaxed),
            refused: self.shared.refusals.all(),
        }
    }

    /// Take no more requests, let those under way end within a time, stop the rest, and write down that
    /// nobody listens any more.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        // An error: it has ended already.
        let _ = self.end.send(true);
        let _ = thread.join();
        let beyond = !self.shared.config.address.is_loopback();
        let noted = self
            .shared
            .app
            .note_local_api(false, self.address.port(), beyond);
        if let Err(error) = noted {
            tracing::warn!("the end of the local API could not be recorded: {error}");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs until it is to end, and then as long as answers may go on.
fn serve(
    runtime: Runtime,
    shared: &Arc<Shared>,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    ending: watch::Receiver<bool>,
) {
    let limit = shared.config.limits.stop;
    let seats = shared.config.limits.connections;
    runtime.block_on(async {
        let free = Arc::new(Semaphore::new(seats));
        accept(shared, &listener, tls.as_ref(), &free, ending).await;
        drop(listener);
        let all = u32::try_from(seats).unwrap_or(u32::MAX);
        // An error: some did not end in time; they are stopped with the runtime.
        let _ = timeout(limit, free.acquire_many(all)).await;
    });
    // Connections are dropped now, and with them whoever waits; what they had asked is stopped by that
    // and writes its end.
    runtime.shutdown_timeout(limit);
}

async fn accept(
    shared: &Arc<Shared>,
    listener: &TcpListener,
    tls: Option<&TlsAcceptor>,
    free: &Arc<Semaphore>,
    mut ending: watch::Receiver<bool>,
) {
    let app = routes(Arc::clone(shared));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = ending.changed() => return,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!("a connection was not taken: {error}");
                sleep(OUT_OF_FILES).await;
                continue;
            }
        };
        let Ok(seat) = Arc::clone(free).try_acquire_owned() else {
            shared.refusals.count(Refusal::Connections);
            continue;
        };
        let connection = Connection {
            shared: Arc::clone(shared),
            app: app.clone(),
            ending: ending.clone(),
            _seat: seat,
        };
        tokio::spawn(connection.run(stream, tls.cloned()));
    }
}

/// One connection, and its seat among those that there may be.
struct Connection {
    shared: Arc<Shared>,
    app: Router,
    ending: watch::Receiver<bool>,
    _seat: OwnedSemaphorePermit,
}

impl Connection {
    async fn run(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        // Pieces of an answer are small, and each is wanted at once.
        let _ = stream.set_nodelay(true);
        let limits = self.shared.config.limits;
        let stream = Patient::new(stream, limits.unread);
        match tls {
            None => self.speak(stream).await,
            Some(tls) => match timeout(limits.head, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.speak(stream).await,
                Ok(Err(_)) => self.shared.refusals.count(Refusal::Form),
                Err(_) => self.shared.refusals.count(Refusal::Slow),
            },
        }
    }

    async fn speak(mut self, stream: impl AsyncRead + AsyncWrite + Unpin + 'static) {
        let limits = self.shared.config.limits;
        self.shared.open.fetch_add(1, Ordering::Relaxed);
        let service = TowerToHyperService::new(self.app.clone());
        let mut connection = std::pin::pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(limits.head)
                .max_headers(limits.headers)
                .max_buf_size(limits.head_bytes)
                .serve_connection(TokioIo::new(stream), service)
        );
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            _ = self.ending.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        self.shared.open.fetch_sub(1, Ordering::Relaxed);
        match ended {
            Err(error) if error.is_timeout() => self.shared.refusals.count(Refusal::Slow),
            Err(error) if error.is_parse() => self.shared.refusals.count(Refusal::Form),
            // A client that went away.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
