//! Enums without fields, kept in the database under the names that serde gives them.

use rusqlite::types::{FromSqlError, FromSqlResult, ValueRef};
use serde::{Deserialize, Serialize, de::IntoDeserializer};

/// The name of a variant without fields, as serde writes it.
pub fn name_of(variant: &impl Serialize) -> String {
    match serde_json::to_value(variant) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("a unit variant is a JSON string, not {other:?}"),
    }
}

/// The variant of this name.
pub(crate) fn by_name<'a, T: Deserialize<'a>>(value: ValueRef<'a>) -> FromSqlResult<T> {
    let name: serde::de::value::StrDeserializer<'_, serde::de::value::Error> =
        value.as_str()?.into_deserializer();
    T::deserialize(name).map_err(FromSqlError::other)
}

/// Stores a unit-only enum under the name that serde gives it.
macro_rules! stored_by_name {
    ($type:ty) => {
        impl rusqlite::types::ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok($crate::costs::name_of(self).into())
            }
        }

        impl rusqlite::types::FromSql for $type {
            fn column_result(
                value: rusqlite::types::ValueRef<'_>,
            ) -> rusqlite::types::FromSqlResult<Self> {
                $crate::costs::by_name(value)
            }
        }
    };
}
pub(crate) use stored_by_name;
