//! Where something of a person is taken from, and what of that a hold keeps as it is.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::seen::{About, Found, Seen};
use crate::{
    chat,
    ids::{ConversationId, WorkspaceId},
    privacy::retention::{is_held, is_workspace_held},
    workspaces,
};

/// Conversations, and workspaces for what is in them outside of conversations.
#[derive(Debug, Default)]
pub(super) struct Reach {
    conversations: BTreeSet<ConversationId>,
    workspaces: BTreeSet<WorkspaceId>,
}

impl Reach {
    pub(super) fn of_conversations(conversations: &BTreeSet<ConversationId>) -> Self {
        Self {
            conversations: conversations.clone(),
            ..Self::default()
        }
    }

    /// These rows are changed or go.
    pub(super) fn of_rows(rows: &[Found]) -> Self {
        let outside = rows.iter().filter(|row| row.conversation.is_none());
        Self {
            conversations: rows.iter().filter_map(|row| row.conversation).collect(),
            workspaces: outside.filter_map(|row| row.workspace).collect(),
        }
    }

    /// What is sealed is destroyed.
    pub(super) fn of_sealed(seen: &Seen) -> Self {
        let abouts = seen.payloads.keys();
        let of_record = abouts.filter_map(|about| match about {
            About::Workspace(id) => Some(*id),
            About::Installation => None,
        });
        Self {
            conversations: seen.sealed.clone(),
            workspaces: seen
                .client_workspaces
                .iter()
                .copied()
                .chain(of_record)
                .collect(),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.conversations.extend(other.conversations);
        self.workspaces.extend(other.workspaces);
    }

    /// The titles and names of what is on hold.
    pub(super) fn held(&self, conn: &Connection) -> rusqlite::Result<Vec<String>> {
        let mut held = Vec::new();
        for &id in &self.conversations {
            if is_held(conn, id)? {
                let title = chat::get(conn, id).ok().and_then(|held| held.title);
                held.push(title.unwrap_or_else(|| "a conversation without a title".into()));
            }
        }
        for &id in &self.workspaces {
            if is_workspace_held(conn, id)? {
                let name = workspaces::name(conn, id);
                held.push(name.unwrap_or_else(|_| "a workspace".into()));
            }
        }
        Ok(held)
    }
}
