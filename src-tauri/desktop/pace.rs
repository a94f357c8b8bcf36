//! The events of an answer on their way to the window. Each costs both processes something, so text
//! that comes faster than the window draws it is put together.

use std::{
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use gatehouse_core::gate::AnswerEvent;

/// How often the window hears of new text, at most. The first piece is not held back.
const EVERY: Duration = Duration::from_millis(50);

/// Do some work whose events reach `send` in order, the last one before this returns.
pub(crate) fn paced<T>(
    send: impl FnMut(AnswerEvent) + Send,
    work: impl FnOnce(&mut dyn FnMut(AnswerEvent)) -> T,
) -> T {
    thread::scope(|scope| {
        let (sink, events) = mpsc::channel();
        scope.spawn(move || pass_on(&events, send));
        work(&mut |event| {
            // Nobody receives only if that thread panicked, which the scope tells.
            let _ = sink.send(event);
        })
    })
}

/// Pass events on until no more can come.
fn pass_on(events: &Receiver<AnswerEvent>, mut send: impl FnMut(AnswerEvent)) {
    let mut waiting = None;
    let mut earliest = Instant::now();
    while let Some(mut event) = waiting.take().or_else(|| events.recv().ok()) {
        while is_text(&event) && waiting.is_none() {
            let pause = earliest.saturating_duration_since(Instant::now());
            match events.recv_timeout(pause) {
                Ok(next) => waiting = joined(&mut event, next),
                Err(_) => break,
            }
        }
        if is_text(&event) {
            earliest = Instant::now() + EVERY;
        }
        send(event);
    }
}

fn is_text(event: &AnswerEvent) -> bool {
    matches!(
        event,
        AnswerEvent::Text { .. } | AnswerEvent::Thinking { .. }
    )
}

/// Put a piece behind another of its kind; what is none is given back.
fn joined(event: &mut AnswerEvent, next: AnswerEvent) -> Option<AnswerEvent> {
    match (event, next) {
        (
            AnswerEvent::Text { text, tokens },
            AnswerEvent::Text {
                text: more,
                tokens: now,
            },
        ) => {
            text.push_str(&more);
            *tokens = now;
            None
        }
        (AnswerEvent::Thinking { text }, AnswerEvent::Thinking { text: more }) => {
            text.push_str(&more);
            None
        }
        (_, next) => Some(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(nth: u32) -> AnswerEvent {
        AnswerEvent::Text {
            text: format!("{nth} "),
            tokens: nth,
        }
    }

    #[test]
    fn no_piece_is_lost_and_the_window_is_called_only_so_often() {
        let mut sent = Vec::new();
        let began = Instant::now();
        paced(
            |event| sent.push(event),
            |sink| (0..5_000).for_each(|nth| sink(piece(nth))),
        );
        let most = 2 + began.elapsed().as_millis() / EVERY.as_millis();
        assert!(sent.len() as u128 <= most, "{} calls", sent.len());
        let mut all = String::new();
        for event in &sent {
            let AnswerEvent::Text { text, .. } = event else {
                panic!("{event:?} was never sent")
            };
            all.push_str(text);
        }
        let wanted: String = (0..5_000).map(|nth| format!("{nth} ")).collect();
        assert_eq!(all, wanted);
        assert!(
            matches!(sent.last(), Some(AnswerEvent::Text { tokens: 4_999, .. })),
            "the newest count holds"
        );
    }

    #[test]
    fn what_is_no_text_keeps_its_place_among_it() {
        let thought = |text: &str| AnswerEvent::Thinking { text: text.into() };
        let mut sent = Vec::new();
        paced(
            |event| sent.push(event),
            |sink| {
                for event in [
                    AnswerEvent::Waiting,
                    thought("a"),
                    thought("b"),
                    piece(1),
                    piece(2),
                    AnswerEvent::Waiting,
                    piece(3),
                ] {
                    sink(event);
                }
            },
        );
        let mut told = String::new();
        for event in sent {
            match event {
                AnswerEvent::Waiting => told.push('|'),
                AnswerEvent::Thinking { text } => told.push_str(&text),
                AnswerEvent::Text { text, .. } => told.push_str(&text),
                other => panic!("{other:?} was never sent"),
            }
        }
        assert_eq!(told, "|ab1 2 |3 ");
    }

    #[test]
    fn the_first_piece_is_not_held_back() {
        let (tell, told) = mpsc::channel();
        paced(
            move |event| tell.send(event).unwrap(),
            |sink| {
                sink(piece(1));
                // Nothing else comes before this one has arrived.
                assert_eq!(told.recv().unwrap(), piece(1));
            },
        );
    }
}
