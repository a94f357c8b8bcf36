//! Where a text is masked for what was found in it: in order, apart from each other, and within its fields.

use std::{cmp::Reverse, ops::Range};

use crate::safety::{DataClass, Kind, json};

/// What to replace in one field.
pub(super) struct Place<'a> {
    pub(super) bytes: Range<usize>,
    pub(super) kind: &'a Kind,
    pub(super) field: usize,
}

/// What was found, made disjoint and cut to the fields.
pub(super) fn places<'a>(
    text: &str,
    fields: &[json::Field],
    found: impl Iterator<Item = (Range<usize>, &'a Kind)>,
) -> Vec<Place<'a>> {
    let mut places: Vec<Place> = Vec::new();
    let mut first = 0;
    for (bytes, kind) in merged(text, found) {
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

fn merged<'a>(
    text: &str,
    found: impl Iterator<Item = (Range<usize>, &'a Kind)>,
) -> Vec<(Range<usize>, &'a Kind)> {
    let in_text =
        |(bytes, _): &(Range<usize>, &Kind)| !bytes.is_empty() && bytes.start < text.len();
    let widened = |(bytes, kind): (Range<usize>, &'a Kind)| {
        let start = text.floor_char_boundary(bytes.start);
        (start..text.ceil_char_boundary(bytes.end), kind)
    };
    let mut covers: Vec<_> = found.filter(in_text).map(widened).collect();
    covers.sort_by_key(|(bytes, _)| (bytes.start, Reverse(bytes.end)));
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
