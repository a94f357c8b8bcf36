//! What a person is found by: names, e-mail addresses, numbers; in whatever spelling a text has them.
//!
//! | given | found |
//! |---|---|
//! | words, such as a name | whole words in any case, with or without accents (Müller, MULLER, Mueller), with spaces, hyphens, a comma or the marks of Markdown between them, the last one first, too |
//! | an e-mail address | that mailbox, in any case, and no longer one |
//! | a number (at least four digits, and no more letters than digits) | its letters and digits; from six of them on with spaces, points, hyphens, slashes or brackets between them; a telephone number also with or without the code of its country |

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    problem::{Problem, ProblemCode},
    safety::View,
};

/// Identifiers at once, and letters of one.
const MOST: usize = 50;
const LONGEST: usize = 200;
/// What may stand between the digits of a number.
const BETWEEN_DIGITS: &str = r"(?:\(0\)|[ .\-/()]){0,4}";
/// Shorter numbers are looked for as they are: with points between them they would be amounts.
const SHORTEST_SPACED: usize = 6;
/// What may stand between the words of a name.
const BETWEEN_WORDS: &str = r"[\s,.\-_*>~|`]{1,5}";

/// Why nobody can be found by what was given.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum IdentifierError {
    /// There is none.
    #[error("give a name, an e-mail address or a number to look for")]
    None,
    /// There are too many.
    #[error("look for at most {MOST} names and numbers at once")]
    TooMany,
    /// One would be found everywhere.
    #[error("“{0}” is too short to look for: it would be found everywhere")]
    TooShort(String),
    /// One is longer than any name.
    #[error("“{0}…” is too long for a name or a number")]
    TooLong(String),
}

impl From<IdentifierError> for Problem {
    fn from(error: IdentifierError) -> Self {
        Self::new(ProblemCode::InvalidInput, error)
    }
}

/// How an identifier is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// Words, such as a name.
    Words,
    /// An e-mail address.
    Email,
    /// A telephone, account, identity or case number.
    Number,
}

/// What a person is found by, ready to look for it.
#[derive(Debug)]
pub struct Identifiers(Vec<Identifier>);

#[derive(Debug)]
struct Identifier {
    given: String,
    kind: IdentifierKind,
    pattern: Regex,
}

/// A place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Occurrence {
    /// Its bytes in the text.
    pub at: Range<usize>,
    /// Which identifiers stand there: each as often as it does.
    pub which: Vec<usize>,
}

impl Identifiers {
    /// Read what a person typed, one identifier each; empty ones are left out.
    ///
    /// # Errors
    /// [`IdentifierError`] when one cannot be looked for.
    pub fn parse<S: AsRef<str>>(given: &[S]) -> Result<Self, IdentifierError> {
        let mut all: Vec<String> = Vec::new();
        for text in given {
            let words: Vec<&str> = text.as_ref().split_whitespace().collect();
            let text = words.join(" ");
            if !text.is_empty() && !all.contains(&text) {
                all.push(text);
            }
            if all.len() > MOST {
                return Err(IdentifierError::TooMany);
            }
        }
        if all.is_empty() {
            return Err(IdentifierError::None);
        }
        let parsed: Result<_, _> = all.into_iter().map(Identifier::parse).collect();
        parsed.map(Self)
    }

    /// What was given, and how it is looked for.
    pub(crate) fn given(&self) -> impl Iterator<Item = (&str, IdentifierKind)> {
        self.0.iter().map(|one| (one.given.as_str(), one.kind))
    }

    /// Where any of them stands in a text, in order. None overlaps another.
    pub(crate) fn find(&self, text: &str) -> Vec<Occurrence> {
        let view = View::of(text);
        let mut found: Vec<Occurrence> = Vec::new();
        for (which, one) in self.0.iter().enumerate() {
            for range in one.find(view.text()) {
                let at = view.back(&range, text);
                let which = vec![which];
                found.push(Occurrence { at, which });
            }
        }
        found.sort_by_key(|found| (found.at.start, std::cmp::Reverse(found.at.end)));
        // Those that overlap are one: of a name in two identifiers no half may stay.
        let mut merged: Vec<Occurrence> = Vec::with_capacity(found.len());
        for next in found.into_iter().filter(|found| !found.at.is_empty()) {
            match merged.last_mut() {
                Some(last) if next.at.start < last.at.end => {
                    last.at.end = last.at.end.max(next.at.end);
                    last.which.extend(next.which);
                }
                _ => merged.push(next),
            }
        }
        merged
    }

    /// Whether any of them stands in a text.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let view = View::of(text);
        self.0
            .iter()
            .any(|one| one.find(view.text()).next().is_some())
    }

    /// The text with other words in the place of all of them; `None` where it has none.
    pub(crate) fn replace(&self, text: &str, with: &str) -> Option<(String, usize)> {
        let found = self.find(text);
        if found.is_empty() {
            return None;
        }
        let mut new = String::with_capacity(text.len());
        let mut from = 0;
        for occurrence in &found {
            new.push_str(&text[from..occurrence.at.start]);
            new.push_str(with);
            from = occurrence.at.end;
        }
        new.push_str(&text[from..]);
        Some((new, found.len()))
    }
}

impl Identifier {
    fn parse(given: String) -> Result<Self, IdentifierError> {
        let short = || given.chars().take(20).collect::<String>();
        if given.chars().count() > LONGEST {
            return Err(IdentifierError::TooLong(short()));
        }
        let plain = View::of(&given).text().to_lowercase();
        let letters = plain.chars().filter(|c| c.is_alphanumeric()).count();
        if letters < 2 {
            return Err(IdentifierError::TooShort(given));
        }
        let digits = plain.chars().filter(char::is_ascii_digit).count();
        let (kind, pattern) = if plain.contains('@') && !plain.contains(' ') {
            (IdentifierKind::Email, regex::escape(&plain))
        } else if digits >= 4 && 2 * digits >= letters && is_number(&plain) {
            (IdentifierKind::Number, number(&plain))
        } else {
            (IdentifierKind::Words, words(&given))
        };
        let pattern = RegexBuilder::new(&pattern)
            .case_insensitive(true)
            .size_limit(1 << 24)
            .build()
            .map_err(|_| IdentifierError::TooLong(short()))?;
        Ok(Self {
            given,
            kind,
            pattern,
        })
    }

    /// Where it stands in the view of a text.
    fn find<'t>(&'t self, view: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        let mut from = 0;
        std::iter::from_fn(move || {
            while let Some(found) = self.pattern.find_at(view, from) {
                if self.stands_alone(view, &found.range()) {
                    from = found.end();
                    return Some(found.range());
                }
                from = found.start() + view[found.start()..].chars().next()?.len_utf8();
            }
            None
        })
    }

    /// Whether it is not a part of something longer.
    fn stands_alone(&self, view: &str, at: &Range<usize>) -> bool {
        let found = &view[at.clone()];
        let mut before = view[..at.start].chars().rev();
        let mut after = view[at.end..].chars();
        let (last, next) = (before.next(), after.next());
        let joined = |inside: Option<char>, outside: Option<char>| match (inside, outside) {
            (Some(inside), Some(outside)) => is_of_word(inside) && is_of_word(outside),
            _ => false,
        };
        if joined(found.chars().next(), last) || joined(found.chars().next_back(), next) {
            return false;
        }
        if self.kind != IdentifierKind::Email {
            return true;
        }
        // x.hans@… is another mailbox, and so is …@example.org.uk; marks around it are none of it.
        let goes_on = |c: Option<char>| matches!(c, Some('.' | '_' | '+' | '-' | '%'));
        let begins_before = goes_on(last) && before.next().is_some_and(char::is_alphanumeric);
        let ends_later = next == Some('.')
            && after
                .next()
                .is_some_and(|c| c.is_lowercase() || c.is_ascii_digit());
        !begins_before && !ends_later
    }
}

/// A letter or digit of a script that sets words apart.
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric()
        && !matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{3040}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The pattern of words in their order, or with the last one first.
fn words(given: &str) -> String {
    let words: Vec<String> = given
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | '-'))
        .filter(|word| !word.is_empty())
        .map(word)
        .collect();
    let in_order = words.join(BETWEEN_WORDS);
    match words.split_last() {
        Some((last, others)) if !others.is_empty() => {
            let others = others.join(BETWEEN_WORDS);
            format!("{in_order}|{last}{BETWEEN_WORDS}{others}")
        }
        _ => in_order,
    }
}

/// The pattern of a word: letters with two dots may be written with an e and the other way round,
/// whatever apostrophe it has may be another.
fn word(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let mut pattern = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let rest = &letters[at + 1..];
        let is_vowel = |letter: &char| matches!(letter, 'a' | 'o' | 'u' | 'A' | 'O' | 'U');
        let mut own = [0; 4];
        let plain = View::of(letter.encode_utf8(&mut own)).text().to_owned();
        match letter {
            'ä' | 'ö' | 'ü' | 'Ä' | 'Ö' | 'Ü' => pattern += &format!("{plain}e?"),
            // The two dots as a mark of their own.
            '\u{308}' if at > 0 && is_vowel(&letters[at - 1]) => pattern += "e?",
            // Mueller; but in Michael, Joel or Manuel it is no Umlaut.
            'e' | 'E'
                if at > 1 && is_vowel(&letters[at - 1]) && !matches!(rest, [] | ['l' | 'L']) =>
            {
                pattern += "e?";
            }
            '\'' | '’' | 'ʼ' | '`' => pattern += "['’ʼ`]?",
            _ => pattern += &regex::escape(&plain),
        }
    }
    pattern
}

/// Whether there is nothing in it but letters, digits, and what may stand between those of a number.
fn is_number(plain: &str) -> bool {
    let rest = plain.strip_prefix('+').unwrap_or(plain);
    rest.chars()
        .all(|c| c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '/' | '(' | ')'))
}

/// The pattern of a number, with what may stand between its digits.
fn number(plain: &str) -> String {
    let kept: String = plain.chars().filter(|c| c.is_alphanumeric()).collect();
    let spaced = |text: &str| {
        let each: Vec<String> = text
            .chars()
            .map(|c| regex::escape(c.encode_utf8(&mut [0; 4])))
            .collect();
        each.join(BETWEEN_DIGITS)
    };
    if kept.chars().count() < SHORTEST_SPACED {
        return format!("{}|{}", regex::escape(plain), regex::escape(&kept));
    }
    let only_digits = kept.bytes().all(|byte| byte.is_ascii_digit());
    let prefix = format!(r"(?:(?:\+|00){BETWEEN_DIGITS})?");
    if only_digits && plain.trim_start().starts_with('+') && kept.len() >= 7 {
        let rest = &kept[country_code(&kept).min(kept.len())..];
        let abroad = format!("{prefix}{}", spaced(&kept));
        return match rest.len() {
            0..6 => abroad,
            6..8 => format!("{abroad}|0{BETWEEN_DIGITS}{}", spaced(rest)),
            _ => format!("{abroad}|(?:0{BETWEEN_DIGITS})?{}", spaced(rest)),
        };
    }
    match (kept.strip_prefix("00"), kept.strip_prefix('0')) {
        (Some(abroad), _) if only_digits && abroad.len() >= 7 => {
            format!("{prefix}{}", spaced(abroad))
        }
        (None, Some(rest)) if only_digits && rest.len() >= SHORTEST_SPACED => {
            let rest = spaced(rest);
            format!(r"(?:\+|00)[1-9]\d{{0,2}}{BETWEEN_DIGITS}{rest}|0{BETWEEN_DIGITS}{rest}")
        }
        _ => spaced(&kept),
    }
}

/// How many digits the code of the country has that an international number begins with: ITU-T
/// E.164, annex D.
fn country_code(digits: &str) -> usize {
    match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(given: &str, text: &str) -> Vec<String> {
        let identifiers = Identifiers::parse(&[given]).unwrap();
        let found = identifiers.find(text);
        found
            .iter()
            .map(|found| text[found.at.clone()].to_owned())
            .collect()
    }

    #[test]
    fn a_name_is_found_in_every_spelling_and_not_inside_another_one() {
        let text = "HANS MÜLLER, Hans-Müller, Müller, Hans; hans\u{a0}mueller and Hans\nMuller";
        assert_eq!(
            found("Hans Müller", text),
            [
                "HANS MÜLLER",
                "Hans-Müller",
                "Müller, Hans",
                "hans\u{a0}mueller",
                "Hans\nMuller"
            ]
        );
        for other in ["**Hans** Müller", "Hans_Müller", "Hans\n> Müller"] {
            assert_eq!(found("Hans Müller", other).len(), 1, "{other}");
            assert_eq!(found("Hans Mueller", other).len(), 1, "{other}");
            assert_eq!(found("Hans Mu\u{308}ller", other).len(), 1, "{other}");
        }
        assert_eq!(found("Hans Mu\u{308}ller", "Hans Mueller").len(), 1);
        assert!(found("Michael Novak", "Michal Novak").is_empty());
        assert!(found("Hans Müller", "Hans Müllerschön and Johans Müller").is_empty());
        assert_eq!(
            found("Müller", "Müller's file, (müller)"),
            ["Müller", "müller"]
        );
        assert_eq!(found("O'Neill", "O’Neill, oneill"), ["O’Neill", "oneill"]);
        assert_eq!(found("Ψαρράς", "ο κ. ΨΑΡΡΑΣ"), ["ΨΑΡΡΑΣ"]);
    }

    #[test]
    fn a_name_without_spaces_around_it_is_found_where_no_word_has_any() {
        assert_eq!(found("山田太郎", "昨日山田太郎さんが"), ["山田太郎"]);
    }

    #[test]
    fn an_address_is_that_mailbox_and_no_longer_one() {
        let text = "Write to HANS@example.org. Not to x.hans@example.org or hans@example.org.uk, yes <hans@example.org>";
        assert_eq!(
            found("hans@example.org", text),
            ["HANS@example.org", "hans@example.org"]
        );
        for text in [
            "_hans@example.org_",
            "-hans@example.org",
            "hans@example.org-Adresse",
            "hans@example.org.Danke",
        ] {
            assert_eq!(found("hans@example.org", text).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_telephone_number_is_found_as_people_write_it() {
        let ways =
            "+49 170 1234567, 0049-170-1234567, +49 (0)170 1234567, 0170/1234567, (0170) 123 45 67";
        assert_eq!(found("+49 170 1234567", ways).len(), 5);
        assert_eq!(found("0170 1234567", ways).len(), 5);
        assert_eq!(
            found("+1 212 555 0100", "call (212) 555-0100 or 1-212-555-0100").len(),
            2
        );
        assert!(found("0170 1234567", "0170 12345678, 80170 1234567").is_empty());
    }

    #[test]
    fn other_numbers_are_found_with_whatever_stands_between() {
        let text = "IBAN DE89370400440532013000 or de89 3704 0044 0532 0130 00";
        assert_eq!(found("DE89 3704 0044 0532 0130 00", text).len(), 2);
        assert_eq!(
            found("943-476-5919", "NHS number is 943 476 5919.").len(),
            1
        );
        assert!(found("943 476 5919", "1943 476 5919").is_empty());
        assert_eq!(
            found("1234", "room 1234, 12.34 EUR, 1.\n2.\n3.\n4."),
            ["1234"]
        );
        assert!(found("+43 1 5050", "15.050 EUR in room 15050").is_empty());
        assert_eq!(
            found("00123456789", "case 00123456789, not 23456789"),
            ["00123456789"]
        );
        assert_eq!(
            found("+49 170 1234567", "call 49 170 1234567"),
            ["49 170 1234567"]
        );
    }

    #[test]
    fn what_would_be_found_everywhere_is_refused_in_words() {
        let refused = |given: &[&str]| Identifiers::parse(given).unwrap_err();
        assert_eq!(refused(&["", "  "]), IdentifierError::None);
        assert_eq!(refused(&["."]), IdentifierError::TooShort(".".into()));
        assert!(matches!(
            refused(&[&"a".repeat(300)]),
            IdentifierError::TooLong(_)
        ));
        let many: Vec<String> = (0..=MOST).map(|n| format!("name {n}")).collect();
        assert_eq!(
            Identifiers::parse(&many).unwrap_err(),
            IdentifierError::TooMany
        );
        assert!(Identifiers::parse(&many[1..]).is_ok());
    }

    #[test]
    fn an_identifier_inside_another_one_is_found_in_the_same_place() {
        let identifiers = Identifiers::parse(&["Anna Weiss", "Weiss"]).unwrap();
        let found = identifiers.find("Anna Weiss, and Weiss again");
        let which: Vec<&[usize]> = found.iter().map(|found| &found.which[..]).collect();
        assert_eq!(which, [&[0, 1][..], &[1]], "two places, three of them");
    }

    #[test]
    fn of_a_name_in_two_identifiers_no_half_stays() {
        let identifiers = Identifiers::parse(&["Anna Maria", "Maria Gruber"]).unwrap();
        let (new, count) = identifiers
            .replace("Anna Maria Gruber came", "[erased]")
            .unwrap();
        assert_eq!((new.as_str(), count), ("[erased] came", 1));
    }

    proptest! {
        #[test]
        fn whatever_can_be_given_is_found_in_a_text_with_it(
            given in "[\\p{L}\\p{N}@'.+ -]{1,30}", before in "[a-z ]{0,9}[ (\"]", after in "[ ,)!?][a-z ]{0,9}",
        ) {
            if let Ok(identifiers) = Identifiers::parse(&[&given]) {
                let text = format!("{before}{given}{after}");
                prop_assert!(identifiers.is_in(&text), "{given:?}");
            }
        }

        #[test]
        fn what_was_replaced_is_not_found_again(
            given in "[a-zäöü]{2,8}( [a-zäöü]{2,8})?", text in "([a-zäöü]{2,8}[ ,.-]{0,2}){0,12}",
        ) {
            let identifiers = Identifiers::parse(&[&given]).unwrap();
            let text = format!("{text} {given} {text}");
            let (new, count) = identifiers.replace(&text, "[erased]").unwrap();
            prop_assert!(count >= 1);
            prop_assert!(!identifiers.is_in(&new) || given == "erased");
        }

        #[test]
        fn occurrences_lie_in_the_text_in_order(text in "\\PC{0,80}", given in "\\PC{2,10}") {
            if let Ok(identifiers) = Identifiers::parse(&[&given]) {
                let mut end = 0;
                for found in identifiers.find(&text) {
                    prop_assert!(text.get(found.at.clone()).is_some());
                    prop_assert!(found.at.start >= end);
                    end = found.at.end;
                }
            }
        }
    }
}
