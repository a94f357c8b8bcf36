//! How an engine begins and ends: it never outlives the pipe from the app.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
};

use gatehouse_protocol::{Event, LoadErrorKind, Request, RequestErrorKind, write_frame};

use crate::support::{Engine, greedy, load_request, starter_model, user, words};

#[test]
fn what_a_screen_shows_of_a_model_is_reported() {
    let (_engine, report) = Engine::chat_with_report(100_000, 2);
    assert_eq!(report.trained_context_tokens, 8192);
    assert_eq!(
        report.context_tokens, 8192,
        "cut to what the model was trained for"
    );
    assert_eq!(
        (
            report.sequences,
            report.embedding_length,
            report.has_chat_template
        ),
        (2, 576, true)
    );
    assert_eq!(report.parameters, 134_515_008);
    assert!(report.threads >= 1);
    assert!(
        (90_000_000..100_000_000).contains(&report.weights_bytes),
        "{report:?}"
    );
    // 30 layers, 3 heads of 64 numbers each for keys and for values, 2 bytes a number.
    assert_eq!(report.kv_cache_bytes, 2 * 8192 * 30 * 3 * 64 * 2 * 2);
}

#[test]
fn nothing_is_answered_before_a_model_is_there() {
    let mut engine = Engine::bare();
    engine.send(&Request::CountTokens {
        id: 1,
        texts: vec!["a".into()],
    });
    assert!(matches!(
        engine.event(),
        Event::Failed {
            id: 1,
            kind: RequestErrorKind::NotReady,
            ..
        }
    ));
    engine.begin(&[user("Hi")], greedy(3));
    assert!(matches!(
        engine.event(),
        Event::Failed {
            kind: RequestErrorKind::NotReady,
            ..
        }
    ));
}

#[test]
fn tokens_are_counted_without_special_ones_also_while_an_answer_is_read() {
    let mut engine = Engine::chat(2048, 1);
    let running = engine.begin(&[user(words(1500))], greedy(1));
    let id = engine.id();
    engine.send(&Request::CountTokens {
        id,
        texts: vec![String::new(), "Hello world".into(), "<|im_end|>".into()],
    });
    let counted = loop {
        match engine.event() {
            Event::Counted { id: of, counts } if of == id => break counts,
            Event::Done { .. } => panic!("counting waited for the whole prompt"),
            _ => {}
        }
    };
    assert_eq!(counted[..2], [0, 2]);
    assert!(counted[2] > 1, "a special token in a text is only letters");
    engine.send(&Request::Cancel { id: running });
    engine.outcome(running);
}

#[test]
fn the_engine_ends_when_the_pipe_does_whatever_it_is_doing() {
    assert!(Engine::bare().close().success(), "with nothing loaded");
    let mut loading = Engine::bare();
    loading.send(&Request::Load(load_request(starter_model(), 2048, 1)));
    assert!(loading.close().success(), "in the middle of a load");
    let mut reading = Engine::chat(2048, 1);
    reading.begin(&[user(words(1600))], greedy(400));
    while !matches!(reading.event(), Event::Started { .. }) {}
    assert!(reading.close().success(), "in the middle of a prompt");
}

#[test]
fn a_load_ends_when_the_engine_is_told_to_end() {
    let mut engine = Engine::bare();
    let mut frames = Vec::new();
    write_frame(
        &mut frames,
        &Request::Load(load_request(starter_model(), 8192, 4)),
    )
    .unwrap();
    write_frame(&mut frames, &Request::Shutdown).unwrap();
    engine.send_bytes(&frames);
    loop {
        match engine.event() {
            Event::Loading { .. } => {}
            Event::LoadFailed { kind, .. } => break assert_eq!(kind, LoadErrorKind::Cancelled),
            other => panic!("{other:?}"),
        }
    }
    assert!(engine.wait().success());
}

#[test]
fn bytes_that_are_no_request_end_the_engine_with_its_own_code() {
    for bytes in [
        &b"\x05\x00\x00\x00hello"[..],
        b"\xff\xff\xff\xff",
        b"\x02\x00\x00\x00{}",
    ] {
        let mut engine = Engine::bare();
        engine.send_bytes(bytes);
        assert_eq!(engine.wait().code(), Some(4), "{bytes:?}");
    }
}

#[test]
fn an_engine_that_nobody_hears_ends() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gatehouse-engine"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the engine program was built for this test");
    let mut stdout = child.stdout.take().unwrap();
    stdout
        .read_exact(&mut [0; 4])
        .expect("the first frame comes");
    drop(stdout);
    let mut frame = Vec::new();
    write_frame(
        &mut frame,
        &Request::CountTokens {
            id: 1,
            texts: Vec::new(),
        },
    )
    .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&frame).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(5));
}
