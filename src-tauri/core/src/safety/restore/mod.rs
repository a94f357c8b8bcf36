//! Restoring: values back into what a model writes, as it arrives.
//!
//! Each channel of an answer (its text, its reasoning, the arguments of each tool call) is read for
//! itself, in pieces of any size. A piece goes out at once but for the longest end of it that may
//! be the beginning of a known placeholder; when the channel ends, that goes out too. What was put
//! in is never read again, so a value that looks like a placeholder stays what it is.
//!
//! A model may write a placeholder a little differently. The nonce makes sure that it means one, so
//! these are restored as well, and counted in [`Report::changed`]:
//!
//! - in other case: `[Person-1-kqvt]`;
//! - with `_`, a space or a non-breaking hyphen for a hyphen: `[PERSON_1_kqvt]`;
//! - with Markdown's backslashes: `\[PERSON\-1\-kqvt\]`;
//! - with a space inside the brackets: `[ PERSON-1-kqvt ]`;
//! - without brackets, at the beginning of a word: `PERSON-1-kqvt`. With one bracket alone, that
//!   bracket stays.
//!
//! Everything else stays as it is, and is counted in [`Report::left`] if it has the nonce of this
//! conversation (a number that was never given) or is a known placeholder in brackets without it
//! (`[PERSON-1]`, which may be the model's own word). A placeholder of another conversation has
//! another nonce, so it is ordinary text.
//!
//! In arguments, which are JSON, placeholders are looked for in strings alone, through their
//! escapes, and values are escaped. A string that holds JSON itself is text here: a value with a
//! quote would break the inner JSON, and the tool will say so.

mod reader;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use reader::Report;
use reader::{Placeholders, Reader, Sink};

use super::{json, mask::Masks};

/// One part of an answer that arrives in pieces of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// The text of the answer.
    Content,
    /// What a model says in place of it, as it does not want to answer.
    Refusal,
    /// What a model thinks before it.
    Reasoning,
    /// The JSON arguments of a tool call, by its place in the answer.
    Arguments(u32),
}

/// Restores one answer.
#[derive(Debug)]
pub struct Restorer {
    placeholders: Placeholders,
    channels: BTreeMap<Channel, Stream>,
    report: Report,
}

impl Restorer {
    /// For an answer in the conversation of these masks, as they were when the request left.
    pub fn new(masks: &Masks) -> Self {
        Self {
            placeholders: Placeholders::new(masks),
            channels: BTreeMap::new(),
            report: Report::default(),
        }
    }

    /// The next piece of a channel; returns what can be shown, perhaps nothing yet.
    pub fn piece(&mut self, channel: Channel, piece: &str) -> String {
        let stream = self
            .channels
            .entry(channel)
            .or_insert_with(|| Stream::new(channel));
        let mut out = String::with_capacity(piece.len());
        stream.piece(&self.placeholders, piece, &mut out);
        out
    }

    /// A channel has ended, complete or not; returns what was held back of it.
    pub fn end(&mut self, channel: Channel) -> String {
        let mut out = String::new();
        if let Some(mut stream) = self.channels.remove(&channel) {
            stream.end(&self.placeholders, &mut out);
            self.report += stream.reader.report;
        }
        out
    }

    /// The answer has ended: all its channels with what was held back of them, where anything was.
    pub fn end_all(&mut self) -> Vec<(Channel, String)> {
        let channels: Vec<_> = self.channels.keys().copied().collect();
        let ended = channels
            .into_iter()
            .map(|channel| (channel, self.end(channel)));
        ended.filter(|(_, rest)| !rest.is_empty()).collect()
    }

    /// What was restored in this answer so far.
    pub fn report(&self) -> Report {
        let mut report = self.report;
        for stream in self.channels.values() {
            report += stream.reader.report;
        }
        report
    }

    /// The most characters that a channel holds back now.
    #[cfg(test)]
    fn held(&self) -> usize {
        let held = self.channels.values().map(|stream| stream.reader.held());
        held.max().unwrap_or(0)
    }
}

/// Restore a whole text.
pub fn restore(text: &str, masks: &Masks) -> String {
    whole(Channel::Content, text, masks)
}

/// Restore whole JSON, such as the arguments of a tool call.
pub fn restore_json(json: &str, masks: &Masks) -> String {
    whole(Channel::Arguments(0), json, masks)
}

fn whole(channel: Channel, text: &str, masks: &Masks) -> String {
    let mut restorer = Restorer::new(masks);
    let mut restored = restorer.piece(channel, text);
    restored.push_str(&restorer.end(channel));
    restored
}

impl std::ops::AddAssign for Report {
    fn add_assign(&mut self, other: Self) {
        self.exact += other.exact;
        self.changed += other.changed;
        self.left += other.left;
    }
}

/// One channel as far as it came.
#[derive(Debug)]
struct Stream {
    reader: Reader,
    /// Of JSON; `None` for text.
    json: Option<Position>,
}

/// Where in JSON a stream is.
#[derive(Debug, Default)]
struct Position {
    in_string: bool,
    /// The beginning of an escape.
    escape: String,
}

impl Stream {
    fn new(channel: Channel) -> Self {
        let is_json = matches!(channel, Channel::Arguments(_));
        Self {
            reader: Reader::new(),
            json: is_json.then(Position::default),
        }
    }

    fn piece(&mut self, known: &Placeholders, piece: &str, out: &mut String) {
        for letter in piece.chars() {
            match &mut self.json {
                None => self.reader.read(known, letter, &mut Text(out)),
                Some(position) => position.accept(&mut self.reader, known, letter, out),
            }
        }
    }

    fn end(&mut self, known: &Placeholders, out: &mut String) {
        match &mut self.json {
            None => self.reader.flush(known, &mut Text(out)),
            Some(position) => {
                self.reader.flush(known, &mut Escaped(out));
                out.push_str(&std::mem::take(&mut position.escape));
            }
        }
    }
}

impl Position {
    fn accept(
        &mut self,
        reader: &mut Reader,
        known: &Placeholders,
        letter: char,
        out: &mut String,
    ) {
        if self.in_string && (letter == '\\' || !self.escape.is_empty()) {
            self.escape.push(letter);
            return self.settle_escapes(reader, known, out);
        }
        if self.in_string && letter != '"' {
            return reader.read(known, letter, &mut Escaped(out));
        }
        if letter == '"' {
            reader.flush(known, &mut Escaped(out));
            self.in_string = !self.in_string;
        }
        reader.pass(known, letter);
        out.push(letter);
    }

    fn settle_escapes(&mut self, reader: &mut Reader, known: &Placeholders, out: &mut String) {
        while self.escape.starts_with('\\') {
            let json::Escape::Of(letter, bytes) = json::escape(&self.escape) else {
                return;
            };
            let rest = self.escape.split_off(bytes);
            let written = std::mem::replace(&mut self.escape, rest);
            reader.read_written(known, letter, &written, &mut Escaped(out));
        }
        // What seemed to be an escape and was none: at most eleven characters.
        for letter in std::mem::take(&mut self.escape).chars() {
            self.accept(reader, known, letter, out);
        }
    }
}

/// Values as they are.
struct Text<'a>(&'a mut String);

impl Sink for Text<'_> {
    fn as_is(&mut self, written: &str) {
        self.0.push_str(written);
    }

    fn value(&mut self, value: &str) {
        self.0.push_str(value);
    }
}

/// Values for the inside of a JSON string.
struct Escaped<'a>(&'a mut String);

impl Sink for Escaped<'_> {
    fn as_is(&mut self, written: &str) {
        self.0.push_str(written);
    }

    fn value(&mut self, value: &str) {
        json::push_escaped(self.0, value);
    }
}
