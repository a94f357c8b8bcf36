//! Texts in documents, and around what was found in them.

use std::ops::Range;

use serde_json::Value;

use super::{Identifiers, identifiers::Occurrence};
use crate::chat::SnippetPart;

/// Letters of context before and after what was found.
const BEFORE: usize = 60;
const AFTER: usize = 120;

/// All texts in a JSON document; the document as it is where it is none.
pub(super) fn texts_of(json: &str) -> Vec<String> {
    fn collect(value: Value, into: &mut Vec<String>) {
        match value {
            Value::String(text) => into.push(text),
            Value::Array(values) => values.into_iter().for_each(|value| collect(value, into)),
            Value::Object(members) => {
                for (name, value) in members {
                    into.push(name);
                    collect(value, into);
                }
            }
            _ => {}
        }
    }
    match serde_json::from_str(json) {
        Ok(value) => {
            let mut texts = Vec::new();
            collect(value, &mut texts);
            texts
        }
        Err(_) => vec![json.to_owned()],
    }
}

/// All texts in a request or a private part but what names models: nobody is spoken of there.
pub(super) fn spoken_in(json: &str) -> Vec<String> {
    let mut document: Value = match serde_json::from_str(json) {
        Ok(document) => document,
        Err(_) => return vec![json.to_owned()],
    };
    if let Some(members) = document.as_object_mut() {
        for name in ["model", "alias", "moves"] {
            members.shift_remove(name);
        }
    }
    texts_of(&document.to_string())
}

/// The JSON document with words taken out of its texts; `None` where it has none of them, and how
/// many there were.
pub(super) fn replace_in_json(
    identifiers: &Identifiers,
    json: &str,
    with: &str,
) -> Option<(String, usize)> {
    fn replace(identifiers: &Identifiers, value: &mut Value, with: &str) -> usize {
        match value {
            Value::String(text) => match identifiers.replace(text, with) {
                None => 0,
                Some((new, count)) => {
                    *text = new;
                    count
                }
            },
            Value::Array(values) => values
                .iter_mut()
                .map(|value| replace(identifiers, value, with))
                .sum(),
            Value::Object(members) => members
                .iter_mut()
                .map(|(_, value)| replace(identifiers, value, with))
                .sum(),
            _ => 0,
        }
    }
    let mut value = serde_json::from_str(json).ok()?;
    let count = replace(identifiers, &mut value, with);
    (count > 0).then(|| (value.to_string(), count))
}

/// The text around the first occurrence, with all that lie in it marked.
pub(super) fn context(text: &str, found: &[Occurrence]) -> Vec<SnippetPart> {
    let Some(first) = found.first() else {
        return Vec::new();
    };
    let from = text[..first.at.start]
        .char_indices()
        .rev()
        .nth(BEFORE - 1)
        .map_or(0, |(at, _)| at);
    let to = text[first.at.end..]
        .char_indices()
        .nth(AFTER)
        .map_or(text.len(), |(at, _)| first.at.end + at);
    let mut parts = Vec::new();
    let mut push = |range: Range<usize>, hit: bool| {
        let words: Vec<&str> = text[range.clone()].split_whitespace().collect();
        let mut piece = words.join(" ");
        // Spaces between the pieces are theirs, too.
        if text[range.clone()].starts_with(char::is_whitespace) && !piece.is_empty() {
            piece.insert(0, ' ');
        }
        if text[range].ends_with(char::is_whitespace) {
            piece.push(' ');
        }
        if !piece.is_empty() {
            parts.push(SnippetPart { text: piece, hit });
        }
    };
    let mut at = from;
    for occurrence in found.iter().filter(|found| found.at.end <= to) {
        push(at..occurrence.at.start, false);
        push(occurrence.at.clone(), true);
        at = occurrence.at.end;
    }
    push(at..to, false);
    if let Some(part) = parts.first_mut().filter(|_| from > 0) {
        part.text.insert(0, '…');
    }
    if let Some(part) = parts.last_mut().filter(|_| to < text.len()) {
        part.text.push('…');
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_context_marks_what_was_found_and_says_where_it_was_cut() {
        let text = format!(
            "{} before Hans Müller and Hans Müller after {}",
            "x ".repeat(80),
            "y ".repeat(90)
        );
        let identifiers = Identifiers::parse(&["Hans Müller"]).unwrap();
        let parts = context(&text, &identifiers.find(&text));
        let hits: Vec<_> = parts.iter().filter(|part| part.hit).collect();
        assert_eq!(hits.len(), 2);
        assert!(parts[0].text.starts_with('…') && parts.last().unwrap().text.ends_with('…'));
        let joined: String = parts.iter().map(|part| part.text.as_str()).collect();
        assert!(
            joined.contains("before Hans Müller and Hans Müller after y"),
            "{joined}"
        );
    }

    #[test]
    fn words_are_taken_out_of_json_also_where_it_escapes() {
        let json = r#"{"a":["Hans\nM\u00fcller",1],"b":{"c":"nobody"}}"#;
        let identifiers = Identifiers::parse(&["Hans Müller"]).unwrap();
        let (new, count) = replace_in_json(&identifiers, json, "[erased]").unwrap();
        assert_eq!(
            (new.as_str(), count),
            (r#"{"a":["[erased]",1],"b":{"c":"nobody"}}"#, 1)
        );
        assert_eq!(replace_in_json(&identifiers, &new, "[erased]"), None);
    }

    proptest! {
        #[test]
        fn a_context_can_be_made_of_any_text(text in "\\PC{0,300}", given in "[a-z]{2,4}") {
            let identifiers = Identifiers::parse(&[&given]).unwrap();
            let text = format!("{text} {given} {text}");
            let parts = context(&text, &identifiers.find(&text));
            prop_assert!(parts.iter().any(|part| part.hit));
        }
    }
}
