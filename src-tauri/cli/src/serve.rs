//! `gatehouse serve`: the local API without a window.

use std::{
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, mpsc},
    time::Duration,
};

use clap::Args;
use gatehouse_api::{Config, DEFAULT_PORT, Limits, Server, Tls};
use gatehouse_core::{
    app::App,
    metrics::{Exporter, Pace},
};
use serde_json::json;

use crate::{failure::Failure, output, upkeep::Upkeep};

/// How often it is looked what is due by itself.
const GLANCE: Duration = Duration::from_secs(15 * 60);

/// The local API, until it is interrupted.
#[derive(Args)]
pub(crate) struct Serve {
    /// The port; 0: any that is free.
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Listen here in place of this computer alone; needs --tls-cert, --tls-key and --name.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    listen: IpAddr,
    /// A certificate for TLS, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A name under which clients ask; may be given several times.
    #[arg(long, value_name = "HOST")]
    name: Vec<String>,
    /// The origin of a web page that may ask, such as `https://notes.example`; may be given several times.
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    /// How many requests a client may make in a minute; 0: any number.
    #[arg(long, value_name = "REQUESTS", default_value_t = Limits::default().requests_a_minute)]
    per_minute: u32,
}

impl Serve {
    pub(crate) fn run(&self, app: &Arc<App>, json: bool) -> Result<(), Failure> {
        // The second interrupt, for who cannot wait for the answers under way, ends it at once.
        let (interrupted, wait) = mpsc::sync_channel(1);
        ctrlc::set_handler(move || {
            if interrupted.try_send(()).is_err() {
                std::process::exit(130);
            }
        })
        .map_err(Failure::system)?;
        let server = Server::start(Arc::clone(app), self.config())?;
        let telemetry = Exporter::start(app, Pace::default()).map_err(Failure::system)?;
        let base = server.base_url();
        if json {
            output::json(&json!({ "base_url": base }))?;
        } else {
            output::line(&format!(
                "Listening at {base}. OpenAI's clients take {base}/v1 as base URL, Anthropic's {base}."
            ))?;
        }
        // It may run for weeks. Anything but a glance that is due: it was interrupted, or nobody can any more.
        let mut upkeep = Upkeep::default();
        upkeep.look(app, json);
        while wait.recv_timeout(GLANCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            upkeep.look(app, json);
        }
        // Nobody waits any more: the next interrupt is the second.
        drop(wait);
        let status = server.status();
        drop(telemetry);
        server.stop();
        if json {
            return output::json(&status);
        }
        let refused: u64 = status.refused.iter().map(|refused| refused.count).sum();
        output::line(&format!("Stopped. Requests that were refused: {refused}."))
    }

    fn config(&self) -> Config {
        let tls = self.tls_cert.clone().zip(self.tls_key.clone());
        Config {
            address: self.listen,
            port: self.port,
            names: self.name.clone(),
            origins: self.allow_origin.clone(),
            tls: tls.map(|(certificate, key)| Tls { certificate, key }),
            limits: Limits {
                requests_a_minute: self.per_minute,
                ..Limits::default()
            },
        }
    }
}
