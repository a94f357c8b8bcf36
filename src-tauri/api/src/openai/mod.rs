//! OpenAI's language: Chat Completions, Completions, Embeddings, Moderations, Models.

mod answer;
mod completions;
mod embeddings;
mod moderations;
mod request;
mod stream;

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use gatehouse_core::{
    clients::Client,
    engine::Stop,
    gate::{Gate, client::ClientModel},
};
use serde_json::{Value, json};

use self::request::ChatBody;
pub(crate) use self::request::{image, within};
use crate::{
    anthropic, body,
    fault::{Dialect, Fault, json_response},
    server::Shared,
    work::{self, Pieces, Whole, first},
};

/// Chat Completions.
pub(crate) async fn chat(
    State(shared): State<Arc<Shared>>,
    Extension(client): Extension<Client>,
    body: Body,
) -> Response {
    match answer(&shared, client, body).await {
        Ok(response) => response,
        Err(fault) => fault.response(Dialect::OpenAi),
    }
}

async fn answer(shared: &Arc<Shared>, client: Client, body: Body) -> Result<Response, Fault> {
    let read: ChatBody = body::read(body, &shared.config.limits, &shared.refusals).await?;
    let streams = read.stream.unwrap_or(false);
    let usage = read.wants_usage();
    let request = read.request()?;
    let ask = move |gate: &Gate, stop: &Stop, pieces: Pieces<'_>, whole: Whole<'_>| {
        gate.answer_client(&client, &request, stop, pieces, whole)
    };
    if streams {
        let mut listening = work::listen(shared, ask);
        // Until something comes of the answer, a fault can still be told with its own status.
        let first = first(&mut listening).await?;
        return Ok(stream::response(listening, first, usage));
    }
    let answer = work::whole(shared, ask).await?;
    Ok(json_response(StatusCode::OK, &answer::completion(&answer)))
}

/// Completions.
pub(crate) async fn completions(
    State(shared): State<Arc<Shared>>,
    Extension(client): Extension<Client>,
    body: Body,
) -> Response {
    match completions::answer(&shared, client, body).await {
        Ok(response) => response,
        Err(fault) => fault.response(Dialect::OpenAi),
    }
}

/// Vectors of texts.
pub(crate) async fn embeddings(
    State(shared): State<Arc<Shared>>,
    Extension(client): Extension<Client>,
    body: Body,
) -> Response {
    match embeddings::answer(&shared, client, body).await {
        Ok(response) => response,
        Err(fault) => fault.response(Dialect::OpenAi),
    }
}

/// What a provider's policy says of texts.
pub(crate) async fn moderations(
    State(shared): State<Arc<Shared>>,
    Extension(client): Extension<Client>,
    body: Body,
) -> Response {
    match moderations::answer(&shared, client, body).await {
        Ok(response) => response,
        Err(fault) => fault.response(Dialect::OpenAi),
    }
}

/// What can be asked for. Anthropic's clients ask at the same address, and say who they are.
pub(crate) async fn models(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let dialect = anthropic::dialect(&headers);
    match listed(&shared).await {
        Err(fault) => fault.response(dialect),
        Ok(models) if dialect == Dialect::Anthropic => anthropic::model_list(&models),
        Ok(models) => {
            let data: Vec<Value> = models.iter().map(described).collect();
            json_response(StatusCode::OK, &json!({ "object": "list", "data": data }))
        }
    }
}

/// One of those.
pub(crate) async fn model(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let dialect = anthropic::dialect(&headers);
    let found = listed(&shared).await.and_then(|models| {
        let found = models
            .into_iter()
            .find(|model| model.id.eq_ignore_ascii_case(&id));
        found.ok_or_else(|| {
            let said = "there is no such model: GET /v1/models lists those that there are";
            Fault::new(StatusCode::NOT_FOUND, "model_not_found", said)
        })
    });
    match found {
        Err(fault) => fault.response(dialect),
        Ok(model) if dialect == Dialect::Anthropic => {
            json_response(StatusCode::OK, &anthropic::described(&model))
        }
        Ok(model) => json_response(StatusCode::OK, &described(&model)),
    }
}

async fn listed(shared: &Arc<Shared>) -> Result<Vec<ClientModel>, Fault> {
    work::done(shared, |shared, _| shared.app.gate.client_models()).await
}

fn described(model: &ClientModel) -> Value {
    // Nobody knows when a model was made; the field is one that clients want.
    json!({ "id": model.id, "object": "model", "created": 0, "owned_by": model.owned_by })
}
