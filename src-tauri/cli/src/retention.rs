//! `gatehouse retention`: how long conversations are kept, and what is held.

use clap::{Args, Subcommand, ValueEnum};
use gatehouse_core::{
    app::App,
    ids::WorkspaceId,
    now_ms,
    privacy::retention::{Held, RetentionAction, RetentionRule, RetentionRun, WorkspaceRetention},
    store::StoreError,
    workspaces,
};

use crate::{chats, failure::Failure, output};

/// How long conversations are kept.
#[derive(Subcommand)]
pub(crate) enum Retention {
    /// List the workspaces with their rules, and what is held.
    List,
    /// Show what would go now.
    Preview,
    /// Delete or make anonymous what is due.
    Run,
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
    #[arg(long, conflicts_with = "days", required_unless_present = "days")]
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
            Self::Run => run(app, json),
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
    let all = app
        .store
        .read(|conn| Ok::<_, StoreError>(workspaces::all(conn)?))?;
    let found = all
        .into_iter()
        .find(|workspace| workspace.name.to_lowercase() == name.to_lowercase());
    found
        .map(|workspace| workspace.id)
        .ok_or_else(|| Failure::missing(format!("There is no workspace “{name}”.")))
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
                Some(rule) => format!("{} days, then {}", rule.days, done(rule.action)),
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
    Ok(())
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
    output::line(&format!(
        "{} would go. {} are held.",
        preview.due.len(),
        preview.held
    ))
}

fn run(app: &App, json: bool) -> Result<(), Failure> {
    let outcome = app.run_retention()?;
    if json {
        output::json(&outcome)?;
    } else if outcome.runs.is_empty() {
        output::line("No workspace has a rule: chats are kept until somebody deletes them.")?;
    } else {
        outcome.runs.iter().try_for_each(tell)?;
    }
    match outcome.runs.iter().find_map(|run| run.problem.as_ref()) {
        Some(problem) => Err(Failure::data(format!(
            "Something that is due stays: {problem}"
        ))),
        None => Ok(()),
    }
}

fn tell(run: &RetentionRun) -> Result<(), Failure> {
    output::line(&format!(
        "{}: {} {}, {} held, {} could not go.",
        run.name,
        run.done,
        done(run.action),
        run.held,
        run.failed
    ))
}

fn done(action: RetentionAction) -> &'static str {
    match action {
        RetentionAction::Delete => "deleted",
        RetentionAction::Anonymise => "made anonymous",
    }
}
