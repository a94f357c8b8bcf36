//! A time-stamp service (RFC 3161): one small question, one small answer, neither with any words of a
//! person in it.

use std::time::Instant;

use url::Url;
use zeroize::Zeroizing;

use super::{
    complaint::{Complaint, classify},
    error::{ProviderError, Trouble},
    http::{Http, Outgoing},
};
use crate::engine::Stop;

const QUERY: &str = "application/timestamp-query";
const REPLY: &str = "application/timestamp-reply";

/// Ask once, and give back what came, unread. It is at most `longest` bytes.
///
/// # Errors
/// [`ProviderError`] when nothing of the kind comes in time.
pub(crate) fn ask(
    http: &Http,
    address: &Url,
    query: Vec<u8>,
    longest: usize,
    stop: &Stop,
) -> Result<Vec<u8>, ProviderError> {
    let limit = http.limits().time_stamp;
    let host = address.host_str().unwrap_or_default();
    let header = |value: &str| Zeroizing::new(value.to_owned());
    let request = Outgoing {
        url: address.clone(),
        headers: vec![
            ("content-type".into(), header(QUERY)),
            ("accept".into(), header(REPLY)),
        ],
        body: Some(query),
        purpose: "time-stamp",
    };
    let begun = Instant::now();
    let mut answer = http.open_within(&request, limit, stop)?;
    if answer.status() != 200 {
        let trouble = classify(answer.status(), &Complaint::default(), None);
        return Err(ProviderError::new(trouble, host));
    }
    let nonsense = |said: &str| ProviderError::new(Trouble::Nonsense, host).saying(said);
    let kind = answer.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(REPLY) {
        return Err(nonsense(&format!(
            "it answered with \u{201c}{kind}\u{201d}"
        )));
    }
    let mut all = Vec::new();
    // Drops that come one by one must not take longer than all of it may.
    while let Some(piece) = answer.next(limit.saturating_sub(begun.elapsed()))? {
        all.extend_from_slice(&piece);
        if all.len() > longest {
            return Err(nonsense("its answer is too large"));
        }
    }
    Ok(all)
}
