//! What can be asked for, and where.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{Method, StatusCode, Uri},
    middleware,
    response::Response,
    routing::{get, post},
};
use serde_json::json;

use crate::{
    anthropic,
    fault::{Dialect, Fault, json_response},
    guard::guard,
    metrics, openai,
    server::Shared,
};

/// All of it, behind the guard.
pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/v1/models", get(openai::models))
        .route("/v1/models/{*id}", get(openai::model))
        .route("/v1/chat/completions", post(openai::chat))
        .route("/v1/completions", post(openai::completions))
        .route("/v1/embeddings", post(openai::embeddings))
        .route("/v1/moderations", post(openai::moderations))
        .route("/v1/messages", post(anthropic::messages))
        .route("/v1/messages/count_tokens", post(anthropic::count_tokens))
        .route(metrics::PATH, get(metrics::metrics))
        .fallback(nothing)
        .method_not_allowed_fallback(nothing)
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), guard))
        .with_state(shared)
}

async fn health(State(_): State<Arc<Shared>>) -> Response {
    json_response(StatusCode::OK, &json!({ "status": "ok" }))
}

async fn nothing(method: Method, uri: Uri) -> Response {
    let said = match uri.path() {
        "/v1/responses" => {
            "the local API of Gatehouse has no Responses: use /v1/chat/completions".to_owned()
        }
        _ => format!("the local API of Gatehouse has no {method} at this address"),
    };
    Fault::new(StatusCode::NOT_FOUND, "unknown_url", said).response(Dialect::of(uri.path()))
}
