//! A call to a model that is not on this computer: made ready, sent, restored, counted.

mod hearing;
mod request;
#[cfg(test)]
mod tests;

use std::time::Instant;

use gatehouse_protocol::{FinishReason, RequestErrorKind, Sampling};
use rusqlite::Connection;
use serde_json::Value;
use url::Url;

use super::{
    AnswerEvent, GateError,
    call::{CallError, Outcome},
    decide::Decided,
    inspect,
    network::Opens,
    price::{self, Pricing},
    route::CloudModel,
};
use crate::{
    accounts::{Account, ProviderKind},
    costs::estimate::Usage,
    engine::{EngineError, Stop},
    money::Money,
    problem::{Problem, ProblemCode},
    providers::{
        account::AddressError,
        anthropic::Anthropic,
        cloud::{Cloud, CloudRequest, EmbedRequest, EndReason, ModerationRequest, ToolCall},
        error::{ProviderError, Trouble},
        http::Http,
        key::ApiKey,
        offline::OfflineSwitch,
        ollama::{CompletionRequest, Ollama},
        openai::OpenAi,
    },
    safety::{distinct_object, mask, restore::restore_json},
};
use hearing::Hearing;
pub(super) use request::{beside, prompt};

/// A request that may leave, and all that is known of it before it does.
pub(super) struct Ready {
    pub cloud: CloudModel,
    pub decided: Decided,
    pub pricing: Pricing,
    pub request: CloudRequest,
    pub wanted: Wanted,
    /// The connection that is about to be opened, once the call was begun.
    pub opens: Option<Opens>,
}

/// What is wanted for a request.
pub(super) enum Wanted {
    /// An answer.
    Answer,
    /// What comes after this text, or in the gap before its suffix.
    Completion(CompletionRequest),
    /// Vectors of these texts.
    Vectors(EmbedRequest),
    /// What the provider's policy says of these texts.
    Moderation(ModerationRequest),
    /// How many tokens it has.
    Count,
}

impl Wanted {
    /// What its connection is for, as the log of connections says it.
    fn purpose(&self) -> &'static str {
        match self {
            Self::Answer => "chat",
            Self::Completion(_) => "complete",
            Self::Vectors(_) => "embed",
            Self::Moderation(_) => "moderate",
            Self::Count => "count",
        }
    }
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
    /// [`GateError`] when the database fails.
    pub(super) fn new(
        conn: &Connection,
        cloud: CloudModel,
        decided: Decided,
        sampling: &Sampling,
        shaped: bool,
        at_ms: i64,
    ) -> Result<Self, GateError> {
        let request = request::request(conn, &cloud.model, &decided, sampling, shaped)?;
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
        let instruction = request.system.ends_with(mask::INSTRUCTION);
        let instruction = instruction.then_some(mask::INSTRUCTION);
        let mut pricing = Pricing::of(conn, &cloud, &decided, instruction, max_output, at_ms)?;
        if !request.tools.is_empty() {
            pricing.count_tools();
        }
        let request = CloudRequest {
            max_tokens: pricing.limit(),
            prompt_tokens: pricing.prompt_tokens,
            asked_output: max_output,
            ..request
        };
        Ok(Self {
            cloud,
            decided,
            pricing,
            request,
            wanted: Wanted::Answer,
            opens: None,
        })
    }

    /// Count so many pictures whose size nobody has looked at, which leave less room for an answer.
    pub(super) fn count_pictures(&mut self, count: u32) {
        self.pricing.count_pictures(&self.cloud, count);
        self.request.max_tokens = self.pricing.limit();
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

    /// Keep the line of the connection that is about to be opened, with the rows of the call, unless nothing may be
    /// sent now.
    ///
    /// # Errors
    /// [`GateError::Offline`], or another one when the address is none or the database fails.
    pub(super) fn opens(
        &self,
        offline: &OfflineSwitch,
        tx: &Connection,
        body: &[u8],
    ) -> Result<Opens, GateError> {
        let address = Url::parse(self.cloud.account.base_url.trim())
            .map_err(|_| AddressError::NotAnAddress)?;
        Opens::keep(offline, tx, &address, self.wanted.purpose(), body.len())
    }

    /// The body that leaves, byte for byte.
    ///
    /// # Errors
    /// [`GateError`] when this provider cannot be asked this.
    pub(super) fn body(&self) -> Result<Vec<u8>, GateError> {
        let client = client(&self.cloud.account, None)?;
        Ok(match &self.wanted {
            Wanted::Answer => client.body(&self.request)?,
            Wanted::Completion(wanted) => client.completion_body(wanted)?,
            Wanted::Vectors(wanted) => client.embed_body(wanted)?,
            Wanted::Moderation(wanted) => client.moderation_body(wanted)?,
            Wanted::Count => client.count_body(&self.request)?,
        })
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
        wanted,
        ..
    } = &ready;
    let hear = &mut |event| answer.hear(event);
    let called = if let Wanted::Completion(text) = wanted {
        client.complete(http, inspect::as_decided(text.clone(), decided), stop, hear)
    } else {
        client.chat(
            http,
            inspect::as_decided(request.clone(), decided),
            stop,
            hear,
        )
    };
    answer.finish();
    let Hearing {
        mut outcome,
        end,
        stop_text,
        usage,
        written,
        tool_calls,
        ..
    } = answer;
    let whole = end.is_some_and(|end| end != EndReason::Stopped);
    outcome.duration = since.elapsed();
    outcome.stopped_by =
        stop_text.and_then(|text| request.sampling.stop.iter().position(|stop| *stop == text));
    outcome.end = match (called, end) {
        (Err(error), _) => Err(CallError::Provider(error)),
        (Ok(()), Some(EndReason::Refused)) if outcome.text.trim().is_empty() => {
            Err(CallError::NotMade(declined(cloud)))
        }
        (Ok(()), Some(EndReason::Length)) => Ok(FinishReason::MaxTokens),
        (Ok(()), Some(EndReason::Stopped)) => Ok(FinishReason::Cancelled),
        (Ok(()), _) if outcome.stopped_by.is_some() => Ok(FinishReason::StopText),
        (Ok(()), _) => Ok(FinishReason::EndOfAnswer),
    };
    outcome.tool_calls = tool_calls
        .into_iter()
        .map(|call| restored(call, &decided.masks))
        .collect();
    let lost = client.lost_tries();
    count(&mut outcome, &ready, usage, whole, &written, lost);
    outcome.price = pricing.price.as_ref().map(|price| price.id);
    outcome
}

/// A call of a tool with the values back in its arguments.
fn restored(call: ToolCall, masks: &mask::Masks) -> ToolCall {
    if masks.is_empty() {
        return call;
    }
    let written = Value::Object(call.arguments.clone()).to_string();
    match distinct_object(&restore_json(&written, masks)) {
        Some(arguments) => ToolCall { arguments, ..call },
        // Two names that became one: better with placeholders than without one of them.
        None => call,
    }
}

fn declined(cloud: &CloudModel) -> Problem {
    let said = format!("{} declined to answer", cloud.model);
    Problem::new(ProblemCode::Provider, said)
        .hint("Say it in other words, or choose another model.")
}

/// Whose counts hold: the provider's, once the answer is `whole`. Of one that ended early it may have counted
/// the prompt alone, or what it had written long before, so that our own count of what was heard holds where
/// it is higher, and all of it is an estimate. A call that the provider refused, or that never reached a
/// model, used nothing, whatever was said of it before. Nobody says whether tries that were `lost` are billed:
/// what is known is then at least what it cost, which makes an estimate of it.
fn count(
    outcome: &mut Outcome,
    ready: &Ready,
    said: Option<Usage>,
    whole: bool,
    written: &str,
    lost: u32,
) {
    let cloud = &ready.cloud;
    outcome.measured = whole && said.is_some() && lost == 0;
    if let Err(CallError::Provider(error)) = &outcome.end
        && outcome.first_token.is_none()
        && (said.is_none() || !error.may_be_billed())
    {
        outcome.cost = not_begun(ready, &outcome.end, lost);
        return;
    }
    // Where it says nothing of the prompt, it has not counted it yet.
    let counted = said.filter(|usage| whole || price::tokens(cloud, *usage).prompt() > 0);
    let mut usage = counted.unwrap_or(Usage {
        input: ready.pricing.prompt_tokens,
        ..said.unwrap_or_default()
    });
    if !whole || said.is_none() {
        usage.output = usage.output.max(price::own_count(cloud, written));
    }
    let tokens = price::tokens(cloud, usage);
    outcome.counts = tokens.together();
    outcome.cost = ready.pricing.cost(&tokens, counted.is_some());
}

/// What texts cost of which a model writes nothing: vectors, a look at them. `counted`: their tokens,
/// where the provider says so; else, once they were read or somebody stopped it when they had left, our own
/// count holds.
pub(super) fn count_texts(outcome: &mut Outcome, ready: &Ready, counted: Option<u64>, lost: u32) {
    outcome.price = ready.pricing.price.as_ref().map(|price| price.id);
    outcome.measured = counted.is_some() && lost == 0;
    let is_read = match &outcome.end {
        Err(CallError::Provider(error)) => error.trouble == Trouble::Stopped && error.left,
        other => other.is_ok(),
    };
    if !is_read {
        outcome.cost = not_begun(ready, &outcome.end, lost);
        return;
    }
    outcome.counts.input = counted.unwrap_or(ready.pricing.prompt_tokens);
    let tokens = price::tokens(&ready.cloud, outcome.counts);
    outcome.cost = ready.pricing.cost(&tokens, counted.is_some());
}

/// What a call cost of which nothing was heard: nothing, if nobody bills it, or if the provider refused
/// it or was not reached, with each of the tries before. Otherwise it is the provider's secret.
fn not_begun(ready: &Ready, end: &Result<FinishReason, CallError>, lost: u32) -> Option<Money> {
    let refused = match end {
        Err(CallError::Provider(error)) => lost == 0 && !error.may_be_billed(),
        _ => false,
    };
    (ready.pricing.free || refused).then_some(Money::ZERO)
}

/// Whether another model may answer where this one did not: the network, the server or the quota
/// failed, which says nothing of the request; or a model on this computer fills no gap, and that one may.
pub(super) fn may_move(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Engine(EngineError::Request {
            kind: RequestErrorKind::NoGap,
            ..
        }) | CallError::Provider(ProviderError {
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
