//! Who runs models: one file a provider. Private to this crate and reached by the gate alone.
//!
//! A model elsewhere is asked with a [`cloud::CloudRequest`], whoever offers it, and answers with
//! [`cloud::CloudEvent`]s. Only [`http`] opens connections.

pub(crate) mod account;
pub(crate) mod anthropic;
pub(crate) mod cloud;
mod compatible;
mod complaint;
pub(crate) mod connection_log;
mod drive;
pub(crate) mod error;
pub(crate) mod http;
mod inflate;
pub(crate) mod key;
pub(crate) mod local;
pub(crate) mod offline;
pub(crate) mod ollama;
pub(crate) mod openai;
mod retry;
mod sse;
mod stream;
pub(crate) mod telemetry;
pub(crate) mod time_stamp;
mod tool_calls;

#[cfg(test)]
mod tests;
