//! Patterns of texts. llama.cpp reads some of a regular expression, as letters of JSON rather than of the
//! text. So a pattern is parsed, and written anew with nothing but groups, repeats and classes of letters
//! that JSON has as they are.

use regex_syntax::{
    ParserBuilder,
    hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition},
};

/// The longest pattern, in bytes.
const MOST_BYTES: usize = 1_000;
/// The most repeats of one thing. llama.cpp takes more for any number.
pub(super) const MOST_REPEATS: u32 = 2_000;

/// A pattern as llama.cpp reads it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) pattern: String,
    pub(super) repeats: u64,
}

/// Write a pattern of a JSON Schema anew.
///
/// # Errors
/// What about it cannot be held, in words that follow “the pattern”.
pub(super) fn written(pattern: &str) -> Result<Written, &'static str> {
    if pattern.len() > MOST_BYTES {
        return Err("is longer than 1,000 bytes");
    }
    let parsed = ParserBuilder::new()
        .nest_limit(50)
        .build()
        .parse(&as_meant(pattern)?);
    let parsed = parsed.map_err(|_| "is no regular expression that can be held")?;
    let HirKind::Concat(parts) = parsed.kind() else {
        return Err(NOT_ANCHORED);
    };
    let [first, inside @ .., last] = parts.as_slice() else {
        return Err(NOT_ANCHORED);
    };
    if !is(first, Look::Start) || !is(last, Look::End) {
        return Err(NOT_ANCHORED);
    }
    let mut written = Written {
        pattern: "^".to_owned(),
        repeats: 0,
    };
    for part in inside {
        written.write(part)?;
    }
    written.pattern.push('$');
    Ok(written)
}

const NOT_ANCHORED: &str = "does not begin with ^ and end with $";

fn is(part: &Hir, look: Look) -> bool {
    matches!(part.kind(), HirKind::Look(found) if *found == look)
}

/// The short classes as ECMAScript means them, which know no letters beyond ASCII; and what stands for
/// itself there and means more in the language of the parser.
fn as_meant(pattern: &str) -> Result<String, &'static str> {
    let mut meant = String::with_capacity(pattern.len());
    let mut letters = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let next = letters.next().ok_or("ends with \\")?;
                let class = match next {
                    'd' | 'D' => "0-9",
                    'w' | 'W' => "A-Za-z0-9_",
                    // Any white space may be left out where it is allowed, and none where it is not.
                    's' => " ",
                    'S' => NO_SPACE,
                    _ => {
                        meant.extend(['\\', next]);
                        continue;
                    }
                };
                let negated = next.is_ascii_uppercase();
                match (in_class, negated) {
                    (true, true) => return Err("has a \\D, \\W or \\S in brackets"),
                    (true, false) => meant.push_str(class),
                    (false, _) => {
                        meant.push_str(if negated { "[^" } else { "[" });
                        meant.push_str(class);
                        meant.push(']');
                    }
                }
            }
            '[' if in_class => meant.push_str("\\["),
            '[' => {
                in_class = true;
                meant.push('[');
                meant.extend(letters.next_if_eq(&'^'));
                if letters.peek() == Some(&']') {
                    return Err("has empty brackets");
                }
            }
            ']' if in_class => {
                in_class = false;
                meant.push(']');
            }
            '&' | '~' if in_class => meant.extend(['\\', letter]),
            '-' if in_class && letters.peek() == Some(&'-') => return Err("has -- in brackets"),
            '(' if !in_class && letters.peek() == Some(&'?') => {
                letters.next();
                if letters.next_if_eq(&':').is_none() {
                    return Err("looks ahead or behind, or names a group");
                }
                meant.push_str("(?:");
            }
            other => meant.push(other),
        }
    }
    Ok(meant)
}

impl Written {
    fn write(&mut self, part: &Hir) -> Result<(), &'static str> {
        match part.kind() {
            HirKind::Empty => Ok(()),
            HirKind::Literal(literal) => {
                let text = std::str::from_utf8(&literal.0).map_err(|_| NO_LETTER)?;
                text.chars()
                    .try_for_each(|letter| self.class(&[ClassUnicodeRange::new(letter, letter)]))
            }
            HirKind::Class(Class::Unicode(class)) => self.class(class.ranges()),
            HirKind::Class(Class::Bytes(_)) => Err(NO_LETTER),
            HirKind::Look(_) => Err("has ^, $ or \\b inside"),
            HirKind::Capture(group) => self.group(&group.sub),
            HirKind::Repetition(repetition) => self.repeated(repetition),
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.write(part)),
            HirKind::Alternation(parts) => {
                self.pattern.push('(');
                for (nth, part) in parts.iter().enumerate() {
                    if nth > 0 {
                        self.pattern.push('|');
                    }
                    self.write(part)?;
                }
                self.pattern.push(')');
                Ok(())
            }
        }
    }

    fn group(&mut self, inside: &Hir) -> Result<(), &'static str> {
        if matches!(inside.kind(), HirKind::Empty) {
            return Ok(());
        }
        self.pattern.push('(');
        self.write(inside)?;
        self.pattern.push(')');
        Ok(())
    }

    fn repeated(&mut self, repetition: &Repetition) -> Result<(), &'static str> {
        let (least, most) = (repetition.min, repetition.max);
        if least > MOST_REPEATS || most.is_some_and(|most| most > MOST_REPEATS) {
            return Err("repeats something more than 2,000 times");
        }
        if most == Some(0) || matches!(repetition.sub.kind(), HirKind::Empty) {
            return Ok(());
        }
        self.repeats += u64::from(most.unwrap_or(least));
        self.group(&repetition.sub)?;
        match (least, most) {
            (0, None) => self.pattern.push('*'),
            (1, None) => self.pattern.push('+'),
            (0, Some(1)) => self.pattern.push('?'),
            (least, None) => self.pattern.push_str(&format!("{{{least},}}")),
            (least, Some(most)) => self.pattern.push_str(&format!("{{{least},{most}}}")),
        }
        Ok(())
    }

    /// Letters, but for those that stand in JSON in another way and those that no dot means.
    fn class(&mut self, ranges: &[ClassUnicodeRange]) -> Result<(), &'static str> {
        let mut letters = ClassUnicode::new(ranges.iter().copied());
        letters.difference(&ClassUnicode::new([
            ClassUnicodeRange::new('\0', '\u{1f}'),
            ClassUnicodeRange::new('"', '"'),
            ClassUnicodeRange::new('\\', '\\'),
            ClassUnicodeRange::new('\u{7f}', '\u{9f}'),
            ClassUnicodeRange::new('\u{2028}', '\u{2029}'),
        ]));
        if letters.ranges().is_empty() {
            return Err(NO_LETTER);
        }
        self.pattern.push('[');
        for range in letters.ranges() {
            self.letter(range.start());
            if range.start() != range.end() {
                self.pattern.push('-');
                self.letter(range.end());
            }
        }
        self.pattern.push(']');
        Ok(())
    }

    fn letter(&mut self, letter: char) {
        let number = u32::from(letter);
        if letter.is_ascii_alphanumeric() {
            self.pattern.push(letter);
        } else if number < 0x100 {
            self.pattern.push_str(&format!("\\x{number:02X}"));
        } else if number < 0x1_0000 {
            self.pattern.push_str(&format!("\\u{number:04X}"));
        } else {
            self.pattern.push_str(&format!("\\U{number:08X}"));
        }
    }
}

/// White space of ECMAScript (WhiteSpace and LineTerminator), inside brackets.
const NO_SPACE: &str = r"\s\uFEFF";

const NO_LETTER: &str = "has quotes, backslashes or control characters";
