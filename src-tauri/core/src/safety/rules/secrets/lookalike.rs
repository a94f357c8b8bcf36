//! Words for a password or a key with Cyrillic or Greek letters in them that look like Latin ones.

use std::ops::Range;

use super::{
    assigned::{random_key, sure_password},
    words::{KEY, PASSWORD},
};

/// The Latin letter that a small Cyrillic or Greek one looks like.
fn latin(letter: char) -> Option<char> {
    Some(match letter {
        'а' | 'α' => 'a',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'ε' => 'e',
        'һ' => 'h',
        'і' | 'ι' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'о' | 'ο' | 'σ' => 'o',
        'р' | 'ρ' => 'p',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' | 'ц' => 'u',
        'ѵ' | 'ν' => 'v',
        'ԝ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' => 'y',
        _ => return None,
    })
}

/// Every password and key after such a word.
pub(super) fn fields(view: &str, mut found: impl FnMut(bool, Range<usize>)) {
    if view.is_ascii() {
        return;
    }
    let mut start = None;
    for (at, letter) in view.char_indices().chain([(view.len(), ' ')]) {
        let inside = letter.is_ascii_alphabetic() || letter == '_' || latin(letter).is_some();
        match start {
            None if inside => start = Some(at),
            Some(begin) if !inside => {
                field(view, begin..at, &mut found);
                start = None;
            }
            _ => {}
        }
    }
}

/// What stands after a word, if it is one of both scripts that ends as a word for a secret does.
fn field(view: &str, word: Range<usize>, found: &mut impl FnMut(bool, Range<usize>)) {
    const LONGEST: usize = 80;
    let written = &view[word.clone()];
    let mixed = !written.is_ascii() && written.bytes().any(|byte| byte.is_ascii_alphabetic());
    if !mixed || written.len() > LONGEST {
        return;
    }
    let read = |letter: char| latin(letter).unwrap_or(letter.to_ascii_lowercase());
    let plain: String = written.chars().map(read).collect();
    let ends = |marks: &[&str]| {
        marks
            .iter()
            .any(|mark| plain.ends_with(mark.trim_matches('*')))
    };
    if ends(PASSWORD)
        && let Some(range) = sure_password(view, &word)
    {
        found(true, range);
    } else if ends(KEY)
        && let Some(range) = random_key(view, &word)
    {
        found(false, range);
    }
}
