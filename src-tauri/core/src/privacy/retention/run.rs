//! A run: what is due goes, and each run is recorded.

use std::collections::HashMap;

use rusqlite::Transaction;
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{
    RetentionAction, RetentionError, RetentionRule, anonymous,
    choose::{self, Chosen, ChosenIn},
    holds::holds_of_workspace,
    rules,
    state::{self, State},
};
use crate::{
    app::App,
    changes::in_workspace,
    chat::Quiet,
    costs,
    ids::WorkspaceId,
    now_ms,
    problem::Problem,
    record::{self, Action, Event, Record, Subject},
    sealed,
    store::StoreError,
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
    /// Of how many requests of clients of the local API went what was kept.
    #[specta(type = Number)]
    pub requests: usize,
    /// How many stayed because of a hold.
    #[specta(type = Number)]
    pub held: usize,
    /// How many are due and could not go.
    #[specta(type = Number)]
    pub failed: usize,
    /// Why the first of them could not.
    pub problem: Option<Problem>,
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

    /// Whether something that is due could not go.
    pub fn failed(&self) -> bool {
        self.runs.iter().any(|run| run.failed > 0)
    }
}

/// How many are deleted in one transaction.
const AT_A_TIME: usize = 50;

/// Who asked for a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    ByHand,
    ByItself,
}

impl App {
    /// Delete or make anonymous what is due now, for a person who has seen what that is: from then on what is
    /// due goes by itself again.
    ///
    /// # Errors
    /// [`RetentionError`] when the database fails; what could not go is in the outcome.
    pub fn run_retention(&self) -> Result<RetentionOutcome, RetentionError> {
        let now_ms = now_ms();
        let chosen = self.store.read(|conn| choose::everywhere(conn, now_ms));
        self.run(Asked::ByHand, chosen.map_err(StoreError::from)?, now_ms)
    }

    /// Let go what was chosen, as far as it is still due at `now_ms`, UTC milliseconds.
    pub(super) fn run(
        &self,
        asked: Asked,
        chosen: Vec<ChosenIn>,
        now_ms: i64,
    ) -> Result<RetentionOutcome, RetentionError> {
        let state = self.store.read(state::get).map_err(StoreError::from)?;
        let mut outcome = RetentionOutcome::default();
        for chosen in chosen {
            outcome
                .runs
                .push(self.run_in(chosen, asked, &state, now_ms)?);
        }
        let problem = outcome.runs.iter().find_map(|run| run.problem.clone());
        self.store.write(|tx| {
            let mut state = State::looked(now_ms);
            state.problem = problem;
            state::keep(tx, &state).map_err(StoreError::from)
        })?;
        if outcome.runs.iter().any(RetentionRun::let_something_go) {
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

    fn run_in(
        &self,
        chosen: ChosenIn,
        asked: Asked,
        state: &State,
        now_ms: i64,
    ) -> Result<RetentionRun, RetentionError> {
        let ChosenIn {
            workspace,
            rule,
            chosen,
        } = chosen;
        let Chosen {
            due,
            held,
            requests,
        } = chosen;
        let mut run = RetentionRun {
            workspace_id: workspace.id,
            name: workspace.name,
            action: rule.action,
            done: 0,
            requests: 0,
            held,
            failed: 0,
            problem: None,
        };
        if !due.is_empty() {
            match rule.action {
                RetentionAction::Delete => self.delete(rule, &due, now_ms, &mut run),
                RetentionAction::Anonymise => self.make_anonymous(rule, &due, now_ms, &mut run),
            }
        }
        self.store.write(|tx| {
            if requests > 0 {
                run.requests = what_left_for_clients(&self.record, tx, workspace.id, rule, now_ms)?;
            }
            // What fails in the same way again is recorded once: it is tried many times a day.
            let is_new =
                run.let_something_go() || run.problem.is_none() || run.problem != state.problem;
            if asked == Asked::ByHand || is_new {
                self.record.append(tx, ran(&run, rule, asked), now_ms)?;
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(run)
    }

    /// Delete what is due, some at a time: nobody waits for all of it.
    fn delete(&self, rule: RetentionRule, due: &[Quiet], now_ms: i64, run: &mut RetentionRun) {
        let workspace = run.workspace_id;
        for some in due.chunks(AT_A_TIME) {
            let by_id: HashMap<_, _> = some.iter().map(|quiet| (quiet.id, quiet)).collect();
            let ids: Vec<_> = some.iter().map(|quiet| quiet.id).collect();
            let still =
                |tx: &Transaction<'_>, id| choose::is_due(tx, workspace, rule, by_id[&id], now_ms);
            match self.erase_conversations(&ids, "retention", still) {
                Ok(gone) => run.done += gone as usize,
                Err(error) => run.failed(some.len(), error),
            }
        }
    }

    /// Make what is due anonymous, each in a transaction of its own: nobody waits for the reading of all.
    fn make_anonymous(
        &self,
        rule: RetentionRule,
        due: &[Quiet],
        now_ms: i64,
        run: &mut RetentionRun,
    ) {
        for quiet in due {
            match self.make_one_anonymous(run.workspace_id, rule, quiet, now_ms) {
                Ok(true) => run.done += 1,
                // Held, spoken in, changed or gone meanwhile.
                Ok(false) => {}
                Err(error) => run.failed(1, error),
            }
        }
        if run.done > 0 {
            // What they have read of these conversations is not anonymous. An answer that does not end goes
            // with its engine.
            let _pause = self.gate.pause();
            self.forget_erased();
        }
    }

    fn make_one_anonymous(
        &self,
        workspace: WorkspaceId,
        rule: RetentionRule,
        quiet: &Quiet,
        now_ms: i64,
    ) -> Result<bool, RetentionError> {
        let texts = anonymous::masked(self, workspace, quiet.id)?;
        self.store.write(|tx| {
            if !choose::is_due(tx, workspace, rule, quiet, now_ms)?
                || !anonymous::put(tx, quiet, &texts)?
            {
                return Ok(false);
            }
            let event = Event::new(Action::Erased)
                .fact("kind", "conversation")
                .fact("cause", "made anonymous");
            let subject = Subject::Conversation(quiet.id);
            self.record.erase(tx, subject, event, now_ms)?;
            Ok(true)
        })
    }
}

/// Destroy what left for clients of the local API, and what servers said of it, so long ago that a conversation
/// would be due; nothing while something in the workspace is on hold.
fn what_left_for_clients(
    record: &Record,
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    rule: RetentionRule,
    now_ms: i64,
) -> rusqlite::Result<usize> {
    if rules::get(tx, workspace)? != Some(rule) || holds_of_workspace(tx, workspace)? > 0 {
        return Ok(0);
    }
    let limit = rule.limit_ms(now_ms);
    let requests = choose::requests_of_clients(tx, workspace, limit)?;
    let moved = costs::moved_calls_of_clients(tx, workspace, limit)?;
    for (workspace, entries) in record::private_of_client_calls(tx, &moved)? {
        let event = Event::new(Action::Erased)
            .fact("kind", "workspace")
            .fact("cause", "retention");
        let subject = Subject::Workspace(workspace);
        record.erase_some(tx, subject, &entries, event, now_ms)?;
    }
    costs::forget_moves_of_clients(tx, workspace, limit)?;
    sealed::destroy_sent_of_clients(tx, workspace, limit)?;
    Ok(requests)
}

impl RetentionRun {
    fn let_something_go(&self) -> bool {
        self.done > 0 || self.requests > 0
    }

    fn failed(&mut self, number: usize, error: impl Into<Problem>) {
        let problem = error.into();
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
        .maybe(
            "requests_of_clients",
            (run.requests > 0).then(|| count(run.requests)),
        )
        .fact("held", count(run.held))
        .fact("failed", count(run.failed));
    match asked {
        Asked::ByHand => event,
        Asked::ByItself => event.by_itself(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use rusqlite::params;

    use super::*;
    use crate::{
        app::Surroundings,
        chat,
        ids::{ConversationId, MessageId},
        privacy::retention::{Daily, Held, Look},
        record::Actor,
        secrets::{KeyHome, database_key},
        store::{DataFolder, snapshot},
        workspaces::{self, Workspace},
    };

    const NOW: i64 = 1_795_464_605_123;
    const OLD: i64 = NOW - 100 * 86_400_000;

    fn app() -> (tempfile::TempDir, App) {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(dir.path())).unwrap();
        database_key(&folder, KeyHome::File).unwrap();
        let around = Surroundings {
            engine_program: PathBuf::new(),
            resources: None,
            actor: Actor::CommandLine,
            on_engine_change: Box::new(|| ()),
        };
        (dir, App::open(&folder, around).unwrap())
    }

    fn execute(app: &App, sql: &str, id: ConversationId) {
        let changed = app.store.write(|tx| tx.execute(sql, [id]));
        assert_eq!(changed.unwrap(), 1, "{sql}");
    }

    fn say(app: &App, id: ConversationId, state: &str) {
        let said = app.store.write(|tx| {
            tx.execute(
                "INSERT INTO messages (id, conversation_id, role, text, state, created_at_ms)
                 VALUES (?1, ?2, 'user', 'Anna Weiss owes it.', ?3, ?4)",
                params![MessageId::new(), id, state, OLD],
            )
        });
        assert_eq!(said.unwrap(), 1);
    }

    /// A chat that is due, as it was when it was chosen.
    fn due(app: &App, workspace: &Workspace, rule: RetentionRule) -> Quiet {
        let id = ConversationId::new();
        app.store
            .write(|tx| {
                chat::create(tx, id, workspace.id, &chat::Options::default(), OLD)?;
                Ok::<_, chat::ChatError>(())
            })
            .unwrap();
        say(app, id, "done");
        let chosen = app
            .store
            .read(|conn| choose::choose(conn, workspace.id, rule, NOW));
        let mut due = chosen.unwrap().due;
        due.retain(|quiet| quiet.id == id);
        due.remove(0)
    }

    #[test]
    fn what_is_said_held_or_changed_between_choosing_and_doing_stays() {
        let (_dir, app) = app();
        let workspace = app.store.read(workspaces::all).unwrap().remove(0);
        let meanwhile: [(&str, &dyn Fn(ConversationId)); 6] = [
            ("a message", &|id| say(&app, id, "done")),
            ("an answer under way", &|id| say(&app, id, "streaming")),
            ("a title", &|id| {
                app.rename_conversation(id, "Not over yet").unwrap();
            }),
            ("a hold", &|conversation_id| {
                app.hold(Held::Conversation { conversation_id }, "A claim")
                    .unwrap();
            }),
            ("an arrival", &|id| {
                let sql = "UPDATE conversations SET arrived_at_ms = 1795464605123 WHERE id = ?1";
                execute(&app, sql, id);
            }),
            ("another rule", &|_| {
                app.set_retention(workspace.id, None).unwrap();
            }),
        ];
        for action in [RetentionAction::Delete, RetentionAction::Anonymise] {
            let rule = RetentionRule { days: 30, action };
            for (what, change) in &meanwhile {
                app.set_retention(workspace.id, Some(rule)).unwrap();
                let quiet = due(&app, &workspace, rule);
                change(quiet.id);
                let texts = |conn: &rusqlite::Connection| chat::texts(conn, quiet.id);
                let before = app.store.read(texts).unwrap();
                let mut run = RetentionRun {
                    workspace_id: workspace.id,
                    name: String::new(),
                    action,
                    done: 0,
                    requests: 0,
                    held: 0,
                    failed: 0,
                    problem: None,
                };
                let chosen = [quiet.clone()];
                match action {
                    RetentionAction::Delete => app.delete(rule, &chosen, NOW, &mut run),
                    RetentionAction::Anonymise => app.make_anonymous(rule, &chosen, NOW, &mut run),
                }
                assert_eq!((run.done, run.failed), (0, 0), "{what}");
                assert_eq!(app.store.read(texts).unwrap(), before, "{what}");
            }
        }
    }

    #[test]
    fn what_becomes_due_after_the_look_stays_until_the_next_one_as_no_copy_has_it() {
        let (_dir, app) = app();
        let workspace = app.store.read(workspaces::all).unwrap().remove(0);
        let rule = RetentionRule {
            days: 30,
            action: RetentionAction::Delete,
        };
        app.set_retention(workspace.id, Some(rule)).unwrap();
        due(&app, &workspace, rule);
        asked(&app, workspace.id, OLD);
        let held = Held::Workspace {
            workspace_id: workspace.id,
        };
        app.hold(held, "A claim").unwrap();
        let seen = app.store.read(|conn| choose::everywhere(conn, NOW));
        let seen = seen.unwrap();
        assert!(!choose::is_any_due(&seen), "no copy is made for it");
        app.lift_hold(held).unwrap();
        let ran = app.run(Asked::ByItself, seen, NOW).unwrap();
        assert_eq!((ran.runs[0].done, ran.runs[0].requests), (0, 0));
        let Look::Ran(next) = Daily::default().look(&app, NOW).unwrap() else {
            panic!("a person lifted the hold today");
        };
        assert_eq!((next.runs[0].done, next.runs[0].requests), (1, 1));
        assert_eq!(snapshot::list(&app.folder).unwrap().len(), 1);
    }

    #[test]
    fn what_was_changed_while_it_was_being_masked_is_not_written_over() {
        let (_dir, app) = app();
        let workspace = app.store.read(workspaces::all).unwrap().remove(0);
        let rule = RetentionRule {
            days: 30,
            action: RetentionAction::Anonymise,
        };
        for sql in [
            "UPDATE messages SET text = 'Anna Weiss has paid.' WHERE conversation_id = ?1",
            "UPDATE conversations SET system_prompt = 'You write letters.' WHERE id = ?1",
        ] {
            let quiet = due(&app, &workspace, rule);
            let texts = anonymous::masked(&app, workspace.id, quiet.id).unwrap();
            execute(&app, sql, quiet.id);
            let before = app.store.read(|conn| chat::texts(conn, quiet.id)).unwrap();
            let put = app.store.write(|tx| anonymous::put(tx, &quiet, &texts));
            assert!(!put.unwrap());
            let after = app.store.read(|conn| chat::texts(conn, quiet.id)).unwrap();
            assert_eq!(after, before);
        }
    }

    #[test]
    fn what_is_typed_while_it_is_being_masked_is_not_lost() {
        let (_dir, app) = app();
        let workspace = app.store.read(workspaces::all).unwrap().remove(0);
        let rule = RetentionRule {
            days: 30,
            action: RetentionAction::Anonymise,
        };
        let quiet = due(&app, &workspace, rule);
        let texts = anonymous::masked(&app, workspace.id, quiet.id).unwrap();
        let typed = "Has Anna Weiss paid?";
        app.store
            .write(|tx| chat::save_draft(tx, Some(quiet.id), typed))
            .unwrap();
        let put = app.store.write(|tx| anonymous::put(tx, &quiet, &texts));
        assert!(!put.unwrap(), "somebody is at work in it");
        let draft = app.store.read(|conn| chat::draft(conn, Some(quiet.id)));
        assert_eq!(draft.unwrap(), typed);
    }

    /// A request of a client, with which something left.
    fn asked(app: &App, workspace: WorkspaceId, at_ms: i64) {
        let kept = app.store.write(|tx| {
            let call = tx
                .prepare(
                    "INSERT INTO calls (started_at_ms, workspace_id, purpose, provider, model, version, route, status)
                     VALUES (?1, ?2, 'api', 'openai', 'm', 'm', 'masked', 'answered')",
                )?
                .insert(params![at_ms, workspace])?;
            sealed::keep_sent_of_client(tx, call, workspace, &sealed::Packed::of(b"{}"))
        });
        kept.unwrap();
    }

    #[test]
    fn what_servers_said_of_requests_of_clients_goes_by_the_rule_even_where_nothing_else_is_kept() {
        let (_dir, app) = app();
        let workspace = app.store.read(workspaces::all).unwrap().remove(0).id;
        let rule = RetentionRule {
            days: 30,
            action: RetentionAction::Delete,
        };
        app.set_retention(workspace, Some(rule)).unwrap();
        for at_ms in [OLD, OLD, NOW - 86_400_000] {
            asked(&app, workspace, at_ms);
        }
        // One of the old ones keeps nothing of what left.
        app.store
            .write(|tx| {
                tx.execute_batch(
                    r#"UPDATE calls SET moves = '[{"model":"m","reason":"Anna Weiss","call":null}]';
                       DELETE FROM sent_of_clients WHERE call_number = 1"#,
                )?;
                for call in 1_i64..=3 {
                    let event = Event::new(Action::CallBegan)
                        .fact("call", call)
                        .about(Subject::Workspace(workspace))
                        .payload(serde_json::json!({ "moves": [{ "reason": "Anna Weiss" }] }));
                    app.record.append(tx, event, OLD)?;
                }
                Ok::<_, rusqlite::Error>(())
            })
            .unwrap();
        let words = || {
            let old = "SELECT group_concat(moves LIKE '%Anna%' ORDER BY number) FROM calls";
            let read = |conn: &rusqlite::Connection| conn.query_row(old, [], |row| row.get(0));
            app.store.read(read).unwrap()
        };
        assert_eq!(app.preview_retention(NOW).unwrap().requests, 2);
        let chosen = app.store.read(|conn| choose::everywhere(conn, NOW));
        let ran = app.run(Asked::ByHand, chosen.unwrap(), NOW).unwrap();
        assert_eq!(ran.runs[0].requests, 2);
        let left: String = words();
        assert_eq!(left, "0,0,1", "the words of what is not due stay");
        let began =
            "SELECT count(*) FROM audit_entries WHERE action = 'call.began' AND sealed IS NOT NULL";
        let private = |conn: &rusqlite::Connection| conn.query_row(began, [], |row| row.get(0));
        let private: i64 = app.store.read(private).unwrap();
        assert_eq!(private, 1, "nor are they left in the record");
        assert_eq!(app.preview_retention(NOW).unwrap().requests, 0);
    }

    #[test]
    fn what_left_for_clients_goes_by_the_rule_with_a_copy_of_it_and_not_while_something_is_held() {
        let (_dir, app) = app();
        let workspace = app.store.read(workspaces::all).unwrap().remove(0).id;
        let rule = RetentionRule {
            days: 30,
            action: RetentionAction::Delete,
        };
        app.set_retention(workspace, Some(rule)).unwrap();
        asked(&app, workspace, OLD);
        asked(&app, workspace, NOW - 86_400_000);
        let left = || {
            app.store
                .read(sealed::client_calls_with_sent)
                .unwrap()
                .len()
        };
        let held = Held::Workspace {
            workspace_id: workspace,
        };
        app.hold(held, "A claim").unwrap();
        assert_eq!(app.preview_retention(NOW).unwrap().requests, 0);
        let chosen = |app: &App| {
            app.store
                .read(|conn| choose::everywhere(conn, NOW))
                .unwrap()
        };
        let ran = app.run(Asked::ByHand, chosen(&app), NOW).unwrap();
        assert_eq!((ran.runs[0].requests, left()), (0, 2));
        app.lift_hold(held).unwrap();
        assert_eq!(app.preview_retention(NOW).unwrap().requests, 1);
        // After a long time away it waits for a person, as chats do.
        let away = Daily::default().look(&app, NOW + 16 * 86_400_000).unwrap();
        assert!(matches!(away, Look::Waits(_)), "{away:?}");
        assert!(snapshot::list(&app.folder).unwrap().is_empty());
        let look = Daily::default().look(&app, NOW).unwrap();
        let Look::Ran(outcome) = look else {
            panic!("{look:?}");
        };
        assert_eq!((outcome.runs[0].requests, left()), (1, 1));
        assert_eq!(
            snapshot::list(&app.folder).unwrap().len(),
            1,
            "a copy has it"
        );
    }
}
