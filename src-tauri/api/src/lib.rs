//! The local API: other programs on this computer ask models through the gate, over HTTP, as they would
//! ask OpenAI or Anthropic.
//!
//! Off until somebody switches it on; on this computer alone unless told otherwise, and then only with
//! TLS. `docs/local-api.md` says what it takes and what it refuses.

mod anthropic;
mod body;
mod config;
mod fault;
mod guard;
mod metrics;
mod openai;
mod patient;
mod rate;
mod refusals;
mod routes;
mod server;
mod sse;
mod tls;
mod work;

pub use config::{Config, ConfigError, DEFAULT_PORT, Limits, Tls};
pub use refusals::{Refusal, Refused};
pub use server::{Server, ServerError, ServerStatus};
pub use tls::TlsError;
