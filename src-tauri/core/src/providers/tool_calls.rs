//! Calls of tools, put together from pieces.
//!
//! OpenAI numbers the pieces with `index`. Others leave it out, give every call the same one, or
//! change it in the middle of a call. So a piece goes by its id first, then by its index, and never
//! to a call whose arguments are whole while another's are not.

use serde_json::{Map, Value};

use super::{
    cloud::{CloudEvent, Delta, ToolCall},
    stream::Fault,
};

/// What all calls of one answer may take. Real ones take kilobytes.
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// How long an id or a name may be. Providers take at most 128 letters.
const MAX_NAME_BYTES: usize = 1_024;
/// How many calls one answer may have. Real ones have a handful.
const MAX_CALLS: usize = 1_000;

/// A piece of a call, as it came.
#[derive(Debug, Default)]
pub(super) struct Piece<'a> {
    pub index: Option<u64>,
    pub id: &'a str,
    pub name: &'a str,
    pub arguments: &'a str,
}

/// The calls of one answer.
#[derive(Debug, Default)]
pub(super) struct ToolCalls {
    open: Vec<Open>,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Open {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
    brackets: Brackets,
}

impl ToolCalls {
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether there is a call with this number.
    pub(super) fn has(&self, index: u64) -> bool {
        self.open.iter().any(|open| open.index == Some(index))
    }

    /// Put a piece where it belongs and tell of it.
    pub(super) fn add(
        &mut self,
        piece: &Piece<'_>,
        on_event: &mut dyn FnMut(CloudEvent),
    ) -> Result<(), Fault> {
        self.bytes += piece.arguments.len();
        if self.bytes > MAX_BYTES || piece.id.len().max(piece.name.len()) > MAX_NAME_BYTES {
            return Err(Fault::nonsense("a call of a tool is too long"));
        }
        let call = self.place(piece).unwrap_or_else(|| {
            self.open.push(Open::default());
            self.open.len() - 1
        });
        if self.open.len() > MAX_CALLS {
            return Err(Fault::nonsense("too many calls of tools"));
        }
        let open = &mut self.open[call];
        open.index = open.index.or(piece.index);
        if open.id.is_empty() {
            piece.id.clone_into(&mut open.id);
        }
        if open.name.is_empty() {
            piece.name.clone_into(&mut open.name);
        }
        open.arguments.push_str(piece.arguments);
        open.brackets.read(piece.arguments);
        on_event(CloudEvent::Delta(Delta::ToolCall {
            call,
            name: open.name.clone(),
            arguments: piece.arguments.to_owned(),
        }));
        Ok(())
    }

    /// The call that a piece belongs to; `None` for a new one.
    fn place(&self, piece: &Piece<'_>) -> Option<usize> {
        let numbered = piece.index.and_then(|index| {
            let same = |open: &Open| open.index == Some(index);
            self.open.iter().rposition(same)
        });
        let last = self.open.len().checked_sub(1)?;
        let tail = match numbered {
            Some(at) if !self.open[at].is_whole() || self.open[last].is_whole() => at,
            _ => last,
        };
        if !piece.id.is_empty() {
            let known = self.open.iter().rposition(|open| open.id == piece.id);
            // Some servers make up a new id for every piece; only the head has a name.
            let same = piece.name.is_empty() && numbered.is_some();
            return known.or_else(|| same.then_some(tail));
        }
        if !piece.name.is_empty() {
            // Without an id, a name that comes again is the same call until it is whole.
            let open = &self.open[tail];
            let same = open.name == piece.name && !open.is_whole() && !open.arguments.is_empty();
            let unnamed = open.name.is_empty();
            return (same || unnamed).then_some(tail);
        }
        Some(tail)
    }

    /// The calls, all of them whole; an answer with one that is not cannot be used.
    pub(super) fn finish(self) -> Result<Vec<ToolCall>, Fault> {
        let number = |(at, open): (usize, Open)| open.whole(at);
        self.open.into_iter().enumerate().map(number).collect()
    }
}

impl Open {
    fn is_whole(&self) -> bool {
        self.brackets.closed
    }

    fn whole(self, at: usize) -> Result<ToolCall, Fault> {
        if self.name.is_empty() {
            return Err(Fault::nonsense("a call without the name of a tool"));
        }
        let arguments = match self.arguments.trim() {
            // A tool without parameters.
            "" | "null" => Map::new(),
            text => match serde_json::from_str(text) {
                Ok(Value::Object(arguments)) => arguments,
                _ => return Err(Fault::nonsense("the arguments of a tool are not whole")),
            },
        };
        let id = if self.id.is_empty() {
            format!("call_{at}")
        } else {
            self.id
        };
        Ok(ToolCall {
            id,
            name: self.name,
            arguments,
        })
    }
}

/// Follows JSON without keeping it, to know when an object has ended.
#[derive(Debug, Default)]
struct Brackets {
    depth: usize,
    in_text: bool,
    escaped: bool,
    closed: bool,
}

impl Brackets {
    fn read(&mut self, text: &str) {
        for byte in text.bytes() {
            if self.in_text {
                self.in_text = self.escaped || byte != b'"';
                self.escaped = !self.escaped && byte == b'\\';
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    self.closed = false;
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.closed = self.depth == 0;
                }
                _ => {}
            }
        }
    }
}
