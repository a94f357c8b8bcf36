//! A collector of OpenTelemetry: it is sent figures and spans (OTLP over HTTP), neither with any words of a
//! person in it.

use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

use super::{
    error::ProviderError,
    http::{Http, Outgoing},
};
use crate::engine::Stop;

/// A collector that takes longer is as good as dead.
const WITHIN: Duration = Duration::from_secs(10);

/// Post a message, and give back the status of the answer.
///
/// # Errors
/// [`ProviderError`] when there is no answer.
pub(crate) fn send(
    http: &Http,
    address: &Url,
    message: Vec<u8>,
    stop: &Stop,
) -> Result<u16, ProviderError> {
    let kind = Zeroizing::new("application/x-protobuf".to_owned());
    let request = Outgoing {
        url: address.clone(),
        headers: vec![("content-type", kind)],
        body: Some(message),
        purpose: "telemetry",
    };
    // What else it says is not read: nothing is done about it.
    Ok(http.open_within(&request, WITHIN, stop)?.status())
}
