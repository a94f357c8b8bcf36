//! What an entry says in the clear: names and values that are about the act, never about a person.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor},
    ser::SerializeMap,
};
use sha2::{Digest, Sha256};

use super::encoding::hex;

/// Bytes of a text. No fact that Gatehouse makes is near it; the name of a model is whatever a provider says.
const LONGEST_TEXT: usize = 64 << 10;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Words.
    Text(String),
    /// A number.
    Integer(i64),
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Fact {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for Fact {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

/// Names and values, each name once, in ascending order of the names' bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<Cow<'static, str>, Fact>);

impl Facts {
    /// With one more; the last of one name counts.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Fact>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// The same, where no text is so long that a line of an exported file could not hold it: one that is gives
    /// way to its hash.
    pub(super) fn bounded(mut self) -> Self {
        for value in self.0.values_mut() {
            if let Fact::Text(text) = value
                && text.len() > LONGEST_TEXT
            {
                *text = format!("left out, SHA-256 {}", hex(&Sha256::digest(&*text)));
            }
        }
        self
    }

    /// Whether no text is longer than [`Facts::bounded`] leaves it.
    pub(super) fn are_bounded(&self) -> bool {
        self.0
            .values()
            .all(|value| !matches!(value, Fact::Text(text) if text.len() > LONGEST_TEXT))
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.0.get(name)
    }

    /// The words of a name.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Fact::Text(text) => Some(text),
            Fact::Integer(_) => None,
        }
    }

    /// The number of a name.
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Fact::Integer(value) => Some(*value),
            Fact::Text(_) => None,
        }
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.iter() {
            match value {
                Fact::Text(text) => map.serialize_entry(name, text)?,
                Fact::Integer(value) => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Facts {
    /// Refuses a name that comes twice: which value would be the hashed one?
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Facts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("facts: names with texts or whole numbers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Facts, A::Error> {
                let mut facts = Facts::default();
                while let Some((name, value)) = map.next_entry::<String, Fact>()? {
                    if facts.0.insert(name.into(), value).is_some() {
                        return Err(A::Error::custom("a fact is given twice"));
                    }
                }
                Ok(facts)
            }
        }
        deserializer.deserialize_map(Names)
    }
}

impl<'de> Deserialize<'de> for Fact {
    /// Not by trying one form after the other: a verification of a million entries comes here several million
    /// times.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Value;
        impl Visitor<'_> for Value {
            type Value = Fact;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a whole number")
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Fact, E> {
                Ok(Fact::Integer(value))
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Fact, E> {
                i64::try_from(value).map(Fact::Integer).map_err(E::custom)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Fact, E> {
                Ok(Fact::Text(text.to_owned()))
            }

            fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Fact, E> {
                Ok(Fact::Text(text))
            }
        }
        deserializer.deserialize_any(Value)
    }
}

/// Stored as JSON, which the interface's filters can look into.
impl ToSql for Facts {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let json = serde_json::to_string(self)
            .expect("facts are JSON because they are texts and whole numbers");
        Ok(json.into())
    }
}

impl FromSql for Facts {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map_err(FromSqlError::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_twice_is_refused() {
        assert!(serde_json::from_str::<Facts>(r#"{"a":1,"a":1}"#).is_err());
    }

    #[test]
    fn a_broken_number_a_list_and_nothing_are_no_facts() {
        for value in [
            "1.5",
            "[]",
            "{}",
            "null",
            "true",
            "9223372036854775808",
            "99999999999999999999",
        ] {
            assert!(
                serde_json::from_str::<Facts>(&format!(r#"{{"a":{value}}}"#)).is_err(),
                "{value}"
            );
        }
    }

    #[test]
    fn names_stand_in_the_order_of_their_bytes() {
        let facts = Facts::default()
            .with("b", 1i64)
            .with("a", "x")
            .with("Z", 2i64);
        assert_eq!(
            serde_json::to_string(&facts).unwrap(),
            r#"{"Z":2,"a":"x","b":1}"#
        );
    }
}
