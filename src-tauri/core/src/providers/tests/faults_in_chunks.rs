//! Faults 34 to 46: shapes of chunks, usage and money.

use serde_json::{Value, json};

use super::{
    DONE, LIMITS, Language, anthropic, ask, ask_hearing, data, delta, event,
    fault_server::{FaultServer, Script, Step, chunk, head, stream},
    finish, net, said, text_block,
};
use crate::providers::{
    cloud::{CloudEvent, Delta, EndReason, Usage},
    error::Trouble,
};

use Language::{Anthropic, Ollama, OpenAi};

/// A stream of these chunks of tool calls, each the list of one delta, with its proper end.
fn calls(deltas: &[Value]) -> Script {
    let pieces: String = deltas
        .iter()
        .map(|calls| delta(json!({ "tool_calls": calls })))
        .collect();
    stream(&[[pieces, finish("tool_calls"), DONE.to_owned()]
        .concat()
        .as_bytes()])
}

fn bern_and_rome() -> Vec<(&'static str, Value)> {
    vec![
        ("weather", json!({ "place": "Bern" })),
        ("weather", json!({ "place": "Rome" })),
    ]
}

#[test]
fn fault_34_a_first_chunk_without_choices_is_nothing() {
    let first = data(json!({ "choices": [], "prompt_filter_results": [{ "prompt_index": 0 }] }));
    let told = ask(
        OpenAi,
        vec![stream(&[[first, said("said"), finish("stop")]
            .concat()
            .as_bytes()])],
    );
    assert_eq!(
        (told.text().as_str(), told.end().reason),
        ("said", EndReason::Stop)
    );
}

#[test]
fn fault_35_a_last_chunk_with_only_the_usage_counts() {
    let last = data(json!({ "choices": [], "usage": {
        "prompt_tokens": 100, "completion_tokens": 20, "prompt_tokens_details": { "cached_tokens": 64 },
        "completion_tokens_details": { "reasoning_tokens": 12 } } }));
    let text = [said("said"), finish("stop"), last, DONE.to_owned()].concat();
    let told = ask(OpenAi, vec![stream(&[text.as_bytes()])]);
    let usage = Usage {
        input: 100,
        cached: 64,
        output: 20,
        reasoning: 12,
        ..Usage::default()
    };
    assert_eq!(told.usage(), Some(usage));
    assert_eq!(
        told.end().reason,
        EndReason::Stop,
        "the end comes after the usage"
    );
}

#[test]
fn fault_36_missing_and_null_fields_are_nothing() {
    let text = [
        data(json!({ "choices": [{ "index": 0 }] })),
        data(json!({ "choices": [{ "delta": null }] })),
        data(json!({ "choices": null })),
        delta(json!({ "role": "assistant", "content": null, "reasoning_content": "hm " })),
        delta(
            json!({ "content": null, "reasoning": "hm", "reasoning_content": null, "tool_calls": null }),
        ),
        delta(json!({ "content": "both", "reasoning": "!", "reasoning_content": "!" })),
        delta(
            json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": " parts" }] },
            { "type": "text", "text": " parts" }] }),
        ),
        finish("stop"),
    ];
    let told = ask(OpenAi, vec![stream(&[text.concat().as_bytes()])]);
    assert_eq!(told.text(), "both parts");
    assert_eq!(
        told.reasoning(),
        "hm hm! parts",
        "the same thought under two names is one"
    );
}

#[test]
fn fault_37_a_filtered_or_refused_answer_is_no_empty_success() {
    let told = ask(
        OpenAi,
        vec![stream(&[
            finish("content_filter").as_bytes(),
            DONE.as_bytes(),
        ])],
    );
    assert_eq!(*told.trouble(), Trouble::Filtered);

    let refusal = [
        delta(json!({ "refusal": "I cannot help with that." })),
        finish("stop"),
    ]
    .concat();
    let told = ask(OpenAi, vec![stream(&[refusal.as_bytes()])]);
    assert_eq!(told.end().reason, EndReason::Refused);
    assert_eq!(
        told.text(),
        "I cannot help with that.",
        "the person sees what the model said"
    );
    let is_answer = |event: &CloudEvent| matches!(event, CloudEvent::Delta(Delta::Text(_)));
    assert!(
        !told.events.iter().any(is_answer),
        "and a program does not take it for an answer"
    );

    let told = ask(
        Anthropic,
        vec![stream(&[anthropic(&[], "refusal").as_bytes()])],
    );
    assert_eq!(*told.trouble(), Trouble::Filtered);
}

#[test]
fn fault_38_calls_without_an_index_are_put_together() {
    let told = ask(
        OpenAi,
        vec![calls(&[
            json!([{ "id": "a", "function": { "name": "weather", "arguments": "{\"place\":" } }]),
            json!([{ "function": { "arguments": " \"Bern\"}" } }]),
            json!([{ "id": "b", "function": { "name": "weather", "arguments": "{\"place\": \"Ro" } }]),
            json!([{ "id": "b", "function": { "arguments": "me\"}" } }]),
        ])],
    );
    assert_eq!(told.calls(), bern_and_rome());
    assert_eq!(told.end().reason, EndReason::ToolCalls);
}

#[test]
fn fault_39_parallel_calls_with_one_index_are_kept_apart() {
    let told = ask(
        OpenAi,
        vec![calls(&[
            json!([{ "index": 0, "id": "a", "function": { "name": "weather", "arguments": "{\"place\": \"Bern\"}" } }]),
            json!([{ "index": 0, "id": "b", "function": { "name": "weather", "arguments": "{\"place\": \"Rome\"}" } }]),
        ])],
    );
    assert_eq!(told.calls(), bern_and_rome());

    let told = ask(
        OpenAi,
        vec![calls(&[
            json!([{ "index": 0, "function": { "name": "weather", "arguments": "{\"place\": \"Be" } }]),
            json!([{ "index": 0, "function": { "name": "weather", "arguments": "rn\"}" } }]),
            json!([{ "index": 0, "function": { "name": "weather", "arguments": "{\"place\": \"Rome\"}" } }]),
        ])],
    );
    assert_eq!(
        told.calls(),
        bern_and_rome(),
        "without ids, a whole call is followed by a new one"
    );

    let line = json!({ "message": { "content": "", "tool_calls": [
        { "function": { "index": 0, "name": "weather", "arguments": { "place": "Bern" } } },
        { "function": { "index": 0, "name": "weather", "arguments": { "place": "Rome" } } },
    ] }, "done": true, "done_reason": "stop" });
    let told = ask(Ollama, vec![stream(&[line.to_string().as_bytes()])]);
    assert_eq!(told.calls(), bern_and_rome());
}

#[test]
fn fault_40_an_index_may_change_in_the_middle_of_a_call() {
    let told = ask(
        OpenAi,
        vec![calls(&[
            json!([{ "index": 1, "id": "a", "function": { "name": "weather", "arguments": "{\"place\":" } }]),
            json!([{ "index": 0, "function": { "arguments": " \"Bern\"}" } }]),
            json!([{ "index": 2, "id": "b", "function": { "name": "weather", "arguments": "" } }]),
            json!([{ "index": 1, "function": { "arguments": "{\"place\": " } }]),
            json!([{ "index": 1, "function": { "arguments": "\"Rome\"}" } }]),
        ])],
    );
    assert_eq!(
        told.calls(),
        bern_and_rome(),
        "a whole call takes no more while another is open"
    );

    let told = ask(
        OpenAi,
        vec![calls(&[
            json!([{ "index": 0, "id": "a", "function": { "name": "weather", "arguments": "" } }]),
            json!([{ "index": 0, "id": "made-up", "function": { "arguments": "{\"place\": \"Bern\"}" } }]),
        ])],
    );
    assert_eq!(
        told.calls(),
        bern_and_rome()[..1],
        "nor does a new id without a name make a new call"
    );
}

#[test]
fn fault_41_empty_arguments_are_no_arguments() {
    let told = ask(
        OpenAi,
        vec![calls(&[
            json!([{ "index": 0, "id": "a", "function": { "name": "now", "arguments": "" } }]),
        ])],
    );
    assert_eq!(told.calls(), [("now", json!({}))]);
    let block = event(json!({ "type": "content_block_start", "index": 0,
        "content_block": { "type": "tool_use", "id": "t", "name": "now", "input": {} } }));
    let empty = event(json!({ "type": "content_block_delta", "index": 0,
        "delta": { "type": "input_json_delta", "partial_json": "" } }));
    let told = ask(
        Anthropic,
        vec![stream(&[anthropic(&[block, empty], "tool_use").as_bytes()])],
    );
    assert_eq!(told.calls(), [("now", json!({}))]);
}

#[test]
fn fault_42_arguments_that_the_limit_has_cut_are_not_called() {
    for arguments in ["{\"place\": \"Ber", "{\"place\": \"Bern\"}"] {
        let call = delta(
            json!({ "tool_calls": [{ "index": 0, "id": "a", "function": { "name": "weather", "arguments": arguments } }] }),
        );
        let told = ask(
            OpenAi,
            vec![stream(&[[call, finish("length")].concat().as_bytes()])],
        );
        assert_eq!(told.end().reason, EndReason::Length);
        assert_eq!(
            told.calls(),
            [],
            "even what looks whole may be half of what was meant"
        );
    }
}

#[test]
fn fault_43_usage_on_every_chunk_is_not_added_up() {
    let chunks: String = (1..=100)
        .map(|count| {
            data(json!({ "choices": [{ "delta": { "content": "x" } }],
            "usage": { "prompt_tokens": 7, "completion_tokens": count } }))
        })
        .collect();
    let told = ask(
        OpenAi,
        vec![stream(&[[chunks, finish("stop")].concat().as_bytes()])],
    );
    assert_eq!(
        told.usage(),
        Some(Usage {
            input: 7,
            output: 100,
            ..Usage::default()
        }),
        "the last one counts"
    );
}

#[test]
fn fault_44_counts_at_start_and_end_are_neither_added_nor_lost() {
    let start = event(json!({ "type": "message_start", "message": { "usage": {
        "input_tokens": 10, "cache_read_input_tokens": 300, "cache_creation_input_tokens": 50,
        "cache_creation": { "ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30 }, "output_tokens": 1 } } }));
    let end = |usage: Value| {
        [event(json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": usage })),
            event(json!({ "type": "message_stop" }))].concat()
    };
    let whole = Usage {
        input: 10,
        cached: 300,
        cache_write: 20,
        cache_write_hour: 30,
        output: 27,
        reasoning: 9,
    };
    for last in [
        json!({ "output_tokens": 27, "output_tokens_details": { "thinking_tokens": 9 } }),
        json!({ "input_tokens": 10, "cache_read_input_tokens": 300, "cache_creation_input_tokens": 50,
            "cache_creation": { "ephemeral_1h_input_tokens": 30 },
            "output_tokens": 27, "output_tokens_details": { "thinking_tokens": 9 } }),
        json!({ "input_tokens": null, "cache_read_input_tokens": null, "output_tokens": 27,
            "output_tokens_details": { "thinking_tokens": 9 } }),
    ] {
        let text = [start.clone(), text_block("said"), end(last.clone())].concat();
        assert_eq!(
            ask(Anthropic, vec![stream(&[text.as_bytes()])]).usage(),
            Some(whole),
            "{last}"
        );
    }
}

#[test]
fn fault_45_a_stopped_answer_says_so_and_keeps_what_was_counted() {
    for (language, text, counted) in [
        (OpenAi, said("half"), None),
        (
            Anthropic,
            anthropic(&[text_block("half")], "end_turn")
                .split("event: content_block_stop")
                .next()
                .unwrap()
                .to_owned(),
            Some(25),
        ),
    ] {
        let server = FaultServer::start(vec![Script::Steps(vec![
            head("200 OK", &[]),
            chunk(text.as_bytes()),
            Step::Hold,
        ])]);
        let stop = crate::engine::Stop::default();
        let told = ask_hearing(&net(LIMITS), language, &server, &stop, &mut |event| {
            if event.is_delta() {
                stop.set();
            }
        });
        assert_eq!(
            told.end().reason,
            EndReason::Stopped,
            "so that it is billed by our own count"
        );
        assert_eq!(
            told.text(),
            "half",
            "all that was written is there to be counted"
        );
        assert_eq!(
            told.usage().map(|usage| usage.input),
            counted,
            "no count is made up"
        );
    }
}

#[test]
fn fault_46_a_wrong_content_length_neither_cuts_unseen_nor_hangs() {
    let text = [said("one"), said("two"), finish("stop"), DONE.to_owned()].concat();
    let with_length = |length: usize| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{text}");
        Script::Steps(vec![Step::Send(head.into_bytes())])
    };
    let short = said("one").len() + 10;
    let told = ask(OpenAi, vec![with_length(short)]);
    assert_eq!(
        (told.text().as_str(), told.trouble()),
        ("one", &Trouble::Cut),
        "too short: half an answer is none"
    );
    let told = ask(OpenAi, vec![with_length(text.len() + 50)]);
    assert_eq!(
        (told.text().as_str(), told.end().reason),
        ("onetwo", EndReason::Stop),
        "too long: the answer is whole all the same"
    );
}

#[test]
fn reasoning_that_must_be_sent_back_is_kept_with_its_signature() {
    let middle = [
        event(
            json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "thinking", "thinking": "", "signature": "" } }),
        ),
        event(
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "thinking_delta", "thinking": "Let me " } }),
        ),
        event(
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "thinking_delta", "thinking": "see." } }),
        ),
        event(
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "signature_delta", "signature": "c2ln" } }),
        ),
        event(json!({ "type": "content_block_stop", "index": 0 })),
        event(
            json!({ "type": "content_block_start", "index": 1, "content_block": { "type": "redacted_thinking", "data": "eHg" } }),
        ),
        event(
            json!({ "type": "content_block_start", "index": 2, "content_block": { "type": "tool_use", "id": "toolu_1", "name": "weather", "input": {} } }),
        ),
        event(
            json!({ "type": "content_block_delta", "index": 2, "delta": { "type": "input_json_delta", "partial_json": "{\"place\": \"B" } }),
        ),
        event(
            json!({ "type": "content_block_delta", "index": 2, "delta": { "type": "input_json_delta", "partial_json": "ern\"}" } }),
        ),
    ];
    let told = ask(
        Anthropic,
        vec![stream(&[anthropic(&middle, "tool_use").as_bytes()])],
    );
    assert_eq!(told.reasoning(), "Let me see.");
    assert_eq!(told.calls(), bern_and_rome()[..1]);
    use crate::providers::cloud::Thinking;
    assert_eq!(
        told.end().thinking,
        [
            Thinking::Signed {
                text: "Let me see.".into(),
                signature: "c2ln".into()
            },
            Thinking::Redacted { data: "eHg".into() },
        ]
    );
}

#[test]
fn every_fault_of_the_list_has_a_test() {
    let tests = [
        include_str!("faults_in_bytes.rs"),
        include_str!("faults_in_endings.rs"),
        include_str!("faults_in_chunks.rs"),
    ]
    .concat();
    for number in 1..=46 {
        let name = format!("fn fault_{number:02}_");
        assert_eq!(tests.matches(&name).count(), 1, "fault {number}");
    }
}
