//! Whether two schemas have no value in common: then one of several is at most one of them, as `oneOf` says.

use std::cell::Cell;

use serde_json::{Map, Value};

/// How deep one looks into properties.
const MOST_LEVELS: usize = 8;

/// How many pairs one looks at: of choices within choices there are more than anybody can wait for.
const MOST_PAIRS: u32 = 10_000;

/// Whether nothing satisfies two held schemas at once; `false` where that is not sure.
pub(super) fn are_apart(definitions: &Map<String, Value>, one: &Value, other: &Value) -> bool {
    let pairs = Cell::new(0);
    Apart { definitions, pairs }.are(one, other, 0)
}

struct Apart<'d> {
    definitions: &'d Map<String, Value>,
    /// Pairs that were looked at.
    pairs: Cell<u32>,
}

impl<'d> Apart<'d> {
    fn are(&self, one: &'d Value, other: &'d Value, level: usize) -> bool {
        let (Some(one), Some(other)) = (self.meant(one), self.meant(other)) else {
            return false;
        };
        self.pairs.set(self.pairs.get() + 1);
        if level > MOST_LEVELS || self.pairs.get() > MOST_PAIRS {
            return false;
        }
        if let Some(all) = one["anyOf"].as_array() {
            return all.iter().all(|one| self.are(one, other, level + 1));
        }
        if other["anyOf"].is_array() {
            return self.are(other, one, level);
        }
        match (one["enum"].as_array(), other["enum"].as_array()) {
            (Some(these), Some(those)) => !these
                .iter()
                .any(|this| those.iter().any(|that| is_same(this, that))),
            (Some(these), None) => no_value_is(these, other),
            (None, Some(those)) => no_value_is(those, one),
            (None, None) => match (kind(one), kind(other)) {
                (Some("object"), Some("object")) => self.objects_are(one, other, level),
                (Some(one), Some(other)) => one != other,
                _ => false,
            },
        }
    }

    /// Objects are, where both must have a property whose values are.
    fn objects_are(&self, one: &'d Value, other: &'d Value, level: usize) -> bool {
        let required = |object: &'d Value, name: &Value| {
            object["required"]
                .as_array()
                .is_some_and(|all| all.contains(name))
        };
        let names = one["required"].as_array().into_iter().flatten();
        names
            .filter(|name| required(other, name))
            .filter_map(Value::as_str)
            .any(|name| {
                let (one, other) = (&one["properties"][name], &other["properties"][name]);
                self.are(one, other, level + 1)
            })
    }

    /// What is referred to; `None`: it is not written yet, as it has this one inside.
    fn meant(&self, schema: &'d Value) -> Option<&'d Value> {
        match schema["$ref"].as_str() {
            None => Some(schema),
            Some(place) => self.definitions.get(place.strip_prefix("#/$defs/")?),
        }
    }
}

/// Its type; integers are numbers.
fn kind(schema: &Value) -> Option<&str> {
    match schema["type"].as_str() {
        Some("integer") => Some("number"),
        other => other,
    }
}

fn no_value_is(values: &[Value], schema: &Value) -> bool {
    kind(schema).is_some_and(|kind| values.iter().all(|value| kind != kind_of_value(value)))
}

/// The type of a value.
pub(super) fn kind_of_value(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether two values are the same to JSON Schema, for which 1 is 1.0. Of large numbers it is taken for
/// sure too rarely to be wrong.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        // Numbers inside may be written in two ways.
        (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)) => true,
        (one, other) => one == other,
    }
}
