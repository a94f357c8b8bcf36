//! Masking: values out of a text, placeholders in, and nothing lost.
//!
//! Four promises, each held by a property test:
//!
//! 1. What was found does not leave, and neither does a value that was found before in the same
//!    conversation, wherever it stands (the modules `known` and `sameness` say how it is looked for:
//!    a name of one word only in its own case, and nothing of one or two letters).
//! 2. A text comes back exactly, whatever it contains: [`crate::safety::restore`] of a masked text
//!    is the text. Each way of writing a value is restored as it was written.
//! 3. Text that looks like a placeholder is no placeholder. One needs the nonce of its
//!    conversation, so wherever the letters of the nonce stand in a text, in whatever case, they
//!    are masked themselves. After that the nonce stands in placeholders alone.
//! 4. Secrets have no placeholder. A note takes their place which nothing restores.
//!
//! Placeholders and their form are described in the module `placeholder`.

mod known;
mod masks;
#[cfg(test)]
mod people_tests;
mod placeholder;
mod sameness;

#[cfg(test)]
pub(in crate::safety) mod tests;

use std::ops::Range;

use known::{Known, Sought};
use masks::joined;
pub use masks::{Masks, MasksError};
pub(crate) use placeholder::NONCE_LETTERS;
use sameness::Sameness;

use super::{DataClass, Finding, Kind, json};

/// What a model is told, so that it keeps placeholders as they are.
pub const INSTRUCTION: &str = "Some values in this conversation are replaced by placeholders in \
    square brackets, such as [PERSON-1-kqvt]. Where you mean such a value, write its placeholder \
    exactly as it stands. The same word and number mean the same value; a letter after the number \
    only marks another way of writing it. Do not invent placeholders and do not explain them.";

/// A text that may leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The text with placeholders.
    pub text: String,
    /// How many places hold a placeholder or a note instead of a value. Escapes do not count.
    pub count: usize,
    /// Where, in the order of the text.
    pub spans: Vec<MaskedSpan>,
}

/// One place that was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedSpan {
    /// Bytes of the text as it was.
    pub original: Range<usize>,
    /// Bytes of the masked text.
    pub masked: Range<usize>,
    /// What was replaced.
    pub replaced: Replaced,
}

/// What placeholders call a kind.
pub(crate) fn label(kind: &Kind) -> String {
    placeholder::label(kind)
}

/// What all ways of writing a value have in common, under what it is called. A secret is written in one
/// way, and nothing else is the same as one.
pub(crate) fn same(kind: &Kind, text: &str) -> String {
    let label = placeholder::label(kind);
    if kind.class() == DataClass::Secret {
        return joined(&format!("secret {label}"), text);
    }
    let key = Sameness::of(&label).key(text);
    joined(&label, &key)
}

/// What stands where a secret of a kind was.
pub(crate) fn note_of(kind: &Kind) -> String {
    note(&label(kind))
}

/// What was replaced, and so whether it can come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// A value: its placeholder is restored.
    Value,
    /// A secret: the note stays.
    Secret,
    /// Harmless text that would have looked like a placeholder: restored.
    Escape,
}

/// Replace what was found, and what `masks` already knows, by placeholders.
///
/// `findings` are what the policy wants masked, in any order. Where they overlap, everything that
/// they cover becomes one value of the kind of the first (a secret, if one of them is). Bounds that
/// do not fit the text are widened to characters and cut to its length.
pub fn mask(text: &str, findings: &[Finding], masks: &mut Masks) -> Masked {
    let whole = [json::Field {
        bytes: 0..text.len(),
        quoted: true,
    }];
    let cuts = plan(text, &whole, findings, masks);
    render(text, cuts.into_iter())
}

/// Mask JSON, such as the arguments of a tool call, which stays JSON.
///
/// `find` is given the text with the escapes of its strings read, so that it sees values as they
/// are and keys as their context. Strings (keys too) are masked within their quotes; a number in
/// which something is found becomes a string that holds its placeholder.
pub fn mask_json(json: &str, find: impl FnOnce(&str) -> Vec<Finding>, masks: &mut Masks) -> Masked {
    let read = json::Read::new(json);
    let findings = find(&read.text);
    let cuts = plan(&read.text, &read.fields, &findings, masks);
    let cuts = cuts.into_iter().map(|cut| Cut {
        bytes: read.origin(cut.bytes.start)..read.origin(cut.bytes.end),
        with: match cut.quoted {
            true => cut.with,
            false => format!("\"{}\"", cut.with),
        },
        ..cut
    });
    render(json, cuts)
}

/// JSON with the escapes of its strings read, as [`mask_json`] gives it to `find`.
pub(crate) fn read_json(json: &str) -> String {
    json::Read::new(json).text
}

/// One place to replace, and by what.
struct Cut {
    bytes: Range<usize>,
    with: String,
    replaced: Replaced,
    quoted: bool,
}

fn render(text: &str, cuts: impl Iterator<Item = Cut>) -> Masked {
    let mut masked = Masked {
        text: String::with_capacity(text.len()),
        count: 0,
        spans: Vec::new(),
    };
    let mut from = 0;
    for cut in cuts {
        masked.text.push_str(&text[from..cut.bytes.start]);
        let start = masked.text.len();
        masked.text.push_str(&cut.with);
        from = cut.bytes.end;
        masked.count += usize::from(cut.replaced != Replaced::Escape);
        masked.spans.push(MaskedSpan {
            original: cut.bytes,
            masked: start..masked.text.len(),
            replaced: cut.replaced,
        });
    }
    masked.text.push_str(&text[from..]);
    masked
}

/// What is replaced in the fields of a text, in order.
fn plan(text: &str, fields: &[json::Field], findings: &[Finding], masks: &mut Masks) -> Vec<Cut> {
    let places = places(text, fields, findings);
    // All values first: the last one may stand before the first finding once more.
    let mut cuts: Vec<Cut> = places
        .iter()
        .map(|place| {
            let value = &text[place.bytes.clone()];
            let (with, replaced) = match masks.placeholder(place.kind, value) {
                Some(placeholder) => (placeholder, Replaced::Value),
                None => (note(&placeholder::label(place.kind)), Replaced::Secret),
            };
            Cut {
                bytes: place.bytes.clone(),
                with,
                replaced,
                quoted: fields[place.field].quoted,
            }
        })
        .collect();

    let secrets: Vec<(String, &str)> = places
        .iter()
        .filter(|place| place.kind.class() == DataClass::Secret)
        .map(|place| (placeholder::label(place.kind), &text[place.bytes.clone()]))
        .collect();
    if !secrets.is_empty() {
        let known = Known::of_secrets(secrets.into_iter());
        let again = occurrences(&known, text, fields, &cuts);
        add(&mut cuts, again, text, masks);
    }
    let again = occurrences(masks.known(), text, fields, &cuts);
    add(&mut cuts, again, text, masks);
    cuts
}

/// What stands where a secret was. It has no nonce, so nothing takes it for a placeholder.
fn note(label: &str) -> String {
    format!("[removed: {label}]")
}

/// What to replace in one field.
struct Place<'a> {
    bytes: Range<usize>,
    kind: &'a Kind,
    field: usize,
}

/// The findings, made disjoint and cut to the fields.
fn places<'a>(text: &str, fields: &[json::Field], findings: &'a [Finding]) -> Vec<Place<'a>> {
    let mut places: Vec<Place> = Vec::new();
    let mut first = 0;
    for (bytes, kind) in merged(text, findings) {
        while fields
            .get(first)
            .is_some_and(|field| field.bytes.end <= bytes.start)
        {
            first += 1;
        }
        let touched = fields.iter().enumerate().skip(first);
        for (index, field) in touched.take_while(|(_, field)| field.bytes.start < bytes.end) {
            let part = match field.quoted {
                true => field.bytes.start.max(bytes.start)..field.bytes.end.min(bytes.end),
                false => field.bytes.clone(),
            };
            match places.last_mut() {
                _ if part.is_empty() => {}
                // Two findings in one number.
                Some(last) if last.bytes == part => last.kind = stricter(last.kind, kind),
                _ => places.push(Place {
                    bytes: part,
                    kind,
                    field: index,
                }),
            }
        }
    }
    places
}

fn merged<'a>(text: &str, findings: &'a [Finding]) -> Vec<(Range<usize>, &'a Kind)> {
    let widened = |finding: &'a Finding| {
        let bytes = &finding.bytes;
        let start = text.floor_char_boundary(bytes.start);
        (start..text.ceil_char_boundary(bytes.end), &finding.kind)
    };
    let in_text =
        |finding: &&Finding| !finding.bytes.is_empty() && finding.bytes.start < text.len();
    let mut covers: Vec<_> = findings.iter().filter(in_text).map(widened).collect();
    covers.sort_by_key(|(bytes, _)| (bytes.start, std::cmp::Reverse(bytes.end)));
    let mut merged: Vec<(Range<usize>, &Kind)> = Vec::with_capacity(covers.len());
    for (bytes, kind) in covers {
        match merged.last_mut() {
            Some((last, last_kind)) if bytes.start < last.end => {
                last.end = last.end.max(bytes.end);
                *last_kind = stricter(last_kind, kind);
            }
            _ => merged.push((bytes, kind)),
        }
    }
    merged
}

fn stricter<'a>(a: &'a Kind, b: &'a Kind) -> &'a Kind {
    let b_alone_is_secret = b.class() == DataClass::Secret && a.class() != DataClass::Secret;
    if b_alone_is_secret { b } else { a }
}

/// One more place of something known.
struct Again {
    bytes: Range<usize>,
    sought: Sought,
    quoted: bool,
}

/// Where known values stand in the fields, outside of what is cut already.
fn occurrences(known: &Known, text: &str, fields: &[json::Field], cuts: &[Cut]) -> Vec<Again> {
    let mut found = Vec::new();
    let mut cuts = cuts.iter().map(|cut| &cut.bytes).peekable();
    for field in fields {
        let mut gap_start = field.bytes.start;
        while let Some(cut) = cuts.next_if(|cut| cut.start < field.bytes.end) {
            found.extend(in_gap(known, text, gap_start..cut.start, field));
            gap_start = cut.end;
        }
        found.extend(in_gap(known, text, gap_start..field.bytes.end, field));
    }
    found
}

fn in_gap(known: &Known, text: &str, gap: Range<usize>, field: &json::Field) -> Vec<Again> {
    let found = known
        .find(text, gap)
        .into_iter()
        .map(|(bytes, sought)| Again {
            bytes: if field.quoted {
                bytes
            } else {
                field.bytes.clone()
            },
            sought: sought.clone(),
            quoted: field.quoted,
        });
    let most = if field.quoted { usize::MAX } else { 1 };
    found.take(most).collect()
}

/// Cut these places too.
fn add(cuts: &mut Vec<Cut>, again: Vec<Again>, text: &str, masks: &mut Masks) {
    for Again {
        bytes,
        sought,
        quoted,
    } in again
    {
        let value = &text[bytes.clone()];
        let (with, replaced) = match sought {
            Sought::Nonce(_) => (masks.escape(value), Replaced::Escape),
            Sought::Value { label, .. } => {
                let escaped = label == placeholder::ESCAPE_LABEL;
                let replaced = if escaped {
                    Replaced::Escape
                } else {
                    Replaced::Value
                };
                (masks.placeholder_of(&label, value), replaced)
            }
            Sought::Secret { label, .. } => (note(&label), Replaced::Secret),
        };
        cuts.push(Cut {
            bytes,
            with,
            replaced,
            quoted,
        });
    }
    cuts.sort_by_key(|cut| cut.bytes.start);
}
