//! Installed models: what is in a file, whether it fits this computer, and the list of those a person has.
//!
//! Adding one takes two steps, as hashing gigabytes must not hold the store: [`check`] reads the
//! file without the store, [`register`] writes one row. [`Model::load_request`] is the only way from
//! an installed model to a loaded one, and refuses what would fail later.

mod check;
mod computer;
mod error;
mod installed;
mod library;
pub mod memory;
mod starter;
#[cfg(test)]
#[path = "../../../../tests/support/gguf.rs"]
mod writer;

pub use check::{CheckedFile, check};
pub use computer::{Computer, computer};
pub use error::ModelError;
pub use gatehouse_gguf::{GgufError, ModelKind};
pub use installed::{FileState, InstalledModel, Origin};
pub use library::{HowAdded, Model, all, delete_own_file, find, forget, get, mark_used, register};
pub(crate) use library::{MIGRATIONS, names_by_version};
pub use memory::{ComputerMemory, MemoryPlan, Verdict, computer_memory};
pub(crate) use starter::note_removed;
pub use starter::{STARTER_FILE, StarterPlaces, ensure_starter};
