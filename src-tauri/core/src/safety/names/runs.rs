//! Words with a capital letter, and runs of them.

use super::lexicon::{Lexicon, Traits};

/// A run that is longer is a heading; the rest of it is another run.
const MOST_WORDS: usize = 8;
/// No word of a name is longer.
const MOST_BYTES: usize = 48;

/// One word of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) traits: Traits,
    /// A small word, or "&", between two words with a capital letter.
    pub(super) small: bool,
    /// One letter and a dot.
    pub(super) initial: bool,
    /// A given name after a surname and a comma.
    pub(super) after_comma: bool,
}

/// The runs of a text, from its start to its end.
pub(super) struct Runs<'a> {
    text: &'a str,
    lexicon: &'a Lexicon,
    at: usize,
    scratch: String,
}

impl<'a> Runs<'a> {
    pub(super) fn new(text: &'a str, lexicon: &'a Lexicon) -> Self {
        Self {
            text,
            lexicon,
            at: 0,
            scratch: String::new(),
        }
    }

    /// Put the next run into `run`; false at the end of the text. Every byte is looked at a bounded
    /// number of times.
    pub(super) fn next(&mut self, run: &mut Vec<Word>) -> bool {
        run.clear();
        while let Some((start, end)) = next_capital(self.text, self.at) {
            self.at = end;
            if let Some(word) = self.word(start, end) {
                run.push(word);
                while run.len() < MOST_WORDS && self.follow(run) {}
                while run.last().is_some_and(|word| word.small) {
                    run.pop();
                }
                return true;
            }
        }
        false
    }

    fn word(&mut self, start: usize, end: usize) -> Option<Word> {
        let word = &self.text[start..end];
        let next = self.text.as_bytes().get(end);
        let part_of_more = matches!(next, Some(b'@' | b'_' | b'0'..=b'9'))
            || word
                .bytes()
                .any(|byte| byte.is_ascii_digit() || byte == b'_');
        if part_of_more || word.len() > MOST_BYTES {
            return None;
        }
        let single = word.chars().nth(1).is_none();
        Some(Word {
            start,
            end,
            traits: self.lexicon.word(word, &mut self.scratch),
            small: false,
            initial: single && next == Some(&b'.'),
            after_comma: false,
        })
    }

    /// Add the word that follows the last one, if it does.
    fn follow(&mut self, run: &mut Vec<Word>) -> bool {
        let Some(last) = run.last().copied() else {
            return false;
        };
        let rest = &self.text[last.end..];
        let abbreviates = last.initial
            || last.traits.any(Traits::TITLE)
            || last.traits.any(Traits::PLACE_START) && last.end - last.start <= 3;
        let (gap, comma) = match rest.as_bytes().first() {
            Some(b'.') if abbreviates => (1 + spaces(&rest[1..]), false),
            Some(b',') if last.traits.any(Traits::SURNAME) && spaces(&rest[1..]) > 0 => {
                (1 + spaces(&rest[1..]), true)
            }
            _ => (spaces(rest), false),
        };
        let dotted = last.initial && rest.starts_with('.');
        if gap == 0 || (gap == 1 && rest.starts_with('.') && !dotted) {
            return false;
        }
        let start = last.end + gap;
        match capital_at(self.text, start) {
            Some(end) => {
                let Some(word) = self.word(start, end) else {
                    return false;
                };
                if comma && !word.traits.any(Traits::GIVEN) {
                    return false;
                }
                run.push(Word {
                    after_comma: comma,
                    ..word
                });
                self.at = end;
                true
            }
            None => !comma && self.small(run, start),
        }
    }

    /// Add a small word.
    fn small(&mut self, run: &mut Vec<Word>, start: usize) -> bool {
        let rest = &self.text[start..];
        let length = match rest.as_bytes().first() {
            Some(b'&') => 1,
            _ => rest
                .char_indices()
                .take(7)
                .find(|(_, letter)| !letter.is_alphabetic())
                .map_or(0, |(length, _)| length),
        };
        let word = &rest[..length];
        let traits = match word {
            "" => Traits::default(),
            "&" => Traits::AND,
            word => self.lexicon.word(word, &mut self.scratch),
        };
        let is_small = traits.any(Traits::NAME_PART | Traits::ORGANISATION_PART | Traits::AND);
        if is_small {
            run.push(Word {
                start,
                end: start + length,
                traits,
                small: true,
                initial: false,
                after_comma: false,
            });
        }
        is_small
    }
}

/// How many bytes of one to three spaces a text begins with; 0 if it has none or more.
fn spaces(text: &str) -> usize {
    let mut bytes = 0;
    for (count, letter) in text.chars().enumerate() {
        match letter {
            ' ' | '\u{a0}' if count < 3 => bytes += letter.len_utf8(),
            ' ' | '\u{a0}' => return 0,
            _ => break,
        }
    }
    bytes
}

/// The next word from `at` on that begins with a capital letter.
pub(super) fn next_capital(text: &str, mut at: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'A'..=b'Z' => return Some((at, word_end(text, at))),
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'@' => at = skip_word(text, at),
            0..=0x7f => at += 1,
            _ => {
                let letter = text[at..].chars().next()?;
                if letter.is_uppercase() {
                    return Some((at, word_end(text, at)));
                }
                at = match letter.is_alphabetic() {
                    true => skip_word(text, at),
                    false => at + letter.len_utf8(),
                };
            }
        }
    }
    None
}

/// The end of the word with a capital letter that begins here, if one does.
fn capital_at(text: &str, at: usize) -> Option<usize> {
    let letter = text[at..].chars().next()?;
    letter.is_uppercase().then(|| word_end(text, at))
}

/// Past a word that does not begin with a capital letter, up to what is none of it.
fn skip_word(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'@' => at += 1,
            0..=0x7f => break,
            _ => match text[at..].chars().next() {
                Some(letter) if letter.is_alphabetic() => at += letter.len_utf8(),
                _ => break,
            },
        }
    }
    at
}

/// Past a word with the hyphens and apostrophes inside it, but not past the s of a genitive.
fn word_end(text: &str, start: usize) -> usize {
    let mut letters = text[start..].char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        let goes_on = match letter {
            '-' => next.is_some_and(char::is_alphabetic),
            '\'' | '’' => {
                let rest = &text[start + at + letter.len_utf8()..];
                let genitive = rest
                    .strip_prefix('s')
                    .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
                next.is_some_and(char::is_alphabetic) && !genitive
            }
            '_' | '\u{300}'..='\u{36f}' => true,
            letter => letter.is_alphanumeric(),
        };
        if !goes_on {
            return start + at;
        }
    }
    text.len()
}
