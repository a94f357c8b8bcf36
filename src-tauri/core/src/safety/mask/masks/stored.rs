//! How the map of a conversation is kept.

use serde::{Deserialize, Serialize};

use super::{Masks, joined};
use crate::safety::{
    DataClass, Kind,
    mask::placeholder::{ESCAPE_LABEL, Nonce, is_label, label},
};

/// The version of the stored form.
const VERSION: u32 = 1;

/// The form in which a map is stored. Numbers follow from the order of the values.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    version: u32,
    nonce: String,
    values: Vec<StoredValue>,
}

#[derive(Serialize, Deserialize)]
struct StoredValue {
    label: String,
    /// Maps of before have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class: Option<StoredClass>,
    forms: Vec<String>,
}

/// A secret has no placeholder, so no value is one.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredClass {
    Personal,
    Special,
}

impl From<StoredClass> for DataClass {
    fn from(class: StoredClass) -> Self {
        match class {
            StoredClass::Personal => Self::Personal,
            StoredClass::Special => Self::Special,
        }
    }
}

/// What a value is of which nobody said it: what its label says, and where that is of a person's own rules what it
/// was masked as, until it is found to be more.
fn class_of(label: &str) -> Option<DataClass> {
    if label == ESCAPE_LABEL {
        return None;
    }
    let kind = Kind::ALL.iter().find(|kind| self::label(kind) == label);
    kind.map(Kind::class).or(Some(DataClass::Personal))
}

/// A stored map that cannot be one.
#[derive(Debug, thiserror::Error)]
pub enum MasksError {
    /// A newer Gatehouse wrote it.
    #[error("version {0} of the map of placeholders is not known to this program")]
    Version(u32),
    /// It was damaged or is something else.
    #[error("this is no map of placeholders: {0}")]
    Damaged(&'static str),
}

impl TryFrom<Stored> for Masks {
    type Error = MasksError;

    fn try_from(stored: Stored) -> Result<Self, MasksError> {
        if stored.version != VERSION {
            return Err(MasksError::Version(stored.version));
        }
        let nonce = Nonce::parse(&stored.nonce).ok_or(MasksError::Damaged("its nonce is none"))?;
        let mut masks = Self::with_nonce(nonce);
        for StoredValue {
            label,
            class,
            forms,
        } in stored.values
        {
            if !is_label(&label) {
                return Err(MasksError::Damaged("a label is not in capitals"));
            }
            let Some((first, others)) = forms.split_first() else {
                return Err(MasksError::Damaged("a value has no form"));
            };
            // Not by their keys: a later version may call more forms the same, and the placeholders that
            // were sent must keep their meaning.
            if masks.by_form.contains_key(&joined(&label, first)) {
                return Err(MasksError::Damaged("a value is there twice"));
            }
            let class = class.map(DataClass::from).or_else(|| class_of(&label));
            let value = masks.add_value(&label, class);
            masks.add_form(value, first);
            for form in others {
                if masks.by_form.contains_key(&joined(&label, form)) {
                    return Err(MasksError::Damaged("a form is there twice"));
                }
                masks.add_form(value, form);
            }
        }
        Ok(masks)
    }
}

impl From<Masks> for Stored {
    fn from(masks: Masks) -> Self {
        let values = masks.values.into_iter().map(|value| StoredValue {
            label: value.label,
            class: value.class.map(|class| match class {
                DataClass::Personal => StoredClass::Personal,
                DataClass::Special | DataClass::Secret => StoredClass::Special,
            }),
            forms: value.forms,
        });
        Self {
            version: VERSION,
            nonce: masks.nonce.as_str().to_owned(),
            values: values.collect(),
        }
    }
}
