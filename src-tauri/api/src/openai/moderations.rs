//! What a provider's policy says of texts.

use std::sync::Arc;

use axum::{body::Body, http::StatusCode, response::Response};
use gatehouse_core::{
    clients::Client,
    gate::client::{ClientModerations, Moderation, ModerationWanted},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    body,
    fault::{Fault, json_response},
    server::Shared,
    work,
};

/// Texts of one request at most.
const MOST_TEXTS: usize = 32;
/// What OpenAI takes where a request names none.
const USUAL_MODEL: &str = "omni-moderation-latest";

#[derive(Debug, Deserialize)]
struct ModerationsBody {
    model: Option<String>,
    input: Input,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Input {
    One(String),
    Several(Vec<String>),
    /// Texts and pictures in parts.
    Parts(serde::de::IgnoredAny),
}

pub(super) async fn answer(
    shared: &Arc<Shared>,
    client: Client,
    body: Body,
) -> Result<Response, Fault> {
    let read: ModerationsBody = body::read(body, &shared.config.limits, &shared.refusals).await?;
    let texts = match read.input {
        Input::One(text) => vec![text],
        Input::Several(texts) => texts,
        Input::Parts(_) => {
            let said = "input is a text or a list of texts: pictures are not taken";
            return Err(Fault::field("input", said));
        }
    };
    if !(1..=MOST_TEXTS).contains(&texts.len()) || texts.iter().any(String::is_empty) {
        let said = format!("input is one text or up to {MOST_TEXTS}, none of them empty");
        return Err(Fault::field("input", said));
    }
    let wanted = ModerationWanted {
        model: read.model.unwrap_or_else(|| USUAL_MODEL.to_owned()),
        texts,
    };
    let made = work::done(shared, move |shared, stop| {
        shared.app.gate.moderate_for_client(&client, &wanted, stop)
    })
    .await?;
    Ok(json_response(StatusCode::OK, &list(&made)))
}

fn list(made: &ClientModerations) -> Value {
    json!({
        "id": format!("modr-{}", uuid::Uuid::new_v4().simple()),
        "model": made.model,
        "results": made.results.iter().map(result).collect::<Vec<_>>(),
    })
}

fn result(of: &Moderation) -> Value {
    let by_name = |value: &dyn Fn(usize) -> Value| -> Map<String, Value> {
        let named = of.categories.iter().enumerate();
        named
            .map(|(nth, category)| (category.name.clone(), value(nth)))
            .collect()
    };
    json!({
        "flagged": of.flagged,
        "categories": by_name(&|nth| of.categories[nth].flagged.into()),
        "category_scores": by_name(&|nth| of.categories[nth].score.into()),
        "category_applied_input_types": by_name(&|_| json!(["text"])),
    })
}
