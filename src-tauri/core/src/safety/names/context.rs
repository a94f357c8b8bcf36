//! What stands before a run of capitalised words, and what that says about it.

use super::lexicon::{Lexicon, Traits, key};

/// "My name is" in ten languages: a name follows, whatever it is.
const SURE_INTRODUCTIONS: &[&str] = &[
    "my name is",
    "name's",
    "ich heiße",
    "ich heisse",
    "mein name ist",
    "je m'appelle",
    "je m’appelle",
    "mon nom est",
    "me llamo",
    "mi nombre es",
    "mi chiamo",
    "il mio nome è",
    "meu nome é",
    "chamo-me",
    "me chamo",
    "mijn naam is",
    "ik heet",
    "nazywam się",
    "mam na imię",
    "jag heter",
    "mitt namn är",
    "jmenuji se",
    "jmenuju se",
    "moje jméno je",
    "mé jméno je",
    "mit navn er",
    "nimeni on",
];

/// "I am": a name follows only if it is a known one.
const INTRODUCTIONS: &[&str] = &[
    "i am", "i'm", "i’m", "this is", "called", "named", "ich bin", "hier ist", "namens", "je suis",
    "nommé", "nommée", "soy", "sono", "sou", "ik ben", "jestem", "jag är", "jsem", "jeg er",
    "olen",
];

/// All of them.
pub(super) fn introductions() -> impl Iterator<Item = &'static str> {
    SURE_INTRODUCTIONS.iter().chain(INTRODUCTIONS).copied()
}

/// How much of the text before is read for an introduction.
const TAIL_BYTES: usize = 32;
/// No title, label or preposition is longer.
const WORD_BYTES: usize = 24;

/// What stands directly before a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// Nothing that tells.
    None,
    /// A title in small letters.
    Title,
    /// A word such as "in".
    BeforePlace,
    /// "My name is".
    SureIntroduction,
    /// "I am".
    Introduction,
    /// The label of a form: "Patient:".
    Label,
    /// The end of a letter: "Regards," and a new line.
    Closing,
}

impl Context {
    pub(super) fn of(text: &str, start: usize, lexicon: &Lexicon, scratch: &mut String) -> Self {
        let blank = |c: char| matches!(c, ' ' | '\t' | '\u{a0}' | '*' | '_');
        let head = text[..start].trim_end_matches(blank);
        let mut word = |head| lexicon.word(last_word(head), scratch);
        match head.chars().next_back() {
            Some('\n') => {
                let ends = |c: char| c.is_whitespace() || matches!(c, ',' | '.' | '!' | '-' | '–');
                let closes = word(head.trim_end_matches(ends)).any(Traits::CLOSING);
                if closes { Self::Closing } else { Self::None }
            }
            Some(':') => {
                let label = head.trim_end_matches(':').trim_end_matches(blank);
                let labels = word(label).any(Traits::LABEL);
                if labels { Self::Label } else { Self::None }
            }
            Some('.') => {
                let titles = word(head.trim_end_matches('.')).any(Traits::TITLE);
                if titles { Self::Title } else { Self::None }
            }
            Some(letter) if letter.is_lowercase() => {
                let traits = word(head);
                let introduces = traits.any(Traits::INTRODUCTION);
                if let Some(introduction) = introduces.then(|| introduction(head)).flatten() {
                    introduction
                } else if traits.any(Traits::TITLE) {
                    Self::Title
                } else if traits.any(Traits::BEFORE_PLACE) {
                    Self::BeforePlace
                } else {
                    Self::None
                }
            }
            _ => Self::None,
        }
    }
}

fn last_word(head: &str) -> &str {
    let tail = &head[head.floor_char_boundary(head.len().saturating_sub(WORD_BYTES))..];
    let start = tail.rfind(|c: char| !c.is_alphabetic());
    start.map_or(tail, |start| {
        tail[start..].trim_start_matches(|c: char| !c.is_alphabetic())
    })
}

fn introduction(head: &str) -> Option<Context> {
    let tail = &head[head.floor_char_boundary(head.len().saturating_sub(TAIL_BYTES))..];
    let ends = |phrases: &[&str]| phrases.iter().any(|phrase| ends_with(tail, phrase));
    if ends(SURE_INTRODUCTIONS) {
        Some(Context::SureIntroduction)
    } else if ends(INTRODUCTIONS) {
        Some(Context::Introduction)
    } else {
        None
    }
}

/// Whether a text ends with a phrase, but for the case of ASCII letters, as words of its own.
fn ends_with(text: &str, phrase: &str) -> bool {
    let Some(start) = text.len().checked_sub(phrase.len()) else {
        return false;
    };
    text.get(start..)
        .is_some_and(|end| end.eq_ignore_ascii_case(phrase))
        && !text[..start].ends_with(char::is_alphanumeric)
}

/// The words of an e-mail address before its @ that may be names.
pub(super) fn names_in_address(address: &str, lexicon: &Lexicon) -> Vec<String> {
    let local = address.split('@').next().unwrap_or_default();
    let words = local.split(|c: char| !c.is_alphabetic());
    let may_be_name = |word: &&str| {
        let traits = lexicon.word(word, &mut String::new());
        word.chars().nth(2).is_some() && !traits.any(Traits::ROLE | Traits::NO_NAME | Traits::LABEL)
    };
    words.filter(may_be_name).map(key).collect()
}

/// The words before the @ of e-mail addresses that are names and no ordinary words too, in the form in which
/// they are sought: "will.smith@" does not make a name of every "Will".
pub(super) fn words_of_addresses<'a>(
    addresses: impl Iterator<Item = &'a str>,
    lexicon: &Lexicon,
) -> impl Iterator<Item = String> {
    let words = addresses.flat_map(|address| names_in_address(address, lexicon));
    words.filter(|word| !lexicon.word(word, &mut String::new()).any(Traits::ORDINARY))
}
