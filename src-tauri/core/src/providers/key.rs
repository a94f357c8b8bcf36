//! Keys of providers: held for as long as they are needed, shown to nobody.

use std::{collections::HashSet, fmt};

use zeroize::Zeroizing;

/// So many characters of a key in a row are never shown, wherever a server repeats them.
const WINDOW: usize = 8;

/// A provider's key. It is wiped from memory when dropped, and no formatter shows it.
#[derive(Clone)]
pub(crate) struct ApiKey(Zeroizing<String>);

/// Why a text cannot be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAKey {
    /// Nothing is left without the spaces around it.
    #[error("the key is empty")]
    Empty,
    /// Line breaks, spaces or letters outside ASCII, which no header can carry.
    #[error("the key has characters that no key has; copy it again")]
    Characters,
}

impl ApiKey {
    /// A key as a person pasted it; spaces around it are not part of it.
    ///
    /// # Errors
    /// [`NotAKey`] when no header could carry it.
    pub(crate) fn new(text: &str) -> Result<Self, NotAKey> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NotAKey::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(NotAKey::Characters);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The value of a header, `before` and the key.
    pub(super) fn header(&self, before: &str) -> Zeroizing<String> {
        let mut value = Zeroizing::new(String::with_capacity(before.len() + self.0.len()));
        value.push_str(before);
        value.push_str(&self.0);
        value
    }

    /// A text without any [`WINDOW`] characters in a row that are also in the key (or without the
    /// whole key, if it is shorter): servers repeat keys in their errors, whole and in part.
    pub(super) fn scrub(&self, text: &str) -> String {
        let key = self.0.as_bytes();
        let width = key.len().min(WINDOW);
        let secret: HashSet<&[u8]> = key.windows(width).collect();
        let bytes = text.as_bytes();
        let mut clean = String::with_capacity(text.len());
        let (mut kept, mut hidden) = (0, 0);
        for (at, window) in bytes.windows(width).enumerate() {
            if secret.contains(window) {
                if at >= hidden {
                    // Keys are ASCII, so a match begins and ends between characters.
                    clean.push_str(&text[kept..at]);
                    clean.push('…');
                }
                hidden = at + width;
                kept = hidden;
            }
        }
        clean.push_str(&text[kept..]);
        clean
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

#[cfg(test)]
mod unit {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_loses_the_spaces_it_was_copied_with_and_refuses_those_inside() {
        let key = ApiKey::new(" sk-abc\n").unwrap();
        assert_eq!(*key.header("Bearer "), "Bearer sk-abc");
        assert_eq!(ApiKey::new("  ").unwrap_err(), NotAKey::Empty);
        assert_eq!(
            ApiKey::new("sk-a\r\nHost: x").unwrap_err(),
            NotAKey::Characters,
            "a line break would forge a header"
        );
    }

    #[test]
    fn a_key_is_hidden_in_its_own_formatter() {
        let key = ApiKey::new("sk-secret-value").unwrap();
        assert_eq!(format!("{key:?}"), "ApiKey(…)");
    }

    proptest! {
        #[test]
        fn no_eight_characters_of_a_key_survive(
            key in "[!-~]{8,60}",
            before in ".{0,20}",
            after in ".{0,20}",
            cut in 0usize..60,
        ) {
            let secret = ApiKey::new(&key).unwrap();
            let part = &key[cut.min(key.len())..];
            let clean = secret.scrub(&format!("{before}{key}{after}{part}{before}"));
            for window in key.as_bytes().windows(WINDOW) {
                let window = std::str::from_utf8(window).unwrap();
                prop_assert!(!clean.contains(window), "{window} of {key} is left in {clean}");
            }
        }

        #[test]
        fn a_text_without_the_key_is_left_as_it_is(text in "[а-я ]{0,80}") {
            let secret = ApiKey::new("sk-0123456789").unwrap();
            prop_assert_eq!(secret.scrub(&text), text);
        }
    }
}
