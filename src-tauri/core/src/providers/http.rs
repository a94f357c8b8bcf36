//! The one place that opens connections.
//!
//! A connection whose answer was read to its end is kept for a second, for the next request to the same server, which
//! then needs no handshake: that spares programs that ask often a good part of their time. It is so short that nothing
//! stays open behind the person's back, and that servers, which keep one for several seconds, do not close it just as
//! the next request leaves. Each request has its own line in the log, whether or not a connection is opened for it.
//!
//! `reqwest` is asynchronous and the core is not: the calling thread drives a request itself and
//! looks at the stop flag and the offline switch every [`TICK`]. TLS is rustls over *ring*, which
//! builds with a C compiler alone on every system, and asks the operating system whom to trust.
//! Redirects are never followed, and the environment's proxies are ignored: only a proxy set on
//! purpose is used, and never for a server of the person's own, which may be sent what nobody else
//! is to read.

use std::{
    borrow::Cow,
    future::Future,
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use http_body_util::BodyExt as _;
use tokio::time::timeout;
use url::Url;
use zeroize::Zeroizing;

use super::{
    connection_log::{Announced, Connection, ConnectionLog, ConnectionOutcome, Record},
    drive::{Drive, Drives},
    error::{ProviderError, Trouble},
    inflate::Inflate,
    offline::OfflineSwitch,
};
use crate::{engine::Stop, now_ms, policy::Destination};

/// How often the stop flag and the offline switch are looked at.
const TICK: Duration = Duration::from_millis(15);
/// A piece of an answer below this size is a token or a few. One that comes within a [`TICK`] of
/// another waits for the rest of that time and is taken with what comes until then: each taken by
/// itself wakes a thread.
const SMALL_PIECE_BYTES: usize = 1024;
/// The longest answer that is read whole: a list of models, vectors.
const MAX_WHOLE_BYTES: usize = 64 * 1024 * 1024;

/// How long things may take. There is no limit on a whole answer: healthy streams run for hours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// To find the server and agree on keys with it.
    pub connect: Duration,
    /// Until the answer begins, and again until the first piece of it; a model may think for minutes before that.
    pub first_byte: Duration,
    /// Between two pieces of an answer. Comments that only keep the connection alive count.
    pub idle: Duration,
    /// For the token counts and the end mark, after a model has said that it is done.
    pub after_end: Duration,
    /// Before the first new try; the next waits twice as long.
    pub backoff: Duration,
    /// The longest time that a server may ask us to wait before a new try.
    pub longest_wait: Duration,
    /// How often a request is sent, the first time included.
    pub tries: u32,
    /// For all of a time-stamp, which is small.
    pub time_stamp: Duration,
    /// How long a connection is kept for the next request.
    pub kept: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(300),
            idle: Duration::from_secs(120),
            after_end: Duration::from_secs(3),
            backoff: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
            tries: 3,
            time_stamp: Duration::from_secs(30),
            kept: Duration::from_secs(1),
        }
    }
}

/// A request on its way out.
pub(super) struct Outgoing {
    pub url: Url,
    /// They may hold keys, so they are wiped and marked as secret.
    pub headers: Vec<(Cow<'static, str>, Zeroizing<String>)>,
    /// What to post; `None` to get. It is JSON unless a header says otherwise.
    pub body: Option<Vec<u8>>,
    pub purpose: &'static str,
}

/// Opens connections.
pub(crate) struct Http {
    tls: rustls::ClientConfig,
    proxy: Option<reqwest::Proxy>,
    drives: Drives<reqwest::Client>,
    offline: OfflineSwitch,
    limits: Limits,
    log: Arc<dyn ConnectionLog>,
}

impl Http {
    /// A way out. `proxy` is the address of a proxy that the person has set.
    ///
    /// # Errors
    /// What the system says when there is no TLS, or the proxy's address is none.
    pub(crate) fn new(
        limits: Limits,
        offline: OfflineSwitch,
        proxy: Option<&str>,
        log: Arc<dyn ConnectionLog>,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self {
            tls: tls()?,
            proxy: proxy.map(reqwest::Proxy::all).transpose()?,
            drives: Drives::new(limits.kept, offline.clone()),
            offline,
            limits,
            log,
        })
    }

    /// Close what is open and not in use, after the offline switch was turned on.
    pub(crate) fn close_idle(&self) {
        self.drives.close();
    }

    /// What opens connections to this address.
    fn client(&self, address: &Url) -> reqwest::Result<reqwest::Client> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .user_agent(concat!("Gatehouse/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.limits.connect)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            // How long is for the drive to say, which also sees to it.
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(None);
        match self.proxy_for(address) {
            Some(proxy) => client.proxy(proxy.clone()).build(),
            None => client.build(),
        }
    }

    /// The proxy, if there is one and it is for this address. It is not for a server of the person's own: a proxy
    /// would read what is not encrypted, and finds no `localhost` but its own.
    fn proxy_for(&self, address: &Url) -> Option<&reqwest::Proxy> {
        let is_for = Destination::of(address) != Destination::OwnServer;
        self.proxy.as_ref().filter(|_| is_for)
    }

    /// Whether a proxy would read what is sent to this address.
    pub(crate) fn is_read_by_proxy(&self, address: &Url) -> bool {
        address.scheme() == "http" && self.proxy_for(address).is_some()
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Send a request and wait until its answer begins, whatever its status. Where the connection is `announced`,
    /// it was looked whether anything may be sent when its line was kept.
    pub(super) fn open(
        &self,
        request: &Outgoing,
        announced: Option<Announced>,
        stop: &Stop,
    ) -> Result<Answer<'_>, ProviderError> {
        self.open_as(request, announced, self.limits.first_byte, stop)
    }

    /// The same, where the answer must begin within a limit.
    pub(super) fn open_within(
        &self,
        request: &Outgoing,
        limit: Duration,
        stop: &Stop,
    ) -> Result<Answer<'_>, ProviderError> {
        self.open_as(request, None, limit, stop)
    }

    fn open_as(
        &self,
        request: &Outgoing,
        announced: Option<Announced>,
        limit: Duration,
        stop: &Stop,
    ) -> Result<Answer<'_>, ProviderError> {
        let host = request.url.host_str().unwrap_or_default();
        if announced.is_none() && self.offline.forbids() {
            return Err(ProviderError::new(Trouble::Offline, host));
        }
        let mut record = Record::begin(
            &*self.log,
            announced,
            Connection {
                at_ms: now_ms(),
                host: host.to_owned(),
                port: request.url.port_or_known_default().unwrap_or_default(),
                purpose: request.purpose,
                bytes_out: request.body.as_ref().map_or(0, |body| body.len() as u64),
                bytes_in: 0,
                outcome: ConnectionOutcome::Broken,
            },
        );
        let left = Arc::<AtomicBool>::default();
        let client = || self.client(&request.url).map_err(io::Error::other);
        let drive = self.drives.take(&request.url, client);
        let drive = drive.map_err(|error| {
            record.connection.bytes_out = 0;
            ProviderError::new(Trouble::NoNetwork, host).saying(&error.to_string())
        })?;
        let sending = build(drive.client(), request, &left).send();
        let sent = self.drive(&drive, sending, limit, stop);
        let response = sent
            .and_then(|sent| sent.map_err(|error| broken(&error)))
            .map_err(|broken| {
                let left = left.load(Ordering::Relaxed);
                if !left {
                    // The switch or a stop came before anything was sent.
                    record.connection.bytes_out = 0;
                }
                ProviderError {
                    left,
                    ..broken.at(&mut record)
                }
            })?;
        record.connection.outcome = ConnectionOutcome::Answered(response.status().as_u16());
        let encoding = response.headers().get("content-encoding");
        let inflate = Inflate::new(encoding.map_or(&b""[..], |value| value.as_bytes()))
            .map_err(|said| ProviderError::new(Trouble::Nonsense, host).saying(said))?;
        Ok(Answer {
            http: self,
            stop: stop.clone(),
            response,
            drive,
            inflate,
            record,
            small_piece_at: None,
            read: Read::InPart,
        })
    }

    /// Wait on this thread, without a stop, an offline switch or the limit being missed.
    fn drive<F: Future>(
        &self,
        drive: &Drive<'_, reqwest::Client>,
        future: F,
        limit: Duration,
        stop: &Stop,
    ) -> Result<F::Output, Broken> {
        let began = Instant::now();
        drive.block_on(async {
            let mut future = pin!(future);
            loop {
                self.goes_on(stop)?;
                let Some(left) = limit.checked_sub(began.elapsed()) else {
                    return Err(Broken::of(Trouble::Silent { after: limit }));
                };
                if let Ok(output) = timeout(left.min(TICK), future.as_mut()).await {
                    return Ok(output);
                }
            }
        })
    }

    /// Neither is it stopped, nor is the app offline.
    fn goes_on(&self, stop: &Stop) -> Result<(), Broken> {
        if stop.is_set() {
            return Err(Broken::of(Trouble::Stopped));
        }
        if self.offline.ends() {
            return Err(Broken::of(Trouble::Offline));
        }
        Ok(())
    }

    /// Wait before a new try, or be stopped.
    pub(super) fn pause(
        &self,
        time: Duration,
        server: &str,
        stop: &Stop,
    ) -> Result<(), ProviderError> {
        let began = Instant::now();
        loop {
            self.goes_on(stop)
                .map_err(|broken| ProviderError::new(broken.trouble, server))?;
            match time.checked_sub(began.elapsed()) {
                Some(left) => thread::sleep(left.min(TICK)),
                None => return Ok(()),
            }
        }
    }
}

/// TLS by whom the operating system trusts. Each client is given a copy, so that they share what they agreed on with a
/// server; to read all certificates for each would take milliseconds.
fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    // It is there already when another part of the process has come first, which is as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trusted = rustls_platform_verifier::Verifier::new(Arc::clone(&provider))?;
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(trusted))
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

/// `left` is set when the body is taken to be sent, over a connection that is made.
fn build(
    client: &reqwest::Client,
    request: &Outgoing,
    left: &Arc<AtomicBool>,
) -> reqwest::RequestBuilder {
    let mut built = match &request.body {
        Some(body) => {
            let left = Arc::clone(left);
            let body = reqwest::Body::from(body.clone())
                .inspect_frame(move |_| left.store(true, Ordering::Relaxed));
            client
                .post(request.url.clone())
                .body(reqwest::Body::wrap(body))
        }
        None => client.get(request.url.clone()),
    };
    let says_what = request
        .headers
        .iter()
        .any(|(name, _)| name == "content-type");
    if request.body.is_some() && !says_what {
        built = built.header("content-type", "application/json");
    }
    // A server that packs a stream holds tokens back until a block is full.
    built = built.header("accept-encoding", "identity");
    for (name, value) in &request.headers {
        // Keys are checked when they are made, so this only leaves out what nobody can send.
        if let Ok(mut value) = reqwest::header::HeaderValue::from_str(value) {
            value.set_sensitive(true);
            built = built.header(&**name, value);
        }
    }
    built
}

/// An answer that has begun.
pub(super) struct Answer<'a> {
    http: &'a Http,
    stop: Stop,
    response: reqwest::Response,
    /// After the answer, as what moves it goes last.
    drive: Drive<'a, reqwest::Client>,
    inflate: Inflate,
    record: Record<'a>,
    /// When the last piece was taken, if it was a small one.
    small_piece_at: Option<Instant>,
    read: Read,
}

/// How far an answer was read.
enum Read {
    InPart,
    ToTheEnd,
    /// It broke off, came too late or was stopped.
    Broken,
}

impl Answer<'_> {
    pub(super) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// A header of the answer, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The next piece, unpacked; `None` at the end. Nothing for `limit` is an error.
    pub(super) fn next(&mut self, limit: Duration) -> Result<Option<Vec<u8>>, ProviderError> {
        if let Some(at) = self.small_piece_at {
            thread::sleep(TICK.saturating_sub(at.elapsed()));
        }
        let came = self
            .http
            .drive(&self.drive, self.response.chunk(), limit, &self.stop);
        let piece = came
            .and_then(|came| came.map_err(|error| broken(&error)))
            .map_err(|broken| {
                self.read = Read::Broken;
                ProviderError {
                    left: true,
                    ..broken.at(&mut self.record)
                }
            })?;
        let Some(piece) = piece else {
            self.read = Read::ToTheEnd;
            return Ok(None);
        };
        self.small_piece_at = (piece.len() < SMALL_PIECE_BYTES).then(Instant::now);
        self.record.connection.bytes_in += piece.len() as u64;
        self.inflate.unpack(&piece).map(Some).map_err(|said| {
            let host = &self.record.connection.host;
            ProviderError::new(Trouble::Nonsense, host).saying(said)
        })
    }

    /// The whole answer; one that is too large is an error.
    pub(super) fn whole(&mut self) -> Result<Vec<u8>, ProviderError> {
        let mut all = Vec::new();
        while let Some(piece) = self.next(self.http.limits.idle)? {
            all.extend_from_slice(&piece);
            if all.len() > MAX_WHOLE_BYTES {
                let host = &self.record.connection.host;
                return Err(
                    ProviderError::new(Trouble::Nonsense, host).saying("the answer is too large")
                );
            }
        }
        Ok(all)
    }
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        // Who has read the last event looks no further, and the end may have come with it.
        let is_over = match self.read {
            Read::ToTheEnd => true,
            Read::InPart => matches!(self.drive.at_once(self.response.chunk()), Some(Ok(None))),
            Read::Broken => false,
        };
        if is_over {
            self.drive.is_over();
        }
    }
}

/// What went wrong, before it is known where.
struct Broken {
    trouble: Trouble,
    said: String,
}

impl Broken {
    /// Note it in the log, and tell where it happened.
    fn at(self, record: &mut Record<'_>) -> ProviderError {
        record.failed(&self.trouble);
        ProviderError::new(self.trouble, &record.connection.host).saying(&self.said)
    }

    fn of(trouble: Trouble) -> Self {
        Self {
            trouble,
            said: String::new(),
        }
    }
}

/// What an error of the network means. The text of the innermost cause is the one that tells.
fn broken(error: &reqwest::Error) -> Broken {
    let mut cause: &(dyn std::error::Error + 'static) = error;
    let mut certificate = false;
    while let Some(inner) = cause.source().or_else(|| inside(cause)) {
        cause = inner;
        certificate |= matches!(
            cause.downcast_ref(),
            Some(rustls::Error::InvalidCertificate(_))
        );
    }
    let trouble = if certificate {
        Trouble::Certificate
    } else if error.is_connect() {
        Trouble::NoNetwork
    } else {
        Trouble::Cut
    };
    if matches!(trouble, Trouble::Cut) {
        // In words such as "unexpected EOF during chunk size line", which tell a person nothing.
        tracing::info!("a connection broke off: {cause}");
        return Broken::of(trouble);
    }
    Broken {
        trouble,
        said: cause.to_string(),
    }
}

/// An `io::Error` does not name what is inside it as its source.
fn inside<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a (dyn std::error::Error + 'static)> {
    let inner = error.downcast_ref::<std::io::Error>()?.get_ref()?;
    Some(inner)
}
