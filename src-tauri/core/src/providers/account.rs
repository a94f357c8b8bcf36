//! Where a provider is, the key for it, and how one request is exchanged with it.

use std::{
    borrow::Cow,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::{
    cloud::{CloudEvent, End, EndReason},
    complaint::{Complaint, classify},
    connection_log::Announced,
    error::{ProviderError, Trouble},
    http::{Answer, Http, Outgoing},
    key::ApiKey,
    retry::{Failed, asked_to_wait, retrying},
    stream::{self, Decode, Framing},
};
use crate::{engine::Stop, policy::Destination};

/// The address of a server and the key for it.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    base: Url,
    key: Option<ApiKey>,
    /// See [`Account::lost_tries`].
    lost: Arc<AtomicU32>,
    /// The line of the first connection of the call, if it is kept already.
    announced: Arc<Mutex<Option<Announced>>>,
}

/// Why an address cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    /// It is no address of a web server.
    #[error("this is not an address like https://server.example/v1")]
    NotAnAddress,
    /// A key or password in the address would be written to logs.
    #[error("the address has a name or password in it; put the key into its own field")]
    HasPassword,
    /// Everybody on the way could read the key.
    #[error("the address does not begin with https, so the key would be sent for all to read")]
    NotEncrypted,
    /// A proxy would read what only a server of the person's own is to get.
    #[error(
        "this account is at a server of your own, and its address does not begin with https, so the proxy would \
         read all that is sent to it"
    )]
    Proxied,
}

impl Account {
    /// An account at a base address such as `https://api.openai.com/v1`.
    ///
    /// # Errors
    /// [`AddressError`] when a key would not be safe there, or nothing can be there.
    pub(crate) fn new(base: &str, key: Option<ApiKey>) -> Result<Self, AddressError> {
        let mut base = Url::parse(base.trim()).map_err(|_| AddressError::NotAnAddress)?;
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(AddressError::NotAnAddress);
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(AddressError::HasPassword);
        }
        if base.scheme() == "http" && key.is_some() && Destination::of(&base) == Destination::Cloud
        {
            return Err(AddressError::NotEncrypted);
        }
        base.set_query(None);
        base.set_fragment(None);
        Ok(Self {
            base,
            key,
            lost: Arc::default(),
            announced: Arc::default(),
        })
    }

    /// The first connection that is opened has this line.
    pub(super) fn announce(&self, line: Announced) {
        *self.announced() = Some(line);
    }

    fn announced(&self) -> MutexGuard<'_, Option<Announced>> {
        self.announced
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// How many tries came to nothing, were made again, and may be billed all the same. A client is made for
    /// one call, so they are those of the call.
    pub(super) fn lost_tries(&self) -> u32 {
        self.lost.load(Ordering::Relaxed)
    }

    /// The host, as errors name it.
    pub(crate) fn server(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// The address of an operation below the base, where it has the `root` first. People copy addresses with as much
    /// of it as their provider's pages show, so what of it the base ends with already is not repeated.
    pub(super) fn url(&self, root: &[&str], operation: &[&str]) -> Url {
        let mut url = self.base.clone();
        let base: Vec<&str> = self
            .base
            .path_segments()
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect();
        let written = (0..=root.len())
            .rev()
            .find(|parts| base.ends_with(&root[..*parts]));
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty()
                .extend(&root[written.unwrap_or_default()..])
                .extend(operation);
        }
        url
    }

    /// The header that carries the key, if there is one.
    pub(super) fn key_header(
        &self,
        name: &'static str,
        before: &str,
    ) -> Vec<(Cow<'static, str>, Zeroizing<String>)> {
        let key = self.key.as_ref();
        key.map(|key| (name.into(), key.header(before)))
            .into_iter()
            .collect()
    }

    pub(super) fn error(&self, trouble: Trouble) -> ProviderError {
        ProviderError::new(trouble, self.server())
    }

    /// An error with words that came from outside, and that may repeat the key.
    pub(super) fn error_saying(&self, trouble: Trouble, said: &str) -> ProviderError {
        self.error(trouble).saying(&self.scrub(said))
    }

    fn scrub(&self, said: &str) -> String {
        match &self.key {
            Some(key) => key.scrub(said),
            None => said.to_owned(),
        }
    }

    /// Fetch what lies at the base address itself.
    ///
    /// # Errors
    /// [`ProviderError`] when it is not there or does not come whole.
    pub(crate) fn fetch(
        &self,
        http: &Http,
        purpose: &'static str,
        stop: &Stop,
    ) -> Result<Vec<u8>, ProviderError> {
        let request = Outgoing {
            url: self.base.clone(),
            headers: Vec::new(),
            body: None,
            purpose,
        };
        retrying(http, stop, &self.lost, || {
            let mut answer = self.begin(http, &request, stop)?;
            Ok(answer.whole().map_err(|error| self.scrubbed(error))?)
        })
    }

    /// Exchange a request for a whole JSON answer.
    pub(super) fn whole(
        &self,
        http: &Http,
        request: &Outgoing,
        stop: &Stop,
    ) -> Result<Value, ProviderError> {
        retrying(http, stop, &self.lost, || {
            let mut answer = self.begin(http, request, stop)?;
            let body = answer.whole().map_err(|error| self.scrubbed(error))?;
            let value = serde_json::from_slice(&body)
                .map_err(|_| self.error_saying(Trouble::Nonsense, &glance(&body)))?;
            match Complaint::of(&value) {
                Some(complaint) => Err(self.complaint(answer.status(), &complaint).into()),
                None => Ok(value),
            }
        })
    }

    /// Exchange a request for an answer that comes in pieces.
    pub(super) fn stream<D: Decode>(
        &self,
        http: &Http,
        request: &Outgoing,
        framing: Framing,
        stop: &Stop,
        on_event: &mut dyn FnMut(D::Event),
    ) -> Result<D::End, ProviderError> {
        retrying(http, stop, &self.lost, || {
            let mut begun = false;
            let mut answer = self.begin(http, request, stop)?;
            let hear = &mut |event| {
                begun |= D::is_answer(&event);
                on_event(event);
            };
            stream::read::<D>(self, &mut answer, framing, http.limits(), hear).map_err(|error| {
                let error = self.scrubbed(error);
                Failed { error, begun }
            })
        })
    }

    /// The same for a conversation: its end is the last event, and a stop is an end like others where a model may
    /// have read it.
    pub(super) fn chat<D: Decode<Event = CloudEvent, End = End>>(
        &self,
        http: &Http,
        request: &Outgoing,
        framing: Framing,
        stop: &Stop,
        on_event: &mut dyn FnMut(CloudEvent),
    ) -> Result<(), ProviderError> {
        let end = match self.stream::<D>(http, request, framing, stop, on_event) {
            Err(error) if error.trouble == Trouble::Stopped && error.left => End {
                reason: EndReason::Stopped,
                stop_text: None,
                tool_calls: Vec::new(),
                thinking: Vec::new(),
            },
            ended => ended?,
        };
        on_event(CloudEvent::End(end));
        Ok(())
    }

    /// Send a request; an answer that is an error is read and told.
    fn begin<'h>(
        &self,
        http: &'h Http,
        request: &Outgoing,
        stop: &Stop,
    ) -> Result<Answer<'h>, ProviderError> {
        let announced = self.announced().take();
        let mut answer = http
            .open(request, announced, stop)
            .map_err(|error| self.scrubbed(error))?;
        let status = answer.status();
        if (200..300).contains(&status) {
            return Ok(answer);
        }
        let wait = asked_to_wait(
            answer.header("retry-after-ms"),
            answer.header("retry-after"),
        );
        let to = answer.header("location").map(str::to_owned);
        let body = match answer.whole() {
            Ok(body) => body,
            // It was refused, so no model has read it.
            Err(error) if matches!(error.trouble, Trouble::Stopped | Trouble::Offline) => {
                return Err(ProviderError {
                    left: false,
                    ..error
                });
            }
            // The status tells enough.
            Err(_) => Vec::new(),
        };
        let complaint = match serde_json::from_slice(&body) {
            Ok(value) => Complaint::of(&value).unwrap_or_default(),
            Err(_) => Complaint::plain(&glance(&body)),
        };
        let trouble = classify(status, &complaint, wait);
        let said = match (&trouble, to) {
            (Trouble::Moved, Some(to)) => to,
            _ => complaint.message,
        };
        Err(self.error_saying(trouble, &said))
    }

    /// An error inside an answer that began well.
    pub(super) fn complaint(&self, status: u16, complaint: &Complaint) -> ProviderError {
        self.error_saying(classify(status, complaint, None), &complaint.message)
    }

    /// No words of a network's error come from us alone: a proxy may have written them.
    fn scrubbed(&self, error: ProviderError) -> ProviderError {
        ProviderError {
            said: error.said.map(|said| self.scrub(&said)),
            ..error
        }
    }
}

/// What can be shown of a body that is not JSON: words, but no web page.
pub(super) fn glance(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4_096)]);
    if text.trim_start().starts_with('<') {
        return "a web page".to_owned();
    }
    text.into_owned()
}

#[cfg(test)]
mod unit {
    use super::*;

    fn account(base: &str, key: Option<&str>) -> Result<Account, AddressError> {
        Account::new(base, key.map(|key| ApiKey::new(key).unwrap()))
    }

    #[test]
    fn a_key_is_only_sent_where_nobody_reads_along() {
        for near in [
            "http://localhost:8080/v1",
            "http://127.0.0.1",
            "http://[::1]:11434",
            "http://192.168.1.7:8000",
            "http://tower:8000",
            "http://tower.local",
        ] {
            assert!(
                account(near, Some("key")).is_ok(),
                "{near} is in the same house"
            );
        }
        for far in [
            "http://api.example.com/v1",
            "http://8.8.8.8",
            "http://[2001:db8::1]",
        ] {
            assert_eq!(
                account(far, Some("key")).unwrap_err(),
                AddressError::NotEncrypted
            );
            assert!(
                account(far, None).is_ok(),
                "without a key there is nothing to lose"
            );
        }
    }

    #[test]
    fn an_address_is_refused_when_it_holds_a_password_or_is_none() {
        assert_eq!(
            account("https://a:b@api.example.com", None).unwrap_err(),
            AddressError::HasPassword
        );
        for none in [
            "api.openai.com",
            "ftp://host",
            "file:///etc/passwd",
            "https://",
            "",
        ] {
            assert_eq!(
                account(none, None).unwrap_err(),
                AddressError::NotAnAddress,
                "{none}"
            );
        }
    }

    #[test]
    fn what_the_address_ends_with_already_is_not_repeated() {
        for (base, asked) in [
            ("https://host", "https://host/openai/v1/models"),
            ("https://host/openai", "https://host/openai/v1/models"),
            ("https://host/openai/v1/", "https://host/openai/v1/models"),
            ("https://host/v1", "https://host/v1/openai/v1/models"),
            (
                "https://host/models",
                "https://host/models/openai/v1/models",
            ),
        ] {
            let url = account(base, None)
                .unwrap()
                .url(&["openai", "v1"], &["models"]);
            assert_eq!(url.as_str(), asked, "{base}");
        }
        let below_its_name = account("https://host/models", None)
            .unwrap()
            .url(&[], &["models"]);
        assert_eq!(
            below_its_name.as_str(),
            "https://host/models/models",
            "a server may lie below any name; only the root is left out"
        );
    }

    #[test]
    fn paths_are_put_together_with_one_slash_and_cannot_be_left() {
        for base in ["https://host/v1", "https://host/v1/"] {
            let url = account(base, None).unwrap().url(&[], &["models"]);
            assert_eq!(url.as_str(), "https://host/v1/models");
        }
        let url = account("https://host", None)
            .unwrap()
            .url(&[], &["../x?y", "z"]);
        assert_eq!(
            url.as_str(),
            "https://host/..%2Fx%3Fy/z",
            "a name of a model is no path"
        );
    }
}
