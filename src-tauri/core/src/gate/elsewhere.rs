//! A call to a model that is not on this computer: made ready, sent, restored, counted.

use std::time::Instant;

use gatehouse_protocol::{Constraint, FinishReason, Role, Sampling};
use rusqlite::Connection;
use serde_json::{Map, Value};

use super::{
    AnswerEvent, GateError,
    call::{CallError, Outcome},
    decide::Decided,
    inspect,
    price::{self, Pricing},
    route::{self, CloudModel},
};
use crate::{
    accounts::{Account, ProviderKind},
    chat::{ChatError, Said, pictures},
    costs::estimate::Usage,
    engine::Stop,
    problem::{Problem, ProblemCode},
    providers::{
        anthropic::Anthropic,
        cloud::{
            self, AnswerSchema, Cloud, CloudEvent, CloudRequest, Delta, EmbedRequest, EndReason,
            Message, ModerationRequest, Part, ToolCall, ToolChoice,
        },
        error::{ProviderError, Trouble},
        http::Http,
        key::ApiKey,
        ollama::Ollama,
        openai::OpenAi,
    },
    safety::{
        mask,
        restore::{Channel, Restorer, restore_json},
    },
};

/// A request that may leave, and all that is known of it before it does.
pub(super) struct Ready {
    pub cloud: CloudModel,
    pub decided: Decided,
    pub pricing: Pricing,
    pub request: CloudRequest,
    pub wanted: Wanted,
}

/// What is wanted for a request.
pub(super) enum Wanted {
    /// An answer.
    Answer,
    /// Vectors of these texts.
    Vectors(EmbedRequest),
    /// What the provider's policy says of these texts.
    Moderation(ModerationRequest),
    /// How many tokens it has.
    Count,
}

/// The client of an account.
///
/// # Errors
/// [`GateError`] when its address or its key cannot be used.
pub(super) fn client(account: &Account, key: Option<&str>) -> Result<Cloud, GateError> {
    let key = key.map(ApiKey::new).transpose()?;
    Ok(match account.kind {
        ProviderKind::OpenAi | ProviderKind::Compatible => {
            Cloud::OpenAi(OpenAi::new(&account.base_url, key)?)
        }
        ProviderKind::Anthropic => Cloud::Anthropic(Anthropic::new(&account.base_url, key)?),
        ProviderKind::Ollama => {
            Cloud::Ollama(Ollama::new(&account.base_url, key, account.context_tokens)?)
        }
    })
}

impl Ready {
    /// Put a request together from the texts as they may leave.
    ///
    /// # Errors
    /// [`GateError`] when the database fails, or a grammar is asked for, which no provider takes.
    pub(super) fn new(
        conn: &Connection,
        cloud: CloudModel,
        decided: Decided,
        sampling: &Sampling,
        constraint: Option<&Constraint>,
        at_ms: i64,
    ) -> Result<Self, GateError> {
        let request = request(conn, &cloud.model, &decided, sampling, constraint)?;
        Ok(Self::priced(
            conn,
            cloud,
            decided,
            request,
            sampling.max_tokens,
            at_ms,
        )?)
    }

    /// A request that is put together from the texts as they may leave, and what it can cost.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when the database fails.
    pub(super) fn priced(
        conn: &Connection,
        cloud: CloudModel,
        decided: Decided,
        request: CloudRequest,
        max_output: Option<u32>,
        at_ms: i64,
    ) -> rusqlite::Result<Self> {
        let pricing = Pricing::of(conn, &cloud, &decided, max_output, at_ms)?;
        let request = CloudRequest {
            max_tokens: Some(pricing.max_output),
            ..request
        };
        Ok(Self {
            cloud,
            decided,
            pricing,
            request,
            wanted: Wanted::Answer,
        })
    }

    /// The same for texts of which a model writes nothing.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when the database fails.
    pub(super) fn of_texts(
        conn: &Connection,
        cloud: CloudModel,
        decided: Decided,
        wanted: Wanted,
        at_ms: i64,
    ) -> rusqlite::Result<Self> {
        let request = CloudRequest::default();
        let ready = Self::priced(conn, cloud, decided, request, Some(0), at_ms)?;
        Ok(Self { wanted, ..ready })
    }

    /// The body that leaves, byte for byte.
    ///
    /// # Errors
    /// [`GateError`] when this provider cannot be asked this.
    pub(super) fn body(&self) -> Result<Vec<u8>, GateError> {
        let client = client(&self.cloud.account, None)?;
        Ok(match &self.wanted {
            Wanted::Answer => client.body(&self.request)?,
            Wanted::Vectors(wanted) => client.embed_body(wanted)?,
            Wanted::Moderation(wanted) => client.moderation_body(wanted)?,
            Wanted::Count => client.count_body(&self.request)?,
        })
    }
}

/// The settings of a local model are not sent as they are: a provider knows best what suits its
/// model, and some refuse what others take. Only what the person changed is.
fn request(
    conn: &Connection,
    model: &str,
    decided: &Decided,
    sampling: &Sampling,
    constraint: Option<&Constraint>,
) -> Result<CloudRequest, GateError> {
    let usual = Sampling::default();
    #[expect(
        clippy::float_cmp,
        reason = "a setting that was never touched is the very same"
    )]
    let changed = |value: f32, usual: f32| (value != usual).then(|| decimal(value));
    let mut system = Vec::new();
    let mut messages = Vec::with_capacity(decided.texts.len());
    for text in &decided.texts {
        let said = text.leaving.clone();
        match text.role {
            Role::System => system.push(said),
            Role::User => messages.push(Message::User(parts(conn, &text.pictures, said)?)),
            Role::Assistant => messages.push(Message::Assistant {
                thinking: Vec::new(),
                text: said,
                tool_calls: Vec::new(),
            }),
        }
    }
    if decided.masked > 0 {
        system.push(mask::INSTRUCTION.to_owned());
    }
    Ok(CloudRequest {
        model: model.to_owned(),
        system: system.join("\n\n"),
        messages,
        tools: Vec::new(),
        tool_choice: ToolChoice::default(),
        schema: constraint.map(schema).transpose()?,
        sampling: cloud::Sampling {
            temperature: changed(sampling.temperature, usual.temperature),
            top_p: changed(sampling.top_p, usual.top_p),
            seed: sampling.seed.map(i64::from),
            stop: sampling.stop.clone(),
        },
        max_tokens: None,
        effort: None,
        keep_prompt: true,
        stream: true,
    })
}

/// Pictures, then what is said of them, as providers advise.
fn parts(
    conn: &Connection,
    shown: &[pictures::Picture],
    said: String,
) -> Result<Vec<Part>, GateError> {
    let mut parts = Vec::with_capacity(shown.len() + 1);
    for picture in shown {
        parts.push(Part::Image {
            media_type: picture.format.media_type().to_owned(),
            bytes: pictures::content(conn, picture.id).map_err(ChatError::from)?,
        });
    }
    // Some refuse a text with nothing in it.
    if !said.is_empty() || parts.is_empty() {
        parts.push(Part::Text(said));
    }
    Ok(parts)
}

/// A setting as the person wrote it: 0.7 and not 0.699999988079071.
fn decimal(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

fn schema(constraint: &Constraint) -> Result<AnswerSchema, GateError> {
    match constraint {
        Constraint::JsonSchema(Value::Object(schema)) => Ok(AnswerSchema {
            name: "answer".to_owned(),
            schema: Map::clone(schema),
            strict: false,
        }),
        _ => Err(GateError::OnlyHere(
            "a grammar can only be held to by a model on this computer",
        )),
    }
}

/// Ask. What the model writes is restored piece by piece; `on_event` hears it and the text so far.
pub(super) fn call(
    http: &Http,
    client: &Cloud,
    ready: Ready,
    stop: &Stop,
    since: Instant,
    on_event: &mut dyn FnMut(AnswerEvent, &str),
) -> Outcome {
    let mut answer = Hearing::new(&ready, since, on_event);
    let Ready {
        cloud,
        decided,
        pricing,
        request,
        ..
    } = &ready;
    let sent = inspect::as_decided(request.clone(), decided);
    let called = client.chat(http, sent, stop, &mut |event| answer.hear(event));
    answer.finish();
    let Hearing {
        mut outcome,
        end,
        usage,
        written,
        tool_calls,
        ..
    } = answer;
    outcome.duration = since.elapsed();
    outcome.end = match (called, end) {
        (Err(error), _) => Err(CallError::Provider(error)),
        (Ok(()), Some(EndReason::Refused)) if outcome.text.trim().is_empty() => {
            Err(CallError::NotMade(declined(cloud)))
        }
        (Ok(()), Some(EndReason::Length)) => Ok(FinishReason::MaxTokens),
        (Ok(()), Some(EndReason::Stopped)) => Ok(FinishReason::Cancelled),
        (Ok(()), _) => Ok(FinishReason::EndOfAnswer),
    };
    outcome.tool_calls = tool_calls
        .into_iter()
        .map(|call| restored(call, &decided.masks))
        .collect();
    count(&mut outcome, &ready, usage, &written);
    outcome.price = pricing.price.as_ref().map(|price| price.id);
    outcome
}

/// A call of a tool with the values back in its arguments.
fn restored(call: ToolCall, masks: &mask::Masks) -> ToolCall {
    if masks.is_empty() {
        return call;
    }
    let written = Value::Object(call.arguments.clone()).to_string();
    match serde_json::from_str(&restore_json(&written, masks)) {
        Ok(arguments) => ToolCall { arguments, ..call },
        // Two names that became one: better with placeholders than without one of them.
        Err(_) => call,
    }
}

fn declined(cloud: &CloudModel) -> Problem {
    let said = format!("{} declined to answer", cloud.model);
    Problem::new(ProblemCode::Provider, said)
        .hint("Say it in other words, or choose another model.")
}

/// Whose counts hold: the provider's last ones; else, where something was billed all the same, our
/// own. A call that never reached a model used nothing.
fn count(outcome: &mut Outcome, ready: &Ready, usage: Option<Usage>, written: &str) {
    let cloud = &ready.cloud;
    let stopped = matches!(outcome.end, Ok(FinishReason::Cancelled));
    let whole = outcome.end.is_ok() && !stopped;
    let known = usage.filter(|usage| whole || usage.output > 0);
    outcome.measured = known.is_some() && !stopped;
    let own_output = || price::own_count(cloud, written);
    let usage = match known {
        // A stopped stream's counts are older than its last piece.
        Some(usage) if stopped => Usage {
            output: usage.output.max(own_output()),
            ..usage
        },
        Some(usage) => usage,
        None if !whole && !stopped && outcome.first_token.is_none() => {
            // Nothing came: whether it is billed is the provider's secret.
            outcome.cost = not_begun(&outcome.end);
            return;
        }
        None => Usage {
            input: ready.pricing.prompt_tokens,
            output: own_output(),
            ..Usage::default()
        },
    };
    let tokens = price::tokens(cloud, usage);
    outcome.counts = tokens.together();
    outcome.cost = ready.pricing.cost(&tokens, known.is_some());
}

/// What a call cost of which nothing was heard: nothing, if the provider refused it or was not
/// reached.
fn not_begun(end: &Result<FinishReason, CallError>) -> Option<crate::money::Money> {
    let unbilled = match end {
        Err(CallError::Provider(error)) => !matches!(
            error.trouble,
            Trouble::Silent { .. } | Trouble::Cut | Trouble::Nonsense | Trouble::Filtered
        ),
        _ => false,
    };
    unbilled.then_some(crate::money::Money::ZERO)
}

/// An answer as far as it was heard.
struct Hearing<'a> {
    restorer: Restorer,
    outcome: Outcome,
    end: Option<EndReason>,
    usage: Option<Usage>,
    /// As the model wrote it, reasoning included.
    written: String,
    tool_calls: Vec<ToolCall>,
    since: Instant,
    on_event: &'a mut dyn FnMut(AnswerEvent, &str),
}

impl<'a> Hearing<'a> {
    fn new(ready: &Ready, since: Instant, on_event: &'a mut dyn FnMut(AnswerEvent, &str)) -> Self {
        Self {
            restorer: Restorer::new(&ready.decided.masks),
            outcome: Outcome::begun(),
            end: None,
            usage: None,
            written: String::new(),
            tool_calls: Vec::new(),
            since,
            on_event,
        }
    }

    fn hear(&mut self, event: CloudEvent) {
        match event {
            CloudEvent::Delta(Delta::Text(piece)) => {
                self.piece(&piece);
                let text = self.restorer.piece(Channel::Content, &piece);
                self.tell(text);
            }
            CloudEvent::Delta(Delta::Reasoning(piece)) => {
                self.piece(&piece);
                let text = self.restorer.piece(Channel::Reasoning, &piece);
                self.think(text);
            }
            // Nothing may be called before it is whole, so nobody is told of pieces.
            CloudEvent::Delta(Delta::ToolCall { arguments, .. }) => self.piece(&arguments),
            CloudEvent::Usage(usage) => self.usage = Some(usage),
            CloudEvent::End(end) => {
                self.end = Some(end.reason);
                self.tool_calls = end.tool_calls;
            }
        }
    }

    fn piece(&mut self, piece: &str) {
        let since = self.since;
        self.outcome
            .first_token
            .get_or_insert_with(|| since.elapsed());
        self.written.push_str(piece);
    }

    fn tell(&mut self, text: String) {
        if text.is_empty() {
            return;
        }
        self.outcome.text.push_str(&text);
        let tokens = u32::try_from(self.written.len().div_ceil(4)).unwrap_or(u32::MAX);
        (self.on_event)(AnswerEvent::Text { text, tokens }, &self.outcome.text);
    }

    fn think(&mut self, text: String) {
        if !text.is_empty() {
            (self.on_event)(AnswerEvent::Thinking { text }, &self.outcome.text);
        }
    }

    /// What was held back comes out, however the answer ended.
    fn finish(&mut self) {
        for (channel, rest) in self.restorer.end_all() {
            match channel {
                Channel::Content => self.tell(rest),
                Channel::Reasoning => self.think(rest),
                Channel::Arguments(_) => {}
            }
        }
    }
}

/// Whether another model may answer where this one did not: the network, the server or the quota
/// failed, which says nothing of the request.
pub(super) fn may_move(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Provider(ProviderError {
            trouble: Trouble::NoNetwork
                | Trouble::Offline
                | Trouble::ServerFailed { .. }
                | Trouble::Overloaded
                | Trouble::RateLimited { .. }
                | Trouble::Quota { .. }
                | Trouble::Silent { .. }
                | Trouble::Cut,
            ..
        })
    )
}

/// The prompt as the inspection reads it: the system prompt first, if there is one.
/// `sees`: whether the model can look at pictures; another one is told of those of earlier messages.
pub(super) fn prompt(system: &str, turns: &[Said], sees: bool) -> Vec<Said> {
    let system = (!system.trim().is_empty()).then(|| Said::text(Role::System, system));
    let shown = turns.iter().cloned().map(|said| {
        if sees {
            said
        } else {
            route::without_pictures(said)
        }
    });
    system.into_iter().chain(shown).collect()
}
