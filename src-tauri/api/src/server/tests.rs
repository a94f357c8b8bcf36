//! A client that does not read is given up, and takes nothing with it.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use gatehouse_core::{
    accounts::{AccountInput, ProviderKind},
    app::{App, Surroundings},
    clients::NewClient,
    costs::{self, CallStatus},
    policy::Destination,
    record::Actor,
    secrets::{KeyHome, database_key},
    store::{DataFolder, StoreError},
};
use serde_json::json;

use super::Server;
use crate::config::{Config, Limits};

/// How long a test waits for what must happen before it fails.
const LONG: Duration = Duration::from_secs(60);

/// A provider whose answer has no end: its address. `told` hears of its request, and of the end of its
/// connection.
fn endless(told: mpsc::Sender<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        told.send("asked").unwrap();
        // Its end is what the test waits for.
        let _ = write_for_ever(stream);
        told.send("hung up").unwrap();
    });
    address
}

fn write_for_ever(stream: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head)?;
    }
    let text = "and on ".repeat(8_000);
    let piece = json!({ "choices": [{ "index": 0, "delta": { "content": text } }] });
    let stream = reader.get_mut();
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")?;
    loop {
        write!(stream, "data: {piece}\n\n")?;
    }
}

fn app(folder: &std::path::Path) -> App {
    let folder = DataFolder::resolve(Some(folder)).unwrap();
    database_key(&folder, KeyHome::File).unwrap();
    let around = Surroundings {
        actor: Actor::CommandLine,
        engine_program: "no-engine".into(),
        resources: None,
        on_engine_change: Box::new(|| ()),
    };
    App::open(&folder, around).unwrap()
}

/// An account named `Test`, and the key of a client.
fn with_account(app: &App, address: String) -> String {
    let input = AccountInput {
        kind: ProviderKind::Compatible,
        name: "Test".into(),
        base_url: address,
        destination: Some(Destination::Cloud),
        context_tokens: None,
    };
    app.gate.save_account(None, &input).unwrap();
    let client = NewClient {
        name: "Test".into(),
        workspace_id: None,
        days: None,
        budget: None,
        keeps_sent: false,
        only_metrics: false,
    };
    app.add_client(&client).unwrap().1.as_str().to_owned()
}

/// What a new connection hears; empty: it was turned away, as no seat is free.
fn health(server: &Server) -> String {
    let mut said = String::new();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let host = server.address();
    let asked = write!(
        stream,
        "GET /health HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    );
    // A connection that is turned away may be reset.
    let _ = asked.and_then(|()| stream.read_to_string(&mut said));
    said
}

#[test]
fn a_client_that_does_not_read_is_given_up_its_call_stopped_and_its_seat_free_again() {
    let folder = tempfile::tempdir().unwrap();
    let app = Arc::new(app(folder.path()));
    let (told, hears) = mpsc::channel();
    let key = with_account(&app, endless(told));
    let config = Config {
        port: 0,
        limits: Limits {
            unread: Duration::from_millis(200),
            connections: 1,
            ..Limits::default()
        },
        ..Config::default()
    };
    let server = Server::start(Arc::clone(&app), config).unwrap();
    let body = json!({
        "model": "Test/test-model", "stream": true,
        "messages": [{ "role": "user", "content": "Tell me all." }],
    })
    .to_string();
    let mut unread = TcpStream::connect(server.address()).unwrap();
    write!(
        unread,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\n\
         content-length: {}\r\n\r\n{body}",
        server.address(),
        body.len()
    )
    .unwrap();
    assert_eq!(hears.recv_timeout(LONG), Ok("asked"));
    assert_eq!(health(&server), "", "the only seat is taken");
    assert_eq!(hears.recv_timeout(LONG), Ok("hung up"));
    let since = Instant::now();
    while !health(&server).starts_with("HTTP/1.1 200") {
        assert!(since.elapsed() < LONG, "the seat is still taken");
        thread::yield_now();
    }
    server.stop();
    let calls = app
        .store
        .read(|conn| Ok::<_, StoreError>(costs::list(conn, 10)?));
    let statuses: Vec<_> = calls.unwrap().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [CallStatus::Stopped]);
    drop(unread);
}
