//! Installed models: what is in a file, whether it fits this computer, and the list of those a person has.

pub mod gguf;
pub mod memory;
mod words;
