//! The starter model: small enough to come along, so that a person with nothing set up has one at once.

use std::{path::PathBuf, sync::atomic::AtomicBool};

use directories::ProjectDirs;
use rusqlite::Connection;

use super::{FileState, Model, ModelError, all, check, register};
use crate::{ids::ModelId, settings, store::Store};

/// The starter model's file.
pub const STARTER_FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";

/// SHA-256 of [`STARTER_FILE`].
pub(super) const SHA256: [u8; 32] = [
    0xb1, 0x79, 0xc9, 0x52, 0x3d, 0x0e, 0x6a, 0x0f, 0x98, 0xa3, 0x30, 0xc7, 0x56, 0x2b, 0x68, 0x27,
    0x50, 0xa6, 0xf8, 0xc8, 0xc1, 0x5e, 0x5b, 0xc7, 0x0e, 0xa3, 0x73, 0x72, 0x81, 0x10, 0xdb, 0x53,
];

/// What the person should know about it.
pub(super) const NOTE: &str = "A very small model, here so that you can start at once. It is fast and often wrong: \
     good for a first try and for naming conversations. Add a larger model for real work.";

/// Folders that may hold the starter model, the first that does wins.
#[derive(Debug, Clone, Default)]
pub struct StarterPlaces {
    /// The resources of the installed app.
    pub resource_folder: Option<PathBuf>,
    /// The cache that `cargo xtask` fills.
    pub cache_folder: Option<PathBuf>,
}

impl StarterPlaces {
    /// The places on this computer. `GATEHOUSE_TEST_MODELS` names a folder to look in instead.
    pub fn of_this_computer(resource_folder: Option<PathBuf>) -> Self {
        if let Some(folder) = std::env::var_os("GATEHOUSE_TEST_MODELS") {
            return Self {
                resource_folder: Some(folder.into()),
                cache_folder: None,
            };
        }
        let cache_folder =
            ProjectDirs::from("", "", "gatehouse").map(|dirs| dirs.cache_dir().join("models"));
        Self {
            resource_folder,
            cache_folder,
        }
    }

    /// The starter model's file, if one of the places has it.
    pub fn find(&self) -> Option<PathBuf> {
        [&self.resource_folder, &self.cache_folder]
            .into_iter()
            .flatten()
            .map(|folder| folder.join(STARTER_FILE))
            .find(|file| file.is_file())
    }
}

/// A person took the starter model off the list: it stays off until they add it again.
const REMOVED: &str = "starter removed";

/// Remember that the starter model was taken off the list, or was added again.
pub(crate) fn note_removed(
    conn: &Connection,
    model: &Model,
    removed: bool,
) -> rusqlite::Result<()> {
    if model.sha256 == SHA256 {
        settings::note(conn, REMOVED, removed)?;
    }
    Ok(())
}

/// Have the starter model in the list when nothing else is and nobody removed it, or when its file went away and one of
/// the places has it. Says which model it is, or `None` when nothing was to be done or none is there.
///
/// # Errors
/// [`ModelError::WrongStarter`] when the file is not the one that Gatehouse ships;
/// [`ModelError::Store`] when the list cannot be read or written.
pub fn ensure_starter(
    store: &Store,
    places: &StarterPlaces,
    now_ms: i64,
) -> Result<Option<ModelId>, ModelError> {
    let (models, removed) = store.read(|conn| {
        let removed = settings::is_noted(conn, REMOVED)?;
        Ok::<_, ModelError>((all(conn)?, removed))
    })?;
    let lost = |model: &Model| model.sha256 == SHA256 && model.file_state() != FileState::Present;
    if removed || !models.is_empty() && !models.iter().any(lost) {
        return Ok(None);
    }
    let Some(path) = places.find() else {
        return Ok(None);
    };
    let file = check(&path, &mut |_, _| (), &AtomicBool::new(false))?;
    if file.sha256 != SHA256 {
        return Err(ModelError::WrongStarter(path));
    }
    let (id, _) = store.write(|tx| register(tx, ModelId::new(), &file, now_ms))?;
    Ok(Some(id))
}
