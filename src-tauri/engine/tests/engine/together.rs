//! Several requests share the batch: they progress side by side, and one that waits keeps its turn.

use std::collections::BTreeMap;

use gatehouse_protocol::{Event, FinishReason};

use crate::support::{Engine, endless, greedy, user, words};

/// Events of these requests until all are done, as (id, whether it was the end).
fn progress(engine: &mut Engine, requests: usize) -> Vec<(u64, bool)> {
    let mut seen = Vec::new();
    while seen.iter().filter(|(_, end)| *end).count() < requests {
        match engine.event() {
            Event::Text { id, .. } => seen.push((id, false)),
            Event::Done { id, reason, .. } => {
                assert_ne!(reason, FinishReason::Cancelled);
                seen.push((id, true));
            }
            Event::Started { .. } | Event::Reading { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    seen
}

fn together(requests: u64) {
    let mut engine = Engine::chat(512, 4);
    for n in 0..requests {
        engine.begin(
            &[user(format!("Tell me a long story about the number {n}."))],
            greedy(20),
        );
    }
    let seen = progress(&mut engine, usize::try_from(requests).unwrap());
    let first_end = seen.iter().position(|(_, end)| *end).unwrap();
    let mut pieces = BTreeMap::new();
    for (id, _) in &seen[..first_end] {
        *pieces.entry(*id).or_insert(0) += 1;
    }
    assert_eq!(
        pieces.len() as u64,
        requests,
        "all have written when the first ends: {pieces:?}"
    );
    assert!(
        pieces.values().all(|&count| count >= 8),
        "they went on side by side: {pieces:?}"
    );
}

#[test]
fn two_answers_are_written_side_by_side() {
    together(2);
}

#[test]
fn four_answers_are_written_side_by_side() {
    together(4);
}

#[test]
fn more_requests_than_sequences_are_answered_in_order() {
    let mut engine = Engine::chat(512, 1);
    let ids: Vec<u64> = (0..3)
        .map(|n| engine.begin(&[user(format!("Say {n}."))], greedy(4)))
        .collect();
    let ends: Vec<u64> = progress(&mut engine, 3)
        .into_iter()
        .filter(|(_, end)| *end)
        .map(|(id, _)| id)
        .collect();
    assert_eq!(ends, ids);
}

#[test]
fn a_long_prompt_is_read_between_the_tokens_of_others() {
    let mut engine = Engine::chat(2048, 2);
    let writing = engine.begin(&[user("Tell me a very long story.")], endless(1900));
    while !matches!(engine.event(), Event::Text { .. }) {}
    // More than three batches of the largest size, however fast they are computed.
    let reading = engine.begin(&[user(words(1600))], greedy(1));
    let mut written = 0;
    loop {
        match engine.event() {
            Event::Text { id, .. } if id == writing => written += 1,
            Event::Done { id, .. } if id == reading => break,
            _ => {}
        }
    }
    assert!(
        written >= 3,
        "only {written} pieces came while the prompt was read"
    );
}
