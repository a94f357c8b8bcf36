//! `gatehouse retention`: how long conversations are kept, and what is held.

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use gatehouse_core::{
    app::App,
    ids::WorkspaceId,
    now_ms,
    privacy::{
        Copies,
        retention::{
            Held, PastRule, RetentionAction, RetentionOutcome, RetentionRule, RetentionRun, Waits,
            WorkspaceRetention,
        },
    },
    store::StoreError,
    workspaces,
};

use crate::{chats, failure::Failure, naming, output};

/// How long conversations are kept.
#[derive(Subcommand)]
pub(crate) enum Retention {
    /// List the workspaces with their rules, and what is held.
    List,
    /// Show what would go now.
    Preview,
    /// Delete or make anonymous what is due.
    Run {
        /// You have seen what would go: needed where an older database was put back, or the clock may be
        /// wrong, since the last run.
        #[arg(long)]
        seen: bool,
    },
    /// Say how long a workspace keeps its conversations.
    Set(Set),
    /// Hold a workspace or a conversation: nothing in it is deleted until the hold is lifted.
    Hold {
        #[command(flatten)]
        on: On,
        /// Why: kept with the hold, and sealed in the record.
        #[arg(long)]
        reason: String,
    },
    /// Lift a hold.
    Lift(On),
}

/// Say how long a workspace keeps its conversations.
#[derive(Args)]
#[command(group(ArgGroup::new("how long").required(true).args(["days", "forever"])))]
pub(crate) struct Set {
    /// The workspace, by its name; without it, the one that is open.
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    /// Days after the newest message.
    #[arg(long, value_name = "NUMBER", requires = "then")]
    days: Option<u32>,
    /// What becomes of a conversation then.
    #[arg(long, value_enum, requires = "days")]
    then: Option<Then>,
    /// Keep them until somebody deletes them.
    #[arg(long)]
    forever: bool,
}

/// What becomes of a conversation.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Then {
    /// It is deleted for good.
    Delete,
    /// What tells of a person is masked for good; the rest stays.
    Anonymise,
}

/// A workspace or a conversation.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct On {
    /// A workspace, by its name.
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    /// A conversation, by its id or the beginning of it.
    #[arg(long, value_name = "ID")]
    conversation: Option<String>,
}

impl Retention {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::List => list(app, json),
            Self::Preview => preview(app, json),
            Self::Run { seen } => run(app, *seen, json),
            Self::Set(set) => set.run(app, json),
            Self::Hold { on, reason } => {
                app.hold(on.held(app)?, reason)?;
                list(app, json)
            }
            Self::Lift(on) => {
                app.lift_hold(on.held(app)?)?;
                list(app, json)
            }
        }
    }
}

impl On {
    fn held(&self, app: &App) -> Result<Held, Failure> {
        Ok(match &self.conversation {
            Some(id) => Held::Conversation {
                conversation_id: chats::find(app, id)?,
            },
            None => Held::Workspace {
                workspace_id: workspace(app, self.workspace.as_deref())?,
            },
        })
    }
}

impl Set {
    fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        let rule = self.days.zip(self.then).map(|(days, then)| RetentionRule {
            days,
            action: match then {
                Then::Delete => RetentionAction::Delete,
                Then::Anonymise => RetentionAction::Anonymise,
            },
        });
        app.set_retention(workspace(app, self.workspace.as_deref())?, rule)?;
        list(app, json)
    }
}

fn workspace(app: &App, name: Option<&str>) -> Result<WorkspaceId, Failure> {
    let Some(name) = name else {
        return Ok(app
            .store
            .write(|tx| Ok::<_, StoreError>(workspaces::current(tx, now_ms())?))?);
    };
    naming::workspace(app, name)
}

fn list(app: &App, json: bool) -> Result<(), Failure> {
    let status = app.retention_status(now_ms())?;
    if json {
        return output::json(&status);
    }
    let row = |of: &WorkspaceRetention| {
        [
            of.name.clone(),
            of.conversations.to_string(),
            match of.rule {
                None => "until somebody deletes them".into(),
                Some(rule) => format!(
                    "{}, then {}",
                    output::many(rule.days as usize, "day", "days"),
                    done(rule.action)
                ),
            },
            of.due.to_string(),
            of.held.to_string(),
        ]
    };
    let rows: Vec<_> = status.workspaces.iter().map(row).collect();
    output::table(["WORKSPACE", "CHATS", "KEPT", "DUE", "HELD"], &rows)?;
    for hold in &status.holds {
        let what = match hold.on {
            Held::Workspace { .. } => format!("workspace “{}”", hold.name),
            Held::Conversation { conversation_id } => {
                format!("chat {conversation_id} “{}”", hold.name)
            }
        };
        output::line(&format!(
            "Held since {}: {what}: {}",
            output::time(hold.since_ms),
            hold.reason
        ))?;
    }
    if let Some(problem) = &status.problem {
        output::line(&format!(
            "The last run left something that is due: {problem}"
        ))?;
    }
    match status.waits {
        Some(waits) => output::line(&waiting(waits)),
        None => Ok(()),
    }
}

fn preview(app: &App, json: bool) -> Result<(), Failure> {
    let preview = app.preview_retention(now_ms())?;
    if json {
        return output::json(&preview);
    }
    let rows: Vec<_> = preview
        .due
        .iter()
        .map(|due| {
            [
                due.workspace.clone(),
                due.conversation_id.to_string(),
                output::time(due.updated_at_ms),
                due.messages.to_string(),
                done(due.action).into(),
                output::beginning(due.title.as_deref().unwrap_or_default(), 60),
            ]
        })
        .collect();
    output::table(
        [
            "WORKSPACE",
            "ID",
            "UPDATED",
            "MESSAGES",
            "WOULD BE",
            "TITLE",
        ],
        &rows,
    )?;
    let (due, requests) = (preview.due.len(), preview.requests);
    if due > 0 || requests == 0 {
        output::line(&match due {
            0 => "Nothing is due.".into(),
            due => format!("{} would go.", chats_of(due)),
        })?;
    }
    if requests > 0 {
        let requests = requests_of(requests);
        output::line(&format!("What left with {requests} would be forgotten."))?;
    }
    if preview.held > 0 {
        let verb = if preview.held == 1 { "is" } else { "are" };
        output::line(&format!(
            "{} would go too, but {verb} held.",
            chats_of(preview.held)
        ))?;
    }
    if due > 0 || requests > 0 {
        kept_in(&preview.copies)
            .iter()
            .try_for_each(|words| output::line(words))?;
    }
    match preview.waits {
        Some(waits) => output::line(&waiting(waits)),
        None => Ok(()),
    }
}

/// Which copies keep what goes, a sentence for those that stay and one for those that are replaced.
fn kept_in(copies: &Copies) -> Vec<String> {
    let of = |all: &[(usize, &str, &str)], until: [&str; 2]| {
        let some: Vec<_> = all.iter().filter(|(number, ..)| *number > 0).collect();
        let words: Vec<_> = some
            .iter()
            .map(|(number, one, more)| output::many(*number, one, more))
            .collect();
        let is_one = some.iter().map(|(number, ..)| *number).sum::<usize>() == 1;
        let (verb, until) = if is_one {
            ("keeps", until[0])
        } else {
            ("keep", until[1])
        };
        (!words.is_empty()).then(|| format!("{} {verb} it until {until}.", output::listed(&words)))
    };
    let stay = of(
        &[
            (
                copies.by_hand,
                "snapshot made by hand",
                "snapshots made by hand",
            ),
            (
                copies.set_aside,
                "database that was set aside",
                "databases that were set aside",
            ),
            (
                copies.earlier_backups,
                "backup in a folder chosen earlier",
                "backups in folders chosen earlier",
            ),
        ],
        ["somebody deletes it", "somebody deletes them"],
    );
    let pass = of(
        &[
            (copies.passing, "snapshot", "snapshots"),
            (copies.backups, "backup", "backups"),
        ],
        [
            "a newer one takes its place",
            "newer ones take their places",
        ],
    );
    stay.into_iter().chain(pass).collect()
}

pub(crate) fn waiting(waits: Waits) -> String {
    let why = match waits {
        Waits::PutBack { at_ms } => format!(
            "an older database was put back at {}, and what is due in it may be what somebody wanted back",
            output::time(at_ms)
        ),
        Waits::LongAway { looked_at_ms } => format!(
            "the last look was at {}, and a clock that is wrong would make everything due",
            output::time(looked_at_ms)
        ),
    };
    format!(
        "Nothing goes by itself: {why}. If the preview is right, `gatehouse retention run --seen` lets it go."
    )
}

fn run(app: &App, seen: bool, json: bool) -> Result<(), Failure> {
    if !seen && let Some(waits) = app.retention_status(now_ms())?.waits {
        return Err(Failure::input(waiting(waits)));
    }
    let outcome = app.run_retention()?;
    if json {
        output::json(&outcome)?;
    } else if outcome.runs.is_empty() {
        output::line("No workspace has a rule: chats are kept until somebody deletes them.")?;
    } else {
        outcome.runs.iter().try_for_each(tell)?;
    }
    match problem(&outcome) {
        Some(problem) => Err(Failure::data(problem)),
        None => Ok(()),
    }
}

/// Why something that is due did not go, if something did not.
pub(crate) fn problem(outcome: &RetentionOutcome) -> Option<String> {
    let problem = outcome.runs.iter().find_map(|run| run.problem.as_ref())?;
    Some(format!("Something that is due stays: {problem}"))
}

fn tell(run: &RetentionRun) -> Result<(), Failure> {
    let mut said = vec![format!("{} {}", chats_of(run.done), done(run.action))];
    if run.requests > 0 {
        said.push(format!("{} forgotten", requests_of(run.requests)));
    }
    if run.held > 0 {
        said.push(format!("{} held", run.held));
    }
    if run.failed > 0 {
        said.push(format!("{} could not go", run.failed));
    }
    output::line(&format!("{}: {}.", run.name, said.join(", ")))
}

fn requests_of(number: usize) -> String {
    output::many(number, "request of clients", "requests of clients")
}

fn chats_of(number: usize) -> String {
    output::many(number, "chat", "chats")
}

/// What is older than its workspace keeps it, where it came from a file.
pub(crate) fn tell_past_rule(all: &[PastRule]) -> Result<(), Failure> {
    all.iter().try_for_each(|past| {
        let (verb, what) = if past.conversations == 1 {
            ("is", "it is")
        } else {
            ("are", "they are")
        };
        output::line(&format!(
            "{} {verb} past the rule of “{}” already, and kept until {}: then {what} {}.",
            chats_of(past.conversations),
            past.workspace,
            output::time(past.until_ms),
            done(past.action)
        ))
    })
}

fn done(action: RetentionAction) -> &'static str {
    match action {
        RetentionAction::Delete => "deleted",
        RetentionAction::Anonymise => "made anonymous",
    }
}
