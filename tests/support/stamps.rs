//! A time-stamp authority on this computer: certificates made for the test, and `openssl ts` behind them.

use std::{fs, path::Path, process::Command};

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair,
    PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use tempfile::TempDir;

/// `extendedKeyUsage`: time-stamps, and nothing else.
pub const FOR_TIME_STAMPS: &[&[u8]] = &[&[0x2b, 6, 1, 5, 5, 7, 3, 8]];

/// An authority, and the service that it has given a certificate.
pub struct Stamps {
    dir: TempDir,
}

impl Stamps {
    /// One whose certificate is good for years to come.
    pub fn new() -> Self {
        Self::with(FOR_TIME_STAMPS, true, 2099)
    }

    /// One whose service has a certificate for these purposes, up to the beginning of a year.
    pub fn with(purposes: &[&[u8]], critical: bool, until: i32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = || KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let named = |name: &str| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2099, 1, 1);
            params
        };
        let authority_key = key();
        let mut authority = named("A test authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_certificate = authority.self_signed(&authority_key).unwrap();
        let mut service = named("A test service");
        service.not_after = date_time_ymd(until, 1, 1);
        service.custom_extensions = vec![usage(purposes, critical)];
        let service_key = key();
        let issuer = Issuer::from_params(&authority, &authority_key);
        let service = service.signed_by(&service_key, &issuer).unwrap();
        let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        put("authority.pem", &authority_certificate.pem());
        put("service.pem", &service.pem());
        put("service.key", &service_key.serialize_pem());
        put("serial", "01\n");
        put("ts.cnf", CONFIGURATION);
        Self { dir }
    }

    /// What the service answers to a request.
    pub fn answer(&self, query: &[u8]) -> Vec<u8> {
        fs::write(self.path().join("query"), query).unwrap();
        self.openssl("ts -reply -config ts.cnf -queryfile query -chain authority.pem -out answer");
        fs::read(self.path().join("answer")).unwrap()
    }

    /// Whether `openssl ts` itself takes an answer for a time-stamp of these bytes.
    pub fn is_verified_by_a_stranger(&self, answer: &[u8], data: &[u8]) -> bool {
        fs::write(self.path().join("answer"), answer).unwrap();
        fs::write(self.path().join("data"), data).unwrap();
        self.command("ts -verify -data data -in answer -CAfile authority.pem")
            .output()
            .unwrap()
            .status
            .success()
    }

    /// Where its files are.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Run `openssl` where its files are.
    pub fn openssl(&self, arguments: &str) {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments}: {output:?}");
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new("openssl");
        command
            .args(arguments.split_whitespace())
            .current_dir(self.path());
        command
    }
}

fn usage(purposes: &[&[u8]], critical: bool) -> CustomExtension {
    let purposes: Vec<u8> = purposes
        .iter()
        .flat_map(|purpose| [&[6, u8::try_from(purpose.len()).unwrap()], *purpose].concat())
        .collect();
    let mut usage = CustomExtension::from_oid_content(&[2, 5, 29, 37], sequence(&purposes));
    usage.set_criticality(critical);
    usage
}

/// An ASN.1 sequence with this content.
pub fn sequence(content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut encoded = vec![0x30];
    match u8::try_from(length) {
        Ok(short) if short < 128 => encoded.push(short),
        _ => {
            encoded.push(0x82);
            encoded.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    encoded.extend(content);
    encoded
}

const CONFIGURATION: &str = "
[tsa]
default_tsa = here
[here]
serial = serial
signer_cert = service.pem
signer_key = service.key
signer_digest = sha256
digests = sha256
default_policy = 1.2.3.4.1
accuracy = secs:1, millisecs:500
ordering = yes
tsa_name = yes
ess_cert_id_alg = sha256
";
