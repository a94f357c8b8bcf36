//! Saved pairs of a system prompt and sampling settings, each under a name.

use gatehouse_protocol::Sampling;
use rusqlite::{Connection, params};
use serde::Serialize;
use specta::Type;

use super::{
    ChatError,
    conversations::{check_sampling, check_system_prompt, json, sampling},
};
use crate::{ids::PresetId, store::Migration};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-23 create presets",
    sql: "CREATE TABLE presets (
            id BLOB PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            system_prompt TEXT NOT NULL,
            sampling TEXT NOT NULL CHECK (json_valid(sampling))
          ) STRICT",
}];

/// A system prompt and sampling settings under a name.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Preset {
    /// Identifier.
    pub id: PresetId,
    /// What it is called.
    pub name: String,
    /// Instructions that stand above a conversation.
    pub system_prompt: String,
    /// How tokens are chosen.
    pub sampling: Sampling,
}

/// Save under a name; a preset of that name is replaced.
///
/// # Errors
/// [`ChatError::EmptyName`], [`ChatError::Sampling`], [`ChatError::SystemPrompt`].
pub fn save_preset(
    conn: &Connection,
    name: &str,
    system_prompt: &str,
    chosen: &Sampling,
) -> Result<Preset, ChatError> {
    let name = name.trim();
    if name.is_empty() {
        return Err(ChatError::EmptyName);
    }
    check_sampling(chosen)?;
    check_system_prompt(system_prompt)?;
    let id = conn.query_row(
        "INSERT INTO presets VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (name) DO UPDATE SET system_prompt = excluded.system_prompt, sampling = excluded.sampling
         RETURNING id",
        params![PresetId::new(), name, system_prompt, json(chosen)],
        |row| row.get(0),
    )?;
    Ok(Preset {
        id,
        name: name.into(),
        system_prompt: system_prompt.into(),
        sampling: chosen.clone(),
    })
}

/// All presets by name.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn presets(conn: &Connection) -> rusqlite::Result<Vec<Preset>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, name, system_prompt, sampling FROM presets ORDER BY name COLLATE NOCASE",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Preset {
            id: row.get(0)?,
            name: row.get(1)?,
            system_prompt: row.get(2)?,
            sampling: sampling(row, 3)?,
        })
    })?;
    rows.collect()
}

/// Forget a preset; conversations that used it keep their settings.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn delete_preset(conn: &Connection, id: PresetId) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM presets WHERE id = ?1", [id])?;
    Ok(())
}
