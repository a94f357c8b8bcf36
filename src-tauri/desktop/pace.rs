//! The events of an answer on their way to the window. Each costs both processes something, and the
//! page is drawn anew for it, so text that comes faster than a person reads is put together.

use std::{
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use gatehouse_core::gate::AnswerEvent;

/// How long the window hears nothing after a piece of text, at least: it hears of 20 a second.
const SHORTEST: Duration = Duration::from_millis(50);
/// At most, however much comes: longer looks like stops and starts.
const LONGEST: Duration = Duration::from_millis(125);
/// The pause that one character earns. Below 25 of them in the shortest pause, which is 500 a second
/// and a multiple of what anybody reads, text is shown as it comes; above, it is skimmed at best.
const FOR_A_CHARACTER: Duration = Duration::from_millis(2);

/// Do some work whose events reach `send` in order, the last one before this returns.
pub(crate) fn paced<T>(
    send: impl FnMut(AnswerEvent) + Send,
    work: impl FnOnce(&mut dyn FnMut(AnswerEvent)) -> T,
) -> T {
    thread::scope(|scope| {
        let (sink, events) = mpsc::channel();
        let passing = scope.spawn(move || pass_on(&events, send));
        let done = work(&mut |event| {
            let can_wait = is_text(&event);
            // Nobody receives only if that thread panicked, which the scope tells.
            let _ = sink.send(event);
            if !can_wait {
                passing.thread().unpark();
            }
        });
        drop(sink);
        passing.thread().unpark();
        done
    })
}

/// Pass events on until no more can come. Text that comes during a pause wakes nobody.
fn pass_on(events: &Receiver<AnswerEvent>, mut send: impl FnMut(AnswerEvent)) {
    while let Ok(mut event) = events.recv() {
        while let Ok(next) = events.try_recv() {
            if let Some(next) = joined(&mut event, next) {
                send(std::mem::replace(&mut event, next));
            }
        }
        let pause = pause_after(&event);
        send(event);
        if let Some(pause) = pause {
            // A wake that was meant for an earlier pause only makes this one shorter.
            thread::park_timeout(pause);
        }
    }
}

fn pause_after(event: &AnswerEvent) -> Option<Duration> {
    let (AnswerEvent::Text { text, .. } | AnswerEvent::Thinking { text }) = event else {
        return None;
    };
    let characters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    let earned = FOR_A_CHARACTER.saturating_mul(characters);
    Some(earned.clamp(SHORTEST, LONGEST))
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
            AnswerEvent::Text { text, tokens, .. },
            AnswerEvent::Text {
                text: more,
                tokens: now,
                ..
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
    use std::time::Instant;

    use super::*;

    fn piece(nth: u32) -> AnswerEvent {
        AnswerEvent::Text {
            text: format!("{nth} "),
            tokens: nth,
            refusal: false,
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
        let most = 2 + began.elapsed().as_millis() / SHORTEST.as_millis();
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

    #[test]
    fn the_more_text_comes_the_longer_it_is_gathered_within_limits() {
        let after = |characters: usize| {
            pause_after(&AnswerEvent::Text {
                text: "ä".repeat(characters),
                tokens: 1,
                refusal: false,
            })
        };
        assert_eq!(after(1), Some(SHORTEST), "slow text is shown as it comes");
        assert_eq!(after(25), Some(SHORTEST));
        assert_eq!(after(40), Some(Duration::from_millis(80)));
        assert_eq!(after(1_000_000), Some(LONGEST));
        assert_eq!(pause_after(&AnswerEvent::Waiting), None, "it is no text");
    }
}
