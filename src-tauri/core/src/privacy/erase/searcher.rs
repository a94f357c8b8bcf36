//! Looks for all that must be gone at once, in the bytes of a page or of a file.

use aho_corasick::AhoCorasick;

use super::{check::Traces, lost::automaton_of};

/// Identifiers that are looked for at most; of more, this many are looked for, evenly chosen.
const MOST: usize = 20_000;
/// Bytes: shorter words would be found by chance among those of other things.
const SHORTEST_WORD: usize = 8;

/// What was found in some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hit {
    None,
    /// Only with letters or digits around it.
    Within,
    Alone,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// What Gatehouse itself writes.
    Ours,
    /// What the web view writes, which has words of its own: of the texts that went, only phrases are
    /// looked for.
    OfTheWindow,
}

/// What a needle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The name or number of a person.
    Name,
    /// A word of a text that went.
    Word,
    /// A phrase of one, or the identifier of a row: it is long enough to be told from anything else.
    Exact,
}

/// Looks for all traces at once.
pub(super) struct Searcher {
    automaton: AhoCorasick,
    kinds: Vec<Kind>,
    /// Bytes of the longest, with the letters on both sides.
    pub(super) longest: usize,
    /// How many things are looked for, however many ways there are to write them.
    pub(super) traces: u32,
}

impl Searcher {
    pub(super) fn of(traces: &Traces) -> Self {
        let mut needles: Vec<(Kind, Vec<u8>)> = Vec::new();
        let mut looked_for = 0;
        let texts = traces.words.iter().map(|name| (Kind::Name, name.as_str()));
        let words = traces
            .lost
            .words()
            .filter(|word| word.len() >= SHORTEST_WORD);
        let phrases = traces.lost.phrases();
        let texts = texts
            .chain(words.map(|word| (Kind::Word, word)))
            .chain(phrases.map(|phrase| (Kind::Exact, phrase)));
        for (kind, text) in texts {
            looked_for += 1;
            needles.push((kind, text.as_bytes().to_vec()));
            // As Windows and web views write it.
            let wide = text.encode_utf16().flat_map(u16::to_le_bytes);
            needles.push((kind, wide.collect()));
        }
        let step = traces.ids.len().div_ceil(MOST).max(1);
        for id in traces.ids.iter().step_by(step) {
            looked_for += 1;
            needles.push((Kind::Exact, id.to_vec()));
            let text = uuid::Uuid::from_bytes(*id).to_string();
            needles.push((Kind::Exact, text.into_bytes()));
        }
        let (kinds, needles): (Vec<_>, Vec<_>) = needles.into_iter().unzip();
        Self {
            automaton: automaton_of(&needles),
            kinds,
            longest: needles.iter().map(Vec::len).max().unwrap_or(1) + 2,
            traces: looked_for,
        }
    }

    pub(super) fn look(&self, bytes: &[u8], place: Place) -> Hit {
        let is_letter = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at))
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii())
        };
        let mut best = Hit::None;
        for found in self.automaton.find_overlapping_iter(bytes) {
            let kind = self.kinds[found.pattern().as_usize()];
            if kind == Kind::Word && place == Place::OfTheWindow {
                continue;
            }
            let joined = is_letter(found.start().checked_sub(1)) || is_letter(Some(found.end()));
            if kind == Kind::Exact || !joined {
                return Hit::Alone;
            }
            best = Hit::Within;
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::erase::lost::Lost;

    #[test]
    fn a_word_inside_a_longer_one_is_told_apart_and_not_passed_over() {
        let searcher = Searcher::of(&Traces {
            words: vec!["meyer".into()],
            ..Traces::default()
        });
        let look = |bytes| searcher.look(bytes, Place::Ours);
        assert_eq!(look(b"\0Meyer's"), Hit::Alone);
        assert_eq!(look(b"Meyerhof, Obermeyer"), Hit::Within);
        // As the columns of a row lie one after another.
        assert_eq!(look(b"userMeyerdone"), Hit::Within);
        assert_eq!(look(b"mayer"), Hit::None);
    }

    #[test]
    fn of_a_text_that_went_phrases_are_found_everywhere_and_words_where_we_write() {
        let mut lost = Lost::default();
        lost.add("The brontosaurus of Mr Novak");
        let searcher = Searcher::of(&Traces {
            lost,
            ..Traces::default()
        });
        for (bytes, ours, of_the_window) in [
            (
                &b"xthe BRONTOSAURUS of mr Novakx"[..],
                Hit::Alone,
                Hit::Alone,
            ),
            (b"\x0c0brontosaurus\x04", Hit::Within, Hit::None),
            (b"\x0cbrontosaurus\x04", Hit::Alone, Hit::None),
            (b"Novak", Hit::None, Hit::None),
        ] {
            assert_eq!(searcher.look(bytes, Place::Ours), ours);
            assert_eq!(searcher.look(bytes, Place::OfTheWindow), of_the_window);
        }
    }
}
