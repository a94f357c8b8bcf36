//! Rules that a person writes: names of clients, numbers of cases.
//!
//! A word list is looked for as the built-in words are, whatever the case and the accents, and hidden marks
//! do not hide it. A pattern has the syntax of the crate `regex`, which never goes back, and reads the text
//! as it is, line by line.

use std::{ops::Range, sync::Arc};

use aho_corasick::{AhoCorasick, MatchKind};
use regex::{Regex, RegexBuilder};

use super::{
    DataClass, Finding, Kind,
    context::{ends_word, starts_word},
    fold::View,
    overlap,
};

/// Words in one list at most.
const MOST_WORDS: usize = 50_000;
/// Bytes of one word, and of a pattern, at most.
const LONGEST: usize = 1_000;
/// Memory of a compiled pattern at most.
const PATTERN_BYTES: usize = 1 << 20;
/// A line longer than this is read in pieces, so that a pattern which looks far ahead for each match
/// stays linear.
const PIECE: usize = 4_096;
/// How far two pieces overlap: a match that long is never cut.
const OVERLAP: usize = 512;

/// A rule that a person writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRule {
    /// Its name, such as "Case number"; findings and placeholders show it as `CASE_NUMBER`.
    pub name: String,
    /// How careful policy is with what it finds.
    pub class: DataClass,
    /// What it finds.
    pub what: OwnPattern,
}

/// What a person's rule finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnPattern {
    /// These words or phrases, standing alone.
    Words(Vec<String>),
    /// Whatever matches; with a group named `value`, that part alone.
    Pattern(String),
}

/// Why a person's rule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnRuleError {
    /// The name has no letter.
    #[error("a rule needs a name with at least one letter from A to Z")]
    NoName,
    /// The name belongs to a built-in kind.
    #[error("“{0}” is the name of a built-in rule; choose another")]
    TakenName(String),
    /// No word is left.
    #[error("the word list of “{0}” is empty")]
    NoWords(String),
    /// More words, or a longer one, than there may be.
    #[error("the word list of “{0}” is too long: at most 50,000 words of at most 1,000 bytes each")]
    TooManyWords(String),
    /// More text than there may be.
    #[error("“{0}” is too long: a rule can have at most 2 MB")]
    TooLong(String),
    /// The pattern is not understood.
    #[error("the pattern of “{name}” cannot be read: {why}")]
    NotUnderstood {
        /// Of the rule.
        name: String,
        /// In the words of the parser's last line.
        why: String,
    },
    /// The pattern would take too much memory.
    #[error("the pattern of “{0}” is too large; counted repetitions such as {{1,1000}} make it so")]
    TooLarge(String),
    /// The pattern matches nothing at all.
    #[error("the pattern of “{0}” also matches the empty text, so it would match everywhere")]
    MatchesNothing(String),
}

/// A rule made ready.
#[derive(Debug)]
pub(crate) struct Compiled {
    kind: Kind,
    rule: String,
    reason: String,
    what: Matcher,
}

#[derive(Debug)]
enum Matcher {
    Words(AhoCorasick),
    Pattern(Regex),
}

impl Compiled {
    pub(crate) fn new(rule: &OwnRule) -> Result<Self, OwnRuleError> {
        let name = kind_name(&rule.name)?;
        let what = match &rule.what {
            OwnPattern::Words(words) => Matcher::Words(compile_words(&rule.name, words)?),
            OwnPattern::Pattern(pattern) => Matcher::Pattern(compile_pattern(&rule.name, pattern)?),
        };
        Ok(Self {
            kind: Kind::Own {
                name: Arc::from(name),
                class: rule.class,
            },
            rule: format!("own/{}", rule.name),
            reason: format!("Your rule “{}”", rule.name),
            what,
        })
    }

    /// Everything that it finds; the spans are of the text, not of the view.
    pub(crate) fn find(&self, text: &str, view: &View<'_>, out: &mut Vec<Finding>) {
        let mut add = |bytes| {
            out.push(Finding {
                kind: self.kind.clone(),
                bytes,
                score: 1.0,
                // A person's word is as good as a proof, but none for being less than what else is found:
                // a special category in the same place stays one.
                validated: self.kind.class() > DataClass::Personal,
                rule: self.rule.clone().into(),
                reason: self.reason.clone().into(),
            });
        };
        match &self.what {
            Matcher::Words(words) => {
                for found in whole_words(words, view.text()) {
                    add(view.back(&found, text));
                }
            }
            Matcher::Pattern(pattern) => {
                for (offset, piece) in pieces(text) {
                    for found in pattern.captures_iter(piece) {
                        if let Some(part) = found.name("value").or_else(|| found.get(0)) {
                            add(offset + part.start()..offset + part.end());
                        }
                    }
                }
            }
        }
    }
}

/// What a rule finds in a text by itself, whatever else would be found there; sorted, and not overlapping.
pub(crate) fn found_alone(rule: &OwnRule, text: &str) -> Result<Vec<Finding>, OwnRuleError> {
    let mut found = Vec::new();
    Compiled::new(rule)?.find(text, &View::of(text), &mut found);
    Ok(overlap::resolve(text, found, |_| false))
}

/// Where words of a list stand alone, but for those inside a longer one that does. A longer one that is cut off,
/// as "Berg AG" in "Berg agreed", hides no other.
fn whole_words(words: &AhoCorasick, read: &str) -> Vec<Range<usize>> {
    let mut whole: Vec<Range<usize>> = Vec::new();
    // They come in the order of their ends.
    for found in words.find_overlapping_iter(read) {
        let found = found.range();
        if !stands_alone(read, &found) {
            continue;
        }
        while whole.last().is_some_and(|last| found.start <= last.start) {
            whole.pop();
        }
        if whole.last().is_none_or(|last| last.end < found.end) {
            whole.push(found);
        }
    }
    whole
}

/// Whether no word and no number goes on beyond these bytes: "LK-22" is no part of "LK-2291".
fn stands_alone(read: &str, found: &Range<usize>) -> bool {
    let in_number = |at: usize| {
        let is_digit = |letter: Option<char>| letter.is_some_and(char::is_numeric);
        let (before, after) = read.split_at(at);
        is_digit(before.chars().next_back()) && is_digit(after.chars().next())
    };
    let begins = starts_word(read, found.start) && !in_number(found.start);
    begins && ends_word(read, found.end) && !in_number(found.end)
}

/// `Case number (old)` as `CASE_NUMBER_OLD`.
fn kind_name(name: &str) -> Result<String, OwnRuleError> {
    let upper = name.to_uppercase();
    let words: Vec<_> = upper
        .split(|letter: char| !letter.is_ascii_uppercase())
        .filter(|word| !word.is_empty())
        .collect();
    let joined = words.join("_");
    if joined.is_empty() {
        return Err(OwnRuleError::NoName);
    }
    if Kind::ALL.iter().any(|kind| kind.name() == joined) {
        return Err(OwnRuleError::TakenName(name.to_owned()));
    }
    Ok(joined)
}

fn compile_words(name: &str, words: &[String]) -> Result<AhoCorasick, OwnRuleError> {
    let too_many = || OwnRuleError::TooManyWords(name.to_owned());
    if words.len() > MOST_WORDS || words.iter().any(|word| word.len() > LONGEST) {
        return Err(too_many());
    }
    let folded: Vec<String> = words
        .iter()
        .map(|word| View::of(word.trim()).text().to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    if folded.is_empty() {
        return Err(OwnRuleError::NoWords(name.to_owned()));
    }
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .build(&folded)
        .map_err(|_| too_many())
}

fn compile_pattern(name: &str, pattern: &str) -> Result<Regex, OwnRuleError> {
    let name = name.to_owned();
    if pattern.len() > LONGEST {
        return Err(OwnRuleError::TooLarge(name));
    }
    let built = RegexBuilder::new(pattern)
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES)
        .build();
    match built {
        Ok(regex) if regex.is_match("") => Err(OwnRuleError::MatchesNothing(name)),
        Ok(regex) => Ok(regex),
        Err(regex::Error::CompiledTooBig(_)) => Err(OwnRuleError::TooLarge(name)),
        Err(error) => {
            let words = error.to_string();
            let last = words.lines().last().unwrap_or_default();
            let why = last.trim_start_matches("error: ").to_owned();
            Err(OwnRuleError::NotUnderstood { name, why })
        }
    }
}

/// The lines of a text without what ends them; those that are very long in pieces that overlap.
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let near = &rest[..rest.floor_char_boundary(PIECE.min(rest.len()))];
        let from = at;
        if let Some(line_end) = memchr::memchr(b'\n', near.as_bytes()) {
            at += line_end + 1;
            let line = &rest[..line_end];
            return Some((from, line.strip_suffix('\r').unwrap_or(line)));
        }
        if near.len() == rest.len() {
            at = text.len();
            return Some((from, rest));
        }
        at += near.floor_char_boundary(near.len() - OVERLAP);
        Some((from, near))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(what: OwnPattern) -> OwnRule {
        OwnRule {
            name: "Case number".into(),
            class: DataClass::Personal,
            what,
        }
    }

    fn found(what: OwnPattern, text: &str) -> Vec<String> {
        let compiled = Compiled::new(&rule(what)).unwrap();
        let mut out = Vec::new();
        compiled.find(text, &View::of(text), &mut out);
        out.iter()
            .map(|finding| text[finding.bytes.clone()].to_owned())
            .collect()
    }

    fn pattern(pattern: &str) -> OwnPattern {
        OwnPattern::Pattern(pattern.to_owned())
    }

    #[test]
    fn words_are_found_whatever_their_case_accents_and_hidden_marks() {
        let words = OwnPattern::Words(vec!["Müller & Söhne".into(), "Acme".into()]);
        let text = "MÜLLER & SÖHNE, Mu\u{308}ller & Sohne, ac\u{200b}me, Acmeology";
        assert_eq!(
            found(words, text),
            ["MÜLLER & SÖHNE", "Mu\u{308}ller & Sohne", "ac\u{200b}me"]
        );
    }

    #[test]
    fn a_word_that_begins_or_overlaps_another_one_of_the_list_is_found_by_itself() {
        let words = |words: &[&str]| {
            OwnPattern::Words(words.iter().map(|word| (*word).to_owned()).collect())
        };
        for list in [["Berg", "Berg AG"], ["Berg AG", "Berg"]] {
            assert_eq!(
                found(words(&list), "Berg agreed to the lease, Berg AG did not."),
                ["Berg", "Berg AG"]
            );
        }
        assert_eq!(
            found(words(&["Müller", "Müller AG"]), "Die Müller Agentur"),
            ["Müller"]
        );
        assert_eq!(
            found(words(&["Anna Berg", "Berg Holding"]), "Anna Berg Holding"),
            ["Anna Berg", "Berg Holding"]
        );
        assert_eq!(
            found(words(&["Anna", "Berg", "Anna Berg"]), "Anna Berg"),
            ["Anna Berg"],
            "what lies inside of a longer one is no finding of its own"
        );
    }

    #[test]
    fn a_word_of_digits_stands_alone_where_no_number_goes_on() {
        let words = OwnPattern::Words(vec!["LK-22".into(), "4711".into()]);
        assert_eq!(
            found(words, "LK-2291, LK-22/26, 14711, 47110, (4711) and LK-22."),
            ["LK-22", "4711", "LK-22"]
        );
    }

    #[test]
    fn a_pattern_finds_its_value() {
        assert_eq!(
            found(pattern(r"\bAZ-\d{4}\b"), "AZ-1234, AZ-12345\nAZ-9999"),
            ["AZ-1234", "AZ-9999"]
        );
        assert_eq!(found(pattern(r"ref (?P<value>\w+)"), "ref abc"), ["abc"]);
        assert_eq!(
            found(
                pattern(r"^Case \d{4}$"),
                "Case 1234\r\nCase 5678\r\nCase 9012"
            ),
            ["Case 1234", "Case 5678", "Case 9012"],
            "a line ends before its line break, whichever that is"
        );
        assert_eq!(kind_name("Case number (old)").unwrap(), "CASE_NUMBER_OLD");
    }

    #[test]
    fn a_rule_by_itself_finds_what_other_rules_would_find_too() {
        let alone = |what, text: &str| -> Vec<String> {
            let found = found_alone(&rule(what), text).unwrap();
            let texts = found.iter().map(|one| text[one.bytes.clone()].to_owned());
            texts.collect()
        };
        let word = OwnPattern::Words(vec!["acme".into()]);
        assert_eq!(alone(word, "anna@acme.com"), ["acme"]);
        assert_eq!(
            alone(pattern(r"\d{16}"), "4111111111111111"),
            ["4111111111111111"]
        );
        let in_two_pieces = format!("{}AZ-1234{}", "x".repeat(3_800), "y".repeat(2_000));
        assert_eq!(
            alone(pattern(r"AZ-\d{4}"), &in_two_pieces),
            ["AZ-1234"],
            "once, though two pieces of the line have it"
        );
    }

    #[test]
    fn what_cannot_be_used_is_refused_in_plain_words() {
        let refused = |what| Compiled::new(&rule(what)).unwrap_err().to_string();
        assert!(refused(pattern("(")).starts_with("the pattern of “Case number” cannot be read: "));
        assert!(refused(pattern(r"(\pL{500}){500}")).contains("too large"));
        assert!(refused(pattern("a*")).contains("empty text"));
        assert!(refused(OwnPattern::Words(vec![" ".into()])).contains("is empty"));
        let error = Compiled::new(&OwnRule {
            name: "123".into(),
            ..rule(pattern("a"))
        });
        assert_eq!(error.unwrap_err(), OwnRuleError::NoName);
        let error = Compiled::new(&OwnRule {
            name: "Us SSN".into(),
            ..rule(pattern("a"))
        });
        assert_eq!(error.unwrap_err(), OwnRuleError::TakenName("Us SSN".into()));
    }

    #[test]
    fn a_match_in_a_long_line_is_found_wherever_it_lies() {
        for at in (3_000..9_000).step_by(97) {
            let text = format!("{}AZ-1234{}", "é".repeat(at / 2), "x y ".repeat(2_000));
            assert_eq!(
                found(pattern(r"AZ-\d{4}"), &text)
                    .first()
                    .map(String::as_str),
                Some("AZ-1234"),
                "{at}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_pattern_and_no_text_panics(pattern in "\\PC{0,12}", text in "\\PC{0,40}") {
            if let Ok(compiled) = Compiled::new(&rule(OwnPattern::Pattern(pattern))) {
                let mut out = Vec::new();
                compiled.find(&text, &View::of(&text), &mut out);
                for finding in out {
                    prop_assert!(text.get(finding.bytes).is_some());
                }
            }
        }
    }
}
