//! Finds placeholders in characters as they come, and holds back no more than it must.
//!
//! All known placeholders lie sorted. The characters since a possible start narrow them to those
//! that begin so: while there is one the characters are held back, when there is none the first
//! of them goes out and the rest is read again. Each is read again at most once for every
//! character of a placeholder, whatever the text is.

use crate::safety::mask::{Masks, NONCE_LETTERS};

/// All placeholders of a conversation, ready to be recognised.
#[derive(Debug)]
pub(super) struct Placeholders {
    /// Without brackets, sorted by their lower case, with what they stand for.
    sorted: Vec<(String, String)>,
    nonce: [char; NONCE_LETTERS],
}

impl Placeholders {
    pub(super) fn new(masks: &Masks) -> Self {
        let mut sorted: Vec<_> = masks
            .cores()
            .map(|(core, value)| (core, value.to_owned()))
            .collect();
        sorted.sort_by_cached_key(|(core, _)| core.to_ascii_lowercase());
        let mut nonce = ['-'; NONCE_LETTERS];
        for (place, letter) in nonce.iter_mut().zip(masks.nonce().as_str().chars()) {
            *place = letter;
        }
        Self { sorted, nonce }
    }

    /// Of the placeholders in `range`, which have their first `depth` letters in common, those that
    /// go on with `letter`.
    fn narrowed(&self, range: Range, depth: usize, letter: u8) -> Option<Range> {
        let (from, to) = range;
        let at =
            |(core, _): &(String, String)| core.as_bytes().get(depth).map(u8::to_ascii_lowercase);
        let within = &self.sorted[from..to];
        let start = from + within.partition_point(|core| at(core) < Some(letter));
        let end = from + within.partition_point(|core| at(core) <= Some(letter));
        (start < end).then_some((start, end))
    }

    fn all(&self) -> Range {
        (0, self.sorted.len())
    }

    /// The one placeholder in `range` if it has `depth` letters.
    fn complete(&self, (from, _): Range, depth: usize) -> Option<usize> {
        (self.sorted[from].0.len() == depth).then_some(from)
    }

    /// Whether one of those in `range` lacks its nonce alone after `depth` letters.
    fn lacks_nonce(&self, range: Range, depth: usize) -> bool {
        let with_hyphen = self.narrowed(range, depth, b'-');
        with_hyphen.is_some_and(|range| self.complete(range, depth + 1 + NONCE_LETTERS).is_some())
    }
}

/// Of the sorted placeholders, from the first number up to the second.
type Range = (usize, usize);

/// One character, and how many bytes of the channel it was written with.
#[derive(Debug, Clone, Copy)]
struct Unit {
    letter: char,
    bytes: usize,
}

/// Where a reader puts what it has decided.
pub(super) trait Sink {
    /// Characters that are no placeholder, as they were written.
    fn as_is(&mut self, written: &str);
    /// The value of a placeholder.
    fn value(&mut self, value: &str);
}

/// What was restored, and what was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    /// Placeholders that stood there exactly as they were sent.
    pub exact: usize,
    /// Placeholders that the model wrote a little differently.
    pub changed: usize,
    /// What looks like a placeholder of this conversation and is none: left as it stands.
    pub left: usize,
}

/// How far a placeholder is read.
#[derive(Debug, Clone, Copy)]
enum State {
    /// Nothing yet.
    Start,
    /// A backslash, perhaps of a bracket.
    Backslash,
    /// A bracket, perhaps with a space.
    Open(Opened),
    /// Letters that placeholders begin with.
    Inside(Inside),
    /// All but the closing bracket; the last letter before it is the one before `end`.
    Close {
        found: usize,
        opened: Opened,
        end: usize,
        escape: bool,
    },
}

/// In the middle of a placeholder.
#[derive(Debug, Clone, Copy)]
struct Inside {
    /// The placeholders that begin so.
    range: Range,
    /// How many of their letters are read.
    depth: usize,
    opened: Opened,
    /// Whether a backslash came last.
    escape: bool,
}

/// How a placeholder began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opened {
    Bare,
    Bracket,
    EscapedBracket,
}

impl Opened {
    fn letters(self) -> usize {
        match self {
            Self::Bare => 0,
            Self::Bracket => 1,
            Self::EscapedBracket => 2,
        }
    }
}

/// What a character decides.
enum Step {
    /// More is needed.
    On(State),
    /// The first character held is no start of a placeholder.
    Fail,
    /// This placeholder, written by the held characters from `from` up to `to`.
    Found {
        found: usize,
        from: usize,
        to: usize,
    },
}

/// Reads one channel.
#[derive(Debug)]
pub(super) struct Reader {
    state: State,
    /// What is held back.
    held: Vec<Unit>,
    written: String,
    /// Whether what went out last could be the middle of a word.
    in_word: bool,
    /// The last characters that went out as they are.
    last: [char; NONCE_LETTERS],
    pub(super) report: Report,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self {
            state: State::Start,
            held: Vec::new(),
            written: String::new(),
            in_word: false,
            last: ['\0'; NONCE_LETTERS],
            report: Report::default(),
        }
    }

    /// How many characters are held back.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// A character that cannot be part of a placeholder where it stands; nothing may be held.
    pub(super) fn pass(&mut self, known: &Placeholders, letter: char) {
        self.went_out(known, letter);
    }

    /// Read a character.
    pub(super) fn read(&mut self, known: &Placeholders, letter: char, out: &mut impl Sink) {
        self.read_written(known, letter, letter.encode_utf8(&mut [0; 4]), out);
    }

    /// Read a character that was written as `written`, an escape.
    pub(super) fn read_written(
        &mut self,
        known: &Placeholders,
        letter: char,
        written: &str,
        out: &mut impl Sink,
    ) {
        let bytes = written.len();
        self.held.push(Unit { letter, bytes });
        self.written.push_str(written);
        self.advance(known, self.held.len() - 1, out);
    }

    /// Everything held goes out: nothing follows it.
    pub(super) fn flush(&mut self, known: &Placeholders, out: &mut impl Sink) {
        while !self.held.is_empty() {
            let step = match self.state {
                State::Close {
                    found, opened, end, ..
                } => self.unclosed(found, opened, end),
                _ => Step::Fail,
            };
            self.settle(known, &step, out);
            self.advance(known, 0, out);
        }
        self.in_word = false;
    }

    /// Read the held characters from `next` on.
    fn advance(&mut self, known: &Placeholders, mut next: usize, out: &mut impl Sink) {
        while let Some(unit) = self.held.get(next) {
            match self.step(known, unit.letter, next) {
                Step::On(state) => {
                    self.state = state;
                    next += 1;
                }
                step => {
                    self.settle(known, &step, out);
                    next = 0;
                }
            }
        }
    }

    fn step(&mut self, known: &Placeholders, letter: char, index: usize) -> Step {
        match self.state {
            State::Start => match letter {
                '\\' => Step::On(State::Backslash),
                '[' => Step::On(State::Open(Opened::Bracket)),
                _ if self.in_word => Step::Fail,
                _ => begin(known, letter, Opened::Bare),
            },
            State::Backslash if letter == '[' => Step::On(State::Open(Opened::EscapedBracket)),
            State::Backslash => Step::Fail,
            State::Open(opened) if letter == ' ' && index == opened.letters() => {
                Step::On(self.state)
            }
            State::Open(opened) => begin(known, letter, opened),
            State::Inside(inside) => self.inside(known, letter, index, inside),
            State::Close {
                found,
                opened,
                end,
                escape,
            } => match letter {
                // The backslash before a bracket is its own if the other bracket has none.
                ']' => Step::Found {
                    found,
                    from: usize::from(opened == Opened::EscapedBracket && !escape),
                    to: index + 1,
                },
                '\\' if !escape => Step::On(State::Close {
                    found,
                    opened,
                    end,
                    escape: true,
                }),
                ' ' if index == end => Step::On(self.state),
                _ => self.unclosed(found, opened, end),
            },
        }
    }

    fn inside(&mut self, known: &Placeholders, letter: char, index: usize, at: Inside) -> Step {
        if letter == '\\' && !at.escape {
            return Step::On(State::Inside(Inside { escape: true, ..at }));
        }
        let Some(folded) = folded(letter).filter(|folded| *folded == b'-' || !at.escape) else {
            if letter == ']' && at.opened != Opened::Bare && known.lacks_nonce(at.range, at.depth) {
                self.report.left += 1;
            }
            return Step::Fail;
        };
        let Some(range) = known.narrowed(at.range, at.depth, folded) else {
            return Step::Fail;
        };
        let depth = at.depth + 1;
        match (known.complete(range, depth), at.opened) {
            (None, opened) => Step::On(State::Inside(Inside {
                range,
                depth,
                opened,
                escape: false,
            })),
            (Some(found), Opened::Bare) => Step::Found {
                found,
                from: 0,
                to: index + 1,
            },
            (Some(found), opened) => Step::On(State::Close {
                found,
                opened,
                end: index + 1,
                escape: false,
            }),
        }
    }

    /// A placeholder whose bracket is not closed: the bracket is text of its own.
    fn unclosed(&self, found: usize, opened: Opened, end: usize) -> Step {
        let bracket = opened.letters();
        let space = self
            .held
            .get(bracket)
            .is_some_and(|unit| unit.letter == ' ');
        Step::Found {
            found,
            from: bracket + usize::from(space),
            to: end,
        }
    }

    /// Let out what is decided and begin anew with what is still held.
    fn settle(&mut self, known: &Placeholders, step: &Step, out: &mut impl Sink) {
        self.state = State::Start;
        let Step::Found { found, from, to } = *step else {
            return self.let_out(known, 1, out);
        };
        let (core, value) = &known.sorted[found];
        let letters = self.held[from..to].iter().map(|unit| unit.letter);
        if letters.eq(['['].into_iter().chain(core.chars()).chain([']'])) {
            self.report.exact += 1;
        } else {
            self.report.changed += 1;
        }
        self.let_out(known, from, out);
        let bytes: usize = self.held.drain(..to - from).map(|unit| unit.bytes).sum();
        self.written.drain(..bytes);
        out.value(value);
        self.in_word = false;
        self.last = ['\0'; NONCE_LETTERS];
    }

    /// Let out the first characters held, as they were written.
    fn let_out(&mut self, known: &Placeholders, count: usize, out: &mut impl Sink) {
        let mut bytes = 0;
        for index in 0..count {
            let unit = self.held[index];
            bytes += unit.bytes;
            self.went_out(known, unit.letter);
        }
        self.held.drain(..count);
        out.as_is(&self.written[..bytes]);
        self.written.drain(..bytes);
    }

    fn went_out(&mut self, known: &Placeholders, letter: char) {
        self.in_word = letter.is_alphanumeric() || matches!(letter, '-' | '_');
        self.last.rotate_left(1);
        self.last[NONCE_LETTERS - 1] = letter.to_ascii_lowercase();
        if self.last == known.nonce {
            self.report.left += 1;
        }
    }
}

fn begin(known: &Placeholders, letter: char, opened: Opened) -> Step {
    let range = folded(letter).and_then(|folded| known.narrowed(known.all(), 0, folded));
    range.map_or(Step::Fail, |range| {
        Step::On(State::Inside(Inside {
            range,
            depth: 1,
            opened,
            escape: false,
        }))
    })
}

/// A letter of a placeholder however a model may write it; `None` for what is in none.
fn folded(letter: char) -> Option<u8> {
    match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' => Some(letter.to_ascii_lowercase() as u8),
        // U+2011 is the hyphen at which no line breaks.
        '-' | '_' | ' ' | '\u{2011}' => Some(b'-'),
        _ => None,
    }
}
