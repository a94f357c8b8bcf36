//! A statement that something was erased, signed with the key of the record: a stranger can check that
//! the installation whose record this is said so. `docs/record-format.md` says how.

use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::{
    Record,
    encoding::{Encoding, from_hex, hex},
};
use crate::problem::{Problem, ProblemCode};

const KIND: &str = "gatehouse-erasure-certificate";
const FORMAT: u32 = 1;

/// A signed statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    kind: String,
    format: u32,
    /// What is stated: a JSON document, signed byte by byte.
    statement: String,
    public_key: String,
    signature: String,
}

/// Why something is no certificate.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CertificateError {
    /// It is another file.
    #[error("this is no certificate of an erasure by Gatehouse")]
    Unknown,
    /// It was changed.
    #[error("the signature of this certificate does not fit: it was changed, or is damaged")]
    Unsigned,
}

impl From<CertificateError> for Problem {
    fn from(error: CertificateError) -> Self {
        Self::new(ProblemCode::InvalidInput, error)
    }
}

impl Certificate {
    /// From the text of a certificate, which must be signed.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn read(text: &str) -> Result<Self, CertificateError> {
        let this: Self = serde_json::from_str(text).map_err(|_| CertificateError::Unknown)?;
        if this.kind != KIND || this.format != FORMAT {
            return Err(CertificateError::Unknown);
        }
        let signed = || {
            let key = from_hex(&this.public_key)?.try_into().ok()?;
            let key = VerifyingKey::from_bytes(&key).ok()?;
            let signature = from_hex(&this.signature)?.try_into().ok()?;
            let signature = Signature::from_bytes(&signature);
            key.verify_strict(&message(&this.statement), &signature)
                .ok()
        };
        match signed() {
            Some(()) => Ok(this),
            None => Err(CertificateError::Unsigned),
        }
    }

    /// Its file: JSON.
    pub fn file(&self) -> String {
        let json = serde_json::to_string_pretty(self)
            .expect("a certificate is JSON because it is texts and a number");
        json + "\n"
    }

    /// What is stated: a JSON document.
    pub fn statement(&self) -> &str {
        &self.statement
    }

    /// The key that signed it, in hexadecimal digits.
    pub fn public_key(&self) -> &str {
        &self.public_key
    }
}

fn message(statement: &str) -> Vec<u8> {
    Encoding::of("gatehouse certificate of erasure 1")
        .text(statement)
        .into_bytes()
}

impl Record {
    /// Sign a statement.
    pub(crate) fn certify(&self, statement: String) -> Certificate {
        Certificate {
            kind: KIND.into(),
            format: FORMAT,
            public_key: self.public_key(),
            signature: hex(&self.signature(&message(&statement))),
            statement,
        }
    }
}
