//! Continuous batching: every step computes one batch with the next token of each answer that is
//! being written and a part of each prompt that is being read.
//!
//! A sequence of the KV cache belongs to a slot. A slot keeps what it has read and written after an
//! answer ends, so that the conversation's next turn reads only what is new.

use std::{collections::VecDeque, ops::ControlFlow, sync::Arc, time::Instant};

use gatehouse_protocol::{Event, FinishReason, GenerateRequest, Input, RequestErrorKind, Usage};
use llama_cpp_2::{model::LlamaModel, token::LlamaToken};

use crate::{
    answer::{Answer, count},
    ffi::{Batch, Context, DecodeError},
    pace::{Pace, Ready},
    prefix::{self, Aligned, Candidate},
    prompt::{Prompt, PromptBuilder, PromptError},
    sampling::Sampler,
    vocabulary::Vocabulary,
    wire::Outlet,
};

/// Prompts with at least this much to read report how far they are.
const LONG_PROMPT_TOKENS: usize = 512;

/// Answers conversations and goes on with texts, several at a time.
pub struct Scheduler {
    model: Arc<LlamaModel>,
    context: Context,
    vocabulary: Vocabulary,
    prompts: PromptBuilder,
    extra_stops: Vec<String>,
    slots: Vec<Slot>,
    waiting: VecDeque<GenerateRequest>,
    batch: Batch,
    pace: Pace,
    context_tokens: usize,
    clock: u64,
    out: Arc<Outlet>,
}

/// A sequence and what happens in it.
#[derive(Default)]
struct Slot {
    /// Tokens in the KV cache.
    held: Vec<LlamaToken>,
    /// Tokens to compute next: the rest of a prompt, or the token chosen last.
    next: Vec<LlamaToken>,
    answer: Option<Answer>,
    conversation: Option<String>,
    last_used: u64,
}

/// A slot's part of a batch.
struct Share {
    slot: usize,
    tokens: usize,
    /// Where the scores after the last of them are, if they are wanted.
    scores: Option<i32>,
}

/// What a scheduler needs to know of a loaded model.
pub struct Setup {
    /// The model.
    pub model: Arc<LlamaModel>,
    /// Its context.
    pub context: Context,
    /// Its vocabulary.
    pub vocabulary: Vocabulary,
    /// How its prompts are made.
    pub prompts: PromptBuilder,
    /// Texts that end every answer.
    pub extra_stops: Vec<String>,
    /// Sequences of the context.
    pub sequences: usize,
    /// Most tokens in a batch.
    pub batch_tokens: usize,
    /// Tokens of one sequence.
    pub context_tokens: usize,
    /// Where events go.
    pub out: Arc<Outlet>,
}

impl Scheduler {
    /// A scheduler with nothing to do.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self {
            model: setup.model,
            context: setup.context,
            vocabulary: setup.vocabulary,
            prompts: setup.prompts,
            extra_stops: setup.extra_stops,
            slots: (0..setup.sequences).map(|_| Slot::default()).collect(),
            waiting: VecDeque::new(),
            batch: Batch::default(),
            pace: Pace::new(setup.batch_tokens),
            context_tokens: setup.context_tokens,
            clock: 0,
            out: setup.out,
        }
    }

    /// Whether there is something to compute.
    #[must_use]
    pub fn has_work(&self) -> bool {
        !self.waiting.is_empty() || self.slots.iter().any(|slot| slot.answer.is_some())
    }

    /// Take a request; it starts when a slot is free.
    pub fn submit(&mut self, request: GenerateRequest) {
        self.waiting.push_back(request);
    }

    /// Stop a request wherever it is. `false` when there is none of this id.
    pub fn cancel(&mut self, id: u64) -> bool {
        if let Some(at) = self.waiting.iter().position(|request| request.id == id) {
            self.waiting.remove(at);
            self.out.send(&Event::Done {
                id,
                reason: FinishReason::Cancelled,
                usage: Usage::default(),
                stop_text: None,
            });
            return true;
        }
        let running = self
            .slots
            .iter()
            .position(|slot| slot.answer.as_ref().is_some_and(|answer| answer.id == id));
        let Some(slot) = running else { return false };
        self.finish(slot, FinishReason::Cancelled);
        true
    }

    /// Start what can be started and compute one batch.
    pub fn step(&mut self) {
        while !self.waiting.is_empty() && self.slots.iter().any(|slot| slot.answer.is_none()) {
            let Some(request) = self.waiting.pop_front() else {
                break;
            };
            if self.start(&request).is_break() {
                self.waiting.push_front(request);
                return;
            }
        }
        let shares = self.fill_batch();
        if shares.is_empty() {
            return;
        }
        let begun = Instant::now();
        match self.context.decode(&mut self.batch) {
            Ok(()) => {
                self.pace.note(self.batch.len(), begun.elapsed());
                for share in &shares {
                    self.advance(share);
                }
            }
            Err(DecodeError::Stopped) => shares.iter().for_each(|share| self.take_back(share.slot)),
            Err(error) => shares
                .iter()
                .for_each(|share| self.fail_compute(share.slot, error)),
        }
    }

    /// Begin to answer, or say why not. `Break`: something came that cannot wait, and it is not begun.
    fn start(&mut self, request: &GenerateRequest) -> ControlFlow<()> {
        let begun = Instant::now();
        let seed = request.sampling.seed.unwrap_or_else(random_seed);
        let sampler = match Sampler::new(
            &self.model,
            &request.sampling,
            request.constraint.as_ref(),
            seed,
        ) {
            Ok(sampler) => sampler,
            Err(error) => {
                self.fail(request.id, RequestErrorKind::BadConstraint, &error);
                return ControlFlow::Continue(());
            }
        };
        let (room, context) = (self.answer_room(request), self.context_tokens);
        // The texts of the fallback's template end nothing where there is no template.
        let (prompt, extra_stops) = match &request.input {
            Input::Conversation(messages) => (
                self.prompts.build(messages, context, room),
                self.extra_stops.as_slice(),
            ),
            Input::Text { text, suffix } => (
                self.prompts.build_text(text, suffix, context),
                &[] as &[String],
            ),
        };
        let prompt = match prompt {
            Ok(prompt) => prompt,
            Err(PromptError::Stopped) => return ControlFlow::Break(()),
            Err(error) => {
                self.fail(request.id, error.kind(), &error);
                return ControlFlow::Continue(());
            }
        };
        let mut answer = Answer::new(request, sampler, extra_stops, begun);
        let (slot, mut aligned) = self.place(&prompt, request.conversation.as_deref());
        self.clock += 1;
        answer.prompt_tokens = aligned.tokens.len();
        answer.cached_tokens = aligned.held;
        self.out.send(&Event::Started {
            id: request.id,
            prompt_tokens: count(aligned.tokens.len()),
            cached_tokens: count(aligned.held),
            dropped_messages: count(prompt.dropped),
            seed,
        });
        let place = &mut self.slots[slot];
        place.next = aligned.tokens.split_off(aligned.held);
        place.held = aligned.tokens;
        place.conversation.clone_from(&request.conversation);
        place.last_used = self.clock;
        place.answer = Some(answer);
        ControlFlow::Continue(())
    }

    /// Room to leave for the answer: what was asked for, and a quarter of the context at most.
    fn answer_room(&self, request: &GenerateRequest) -> usize {
        let quarter = self.context_tokens / 4;
        request
            .sampling
            .max_tokens
            .map_or(quarter, |most| quarter.min(most as usize))
    }

    /// Choose a slot, and make its sequence hold exactly the part of the prompt that it can keep.
    fn place(&mut self, prompt: &Prompt, conversation: Option<&str>) -> (usize, Aligned) {
        let aligned: Vec<Aligned> = self
            .slots
            .iter()
            .map(|slot| self.align(prompt, slot))
            .collect();
        let candidates: Vec<Candidate> = self
            .slots
            .iter()
            .zip(&aligned)
            .map(|(slot, aligned)| Candidate {
                idle: slot.answer.is_none(),
                length: slot.held.len(),
                held: aligned.held,
                same_conversation: conversation.is_some()
                    && slot.conversation.as_deref() == conversation,
                last_used: slot.last_used,
            })
            .collect();
        let choice = prefix::choose(&candidates)
            .expect("a slot is idle because a request is only started then");
        let slot = choice.sequence;
        let mut from = slot;
        // The state of a recurrent model cannot be cut, so a copy of it would be of no use.
        if let Some(source) = choice
            .copy_from
            .filter(|_| !self.model.is_recurrent() && !self.model.is_hybrid())
        {
            self.context.copy(sequence(source), sequence(slot));
            from = source;
        }
        let mut aligned = aligned
            .into_iter()
            .nth(from)
            .expect("each slot was aligned above");
        let cut = self.slots[from].held.len() != aligned.held || from != slot;
        if cut && !self.context.truncate(sequence(slot), aligned.held) {
            aligned.held = 0;
        }
        (slot, aligned)
    }

    fn align(&self, prompt: &Prompt, slot: &Slot) -> Aligned {
        // A token that was chosen last and shown, but not computed, says how the answer was spelt.
        let mut known = slot.held.clone();
        if slot.answer.is_none() {
            known.extend_from_slice(&slot.next);
        }
        let mut aligned = prefix::align(&prompt.pieces, &known, &self.vocabulary);
        // One token is always read: its scores begin the answer.
        let most = slot.held.len().min(aligned.tokens.len().saturating_sub(1));
        aligned.held = aligned.held.min(most);
        aligned
    }

    /// Put the next tokens of all answers into the batch, those of writers first.
    fn fill_batch(&mut self) -> Vec<Share> {
        self.batch.clear();
        let ready: Vec<Ready> = (0..)
            .zip(&self.slots)
            .filter_map(|(slot, place)| {
                let writing = place.answer.as_ref()?.is_writing();
                Some(Ready {
                    slot,
                    tokens: place.next.len(),
                    writing,
                })
            })
            .collect();
        let shares = self.pace.divide(&ready);
        shares
            .into_iter()
            .map(|(slot, tokens)| self.add_share(slot, tokens))
            .collect()
    }

    fn add_share(&mut self, slot: usize, tokens: usize) -> Share {
        let place = &self.slots[slot];
        let all = tokens == place.next.len();
        let mut scores = None;
        for (offset, &token) in place.next[..tokens].iter().enumerate() {
            let wanted = all && offset + 1 == tokens;
            let index = self
                .batch
                .add(token, place.held.len() + offset, sequence(slot), wanted);
            scores = wanted.then_some(index);
        }
        Share {
            slot,
            tokens,
            scores,
        }
    }

    /// A slot's share was computed: remember it, and go on with the token that follows.
    fn advance(&mut self, share: &Share) {
        let place = &mut self.slots[share.slot];
        place.held.extend(place.next.drain(..share.tokens));
        let Some(answer) = &mut place.answer else {
            return;
        };
        let Some(scores) = share.scores else {
            let is_long = answer.prompt_tokens - answer.cached_tokens >= LONG_PROMPT_TOKENS;
            if is_long && !answer.is_writing() {
                let (read, total) = (count(place.held.len()), count(answer.prompt_tokens));
                self.out.send(&Event::Reading {
                    id: answer.id,
                    read,
                    total,
                });
            }
            return;
        };
        if !answer.is_writing() {
            answer.prompt_read(Instant::now());
            if answer.wants_nothing() {
                return self.finish(share.slot, FinishReason::MaxTokens);
            }
        }
        self.write(share.slot, scores);
    }

    fn write(&mut self, slot: usize, scores: i32) {
        let place = &mut self.slots[slot];
        let (Some(answer), Some(logits)) = (&mut place.answer, self.context.logits(scores)) else {
            return self.fail_compute(slot, DecodeError::Failed(0));
        };
        let id = answer.id;
        let token = match answer.choose(logits) {
            Ok(token) => token,
            Err(error) => {
                place.answer = None;
                return self.fail(id, RequestErrorKind::BadConstraint, &error);
            }
        };
        let last = place.held.len() >= self.context_tokens;
        let step = answer.take(token, &self.vocabulary, last);
        let tokens = answer.output_tokens;
        if step.end != Some(FinishReason::EndOfAnswer) {
            place.next = vec![token];
        }
        self.send_text(id, step.text, tokens);
        if let Some(reason) = step.end {
            self.finish(slot, reason);
        }
    }

    fn send_text(&self, id: u64, text: String, tokens: u32) {
        if !text.is_empty() {
            self.out.send(&Event::Text { id, text, tokens });
        }
    }

    /// End an answer; its slot keeps what it holds for the next turn.
    fn finish(&mut self, slot: usize, reason: FinishReason) {
        let place = &mut self.slots[slot];
        let Some(mut answer) = place.answer.take() else {
            return;
        };
        if !answer.is_writing() {
            // The rest of a prompt is no answer's spelling.
            place.next.clear();
        }
        if reason == FinishReason::Cancelled {
            let rest = answer.rest();
            self.send_text(answer.id, rest, answer.output_tokens);
        }
        self.out.send(&Event::Done {
            id: answer.id,
            reason,
            usage: answer.usage(Instant::now()),
            stop_text: answer.stop_text(),
        });
    }

    /// A batch was stopped: what it wrote for this slot goes, and is computed again later; all that the slot
    /// holds, where the state of a recurrent model cannot be cut.
    fn take_back(&mut self, slot: usize) {
        let place = &mut self.slots[slot];
        if !self.context.truncate(sequence(slot), place.held.len()) {
            let mut all = std::mem::take(&mut place.held);
            all.append(&mut place.next);
            place.next = all;
        }
    }

    fn fail_compute(&mut self, slot: usize, error: DecodeError) {
        let place = &mut self.slots[slot];
        self.context.truncate(sequence(slot), 0);
        place.held.clear();
        place.next.clear();
        if let Some(answer) = place.answer.take() {
            self.fail(answer.id, RequestErrorKind::Compute, &error);
        }
    }

    fn fail(&self, id: u64, kind: RequestErrorKind, error: &dyn std::error::Error) {
        self.out.send(&Event::Failed {
            id,
            kind,
            message: error.to_string(),
        });
    }
}

fn sequence(slot: usize) -> i32 {
    i32::try_from(slot).expect("there are at most 256 slots because loading allows no more")
}

/// A seed for requests that name none, from the randomness that the standard library gives its maps.
fn random_seed() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    let bits = RandomState::new().hash_one(0_u8).to_le_bytes();
    u32::from_le_bytes([bits[0], bits[1], bits[2], bits[3]])
}
