//! Holds: as long as one stands on a workspace or a conversation, nothing in it is deleted, by whomever.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use specta::Type;
use specta_typescript::Number;

use super::RetentionError;
use crate::{
    app::App,
    changes::{about, in_workspace},
    chat,
    ids::{ConversationId, WorkspaceId},
    now_ms,
    record::{Action, Event},
    store::Migration,
    workspaces,
};

// The references have no cascade: the database itself refuses to delete what is held.
pub(super) const MIGRATION: Migration = Migration {
    name: "2026-11-27 create holds",
    sql: "CREATE TABLE holds (
            number INTEGER PRIMARY KEY,
            workspace_id BLOB UNIQUE REFERENCES workspaces(id),
            conversation_id BLOB UNIQUE REFERENCES conversations(id),
            reason TEXT NOT NULL,
            since_ms INTEGER NOT NULL,
            CHECK ((workspace_id IS NULL) <> (conversation_id IS NULL))
          ) STRICT",
};

/// What a hold stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum Held {
    /// Every conversation of a workspace, also those that are still to come.
    Workspace {
        /// Which one.
        workspace_id: WorkspaceId,
    },
    /// One conversation.
    Conversation {
        /// Which one.
        conversation_id: ConversationId,
    },
}

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// What it stands on.
    pub on: Held,
    /// What the person calls that.
    pub name: String,
    /// Why.
    pub reason: String,
    /// UTC milliseconds.
    #[specta(type = Number)]
    pub since_ms: i64,
}

/// Whether a hold stands on a conversation, or on its workspace.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn is_held(conn: &Connection, conversation: ConversationId) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "SELECT 1 FROM holds WHERE conversation_id = ?1
           OR workspace_id = (SELECT workspace_id FROM conversations WHERE id = ?1)",
    )?
    .exists([conversation])
}

/// Whether a hold stands on a workspace itself.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn is_workspace_held(conn: &Connection, workspace: WorkspaceId) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM holds WHERE workspace_id = ?1")?
        .exists([workspace])
}

/// How many holds stand on a workspace and on conversations of it: it may be erased if there is none.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn holds_of_workspace(conn: &Connection, workspace: WorkspaceId) -> rusqlite::Result<usize> {
    conn.prepare_cached(
        "SELECT count(*) FROM holds WHERE workspace_id = ?1 OR conversation_id IN
           (SELECT id FROM conversations WHERE workspace_id = ?1)",
    )?
    .query_row([workspace], |row| row.get(0))
}

/// Why something is held by a hold of its own, and since when (UTC milliseconds).
pub(in crate::privacy) fn why(
    conn: &Connection,
    on: Held,
) -> rusqlite::Result<Option<(String, i64)>> {
    let (workspace, conversation) = ids(on);
    conn.prepare_cached(
        "SELECT reason, since_ms FROM holds WHERE workspace_id = ?1 OR conversation_id = ?2",
    )?
    .query_row(params![workspace, conversation], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
    .optional()
}

/// Put a hold on something, `since_ms` in UTC milliseconds; whether there was none.
pub(in crate::privacy) fn put(
    conn: &Connection,
    on: Held,
    reason: &str,
    since_ms: i64,
) -> rusqlite::Result<bool> {
    let (workspace, conversation) = ids(on);
    let added = conn
        .prepare_cached(
            "INSERT OR IGNORE INTO holds (workspace_id, conversation_id, reason, since_ms)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![workspace, conversation, reason, since_ms])?;
    Ok(added > 0)
}

/// That a hold was put on something.
pub(in crate::privacy) fn held(on: Held, reason: &str) -> Event {
    changed(on)
        .fact("what", "held")
        .payload(json!({ "reason": reason }))
}

/// What is held in a workspace, for many questions at once.
pub(super) enum HeldIn {
    Everything,
    These(HashSet<ConversationId>),
}

impl HeldIn {
    pub(super) fn of(conn: &Connection, workspace: WorkspaceId) -> rusqlite::Result<Self> {
        if is_workspace_held(conn, workspace)? {
            return Ok(Self::Everything);
        }
        let these = conn
            .prepare_cached("SELECT conversation_id FROM holds WHERE conversation_id IS NOT NULL")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(Self::These(these))
    }

    pub(super) fn has(&self, conversation: ConversationId) -> bool {
        match self {
            Self::Everything => true,
            Self::These(these) => these.contains(&conversation),
        }
    }
}

/// All holds, newest first.
pub(super) fn all(conn: &Connection) -> rusqlite::Result<Vec<Hold>> {
    conn.prepare_cached(
        "SELECT h.workspace_id, h.conversation_id, coalesce(w.name, c.title, ''), h.reason, h.since_ms
         FROM holds h LEFT JOIN workspaces w ON w.id = h.workspace_id
         LEFT JOIN conversations c ON c.id = h.conversation_id
         ORDER BY h.number DESC",
    )?
    .query_map([], |row| {
        let on = match row.get(0)? {
            Some(workspace_id) => Held::Workspace { workspace_id },
            None => Held::Conversation {
                conversation_id: row.get(1)?,
            },
        };
        Ok(Hold {
            on,
            name: row.get(2)?,
            reason: row.get(3)?,
            since_ms: row.get(4)?,
        })
    })?
    .collect()
}

impl App {
    /// Hold a workspace or a conversation: nothing in it is deleted, made anonymous or erased until the hold
    /// is lifted. The reason is kept with it, and sealed in the record.
    ///
    /// # Errors
    /// [`RetentionError`] when there is no reason, there is a hold already, or it is not there.
    pub fn hold(&self, on: Held, reason: &str) -> Result<(), RetentionError> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(RetentionError::NoReason);
        }
        self.change(|tx| {
            there(tx, on)?;
            if !put(tx, on, reason, now_ms())? {
                return Err(RetentionError::HeldAlready);
            }
            Ok(((), held(on, reason)))
        })
    }

    /// Lift a hold.
    ///
    /// # Errors
    /// [`RetentionError::NotHeld`] when there is none.
    pub fn lift_hold(&self, on: Held) -> Result<(), RetentionError> {
        self.change(|tx| {
            let (workspace, conversation) = ids(on);
            let reason: Option<String> = tx
                .prepare_cached(
                    "DELETE FROM holds WHERE workspace_id = ?1 OR conversation_id = ?2 RETURNING reason",
                )?
                .query_map(params![workspace, conversation], |row| row.get(0))?
                .next()
                .transpose()?;
            let reason = reason.ok_or(RetentionError::NotHeld)?;
            let event = changed(on).fact("what", "hold lifted").payload(json!({ "reason": reason }));
            Ok(((), event))
        })
    }
}

fn ids(on: Held) -> (Option<WorkspaceId>, Option<ConversationId>) {
    match on {
        Held::Workspace { workspace_id } => (Some(workspace_id), None),
        Held::Conversation { conversation_id } => (None, Some(conversation_id)),
    }
}

fn there(conn: &Connection, on: Held) -> Result<(), RetentionError> {
    match on {
        Held::Workspace { workspace_id } if !workspaces::exists(conn, workspace_id)? => {
            Err(RetentionError::NoWorkspace)
        }
        Held::Conversation { conversation_id } if !chat::exists(conn, conversation_id)? => {
            Err(RetentionError::NoConversation)
        }
        _ => Ok(()),
    }
}

fn changed(on: Held) -> Event {
    match on {
        Held::Workspace { workspace_id } => in_workspace(Action::RetentionChanged, workspace_id),
        Held::Conversation { conversation_id } => about(Action::RetentionChanged, conversation_id),
    }
}
