//! Anthropic's language: Messages, counting of tokens, Models.

mod answer;
mod request;
mod stream;

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use gatehouse_core::{
    clients::Client,
    engine::Stop,
    gate::{Gate, client::ClientModel},
};
use serde_json::{Value, json};

use self::request::MessagesBody;
use crate::{
    body,
    fault::{Dialect, Fault, json_response},
    server::Shared,
    work::{self, Pieces, Whole, first},
};

/// Messages.
pub(crate) async fn messages(
    State(shared): State<Arc<Shared>>,
    Extension(client): Extension<Client>,
    body: Body,
) -> Response {
    match message(&shared, client, body).await {
        Ok(response) => response,
        Err(fault) => fault.response(Dialect::Anthropic),
    }
}

async fn message(shared: &Arc<Shared>, client: Client, body: Body) -> Result<Response, Fault> {
    let read: MessagesBody = body::read(body, &shared.config.limits, &shared.refusals).await?;
    let streams = read.stream.unwrap_or(false);
    let request = read.request(true)?;
    let ask = move |gate: &Gate, stop: &Stop, pieces: Pieces<'_>, whole: Whole<'_>| {
        gate.answer_client(&client, &request, stop, pieces, whole)
    };
    if streams {
        let mut listening = work::listen(shared, ask);
        let first = first(&mut listening).await?;
        return Ok(stream::response(listening, first));
    }
    let answer = work::whole(shared, ask).await?;
    Ok(json_response(StatusCode::OK, &answer::message(&answer)))
}

/// How many tokens a request has: by Anthropic for its own models, else by our own count.
pub(crate) async fn count_tokens(
    State(shared): State<Arc<Shared>>,
    Extension(client): Extension<Client>,
    body: Body,
) -> Response {
    match count(&shared, client, body).await {
        Ok(tokens) => json_response(StatusCode::OK, &json!({ "input_tokens": tokens })),
        Err(fault) => fault.response(Dialect::Anthropic),
    }
}

async fn count(shared: &Arc<Shared>, client: Client, body: Body) -> Result<u64, Fault> {
    let read: MessagesBody = body::read(body, &shared.config.limits, &shared.refusals).await?;
    let request = read.request(false)?;
    work::done(shared, move |shared, stop| {
        shared.app.gate.count_for_client(&client, &request, stop)
    })
    .await
}

/// Who asks at an address that both languages have.
pub(crate) fn dialect(headers: &HeaderMap) -> Dialect {
    if headers.contains_key("anthropic-version") {
        Dialect::Anthropic
    } else {
        Dialect::OpenAi
    }
}

/// What can be asked for.
pub(crate) fn model_list(models: &[ClientModel]) -> Response {
    let list = json!({
        "data": models.iter().map(described).collect::<Vec<_>>(),
        "first_id": models.first().map(|model| &model.id),
        "last_id": models.last().map(|model| &model.id),
        "has_more": false,
    });
    json_response(StatusCode::OK, &list)
}

/// One of those.
pub(crate) fn described(model: &ClientModel) -> Value {
    // Nobody knows when a model was made; the field is one that clients want.
    json!({ "type": "model", "id": model.id, "display_name": model.id, "created_at": "1970-01-01T00:00:00Z" })
}
