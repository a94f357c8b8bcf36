//! Scripts that are written without spaces, for the search: where no space says what a word is, each letter
//! is one to the index, and what is searched for is found as letters in a row, inside every sentence.

use std::borrow::Cow;

use rusqlite::{Connection, functions::FunctionFlags};

/// Stands between two letters in what is indexed: a space of no width, which the index takes for a space
/// and nobody sees.
const BETWEEN: char = '\u{200b}';

/// Whether a letter is of a script that is written without spaces; or of Korean, where words grow endings
/// and run together.
///
/// A text leaves the index as the words that it went in with, so this must say the same for ever: a change
/// needs a step of the database that makes the index anew.
fn stands_alone(letter: char) -> bool {
    matches!(letter,
        '\u{0e00}'..='\u{0fff}' // Thai, Lao, Tibetan
        | '\u{1000}'..='\u{109f}' // Burmese
        | '\u{1100}'..='\u{11ff}' // Korean, in parts
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{1950}'..='\u{19df}' // Tai Le, New Tai Lue
        | '\u{1a20}'..='\u{1aaf}' // Tai Tham
        | '\u{1b00}'..='\u{1b7f}' // Balinese
        | '\u{2e80}'..='\u{2fdf}' // Radicals
        | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3031}'..='\u{3035}' | '\u{3038}'..='\u{303c}'
        | '\u{3040}'..='\u{31bf}' // Kana, Bopomofo, Korean, in parts
        | '\u{31f0}'..='\u{31ff}' // Kana
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' // Chinese
        | '\u{a000}'..='\u{a4cf}' // Yi
        | '\u{a960}'..='\u{a9df}' // Korean, in parts; Javanese
        | '\u{a9e0}'..='\u{a9ff}' | '\u{aa60}'..='\u{aadf}' // Burmese, Tai Viet
        | '\u{ac00}'..='\u{d7ff}' // Korean
        | '\u{f900}'..='\u{faff}' // Chinese
        | '\u{ff65}'..='\u{ffdc}' // Kana and Korean of half the width
        | '\u{17000}'..='\u{18dff}' // Tangut, Khitan
        | '\u{1aff0}'..='\u{1b2ff}' // Kana, Nushu
        | '\u{20000}'..='\u{3ffff}' // Chinese
    )
}

/// Whether it is a part of a word.
pub(super) fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || stands_alone(letter)
}

/// Whether a text has letters that are words of their own.
pub(super) fn has_any(text: &str) -> bool {
    !text.is_ascii() && text.contains(stands_alone)
}

/// A text as it is indexed, and searched for.
pub(super) fn apart(text: &str) -> Cow<'_, str> {
    if !has_any(text) {
        return Cow::Borrowed(text);
    }
    let mut apart = String::with_capacity(2 * text.len());
    let mut was_alone = None;
    for letter in text.chars() {
        let is_alone = stands_alone(letter);
        if was_alone.is_some_and(|was_alone| was_alone || is_alone) {
            apart.push(BETWEEN);
        }
        apart.push(letter);
        was_alone = Some(is_alone);
    }
    Cow::Owned(apart)
}

/// A piece of what is indexed, as a person reads it.
pub(super) fn together(piece: &str) -> String {
    piece.replace(BETWEEN, "")
}

/// Teach a connection [`apart`], as `search_text`: what indexes messages calls it.
///
/// # Errors
/// [`rusqlite::Error`] when SQLite does not take it.
pub(crate) fn add_functions(conn: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    conn.create_scalar_function("search_text", 1, flags, |context| {
        let text = context.get_raw(0).as_bytes()?;
        Ok(apart(&String::from_utf8_lossy(text)).into_owned())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_letters_of_scripts_without_spaces_are_set_apart() {
        let shown = |text| apart(text).replace(BETWEEN, "|");
        assert_eq!(shown("What about Größe 3?"), "What about Größe 3?");
        assert_eq!(shown("契約書"), "契|約|書");
        assert_eq!(shown("第12条A"), "第|12|条|A");
        assert_eq!(shown("see サービス."), "see |サ|ー|ビ|ス|.");
    }

    proptest! {
        #[test]
        fn setting_apart_loses_no_letter(text in "[a-z 0-9。、ぁ-んァ-ヶ一-龥ก-๛가-힣]{0,40}") {
            prop_assert_eq!(together(&apart(&text)), text);
        }

        #[test]
        fn the_letters_of_a_part_stand_in_the_whole_in_the_same_way(
            before in "[a-z。]{0,4}", part in "[ぁ-ん一-龥가-힣]{1,8}", after in "[ァ-ヶ ]{0,4}",
        ) {
            let whole = apart(&format!("{before}{part}{after}")).into_owned();
            prop_assert!(whole.contains(apart(&part).as_ref()));
        }
    }
}
