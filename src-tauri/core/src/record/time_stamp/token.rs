//! The token: the signed statement itself, in the Cryptographic Message Syntax (RFC 5652).

use cms::{
    cert::CertificateChoices,
    content_info::ContentInfo,
    signed_data::{SignedData, SignerIdentifier, SignerInfo},
};
use der::{Decode, Encode, asn1::OctetString, oid::ObjectIdentifier};
use ring::digest;
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use webpki::{EndEntityCert, ring as algorithms};
use x509_cert::ext::pkix::SubjectKeyIdentifier;

use super::{
    TimeStampError,
    asn1::{self, Info, SHA_256, SHA_384, SHA_512, SigningCertificate, SigningCertificateV2},
    trust::Certificate,
};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// A token that could be read. Nothing of it is believed before [`Token::signer`] said who signed it.
pub(super) struct Token {
    info: Info,
    /// The content, as it was hashed.
    content: Vec<u8>,
    signer: SignerInfo,
    certificates: Vec<Certificate>,
    pub(super) time_ms: i64,
}

impl Token {
    pub(super) fn read(token: &ContentInfo) -> Result<Self, TimeStampError> {
        let unreadable = |error: der::Error| TimeStampError::NoAnswer(error.to_string());
        if token.content_type != SIGNED_DATA {
            return Err(TimeStampError::NoAnswer("it is not signed".into()));
        }
        let data: SignedData = token.content.decode_as().map_err(unreadable)?;
        let signers: Vec<SignerInfo> = data.signer_infos.0.into_vec();
        let (TST_INFO, Some(content), [signer]) = (
            data.encap_content_info.econtent_type,
            data.encap_content_info.econtent,
            &signers[..],
        ) else {
            let why = "it holds something else, or not one signature";
            return Err(TimeStampError::NoAnswer(why.into()));
        };
        let content = content.decode_as::<OctetString>().map_err(unreadable)?;
        let info = Info::from_der(content.as_bytes()).map_err(unreadable)?;
        let (true, Some(time_ms)) = (info.is_understood(), info.time_ms()) else {
            let why = "it says something that is not understood";
            return Err(TimeStampError::NoAnswer(why.into()));
        };
        let certificates = data.certificates.map(|set| set.0.into_vec());
        let certificates = certificates
            .into_iter()
            .flatten()
            .filter_map(|one| match one {
                CertificateChoices::Certificate(certificate) => Some(Certificate::of(certificate)),
                CertificateChoices::Other(_) => None,
            });
        Ok(Self {
            time_ms,
            info,
            content: content.as_bytes().to_vec(),
            signer: signer.clone(),
            certificates: certificates.collect::<Result<_, _>>()?,
        })
    }

    /// Whether it is of a text with this SHA-256.
    pub(super) fn is_of(&self, hash: &[u8]) -> bool {
        let imprint = &self.info.message_imprint;
        imprint.hash_algorithm.oid == SHA_256 && imprint.hashed_message.as_bytes() == hash
    }

    pub(super) fn answers(&self, nonce: u64) -> bool {
        self.info.answers(nonce)
    }

    pub(super) fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The certificate whose key has signed it. Whether that one is to be believed is another question.
    pub(super) fn signer(&self) -> Result<&Certificate, TimeStampError> {
        let named = |one: &&Certificate| names(&self.signer.sid, one);
        let signer = self
            .certificates
            .iter()
            .find(named)
            .ok_or(TimeStampError::Unsigned(
                "the certificate that it names did not come with it",
            ))?;
        let hash = hash_of(&self.signer.digest_alg.oid)
            .ok_or(TimeStampError::Unsigned("its hash is weak or unknown"))?;
        let digest = digest::digest(hash.digest, &self.content);
        let content_type = TST_INFO.to_der().ok();
        if self.attribute(MESSAGE_DIGEST).and_then(octets).as_deref() != Some(digest.as_ref())
            || self.attribute(CONTENT_TYPE) != content_type
        {
            return Err(TimeStampError::Unsigned("its content is another one"));
        }
        if !self.is_bound_to(signer) {
            return Err(TimeStampError::Unsigned(
                "it was signed with another certificate",
            ));
        }
        // Over the attributes as a set, however they are tagged where they stand.
        let signed = self.signer.signed_attrs.as_ref().map(Encode::to_der);
        let Some(Ok(signed)) = signed else {
            return Err(TimeStampError::Unsigned("it has no attributes"));
        };
        let der = CertificateDer::from(signer.der());
        let certificate = EndEntityCert::try_from(&der)
            .map_err(|error| TimeStampError::Untrusted(error.to_string()))?;
        let signature = self.signer.signature.as_bytes();
        let fits = hash.signatures.iter().any(|algorithm| {
            certificate
                .verify_signature(*algorithm, &signed, signature)
                .is_ok()
        });
        if fits {
            Ok(signer)
        } else {
            Err(TimeStampError::Unsigned("it was changed"))
        }
    }

    /// The one value of a signed attribute, encoded; none where there is not exactly one.
    fn attribute(&self, kind: ObjectIdentifier) -> Option<Vec<u8>> {
        let mut found = self.signer.signed_attrs.iter().flat_map(|all| all.iter());
        let found = found.find(|attribute| attribute.oid == kind)?;
        match found.values.as_slice() {
            [value] => value.to_der().ok(),
            _ => None,
        }
    }

    /// Whether what was signed names this certificate, so that no other can be put in its place.
    fn is_bound_to(&self, signer: &Certificate) -> bool {
        if let Some(value) = self.attribute(SIGNING_CERTIFICATE_V2) {
            let Ok(named) = SigningCertificateV2::from_der(&value) else {
                return false;
            };
            return named.certs.first().is_some_and(|id| {
                let kind = id
                    .algorithm
                    .as_ref()
                    .map_or(SHA_256, |algorithm| algorithm.oid);
                hash_of(&kind).is_some_and(|hash| {
                    digest::digest(hash.digest, signer.der()).as_ref() == id.hash.as_bytes()
                })
            });
        }
        let Some(value) = self.attribute(SIGNING_CERTIFICATE) else {
            return false;
        };
        let named = asn1::SigningCertificate::from_der(&value);
        // RFC 3161 itself knows no other hash than SHA-1 here; the chain is what is believed.
        let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, signer.der());
        named.is_ok_and(|named: SigningCertificate| {
            let first = named.certs.first();
            first.is_some_and(|id| id.hash.as_bytes() == hash.as_ref())
        })
    }
}

fn octets(encoded: Vec<u8>) -> Option<Vec<u8>> {
    let octets = OctetString::from_der(&encoded).ok()?;
    Some(octets.into_bytes())
}

fn names(signer: &SignerIdentifier, certificate: &Certificate) -> bool {
    let inner = &certificate.inner.tbs_certificate;
    match signer {
        SignerIdentifier::IssuerAndSerialNumber(one) => {
            one.issuer == inner.issuer && one.serial_number == inner.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(one) => {
            let theirs = inner.get::<SubjectKeyIdentifier>();
            theirs.is_ok_and(|found| found.is_some_and(|(_, theirs)| theirs == *one))
        }
    }
}

/// A hash, and the signatures over it that are taken.
struct Hash {
    digest: &'static digest::Algorithm,
    signatures: Vec<&'static dyn SignatureVerificationAlgorithm>,
}

fn hash_of(kind: &ObjectIdentifier) -> Option<Hash> {
    Some(match *kind {
        SHA_256 => Hash {
            digest: &digest::SHA256,
            signatures: vec![
                algorithms::RSA_PKCS1_2048_8192_SHA256,
                algorithms::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
                algorithms::ECDSA_P256_SHA256,
                algorithms::ECDSA_P384_SHA256,
            ],
        },
        SHA_384 => Hash {
            digest: &digest::SHA384,
            signatures: vec![
                algorithms::RSA_PKCS1_2048_8192_SHA384,
                algorithms::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
                algorithms::ECDSA_P256_SHA384,
                algorithms::ECDSA_P384_SHA384,
            ],
        },
        SHA_512 => Hash {
            digest: &digest::SHA512,
            signatures: vec![
                algorithms::RSA_PKCS1_2048_8192_SHA512,
                algorithms::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
                algorithms::ED25519,
            ],
        },
        _ => return None,
    })
}
