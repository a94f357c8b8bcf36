//! JSON Schemas for models on this computer: what an answer can be held to while it is written.
//!
//! llama.cpp makes a grammar of a schema. It passes over what it cannot hold without a word, and for some
//! counts takes all memory of the computer. So it gets no schema as it came: what it does hold is written
//! anew here, in a form that it reads as it is meant, and the rest is refused by name or left out. What is
//! written may allow less than the schema, never more.

mod apart;
mod keywords;
mod parts;
mod pattern;
#[cfg(test)]
mod tests;
mod walk;

use serde_json::{Map, Value, json};

use crate::problem::{Problem, ProblemCode};
use walk::Walk;

/// The most that one schema, or all that are held together, may have. More than anybody writes, and little
/// enough that the grammar of it takes a moment and some megabytes.
const MOST_PARTS: usize = 2_000;
/// Repeats of letters and items, all of them together.
const MOST_REPEATS: u64 = 100_000;
/// Levels, references followed: a frame to an engine may have 128 of JSON, two for each of these.
const MOST_LEVELS: usize = 50;
const MOST_JSON_LEVELS: usize = 110;
const MOST_BYTES: usize = 256 * 1024;

/// Why an answer cannot be held to a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// It has what cannot be seen to while an answer is written.
    #[error("a model on this computer cannot be held to this JSON Schema: at {place}, {what}")]
    NotHeld {
        /// Where, as a JSON pointer.
        place: String,
        /// What.
        what: String,
    },
    /// It is no JSON Schema.
    #[error("this JSON Schema is not valid: at {place}, {what}")]
    Invalid {
        /// Where, as a JSON pointer.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// Nothing satisfies it.
    #[error("no answer can satisfy this JSON Schema: at {place}, {what}")]
    NoValue {
        /// Where, as a JSON pointer.
        place: String,
        /// Why.
        what: String,
    },
    /// It refers to what it does not have.
    #[error("this JSON Schema refers to “{0}”, which is no place inside it")]
    Reference(String),
    /// It is too large.
    #[error("this JSON Schema is too large: {0}")]
    TooLarge(&'static str),
}

impl From<SchemaError> for Problem {
    fn from(error: SchemaError) -> Self {
        let problem = Self::new(ProblemCode::BadConstraint, &error);
        match error {
            SchemaError::NotHeld { .. } => problem.hint(
                "Leave that out of the schema, or choose a model that is not on this computer.",
            ),
            _ => problem,
        }
    }
}

/// What becomes of what cannot be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// It is refused by name: the answer is to satisfy the schema.
    Refused,
    /// It is left out: an answer may break it.
    LeftOut,
}

/// A schema in the form that an engine holds an answer to.
///
/// # Errors
/// [`SchemaError`] names the place.
pub(crate) fn held(schema: &Value, rest: Rest) -> Result<Value, SchemaError> {
    let mut together = Together::default();
    let root = together.add(schema, rest)?;
    together.under(root)
}

/// Schemas that become one, with a name of its own for everything that is referred to.
#[derive(Debug, Default)]
pub(crate) struct Together {
    definitions: Map<String, Value>,
    named: usize,
    parts: usize,
    repeats: u64,
}

impl Together {
    /// Take a schema in: what stands for it in the joined one.
    ///
    /// # Errors
    /// [`SchemaError`] names the place.
    pub(crate) fn add(&mut self, schema: &Value, rest: Rest) -> Result<Value, SchemaError> {
        Walk::new(self, schema, rest).root()
    }

    /// All of them under a root that is made of what [`Self::add`] gave. The root has a name, too, so that
    /// no property gets the name of one of llama.cpp's own rules.
    ///
    /// # Errors
    /// [`SchemaError::TooLarge`].
    pub(crate) fn under(mut self, root: Value) -> Result<Value, SchemaError> {
        let name = self.name();
        let reference = reference_to(&name);
        self.definitions.insert(name, root);
        let mut whole = reference;
        whole["$defs"] = Value::Object(self.definitions);
        if levels(&whole) > MOST_JSON_LEVELS {
            return Err(SchemaError::TooLarge("it is nested too deep"));
        }
        if whole.to_string().len() > MOST_BYTES {
            return Err(SchemaError::TooLarge("it has more than 256 KiB of text"));
        }
        Ok(whole)
    }

    fn name(&mut self) -> String {
        self.named += 1;
        format!("s{}e", self.named)
    }

    /// # Errors
    /// [`SchemaError::TooLarge`].
    fn count(&mut self, parts: usize, repeats: u64) -> Result<(), SchemaError> {
        self.parts += parts;
        self.repeats = self.repeats.saturating_add(repeats);
        if self.parts > MOST_PARTS {
            return Err(SchemaError::TooLarge("it has more than 2,000 parts"));
        }
        if self.repeats > MOST_REPEATS {
            return Err(SchemaError::TooLarge(
                "it counts more than 100,000 letters and items",
            ));
        }
        Ok(())
    }
}

fn reference_to(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn levels(value: &Value) -> usize {
    let inside = match value {
        Value::Array(all) => all.iter().map(levels).max(),
        Value::Object(all) => all.values().map(levels).max(),
        _ => return 0,
    };
    1 + inside.unwrap_or(0)
}
