//! Values that were masked once, found again wherever they stand.
//!
//! A name is found by its context in one message and has none in the next. Without this it would
//! leave there.

use std::{cmp::Reverse, collections::BTreeMap, ops::Range, sync::OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

use super::{grouped::Grouped, placeholder::Nonce, sameness::Sameness};
use crate::safety::Kind;

/// Longer values are left to the rules, which find what is so long by its form.
const MOST_BYTES: usize = 256;

/// All values that are looked for, together. Of a conversation with more than this, the oldest are
/// left to the rules.
const MOST_BYTES_TOGETHER: usize = 4 << 20;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sought {
    /// Letters that would make text look like a placeholder.
    Nonce(String),
    /// A value with this label.
    Value { label: String, form: String },
    /// A secret of this kind.
    Secret { kind: Kind, secret: String },
}

impl Sought {
    fn text(&self) -> &str {
        match self {
            Self::Nonce(text) => text,
            Self::Value { form, .. } => form,
            Self::Secret { secret, .. } => secret,
        }
    }

    /// Whether this, which stands there but for ASCII case, is meant there.
    fn stands_at(&self, text: &str, start: usize) -> bool {
        let end = start + self.text().len();
        match self {
            Self::Nonce(_) => true,
            Self::Value { label, form } => Sameness::of(label).stands_at(form, text, start, end),
            Self::Secret { secret, .. } => Sameness::Exact.stands_at(secret, text, start, end),
        }
    }
}

/// All that is looked for and is the same but for ASCII case.
#[derive(Clone)]
struct Spelling {
    sought: Vec<Sought>,
    /// The longest other spelling with which this one begins.
    shorter: Option<usize>,
}

/// A search for all of them: one pass for how they are written, and one for numbers if there are some.
#[derive(Clone)]
pub(super) struct Known {
    /// How they are written, in the order of `spellings`.
    texts: Vec<String>,
    /// Made of those when it is first needed: in most requests nothing is masked.
    automaton: OnceLock<AhoCorasick>,
    spellings: Vec<Spelling>,
    numbers: Option<Grouped>,
    count: usize,
}

impl Known {
    /// The nonce and the forms of values, newest first, each with its label; `count` is of all that there are.
    pub(super) fn of_values<'v>(
        nonce: &Nonce,
        newest: impl Iterator<Item = (&'v str, &'v str)>,
        count: usize,
    ) -> Self {
        let newest = newest.flat_map(|(label, form)| {
            let sameness = Sameness::of(label);
            let sought = sameness
                .is_sought(form)
                .then(|| std::iter::once(form.to_owned()).chain(sameness.in_other_forms(form)));
            sought.into_iter().flatten().map(|form| Sought::Value {
                label: label.to_owned(),
                form,
            })
        });
        let nonce = Sought::Nonce(nonce.as_str().to_owned());
        Self::build([nonce].into_iter().chain(newest), count)
    }

    /// Secrets, each with its kind.
    pub(super) fn of_secrets<'v>(
        secrets: impl ExactSizeIterator<Item = (&'v String, &'v Kind)>,
    ) -> Self {
        let count = secrets.len();
        let sought = secrets.map(|(secret, kind)| Sought::Secret {
            kind: kind.clone(),
            secret: secret.clone(),
        });
        Self::build(sought, count)
    }

    /// Where secrets stand in a text.
    pub(super) fn secrets_in(&self, text: &str) -> Vec<(Range<usize>, Kind)> {
        let found = self.find(text, 0..text.len()).into_iter();
        let secrets = found.filter_map(|(bytes, sought)| match sought {
            Sought::Secret { kind, .. } => Some((bytes, kind.clone())),
            Sought::Nonce(_) | Sought::Value { .. } => None,
        });
        secrets.collect()
    }

    fn build(sought: impl Iterator<Item = Sought>, count: usize) -> Self {
        let mut left = MOST_BYTES_TOGETHER;
        let mut by_spelling: BTreeMap<String, Vec<Sought>> = BTreeMap::new();
        for sought in sought.filter(|sought| sought.text().len() <= MOST_BYTES) {
            let Some(rest) = left.checked_sub(sought.text().len()) else {
                break;
            };
            left = rest;
            let spelling = sought.text().to_ascii_lowercase();
            by_spelling.entry(spelling).or_default().push(sought);
        }
        let numbers = Grouped::of(by_spelling.values().flatten());
        let (texts, sought): (Vec<String>, Vec<_>) = by_spelling.into_iter().unzip();
        let spellings = sought.into_iter().zip(prefixes(&texts));
        let spellings = spellings
            .map(|(sought, shorter)| Spelling { sought, shorter })
            .collect();
        Self {
            texts,
            automaton: OnceLock::new(),
            spellings,
            numbers,
            count,
        }
    }

    fn automaton(&self) -> &AhoCorasick {
        self.automaton.get_or_init(|| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .ascii_case_insensitive(true)
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(&self.texts)
                .expect("few enough states, because the texts together are bounded")
        })
    }

    /// How many there were when this was made.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Every place within `span` where one of them stands, in order, none on top of another. Where a
    /// number that is grouped otherwise lies across something else, both are one place, so that no part of
    /// either is left.
    pub(super) fn find(&self, text: &str, span: Range<usize>) -> Vec<(Range<usize>, &Sought)> {
        let mut found = self.find_as_written(text, span.clone());
        let numbers = self
            .numbers
            .as_ref()
            .map(|numbers| numbers.find(text, span));
        let numbers = numbers.unwrap_or_default();
        if !numbers.is_empty() {
            found.extend(numbers);
            found.sort_by_key(|(bytes, _)| (bytes.start, Reverse(bytes.end)));
            found.dedup_by(|(next, _), (last, _)| {
                let overlaps = next.start < last.end;
                if overlaps {
                    last.end = last.end.max(next.end);
                }
                overlaps
            });
        }
        found
    }

    /// The same for how they are written, the longest first of those that begin together. Where none of
    /// them is meant (a name inside a word) the search goes on one character later: the time is linear in
    /// the text, times [`MOST_BYTES`] at the worst.
    fn find_as_written(&self, text: &str, span: Range<usize>) -> Vec<(Range<usize>, &Sought)> {
        let mut found = Vec::new();
        let mut from = span.start;
        let automaton = self.automaton();
        while let Some(hit) = automaton.find(Input::new(text).span(from..span.end)) {
            let start = hit.start();
            if let Some(sought) = self.meant(text, start, hit.pattern().as_usize()) {
                from = start + sought.text().len();
                found.push((start..from, sought));
            } else {
                from = text.ceil_char_boundary(start + 1);
            }
        }
        found
    }

    fn meant(&self, text: &str, start: usize, spelling: usize) -> Option<&Sought> {
        let shorter = |spelling: &usize| self.spellings[*spelling].shorter;
        std::iter::successors(Some(spelling), shorter)
            .flat_map(|spelling| &self.spellings[spelling].sought)
            .find(|sought| sought.stands_at(text, start))
    }
}

/// For each of these sorted texts, the longest other one with which it begins.
fn prefixes(texts: &[String]) -> Vec<Option<usize>> {
    // Sorted, the texts that begin with one follow it directly: those that may still be a
    // beginning form a stack.
    let mut open: Vec<usize> = Vec::new();
    let mut prefixes = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        while open
            .last()
            .is_some_and(|last| !text.starts_with(&texts[*last]))
        {
            open.pop();
        }
        prefixes.push(open.last().copied());
        open.push(index);
    }
    prefixes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(names: &[&str]) -> Known {
        let sought = names.iter().map(|name| Sought::Value {
            label: "PERSON".into(),
            form: (*name).to_owned(),
        });
        Known::build(sought, 0)
    }

    fn found<'a>(known: &Known, text: &'a str) -> Vec<&'a str> {
        let places = known.find(text, 0..text.len());
        places.into_iter().map(|(at, _)| &text[at]).collect()
    }

    #[test]
    fn the_longest_is_found_that_is_a_word() {
        let known = known(&["Anna", "Anna Berg", "Anna Berg-Mann"]);
        let text = "Anna Bergmann, Anna Berg-Mann, Anna Berg-Manner";
        assert_eq!(
            found(&known, text),
            ["Anna", "Anna Berg-Mann", "Anna Berg"],
            "the longer spelling does not hide the shorter one that is meant"
        );
    }

    #[test]
    fn the_beginning_of_each_text_is_its_longest_prefix() {
        let texts = ["a", "ab", "abc", "abd", "b", "ba"].map(String::from);
        let expected = [None, Some(0), Some(1), Some(1), None, Some(4)];
        assert_eq!(prefixes(&texts), expected);
    }

    #[test]
    fn many_values_inside_each_other_take_little_time() {
        let names: Vec<String> = (1..=256).map(|length| "a".repeat(length)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let text = "a".repeat(4_000);
        assert!(found(&known(&names), &text).is_empty(), "none is a word");
    }
}
