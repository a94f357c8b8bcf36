//! When two ways of writing are the same value, and where a known value is looked for again.

use unicode_normalization::UnicodeNormalization;

/// How values of a label are written and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sameness {
    /// Names: upper and lower case and the number of spaces do not matter.
    Name,
    /// Numbers that people group as they like: only letters and digits matter.
    Number,
    /// Addresses and the like: case and the number of spaces do not matter, punctuation does.
    Words,
    /// Every character matters.
    Exact,
}

impl Sameness {
    pub(super) fn of(label: &str) -> Self {
        match label {
            "PERSON" | "LOCATION" | "ORGANIZATION" => Self::Name,
            // 1.12.1990 is not 11.2.1990, nor 1.23.4.5 another address of 12.3.4.5.
            "EMAIL-ADDRESS" | "ADDRESS" | "DATE-OF-BIRTH" | "IP-ADDRESS" | "MAC-ADDRESS"
            | "TERM" => Self::Words,
            "CRYPTO" | super::placeholder::ESCAPE_LABEL => Self::Exact,
            _ => Self::Number,
        }
    }

    /// Two values with one key are the same value. Characters that nobody sees never matter, nor whether
    /// a letter and its accent are one character or two, unless every character does.
    pub(super) fn key(self, value: &str) -> String {
        let seen = value.nfc().filter(|c| !is_invisible(*c));
        let key: String = match self {
            Self::Exact => return value.to_owned(),
            Self::Number => seen
                .filter(|c| c.is_alphanumeric())
                .flat_map(char::to_lowercase)
                .collect(),
            Self::Name | Self::Words => {
                let lower: String = seen.flat_map(char::to_lowercase).collect();
                lower.split_whitespace().collect::<Vec<_>>().join(" ")
            }
        };
        // What has nothing that matters is only the same as itself.
        if key.is_empty() {
            value.to_owned()
        } else {
            key
        }
    }

    /// Whether `text[start..end]`, which is `value` but for ASCII case, is that value again.
    ///
    /// A name is it as a word of its own, or with the s of a genitive: "Mark" is not in "Market". One of
    /// a single word must have the same case, for "mark my words" is nobody; two words together are no
    /// accident, so "anna berg" is Anna Berg. Anything else of six characters or more is it even inside
    /// a word, something shorter as a word of its own.
    pub(super) fn stands_at(self, value: &str, text: &str, start: usize, end: usize) -> bool {
        let (before, after) = (&text[..start], &text[end..]);
        match self {
            Self::Name if !has_words(value) && text[start..end] != *value => false,
            Self::Name => is_word(value, before, after, true),
            Self::Exact if text[start..end] != *value => false,
            Self::Number | Self::Words | Self::Exact => {
                value.chars().nth(LONG - 1).is_some() || is_word(value, before, after, false)
            }
        }
    }

    /// Whether a value is enough to be looked for by itself. What is left of a number that another finding
    /// cut may be "12", and not every 12 of a conversation is a part of it.
    pub(super) fn is_sought(self, value: &str) -> bool {
        let least = if self == Self::Name { 2 } else { 3 };
        let mut telling = value.chars().filter(|c| c.is_alphanumeric());
        telling.nth(least - 1).is_some()
    }

    /// The other ways of writing a value that stand for it wherever they are, where they differ in more
    /// than the case of ASCII letters, to which a search is blind: other cases, and accents that are one
    /// character with their letter or one of their own.
    pub(super) fn in_other_forms(self, value: &str) -> impl Iterator<Item = String> + use<> {
        let beyond_ascii = self != Self::Exact && !value.is_ascii();
        let any_case = beyond_ascii && self == Self::Name && has_words(value);
        let cases = any_case.then(|| [value.to_lowercase(), value.to_uppercase()]);
        let composed = beyond_ascii.then(|| [value.nfc().collect(), value.nfd().collect()]);
        let written = value.to_owned();
        let all = cases.into_iter().chain(composed).flatten();
        all.filter(move |form: &String| *form != written)
    }
}

/// The words of a person's name by each of which its person may be called, as [`Sameness::key`] has them:
/// those of a name of two words or more.
pub(super) fn words_of_name(key: &str) -> impl Iterator<Item = &str> {
    let words = key.split([' ', ',']).filter(|_| has_words(key));
    words.filter(|word| word.chars().nth(1).is_some() && !word.ends_with('.'))
}

/// Whether a name has two words or more.
fn has_words(name: &str) -> bool {
    name.split_whitespace().nth(1).is_some()
}

/// From this many characters on a value is looked for inside words too.
pub(super) const LONG: usize = 6;

/// Whether a value is a word of its own between what is before and after it, or one with the s of a genitive.
pub(super) fn is_word(value: &str, before: &str, after: &str, genitive: bool) -> bool {
    let joins = |edge: Option<char>, next: Option<char>| {
        edge.is_some_and(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric)
    };
    let mut next = after.chars();
    let joins_after = |next: Option<char>| joins(value.chars().next_back(), next);
    let ends = match next.next() {
        Some('s' | 'S') if genitive => !joins_after(next.next()),
        letter => !joins_after(letter),
    };
    ends && !joins(value.chars().next(), before.chars().next_back())
}

/// Zero-width characters, soft hyphens and marks of direction.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(label: &str, a: &str, b: &str) -> bool {
        let sameness = Sameness::of(label);
        sameness.key(a) == sameness.key(b)
    }

    #[test]
    fn spaces_and_case_do_not_make_another_person() {
        assert!(same("PERSON", "Anna  Berg", "ANNA\nberg"));
        assert!(!same("PERSON", "Anna Berg", "Annaberg"));
    }

    #[test]
    fn grouping_does_not_make_another_number_but_does_make_another_date() {
        assert!(same(
            "CREDIT-CARD",
            "4111 1111-1111 1111",
            "4111111111111111"
        ));
        assert!(same("IBAN-CODE", "DE89 3704", "de893704"));
        assert!(!same("DATE-OF-BIRTH", "1.12.1990", "11.2.1990"));
        assert!(!same("IP-ADDRESS", "1.23.4.5", "12.3.4.5"));
    }

    #[test]
    fn what_nobody_sees_does_not_matter() {
        assert!(same("PERSON", "An\u{200b}na", "Anna"));
        assert!(
            !same("CREDIT-CARD", "-", "/"),
            "they have nothing in common"
        );
    }

    #[test]
    fn an_accent_may_be_a_character_of_its_own() {
        assert!(same(
            "PERSON",
            "Jose\u{301} Marti\u{301}nez",
            "José Martínez"
        ));
        assert!(same("ADDRESS", "Hu\u{308}gel 5", "hügel 5"));
        assert!(!same("PERSON", "Jose Martinez", "José Martínez"));
        let forms: Vec<_> = Sameness::Name.in_other_forms("José").collect();
        assert_eq!(forms, ["Jose\u{301}"]);
    }

    #[test]
    fn a_name_is_found_again_as_a_word() {
        let stands = |value: &str, text: &str| {
            let start = text.find(value).unwrap();
            Sameness::Name.stands_at(value, text, start, start + value.len())
        };
        assert!(stands("Mark", "ask Mark."));
        assert!(stands("Mark", "Marks Haus"));
        assert!(!stands("Mark", "Market"));
        assert!(!stands("Mark", "Marksman"));
        assert!(!stands("Mark", "Denk-xMark"));
        assert!(stands("(Mark)", "a(Mark)b"), "brackets are edges enough");
    }

    #[test]
    fn a_name_of_two_words_is_found_in_any_case_and_one_of_one_word_in_its_own() {
        let stands =
            |value: &str, text: &str| Sameness::Name.stands_at(value, text, 0, value.len());
        assert!(stands("Anna Berg", "anna berg"));
        assert!(stands("Anna Berg", "ANNA BERGS Haus"));
        assert!(!stands("Anna Berg", "anna bergab"));
        assert!(!stands("Mark", "mark my words"));
    }

    #[test]
    fn what_says_nothing_is_not_looked_for_by_itself() {
        for (sameness, value, sought) in [
            (Sameness::Number, "12", false),
            (Sameness::Number, "+1 2", false),
            (Sameness::Number, "123", true),
            (Sameness::Name, "A.", false),
            (Sameness::Name, "Al", true),
            (Sameness::Name, "王伟", true),
        ] {
            assert_eq!(sameness.is_sought(value), sought, "{value}");
        }
    }
}
