//! Completions: a text that a model goes on with, or a gap in one that it fills, as editors ask for it.

use std::sync::Arc;

use axum::{body::Body, http::StatusCode, response::Response};
use gatehouse_core::{
    clients::Client,
    engine::Stop,
    gate::{
        Gate,
        client::{ClientAnswer, ClientEvent, CompletionWanted, Sampling},
    },
    now_ms,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    answer::{finish, usage},
    request::{Stops, StreamOptions, within},
    stream::{DONE, event, failed},
};
use crate::{
    body,
    fault::{Fault, json_response},
    server::Shared,
    sse::{self, Writes},
    work::{self, Heard, Pieces, Whole, first},
};

/// Tokens that are written where a request does not say, as OpenAI has it.
const USUAL_TOKENS: u32 = 16;

#[derive(Debug, Deserialize)]
struct CompletionBody {
    model: String,
    prompt: Prompt,
    suffix: Option<String>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    seed: Option<i64>,
    stop: Option<Stops>,
    max_tokens: Option<u32>,
    #[serde(flatten)]
    others: Others,
}

/// What is there to be refused.
#[derive(Debug, Deserialize)]
struct Others {
    n: Option<u32>,
    best_of: Option<u32>,
    echo: Option<bool>,
    logprobs: Option<u32>,
    logit_bias: Option<Map<String, Value>>,
    top_k: Option<u32>,
    frequency_penalty: Option<f64>,
    presence_penalty: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Prompt {
    One(String),
    Several(Vec<String>),
    /// Numbers of tokens, which mean something to one model alone.
    Tokens(serde::de::IgnoredAny),
}

pub(super) async fn answer(
    shared: &Arc<Shared>,
    client: Client,
    body: Body,
) -> Result<Response, Fault> {
    let read: CompletionBody = body::read(body, &shared.config.limits, &shared.refusals).await?;
    let streams = read.stream.unwrap_or(false);
    let usage = StreamOptions::want_usage(read.stream_options.as_ref());
    let wanted = read.wanted()?;
    let ask = move |gate: &Gate, stop: &Stop, pieces: Pieces<'_>, whole: Whole<'_>| {
        gate.complete_for_client(&client, &wanted, stop, pieces, whole)
    };
    if streams {
        let mut listening = work::listen(shared, ask);
        let (model, begun) = first(&mut listening).await?;
        return Ok(sse::response(listening, begun, Chunks::of(model, usage)));
    }
    let answer = work::whole(shared, ask).await?;
    Ok(json_response(StatusCode::OK, &whole(&answer)))
}

impl CompletionBody {
    /// What the gate is asked.
    ///
    /// # Errors
    /// [`Fault`] that names the field which cannot be used.
    fn wanted(self) -> Result<CompletionWanted, Fault> {
        self.others.refuse()?;
        let prompt = match self.prompt {
            Prompt::One(text) => text,
            Prompt::Several(texts) => match <[String; 1]>::try_from(texts) {
                Ok([text]) => text,
                Err(_) => return Err(Fault::field("prompt", "prompt is one text in a request")),
            },
            Prompt::Tokens(_) => {
                let said = "prompt is a text: numbers of tokens are not taken, as nobody could look through them";
                return Err(Fault::field("prompt", said));
            }
        };
        if prompt.is_empty() {
            // Ollama takes it for a wish to load the model.
            return Err(Fault::field("prompt", "prompt has no text to go on with"));
        }
        if self.max_tokens == Some(0) {
            return Err(Fault::field("max_tokens", "max_tokens is 1 or more"));
        }
        Ok(CompletionWanted {
            model: self.model,
            prompt,
            suffix: self.suffix.unwrap_or_default(),
            sampling: Sampling {
                temperature: within("temperature", self.temperature, 2.0)?,
                top_p: within("top_p", self.top_p, 1.0)?,
                seed: self.seed,
                stop: self.stop.map(Stops::all).unwrap_or_default(),
            },
            max_tokens: self.max_tokens.unwrap_or(USUAL_TOKENS),
        })
    }
}

impl Others {
    fn refuse(&self) -> Result<(), Fault> {
        let is_above_one = |count: Option<u32>| count.is_some_and(|count| count != 1);
        let is_a_penalty = |value: Option<f64>| value.is_some_and(|value| value != 0.0);
        let unwanted = [
            ("n", " above 1", is_above_one(self.n)),
            ("best_of", " above 1", is_above_one(self.best_of)),
            ("echo", "", self.echo.unwrap_or(false)),
            ("logprobs", "", self.logprobs.is_some()),
            ("top_k", "", self.top_k.is_some()),
            (
                "logit_bias",
                "",
                self.logit_bias
                    .as_ref()
                    .is_some_and(|bias| !bias.is_empty()),
            ),
            (
                "frequency_penalty",
                "",
                is_a_penalty(self.frequency_penalty),
            ),
            ("presence_penalty", "", is_a_penalty(self.presence_penalty)),
        ];
        match unwanted.iter().find(|(_, _, there)| *there) {
            Some((field, more, _)) => Err(Fault::unsupported(field, more)),
            None => Ok(()),
        }
    }
}

fn whole(answer: &ClientAnswer) -> Value {
    json!({
        "id": format!("cmpl-{}", answer.call),
        "object": "text_completion",
        "created": now_ms() / 1000,
        "model": answer.model,
        "choices": [choice(&answer.text, Some(finish(answer.finish)))],
        "usage": usage(answer.usage),
    })
}

fn choice(text: &str, finish: Option<&str>) -> Value {
    json!({ "text": text, "index": 0, "logprobs": null, "finish_reason": finish })
}

/// The same in pieces.
struct Chunks {
    id: String,
    /// Unix seconds.
    created: i64,
    model: String,
    /// Whether the end says what was used.
    usage: bool,
}

impl Chunks {
    fn of(model: String, usage: bool) -> Self {
        Self {
            id: format!("cmpl-{}", Uuid::new_v4().simple()),
            created: now_ms() / 1000,
            model,
            usage,
        }
    }

    fn chunk(&self, choices: &[Value], used: Option<Value>) -> String {
        let mut chunk = json!({
            "id": self.id,
            "object": "text_completion",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        });
        if self.usage {
            chunk["usage"] = used.unwrap_or(Value::Null);
        }
        event(&chunk)
    }
}

impl Writes for Chunks {
    fn begin(&mut self) -> Vec<String> {
        Vec::new()
    }

    fn event(&mut self, event: ClientEvent) -> Vec<String> {
        match event {
            ClientEvent::Text(text) | ClientEvent::Refusal(text) => {
                vec![self.chunk(&[choice(&text, None)], None)]
            }
            // There is no place for what a model thinks.
            ClientEvent::Thinking(_) | ClientEvent::Begun { .. } => Vec::new(),
        }
    }

    fn end(&mut self, end: Heard) -> Vec<String> {
        let answer = match end {
            Heard::Event(_) => return Vec::new(),
            Heard::End(end) => match *end {
                Ok(answer) => answer,
                Err(fault) => return vec![failed(&fault)],
            },
        };
        let mut events = vec![self.chunk(&[choice("", Some(finish(answer.finish)))], None)];
        if self.usage {
            events.push(self.chunk(&[], Some(usage(answer.usage))));
        }
        events.push(DONE.to_owned());
        events
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fault::Dialect;

    fn read(body: Value) -> Result<CompletionWanted, Fault> {
        serde_json::from_value::<CompletionBody>(body)
            .unwrap()
            .wanted()
    }

    #[test]
    fn what_would_change_the_text_and_cannot_be_done_is_refused_by_name() {
        for (name, value) in [
            ("n", json!(2)),
            ("best_of", json!(3)),
            ("echo", json!(true)),
            ("logprobs", json!(0)),
            ("top_k", json!(40)),
            ("logit_bias", json!({ "50256": -100 })),
            ("frequency_penalty", json!(0.5)),
            ("presence_penalty", json!(-0.5)),
            ("temperature", json!(3)),
            ("top_p", json!(1.5)),
            ("max_tokens", json!(0)),
            ("prompt", json!("")),
            ("prompt", json!([])),
            ("prompt", json!(["one", "two"])),
            ("prompt", json!([1, 2, 3])),
            ("prompt", json!([[1, 2, 3]])),
        ] {
            let mut body = json!({ "model": "m", "prompt": "fn main() {" });
            body[name] = value;
            let fault = read(body).unwrap_err();
            assert_eq!(fault.status, 400);
            let param = &fault.body(Dialect::OpenAi)["error"]["param"];
            assert_eq!(*param, name, "the name of the field: {}", fault.message);
        }
    }

    #[test]
    fn what_asks_for_nothing_that_cannot_be_done_is_taken() {
        let wanted = read(json!({
            "model": "m", "prompt": ["fn main() {"], "suffix": null, "n": 1, "best_of": 1, "echo": false,
            "logprobs": null, "logit_bias": {}, "frequency_penalty": 0, "presence_penalty": 0.0,
            "stop": "\n", "user": "me",
        }))
        .unwrap();
        assert_eq!(
            (wanted.prompt.as_str(), wanted.suffix.as_str()),
            ("fn main() {", "")
        );
        assert_eq!(wanted.sampling.stop, ["\n"]);
        assert_eq!(wanted.max_tokens, 16, "as OpenAI has it");
    }

    proptest! {
        #[test]
        fn no_document_makes_it_panic(text in "\\PC{0,200}") {
            if let Ok(body) = serde_json::from_str::<CompletionBody>(&text) {
                let _ = body.wanted();
            }
        }
    }
}
