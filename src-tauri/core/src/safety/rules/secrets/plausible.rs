//! Whether a text could be a secret, and not a name for one, a word or an example.

use super::{
    code::{is_camel, is_identifier, is_of_code, is_path},
    words::{NO_PASSWORD, SPEAKS_OF_ONE, UNITS},
};

/// Bits of surprise in each character, by how often each comes in the text itself.
fn entropy(text: &str) -> f32 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = text.len() as f32;
    let shares = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|&count| count as f32 / length);
    -shares.map(|share| share * share.log2()).sum::<f32>()
}

/// Not one letter over and over, as in documentation.
pub(super) fn varied(secret: &str) -> bool {
    entropy(secret) > 2.0
}

/// Letters and digits as random as a generated key, not words.
pub(super) fn random(secret: &str) -> bool {
    mixed(secret) && entropy(secret) >= 3.0
}

pub(super) fn very_random(secret: &str) -> bool {
    let lower = secret.bytes().any(|byte| byte.is_ascii_lowercase());
    let upper = secret.bytes().any(|byte| byte.is_ascii_uppercase());
    let hexadecimal = secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    let needed = if hexadecimal { 3.2 } else { 4.0 };
    mixed(secret) && (hexadecimal || lower && upper) && entropy(secret) >= needed
}

pub(super) fn mixed(secret: &str) -> bool {
    let digits = secret.bytes().filter(u8::is_ascii_digit).count();
    let letters = secret.bytes().filter(u8::is_ascii_alphabetic).count();
    digits > 0 && letters > 0 && !is_placeholder(secret)
}

/// A key in its field: random, and no name, place or day made of words and numbers.
pub(super) fn key(secret: &str) -> bool {
    let told = ["arn:", "enc[", "vault:", "file:", "env:"];
    let lower = secret.to_ascii_lowercase();
    (12..=400).contains(&secret.len())
        && random(secret)
        && !(told.iter().any(|begin| lower.starts_with(begin)) || lower.contains("://"))
        && !(is_masked(secret) || is_of_code(secret) || is_day(secret) || is_words(secret))
}

/// A credential of a header: letters and digits, and no name.
pub(super) fn credential(secret: &str) -> bool {
    mixed(secret) && !is_words(secret)
}

/// A password that stands there bare: no name for one, no type, call or example.
pub(super) fn password(secret: &str) -> bool {
    let bare = secret.trim_matches(['*', '_', '?', '!', '.', '(', ')', '[', ']', '<', '>']);
    (4..=256).contains(&secret.len())
        && !(is_placeholder(secret) || is_masked(secret) || is_no_password(bare))
        && !(is_of_code(secret) || is_measure(bare) || is_path(secret))
}

/// A password in quotes: these say that it is a value, so it may be of several words.
pub(super) fn password_quoted(secret: &str) -> bool {
    let words = secret.split_whitespace().count();
    let lower = secret.to_lowercase();
    let speaks = || SPEAKS_OF_ONE.iter().any(|word| lower.contains(word));
    let address = lower.contains("://") && words == 1;
    (4..=256).contains(&secret.len())
        && !(is_placeholder(secret)
            || is_masked(secret)
            || is_no_password(secret.trim())
            || secret.starts_with('{') && secret.contains('}')
            || address)
        && (words == 1 || words <= 10 && !speaks() && !secret.ends_with("..."))
}

/// What no ordinary word has: a digit, a mark that joins no two words, a capital inside.
pub(in crate::safety) fn is_unusual(secret: &str) -> bool {
    let joins = |letter: char| matches!(letter, '-' | '\'' | '’' | '/' | '_' | '.');
    let inside = secret.trim_matches(|letter: char| letter.is_ascii_punctuation());
    let unusual =
        |letter: char| letter.is_ascii_digit() || letter.is_ascii_punctuation() && !joins(letter);
    let capital =
        inside.chars().skip(1).any(char::is_uppercase) && inside.chars().any(char::is_lowercase);
    let at_its_end = secret.ends_with(['!', '#', '$', '%', '&', '+', '=', '@', '^', '~']);
    inside.chars().any(unusual) || capital || at_its_end || is_passphrase(inside)
}

/// `correct-horse-battery-staple`: four long words or more.
fn is_passphrase(secret: &str) -> bool {
    let words: Vec<_> = secret.split('-').collect();
    words.len() >= 4 && words.iter().all(|word| word.len() >= 4)
}

/// In a sentence: nothing that an ordinary word could be.
pub(super) fn password_said(secret: &str) -> bool {
    password(secret) && is_unusual(secret)
}

/// A password of a connection string's pairs.
pub(super) fn pairs(secret: &str) -> bool {
    let lower = secret.to_ascii_lowercase();
    let value = ["password=", "pwd=", "sharedaccesskey=", "accountkey="]
        .iter()
        .filter_map(|name| lower.find(name).map(|at| at + name.len()))
        .min()
        .and_then(|at| secret.get(at..));
    value.is_some_and(|value| !is_template(value.split(';').next().unwrap_or_default()))
}

/// `jdbc:oracle:thin:user/password@host`.
pub(super) fn oracle(secret: &str) -> bool {
    let password = secret
        .split_once('/')
        .and_then(|(_, rest)| rest.split('@').next());
    password.is_some_and(|password| !is_template(password))
}

/// What stands in an example where a password would: `${PASSWORD}`, `<password>`, `***`, `pass`.
pub(super) fn is_template(password: &str) -> bool {
    let lower = password.to_ascii_lowercase();
    let word = ["password", "pass"].contains(&lower.as_str());
    let braces = password.contains('{') && password.contains('}');
    let variable = password.strip_prefix('$').is_some_and(is_identifier);
    word || braces
        || variable
        || password.starts_with('<')
        || is_placeholder(password)
        || is_masked(password)
}

/// Whether a word says what becomes of a password instead of being one.
fn is_no_password(word: &str) -> bool {
    let lower = word.to_lowercase();
    NO_PASSWORD.contains(&lower.as_str())
}

/// `8-20`, `12-stellig`, `16-character`: how long one is, or a day.
fn is_measure(secret: &str) -> bool {
    let Some((number, rest)) = secret.split_once(['-', '–']) else {
        return false;
    };
    let small = |text: &str| text.len() < 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    !number.is_empty()
        && small(number)
        && (small(rest) || UNITS.contains(&rest.to_lowercase().as_str()))
        || is_day(secret)
}

/// `2026-03-12`, also with a time after it.
fn is_day(secret: &str) -> bool {
    let parts: Vec<_> = secret.splitn(3, ['-', '/', '.']).collect();
    let digits = |part: &str, most| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let [first, second, third] = parts[..] else {
        return false;
    };
    let third = third.split(['T', ' ']).next().unwrap_or_default();
    digits(first, 4) && digits(second, 2) && digits(third, 4) && first.len() + third.len() >= 4
}

/// Words and numbers between marks, as in `user_id_2024_index` or `uploads/2024/img_03.jpg`.
fn is_words(secret: &str) -> bool {
    let marks = |letter: char| "_./+=~:,@-".contains(letter);
    let word = |part: &str| {
        let letters = part.trim_matches(|letter: char| letter.is_ascii_digit());
        let digits = part.len() - letters.len();
        let vowel = letters
            .chars()
            .any(|letter| "aeiouyAEIOUY".contains(letter));
        let one_case = letters == letters.to_lowercase()
            || letters == letters.to_uppercase()
            || letters.chars().skip(1).all(char::is_lowercase)
            || is_camel(letters);
        letters.is_empty() && digits < 15
            || digits <= 4
                && letters.chars().all(char::is_alphabetic)
                && (1..=20).contains(&letters.len())
                && one_case
                && (vowel || letters.len() < 5)
    };
    let parts = secret.split(marks).filter(|part| !part.is_empty());
    let (mut count, mut all) = (0, true);
    for part in parts {
        count += 1;
        all &= word(part);
    }
    let camel = secret.trim_end_matches(|letter: char| letter.is_ascii_digit());
    all && count > 1
        || secret.len() - camel.len() <= 3
            && is_camel(camel)
            && camel.chars().all(char::is_alphabetic)
}

/// Part of it is hidden already: `sk-****1234`.
fn is_masked(secret: &str) -> bool {
    ["****", "••", "……", "[removed:"]
        .iter()
        .any(|mask| secret.contains(mask))
        || secret.ends_with("...")
        || secret.ends_with('…')
}

fn is_placeholder(secret: &str) -> bool {
    let marks = secret.starts_with(['$', '<', '{', '%'])
        && secret.len() < 64
        && secret.ends_with(['}', '>', '%', '$'])
        || secret.starts_with("${")
        || secret.starts_with("{{")
        || secret.starts_with("$(")
        || secret.starts_with("#{")
        || secret.starts_with("<%");
    let lower = secret.to_ascii_lowercase();
    let same = secret
        .chars()
        .all(|letter| matches!(letter, '*' | 'x' | 'X' | '.' | '-' | '•' | '_' | '…' | '?'));
    let words = |letter: char| letter.is_alphabetic() || matches!(letter, ' ' | '_' | '-');
    let named = secret
        .strip_prefix(['[', '(', '<'])
        .is_some_and(|rest| rest.trim_end_matches([']', ')', '>']).chars().all(words));
    marks
        || same
        || named
        || is_own_placeholder(secret)
        || [
            "your_",
            "your-",
            "example",
            "placeholder",
            "redacted",
            "changeme",
            "xxxx",
        ]
        .iter()
        .any(|word| lower.starts_with(word))
}

/// `[PERSON-1-kqvt]`: what stood there is masked already.
fn is_own_placeholder(secret: &str) -> bool {
    secret.strip_prefix('[').is_some_and(|rest| {
        let label = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_uppercase() || *byte == b'-')
            .count();
        label > 2
            && rest[label..].starts_with(|next: char| next.is_ascii_digit())
            && rest.ends_with(']')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_tells_random_from_words() {
        assert_eq!(entropy("aaaa"), 0.0);
        assert_eq!(entropy("abcd"), 2.0);
        assert_eq!(entropy(&"ab".repeat(70_000)), 1.0, "however long it is");
        assert!(
            very_random("q8Zr1LmX0vT7pK3sWb9YcN4h") && !very_random("get_the_name_of_the_user1")
        );
    }
}
