//! What is stored where, and how large it is.

use std::{fs, io, path::Path};

use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use crate::app::App;

/// What a part of the data folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// The database, with its log.
    Database,
    /// Checked copies of it.
    Snapshots,
    /// Databases that something took the place of.
    Replaced,
    /// Model files that lie in the data folder.
    Models,
    /// What the window keeps for itself.
    Window,
    /// Keys in files, where there is no keychain.
    Keys,
    /// Everything else.
    Other,
}

/// A part of what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct StoredPart {
    /// What it is.
    pub kind: PartKind,
    /// Where it is.
    pub path: String,
    /// Files.
    #[specta(type = Number)]
    pub files: u64,
    /// Bytes.
    #[specta(type = Number)]
    pub bytes: u64,
}

impl App {
    /// The parts of the data folder that have something in them.
    ///
    /// # Errors
    /// [`io::Error`] when the folder cannot be read.
    pub fn stored(&self) -> io::Result<Vec<StoredPart>> {
        let folder = &self.folder;
        let own = [
            (PartKind::Snapshots, folder.snapshots()),
            (PartKind::Replaced, folder.replaced()),
            (PartKind::Models, folder.models()),
            (PartKind::Window, folder.path().join("window")),
            (PartKind::Keys, folder.keys()),
            (PartKind::Keys, folder.key_file()),
        ];
        let database = folder.database();
        let mut parts: Vec<StoredPart> = Vec::new();
        for entry in fs::read_dir(folder.path())? {
            let path = entry?.path();
            let of_database = path
                .to_string_lossy()
                .starts_with(&*database.to_string_lossy());
            let (kind, place) = match own.iter().find(|(_, place)| *place == path) {
                Some((kind, place)) => (*kind, place.clone()),
                None if of_database => (PartKind::Database, database.clone()),
                None => (PartKind::Other, folder.path().to_path_buf()),
            };
            let (files, bytes) = size(&path)?;
            match parts.iter_mut().find(|part| part.kind == kind) {
                Some(part) => {
                    part.files += files;
                    part.bytes += bytes;
                }
                None if files > 0 => parts.push(StoredPart {
                    kind,
                    path: place.display().to_string(),
                    files,
                    bytes,
                }),
                None => {}
            }
        }
        parts.sort_by_key(|part| part.kind as u8);
        Ok(parts)
    }
}

/// Files and bytes at and below a path; links are not followed.
fn size(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = match fs::symlink_metadata(path) {
        // It went meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((0, 0)),
        metadata => metadata?,
    };
    if !metadata.is_dir() {
        return Ok((1, metadata.len()));
    }
    let mut all = (0, 0);
    for entry in fs::read_dir(path)? {
        let (files, bytes) = size(&entry?.path())?;
        all = (all.0 + files, all.1 + bytes);
    }
    Ok(all)
}
