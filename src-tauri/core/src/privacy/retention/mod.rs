//! How long a workspace keeps its conversations: so many days after their newest message they are deleted
//! or made anonymous, unless a hold stands on them.

mod anonymous;
mod choose;
pub(in crate::privacy) mod holds;
pub(in crate::privacy) mod rules;
mod run;

pub(crate) use self::rules::forget_workspace;
pub use self::{
    choose::{Due, RetentionPreview},
    holds::{Held, Hold, holds_of_workspace, is_held},
    rules::{RetentionAction, RetentionRule},
    run::{RetentionOutcome, RetentionRun},
};
use rusqlite::Connection;
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use crate::{
    app::App,
    chat::ChatError,
    gate::GateError,
    ids::WorkspaceId,
    problem::{Problem, ProblemCode},
    sealed::SealedError,
    store::{Migration, StoreError},
    workspaces,
};

pub(crate) const MIGRATIONS: &[Migration] =
    &[rules::MIGRATION, holds::MIGRATION, choose::MIGRATION];

/// Why a rule or a hold was not kept, or what is due did not go.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// The days are out of their range.
    #[error("conversations are kept between 1 and {most} days, not {0}", most = rules::MOST_DAYS)]
    Days(u32),
    /// The workspace was removed.
    #[error("this workspace is not there any more")]
    NoWorkspace,
    /// The conversation was removed.
    #[error("this conversation is not there any more")]
    NoConversation,
    /// A hold needs a reason.
    #[error("a hold needs a reason: write down why nothing may be deleted")]
    NoReason,
    /// There is a hold already.
    #[error("there is a hold on it already: lift it first")]
    HeldAlready,
    /// There is no hold.
    #[error("there is no hold on it")]
    NotHeld,
    /// What personal data is in a conversation could not be found out, so it was left as it is.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// What was kept under the conversation's own key could not be destroyed.
    #[error(transparent)]
    Sealed(#[from] SealedError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for RetentionError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<ChatError> for RetentionError {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::Store(error) => Self::Store(error),
            _ => Self::NoConversation,
        }
    }
}

impl From<RetentionError> for Problem {
    fn from(error: RetentionError) -> Self {
        use RetentionError as Error;
        match error {
            Error::NoWorkspace | Error::NoConversation | Error::NotHeld => {
                Self::new(ProblemCode::NotFound, error)
            }
            Error::Days(_) | Error::NoReason | Error::HeldAlready => {
                Self::new(ProblemCode::InvalidInput, error)
            }
            Error::Gate(error) => error.into(),
            Error::Sealed(error) => Self::new(ProblemCode::DataUnusable, error),
            Error::Store(error) => error.into(),
        }
    }
}

/// How long one workspace keeps its conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceRetention {
    /// Which one.
    pub workspace_id: WorkspaceId,
    /// What the person calls it.
    pub name: String,
    /// The rule; `None`: they are kept until somebody deletes them.
    pub rule: Option<RetentionRule>,
    /// How many conversations it has.
    #[specta(type = Number)]
    pub conversations: usize,
    /// How many of them would go now.
    #[specta(type = Number)]
    pub due: usize,
    /// How many of them would, if no hold stood on them.
    #[specta(type = Number)]
    pub held: usize,
}

/// How long everything is kept, and what is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RetentionStatus {
    /// All workspaces, oldest first.
    pub workspaces: Vec<WorkspaceRetention>,
    /// All holds, newest first.
    pub holds: Vec<Hold>,
}

impl App {
    /// How long everything is kept and what is held; `now_ms` is UTC milliseconds.
    ///
    /// # Errors
    /// [`RetentionError`] when the database fails.
    pub fn retention_status(&self, now_ms: i64) -> Result<RetentionStatus, RetentionError> {
        self.store.read(|conn| {
            let all = workspaces::all(conn)?.into_iter();
            let of = |workspace| of_workspace(conn, workspace, now_ms);
            Ok(RetentionStatus {
                workspaces: all.map(of).collect::<Result<_, _>>()?,
                holds: holds::all(conn)?,
            })
        })
    }
}

fn of_workspace(
    conn: &Connection,
    workspace: workspaces::Workspace,
    now_ms: i64,
) -> Result<WorkspaceRetention, RetentionError> {
    let rule = rules::get(conn, workspace.id)?;
    let chosen = match rule {
        Some(rule) => choose::choose(conn, workspace.id, rule, now_ms)?,
        None => choose::Chosen::default(),
    };
    Ok(WorkspaceRetention {
        conversations: crate::chat::count_in(conn, workspace.id)?,
        workspace_id: workspace.id,
        name: workspace.name,
        rule,
        due: chosen.due.len(),
        held: chosen.held,
    })
}
