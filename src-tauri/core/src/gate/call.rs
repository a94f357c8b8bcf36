//! The steps "call" and "measure": one request to a loaded model, its text, counts and times.

use std::time::{Duration, Instant};

use gatehouse_protocol::{
    ChatMessage, Constraint, Event, FinishReason, GenerateRequest, Role, Sampling, Usage,
};

use super::inspect;
use crate::{
    costs::{CallEnd, CallStatus},
    engine::{Engine, EngineError, Stop},
    money::Money,
    providers::local,
};

/// What a model is asked.
pub(super) struct Prompt {
    pub system: String,
    pub turns: Vec<ChatMessage>,
    pub sampling: Sampling,
    pub constraint: Option<Constraint>,
    /// Names the conversation to the engine, which keeps what it has read of it.
    pub conversation: Option<String>,
}

/// What came of a call.
pub(super) struct Outcome {
    pub text: String,
    pub end: Result<FinishReason, EngineError>,
    pub usage: Usage,
    pub dropped_messages: u32,
    pub first_token: Option<Duration>,
    pub duration: Duration,
}

/// Ask a loaded model. `on_event` hears every event; `since` is when the person sent it.
pub(super) fn call(
    engine: &Engine,
    prompt: Prompt,
    stop: &Stop,
    since: Instant,
    on_event: &mut dyn FnMut(&Event, &str),
) -> Outcome {
    let mut messages = Vec::with_capacity(prompt.turns.len() + 1);
    if !prompt.system.trim().is_empty() {
        messages.push(ChatMessage {
            role: Role::System,
            content: prompt.system,
        });
    }
    messages.extend(prompt.turns);
    let request = GenerateRequest {
        id: 0, // the engine's handle gives it one
        messages,
        sampling: prompt.sampling,
        constraint: prompt.constraint,
        conversation: prompt.conversation,
        abort_after_tokens: None,
    };
    let request = inspect::for_this_computer(request);
    let mut outcome = Outcome {
        text: String::new(),
        end: Err(EngineError::Stopped),
        usage: Usage::default(),
        dropped_messages: 0,
        first_token: None,
        duration: Duration::ZERO,
    };
    let ended = local::generate(engine, request, stop, &mut |event| {
        match &event {
            Event::Started {
                prompt_tokens,
                cached_tokens,
                dropped_messages,
                ..
            } => {
                outcome.usage.prompt_tokens = *prompt_tokens;
                outcome.usage.cached_tokens = *cached_tokens;
                outcome.dropped_messages = *dropped_messages;
            }
            Event::Text { text, tokens, .. } => {
                outcome.first_token.get_or_insert_with(|| since.elapsed());
                outcome.text.push_str(text);
                outcome.usage.output_tokens = *tokens;
            }
            _ => {}
        }
        on_event(&event, &outcome.text);
    });
    outcome.duration = since.elapsed();
    outcome.end = ended.map(|(reason, usage)| {
        outcome.usage = usage;
        reason
    });
    outcome
}

impl Outcome {
    /// A call that ended before the model was asked.
    pub(super) fn not_made(error: EngineError, since: Instant) -> Self {
        Self {
            text: String::new(),
            end: Err(error),
            usage: Usage::default(),
            dropped_messages: 0,
            first_token: None,
            duration: since.elapsed(),
        }
    }

    /// How the call's row is completed. A call on this computer costs nothing.
    pub(super) fn row(&self) -> CallEnd<'static> {
        let status = match &self.end {
            Ok(FinishReason::Cancelled) | Err(EngineError::Stopped) => CallStatus::Stopped,
            Ok(_) => CallStatus::Answered,
            Err(_) => CallStatus::Failed,
        };
        CallEnd {
            status,
            finish: self.end.as_ref().ok().copied(),
            error_kind: self.end.as_ref().err().and_then(error_kind),
            input_tokens: self.usage.prompt_tokens,
            cached_tokens: self.usage.cached_tokens,
            cache_written_tokens: 0,
            cache_written_hour_tokens: 0,
            output_tokens: self.usage.output_tokens,
            reasoning_tokens: 0,
            dropped_messages: self.dropped_messages,
            first_token_ms: self.first_token.map(whole_ms),
            duration_ms: whole_ms(self.duration),
            writing_ms: self
                .first_token
                .map_or(0, |first| whole_ms(self.duration.saturating_sub(first))),
            cost: Some(Money::ZERO),
            price: None,
            // Counts of an engine that died are those it had sent by then.
            measured: !matches!(self.end, Err(EngineError::Died(_))),
        }
    }
}

fn error_kind(error: &EngineError) -> Option<&'static str> {
    match error {
        EngineError::Start { .. } => Some("engine_missing"),
        EngineError::Load { .. } => Some("load_failed"),
        EngineError::Died(_) => Some("engine_died"),
        EngineError::Request { .. } => Some("refused"),
        EngineError::Stopped => None,
    }
}

fn whole_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
