//! A text as runs of tokens: letters and digits with no more between them than between groups of a number.

use super::MOST_GROUPS;

/// Tokens that are looked at together; longer runs are cut, with an overlap.
const LONGEST_RUN: usize = 1024;
/// A token without a digit is a part of a number only if it is as short as in `GB29 NWBK 6016`.
const SHORT: usize = 4;

/// A run of letters and digits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub start: usize,
    pub end: usize,
    pub has_digit: bool,
    /// What stands before it, if another token does: as shapes write it, a line break as a space.
    pub gap: Gap,
}

/// What stands between two tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    /// The sign, or what stands for several.
    pub sign: u8,
    /// Whether it is not just that sign.
    pub wide: bool,
}

impl Gap {
    const NONE: Self = Self {
        sign: 0,
        wide: false,
    };
}

/// Walk over all runs; `each` gets the rest of a run from every token on.
pub(crate) fn runs(text: &[u8], mut each: impl FnMut(&[Token])) {
    let mut tokens = Vec::new();
    let mut floor = 0;
    while let Some(offset) = text[floor..].iter().position(u8::is_ascii_digit) {
        tokens.clear();
        let resume = collect_run(text, floor, floor + offset, &mut tokens);
        let cut = resume < tokens.last().map_or(0, |token| token.end);
        for (nth, token) in tokens.iter().enumerate() {
            if cut && token.start >= resume {
                break;
            }
            each(&tokens[nth..]);
        }
        floor = resume;
    }
}

/// The run around a digit; returns where to go on.
fn collect_run(text: &[u8], floor: usize, digit: usize, tokens: &mut Vec<Token>) -> usize {
    let mut start = token_start(text, floor, digit);
    for _ in 0..2 {
        match letters_before(text, floor, start) {
            Some(earlier) => start = earlier,
            None => break,
        }
    }
    let mut gap = Gap::NONE;
    loop {
        let token = token_at(text, start, gap);
        if !tokens.is_empty() && !token.has_digit && token.end - token.start > SHORT {
            break;
        }
        tokens.push(token);
        if tokens.len() == LONGEST_RUN {
            return tokens[LONGEST_RUN - MOST_GROUPS].start;
        }
        let Some(next) = next_token(text, token.end) else {
            break;
        };
        (start, gap) = next;
    }
    tokens.last().map_or(digit + 1, |token| token.end)
}

/// Where the next token begins, and what stands before it: one sign; or a line break, a tab, some spaces or
/// a dash between spaces, if it begins with a digit.
fn next_token(text: &[u8], end: usize) -> Option<(usize, Gap)> {
    const WIDEST: usize = 4;
    let sign = *text.get(end)?;
    let next = text.get(end + 1)?;
    if next.is_ascii_alphanumeric() && matches!(sign, b' ' | b'-' | b'.' | b'/' | b'+' | b':') {
        return Some((end + 1, Gap { sign, wide: false }));
    }
    let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'-');
    let gap = text[end..].iter().take(WIDEST).take_while(blank).count();
    let gap = &text[end..end + gap];
    let count = |sign: u8| gap.iter().filter(|byte| **byte == sign).count();
    let sign = match (count(b'-'), count(b'\n')) {
        (0, 0 | 1) => b' ',
        (1, 0) if gap.first() == Some(&b' ') && gap.last() == Some(&b' ') => b'-',
        _ => return None,
    };
    let start = end + gap.len();
    let digit = text.get(start).is_some_and(u8::is_ascii_digit);
    (digit && !gap.is_empty()).then_some((start, Gap { sign, wide: true }))
}

fn token_at(text: &[u8], start: usize, gap: Gap) -> Token {
    let mut has_digit = false;
    let length = text[start..]
        .iter()
        .take_while(|byte| {
            has_digit |= byte.is_ascii_digit();
            byte.is_ascii_alphanumeric()
        })
        .count();
    Token {
        start,
        end: start + length,
        has_digit,
        gap,
    }
}

fn token_start(text: &[u8], floor: usize, at: usize) -> usize {
    let before = text[floor..at].iter().rev();
    at - before
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count()
}

/// The beginning of a short token without digits that stands one separator before `start`.
fn letters_before(text: &[u8], floor: usize, start: usize) -> Option<usize> {
    let end = start.checked_sub(1).filter(|&end| end > floor)?;
    if !matches!(text[end], b' ' | b'-' | b'.' | b'/') {
        return None;
    }
    let letters = text[floor..end].iter().rev().take(SHORT + 1);
    let length = letters.take_while(|b| b.is_ascii_alphabetic()).count();
    let whole = length > 0 && length <= SHORT;
    let begins = end
        .checked_sub(length + 1)
        .is_none_or(|at| !text[at].is_ascii_alphanumeric());
    (whole && begins).then(|| end - length)
}
