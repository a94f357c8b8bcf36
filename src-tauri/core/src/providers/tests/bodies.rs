//! Every request body against the published description of its interface.
//!
//! OpenAI's and Ollama's descriptions lie in `shared/specs` beside the repository. They allow
//! fields that they do not name, so this also looks for fields that they do not name. Anthropic
//! publishes no such document; its part is written here from its reference of the Messages API.

use std::{collections::BTreeMap, path::Path, sync::LazyLock};

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{KEY, Language, object, provider, question, weather_tool};
use crate::{
    accounts::ProviderKind,
    providers::{
        anthropic,
        cloud::{
            AnswerSchema, Cloud, CloudRequest, Effort, EmbedRequest, Message, ModerationRequest,
            Part, Sampling, Thinking, Tool, ToolCall, ToolChoice,
        },
        error::Trouble,
        key::ApiKey,
        ollama::{self, CompletionRequest, Ollama},
        openai::{self, OpenAi},
    },
};

/// The provider's own address.
fn base(kind: ProviderKind) -> &'static str {
    kind.usual().1
}

/// A published document, and validators of the parts that are asked for.
struct Published {
    document: Value,
}

impl Published {
    /// `None`, said aloud, where the folder is missing.
    fn read(name: &str) -> Option<Self> {
        let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        let text = folders
            .map(|folder| folder.join("shared/specs").join(name))
            .find_map(|path| std::fs::read_to_string(path).ok());
        let Some(text) = text else {
            eprintln!("NOT CHECKED: {name} is not in shared/specs beside the repository");
            return None;
        };
        let document = match name.ends_with(".json") {
            true => serde_json::from_str(&text).unwrap(),
            false => serde_saphyr::from_str(&text).unwrap(),
        };
        Some(Self { document })
    }

    /// The body that an operation takes.
    fn operation(&self, path: &str) -> Body<'_> {
        let schema = &self.document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
            ["schema"];
        assert!(schema.is_object(), "{path} is in the document");
        let mut root = schema.clone();
        root["components"] = self.document["components"].clone();
        let validator = jsonschema::draft202012::new(&root).unwrap();
        Body {
            document: &self.document,
            schema,
            validator,
        }
    }
}

struct Body<'a> {
    document: &'a Value,
    schema: &'a Value,
    validator: Validator,
}

impl Body<'_> {
    /// What is wrong with a body; nothing if it is as published.
    fn faults(&self, body: &[u8]) -> Vec<String> {
        let body: Value = serde_json::from_slice(body).unwrap();
        let errors = self.validator.iter_errors(&body);
        let mut faults: Vec<String> = errors
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        self.unnamed(&[self.schema], &body, "", &mut faults);
        faults
    }

    /// Fields that no alternative of a schema names, here and below.
    fn unnamed(&self, schemas: &[&Value], value: &Value, at: &str, faults: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                let mut named: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
                let mut open = false;
                for schema in schemas {
                    open |= self.named(schema, &mut named);
                }
                for (name, value) in fields {
                    match named.get(name.as_str()) {
                        Some(schemas) => {
                            self.unnamed(schemas, value, &format!("{at}/{name}"), faults)
                        }
                        None if open => {}
                        None => faults.push(format!("{at}/{name} is not in the document")),
                    }
                }
            }
            Value::Array(items) => {
                let mut of_items = Vec::new();
                schemas
                    .iter()
                    .for_each(|schema| self.items(schema, &mut of_items));
                for item in items {
                    self.unnamed(&of_items, item, &format!("{at}/*"), faults);
                }
            }
            _ => {}
        }
    }

    fn inner<'s>(&'s self, schema: &'s Value) -> Vec<&'s Value> {
        let mut inner: Vec<&Value> = ["allOf", "anyOf", "oneOf"]
            .iter()
            .filter_map(|key| schema[*key].as_array())
            .flatten()
            .collect();
        if let Some(name) = schema["$ref"].as_str() {
            inner.push(self.document.pointer(&name[1..]).unwrap());
        }
        inner
    }

    /// Collect the fields that a schema names; whether it takes any others on purpose.
    fn named<'s>(
        &'s self,
        schema: &'s Value,
        named: &mut BTreeMap<&'s str, Vec<&'s Value>>,
    ) -> bool {
        let fields = schema["properties"].as_object();
        for (name, field) in fields.into_iter().flatten() {
            named.entry(name).or_default().push(field);
        }
        let anything = schema["type"] == "object" && fields.is_none();
        let more = &schema["additionalProperties"];
        let mut open = anything || more.is_object() || *more == true;
        for inner in self.inner(schema) {
            open |= self.named(inner, named);
        }
        open
    }

    fn items<'s>(&'s self, schema: &'s Value, found: &mut Vec<&'s Value>) {
        if schema["items"].is_object() {
            found.push(&schema["items"]);
        }
        for inner in self.inner(schema) {
            self.items(inner, found);
        }
    }
}

/// A request with everything that a request can have.
fn everything() -> CloudRequest {
    let call = |id: &str| ToolCall {
        id: id.into(),
        name: "weather".into(),
        arguments: object(json!({ "place": "Bern" })),
    };
    let result = |id: &str, failed: bool| Message::ToolResult {
        call: id.into(),
        content: "rain".into(),
        failed,
    };
    CloudRequest {
        model: "model".into(),
        system: "Be brief.".into(),
        messages: vec![
            Message::User(vec![
                Part::Text("What is this, and how is the weather?".into()),
                Part::Image {
                    media_type: "image/png".into(),
                    bytes: vec![1, 2, 3],
                },
            ]),
            Message::Assistant {
                thinking: vec![
                    Thinking::Signed {
                        text: "Hm.".into(),
                        signature: "c2ln".into(),
                    },
                    Thinking::Redacted { data: "eHg".into() },
                ],
                text: String::new(),
                tool_calls: vec![call("toolu_01:A"), call("call/é")],
            },
            result("toolu_01:A", false),
            result("call/é", true),
            Message::Assistant {
                thinking: vec![],
                text: "It rains.".into(),
                tool_calls: vec![],
            },
            Message::User(vec![Part::Text("And tomorrow?".into())]),
        ],
        tools: vec![Tool {
            strict: true,
            ..weather_tool()
        }],
        tool_choice: ToolChoice::Named("weather".into()),
        parallel_calls: Some(false),
        schema: Some(AnswerSchema {
            name: "forecast".into(),
            schema: object(
                json!({ "type": "object", "properties": { "rain": { "type": "boolean" } } }),
            ),
            strict: true,
            any_object: false,
        }),
        sampling: Sampling {
            temperature: Some(0.2),
            top_p: Some(0.9),
            seed: Some(7),
            stop: vec!["END".into()],
        },
        max_tokens: Some(500),
        effort: Some(Effort::High),
        thinks: true,
        keep_prompt: true,
        stream: true,
        prompt_tokens: 0,
        asked_output: None,
    }
}

/// Any request that the gate can make.
fn any_request() -> impl Strategy<Value = CloudRequest> {
    let part = prop_oneof![
        ".{0,30}".prop_map(Part::Text),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| Part::Image {
            media_type: "image/webp".into(),
            bytes
        }),
    ];
    let call = ("\\PC{1,12}", ".{0,10}").prop_map(|(id, place)| ToolCall {
        id,
        name: "weather".into(),
        arguments: object(json!({ "place": place })),
    });
    let message = prop_oneof![
        prop::collection::vec(part, 0..3).prop_map(Message::User),
        (".{0,30}", prop::collection::vec(call, 0..3)).prop_map(|(text, tool_calls)| {
            Message::Assistant {
                thinking: vec![],
                text,
                tool_calls,
            }
        }),
        ("\\PC{1,12}", ".{0,20}", any::<bool>()).prop_map(|(call, content, failed)| {
            Message::ToolResult {
                call,
                content,
                failed,
            }
        }),
    ];
    let messages = prop::collection::vec(message, 0..5);
    let switches = any::<[bool; 6]>();
    let parallel = any::<Option<bool>>();
    let choice = prop::sample::select(vec![
        ToolChoice::Auto,
        ToolChoice::None,
        ToolChoice::Required,
        ToolChoice::Named("weather".into()),
    ]);
    let effort = prop::sample::select(
        &[
            None,
            Some(Effort::Low),
            Some(Effort::Medium),
            Some(Effort::High),
        ][..],
    );
    let stops = prop::collection::vec(".{1,5}", 0..=4);
    (
        messages,
        ".{0,20}",
        switches,
        effort,
        stops,
        (choice, parallel),
    )
        .prop_map(
            |(
                mut messages,
                system,
                [tools, schema, warm, most, keep_prompt, stream],
                effort,
                stop,
                (tool_choice, parallel_calls),
            )| {
                messages.push(Message::User(vec![Part::Text("Well?".into())]));
                let all = everything();
                CloudRequest {
                    model: "model".into(),
                    system,
                    messages,
                    tools: if tools { all.tools } else { vec![] },
                    tool_choice,
                    parallel_calls,
                    schema: all.schema.filter(|_| schema),
                    sampling: if warm {
                        Sampling {
                            stop,
                            ..all.sampling
                        }
                    } else {
                        Sampling::default()
                    },
                    max_tokens: all.max_tokens.filter(|_| most),
                    effort,
                    thinks: all.thinks && !stream,
                    keep_prompt,
                    stream,
                    prompt_tokens: 0,
                    asked_output: None,
                }
            },
        )
}

fn texts() -> EmbedRequest {
    EmbedRequest {
        model: "model".into(),
        texts: vec!["one".into(), "two".into()],
        dimensions: Some(256),
    }
}

fn openai() -> Cloud {
    Cloud::OpenAi(OpenAi::new(base(ProviderKind::OpenAi), None).unwrap())
}

const NONE: Vec<String> = Vec::new();

#[test]
fn openai_bodies_are_as_published() {
    let Some(published) = Published::read("openai-openapi.json") else {
        return;
    };
    let chat = published.operation("/chat/completions");
    for request in [question(), everything()] {
        assert_eq!(chat.faults(&openai().body(&request).unwrap()), NONE);
    }
    let embed = openai::embed_body(&texts()).to_string();
    assert_eq!(
        published.operation("/embeddings").faults(embed.as_bytes()),
        NONE
    );
    let moderation = openai::moderation_body(&ModerationRequest {
        model: "omni-moderation-latest".into(),
        texts: vec!["one".into(), "two".into()],
    })
    .to_string();
    assert_eq!(
        published
            .operation("/moderations")
            .faults(moderation.as_bytes()),
        NONE
    );
}

#[test]
fn ollama_is_told_how_long_a_conversation_is_before_it_would_drop_its_beginning() {
    let context_for = |entered, prompt_tokens, asked_output| {
        let provider = Ollama::new(base(ProviderKind::Ollama), None, entered).unwrap();
        let request = CloudRequest {
            prompt_tokens,
            asked_output,
            ..question()
        };
        let chat: Value = serde_json::from_slice(&provider.body(&request)).unwrap();
        let completion = CompletionRequest {
            prompt_tokens,
            asked_output,
            ..CompletionRequest::default()
        };
        let text: Value = serde_json::from_slice(&provider.completion_body(&completion)).unwrap();
        assert_eq!(chat["options"]["num_ctx"], text["options"]["num_ctx"]);
        chat["options"]["num_ctx"].as_u64()
    };
    let context = |entered, prompt_tokens| context_for(entered, prompt_tokens, None);
    assert_eq!(context(None, 1_300), None, "it reads that anyway");
    assert_eq!(
        context(None, 1_400),
        Some(16_384),
        "an estimate can be too low by a third, and a server is set to more than the least"
    );
    assert_eq!(context(None, 8_000), Some(16_384), "no other size, no load");
    assert_eq!(context(None, 8_200), Some(32_768));
    assert_eq!(context(None, 50_000), Some(131_072));
    assert_eq!(context(None, u64::MAX / 4), Some(1 << 20));
    assert_eq!(context_for(None, 4_000, Some(12_000)), Some(32_768));
    assert_eq!(
        context_for(None, 4_000, Some(64_000)),
        Some(32_768),
        "no answer is so long that the memory for it would not be wasted"
    );
    assert_eq!(
        context(Some(16_384), 50_000),
        Some(16_384),
        "the person knows better what fits"
    );
}

#[test]
fn ollama_is_told_of_the_room_that_pictures_take() {
    let context = |count| {
        let picture = Part::Image {
            media_type: "image/png".into(),
            bytes: vec![0],
        };
        let request = CloudRequest {
            messages: vec![Message::User(vec![picture; count])],
            prompt_tokens: 10,
            ..question()
        };
        let provider = Ollama::new(base(ProviderKind::Ollama), None, None).unwrap();
        let body: Value = serde_json::from_slice(&provider.body(&request)).unwrap();
        body["options"]["num_ctx"].as_u64()
    };
    assert_eq!(context(0), None);
    assert_eq!(context(1), Some(16_384));
    assert_eq!(context(8), Some(32_768));
}

#[test]
fn ollama_bodies_are_as_published() {
    let Some(published) = Published::read("ollama-openapi.yaml") else {
        return;
    };
    let provider = Ollama::new(base(ProviderKind::Ollama), None, Some(32_768)).unwrap();
    let chat = published.operation("/api/chat");
    for request in [question(), everything()] {
        assert_eq!(chat.faults(&provider.body(&request)), NONE);
    }
    for (suffix, raw) in [("}", Value::Null), ("", json!(true))] {
        let completion = CompletionRequest {
            model: "model".into(),
            prompt: "fn main() {".into(),
            suffix: suffix.into(),
            sampling: everything().sampling,
            max_tokens: Some(5),
            prompt_tokens: 0,
            asked_output: None,
        };
        let body = provider.completion_body(&completion);
        assert_eq!(published.operation("/api/generate").faults(&body), NONE);
        let sent: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            sent["raw"], raw,
            "as it is where no template must fill a gap"
        );
        let none = CompletionRequest {
            max_tokens: Some(0),
            ..completion
        };
        let sent: Value = serde_json::from_slice(&provider.completion_body(&none)).unwrap();
        assert_eq!(
            sent["options"]["num_predict"], 1,
            "0 would be no limit, whatever a budget counts on"
        );
    }
    assert_eq!(
        published
            .operation("/api/embed")
            .faults(&ollama::embed_body(&texts())),
        NONE
    );
    assert_eq!(
        published
            .operation("/api/pull")
            .faults(&ollama::pull_body("model")),
        NONE
    );
}

#[test]
fn the_check_finds_a_wrong_type_and_a_name_that_is_not_published() {
    let Some(published) = Published::read("openai-openapi.json") else {
        return;
    };
    let chat = published.operation("/chat/completions");
    for (wrong, why) in [
        (
            json!({ "model": "m", "messages": [] }),
            "a conversation has a message",
        ),
        (
            json!({ "model": "m", "messages": [{ "role": "user", "content": "x" }], "max_toknes": 5 }),
            "a slip of the pen",
        ),
        (
            json!({ "model": "m", "messages": [{ "role": "user", "contents": "x" }] }),
            "a slip further inside",
        ),
        (
            json!({ "model": "m", "messages": [{ "role": "tool", "content": "x" }] }),
            "a result of no call",
        ),
        (
            json!({ "model": "m", "messages": [{ "role": "user", "content": "x" }], "temperature": "hot" }),
            "a wrong type",
        ),
    ] {
        assert_ne!(chat.faults(wrong.to_string().as_bytes()), NONE, "{why}");
    }
}

/// From the reference of Anthropic's Messages API (version 2023-06-01, read in November 2026): what
/// this client uses of it, with every field that is not used left out, so that a slip is found.
static ANTHROPIC: LazyLock<Validator> = LazyLock::new(|| {
    let cache = json!({ "type": "object", "additionalProperties": false, "required": ["type"],
        "properties": { "type": { "const": "ephemeral" }, "ttl": { "enum": ["5m", "1h"] } } });
    let block = |kind: &str, fields: Value, required: &[&str]| {
        let mut properties = object(fields);
        properties.insert("type".into(), json!({ "const": kind }));
        let required: Vec<&str> = required.iter().copied().chain(["type"]).collect();
        json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
    };
    let text = json!({ "type": "string", "pattern": "\\S" });
    let id = json!({ "type": "string", "pattern": "^[a-zA-Z0-9_-]+$" });
    let source = json!({ "type": "object", "additionalProperties": false,
        "required": ["type", "media_type", "data"],
        "properties": { "type": { "const": "base64" }, "data": { "type": "string" },
            "media_type": { "enum": ["image/jpeg", "image/png", "image/gif", "image/webp"] } } });
    let user = json!([
        block("text", json!({ "text": text }), &["text"]),
        block("image", json!({ "source": source }), &["source"]),
        block(
            "tool_result",
            json!({ "tool_use_id": id, "content": { "type": "string" },
            "is_error": { "type": "boolean" } }),
            &["tool_use_id"]
        ),
    ]);
    let assistant = json!([
        block("text", json!({ "text": text }), &["text"]),
        block(
            "thinking",
            json!({ "thinking": { "type": "string" }, "signature": { "type": "string" } }),
            &["thinking", "signature"]
        ),
        block(
            "redacted_thinking",
            json!({ "data": { "type": "string" } }),
            &["data"]
        ),
        block(
            "tool_use",
            json!({ "id": id, "name": { "type": "string" }, "input": { "type": "object" } }),
            &["id", "name", "input"]
        ),
    ]);
    let turn = |role: &str, blocks: Value| {
        json!({ "type": "object", "additionalProperties": false,
        "required": ["role", "content"], "properties": { "role": { "const": role },
            "content": { "type": "array", "minItems": 1, "items": { "oneOf": blocks } } } })
    };
    let tool = json!({ "type": "object", "additionalProperties": false, "required": ["name", "input_schema"],
        "properties": { "name": { "type": "string", "pattern": "^[a-zA-Z0-9_-]{1,128}$" },
            "description": { "type": "string" }, "strict": { "type": "boolean" },
            "input_schema": { "type": "object", "required": ["type"], "properties": { "type": { "const": "object" } } } } });
    let format = json!({ "type": "object", "additionalProperties": false, "required": ["type", "schema"],
        "properties": { "type": { "const": "json_schema" }, "schema": { "type": "object" } } });
    let schema = json!({ "type": "object", "additionalProperties": false,
        "required": ["model", "messages", "max_tokens"],
        "properties": {
            "model": { "type": "string" }, "max_tokens": { "type": "integer", "minimum": 1 },
            "messages": { "type": "array", "minItems": 1,
                "items": { "oneOf": [turn("user", user), turn("assistant", assistant)] } },
            "system": { "oneOf": [
                { "type": "string", "minLength": 1 },
                { "type": "array", "minItems": 1,
                    "items": block("text", json!({ "text": text, "cache_control": cache }), &["text"]) },
            ] },
            "stream": { "type": "boolean" },
            "temperature": { "type": "number", "minimum": 0, "maximum": 1 },
            "top_p": { "type": "number", "minimum": 0, "maximum": 1 },
            "stop_sequences": { "type": "array", "items": { "type": "string" } },
            "tools": { "type": "array", "items": tool }, "cache_control": cache,
            "tool_choice": { "oneOf": [
                block("auto", json!({ "disable_parallel_tool_use": { "type": "boolean" } }), &[]),
                block("any", json!({ "disable_parallel_tool_use": { "type": "boolean" } }), &[]),
                block("none", json!({}), &[]),
                block(
                    "tool",
                    json!({ "name": { "type": "string" }, "disable_parallel_tool_use": { "type": "boolean" } }),
                    &["name"],
                ),
            ] },
            "thinking": block("adaptive", json!({}), &[]),
            "output_config": { "type": "object", "additionalProperties": false, "minProperties": 1,
                "properties": { "effort": { "enum": ["low", "medium", "high", "xhigh", "max"] }, "format": format } },
        } });
    jsonschema::draft202012::new(&schema).unwrap()
});

fn anthropic_faults(body: &Value) -> Vec<String> {
    let errors = ANTHROPIC.iter_errors(body);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

fn anthropic_body(request: &CloudRequest) -> Value {
    let body = provider(Language::Anthropic, base(ProviderKind::Anthropic))
        .body(request)
        .unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[test]
fn anthropic_bodies_are_as_its_reference_says() {
    for request in [question(), everything()] {
        let body = anthropic_body(&request);
        assert_eq!(anthropic_faults(&body), NONE, "{body}");
    }
    let body = anthropic_body(&everything());
    let turns = body["messages"].as_array().unwrap();
    let roles: Vec<_> = turns
        .iter()
        .map(|turn| turn["role"].as_str().unwrap())
        .collect();
    assert_eq!(
        roles,
        ["user", "assistant", "user", "assistant", "user"],
        "all results are one turn"
    );
    assert_eq!(
        turns[1]["content"][2]["id"], turns[2]["content"][0]["tool_use_id"],
        "a result names its call"
    );
    assert_eq!(
        turns[1]["content"][3]["id"],
        turns[2]["content"][1]["tool_use_id"]
    );
}

#[test]
fn anthropic_is_asked_to_keep_instructions_for_whatever_else_begins_with_them() {
    let body = anthropic_body(&CloudRequest {
        system: "Be brief.".into(),
        keep_prompt: true,
        ..everything()
    });
    let kept = json!([
        { "type": "text", "text": "Be brief.", "cache_control": { "type": "ephemeral" } }
    ]);
    assert_eq!(body["system"], kept);
}

#[test]
fn claude_is_told_to_think_only_where_its_client_asks_for_that() {
    let body = |thinks| {
        anthropic_body(&CloudRequest {
            effort: Some(Effort::Low),
            thinks,
            ..question()
        })
    };
    for thinks in [false, true] {
        let body = body(thinks);
        assert_eq!(body["output_config"]["effort"], "low");
        assert_eq!(body.get("thinking").is_some(), thinks);
        assert_eq!(anthropic_faults(&body), NONE, "{body}");
    }
}

#[test]
fn anthropic_gets_no_blank_text_and_no_empty_turn() {
    for blank in ["", " \n", "\u{FEFF}", "\u{1C}", "\u{3000}"] {
        let mut request = CloudRequest {
            system: blank.into(),
            keep_prompt: true,
            ..question()
        };
        let text = || vec![Part::Text(blank.into())];
        request.messages.insert(0, Message::User(text()));
        let body = anthropic_body(&request);
        assert_eq!(anthropic_faults(&body), NONE, "{body}");
        request.messages = vec![Message::User(text())];
        let turns = &anthropic_body(&request)["messages"];
        assert_eq!(*turns, json!([]), "{blank:?} says nothing");
    }
}

#[test]
fn tokens_are_counted_of_the_same_prompt_that_is_sent() {
    let counted: Value = serde_json::from_slice(&anthropic::count_body(&everything())).unwrap();
    let sent = anthropic_body(&everything());
    for (field, value) in counted.as_object().unwrap() {
        assert_eq!(sent[field], *value);
    }
    let left_out: Vec<_> = sent
        .as_object()
        .unwrap()
        .keys()
        .filter(|key| counted.get(key).is_none())
        .collect();
    assert_eq!(
        left_out,
        [
            "max_tokens",
            "stream",
            "temperature",
            "top_p",
            "stop_sequences"
        ],
        "the count refuses these"
    );
}

#[test]
fn ids_of_calls_become_what_every_server_takes_and_results_keep_theirs() {
    let body: Value = serde_json::from_slice(&openai().body(&everything()).unwrap()).unwrap();
    let messages = &body["messages"];
    assert_eq!(
        messages[2]["tool_calls"][0]["id"], "call00000",
        "nine letters and digits, as Mistral wants"
    );
    assert_eq!(messages[3]["tool_call_id"], "call00000");
    assert_eq!(messages[4]["tool_call_id"], "call00001");
}

#[test]
fn a_request_is_said_in_the_dialect_of_the_server() {
    let fields = |base: &str| -> Map<String, Value> {
        let key = Some(ApiKey::new(KEY).unwrap());
        let provider = Cloud::OpenAi(OpenAi::new(base, key).unwrap());
        let request = CloudRequest {
            schema: None,
            tools: vec![weather_tool()],
            parallel_calls: Some(true),
            ..everything()
        };
        serde_json::from_slice(&provider.body(&request).unwrap()).unwrap()
    };
    for (base, has, has_not) in [
        (
            base(ProviderKind::OpenAi),
            vec![
                "parallel_tool_calls",
                "max_completion_tokens",
                "reasoning_effort",
                "seed",
                "stream_options",
            ],
            vec!["max_tokens"],
        ),
        (
            "https://firm.openai.azure.com?api-version=2024-10-21",
            vec!["max_completion_tokens"],
            vec!["max_tokens"],
        ),
        (
            "https://openrouter.ai/api/v1",
            vec!["max_tokens", "reasoning"],
            vec!["reasoning_effort"],
        ),
        (
            "https://api.mistral.ai/v1",
            vec!["max_tokens", "random_seed"],
            vec!["seed", "stream_options", "reasoning_effort"],
        ),
        (
            "https://api.deepseek.com",
            vec!["max_tokens", "stream_options"],
            vec!["reasoning_effort", "parallel_tool_calls"],
        ),
        (
            "http://localhost:8080/v1",
            vec!["max_tokens", "seed", "stream_options"],
            vec!["max_completion_tokens"],
        ),
    ] {
        let body = fields(base);
        for field in has {
            assert!(body.contains_key(field), "{base} gets {field}");
        }
        for field in has_not {
            assert!(!body.contains_key(field), "{base} refuses {field}");
        }
    }
    let deepseek = Cloud::OpenAi(OpenAi::new("https://api.deepseek.com", None).unwrap());
    let plain = || CloudRequest {
        tools: vec![weather_tool()],
        ..question()
    };
    assert!(deepseek.body(&plain()).is_ok());
    for more in [
        CloudRequest {
            schema: everything().schema,
            ..plain()
        },
        CloudRequest {
            tools: everything().tools,
            ..plain()
        },
        CloudRequest {
            parallel_calls: Some(false),
            ..plain()
        },
    ] {
        let refused = deepseek.body(&more).unwrap_err();
        assert_eq!(
            refused.trouble,
            Trouble::Unsupported,
            "nothing is dropped without a word: {more:?}"
        );
    }
}

#[test]
fn that_arguments_are_strict_and_calls_one_at_a_time_is_said_only_where_it_was_asked() {
    let openai = |request: &CloudRequest| -> Value {
        serde_json::from_slice(&openai().body(request).unwrap()).unwrap()
    };
    let said = openai(&everything());
    assert_eq!(said["parallel_tool_calls"], false);
    assert_eq!(said["tools"][0]["function"]["strict"], true);
    let claude = anthropic_body(&everything());
    assert_eq!(claude["tools"][0]["strict"], true);
    let one = json!({ "type": "tool", "name": "weather", "disable_parallel_tool_use": true });
    assert_eq!(claude["tool_choice"], one);
    let auto = anthropic_body(&CloudRequest {
        tool_choice: ToolChoice::Auto,
        ..everything()
    });
    let one = json!({ "type": "auto", "disable_parallel_tool_use": true });
    assert_eq!(auto["tool_choice"], one);
    let unasked = CloudRequest {
        tools: vec![weather_tool()],
        ..question()
    };
    assert_eq!(openai(&unasked)["parallel_tool_calls"], Value::Null);
    assert_eq!(
        openai(&unasked)["tools"][0]["function"]["strict"],
        Value::Null
    );
    assert_eq!(anthropic_body(&unasked)["tools"][0]["strict"], Value::Null);
    assert_eq!(anthropic_body(&unasked)["tool_choice"], Value::Null);
}

fn compatible(base: &str) -> Cloud {
    Cloud::OpenAi(OpenAi::new(base, None).unwrap())
}

fn sent_by(provider: &Cloud, request: &CloudRequest) -> Value {
    serde_json::from_slice(&provider.body(request).unwrap()).unwrap()
}

#[test]
fn any_json_object_is_asked_for_in_the_word_that_a_server_has_for_it() {
    let request = CloudRequest {
        schema: Some(AnswerSchema {
            name: "object".into(),
            schema: object(json!({ "type": "object" })),
            strict: false,
            any_object: true,
        }),
        ..question()
    };
    let word = json!({ "type": "json_object" });
    for base in [
        base(ProviderKind::OpenAi),
        "https://firm.openai.azure.com",
        "https://openrouter.ai/api/v1",
        "https://api.mistral.ai/v1",
        "https://api.deepseek.com",
        "https://api.groq.com/openai/v1",
        "https://generativelanguage.googleapis.com/v1beta/openai",
    ] {
        let sent = sent_by(&compatible(base), &request);
        assert_eq!(sent["response_format"], word, "{base}");
    }
    let own = sent_by(&compatible("http://localhost:1234/v1"), &request);
    let schema = json!({ "name": "object", "schema": { "type": "object" }, "strict": false });
    assert_eq!(
        own["response_format"],
        json!({ "type": "json_schema", "json_schema": schema }),
        "LM Studio takes a schema or a text"
    );
    let ollama = provider(Language::Ollama, base(ProviderKind::Ollama));
    assert_eq!(sent_by(&ollama, &request)["format"], "json");
    if let Some(published) = Published::read("openai-openapi.json") {
        let chat = published.operation("/chat/completions");
        assert_eq!(chat.faults(&openai().body(&request).unwrap()), NONE);
    }
    if let Some(published) = Published::read("ollama-openapi.yaml") {
        let chat = published.operation("/api/chat");
        assert_eq!(chat.faults(&ollama.body(&request).unwrap()), NONE);
    }
}

#[test]
fn of_a_tool_that_takes_nothing_a_schema_is_sent_that_says_so() {
    let asked = |strict| CloudRequest {
        tools: vec![Tool {
            parameters: Map::new(),
            strict,
            ..weather_tool()
        }],
        ..question()
    };
    let request = asked(false);
    let nothing = json!({ "type": "object", "properties": {} });
    for base in [
        base(ProviderKind::OpenAi),
        "https://api.deepseek.com",
        "https://api.mistral.ai/v1",
        "http://localhost:1234/v1",
    ] {
        let tool = &sent_by(&compatible(base), &request)["tools"][0];
        assert_eq!(tool["function"]["parameters"], nothing, "{base}");
    }
    let strict = &sent_by(&openai(), &asked(true))["tools"][0];
    assert_eq!(
        strict["function"]["parameters"]["additionalProperties"],
        false
    );
    let claude = &anthropic_body(&request)["tools"][0]["input_schema"];
    assert_eq!(*claude, json!({ "type": "object" }));
    if let Some(published) = Published::read("openai-openapi.json") {
        let chat = published.operation("/chat/completions");
        assert_eq!(chat.faults(&openai().body(&request).unwrap()), NONE);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_request_is_as_published(requests in prop::collection::vec(any_request(), 8)) {
        static OPENAI: LazyLock<Option<Published>> = LazyLock::new(|| Published::read("openai-openapi.json"));
        static OPENAI_CHAT: LazyLock<Option<Body<'static>>> =
            LazyLock::new(|| OPENAI.as_ref().map(|published| published.operation("/chat/completions")));
        static OLLAMA: LazyLock<Option<Published>> = LazyLock::new(|| Published::read("ollama-openapi.yaml"));
        static OLLAMA_CHAT: LazyLock<Option<Body<'static>>> =
            LazyLock::new(|| OLLAMA.as_ref().map(|published| published.operation("/api/chat")));
        for request in &requests {
            let anthropic = anthropic_body(request);
            prop_assert_eq!(anthropic_faults(&anthropic), NONE, "{}", anthropic);
            if let Some(chat) = &*OPENAI_CHAT {
                prop_assert_eq!(chat.faults(&openai().body(request).unwrap()), NONE);
            }
            if let Some(chat) = &*OLLAMA_CHAT {
                let body = provider(Language::Ollama, base(ProviderKind::Ollama)).body(request).unwrap();
                prop_assert_eq!(chat.faults(&body), NONE);
            }
        }
    }
}
