//! `/metrics`: the figures of Gatehouse as Prometheus reads them, and those of this server beside them.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    Extension,
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use gatehouse_core::{
    clients::Client,
    metrics::{self, Amount, CONTENT_TYPE, Family, Point},
    now_ms,
    problem::Problem,
};

use crate::{
    fault::{Dialect, Fault},
    refusals::{self, Refusal},
    server::Shared,
};

/// Where they are.
pub(crate) const PATH: &str = "/metrics";

/// All figures.
pub(crate) async fn metrics(
    State(shared): State<Arc<Shared>>,
    Extension(client): Extension<Client>,
) -> Response {
    let read = tokio::task::spawn_blocking(move || read(&shared, &client)).await;
    let text = match read {
        Ok(Ok(text)) => text,
        Ok(Err(problem)) => return Fault::from(problem).response(Dialect::OpenAi),
        Err(_) => return Fault::broke_off().response(Dialect::OpenAi),
    };
    let mut response = Response::new(Body::from(text));
    let kind = HeaderValue::from_static(CONTENT_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn read(shared: &Shared, client: &Client) -> Result<String, Problem> {
    // Each call of which a client has heard the end is in them. Where nothing can be written, they are read all the same.
    let _ = shared.app.store.settle();
    let mut families = shared.app.metrics_for(client, now_ms())?;
    families.extend(of_this_server(shared));
    Ok(metrics::text(&families))
}

fn of_this_server(shared: &Shared) -> [Family; 2] {
    let open = u64::try_from(shared.open.load(Ordering::Relaxed)).unwrap_or(u64::MAX);
    let refused = |&why: &Refusal| {
        let count = Amount::Count(shared.refusals.of(why));
        Point::of(&[("reason", why.name())], count)
    };
    [
        Family::gauge(
            "gatehouse_api_connections",
            "Connections to the local API that are open.",
            vec![Point::alone(Amount::Count(open))],
        ),
        Family::counter(
            "gatehouse_api_refused_total",
            "Requests and connections that the local API has refused since it was started.",
            refusals::KINDS.iter().map(refused).collect(),
        ),
    ]
}
