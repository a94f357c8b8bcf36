//! Key-values asked for by meaning; a value of another type counts as not there.

use std::collections::BTreeMap;

use crate::{header::Value, words};

/// The key-values of a file, with the name that the architecture's own ones begin with.
pub(crate) struct Keys {
    values: BTreeMap<String, Value>,
    pub architecture: Option<String>,
}

impl Keys {
    pub fn new(values: BTreeMap<String, Value>) -> Self {
        let mut keys = Self {
            values,
            architecture: None,
        };
        keys.architecture = keys.text("general.architecture");
        keys
    }

    /// A key under the architecture's own name, such as `llama.block_count`.
    pub fn own(&self, key: &str) -> Option<&Value> {
        self.values
            .get(&format!("{}.{key}", self.architecture.as_deref()?))
    }

    pub fn number(&self, key: &str) -> Option<u32> {
        match self.own(key)? {
            &Value::Number(n) => u32::try_from(n).ok(),
            _ => None,
        }
    }

    pub fn any_number(&self, key: &str) -> Option<u64> {
        match self.values.get(key)? {
            &Value::Number(n) => Some(n),
            _ => None,
        }
    }

    pub fn numbers(&self, key: &str) -> Vec<u32> {
        match self.own(key) {
            Some(&Value::Number(n)) => u32::try_from(n).into_iter().collect(),
            Some(Value::List { numbers, .. }) => numbers
                .iter()
                .filter_map(|&n| u32::try_from(n).ok())
                .collect(),
            _ => Vec::new(),
        }
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.own(key)? {
            &Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    pub fn text(&self, key: &str) -> Option<String> {
        match self.values.get(key)? {
            Value::Text { start, .. } => {
                Some(words::clean(start, 200)).filter(|text| !text.is_empty())
            }
            _ => None,
        }
    }

    pub fn texts(&self, key: &str) -> Vec<String> {
        match self.values.get(key) {
            Some(Value::List { texts, .. }) => {
                texts.iter().map(|text| words::clean(text, 20)).collect()
            }
            _ => Vec::new(),
        }
    }

    pub fn text_bytes(&self, key: &str) -> Option<u64> {
        match self.values.get(key)? {
            &Value::Text { bytes, .. } => Some(bytes),
            _ => None,
        }
    }

    pub fn count(&self, key: &str) -> Option<u32> {
        match self.values.get(key)? {
            &Value::List { count, .. } => u32::try_from(count).ok(),
            _ => None,
        }
    }
}
