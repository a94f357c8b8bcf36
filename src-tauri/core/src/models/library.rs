//! The table of installed models: one row a file, known by its SHA-256.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use gatehouse_gguf::GgufSummary;
use gatehouse_protocol::{LoadRequest, ModelPurpose};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use specta::Type;

use super::{
    CheckedFile, ComputerMemory, FileState, InstalledModel, ModelError, ModelKind, Verdict,
    check::{self, Stamp},
    installed, memory,
};
use crate::{ids::ModelId, store::Migration};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-23 create models",
    sql: "CREATE TABLE models (
            id BLOB PRIMARY KEY,
            name TEXT NOT NULL,
            path TEXT NOT NULL,
            file_bytes INTEGER NOT NULL CHECK (file_bytes >= 0),
            modified_ms INTEGER NOT NULL,
            sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
            summary TEXT NOT NULL CHECK (json_valid(summary)),
            added_at_ms INTEGER NOT NULL,
            last_used_at_ms INTEGER
          ) STRICT",
}];

const COLUMNS: &str =
    "id, name, path, file_bytes, modified_ms, sha256, summary, added_at_ms, last_used_at_ms";

/// What each installed model is called, by its [`Model::version`].
pub(crate) fn names_by_version(conn: &Connection) -> rusqlite::Result<HashMap<String, String>> {
    conn.prepare_cached("SELECT lower(hex(sha256)), name FROM models")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// An installed model.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Its identifier.
    pub id: ModelId,
    /// What it is called.
    pub name: String,
    /// Where its file is; of a model in several files, the first.
    pub path: PathBuf,
    /// Size and time of the last change when it was added.
    pub stamp: Stamp,
    /// SHA-256 of its file.
    pub sha256: [u8; 32],
    /// What the file says about itself.
    pub summary: GgufSummary,
    /// When it was added.
    pub added_at_ms: i64,
    /// When it was loaded last.
    pub last_used_at_ms: Option<i64>,
}

/// What adding a file came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum HowAdded {
    /// A new model is in the list.
    New,
    /// It was in the list and still is as it was.
    Already,
    /// It was in the list, its old file gone; now it points to this one.
    Moved,
    /// Another model was in the list with this path; its file was overwritten by this one.
    Replaced,
}

/// Put a checked file into the list under `id`, or find it there; the model that it belongs to now.
///
/// # Errors
/// [`ModelError::Store`] when the row cannot be written.
pub fn register(
    conn: &Connection,
    id: ModelId,
    file: &CheckedFile,
    now_ms: i64,
) -> Result<(ModelId, HowAdded), ModelError> {
    if let Some(known) = one(conn, "sha256 = ?1", params![file.sha256])? {
        if known.file_state() == FileState::Present {
            return Ok((known.id, HowAdded::Already));
        }
        write(conn, known.id, file, known.added_at_ms)?;
        return Ok((known.id, HowAdded::Moved));
    }
    if let Some(overwritten) = one(conn, "path = ?1", params![path_text(&file.path)?])? {
        write(conn, overwritten.id, file, now_ms)?;
        return Ok((overwritten.id, HowAdded::Replaced));
    }
    write(conn, id, file, now_ms)?;
    Ok((id, HowAdded::New))
}

fn write(
    conn: &Connection,
    id: ModelId,
    file: &CheckedFile,
    added_at_ms: i64,
) -> Result<(), ModelError> {
    let summary = serde_json::to_string(&file.summary).map_err(to_sql_failure)?;
    conn.prepare_cached(
        "INSERT INTO models (id, name, path, file_bytes, modified_ms, sha256, summary, added_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (id) DO UPDATE SET name = ?2, path = ?3, file_bytes = ?4, modified_ms = ?5,
                                        sha256 = ?6, summary = ?7, added_at_ms = ?8",
    )?
    .execute(params![
        id,
        installed::name(&file.path, &file.summary),
        path_text(&file.path)?,
        // SQLite's integers are signed; no file reaches 2^63 bytes.
        file.stamp.bytes.cast_signed(),
        file.stamp.modified_ms,
        file.sha256,
        summary,
        added_at_ms,
    ])?;
    Ok(())
}

fn path_text(path: &Path) -> Result<&str, ModelError> {
    path.to_str()
        .ok_or_else(|| ModelError::PathNotText(path.to_owned()))
}

fn to_sql_failure(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(error.into())
}

/// All installed models: the last used first, then the last added.
///
/// # Errors
/// [`ModelError::Store`] when the list cannot be read.
pub fn all(conn: &Connection) -> Result<Vec<Model>, ModelError> {
    let mut query = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM models ORDER BY last_used_at_ms DESC NULLS LAST, added_at_ms DESC, id"
    ))?;
    let models = query
        .query_map([], from_row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(models)
}

/// The model of an id.
///
/// # Errors
/// [`ModelError::Unknown`] when it is not in the list.
pub fn get(conn: &Connection, id: ModelId) -> Result<Model, ModelError> {
    one(conn, "id = ?1", params![id])?.ok_or_else(|| ModelError::Unknown(id.to_string()))
}

/// The model that a person means by an id, a name or a file name, in any case of letters.
///
/// # Errors
/// [`ModelError::Unknown`] or [`ModelError::Ambiguous`] when it is not exactly one.
pub fn find(conn: &Connection, text: &str) -> Result<Model, ModelError> {
    if let Ok(id) = text.parse() {
        return get(conn, id);
    }
    let wanted = text.to_lowercase();
    let names = |model: &Model| {
        let part =
            |part: Option<&std::ffi::OsStr>| part.map(|name| name.to_string_lossy().to_lowercase());
        [
            Some(model.name.to_lowercase()),
            part(model.path.file_name()),
            part(model.path.file_stem()),
        ]
    };
    let mut found = all(conn)?;
    found.retain(|model| {
        names(model)
            .into_iter()
            .flatten()
            .any(|name| name == wanted)
    });
    if found.len() > 1 {
        let candidates = found.iter().map(|model| model.id.to_string()).collect();
        return Err(ModelError::Ambiguous {
            text: text.to_owned(),
            candidates,
        });
    }
    found
        .pop()
        .ok_or_else(|| ModelError::Unknown(text.to_owned()))
}

/// Note that a model was loaded.
///
/// # Errors
/// [`ModelError::Store`] when the row cannot be written.
pub fn mark_used(conn: &Connection, id: ModelId, now_ms: i64) -> Result<(), ModelError> {
    conn.prepare_cached("UPDATE models SET last_used_at_ms = ?2 WHERE id = ?1")?
        .execute(params![id, now_ms])?;
    Ok(())
}

/// Take a model off the list; its file stays. See [`delete_own_file`].
///
/// # Errors
/// [`ModelError::Unknown`] when it is not in the list.
pub fn forget(conn: &Connection, id: ModelId) -> Result<Model, ModelError> {
    let model = get(conn, id)?;
    conn.prepare_cached("DELETE FROM models WHERE id = ?1")?
        .execute(params![id])?;
    Ok(model)
}

/// Delete the file of a model that was taken off the list, if it lies in Gatehouse's own folder;
/// files elsewhere are the person's own. Says whether it was deleted.
///
/// # Errors
/// The operating system's, when the file cannot be deleted.
pub fn delete_own_file(model: &Model, own_folder: &Path) -> std::io::Result<bool> {
    // Real paths, so that neither “..” nor a link leads out of the folder.
    let (Ok(own_folder), Ok(first)) = (own_folder.canonicalize(), model.path.canonicalize()) else {
        return Ok(false);
    };
    if !first.starts_with(&own_folder) {
        return Ok(false);
    }
    for file in model.files() {
        std::fs::remove_file(file)?;
    }
    Ok(true)
}

impl Model {
    /// All files of the model.
    fn files(&self) -> Vec<PathBuf> {
        gatehouse_gguf::parts(&self.path, &self.summary)
    }

    /// Whether the file is where it was, as it was.
    pub fn file_state(&self) -> FileState {
        match check::stamp(&self.files()) {
            Ok(stamp) if stamp == self.stamp => FileState::Present,
            Ok(_) => FileState::Changed,
            Err(_) => FileState::Missing,
        }
    }

    /// Which exact model it is: the SHA-256 of its file in hexadecimal.
    pub fn version(&self) -> String {
        self.sha256
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// What the screens show of it.
    pub fn view(&self, memory: ComputerMemory, wanted_context: Option<u32>) -> InstalledModel {
        installed::view(self, memory, wanted_context)
    }

    /// How to load it for a purpose, with the context and sequences that the memory allows; threads
    /// and GPU layers are left to the caller.
    ///
    /// # Errors
    /// [`ModelError`] when the file is gone or changed, the model is for something else, or it does
    /// not fit.
    pub fn load_request(
        &self,
        purpose: ModelPurpose,
        memory: ComputerMemory,
        wanted_context: Option<u32>,
    ) -> Result<LoadRequest, ModelError> {
        let (name, path) = (self.name.clone(), self.path.clone());
        match (purpose, self.summary.kind) {
            (ModelPurpose::Chat, ModelKind::Embedding) => {
                return Err(ModelError::EmbeddingOnly(name));
            }
            (ModelPurpose::Embedding, ModelKind::Chat) => return Err(ModelError::ChatOnly(name)),
            _ => {}
        }
        match self.file_state() {
            FileState::Missing => return Err(ModelError::Missing { name, path }),
            FileState::Changed => return Err(ModelError::Changed { name, path }),
            FileState::Present => {}
        }
        let plan = memory::plan(&self.summary, memory, wanted_context);
        if plan.verdict == Verdict::TooLarge {
            return Err(ModelError::TooLarge {
                name,
                reason: plan.reason,
            });
        }
        Ok(LoadRequest {
            path: path_text(&self.path)?.to_owned(),
            context_tokens: plan.context_tokens,
            sequences: plan.sequences,
            threads: None,
            gpu_layers: 0,
            purpose,
        })
    }
}

fn one(
    conn: &Connection,
    condition: &str,
    values: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<Option<Model>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM models WHERE {condition}"))?
        .query_row(values, from_row)
        .optional()
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Model> {
    let summary: String = row.get(6)?;
    let summary = serde_json::from_str(&summary).map_err(|e| {
        rusqlite::Error::FromSqlConversionFailure(6, rusqlite::types::Type::Text, e.into())
    })?;
    Ok(Model {
        id: row.get(0)?,
        name: row.get(1)?,
        path: PathBuf::from(row.get::<_, String>(2)?),
        stamp: Stamp {
            bytes: row.get::<_, i64>(3)?.cast_unsigned(),
            modified_ms: row.get(4)?,
        },
        sha256: row.get(5)?,
        summary,
        added_at_ms: row.get(7)?,
        last_used_at_ms: row.get(8)?,
    })
}
