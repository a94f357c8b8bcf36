//! Who runs models: one file a provider. Private to this crate and reached by the gate alone.
//!
//! A model elsewhere is asked with a [`cloud::CloudRequest`], whoever offers it, and answers with
//! [`cloud::CloudEvent`]s. Only [`http`] opens connections.

mod account;
#[cfg_attr(not(test), expect(dead_code, reason = "the gate does not use it yet"))]
mod anthropic;
#[cfg_attr(not(test), expect(dead_code, reason = "the gate does not use it yet"))]
mod cloud;
mod compatible;
mod complaint;
mod connection_log;
#[cfg_attr(not(test), expect(dead_code, reason = "the gate does not use it yet"))]
mod error;
#[cfg_attr(not(test), expect(dead_code, reason = "the gate does not use it yet"))]
mod http;
mod inflate;
#[cfg_attr(not(test), expect(dead_code, reason = "the gate does not use it yet"))]
mod key;
pub(crate) mod local;
#[cfg_attr(not(test), expect(dead_code, reason = "the gate does not use it yet"))]
mod ollama;
#[cfg_attr(not(test), expect(dead_code, reason = "the gate does not use it yet"))]
mod openai;
mod retry;
mod sse;
mod stream;
mod tool_calls;

#[cfg(test)]
mod tests;
