//! One file a screen. A command takes, asks the core, and gives: no SQL, no decisions.

pub(crate) mod archive;
pub(crate) mod chat;
pub(crate) mod leaving;
pub(crate) mod models;
pub(crate) mod money;
pub(crate) mod providers;
pub(crate) mod record;
pub(crate) mod safety;
pub(crate) mod settings;
pub(crate) mod startup;

use gatehouse_core::problem::{Problem, ProblemCode};

/// Do something long on a thread of its own. The few threads that serve commands must stay free,
/// or nobody could press Stop.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tauri::async_runtime::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(internal(error)))
}

/// A fault of the system that no screen treats in its own way.
pub(crate) fn internal(error: impl std::fmt::Display) -> Problem {
    Problem::new(ProblemCode::Internal, error)
}
