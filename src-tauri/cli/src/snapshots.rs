//! `gatehouse snapshots`: the copies of the database that lie beside it, and the way back to one.
//!
//! They work where the database itself does not open.

use std::path::PathBuf;

use clap::Subcommand;
use gatehouse_core::{
    app::App,
    now_ms,
    problem::{Problem, ProblemCode},
    secrets::{self, KeyHome},
    store::{DataFolder, InstanceLock, LockError, SnapshotError, SnapshotReason, snapshot},
    words::size,
};
use serde_json::json;

use crate::{
    agreeing::agreed,
    failure::{Failure, way_back},
    note, output, record, start,
};

/// Snapshots.
#[derive(Subcommand)]
pub(crate) enum Snapshots {
    /// List them, newest first.
    List,
    /// Put one in the place of the database, which is set aside. The window must be closed.
    Restore {
        /// Its name in the list.
        name: String,
    },
    /// Begin anew where the database cannot be opened: it is set aside with its key and its snapshots, and
    /// nothing is deleted. The window must be closed.
    StartEmpty {
        /// Begin anew without asking first.
        #[arg(long)]
        yes: bool,
    },
}

/// What has taken the place of the database.
pub(crate) struct Replaced {
    /// The snapshot; `None`: an empty one.
    by: Option<String>,
    /// Where what was there before is now.
    aside: PathBuf,
}

impl Snapshots {
    /// `None`: there is no more to tell.
    pub(crate) fn run(&self, folder: &DataFolder, json: bool) -> Result<Option<Replaced>, Failure> {
        match self {
            Self::List => list(folder, json).map(|()| None),
            Self::Restore { name } => restore(folder, name).map(Some),
            Self::StartEmpty { yes } => start_empty(folder, *yes).map(Some),
        }
    }
}

/// The day's snapshot, which the window makes where one is open. It is made after the command has said what
/// was asked; where it cannot be made, that is told and changes nothing else. It is told after each command,
/// and tried again after an hour. Whether the database is not known to be damaged.
pub(crate) fn daily(app: &App, json: bool) -> bool {
    let missing = |why: &dyn std::fmt::Display| {
        note(&format!("The snapshot of the day is missing: {why}"), json);
    };
    let made = match InstanceLock::is_held(&app.folder) {
        Ok(true) => return true,
        Ok(false) => match app.store.daily_snapshot_failed(now_ms()) {
            Some(why) => {
                missing(&why);
                return true;
            }
            None => app.daily_snapshot(),
        },
        Err(error) => Err(error.into()),
    };
    match made {
        Ok(_) => {}
        Err(error @ SnapshotError::Damaged { .. }) => {
            note(&format!("{error} {}", way_back(&app.folder)), json);
            return false;
        }
        Err(error) => missing(&error),
    }
    true
}

fn list(folder: &DataFolder, json: bool) -> Result<(), Failure> {
    let all = snapshot::list(folder).map_err(Failure::data)?;
    if json {
        return output::json(&all);
    }
    if all.is_empty() {
        return output::line("There is no snapshot yet.");
    }
    let rows: Vec<_> = all
        .into_iter()
        .map(|snapshot| {
            let why = match snapshot.reason {
                SnapshotReason::Daily => "daily",
                SnapshotReason::BeforeUpdate => "before an update",
                SnapshotReason::ByHand => "by hand",
            };
            [
                output::time(snapshot.made_at_ms),
                why.into(),
                size(snapshot.bytes),
                snapshot.name,
            ]
        })
        .collect();
    output::table(["MADE", "WHY", "SIZE", "NAME"], &rows)
}

fn restore(folder: &DataFolder, name: &str) -> Result<Replaced, Failure> {
    let lock = without_window(folder)?;
    let (key, _) = secrets::database_key(folder, KeyHome::preferred())?;
    let aside = snapshot::restore(&lock, &key, name, now_ms())?;
    Ok(Replaced {
        by: Some(name.to_owned()),
        aside,
    })
}

fn start_empty(folder: &DataFolder, yes: bool) -> Result<Replaced, Failure> {
    match start(folder) {
        Ok(_) => {
            return Err(Failure::input(
                "The database can be opened, so there is no need to set it aside.",
            ));
        }
        Err(error) if !error.code().can_start_empty() => {
            return Err(Failure::start(&error, folder));
        }
        Err(error) => {
            if !yes {
                let question = format!(
                    "{error} Set it aside, with its key and its snapshots, and begin anew? Nothing is deleted."
                );
                agreed(&question, "--yes begins anew.")?;
            }
        }
    }
    let aside = snapshot::start_empty(&without_window(folder)?, now_ms())?;
    Ok(Replaced { by: None, aside })
}

/// The data folder while no window has it.
fn without_window(folder: &DataFolder) -> Result<InstanceLock, Failure> {
    InstanceLock::acquire(folder).map_err(|error| match error {
        LockError::AlreadyOpen => Failure::from(Problem::new(
            ProblemCode::Busy,
            "Gatehouse is open with this data folder. Close its window, then try again.",
        )),
        other => Failure::data(other),
    })
}

impl Replaced {
    /// Say what is where, once the app was opened on it and has recorded it.
    pub(crate) fn tell(&self, app: &App, json: bool) -> Result<(), Failure> {
        if json {
            return output::json(&json!({
                "snapshot": self.by,
                "aside": self.aside,
                "recordFault": app.record.status()?.failure.map(|failure| failure.fault),
            }));
        }
        output::line(&match &self.by {
            Some(name) => format!("“{name}” is in the place of the database."),
            None => "Gatehouse begins anew, with an empty database.".into(),
        })?;
        output::line(&format!(
            "What was there before is in {}.",
            self.aside.display()
        ))?;
        record::tell_standing(app)
    }
}
