//! A collector of OpenTelemetry: it is sent figures and spans (OTLP over HTTP), neither with any words of a
//! person in it.

use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

use super::{
    error::ProviderError,
    http::{Http, Outgoing},
};
use crate::{
    engine::Stop,
    secrets::{HeaderError, SecretHeader},
};

/// A collector that takes longer is as good as dead.
const WITHIN: Duration = Duration::from_secs(10);

/// Why a message was not sent, or not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// The header may not go there.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// There is no answer.
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

/// Post a message, with the header if it is for this address, and give back the status of the answer.
///
/// # Errors
/// [`SendError`] when it was not sent or there is no answer.
pub(crate) fn send(
    http: &Http,
    address: &Url,
    header: Option<&SecretHeader>,
    message: Vec<u8>,
    stop: &Stop,
) -> Result<u16, SendError> {
    let kind = Zeroizing::new("application/x-protobuf".to_owned());
    let mut headers = vec![("content-type".into(), kind)];
    if let Some(header) = header
        && let Some(value) = header.value_for(address)?
    {
        headers.push((header.name().to_owned().into(), value.clone()));
    }
    let request = Outgoing {
        url: address.clone(),
        headers,
        body: Some(message),
        purpose: "telemetry",
    };
    // What else it says is not read: nothing is done about it.
    Ok(http.open_within(&request, WITHIN, stop)?.status())
}
