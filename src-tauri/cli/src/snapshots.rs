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
    store::{DataFolder, InstanceLock, LockError, SnapshotReason, snapshot},
    words::size,
};
use serde_json::json;

use crate::{failure::Failure, output, record};

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
}

/// A snapshot that has taken the place of the database.
pub(crate) struct Restored {
    name: String,
    /// Where what was there before is now.
    aside: PathBuf,
}

impl Snapshots {
    /// `None`: there is no more to tell.
    pub(crate) fn run(&self, folder: &DataFolder, json: bool) -> Result<Option<Restored>, Failure> {
        match self {
            Self::List => list(folder, json).map(|()| None),
            Self::Restore { name } => restore(folder, name).map(Some),
        }
    }
}

fn list(folder: &DataFolder, json: bool) -> Result<(), Failure> {
    let all = snapshot::list(folder).map_err(Failure::data)?;
    if json {
        return output::json(&all);
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

fn restore(folder: &DataFolder, name: &str) -> Result<Restored, Failure> {
    let lock = InstanceLock::acquire(folder).map_err(|error| match error {
        LockError::AlreadyOpen => Failure::from(Problem::new(
            ProblemCode::Busy,
            "Gatehouse is open with this data folder. Close its window, then try again.",
        )),
        other => Failure::data(other),
    })?;
    let (key, _) = secrets::database_key(folder, KeyHome::preferred())?;
    let aside = snapshot::restore(&lock, &key, name, now_ms())?;
    Ok(Restored {
        name: name.to_owned(),
        aside,
    })
}

impl Restored {
    /// Say what is where, once the app was opened on it and has recorded it.
    pub(crate) fn tell(&self, app: &App, json: bool) -> Result<(), Failure> {
        if json {
            return output::json(&json!({
                "snapshot": self.name,
                "aside": self.aside,
                "recordFault": app.record.status()?.failure.map(|failure| failure.fault),
            }));
        }
        output::line(&format!("“{}” is in the place of the database.", self.name))?;
        output::line(&format!(
            "What was there before is in {}.",
            self.aside.display()
        ))?;
        record::tell_standing(app)
    }
}
