//! From a conversation to the prompt that fits: all of it, or the system prompt and the newest turns. A text
//! that is gone on with as it is fits whole or not at all.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use gatehouse_protocol::{ChatMessage, RequestErrorKind, Role};

use crate::{
    template::{Template, TemplateError},
    vocabulary::{Piece, Vocabulary},
};

/// Room that an answer must have at least.
const LEAST_ANSWER_TOKENS: usize = 16;
/// What a template puts around a message, roughly.
const TOKENS_AROUND_A_MESSAGE: usize = 5;
/// Remembered counts; beyond, all are forgotten and counted anew.
const MAX_COUNTS: usize = 50_000;
/// Bytes of a message that are counted at once, some milliseconds long.
const COUNTED_AT_ONCE: usize = 16 * 1024;

/// Why there is no prompt.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// Even without older turns it does not fit.
    #[error(
        "The newest message{} takes {prompt} tokens, and the context of this model holds {context}.",
        if *.system { " and the system prompt" } else { "" }
    )]
    TooLong {
        /// Tokens of what must stay.
        prompt: usize,
        /// Tokens of the context.
        context: usize,
        /// Whether a system prompt is part of it.
        system: bool,
    },
    /// A text that is to be gone on with does not fit.
    #[error("This text takes {prompt} tokens, and the context of this model holds {context}.")]
    TextTooLong {
        /// Tokens of the text.
        prompt: usize,
        /// Tokens of the context.
        context: usize,
    },
    /// There is a gap, and the model fills none.
    #[error("This model was not trained to fill a gap in a text.")]
    NoGap,
    /// The template gave no text.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Something that cannot wait came meanwhile. What was counted is remembered.
    #[error("stopped")]
    Stopped,
}

impl PromptError {
    /// What the app is told of it.
    #[must_use]
    pub fn kind(&self) -> RequestErrorKind {
        match self {
            Self::TooLong { .. } | Self::TextTooLong { .. } => RequestErrorKind::PromptTooLong,
            Self::NoGap => RequestErrorKind::NoGap,
            Self::Template(_) | Self::Stopped => RequestErrorKind::Template,
        }
    }
}

/// A prompt that fits.
#[derive(Debug)]
pub struct Prompt {
    /// Its parts in order.
    pub pieces: Vec<Piece>,
    /// How many of the oldest messages after the system prompt are left out.
    pub dropped: usize,
}

/// Conversations as one model reads them.
pub struct PromptForm {
    template: Result<Template, TemplateError>,
    vocabulary: Vocabulary,
}

impl PromptForm {
    /// With this template and vocabulary. A template that does not parse fails each prompt: another
    /// format would only look as if it worked.
    #[must_use]
    pub fn new(template: Result<Template, TemplateError>, vocabulary: Vocabulary) -> Self {
        Self {
            template,
            vocabulary,
        }
    }

    /// Tokens of the whole prompt for a conversation, however long it is.
    ///
    /// # Errors
    /// [`PromptError::Template`].
    pub fn count(&self, messages: &[ChatMessage]) -> Result<usize, PromptError> {
        Ok(length(&self.assemble(messages)?))
    }

    fn assemble(&self, messages: &[ChatMessage]) -> Result<Vec<Piece>, PromptError> {
        let mark = Vocabulary::mark_for(messages.iter().map(|message| message.content.as_str()));
        let disarmed: Vec<ChatMessage> = messages
            .iter()
            .map(|message| ChatMessage {
                role: message.role,
                content: self.vocabulary.disarm(&message.content, mark),
            })
            .collect();
        let template = self.template.as_ref().map_err(Clone::clone)?;
        let rendered = template.render(&disarmed)?;
        Ok(self.vocabulary.pieces(&rendered, mark))
    }
}

/// Builds prompts that fit, for one model.
pub struct PromptBuilder {
    form: Arc<PromptForm>,
    counts: HashMap<u64, usize>,
    hasher: RandomState,
    /// Set where something came that cannot wait, such as a cancel.
    stop: Arc<AtomicBool>,
}

impl PromptBuilder {
    /// A builder of prompts in this form.
    #[must_use]
    pub fn new(form: Arc<PromptForm>, stop: Arc<AtomicBool>) -> Self {
        Self {
            form,
            counts: HashMap::new(),
            hasher: RandomState::new(),
            stop,
        }
    }

    /// The prompt for a conversation in a context of `context` tokens, of which `answer` are wanted
    /// for the answer.
    ///
    /// # Errors
    /// [`PromptError`].
    pub fn build(
        &mut self,
        messages: &[ChatMessage],
        context: usize,
        answer: usize,
    ) -> Result<Prompt, PromptError> {
        let room = context.saturating_sub(answer.max(LEAST_ANSWER_TOKENS));
        let system = usize::from(
            messages
                .first()
                .is_some_and(|first| first.role == Role::System),
        );
        let costs: Vec<usize> = messages
            .iter()
            .map(|message| self.cost(message))
            .collect::<Result<_, _>>()?;
        let (fixed, costs) = costs.split_at(system);
        let turns: Vec<Turn> = costs
            .iter()
            .zip(&messages[system..])
            .map(|(&cost, message)| Turn {
                cost,
                user: message.role == Role::User,
            })
            .collect();
        // What is far too long is not rendered: that would only tell what the costs tell already.
        let known = |dropped: usize| fixed.iter().chain(&costs[dropped..]).sum::<usize>();
        let mut tokens = known(0);
        if tokens <= 2 * context {
            let pieces = self.form.assemble(messages)?;
            tokens = length(&pieces);
            if tokens <= room {
                return Ok(Prompt { pieces, dropped: 0 });
            }
        }
        let newest = newest_user(&turns);
        let block = (room / 4).max(1);
        let mut blocks = tokens.saturating_sub(room).div_ceil(block).max(1);
        loop {
            let dropped = first_kept(&turns, blocks * block);
            let tokens = match known(dropped) {
                far_too_long if far_too_long > 2 * context => far_too_long,
                _ => {
                    let pieces = self
                        .form
                        .assemble(&[&messages[..system], &messages[system + dropped..]].concat())?;
                    let tokens = length(&pieces);
                    let is_least = dropped == newest;
                    if tokens <= room || (is_least && tokens + LEAST_ANSWER_TOKENS <= context) {
                        return Ok(Prompt { pieces, dropped });
                    }
                    tokens
                }
            };
            if dropped == newest {
                return Err(PromptError::TooLong {
                    prompt: tokens,
                    context,
                    system: system > 0,
                });
            }
            blocks += 1;
        }
    }

    /// The prompt for a text in a context of `context` tokens; `suffix`: what comes after the gap that is to be
    /// filled, if there is one.
    ///
    /// # Errors
    /// [`PromptError`].
    pub fn build_text(
        &mut self,
        text: &str,
        suffix: &str,
        context: usize,
    ) -> Result<Prompt, PromptError> {
        // Before how long it is: another model may both take it and fill the gap.
        if !suffix.is_empty() && self.form.vocabulary.gap_marks().is_none() {
            return Err(PromptError::NoGap);
        }
        // Counted in parts first, as something may come that cannot wait for all of a very long text.
        let about = self.counted(text)? + self.counted(suffix)?;
        let tokens = if about > 2 * context {
            about
        } else {
            let pieces = self.form.vocabulary.text_pieces(text, suffix);
            let pieces = pieces.ok_or(PromptError::NoGap)?;
            let tokens = length(&pieces);
            if tokens + LEAST_ANSWER_TOKENS <= context {
                return Ok(Prompt { pieces, dropped: 0 });
            }
            tokens
        };
        Err(PromptError::TextTooLong {
            prompt: tokens,
            context,
        })
    }

    /// Tokens of a message with what a template puts around it.
    fn cost(&mut self, message: &ChatMessage) -> Result<usize, PromptError> {
        Ok(self.counted(&message.content)? + TOKENS_AROUND_A_MESSAGE)
    }

    /// Tokens of a text: counted once, as the same messages come again with each turn. A long one is counted
    /// piece by piece, which is a token or two more than it is.
    fn counted(&mut self, text: &str) -> Result<usize, PromptError> {
        let key = self.hasher.hash_one(text);
        if let Some(&known) = self.counts.get(&key) {
            return Ok(known);
        }
        let mut counted = 0;
        for piece in pieces_of(text, COUNTED_AT_ONCE) {
            if self.stop.load(Ordering::Relaxed) {
                return Err(PromptError::Stopped);
            }
            counted += self.form.vocabulary.tokens(piece).len();
        }
        if self.counts.len() > MAX_COUNTS {
            self.counts.clear();
        }
        self.counts.insert(key, counted);
        Ok(counted)
    }
}

/// A text in pieces of at most so many bytes, which must be 4 or more.
fn pieces_of(text: &str, most: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(most));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn length(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| piece.tokens().len()).sum()
}

#[derive(Debug, Clone, Copy)]
struct Turn {
    cost: usize,
    user: bool,
}

fn newest_user(turns: &[Turn]) -> usize {
    turns
        .iter()
        .rposition(|turn| turn.user)
        .unwrap_or(turns.len().saturating_sub(1))
}

/// The first turn to keep when turns of at least `least` tokens are to go: one of the user, and the
/// newest of those at the latest.
///
/// Callers ask in steps of a fixed size. The answer then stays the same while a conversation grows
/// by up to that step, so that the next turns find the beginning of their prompt already read.
fn first_kept(turns: &[Turn], least: usize) -> usize {
    let newest = newest_user(turns);
    let mut gone = 0;
    for (index, turn) in turns.iter().enumerate().take(newest) {
        if turn.user && gone >= least {
            return index;
        }
        gone += turn.cost;
    }
    newest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn conversation(costs: &[usize]) -> Vec<Turn> {
        costs
            .iter()
            .enumerate()
            .map(|(index, &cost)| Turn {
                cost,
                user: index % 2 == 0,
            })
            .collect()
    }

    #[test]
    fn the_oldest_turns_go_first_and_a_user_turn_comes_first_then() {
        let turns = conversation(&[10, 10, 10, 10, 10]);
        assert_eq!(
            first_kept(&turns, 5),
            2,
            "one message is enough, but the answer to it must go too"
        );
        assert_eq!(first_kept(&turns, 20), 2);
        assert_eq!(first_kept(&turns, 21), 4);
        assert_eq!(
            first_kept(&turns, 1000),
            4,
            "the newest message stays whatever is asked for"
        );
    }

    #[test]
    fn a_conversation_that_grows_keeps_its_beginning_for_a_while() {
        let room = 400;
        let block = room / 4;
        let mut moves = 0;
        let mut last = 0;
        for pairs in 1..60 {
            let turns = conversation(&vec![20; 2 * pairs - 1]);
            let total: usize = turns.iter().map(|turn| turn.cost).sum();
            let first = first_kept(&turns, total.saturating_sub(room).div_ceil(block) * block);
            moves += usize::from(first != last);
            last = first;
        }
        assert!(
            moves <= 22,
            "the cut moved {moves} times in 59 turns: the prefix would be read anew as often"
        );
    }

    proptest! {
        #[test]
        fn the_pieces_of_a_text_are_the_text(text in "\\PC{0,200}", most in 4_usize..50) {
            let pieces: Vec<&str> = pieces_of(&text, most).collect();
            prop_assert!(pieces.iter().all(|piece| piece.len() <= most && !piece.is_empty()));
            prop_assert_eq!(pieces.concat(), text);
        }

        #[test]
        fn what_is_kept_begins_with_the_user_and_dropped_enough(
            costs in proptest::collection::vec(1_usize..200, 1..40),
            least in 0_usize..3000,
        ) {
            let turns = conversation(&costs);
            let first = first_kept(&turns, least);
            let newest = newest_user(&turns);
            prop_assert!(turns[first].user);
            prop_assert!(first <= newest);
            let gone: usize = costs[..first].iter().sum();
            prop_assert!(gone >= least || first == newest);
            if first >= 2 && first < newest {
                let before: usize = costs[..first - 2].iter().sum();
                prop_assert!(before < least, "no more went than had to");
            }
        }
    }
}
