//! The text as the rules read it, with a way back to where each byte came from.
//!
//! A number hides from a rule behind digits of another script, fullwidth letters, a soft hyphen or
//! an invisible mark; a context word behind an accent or a capital. The view takes all of that
//! away, letter by letter, so no rule has to know of it.
//!
//! | in the text | in the view |
//! |---|---|
//! | decimal digits of any script (Unicode category Nd), digits in circles | `0` to `9` |
//! | fullwidth forms U+FF01 to U+FF5E | their ASCII |
//! | invisible and direction marks, soft hyphen, variation selectors, combining marks | nothing |
//! | spaces other than the line's end | a space |
//! | hyphens and dashes | `-` |
//! | Latin letters with accents | the letter (ß: ss, æ: ae) |
//! | Greek and Cyrillic capitals, Greek accents | the small letter without |

mod letters;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, ops::Range};

/// A text as the rules read it.
#[derive(Debug)]
pub(crate) struct View<'t> {
    text: Cow<'t, str>,
    /// Where the distance between view and text changes: from this byte of the view on, bytes come
    /// from that byte of the text. Sorted; empty for a text that is read as it is.
    steps: Vec<(usize, usize)>,
}

impl<'t> View<'t> {
    /// The view of a text; ASCII is looked at in place.
    pub(crate) fn of(text: &'t str) -> Self {
        if text.is_ascii() {
            return Self {
                text: Cow::Borrowed(text),
                steps: Vec::new(),
            };
        }
        Self::folded(text, letters::fold)
    }

    /// The text without what nobody sees, and else as it is; `None` if there is no such thing in it. A
    /// letter's variants (which emoji have) are left to where something else is.
    pub(crate) fn as_seen(text: &'t str) -> Option<Self> {
        let hides = |letter: char| letters::is_invisible(letter) && !letters::is_variant(letter);
        let keep = |letter: char, into: &mut String| {
            if !letters::is_invisible(letter) {
                into.push(letter);
            }
        };
        any_beyond_ascii(text, hides).then(|| Self::folded(text, keep))
    }

    fn folded(text: &'t str, fold: impl Fn(char, &mut String)) -> Self {
        let mut folded = String::with_capacity(text.len());
        let mut steps = Vec::new();
        let mut distance = 0;
        let mut at = 0;
        while at < text.len() {
            let plain = ascii_run(&text.as_bytes()[at..]);
            // The run ends before a lead byte or at the end, so both ends are boundaries.
            folded.push_str(&text[at..at + plain]);
            at += plain;
            let Some(letter) = text[at..].chars().next() else {
                break;
            };
            fold(letter, &mut folded);
            at += letter.len_utf8();
            if at - folded.len() != distance {
                distance = at - folded.len();
                steps.push((folded.len(), at));
            }
        }
        Self {
            text: Cow::Owned(folded),
            steps,
        }
    }

    /// What the rules read.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the text that a range of the view came from.
    ///
    /// Invisible marks at either end stay outside; marks on the last letter are part of it.
    pub(crate) fn back(&self, range: &Range<usize>, original: &str) -> Range<usize> {
        if matches!(self.text, Cow::Borrowed(_)) {
            return range.clone();
        }
        let start = self.origin(range.start, original);
        if range.is_empty() {
            return start..start;
        }
        // An end has no letter of its own, so it is found from the last letter.
        let last = self.origin(range.end - 1, original);
        let mut end = last;
        for (nth, letter) in original[last..].chars().enumerate() {
            if nth > 0 && !letters::is_combining(letter) {
                break;
            }
            end += letter.len_utf8();
        }
        start..end
    }

    /// The bytes of the view that a range of the text became.
    pub(crate) fn forth(&self, range: &Range<usize>) -> Range<usize> {
        let forth = |at: usize| {
            let next = self.steps.partition_point(|&(_, text)| text <= at);
            let step = next.checked_sub(1).and_then(|last| self.steps.get(last));
            let place = step.map_or(at, |&(view, text)| view + (at - text));
            let most = self
                .steps
                .get(next)
                .map_or(self.text.len(), |(view, _)| *view);
            self.text.floor_char_boundary(place.min(most))
        };
        forth(range.start)..forth(range.end)
    }

    /// Where the letter of the text begins that this byte of the view came from.
    fn origin(&self, at: usize, original: &str) -> usize {
        let next = self.steps.partition_point(|&(view, _)| view <= at);
        let step = next.checked_sub(1).and_then(|last| self.steps.get(last));
        let origin = step.map_or(at, |&(view, text)| text + (at - view));
        // One letter may be two in the view; both came from the one.
        original.floor_char_boundary(origin)
    }
}

/// Write what one letter is in the view, at the end of `into`.
pub(super) fn fold_letter(letter: char, into: &mut String) {
    letters::fold(letter, into);
}

/// Whether any letter beyond ASCII is so.
fn any_beyond_ascii(text: &str, is: impl Fn(char) -> bool) -> bool {
    let mut at = 0;
    while at < text.len() {
        at += ascii_run(&text.as_bytes()[at..]);
        let Some(letter) = text[at..].chars().next() else {
            break;
        };
        if is(letter) {
            return true;
        }
        at += letter.len_utf8();
    }
    false
}

/// How many bytes at the beginning are ASCII.
fn ascii_run(bytes: &[u8]) -> usize {
    let mut run = 0;
    while let Some(piece) = bytes.get(run..run + 16) {
        if !piece.is_ascii() {
            break;
        }
        run += 16;
    }
    run + bytes[run..].iter().take_while(|b| b.is_ascii()).count()
}
