//! Output held to a JSON Schema or a grammar, and constraints that cannot be used.

use gatehouse_protocol::{Constraint, Event, FinishReason, RequestErrorKind, Sampling};
use serde_json::{Value, json};

use crate::support::{Engine, greedy, user};

fn held(engine: &mut Engine, constraint: Constraint, sampling: Sampling) -> String {
    let mut request = engine.request(&[user("Describe a person called Ada.")], sampling);
    request.constraint = Some(constraint);
    let outcome = engine.ask_with(request);
    assert_eq!(
        outcome.reason,
        Some(FinishReason::EndOfAnswer),
        "{outcome:?}"
    );
    outcome.text()
}

#[test]
fn output_held_to_a_schema_satisfies_it_with_every_seed() {
    let mut engine = Engine::chat(1024, 1);
    let schema = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 20},
            "age": {"type": "integer", "minimum": 0, "maximum": 150},
            "mood": {"enum": ["calm", "merry"]},
            "tags": {"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 3}
        },
        "required": ["name", "age", "mood", "tags"],
        "additionalProperties": false
    });
    for seed in 0..5 {
        let sampling = Sampling {
            temperature: 1.2,
            seed: Some(seed),
            max_tokens: Some(200),
            ..Sampling::default()
        };
        let text = held(
            &mut engine,
            Constraint::JsonSchema(schema.clone()),
            sampling,
        );
        let value: Value =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e} in {text:?}"));
        assert!(
            value["name"]
                .as_str()
                .is_some_and(|name| name.chars().count() <= 20),
            "{value}"
        );
        assert!(
            value["age"].as_u64().is_some_and(|age| age <= 150),
            "{value}"
        );
        assert!(
            ["calm", "merry"].contains(&value["mood"].as_str().unwrap()),
            "{value}"
        );
        let tags = value["tags"].as_array().unwrap();
        assert!(
            (1..=3).contains(&tags.len()) && tags.iter().all(Value::is_boolean),
            "{value}"
        );
        assert_eq!(value.as_object().unwrap().len(), 4, "{value}");
        assert!(
            text.find("name") < text.find("age"),
            "properties come as the schema has them: {text}"
        );
    }
}

#[test]
fn output_held_to_a_grammar_is_one_of_its_sentences() {
    let mut engine = Engine::chat(1024, 1);
    for temperature in [0.0, 1.5] {
        let sampling = Sampling {
            temperature,
            seed: Some(1),
            ..greedy(20)
        };
        let text = held(
            &mut engine,
            Constraint::Grammar(r#"root ::= ("yes" | "no") " " [0-9] [0-9]"#.into()),
            sampling,
        );
        let (word, number) = text.split_once(' ').unwrap();
        assert!(
            ["yes", "no"].contains(&word) && number.len() == 2 && number.parse::<u8>().is_ok(),
            "{text:?}"
        );
    }
}

#[test]
fn constraints_that_cannot_be_used_fail_that_request_alone() {
    let mut engine = Engine::chat(1024, 1);
    let bad = [
        Constraint::Grammar("nonsense".into()),
        Constraint::Grammar("answer ::= \"a\"".into()),
        Constraint::Grammar("root ::= root \"a\"".into()),
        Constraint::Grammar("root ::= \"a\0b\"".into()),
        Constraint::Grammar(String::new()),
        Constraint::Grammar("root ::= \"a\"{5,3}".into()),
        Constraint::Grammar("root ::= \"a\"{100000}".into()),
        Constraint::JsonSchema(json!({"type": "string", "minLength": 5, "maxLength": 3})),
        Constraint::JsonSchema(json!({"type": "array", "items": {}, "minItems": 5, "maxItems": 3})),
        Constraint::JsonSchema(json!({"type": "string", "pattern": "^a{5,3}$"})),
        Constraint::JsonSchema(json!({"$ref": "#/missing"})),
        Constraint::JsonSchema(json!({"$ref": "https://example.com/schema.json"})),
        Constraint::JsonSchema(json!({"type": "no such type"})),
        Constraint::JsonSchema(json!("just a text")),
        Constraint::JsonSchema(json!([1, 2])),
        Constraint::JsonSchema(json!(true)),
    ];
    for constraint in bad {
        let mut request = engine.request(&[user("Hi")], greedy(5));
        let id = request.id;
        request.constraint = Some(constraint.clone());
        engine.send(&gatehouse_protocol::Request::Generate(request));
        let event = engine.event();
        let Event::Failed {
            id: of,
            kind,
            message,
        } = event
        else {
            panic!("{constraint:?} gave {event:?}")
        };
        assert_eq!(
            (of, kind),
            (id, RequestErrorKind::BadConstraint),
            "{constraint:?}: {message}"
        );
    }
    assert_eq!(
        engine.ask(&[user("Hi")], greedy(3)).usage.output_tokens,
        3,
        "the engine goes on"
    );
}
