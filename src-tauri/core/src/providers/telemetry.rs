//! A collector of OpenTelemetry: it is sent figures and spans (OTLP over HTTP), neither with any words of a
//! person in it. Of its answer only is read how much of that it did not take.

use std::time::{Duration, Instant};

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
/// An answer has a number and some words in it.
const LONGEST_ANSWER: usize = 64 * 1024;

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

/// What a collector answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reply {
    pub status: u16,
    /// How many of the spans or figures of the message it did not take, though it took the message.
    pub rejected: u64,
}

/// Post a message, with the header if it is for this address.
///
/// # Errors
/// [`SendError`] when it was not sent or there is no answer.
pub(crate) fn send(
    http: &Http,
    address: &Url,
    header: Option<&SecretHeader>,
    message: Vec<u8>,
    stop: &Stop,
) -> Result<Reply, SendError> {
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
    let begun = Instant::now();
    let mut answer = http.open_within(&request, WITHIN, stop)?;
    let mut said = Vec::new();
    // Where the rest of the answer does not come, the message was taken all the same, and must not be sent again.
    while let Ok(Some(piece)) = answer.next(WITHIN.saturating_sub(begun.elapsed())) {
        said.extend_from_slice(&piece);
        if said.len() > LONGEST_ANSWER {
            break;
        }
    }
    Ok(Reply {
        status: answer.status(),
        rejected: rejected(&said).unwrap_or(0),
    })
}

/// How many spans or figures were not taken: field 1 (`rejected_…`) of field 1 (`partial_success`) of the answer,
/// by `opentelemetry/proto` 1. `None`: it does not say.
fn rejected(answer: &[u8]) -> Option<u64> {
    let Some(Value::Bytes(partial)) = last(answer, 1) else {
        return None;
    };
    match last(partial, 1)? {
        Value::Number(count) => u64::try_from(count.cast_signed()).ok(),
        Value::Bytes(_) => None,
    }
}

/// A value in a message of Protocol Buffers.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The value of a field, the last one where it is there twice; `None`: there is none, or it is no message.
fn last(mut message: &[u8], field: u64) -> Option<Value<'_>> {
    let mut found = None;
    while !message.is_empty() {
        let key = varint(&mut message)?;
        let length = match key & 7 {
            0 => None,
            1 => Some(8),
            2 => Some(usize::try_from(varint(&mut message)?).ok()?),
            5 => Some(4),
            _ => return None,
        };
        let value = match length {
            None => Value::Number(varint(&mut message)?),
            Some(length) => {
                let (bytes, rest) = message.split_at_checked(length)?;
                message = rest;
                Value::Bytes(bytes)
            }
        };
        if key >> 3 == field {
            found = Some(value);
        }
    }
    found
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, rest) = message.split_first()?;
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod unit {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_not_taken_is_read_from_an_answer_as_the_protocol_has_it() {
        // 300 rejected, and why.
        let partial = [0x0a, 0x08, 0x08, 0xac, 0x02, 0x12, 0x03, b'o', b'l', b'd'];
        assert_eq!(rejected(&partial), Some(300));
        let with_more = [&[0x10, 0x01], &partial[..]].concat();
        assert_eq!(
            rejected(&with_more),
            Some(300),
            "fields that are added later"
        );
        for nothing in [
            &b""[..],
            &[0x0a, 0x00],
            b"{\"partialSuccess\":{}}",
            &partial[..4],
        ] {
            assert_eq!(rejected(nothing), None, "{nothing:?}");
        }
        // Minus one, as ten bytes.
        let bytes = [&[0x0a, 0x0b, 0x08][..], &[0xff; 9], &[0x01]].concat();
        assert_eq!(rejected(&bytes), None, "less than none");
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = rejected(&bytes);
        }
    }
}
