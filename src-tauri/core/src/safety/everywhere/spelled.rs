//! A text as it is compared: read in one of two ways in which spelling does not matter, with the way back to
//! where each byte came from.
//!
//! | does not matter | words | number |
//! |---|---|---|
//! | upper and lower case | yes | yes |
//! | accents; one letter or a letter and its mark (Unicode NFKD) | yes | yes |
//! | digits of other scripts, full width, ligatures | yes | yes |
//! | soft hyphens and other characters that nobody sees | yes | yes |
//! | which dash, which apostrophe | yes | yes |
//! | how many spaces, of which kind, or the end of a line | yes | yes |
//! | everything else between letters and digits, up to three characters (spaces in a row are one) | no | yes |

use std::ops::Range;

use unicode_normalization::char::decompose_compatible;

use crate::safety::fold::fold_letter;

/// Between two groups of a number stands no more than this.
const WIDEST_GAP: usize = 3;
/// What stands where the gap is wider: no key has it.
const BREAK: char = '\n';

/// How a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::safety) enum Reading {
    /// Names, addresses, words: spaces and punctuation tell them apart.
    Words,
    /// Numbers that people group as they like: only letters and digits count.
    Number,
}

/// What stands between two letters or digits.
#[derive(Default)]
pub(super) struct Gap {
    /// How many characters: spaces in a row, and ends of lines, are one.
    pub(super) width: usize,
    ends_with_space: bool,
}

impl Gap {
    pub(super) fn widen(&mut self, with: char) {
        let is_space = with.is_whitespace();
        self.width += usize::from(!(is_space && self.ends_with_space));
        self.ends_with_space = is_space;
    }
}

/// A text in one reading.
pub(in crate::safety) struct Spelled {
    pub(in crate::safety) text: String,
    /// For each byte of it, where the letter begins that it came from.
    from: Vec<usize>,
}

impl Reading {
    /// What is the same in all ways of writing a value; empty where it has nothing that counts.
    pub(in crate::safety) fn key(self, value: &str) -> String {
        let mut key = Spelled::of(value, self).text;
        if self == Self::Words && key.starts_with(' ') {
            key.remove(0);
        }
        if key.ends_with(' ') {
            key.pop();
        }
        key
    }
}

impl Spelled {
    pub(in crate::safety) fn of(text: &str, reading: Reading) -> Self {
        let mut spelled = Self {
            text: String::with_capacity(text.len()),
            from: Vec::with_capacity(text.len()),
        };
        let (mut letters, mut gap) = (String::new(), Gap::default());
        for (at, letter) in text.char_indices() {
            letters.clear();
            spell(letter, &mut letters);
            for part in letters.chars() {
                match reading {
                    Reading::Words if part.is_whitespace() => {
                        if !spelled.text.ends_with(' ') {
                            spelled.push(' ', at);
                        }
                    }
                    Reading::Words => spelled.push(part, at),
                    Reading::Number if part.is_alphanumeric() => {
                        if gap.width > WIDEST_GAP && !spelled.text.is_empty() {
                            spelled.push(BREAK, at);
                        }
                        gap = Gap::default();
                        spelled.push(part, at);
                    }
                    Reading::Number => gap.widen(part),
                }
            }
        }
        spelled
    }

    fn push(&mut self, letter: char, at: usize) {
        self.text.push(letter);
        self.from.resize(self.text.len(), at);
    }

    /// Where in `original` this range of the reading came from. Marks on the last letter are part of it.
    pub(in crate::safety) fn origin(&self, range: &Range<usize>, original: &str) -> Range<usize> {
        let start = self.from.get(range.start).copied();
        let last = range.end.checked_sub(1).and_then(|at| self.from.get(at));
        let (Some(start), Some(&last)) = (start, last) else {
            return 0..0;
        };
        let mut letters = original[last..].chars();
        let mut end = last + letters.next().map_or(0, char::len_utf8);
        end += letters
            .take_while(|letter| is_nothing(*letter))
            .map(char::len_utf8)
            .sum::<usize>();
        start..end
    }
}

/// What a letter is in both readings: nothing, or one letter and seldom more.
pub(super) fn spell(letter: char, into: &mut String) {
    if letter.is_ascii() {
        into.push(letter.to_ascii_lowercase());
        return;
    }
    let mut plain = String::new();
    decompose_compatible(letter, |part| fold_letter(part, &mut plain));
    for part in plain.chars().flat_map(char::to_lowercase) {
        match part {
            '\u{2018}' | '\u{2019}' | '\u{2bc}' => into.push('\''),
            // Small letters can have marks again: that of the Turkish İ.
            part => decompose_compatible(part, |part| fold_letter(part, into)),
        }
    }
}

/// Whether a letter is nothing in both readings: a mark on the letter before it, or what nobody sees.
pub(super) fn is_nothing(letter: char) -> bool {
    let mut spelled = String::new();
    spell(letter, &mut spelled);
    spelled.is_empty()
}
