//! Who may ask: before anything of a request is read, its head is looked at, in this order: how it is
//! framed, what it calls us, which page it comes from, whose key it has, how often that client asks.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use gatehouse_core::{
    clients::{self, Client, ClientError},
    now_ms,
    problem::Problem,
    store::StoreError,
};
use tokio::{task::spawn_blocking, time::sleep};

use crate::{
    body::too_large,
    fault::{Dialect, Fault, WRONG_KEY},
    metrics,
    refusals::Refusal,
    server::Shared,
};

/// Let a request through, with its client, or say why not.
pub(crate) async fn guard(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Response {
    let dialect = Dialect::of(request.uri().path());
    let origin = match looked_at(&shared, &request) {
        Ok(origin) => origin,
        Err(refused) => return refuse(&shared, refused, dialect),
    };
    if request.method() == Method::OPTIONS {
        return preflight(request.headers(), origin);
    }
    if request.uri().path() != "/health" {
        match let_in(&shared, request.headers(), request.uri().path()).await {
            Ok(client) => request.extensions_mut().insert(client),
            Err(refused) => return with_origin(refuse(&shared, refused, dialect), origin),
        };
    }
    with_origin(next.run(request).await, origin)
}

/// Why, and what the client hears.
type Refusing = (Refusal, Fault);

fn refuse(shared: &Shared, (why, fault): Refusing, dialect: Dialect) -> Response {
    shared.refusals.count(why);
    let mut response = fault.response(dialect);
    if !matches!(why, Refusal::Rate) {
        // Nothing of its body is read, so the connection cannot go on.
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Framing, host and origin; the origin, where there is one that may ask.
fn looked_at(shared: &Shared, request: &Request) -> Result<Option<HeaderValue>, Refusing> {
    let headers = request.headers();
    if headers.contains_key(header::TRANSFER_ENCODING) {
        // With one way to say how long a body is, nobody can say two things at once.
        let said = "a request says how long it is with Content-Length, and not in another way";
        let fault = Fault::new(StatusCode::LENGTH_REQUIRED, "length_required", said);
        return Err((Refusal::Form, fault));
    }
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > shared.config.limits.body_bytes) {
        return Err((Refusal::Size, too_large(shared.config.limits.body_bytes)));
    }
    let hosts: Vec<_> = headers.get_all(header::HOST).iter().collect();
    let named = match hosts.as_slice() {
        [host] => host.to_str().ok(),
        _ => None,
    };
    let by_address = request
        .uri()
        .authority()
        .map(|authority| authority.as_str());
    let answers = |name: &str| shared.config.answers_to(name);
    if !named.is_some_and(answers) || !by_address.is_none_or(answers) {
        let said = "the local API of Gatehouse is not called by this name";
        let fault = Fault::new(StatusCode::MISDIRECTED_REQUEST, "wrong_host", said);
        return Err((Refusal::Host, fault));
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(None);
    };
    let may = |given: &str| shared.config.origins.iter().any(|origin| origin == given);
    if !origin.to_str().is_ok_and(may) {
        let said = "web pages of this origin may not ask the local API of Gatehouse";
        let fault = Fault::new(StatusCode::FORBIDDEN, "wrong_origin", said);
        return Err((Refusal::Origin, fault));
    }
    Ok(Some(origin.clone()))
}

/// The client whose key a request has, where it may ask for what is at this address.
async fn let_in(shared: &Arc<Shared>, headers: &HeaderMap, path: &str) -> Result<Client, Refusing> {
    let Some(key) = key(headers) else {
        let said =
            "a request needs the key of a client of Gatehouse, as a bearer token or in x-api-key";
        return Err(unauthorized(said));
    };
    let client = owner(shared, key).await?;
    if client.only_metrics != (path == metrics::PATH) {
        let said = match client.only_metrics {
            true => "this client may read /metrics and nothing else",
            false => "/metrics is read by a client that was added for it",
        };
        let fault = Fault::new(StatusCode::FORBIDDEN, "wrong_client", said);
        return Err((Refusal::Key, fault));
    }
    if let Err(wait) = shared.rate.take(client.id, Instant::now()) {
        let said = "this client asks too often";
        let mut fault = Fault::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", said);
        fault.wait = Some(wait);
        return Err((Refusal::Rate, fault));
    }
    Ok(client)
}

/// Whose key it is. Where no connection to the database is free, that is looked up on a thread that may wait for one.
async fn owner(shared: &Arc<Shared>, key: &str) -> Result<Client, Refusing> {
    let at_once = shared
        .app
        .store
        .read_at_once(|conn| apart(clients::by_key(conn, key, now_ms())));
    let found = match at_once {
        Some(found) => Ok(found),
        None => {
            let (app, key) = (Arc::clone(&shared.app), key.to_owned());
            let read = move || {
                app.store
                    .read(|conn| apart(clients::by_key(conn, &key, now_ms())))
            };
            spawn_blocking(read).await
        }
    };
    match found {
        Ok(Ok(Ok(client))) => Ok(client),
        Ok(Err(error)) => Err((Refusal::Key, Fault::from(Problem::from(error)))),
        Ok(Ok(Err(error))) => {
            // Only who guesses waits: a count would shut out others, whose keys are good.
            sleep(shared.config.limits.wrong_key).await;
            Err(unauthorized(Problem::from(error)))
        }
        Err(_) => Err((Refusal::Key, Fault::broke_off())),
    }
}

/// A wrong key is no failure of the database, after which the connection would be closed that it was read with.
fn apart(found: Result<Client, ClientError>) -> Result<Result<Client, ClientError>, StoreError> {
    match found {
        Err(ClientError::Store(error)) => Err(error),
        found => Ok(found),
    }
}

fn unauthorized(said: impl ToString) -> Refusing {
    let fault = Fault::new(StatusCode::UNAUTHORIZED, WRONG_KEY, said.to_string());
    (Refusal::Key, fault)
}

fn key(headers: &HeaderMap) -> Option<&str> {
    let given = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = given("authorization").and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
    });
    bearer.or_else(|| given("x-api-key"))
}

/// What a browser asks before it lets a page ask. It has no key.
fn preflight(headers: &HeaderMap, origin: Option<HeaderValue>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let out = response.headers_mut();
    if origin.is_some() {
        let methods = HeaderValue::from_static("GET, POST");
        out.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        if let Some(wanted) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            out.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
    }
    with_origin(response, origin)
}

fn with_origin(mut response: Response, origin: Option<HeaderValue>) -> Response {
    let headers = response.headers_mut();
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
