//! Finds everything that has the outer form of a number of some rule, in one pass.
//!
//! A text is cut into runs of short tokens with at least one digit, such as `DE89 3704 0044` or
//! `123-45-6789`. From each token on, up to [`MOST_GROUPS`] neighbours are joined, and the lengths
//! of the groups say in one look-up which rules have such a shape. So the work is bounded for each
//! byte, however many rules there are.

mod tokens;

use std::ops::Range;

pub(crate) use tokens::{Token, runs};

/// Groups in one number at most.
const MOST_GROUPS: usize = 10;
/// Letters and digits in one number at most.
const LONGEST: usize = 34;

/// The shapes of all rules that are on.
///
/// In a shape, `d` is a digit, `L` a letter, `x` either; `-`, `.`, `/`, `+`, `:` and space stand
/// for themselves, `~` for a space, dash or dot that is the same throughout; `x{6,9}` is six to
/// nine of them.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// By the lengths of the groups, sorted.
    shapes: Vec<(u64, Vec<Shape>)>,
    /// One bit for the hash of each key: most look-ups end here.
    filter: [u64; 16],
}

#[derive(Debug, Clone)]
struct Shape {
    rule: usize,
    /// One bit for each character that is a letter.
    letters: u64,
    /// One bit for each character that is either.
    either: u64,
    separators: Vec<u8>,
}

/// Something with the shape of a rule.
#[derive(Debug)]
pub(crate) struct Candidate<'a> {
    /// The place of the rule.
    pub rule: usize,
    /// Letters in capitals and digits, without separators.
    pub compact: &'a [u8],
    /// Bytes of the view.
    pub span: Range<usize>,
    /// Whether it is written in groups or with letters, not as digits alone.
    pub formed: bool,
    /// What stands between its groups.
    pub gaps: Gaps,
    /// Whether a slash ties it to more digits: most such numbers are a part of something else.
    pub slashed: bool,
}

/// What stands between the groups of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gaps {
    /// One sign each, if any.
    Narrow,
    /// A dash with a space on both sides, each time.
    Dashed,
    /// A line break, a tab or two spaces at least once: columns of a table have them, too.
    Wide,
}

impl Table {
    /// Add a shape of a rule.
    pub(crate) fn add(&mut self, rule: usize, shape: &str) {
        for written in expand(shape) {
            let (mut key, mut group, mut letters, mut either, mut length) = (0, 0, 0, 0, 0);
            let mut separators = Vec::new();
            for byte in written.bytes() {
                if matches!(byte, b'd' | b'L' | b'x') {
                    letters |= u64::from(byte == b'L') << length;
                    either |= u64::from(byte == b'x') << length;
                    length += 1;
                    group += 1;
                } else {
                    separators.push(byte);
                    key = key << 6 | group;
                    group = 0;
                }
            }
            let shape = Shape {
                rule,
                letters,
                either,
                separators,
            };
            self.put(key << 6 | group, shape);
        }
    }

    fn put(&mut self, key: u64, shape: Shape) {
        let (word, bit) = filter_place(key);
        self.filter[word] |= bit;
        match self.shapes.binary_search_by_key(&key, |(key, _)| *key) {
            Ok(at) => self.shapes[at].1.push(shape),
            Err(at) => self.shapes.insert(at, (key, vec![shape])),
        }
    }

    fn of(&self, key: u64) -> &[Shape] {
        let (word, bit) = filter_place(key);
        if self.filter[word] & bit == 0 {
            return &[];
        }
        match self.shapes.binary_search_by_key(&key, |(key, _)| *key) {
            Ok(at) => &self.shapes[at].1,
            Err(_) => &[],
        }
    }

    /// Everything in a run of tokens that begins with this one and has a shape.
    pub(crate) fn candidates(
        &self,
        text: &[u8],
        tokens: &[Token],
        each: &mut impl FnMut(Candidate<'_>),
    ) {
        let Some(first) = tokens.first() else { return };
        let mut compact = [0; LONGEST];
        let mut separators = [0; MOST_GROUPS];
        let (mut length, mut key, mut letters) = (0, 0, 0_u64);
        let (mut wide, mut dashed) = (0, 0);
        for (nth, token) in tokens.iter().take(MOST_GROUPS).enumerate() {
            let bytes = &text[token.start..token.end];
            if length + bytes.len() > LONGEST {
                return;
            }
            for &byte in bytes {
                compact[length] = byte.to_ascii_uppercase();
                letters |= u64::from(byte.is_ascii_alphabetic()) << length;
                length += 1;
            }
            if nth > 0 {
                separators[nth - 1] = token.gap.sign;
                wide += usize::from(token.gap.wide);
                dashed += usize::from(token.gap.wide && token.gap.sign == b'-');
            }
            key = key << 6 | bytes.len() as u64;
            let span = first.start..token.end;
            for shape in self.of(key) {
                let fits = (letters ^ shape.letters) & !shape.either == 0
                    && same_separators(&separators[..nth], &shape.separators);
                let tie = if fits { tie(text, &span) } else { Tie::Other };
                if tie != Tie::Other {
                    each(Candidate {
                        rule: shape.rule,
                        compact: &compact[..length],
                        span: span.clone(),
                        formed: nth > 0 || letters != 0,
                        gaps: match wide {
                            0 => Gaps::Narrow,
                            _ if dashed == nth => Gaps::Dashed,
                            _ => Gaps::Wide,
                        },
                        slashed: tie == Tie::Slash,
                    });
                }
            }
        }
    }
}

/// What ties a number to more digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tie {
    /// Nothing.
    None,
    /// Slashes alone, which also stand between two numbers, such as a card and its month.
    Slash,
    /// A dash or a dot, or a plus, which makes it a phone number: it is a part of something else.
    Other,
}

/// What ties a number to digits right before or after it.
pub(crate) fn tie(text: &[u8], span: &Range<usize>) -> Tie {
    const NEAR: usize = 12;
    let has_digit = |near: &mut dyn Iterator<Item = &u8>| {
        near.take(NEAR)
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .any(u8::is_ascii_digit)
    };
    let (before, after) = (&text[..span.start], &text[span.end..]);
    let mut slashed = false;
    let mut ties = |sign: Option<&u8>, beyond: &mut dyn Iterator<Item = &u8>| match sign {
        Some(b'-' | b'.') => has_digit(beyond),
        Some(b'/') => {
            slashed |= has_digit(beyond);
            false
        }
        _ => false,
    };
    if before.last() == Some(&b'+')
        || ties(before.last(), &mut before.iter().rev().skip(1))
        || ties(after.first(), &mut after.iter().skip(1))
    {
        Tie::Other
    } else if slashed {
        Tie::Slash
    } else {
        Tie::None
    }
}

fn same_separators(found: &[u8], wanted: &[u8]) -> bool {
    let first = found.first();
    found
        .iter()
        .zip(wanted)
        .all(|(found, wanted)| match wanted {
            b'~' => matches!(found, b' ' | b'-' | b'.') && Some(found) == first,
            exact => exact == found,
        })
}

/// `x{2,3}` as `xx` and `xxx`; a shape without braces as it is.
fn expand(shape: &str) -> Vec<String> {
    let parts = shape.split_once('{').and_then(|(head, rest)| {
        let (range, tail) = rest.split_once('}')?;
        let (least, most) = range.split_once(',')?;
        let (least, most) = (least.parse::<usize>().ok()?, most.parse::<usize>().ok()?);
        let repeated = head.chars().next_back()?;
        Some((head, repeated, least..=most, tail))
    });
    let Some((head, repeated, range, tail)) = parts else {
        return vec![shape.to_owned()];
    };
    let more = |count: usize| repeated.to_string().repeat(count - 1);
    range
        .flat_map(|count| expand(&format!("{head}{}{tail}", more(count))))
        .collect()
}

fn filter_place(key: u64) -> (usize, u64) {
    let hash = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54;
    ((hash >> 6) as usize, 1 << (hash & 63))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(shape: &str, text: &str) -> Vec<(String, bool)> {
        let mut table = Table::default();
        table.add(0, shape);
        let mut seen = Vec::new();
        runs(text.as_bytes(), |tokens| {
            table.candidates(text.as_bytes(), tokens, &mut |candidate| {
                if candidate.slashed {
                    return;
                }
                let compact = String::from_utf8(candidate.compact.to_vec()).unwrap();
                seen.push((compact, candidate.formed));
            });
        });
        seen
    }

    #[test]
    fn a_shape_is_found_wherever_it_stands() {
        let seen = |text| found("dd-dddx", text);
        assert_eq!(seen("12-345a"), [("12345A".to_owned(), true)]);
        assert_eq!(seen("(12-3456) a 12-3457.").len(), 2);
        assert_eq!(seen("7 12-3456 8").len(), 1, "neighbours do not hide it");
        assert!(seen("12 3456 112-3456 12-34567").is_empty());
    }

    #[test]
    fn a_part_of_something_longer_is_not_found() {
        assert!(found("dddd", "2024-01-15 1.1234 1234/5 a1-1234").is_empty());
        assert_eq!(
            found("dddd", "no-1234. 1234-x").len(),
            2,
            "words do not make it longer"
        );
    }

    #[test]
    fn letters_may_begin_and_end_a_number() {
        assert_eq!(found("LL dd dd L", "AB 12 34 C").len(), 1);
        assert_eq!(found("L-LL dddd", "plate M-AB 1234").len(), 1);
        assert_eq!(
            found("dd~dd~dd", "12.34.56 12 34-56").len(),
            1,
            "one kind of separator"
        );
        assert_eq!(found("x{2,3}d", "a1 ab1 abc1 abcd1").len(), 2);
    }

    #[test]
    fn a_line_break_some_spaces_or_a_dash_between_spaces_may_stand_between_groups() {
        let gaps = |text: &str| {
            let mut table = Table::default();
            table.add(0, "dd~dd~dd");
            let mut seen = Vec::new();
            runs(text.as_bytes(), |tokens| {
                table.candidates(text.as_bytes(), tokens, &mut |candidate| {
                    seen.push(candidate.gaps);
                });
            });
            seen
        };
        assert_eq!(gaps("12 34 56"), [Gaps::Narrow]);
        assert_eq!(gaps("12 - 34 - 56"), [Gaps::Dashed]);
        assert_eq!(gaps("12 34\n56"), [Gaps::Wide]);
        assert_eq!(gaps("12  34\t56"), [Gaps::Wide]);
        assert!(gaps("12\n\n34 56").is_empty(), "a paragraph ends a number");
        assert!(gaps("12 -- 34 - 56").is_empty());
        assert!(gaps("12     34 56").is_empty());
    }

    #[test]
    fn a_long_run_is_cut_where_nothing_is_lost() {
        let text = "1 ".repeat(3_000) + "22-3334";
        assert_eq!(found("dd-dddd", &text).len(), 1);
        let many = "22-3334 ".repeat(2_000);
        assert!(found("dd-dddd", &many).len() >= 2_000);
    }

    proptest! {
        #[test]
        fn runs_cover_every_digit_and_stay_inside(text in "[a-c1-3 ./\\-+:é]{0,60}") {
            let bytes = text.as_bytes();
            let mut covered = vec![false; bytes.len()];
            runs(bytes, |tokens| {
                for token in tokens {
                    assert!(token.start < token.end && token.end <= bytes.len());
                    covered[token.start..token.end].fill(true);
                }
            });
            for (at, byte) in bytes.iter().enumerate() {
                prop_assert!(covered[at] || !byte.is_ascii_digit());
            }
        }
    }
}
