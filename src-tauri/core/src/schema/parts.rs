//! Objects, lists, texts and integers: what of each is held, written anew.

use serde_json::{Value, json};

use super::{
    SchemaError,
    keywords::FORMATS,
    pattern,
    walk::{At, Object, Walk, short},
};

/// The most properties of an object: the grammar has a rule for each two that may be left out.
const MOST_PROPERTIES: usize = 200;
/// The longest name of a property, in bytes.
const MOST_NAME_BYTES: usize = 100;
/// The most items of a list; one that may have more has no more.
const MOST_ITEMS: u64 = 600;
/// The largest integer that is written where there are limits: fifteen digits, which every program reads.
const LARGEST: i128 = 999_999_999_999_999;

impl Walk<'_> {
    pub(super) fn object(&mut self, schema: &Object, at: &At) -> Result<Value, SchemaError> {
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

    pub(super) fn array(&mut self, schema: &Object, at: &At) -> Result<Value, SchemaError> {
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

    pub(super) fn string(&mut self, schema: &Object, at: &At) -> Result<Value, SchemaError> {
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

    pub(super) fn integer(&mut self, schema: &Object, at: &At) -> Result<Value, SchemaError> {
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
            let Some(value) = schema.get(keyword).filter(|value| !value.is_boolean()) else {
                return Ok(None);
            };
            let whole =
                whole(value, up).ok_or_else(|| at.invalid(format!("“{keyword}” is a number")))?;
            Ok(Some(whole + step))
        };
        // 5 is not above 4.5 rounded down; of limits that are not meant themselves the next one is.
        // Before draft 6 `true` beside a limit said that it is not meant itself.
        let is_excluded = |keyword: &str| schema.get(keyword) == Some(&Value::Bool(true));
        let least = [
            match is_excluded("exclusiveMinimum") {
                true => bound("minimum", false, 1)?,
                false => bound("minimum", true, 0)?,
            },
            bound("exclusiveMinimum", false, 1)?,
        ];
        let most = [
            match is_excluded("exclusiveMaximum") {
                true => bound("maximum", true, -1)?,
                false => bound("maximum", false, 0)?,
            },
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
