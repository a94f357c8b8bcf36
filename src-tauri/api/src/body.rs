//! The body of a request: read within its limits, and as JSON.

use std::error::Error;

use axum::{
    body::{Body, Bytes, to_bytes},
    http::StatusCode,
};
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;
use tokio::{task::spawn_blocking, time::timeout};

use crate::{
    config::Limits,
    fault::Fault,
    refusals::{Refusal, Refusals},
};

/// Up to so many bytes are understood at once, while other requests wait.
const SMALL: usize = 64 * 1024;

/// Read a body as JSON of a form.
///
/// # Errors
/// [`Fault`] when it is too large, comes too slowly, or is not of the form.
pub(crate) async fn read<T: DeserializeOwned + Send + 'static>(
    body: Body,
    limits: &Limits,
    refusals: &Refusals,
) -> Result<T, Fault> {
    let refused = |why, fault| {
        refusals.count(why);
        fault
    };
    let bytes: Bytes = match timeout(limits.body, to_bytes(body, limits.body_bytes)).await {
        Err(_) => {
            let said = "the body of the request came too slowly";
            let fault = Fault::new(StatusCode::REQUEST_TIMEOUT, "too_slow", said);
            return Err(refused(Refusal::Slow, fault));
        }
        Ok(Err(error)) if is_too_long(&error) => {
            return Err(refused(Refusal::Size, too_large(limits.body_bytes)));
        }
        Ok(Err(_)) => {
            let said = "the body of the request broke off";
            let fault = Fault::new(StatusCode::BAD_REQUEST, "cut_off", said);
            return Err(refused(Refusal::Form, fault));
        }
        Ok(Ok(bytes)) => bytes,
    };
    let understood = match bytes.len() {
        ..=SMALL => serde_json::from_slice(&bytes),
        _ => spawn_blocking(move || serde_json::from_slice(&bytes))
            .await
            .map_err(|_| Fault::broke_off())?,
    };
    understood.map_err(|error| {
        let what = if error.is_data() {
            "the request is not of the form that this address takes"
        } else {
            "the request is not JSON"
        };
        // What serde says of data names fields and kinds, and may repeat a value of the client to the client.
        let fault = Fault::new(
            StatusCode::BAD_REQUEST,
            "invalid_json",
            format!("{what}: {error}"),
        );
        refused(Refusal::Form, fault)
    })
}

/// It has more bytes than are taken.
pub(crate) fn too_large(most: usize) -> Fault {
    let said = format!("a request has at most {most} bytes");
    Fault::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", said)
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}
