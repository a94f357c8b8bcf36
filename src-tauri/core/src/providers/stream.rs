//! An answer that comes in pieces: bytes to events, until the model has said that it is done.

use serde_json::Value;

use super::{
    account::{Account, glance},
    cloud::{CloudEvent, Delta},
    complaint::Complaint,
    error::{ProviderError, Trouble},
    http::{Answer, Limits},
    sse::{Event, Events, Lines, TooLong},
};

/// How pieces are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Server-sent events.
    Events,
    /// One JSON value a line.
    JsonLines,
}

/// How far an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    /// The end mark: nothing that follows is read.
    Over,
}

/// Why a piece cannot be used.
pub(super) enum Fault {
    /// The server says what is wrong.
    Complaint(Complaint),
    /// This is wrong with it.
    Trouble(Trouble, String),
}

impl Fault {
    pub(super) fn nonsense(said: &str) -> Self {
        Self::Trouble(Trouble::Nonsense, said.to_owned())
    }
}

impl From<TooLong> for Fault {
    fn from(_: TooLong) -> Self {
        Self::nonsense("a piece of the answer is too long")
    }
}

/// Understands the pieces of one provider.
pub(super) trait Decode: Default {
    /// What the caller hears.
    type Event;
    /// What only a whole answer has.
    type End;

    /// Whether an event is a piece of the answer: after it, a new try would say things twice.
    fn is_answer(event: &Self::Event) -> bool;

    /// Whether the server is at work after this event, so that it is waited for less long from then on.
    fn begins(event: &Self::Event) -> bool {
        Self::is_answer(event)
    }

    /// Whether events of this name are read; others are not even looked into.
    fn knows(&self, name: &str) -> bool {
        let _ = name;
        true
    }

    /// One JSON value, of a stream or a whole answer.
    fn value(
        &mut self,
        value: &Value,
        on_event: &mut dyn FnMut(Self::Event),
    ) -> Result<Progress, Fault>;

    /// Whether the model has said why it ended, so that the answer counts as whole.
    fn has_ended(&self) -> bool;

    /// The answer is over, by its reason or by a mark that only a whole answer has.
    fn end(self) -> Result<Self::End, Fault>;
}

/// A piece of text for the caller; empty pieces are none.
pub(super) fn tell(
    on_event: &mut dyn FnMut(CloudEvent),
    kind: fn(String) -> Delta,
    text: Option<&str>,
) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        on_event(CloudEvent::Delta(kind(text.to_owned())));
    }
}

/// Read an answer to its end.
pub(super) fn read<D: Decode>(
    account: &Account,
    answer: &mut Answer<'_>,
    framing: Framing,
    limits: &Limits,
    on_event: &mut dyn FnMut(D::Event),
) -> Result<D::End, ProviderError> {
    let mut decoder = D::default();
    let told = |fault: Fault| match fault {
        Fault::Complaint(complaint) => account.complaint(200, &complaint),
        Fault::Trouble(trouble, said) => account.error_saying(trouble, &said),
    };
    let mut pieces = Pieces::new(framing);
    let mut over = false;
    let mut begun = false;
    while !over {
        let limit = if decoder.has_ended() {
            limits.after_end
        } else if begun {
            limits.idle
        } else {
            // Some send the head at once, and then think as long as others do before it.
            limits.first_byte.max(limits.idle)
        };
        let bytes = match answer.next(limit) {
            Ok(bytes) => bytes,
            // What only follows the end may be missing, late or broken.
            Err(error) if decoder.has_ended() && !is_wanted(&error) => None,
            Err(error) => return Err(error),
        };
        let hear = &mut |event: Event| {
            if !over {
                let hear = &mut |event: D::Event| {
                    begun |= D::begins(&event);
                    on_event(event);
                };
                over = piece(&mut decoder, &event, hear)? == Progress::Over;
            }
            Ok(())
        };
        match bytes {
            Some(bytes) => pieces.push(&bytes, hear).map_err(told)?,
            None => {
                pieces.finish(hear).map_err(told)?;
                break;
            }
        }
    }
    if !over && !decoder.has_ended() {
        return Err(account.error(Trouble::Cut));
    }
    decoder.end().map_err(told)
}

/// Whether a person wanted it to end.
fn is_wanted(error: &ProviderError) -> bool {
    matches!(error.trouble, Trouble::Stopped | Trouble::Offline)
}

fn piece<D: Decode>(
    decoder: &mut D,
    event: &Event,
    on_event: &mut dyn FnMut(D::Event),
) -> Result<Progress, Fault> {
    if event.name != "error" && !decoder.knows(&event.name) {
        return Ok(Progress::More);
    }
    let data = event.data.trim();
    // A comment that something on the way has wrapped into an event stays a comment.
    if data.is_empty() || data.starts_with(':') {
        return Ok(Progress::More);
    }
    if data == "[DONE]" {
        return Ok(Progress::Over);
    }
    match serde_json::from_str::<Value>(data) {
        Ok(value) => match Complaint::of(&value) {
            Some(complaint) => Err(Fault::Complaint(complaint)),
            None if event.name == "error" => Err(Fault::Complaint(Complaint::of_object(&value))),
            None => decoder.value(&value, on_event),
        },
        Err(_) if event.name == "error" || is_error_text(data) => {
            Err(Fault::Complaint(Complaint::plain(data)))
        }
        Err(half) if half.is_eof() => Err(Fault::Trouble(Trouble::Cut, String::new())),
        Err(_) => Err(Fault::nonsense(&glance(data.as_bytes()))),
    }
}

fn is_error_text(data: &str) -> bool {
    data.get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case("error"))
}

/// Takes bytes apart. Whether a stream has events or is one JSON answer is seen by its first
/// letter: servers are wrong about their content type.
struct Pieces {
    framing: Framing,
    events: Events,
    lines: Lines,
    /// The start, as long as it is only white space.
    start: Vec<u8>,
    body: Body,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    Unknown,
    Pieces,
    Whole,
}

impl Pieces {
    fn new(framing: Framing) -> Self {
        Self {
            framing,
            events: Events::default(),
            lines: Lines::default(),
            start: Vec::new(),
            body: match framing {
                Framing::Events => Body::Unknown,
                Framing::JsonLines => Body::Pieces,
            },
        }
    }

    fn push(
        &mut self,
        bytes: &[u8],
        hear: &mut dyn FnMut(Event) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.body == Body::Pieces {
            return self.pieces(bytes, hear);
        }
        if self.start.len() + bytes.len() > super::sse::MAX_EVENT_BYTES {
            return Err(TooLong.into());
        }
        self.start.extend_from_slice(bytes);
        if self.body == Body::Unknown {
            self.body = match first_letter(&self.start) {
                None => return Ok(()),
                Some(b'{' | b'[' | b'<') => Body::Whole,
                Some(_) => Body::Pieces,
            };
        }
        if self.body == Body::Whole {
            return Ok(());
        }
        let start = std::mem::take(&mut self.start);
        self.pieces(&start, hear)
    }

    fn pieces(
        &mut self,
        bytes: &[u8],
        hear: &mut dyn FnMut(Event) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        match self.framing {
            Framing::Events => self.events.push(bytes, hear),
            Framing::JsonLines => self.lines.push(bytes, &mut |line| hear(nameless(&line))),
        }
    }

    fn finish(&mut self, hear: &mut dyn FnMut(Event) -> Result<(), Fault>) -> Result<(), Fault> {
        match self.body {
            Body::Whole => hear(nameless(&String::from_utf8_lossy(&self.start))),
            _ => {
                self.lines.finish(&mut |line| hear(nameless(&line)))?;
                self.events.finish(hear)
            }
        }
    }
}

fn nameless(data: &str) -> Event {
    Event {
        name: String::new(),
        data: data.to_owned(),
    }
}

/// The first byte after white space and a byte order mark.
fn first_letter(bytes: &[u8]) -> Option<u8> {
    let mut letters = bytes
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace() && !b"\xEF\xBB\xBF".contains(byte));
    letters.next().copied()
}
