//! A prompt said in fewer words. Only plain sentences are ever changed, and only where nothing can be meant
//! by what goes; everything else stays to the letter, and so does whatever is in doubt (see [`prose`]).
//! Nothing is sent or changed by it: a person sees the shorter text beside their own.
//!
//! What goes is said in `docs/costs.md`, too: thanks at the very end, a sentence that was said before, long
//! phrases of [`PHRASES`], blanks at the end of a line, and empty lines beyond two.

mod enclosed;
mod prose;

use std::{collections::HashSet, ops::Range, sync::LazyLock};

use regex::Regex;
use serde::Serialize;
use specta::Type;

use self::prose::{Prose, Sentence, prose};
use crate::gate::openai_tokens;

/// A prompt beside its original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Shorter {
    /// The shorter one.
    pub text: String,
    /// Tokens of the original, as OpenAI's current models count.
    pub tokens_before: u32,
    /// Tokens of the shorter one.
    pub tokens_after: u32,
    /// What was done, a sentence each.
    pub changes: Vec<String>,
}

/// Phrases that mean nothing more than the word beside them, wherever they stand in a plain sentence.
const PHRASES: [(&str, &str); 9] = [
    (TO, "to"),
    ("due to the fact that", "because"),
    ("owing to the fact that", "because"),
    ("in view of the fact that", "because"),
    ("in spite of the fact that", "although"),
    ("despite the fact that", "although"),
    ("until such time as", "until"),
    ("at this point in time", "now"),
    ("at the present moment in time", "now"),
];

/// It can also say up to where something is put in order.
const TO: &str = "in order to";

/// Before [`TO`], this may put something in order.
static PUTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:arrang|bring|brought|keep|kept|leav|left|list|number|order|plac|put|set|sort)\w*|\b(?:am|is|are|be|been|was|were)\s*$",
    )
    .expect("the expression is right because a test uses it")
});

/// No verb, so that what comes before it has another meaning.
const NO_VERB: &[&str] = &[
    "a", "all", "an", "any", "each", "every", "her", "him", "his", "its", "me", "my", "our",
    "that", "the", "their", "them", "these", "this", "those", "us", "which", "whom", "you", "your",
];

/// Thanks that are a sentence of their own.
static THANKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:Many thanks|Thanks|Thank you)(?: (?:very|so) much| a lot)?(?: in advance)?(?: for your (?:kind )?help)?[.!]$",
    )
    .expect("the expression is right because a test uses it")
});

/// Words that lean on what was said before: said again, such a sentence may mean something else.
static LEANING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:it|its|this|that|these|those|they|them|their|he|him|his|she|her|hers|one|ones|so|such|then|there|here|again|also|too|same|other|another|otherwise|else|next|now|instead|before|after|first|second|last)\b",
    )
    .expect("the expression is right because a test uses it")
});

/// The least that a sentence must be to be left out when it comes again, in characters and in words.
const SHORTEST: (usize, usize) = (24, 4);

/// The most empty lines in a row.
const EMPTY_LINES: usize = 2;

/// Part of a text, and what stands in its place.
type Edit = (Range<usize>, String);

/// One way to say a text in fewer words: what it changes, in order and apart.
type Rule = fn(&str, &[Prose]) -> Vec<Edit>;

const RULES: [(Rule, &str); 4] = [
    (repeated, "Sentences that were there before are left out."),
    (thanks, "Thanks, which a model does not need, are left out."),
    (phrases, "Long phrases are said in short ones."),
    (
        blanks,
        "Spaces and empty lines that say nothing are left out.",
    ),
];

/// The prompt in fewer words; the same text where there is nothing to leave out.
pub fn shorter(text: &str) -> Shorter {
    let mut current = text.to_owned();
    let mut used = HashSet::new();
    // What is left out may bring together what then can be left out, too. Each round takes something away,
    // so there is a last one.
    loop {
        let before = current.len();
        for (nth, (rule, _)) in RULES.iter().enumerate() {
            let edits = rule(&current, &prose(&current));
            if !edits.is_empty() {
                current = edited(&current, &edits);
                used.insert(nth);
            }
        }
        if current.len() == before {
            break;
        }
    }
    let count = |text: &str| u32::try_from(openai_tokens(text)).unwrap_or(u32::MAX);
    let (before, after) = (count(text), count(&current));
    if after >= before {
        return Shorter {
            text: text.to_owned(),
            tokens_before: before,
            tokens_after: before,
            changes: Vec::new(),
        };
    }
    let changes = RULES.iter().enumerate();
    Shorter {
        text: current,
        tokens_before: before,
        tokens_after: after,
        changes: changes
            .filter(|(nth, _)| used.contains(nth))
            .map(|(_, (_, words))| (*words).to_owned())
            .collect(),
    }
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (part, by) in edits {
        out.push_str(&text[at..part.start]);
        out.push_str(by);
        at = part.end;
    }
    out.push_str(&text[at..]);
    out
}

/// Sentences that were said before in plain paragraphs that follow each other, with no question between: an
/// instruction may well be given again after some material, or for each question.
fn repeated(text: &str, paragraphs: &[Prose]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut said = HashSet::new();
    let mut ended = 0;
    for paragraph in paragraphs {
        if !text[ended..paragraph.at.start].trim().is_empty() {
            said.clear();
        }
        let sentences = paragraph.sentences(text);
        let mut was_said = |sentence: &Sentence| {
            let words = &text[sentence.at.clone()];
            if words.ends_with('?') {
                said.clear();
            }
            sentence.is_plain && stands_alone(words) && !said.insert(words)
        };
        let goes: Vec<bool> = sentences.iter().map(&mut was_said).collect();
        match goes.iter().position(|goes| !goes) {
            // With the empty lines before it.
            None => edits.push(ended..paragraph.at.end),
            Some(first) => {
                if first > 0 {
                    edits.push(paragraph.at.start..sentences[first].at.start);
                }
                for nth in (first + 1..sentences.len()).filter(|nth| goes[*nth]) {
                    edits.push(sentences[nth - 1].at.end..sentences[nth].at.end);
                }
            }
        }
        ended = paragraph.at.end;
    }
    edits
        .into_iter()
        .map(|part| (part, String::new()))
        .collect()
}

/// Whether a sentence means the same wherever it stands.
fn stands_alone(sentence: &str) -> bool {
    let (characters, words) = SHORTEST;
    sentence.chars().count() >= characters
        && sentence.split_whitespace().count() >= words
        && !sentence.starts_with(char::is_lowercase)
        && !LEANING.is_match(sentence)
}

/// Thanks at the very end, after a sentence that says something.
fn thanks(text: &str, paragraphs: &[Prose]) -> Vec<Edit> {
    let Some((paragraph, before)) = paragraphs.split_last() else {
        return Vec::new();
    };
    if paragraph.at.end != text.trim_end().len() {
        return Vec::new();
    }
    let mut sentences = Vec::new();
    if let Some(before) = before.last() {
        let follows = text[before.at.end..paragraph.at.start].trim().is_empty();
        sentences.extend(
            follows
                .then(|| before.sentences(text))
                .into_iter()
                .flatten(),
        );
    }
    sentences.extend(paragraph.sentences(text));
    match sentences.as_slice() {
        [.., before, last]
            if last.is_plain
                && THANKS.is_match(&text[last.at.clone()])
                && text[before.at.clone()].split_whitespace().count() >= SHORTEST.1 =>
        {
            vec![(before.at.end..last.at.end, String::new())]
        }
        _ => Vec::new(),
    }
}

/// Long phrases.
fn phrases(text: &str, paragraphs: &[Prose]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for paragraph in paragraphs {
        let words = &text[paragraph.at.clone()];
        let as_written = PHRASES.map(|(long, short)| (long.to_owned(), short.to_owned()));
        let capitals = PHRASES.map(|(long, short)| (capital(long), capital(short)));
        for (long, short) in as_written.iter().chain(&capitals) {
            for (at, _) in words.match_indices(long) {
                let part = paragraph.at.start + at..paragraph.at.start + at + long.len();
                if !paragraph.keeps(&part) && is_meant(words, at, long) {
                    edits.push((part, short.clone()));
                }
            }
        }
    }
    edits.sort_by_key(|(part, _)| part.start);
    edits
}

/// Whether a phrase at this place is words of its own and can mean nothing else.
fn is_meant(text: &str, at: usize, phrase: &str) -> bool {
    let (before, after) = (&text[..at], &text[at + phrase.len()..]);
    let begins = before.is_empty() || before.ends_with([' ', '\n']);
    if !begins || after.starts_with(|next: char| next.is_alphanumeric() || "-'’".contains(next)) {
        return false;
    }
    if !phrase.eq_ignore_ascii_case(TO) {
        return true;
    }
    let sentence = before.rsplit(['.', '!', '?']).next().unwrap_or_default();
    let next = after.strip_prefix(' ').map(|after| {
        let end = after.find(|next: char| !next.is_alphanumeric());
        &after[..end.unwrap_or(after.len())]
    });
    next.is_some_and(|next| next.starts_with(char::is_lowercase) && !NO_VERB.contains(&next))
        && !PUTS.is_match(sentence)
}

/// The words with a capital at the beginning.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// Blanks at the end of lines, and empty lines, in and between plain paragraphs.
fn blanks(text: &str, paragraphs: &[Prose]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (nth, paragraph) in paragraphs.iter().enumerate() {
        for (at, _) in text[paragraph.at.clone()].match_indices('\n') {
            let line = text[..paragraph.at.start + at].trim_end_matches('\r');
            let part = line.trim_end_matches([' ', '\t']).len()..line.len();
            if !part.is_empty() && !paragraph.keeps(&part) {
                edits.push((part, String::new()));
            }
        }
        let next = paragraphs
            .get(nth + 1)
            .map_or(text.len(), |next| next.at.start);
        let between = &text[paragraph.at.end..next];
        if between.trim_matches([' ', '\t', '\r', '\n']).is_empty() {
            let fewer = fewer_lines(between);
            if fewer != between {
                edits.push((paragraph.at.end..next, fewer));
            }
        }
    }
    edits
}

/// Line breaks alone, as they are written here, and not too many.
fn fewer_lines(between: &str) -> String {
    let breaks = between
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    breaks
        .take(EMPTY_LINES + 1)
        .map(|line| if line.ends_with("\r\n") { "\r\n" } else { "\n" })
        .collect()
}

#[cfg(test)]
mod tests;
