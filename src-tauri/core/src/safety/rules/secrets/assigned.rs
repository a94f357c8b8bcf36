//! What stands in the field of a password or a key: `password = "…"`, `<Password>…</Password>`,
//! `--password …`, a cell of a table, the line after.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::{
    plausible::{is_unusual, key, password, password_quoted, password_said, very_random},
    value::{self, Value},
    words::{ABOUT_ONE, CLOSED_KEYS, OPEN_KEYS},
};

/// What lies between a name and its value is not longer.
const HEAD_REACH: usize = 256;

/// Where a value stands, seen from its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// After `=` or an arrow.
    Equals,
    /// After a colon, as in a file or in prose.
    Colon,
    /// Between the tags of an element that has the name.
    Element,
    /// Where the name alone does not say so: the next line, attribute, cell or word.
    Near,
}

/// From the end of the name to the beginning of the value.
static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?xi)^
        (?: [_-]? (?: \d{1,2} | v\d | value | base | root | admin | user | db | main | prod | production
            | dev | test | testing | stage | staging | live | old | new ) ){0,3}
        (?: \ \([^()\n]{1,30}\)
          | \ (?:for|of|to|on|at|fur|furs|von|vom|zum|zur|im|am|pour|du|de|del|para|per|di|van|voor|do|dla)
            \ [^:=|\n<>"'`]{1,40}? )?
        (?P<shut> \\?["'`\]*?!)]{0,4} )
        (?: (?P<line> [\ \t]{0,4} : [*_]{0,3} [\ \t]{0,4} (?: \r?\n [\ \t>|]{0,8} ){1,2} )
          | (?P<sign> [\ \t]{0,20} (?P<mark> := | :- | => | -> | ={1,3} | : )
              [*_]{0,3} (?:</[a-z0-9]{1,10}>)? [\ \t]{0,8} (?:\*\*)? )
          | (?P<attribute> [\ \t]{1,8} (?:value|content) \ ?=\ ? )
          | (?P<element> (?:\ [^<>\n]{0,80})? > (?:<!\[CDATA\[)? )
          | (?P<sibling> (?:</[a-z0-9:]{1,16}>){1,3} \s{0,40} <[a-z][^<>\n]{0,80}> )
          | (?P<cell> [\ \t]{0,30} \| [\ \t]{0,8} ) )"#;
    Regex::new(pattern).expect("the pattern is fixed")
});

/// What a sentence says the password is.
static SAID: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?xi)^
        (?: \ (?:for|of|to|on|at|in|fur|furs|von|vom|zum|zur|bei|im|am|pour|du|de|del|para|per|di|van|voor|do|dla)
            \ (?:[^.:;!?\n]|\.[^\s]){1,50}? )?
        \ (?:is|was|ist|war|lautet|est|es|e|to|is\ now|is\ still|ist\ jetzt) :?\ ";
    Regex::new(pattern).expect("the pattern is fixed")
});

static HIGH_ENTROPY: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?i)^\p{L}{3,14}[ \t:=>"'`*_\p{L}-]{0,24}?[ \t:="'`](?P<s>[a-z0-9_+/=-]{24,200})(?:[\s"'`,;.)]|$)"#;
    Regex::new(pattern).expect("the pattern is fixed")
});

/// The password in a field that has a word for one, and nothing else, as its name.
pub(super) fn sure_password(view: &str, name: &Range<usize>) -> Option<Range<usize>> {
    let (place, value) = field(view, name)?;
    let written = value.of(view);
    let plain = match place {
        _ if is_about_one(view, name.start) => false,
        Place::Element => true,
        _ if value.quoted => place != Place::Near,
        Place::Colon if is_typed(view, &value) => return None,
        Place::Colon => stands_alone(view, &value),
        Place::Equals => {
            let spaced = view[..value.range.start].ends_with(' ');
            !spaced || stands_alone(view, &value)
        }
        Place::Near => false,
    };
    let holds = if value.quoted || place == Place::Element {
        password_quoted(written) && (plain || is_one_word(written))
    } else {
        password(written)
    };
    (holds && (plain || is_unusual(written))).then_some(value.range)
}

/// The password in a field that may have one: it must look like nothing else.
pub(super) fn likely_password(view: &str, name: &Range<usize>) -> Option<Range<usize>> {
    let (place, value) = field(view, name)?;
    let named = place != Place::Near || is_option(view, name.start);
    let written = value.of(view);
    // Of what has brackets, only quotes say that it is a value and no call.
    let letters = written.chars().any(char::is_alphabetic)
        && (value.quoted || !written.contains(['(', '[', '{', '<']));
    (named && is_one_word(written) && letters && password_said(written)).then_some(value.range)
}

/// The password that a sentence says after a word for one.
pub(super) fn said(view: &str, name: &Range<usize>) -> Option<Range<usize>> {
    let window = &view[name.end..view.floor_char_boundary((name.end + 100).min(view.len()))];
    let at = name.end + SAID.find(window)?.end();
    let value = value::value(view, at)?;
    let written = value.of(view);
    let pin = view[name.clone()].eq_ignore_ascii_case("pin");
    let digits = (4..=12).contains(&written.len()) && written.bytes().all(|b| b.is_ascii_digit());
    let holds = match (pin, value.quoted) {
        (true, _) => digits,
        (false, true) if !is_one_word(written) => password_quoted(written),
        (false, _) => password_said(written),
    };
    holds.then_some(value.range)
}

/// The random value in the field of a key or a token.
pub(super) fn random_key(view: &str, name: &Range<usize>) -> Option<Range<usize>> {
    if is_open_key(view, name) {
        return None;
    }
    let (_, value) = field(view, name)?;
    let mut range = value.range;
    if !value.quoted {
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_./+=~-".contains(byte);
        let run = view[range.clone()]
            .bytes()
            .take_while(|byte| part(byte))
            .count();
        range.end = range.start + run;
        let ends = |letter: char| letter.is_whitespace() || "\"'`,;<>)}]&|\\".contains(letter);
        if !view[range.end..].chars().next().is_none_or(ends) {
            return None;
        }
        range.end = range.start + view[range.clone()].trim_end_matches('.').len();
    }
    let written = &view[range.clone()];
    (is_one_word(written) && key(written)).then_some(range)
}

/// A random string after a word for a key.
pub(super) fn near_a_word(view: &str, word: &Range<usize>) -> Option<Range<usize>> {
    let end = view.floor_char_boundary((word.start + HEAD_REACH).min(view.len()));
    let found = HIGH_ENTROPY.captures(&view[word.start..end])?.name("s")?;
    let secret = found.as_str();
    let range = word.start + found.start()..word.start + found.end();
    (very_random(secret) && !is_open_key(view, word)).then_some(range)
}

/// Where the value of a field stands, and the value.
fn field(view: &str, name: &Range<usize>) -> Option<(Place, Value)> {
    let end = view.floor_char_boundary((name.end + HEAD_REACH).min(view.len()));
    let Some(head) = HEAD.captures(&view[name.end..end]) else {
        return after_space(view, name);
    };
    let at = name.end + head.get(0)?.end();
    if let Some(mark) = head.name("mark") {
        let place = if mark.as_str() == ":" {
            Place::Colon
        } else {
            Place::Equals
        };
        return Some((place, value::value(view, at)?));
    }
    if head.name("attribute").is_some() {
        return Some((
            Place::Near,
            value::value(view, at).filter(|value| value.quoted)?,
        ));
    }
    if head.name("line").is_some() {
        let value = value::value(view, at)?;
        let rest = &view[value.range.end..];
        let rest =
            rest[..rest.find('\n').unwrap_or(rest.len())].trim_matches(['"', '\'', '`', '*']);
        return rest.trim().is_empty().then_some((Place::Near, value));
    }
    if head.name("cell").is_some() {
        let value = until(view, at, "|").filter(|value| {
            view[value.range.end..]
                .trim_start()
                .starts_with(['|', '`', '*'])
        });
        return Some((Place::Near, value?));
    }
    let cdata = head
        .name("element")
        .is_some_and(|tag| tag.as_str().ends_with('['));
    let value = until(view, at, if cdata { "]]>" } else { "<" })?;
    if head.name("sibling").is_some() {
        return Some((Place::Near, value));
    }
    match (
        is_element(view, name.start),
        head.name("shut")
            .is_some_and(|shut| shut.as_str().ends_with('"')),
    ) {
        (true, _) => Some((Place::Element, value)),
        (false, true) => Some((Place::Near, value)),
        _ => None,
    }
}

/// `--password Hunter2024`, `WITH PASSWORD 'Hunter2024'`: a value after a space.
fn after_space(view: &str, name: &Range<usize>) -> Option<(Place, Value)> {
    let rest = &view[name.end..];
    let spaces = rest
        .bytes()
        .take(4)
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    let value = value::value(view, name.end + spaces)?;
    let written = value.of(view);
    let option = is_option(view, name.start) && !written.starts_with('-');
    let told = value.quoted || option || is_made_up(written);
    (spaces > 0 && told).then_some((Place::Near, value))
}

/// `Lisboa!3779`: small and capital letters and two digits or more, as people make passwords up and nobody
/// writes words.
fn is_made_up(written: &str) -> bool {
    let has = |is: fn(char) -> bool| written.chars().filter(|letter| is(*letter)).count();
    let joined = written.contains(['-', '_', '.', '/', ':', '(', '[', '<', '=', '\'']);
    let digits = has(|letter| letter.is_ascii_digit());
    let letters = has(char::is_lowercase) >= 3 && has(char::is_uppercase) >= 1;
    written.len() >= 8 && digits >= 2 && letters && !joined
}

/// What stands before a mark on this line, without spaces and marks of bold and code around it.
fn until(view: &str, at: usize, stop: &str) -> Option<Value> {
    let limit = view.floor_char_boundary((at + HEAD_REACH).min(view.len()));
    let window = &view[at..limit];
    let line = &window[..window.find('\n').unwrap_or(window.len())];
    let end = line.find(stop)?;
    let around = |letter: char| letter.is_whitespace() || matches!(letter, '`' | '*' | '"');
    let written = window[..end].trim_matches(around);
    let start = at + (window[..end].len() - window[..end].trim_start_matches(around).len());
    (!written.is_empty()).then(|| Value {
        range: start..start + written.len(),
        quoted: false,
    })
}

fn is_one_word(written: &str) -> bool {
    !written.contains(char::is_whitespace)
}

/// Whether an ordinary word is all that is there: no sentence and no expression goes on after it.
fn stands_alone(view: &str, value: &Value) -> bool {
    let rest = &view[value.range.end..];
    let next = rest.trim_start_matches([' ', '\t']).chars().next();
    let goes_on = |letter: char| letter.is_alphanumeric() || "{&(|".contains(letter);
    let has_more = rest.starts_with([' ', '\t']) && next.is_some_and(goes_on);
    !has_more && !rest.starts_with(':')
}

/// `password: CString,`: a word with capitals before what follows a type. One with its first letter alone
/// may be an ordinary word in a list.
fn is_typed(view: &str, value: &Value) -> bool {
    let written = value.of(view);
    let word = |letter: char| letter.is_alphabetic() || letter == '_';
    let capitals = written
        .chars()
        .filter(|letter| letter.is_uppercase())
        .count();
    let after: &[char] = if capitals > 1 {
        &[',', ';', ')', '=', '{', '>', '|']
    } else {
        &['=', '{', '>', '|']
    };
    let rest = view[value.range.end..].trim_start_matches(' ');
    written.starts_with(char::is_uppercase) && written.chars().all(word) && rest.starts_with(after)
}

/// `<Password>`, `<ns:DbPassword>`: the name of an element.
fn is_element(view: &str, start: usize) -> bool {
    view[..start]
        .trim_end_matches(|letter: char| letter.is_ascii_alphanumeric() || "_:.-".contains(letter))
        .ends_with('<')
}

/// `--db-password`: the name of an option.
fn is_option(view: &str, start: usize) -> bool {
    let before = view[..start].bytes().rev().take(32);
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let option = before.take_while(part).count();
    view.get(start - option..start)
        .is_some_and(|option| option.starts_with('-'))
}

/// `forgot_password`, `resetPassword`: a field about passwords.
fn is_about_one(view: &str, start: usize) -> bool {
    let word = word_before(view, start);
    ABOUT_ONE
        .iter()
        .any(|about| word == *about || about.len() > 3 && word.ends_with(about))
}

/// `public_key`, `cache_key`: a key that everybody may see.
fn is_open_key(view: &str, name: &Range<usize>) -> bool {
    let own = view[name.clone()].to_ascii_lowercase();
    // `next_token` opens what it is of; `public_key` opens nothing.
    if !own.ends_with("key") || CLOSED_KEYS.iter().any(|part| own.contains(part)) {
        return false;
    }
    let word = word_before(view, name.start);
    OPEN_KEYS.contains(&word.as_str())
}

/// The word right before a name, in small letters: of `forgot_password` and `forgotPassword` it is
/// "forgot".
fn word_before(view: &str, start: usize) -> String {
    let begin = view.floor_char_boundary(start.saturating_sub(32));
    let before = view[begin..start].trim_end_matches(['_', '-', ' ', '.']);
    let word = before
        .rsplit(|letter: char| !letter.is_alphanumeric())
        .next();
    word.unwrap_or_default().to_lowercase()
}
