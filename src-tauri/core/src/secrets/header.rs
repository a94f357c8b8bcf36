//! A header with a key in it, for one address alone: its value is kept where keys are, together with that
//! address, and is given out for nothing but what lies below it.

use std::fmt;

use url::{Host, Url};
use zeroize::Zeroizing;

use super::{SecretError, Secrets};
use crate::problem::{Problem, ProblemCode};

/// The longest value, in bytes.
const LONGEST: usize = 16 * 1024;
/// The longest name, in bytes.
const LONGEST_NAME: usize = 100;

/// Headers that say how a message travels: another value would break it, or make it another message.
const OF_THE_MESSAGE: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
];

/// A header with a key in it, and the address that it is for.
#[derive(Clone)]
pub(crate) struct SecretHeader {
    address: String,
    name: String,
    value: Zeroizing<String>,
}

/// Why a header is not kept, or not sent.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// Its name is none.
    #[error(
        "“{0}” is not the name of a header that can carry a key, such as authorization or api-key"
    )]
    Name(String),
    /// Nothing is left without the spaces around it.
    #[error("the value of the header is empty")]
    Empty,
    /// Line breaks, or letters outside ASCII, which no header can carry, or too many.
    #[error("the value has characters that no header can carry, or too many; copy it again")]
    Characters,
    /// There is nothing that it could be for.
    #[error("a header is for the address of a collector; enter that first")]
    NoAddress,
    /// Everybody on the way could read it.
    #[error(
        "the address does not begin with https and is not on this computer, so the header would be sent for \
         all to read"
    )]
    NotEncrypted,
    /// What is kept is not what should be there.
    #[error("the value of the header is not kept on this computer any more; set it again")]
    Gone,
    /// It is not to be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl From<HeaderError> for Problem {
    fn from(error: HeaderError) -> Self {
        match error {
            HeaderError::Secret(error) => error.into(),
            HeaderError::Gone => Self::new(ProblemCode::KeyWrong, error),
            other => Self::new(ProblemCode::InvalidInput, other),
        }
    }
}

impl SecretHeader {
    /// A header for an address and what is below it; spaces around are not part of it.
    ///
    /// # Errors
    /// [`HeaderError`] when no message could carry it, or it would not be safe there.
    pub(crate) fn new(address: &Url, name: &str, value: &str) -> Result<Self, HeaderError> {
        let header = Self {
            address: base_of(address),
            name: name.trim().trim_end_matches(':').to_ascii_lowercase(),
            value: Zeroizing::new(value.trim().to_owned()),
        };
        if !can_carry_a_key(&header.name) {
            return Err(HeaderError::Name(
                name.trim().chars().take(LONGEST_NAME).collect(),
            ));
        }
        if header.value.is_empty() {
            return Err(HeaderError::Empty);
        }
        let is_sent = |byte| (b' '..=b'~').contains(&byte);
        if header.value.len() > LONGEST || !header.value.bytes().all(is_sent) {
            return Err(HeaderError::Characters);
        }
        is_safe(address)?;
        Ok(header)
    }

    /// Its name, in small letters.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The address that it is for.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Its value for a message to this address; `None`: it is for another one.
    ///
    /// # Errors
    /// [`HeaderError`] when somebody on the way could read it.
    pub(crate) fn value_for(
        &self,
        address: &Url,
    ) -> Result<Option<&Zeroizing<String>>, HeaderError> {
        let below = address.as_str().strip_prefix(&self.address);
        if !below.is_some_and(|below| below.is_empty() || below.starts_with('/')) {
            return Ok(None);
        }
        is_safe(address)?;
        Ok(Some(&self.value))
    }

    /// Keep it under this name in place of any other.
    ///
    /// # Errors
    /// [`SecretError`] when it is not kept.
    pub(crate) fn keep(&self, secrets: &Secrets, under: &str) -> Result<(), SecretError> {
        // None of them has a line break in it.
        let lines = Zeroizing::new(format!("{}\n{}\n{}", self.address, self.name, *self.value));
        secrets.set(under, lines)
    }

    /// The one that is kept under this name.
    ///
    /// # Errors
    /// [`HeaderError`] when there is none or it is not to be had.
    pub(crate) fn kept(secrets: &Secrets, under: &str) -> Result<Self, HeaderError> {
        let lines = match secrets.get(under) {
            Err(SecretError::None) => return Err(HeaderError::Gone),
            lines => lines?,
        };
        let mut lines = lines.splitn(3, '\n');
        let (Some(address), Some(name), Some(value)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(HeaderError::Gone);
        };
        Ok(Self {
            address: address.to_owned(),
            name: name.to_owned(),
            value: Zeroizing::new(value.to_owned()),
        })
    }
}

impl fmt::Debug for SecretHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretHeader({}: … for {})", self.name, self.address)
    }
}

/// An address as headers are compared with it: without a slash at the end.
pub(crate) fn base_of(address: &Url) -> String {
    address.as_str().trim_end_matches('/').to_owned()
}

fn can_carry_a_key(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(is_token)
        && !OF_THE_MESSAGE.contains(&name)
}

/// Whether nobody on the way to an address can read what is sent there. To this computer nothing goes through
/// a proxy.
fn is_safe(address: &Url) -> Result<(), HeaderError> {
    match address.scheme() {
        "https" => Ok(()),
        "http" if is_this_computer(address) => Ok(()),
        "http" => Err(HeaderError::NotEncrypted),
        _ => Err(HeaderError::NoAddress),
    }
}

/// Whether nobody but this computer can be at an address.
fn is_this_computer(address: &Url) -> bool {
    match address.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        // RFC 6761: it is never looked up elsewhere.
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn header(address: &str) -> Result<SecretHeader, HeaderError> {
        SecretHeader::new(&url(address), "Authorization:", " Bearer abc \n")
    }

    fn value<'a>(header: &'a SecretHeader, address: &str) -> Option<&'a str> {
        let value = header.value_for(&url(address)).unwrap();
        value.map(|value| value.as_str())
    }

    #[test]
    fn a_value_is_given_out_for_its_own_address_and_what_is_below_it_alone() {
        let kept = header("https://otlp.example:4318/otlp/").unwrap();
        assert_eq!(kept.name(), "authorization");
        for good in [
            "https://otlp.example:4318/otlp",
            "https://otlp.example:4318/otlp/v1/traces",
        ] {
            assert_eq!(value(&kept, good), Some("Bearer abc"), "{good}");
        }
        for other in [
            "https://otlp.example:4318/",
            "https://otlp.example:4318/otlp2/v1/traces",
            "https://otlp.example:4319/otlp/v1/traces",
            "http://otlp.example:4318/otlp/v1/traces",
            "https://otlp.example.org:4318/otlp/v1/traces",
            "https://otlp.example:4318@evil.example/otlp/v1/traces",
        ] {
            assert_eq!(value(&kept, other), None, "{other}");
        }
        let whole_host = header("https://otlp.example").unwrap();
        assert_eq!(
            value(&whole_host, "https://otlp.example.org/v1/traces"),
            None
        );
        assert_eq!(
            value(&whole_host, "https://otlp.example:4318/v1/traces"),
            None
        );
        assert_eq!(
            value(&whole_host, "https://otlp.example/v1/traces"),
            Some("Bearer abc")
        );
    }

    #[test]
    fn a_value_goes_unencrypted_to_this_computer_alone() {
        for here in [
            "http://127.0.0.1:4318",
            "http://[::1]:4318",
            "http://localhost",
            "http://otlp.localhost",
        ] {
            let kept = header(here).unwrap();
            assert_eq!(value(&kept, here), Some("Bearer abc"), "{here}");
        }
        for elsewhere in [
            "http://192.168.1.7:4318",
            "http://collector:4318",
            "http://localhost.example",
            "http://[::ffff:8.8.8.8]",
            "http://0.0.0.0:4318",
        ] {
            assert!(
                matches!(header(elsewhere), Err(HeaderError::NotEncrypted)),
                "{elsewhere}"
            );
        }
    }

    #[test]
    fn a_header_that_says_how_a_message_travels_carries_no_key() {
        let named = |name| SecretHeader::new(&url("https://a.example"), name, "x");
        for name in [
            "",
            "Host",
            "content-length",
            "Transfer-Encoding",
            "a b",
            "a:b",
            "é",
            "a\r\nb",
        ] {
            assert!(matches!(named(name), Err(HeaderError::Name(_))), "{name}");
        }
        assert_eq!(
            named("X-Honeycomb-Team").unwrap().name(),
            "x-honeycomb-team"
        );
    }

    #[test]
    fn its_own_formatter_does_not_show_a_value() {
        let shown = format!("{:?}", header("https://a.example").unwrap());
        assert_eq!(
            shown,
            "SecretHeader(authorization: … for https://a.example)"
        );
    }

    proptest! {
        #[test]
        fn a_value_that_is_taken_breaks_no_message(value in "\\PC{0,20}|[\\x00-\\x7f]{0,20}") {
            if let Ok(taken) = SecretHeader::new(&url("https://a.example"), "api-key", &value) {
                prop_assert_eq!(taken.value.as_str(), value.trim());
                prop_assert!(taken.value.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
                prop_assert!(!taken.value.is_empty());
            }
        }

        #[test]
        fn no_value_goes_where_host_or_port_differ(host in "[a-z]{1,8}\\.[a-z]{2,5}", port in 1u16.., path in "(/[a-z0-9]{1,5}){0,3}") {
            let kept = header("https://otlp.example:4318/otlp").unwrap();
            let other = url(&format!("https://{host}:{port}{path}"));
            let is_its_own = host == "otlp.example" && port == 4318 && (path == "/otlp" || path.starts_with("/otlp/"));
            prop_assert_eq!(kept.value_for(&other).unwrap().is_some(), is_its_own);
        }
    }
}
