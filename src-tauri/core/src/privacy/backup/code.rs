//! The recovery code: the key of the database as letters for paper, with which a backup can be opened on
//! another computer. Who has it and a backup can read everything.
//!
//! `GHKEY`, then 14 groups of four letters of RFC 4648's Base32: the 32 bytes of the key and the first
//! three of SHA-256 over `gatehouse recovery code 1` and the key, which show a slip of the pen.

use std::{
    fmt,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::BackupError;
use crate::secrets::DatabaseKey;

const MARK: &str = "GHKEY";
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const KEY_BYTES: usize = 32;
const CHECK_BYTES: usize = 3;
const BYTES: usize = KEY_BYTES + CHECK_BYTES;
/// Five bits a letter.
const LENGTH: usize = BYTES * 8 / 5;
const GROUP: usize = 4;
const LONGEST_FILE: usize = 64 * 1024;

/// The key of a database, to be written down.
#[derive(Clone)]
pub struct RecoveryCode(DatabaseKey);

/// Why a text is no recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// There is none in the text.
    #[error(
        "there is no recovery code in it: one begins with {MARK} and has {LENGTH} letters after it"
    )]
    None,
    /// A letter is wrong, or two have changed places.
    #[error("the recovery code has a mistake in it: compare it letter by letter")]
    Mistake,
}

/// It shows nothing of itself by accident.
impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

impl RecoveryCode {
    pub(super) fn of(key: &DatabaseKey) -> Self {
        Self(key.clone())
    }

    pub(super) fn key(&self) -> &DatabaseKey {
        &self.0
    }

    /// Its letters, for paper.
    pub fn text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        bytes[..KEY_BYTES].copy_from_slice(self.0.bytes());
        bytes[KEY_BYTES..].copy_from_slice(&check(self.0.bytes()));
        // Sized before, so that no piece of it is left behind by growing.
        let mut text = Zeroizing::new(String::with_capacity(MARK.len() + LENGTH + LENGTH / GROUP));
        text.push_str(MARK);
        for place in 0..LENGTH {
            if place % GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(
                LETTERS[usize::from(five_bits(bytes.as_slice(), place))],
            ));
        }
        text
    }

    /// Find the code in what a person typed, or in the file that was saved. Case, spaces and dashes do not
    /// matter, and `0`, `1` and `8`, which are no letters of it, are taken for what they look like.
    ///
    /// # Errors
    /// [`CodeError`] when there is none, or one with a mistake.
    pub fn read(text: &str) -> Result<Self, CodeError> {
        let mut letters = Zeroizing::new(String::with_capacity(text.len()));
        letters.extend(text.chars().filter(|c| !c.is_whitespace() && *c != '-'));
        letters.make_ascii_uppercase();
        let mut found = Err(CodeError::None);
        for (at, _) in letters.match_indices(MARK) {
            let rest = letters
                .as_bytes()
                .get(at + MARK.len()..)
                .unwrap_or_default();
            if let Some(code) = rest.get(..LENGTH) {
                match read_letters(code) {
                    Ok(code) => return Ok(code),
                    Err(error) => found = Err(error),
                }
            }
        }
        found
    }

    /// Find the code in a file. Only its beginning is read: a code stands in few words.
    ///
    /// # Errors
    /// [`BackupError`] when the file cannot be read or has no code.
    pub fn of_file(path: &Path) -> Result<Self, BackupError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST_FILE));
        File::open(path)
            .and_then(|file| file.take(LONGEST_FILE as u64).read_to_end(&mut bytes))
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => BackupError::NotFound(path.display().to_string()),
                _ => BackupError::Io(error),
            })?;
        Ok(Self::read(&Zeroizing::new(
            String::from_utf8_lossy(&bytes).into_owned(),
        ))?)
    }

    /// The file that a person keeps: the code, and what it is. `installation` is the short form by which
    /// backups are named.
    pub fn file(&self, installation: &str) -> Zeroizing<String> {
        Zeroizing::new(format!(
            "Recovery code of Gatehouse\n\nFor backups named gatehouse-{installation}-…\n\n{}\n\n\
             Whoever has this code and a backup can read everything in it. Keep it apart from the backups.\n\
             Without it no backup can be opened on another computer. On this one it is not needed as long as\n\
             the data folder and the keychain are there.\n",
            self.text().as_str()
        ))
    }
}

fn read_letters(letters: &[u8]) -> Result<RecoveryCode, CodeError> {
    let mut bytes = Zeroizing::new([0; BYTES]);
    for (place, letter) in letters.iter().enumerate() {
        let letter = match letter {
            b'0' => b'O',
            b'1' => b'I',
            b'8' => b'B',
            letter => *letter,
        };
        let value = LETTERS.iter().position(|known| *known == letter);
        let value =
            u8::try_from(value.ok_or(CodeError::Mistake)?).map_err(|_| CodeError::Mistake)?;
        for bit in 0..5 {
            let at = place * 5 + bit;
            bytes[at / 8] |= (value >> (4 - bit) & 1) << (7 - at % 8);
        }
    }
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    key.copy_from_slice(&bytes[..KEY_BYTES]);
    if check(&key) != bytes[KEY_BYTES..] {
        return Err(CodeError::Mistake);
    }
    Ok(RecoveryCode(DatabaseKey::from_bytes(key)))
}

/// The bits of the letter at a place.
fn five_bits(bytes: &[u8], place: usize) -> u8 {
    (0..5).fold(0, |value, bit| {
        let at = place * 5 + bit;
        value << 1 | bytes[at / 8] >> (7 - at % 8) & 1
    })
}

fn check(key: &[u8; KEY_BYTES]) -> [u8; CHECK_BYTES] {
    let hash = Sha256::new()
        .chain_update(b"gatehouse recovery code 1")
        .chain_update(key)
        .finalize();
    [hash[0], hash[1], hash[2]]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(bytes: [u8; 32]) -> RecoveryCode {
        RecoveryCode(DatabaseKey::from_bytes(Zeroizing::new(bytes)))
    }

    proptest! {
        #[test]
        fn a_key_comes_back_however_its_code_is_typed(bytes: [u8; 32], lower: bool, spaced: bool) {
            let mut text = code(bytes).text().to_string();
            prop_assert_eq!(text.len(), 5 + 14 * 5);
            if lower { text.make_ascii_lowercase(); }
            if spaced { text = text.replace('-', "  ").replace('o', "0").replace('i', "1"); }
            prop_assert_eq!(*RecoveryCode::read(&text).unwrap().0.bytes(), bytes);
        }

        #[test]
        fn a_saved_file_holds_its_code(bytes: [u8; 32]) {
            let file = code(bytes).file("0123abcd");
            prop_assert_eq!(*RecoveryCode::read(&file).unwrap().0.bytes(), bytes);
        }

        #[test]
        fn one_wrong_letter_is_a_mistake(bytes: [u8; 32], at in 0..LENGTH, other in 1..32u8) {
            let text = code(bytes).text().replace('-', "");
            let mut letters = text.into_bytes();
            let place = MARK.len() + at;
            let now = LETTERS.iter().position(|known| *known == letters[place]).unwrap();
            letters[place] = LETTERS[(now + usize::from(other)) % 32];
            let read = RecoveryCode::read(std::str::from_utf8(&letters).unwrap());
            prop_assert_eq!(read.unwrap_err(), CodeError::Mistake);
        }

        #[test]
        fn any_other_text_is_none_and_no_panic(text: String) {
            prop_assert!(RecoveryCode::read(&text).is_err());
            let marked = format!("{MARK}{text}");
            prop_assert!(RecoveryCode::read(&marked).is_err());
        }
    }

    #[test]
    fn a_code_shows_nothing_of_itself() {
        assert_eq!(format!("{:?}", code([7; 32])), "RecoveryCode(…)");
    }

    /// Worked out by hand from the description, so that another program can read it.
    #[test]
    fn a_code_is_written_as_the_description_says() {
        let text = code([0xff; 32]).text();
        assert!(text.starts_with("GHKEY-7777-7777-"), "{}", text.as_str());
        assert_eq!(text.split('-').count(), 15);
    }
}
