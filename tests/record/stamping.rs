//! Witnesses that a time-stamp service has signed, too: by a service on this computer.

use std::{fs, path::Path};

use super::{strangers::by_a_stranger, *};
use crate::support::{
    provider::{Provider, Reply},
    stamps::Stamps,
};

/// A shell, and a service at an address.
fn service() -> (Shell, Provider, std::sync::Arc<Stamps>) {
    let stamps = std::sync::Arc::new(Stamps::new());
    let behind = std::sync::Arc::clone(&stamps);
    let server = Provider::start(move |request| {
        Reply::Raw("application/timestamp-reply", behind.answer(&request.body))
    });
    (Shell::new(), server, stamps)
}

#[test]
fn a_witness_is_stamped_kept_beside_its_file_recorded_and_verified_by_a_stranger() {
    let (cli, server, stamps) = service();
    let file = cli.path().join("witness.json");
    let file = file.to_str().unwrap();
    let authority = stamps.path().join("authority.pem");
    let authority = authority.to_str().unwrap();
    let given = cli.json(&[
        "record",
        "witness",
        file,
        "--time-stamp",
        &server.address,
        "--authority",
        authority,
    ]);
    let stamped_at = given["timeStamp"]["timeMs"].as_i64().unwrap();
    assert!((stamped_at - now_ms()).abs() < 3_600_000, "{given}");

    let asked = &server.received()[0];
    assert!(
        asked.head.contains("application/timestamp-query"),
        "{}",
        asked.head
    );
    assert!(asked.body.len() < 100, "a hash leaves, and nothing else");
    let (witness, answer) = (
        fs::read(file).unwrap(),
        fs::read(format!("{file}.tsr")).unwrap(),
    );
    assert!(stamps.is_verified_by_a_stranger(&answer, &witness));
    let log = cli.json(&["connections"]);
    assert_eq!(log[0]["purpose"], "time-stamp");
    let recorded = cli.json(&["record", "list", "--action", "record.time-stamped"]);
    assert_eq!(recorded.as_array().unwrap().len(), 1);

    let verdict = cli.json(&["record", "verify", "--witness", file]);
    assert_eq!(verdict["holds"], true);
    assert_eq!(verdict["timeStamp"], given["timeStamp"]);
    assert_eq!(verdict["timeStamp"]["named"], true);
    let export = cli.path().join("record.jsonl");
    let export = export.to_str().unwrap();
    cli.text(&["record", "export", export]);
    let said = cli.text(&[
        "record",
        "verify",
        export,
        "--witness",
        file,
        "--authority",
        authority,
    ]);
    assert!(said.contains("says “CN=A test service”"), "{said}");
    let unnamed = ["record", "verify", export, "--witness", file];
    let said = cli.text(&unnamed);
    assert!(said.contains("Nobody has named its authority"), "{said}");
    assert!(!said.contains("It was there by"), "anybody can make one");
    assert_eq!(cli.json(&unnamed)["timeStamp"]["named"], false);
    let stranger = by_a_stranger(&[export, "--witness", file]);
    assert!(stranger.status.success(), "{stranger:?}");
}

#[test]
fn a_witness_that_was_changed_after_it_was_stamped_does_not_hold() {
    let (cli, server, _) = service();
    let file = cli.path().join("witness.json");
    let name = file.to_str().unwrap();
    cli.text(&["record", "witness", name, "--time-stamp", &server.address]);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("  ", " ", 1)).unwrap();
    let (exit, _) = cli.fed(&["record", "verify", "--witness", name], b"");
    assert_eq!(
        exit, 10,
        "the same witness with another space is another file"
    );
}

#[test]
fn another_authority_at_the_same_address_is_refused_until_it_is_named() {
    let first = Stamps::new();
    let second = Stamps::new();
    let named = second.path().join("authority.pem");
    let named = named.to_str().unwrap().to_owned();
    let turn = std::sync::atomic::AtomicBool::new(false);
    let server = Provider::start(move |request| {
        let by = if turn.swap(true, std::sync::atomic::Ordering::Relaxed) {
            &second
        } else {
            &first
        };
        Reply::Raw("application/timestamp-reply", by.answer(&request.body))
    });
    let cli = Shell::new();
    let file = |name: &str| cli.path().join(name).to_str().unwrap().to_owned();
    let stamped = |to: &str, more: &[&str]| {
        let arguments = [
            &["record", "witness", to, "--time-stamp", &server.address],
            more,
        ]
        .concat();
        cli.fed(&arguments, b"")
    };
    let (exit, said) = stamped(&file("one"), &[]);
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = stamped(&file("two"), &[]);
    assert_eq!(exit, 8, "{said}");
    assert!(!Path::new(&file("two")).exists() && !Path::new(&file("two.tsr")).exists());
    let (exit, said) = stamped(&file("two"), &["--authority", &named]);
    assert_eq!(exit, 0, "{said}");
    let saved = cli.json(&["record", "list", "--action", "record.witness-saved"]);
    assert_eq!(
        saved.as_array().unwrap().len(),
        2,
        "what failed gave nothing away"
    );
}

#[test]
fn what_is_no_time_stamp_leaves_no_witness() {
    for (kind, body) in [
        ("text/html", b"<html>".to_vec()),
        ("application/timestamp-reply", b"<html>".to_vec()),
    ] {
        let server = Provider::start(move |_| Reply::Raw(kind, body.clone()));
        let cli = Shell::new();
        let file = cli.path().join("witness.json");
        let name = file.to_str().unwrap();
        let arguments = ["record", "witness", name, "--time-stamp", &server.address];
        let (exit, said) = cli.fed(&arguments, b"");
        assert_eq!(exit, 8, "{said}");
        assert!(!file.exists() && !file.with_extension("json.tsr").exists());
    }
}
