//! What a text must not give away: personal data, special categories, secrets.
//!
//! Best effort, and said so to the person: rules find what has a form, names come by context.
//! [`Scanner`] reads a text, with [`names`] as its second tier; [`overlap`] says which of two findings
//! in one place stays; [`mask`] puts placeholders in their place and [`restore`] the values back.
//! [`measured`] says how well that goes. For people: `docs/safety.md`.

#[cfg(test)]
mod adversarial_tests;
mod amounts;
#[cfg(test)]
mod beside_tests;
mod check;
mod context;
mod countries;
pub(crate) mod everywhere;
pub mod finding;
mod fold;
mod json;
pub mod mask;
pub mod measured;
pub mod names;
mod numbers;
#[cfg(test)]
mod numbers_tests;
pub mod overlap;
mod own;
pub mod restore;
mod rules;
mod scanner;
#[cfg(test)]
mod tests;

pub use countries::{Countries, UnknownCountry};
pub use finding::{DataClass, Finding, Kind, Tier, char_spans};
pub(crate) use fold::View;
pub(crate) use json::distinct_object;
pub(crate) use own::found_alone;
pub use own::{OwnPattern, OwnRule, OwnRuleError};
pub use scanner::{Options, Scanner};
