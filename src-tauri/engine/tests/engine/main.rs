//! What the engine promises, shown on the real program with the real starter model.

#![allow(clippy::unwrap_used, reason = "a test may fail by it")]

mod answers;
mod support;
