//! Beyond this computer: only where somebody said so, under a name, and with TLS that a client can trust.

use std::{
    io::Write,
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

use super::{clients::python_clients, *};
use crate::support::api::answer;

const NAME: &str = "models.firm.example";

/// A certificate and its key, as files.
struct Pair {
    certificate: PathBuf,
    key: PathBuf,
}

/// A certificate for a name; `until`: the year in which it is over.
fn pair(folder: &Path, file: &str, name: &str, until: i32) -> Pair {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let written = |ending: &str, content: String| {
        let path = folder.join(format!("{file}.{ending}"));
        std::fs::write(&path, content).unwrap();
        path
    };
    Pair {
        certificate: written("crt", certificate.pem()),
        key: written("key", key.serialize_pem()),
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What a server is told to speak TLS.
fn with<'a>(certificate: &'a Path, key: &'a Path) -> [&'a str; 4] {
    ["--tls-cert", text(certificate), "--tls-key", text(key)]
}

/// A client that trusts a certificate and calls the server by a name.
fn say_hello(port: &str, trusted: &Path, name: &'static str, key: &str) -> Result<Answer, String> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(trusted).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name_of_server = ServerName::try_from(name).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name_of_server).unwrap();
    let socket = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    let mut stream = StreamOwned::new(connection, socket);
    let body = json!({ "model": ALIAS, "messages": [{ "role": "user", "content": "Hello" }] });
    let body = body.to_string();
    write!(
        stream,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {name}:{port}\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .map_err(|error| error.to_string())?;
    Ok(answer(&mut stream))
}

#[test]
fn beyond_this_computer_it_talks_tls_under_its_name_and_nothing_else() {
    let provider = Provider::start(|_| Reply::Pieces(vec!["Hello there.".into()], 9, 2));
    let files = tempfile::tempdir().unwrap();
    let Pair { certificate, key } = pair(files.path(), "own", NAME, 2090);
    let tls = with(&certificate, &key);
    let arguments = [&["--listen", "0.0.0.0", "--name", NAME][..], &tls].concat();
    let place = with_provider(&provider, &arguments);
    let port = place.served.base.rsplit_once(':').unwrap().1;
    assert_eq!(place.served.base, format!("https://{NAME}:{port}"));
    let said = say_hello(port, &certificate, NAME, &place.key).unwrap();
    assert_eq!(said.status, 200, "{}", said.body);
    let text = &said.json()["choices"][0]["message"]["content"];
    assert_eq!(text, "Hello there.");
    let without_key = say_hello(port, &certificate, NAME, "none").unwrap();
    assert_eq!(without_key.status, 401);
    let other = pair(files.path(), "other", NAME, 2090);
    let distrusted = say_hello(port, &other.certificate, NAME, &place.key);
    assert!(distrusted.is_err(), "somebody else's certificate");
    // What is not TLS is not spoken with.
    let mut plain = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    // At once: the server hangs up as soon as it has seen the first of it.
    let asked = format!("GET /health HTTP/1.1\r\nhost: {NAME}\r\n\r\n");
    plain.write_all(asked.as_bytes()).unwrap();
    assert_eq!(answer(&mut plain).status, 0);
    assert_eq!(provider.received().len(), 1);
}

#[test]
fn the_official_python_clients_work_over_tls() {
    let provider = able();
    let files = tempfile::tempdir().unwrap();
    let Pair { certificate, key } = pair(files.path(), "own", "localhost", 2090);
    let arguments = [&["--per-minute", "0"][..], &with(&certificate, &key)].concat();
    let mut place = with_provider(&provider, &arguments);
    place.served.base = place.served.base.replace("127.0.0.1", "localhost");
    assert!(place.served.base.starts_with("https://"));
    add_ollama(&place.app, &provider);
    python_clients(&place, ALIAS, "provider", Some(&certificate));
}

#[test]
fn files_that_no_client_could_trust_are_refused_before_it_listens() {
    let folder = TempFolder::new();
    folder.key();
    let files = tempfile::tempdir().unwrap();
    let good = pair(files.path(), "good", NAME, 2090);
    let over = pair(files.path(), "over", NAME, 2021);
    let other = pair(files.path(), "other", "www.firm.example", 2090);
    let nothing = files.path().join("nothing.pem");
    std::fs::write(&nothing, "no PEM at all").unwrap();
    let gone = files.path().join("gone.pem");
    let cases: [(&str, &Path, &Path); 6] = [
        ("good from 2020-01-01", &over.certificate, &over.key),
        ("not for the name", &other.certificate, &other.key),
        ("does not belong to", &good.certificate, &other.key),
        ("has no certificate", &nothing, &good.key),
        ("has no private key", &good.certificate, &nothing),
        ("cannot be read", &gone, &good.key),
    ];
    for (said, certificate, key) in cases {
        let tls = with(certificate, key);
        let refused = refused(
            &folder,
            &[&["--listen", "0.0.0.0", "--name", NAME][..], &tls].concat(),
        );
        assert!(refused.contains(said), "{said}: {refused}");
    }
}

/// What is said where a server may not start like this.
fn refused(folder: &TempFolder, arguments: &[&str]) -> String {
    let done = Command::new(app::program("gatehouse"))
        .arg("--data-dir")
        .arg(folder.path())
        .args(["serve", "--port", "0"])
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(2), "{arguments:?}");
    String::from_utf8(done.stderr).unwrap()
}

#[test]
fn beyond_this_computer_it_listens_only_with_tls_and_a_name() {
    let folder = TempFolder::new();
    folder.key();
    let refused = |arguments: &[&str]| refused(&folder, arguments);
    assert!(refused(&["--listen", "0.0.0.0"]).contains("TLS"));
    assert!(refused(&["--listen", "::"]).contains("TLS"));
    assert!(refused(&["--allow-origin", "*"]).contains("not an origin"));
    let files = tempfile::tempdir().unwrap();
    let Pair { certificate, key } = pair(files.path(), "own", NAME, 2090);
    let without_name = [&["--listen", "0.0.0.0"][..], &with(&certificate, &key)].concat();
    assert!(refused(&without_name).contains("under a name"));
}
