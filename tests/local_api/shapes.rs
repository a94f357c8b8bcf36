//! Answers against OpenAI's published description, where it lies beside the repository.

use std::path::Path;

use jsonschema::Validator;

use super::*;
use crate::gate::add_claude;

/// The description; `None`, said aloud, where it is missing.
fn published() -> Option<Value> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let text = folders
        .map(|folder| folder.join("shared/specs/openai-openapi.json"))
        .find_map(|path| std::fs::read_to_string(path).ok());
    if text.is_none() {
        eprintln!("NOT CHECKED: openai-openapi.json is not in shared/specs beside the repository");
    }
    text.map(|text| serde_json::from_str(&text).unwrap())
}

/// The form of a named part of the description.
fn form(document: &Value, name: &str) -> Validator {
    let mut root = document["components"]["schemas"][name].clone();
    assert!(root.is_object(), "{name} is in the document");
    root["components"] = document["components"].clone();
    read_nullable(&mut root);
    jsonschema::draft202012::new(&root).unwrap()
}

/// The document says `nullable`, as an older OpenAPI had it, which JSON Schema does not know.
fn read_nullable(schema: &mut Value) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(read_nullable),
        Value::Object(members) => {
            members.values_mut().for_each(read_nullable);
            if members.remove("nullable") == Some(Value::Bool(true)) {
                let other = std::mem::take(members);
                *schema = json!({ "anyOf": [{ "type": "null" }, other] });
            }
        }
        _ => {}
    }
}

fn fits(validator: &Validator, body: &Value) {
    let faults: Vec<String> = validator
        .iter_errors(body)
        .map(|fault| fault.to_string())
        .collect();
    assert!(faults.is_empty(), "{faults:?} in {body}");
}

#[test]
fn answers_have_the_form_that_openai_has_published() {
    let Some(document) = published() else { return };
    let provider = able();
    let place = with_provider(&provider, &["--per-minute", "0"]);
    let hello = json!([{ "role": "user", "content": "Hello" }]);
    let tool = json!({ "type": "function", "function": { "name": "weather" } });
    let completion = form(&document, "CreateChatCompletionResponse");
    let plain = json!({ "model": ALIAS, "messages": hello });
    let calls =
        json!({ "model": ALIAS, "messages": hello, "tools": [tool], "tool_choice": "required" });
    for asked in [&plain, &calls] {
        fits(&completion, &place.chat(asked).json());
    }
    let chunk = form(&document, "CreateChatCompletionStreamResponse");
    for asked in [&plain, &calls] {
        let mut asked = asked.clone();
        asked["stream"] = true.into();
        asked["stream_options"] = json!({ "include_usage": true });
        let streamed = place.chat(&asked).body;
        let chunks = streamed
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        let mut count = 0;
        for text in chunks.filter(|text| *text != "[DONE]") {
            let mut piece: Value = serde_json::from_str(text).unwrap();
            // The document says that usage is an object, and in its words that it is null until the end.
            if piece["usage"].is_null() {
                piece.as_object_mut().unwrap().remove("usage");
            }
            fits(&chunk, &piece);
            count += 1;
        }
        assert!(count >= 3, "{streamed}");
        assert!(streamed.ends_with("data: [DONE]\n\n"), "{streamed}");
    }
    let asked = json!({ "model": ALIAS, "input": ["one", "two"] });
    let vectors = place
        .served
        .post("/v1/embeddings", &place.key, &asked)
        .json();
    fits(&form(&document, "CreateEmbeddingResponse"), &vectors);
    let error = place
        .chat(&json!({ "model": "nobody", "messages": hello }))
        .json();
    fits(&form(&document, "ErrorResponse"), &error);
}

#[test]
fn what_a_provider_is_sent_for_a_client_has_its_tools_and_its_schema() {
    let provider = able();
    let place = with_provider(&provider, &[]);
    let shape = json!({ "type": "object", "properties": { "colour": { "type": "string" } } });
    let asked = json!({
        "model": ALIAS,
        "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hello" }],
        "tools": [{ "type": "function", "function": { "name": "weather", "parameters": { "type": "object" } } }],
        "response_format": { "type": "json_schema", "json_schema": { "name": "answer", "schema": shape } },
        "stop": ["END"],
        "max_tokens": 7,
    });
    assert_eq!(place.chat(&asked).status, 200);
    let sent = last(&provider).json();
    assert_eq!(sent["tools"][0]["function"]["name"], "weather");
    assert_eq!(sent["response_format"]["json_schema"]["schema"], shape);
    assert_eq!(sent["stop"], json!(["END"]));
    assert_eq!(sent["messages"][0]["content"], "Be brief.");
    assert_eq!(sent["max_tokens"], 7);
}

#[test]
fn any_json_object_is_asked_for_by_a_schema_and_of_claude_not_at_all() {
    let provider = able();
    let place = with_provider(&provider, &[]);
    let asked = |model: &str| {
        json!({
            "model": model,
            "messages": [{ "role": "user", "content": "Which colour? Answer as JSON." }],
            "response_format": { "type": "json_object" },
        })
    };
    let answer = place.chat(&asked(ALIAS));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let content = &answer.json()["choices"][0]["message"]["content"];
    assert_eq!(*content, "{\"colour\":\"red\"}");
    let sent = last(&provider).json();
    let format = &sent["response_format"];
    assert_eq!(format["type"], "json_schema", "a server of one's own");
    assert_eq!(format["json_schema"]["schema"], json!({ "type": "object" }));
    add_claude(&place.app, &provider);
    let refused = place.chat(&asked("Claude/claude-x"));
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(refused.body.contains("json_object"), "{}", refused.body);
    assert_eq!(provider.received().len(), 1, "and it was not asked");
}

#[test]
fn a_path_that_is_not_offered_says_so() {
    let place = here();
    let none = place.served.post("/v1/responses", &place.key, &json!({}));
    assert_eq!(none.status, 404);
    assert!(none.body.contains("/v1/chat/completions"), "{}", none.body);
}
