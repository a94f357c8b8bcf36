//! A schema, read from its root and written anew part by part.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{
    MOST_LEVELS, Rest, SchemaError, Together,
    apart::{are_apart, kind_of_value},
    pattern, reference_to,
};

/// The most properties of an object: the grammar has a rule for each two that may be left out.
const MOST_PROPERTIES: usize = 200;
/// The longest name of a property, in bytes.
const MOST_NAME_BYTES: usize = 100;
/// The most items of a list; one that may have more has no more.
const MOST_ITEMS: u64 = 600;
/// The largest integer that is written where there are limits: fifteen digits, which every program reads.
const LARGEST: i128 = 999_999_999_999_999;

/// Keywords that say what a value is, and of which type they speak; a keyword that is not here says
/// nothing of it (`title`, `default`, `format` that nobody knows…).
const SAYS: &[(&str, &str)] = &[
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
const FORMATS: &[&str] = &["date", "time", "date-time", "uuid"];

type Object = Map<String, Value>;

/// One schema on its way into a joined one.
pub(super) struct Walk<'w> {
    together: &'w mut Together,
    root: &'w Value,
    rest: Rest,
    /// What is referred to, by its place in the schema, and what it is called in the joined one.
    names: HashMap<String, String>,
}

/// Where one is.
#[derive(Clone)]
struct At {
    place: String,
    level: usize,
}

impl At {
    fn below(&self, step: &str) -> Self {
        Self {
            place: format!("{}/{step}", self.place),
            level: self.level + 1,
        }
    }

    fn invalid(&self, what: impl Into<String>) -> SchemaError {
        SchemaError::Invalid {
            place: self.place.clone(),
            what: what.into(),
        }
    }

    fn no_value(&self, what: impl Into<String>) -> SchemaError {
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

    fn node(&mut self, schema: &Value, at: &At) -> Result<Value, SchemaError> {
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
    fn not_held(&self, at: &At, what: impl Into<String>) -> Result<(), SchemaError> {
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
    fn only(
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
            return self.node(&Value::Object(one.clone()), at);
        }
        let (mut properties, mut required) = (Object::new(), Vec::new());
        for (part, at) in &parts {
            let held = ["type", "properties", "required"];
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
            required.extend(
                part.get("required")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .cloned(),
            );
        }
        let joined = json!({ "type": "object", "properties": properties, "required": required });
        self.node(&joined, &at.below("allOf"))
    }

    /// The schemas that are to hold at once, each with its place.
    fn flatten(
        &mut self,
        schema: &Object,
        at: &At,
        parts: &mut Vec<(Object, At)>,
    ) -> Result<(), SchemaError> {
        if at.level > MOST_LEVELS {
            return Err(SchemaError::TooLarge("it is nested too deep"));
        }
        let mut beside = schema.clone();
        let all = beside.remove("allOf");
        let says = |part: &Object| SAYS.iter().any(|(keyword, _)| part.contains_key(*keyword));
        if says(&beside) {
            parts.push((beside, at.clone()));
        }
        let all = all
            .as_ref()
            .and_then(Value::as_array)
            .filter(|all| !all.is_empty());
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
                parts.push((part.clone(), at));
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

    fn object(&mut self, schema: &Object, at: &At) -> Result<Value, SchemaError> {
        let held = ["type", "properties", "required", "additionalProperties"];
        self.only(schema, at, &held, "object", "of an object")?;
        let none = Object::new();
        let properties = match schema.get("properties") {
            None => None,
            Some(Value::Object(properties)) => Some(properties),
            Some(_) => return Err(at.invalid("“properties” is an object")),
        };
        let required = self.required(schema, properties.unwrap_or(&none), at)?;
        let others = schema.get("additionalProperties");
        let open = others.is_some_and(|others| *others != Value::Bool(false));
        let properties = properties.filter(|all| !all.is_empty() || !open);
        // Where properties have names, an answer has no others: their names cannot be kept apart.
        if let Some(properties) = properties {
            return self.properties(properties, &required, at);
        }
        match others {
            Some(Value::Bool(false)) => Ok(closed(Object::new(), &[])),
            None | Some(Value::Bool(true)) => Ok(json!({ "type": "object" })),
            Some(others) => {
                let others = self.node(others, &at.below("additionalProperties"))?;
                Ok(json!({ "type": "object", "additionalProperties": others }))
            }
        }
    }

    fn properties(
        &mut self,
        properties: &Object,
        required: &[String],
        at: &At,
    ) -> Result<Value, SchemaError> {
        if properties.len() > MOST_PROPERTIES {
            return Err(SchemaError::TooLarge(
                "an object has more than 200 properties",
            ));
        }
        let mut held = Object::new();
        for (name, property) in properties {
            if name.len() > MOST_NAME_BYTES {
                return Err(SchemaError::TooLarge(
                    "a property has a name of more than 100 bytes",
                ));
            }
            let at = at.below(&format!("properties/{name}"));
            // What may not be there is not.
            if *property == Value::Bool(false) && !required.contains(name) {
                continue;
            }
            held.insert(name.clone(), self.node(property, &at)?);
        }
        Ok(closed(held, required))
    }

    fn required(
        &self,
        schema: &Object,
        properties: &Object,
        at: &At,
    ) -> Result<Vec<String>, SchemaError> {
        let names = match schema.get("required") {
            None => return Ok(Vec::new()),
            Some(Value::Array(names)) => names,
            Some(_) => return Err(at.invalid("“required” is a list of names")),
        };
        let mut required: Vec<String> = Vec::with_capacity(names.len());
        for name in names {
            let Some(name) = name.as_str() else {
                return Err(at.invalid("“required” is a list of names"));
            };
            if !properties.contains_key(name) {
                self.not_held(
                    at,
                    format!(
                        "“required” names “{}”, which is none of the properties",
                        short(name)
                    ),
                )?;
            } else if !required.iter().any(|other| other == name) {
                required.push(name.to_owned());
            }
        }
        Ok(required)
    }

    fn array(&mut self, schema: &Object, at: &At) -> Result<Value, SchemaError> {
        let held = [
            "type",
            "items",
            "prefixItems",
            "additionalItems",
            "minItems",
            "maxItems",
        ];
        self.only(schema, at, &held, "array", "of a list")?;
        let least = count(schema, "minItems", at)?.unwrap_or(0);
        let most = count(schema, "maxItems", at)?;
        if most.is_some_and(|most| most < least) {
            return Err(at.no_value("“minItems” is more than “maxItems”"));
        }
        let own = ["prefixItems", "items"]
            .iter()
            .find_map(|key| Some((*key, schema.get(*key)?.as_array()?)));
        if let Some((key, items)) = own {
            return self.tuple(key, items, least, most, at);
        }
        if least > MOST_ITEMS {
            return Err(SchemaError::TooLarge("“minItems” is more than 600"));
        }
        let items = match schema.get("items") {
            None => json!({}),
            Some(Value::Bool(false)) if least == 0 => {
                return Ok(json!({ "type": "array", "prefixItems": [] }));
            }
            Some(items) => self.node(items, &at.below("items"))?,
        };
        let mut held = json!({ "type": "array", "items": items });
        if least > 0 {
            held["minItems"] = least.into();
        }
        if let Some(most) = most {
            held["maxItems"] = most.min(MOST_ITEMS).into();
        }
        self.together
            .count(0, most.unwrap_or(least).min(MOST_ITEMS))?;
        Ok(held)
    }

    /// A list whose items have a schema each: exactly these, as far as there may be as many.
    fn tuple(
        &mut self,
        key: &str,
        items: &[Value],
        least: u64,
        most: Option<u64>,
        at: &At,
    ) -> Result<Value, SchemaError> {
        if usize::try_from(least).is_ok_and(|least| least > items.len()) {
            self.not_held(at, format!("“minItems” above the length of “{key}”"))?;
        }
        let most = most.and_then(|most| usize::try_from(most).ok());
        let mut held = Vec::with_capacity(items.len());
        for (nth, item) in items.iter().take(most.unwrap_or(usize::MAX)).enumerate() {
            held.push(self.node(item, &at.below(&format!("{key}/{nth}")))?);
        }
        Ok(json!({ "type": "array", "prefixItems": held }))
    }

    fn string(&mut self, schema: &Object, at: &At) -> Result<Value, SchemaError> {
        let held = ["type", "pattern", "minLength", "maxLength"];
        self.only(schema, at, &held, "string", "of a text")?;
        let format = schema.get("format").and_then(Value::as_str);
        let format = format.filter(|format| FORMATS.contains(format));
        let least = count(schema, "minLength", at)?.unwrap_or(0);
        let most = count(schema, "maxLength", at)?;
        if most.is_some_and(|most| most < least) {
            return Err(at.no_value("“minLength” is more than “maxLength”"));
        }
        if let Some(pattern) = schema.get("pattern") {
            let pattern = pattern
                .as_str()
                .ok_or_else(|| at.invalid("“pattern” is a text"))?;
            self.only(
                schema,
                at,
                &["type", "pattern"],
                "string",
                "beside “pattern”",
            )?;
            match pattern::written(pattern) {
                Ok(written) => {
                    self.together.count(0, written.repeats)?;
                    return Ok(if written.pattern == "^$" {
                        json!({ "enum": [""] })
                    } else {
                        json!({ "type": "string", "pattern": written.pattern })
                    });
                }
                Err(why) => self.not_held(at, format!("“pattern” {why}"))?,
            }
        }
        if let Some(format) = format {
            self.only(
                schema,
                at,
                &["type", "pattern"],
                "string",
                "beside “format”",
            )?;
            return Ok(json!({ "type": "string", "format": format }));
        }
        let mut held = json!({ "type": "string" });
        for (keyword, limit) in [("minLength", Some(least)), ("maxLength", most)] {
            let Some(limit) = limit.filter(|limit| *limit > 0 || keyword == "maxLength") else {
                continue;
            };
            if limit > u64::from(pattern::MOST_REPEATS) {
                self.not_held(at, format!("“{keyword}” of more than 2,000"))?;
            } else {
                held[keyword] = limit.into();
                self.together.count(0, limit)?;
            }
        }
        Ok(held)
    }

    fn integer(&mut self, schema: &Object, at: &At) -> Result<Value, SchemaError> {
        let mut held = vec![
            "type",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
        ];
        if schema.get("multipleOf").and_then(Value::as_u64) == Some(1) {
            held.push("multipleOf");
        }
        self.only(schema, at, &held, "number", "of an integer")?;
        let bound = |keyword: &str, up: bool, step: i128| -> Result<Option<i128>, SchemaError> {
            let Some(value) = schema.get(keyword) else {
                return Ok(None);
            };
            let whole =
                whole(value, up).ok_or_else(|| at.invalid(format!("“{keyword}” is a number")))?;
            Ok(Some(whole + step))
        };
        // 5 is not above 4.5 rounded down; of limits that are not meant themselves the next one is.
        let least = [
            bound("minimum", true, 0)?,
            bound("exclusiveMinimum", false, 1)?,
        ];
        let most = [
            bound("maximum", false, 0)?,
            bound("exclusiveMaximum", true, -1)?,
        ];
        let (least, most) = (
            least.into_iter().flatten().max(),
            most.into_iter().flatten().min(),
        );
        if least.is_none() && most.is_none() {
            return Ok(json!({ "type": "integer" }));
        }
        let (least, most) = (least.unwrap_or(-LARGEST), most.unwrap_or(LARGEST));
        if least > most {
            return Err(at.no_value("the least integer is above the most"));
        }
        if least > LARGEST || most < -LARGEST {
            self.not_held(at, "an integer of more than 15 digits")?;
            return Ok(json!({ "type": "integer" }));
        }
        let fits = |whole: i128| i64::try_from(whole.clamp(-LARGEST, LARGEST)).unwrap_or(0);
        // Both always: with one alone llama.cpp makes a grammar of other numbers.
        Ok(json!({ "type": "integer", "minimum": fits(least), "maximum": fits(most) }))
    }
}

/// Whether a keyword says nothing by its value.
fn is_idle(keyword: &str, value: &Value) -> bool {
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
fn kind_of(schema: &Object) -> &'static str {
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

fn is_of(value: &Value, kind: &Value) -> bool {
    match kind.as_str() {
        Some("integer") => value.is_i64() || value.is_u64(),
        kind => kind == Some(kind_of_value(value)),
    }
}

/// An object with these properties and no others.
fn closed(properties: Object, required: &[String]) -> Value {
    json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    })
}

/// A count; `None`: it is not said.
fn count(schema: &Object, keyword: &str, at: &At) -> Result<Option<u64>, SchemaError> {
    let Some(value) = schema.get(keyword) else {
        return Ok(None);
    };
    let whole = whole(value, true)
        .filter(|whole| value.as_f64().is_some_and(|value| value.fract() == 0.0) && *whole >= 0);
    match whole.and_then(|whole| u64::try_from(whole).ok()) {
        Some(count) => Ok(Some(count)),
        None => Err(at.invalid(format!("“{keyword}” is a whole number, not less than 0"))),
    }
}

/// A number as an integer, rounded up or down; one beyond all limits as the limit.
fn whole(value: &Value, up: bool) -> Option<i128> {
    if let Some(whole) = value.as_i64() {
        return Some(whole.into());
    }
    if let Some(whole) = value.as_u64() {
        return Some(whole.into());
    }
    let number = value.as_f64()?;
    let rounded = if up { number.ceil() } else { number.floor() };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it stops at the limits, which is meant"
    )]
    let whole = rounded.clamp(-1e30, 1e30) as i128;
    Some(whole)
}

/// What a schema says, short enough for a sentence.
fn short(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control())
        .take(60)
        .collect()
}
