//! `gatehouse record`: what happened, whether it is as it was written, and proof of it for others.

mod verify;
mod witness;

use std::{
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use gatehouse_core::{
    app::App,
    now_ms,
    record::{Contents, EntryRow, ExportError, Filter, RecordError, StandingFault, WhileFaulty},
};
use serde_json::json;

use crate::{
    failure::Failure,
    naming, output,
    saving::{Unmade, save_new},
};
use verify::Verify;
use witness::Give;

/// The record.
#[derive(Subcommand)]
pub(crate) enum Record {
    /// Verify the record, or an exported file of one, and compare it with a witness.
    Verify(Verify),
    /// Say that you have read of a failed verification: until then it stands, whatever holds since.
    Seen {
        /// The number of the entry that says so: that of the newest failed verification.
        entry: i64,
    },
    /// List what happened, newest first.
    List(List),
    /// Write the record to a file that anyone can verify.
    Export {
        /// The new file.
        file: PathBuf,
        /// Leave out what is private: only what the record says in the clear.
        #[arg(long)]
        facts_only: bool,
        /// Also where a verification found a fault; the record then says so.
        #[arg(long)]
        anyway: bool,
    },
    /// Sign how long the record is now, and print its code, to give away, and the public key.
    Checkpoint {
        /// Also where a verification found a fault; the record then says so.
        #[arg(long)]
        anyway: bool,
    },
    /// Write a signed checkpoint to a file, to give away: it shows later that nothing before it changed.
    Witness(Give),
}

/// List what happened.
#[derive(Args)]
pub(crate) struct List {
    /// Only this action, such as call.ended.
    #[arg(long)]
    action: Option<String>,
    /// Only this model.
    #[arg(long)]
    model: Option<String>,
    /// Only this workspace, by its name.
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    /// Only what ended so: answered, stopped, failed, blocked…
    #[arg(long)]
    outcome: Option<String>,
    /// Words in actions, models and titles, or a number.
    #[arg(long)]
    text: Option<String>,
    /// Only what is about this call.
    #[arg(long, value_name = "NUMBER")]
    call: Option<i64>,
    /// Only entries before this one.
    #[arg(long, value_name = "ENTRY")]
    before: Option<i64>,
    /// At most this many.
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

impl Record {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::Verify(verify) => verify.own(app, json),
            Self::Seen { entry } => seen(app, *entry, json),
            Self::List(list) => list.run(app, json),
            Self::Export {
                file,
                facts_only,
                anyway,
            } => export(app, file, *facts_only, while_faulty(*anyway), json),
            Self::Checkpoint { anyway } => checkpoint(app, while_faulty(*anyway), json),
            Self::Witness(give) => give.run(app, json),
        }
    }
}

impl List {
    fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        let workspace = self.workspace.as_deref();
        let workspace = workspace.map(|name| naming::workspace(app, name));
        let filter = Filter {
            action: self.action.clone(),
            model: self.model.clone(),
            workspace: workspace.transpose()?.map(|id| id.to_string()),
            outcome: self.outcome.clone(),
            text: self.text.clone(),
            // The list shows what the record calls them.
            shown: Vec::new(),
            call: self.call,
            before: self.before,
            limit: self.limit,
        };
        let entries = app.record.list(&filter).map_err(Failure::data)?;
        if json {
            return output::json(&entries);
        }
        let rows = entries.iter().map(|entry| {
            [
                entry.sequence.to_string(),
                output::time(entry.time_ms),
                entry.actor.clone(),
                entry.action.clone(),
                facts(entry),
            ]
        });
        output::table(
            ["ENTRY", "WHEN", "BY", "WHAT", "FACTS"],
            &rows.collect::<Vec<_>>(),
        )
    }
}

fn facts(entry: &EntryRow) -> String {
    let facts = entry.facts.iter().map(|fact| {
        format!(
            "{}={}",
            fact.name,
            fact.shown.as_ref().unwrap_or(&fact.value)
        )
    });
    output::beginning(&facts.collect::<Vec<_>>().join(" "), 120)
}

fn while_faulty(anyway: bool) -> WhileFaulty {
    if anyway {
        WhileFaulty::Insist
    } else {
        WhileFaulty::Refuse
    }
}

fn failed(error: RecordError) -> Failure {
    match error {
        RecordError::Faulty(_) => Failure::faulty(error),
        other => Failure::from(other),
    }
}

fn export(
    app: &App,
    path: &Path,
    facts_only: bool,
    faulty: WhileFaulty,
    json: bool,
) -> Result<(), Failure> {
    let contents = if facts_only {
        Contents::Facts
    } else {
        Contents::Everything
    };
    let last = save_new(app, path, |file| {
        let mut out = BufWriter::new(file);
        let last = app
            .record
            .export(contents, faulty, &mut out, now_ms())
            .map_err(|error| match error {
                ExportError::Record(error) => failed(error).into(),
                ExportError::File(error) => Unmade::File(error),
            })?;
        out.flush()?;
        Ok(last)
    })?;
    if json {
        return output::json(&json!({ "entries": last.count, "code": last.code() }));
    }
    output::line(&format!(
        "{} entries are in {}. Its code is {}.",
        last.count,
        path.display(),
        last.code()
    ))
}

/// A person has read that a verification failed. They name its entry, so that nobody waves through what was
/// found since they looked.
fn seen(app: &App, entry: i64, json: bool) -> Result<(), Failure> {
    let status = app.record.status().map_err(Failure::data)?;
    let failure = status
        .failure
        .filter(|failure| failure.found.sequence == entry);
    let Some(failure) = failure else {
        return Err(Failure::missing(format!(
            "Entry {entry} is not that of the newest failed verification."
        )));
    };
    if !failure.seen {
        app.record.failure_seen(now_ms()).map_err(Failure::data)?;
    }
    let stands = app.record.standing_fault().map_err(Failure::data)?;
    if json {
        return output::json(&json!({ "entry": entry, "stands": stands.is_some() }));
    }
    output::line(match stands {
        Some(_) => {
            "The record says that you have read it. The fault stands until “gatehouse record verify” finds that all \
             of it holds."
        }
        None => "The record says that you have read it, and all of it was verified since.",
    })
}

/// What a person is to know who put an older database in the place of the newer one.
pub(crate) fn tell_standing(app: &App) -> Result<(), Failure> {
    match app.record.standing_fault()? {
        Some(StandingFault { entry, .. }) => output::line(&format!(
            "The record tells of it as a fault, which stands until you say that you have read it: “gatehouse record \
             seen {entry}”."
        )),
        None => Ok(()),
    }
}

fn checkpoint(app: &App, faulty: WhileFaulty, json: bool) -> Result<(), Failure> {
    let last = app.record.give_witness(faulty, now_ms()).map_err(failed)?;
    let standing = app.record.standing_fault().map_err(Failure::data)?;
    let key = app.record.status().map_err(Failure::data)?.public_key;
    if json {
        return output::json(&json!({
            "entries": last.count,
            "code": last.code(),
            "publicKey": key,
            "standing": standing.map(|fault| json!({
                "fault": fault.fault,
                "at": fault.at,
                "entry": fault.entry,
            })),
        }));
    }
    if let Some(fault) = standing {
        eprintln!(
            "A verification found a fault in the record ({fault}): this is of what is there now."
        );
    }
    output::line(&format!(
        "{} entries.\nCode: {}\nPublic key: {key}",
        last.count,
        last.code()
    ))
}
