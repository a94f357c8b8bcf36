//! Numbers that were masked once, found again however they are grouped: a card in groups of four and in one
//! piece. Many a number is only found by a word beside it, so without this it would leave where it is
//! grouped otherwise and has no such word.

use std::{collections::BTreeMap, ops::Range};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::{
    known::Sought,
    sameness::{LONG, Sameness, is_word},
};
use crate::safety::everywhere::{
    narrow_gaps,
    spelled::{Reading, Spelled},
};

/// A search for all of them in one pass.
#[derive(Clone)]
pub(super) struct Grouped {
    automaton: AhoCorasick,
    numbers: Vec<Number>,
}

#[derive(Clone)]
struct Number {
    sought: Sought,
    /// How many letters and digits it has.
    length: usize,
}

impl Grouped {
    /// Of these values the numbers; `None`: none is one. Of two that are the same the first one counts.
    pub(super) fn of<'s>(values: impl Iterator<Item = &'s Sought>) -> Option<Self> {
        let mut by_key: BTreeMap<String, &Sought> = BTreeMap::new();
        for sought in values {
            let Sought::Value { label, form } = sought else {
                continue;
            };
            if Sameness::of(label) == Sameness::Number && form.contains(char::is_numeric) {
                by_key.entry(Reading::Number.key(form)).or_insert(sought);
            }
        }
        if by_key.is_empty() {
            return None;
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(by_key.keys())
            .expect("few enough states, because the values together are bounded");
        let numbers = by_key.iter().map(|(key, sought)| Number {
            sought: (*sought).clone(),
            length: key.chars().filter(|c| c.is_alphanumeric()).count(),
        });
        Some(Self {
            automaton,
            numbers: numbers.collect(),
        })
    }

    /// Every place within `span` where one of them stands, also on top of others.
    pub(super) fn find(&self, text: &str, span: Range<usize>) -> Vec<(Range<usize>, &Sought)> {
        let part = &text[span.clone()];
        if part.bytes().all(|b| b.is_ascii() && !b.is_ascii_digit()) {
            return Vec::new();
        }
        let spelled = Spelled::of(part, Reading::Number);
        let hits = self.automaton.find_overlapping_iter(&spelled.text);
        let places = hits.map(|hit| {
            let bytes = spelled.origin(&hit.range(), part);
            let bytes = span.start + bytes.start..span.start + bytes.end;
            (bytes, &self.numbers[hit.pattern().as_usize()])
        });
        places
            .filter(|(bytes, number)| number.stands_at(text, bytes))
            .map(|(bytes, number)| (bytes, &number.sought))
            .collect()
    }
}

impl Number {
    /// Whether what is spelled like it is meant there: something short only as a word of its own, and "12, 34"
    /// is rather two numbers.
    fn stands_at(&self, text: &str, bytes: &Range<usize>) -> bool {
        let (before, after) = (&text[..bytes.start], &text[bytes.end..]);
        let value = &text[bytes.clone()];
        self.length >= LONG || narrow_gaps(value) && is_word(value, before, after, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'t>(numbers: &[&str], text: &'t str) -> Vec<&'t str> {
        let sought = numbers.iter().map(|number| Sought::Value {
            label: "US-SSN".into(),
            form: (*number).to_owned(),
        });
        let sought: Vec<_> = sought.collect();
        let grouped = Grouped::of(sought.iter()).unwrap();
        let places = grouped.find(text, 0..text.len());
        places.into_iter().map(|(at, _)| &text[at]).collect()
    }

    #[test]
    fn a_number_is_found_in_any_groups_and_digits() {
        let text = "219456789, 219 45 6789, (219)-456/789, x219.45.6789y, ２１９４５６７８９, 219\u{200b}456789";
        let expected = [
            "219456789",
            "219 45 6789",
            "219)-456/789",
            "219.45.6789",
            "２１９４５６７８９",
            "219\u{200b}456789",
        ];
        assert_eq!(found(&["219-45-6789"], text), expected);
    }

    #[test]
    fn a_short_number_is_found_as_a_word_and_not_in_pieces_of_a_list() {
        let text = "B AB 12, BAB12, B-AB-12; xBAB12, B, AB, 12";
        assert_eq!(found(&["B-AB 12"], text), ["B AB 12", "BAB12", "B-AB-12"]);
    }

    #[test]
    fn what_has_no_digit_is_no_number() {
        let sought = [Sought::Value {
            label: "HEALTH-CONDITION".into(),
            form: "asthma".into(),
        }];
        assert!(Grouped::of(sought.iter()).is_none());
    }
}
