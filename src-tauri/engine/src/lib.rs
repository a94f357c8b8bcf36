//! The engine: one process that hosts one local model with llama.cpp and speaks the frames of
//! `gatehouse-protocol`. See [`serve`] for how a process lives, `scheduler` for how it answers
//! several requests at once.

mod answer;
mod date;
mod embedding;
pub mod exit;
pub mod ffi;
mod grammar;
mod inspect;
mod load;
mod log;
mod memory;
mod pace;
mod prefix;
mod prompt;
mod sampling;
mod scheduler;
mod serve;
mod stop;
mod template;
mod utf8;
pub mod vocabulary;
mod waiting;
mod wire;

pub use serve::serve;
pub use waiting::sleep_while_waiting;
