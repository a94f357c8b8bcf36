//! The canonical encoding that hashes and signatures are made over: typed, length-prefixed, with one
//! form only for each content. `docs/record-format.md` describes it byte by byte.

use sha2::{Digest, Sha256};

use super::facts::{Fact, Facts};

/// 32 bytes of SHA-256.
pub(crate) type Hash = [u8; 32];

const BYTES: u8 = 1;
const TEXT: u8 = 2;
const INTEGER: u8 = 3;
const FACTS: u8 = 4;

/// Fields written one after another, begun with what they are, so that the encoding of one kind of
/// thing is never that of another.
pub(crate) struct Encoding(Vec<u8>);

impl Encoding {
    pub(crate) fn of(what: &str) -> Self {
        Self(Vec::with_capacity(512)).text(what)
    }

    pub(crate) fn bytes(self, bytes: &[u8]) -> Self {
        self.field(BYTES, bytes)
    }

    pub(crate) fn text(self, text: &str) -> Self {
        self.field(TEXT, text.as_bytes())
    }

    pub(crate) fn integer(self, value: i64) -> Self {
        self.field(INTEGER, &value.to_be_bytes())
    }

    /// Names and values in ascending order of the names' bytes, as `facts` keeps them.
    pub(crate) fn facts(mut self, facts: &Facts) -> Self {
        self.0.push(FACTS);
        let length_at = self.0.len();
        self.0.extend([0; 4]);
        for (name, value) in facts.iter() {
            self = self.text(name);
            self = match value {
                Fact::Text(text) => self.text(text),
                Fact::Integer(value) => self.integer(*value),
            };
        }
        let length = length(self.0.len() - length_at - 4);
        self.0[length_at..length_at + 4].copy_from_slice(&length);
        self
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn hash(&self) -> Hash {
        Sha256::digest(&self.0).into()
    }

    fn field(mut self, tag: u8, content: &[u8]) -> Self {
        self.0.push(tag);
        self.0.extend(length(content.len()));
        self.0.extend(content);
        self
    }
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes)
        .expect("a field has less than 4 GiB because SQLite keeps no longer value")
        .to_be_bytes()
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    // Not by formatting: a verification of a million entries comes here several million times.
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(*byte));
    }
    text
}

/// Bytes of lower-case hexadecimal digits; `None` for anything else.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn hexadecimal_digits_go_both_ways(bytes: Vec<u8>) {
            prop_assert_eq!(from_hex(&hex(&bytes)), Some(bytes));
        }

        #[test]
        fn two_different_lists_of_texts_encode_differently(a: Vec<String>, b: Vec<String>) {
            let encode = |texts: &[String]| {
                texts.iter().fold(Encoding::of("test"), |all, text| all.text(text)).into_bytes()
            };
            prop_assert_eq!(a == b, encode(&a) == encode(&b));
        }
    }

    #[test]
    fn a_character_that_moves_to_the_neighbouring_field_changes_the_encoding() {
        let one = Encoding::of("test").text("ab").text("c");
        let other = Encoding::of("test").text("a").text("bc");
        assert_ne!(one.hash(), other.hash());
    }

    #[test]
    fn a_text_a_number_and_bytes_of_the_same_content_differ() {
        let text = Encoding::of("test").text("\0\0\0\0\0\0\0\x01");
        let number = Encoding::of("test").integer(1);
        let bytes = Encoding::of("test").bytes(&1i64.to_be_bytes());
        assert_ne!(text.hash(), number.hash());
        assert_ne!(number.hash(), bytes.hash());
    }

    #[test]
    fn capital_digits_and_odd_lengths_are_no_hexadecimal_of_ours() {
        assert_eq!(from_hex("AB"), None);
        assert_eq!(from_hex("a"), None);
        assert_eq!(from_hex("é"), None);
    }
}
