//! Whole characters out of pieces of bytes: a token may end in the middle of one.

/// Holds back the beginning of a character until the rest arrives.
#[derive(Debug, Default)]
pub struct Utf8Stream {
    partial: Vec<u8>,
}

impl Utf8Stream {
    /// Take bytes; give the text that is complete. Bytes that can be no character become U+FFFD.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.partial.extend_from_slice(bytes);
        let mut text = String::new();
        let mut rest = self.partial.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    rest = after;
                    let Some(invalid) = error.error_len() else {
                        break;
                    };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = &rest[invalid..];
                }
            }
        }
        self.partial = rest.to_vec();
        text
    }

    /// The stream ended: a character that was never completed becomes U+FFFD.
    pub fn finish(&mut self) -> String {
        let partial = std::mem::take(&mut self.partial);
        String::from_utf8_lossy(&partial).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn through(pieces: &[&[u8]]) -> Vec<String> {
        let mut stream = Utf8Stream::default();
        let mut texts: Vec<String> = pieces.iter().map(|piece| stream.push(piece)).collect();
        texts.push(stream.finish());
        texts
    }

    #[test]
    fn a_character_cut_in_two_comes_out_whole() {
        let crab = "🦀".as_bytes();
        assert_eq!(
            through(&[b"a", &crab[..1], &crab[1..3], &crab[3..]]),
            ["a", "", "", "🦀", ""]
        );
    }

    #[test]
    fn a_character_that_never_ends_becomes_a_replacement_at_the_end() {
        assert_eq!(through(&[b"a\xe2\x82"]), ["a", "\u{fffd}"]);
    }

    #[test]
    fn bytes_that_are_no_text_do_not_hold_back_what_follows() {
        assert_eq!(through(&[b"a\xffb"]), ["a\u{fffd}b", ""]);
    }

    proptest! {
        #[test]
        fn text_cut_anywhere_comes_out_as_it_was(text in ".*", cuts in proptest::collection::vec(1_usize..5, 0..40)) {
            let mut stream = Utf8Stream::default();
            let mut seen = String::new();
            let mut rest = text.as_bytes();
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                seen += &stream.push(piece);
                rest = after;
            }
            seen += &stream.push(rest);
            seen += &stream.finish();
            prop_assert_eq!(seen, text);
        }

        #[test]
        fn any_bytes_come_out_as_the_standard_library_reads_them(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut stream = Utf8Stream::default();
            let mut seen: String = bytes.iter().map(|&byte| stream.push(&[byte])).collect();
            seen += &stream.finish();
            prop_assert_eq!(seen, String::from_utf8_lossy(&bytes));
        }
    }
}
