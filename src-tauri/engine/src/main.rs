//! A process that hosts one local model with llama.cpp.
fn main() {}
