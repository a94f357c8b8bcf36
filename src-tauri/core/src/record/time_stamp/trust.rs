//! Whether whoever signed a stamp is somebody to believe: a certificate for time-stamps alone, valid at
//! the time of the stamp, that leads to an authority which a person has named or once accepted. No list
//! of authorities comes with Gatehouse.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use der::{Decode, Encode, oid::ObjectIdentifier};
use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_cert::{Certificate as Parsed, ext::pkix::ExtendedKeyUsage};

use super::TimeStampError;

/// `id-kp-timeStamping`
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
/// The same as its encoding has it.
const TIME_STAMPING_BYTES: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// A certificate that came with a stamp.
pub(super) struct Certificate {
    pub(super) inner: Parsed,
    der: Vec<u8>,
    /// The name that it gives its holder.
    pub(super) name: String,
}

impl Certificate {
    pub(super) fn of(inner: Parsed) -> Result<Self, TimeStampError> {
        let der = inner
            .to_der()
            .map_err(|error| TimeStampError::NoAnswer(error.to_string()))?;
        let name = inner.tbs_certificate.subject.to_string();
        let name = name.chars().filter(|c| !c.is_control()).take(200).collect();
        Ok(Self { inner, der, name })
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    fn is_issued_by(&self, other: &Self) -> bool {
        self.inner.tbs_certificate.issuer == other.inner.tbs_certificate.subject
    }

    /// Whether it may sign time-stamps, and nothing else: RFC 3161 wants exactly that, marked critical.
    fn is_for_time_stamps(&self) -> bool {
        let usage = self.inner.tbs_certificate.get::<ExtendedKeyUsage>();
        matches!(usage, Ok(Some((true, ExtendedKeyUsage(kinds)))) if kinds == [TIME_STAMPING])
    }

    fn is_valid_at(&self, time: Duration) -> bool {
        let validity = &self.inner.tbs_certificate.validity;
        (validity.not_before.to_unix_duration()..=validity.not_after.to_unix_duration())
            .contains(&time)
    }
}

/// A certificate of somebody whom a person trusts to say what time it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    der: Vec<u8>,
    /// The name that it gives its holder.
    pub name: String,
}

impl Authority {
    fn of(certificate: &Certificate) -> Self {
        Self {
            der: certificate.der.clone(),
            name: certificate.name.clone(),
        }
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    /// As a PEM file has it.
    pub fn to_pem(&self) -> String {
        let text = STANDARD.encode(&self.der);
        let lines: Vec<_> = text
            .as_bytes()
            .chunks(64)
            .map(String::from_utf8_lossy)
            .collect();
        format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"))
    }
}

/// The certificates of a PEM file; text around them is passed over.
///
/// # Errors
/// [`TimeStampError::NoCertificate`] when there is none, or one cannot be read.
pub fn read_authorities(pem: &str) -> Result<Vec<Authority>, TimeStampError> {
    let mut authorities = Vec::new();
    for part in pem.split(BEGIN).skip(1) {
        let (text, _) = part.split_once(END).ok_or(TimeStampError::NoCertificate)?;
        let text: String = text.split_ascii_whitespace().collect();
        let parsed = STANDARD
            .decode(text)
            .ok()
            .and_then(|der| Parsed::from_der(&der).ok())
            .ok_or(TimeStampError::NoCertificate)?;
        authorities.push(Authority::of(&Certificate::of(parsed)?));
    }
    if authorities.is_empty() {
        return Err(TimeStampError::NoCertificate);
    }
    Ok(authorities)
}

/// The authority that vouches for a signer at a time, by the certificates that came along.
pub(super) fn lead(
    signer: &Certificate,
    along: &[Certificate],
    authorities: &[Authority],
    time_ms: i64,
) -> Result<Authority, TimeStampError> {
    if !signer.is_for_time_stamps() {
        return Err(TimeStampError::Purpose);
    }
    let time = u64::try_from(time_ms).map_err(|_| TimeStampError::NotValidThen)?;
    let time = Duration::from_millis(time);
    if !signer.is_valid_at(time) {
        return Err(TimeStampError::NotValidThen);
    }
    let topmost;
    let authorities = if authorities.is_empty() {
        topmost = [Authority::of(top(signer, along))];
        &topmost
    } else {
        authorities
    };
    if let Some(itself) = authorities.iter().find(|one| one.der == signer.der) {
        return Ok(itself.clone());
    }
    let mut why = TimeStampError::OtherAuthority;
    for authority in authorities {
        match leads_to(signer, along, authority, time) {
            Ok(()) => return Ok(authority.clone()),
            Err(TimeStampError::OtherAuthority) => {}
            Err(error) => why = error,
        }
    }
    Err(why)
}

/// The last one that is reached from issuer to issuer.
fn top<'a>(signer: &'a Certificate, along: &'a [Certificate]) -> &'a Certificate {
    let mut top = signer;
    // Each step must be to another one, so there are not more steps than certificates.
    for _ in along {
        let issuer = along
            .iter()
            .find(|one| top.is_issued_by(one) && one.der != top.der);
        match issuer {
            Some(issuer) => top = issuer,
            None => break,
        }
    }
    top
}

fn leads_to(
    signer: &Certificate,
    along: &[Certificate],
    authority: &Authority,
    time: Duration,
) -> Result<(), TimeStampError> {
    let untrusted = |error: webpki::Error| TimeStampError::Untrusted(error.to_string());
    let authority = CertificateDer::from(authority.der.as_slice());
    let anchors = [anchor_from_trusted_cert(&authority).map_err(untrusted)?];
    let others: Vec<CertificateDer<'_>> = along
        .iter()
        .filter(|one| one.der != signer.der)
        .map(|one| CertificateDer::from(one.der.as_slice()))
        .collect();
    let der = CertificateDer::from(signer.der.as_slice());
    let signer = EndEntityCert::try_from(&der).map_err(untrusted)?;
    let found = signer.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        &anchors,
        &others,
        UnixTime::since_unix_epoch(time),
        KeyUsage::required(TIME_STAMPING_BYTES),
        None,
        None,
    );
    match found {
        Ok(_) => Ok(()),
        Err(webpki::Error::UnknownIssuer) => Err(TimeStampError::OtherAuthority),
        Err(webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. }) => {
            Err(TimeStampError::NotValidThen)
        }
        Err(error) => Err(untrusted(error)),
    }
}
