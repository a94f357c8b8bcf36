//! What a sequence already holds of a new prompt, and which sequence is best to answer in.

use llama_cpp_2::token::LlamaToken;

use crate::vocabulary::{Piece, Vocabulary};

/// A prompt as tokens, and how many of them a sequence holds already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aligned {
    /// The whole prompt.
    pub tokens: Vec<LlamaToken>,
    /// How many at its beginning are held.
    pub held: usize,
}

/// Write a prompt in the tokens that a sequence holds, as far as they say the same.
///
/// A model may spell its answer in other tokens than the tokenizer would. Read again as history, the
/// answer would then differ from what is held, and everything after it would have to be read anew.
/// So text between two special tokens counts as held when the held tokens write the same bytes.
#[must_use]
pub fn align(pieces: &[Piece], held: &[LlamaToken], spelling: &impl Spelling) -> Aligned {
    let mut tokens = Vec::new();
    let mut same = true;
    let mut common = 0;
    for piece in pieces {
        let own = piece.tokens();
        if same {
            let rest = &held[tokens.len().min(held.len())..];
            if rest.starts_with(own) {
                common += own.len();
            } else if let Some(other) = spelled_otherwise(piece, rest, spelling) {
                tokens.extend_from_slice(other);
                common += other.len();
                continue;
            } else {
                common += own
                    .iter()
                    .zip(rest)
                    .take_while(|(own, held)| own == held)
                    .count();
                same = false;
            }
        }
        tokens.extend_from_slice(own);
    }
    Aligned {
        tokens,
        held: common,
    }
}

/// What tokens write.
pub trait Spelling {
    /// The bytes of a token; none for a special one.
    fn bytes(&self, token: LlamaToken) -> Vec<u8>;
}

impl Spelling for Vocabulary {
    fn bytes(&self, token: LlamaToken) -> Vec<u8> {
        Self::bytes(self, token)
    }
}

fn spelled_otherwise<'a>(
    piece: &Piece,
    held: &'a [LlamaToken],
    spelling: &impl Spelling,
) -> Option<&'a [LlamaToken]> {
    let Piece::Text(own) = piece else { return None };
    let wanted: Vec<u8> = own
        .iter()
        .flat_map(|&token| spelling.bytes(token))
        .collect();
    let mut rest = wanted.as_slice();
    for (index, &token) in held.iter().enumerate() {
        let bytes = spelling.bytes(token);
        if bytes.is_empty() {
            return None;
        }
        rest = rest.strip_prefix(bytes.as_slice())?;
        if rest.is_empty() {
            return Some(&held[..=index]);
        }
    }
    None
}

/// A sequence, as far as the choice is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Whether it answers nothing now.
    pub idle: bool,
    /// Tokens that it holds.
    pub length: usize,
    /// How many of them begin the new prompt.
    pub held: usize,
    /// Whether it last answered in the same conversation.
    pub same_conversation: bool,
    /// When it was last used; larger is later.
    pub last_used: u64,
}

/// Where to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The sequence.
    pub sequence: usize,
    /// Another one that holds much more of the prompt, to be copied first.
    pub copy_from: Option<usize>,
}

/// Copying a sequence costs about as much as reading this many tokens, or less.
const WORTH_A_COPY: usize = 64;

/// Choose a sequence: the conversation's own; else one of which at least half can be used; else the
/// one unused for longest. `None` when all are busy.
#[must_use]
pub fn choose(candidates: &[Candidate]) -> Option<Choice> {
    let idle = || {
        candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| candidate.idle)
    };
    let (sequence, chosen) = idle()
        .filter(|(_, candidate)| candidate.same_conversation)
        .max_by_key(|(_, candidate)| candidate.held)
        .or_else(|| {
            idle()
                .filter(|(_, candidate)| {
                    candidate.held > 0 && 2 * candidate.held >= candidate.length
                })
                .max_by_key(|(_, candidate)| candidate.held)
        })
        .or_else(|| idle().min_by_key(|(_, candidate)| candidate.last_used))?;
    let copy_from = candidates
        .iter()
        .enumerate()
        .filter(|(_, candidate)| candidate.held >= chosen.held + WORTH_A_COPY)
        .max_by_key(|(_, candidate)| candidate.held)
        .map(|(index, _)| index);
    Some(Choice {
        sequence,
        copy_from,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Token 0 is special; 1 to 26 are letters; 100·a + b writes the two letters a and b.
    struct Letters;

    impl Spelling for Letters {
        fn bytes(&self, LlamaToken(token): LlamaToken) -> Vec<u8> {
            let letter = |n: i32| b'a' + u8::try_from(n - 1).expect("letters are 1 to 26");
            match token {
                0 => Vec::new(),
                1..=26 => vec![letter(token)],
                _ => vec![letter(token / 100), letter(token % 100)],
            }
        }
    }

    fn tokens(ids: &[i32]) -> Vec<LlamaToken> {
        ids.iter().map(|&id| LlamaToken(id)).collect()
    }

    fn text(ids: &[i32]) -> Piece {
        Piece::Text(tokens(ids))
    }

    const SPECIAL: Piece = Piece::Special(LlamaToken(0));

    #[test]
    fn an_answer_in_the_models_own_spelling_counts_as_held() {
        let pieces = [SPECIAL, text(&[102, 3]), SPECIAL, text(&[4])];
        let aligned = align(&pieces, &tokens(&[0, 1, 203]), &Letters);
        assert_eq!(
            aligned.tokens,
            tokens(&[0, 1, 203, 0, 4]),
            "a·bc says the same as ab·c and is held"
        );
        assert_eq!(aligned.held, 3);
    }

    #[test]
    fn an_edited_answer_is_held_up_to_the_edit() {
        let pieces = [SPECIAL, text(&[1, 2, 3]), SPECIAL];
        let aligned = align(&pieces, &tokens(&[0, 1, 2, 4, 0]), &Letters);
        assert_eq!(
            (aligned.tokens, aligned.held),
            (tokens(&[0, 1, 2, 3, 0]), 3)
        );
    }

    #[test]
    fn an_answer_that_was_cut_short_in_memory_is_not_taken_for_whole() {
        let pieces = [SPECIAL, text(&[102, 3]), SPECIAL];
        let aligned = align(&pieces, &tokens(&[0, 1, 2]), &Letters);
        assert_eq!((aligned.tokens, aligned.held), (tokens(&[0, 102, 3, 0]), 1));
    }

    proptest! {
        #[test]
        fn the_prompt_says_the_same_and_begins_with_what_is_held(
            pieces in proptest::collection::vec(prop_oneof![
                Just(vec![0]),
                proptest::collection::vec(prop_oneof![1..=3_i32, (1..=3_i32, 1..=3_i32).prop_map(|(a, b)| 100 * a + b)], 1..5),
            ], 0..8),
            held in proptest::collection::vec(prop_oneof![0..=3_i32, (1..=3_i32, 1..=3_i32).prop_map(|(a, b)| 100 * a + b)], 0..12),
        ) {
            let pieces: Vec<Piece> = pieces.iter().map(|ids| if ids == &[0] { SPECIAL } else { text(ids) }).collect();
            let held = tokens(&held);
            let aligned = align(&pieces, &held, &Letters);
            let spell = |tokens: &[LlamaToken]| -> Vec<u8> {
                tokens.iter().flat_map(|&token| if token.0 == 0 { vec![b'|'] } else { Letters.bytes(token) }).collect()
            };
            let plain: Vec<LlamaToken> = pieces.iter().flat_map(|piece| piece.tokens().to_vec()).collect();
            prop_assert_eq!(spell(&aligned.tokens), spell(&plain));
            prop_assert!(held.starts_with(&aligned.tokens[..aligned.held]));
        }
    }

    const FREE: Candidate = Candidate {
        idle: true,
        length: 0,
        held: 0,
        same_conversation: false,
        last_used: 0,
    };

    #[test]
    fn a_conversation_goes_on_where_it_was() {
        let own = Candidate {
            length: 500,
            held: 480,
            same_conversation: true,
            last_used: 7,
            ..FREE
        };
        let other = Candidate {
            length: 490,
            held: 490,
            last_used: 9,
            ..FREE
        };
        assert_eq!(
            choose(&[FREE, other, own]),
            Some(Choice {
                sequence: 2,
                copy_from: None
            })
        );
    }

    #[test]
    fn a_shared_system_prompt_does_not_cost_another_conversation_its_memory() {
        let other = Candidate {
            length: 2000,
            held: 40,
            last_used: 9,
            ..FREE
        };
        assert_eq!(
            choose(&[other, FREE]),
            Some(Choice {
                sequence: 1,
                copy_from: None
            })
        );
    }

    #[test]
    fn a_long_shared_beginning_is_copied_even_from_a_busy_sequence() {
        let busy = Candidate {
            idle: false,
            length: 900,
            held: 800,
            last_used: 9,
            ..FREE
        };
        assert_eq!(
            choose(&[busy, FREE]),
            Some(Choice {
                sequence: 1,
                copy_from: Some(0)
            })
        );
    }

    #[test]
    fn the_sequence_unused_for_longest_makes_room() {
        let used = |last_used| Candidate {
            length: 100,
            last_used,
            ..FREE
        };
        assert_eq!(
            choose(&[used(5), used(3), used(8)]).map(|choice| choice.sequence),
            Some(1)
        );
        assert_eq!(
            choose(&[Candidate {
                idle: false,
                ..FREE
            }]),
            None,
            "all are busy"
        );
    }
}
