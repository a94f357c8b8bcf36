//! JSON that tools are called with and give back: masked as what it means, and nothing of it lost.

use serde_json::json;

use super::*;
use crate::{
    gate::{
        client::tests::{client, cloud, object},
        inspect::Inspector,
    },
    policy::Destination,
    providers::cloud::ToolCall,
};

fn leaves(message: Message, destination: Destination) -> Result<Message, GateError> {
    let (client, policy) = (client(), Policy::default());
    let inspection = Inspector::default()
        .of(client.workspace_id, &policy, &[])
        .unwrap();
    let request = ClientRequest {
        messages: vec![message],
        ..ClientRequest::default()
    };
    let (_, mut body) = decide(&client, &inspection, &policy, &cloud(destination), &request)?;
    Ok(body.messages.remove(0))
}

fn result(content: &str) -> String {
    let message = Message::ToolResult {
        call: "1".into(),
        content: content.into(),
        failed: false,
    };
    match leaves(message, Destination::Cloud).unwrap() {
        Message::ToolResult { content, .. } => content,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_result_of_a_tool_is_read_as_the_json_that_it_is() {
    let one = r#"{"name":"Jos\u00e9 Mart\u00ednez", "mail": "jose\u0040example.org"}"#;
    for written in [
        one.to_owned(),
        format!("[{one}]"),
        format!("{one}\n{one}\n"),
    ] {
        let content = result(&written);
        assert!(!content.contains("Mart"), "{content}");
        assert!(!content.contains("jose"), "{content}");
        assert_eq!(
            form_of_result(&content),
            Form::Json,
            "it stays JSON: {content}"
        );
    }
    assert_eq!(
        result(r#"{"to": "jose@example.org""#)
            .matches("[EMAIL")
            .count(),
        1,
        "what is no JSON is a text"
    );
}

#[test]
fn a_result_in_which_nothing_is_found_leaves_byte_for_byte() {
    for content in [
        "{ \"n\" : 1.50e3,\t\"n\":\"\\u00e9\\/\" }\r\n",
        "[ 1 ,2]",
        "{not json: \\u00e9}",
        "\"\\u00e9\"",
    ] {
        assert_eq!(result(content), content);
    }
}

#[test]
fn arguments_of_which_masking_would_lose_a_name_do_not_leave() {
    let tokens = [
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "ghp_26C7e42F292c6912E7710c838347Ae178B4b",
    ];
    let call = |names: &[&str]| {
        let inner: Map<String, Value> = names
            .iter()
            .map(|name| ((*name).into(), json!(1)))
            .collect();
        Message::Assistant {
            thinking: Vec::new(),
            text: String::new(),
            tool_calls: vec![ToolCall {
                id: "1".into(),
                name: "look_up".into(),
                arguments: object(json!({ "by_key": [inner] })),
            }],
        }
    };
    let of_one = leaves(call(&tokens[..1]), Destination::OwnServer).unwrap();
    assert!(!format!("{of_one:?}").contains("ghp_"), "{of_one:?}");
    let error = leaves(call(&tokens), Destination::OwnServer).unwrap_err();
    assert!(
        matches!(error, GateError::OnlyHere(NAMES_MADE_ONE)),
        "both would be called the same: {error}"
    );
}
