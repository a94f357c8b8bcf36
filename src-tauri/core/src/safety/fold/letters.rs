//! What each letter becomes in the view. No letter becomes longer.

/// The zeros of the decimal digits (general category Nd) of Unicode 17; nine more follow each.
const ZEROS: &[u32] = &[
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
    0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    0x104A0, 0x10D30, 0x10D40, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0,
    0x11650, 0x116C0, 0x116D0, 0x116DA, 0x11730, 0x118E0, 0x11950, 0x11BF0, 0x11C50, 0x11D50,
    0x11DA0, 0x11DE0, 0x16A60, 0x16AC0, 0x16B50, 0x1CCF0, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC,
    0x1D7F6, 0x1E140, 0x1E2F0, 0x1E5F1, 0x1E950, 0x1FBF0,
];

/// U+00C0 to U+00FF. A space: see [`fold`].
const LATIN_1: &[u8; 64] = b"AAAAAA CEEEEIIIIDNOOOOO OUUUUY  aaaaaa ceeeeiiiidnooooo ouuuuy y";

/// U+0100 to U+017F.
const LATIN_A: &[u8; 128] = b"AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLlNnNnNnnNnOoOoOo  RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

/// Write what a letter is in the view.
pub(super) fn fold(letter: char, into: &mut String) {
    match letter {
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            into.push(' ');
        }
        'ß' | 'ẞ' => into.push_str("ss"),
        'æ' | 'Æ' => into.push_str("ae"),
        'œ' | 'Œ' => into.push_str("oe"),
        'þ' | 'Þ' => into.push_str("th"),
        '\u{c0}'..='\u{ff}' => into.push(latin(letter, LATIN_1, 0xc0)),
        '\u{100}'..='\u{17f}' => into.push(latin(letter, LATIN_A, 0x100)),
        'Ș' => into.push('S'),
        'ș' => into.push('s'),
        'Ț' => into.push('T'),
        'ț' => into.push('t'),
        '\u{370}'..='\u{3ff}' => into.push(greek(letter)),
        '\u{400}'..='\u{482}' | '\u{48a}'..='\u{52f}' => into.push(single_lower(letter)),
        // It lies among the letters below and is none.
        '\u{3164}' => {}
        // Chinese, Japanese and Korean letters, the most of such a text.
        '\u{3041}'..='\u{3098}' | '\u{30a0}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => {
            into.push(letter);
        }
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => into.push('-'),
        '\u{ff01}'..='\u{ff5e}' => into.push(shifted(letter, 0xff01, b'!')),
        _ if is_invisible(letter) || is_combining(letter) => {}
        _ => into.push(digit(letter).unwrap_or(letter)),
    }
}

/// Marks that nobody sees: joiners, direction marks, soft hyphens, variation selectors, tags.
pub(super) fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// Marks that choose one of several drawings of the sign before them.
pub(super) fn is_variant(letter: char) -> bool {
    matches!(letter, '\u{fe00}'..='\u{fe0f}')
}

/// Marks that sit on the letter before them and can be put on any.
pub(super) fn is_combining(letter: char) -> bool {
    matches!(letter,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// The ASCII digit of a decimal digit of any script, or of one in a circle.
fn digit(letter: char) -> Option<char> {
    let code = u32::from(letter);
    if matches!(letter, '⓪' | '⓿') {
        return Some('0');
    }
    for one in ['①', '❶', '⓵'] {
        if let Some(value) = code.checked_sub(u32::from(one)).filter(|value| *value < 9) {
            return char::from_digit(value + 1, 10);
        }
    }
    let after = ZEROS.partition_point(|&zero| zero <= code);
    let zero = ZEROS.get(after.checked_sub(1)?)?;
    let value = u8::try_from(code - zero).ok().filter(|value| *value < 10)?;
    Some(char::from(b'0' + value))
}

fn latin(letter: char, table: &[u8], first: u32) -> char {
    let at = u32::from(letter).wrapping_sub(first) as usize;
    match table.get(at) {
        None | Some(b' ') => letter,
        Some(&plain) => char::from(plain),
    }
}

fn shifted(letter: char, first: u32, onto: u8) -> char {
    let offset = u32::from(letter).wrapping_sub(first);
    char::from_u32(u32::from(onto) + offset).unwrap_or(letter)
}

/// Small and without accents, as capitals are often written without.
fn greek(letter: char) -> char {
    match letter {
        'ά' | 'Ά' => 'α',
        'έ' | 'Έ' => 'ε',
        'ή' | 'Ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' | 'Ί' | 'Ϊ' => 'ι',
        'ό' | 'Ό' => 'ο',
        'ύ' | 'ϋ' | 'ΰ' | 'Ύ' | 'Ϋ' => 'υ',
        'ώ' | 'Ώ' => 'ω',
        'ς' => 'σ',
        _ => single_lower(letter),
    }
}

/// The small letter where that is one letter of the same length.
fn single_lower(letter: char) -> char {
    let mut lower = letter.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(small), None) if small.len_utf8() <= letter.len_utf8() => small,
        _ => letter,
    }
}
