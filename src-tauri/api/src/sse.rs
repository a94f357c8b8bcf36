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

use crate::{
    fault::Fault,
    work::{Heard, Listening},
};

/// How a language writes an answer down, piece by piece. Each text is a whole event.
pub(crate) trait Writes: Send + Unpin + 'static {
    /// What comes before the first piece.
    fn begin(&mut self) -> Vec<String>;
    /// A piece.
    fn event(&mut self, event: ClientEvent) -> Vec<String>;
    /// The end; a fault is one that the client cannot take for the end of the answer.
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
                // It broke off without an end, and clients take the end of a stream for one.
                None => self.hear(Heard::End(Box::new(Err(Fault::broke_off())))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::to_bytes;
    use gatehouse_core::gate::GateError;
    use tokio::runtime;

    use super::*;
    use crate::work::{Pieces, Whole, first, heard};

    /// Writes down what it hears.
    struct Plain;

    impl Writes for Plain {
        fn begin(&mut self) -> Vec<String> {
            vec!["begins;".into()]
        }

        fn event(&mut self, event: ClientEvent) -> Vec<String> {
            match event {
                ClientEvent::Text(text) => vec![format!("{text};")],
                _ => Vec::new(),
            }
        }

        fn end(&mut self, end: Heard) -> Vec<String> {
            match end {
                Heard::End(end) => {
                    vec![(*end).map_or_else(|fault| fault.message, |_| "end".into())]
                }
                Heard::Event(_) => Vec::new(),
            }
        }
    }

    /// The whole body of a stream that this work tells.
    fn streamed(
        work: impl FnOnce(Pieces<'_>, Whole<'_>) -> Result<(), GateError> + Send + 'static,
    ) -> String {
        let runtime = runtime::Builder::new_multi_thread().enable_time().build();
        let body = runtime.unwrap().block_on(async {
            let mut listening = heard(Duration::from_secs(60), |_, pieces, whole| {
                work(pieces, whole)
            });
            let (_, begun) = first(&mut listening).await.unwrap();
            let body = response(listening, begun, Plain).into_body();
            to_bytes(body, 1 << 20).await.unwrap()
        });
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[test]
    fn work_that_panics_in_a_stream_ends_it_with_a_fault_and_not_as_if_it_were_whole() {
        let body = streamed(|tell, _| {
            tell(ClientEvent::Text("Half of".into()));
            panic!("a test breaks off here");
        });
        assert_eq!(body, "begins;Half of;the answer broke off");
    }

    #[test]
    fn work_that_fails_in_a_stream_says_why() {
        let body = streamed(|tell, _| {
            tell(ClientEvent::Text("Half of".into()));
            Err(GateError::Offline)
        });
        assert!(
            body.starts_with("begins;Half of;The offline switch is on."),
            "{body}"
        );
    }
}
