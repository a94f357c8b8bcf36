//! How many tokens a request of a client has. Anthropic counts for itself and is asked, through the gate as
//! for everything that leaves; where it may not be, or does not answer, and for all others, we count.

use gatehouse_protocol::{ChatMessage, FinishReason};
use rusqlite::Connection;

use super::{ClientRequest, Message, Part, ToolCall, ask::Asking, here, names};
use crate::{
    accounts::ProviderKind,
    clients::Client,
    engine::{EngineState, Stop},
    gate::{
        Gate, GateError,
        answer::Asked,
        call::{self, CallError, Outcome},
        elsewhere::{Ready, Wanted},
        inspect, price,
        route::{Candidate, CloudModel},
    },
    models::Model,
};

impl Gate {
    /// How many tokens a request has for the model that would be asked first: exact where that is one of
    /// Anthropic's, or on this computer and loaded; else about.
    ///
    /// # Errors
    /// [`GateError`] when nothing has the name, or the model could not be asked this.
    pub fn count_for_client(
        &self,
        client: &Client,
        request: &ClientRequest,
        stop: &Stop,
    ) -> Result<u64, GateError> {
        let asking = self.asking(client, &request.model, stop, names::resolve)?;
        let first = asking.plan.chain.candidates.first();
        if let Some(Candidate::Elsewhere(cloud)) = first
            && cloud.account.kind == ProviderKind::Anthropic
            && let Some(tokens) = asking.count_there(request, cloud)
        {
            return Ok(tokens);
        }
        match first {
            Some(Candidate::Local(model)) => self.count_here(model, request, stop),
            Some(Candidate::Elsewhere(cloud)) => {
                let texts = texts(request);
                Ok(texts.iter().map(|text| price::own_count(cloud, text)).sum())
            }
            None => Ok(0),
        }
    }

    /// The tokens of the very prompt that the model would read: its template, and what it is told of tools,
    /// are in it. Where it is not loaded, about as many.
    fn count_here(
        &self,
        model: &Model,
        request: &ClientRequest,
        stop: &Stop,
    ) -> Result<u64, GateError> {
        let messages = call::messages(here::prompt(request)?);
        let loaded = self.engines.get(model);
        let loaded = loaded.filter(|engine| matches!(engine.state(), EngineState::Ready(_)));
        let Some(engine) = loaded else {
            let about = |message: &ChatMessage| price::estimated(&message.content);
            let around = price::AROUND_A_MESSAGE * messages.len() as u64;
            return Ok(messages.iter().map(about).sum::<u64>() + around);
        };
        let counted = engine.count_prompt(inspect::for_this_computer(messages), stop)?;
        Ok(counted.into())
    }
}

impl Asking<'_> {
    /// By the provider, which bills nothing for it. `None`: it may not be asked, or does not answer.
    fn count_there(&self, request: &ClientRequest, cloud: &CloudModel) -> Option<u64> {
        let priced = self.prepare(request, cloud).ok()?;
        let free = |conn: &Connection| {
            let mut ready = Ready {
                wanted: Wanted::Count,
                ..priced(conn)?
            };
            ready.pricing.free = true;
            Ok(ready)
        };
        let asked = self.judged(free, true).ok()?;
        let (Asked::Elsewhere(mut ready), call) = self.begin(asked, None).ok()? else {
            return None;
        };
        let _under_way = self.place.gate.under_way(call, &self.place.stop);
        let mut outcome = Outcome::begun();
        let counted = self.place.gate.way_to(&mut ready).map(|(way, http)| {
            let sent = inspect::as_decided(ready.request.clone(), &ready.decided);
            way.count_tokens(&http, sent, &self.place.stop)
        });
        let tokens = match counted {
            Ok(Ok(tokens)) => {
                outcome.end = Ok(FinishReason::EndOfAnswer);
                Some(tokens)
            }
            Ok(Err(error)) => {
                outcome.end = Err(CallError::Provider(error));
                None
            }
            Err(error) => {
                outcome = Outcome::failed_with(error, self.since);
                None
            }
        };
        outcome.duration = self.since.elapsed();
        drop(self.end(&outcome, call));
        tokens
    }
}

/// All that a model elsewhere would read of a request.
fn texts(request: &ClientRequest) -> Vec<String> {
    let mut texts = vec![request.system.clone()];
    for tool in &request.tools {
        texts.push(tool.description.clone());
        texts.push(serde_json::Value::Object(tool.parameters.clone()).to_string());
    }
    for message in &request.messages {
        match message {
            Message::User(parts) => texts.extend(parts.iter().filter_map(|part| match part {
                Part::Text(text) => Some(text.clone()),
                Part::Image { .. } => None,
            })),
            Message::Assistant {
                text, tool_calls, ..
            } => {
                texts.push(text.clone());
                let written =
                    |call: &ToolCall| serde_json::Value::Object(call.arguments.clone()).to_string();
                texts.extend(tool_calls.iter().map(written));
            }
            Message::ToolResult { content, .. } => texts.push(content.clone()),
        }
    }
    texts
}
