//! Texts become vectors of length one; the starter model, which says nothing of pooling, gives means, and the
//! model that was made for it gives what its makers' own program gives.

use std::path::PathBuf;

use gatehouse_protocol::{
    Event, FinishReason, LoadRequest, ModelPurpose, Request, RequestErrorKind,
};

use crate::support::{Engine, embedding_model, greedy, load_request, starter_model, user, words};

fn embedder() -> Engine {
    embedder_of(starter_model(), 576)
}

fn embedder_of(model: PathBuf, length: u32) -> Engine {
    let mut engine = Engine::bare();
    let request = LoadRequest {
        purpose: ModelPurpose::Embedding,
        ..load_request(model, 512, 4)
    };
    let report = engine.load(request).expect("the model loads");
    assert_eq!(report.embedding_length, length);
    engine
}

fn embed(engine: &mut Engine, texts: &[String]) -> (Vec<Vec<f32>>, u32) {
    let id = engine.id();
    engine.send(&Request::Embed {
        id,
        texts: texts.to_vec(),
    });
    let mut all = (Vec::new(), 0);
    loop {
        let event = engine.event();
        let Event::Embedded {
            id: of,
            vectors,
            tokens,
            left,
        } = event
        else {
            panic!("{event:?}")
        };
        all.0.extend(vectors);
        all.1 += tokens;
        assert_eq!((of, all.0.len() + left as usize), (id, texts.len()));
        if left == 0 {
            return all;
        }
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn vectors_have_length_one_and_stand_in_the_order_of_the_texts() {
    let mut engine = embedder();
    let texts: Vec<String> = (0..9)
        .map(|n| format!("Text {n}: {}", words(n * 30)))
        .chain([String::new()])
        .collect();
    let (vectors, tokens) = embed(&mut engine, &texts);
    assert!(tokens > 1000, "{tokens}");
    for vector in &vectors {
        assert_eq!(vector.len(), 576);
        let length = cosine(vector, vector).sqrt();
        assert!((length - 1.0).abs() < 1e-4, "{length}");
    }
    for (text, vector) in texts.iter().zip(&vectors).step_by(3) {
        let (alone, _) = embed(&mut engine, std::slice::from_ref(text));
        let same = cosine(&alone[0], vector);
        assert!(same > 0.999, "{text:?} alone and among others: {same}");
    }
    assert!(
        cosine(&vectors[0], &vectors[8]) < 0.999,
        "different texts differ"
    );
}

#[test]
fn a_text_too_long_and_a_request_to_chat_are_refused_with_reasons() {
    let mut engine = embedder();
    let id = engine.id();
    engine.send(&Request::Embed {
        id,
        texts: vec!["short".into(), words(800)],
    });
    let Event::Failed { kind, message, .. } = engine.event() else {
        panic!("it is too long")
    };
    assert_eq!(kind, RequestErrorKind::PromptTooLong);
    assert!(
        message.contains("Text 2") && message.contains("512"),
        "{message}"
    );
    engine.begin(&[user("Hi")], greedy(3));
    assert!(matches!(
        engine.event(),
        Event::Failed {
            kind: RequestErrorKind::NotReady,
            ..
        }
    ));
    embed(&mut engine, &["It goes on.".into()]);
}

#[test]
fn a_chat_engine_refuses_to_embed() {
    let mut engine = Engine::chat(512, 1);
    engine.send(&Request::Embed {
        id: 9,
        texts: vec!["Hi".into()],
    });
    assert!(matches!(
        engine.event(),
        Event::Failed {
            id: 9,
            kind: RequestErrorKind::NotReady,
            ..
        }
    ));
}

#[test]
fn a_request_that_is_cancelled_midway_ends_and_leaves_the_next_alone() {
    let mut engine = embedder();
    let id = engine.id();
    engine.send(&Request::Embed {
        id,
        texts: vec![words(60); 400],
    });
    // The vectors come part by part, so the work has begun when the first are here.
    let Event::Embedded { left: 1.., .. } = engine.event() else {
        panic!("400 texts of this length are no single batch")
    };
    engine.send(&Request::Cancel { id });
    let mut left = 400;
    loop {
        match engine.event() {
            Event::Embedded { left: now, .. } => left = now,
            Event::Done { id: of, reason, .. } => {
                assert_eq!((of, reason), (id, FinishReason::Cancelled));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(left > 0, "it was not cancelled, but done");
    embed(&mut engine, &["It goes on.".into()]);
}

#[test]
fn the_model_that_was_made_for_vectors_finds_texts_as_near_as_in_its_makers_own_program() {
    let mut engine = embedder_of(embedding_model(), 384);
    let texts = [
        "A man is eating food.",
        "A man is eating a piece of bread.",
        "The girl is carrying a baby.",
    ];
    let (vectors, _) = embed(&mut engine, &texts.map(str::to_owned));
    // Seen with PyTorch.
    for (other, expected) in [(1, 0.755), (2, -0.105)] {
        let found = cosine(&vectors[0], &vectors[other]);
        assert!(
            (found - expected).abs() < 0.002,
            "{}: {found}, not {expected}",
            texts[other]
        );
    }
}
