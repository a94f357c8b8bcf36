//! JSON text, as far as masking reads it: where its strings are, and what their escapes mean.
//!
//! No document is built. What is between the strings stays as it was written, so large numbers and
//! spaces survive, and text that is not quite JSON (a model was cut off) is read as far as it goes.

use std::{fmt::Write, ops::Range};

use serde_json::{Map, Value};

/// The object that JSON text holds; `None`: it holds none, or two names in one of its objects are the same. A
/// parser keeps the last of those and drops the others without a word.
pub(crate) fn distinct_object(json: &str) -> Option<Map<String, Value>> {
    let object = serde_json::from_str(json).ok()?;
    (names_read(&object) == names_written(json)).then_some(object)
}

/// How many names there are in an object and in those inside it.
fn names_read(object: &Map<String, Value>) -> usize {
    let mut names = object.len();
    let mut left: Vec<&Value> = object.values().collect();
    while let Some(value) = left.pop() {
        match value {
            Value::Object(inner) => {
                names += inner.len();
                left.extend(inner.values());
            }
            Value::Array(inner) => left.extend(inner),
            _ => {}
        }
    }
    names
}

/// The same for how it is written: a colon stands after each name, and elsewhere within strings alone.
fn names_written(json: &str) -> usize {
    let (mut names, mut quoted, mut escaped) = (0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b':' if !quoted => names += 1,
            _ => {}
        }
    }
    names
}

/// What an escape stands for: the character, and its length in bytes.
pub(super) enum Escape {
    /// More is needed to tell.
    Unfinished,
    /// A character, written in so many bytes.
    Of(char, usize),
}

/// Read the escape with which `text` begins; the first byte is the backslash. A lone surrogate and
/// what is no escape at all are characters of their own: U+FFFD, and the backslash.
pub(super) fn escape(text: &str) -> Escape {
    let bytes = text.as_bytes();
    let simple = match bytes.get(1) {
        None => return Escape::Unfinished,
        Some(b'u') => return unicode(text),
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(same @ (b'"' | b'\\' | b'/')) => char::from(*same),
        Some(_) => return Escape::Of('\\', 1),
    };
    Escape::Of(simple, 2)
}

fn unicode(text: &str) -> Escape {
    let first = match code_unit(text) {
        Ok(unit) => unit,
        Err(escape) => return escape,
    };
    if let Some(letter) = char::from_u32(u32::from(first)) {
        return Escape::Of(letter, 6);
    }
    // The first half of a pair waits for the second one, which is an escape too.
    let rest = &text[6..];
    let may_be_pair = (0xd800..0xdc00).contains(&first)
        && "\\u".starts_with(&rest[..rest.floor_char_boundary(2)]);
    if !may_be_pair {
        return Escape::Of(char::REPLACEMENT_CHARACTER, 6);
    }
    match code_unit(rest) {
        Err(Escape::Unfinished) => Escape::Unfinished,
        Ok(second) if (0xdc00..0xe000).contains(&second) => {
            let high = u32::from(first) - 0xd800;
            let low = u32::from(second) - 0xdc00;
            let letter = char::from_u32(0x10000 + (high << 10) + low);
            Escape::Of(letter.unwrap_or(char::REPLACEMENT_CHARACTER), 12)
        }
        _ => Escape::Of(char::REPLACEMENT_CHARACTER, 6),
    }
}

/// The number after a backslash and a u; else what the text begins with.
fn code_unit(text: &str) -> Result<u16, Escape> {
    let digits = text.as_bytes().get(2..).unwrap_or_default();
    let digits = &digits[..digits.len().min(4)];
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(Escape::Of('\\', 1));
    }
    let digits = str::from_utf8(digits).unwrap_or_default();
    match u16::from_str_radix(digits, 16) {
        Ok(unit) if digits.len() == 4 => Ok(unit),
        _ => Err(Escape::Unfinished),
    }
}

/// Write text as the inside of a JSON string.
pub(super) fn push_escaped(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            letter => out.push(letter),
        }
    }
}

/// JSON text with the escapes of its strings read, and the way back.
#[derive(Default)]
pub(super) struct Read {
    /// The text; the quotes and everything between the strings stand as they were.
    pub(super) text: String,
    /// The insides of strings, and the numbers, in order: bytes of `text`.
    pub(super) fields: Vec<Field>,
    /// After each escape: where it ends in `text`, and in the JSON.
    escapes: Vec<(usize, usize)>,
}

/// A place for a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) bytes: Range<usize>,
    pub(super) quoted: bool,
}

impl Read {
    pub(super) fn new(json: &str) -> Self {
        let mut read = Self::default();
        let mut at = 0;
        while at < json.len() {
            let rest = &json[at..];
            at += match rest.as_bytes()[0] {
                b'"' => read.string(json, at),
                b'-' | b'0'..=b'9' => read.number(rest),
                _ => {
                    let end = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit());
                    read.as_is(&rest[..end.unwrap_or(rest.len())])
                }
            };
        }
        read
    }

    /// Where in the JSON a place of `text` is.
    pub(super) fn origin(&self, at: usize) -> usize {
        let before = self.escapes.partition_point(|(end, _)| *end <= at);
        let last = before.checked_sub(1).map(|index| self.escapes[index]);
        let (end, origin) = last.unwrap_or_default();
        origin + (at - end)
    }

    fn as_is(&mut self, text: &str) -> usize {
        self.text.push_str(text);
        text.len()
    }

    fn number(&mut self, rest: &str) -> usize {
        let part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let start = self.text.len();
        self.text.push_str(&rest[..end]);
        self.fields.push(Field {
            bytes: start..self.text.len(),
            quoted: false,
        });
        end
    }

    /// The string that begins at `from`; how long it is with its quotes.
    fn string(&mut self, json: &str, from: usize) -> usize {
        self.text.push('"');
        let start = self.text.len();
        let mut at = from + 1;
        loop {
            let rest = &json[at..];
            let plain = rest.find(['"', '\\']).unwrap_or(rest.len());
            at += self.as_is(&rest[..plain]);
            match json[at..].chars().next() {
                Some('\\') => at += self.escaped(json, at),
                _ => break,
            }
        }
        self.fields.push(Field {
            bytes: start..self.text.len(),
            quoted: true,
        });
        if at < json.len() {
            self.text.push('"');
            at += 1;
        }
        at - from
    }

    fn escaped(&mut self, json: &str, at: usize) -> usize {
        let rest = &json[at..];
        let (letter, length) = match escape(rest) {
            Escape::Of(letter, length) => (letter, length),
            Escape::Unfinished => return self.as_is(rest),
        };
        self.text.push(letter);
        self.escapes.push((self.text.len(), at + length));
        length
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_read_as_the_standard_says() {
        let read = Read::new(r#"{"a\u0041\ud83e\udd80\"": [-1.5e3, "x\/\ny"]}"#);
        assert_eq!(read.text, "{\"aA🦀\"\": [-1.5e3, \"x/\ny\"]}");
        let fields: Vec<_> = read
            .fields
            .iter()
            .map(|f| &read.text[f.bytes.clone()])
            .collect();
        assert_eq!(fields, ["aA🦀\"", "-1.5e3", "x/\ny"]);
    }

    #[test]
    fn what_is_no_escape_stands_for_itself() {
        for odd in [
            r#""\x""#,
            r#""\u12g4""#,
            r#""\ud83d\n""#,
            r#""\udd80""#,
            "\"\\",
            "\"\\u12",
            "\"\\ud83d\\u",
        ] {
            let read = Read::new(odd);
            assert_eq!(read.origin(read.text.len()), odd.len(), "{odd}");
        }
    }

    #[test]
    fn an_object_has_each_of_its_names_once() {
        let good = r#"{"a:": [{"b\"": ":", "c": null}, {"b\"": {}}], "": 1}"#;
        let object = distinct_object(good).unwrap();
        assert_eq!(
            object,
            *serde_json::from_str::<Value>(good)
                .unwrap()
                .as_object()
                .unwrap()
        );
        for bad in [
            r#"{"a": 1, "a": 2}"#,
            r#"{"a": 1, "\u0061": 2}"#,
            r#"{"x": [{"a": 1, "b": 2, "a": 3}]}"#,
            r#"[{"a": 1}]"#,
            "{",
        ] {
            assert!(distinct_object(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_string_is_read_as_it_was_written(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let read = Read::new(&json);
            prop_assert_eq!(&read.text[read.fields[0].bytes.clone()], &text);
            let mut escaped = String::from("\"");
            push_escaped(&mut escaped, &text);
            escaped.push('"');
            prop_assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
        }

        #[test]
        fn every_place_leads_back_to_the_json(json in r#"[a"\\nu0-9dé{}:, ]{0,60}"#) {
            let read = Read::new(&json);
            let mut last = 0;
            for (at, letter) in read.text.char_indices() {
                let origin = read.origin(at);
                prop_assert!(json.is_char_boundary(origin) && origin >= last);
                if json[origin..].starts_with(letter) || json[origin..].starts_with('\\') {
                    last = origin;
                } else {
                    prop_assert!(false, "{letter} is not at {origin}");
                }
            }
            prop_assert_eq!(read.origin(read.text.len()), json.len());
        }
    }
}
