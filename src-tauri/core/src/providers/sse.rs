//! Server-sent events and lines of JSON out of bytes that come in any pieces.
//!
//! Own code and not a crate: those that are well kept follow the standard for browsers and lose what
//! language models' servers send. Read in November 2026, of the faults in `tests/`: both
//! `eventsource-stream` 0.2 and `sse-stream` 0.3 throw away an event that the end of the connection
//! completes (10) and cannot hand on a field that is not in the standard (24); `sse-stream` ends
//! the stream at bytes that are not UTF-8 (3). Neither reads the lines of JSON that Ollama sends.
//!
//! Otherwise as in the HTML standard, section 9.2.6: lines end with LF, CR or CRLF; one byte order
//! mark at the start is not part of the text; a colon begins a comment; several `data` lines are
//! one text. Work is linear in the bytes, and memory is bounded by [`MAX_EVENT_BYTES`].

use std::borrow::Cow;

/// The longest line or event. Images in an answer take up to about 6 MB as base64.
pub(super) const MAX_EVENT_BYTES: usize = 32 * 1024 * 1024;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// One event: its name, empty for none, and its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub name: String,
    pub data: String,
}

/// A line or an event is longer than [`MAX_EVENT_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

/// Cuts bytes into lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The line that has not ended.
    rest: Vec<u8>,
    /// Whether the last byte was a CR, so that an LF at the start belongs to it.
    after_cr: bool,
    /// Whether the start of the text, where a byte order mark may be, is over.
    begun: bool,
}

impl Lines {
    /// Hear every line that ends in these bytes. Bytes that are no UTF-8 are replaced, and only
    /// those: the line is whole by then, so no character is cut by the network.
    pub(super) fn push<E: From<TooLong>>(
        &mut self,
        mut bytes: &[u8],
        on_line: &mut dyn FnMut(Cow<'_, str>) -> Result<(), E>,
    ) -> Result<(), E> {
        if bytes.is_empty() {
            return Ok(());
        }
        if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
            bytes = &bytes[1..];
        }
        while let Some(at) = memchr::memchr2(b'\r', b'\n', bytes) {
            self.keep(&bytes[..at])?;
            let ended = bytes[at];
            bytes = &bytes[at + 1..];
            if ended == b'\r' {
                match bytes.first() {
                    Some(b'\n') => bytes = &bytes[1..],
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
            self.line(on_line)?;
        }
        Ok(self.keep(bytes)?)
    }

    /// The bytes are over: what is left is the last line.
    pub(super) fn finish<E: From<TooLong>>(
        &mut self,
        on_line: &mut dyn FnMut(Cow<'_, str>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.rest.is_empty() {
            return Ok(());
        }
        self.line(on_line)
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        if self.rest.len() + bytes.len() > MAX_EVENT_BYTES {
            return Err(TooLong);
        }
        self.rest.extend_from_slice(bytes);
        Ok(())
    }

    fn line<E>(&mut self, on_line: &mut dyn FnMut(Cow<'_, str>) -> Result<(), E>) -> Result<(), E> {
        let line = std::mem::take(&mut self.rest);
        let first = !std::mem::replace(&mut self.begun, true);
        let text = match line.strip_prefix(BOM) {
            Some(text) if first => text,
            _ => &line,
        };
        on_line(String::from_utf8_lossy(text))
    }
}

/// Puts events together from lines.
#[derive(Debug, Default)]
pub(super) struct Events {
    lines: Lines,
    open: Open,
}

/// The event that has not ended.
#[derive(Debug, Default)]
struct Open {
    name: String,
    data: Option<String>,
}

impl Events {
    /// Hear every event that ends in these bytes.
    pub(super) fn push<E: From<TooLong>>(
        &mut self,
        bytes: &[u8],
        on_event: &mut dyn FnMut(Event) -> Result<(), E>,
    ) -> Result<(), E> {
        let open = &mut self.open;
        self.lines
            .push(bytes, &mut |line| open.line(&line, on_event))
    }

    /// The bytes are over: an event without its blank line counts.
    pub(super) fn finish<E: From<TooLong>>(
        &mut self,
        on_event: &mut dyn FnMut(Event) -> Result<(), E>,
    ) -> Result<(), E> {
        let open = &mut self.open;
        self.lines.finish(&mut |line| open.line(&line, on_event))?;
        self.open.end(on_event)
    }
}

impl Open {
    fn line<E: From<TooLong>>(
        &mut self,
        line: &str,
        on_event: &mut dyn FnMut(Event) -> Result<(), E>,
    ) -> Result<(), E> {
        if line.is_empty() {
            return self.end(on_event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => self.data(value)?,
            // llama.cpp sends `error: {…}`, which is no field of the standard.
            "error" => {
                self.end(on_event)?;
                "error".clone_into(&mut self.name);
                self.data(value)?;
            }
            // Comments, which have no name, `id`, `retry`, and what nobody knows.
            _ => {}
        }
        Ok(())
    }

    fn data(&mut self, value: &str) -> Result<(), TooLong> {
        let Some(data) = &mut self.data else {
            self.data = Some(value.to_owned());
            return Ok(());
        };
        if data.len() + value.len() >= MAX_EVENT_BYTES {
            return Err(TooLong);
        }
        data.push('\n');
        data.push_str(value);
        Ok(())
    }

    fn end<E>(&mut self, on_event: &mut dyn FnMut(Event) -> Result<(), E>) -> Result<(), E> {
        let name = std::mem::take(&mut self.name);
        match self.data.take() {
            Some(data) => on_event(Event { name, data }),
            None => Ok(()),
        }
    }
}
