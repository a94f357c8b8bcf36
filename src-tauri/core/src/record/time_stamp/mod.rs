//! What a time-stamp service says of a witness (RFC 3161): that it was there at a time, by the clock of
//! somebody else. The stamp is of the bytes of the witness file, so that a stranger checks the two files
//! with any tool for time-stamps; see `docs/record-format.md`.

mod asn1;
mod token;
mod trust;

use der::{Encode, asn1::OctetString};
use sha2::{Digest, Sha256};

use self::asn1::{MessageImprint, Request, Response};
pub use self::trust::{Authority, read_authorities};
use super::encoding::hex;
use crate::problem::{Problem, ProblemCode};

/// No answer with a token and its certificates is larger.
pub(crate) const LONGEST_ANSWER: usize = 256 << 10;

/// Why there is no time-stamp, or one is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeStampError {
    /// What came is no answer of such a service.
    #[error("what came is no time-stamp ({0})")]
    NoAnswer(String),
    /// The service gave none.
    #[error("the service gave no time-stamp: {0}")]
    Refused(String),
    /// It is of another text.
    #[error("the time-stamp is of another file, or the file was changed since")]
    OtherText,
    /// It is the answer to another request.
    #[error("the time-stamp answers another request than ours: it may be an old one")]
    OtherRequest,
    /// It was changed, or was not made by whom it names.
    #[error("the signature of the time-stamp does not fit: {0}")]
    Unsigned(&'static str),
    /// Whoever signed may not sign time-stamps.
    #[error("the certificate that signed the time-stamp is not one for time-stamps")]
    Purpose,
    /// A certificate was not valid at the time that the stamp says.
    #[error("a certificate of the time-stamp was not valid at the time that it says")]
    NotValidThen,
    /// It comes from another authority than the one that is trusted.
    #[error("the time-stamp does not come from the authority that is trusted for it")]
    OtherAuthority,
    /// Its certificates do not hold together.
    #[error("the certificates of the time-stamp do not hold together: {0}")]
    Untrusted(String),
    /// A file that should name an authority names none.
    #[error("this is no certificate in the form of a PEM file")]
    NoCertificate,
}

impl From<TimeStampError> for Problem {
    fn from(error: TimeStampError) -> Self {
        let code = match error {
            TimeStampError::NoCertificate => ProblemCode::InvalidInput,
            _ => ProblemCode::Provider,
        };
        Self::new(code, error)
    }
}

/// What a service vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStamp {
    /// When it was there at the latest: UTC milliseconds by the clock of the service.
    pub time_ms: i64,
    /// Who signed it, as its certificate names it.
    pub service: String,
    /// Whose certificate vouches for that one.
    pub authority: Authority,
}

/// The request for a stamp of these bytes. `nonce` tells its answer from older ones.
pub fn request(data: &[u8], nonce: u64) -> Vec<u8> {
    let request = Request {
        version: 1,
        message_imprint: MessageImprint {
            hash_algorithm: asn1::sha256(),
            hashed_message: OctetString::new(Sha256::digest(data).to_vec())
                .expect("a hash of 32 bytes is short enough for every encoding"),
        },
        nonce,
        cert_req: true,
    };
    request
        .to_der()
        .expect("a request can be encoded because all its fields are short")
}

/// What the answer of a service says of these bytes, if it is to be believed: the service granted it, for
/// these bytes and (where it is known) this nonce, signed by a certificate for time-stamps that was valid
/// then and that one of these authorities has issued. Where there are none, the topmost certificate that
/// came with it is the authority: its fingerprint is for a person to compare.
///
/// # Errors
/// [`TimeStampError`] that says what does not hold.
pub fn check(
    answer: &[u8],
    data: &[u8],
    nonce: Option<u64>,
    authorities: &[Authority],
) -> Result<TimeStamp, TimeStampError> {
    let response = Response::read(answer)?;
    let token = token::Token::read(&response.granted()?)?;
    if !token.is_of(&Sha256::digest(data)) {
        return Err(TimeStampError::OtherText);
    }
    if nonce.is_some_and(|nonce| !token.answers(nonce)) {
        return Err(TimeStampError::OtherRequest);
    }
    let signer = token.signer()?;
    let authority = trust::lead(signer, token.certificates(), authorities, token.time_ms)?;
    Ok(TimeStamp {
        time_ms: token.time_ms,
        service: signer.name.clone(),
        authority,
    })
}

impl Authority {
    /// SHA-256 over the certificate, in hexadecimal digits: what a person compares.
    pub fn fingerprint(&self) -> String {
        hex(&Sha256::digest(self.der()))
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
