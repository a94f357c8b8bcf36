//! The keywords of JSON Schema that say what a value is.

use serde_json::{Map, Value};

use super::walk::Object;

/// Keywords that say what a value is, and of which type they speak; a keyword that is not here says
/// nothing of it (`title`, `default`, `format` that nobody knows…).
pub(super) const SAYS: &[(&str, &str)] = &[
    ("$ref", ""),
    ("$dynamicRef", ""),
    ("$recursiveRef", ""),
    ("type", ""),
    ("enum", ""),
    ("const", ""),
    ("anyOf", ""),
    ("oneOf", ""),
    ("allOf", ""),
    ("not", ""),
    ("if", ""),
    ("then", ""),
    ("else", ""),
    ("properties", "object"),
    ("required", "object"),
    ("additionalProperties", "object"),
    ("patternProperties", "object"),
    ("propertyNames", "object"),
    ("minProperties", "object"),
    ("maxProperties", "object"),
    ("dependentRequired", "object"),
    ("dependentSchemas", "object"),
    ("dependencies", "object"),
    ("unevaluatedProperties", "object"),
    ("items", "array"),
    ("prefixItems", "array"),
    ("additionalItems", "array"),
    ("minItems", "array"),
    ("maxItems", "array"),
    ("uniqueItems", "array"),
    ("contains", "array"),
    ("minContains", "array"),
    ("maxContains", "array"),
    ("unevaluatedItems", "array"),
    ("minLength", "string"),
    ("maxLength", "string"),
    ("pattern", "string"),
    ("minimum", "number"),
    ("maximum", "number"),
    ("exclusiveMinimum", "number"),
    ("exclusiveMaximum", "number"),
    ("multipleOf", "number"),
];

/// Formats whose letters llama.cpp knows. Whether a day is in the calendar it does not.
pub(super) const FORMATS: &[&str] = &["date", "time", "date-time", "uuid"];

/// Whether a keyword says nothing by its value.
pub(super) fn is_idle(keyword: &str, value: &Value) -> bool {
    match keyword {
        "minLength" | "minItems" | "minProperties" => value.as_u64() == Some(0),
        "uniqueItems" => *value == Value::Bool(false),
        "required" => value.as_array().is_some_and(Vec::is_empty),
        "patternProperties" | "dependentRequired" | "dependentSchemas" | "dependencies" => {
            value.as_object().is_some_and(Map::is_empty)
        }
        "propertyNames" | "additionalProperties" | "unevaluatedProperties" | "unevaluatedItems" => {
            *value == Value::Bool(true)
        }
        _ => false,
    }
}

/// The type that a schema without one speaks of; empty where it speaks of none.
pub(super) fn kind_of(schema: &Object) -> &'static str {
    let spoken = ["object", "array", "string", "number"]
        .into_iter()
        .find(|kind| {
            SAYS.iter().any(|(keyword, of)| {
                of == kind
                    && schema
                        .get(*keyword)
                        .is_some_and(|value| !is_idle(keyword, value))
            })
        });
    let format = schema.get("format").and_then(Value::as_str);
    let has_format = format.is_some_and(|format| FORMATS.contains(&format));
    spoken.unwrap_or(if has_format { "string" } else { "" })
}
