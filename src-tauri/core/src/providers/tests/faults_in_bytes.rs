//! Faults 1 to 17: bytes, framing, and events that are no content.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use serde_json::json;

use super::{
    DONE, Language, anthropic, ask, data, delta, event,
    fault_server::{Script, Step, answer, chunk, head, last_chunk, stream},
    finish, said, text_block,
};
use crate::providers::{cloud::EndReason, error::Trouble};

use Language::{Anthropic, OpenAi};

/// A whole answer, "Grüße 👋", as events with this end of line.
fn greeting(newline: &str) -> String {
    [said("Grüße "), said("👋"), finish("stop"), DONE.to_owned()]
        .concat()
        .replace('\n', newline)
}

/// Every cut of a text into two, and the cut into single bytes, as streams.
fn every_cut(text: &str) -> Vec<Script> {
    let bytes = text.as_bytes();
    let singles: Vec<&[u8]> = bytes.chunks(1).collect();
    let mut scripts: Vec<_> = (0..bytes.len())
        .map(|at| stream(&[&bytes[..at], &bytes[at..]]))
        .collect();
    scripts.push(stream(&singles));
    scripts
}

/// The answer must be the same however the network cuts it.
fn greets_however_it_is_cut(text: &str) {
    // One server for all cuts: each script is a connection of its own.
    let scripts = every_cut(text);
    let count = scripts.len();
    let server = super::FaultServer::start(scripts);
    let net = super::net(super::LIMITS);
    for cut in 0..count {
        let told = super::ask_hearing(&net, OpenAi, &server, &Default::default(), &mut |_| {});
        assert_eq!(told.text(), "Grüße 👋", "cut {cut} of {count}");
        assert_eq!(told.end().reason, EndReason::Stop);
    }
}

#[test]
fn fault_01_a_character_that_the_network_cuts_is_not_damaged() {
    greets_however_it_is_cut(&greeting("\n"));
}

#[test]
fn fault_02_a_cut_character_does_not_end_the_stream() {
    let text = greeting("\n");
    let inside = text.find('ü').unwrap() + 1;
    let told = ask(
        OpenAi,
        vec![stream(&[
            &text.as_bytes()[..inside],
            &text.as_bytes()[inside..],
        ])],
    );
    assert_eq!(
        (told.text().as_str(), told.end().reason),
        ("Grüße 👋", EndReason::Stop)
    );
}

#[test]
fn fault_03_a_character_that_the_server_cuts_costs_only_itself() {
    let mut bytes = said("before").into_bytes();
    bytes.extend(b"data: {\"choices\":[{\"delta\":{\"content\":\"\xE2\x82\"}}]}\n\n");
    bytes.extend(b"data: {\"choices\":[{\"delta\":{\"content\":\"\xAC\"}}]}\n\n");
    bytes.extend(
        [said("after"), finish("stop"), DONE.to_owned()]
            .concat()
            .bytes(),
    );
    let told = ask(OpenAi, vec![stream(&[&bytes])]);
    assert_eq!(
        told.text(),
        "before\u{FFFD}\u{FFFD}after",
        "the rest of the answer is there"
    );
    assert_eq!(told.end().reason, EndReason::Stop);
}

#[test]
fn fault_04_lines_may_end_with_crlf() {
    let told = ask(OpenAi, vec![stream(&[greeting("\r\n").as_bytes()])]);
    assert_eq!(
        (told.text().as_str(), told.end().reason),
        ("Grüße 👋", EndReason::Stop)
    );
}

#[test]
fn fault_05_lines_may_end_with_cr() {
    greets_however_it_is_cut(&greeting("\r"));
}

#[test]
fn fault_06_a_crlf_may_be_cut_by_the_network() {
    greets_however_it_is_cut(&greeting("\r\n"));
}

#[test]
fn fault_07_the_space_after_the_colon_may_be_missing() {
    let text = greeting("\n").replace("data: ", "data:");
    assert_eq!(
        ask(OpenAi, vec![stream(&[text.as_bytes()])]).text(),
        "Grüße 👋"
    );
}

#[test]
fn fault_08_several_data_lines_are_one_event() {
    let text = "data: {\"choices\":\ndata: [{\"delta\":{\"content\":\ndata:\"joined\"}}]}\n\n";
    let told = ask(
        OpenAi,
        vec![stream(&[text.as_bytes(), finish("stop").as_bytes()])],
    );
    assert_eq!(told.text(), "joined");
}

#[test]
fn fault_09_one_byte_order_mark_at_the_start_is_no_text_even_when_it_is_cut() {
    greets_however_it_is_cut(&format!("\u{FEFF}{}", greeting("\n")));
    let twice = [said("\u{FEFF}inside"), finish("stop")].concat();
    let told = ask(OpenAi, vec![stream(&[twice.as_bytes()])]);
    assert_eq!(
        told.text(),
        "\u{FEFF}inside",
        "anywhere else it belongs to the answer"
    );
}

#[test]
fn fault_10_the_last_event_may_have_no_blank_line() {
    let text = [said("all of it"), finish("stop").trim_end().to_owned()].concat();
    let told = ask(OpenAi, vec![stream(&[text.as_bytes()])]);
    assert_eq!(
        (told.text().as_str(), told.end().reason),
        ("all of it", EndReason::Stop)
    );
}

#[test]
fn fault_11_one_line_may_be_megabytes_long() {
    for size in [70_000, 1_100_000, 4_000_000] {
        let long = "x".repeat(size);
        let text = [said(&long), finish("stop"), DONE.to_owned()].concat();
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(16_384).collect();
        let told = ask(OpenAi, vec![stream(&pieces)]);
        assert!(told.text() == long, "{size} letters");
    }
}

#[test]
fn fault_12_a_packed_stream_is_unpacked_and_each_token_comes_at_once() {
    let (go, gate) = std::sync::mpsc::channel();
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(said("first").as_bytes()).unwrap();
    packer.flush().unwrap();
    let first = std::mem::take(packer.get_mut());
    packer
        .write_all([said(" second"), finish("stop")].concat().as_bytes())
        .unwrap();
    let rest = packer.finish().unwrap();
    let script = Script::Steps(vec![
        head(
            "200 OK",
            &["content-type: text/event-stream", "content-encoding: gzip"],
        ),
        chunk(&first),
        Step::Wait(gate),
        chunk(&rest),
        last_chunk(),
    ]);
    let server = super::FaultServer::start(vec![script]);
    // The server goes on only when the first token was heard, so a decoder that holds it fails.
    let told = super::ask_hearing(
        &super::net(super::LIMITS),
        OpenAi,
        &server,
        &Default::default(),
        &mut |_| {
            let _ = go.send(());
        },
    );
    assert_eq!(
        (told.text().as_str(), told.end().reason),
        ("first second", EndReason::Stop)
    );
    assert!(
        told.requests[0].head.contains("accept-encoding: identity"),
        "we ask for a stream that is not packed"
    );

    let unknown = Script::Steps(vec![
        head("200 OK", &["content-encoding: br"]),
        chunk(b"\x0b\x02"),
        last_chunk(),
    ]);
    assert_eq!(*ask(OpenAi, vec![unknown]).trouble(), Trouble::Nonsense);
    let damaged = Script::Steps(vec![
        head("200 OK", &["content-encoding: gzip"]),
        chunk(said("not packed at all").as_bytes()),
        last_chunk(),
    ]);
    assert_eq!(*ask(OpenAi, vec![damaged]).trouble(), Trouble::Nonsense);
}

#[test]
fn fault_13_a_wrong_content_type_does_not_matter_and_a_whole_answer_will_do() {
    let events = [said("as events"), finish("stop")].concat();
    let told = ask(
        OpenAi,
        vec![answer(
            "200 OK",
            &["content-type: application/json"],
            &events,
        )],
    );
    assert_eq!(told.text(), "as events");

    let whole = json!({ "choices": [{ "message": { "content": "as a whole" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 3, "completion_tokens": 4 } });
    let told = ask(
        OpenAi,
        vec![answer(
            "200 OK",
            &["content-type: text/event-stream"],
            &whole.to_string(),
        )],
    );
    assert_eq!(
        (told.text().as_str(), told.usage().unwrap().output),
        ("as a whole", 4)
    );

    let whole = json!({ "type": "message", "content": [{ "type": "text", "text": "as a whole" }],
        "stop_reason": "end_turn", "usage": { "input_tokens": 3, "output_tokens": 4 } });
    let told = ask(
        Anthropic,
        vec![answer("200 OK", &[], &format!("\n {whole}"))],
    );
    assert_eq!(
        (told.text().as_str(), told.usage().unwrap().input),
        ("as a whole", 3)
    );
}

#[test]
fn fault_14_comments_that_keep_the_connection_alive_are_nothing() {
    let text = format!(
        ": OPENROUTER PROCESSING\n\n{}: keepalive\n\n{}",
        said("said"),
        finish("stop")
    );
    let told = ask(OpenAi, vec![stream(&[text.as_bytes()])]);
    assert_eq!(
        (told.text().as_str(), told.end().reason),
        ("said", EndReason::Stop)
    );
}

#[test]
fn fault_15_a_comment_that_was_wrapped_into_an_event_stays_a_comment() {
    let text = format!(
        "data: : OPENROUTER PROCESSING\n\n{}{}",
        said("said"),
        finish("stop")
    );
    let told = ask(OpenAi, vec![stream(&[text.as_bytes()])]);
    assert_eq!(
        (told.text().as_str(), told.end().reason),
        ("said", EndReason::Stop)
    );
}

#[test]
fn fault_16_pings_and_unknown_events_are_not_even_read() {
    let unknown = "event: ping\ndata: {\"type\": \"ping\"}\n\nevent: weather\ndata: not JSON {\n\n";
    let told = ask(
        Anthropic,
        vec![stream(&[anthropic(
            &[unknown.to_owned(), text_block("said")],
            "end_turn",
        )
        .as_bytes()])],
    );
    assert_eq!(
        (told.text().as_str(), told.end().reason),
        ("said", EndReason::Stop)
    );
}

#[test]
fn fault_17_unknown_kinds_inside_known_events_are_left_out() {
    let middle = [
        event(
            json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "hologram", "x": 1 } }),
        ),
        event(
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "hologram_delta", "x": 2 } }),
        ),
        event(
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "input_json_delta", "partial_json": "{" } }),
        ),
        text_block("said"),
    ];
    let told = ask(
        Anthropic,
        vec![stream(&[anthropic(&middle, "end_turn").as_bytes()])],
    );
    assert_eq!(
        (told.text().as_str(), told.end().reason),
        ("said", EndReason::Stop)
    );
    let odd = [
        delta(json!({ "hologram": {}, "content": "said" })),
        data(json!({ "object": "new" })),
        finish("stop"),
    ];
    assert_eq!(
        ask(OpenAi, vec![stream(&[odd.concat().as_bytes()])]).text(),
        "said"
    );
}
