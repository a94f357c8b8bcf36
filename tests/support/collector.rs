//! A collector of OpenTelemetry in a process of its own, which decodes what it is sent with the official
//! messages: `tests/clients/collector.py`.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Mutex, mpsc},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::app::program;

/// How long a test waits for a message before it fails.
const LONG: Duration = Duration::from_secs(120);

/// It runs until it is dropped.
pub struct Collector {
    child: Child,
    orders: Mutex<ChildStdin>,
    told: mpsc::Receiver<Value>,
    /// Told, and not asked for yet.
    waiting: Mutex<VecDeque<Value>>,
    /// Every byte of every message that was asked for.
    bytes: Mutex<Vec<u8>>,
    /// Its address.
    pub address: String,
}

/// The Python that `cargo xtask test` sets up for the official clients.
fn python() -> PathBuf {
    let built = program("gatehouse");
    let target = built.parent().and_then(Path::parent).unwrap();
    let python = target.join(if cfg!(windows) {
        r"clients\python\Scripts\python.exe"
    } else {
        "clients/python/bin/python"
    });
    assert!(
        python.is_file(),
        "{} is missing: `cargo xtask test` makes it, from tests/clients/requirements.txt",
        python.display()
    );
    python
}

impl Collector {
    /// One that takes what it is sent.
    pub fn start() -> Self {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/clients/collector.py"
        );
        let mut child = Command::new(python())
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // An error: the test has ended.
                let _ = tell.send(serde_json::from_str(&line).unwrap());
            }
        });
        let first: Value = told
            .recv_timeout(LONG)
            .expect("the collector says where it is");
        Self {
            address: first["address"].as_str().unwrap().to_owned(),
            orders: Mutex::new(child.stdin.take().unwrap()),
            child,
            told,
            waiting: Mutex::default(),
            bytes: Mutex::default(),
        }
    }

    /// Let it do so with what comes from now on: `takes`, `rejects COUNT`, `rejects COUNT figures`,
    /// `answers STATUS`, `hangs` or `closes`.
    pub fn becomes(&self, manner: &str) {
        writeln!(self.orders.lock().unwrap(), "{manner}").unwrap();
        loop {
            let told = self.told.recv_timeout(LONG).unwrap();
            if told["manner"] == manner {
                return;
            }
            self.waiting.lock().unwrap().push_back(told);
        }
    }

    /// The next message.
    pub fn next(&self) -> Value {
        let waiting = self.waiting.lock().unwrap().pop_front();
        let told =
            waiting.unwrap_or_else(|| self.told.recv_timeout(LONG).expect("nothing was sent"));
        assert_eq!(told["kind"], "application/x-protobuf");
        let raw = STANDARD.decode(told["raw"].as_str().unwrap()).unwrap();
        self.bytes.lock().unwrap().extend(raw);
        told
    }

    /// The next figures.
    pub fn metrics(&self) -> Vec<Value> {
        loop {
            if let Some(metrics) = self.next()["metrics"].as_array() {
                return metrics.clone();
            }
        }
    }

    /// So many spans at least, in as many messages as they come in.
    pub fn spans(&self, count: usize) -> Vec<Value> {
        let mut spans = Vec::new();
        while spans.len() < count {
            spans.extend(
                self.next()["traces"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default(),
            );
        }
        spans
    }

    /// All that was sent and asked for, as text in small letters.
    pub fn everything(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).to_lowercase()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
