//! A provider on this computer that speaks as OpenAI does: it keeps what it was sent, byte for
//! byte, and answers as the test says.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, mpsc::Sender},
    thread,
};

use serde_json::{Value, json};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its first line and its headers, as they were written.
    pub head: String,
    /// Its body.
    pub body: Vec<u8>,
}

impl Received {
    /// The text of the last message.
    pub fn last_message(&self) -> String {
        let messages = self.json()["messages"].clone();
        let last = messages.as_array().and_then(|all| all.last()).unwrap();
        text_of(&last["content"])
    }

    /// The body as JSON; null where there is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        parts => {
            let mut texts = parts.as_array().into_iter().flatten();
            let text = texts.find_map(|part| part["text"].as_str());
            text.unwrap_or_default().to_owned()
        }
    }
}

/// What the provider does with a request.
pub enum Reply {
    /// Write these pieces, then say what was used: tokens in and out.
    Pieces(Vec<String>, u64, u64),
    /// The same as one text, on a connection that stays open, and tell when the client closes it.
    Kept(String, Sender<()>),
    /// Write these pieces and never end.
    Endless(Vec<String>),
    /// Refuse with this status and these words.
    Refuse(u16, &'static str),
    /// Refuse with this status, more lines of the head, and this error.
    RefuseWith(u16, &'static str, Value),
    /// Write these pieces of an answer that says it is longer, and hang up.
    Cut(Vec<String>),
    /// Answer with this whole.
    Whole(Value),
    /// Answer with these, each on a line of its own.
    Lines(Vec<Value>),
    /// The same, and never end.
    EndlessLines(Vec<Value>),
    /// Answer with these bytes, of this kind.
    Raw(&'static str, Vec<u8>),
}

/// A running provider. It runs for as long as the test does.
pub struct Provider {
    /// Its base address.
    pub address: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Provider {
    /// Answer every request as `reply` says.
    pub fn start(reply: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let (kept, reply) = (Arc::clone(&received), Arc::new(reply));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, reply) = (Arc::clone(&kept), Arc::clone(&reply));
                thread::spawn(move || {
                    // A client that goes away in the middle is part of some tests.
                    let _ = serve(stream, &kept, &*reply);
                });
            }
        });
        Self { address, received }
    }

    /// One that says back the last message that it received.
    pub fn echo() -> Self {
        Self::start(|request| {
            let said = request.last_message();
            let letters = said.chars().map(String::from).collect();
            Reply::Pieces(letters, 100, 10)
        })
    }

    /// What it was sent, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// All bodies it was sent, as text.
    pub fn everything(&self) -> String {
        let all = self.received();
        let texts = all
            .iter()
            .map(|request| String::from_utf8_lossy(&request.body));
        texts.collect::<Vec<_>>().join("\n")
    }
}

fn serve(
    stream: TcpStream,
    kept: &Mutex<Vec<Received>>,
    reply: &dyn Fn(&Received) -> Reply,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")
                .map(str::to_owned)
        })
        .and_then(|length| length.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let request = Received { head, body };
    kept.lock().unwrap().push(request.clone());
    answer(stream, reply(&request))
}

fn answer(mut stream: TcpStream, reply: Reply) -> std::io::Result<()> {
    let stream_head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let piece = |text: &str| {
        let chunk = json!({ "choices": [{ "index": 0, "delta": { "content": text } }] });
        format!("data: {chunk}\n\n")
    };
    let end = |input: u64, output: u64| {
        let end = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
        let usage = json!({ "choices": [], "usage": {
            "prompt_tokens": input, "completion_tokens": output } });
        format!("data: {end}\n\ndata: {usage}\n\ndata: [DONE]\n\n")
    };
    match reply {
        Reply::Pieces(pieces, input, output) => {
            stream.write_all(stream_head.as_bytes())?;
            for text in &pieces {
                stream.write_all(piece(text).as_bytes())?;
            }
            stream.write_all(end(input, output).as_bytes())
        }
        Reply::Kept(text, closed) => {
            let body = piece(&text) + &end(100, 10);
            let length = body.len();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";
            write!(stream, "{head}content-length: {length}\r\n\r\n{body}")?;
            let read = stream.read(&mut [0; 16]).unwrap_or(0);
            assert_eq!(read, 0, "another request on it");
            // A test that has seen enough does not hear it.
            let _ = closed.send(());
            Ok(())
        }
        Reply::Endless(pieces) => {
            stream.write_all(stream_head.as_bytes())?;
            for text in &pieces {
                stream.write_all(piece(text).as_bytes())?;
            }
            // Until the client goes away.
            stream.read(&mut [0; 16]).map(|_| ())
        }
        Reply::Refuse(status, words) => refuse(stream, status, "", &json!({ "message": words })),
        Reply::RefuseWith(status, head, error) => refuse(stream, status, head, &error),
        Reply::Cut(pieces) => {
            let body: String = pieces.iter().map(|text| piece(text)).collect();
            let promised = 2 * body.len() + 1;
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n";
            write!(stream, "{head}content-length: {promised}\r\n\r\n{body}")
        }
        Reply::Lines(values) => lines(&mut stream, &values),
        Reply::EndlessLines(values) => {
            lines(&mut stream, &values)?;
            // Until the client goes away.
            stream.read(&mut [0; 16]).map(|_| ())
        }
        Reply::Raw(kind, body) => {
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            )?;
            stream.write_all(&body)
        }
        Reply::Whole(value) => {
            let body = value.to_string();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            )
        }
    }
}

fn lines(stream: &mut TcpStream, values: &[Value]) -> std::io::Result<()> {
    stream.write_all(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\nconnection: close\r\n\r\n",
    )?;
    values
        .iter()
        .try_for_each(|value| writeln!(stream, "{value}"))
}

/// `head`: more lines of it, each with its end.
fn refuse(mut stream: TcpStream, status: u16, head: &str, error: &Value) -> std::io::Result<()> {
    let body = json!({ "error": error }).to_string();
    write!(
        stream,
        "HTTP/1.1 {status} No\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{head}connection: close\r\n\r\n{body}",
        body.len()
    )
}
