//! One file a screen. A command takes, asks the core, and gives: no SQL, no decisions.

pub(crate) mod chat;
pub(crate) mod models;
pub(crate) mod settings;
pub(crate) mod startup;

use gatehouse_core::problem::{Problem, ProblemCode};

/// A fault of the system that no screen treats in its own way.
pub(crate) fn internal(error: impl std::fmt::Display) -> Problem {
    Problem::new(ProblemCode::Internal, error)
}
