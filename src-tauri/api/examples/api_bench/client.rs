//! A client that keeps its connection, asks one question again and again, and reads each answer whole.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use serde_json::json;

/// A client of a server.
pub(crate) struct Client {
    host: String,
    request: Vec<u8>,
    connection: Option<BufReader<TcpStream>>,
}

/// Another one, with a connection of its own.
impl Clone for Client {
    fn clone(&self) -> Self {
        Self {
            host: self.host.clone(),
            request: self.request.clone(),
            connection: None,
        }
    }
}

impl Client {
    pub(crate) fn new(host: &str, key: &str, model: &str) -> Self {
        let body = json!({
            "model": model,
            "messages": [{ "role": "user", "content": "Is the notice period in this lease three months?" }],
            "max_tokens": 64,
        })
        .to_string();
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Self {
            host: host.to_owned(),
            request: [head.into_bytes(), body.into_bytes()].concat(),
            connection: None,
        }
    }

    /// Ask, and read the answer; one that is no answer ends the measurement.
    pub(crate) fn ask(&mut self) {
        let connection = self.connection.get_or_insert_with(|| {
            let stream = TcpStream::connect(&self.host).unwrap();
            stream.set_nodelay(true).unwrap();
            BufReader::new(stream)
        });
        connection.get_mut().write_all(&self.request).unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(connection.read_line(&mut head).unwrap() > 0, "{head}");
        }
        let head = head.to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .map(|length| length.trim().parse().unwrap());
        let mut body = vec![0; length.unwrap_or(0)];
        connection.read_exact(&mut body).unwrap();
        let said = String::from_utf8_lossy(&body);
        assert!(
            head.contains(" 200 ") && said.contains("Yes, it is."),
            "{head}{said}"
        );
        if head.contains("connection: close") {
            self.connection = None;
        }
    }
}
