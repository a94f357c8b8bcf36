//! What a text must not give away: personal data, special categories, secrets.
//!
//! Best effort, and said so to the person: rules find what has a form, names come by context.

pub mod finding;
mod json;
pub mod mask;
pub mod names;
pub mod restore;

pub use finding::{DataClass, Finding, Kind, Tier, char_spans};
