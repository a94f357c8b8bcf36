//! One rule a workspace: after how many days without a new message, and what then.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{DAY_MS, RetentionError};
use crate::{
    app::App,
    changes::in_workspace,
    ids::WorkspaceId,
    record::{Action, Event},
    store::Migration,
    workspaces,
};

pub(super) const MIGRATION: Migration = Migration {
    name: "2026-11-27 create retention rules",
    sql: "CREATE TABLE retention_rules (
            workspace_id BLOB PRIMARY KEY REFERENCES workspaces(id) ON DELETE CASCADE,
            days INTEGER NOT NULL CHECK (days > 0),
            action TEXT NOT NULL CHECK (action IN ('delete', 'anonymise'))
          ) STRICT, WITHOUT ROWID",
};

/// A hundred years.
pub(super) const MOST_DAYS: u32 = 36_525;

/// What becomes of a conversation whose time has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RetentionAction {
    /// It is deleted for good.
    Delete,
    /// What tells of a person is masked for good; the rest stays.
    Anonymise,
}

impl RetentionAction {
    /// Its name in the record and in the database.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Anonymise => "anonymise",
        }
    }
}

/// How long a workspace keeps its conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RetentionRule {
    /// Days after the newest message, or after it arrived here in a file.
    pub days: u32,
    /// What then.
    pub action: RetentionAction,
}

impl RetentionRule {
    /// Whether it can be kept.
    ///
    /// # Errors
    /// [`RetentionError::Days`] when the days are out of their range.
    pub(in crate::privacy) fn check(self) -> Result<(), RetentionError> {
        if (1..=MOST_DAYS).contains(&self.days) {
            Ok(())
        } else {
            Err(RetentionError::Days(self.days))
        }
    }

    /// What had its newest message before this, in UTC milliseconds, is due at `now_ms`.
    pub(super) fn limit_ms(self, now_ms: i64) -> i64 {
        now_ms.saturating_sub(i64::from(self.days) * DAY_MS)
    }
}

/// Forget the rule of a workspace.
pub(crate) fn forget_workspace(conn: &Connection, workspace: WorkspaceId) -> rusqlite::Result<()> {
    conn.execute(
        "DELETE FROM retention_rules WHERE workspace_id = ?1",
        [workspace],
    )
    .map(drop)
}

/// The rule of a workspace, if it has one.
pub(in crate::privacy) fn get(
    conn: &Connection,
    workspace: WorkspaceId,
) -> rusqlite::Result<Option<RetentionRule>> {
    conn.prepare_cached("SELECT days, action FROM retention_rules WHERE workspace_id = ?1")?
        .query_row([workspace], |row| {
            Ok(RetentionRule {
                days: row.get(0)?,
                action: match row.get_ref(1)?.as_str()? {
                    "delete" => RetentionAction::Delete,
                    _ => RetentionAction::Anonymise,
                },
            })
        })
        .optional()
}

/// Keep a rule, or (`None`) that there is none.
pub(in crate::privacy) fn set(
    conn: &Connection,
    workspace: WorkspaceId,
    rule: Option<RetentionRule>,
) -> rusqlite::Result<()> {
    match rule {
        Some(rule) => conn
            .prepare_cached("INSERT OR REPLACE INTO retention_rules VALUES (?1, ?2, ?3)")?
            .execute(params![workspace, rule.days, rule.action.name()])?,
        None => conn
            .prepare_cached("DELETE FROM retention_rules WHERE workspace_id = ?1")?
            .execute([workspace])?,
    };
    Ok(())
}

/// That the rule of a workspace is another one.
pub(in crate::privacy) fn changed(
    workspace: WorkspaceId,
    before: Option<RetentionRule>,
    now: Option<RetentionRule>,
) -> Event {
    let days = |rule: Option<RetentionRule>| rule.map_or(0, |rule| i64::from(rule.days));
    in_workspace(Action::RetentionChanged, workspace)
        .fact("what", "rule")
        .fact("days", days(now))
        .fact("days_before", days(before))
        .maybe("then", now.map(|rule| rule.action.name()))
        .maybe("then_before", before.map(|rule| rule.action.name()))
}

impl App {
    /// Say how long a workspace keeps its conversations; `None`: until somebody deletes them. Nothing goes
    /// before the next run.
    ///
    /// # Errors
    /// [`RetentionError`] when the days are out of their range or the workspace is gone.
    pub fn set_retention(
        &self,
        workspace: WorkspaceId,
        rule: Option<RetentionRule>,
    ) -> Result<(), RetentionError> {
        rule.map_or(Ok(()), RetentionRule::check)?;
        self.store.write(|tx| {
            if !workspaces::exists(tx, workspace)? {
                return Err(RetentionError::NoWorkspace);
            }
            let before = get(tx, workspace)?;
            if before == rule {
                return Ok(());
            }
            set(tx, workspace, rule)?;
            self.record
                .append(tx, changed(workspace, before, rule), crate::now_ms())?;
            Ok(())
        })
    }
}
