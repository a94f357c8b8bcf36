//! How long a workspace keeps its conversations: so many days after their newest message they are deleted
//! or made anonymous, unless a hold stands on them.

mod anonymous;
mod arrivals;
mod choose;
mod daily;
pub(in crate::privacy) mod holds;
pub(in crate::privacy) mod rules;
mod run;
mod state;

pub use self::{
    arrivals::PastRule,
    choose::{Due, RetentionPreview},
    daily::{Daily, Look},
    holds::{Held, Hold, holds_of_workspace, is_held, is_workspace_held},
    rules::{RetentionAction, RetentionRule},
    run::{RetentionOutcome, RetentionRun},
    state::Waits,
};
pub(crate) use self::{arrivals::past_rule, rules::forget_workspace, state::wait_for_a_person};
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
    store::{Migration, SnapshotError, StoreError},
    workspaces,
};

pub(crate) const MIGRATIONS: &[Migration] = &[
    rules::MIGRATION,
    holds::MIGRATION,
    choose::MIGRATION,
    choose::NOTICE,
    state::MIGRATION,
];

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

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
    /// There would be no way back.
    #[error("what is due stays until a copy of the database can be made: {0}")]
    NoCopy(SnapshotError),
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
            Error::NoCopy(copy) => no_copy(&copy),
            Error::Gate(error) => error.into(),
            Error::Sealed(error) => Self::new(ProblemCode::DataUnusable, error),
            Error::Store(error) => error.into(),
        }
    }
}

/// That there is no copy of the database that would be the way back, for a person and to be kept.
fn no_copy(error: &SnapshotError) -> Problem {
    let code = match error {
        SnapshotError::DiskFull => ProblemCode::DiskFull,
        _ => ProblemCode::DataUnusable,
    };
    let words = format!("what is due stays until a copy of the database can be made: {error}");
    Problem::new(code, words).hint("It is tried again by itself.")
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
    /// Why nothing goes by itself until a person has seen what would go.
    pub waits: Option<Waits>,
    /// Why what is due did not go when it was last tried.
    pub problem: Option<Problem>,
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
            let workspaces: Vec<_> = all.map(of).collect::<Result<_, RetentionError>>()?;
            let state = state::get(conn)?;
            let waits = state.waits(
                now_ms,
                choose::is_any_due(&choose::everywhere(conn, now_ms)?),
            );
            Ok(RetentionStatus {
                waits: waits.filter(|_| workspaces.iter().any(|of| of.rule.is_some())),
                problem: state.problem,
                holds: holds::all(conn)?,
                workspaces,
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
