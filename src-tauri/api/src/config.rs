//! Where the API listens, for whom, and how much it takes.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use gatehouse_core::{
    problem::{Problem, ProblemCode},
    settings::LOCAL_API_PORT,
};
use url::Url;

/// The port unless another one is chosen.
pub const DEFAULT_PORT: u16 = LOCAL_API_PORT;

/// How the API is to listen.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where; anything but this computer needs [`Config::tls`].
    pub address: IpAddr,
    /// On which port; 0: any that is free.
    pub port: u16,
    /// Names under which it may be asked, beside those of this computer to itself.
    pub names: Vec<String>,
    /// Origins of web pages that may ask, such as `https://notes.example`. Others may not.
    pub origins: Vec<String>,
    /// Certificate and key; `None`: it speaks no TLS.
    pub tls: Option<Tls>,
    /// How much it takes.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: IpAddr::from([127, 0, 0, 1]),
            port: DEFAULT_PORT,
            names: Vec::new(),
            origins: Vec::new(),
            tls: None,
            limits: Limits::default(),
        }
    }
}

/// A certificate and its key.
#[derive(Debug, Clone)]
pub struct Tls {
    /// A file with the certificate and those between it and its root, in PEM.
    pub certificate: PathBuf,
    /// A file with the private key, in PEM.
    pub key: PathBuf,
}

/// How much the API takes, and how long it waits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Bytes of a request's first line and headers.
    pub head_bytes: usize,
    /// How many headers.
    pub headers: usize,
    /// Until a head has come; also how long an idle connection stays open.
    pub head: Duration,
    /// Until a body has come.
    pub body: Duration,
    /// How long a client may leave what is written to it unread.
    pub unread: Duration,
    /// How many connections there are at once.
    pub connections: usize,
    /// How many requests a client may make in a minute; 0: any number.
    pub requests_a_minute: u32,
    /// How long a request with a key that is not good waits for its answer.
    pub wrong_key: Duration,
    /// How long answers may go on when the API is switched off.
    pub stop: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 32 * 1024 * 1024,
            head_bytes: 64 * 1024,
            headers: 64,
            head: Duration::from_secs(15),
            body: Duration::from_secs(30),
            unread: Duration::from_secs(30),
            connections: 256,
            requests_a_minute: 600,
            wrong_key: Duration::from_millis(250),
            stop: Duration::from_secs(5),
        }
    }
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Others could reach it and read along.
    #[error(
        "the local API listens beyond this computer only with TLS: name a certificate and its key"
    )]
    NeedsTls,
    /// Nobody could be told from a page that plays a name of ours.
    #[error(
        "the local API listens beyond this computer only under a name: give the one that clients use"
    )]
    NeedsName,
    /// An origin is none.
    #[error("“{0}” is not an origin such as https://notes.example or http://localhost:3000")]
    Origin(String),
}

impl From<ConfigError> for Problem {
    fn from(error: ConfigError) -> Self {
        Problem::new(ProblemCode::InvalidInput, error)
    }
}

impl Config {
    /// Whether it may be listened to like this.
    ///
    /// # Errors
    /// [`ConfigError`] when it may not.
    pub fn check(&self) -> Result<(), ConfigError> {
        if let Some(origin) = self.origins.iter().find(|origin| !is_origin(origin)) {
            return Err(ConfigError::Origin(origin.clone()));
        }
        if self.address.is_loopback() {
            return Ok(());
        }
        if self.tls.is_none() {
            return Err(ConfigError::NeedsTls);
        }
        if self.names.is_empty() {
            return Err(ConfigError::NeedsName);
        }
        Ok(())
    }

    /// Whether a request may call it by this name, which may have a port.
    pub(crate) fn answers_to(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
            _ => host,
        };
        let listens_at = match self.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let own = ["127.0.0.1", "localhost", "[::1]", &listens_at];
        let is_own =
            self.address.is_loopback() && own.iter().any(|own| own.eq_ignore_ascii_case(name));
        is_own || self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// Scheme, host and port, as a browser writes them.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_called_by_names_of_its_own_alone() {
        let config = Config {
            names: vec!["models.firm.example".into()],
            ..Config::default()
        };
        for own in [
            "127.0.0.1",
            "127.0.0.1:7411",
            "localhost:1",
            "LocalHost",
            "[::1]:7411",
            "models.firm.example",
        ] {
            assert!(config.answers_to(own), "{own}");
        }
        for other in [
            "",
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:7411",
            "127.0.0.1@evil",
            "0.0.0.0",
        ] {
            assert!(!config.answers_to(other), "{other}");
        }
    }

    #[test]
    fn the_address_of_this_computer_at_which_it_listens_is_a_name_of_its_own() {
        let at = |address: [u8; 4]| Config {
            address: IpAddr::from(address),
            ..Config::default()
        };
        assert!(at([127, 0, 0, 2]).answers_to("127.0.0.2:7411"));
        assert!(!at([127, 0, 0, 1]).answers_to("127.0.0.2:7411"));
        assert!(
            !at([0, 0, 0, 0]).answers_to("0.0.0.0:7411"),
            "beyond this computer it has the names that it was given"
        );
    }

    #[test]
    fn beyond_this_computer_it_needs_tls_and_a_name() {
        let beyond = Config {
            address: IpAddr::from([0, 0, 0, 0]),
            ..Config::default()
        };
        assert!(matches!(beyond.check(), Err(ConfigError::NeedsTls)));
        let tls = Some(Tls {
            certificate: "a".into(),
            key: "b".into(),
        });
        let encrypted = Config { tls, ..beyond };
        assert!(matches!(encrypted.check(), Err(ConfigError::NeedsName)));
        assert!(
            !encrypted.answers_to("localhost"),
            "there it is another's name"
        );
        let named = Config {
            names: vec!["models.firm.example".into()],
            ..encrypted
        };
        assert!(named.check().is_ok());
    }

    #[test]
    fn an_origin_is_one_as_browsers_write_it() {
        let with = |origin: &str| Config {
            origins: vec![origin.into()],
            ..Config::default()
        };
        for origin in ["https://notes.example", "http://localhost:3000"] {
            assert!(with(origin).check().is_ok(), "{origin}");
        }
        for none in [
            "*",
            "null",
            "notes.example",
            "https://notes.example/",
            "file:///x",
            "",
        ] {
            assert!(with(none).check().is_err(), "{none}");
        }
    }
}
