//! Certificate and key for TLS: read once, and refused at the start where clients would refuse them later.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use gatehouse_core::problem::{Problem, ProblemCode};
use rustls::{
    ServerConfig,
    client::verify_server_name,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    server::ParsedCertificate,
};
use tokio_rustls::TlsAcceptor;
use x509_cert::{Certificate, der::Decode, time::Time};

use crate::config::Tls;

/// Why a certificate or its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not there, or not for us.
    #[error("{} cannot be read: {reason}", .file.display())]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// There is no certificate in its file.
    #[error("{} has no certificate in PEM, which begins with BEGIN CERTIFICATE", .0.display())]
    NoCertificate(PathBuf),
    /// There is no key in its file.
    #[error("{} has no private key in PEM, which begins with BEGIN PRIVATE KEY", .0.display())]
    NoKey(PathBuf),
    /// The certificate is damaged.
    #[error("the certificate in {} cannot be read: {reason}", .file.display())]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// The certificate is over, or not yet good.
    #[error("the certificate in {} is good from {from} until {until}, and not today", .file.display())]
    Expired {
        /// Which file.
        file: PathBuf,
        /// From when on.
        from: String,
        /// Until when.
        until: String,
    },
    /// Clients would take it for another's.
    #[error("the certificate in {} is not for the name “{name}”, so clients would refuse it", .file.display())]
    OtherName {
        /// Which file.
        file: PathBuf,
        /// The name that clients use.
        name: String,
    },
    /// Key and certificate are not a pair.
    #[error("the private key in {} does not belong to the certificate in {}", .key.display(), .certificate.display())]
    NoPair {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        certificate: PathBuf,
    },
}

impl From<TlsError> for Problem {
    fn from(error: TlsError) -> Self {
        Problem::new(ProblemCode::InvalidInput, error)
    }
}

/// What speaks TLS with a certificate, under names, at a time (UTC milliseconds).
///
/// # Errors
/// [`TlsError`] when a client could not trust it.
pub(crate) fn acceptor(tls: &Tls, names: &[String], now_ms: i64) -> Result<TlsAcceptor, TlsError> {
    let chain = certificates(&tls.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&read(&tls.key)?)
        .map_err(|_| TlsError::NoKey(tls.key.clone()))?;
    let own = chain
        .first()
        .ok_or_else(|| TlsError::NoCertificate(tls.certificate.clone()))?;
    good_at(own, &tls.certificate, now_ms)?;
    for name in names {
        is_for(own, &tls.certificate, name)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => TlsError::NoPair {
                key: tls.key.clone(),
                certificate: tls.certificate.clone(),
            },
            other => damaged(&tls.certificate, other),
        })?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn read(file: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(file).map_err(|reason| TlsError::Unreadable {
        file: file.to_owned(),
        reason,
    })
}

fn damaged(file: &Path, reason: impl ToString) -> TlsError {
    TlsError::Damaged {
        file: file.to_owned(),
        reason: reason.to_string(),
    }
}

/// The server's own certificate, then those between it and its root.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_slice_iter(&read(file)?)
        .collect::<Result<_, _>>()
        .map_err(|_| TlsError::NoCertificate(file.to_owned()))
}

fn good_at(own: &CertificateDer<'_>, file: &Path, now_ms: i64) -> Result<(), TlsError> {
    let read = Certificate::from_der(own).map_err(|error| damaged(file, error))?;
    let validity = read.tbs_certificate.validity;
    let at_ms = |time: Time| {
        let since_1970 = time.to_unix_duration().as_millis();
        i64::try_from(since_1970).unwrap_or(i64::MAX)
    };
    if (at_ms(validity.not_before)..=at_ms(validity.not_after)).contains(&now_ms) {
        return Ok(());
    }
    Err(TlsError::Expired {
        file: file.to_owned(),
        from: validity.not_before.to_string(),
        until: validity.not_after.to_string(),
    })
}

fn is_for(own: &CertificateDer<'_>, file: &Path, name: &str) -> Result<(), TlsError> {
    let parsed = ParsedCertificate::try_from(own).map_err(|error| damaged(file, error))?;
    // In an address a version 6 stands in brackets, in a certificate it does not.
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let is_named =
        ServerName::try_from(bare).is_ok_and(|wanted| verify_server_name(&parsed, &wanted).is_ok());
    if is_named {
        return Ok(());
    }
    Err(TlsError::OtherName {
        file: file.to_owned(),
        name: name.to_owned(),
    })
}
