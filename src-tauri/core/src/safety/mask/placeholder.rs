//! The form of a placeholder: `[PERSON-1-kqvt]`, and `[PERSON-1b-kqvt]` for another way of writing
//! the same value.
//!
//! - Square brackets mark its ends. Models have read many redacted texts in which they do, and they
//!   need no escape in HTML, XML, JSON, SQL or CSV. Angle brackets would be taken for HTML, braces
//!   for a template, and characters beyond ASCII cost a small tokenizer several tokens each.
//! - Hyphens join the parts: models put backslashes before underscores in Markdown.
//! - The kind and the number tell the model what stands there and what is the same thing again.
//! - The nonce has one length and is lower case, the kind is upper case. So even without the
//!   brackets no placeholder is the beginning of another: a beginning would have to end in a nonce,
//!   and after a nonce nothing follows.
//!
//! The nonce is no secret: the model sees it. It tells the placeholders of one conversation from
//! those of another and from words, so four letters do. What keeps text from being taken for a
//! placeholder is that a text which contains the nonce does not leave with it: see [`super::mask`].

use std::fmt::Write;

use crate::safety::Kind;

/// Consonants alone spell no word. `l` is missing as it looks like 1, `s` as names take it on.
const LETTERS: &[u8; 18] = b"bcdfghjkmnpqrtvwxz";

/// How many letters a nonce has.
pub(crate) const NONCE_LETTERS: usize = 4;

/// The label of text that would look like a placeholder and is masked for that alone.
pub(super) const ESCAPE_LABEL: &str = "TEXT";

/// The label of what a person's own rule found: the name of a rule may itself say too much.
const OWN_LABEL: &str = "TERM";

/// What tells the placeholders of one conversation from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nonce([u8; NONCE_LETTERS]);

impl Nonce {
    pub(super) fn from_random(mut random: u32) -> Self {
        Self(std::array::from_fn(|_| {
            let letter = LETTERS[random as usize % LETTERS.len()];
            random /= LETTERS.len() as u32;
            letter
        }))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let letters: [u8; NONCE_LETTERS] = text.as_bytes().try_into().ok()?;
        let known = letters.iter().all(|letter| LETTERS.contains(letter));
        known.then_some(Self(letters))
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("ASCII, because every letter is one of LETTERS")
    }
}

/// What a placeholder calls a kind: upper-case letters and hyphens.
pub(super) fn label(kind: &Kind) -> String {
    match kind {
        Kind::Own { .. } => OWN_LABEL.into(),
        kind => kind.name().replace('_', "-"),
    }
}

/// Whether a placeholder can carry this label.
pub(super) fn is_label(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_uppercase() || c == '-')
}

/// A placeholder without its brackets. `number` counts the values of a label from 1, `form` the
/// ways of writing a value from 0.
pub(super) fn core(label: &str, number: usize, form: usize, nonce: &Nonce) -> String {
    let mut core = format!("{label}-{number}");
    push_letters(&mut core, form);
    let _ = write!(core, "-{}", nonce.as_str());
    core
}

/// Nothing for the first form, then b, c, … z, aa, ab, …: the numerals of base 26 without a zero.
fn push_letters(text: &mut String, form: usize) {
    if form == 0 {
        return;
    }
    let mut rest = form + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'a' + (rest % 26) as u8));
        rest /= 26;
    }
    text.extend(letters.iter().rev());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_label_that_a_placeholder_can_carry() {
        for kind in Kind::ALL {
            assert!(is_label(&label(kind)), "{}", kind.name());
        }
    }

    #[test]
    fn the_name_of_an_own_rule_does_not_leave() {
        let kind = Kind::Own {
            name: "PROJECT_FALCON".into(),
            class: crate::safety::DataClass::Personal,
        };
        assert_eq!(label(&kind), "TERM");
    }

    #[test]
    fn forms_are_told_apart_by_letters() {
        let nonce = Nonce::from_random(0);
        let forms = [0, 1, 25, 26, 27].map(|form| core("PERSON", 1, form, &nonce));
        let expected =
            ["1", "1b", "1z", "1aa", "1ab"].map(|number| format!("PERSON-{number}-bbbb"));
        assert_eq!(forms, expected);
    }

    #[test]
    fn a_nonce_is_read_back_and_a_word_is_none() {
        let nonce = Nonce::from_random(123_456_789);
        assert_eq!(Nonce::parse(nonce.as_str()), Some(nonce));
        for no in ["", "bbb", "bbbbb", "BBBB", "abba", "b-bb"] {
            assert_eq!(Nonce::parse(no), None, "{no}");
        }
    }
}
