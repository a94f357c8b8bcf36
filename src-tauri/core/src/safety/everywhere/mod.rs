//! Values that were found in one of many texts, looked for in all of them, however they are written.
//!
//! First every text is looked through and what was found is gathered. Then one search is made of all values
//! and goes over each text once: the time is linear in the texts. Where places overlap, all that they cover
//! is one place, so no part of a value is left beside another one.
//!
//! What is the same in two ways of writing a value is said in the module `spelled`. A name is looked for as a
//! word of its own, or with the s of a genitive; anything else of six letters and digits or more also inside
//! a word.

pub(in crate::safety) mod spelled;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, ops::Range};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use self::spelled::{Gap, Reading, Spelled, is_nothing, spell};
use super::{
    DataClass, Finding, Kind,
    names::{NameWords, Names},
};

/// Longer values are left to the rules, which find what is so long by its form.
const MOST_BYTES: usize = 256;
/// All values together, which bounds the memory of the search. What comes later is left to the rules.
const MOST_BYTES_TOGETHER: usize = 4 << 20;
/// From so many letters and digits on, what is no name is looked for inside words, too.
const LONG: usize = 6;
/// With fewer it is looked for nowhere else: what is left of a number that another finding cut may be "12".
const TELLING: usize = 3;

/// The values of many texts, while they are gathered.
#[derive(Default)]
pub(crate) struct Gathered {
    values: HashMap<(Reading, String), Kind>,
    /// In the order in which they came, so that equal texts give equal searches.
    order: Vec<(Reading, String)>,
    /// People as they were written.
    people: Vec<String>,
    bytes: usize,
    left_out: usize,
}

/// A place of a text that says who somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where: bytes of the text, on character boundaries.
    pub(crate) bytes: Range<usize>,
    /// What stands there. A value that was gathered is of one kind wherever it stands.
    pub(crate) kind: Kind,
    /// What is the same in all ways of writing it.
    pub(crate) key: String,
}

impl Place {
    /// Whether nothing may ever bring it back.
    pub(crate) fn is_secret(&self) -> bool {
        self.kind.class() == DataClass::Secret
    }
}

/// A search for all values that were gathered.
pub(crate) struct Everywhere {
    words: Sought,
    numbers: Sought,
    kinds: HashMap<(Reading, String), Kind>,
    people: NameWords,
    left_out: usize,
}

/// What is looked for in one reading.
struct Sought {
    reading: Reading,
    search: AhoCorasick,
    values: Vec<Value>,
}

/// One value that is looked for.
struct Value {
    kind: Kind,
    /// How many letters and digits it has.
    length: usize,
}

impl Gathered {
    /// Gather what was found in a text.
    pub(crate) fn add(&mut self, text: &str, found: &[Finding]) {
        for finding in found {
            if let Some(value) = text.get(finding.bytes.clone()) {
                self.value(&finding.kind, value);
            }
        }
    }

    fn value(&mut self, kind: &Kind, value: &str) {
        let reading = reading(kind);
        let key = reading.key(value);
        let name = (reading, key);
        let letters = name.1.chars().filter(|c| c.is_alphanumeric()).count();
        let says_nothing = letters < TELLING && !is_name(kind);
        if name.1.is_empty() || says_nothing && kind.class() != DataClass::Secret {
            return;
        }
        if let Some(known) = self.values.get_mut(&name) {
            // What is a secret once is one wherever it stands.
            if kind.class() == DataClass::Secret {
                *known = kind.clone();
            }
            return;
        }
        if name.1.len() > MOST_BYTES || self.bytes + name.1.len() > MOST_BYTES_TOGETHER {
            self.left_out += 1;
            return;
        }
        self.bytes += name.1.len();
        if *kind == Kind::Person {
            self.people.push(value.to_owned());
        }
        self.values.insert(name.clone(), kind.clone());
        self.order.push(name);
    }

    /// Make the search for all of them.
    pub(crate) fn ready(self, names: &Names) -> Everywhere {
        let of = |wanted: Reading| {
            let keys = self.order.iter().filter(|(reading, _)| *reading == wanted);
            let keys: Vec<&str> = keys.map(|(_, key)| key.as_str()).collect();
            Sought::new(wanted, &keys, &self.values)
        };
        Everywhere {
            words: of(Reading::Words),
            numbers: of(Reading::Number),
            people: names.words_of(self.people.iter().map(String::as_str)),
            kinds: self.values,
            left_out: self.left_out,
        }
    }
}

impl Everywhere {
    /// How many values are left to the rules, because they are too long or there are too many.
    pub(crate) fn left_out(&self) -> usize {
        self.left_out
    }

    /// The words by which people are known again.
    pub(crate) fn people(&self) -> &NameWords {
        &self.people
    }

    /// Every place of a text where something was found or where a value stands: in order, apart.
    pub(crate) fn places(&self, text: &str, found: &[Finding]) -> Vec<Place> {
        // What was found first: of two places that begin and end alike, it says what stands there.
        let mut all: Vec<(Range<usize>, &Kind)> = found
            .iter()
            .map(|finding| (on_characters(text, &finding.bytes), &finding.kind))
            .filter(|(bytes, _)| !bytes.is_empty())
            .collect();
        self.words.find(text, &mut all);
        self.numbers.find(text, &mut all);
        all.sort_by_key(|(bytes, _)| (bytes.start, std::cmp::Reverse(bytes.end)));
        let mut united: Vec<(Range<usize>, &Kind)> = Vec::with_capacity(all.len());
        for (bytes, kind) in all {
            match united.last_mut() {
                Some((last, last_kind)) if bytes.start < last.end => {
                    last.end = last.end.max(bytes.end);
                    // A part that is a secret makes one of the whole.
                    if kind.class() == DataClass::Secret && last_kind.class() != DataClass::Secret {
                        *last_kind = kind;
                    }
                }
                _ => united.push((bytes, kind)),
            }
        }
        united
            .into_iter()
            .map(|(bytes, kind)| self.place(text, bytes, kind))
            .collect()
    }

    fn place(&self, text: &str, bytes: Range<usize>, kind: &Kind) -> Place {
        let value = &text[bytes.clone()];
        let mut name = (reading(kind), reading(kind).key(value));
        let kind = match self.kinds.get(&name) {
            Some(known) if kind.class() != DataClass::Secret => known,
            _ => kind,
        };
        if name.1.is_empty() {
            // It has nothing that counts, so it is only the same as itself.
            value.clone_into(&mut name.1);
        }
        Place {
            bytes,
            kind: kind.clone(),
            key: name.1,
        }
    }
}

/// A text with something else in these places of it.
pub(crate) fn replaced(
    text: &str,
    places: &[Place],
    mut with: impl FnMut(&Place) -> String,
) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut from = 0;
    for place in places {
        replaced.push_str(&text[from..place.bytes.start]);
        replaced.push_str(&with(place));
        from = place.bytes.end;
    }
    replaced.push_str(&text[from..]);
    replaced
}

impl Sought {
    fn new(reading: Reading, keys: &[&str], kinds: &HashMap<(Reading, String), Kind>) -> Self {
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(keys)
            .expect("few enough states, because the values together are bounded");
        count_work(keys.iter().map(|key| key.len()).sum());
        let value = |key: &&str| Value {
            kind: kinds[&(reading, (*key).to_owned())].clone(),
            length: key.chars().filter(|c| c.is_alphanumeric()).count(),
        };
        Self {
            reading,
            search,
            values: keys.iter().map(value).collect(),
        }
    }

    /// Add every place of a text where one of the values stands, also on top of others.
    fn find<'s>(&'s self, text: &str, into: &mut Vec<(Range<usize>, &'s Kind)>) {
        if self.values.is_empty() {
            return;
        }
        count_work(text.len());
        let spelled = Spelled::of(text, self.reading);
        for hit in self.search.find_overlapping_iter(&spelled.text) {
            let value = &self.values[hit.pattern().as_usize()];
            let bytes = spelled.origin(&hit.range(), text);
            if self.stands_at(value, text, &bytes) {
                into.push((bytes, &value.kind));
            }
        }
    }

    /// Whether what is spelled like a value is one there, and no part of another word or number.
    fn stands_at(&self, value: &Value, text: &str, bytes: &Range<usize>) -> bool {
        let is_name = is_name(&value.kind);
        if !is_name && value.length >= LONG {
            return true;
        }
        let has_narrow_gaps = self.reading == Reading::Words || narrow_gaps(&text[bytes.clone()]);
        has_narrow_gaps && is_word(text, bytes, is_name)
    }
}

fn reading(kind: &Kind) -> Reading {
    match kind {
        Kind::Person
        | Kind::Location
        | Kind::Organization
        // 1.12.1990 is not 11.2.1990, nor 1.23.4.5 another address of 12.3.4.5.
        | Kind::EmailAddress
        | Kind::Address
        | Kind::DateOfBirth
        | Kind::IpAddress
        | Kind::MacAddress
        | Kind::Crypto
        | Kind::Own { .. } => Reading::Words,
        // In a secret every character counts, but for case, as nobody knows how it was typed again.
        kind if kind.class() == DataClass::Secret => Reading::Words,
        _ => Reading::Number,
    }
}

fn is_name(kind: &Kind) -> bool {
    matches!(kind, Kind::Person | Kind::Location | Kind::Organization)
}

fn on_characters(text: &str, bytes: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(bytes.start);
    start..text.ceil_char_boundary(bytes.end).max(start)
}

/// Whether a short number is written in one piece or in groups with one character between them: "12, 34" is
/// rather two of them.
pub(in crate::safety) fn narrow_gaps(value: &str) -> bool {
    let (mut spelled, mut gap) = (String::new(), Gap::default());
    for letter in value.chars() {
        spelled.clear();
        spell(letter, &mut spelled);
        for part in spelled.chars() {
            if part.is_alphanumeric() {
                gap = Gap::default();
            } else {
                gap.widen(part);
            }
            if gap.width > 1 {
                return false;
            }
        }
    }
    true
}

/// Whether a place is a word of its own. Where words have no spaces between them, every place is.
fn is_word(text: &str, bytes: &Range<usize>, genitive: bool) -> bool {
    let seen = |letter: &char| !is_nothing(*letter);
    let joins = |edge: Option<char>, next: Option<char>| match (edge, next) {
        (Some(edge), Some(next)) => {
            edge.is_alphanumeric() && next.is_alphanumeric() && !has_no_spaces(edge)
        }
        _ => false,
    };
    let value = &text[bytes.clone()];
    let first = value.chars().find(seen);
    let last = value.chars().rev().find(seen);
    let before = text[..bytes.start].chars().rev().find(seen);
    let mut after = text[bytes.end..].chars().filter(seen);
    let next = after.next();
    let ends = match next {
        Some('s' | 'S') if genitive => !joins(last, after.next()),
        next => !joins(last, next),
    };
    ends && !joins(first, before)
}

/// Letters of scripts that write words one after the other, or put endings on them: Thai, Lao, Burmese,
/// Khmer, Chinese, Japanese, Korean.
fn has_no_spaces(letter: char) -> bool {
    matches!(letter, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
thread_local! {
    /// Bytes that searches were made of or went over, on this thread.
    pub(crate) static WORK: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// So that a test can hold how the work grows; it is nothing outside of tests.
fn count_work(bytes: usize) {
    #[cfg(test)]
    WORK.with(|work| work.set(work.get() + bytes));
    let _ = bytes;
}
