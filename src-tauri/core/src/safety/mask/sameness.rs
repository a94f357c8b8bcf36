//! When two ways of writing are the same value, and where a known value is looked for again.

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

    /// Two values with one key are the same value. Characters that nobody sees never matter,
    /// unless every character does.
    pub(super) fn key(self, value: &str) -> String {
        let seen = value.chars().filter(|c| !is_invisible(*c));
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
    /// A name is it as a word of its own in the same case, or with the s of a genitive: "Mark" is
    /// not in "Market" nor in "mark my words". Anything else of six characters or more is it even
    /// inside a word, something shorter as a word of its own.
    pub(super) fn stands_at(self, value: &str, text: &str, start: usize, end: usize) -> bool {
        let (before, after) = (&text[..start], &text[end..]);
        match self {
            Self::Name => text[start..end] == *value && is_word(value, before, after, true),
            Self::Exact if text[start..end] != *value => false,
            Self::Number | Self::Words | Self::Exact => {
                value.chars().nth(LONG - 1).is_some() || is_word(value, before, after, false)
            }
        }
    }
}

/// From this many characters on a value is looked for inside words too.
const LONG: usize = 6;

fn is_word(value: &str, before: &str, after: &str, genitive: bool) -> bool {
    let joins = |edge: Option<char>, next: Option<char>| {
        edge.is_some_and(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric)
    };
    let mut next = after.chars();
    let joins_after = |next: Option<char>| joins(value.chars().next_back(), next);
    let ends = match next.next() {
        Some('s') if genitive => !joins_after(next.next()),
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
}
