//! Which conversations are due: older than their workspace keeps them, and not held.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{
    RetentionAction, RetentionError, RetentionRule, Waits,
    holds::{HeldIn, holds_of_workspace, is_held},
    rules, state,
};
use crate::{
    app::App,
    chat::{self, Quiet},
    ids::{ConversationId, WorkspaceId},
    privacy::Copies,
    store::Migration,
    workspaces::{self, Workspace},
};

pub(super) const MIGRATION: Migration = Migration {
    name: "2026-11-27 remember what was made anonymous",
    sql: "CREATE TABLE made_anonymous (
            conversation_id BLOB PRIMARY KEY REFERENCES conversations(id) ON DELETE CASCADE,
            updated_at_ms INTEGER NOT NULL
          ) STRICT, WITHOUT ROWID",
};

// Whatever is said in it afterwards, wherever, is not anonymous.
pub(super) const NOTICE: Migration = Migration {
    name: "2026-11-27 notice what is said in what was made anonymous",
    sql: "CREATE TRIGGER anonymous_until_changed
          AFTER UPDATE OF title, system_prompt, sampling ON conversations
          WHEN NEW.title IS NOT OLD.title OR NEW.system_prompt IS NOT OLD.system_prompt
            OR NEW.sampling IS NOT OLD.sampling
          BEGIN DELETE FROM made_anonymous WHERE conversation_id = NEW.id; END;
          CREATE TRIGGER anonymous_until_said AFTER INSERT ON messages
          BEGIN DELETE FROM made_anonymous WHERE conversation_id = NEW.conversation_id; END;
          CREATE TRIGGER anonymous_until_said_otherwise AFTER UPDATE OF text, problem ON messages
          BEGIN DELETE FROM made_anonymous WHERE conversation_id = NEW.conversation_id; END;
          CREATE TRIGGER anonymous_until_typed AFTER INSERT ON drafts
          BEGIN DELETE FROM made_anonymous WHERE conversation_id = NEW.conversation_id; END",
};

/// A conversation that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Due {
    /// Which one.
    pub conversation_id: ConversationId,
    /// Where it belongs.
    pub workspace_id: WorkspaceId,
    /// What that is called.
    pub workspace: String,
    /// Its title, if it has one.
    pub title: Option<String>,
    /// UTC milliseconds of its newest message.
    #[specta(type = Number)]
    pub updated_at_ms: i64,
    /// Messages in all branches.
    pub messages: u32,
    /// What becomes of it.
    pub action: RetentionAction,
}

/// What a run would do now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RetentionPreview {
    /// What would go, oldest first in each workspace.
    pub due: Vec<Due>,
    /// How many would go too, if no hold stood on them.
    #[specta(type = Number)]
    pub held: usize,
    /// Of how many requests of clients of the local API what is kept would go.
    #[specta(type = Number)]
    pub requests: usize,
    /// Why nothing goes by itself before a person has seen this.
    pub waits: Option<Waits>,
    /// Copies that keep what goes.
    pub copies: Copies,
}

/// What is due in one workspace.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub due: Vec<Quiet>,
    pub held: usize,
    /// Requests of clients of the local API.
    pub requests: usize,
}

impl Chosen {
    fn is_any_due(&self) -> bool {
        !self.due.is_empty() || self.requests > 0
    }
}

/// What a rule chooses in its workspace; `now_ms` is UTC milliseconds.
pub(super) fn choose(
    conn: &Connection,
    workspace: WorkspaceId,
    rule: RetentionRule,
    now_ms: i64,
) -> rusqlite::Result<Chosen> {
    let holds = HeldIn::of(conn, workspace)?;
    let done = match rule.action {
        RetentionAction::Anonymise => made_anonymous(conn)?,
        RetentionAction::Delete => HashMap::new(),
    };
    let mut chosen = Chosen::default();
    for quiet in chat::quiet_before(conn, workspace, rule.limit_ms(now_ms))? {
        if done.get(&quiet.id) == Some(&quiet.updated_at_ms) {
            // Nothing was changed in it since it was made anonymous.
        } else if holds.has(quiet.id) {
            chosen.held += 1;
        } else {
            chosen.due.push(quiet);
        }
    }
    if holds_of_workspace(conn, workspace)? == 0 {
        chosen.requests = requests_of_clients(conn, workspace, rule.limit_ms(now_ms))?;
    }
    Ok(chosen)
}

/// How many requests of clients of the local API began before a time in UTC milliseconds and have something
/// that is kept of their texts: what left, or a server's words, which may repeat them.
pub(super) fn requests_of_clients(
    conn: &Connection,
    workspace: WorkspaceId,
    before_ms: i64,
) -> rusqlite::Result<usize> {
    conn.prepare_cached(
        "SELECT count(*) FROM calls WHERE workspace_id = ?1 AND started_at_ms < ?2
         AND conversation_id IS NULL
         AND (moves <> '[]' OR number IN (SELECT call_number FROM sent_of_clients))",
    )?
    .query_row(params![workspace, before_ms], |row| row.get(0))
}

/// A workspace that has a rule, and what that chooses in it.
pub(super) struct ChosenIn {
    pub workspace: Workspace,
    pub rule: RetentionRule,
    pub chosen: Chosen,
}

/// What all rules choose at `now_ms`, UTC milliseconds.
pub(super) fn everywhere(conn: &Connection, now_ms: i64) -> rusqlite::Result<Vec<ChosenIn>> {
    let mut all = Vec::new();
    for workspace in workspaces::all(conn)? {
        if let Some(rule) = rules::get(conn, workspace.id)? {
            let chosen = choose(conn, workspace.id, rule, now_ms)?;
            all.push(ChosenIn {
                workspace,
                rule,
                chosen,
            });
        }
    }
    Ok(all)
}

/// Whether anything was chosen in any workspace.
pub(super) fn is_any_due(all: &[ChosenIn]) -> bool {
    all.iter().any(|of| of.chosen.is_any_due())
}

/// Whether a conversation that was chosen is still due: neither rule nor hold nor message came between.
pub(super) fn is_due(
    conn: &Connection,
    workspace: WorkspaceId,
    rule: RetentionRule,
    quiet: &Quiet,
    now_ms: i64,
) -> rusqlite::Result<bool> {
    Ok(rules::get(conn, workspace)? == Some(rule)
        && chat::if_quiet(conn, quiet.id, rule.limit_ms(now_ms))?.as_ref() == Some(quiet)
        && !is_held(conn, quiet.id)?)
}

/// Note that a conversation was made anonymous as it is.
pub(super) fn note_anonymous(conn: &Connection, of: &Quiet) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO made_anonymous VALUES (?1, ?2)")?
        .execute(params![of.id, of.updated_at_ms])?;
    Ok(())
}

/// What was made anonymous, with the time of its newest message then.
fn made_anonymous(conn: &Connection) -> rusqlite::Result<HashMap<ConversationId, i64>> {
    conn.prepare_cached("SELECT conversation_id, updated_at_ms FROM made_anonymous")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

impl App {
    /// What a run would do at `now_ms`, UTC milliseconds. Nothing is changed.
    ///
    /// # Errors
    /// [`RetentionError`] when the database fails.
    pub fn preview_retention(&self, now_ms: i64) -> Result<RetentionPreview, RetentionError> {
        let copies = self.copies();
        self.store.read(|conn| {
            let mut preview = RetentionPreview {
                copies,
                ..RetentionPreview::default()
            };
            let all = everywhere(conn, now_ms)?;
            preview.waits = state::get(conn)?.waits(now_ms, is_any_due(&all));
            for of in all {
                preview.held += of.chosen.held;
                preview.requests += of.chosen.requests;
                preview
                    .due
                    .extend(of.chosen.due.into_iter().map(|quiet| Due {
                        conversation_id: quiet.id,
                        workspace_id: of.workspace.id,
                        workspace: of.workspace.name.clone(),
                        title: quiet.title,
                        updated_at_ms: quiet.updated_at_ms,
                        messages: quiet.messages,
                        action: of.rule.action,
                    }));
            }
            Ok(preview)
        })
    }
}
