//! A client that keeps its connection, asks one question again and again, and reads each answer whole.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::json;

/// How long an answer may take before it counts as lost.
const LONGEST: Duration = Duration::from_secs(30);

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

    /// Ask, and read the answer; why there is none, else.
    pub(crate) fn ask(&mut self) -> Result<(), String> {
        let answered = self.answer();
        if answered.is_err() {
            self.connection = None;
        }
        let (head, body) = answered.map_err(|error| error.to_string())?;
        if head.contains("connection: close") {
            self.connection = None;
        }
        if head.contains(" 200 ") && body.contains("Yes, it is.") {
            return Ok(());
        }
        Err(format!("{head}{body}"))
    }

    /// Head, in small letters, and body.
    fn answer(&mut self) -> io::Result<(String, String)> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let stream = TcpStream::connect(&self.host)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(LONGEST))?;
                none.insert(BufReader::new(stream))
            }
        };
        connection.get_mut().write_all(&self.request)?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if connection.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let head = head.to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .and_then(|length| length.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        connection.read_exact(&mut body)?;
        Ok((head, String::from_utf8_lossy(&body).into_owned()))
    }
}
