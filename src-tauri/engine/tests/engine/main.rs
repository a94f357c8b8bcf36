//! What the engine promises, shown on the real program with the real starter model.

#![allow(clippy::unwrap_used, reason = "a test may fail by it")]

mod answers;
mod bad_files;
mod cancel;
mod constraints;
mod embeddings;
#[path = "../../../../tests/support/gguf.rs"]
mod gguf;
mod process;
mod support;
mod together;
mod tokens;
mod turns;
