//! A run: what is due goes, each conversation in a transaction of its own, so that nobody waits for long.

use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{
    RetentionAction, RetentionError, RetentionRule, anonymous,
    choose::{self, Chosen},
    rules,
};
use crate::{
    app::App,
    changes::in_workspace,
    chat::{self, Quiet},
    ids::WorkspaceId,
    now_ms,
    record::{Action, Event, Subject},
    store::StoreError,
    workspaces::{self, Workspace},
};

/// What a run did in one workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RetentionRun {
    /// Which one.
    pub workspace_id: WorkspaceId,
    /// What the person calls it.
    pub name: String,
    /// What became of what was due.
    pub action: RetentionAction,
    /// How many went.
    #[specta(type = Number)]
    pub done: usize,
    /// How many stayed because of a hold.
    #[specta(type = Number)]
    pub held: usize,
    /// How many are due and could not go.
    #[specta(type = Number)]
    pub failed: usize,
    /// Why the first of them could not, as a sentence.
    pub problem: Option<String>,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RetentionOutcome {
    /// Each workspace that has a rule.
    pub runs: Vec<RetentionRun>,
}

impl RetentionOutcome {
    /// Whether any conversation is not what it was.
    pub fn changed(&self) -> bool {
        self.runs.iter().any(|run| run.done > 0)
    }
}

/// Who asked for a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    ByHand,
    ByItself,
}

impl App {
    /// Delete or make anonymous what is due now.
    ///
    /// # Errors
    /// [`RetentionError`] when the database fails; what could not go is in the outcome.
    pub fn run_retention(&self) -> Result<RetentionOutcome, RetentionError> {
        self.run(Asked::ByHand)
    }

    /// The same, at a start and once a day, with nobody asking.
    ///
    /// # Errors
    /// As [`App::run_retention`].
    pub fn run_retention_by_itself(&self) -> Result<RetentionOutcome, RetentionError> {
        self.run(Asked::ByItself)
    }

    fn run(&self, asked: Asked) -> Result<RetentionOutcome, RetentionError> {
        let mut outcome = RetentionOutcome::default();
        for workspace in self.store.read(workspaces::all).map_err(StoreError::from)? {
            let rule = self.store.read(|conn| rules::get(conn, workspace.id));
            if let Some(rule) = rule.map_err(StoreError::from)? {
                outcome.runs.push(self.run_in(workspace, rule, asked)?);
            }
        }
        Ok(outcome)
    }

    fn run_in(
        &self,
        workspace: Workspace,
        rule: RetentionRule,
        asked: Asked,
    ) -> Result<RetentionRun, RetentionError> {
        let Chosen { due, held } = self
            .store
            .read(|conn| choose::choose(conn, workspace.id, rule, now_ms()))
            .map_err(StoreError::from)?;
        let mut run = RetentionRun {
            workspace_id: workspace.id,
            name: workspace.name,
            action: rule.action,
            done: 0,
            held,
            failed: 0,
            problem: None,
        };
        for quiet in &due {
            match self.let_go(workspace.id, rule, quiet) {
                Ok(true) => run.done += 1,
                // Held, spoken in or gone meanwhile.
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!("a conversation that is due stays: {error}");
                    run.failed += 1;
                    run.problem
                        .get_or_insert_with(|| crate::problem::Problem::from(error).to_string());
                }
            }
        }
        self.change(|_| Ok::<_, StoreError>(((), ran(&run, rule, asked))))?;
        Ok(run)
    }

    /// Delete a conversation or make it anonymous, if it is still due; whether it was.
    fn let_go(
        &self,
        workspace: WorkspaceId,
        rule: RetentionRule,
        quiet: &Quiet,
    ) -> Result<bool, RetentionError> {
        let masked = match rule.action {
            RetentionAction::Delete => None,
            // Reading it takes a while; nobody waits for that.
            RetentionAction::Anonymise => Some(anonymous::masked(self, workspace, quiet.id)?),
        };
        self.store.write(|tx| {
            if !choose::is_due(tx, workspace, rule, quiet, now_ms())? {
                return Ok(false);
            }
            let cause = match &masked {
                Some(masked) => {
                    anonymous::put(tx, quiet, masked)?;
                    "made anonymous"
                }
                None => {
                    chat::purge(tx, quiet.id)?;
                    "retention"
                }
            };
            let event = Event::new(Action::Erased)
                .by_itself()
                .fact("kind", "conversation")
                .fact("cause", cause);
            let subject = Subject::Conversation(quiet.id);
            self.record.erase(tx, subject, event, now_ms())?;
            Ok(true)
        })
    }
}

fn ran(run: &RetentionRun, rule: RetentionRule, asked: Asked) -> Event {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let event = in_workspace(Action::RetentionRan, run.workspace_id)
        .fact("days", rule.days)
        .fact("then", rule.action.name())
        .fact("done", count(run.done))
        .fact("held", count(run.held))
        .fact("failed", count(run.failed));
    match asked {
        Asked::ByHand => event,
        Asked::ByItself => event.by_itself(),
    }
}
