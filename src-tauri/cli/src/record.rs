//! `gatehouse record`: what happened, whether it is as it was written, and proof of it for others.

mod witness;

use std::{
    fs::File,
    io::{self, BufReader, IsTerminal},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use gatehouse_core::{
    app::App,
    now_ms,
    record::{
        Contents, EntryRow, ExportError, Filter, RecordError, Verdict, WhileFaulty,
        parse_public_key,
        time_stamp::{Authority, TimeStamp, TimeStampError},
        verify_file,
    },
};
use serde_json::json;

use crate::{failure::Failure, naming, output};
use witness::{Give, Given};

/// The record.
#[derive(Subcommand)]
pub(crate) enum Record {
    /// Verify the record, or an exported file of one, and compare it with a witness.
    Verify(Verify),
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
    /// Sign how long the record is now; prints its code and the public key.
    Checkpoint,
    /// Write a signed checkpoint to a file, to give away: it shows later that nothing before it changed.
    Witness(Give),
}

/// Verify the record, or an exported file of one.
#[derive(Args)]
pub(crate) struct Verify {
    /// An exported record; without it, the record of this Gatehouse.
    pub(crate) file: Option<PathBuf>,
    /// A witness file, or a code like GH-128-AAAA-….
    #[arg(long, value_name = "FILE-OR-CODE")]
    witness: Option<String>,
    /// The certificate that the time-stamp beside the witness file must lead to.
    #[arg(long, value_name = "CERT.pem", requires = "witness")]
    authority: Option<PathBuf>,
    /// The key that the file must be signed with, as 64 hexadecimal digits.
    #[arg(long, value_name = "HEX", requires = "file")]
    public_key: Option<String>,
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
            Self::List(list) => list.run(app, json),
            Self::Export {
                file,
                facts_only,
                anyway,
            } => export(app, file, *facts_only, while_faulty(*anyway), json),
            Self::Checkpoint => checkpoint(app, json),
            Self::Witness(give) => give.run(app, json),
        }
    }
}

impl Verify {
    /// Verify a file. It needs no data folder and no key.
    pub(crate) fn of_file(&self, path: &Path, json: bool) -> Result<(), Failure> {
        let given = self.given()?;
        let key = self.public_key.as_deref().map(parse_public_key);
        if key == Some(None) {
            return Err(Failure::input("A public key has 64 hexadecimal digits."));
        }
        let file = File::open(path).map_err(|error| Failure::unread(path, &error))?;
        let key = key.flatten();
        let witness = given.as_ref().map(|given| &given.witness);
        let verdict =
            verify_file(&mut BufReader::new(file), witness, key.as_ref()).map_err(Failure::data)?;
        let stamp = self.stamp(given.as_ref(), &[])?;
        tell(&verdict, stamp.as_ref(), json)?;
        if verdict.holds() && !json && key.is_none() && witness.is_none() {
            output::line(
                "Compare the public key, or name a witness: by itself a file only shows that it is in one piece.",
            )?;
        }
        if verdict.holds() && stamp.is_none_or(|stamp| stamp.is_ok()) {
            Ok(())
        } else {
            Err(Failure::does_not_hold())
        }
    }

    fn own(&self, app: &App, json: bool) -> Result<(), Failure> {
        let given = self.given()?;
        let known = app.time_stamp_authorities()?;
        let stamp = self.stamp(given.as_ref(), &known)?;
        let shows = io::stderr().is_terminal() && !json;
        let total = app.record.status().map_err(Failure::data)?.count.max(1);
        let verdict = app
            .record
            .verify(&mut |done| {
                if shows {
                    eprint!("\r{} %", done * 100 / total);
                }
                ControlFlow::Continue(())
            })
            .map_err(Failure::data)?;
        if shows {
            eprint!("\r");
        }
        tell(&verdict, stamp.as_ref(), json)?;
        let compared = match &given {
            Some(given) => Some(
                app.record
                    .compare(&given.witness, now_ms())
                    .map_err(Failure::data)?,
            ),
            None => None,
        };
        if let (Some(compared), false) = (&compared, json) {
            match &compared.fault {
                Some(fault) => output::line(&format!("The witness contradicts it: {fault}"))?,
                None => output::line(&format!(
                    "The first {} entries are those of the witness; {} came after it.",
                    compared.count,
                    compared.since.iter().map(|(_, count)| count).sum::<i64>()
                ))?,
            }
        }
        if verdict.holds()
            && compared.is_none_or(|compared| compared.fault.is_none())
            && stamp.is_none_or(|stamp| stamp.is_ok())
        {
            Ok(())
        } else {
            Err(Failure::does_not_hold())
        }
    }

    fn given(&self) -> Result<Option<Given>, Failure> {
        self.witness.as_deref().map(Given::read).transpose()
    }

    /// What the time-stamp beside the witness says, to somebody who has named an authority or knows one.
    fn stamp(
        &self,
        given: Option<&Given>,
        known: &[Authority],
    ) -> Result<Option<Result<TimeStamp, TimeStampError>>, Failure> {
        let named = self
            .authority
            .as_deref()
            .map(witness::authorities)
            .transpose()?;
        Ok(given.and_then(|given| given.stamp(named.as_deref().unwrap_or(known))))
    }
}

fn tell(
    verdict: &Verdict,
    stamp: Option<&Result<TimeStamp, TimeStampError>>,
    json: bool,
) -> Result<(), Failure> {
    if json {
        return output::json(&json!({
            "holds": verdict.holds(),
            "entries": verdict.count,
            "fault": verdict.fault.as_ref().map(|fault| fault.name()),
            "at": verdict.fault.as_ref().and_then(|fault| fault.at()),
            "publicKey": verdict.public_key(),
            "notes": verdict.notes,
            "timeStamp": stamp.map(|stamp| match stamp {
                Ok(stamp) => witness::as_json(stamp),
                Err(error) => json!({ "error": error.to_string() }),
            }),
        }));
    }
    let words = match &verdict.fault {
        Some(fault) => format!("It does not hold. {fault}"),
        None => format!("All {} entries hold.", verdict.count),
    };
    output::line(&words)?;
    for note in verdict.notes.words() {
        output::line(&note)?;
    }
    if let Some(key) = verdict.public_key() {
        output::line(&format!("Public key: {key}"))?;
    }
    match stamp {
        Some(Ok(stamp)) => output::line(&format!("The witness: {}", witness::words(stamp))),
        Some(Err(error)) => output::line(&format!("The time-stamp of the witness: {error}.")),
        None => Ok(()),
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
    if path.exists() {
        return Err(Failure::unwritten(
            path,
            &io::ErrorKind::AlreadyExists.into(),
        ));
    }
    let contents = if facts_only {
        Contents::Facts
    } else {
        Contents::Everything
    };
    let last = app
        .record
        .export_to(path, contents, faulty, now_ms())
        .map_err(|error| match error {
            ExportError::Record(error) => failed(error),
            ExportError::File(error) => Failure::unwritten(path, &error),
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

fn checkpoint(app: &App, json: bool) -> Result<(), Failure> {
    if let Some(fault) = app.record.standing_fault().map_err(Failure::data)? {
        eprintln!(
            "A verification found a fault in the record ({fault}): this is of what is there now."
        );
    }
    let last = app.record.checkpoint().map_err(Failure::data)?;
    let key = app.record.status().map_err(Failure::data)?.public_key;
    if json {
        return output::json(
            &json!({ "entries": last.count, "code": last.code(), "publicKey": key }),
        );
    }
    output::line(&format!(
        "{} entries.\nCode: {}\nPublic key: {key}",
        last.count,
        last.code()
    ))
}
