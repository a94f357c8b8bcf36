//! A collector of telemetry: what it is sent, and the header that opens it.

use serde::{Deserialize, Serialize};
use serde_json::json;
use specta::Type;
use url::Url;
use zeroize::Zeroizing;

use super::{Gate, GateError};
use crate::{
    engine::Stop,
    problem::Problem,
    providers::telemetry,
    record::{Action, Event, Subject},
    secrets::{HeaderError, SecretHeader, base_of},
    settings,
    store::StoreError,
};

/// Under which name its value is kept where keys are.
const SECRET: &str = "telemetry-header";
/// Under which name what may be shown of it is kept.
const SHOWN: &str = "telemetry_header";

/// The header that a collector is sent, without its value, which nobody is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TelemetryHeader {
    /// Its name, in small letters.
    pub name: String,
    /// The address that it is for, and to which alone it is sent, without a slash at the end.
    pub address: String,
}

/// What a collector of telemetry did with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It took it.
    Taken,
    /// It took it but for so many of its spans or figures, which it will never take.
    InPart(u64),
    /// It will never take it: the status of its answer.
    Refused(u16),
    /// It did not take it now, and may later; why not, as a sentence.
    NotNow(String),
}

impl Gate {
    /// The header that a collector is sent, if one is set.
    ///
    /// # Errors
    /// [`GateError`] when the database fails.
    pub fn telemetry_header(&self) -> Result<Option<TelemetryHeader>, GateError> {
        let shown = self.store.read(|conn| settings::kept(conn, SHOWN));
        Ok(shown.map_err(StoreError::from)?)
    }

    /// Keep a header for a collector at this address in place of any other: its value where keys are, from
    /// where it is never shown again.
    ///
    /// # Errors
    /// [`GateError`] when it cannot be one, would not be safe at that address, or is not kept.
    pub fn set_telemetry_header(
        &self,
        address: &str,
        name: &str,
        value: &Zeroizing<String>,
    ) -> Result<TelemetryHeader, GateError> {
        let address = settings::telemetry_address(address).ok_or(HeaderError::NoAddress)?;
        let header = SecretHeader::new(&address, name, value)?;
        let shown = TelemetryHeader {
            name: header.name().to_owned(),
            address: header.address().to_owned(),
        };
        self.changing_key(&|| event(Action::KeySet, &shown), || {
            header.keep(self.keys.place(), SECRET)
        })?;
        let kept = self.store.write(|tx| settings::keep(tx, SHOWN, &shown));
        kept.map_err(StoreError::from)?;
        Ok(shown)
    }

    /// Forget the header; whether there was one.
    ///
    /// # Errors
    /// [`GateError`] when it is still there.
    pub fn forget_telemetry_header(&self) -> Result<bool, GateError> {
        let Some(shown) = self.telemetry_header()? else {
            return Ok(false);
        };
        self.changing_key(&|| event(Action::KeyRemoved, &shown), || {
            self.keys.place().forget(SECRET)
        })?;
        let noted = self.store.write(|tx| settings::note(tx, SHOWN, false));
        noted.map_err(StoreError::from)?;
        Ok(true)
    }

    /// Send figures or spans to a collector, below the address that a person has named. What came of it is no
    /// fault of anybody's who asks a model.
    pub(crate) fn send_telemetry(
        &self,
        base: &str,
        path: &str,
        message: Vec<u8>,
        stop: &Stop,
    ) -> Delivery {
        match self.try_telemetry(base, path, message, stop) {
            Ok(reply) => match reply.status {
                200..=299 if reply.rejected > 0 => Delivery::InPart(reply.rejected),
                200..=299 => Delivery::Taken,
                // Those which the protocol wants tried again.
                status @ (429 | 502..=504) => Delivery::NotNow(format!(
                    "The collector cannot take anything now ({status})."
                )),
                status => Delivery::Refused(status),
            },
            Err(error) => Delivery::NotNow(Problem::from(error).message),
        }
    }

    fn try_telemetry(
        &self,
        base: &str,
        path: &str,
        message: Vec<u8>,
        stop: &Stop,
    ) -> Result<telemetry::Reply, GateError> {
        let base = settings::telemetry_address(base).ok_or(HeaderError::NoAddress)?;
        let address = below(&base, path).ok_or(HeaderError::NoAddress)?;
        let header = match self.telemetry_header()? {
            Some(shown) if shown.address == base_of(&base) => {
                Some(SecretHeader::kept(self.keys.place(), SECRET)?)
            }
            _ => None,
        };
        let http = self.network.http()?;
        let sent = telemetry::send(&http, &address, header.as_ref(), message, stop);
        sent.map_err(|error| match error {
            telemetry::SendError::Header(error) => error.into(),
            telemetry::SendError::Provider(error) => error.into(),
        })
    }
}

/// Where a collector takes this kind of message: below the address that a person has named.
fn below(base: &Url, path: &str) -> Option<Url> {
    Url::parse(&format!("{}/{path}", base_of(base))).ok()
}

/// What the record says of the header: never its value.
fn event(action: Action, header: &TelemetryHeader) -> Event {
    Event::new(action)
        .about(Subject::Installation)
        .fact("kind", "telemetry")
        .payload(json!({ "header": header.name, "address": header.address }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_below_the_address_that_was_named() {
        for (base, whole) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
            (
                "https://c.example/otlp/",
                "https://c.example/otlp/v1/traces",
            ),
        ] {
            let base = settings::telemetry_address(base).unwrap();
            assert_eq!(below(&base, "v1/traces").unwrap().as_str(), whole);
        }
        for none in [
            "",
            "collector",
            "ftp://c.example",
            "http://me:secret@c.example",
        ] {
            assert_eq!(settings::telemetry_address(none), None, "{none}");
        }
    }
}
