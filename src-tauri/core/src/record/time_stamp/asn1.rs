//! The messages of RFC 3161, as far as they are used here.

use cms::content_info::ContentInfo;
use der::{
    Any, AnyRef, Decode, Encode, Sequence, Tag, Tagged,
    asn1::{BitString, Int, OctetString},
    oid::ObjectIdentifier,
};
use jiff::{civil, tz::TimeZone};
use x509_cert::{ext::Extensions, spki::AlgorithmIdentifierOwned};

use super::TimeStampError;

pub(super) const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
pub(super) const SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
pub(super) const SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// SHA-256, as most services expect to read it: with parameters, which are null.
pub(super) fn sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: SHA_256,
        parameters: Some(AnyRef::NULL.into()),
    }
}

/// `TimeStampReq`
#[derive(Sequence)]
pub(super) struct Request {
    pub(super) version: u8,
    pub(super) message_imprint: MessageImprint,
    pub(super) nonce: u64,
    pub(super) cert_req: bool,
}

/// What a stamp is of.
#[derive(Sequence)]
pub(super) struct MessageImprint {
    pub(super) hash_algorithm: AlgorithmIdentifierOwned,
    pub(super) hashed_message: OctetString,
}

/// `TimeStampResp`
#[derive(Sequence)]
pub(super) struct Response {
    status: Status,
    #[asn1(optional = "true")]
    token: Option<ContentInfo>,
}

/// `PKIStatusInfo`
#[derive(Sequence)]
struct Status {
    status: u32,
    #[asn1(optional = "true")]
    words: Option<Vec<String>>,
    #[asn1(optional = "true")]
    reason: Option<BitString>,
}

/// Granted, and granted with changes, which the rest of the check looks at.
const GRANTED: [u32; 2] = [0, 1];

impl Response {
    pub(super) fn read(answer: &[u8]) -> Result<Self, TimeStampError> {
        Self::from_der(answer).map_err(|error| TimeStampError::NoAnswer(error.to_string()))
    }

    /// The token, where the service gave one.
    pub(super) fn granted(self) -> Result<ContentInfo, TimeStampError> {
        match self.token {
            Some(token) if GRANTED.contains(&self.status.status) => Ok(token),
            _ => Err(TimeStampError::Refused(self.status.said())),
        }
    }
}

impl Status {
    /// What the service said, harmless to show; its number where it said nothing.
    fn said(&self) -> String {
        let words = self.words.iter().flatten().map(String::as_str);
        let words = words.collect::<Vec<_>>().join(" ");
        let words: String = words
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect();
        match &self.reason {
            _ if !words.trim().is_empty() => words,
            Some(reason) => format!("status {}, reason {:?}", self.status, reason.raw_bytes()),
            None => format!("status {}", self.status),
        }
    }
}

/// `TSTInfo`
#[derive(Sequence)]
pub(super) struct Info {
    version: u8,
    policy: ObjectIdentifier,
    pub(super) message_imprint: MessageImprint,
    serial_number: Int,
    time: Any,
    #[asn1(optional = "true")]
    accuracy: Option<Accuracy>,
    #[asn1(default = "Default::default")]
    ordering: bool,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    tsa: Option<Any>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<Extensions>,
}

/// How exact the time is. It is read so that what follows it is.
#[derive(Sequence)]
struct Accuracy {
    #[asn1(optional = "true")]
    seconds: Option<u64>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    millis: Option<u16>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    micros: Option<u16>,
}

impl Info {
    /// Whether all that it says is understood here: what is not and is critical must not be passed over.
    pub(super) fn is_understood(&self) -> bool {
        let mut extensions = self.extensions.iter().flatten();
        self.version == 1 && !extensions.any(|extension| extension.critical)
    }

    /// Whether it has this nonce.
    pub(super) fn answers(&self, nonce: u64) -> bool {
        let theirs = self.nonce.as_ref().map(Encode::to_der);
        matches!((theirs, nonce.to_der()), (Some(Ok(theirs)), Ok(ours)) if theirs == ours)
    }

    /// UTC milliseconds; what is finer is left out. Unlike certificates, stamps may have a fraction.
    pub(super) fn time_ms(&self) -> Option<i64> {
        if self.time.tag() != Tag::GeneralizedTime {
            return None;
        }
        let text = std::str::from_utf8(self.time.value()).ok()?;
        read_time(text)
    }
}

/// `20261127093000.125Z` as UTC milliseconds.
fn read_time(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z')?;
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        None => (text, "0"),
    };
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    if whole.len() != 14 || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let part = |from: usize, to: usize| whole[from..to].parse::<i8>().ok();
    let time = civil::DateTime::new(
        whole[..4].parse().ok()?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?,
        0,
    );
    let time = TimeZone::UTC.to_timestamp(time.ok()?).ok()?;
    let millis: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    Some(time.as_millisecond() + millis)
}

/// `SigningCertificate` of RFC 2634: SHA-1 of the certificate that signed.
#[derive(Sequence)]
pub(super) struct SigningCertificate {
    pub(super) certs: Vec<CertId>,
    #[asn1(optional = "true")]
    policies: Option<Vec<Any>>,
}

#[derive(Sequence)]
pub(super) struct CertId {
    pub(super) hash: OctetString,
    #[asn1(optional = "true")]
    issuer: Option<Any>,
}

/// `SigningCertificateV2` of RFC 5035: any hash of it.
#[derive(Sequence)]
pub(super) struct SigningCertificateV2 {
    pub(super) certs: Vec<CertIdV2>,
    #[asn1(optional = "true")]
    policies: Option<Vec<Any>>,
}

#[derive(Sequence)]
pub(super) struct CertIdV2 {
    #[asn1(optional = "true")]
    pub(super) algorithm: Option<AlgorithmIdentifierOwned>,
    pub(super) hash: OctetString,
    #[asn1(optional = "true")]
    issuer: Option<Any>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_read_with_and_without_a_fraction() {
        assert_eq!(read_time("19700101000001Z"), Some(1_000));
        assert_eq!(read_time("19700101000001.5Z"), Some(1_500));
        assert_eq!(read_time("19700101000001.123456Z"), Some(1_123));
        for none in [
            "19700101000001",
            "19701301000001Z",
            "1970010100000Z",
            "19700101000001.Z",
            "19700101000001+0100",
            "1970010100000éZ",
        ] {
            assert_eq!(read_time(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_crash(text: String, bytes: Vec<u8>) {
            let _ = read_time(&text);
            let _ = Response::read(&bytes).and_then(Response::granted);
        }
    }
}
