//! A server that does on purpose what real ones do by mistake: it sends the bytes it is told to,
//! waits for the test to say when, and breaks off.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::mpsc::{self, Receiver, Sender},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// No step waits longer than this, so that a broken test ends.
const PATIENCE: Duration = Duration::from_secs(20);

/// One thing to do on a connection, after its request was read.
pub(super) enum Step {
    /// Send these bytes.
    Send(Vec<u8>),
    /// Tell the test that it has come so far.
    Tell(Sender<()>),
    /// Go on when the test says so.
    Wait(Receiver<()>),
    /// Go on after a time, where time is what is tested.
    Sleep(Duration),
    /// Keep the connection open until the client closes it.
    Hold,
    /// Read the next request on the same connection.
    Next,
    /// Send nothing more.
    End,
}

/// What a connection does: steps after its request, or a reset without having read it.
pub(super) enum Script {
    Steps(Vec<Step>),
    /// Close with the request unread, which resets the connection.
    Reset,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Received {
    /// `POST /v1/chat/completions HTTP/1.1` and the headers, names in lower case.
    pub head: String,
    pub body: Vec<u8>,
}

/// A running server. It ends when its scripts do.
pub(super) struct FaultServer {
    pub address: String,
    received: Receiver<Received>,
    /// When a client closed a connection that was held.
    pub closed: Receiver<Instant>,
    thread: Option<JoinHandle<()>>,
}

impl FaultServer {
    /// Serve one connection for each script, one after the other.
    pub(super) fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (requests, received) = mpsc::channel();
        let (closes, closed) = mpsc::channel();
        let serve = move || {
            for script in scripts {
                let Ok((stream, _)) = listener.accept() else {
                    return;
                };
                stream.set_nodelay(true).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                match script {
                    Script::Reset => reset(stream),
                    Script::Steps(steps) => run(stream, steps, &requests, &closes),
                }
            }
        };
        Self {
            address,
            received,
            closed,
            thread: Some(thread::spawn(serve)),
        }
    }

    /// The requests that came until now.
    pub(super) fn received(&self) -> Vec<Received> {
        self.received.try_iter().collect()
    }

    /// Wait until all scripts are over.
    pub(super) fn finish(mut self) -> Vec<Received> {
        self.thread.take().unwrap().join().unwrap();
        self.received.try_iter().collect()
    }
}

fn reset(stream: TcpStream) {
    // Something must have come that is not read; otherwise it would be an ordinary end.
    let mut first = [0; 1];
    let _ = stream.peek(&mut first);
}

fn run(
    mut stream: TcpStream,
    steps: Vec<Step>,
    requests: &Sender<Received>,
    closes: &Sender<Instant>,
) {
    let Some(request) = read_request(&mut stream) else {
        return;
    };
    let _ = requests.send(request);
    for step in steps {
        match step {
            Step::Send(bytes) => {
                if stream
                    .write_all(&bytes)
                    .and_then(|()| stream.flush())
                    .is_err()
                {
                    return;
                }
            }
            Step::Tell(test) => {
                let _ = test.send(());
            }
            Step::Wait(gate) => {
                if gate.recv_timeout(PATIENCE).is_err() {
                    return;
                }
            }
            Step::Sleep(time) => thread::sleep(time),
            Step::Hold => {
                let _ = stream.read(&mut [0; 64]);
                let _ = closes.send(Instant::now());
            }
            Step::Next => match read_request(&mut stream) {
                Some(request) => drop(requests.send(request)),
                None => return,
            },
            Step::End => drop(stream.shutdown(Shutdown::Write)),
        }
    }
    let _ = stream.shutdown(Shutdown::Write);
    // Reading to the end keeps the system from turning the end into a reset.
    let _ = stream.read(&mut [0; 64]);
}

fn read_request(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let mut piece = [0; 8_192];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    while bytes.len() < end + length {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
    Some(Received {
        head,
        body: bytes.split_off(end),
    })
}

/// The head of an answer with these extra headers, its body in chunks.
pub(super) fn head(status: &str, extra: &[&str]) -> Step {
    let extra: String = extra.iter().map(|line| format!("{line}\r\n")).collect();
    let text = format!("HTTP/1.1 {status}\r\n{extra}transfer-encoding: chunked\r\n\r\n");
    Step::Send(text.into_bytes())
}

/// One chunk. The client gets its bytes apart from those of the next.
pub(super) fn chunk(bytes: &[u8]) -> Step {
    let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
    framed.extend_from_slice(bytes);
    framed.extend_from_slice(b"\r\n");
    Step::Send(framed)
}

/// The end of an answer in chunks.
pub(super) fn last_chunk() -> Step {
    Step::Send(b"0\r\n\r\n".to_vec())
}

/// A stream of server-sent events in these pieces, which ends in order.
pub(super) fn stream(pieces: &[&[u8]]) -> Script {
    let mut steps = vec![head("200 OK", &["content-type: text/event-stream"])];
    steps.extend(
        pieces
            .iter()
            .filter(|piece| !piece.is_empty())
            .map(|piece| chunk(piece)),
    );
    steps.push(last_chunk());
    Script::Steps(steps)
}

/// A whole answer.
pub(super) fn answer(status: &str, extra: &[&str], body: &str) -> Script {
    Script::Steps(vec![whole(status, extra, body)])
}

/// The same, as a step.
pub(super) fn whole(status: &str, extra: &[&str], body: &str) -> Step {
    let extra: String = extra.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    let text = format!("HTTP/1.1 {status}\r\n{extra}content-length: {length}\r\n\r\n{body}");
    Step::Send(text.into_bytes())
}
