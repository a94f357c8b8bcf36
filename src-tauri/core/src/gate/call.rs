//! The steps "call", "restore" and "measure": one request to a model, its text, counts and times.

use std::time::{Duration, Instant};

use gatehouse_protocol::{
    ChatMessage, Constraint, Event, FinishReason, GenerateRequest, Input, RequestErrorKind, Role,
    Sampling,
};

use super::{AnswerEvent, client::Refusal, inspect};
use crate::{
    costs::{CallEnd, CallStatus, estimate::Usage, prices::PriceId},
    engine::{Ended, Engine, EngineError, Stop},
    money::Money,
    problem::Problem,
    providers::{
        cloud::ToolCall,
        error::{ProviderError, Trouble},
        local,
    },
    schema::{self, Rest, SchemaError},
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

/// Why a call did not end well.
#[derive(Debug)]
pub(super) enum CallError {
    /// The engine could not do it, or a person stopped it.
    Engine(EngineError),
    /// The provider did not.
    Provider(ProviderError),
    /// It was not made.
    NotMade(Problem),
}

/// What came of a call.
pub(super) struct Outcome {
    pub text: String,
    /// The text told apart, where some of it says that the model does not want to answer.
    pub refusal: Option<Refusal>,
    /// What a model elsewhere calls, whole.
    pub tool_calls: Vec<ToolCall>,
    pub end: Result<FinishReason, CallError>,
    /// Which of the stop texts ended it, by its place among them.
    pub stopped_by: Option<usize>,
    /// Tokens; the prompt with all that a cache took part in, the output with its reasoning.
    pub counts: Usage,
    pub dropped_messages: u32,
    /// Until a model on this computer took it up.
    pub waited: Option<Duration>,
    pub first_token: Option<Duration>,
    pub duration: Duration,
    /// What it cost; `None`: not known.
    pub cost: Option<Money>,
    pub price: Option<PriceId>,
    /// Whether the counts come from who ran the model.
    pub measured: bool,
}

/// What a model on this computer is held to, in the form that an engine takes.
///
/// # Errors
/// [`SchemaError`] when it cannot be held to that.
pub(super) fn held_here(
    constraint: Option<&Constraint>,
) -> Result<Option<Constraint>, SchemaError> {
    let held = constraint.map(|constraint| match constraint {
        Constraint::JsonSchema(schema) => {
            schema::held(schema, Rest::Refused).map(Constraint::JsonSchema)
        }
        Constraint::Grammar(grammar) => Ok(Constraint::Grammar(grammar.clone())),
    });
    held.transpose()
}

/// Ask a loaded model. `on_event` hears what happens and the text so far; `since` is when the
/// person sent it.
pub(super) fn local(
    engine: &Engine,
    prompt: Prompt,
    stop: &Stop,
    since: Instant,
    on_event: &mut dyn FnMut(AnswerEvent, &str),
) -> Outcome {
    write_on(engine, generate(prompt), stop, since, on_event)
}

/// The same with whatever a model may be given to write on.
pub(super) fn write_on(
    engine: &Engine,
    request: GenerateRequest,
    stop: &Stop,
    since: Instant,
    on_event: &mut dyn FnMut(AnswerEvent, &str),
) -> Outcome {
    let stops = request.sampling.stop.clone();
    let request = inspect::for_this_computer(request);
    let mut outcome = Outcome::begun();
    let ended = local::generate(engine, request, stop, &mut |event| {
        match &event {
            Event::Started {
                prompt_tokens,
                cached_tokens,
                dropped_messages,
                ..
            } => {
                outcome.waited = Some(since.elapsed());
                outcome.counts.input = u64::from(*prompt_tokens);
                outcome.counts.cached = u64::from(*cached_tokens);
                outcome.dropped_messages = *dropped_messages;
            }
            Event::Text { text, tokens, .. } => {
                outcome.first_token.get_or_insert_with(|| since.elapsed());
                outcome.text.push_str(text);
                outcome.counts.output = u64::from(*tokens);
            }
            _ => {}
        }
        if let Some(event) = for_the_caller(event) {
            on_event(event, &outcome.text);
        }
    });
    outcome.duration = since.elapsed();
    // Counts of an engine that died are those it had sent by then.
    outcome.measured = !matches!(ended, Err(EngineError::Died(_)));
    outcome.end = match ended {
        Ok(Ended {
            reason,
            usage,
            stop_text,
        }) => {
            outcome.stopped_by =
                stop_text.and_then(|stopped| stops.iter().position(|stop| *stop == stopped));
            outcome.counts = Usage {
                input: u64::from(usage.prompt_tokens),
                cached: u64::from(usage.cached_tokens),
                output: u64::from(usage.output_tokens),
                ..Usage::default()
            };
            Ok(reason)
        }
        Err(error) => Err(CallError::Engine(error)),
    };
    outcome
}

fn generate(mut prompt: Prompt) -> GenerateRequest {
    GenerateRequest {
        id: 0, // the engine's handle gives it one
        sampling: std::mem::take(&mut prompt.sampling),
        constraint: prompt.constraint.take(),
        conversation: prompt.conversation.take(),
        input: Input::Conversation(messages(prompt)),
    }
}

/// What the model's template gets: the instructions, if there are any, and the turns.
pub(super) fn messages(prompt: Prompt) -> Vec<ChatMessage> {
    let mut messages = Vec::with_capacity(prompt.turns.len() + 1);
    if !prompt.system.trim().is_empty() {
        messages.push(ChatMessage {
            role: Role::System,
            content: prompt.system,
        });
    }
    messages.extend(prompt.turns);
    messages
}

fn for_the_caller(event: Event) -> Option<AnswerEvent> {
    Some(match event {
        Event::Started {
            prompt_tokens,
            cached_tokens,
            dropped_messages,
            ..
        } => AnswerEvent::Started {
            prompt_tokens,
            cached_tokens,
            dropped_messages,
        },
        Event::Reading { read, total, .. } => AnswerEvent::Reading { read, total },
        Event::Text { text, tokens, .. } => AnswerEvent::Text {
            text,
            tokens,
            refusal: false,
        },
        _ => return None,
    })
}

impl Outcome {
    /// A call that has heard nothing yet. On this computer it costs nothing.
    pub(super) fn begun() -> Self {
        Self {
            text: String::new(),
            refusal: None,
            tool_calls: Vec::new(),
            end: Err(CallError::Engine(EngineError::Stopped)),
            stopped_by: None,
            counts: Usage::default(),
            dropped_messages: 0,
            waited: None,
            first_token: None,
            duration: Duration::ZERO,
            cost: Some(Money::ZERO),
            price: None,
            measured: true,
        }
    }

    /// A call that ended before the model was asked.
    pub(super) fn not_made(error: CallError, since: Instant) -> Self {
        Self {
            end: Err(error),
            duration: since.elapsed(),
            ..Self::begun()
        }
    }

    /// Whether nothing of an answer came, so that another model may still give one.
    pub(super) fn is_silent(&self) -> bool {
        self.first_token.is_none()
    }

    /// How the call's row is completed.
    pub(super) fn row(&self) -> CallEnd<'static> {
        let count = |tokens: u64| u32::try_from(tokens).unwrap_or(u32::MAX);
        CallEnd {
            status: match &self.end {
                Ok(FinishReason::Cancelled) => CallStatus::Stopped,
                Ok(_) => CallStatus::Answered,
                Err(error) if error.is_stop() => CallStatus::Stopped,
                Err(error) if self.is_silent() && error.is_refusal() => CallStatus::Refused,
                Err(_) => CallStatus::Failed,
            },
            finish: self.end.as_ref().ok().copied(),
            error_kind: self.end.as_ref().err().and_then(CallError::kind),
            input_tokens: count(self.counts.input),
            cached_tokens: count(self.counts.cached),
            cache_written_tokens: count(self.counts.cache_write),
            cache_written_hour_tokens: count(self.counts.cache_write_hour),
            output_tokens: count(self.counts.output),
            reasoning_tokens: count(self.counts.reasoning),
            dropped_messages: self.dropped_messages,
            waited_ms: self.waited.map(whole_ms),
            first_token_ms: self.first_token.map(whole_ms),
            duration_ms: whole_ms(self.duration),
            writing_ms: self
                .first_token
                .map_or(0, |first| whole_ms(self.duration.saturating_sub(first))),
            // What counts that no call has come to is no cost, and the end of the call is written all the same.
            cost: self.cost.and_then(Money::storable),
            price: self.price,
            measured: self.measured,
        }
    }
}

impl CallError {
    /// Whether a person stopped it, or the client that asked went away.
    pub(super) fn is_stop(&self) -> bool {
        match self {
            Self::Engine(error) => matches!(error, EngineError::Stopped),
            Self::Provider(error) => error.trouble == Trouble::Stopped,
            Self::NotMade(_) => false,
        }
    }

    /// Whether a model on this computer could not take what it was given: it is too long, has a gap that the
    /// model does not fill, or a constraint that cannot be used. That is no failure of the model.
    fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Engine(
                EngineError::TooLong { .. }
                    | EngineError::Request {
                        kind: RequestErrorKind::PromptTooLong
                            | RequestErrorKind::BadConstraint
                            | RequestErrorKind::NoGap,
                        ..
                    }
            )
        )
    }

    /// What the record calls it.
    fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Engine(EngineError::Start { .. }) => Some("engine_missing"),
            Self::Engine(EngineError::Load { .. }) => Some("load_failed"),
            Self::Engine(EngineError::Died(_)) => Some("engine_died"),
            Self::Engine(EngineError::Request { .. } | EngineError::TooLong { .. }) => {
                Some("refused")
            }
            Self::Engine(EngineError::Stopped) => None,
            Self::Provider(error) => (!self.is_stop()).then(|| error.kind()),
            Self::NotMade(_) => Some("not_made"),
        }
    }
}

impl From<&CallError> for Problem {
    fn from(error: &CallError) -> Self {
        match error {
            CallError::Engine(error) => error.into(),
            CallError::Provider(error) => error.into(),
            CallError::NotMade(problem) => problem.clone(),
        }
    }
}

fn whole_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
