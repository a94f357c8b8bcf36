//! Postal addresses, in the forms of several countries: a word for a street between a name and a number,
//! then a postcode and a town if they follow.

mod forms;

use std::ops::Range;

pub(super) use forms::FORMS;
use forms::Form;

use super::{Scan, finding};
use crate::safety::{Finding, Kind, context::Topic};

/// How far before the word an address may begin, and how far after it may go on, in bytes.
const BEFORE: usize = 64;
const AFTER: usize = 110;

/// Every address around a word for a street.
pub(super) fn address(scan: &Scan<'_>, out: &mut Vec<Finding>) {
    for (hit, topic) in scan.hits.topics() {
        if let Topic::Street(nth) = topic
            && let Some(form) = FORMS.get(nth)
            && let Some((span, certain)) = around(scan.view, form, hit.start..hit.end)
        {
            let (score, reason) = if certain {
                (0.9, "A street, a number, a postcode and a town")
            } else {
                (0.6, "A street and a number")
            };
            out.push(finding(
                Kind::Address,
                span,
                score,
                certain,
                form.name,
                reason,
            ));
        }
    }
}

fn around(view: &str, form: &Form, word: Range<usize>) -> Option<(Range<usize>, bool)> {
    let from = view.floor_char_boundary(word.start.saturating_sub(BEFORE));
    let to = view.floor_char_boundary((word.end + AFTER).min(view.len()));
    if !view.as_bytes()[from..to].iter().any(u8::is_ascii_digit) {
        return None;
    }
    // What stands on the line before is another line of the letter.
    let from = view[from..word.start]
        .rfind('\n')
        .map_or(from, |at| from + at + 1);
    let start = from + form.before.find(&view[from..word.end])?.start();
    let rest = &view[word.end..to];
    let length = form.after.find(rest)?.end();
    let street = word.end + length;
    let town = form
        .town
        .find(&rest[length..])
        .map(|town| street + town.end());
    let end = town.unwrap_or(street);
    // A name that ran into a space stops before it.
    let end = start
        + view[start..end]
            .trim_end_matches([' ', ',', '-', '.', '\n'])
            .len();
    let digits = view[start..end].bytes().any(|byte| byte.is_ascii_digit());
    (digits && (town.is_some() || !form.needs_town)).then_some((start..end, town.is_some()))
}
