//! Words that make a number mean something, and marks that begin a secret: one pass finds all.
//!
//! Words are written as the view has them (small, without accents). A star at an end means that
//! letters may follow or go before there: `passport*` also finds "passports", `*strasse` finds
//! "Hauptstrasse". Otherwise a word must stand alone, where `userId` and `user_id` are two words.

use std::{collections::HashMap, ops::Range};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// What a word speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// A rule of the number table, by its place there.
    Number(usize),
    /// Phone numbers.
    Phone,
    /// Bank identifiers.
    Bic,
    /// Ethereum's addresses, whose check is in capitals that are often lost.
    Wallet,
    /// Wallets whose addresses have no check, or one that is not looked at.
    Coin,
    /// A date near it is a date of birth.
    Birth,
    /// A street or a post box, by its place among the forms of addresses.
    Street(usize),
    /// A special category in words, by its place among their groups.
    Special(usize),
    /// The beginning of a secret, by its place among the rules for secrets.
    Secret(usize),
}

/// Words before a number are looked for this far away, in bytes.
pub(crate) const BEFORE: usize = 80;
/// And words after it.
pub(crate) const AFTER: usize = 30;
/// A word this near, in bytes, is about this number and not about another one.
pub(crate) const NEAR: usize = 40;

/// The words of all rules that are on, ready to be found.
#[derive(Debug)]
pub(crate) struct Words {
    automaton: AhoCorasick,
    words: Vec<Word>,
    longest: usize,
}

#[derive(Debug)]
struct Word {
    topics: Vec<Topic>,
    open_start: bool,
    open_end: bool,
}

/// Collects words before they are made ready.
#[derive(Debug, Default)]
pub(crate) struct WordList {
    /// Each text with its topics; one text may be open for one rule and closed for another.
    places: HashMap<&'static str, usize>,
    texts: Vec<&'static str>,
    words: Vec<Word>,
}

impl WordList {
    /// Add a word for a topic.
    pub(crate) fn add(&mut self, word: &'static str, topic: Topic) {
        let at = *self.places.entry(word).or_insert_with(|| {
            self.texts.push(word.trim_matches('*'));
            self.words.push(Word {
                topics: Vec::new(),
                open_start: word.starts_with('*'),
                open_end: word.ends_with('*'),
            });
            self.words.len() - 1
        });
        if let Some(word) = self.words.get_mut(at)
            && !word.topics.contains(&topic)
        {
            word.topics.push(topic);
        }
    }

    /// Make them ready.
    pub(crate) fn ready(self) -> Words {
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&self.texts)
            .expect("some thousand short words are far from the limit of two billion states");
        Words {
            automaton,
            longest: self.texts.iter().map(|text| text.len()).max().unwrap_or(0),
            words: self.words,
        }
    }
}

/// A word found in a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit {
    pub start: usize,
    pub end: usize,
    word: usize,
}

/// Every word found in a text, in the order of their ends.
#[derive(Debug)]
pub(crate) struct Hits<'w> {
    words: &'w Words,
    all: Vec<Hit>,
    /// For each rule of the number table, whether one of its words stands in the text.
    mentioned: Vec<bool>,
}

impl Words {
    /// Every word that stands in the text, overlapping ones too.
    pub(crate) fn find(&self, view: &str) -> Hits<'_> {
        let mut all = Vec::new();
        for found in self.automaton.find_overlapping_iter(view) {
            let at = found.pattern().as_usize();
            let stands = self.words.get(at).is_some_and(|word| {
                (word.open_start || starts_word(view, found.start()))
                    && (word.open_end || ends_word(view, found.end()))
            });
            if stands {
                all.push(Hit {
                    start: found.start(),
                    end: found.end(),
                    word: at,
                });
            }
        }
        let mut mentioned = Vec::new();
        for hit in &all {
            for topic in &self.words[hit.word].topics {
                if let Topic::Number(rule) = *topic {
                    mentioned.resize(mentioned.len().max(rule + 1), false);
                    mentioned[rule] = true;
                }
            }
        }
        Hits {
            words: self,
            all,
            mentioned,
        }
    }
}

impl Hits<'_> {
    /// Whether a word of a rule of the number table stands anywhere in the text.
    pub(crate) fn mentions(&self, rule: usize) -> bool {
        self.mentioned.get(rule).copied().unwrap_or(false)
    }

    /// Every hit with each of its topics.
    pub(crate) fn topics(&self) -> impl Iterator<Item = (Hit, Topic)> + '_ {
        self.all.iter().flat_map(|&hit| {
            let word = self.words.words.get(hit.word);
            let topics = word.into_iter().flat_map(|word| &word.topics);
            topics.map(move |&topic| (hit, topic))
        })
    }

    /// Whether a word is a part of a longer one that is on other topics and not on this one.
    pub(crate) fn is_part_of_other(&self, word: &Hit, topic: Topic) -> bool {
        let from = self.all.partition_point(|hit| hit.end < word.end);
        self.all[from..]
            .iter()
            .take_while(|hit| hit.end <= word.end + self.words.longest)
            .filter(|hit| hit.start <= word.start && hit.end - hit.start > word.end - word.start)
            .filter_map(|hit| self.words.words.get(hit.word))
            .any(|longer| !longer.topics.contains(&topic))
    }

    /// How far the nearest word on a topic is, in bytes; a word after counts as further. Of two that
    /// end in one place it is the longer one.
    pub(crate) fn distance(&self, topic: Topic, span: &Range<usize>) -> Option<(usize, Hit)> {
        let earliest = span.start.saturating_sub(BEFORE);
        let latest = span.end + AFTER;
        let from = self.all.partition_point(|hit| hit.end < earliest);
        self.all[from..]
            .iter()
            .take_while(|hit| hit.end <= latest + self.words.longest)
            .filter_map(|&hit| {
                let far = if hit.end <= span.start {
                    span.start - hit.end
                } else if hit.start >= span.end && hit.start <= latest {
                    hit.start - span.end + AFTER
                } else {
                    return None;
                };
                let word = self.words.words.get(hit.word)?;
                word.topics.contains(&topic).then_some((far, hit))
            })
            .min_by_key(|(far, hit)| (*far, std::cmp::Reverse(hit.end - hit.start), hit.start))
    }
}

/// Whether a word can begin here: not in the middle of another one.
pub(crate) fn starts_word(view: &str, at: usize) -> bool {
    let (before, after) = view.split_at(at);
    match (before.chars().next_back(), after.chars().next()) {
        (Some(left), Some(right)) => !joined(left, right),
        _ => true,
    }
}

/// Whether a word can end here.
pub(crate) fn ends_word(view: &str, at: usize) -> bool {
    starts_word(view, at)
}

/// Whether two letters belong to one word. `tI` in `patientId` do not, and scripts that are
/// written without spaces have no words in this sense.
fn joined(left: char, right: char) -> bool {
    let spaced = |letter: char| letter.is_alphabetic() && letter < '\u{3040}';
    spaced(left) && spaced(right) && !(left.is_ascii_lowercase() && right.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &[&'static str], text: &str) -> Vec<String> {
        let mut list = WordList::default();
        for word in words {
            list.add(word, Topic::Phone);
        }
        let words = list.ready();
        let hits = words.find(text);
        let texts = hits
            .topics()
            .map(|(hit, _)| text[hit.start..hit.end].to_owned());
        texts.collect()
    }

    #[test]
    fn a_word_stands_alone_unless_it_is_open() {
        let text = "Tin testing TINs patientTin x_tin tin2 バtinバ";
        assert_eq!(found(&["tin"], text), ["Tin", "Tin", "tin", "tin", "tin"]);
        assert_eq!(found(&["tin*"], "TINs testing"), ["TIN"]);
        assert_eq!(found(&["*strasse"], "Hauptstrasse"), ["strasse"]);
        assert_eq!(found(&["егн"], "егн дегн"), ["егн"]);
    }

    #[test]
    fn the_nearest_word_counts_and_one_before_counts_more() {
        let mut list = WordList::default();
        list.add("ssn", Topic::Number(1));
        list.add("tin", Topic::Number(2));
        let words = list.ready();
        let text = "tin and ssn: 12345 tin";
        let hits = words.find(text);
        let span = 13..18;
        assert_eq!(
            hits.distance(Topic::Number(1), &span).map(|(far, _)| far),
            Some(2)
        );
        assert_eq!(
            hits.distance(Topic::Number(2), &span).map(|(far, _)| far),
            Some(10)
        );
        assert_eq!(hits.distance(Topic::Phone, &span).map(|(far, _)| far), None);
    }
}
