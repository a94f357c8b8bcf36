//! What is known about single words: one look-up tells all of it.
//!
//! The lists are facts of general knowledge, written for this program: given names and surnames of
//! ten languages (of the Nordic ones together), places, titles, greetings and the like. They are
//! compared without case, accents, hyphens and apostrophes.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use super::{context::introductions, legal_forms::LegalForms};

/// What a word can be; one word can be several things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Traits(u32);

impl Traits {
    pub(super) const GIVEN: Self = Self(1);
    pub(super) const SURNAME: Self = Self(1 << 1);
    /// A name that is an ordinary word too.
    pub(super) const ORDINARY: Self = Self(1 << 2);
    pub(super) const TITLE: Self = Self(1 << 3);
    /// A title only before a known name.
    pub(super) const WEAK_TITLE: Self = Self(1 << 4);
    pub(super) const GREETING: Self = Self(1 << 5);
    pub(super) const CLOSING: Self = Self(1 << 6);
    pub(super) const LABEL: Self = Self(1 << 7);
    pub(super) const BEFORE_PLACE: Self = Self(1 << 8);
    /// A small word inside a person's name, such as "van".
    pub(super) const NAME_PART: Self = Self(1 << 9);
    /// A small word inside an organisation's name, such as "of".
    pub(super) const ORGANISATION_PART: Self = Self(1 << 10);
    pub(super) const ORGANISATION: Self = Self(1 << 11);
    /// Someone without a name: "Team", "Madam".
    pub(super) const ROLE: Self = Self(1 << 12);
    /// Never part of a name.
    pub(super) const NO_NAME: Self = Self(1 << 13);
    pub(super) const PLACE: Self = Self(1 << 14);
    /// A place only after a word such as "in".
    pub(super) const WEAK_PLACE: Self = Self(1 << 15);
    /// "And".
    pub(super) const AND: Self = Self(1 << 17);
    /// The last word of "my name is" and the like.
    pub(super) const INTRODUCTION: Self = Self(1 << 18);
    /// The first word of a place of several words.
    pub(super) const PLACE_START: Self = Self(1 << 16);

    /// Whether it is any of these.
    pub(super) fn any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }
}

impl std::ops::BitOr for Traits {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

const PEOPLE: &[&str] = &[
    include_str!("lists/cs.txt"),
    include_str!("lists/de.txt"),
    include_str!("lists/en.txt"),
    include_str!("lists/es.txt"),
    include_str!("lists/fr.txt"),
    include_str!("lists/it.txt"),
    include_str!("lists/nl.txt"),
    include_str!("lists/pl.txt"),
    include_str!("lists/pt.txt"),
    include_str!("lists/sv.txt"),
];
const WORDS: &str = include_str!("lists/words.txt");
const PLACES: &str = include_str!("lists/places.txt");

/// What the headings in the lists stand for.
const HEADINGS: &[(&str, Traits)] = &[
    ("given", Traits::GIVEN),
    ("surnames", Traits::SURNAME),
    ("also ordinary words", Traits::ORDINARY),
    ("titles", Traits::TITLE),
    ("titles before a known name", Traits::WEAK_TITLE),
    ("greetings", Traits::GREETING),
    ("closings", Traits::CLOSING),
    ("labels", Traits::LABEL),
    ("before a place", Traits::BEFORE_PLACE),
    ("small words of names", Traits::NAME_PART),
    ("small words of organisations", Traits::ORGANISATION_PART),
    ("and", Traits::AND),
    ("heads of organisations", Traits::ORGANISATION),
    ("roles, which are no names", Traits::ROLE),
    ("no part of a name", Traits::NO_NAME),
    ("countries", Traits::PLACE),
    ("cities", Traits::PLACE),
    (
        "in a sentence only after a word such as \"in\"",
        Traits::WEAK_PLACE,
    ),
];

/// All lists.
pub(super) struct Lexicon {
    words: HashMap<String, Traits, BuildHasherDefault<Fnv>>,
    /// Places of several words.
    phrases: HashMap<String, Traits>,
    pub(super) legal_forms: LegalForms,
}

/// FNV-1a, 64 bits: faster on short words than the usual hash, which withstands chosen keys. The
/// keys in this table are ours; those of a text are only looked up.
#[derive(Clone, Copy)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Lexicon {
    pub(super) fn new() -> Self {
        let mut lexicon = Self {
            words: HashMap::with_capacity_and_hasher(8_192, BuildHasherDefault::default()),
            phrases: HashMap::new(),
            legal_forms: LegalForms::new(),
        };
        for list in PEOPLE.iter().chain([&WORDS]) {
            for (traits, line) in lines(list) {
                line.split_whitespace()
                    .for_each(|word| lexicon.add(word, traits));
            }
        }
        for phrase in introductions() {
            let last = phrase.rsplit(|c: char| !c.is_alphabetic()).next();
            lexicon.add(last.unwrap_or_default(), Traits::INTRODUCTION);
        }
        for (traits, line) in lines(PLACES) {
            for place in line
                .split(',')
                .map(str::trim)
                .filter(|place| !place.is_empty())
            {
                lexicon.add_place(place, traits);
            }
        }
        lexicon
    }

    fn add(&mut self, word: &str, traits: Traits) {
        let known = self.words.entry(key(word)).or_default();
        *known = *known | traits;
    }

    fn add_place(&mut self, place: &str, traits: Traits) {
        match place.split_once(' ') {
            None => self.add(place, traits),
            Some((first, _)) => {
                self.add(first, Traits::PLACE_START);
                self.phrases.insert(phrase_key(place.split(' ')), traits);
            }
        }
    }

    /// What a word is. Of a word with hyphens that is not known itself: what all its parts are.
    pub(super) fn word(&self, word: &str, scratch: &mut String) -> Traits {
        scratch.clear();
        push_key(scratch, word);
        let known = self.words.get(scratch.as_str());
        if known.is_some() || !word.contains('-') {
            return known.copied().unwrap_or_default();
        }
        let parts = word.split('-').map(|part| {
            scratch.clear();
            push_key(scratch, part);
            self.words
                .get(scratch.as_str())
                .map_or(0, |traits| traits.0)
        });
        Traits(parts.fold(u32::MAX, |all, part| all & part))
    }

    /// What several words together are.
    pub(super) fn phrase<'a>(&self, words: impl Iterator<Item = &'a str>) -> Traits {
        self.phrases
            .get(&phrase_key(words))
            .copied()
            .unwrap_or_default()
    }
}

/// The lines of a list with what their heading stands for.
fn lines(list: &str) -> impl Iterator<Item = (Traits, &str)> {
    let mut traits = Traits::default();
    list.lines().filter_map(move |line| {
        let Some(heading) = line.strip_prefix("# ") else {
            return Some((traits, line));
        };
        let known = HEADINGS.iter().find(|(name, _)| *name == heading);
        traits = known.map_or(Traits::default(), |(_, traits)| *traits);
        None
    })
}

fn phrase_key<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut key = String::new();
    for word in words {
        if !key.is_empty() {
            key.push(' ');
        }
        push_key(&mut key, word);
    }
    key
}

/// How a word is compared.
pub(super) fn key(word: &str) -> String {
    let mut key = String::with_capacity(word.len());
    push_key(&mut key, word);
    key
}

/// The same, at the end of `key`.
pub(super) fn push_key(key: &mut String, word: &str) {
    for letter in word.chars() {
        match letter {
            'a'..='z' => key.push(letter),
            'A'..='Z' => key.push(letter.to_ascii_lowercase()),
            '\u{c0}'..='\u{17f}' => key.push(base(letter)),
            // Accents of their own, and what joins the parts of a name.
            '\u{300}'..='\u{36f}' | '-' | '\'' | '’' | '.' => {}
            other => key.extend(other.to_lowercase()),
        }
    }
}

/// The Latin letter under an accent, U+00C0 to U+017F.
fn base(letter: char) -> char {
    const BASES: &[u8; 192] = b"\
        aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty\
        aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllll\
        llnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
    let index = (u32::from(letter) - 0xc0) as usize;
    char::from(BASES[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heading_of_the_lists_is_known() {
        for list in PEOPLE.iter().chain([&WORDS, &PLACES]) {
            for heading in list.lines().filter_map(|line| line.strip_prefix("# ")) {
                assert!(
                    HEADINGS.iter().any(|(name, _)| *name == heading),
                    "{heading}"
                );
            }
        }
    }

    #[test]
    fn no_place_is_broken_at_the_end_of_a_line() {
        let lines = PLACES.lines().filter(|line| !line.starts_with('#'));
        for line in lines.filter(|line| !line.is_empty()) {
            assert!(line.ends_with(','), "{line}");
        }
    }

    #[test]
    fn accents_hyphens_and_case_do_not_matter() {
        for (word, expected) in [
            ("MÜLLER", "muller"),
            ("Łukasz", "lukasz"),
            ("O’Brien", "obrien"),
            ("Žižka", "zizka"),
            ("Jean-Pierre", "jeanpierre"),
            ("Rene\u{301}", "rene"),
            ("Øystein", "oystein"),
            ("Œdipe", "odipe"),
            ("İstanbul", "istanbul"),
            ("ſ", "s"),
            ("Ґ", "ґ"),
        ] {
            assert_eq!(key(word), expected);
        }
    }

    #[test]
    fn a_word_with_a_hyphen_is_what_its_parts_are() {
        let lexicon = Lexicon::new();
        let traits = |word| lexicon.word(word, &mut String::new());
        assert!(traits("Jean-Pierre").any(Traits::GIVEN));
        assert!(!traits("Jean-Street").any(Traits::GIVEN));
        assert!(traits("Aix-en-Provence").any(Traits::PLACE));
        assert!(
            lexicon
                .phrase(["Rio", "de", "Janeiro"].into_iter())
                .any(Traits::PLACE)
        );
    }
}
