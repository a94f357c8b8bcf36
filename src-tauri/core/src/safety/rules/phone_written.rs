//! How a phone number is written: groups of digits with what stands between them.

use std::ops::Range;

const MOST_GROUPS: usize = 8;
/// An international prefix and the fifteen digits of E.164.
const MOST_DIGITS: usize = 17;

/// A number as it is written: groups of digits with what stands between them.
pub(super) struct Written {
    pub(super) span: Range<usize>,
    digits: [u8; MOST_DIGITS],
    pub(super) count: usize,
    /// Digits in each group, and where the group ends.
    pub(super) groups: [(u8, usize); MOST_GROUPS],
    pub(super) group_count: usize,
    pub(super) plus: bool,
    /// Whether a group stands in parentheses.
    pub(super) parenthesis: bool,
}

impl Written {
    pub(super) fn digits(&self) -> &[u8] {
        &self.digits[..self.count]
    }

    pub(super) fn lengths(&self) -> Vec<u8> {
        self.groups[..self.group_count]
            .iter()
            .map(|(length, _)| *length)
            .collect()
    }

    /// The same up to a group; `None` if there is nothing left to drop.
    pub(super) fn shorter(mut self) -> Option<Self> {
        self.group_count = self.group_count.checked_sub(1)?;
        let (_, end) = *self.groups[..self.group_count].last()?;
        self.count -= usize::from(self.groups[self.group_count].0);
        self.span.end = end;
        Some(self)
    }
}

/// Read the groups from the digit at `at`, with a plus or parenthesis before it.
pub(super) fn read(text: &[u8], at: usize) -> Option<Written> {
    let before = |back: usize| at.checked_sub(back).map(|at| text[at]);
    let open = before(1) == Some(b'(');
    let lead = usize::from(open);
    let plus = before(lead + 1) == Some(b'+') || before(1) == Some(b'+');
    let start = at - lead - usize::from(plus && before(lead + 1) == Some(b'+'));
    let start = if before(1) == Some(b'+') && before(2) == Some(b'(') {
        start - 1
    } else {
        start
    };
    let mut written = Written {
        span: start..start,
        digits: [0; MOST_DIGITS],
        count: 0,
        groups: [(0, 0); MOST_GROUPS],
        group_count: 0,
        plus,
        parenthesis: open && !plus,
    };
    let mut next = Some(at);
    while let Some(at) = next {
        let length = text[at..]
            .iter()
            .take(MOST_DIGITS + 1)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let end = at + length;
        let stands = text.get(end).is_none_or(|byte| !byte.is_ascii_alphabetic())
            || is_extension(&text[end..]);
        if !stands || written.count + length > MOST_DIGITS || written.group_count == MOST_GROUPS {
            break;
        }
        // +44 (0)20: the zero in parentheses is left out from abroad.
        let trunk =
            written.plus && written.count > 0 && &text[at - 1..(end + 1).min(text.len())] == b"(0)";
        if !trunk {
            written.digits[written.count..written.count + length].copy_from_slice(&text[at..end]);
            written.count += length;
            written.groups[written.group_count] = (length as u8, end);
            written.group_count += 1;
            written.span.end = end;
        }
        written.parenthesis |=
            text.get(end) == Some(&b')') && text.get(at.wrapping_sub(1)) == Some(&b'(') && !trunk;
        next = next_group(text, end).or_else(|| after_area(text, end, &written));
    }
    (written.group_count > 0).then_some(written)
}

/// Where the next group of digits begins: after at most one separator, around parentheses.
fn next_group(text: &[u8], end: usize) -> Option<usize> {
    let is = |at: usize, bytes: &[u8]| text.get(at).is_some_and(|byte| bytes.contains(byte));
    let mut at = end;
    if is(at, b")") {
        at += 1;
    }
    if is(at, b" -./") {
        at += 1;
    }
    if is(at, b"(") {
        at += 1;
    }
    (at > end && text.get(at).is_some_and(u8::is_ascii_digit)).then_some(at)
}

/// The same after an area code that a slash or a dash between spaces ends, as in `(0)30 / 1234 5678`: what
/// begins with 0 there is the next number.
fn after_area(text: &[u8], end: usize, written: &Written) -> Option<usize> {
    let area = match written.group_count {
        1 => !written.plus && written.digits().starts_with(b"0"),
        2 => written.plus,
        _ => false,
    };
    let rest = text.get(end..)?;
    let rest = rest.strip_prefix(b")").unwrap_or(rest);
    let rest = rest
        .strip_prefix(b" / ")
        .or_else(|| rest.strip_prefix(b" - "))
        .filter(|_| area)?;
    let next = matches!(rest.first(), Some(b'1'..=b'9'));
    next.then(|| text.len() - rest.len())
}

fn is_extension(rest: &[u8]) -> bool {
    matches!(rest, [b'x' | b'X', digit, ..] if digit.is_ascii_digit())
}

/// The end with an extension such as `x123` or ` ext. 4`.
pub(super) fn extension(text: &[u8], end: usize) -> usize {
    const WRITTEN: [&[u8]; 6] = [b"x", b" x", b" ext. ", b" ext ", b" ext.", b" extension "];
    let rest = &text[end..];
    for word in WRITTEN {
        let begins = rest
            .get(..word.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(word));
        let digits = rest
            .iter()
            .skip(word.len())
            .take(7)
            .take_while(|b| b.is_ascii_digit())
            .count();
        if begins && (1..=6).contains(&digits) {
            return end + word.len() + digits;
        }
    }
    end
}
