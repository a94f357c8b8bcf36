//! One rule for secrets: its marks, and how the secret is read at one of them.

use std::{ops::Range, sync::OnceLock};

use regex::Regex;

use crate::safety::Kind;

/// What a secret looks like.
pub(in crate::safety::rules) struct SecretRule {
    pub(super) name: &'static str,
    pub(super) kind: fn() -> Kind,
    /// Where it begins; found in any case.
    pub(in crate::safety::rules) marks: &'static [&'static str],
    pub(super) find: Find,
    pub(super) score: f32,
    pub(super) reason: &'static str,
}

/// How a secret is read at its mark.
pub(super) enum Find {
    /// By a pattern from the mark on.
    Pattern(Pattern),
    /// By a function that is given the view and the mark's place.
    At(fn(&str, &Range<usize>) -> Option<Range<usize>>),
}

/// A pattern, and what must hold for what it finds.
pub(super) struct Pattern {
    /// From the mark on; the group `s`, or else the whole, is the secret.
    pub(super) written: &'static str,
    pub(super) holds: fn(&str) -> bool,
    compiled: OnceLock<Regex>,
}

/// How far a pattern looks from its mark, and how far for a token: what goes on is part of it.
const REACH: usize = 4_096;
const TOKEN_REACH: usize = 512;

impl Pattern {
    pub(super) const fn new(written: &'static str, holds: fn(&str) -> bool) -> Self {
        Self {
            written,
            holds,
            compiled: OnceLock::new(),
        }
    }

    /// The pattern, compiled when it is first needed.
    fn compiled(&self) -> &Regex {
        let compile =
            || Regex::new(self.written).expect("the pattern is fixed, and a test compiles it");
        self.compiled.get_or_init(compile)
    }

    fn at(&self, view: &str, start: usize, kind: &Kind) -> Option<Range<usize>> {
        let end = end_of_window(view, start, kind)?;
        let window = &view[start..end];
        // To find is much faster than to find the groups.
        let secret = if self.written.contains("(?P<s>") {
            self.compiled().captures(window)?.name("s")?
        } else {
            self.compiled().find(window)?
        };
        let value = secret.as_str().trim_end_matches(['.', ',', ';', ':', ')']);
        if !(self.holds)(value) {
            return None;
        }
        let from = start + secret.start();
        if start + secret.end() < end || end == view.len() || *kind == Kind::Jwt {
            return Some(from..from + value.len());
        }
        // It goes on beyond the reach: what follows without a space is part of it.
        let stop = |letter: char| letter.is_whitespace() || letter == '"';
        let rest = &view[start + secret.end()..];
        Some(from..start + secret.end() + rest.find(stop).unwrap_or(rest.len()))
    }
}

/// Where the part ends that a pattern is tried on. `None`: it was read from an earlier mark.
fn end_of_window(view: &str, start: usize, kind: &Kind) -> Option<usize> {
    let text = view.as_bytes();
    let reach = match kind {
        // It has no longest length, and is found at its beginning alone, so it is read once.
        Kind::Jwt => {
            let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
            if text[..start].last().is_some_and(part) {
                return None;
            }
            return Some(start + text[start..].iter().take_while(|byte| part(byte)).count());
        }
        Kind::ApiKey => TOKEN_REACH,
        _ => REACH,
    };
    Some(view.floor_char_boundary((start + reach).min(view.len())))
}

impl SecretRule {
    /// The secret at a mark.
    pub(super) fn at(&self, view: &str, mark: &Range<usize>) -> Option<Range<usize>> {
        match &self.find {
            Find::At(find) => find(view, mark),
            // One mark after another is one token at most, and is read at the first.
            Find::Pattern(_) if view[..mark.start].ends_with(&view[mark.clone()]) => None,
            Find::Pattern(pattern) => pattern.at(view, mark.start, &(self.kind)()),
        }
    }
}

macro_rules! secret {
    ($name:literal, $kind:ident, $marks:expr, $pattern:expr, $holds:expr, $score:literal, $reason:literal) => {
        SecretRule {
            name: $name,
            kind: || Kind::$kind,
            marks: $marks,
            find: Find::Pattern(Pattern::new($pattern, $holds)),
            score: $score,
            reason: $reason,
        }
    };
}

macro_rules! secret_at {
    ($name:literal, $kind:ident, $marks:expr, $find:expr, $score:literal, $reason:literal) => {
        SecretRule {
            name: $name,
            kind: || Kind::$kind,
            marks: $marks,
            find: Find::At($find),
            score: $score,
            reason: $reason,
        }
    };
}

pub(super) use {secret, secret_at};
