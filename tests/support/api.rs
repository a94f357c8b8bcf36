//! `gatehouse serve` in a process of its own, and requests to it byte for byte.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use gatehouse_core::store::DataFolder;
use serde_json::Value;

use super::app::program;

/// How long a test waits for an answer before it fails.
const LONG: Duration = Duration::from_secs(120);

/// A server that runs until it is dropped.
pub struct Served {
    child: Child,
    output: BufReader<ChildStdout>,
    /// Its base address, such as `http://127.0.0.1:40123`.
    pub base: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

impl Served {
    /// Serve a folder, with more arguments.
    pub fn start(folder: &DataFolder, arguments: &[&str]) -> Self {
        let mut child = Command::new(program("gatehouse"))
            .arg("--data-dir")
            .arg(folder.path())
            .args(["--json", "serve", "--port", "0"])
            .args(arguments)
            // With a part of the heap for each thread, memory grows for long before it is used again, and what
            // a test sees of it says little.
            .env("MALLOC_ARENA_MAX", "2")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        Self {
            child,
            output,
            base: told["base_url"].as_str().unwrap().to_owned(),
        }
    }

    /// Host and port.
    pub fn host(&self) -> &str {
        self.base.split_once("://").unwrap().1
    }

    /// A connection to it.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.host()).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    /// Post JSON with a key.
    pub fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            self.host(),
            body.len()
        );
        self.send(&[head.as_bytes(), body.as_bytes()].concat())
    }

    /// Send bytes on a connection of their own, and read until it is closed.
    pub fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        // The server may close before it has read everything, which is what some tests want.
        let _ = stream.write_all(bytes);
        answer(&mut stream)
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Interrupt it as a person does, and read what it says at the end.
    #[cfg(unix)]
    pub fn stop(mut self) -> Value {
        let interrupted = Command::new("kill")
            .args(["-INT", &self.id().to_string()])
            .status()
            .unwrap();
        assert!(interrupted.success());
        let mut said = String::new();
        self.output.read_to_string(&mut said).unwrap();
        assert!(self.child.wait().unwrap().success());
        serde_json::from_str(&said).unwrap()
    }
}

/// Read an answer until the connection is closed.
pub fn answer(stream: &mut impl Read) -> Answer {
    let mut bytes = Vec::new();
    // A reset after the answer is one all the same.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Answer {
        status: status.unwrap_or(0),
        head: head.to_ascii_lowercase(),
        body: unchunked(head, body),
    }
}

/// A body without the lengths of its chunks.
fn unchunked(head: &str, body: &str) -> String {
    if !head
        .to_ascii_lowercase()
        .contains("transfer-encoding: chunked")
    {
        return body.to_owned();
    }
    let (mut whole, mut rest) = (String::new(), body);
    while let Some((length, after)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length.trim(), 16).unwrap_or(0);
        let Some(chunk) = after.get(..length).filter(|_| length > 0) else {
            break;
        };
        whole.push_str(chunk);
        rest = after.get(length + 2..).unwrap_or_default();
    }
    whole
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
