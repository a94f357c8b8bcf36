//! Conversations from a file: what was said in them long ago has not been here for long.

use rusqlite::Connection;
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{DAY_MS, RetentionAction, RetentionError, rules};
use crate::{
    app::App,
    chat,
    ids::{ConversationId, WorkspaceId},
    workspaces,
};

/// Conversations that arrived with messages older than their workspace keeps any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PastRule {
    /// What the workspace is called.
    pub workspace: String,
    /// How many.
    #[specta(type = Number)]
    pub conversations: usize,
    /// Until when they are kept all the same, in UTC milliseconds.
    #[specta(type = Number)]
    pub until_ms: i64,
    /// What becomes of them then.
    pub action: RetentionAction,
}

/// Which of these, which arrived at `now_ms` (UTC milliseconds), are past the rule of their workspace.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn past_rule(
    conn: &Connection,
    arrived: &[ConversationId],
    now_ms: i64,
) -> rusqlite::Result<Vec<PastRule>> {
    let mut found: Vec<(WorkspaceId, PastRule)> = Vec::new();
    let names = workspaces::all(conn)?;
    for &id in arrived {
        let (workspace, updated_at_ms) = chat::place_and_age(conn, id)?;
        let Some(rule) = rules::get(conn, workspace)? else {
            continue;
        };
        if updated_at_ms >= rule.limit_ms(now_ms) {
            continue;
        }
        match found.iter_mut().find(|(known, _)| *known == workspace) {
            Some((_, past)) => past.conversations += 1,
            None => {
                let name = names.iter().find(|known| known.id == workspace);
                let past = PastRule {
                    workspace: name.map(|known| known.name.clone()).unwrap_or_default(),
                    conversations: 1,
                    until_ms: now_ms.saturating_add(i64::from(rule.days) * DAY_MS),
                    action: rule.action,
                };
                found.push((workspace, past));
            }
        }
    }
    Ok(found.into_iter().map(|(_, past)| past).collect())
}

impl App {
    /// Which of these, which arrived at `now_ms` (UTC milliseconds), are past the rule of their workspace.
    ///
    /// # Errors
    /// [`RetentionError`] when the database fails or one is gone.
    pub fn past_their_rule(
        &self,
        arrived: &[ConversationId],
        now_ms: i64,
    ) -> Result<Vec<PastRule>, RetentionError> {
        self.store
            .read(|conn| Ok(past_rule(conn, arrived, now_ms)?))
    }
}
