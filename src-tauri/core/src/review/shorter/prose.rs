//! Which parts of a prompt are plain sentences. Everything else is left as it is: code, lists, tables, quotes,
//! placeholders, whatever stands between tags or fences, and all that may be what the prompt is about and not
//! what it asks for. Where it cannot be told, it is not plain.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::enclosed::{apart, enclosed};

/// A paragraph of plain sentences.
pub(super) struct Prose {
    /// Where it stands, without blanks around it.
    pub(super) at: Range<usize>,
    /// What in it stays to the letter: quotes, brackets, placeholders, inline code.
    kept: Vec<Range<usize>>,
}

/// A sentence of a paragraph.
pub(super) struct Sentence {
    pub(super) at: Range<usize>,
    /// Whether there is nothing in it that stays to the letter.
    pub(super) is_plain: bool,
}

/// From here on, what stands there may be material: a text to work on, a letter, an example. A colon, words
/// that speak of words, and marks that open what is not prose.
static MATERIAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?im)[:：](?:\s|$)|^(?:dear|hi|hello|hey|good (?:morning|evening|afternoon|day))\b",
        r"|\b(?:following|follows|below|verbatim|examples?|samples?|input|template|attached|pasted|subject)\b",
        r"|\b(?:translat|proofread|rewrit|rephras|paraphras|repeat|quot|spell|pronounc|dictat|transcrib|shorten)\w*",
        r"|\b(?:say|says|said|the (?:words?|phrases?|terms?|expressions?)|wording|lyrics|poems?|songs?)\b",
        r"|\b(?:this|these|my|our|her|his|their)\s+(?:\w+\s+)?(?:texts?|e-?mails?|letters?|messages?|reviews?|",
        r"passages?|paragraphs?|sentences?|articles?|documents?|drafts?|posts?|notes?|stor(?:y|ies)|prompts?|",
        r"questions?|conversations?|transcripts?|chats?|speech|abstracts?|summar(?:y|ies)|reports?|lines?)\b",
        r#"|/\*|\*/|"""|'''|\$\$|\\"#,
    ))
    .expect("the expression is right because a test uses it")
});

/// Short for something, with a point that ends no sentence. What is shorter than four letters is never taken
/// for the end of one.
const SHORT_FOR: &[&str] = &[
    "abzgl", "approx", "assn", "bspw", "dept", "evtl", "exkl", "govt", "incl", "inkl", "mind",
    "prof", "resp", "univ", "zzgl",
];

/// The paragraphs of plain sentences, in order.
pub(super) fn prose(text: &str) -> Vec<Prose> {
    let end = MATERIAL
        .find(text)
        .map_or(text.len(), |found| found.start());
    let apart = apart(text);
    let mut found = Vec::new();
    for paragraph in paragraphs(text, end) {
        if apart.iter().any(|part| meet(part, &paragraph)) {
            continue;
        }
        // What is open here may end anywhere.
        let Some(kept) = enclosed(&text[paragraph.clone()]) else {
            break;
        };
        let here = |part: Range<usize>| paragraph.start + part.start..paragraph.start + part.end;
        let kept: Vec<_> = kept.into_iter().map(here).collect();
        if is_prose(text, &paragraph, &kept) {
            found.push(Prose {
                at: paragraph,
                kept,
            });
        }
    }
    found
}

impl Prose {
    /// Whether something here stays to the letter.
    pub(super) fn keeps(&self, part: &Range<usize>) -> bool {
        self.kept.iter().any(|kept| meet(kept, part))
    }

    /// Its sentences, in order. Where it is not sure that one ends, it goes on.
    pub(super) fn sentences(&self, text: &str) -> Vec<Sentence> {
        let mut found = Vec::new();
        let mut begin = self.at.start;
        for (nth, mark) in text[self.at.clone()].match_indices(['.', '!', '?']) {
            let end = self.at.start + nth + mark.len();
            let rest = &text[end..self.at.end];
            let next = rest.trim_start();
            let ends = !self.keeps(&(end - mark.len()..end))
                && next.len() < rest.len()
                && !next.starts_with(char::is_lowercase)
                && ends_surely(&text[begin..end]);
            if ends {
                found.push(begin..end);
                begin = self.at.end - next.len();
            }
        }
        found.push(begin..self.at.end);
        let sentence = |at: Range<usize>| Sentence {
            is_plain: !self.keeps(&at),
            at,
        };
        found.into_iter().map(sentence).collect()
    }
}

/// Whether words end with a mark that ends a sentence, and not something that is short for a word.
fn ends_surely(words: &str) -> bool {
    let Some(words) = words.strip_suffix('.') else {
        return true;
    };
    let begin = words.rfind(|c: char| !c.is_alphabetic()).map_or(0, |at| {
        at + words[at..].chars().next().map_or(0, char::len_utf8)
    });
    let last = &words[begin..];
    last.chars().count() >= 4 && last.chars().all(char::is_lowercase) && !SHORT_FOR.contains(&last)
}

/// Lines without an empty one between them, up to a place in the text.
fn paragraphs(text: &str, end: usize) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut at, mut goes_on) = (0, false);
    for line in text[..end].split_inclusive('\n') {
        let written = line.trim_end().len();
        if written > 0 {
            match found.last_mut().filter(|_| goes_on) {
                Some(last) => last.end = at + written,
                None => found.push(at..at + written),
            }
        }
        goes_on = written > 0;
        at += line.len();
    }
    found
}

fn meet(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// Whether these are sentences and nothing else: each line begins with a letter, the last one ends as a
/// sentence does, and what is between has no mark that code, lists or tables have.
fn is_prose(text: &str, at: &Range<usize>, kept: &[Range<usize>]) -> bool {
    let is_kept = |place: usize| kept.iter().find(|part| part.contains(&place));
    let words = &text[at.clone()];
    let ends = words
        .trim_end_matches(['"', '”', '’', '\'', ')'])
        .ends_with(['.', '!', '?']);
    if !ends {
        return false;
    }
    let mut begins = true;
    for (nth, c) in words.char_indices() {
        let place = at.start + nth;
        if let Some(part) = is_kept(place) {
            // A line that begins with what stays is no beginning of a sentence.
            if begins && part.start == place {
                return false;
            }
        } else if begins && !c.is_alphabetic() || !belongs(words, nth, c) {
            return false;
        }
        begins = c == '\n';
    }
    true
}

/// Whether a character here is what sentences are made of.
fn belongs(words: &str, at: usize, c: char) -> bool {
    let before = words[..at].chars().next_back();
    let rest = &words[at + c.len_utf8()..];
    let after = rest.chars().next();
    let ends =
        |after: Option<char>| after.is_none_or(|c| c.is_whitespace() || ".!?,)\"”’'".contains(c));
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    match c {
        '\n' | '\r' => true,
        // At the end of a line, one between words, or two after a sentence.
        ' ' | '\t' => {
            let is_last = rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n');
            let is_first = !words[..at].ends_with([' ', '\t']);
            let is_second = [". ", "! ", "? "]
                .iter()
                .any(|end| words[..at].ends_with(end));
            is_last || c == ' ' && (is_first || is_second)
        }
        '.' | ',' | ':' if is_digit(before) && is_digit(after) => true,
        '.' | ',' | '!' | '?' | '…' => ends(after),
        ';' => after == Some(' '),
        '%' => is_digit(before) && ends(after),
        '\'' | '’' => is_letter(before),
        '-' | '–' | '—' => {
            is_letter(before) && is_letter(after)
                || before == Some(' ') && after.is_some_and(char::is_whitespace)
        }
        _ => c.is_alphanumeric(),
    }
}
