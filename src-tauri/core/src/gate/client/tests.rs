//! What would leave of a request, and what is heard of a model on this computer.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{AnswerSchema, ClientRequest, Message, Part, Tool, ToolCall, ToolChoice, here, leave};
use crate::{
    accounts::{Account, ProviderKind},
    clients::Client,
    gate::{GateError, inspect::Inspector, route::CloudModel},
    ids::{AccountId, ClientId, WorkspaceId},
    policy::{Action, Destination, Policy},
    problem::{Problem, ProblemCode},
    protocol::Constraint,
    providers::cloud::CloudRequest,
};

const SECRET_NAME: &str = "anna.weiss@example.org";

pub(super) fn client() -> Client {
    Client {
        id: ClientId::new(),
        name: "Editor".into(),
        workspace_id: WorkspaceId::new(),
        created_at_ms: 1,
        expires_at_ms: None,
        revoked_at_ms: None,
        last_used_at_ms: None,
        budget: None,
        keeps_sent: true,
        only_metrics: false,
    }
}

pub(super) fn cloud(destination: Destination) -> CloudModel {
    CloudModel {
        account: Account {
            id: AccountId::new(),
            kind: ProviderKind::Compatible,
            name: "Test".into(),
            base_url: "http://127.0.0.1:1/v1".into(),
            destination,
            context_tokens: None,
            has_key: false,
            models: Vec::new(),
            models_read_at_ms: None,
        },
        model: "test-model".into(),
    }
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// Something personal at every place where a request has text.
fn personal_everywhere(said: &str) -> ClientRequest {
    let schema = object(json!({ "type": "object", "description": said }));
    ClientRequest {
        model: "test-model".into(),
        system: said.into(),
        messages: vec![
            Message::User(vec![Part::Text(said.into())]),
            Message::Assistant {
                thinking: Vec::new(),
                text: said.into(),
                tool_calls: vec![ToolCall {
                    id: said.into(),
                    name: "look_up".into(),
                    arguments: object(json!({ "who": said })),
                }],
            },
            Message::ToolResult {
                call: said.into(),
                content: said.into(),
                failed: false,
            },
        ],
        tools: vec![Tool {
            name: "look_up".into(),
            description: said.into(),
            parameters: schema.clone(),
            strict: false,
        }],
        schema: Some(AnswerSchema {
            name: "answer".into(),
            schema,
            strict: false,
            any_object: false,
        }),
        sampling: super::Sampling {
            stop: vec![said.into()],
            ..super::Sampling::default()
        },
        ..ClientRequest::default()
    }
}

fn leaving(
    request: &ClientRequest,
    destination: Destination,
) -> Result<(Action, CloudRequest), GateError> {
    let (client, policy) = (client(), Policy::default());
    let inspection = Inspector::default()
        .of(client.workspace_id, &policy, &[])
        .unwrap();
    let (decided, body) =
        leave::decide(&client, &inspection, &policy, &cloud(destination), request)?;
    Ok((decided.action, body))
}

#[test]
fn what_is_personal_leaves_from_no_place_of_a_request() {
    let request = personal_everywhere(&format!("Write to {SECRET_NAME} today."));
    let (action, leaves) = leaving(&request, Destination::Cloud).unwrap();
    assert_eq!(action, Action::Mask);
    let provider = crate::providers::openai::OpenAi::new("http://127.0.0.1:1/v1", None).unwrap();
    let sent = crate::providers::cloud::Cloud::OpenAi(provider)
        .body(&leaves)
        .unwrap();
    let sent = String::from_utf8(sent).unwrap();
    assert!(!sent.contains("anna.weiss"), "{sent}");
    assert!(sent.matches("[EMAIL").count() >= 7, "{sent}");
}

#[test]
fn a_tool_that_must_be_called_is_one_of_those_that_were_looked_at() {
    let mut request = personal_everywhere("x");
    request.tool_choice = ToolChoice::Named(SECRET_NAME.into());
    let error = leaving(&request, Destination::Cloud).unwrap_err();
    assert_eq!(Problem::from(error).code, ProblemCode::InvalidInput);
    request.tool_choice = ToolChoice::Named("look_up".into());
    let (_, body) = leaving(&request, Destination::Cloud).unwrap();
    assert_eq!(body.tool_choice, request.tool_choice);
}

#[test]
fn ollama_is_not_asked_what_it_cannot_be_told_of_tools() {
    let mut ollama = cloud(Destination::Cloud);
    ollama.account.kind = ProviderKind::Ollama;
    let (client, policy) = (client(), Policy::default());
    let inspection = Inspector::default()
        .of(client.workspace_id, &policy, &[])
        .unwrap();
    let asked = |change: &dyn Fn(&mut ClientRequest)| {
        let mut request = personal_everywhere("x");
        change(&mut request);
        leave::decide(&client, &inspection, &policy, &ollama, &request).map(drop)
    };
    assert!(asked(&|_| ()).is_ok());
    let refused = |named: &str, change: &dyn Fn(&mut ClientRequest)| {
        let problem = Problem::from(asked(change).unwrap_err());
        assert_eq!(problem.code, ProblemCode::InvalidInput);
        assert!(problem.message.contains(named), "{problem}");
    };
    refused("tool_choice", &|request| {
        request.tool_choice = ToolChoice::Required;
    });
    refused("strict", &|request| request.tools[0].strict = true);
    refused("parallel_tool_calls", &|request| {
        request.parallel_calls = Some(false);
    });
    let of_no_tool = asked(&|request| {
        request.parallel_calls = Some(false);
        request.tool_choice = ToolChoice::None;
    });
    assert!(of_no_tool.is_ok(), "it is given no tool, so it calls none");
}

#[test]
fn what_no_grammar_holds_in_a_strict_tool_is_refused_by_name_and_in_another_left_out() {
    let mut request = personal_everywhere("x");
    request.tools[0].parameters = object(json!({
        "type": "object", "properties": { "share": { "type": "number", "minimum": 0 } },
    }));
    assert!(here::prompt(&request).is_ok());
    request.tools[0].strict = true;
    let Err(error) = here::prompt(&request) else {
        panic!("arguments could not be held to it");
    };
    assert!(error.to_string().contains("minimum"), "{error}");
}

#[test]
fn one_value_has_one_placeholder_in_all_of_a_request_and_in_the_next_one() {
    let request = personal_everywhere(SECRET_NAME);
    let client = client();
    let policy = Policy::default();
    let inspection = Inspector::default()
        .of(client.workspace_id, &policy, &[])
        .unwrap();
    let system = || {
        let cloud = cloud(Destination::Cloud);
        let (_, body) = leave::decide(&client, &inspection, &policy, &cloud, &request).unwrap();
        let Message::ToolResult { content, .. } = &body.messages[2] else {
            panic!("the order stays");
        };
        (
            body.system.lines().next().unwrap().to_owned(),
            content.clone(),
        )
    };
    let (first, again) = (system(), system());
    assert_eq!(first.0, first.1, "the same value");
    assert_eq!(first, again, "so that providers find it in their caches");
}

/// A photograph with a note beside its pixels, as cameras leave them.
fn picture_with_a_note(note: &str) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    RgbImage::from_pixel(16, 8, image::Rgb([200, 30, 30]))
        .write_to(&mut file, ImageFormat::Jpeg)
        .unwrap();
    let file = file.into_inner();
    let length = u16::try_from(note.len() + 2).unwrap().to_be_bytes();
    let comment = [&[0xFF, 0xFE], &length[..], note.as_bytes()].concat();
    [&file[..2], &comment, &file[2..]].concat()
}

fn shows(bytes: Vec<u8>) -> ClientRequest {
    ClientRequest {
        messages: vec![Message::User(vec![Part::Image {
            media_type: "image/webp".into(),
            bytes,
        }])],
        ..ClientRequest::default()
    }
}

#[test]
fn of_a_picture_leave_the_pixels_and_nothing_that_stood_beside_them() {
    let note = "Taken by Anna Weiss at 46.948 N";
    let given = picture_with_a_note(note);
    let has_note = |bytes: &[u8]| {
        bytes
            .windows(note.len())
            .any(|part| part == note.as_bytes())
    };
    assert!(has_note(&given), "the test would show nothing else");
    let (_, body) = leaving(&shows(given.clone()), Destination::Cloud).unwrap();
    let Message::User(parts) = &body.messages[0] else {
        panic!("the order stays");
    };
    let Part::Image { media_type, bytes } = &parts[0] else {
        panic!("a picture stays one");
    };
    assert!(!has_note(bytes));
    assert_eq!(media_type, "image/jpeg", "what it is, whatever was said");
    let shown = image::load_from_memory(bytes).unwrap().to_rgb8();
    assert_eq!(shown.dimensions(), (16, 8));
    let [red, green, _] = shown.get_pixel(8, 4).0;
    assert!(red > 180 && green < 60, "it looks as it did");
}

#[test]
fn what_is_no_picture_leaves_for_nobody_and_neither_do_very_many() {
    let (none, many) = (shows(b"%PDF-1.7".to_vec()), {
        let part = Part::Image {
            media_type: "image/jpeg".into(),
            bytes: picture_with_a_note("x"),
        };
        ClientRequest {
            messages: vec![Message::User(vec![part; 101])],
            ..ClientRequest::default()
        }
    });
    for (request, said) in [(none, "no PNG"), (many, "at most 100")] {
        let error = leaving(&request, Destination::Cloud).unwrap_err();
        let problem = Problem::from(error);
        assert_eq!(problem.code, ProblemCode::InvalidInput);
        assert!(problem.message.contains(said), "{problem}");
    }
}

#[test]
fn a_picture_waits_for_a_person_unless_policy_lets_pictures_leave() {
    let request = shows(picture_with_a_note("x"));
    let client = client();
    let mut policy = Policy::default();
    let action = |policy: &Policy, destination| {
        let inspection = Inspector::default()
            .of(client.workspace_id, policy, &[])
            .unwrap();
        let cloud = cloud(destination);
        let (decided, _) = leave::decide(&client, &inspection, policy, &cloud, &request).unwrap();
        decided.action
    };
    for destination in [Destination::Cloud, Destination::OwnServer] {
        assert_eq!(action(&policy, destination), Action::Ask);
    }
    // What may leave as a text says nothing of pictures.
    policy.special.own_server = Action::Allow;
    assert_eq!(action(&policy, Destination::OwnServer), Action::Ask);
    policy.pictures.own_server = Action::Allow;
    assert_eq!(action(&policy, Destination::OwnServer), Action::Allow);
    assert_eq!(action(&policy, Destination::Cloud), Action::Ask);
    policy.pictures.cloud = Action::Block;
    assert_eq!(action(&policy, Destination::Cloud), Action::Block);
    assert!(here::can_answer(&request).is_err(), "no local model sees");
}

#[test]
fn a_model_here_is_held_to_a_call_or_an_answer_and_only_to_a_call_where_it_must() {
    let mut request = personal_everywhere("x");
    request.schema = None;
    let forms = |request: &ClientRequest| match here::prompt(request).unwrap().constraint {
        Some(Constraint::JsonSchema(schema)) => {
            let root = schema["$ref"].as_str().unwrap();
            schema.pointer(&root[1..]).unwrap().clone()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(forms(&request)["anyOf"].as_array().unwrap().len(), 2);
    request.tool_choice = ToolChoice::Required;
    assert_eq!(forms(&request)["properties"]["tool"]["const"], "look_up");
    request.tool_choice = ToolChoice::Named("another".into());
    assert!(here::prompt(&request).is_err());
    request.tool_choice = ToolChoice::None;
    assert_eq!(here::prompt(&request).unwrap().constraint, None);
}

#[test]
fn of_an_answer_that_is_cut_off_the_words_are_kept_and_of_a_call_nothing_is_called() {
    let request = personal_everywhere("x");
    let heard = |written: &str| {
        let (text, calls) = here::heard(&request, written.to_owned());
        assert!(calls.is_empty(), "{written}");
        text
    };
    assert_eq!(heard(r#"{ "answer" : "Once upon"#), "Once upon");
    assert_eq!(
        heard(r#"{"answer":"a\"#),
        "a",
        "half of an escape is no letter"
    );
    assert_eq!(heard(r#"{"answer":"a\n\u00e"#), "a\n");
    assert_eq!(heard(r#"{"answer":"whole""#), "whole");
    assert_eq!(heard(r#"{"answer":{"n":1"#), r#"{"n":1"#);
    for nothing in [
        r#"{"tool":"look_up","arguments":{"who":"A"#,
        r#"{"answer""#,
        "{",
        "",
    ] {
        assert_eq!(heard(nothing), "", "{nothing}");
    }
}

proptest! {
    #[test]
    fn an_answer_cut_anywhere_keeps_a_beginning_of_its_words(said in "\\PC{0,30}", cut in 0..60_usize) {
        let request = personal_everywhere("x");
        let whole = json!({ "answer": said }).to_string();
        let end = whole.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(whole.len());
        let (text, calls) = here::heard(&request, whole[..end].to_owned());
        prop_assert!(said.starts_with(&text) && calls.is_empty(), "{text:?} of {said:?}");
        let words = whole[..end].strip_prefix("{\"answer\":\"").unwrap_or_default();
        prop_assert!(text.len() + 12 >= words.len().min(said.len()), "{text:?} of {said:?}");
    }

    #[test]
    fn what_a_model_here_wrote_is_read_whatever_it_is(written in "\\PC{0,60}") {
        let request = personal_everywhere("x");
        let (text, calls) = here::heard(&request, written);
        prop_assert!(text.is_empty() || calls.is_empty());
    }

    #[test]
    fn a_call_comes_back_as_it_was_written(name in "[a-z_]{1,12}", value in "\\PC{0,20}") {
        let request = personal_everywhere("x");
        let written = json!({ "tool": name, "arguments": { "who": value } }).to_string();
        let (text, calls) = here::heard(&request, written);
        prop_assert_eq!(text, "");
        prop_assert_eq!(&calls[0].name, &name);
        prop_assert_eq!(&calls[0].arguments["who"], &json!(value));
    }

    #[test]
    fn a_request_with_nothing_to_find_leaves_as_it_was(said in "[a-z]{3,10}( [a-z]{3,10}){0,3}") {
        let request = ClientRequest {
            system: said.clone(),
            messages: vec![Message::User(vec![Part::Text(said.clone())])],
            ..ClientRequest::default()
        };
        if let Ok((Action::Allow, body)) = leaving(&request, Destination::Cloud) {
            prop_assert_eq!(body.system, said);
        }
    }
}
