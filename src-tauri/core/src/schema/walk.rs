//! A schema, read from its root and written anew part by part.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{
    MOST_LEVELS, Rest, SchemaError, Together,
    apart::{are_apart, kind_of_value},
    keywords::{SAYS, is_idle, kind_of},
    reference_to,
};

pub(super) type Object = Map<String, Value>;

/// One schema on its way into a joined one.
pub(super) struct Walk<'w> {
    pub(super) together: &'w mut Together,
    root: &'w Value,
    rest: Rest,
    /// What is referred to, by its place in the schema, and what it is called in the joined one.
    names: HashMap<String, String>,
}

/// Where one is.
#[derive(Clone)]
pub(super) struct At {
    place: String,
    level: usize,
}

impl At {
    pub(super) fn below(&self, step: &str) -> Self {
        Self {
            place: format!("{}/{step}", self.place),
            level: self.level + 1,
        }
    }

    pub(super) fn invalid(&self, what: impl Into<String>) -> SchemaError {
        SchemaError::Invalid {
            place: self.place.clone(),
            what: what.into(),
        }
    }

    pub(super) fn no_value(&self, what: impl Into<String>) -> SchemaError {
        SchemaError::NoValue {
            place: self.place.clone(),
            what: what.into(),
        }
    }
}

impl<'w> Walk<'w> {
    pub(super) fn new(together: &'w mut Together, root: &'w Value, rest: Rest) -> Self {
        Self {
            together,
            root,
            rest,
            names: HashMap::new(),
        }
    }

    /// # Errors
    /// [`SchemaError`] names the place.
    pub(super) fn root(mut self) -> Result<Value, SchemaError> {
        let at = At {
            place: "#".to_owned(),
            level: 0,
        };
        self.node(self.root, &at)
    }

    pub(super) fn node(&mut self, schema: &Value, at: &At) -> Result<Value, SchemaError> {
        self.together.count(1, 0)?;
        if at.level > MOST_LEVELS {
            return Err(SchemaError::TooLarge("it is nested too deep"));
        }
        let schema = match schema {
            Value::Object(schema) => schema,
            Value::Bool(true) => return Ok(json!({})),
            Value::Bool(false) => return Err(at.no_value("the schema is false")),
            _ => return Err(at.invalid("a schema is an object")),
        };
        if schema.contains_key("$id") && at.level > 0 {
            self.not_held(at, "“$id” inside a schema")?;
        }
        if let Some(reference) = schema.get("$ref") {
            self.only(schema, at, &["$ref"], "", "beside “$ref”")?;
            let place = reference
                .as_str()
                .ok_or_else(|| at.invalid("“$ref” is a text"))?;
            return self.reference(place, at);
        }
        if schema.contains_key("allOf") {
            return self.all_of(schema, at);
        }
        for key in ["anyOf", "oneOf"] {
            if schema.contains_key(key) && self.chooses(schema, key, at)? {
                return self.one_of(schema, key, at);
            }
        }
        self.simple(schema, at)
    }

    /// What cannot be held is refused, or passed over.
    ///
    /// # Errors
    /// [`SchemaError::NotHeld`].
    pub(super) fn not_held(&self, at: &At, what: impl Into<String>) -> Result<(), SchemaError> {
        match self.rest {
            Rest::LeftOut => Ok(()),
            Rest::Refused => Err(SchemaError::NotHeld {
                place: at.place.clone(),
                what: what.into(),
            }),
        }
    }

    /// That a schema says nothing of values of the type `kind` but by these keywords. `kind`: empty where
    /// values may be of any.
    pub(super) fn only(
        &self,
        schema: &Object,
        at: &At,
        held: &[&str],
        kind: &str,
        where_from: &str,
    ) -> Result<(), SchemaError> {
        let says = SAYS.iter().find(|(keyword, of)| {
            let speaks = of.is_empty() || kind.is_empty() || *of == kind;
            let value = schema.get(*keyword);
            speaks && !held.contains(keyword) && value.is_some_and(|value| !is_idle(keyword, value))
        });
        match says {
            None => Ok(()),
            Some((keyword, _)) => self.not_held(at, format!("“{keyword}” {where_from}")),
        }
    }

    /// What a reference names, under a name of its own.
    fn reference(&mut self, reference: &str, at: &At) -> Result<Value, SchemaError> {
        let target = self.target(reference)?;
        if let Some(name) = self.names.get(reference) {
            return Ok(reference_to(name));
        }
        let name = self.together.name();
        self.names.insert(reference.to_owned(), name.clone());
        let at = At {
            place: reference.to_owned(),
            level: at.level + 1,
        };
        let held = self.node(target, &at)?;
        self.together.definitions.insert(name.clone(), held);
        Ok(reference_to(&name))
    }

    fn target(&self, reference: &str) -> Result<&'w Value, SchemaError> {
        let place = reference
            .strip_prefix('#')
            .filter(|rest| !rest.contains('%'));
        place
            .and_then(|place| self.root.pointer(place))
            .ok_or_else(|| SchemaError::Reference(reference.chars().take(100).collect()))
    }

    /// Whether a schema with `anyOf` or `oneOf` is a choice. What it says beside that is not held: where it
    /// may be left out, an object stays what it is, and the choice goes.
    fn chooses(&self, schema: &Object, key: &str, at: &At) -> Result<bool, SchemaError> {
        let of_an_object = schema.contains_key("properties");
        self.only(schema, at, &[key, "type"], "", &format!("beside “{key}”"))?;
        Ok(!of_an_object)
    }

    fn one_of(&mut self, schema: &Object, key: &str, at: &At) -> Result<Value, SchemaError> {
        let choices = schema[key]
            .as_array()
            .filter(|all| !all.is_empty())
            .ok_or_else(|| at.invalid(format!("“{key}” is a list of schemas")))?;
        let mut held = Vec::with_capacity(choices.len());
        for (nth, choice) in choices.iter().enumerate() {
            let at = at.below(&format!("{key}/{nth}"));
            let choice = match schema.get("type") {
                None => choice.clone(),
                Some(kind) => self.of_type(choice, kind, &at)?,
            };
            held.push(self.node(&choice, &at)?);
        }
        if key == "oneOf" && !self.are_apart(&held) {
            let what = "“oneOf” of schemas that may both hold (“anyOf” can be held)";
            self.not_held(at, what)?;
        }
        Ok(match held.len() {
            1 => held.remove(0),
            _ => json!({ "anyOf": held }),
        })
    }

    fn are_apart(&self, held: &[Value]) -> bool {
        held.iter().enumerate().all(|(nth, one)| {
            held[nth + 1..]
                .iter()
                .all(|other| are_apart(&self.together.definitions, one, other))
        })
    }

    /// A choice with the type that stands beside the choices.
    fn of_type(&self, choice: &Value, kind: &Value, at: &At) -> Result<Value, SchemaError> {
        let Some(said) = choice.as_object() else {
            return Ok(choice.clone());
        };
        let another = ["$ref", "anyOf", "oneOf", "allOf"];
        match said.get("type") {
            Some(own) if own == kind => {}
            None if !another.iter().any(|key| said.contains_key(*key)) => {
                let mut said = said.clone();
                said.insert("type".to_owned(), kind.clone());
                return Ok(Value::Object(said));
            }
            _ => self.not_held(at, "a type that its parent says in another way")?,
        }
        Ok(choice.clone())
    }

    /// Several schemas at once: what one of them says alone, or an object with the properties of all.
    fn all_of(&mut self, schema: &Object, at: &At) -> Result<Value, SchemaError> {
        let mut parts = Vec::new();
        self.flatten(schema, at, &mut parts)?;
        if let [(one, at)] = parts.as_slice() {
            let mut alone = (*one).clone();
            alone.remove("allOf");
            return self.node(&Value::Object(alone), at);
        }
        let (mut properties, mut required) = (Object::new(), Vec::new());
        for (part, at) in &parts {
            let held = ["type", "properties", "required", "allOf"];
            self.only(part, at, &held, "", "in “allOf” of several")?;
            if part.get("type").is_some_and(|kind| kind != "object") {
                self.not_held(at, "“allOf” of other things than objects")?;
            }
            for (name, property) in part
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                if properties.get(name).is_some_and(|other| other != property) {
                    self.not_held(at, format!("“{}” twice in “allOf”", short(name)))?;
                }
                properties.insert(name.clone(), property.clone());
            }
            let names = part.get("required").and_then(Value::as_array);
            let names = names.into_iter().flatten();
            self.together.count(0, names.clone().count() as u64)?;
            required.extend(names);
        }
        let joined = json!({ "type": "object", "properties": properties, "required": required });
        self.node(&joined, &at.below("allOf"))
    }

    /// The schemas that are to hold at once, each with its place; one with an `allOf` stands for what it
    /// says beside that. They are not copied: one that is referred to may be among them 2,000 times.
    fn flatten<'s>(
        &mut self,
        schema: &'s Object,
        at: &At,
        parts: &mut Vec<(&'s Object, At)>,
    ) -> Result<(), SchemaError>
    where
        'w: 's,
    {
        if at.level > MOST_LEVELS {
            return Err(SchemaError::TooLarge("it is nested too deep"));
        }
        let says =
            |(keyword, _): &(&str, &str)| *keyword != "allOf" && schema.contains_key(*keyword);
        if SAYS.iter().any(says) {
            parts.push((schema, at.clone()));
        }
        let all = schema.get("allOf").and_then(Value::as_array);
        let all = all.filter(|all| !all.is_empty());
        let all = all.ok_or_else(|| at.invalid("“allOf” is a list of schemas"))?;
        let alone = all.len() == 1 && parts.is_empty();
        for (nth, part) in all.iter().enumerate() {
            self.together.count(1, 0)?;
            let at = at.below(&format!("allOf/{nth}"));
            let no_object = || at.invalid("a schema is an object");
            let mut part = part.as_object().ok_or_else(no_object)?;
            // One that stands alone refers elsewhere as it does without “allOf”.
            if let Some(reference) = part.get("$ref").and_then(Value::as_str).filter(|_| !alone) {
                self.only(part, &at, &["$ref"], "", "beside “$ref”")?;
                part = self.target(reference)?.as_object().ok_or_else(no_object)?;
            }
            if part.contains_key("allOf") {
                self.flatten(part, &at, parts)?;
            } else {
                parts.push((part, at));
            }
        }
        Ok(())
    }

    /// A schema without choices and references.
    fn simple(&mut self, schema: &Object, at: &At) -> Result<Value, SchemaError> {
        if schema.contains_key("enum") || schema.contains_key("const") {
            return self.values(schema, at);
        }
        let kind = match schema.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(Value::Array(kinds)) if !kinds.is_empty() => {
                let each = kinds.iter().map(|kind| {
                    let mut one = schema.clone();
                    one.insert("type".to_owned(), kind.clone());
                    self.simple(&one, &at.below("type"))
                });
                let mut each = each.collect::<Result<Vec<_>, _>>()?;
                return Ok(match each.len() {
                    1 => each.remove(0),
                    _ => json!({ "anyOf": each }),
                });
            }
            None => kind_of(schema),
            Some(_) => return Err(at.invalid("“type” is the name of a type")),
        };
        self.together.count(1, 0)?;
        match kind {
            "object" => self.object(schema, at),
            "array" => self.array(schema, at),
            "string" => self.string(schema, at),
            "integer" => self.integer(schema, at),
            "number" => {
                let held = ["type"];
                self.only(
                    schema,
                    at,
                    &held,
                    "number",
                    "of a number (of an integer it can be held, but for “multipleOf”)",
                )?;
                Ok(json!({ "type": "number" }))
            }
            "boolean" | "null" => {
                self.only(schema, at, &["type"], kind, "here")?;
                Ok(json!({ "type": kind }))
            }
            "" => {
                self.only(schema, at, &[], "", "of a value of any type")?;
                Ok(json!({}))
            }
            other => Err(at.invalid(format!("“{}” is no type", short(other)))),
        }
    }

    /// One of some values, those of the type that is said.
    fn values(&mut self, schema: &Object, at: &At) -> Result<Value, SchemaError> {
        self.only(
            schema,
            at,
            &["enum", "const", "type"],
            "",
            "beside “enum” or “const”",
        )?;
        let mut values = match schema.get("enum") {
            Some(Value::Array(values)) => values.clone(),
            Some(_) => return Err(at.invalid("“enum” is a list of values")),
            None => vec![schema["const"].clone()],
        };
        if let Some(only) = schema.get("const") {
            values.retain(|value| value == only);
        }
        let kinds = match schema.get("type") {
            None => None,
            Some(Value::Array(kinds)) => Some(kinds.clone()),
            Some(kind) => Some(vec![kind.clone()]),
        };
        if let Some(kinds) = kinds {
            values.retain(|value| kinds.iter().any(|kind| is_of(value, kind)));
        }
        if values.is_empty() {
            return Err(at.no_value("none of the values is allowed"));
        }
        self.together.count(values.len(), 0)?;
        Ok(json!({ "enum": values }))
    }
}

fn is_of(value: &Value, kind: &Value) -> bool {
    match kind.as_str() {
        Some("integer") => value.is_i64() || value.is_u64(),
        kind => kind == Some(kind_of_value(value)),
    }
}

/// What a schema says, short enough for a sentence.
pub(super) fn short(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control())
        .take(60)
        .collect()
}
