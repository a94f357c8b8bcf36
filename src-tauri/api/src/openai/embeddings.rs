//! Vectors of texts.

use std::sync::Arc;

use axum::{body::Body, http::StatusCode, response::Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatehouse_core::{
    clients::Client,
    gate::client::{ClientVectors, EmbeddingsWanted},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    body,
    fault::{Fault, json_text},
    server::Shared,
    work,
};

/// Texts of one request at most, as OpenAI has it.
const MOST_TEXTS: usize = 2_048;

#[derive(Debug, Deserialize)]
struct EmbeddingsBody {
    model: String,
    input: Input,
    dimensions: Option<u32>,
    encoding_format: Option<Encoding>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Input {
    One(String),
    Several(Vec<String>),
    /// Numbers of tokens, which mean something to one model alone.
    Tokens(serde::de::IgnoredAny),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Encoding {
    Float,
    Base64,
}

pub(super) async fn answer(
    shared: &Arc<Shared>,
    client: Client,
    body: Body,
) -> Result<Response, Fault> {
    let read: EmbeddingsBody = body::read(body, &shared.config.limits, &shared.refusals).await?;
    let texts = match read.input {
        Input::One(text) => vec![text],
        Input::Several(texts) => texts,
        Input::Tokens(_) => {
            let said = "input is a text or a list of texts: numbers of tokens are not taken, as nobody could \
                        look through them";
            return Err(Fault::field("input", said));
        }
    };
    if !(1..=MOST_TEXTS).contains(&texts.len()) || texts.iter().any(String::is_empty) {
        let said = format!("input is one text or up to {MOST_TEXTS}, none of them empty");
        return Err(Fault::field("input", said));
    }
    let encoding = read.encoding_format.unwrap_or(Encoding::Float);
    let wanted = EmbeddingsWanted {
        model: read.model,
        texts,
        dimensions: read.dimensions,
    };
    // Many long vectors take a while to write, and other requests are not to wait for that.
    let written = work::done(shared, move |shared, stop| {
        let made = shared.app.gate.embed_for_client(&client, &wanted, stop)?;
        Ok(list(&made, encoding).to_string())
    });
    Ok(json_text(StatusCode::OK, written.await?))
}

fn list(made: &ClientVectors, encoding: Encoding) -> Value {
    let data = made.vectors.iter().enumerate().map(|(index, vector)| {
        let written = match encoding {
            Encoding::Float => json!(vector),
            Encoding::Base64 => {
                let bytes: Vec<u8> = vector
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect();
                STANDARD.encode(bytes).into()
            }
        };
        json!({ "object": "embedding", "index": index, "embedding": written })
    });
    let tokens = made.usage.input;
    json!({
        "object": "list",
        "data": data.collect::<Vec<_>>(),
        "model": made.model,
        "usage": { "prompt_tokens": tokens, "total_tokens": tokens },
    })
}
