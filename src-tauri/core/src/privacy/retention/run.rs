//! A run: what is due goes, and each run is recorded.

use std::collections::HashMap;

use rusqlite::Transaction;
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{
    RetentionAction, RetentionError, RetentionRule, anonymous,
    choose::{self, Chosen},
    holds_of_workspace, rules,
};
use crate::{
    app::App,
    changes::in_workspace,
    chat::Quiet,
    ids::WorkspaceId,
    now_ms,
    problem::Problem,
    record::{Action, Event, Subject},
    sealed,
    store::StoreError,
    workspaces::{self, Workspace},
};

const DAY_MS: i64 = 86_400_000;

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
        let mut gone_of_clients = 0;
        for workspace in self.store.read(workspaces::all).map_err(StoreError::from)? {
            let rule = self.store.read(|conn| rules::get(conn, workspace.id));
            if let Some(rule) = rule.map_err(StoreError::from)? {
                let (run, gone) = self.run_in(workspace, rule, asked)?;
                outcome.runs.push(run);
                gone_of_clients += gone;
            }
        }
        if outcome.changed() || gone_of_clients > 0 {
            self.sweep();
        }
        Ok(outcome)
    }

    /// No older state of what went stays in unused parts of pages or in the log of the database, unless
    /// somebody is reading one: then it goes with the next run, or when Gatehouse is closed.
    fn sweep(&self) {
        let swept = self.store.scrub().and_then(|_| self.store.truncate_log());
        match swept {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!("the log of the database is being read, and was not emptied")
            }
            Err(error) => {
                tracing::warn!("what went may still be in unused parts of pages: {error}")
            }
        }
    }

    /// What was done with the conversations of a workspace; and of how many calls of clients what had
    /// left is gone.
    fn run_in(
        &self,
        workspace: Workspace,
        rule: RetentionRule,
        asked: Asked,
    ) -> Result<(RetentionRun, usize), RetentionError> {
        let Chosen { due, held } = self
            .store
            .read(|conn| choose::choose(conn, workspace.id, rule, now_ms()))
            .map_err(StoreError::from)?;
        let mut run = RetentionRun {
            workspace_id: workspace.id,
            name: workspace.name.clone(),
            action: rule.action,
            done: 0,
            held,
            failed: 0,
            problem: None,
        };
        if !due.is_empty() {
            match rule.action {
                RetentionAction::Delete => self.delete(rule, &due, &mut run),
                RetentionAction::Anonymise => self.make_anonymous(rule, &due, &mut run),
            }
        }
        let gone = self.change(|tx| {
            let gone = what_left_for_clients(tx, workspace.id, rule)?;
            let count = i64::try_from(gone).unwrap_or(i64::MAX);
            let event = ran(&run, rule, asked).fact("requests_of_clients", count);
            Ok::<_, StoreError>((gone, event))
        })?;
        Ok((run, gone))
    }

    /// Delete what is due, all of it or nothing.
    fn delete(&self, rule: RetentionRule, due: &[Quiet], run: &mut RetentionRun) {
        let by_id: HashMap<_, _> = due.iter().map(|quiet| (quiet.id, quiet)).collect();
        let ids: Vec<_> = due.iter().map(|quiet| quiet.id).collect();
        let workspace = run.workspace_id;
        let still =
            |tx: &Transaction<'_>, id| choose::is_due(tx, workspace, rule, by_id[&id], now_ms());
        match self.erase_conversations(&ids, "retention", still) {
            Ok(gone) => run.done = gone as usize,
            Err(error) => run.failed(due.len(), error),
        }
    }

    /// Make what is due anonymous, each in a transaction of its own: nobody waits for the reading of all.
    fn make_anonymous(&self, rule: RetentionRule, due: &[Quiet], run: &mut RetentionRun) {
        for quiet in due {
            match self.make_one_anonymous(run.workspace_id, rule, quiet) {
                Ok(true) => run.done += 1,
                // Held, spoken in or gone meanwhile.
                Ok(false) => {}
                Err(error) => run.failed(1, error),
            }
        }
        // What they have read of these conversations is not anonymous.
        self.engines.unload_all();
    }

    fn make_one_anonymous(
        &self,
        workspace: WorkspaceId,
        rule: RetentionRule,
        quiet: &Quiet,
    ) -> Result<bool, RetentionError> {
        let masked = anonymous::masked(self, workspace, quiet.id)?;
        self.store.write(|tx| {
            if !choose::is_due(tx, workspace, rule, quiet, now_ms())? {
                return Ok(false);
            }
            anonymous::put(tx, quiet, &masked)?;
            let event = Event::new(Action::Erased)
                .fact("kind", "conversation")
                .fact("cause", "made anonymous");
            let subject = Subject::Conversation(quiet.id);
            self.record.erase(tx, subject, event, now_ms())?;
            Ok(true)
        })
    }
}

/// Destroy what left for clients of the local API so long ago that a conversation would be due; nothing
/// while something in the workspace is on hold.
fn what_left_for_clients(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    rule: RetentionRule,
) -> rusqlite::Result<usize> {
    if holds_of_workspace(tx, workspace)? > 0 {
        return Ok(0);
    }
    let before_ms = now_ms() - i64::from(rule.days) * DAY_MS;
    sealed::destroy_sent_of_clients(tx, workspace, before_ms)
}

impl RetentionRun {
    fn failed(&mut self, number: usize, error: impl Into<Problem>) {
        let problem = error.into().to_string();
        tracing::warn!("what is due stays: {problem}");
        self.failed += number;
        self.problem.get_or_insert(problem);
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
