//! Parsers against any bytes: the same however they are cut, no panic, and no more than linear time.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::providers::{
    complaint::{Complaint, classify},
    sse::{Event, Events, Lines, MAX_EVENT_BYTES, TooLong},
    stream::Fault,
    tool_calls::{Piece, ToolCalls},
};

fn events<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let mut heard = Vec::new();
    let mut events = Events::default();
    let mut hear = |event| {
        heard.push(event);
        Ok::<(), TooLong>(())
    };
    for piece in pieces {
        events.push(piece, &mut hear).unwrap();
    }
    events.finish(&mut hear).unwrap();
    heard
}

/// Bytes that look like events, with every end of line, marks, comments and damage.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        Just(&b"data: "[..]),
        Just(&b"data:"[..]),
        Just(&b"data"[..]),
        Just(&b"event: "[..]),
        Just(&b"error: "[..]),
        Just(&b": comment"[..]),
        Just(&b"\n"[..]),
        Just(&b"\r"[..]),
        Just(&b"\r\n"[..]),
        Just(&b"\n\n"[..]),
        Just(&b"\xEF\xBB\xBF"[..]),
        Just("ü👋".as_bytes()),
        Just(&b"\xE2\x82"[..]),
        Just(&b"{\"a\":1}"[..]),
        Just(&b"x"[..]),
    ];
    prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn events_are_the_same_however_the_bytes_are_cut(bytes in stream(), cuts in prop::collection::vec(0usize..200, 0..8)) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let whole = events([&bytes[..]]);
        prop_assert_eq!(&events(cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]])), &whole);
        prop_assert_eq!(&events(bytes.chunks(1)), &whole);
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = events(bytes.chunks(7));
    }

    #[test]
    fn no_error_of_a_server_makes_us_panic(status: u16, text in "\\PC{0,60}", code: i64) {
        for body in [
            json!({ "error": { "code": code, "type": text, "message": [text] } }),
            json!({ "error": text }), json!([text]), json!(text), json!({ "detail": { "x": text } }),
            json!({ "type": "error", "status": code }), json!([]), json!(code),
        ] {
            if let Some(complaint) = Complaint::of(&body) {
                let _ = classify(status, &complaint, None);
            }
        }
    }

    /// The arguments of two calls, cut anywhere, with or without ids and numbers, as servers do.
    #[test]
    fn calls_come_out_as_they_went_in(
        first in "[a-z{}\\\\\"\\[\\] ü]{0,20}",
        second in "[a-z{}\\\\\"\\[\\] ü]{0,20}",
        cut in 1usize..30,
        ids: bool,
        numbers in prop::sample::select(&[Some([0, 1]), Some([0, 0]), None][..]),
    ) {
        let texts = [first, second].map(|text| json!({ "text": text, "more": { "deep": [text] } }));
        let mut calls = ToolCalls::default();
        for (number, text) in texts.iter().enumerate() {
            let written = text.to_string();
            let letters: Vec<char> = written.chars().collect();
            for (at, piece) in letters.chunks(cut).enumerate() {
                let arguments: String = piece.iter().collect();
                let piece = Piece {
                    index: numbers.map(|numbers| numbers[number]),
                    id: match (ids, number) { (true, 0) if at == 0 => "a", (true, _) if at == 0 => "b", _ => "" },
                    name: if at == 0 { "tool" } else { "" },
                    arguments: &arguments,
                };
                let added = calls.add(&piece, &mut |_| {});
                prop_assert!(added.is_ok());
            }
        }
        let Ok(whole) = calls.finish() else { panic!("both are JSON") };
        let arguments: Vec<Value> = whole.into_iter().map(|call| Value::Object(call.arguments)).collect();
        prop_assert_eq!(arguments, texts);
    }
}

#[test]
fn a_line_without_an_end_is_refused_and_not_kept_for_ever() {
    let mut lines = Lines::default();
    let piece = vec![b'x'; 1024 * 1024];
    let mut pushed = 0;
    let refused = loop {
        let mut ignore = |_: std::borrow::Cow<'_, str>| Ok::<(), TooLong>(());
        match lines.push(&piece, &mut ignore) {
            Ok(()) => pushed += piece.len(),
            Err(refused) => break refused,
        }
        assert!(pushed <= MAX_EVENT_BYTES, "memory is bounded");
    };
    assert_eq!(refused, TooLong);

    let many = format!("data: {}\n", "x".repeat(1_000)).repeat(1_024);
    let mut open = Events::default();
    let mut ignore = |_| Ok::<(), TooLong>(());
    let ended = (0..64).try_for_each(|_| open.push(many.as_bytes(), &mut ignore));
    assert_eq!(ended, Err(TooLong), "nor an event of many lines");
}

/// Looking at what is kept again for each piece, or moving it for each line, would be 10¹¹ steps and
/// more here, which take minutes; once for each byte takes a second or two, however busy the machine.
#[test]
fn each_byte_is_looked_at_once_and_not_once_for_each_piece() {
    for (hostile, times, piece) in [
        ("\n", 1 << 20, 1 << 20),
        ("\r", 1 << 20, 1 << 20),
        ("data\n", 1 << 18, 1 << 18),
        ("data:x\n\n", 1 << 17, 1 << 20),
        ("x", 8 << 20, 16),
    ] {
        let text = hostile.repeat(times);
        let began = Instant::now();
        let in_time = || assert!(began.elapsed() < Duration::from_secs(40), "{hostile:?}");
        events(text.as_bytes().chunks(piece).inspect(|_| in_time()));
        in_time();
    }
}

#[test]
fn calls_are_bounded_in_number_and_size() {
    let add = |calls: &mut ToolCalls, piece: Piece<'_>| calls.add(&piece, &mut |_| {});
    let mut calls = ToolCalls::default();
    let refused = (0..2_000u64).find_map(|index| {
        let id = index.to_string();
        add(
            &mut calls,
            Piece {
                index: Some(index),
                id: &id,
                name: "tool",
                arguments: "",
            },
        )
        .err()
    });
    assert!(
        matches!(refused, Some(Fault::Trouble(..))),
        "no model calls a thousand tools at once"
    );
    let long = "x".repeat(5_000);
    assert!(
        add(
            &mut ToolCalls::default(),
            Piece {
                name: &long,
                ..Piece::default()
            }
        )
        .is_err()
    );
}
