//! Answers in pieces, as server-sent events.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::Response,
};
use futures_core::Stream;
use gatehouse_core::gate::client::ClientEvent;

use crate::work::{Heard, Listening};

/// How a language writes an answer down, piece by piece. Each text is a whole event.
pub(crate) trait Writes: Send + Unpin + 'static {
    /// What comes before the first piece.
    fn begin(&mut self) -> Vec<String>;
    /// A piece.
    fn event(&mut self, event: ClientEvent) -> Vec<String>;
    /// The end; also where the work broke off, which has none.
    fn end(&mut self, end: Heard) -> Vec<String>;
}

/// The response that writes an answer as it is heard.
pub(crate) fn response(listening: Listening, first: Heard, writes: impl Writes) -> Response {
    let mut pieces = Pieces {
        listening: Some(listening),
        waiting: VecDeque::new(),
        writes,
    };
    let begin = pieces.writes.begin();
    pieces.waiting.extend(begin);
    pieces.hear(first);
    let mut response = Response::new(Body::from_stream(pieces));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    response
}

/// The events of an answer, ready to be sent.
struct Pieces<W> {
    /// `None` once the end was heard.
    listening: Option<Listening>,
    waiting: VecDeque<String>,
    writes: W,
}

impl<W: Writes> Pieces<W> {
    fn hear(&mut self, heard: Heard) {
        let written = match heard {
            Heard::Event(event) => self.writes.event(event),
            end @ Heard::End(_) => {
                self.listening = None;
                self.writes.end(end)
            }
        };
        self.waiting.extend(written);
    }
}

impl<W: Writes> Stream for Pieces<W> {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if !self.waiting.is_empty() {
                // What came together goes out together.
                let all: String = self.waiting.drain(..).collect();
                return Poll::Ready(Some(Ok(Bytes::from(all))));
            }
            let Some(listening) = &mut self.listening else {
                return Poll::Ready(None);
            };
            match ready!(listening.events.poll_recv(context)) {
                Some(heard) => self.hear(heard),
                // It broke off without an end: the client is not to take it for one.
                None => return Poll::Ready(None),
            }
        }
    }
}
