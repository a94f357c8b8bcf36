//! What is held satisfies the schema, and what is not is said.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Rest, SchemaError, Together, held, levels};

fn refused(schema: &Value) -> SchemaError {
    match held(schema, Rest::Refused) {
        Err(error) => error,
        Ok(held) => panic!("{schema} is held as {held}"),
    }
}

/// What the root stands for.
fn root(held: &Value) -> &Value {
    meant(held, held)
}

fn meant<'v>(held: &'v Value, part: &'v Value) -> &'v Value {
    match part["$ref"].as_str() {
        Some(place) => meant(held, held.pointer(&place[1..]).unwrap()),
        None => part,
    }
}

#[test]
fn what_no_grammar_holds_is_refused_by_name() {
    for (keyword, schema) in [
        (
            "minimum",
            json!({ "type": "number", "minimum": 5, "maximum": 6 }),
        ),
        (
            "exclusiveMinimum",
            json!({ "type": "number", "exclusiveMinimum": 100 }),
        ),
        ("multipleOf", json!({ "type": "number", "multipleOf": 1 })),
        ("multipleOf", json!({ "type": "integer", "multipleOf": 7 })),
        (
            "uniqueItems",
            json!({ "type": "array", "items": {}, "uniqueItems": true }),
        ),
        (
            "contains",
            json!({ "type": "array", "contains": { "type": "string" } }),
        ),
        (
            "minProperties",
            json!({ "type": "object", "minProperties": 3 }),
        ),
        (
            "maxProperties",
            json!({ "type": "object", "maxProperties": 3 }),
        ),
        (
            "patternProperties",
            json!({ "type": "object", "patternProperties": { "^a$": {} } }),
        ),
        (
            "propertyNames",
            json!({ "type": "object", "propertyNames": { "maxLength": 2 } }),
        ),
        (
            "dependentRequired",
            json!({ "properties": { "a": {} }, "dependentRequired": { "a": ["b"] } }),
        ),
        ("not", json!({ "type": "string", "not": { "const": "a" } })),
        (
            "if",
            json!({ "type": "string", "if": {}, "then": { "minLength": 100 } }),
        ),
        (
            "required",
            json!({ "properties": { "a": {} }, "required": ["b"] }),
        ),
        ("pattern", json!({ "type": "string", "pattern": "[0-9]+" })),
        (
            "pattern",
            json!({ "type": "string", "pattern": "^(unclosed$" }),
        ),
        (
            "pattern",
            json!({ "type": "string", "pattern": "^a{5,3}$" }),
        ),
        (
            "pattern",
            json!({ "type": "string", "pattern": "^(?=a)b$" }),
        ),
        (
            "minLength",
            json!({ "type": "string", "pattern": "^a+$", "minLength": 3 }),
        ),
        ("maxLength", json!({ "type": "string", "maxLength": 5_000 })),
        (
            "properties",
            json!({ "properties": { "a": {} }, "anyOf": [{ "required": ["a"] }] }),
        ),
        ("minimum", json!({ "minimum": 3 })),
        (
            "maximum",
            json!({ "$ref": "#/$defs/a", "title": "x", "$defs": { "a": { "type": "number", "maximum": 3 } } }),
        ),
        (
            "oneOf",
            json!({ "oneOf": [{ "type": "integer" }, { "type": "number" }] }),
        ),
    ] {
        let SchemaError::NotHeld { what, .. } = refused(&schema) else {
            panic!("{schema}: {:?}", refused(&schema));
        };
        assert!(what.contains(keyword), "{schema}: {what}");
        let kept = held(&schema, Rest::LeftOut);
        assert!(kept.is_ok(), "left out where it may be: {schema}, {kept:?}");
    }
}

#[test]
fn what_takes_all_memory_or_has_no_value_is_refused_also_where_the_rest_is_left_out() {
    let deep = (0..200).fold(
        json!({}),
        |inside, _| json!({ "type": "array", "items": inside }),
    );
    let many: Map<String, Value> = (0..300).map(|nth| (format!("p{nth}"), json!({}))).collect();
    let wide = vec![json!({ "type": "string", "maxLength": 2_000 }); 60];
    for schema in [
        json!({ "type": "string", "minLength": 5, "maxLength": 3 }),
        json!({ "type": "array", "items": {}, "minItems": 5, "maxItems": 3 }),
        json!({ "type": "integer", "minimum": 5, "maximum": 3 }),
        json!({ "type": "array", "items": {}, "minItems": 1_000_000 }),
        json!({ "type": "string", "minLength": -1 }),
        json!({ "enum": [] }),
        json!({ "type": "string", "enum": [1, 2] }),
        json!({ "properties": many }),
        json!({ "type": "array", "prefixItems": wide }),
        json!({ "$defs": { "a": { "allOf": [{ "$ref": "#/$defs/a" }, { "$ref": "#/$defs/a" }] } }, "$ref": "#/$defs/a" }),
        json!({ "type": "no such type" }),
        json!({ "$ref": "#/missing" }),
        json!({ "$ref": "https://example.com/schema.json" }),
        json!("a text"),
        json!(false),
        deep,
    ] {
        refused(&schema);
        let short: String = schema.to_string().chars().take(100).collect();
        assert!(held(&schema, Rest::LeftOut).is_err(), "{short}");
    }
}

#[test]
fn annotations_and_what_says_nothing_pass() {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/a",
        "title": "A", "description": "b", "$comment": "c", "type": "object", "examples": [1],
        "properties": {
            "mail": { "type": "string", "format": "email", "default": "x", "minLength": 0, "minimum": 3 },
            "list": { "type": "array", "uniqueItems": false, "minItems": 0, "items": { "title": "Any" } },
            "x-order": { "type": "integer", "x-unit": "m", "multipleOf": 1 }
        },
        "required": [], "additionalProperties": true, "patternProperties": {}
    });
    let held = held(&schema, Rest::Refused).unwrap();
    let names = root(&held)["properties"].as_object().unwrap();
    assert_eq!(names.len(), 3);
    assert!(!held.to_string().contains("title"), "{held}");
}

#[test]
fn one_limit_of_an_integer_becomes_two_and_all_limits_hold_at_once() {
    let limits = |schema: Value| {
        let held = held(&schema, Rest::Refused).unwrap();
        (
            root(&held)["minimum"].as_i64().unwrap(),
            root(&held)["maximum"].as_i64().unwrap(),
        )
    };
    let integer = |limits: Value| {
        let mut schema = limits;
        schema["type"] = "integer".into();
        schema
    };
    assert_eq!(
        limits(integer(json!({ "minimum": 100 }))),
        (100, 999_999_999_999_999)
    );
    assert_eq!(
        limits(integer(json!({ "maximum": -7 }))),
        (-999_999_999_999_999, -7)
    );
    assert_eq!(
        limits(integer(
            json!({ "minimum": 1, "exclusiveMinimum": 4.5, "maximum": 9.5, "exclusiveMaximum": 9 })
        )),
        (5, 8)
    );
    assert_eq!(
        limits(integer(
            json!({ "exclusiveMinimum": 4, "exclusiveMaximum": 6 })
        )),
        (5, 5)
    );
}

#[test]
fn what_is_referred_to_gets_a_name_of_its_own_among_joined_schemas() {
    let one = json!({ "$defs": { "T": { "type": "string" } }, "properties": { "a": { "$ref": "#/$defs/T" } } });
    let other = json!({ "$defs": { "T": { "type": "boolean" } }, "properties": { "a": { "$ref": "#/$defs/T" } } });
    let mut together = Together::default();
    let parts = [&one, &other].map(|schema| together.add(schema, Rest::LeftOut).unwrap());
    let held = together.under(json!({ "anyOf": parts })).unwrap();
    let kinds = (0..2).map(|nth| {
        let property = &root(&held)["anyOf"][nth]["properties"]["a"];
        meant(&held, property)["type"].clone()
    });
    assert_eq!(kinds.collect::<Vec<_>>(), ["string", "boolean"]);
}

#[test]
fn a_schema_that_has_itself_inside_is_held() {
    for schema in [
        json!({ "properties": { "inner": { "$ref": "#" } } }),
        json!({ "$ref": "#/$defs/N", "$defs": { "N": {
            "properties": { "next": { "anyOf": [{ "$ref": "#/$defs/N" }, { "type": "null" }] } },
            "required": ["next"] } } }),
        json!({ "properties": { "a~b/c": { "type": "string" }, "x": { "$ref": "#/properties/a~0b~1c" } } }),
    ] {
        let held = held(&schema, Rest::Refused);
        assert!(held.is_ok(), "{schema}: {held:?}");
    }
}

#[test]
fn all_of_is_one_object_or_what_stands_alone_in_it() {
    let alone = json!({ "description": "d", "allOf": [{ "$ref": "#/$defs/c" }], "$defs": { "c": { "type": "string", "maxLength": 3 } } });
    assert_eq!(root(&held(&alone, Rest::Refused).unwrap())["maxLength"], 3);
    let two = json!({
        "allOf": [{ "$ref": "#/$defs/base" }, { "properties": { "b": { "type": "boolean" } }, "required": ["b"] }],
        "$defs": { "base": { "type": "object", "properties": { "a": {} }, "required": ["a"] } }
    });
    let held_two = held(&two, Rest::Refused).unwrap();
    assert_eq!(root(&held_two)["required"], json!(["a", "b"]));
    let closed = json!({ "allOf": [{ "properties": { "a": {} }, "additionalProperties": false }, { "properties": { "b": {} } }] });
    assert!(matches!(refused(&closed), SchemaError::NotHeld { .. }));
}

#[test]
fn a_large_part_that_all_of_names_again_and_again_is_not_copied_each_time() {
    let names: Vec<String> = (0..200).map(|nth| format!("name-{nth}")).collect();
    let one = json!({ "$ref": "#/$defs/part" });
    let schema = json!({
        "$defs": { "part": { "properties": {}, "required": names } }, "allOf": vec![one; 1_000],
    });
    assert!(matches!(refused(&schema), SchemaError::TooLarge(_)));
}

#[test]
fn one_of_is_held_where_its_schemas_exclude_each_other() {
    for apart in [
        json!({ "oneOf": [{ "type": "string" }, { "type": "null" }] }),
        json!({ "oneOf": [{ "enum": ["a", "b"] }, { "const": "c" }, { "type": "boolean" }] }),
        json!({ "oneOf": [
            { "properties": { "kind": { "const": "cat" }, "lives": { "type": "integer" } }, "required": ["kind"] },
            { "properties": { "kind": { "const": "dog" } }, "required": ["kind"] },
        ] }),
    ] {
        let held = held(&apart, Rest::Refused);
        assert!(held.is_ok(), "{apart}: {held:?}");
    }
    for together in [
        json!({ "oneOf": [{ "type": "string" }, { "type": "string", "maxLength": 3 }] }),
        json!({ "oneOf": [{ "const": 1 }, { "const": 1.0 }] }),
        json!({ "oneOf": [{ "properties": { "kind": { "const": "cat" } } }, { "properties": { "kind": { "const": "dog" } } }] }),
    ] {
        refused(&together);
    }
}

#[test]
fn patterns_are_written_so_that_json_stays_json() {
    let pattern = |pattern: &str| {
        let schema = json!({ "type": "string", "pattern": pattern });
        let held = held(&schema, Rest::Refused).unwrap();
        root(&held)["pattern"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        pattern(r"^\d{3}-\d{4}$"),
        r"^([0-9]){3,3}[\x2D]([0-9]){4,4}$"
    );
    assert_eq!(pattern("^(a|bc)?$"), "^((([a]|[b][c])))?$");
    assert!(!pattern("^.*$").contains('"'));
    for space in ['\u{a0}', '\u{3000}', '\u{feff}'] {
        let letters = regex::Regex::new(&pattern(r"^\S$")).unwrap();
        assert!(!letters.is_match(&space.to_string()), "{space:?}");
        assert!(letters.is_match("x"));
    }
    let any = pattern("^.$");
    assert!(any.starts_with(r"^[\x20-\x21\x23-\x5B\x5D-\x7E"), "{any}");
    for bad in [
        "^\"$",
        r"^\\$",
        "^\\n$",
        r"^\bword$",
        "^a$|^b$",
        r"^(a)\1$",
        "^[]$",
        "^a",
    ] {
        refused(&json!({ "type": "string", "pattern": bad }));
    }
}

/// Schemas as people write them, with much that cannot be held.
fn schemas() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({})),
        Just(json!({ "type": "boolean" })),
        Just(json!({ "type": ["null", "integer"], "minimum": 3 })),
        (any::<i16>(), any::<i16>())
            .prop_map(|(a, b)| json!({ "type": "integer", "minimum": a, "maximum": b })),
        (-500..500_i64).prop_map(|a| json!({ "type": "integer", "exclusiveMinimum": a })),
        (0..5_u8, 0..5_u8)
            .prop_map(|(a, b)| json!({ "type": "string", "minLength": a, "maxLength": b })),
        Just(json!({ "type": "number" })),
        Just(json!({ "type": "number", "minimum": 0 })),
        Just(json!({ "enum": ["a", 1, null, { "x": 1.5 }] })),
        Just(json!({ "type": "string", "enum": ["b", "c", 2] })),
        Just(json!({ "const": "d" })),
        "\\^[a-c.]{0,3}(\\[0-9\\]\\{1,2\\})?(x\\|y)?\\$"
            .prop_map(|p| json!({ "type": "string", "pattern": p })),
        Just(json!({ "$ref": "#/$defs/shared" })),
        Just(json!({ "type": "string", "format": "date" })),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let several = proptest::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            (several.clone(), any::<[bool; 4]>()).prop_map(|(all, needed)| {
                let named: Map<String, Value> =
                    all.into_iter().enumerate().map(|(nth, schema)| (format!("p{nth}"), schema)).collect();
                let names: Vec<String> = named.keys().cloned().collect();
                let required: Vec<_> = names.into_iter().zip(needed).filter(|(_, is)| *is).map(|(name, _)| name).collect();
                json!({ "type": "object", "properties": named, "required": required })
            }),
            (inner.clone(), 0..3_u8, 0..4_u8)
                .prop_map(|(items, a, b)| json!({ "type": "array", "items": items, "minItems": a, "maxItems": b })),
            inner.clone().prop_map(|items| json!({ "type": "object", "additionalProperties": items })),
            several.clone().prop_map(|all| json!({ "type": "array", "prefixItems": all })),
            several.clone().prop_map(|all| json!({ "anyOf": all })),
            several.clone().prop_map(|all| json!({ "oneOf": all })),
            several.prop_map(|all| json!({ "allOf": all })),
            inner.prop_map(|not| json!({ "type": "string", "not": not })),
        ]
    })
    .prop_map(|mut schema| {
        schema["$defs"] = json!({ "shared": { "type": "string", "maxLength": 3 } });
        schema
    })
}

/// A value that is of a held schema, as a grammar of it would let through; `pick` chooses.
fn value_of(held: &Value, part: &Value, pick: &mut impl FnMut(usize) -> usize) -> Value {
    let part = meant(held, part);
    if let Some(all) = part["anyOf"].as_array().or_else(|| part["enum"].as_array()) {
        let one = &all[pick(all.len())];
        return if part["enum"].is_array() {
            one.clone()
        } else {
            value_of(held, one, pick)
        };
    }
    let within = |least: i64, most: i64, pick: &mut dyn FnMut(usize) -> usize| match pick(3) {
        0 => least,
        1 => most,
        _ => least + (most - least) / 2,
    };
    match part["type"].as_str() {
        None => json!([null, { "any": 1 }]),
        Some("null") => Value::Null,
        Some("boolean") => json!(pick(2) == 0),
        Some("number") => json!([-1.5, 3.0, 1e9][pick(3)]),
        Some("integer") => {
            let (least, most) = (part["minimum"].as_i64(), part["maximum"].as_i64());
            json!(within(least.unwrap_or(-9), most.unwrap_or(9), pick))
        }
        Some("string") => match (part["pattern"].as_str(), part["format"].as_str()) {
            (Some(pattern), _) => json!(text_of(pattern, pick)),
            (_, Some(_)) => json!("2026-11-27"),
            _ => {
                let (least, most) = (part["minLength"].as_i64(), part["maxLength"].as_i64());
                let length = within(
                    least.unwrap_or(0),
                    most.unwrap_or(least.unwrap_or(0) + 2),
                    pick,
                );
                json!("ä".repeat(usize::try_from(length).unwrap()))
            }
        },
        Some("array") => {
            if let Some(items) = part["prefixItems"].as_array() {
                return items
                    .iter()
                    .map(|item| value_of(held, item, pick))
                    .collect();
            }
            let (least, most) = (part["minItems"].as_i64(), part["maxItems"].as_i64());
            let length = within(
                least.unwrap_or(0),
                most.unwrap_or(least.unwrap_or(0) + 1),
                pick,
            );
            (0..length)
                .map(|_| value_of(held, &part["items"], pick))
                .collect()
        }
        Some("object") => {
            let others = &part["additionalProperties"];
            let mut value = Map::new();
            if others.is_object() {
                value.insert("other".into(), value_of(held, others, pick));
            }
            for (name, property) in part["properties"].as_object().into_iter().flatten() {
                let needed = part["required"].as_array().unwrap().contains(&json!(name));
                if needed || pick(2) == 0 {
                    value.insert(name.clone(), value_of(held, property, pick));
                }
            }
            Value::Object(value)
        }
        Some(other) => panic!("{other} is no type that is held"),
    }
}

/// A text of a written pattern, which has nothing but groups, classes, repeats and choices.
fn text_of(pattern: &str, pick: &mut impl FnMut(usize) -> usize) -> String {
    let parsed = regex_syntax::parse(pattern).unwrap();
    let mut text = String::new();
    write_one(&parsed, pick, &mut text);
    text
}

fn write_one(
    part: &regex_syntax::hir::Hir,
    pick: &mut impl FnMut(usize) -> usize,
    text: &mut String,
) {
    use regex_syntax::hir::{Class, HirKind};
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).unwrap()),
        HirKind::Class(Class::Unicode(class)) => {
            let range = class.ranges()[pick(class.ranges().len())];
            text.push(if pick(2) == 0 {
                range.start()
            } else {
                range.end()
            });
        }
        HirKind::Class(Class::Bytes(_)) => panic!("a class of bytes is never written"),
        HirKind::Capture(group) => write_one(&group.sub, pick, text),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(repetition.min + 1);
            for _ in 0..(if pick(2) == 0 { repetition.min } else { most }) {
                write_one(&repetition.sub, pick, text);
            }
        }
        HirKind::Concat(parts) => parts.iter().for_each(|part| write_one(part, pick, text)),
        HirKind::Alternation(parts) => write_one(&parts[pick(parts.len())], pick, text),
    }
}

proptest! {
    #[test]
    fn whatever_is_of_a_held_schema_satisfies_the_schema(
        schema in schemas(),
        choices in proptest::collection::vec(any::<usize>(), 1..40),
    ) {
        let Ok(held) = held(&schema, Rest::Refused) else {
            return Ok(());
        };
        let mut at = 0;
        let mut pick = |many: usize| {
            at += 1;
            choices[at % choices.len()] % many
        };
        let value = value_of(&held, &held, &mut pick);
        let validator = jsonschema::validator_for(&schema).unwrap();
        prop_assert!(validator.is_valid(&value), "{value} is not of {schema}, held as {held}");
    }

    #[test]
    fn a_schema_of_anything_is_held_or_refused_and_never_breaks(schema in schemas(), left_out: bool) {
        let rest = if left_out { Rest::LeftOut } else { Rest::Refused };
        if let Ok(held) = held(&schema, rest) {
            prop_assert!(levels(&held) <= super::MOST_JSON_LEVELS);
        }
    }

    #[test]
    fn no_pattern_makes_it_panic(pattern in "\\PC{0,30}") {
        let _ = held(&json!({ "type": "string", "pattern": pattern }), Rest::Refused);
    }
}
