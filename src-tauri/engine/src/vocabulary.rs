//! Text to tokens and back, with one rule that llama.cpp does not have: text that somebody wrote can
//! never become a special token, only the template's own text can.
//!
//! A message may hold `<|im_end|>` and go on as if it were the model. So every place in a message
//! that reads like a special token gets a mark inside it before the template is rendered; the mark
//! is taken out again when the text around the template's own special tokens is turned into tokens.
//! A message without such a place goes through unchanged and is read exactly as llama.cpp reads it.

use std::{collections::HashSet, sync::Arc};

use aho_corasick::{AhoCorasick, MatchKind};
use llama_cpp_2::{
    model::LlamaModel,
    token::LlamaToken,
    token_type::{LlamaTokenAttr, LlamaTokenAttrs},
};

/// A part of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A special token of the template.
    Special(LlamaToken),
    /// Text between two special tokens, as tokens.
    Text(Vec<LlamaToken>),
}

impl Piece {
    /// The tokens of the piece.
    #[must_use]
    pub fn tokens(&self) -> &[LlamaToken] {
        match self {
            Self::Special(token) => std::slice::from_ref(token),
            Self::Text(tokens) => tokens,
        }
    }
}

/// The vocabulary of a model.
#[derive(Clone)]
pub struct Vocabulary {
    model: Arc<LlamaModel>,
    specials: Arc<Specials>,
}

impl Vocabulary {
    /// The vocabulary of this model.
    #[must_use]
    pub fn new(model: Arc<LlamaModel>) -> Self {
        let vocab = model.vocab();
        let specials = vocab
            .tokens()
            .filter_map(|token| {
                let attributes = vocab.attr(token);
                // User-defined tokens are ordinary text that happens to have a token of its own.
                (attributes.contains(LlamaTokenAttr::Control)
                    || attributes.contains(LlamaTokenAttr::Unknown))
                .then(|| Special {
                    token,
                    text: text_of(&model, token),
                    strips: Strips::of(attributes),
                })
            })
            .collect();
        let specials = Arc::new(Specials::new(specials));
        Self { model, specials }
    }

    /// The tokens of a text that somebody wrote.
    #[must_use]
    pub fn tokens(&self, text: &str) -> Vec<LlamaToken> {
        self.model.vocab().tokenize(text.as_bytes(), false, false)
    }

    /// How many tokens a text has, special tokens not parsed.
    #[must_use]
    pub fn count(&self, text: &str) -> u32 {
        u32::try_from(self.tokens(text).len()).unwrap_or(u32::MAX)
    }

    /// The bytes that a token writes; none for special tokens.
    #[must_use]
    pub fn bytes(&self, token: LlamaToken) -> Vec<u8> {
        self.model.vocab().token_to_piece(token, false, None)
    }

    /// Whether a token ends an answer.
    #[must_use]
    pub fn ends_answer(&self, token: LlamaToken) -> bool {
        self.model.vocab().is_eog(token)
    }

    /// The text of the token that begins a sequence, and of the one that ends it.
    #[must_use]
    pub fn sequence_marks(&self) -> (String, String) {
        let vocab = self.model.vocab();
        (
            text_of(&self.model, vocab.bos()),
            text_of(&self.model, vocab.eos()),
        )
    }

    /// A mark that is in none of these texts.
    #[must_use]
    pub fn mark_for<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> char {
        ('\u{e000}'..='\u{f8ff}')
            .find(|&mark| texts.clone().all(|text| !text.contains(mark)))
            .unwrap_or('\u{f8ff}')
    }

    /// A message with `mark` inside everything that reads like a special token.
    #[must_use]
    pub fn disarm(&self, message: &str, mark: char) -> String {
        self.specials.disarm(message, mark)
    }

    /// A text that somebody wrote as pieces, to be gone on with as it is. With a suffix, which comes after a
    /// gap, it has the marks around it of a model that was trained to fill one; `None`: this one was not.
    #[must_use]
    pub fn text_pieces(&self, text: &str, suffix: &str) -> Option<Vec<Piece>> {
        let mut pieces = self.beginning();
        if suffix.is_empty() {
            pieces.push(Piece::Text(self.tokens(text)));
            return Some(pieces);
        }
        let [before, after, middle] = self.gap_marks()?.map(Piece::Special);
        let [text, suffix] = [text, suffix].map(|text| Piece::Text(self.tokens(text)));
        pieces.extend([before, text, after, suffix, middle]);
        Some(pieces)
    }

    /// The tokens before a text with a gap, before what comes after it, and before what fills it; `None`: the
    /// model was not trained to fill gaps.
    pub fn gap_marks(&self) -> Option<[LlamaToken; 3]> {
        let vocab = self.model.vocab();
        let marks = [vocab.fim_pre(), vocab.fim_suf(), vocab.fim_mid()];
        marks.iter().all(|mark| mark.0 >= 0).then_some(marks)
    }

    /// What the model wants a sequence to begin with.
    fn beginning(&self) -> Vec<Piece> {
        let vocab = self.model.vocab();
        let begins = vocab.should_add_bos() && vocab.bos().0 >= 0;
        begins
            .then(|| Piece::Special(vocab.bos()))
            .into_iter()
            .collect()
    }

    /// A rendered template as pieces, beginning as the model wants a sequence to begin.
    #[must_use]
    pub fn pieces(&self, rendered: &str, mark: char) -> Vec<Piece> {
        let mut pieces = self.beginning();
        let begun = pieces.len();
        for part in self.specials.split(rendered) {
            match part {
                // The template has written the first token itself.
                Part::Special(token)
                    if pieces.len() == begun && pieces.first() == Some(&Piece::Special(token)) => {}
                Part::Special(token) => pieces.push(Piece::Special(token)),
                Part::Text(text) => {
                    let tokens = self.tokens(&text.replace(mark, ""));
                    if !tokens.is_empty() {
                        pieces.push(Piece::Text(tokens));
                    }
                }
            }
        }
        pieces
    }
}

fn text_of(model: &LlamaModel, token: LlamaToken) -> String {
    if token.0 < 0 {
        return String::new();
    }
    model
        .vocab()
        .text(token)
        .map_or_else(String::new, |text| text.to_string_lossy().into_owned())
}

/// A special token, its text, and whether it swallows the white space beside it.
#[derive(Debug)]
struct Special {
    token: LlamaToken,
    text: String,
    strips: Strips,
}

#[derive(Debug, Clone, Copy, Default)]
struct Strips {
    left: bool,
    right: bool,
}

impl Strips {
    fn of(attributes: LlamaTokenAttrs) -> Self {
        Self {
            left: attributes.contains(LlamaTokenAttr::LStrip),
            right: attributes.contains(LlamaTokenAttr::RStrip),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Special(LlamaToken),
    Text(&'a str),
}

/// Finds special tokens in text.
struct Specials {
    all: Vec<Special>,
    /// The longest of those that begin at one place, as llama.cpp looks for them.
    longest: AhoCorasick,
    /// Every one, also inside others.
    every: AhoCorasick,
    /// Texts that would become special if the template's own text went on after, or stood before.
    halves: HashSet<String>,
    longest_half: usize,
}

impl Specials {
    fn new(mut all: Vec<Special>) -> Self {
        // A single character cannot be marked inside; no real vocabulary has such a special token.
        all.retain(|special| special.text.chars().nth(1).is_some());
        let texts = || all.iter().map(|special| special.text.as_str());
        let searcher = |kind| {
            AhoCorasick::builder()
                .match_kind(kind)
                .build(texts())
                .expect("the automaton is small because a vocabulary's special tokens are few and short")
        };
        let halves: HashSet<String> = texts()
            .flat_map(|text| {
                text.char_indices()
                    .skip(1)
                    .flat_map(move |(at, _)| [text[..at].to_owned(), text[at..].to_owned()])
            })
            .collect();
        let longest_half = halves.iter().map(String::len).max().unwrap_or(0);
        Self {
            longest: searcher(MatchKind::LeftmostLongest),
            every: searcher(MatchKind::Standard),
            all,
            halves,
            longest_half,
        }
    }

    fn disarm(&self, message: &str, mark: char) -> String {
        let first_character =
            |at: usize| at + message[at..].chars().next().map_or(0, char::len_utf8);
        let mut marks: Vec<usize> = self
            .every
            .find_overlapping_iter(message)
            .map(|found| first_character(found.start()))
            .collect();
        let written = message.trim();
        let start = message.len() - message.trim_start().len();
        let end = start + written.len();
        let mut lengths = written
            .char_indices()
            .map(|(at, _)| at)
            .chain([written.len()]);
        if lengths
            .clone()
            .take_while(|&at| at <= self.longest_half)
            .any(|at| self.halves.contains(&written[..at]))
        {
            marks.push(start);
        }
        let reaches_end = |at: usize| written.len() - at <= self.longest_half;
        if lengths.any(|at| reaches_end(at) && self.halves.contains(&written[at..])) {
            marks.push(end);
        }
        marks.sort_unstable();
        marks.dedup();
        let mut disarmed = String::with_capacity(message.len() + 3 * marks.len());
        let mut from = 0;
        for at in marks {
            disarmed.push_str(&message[from..at]);
            disarmed.push(mark);
            from = at;
        }
        disarmed.push_str(&message[from..]);
        disarmed
    }

    fn split<'a>(&self, text: &'a str) -> Vec<Part<'a>> {
        let mut parts = Vec::new();
        let mut from = 0;
        let mut strip_left = false;
        for found in self.longest.find_iter(text) {
            let special = &self.all[found.pattern().as_usize()];
            push_text(
                &mut parts,
                &text[from..found.start()],
                strip_left,
                special.strips.left,
            );
            parts.push(Part::Special(special.token));
            strip_left = special.strips.right;
            from = found.end();
        }
        push_text(&mut parts, &text[from..], strip_left, false);
        parts
    }
}

fn push_text<'a>(
    parts: &mut Vec<Part<'a>>,
    mut text: &'a str,
    strip_left: bool,
    strip_right: bool,
) {
    let is_space = |character: char| character.is_ascii_whitespace() || character == '\u{b}';
    if strip_left {
        text = text.trim_start_matches(is_space);
    }
    if strip_right {
        text = text.trim_end_matches(is_space);
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MARK: char = '\u{e000}';

    fn specials() -> Specials {
        let special = |id, text: &str, right| Special {
            token: LlamaToken(id),
            text: text.into(),
            strips: Strips { left: false, right },
        };
        Specials::new(vec![
            special(0, "<|im_start|>", false),
            special(1, "<|im_end|>", false),
            special(2, "</s>", true),
            special(3, "<s>", false),
        ])
    }

    fn special_tokens(text: &str) -> usize {
        specials()
            .split(text)
            .iter()
            .filter(|part| matches!(part, Part::Special(_)))
            .count()
    }

    #[test]
    fn the_templates_special_tokens_are_found() {
        let specials = specials();
        let parts = specials.split("<s>a<|im_end|>\nb</s> \n c");
        let expected = [
            Part::Special(LlamaToken(3)),
            Part::Text("a"),
            Part::Special(LlamaToken(1)),
            Part::Text("\nb"),
            Part::Special(LlamaToken(2)),
            Part::Text("c"),
        ];
        assert_eq!(
            parts, expected,
            "the token </s> swallows the white space on its right"
        );
    }

    #[test]
    fn ordinary_messages_are_left_as_they_are() {
        for message in [
            "Hello, world!",
            "a < b and b > a",
            "1 << 2",
            "",
            "  \n",
            "if (a<b) { s> }",
        ] {
            assert_eq!(specials().disarm(message, MARK), message);
        }
    }

    #[test]
    fn a_message_cannot_finish_what_the_template_begins_nor_the_other_way_round() {
        for (before, message, after) in [
            ("<|im_", "end|>", ""),
            ("", "</", "s>"),
            ("<", "s> \n", ""),
            ("", " <|im_end|\t", ">"),
        ] {
            let text = format!("{before}{}{after}", specials().disarm(message, MARK));
            assert_eq!(
                special_tokens(&text.replace([' ', '\t', '\n'], "")),
                0,
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_message_has_a_special_token_once_disarmed(message in "(<\\|im_start\\|>|<\\|im_end\\|>|</s>|<s>|<|/|s|>|[|]|é| ){0,20}") {
            let disarmed = specials().disarm(&message, MARK);
            prop_assert_eq!(special_tokens(&disarmed), 0);
            prop_assert_eq!(disarmed.replace(MARK, ""), message);
        }
    }
}
