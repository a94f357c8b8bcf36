//! Cancelling takes effect at once, also inside a long prompt, and hurts nobody else.

use std::time::{Duration, Instant};

use gatehouse_protocol::{Event, FinishReason, Request};

use crate::support::{Engine, Outcome, greedy, take, user, words};

/// The promise is 100 ms, which the benchmark holds; a busy machine may make the engine wait its turn.
const AT_ONCE: Duration = Duration::from_millis(500);

fn cancel(engine: &mut Engine, id: u64) -> (Outcome, Duration) {
    let begun = Instant::now();
    engine.send(&Request::Cancel { id });
    let outcome = engine.outcome(id);
    (outcome, begun.elapsed())
}

#[test]
fn an_answer_stops_at_once() {
    let mut engine = Engine::chat(2048, 1);
    let id = engine.begin(&[user("Tell me a very long story.")], greedy(1500));
    while !matches!(engine.event(), Event::Text { .. }) {}
    let (outcome, took) = cancel(&mut engine, id);
    assert_eq!(outcome.reason, Some(FinishReason::Cancelled));
    assert!(outcome.usage.output_tokens > 0, "what was written counts");
    assert!(took < AT_ONCE, "{took:?}");
}

#[test]
fn reading_a_long_prompt_stops_at_once_and_the_engine_goes_on() {
    let mut engine = Engine::chat(2048, 1);
    let id = engine.begin(&[user(words(1600))], greedy(5));
    while !matches!(engine.event(), Event::Reading { .. }) {}
    let (outcome, took) = cancel(&mut engine, id);
    assert_eq!(
        (outcome.reason, outcome.usage.output_tokens),
        (Some(FinishReason::Cancelled), 0)
    );
    assert!(took < AT_ONCE, "{took:?}");
    let again = engine.ask(&[user(words(200))], greedy(2));
    assert!(
        again.cached_tokens > 100,
        "what was read before the cancel is kept: {again:?}"
    );
    assert_eq!(again.reason, Some(FinishReason::MaxTokens));
}

#[test]
fn cancelling_one_of_two_leaves_the_other_as_it_would_have_been() {
    let mut engine = Engine::chat(2048, 2);
    let question = [user("What is the capital of France? Explain in detail.")];
    let alone = engine.ask(&question, greedy(24)).text();
    let mut engine = Engine::chat(2048, 2);
    let kept = engine.begin(&question, greedy(24));
    let stopped = engine.begin(&[user(words(1600))], greedy(5));
    let (mut one, mut two) = (Outcome::default(), Outcome::default());
    let mut asked = false;
    while one.reason.is_none() || two.reason.is_none() {
        let event = engine.event();
        if !asked && matches!(event, Event::Text { .. }) {
            asked = true;
            engine.send(&Request::Cancel { id: stopped });
        }
        let about_kept = matches!(&event, Event::Started { id, .. } | Event::Text { id, .. } | Event::Done { id, .. } if *id == kept);
        if about_kept {
            take(&mut one, kept, event)
        } else {
            take(&mut two, stopped, event)
        }
    }
    assert_eq!(two.reason, Some(FinishReason::Cancelled));
    assert_eq!(one.usage.output_tokens, 24);
    assert_eq!(one.text(), alone);
}

#[test]
fn a_request_that_still_waits_can_be_cancelled() {
    let mut engine = Engine::chat(1024, 1);
    let running = engine.begin(&[user("Tell me a long story.")], greedy(30));
    let waiting = engine.begin(&[user("And another.")], greedy(30));
    engine.send(&Request::Cancel { id: waiting });
    let mut outcome = Outcome::default();
    let mut cancelled = false;
    while outcome.reason.is_none() {
        match engine.event() {
            Event::Done { id, reason, .. } if id == waiting => {
                cancelled = reason == FinishReason::Cancelled
            }
            event => take(&mut outcome, running, event),
        }
    }
    assert!(
        cancelled,
        "it never started and ends before the one that runs"
    );
}

#[test]
fn an_unknown_id_is_ignored() {
    let mut engine = Engine::chat(1024, 1);
    engine.send(&Request::Cancel { id: 4711 });
    assert_eq!(engine.ask(&[user("Hi")], greedy(3)).usage.output_tokens, 3);
}
