//! `gatehouse backup`: copies of the database in a folder of your choice, and the way back.

use std::{
    io::{self, IsTerminal, Write as _},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use gatehouse_core::{
    app::App,
    now_ms,
    privacy::backup::{
        self, BackupError, BackupInfo, BackupReport, BackupStatus, CodeGiven, RecoveryCode,
        Restored, Step,
    },
    problem::{Problem, ProblemCode},
    secrets::KeyHome,
    store::{DataFolder, InstanceLock, LockError},
    words::size,
};
use serde_json::json;
use zeroize::Zeroizing;

use crate::{agreeing::agreed, failure::Failure, output, record};

/// Backups.
#[derive(Subcommand)]
pub(crate) enum Backup {
    /// Make a backup now.
    Now {
        /// Only if the schedule says that one is due: for a computer on which no window is open.
        #[arg(long)]
        if_due: bool,
    },
    /// List the backups of this Gatehouse, newest first.
    List,
    /// Read a backup from beginning to end, with the record in it.
    Verify {
        /// A file, or the name of a backup in the list.
        file: PathBuf,
    },
    /// Put a backup in the place of the database, which is moved aside.
    Restore(Restore),
    /// Show the recovery code, with which a backup can be opened on another computer.
    Key {
        /// Show it without asking first.
        #[arg(long)]
        yes: bool,
    },
    /// Say where backups go, how often they are made and how many are kept; or show it.
    Schedule(Schedule),
    /// Remove the backups of this Gatehouse from a folder that was chosen earlier, and forget the folder.
    Forget {
        /// The folder.
        folder: PathBuf,
        /// It is gone for good, with the backups in it.
        #[arg(long)]
        gone: bool,
    },
}

/// Put a backup in the place of the database.
#[derive(Args)]
pub(crate) struct Restore {
    /// The backup.
    file: PathBuf,
    /// The file with the recovery code, for a backup of another computer. Without it the key of this data
    /// folder is taken, or the code is asked for at the terminal, where it is not shown.
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,
}

/// Say where backups go, how often they are made and how many are kept.
#[derive(Args)]
pub(crate) struct Schedule {
    /// A folder that is there, best on another disk.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Such as 12h or 7d; off: only when somebody asks.
    #[arg(long, value_parser = every)]
    every: Option<Every>,
    /// How many of the newest are kept.
    #[arg(long, value_name = "NUMBER")]
    keep: Option<u32>,
}

/// How often backups are made; `None`: only when somebody asks.
#[derive(Debug, Clone, Copy)]
struct Every(Option<u32>);

fn every(text: &str) -> Result<Every, String> {
    if text == "off" {
        return Ok(Every(None));
    }
    let (number, hours) = match (text.strip_suffix('h'), text.strip_suffix('d')) {
        (Some(number), _) => (number, 1),
        (_, Some(number)) => (number, 24),
        _ => (text, 0),
    };
    match number
        .parse::<u32>()
        .ok()
        .and_then(|n| n.checked_mul(hours))
    {
        Some(hours) if hours > 0 => Ok(Every(Some(hours))),
        _ => Err("write hours or days, such as 12h or 7d, or off".into()),
    }
}

impl Backup {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::Now { if_due } => now(app, *if_due, json),
            Self::List => list(app, json),
            Self::Verify { file } => verify(app, file, json),
            Self::Key { yes } => key(app, *yes, json),
            Self::Schedule(schedule) => schedule.run(app, json),
            Self::Forget { folder, gone } => forget(app, folder, *gone, json),
            Self::Restore(_) => Ok(()),
        }
    }
}

fn now(app: &App, if_due: bool, json: bool) -> Result<(), Failure> {
    let made = if if_due {
        app.back_up_if_due()?
    } else {
        let shows = io::stderr().is_terminal() && !json;
        let made = app.back_up(&mut |step| {
            if shows {
                match step {
                    Step::Copying(share) => eprint!("\rcopied {:.0} %  ", share * 100.0),
                    Step::Checking => eprint!("\rreading it back"),
                }
            }
        });
        if shows {
            eprint!("\r                \r");
        }
        Some(made?)
    };
    let Some(made) = made else {
        let due = app.backup_status(now_ms())?.due_at_ms;
        if json {
            return output::json(&json!({ "made": null, "dueAtMs": due }));
        }
        let words = match due {
            Some(due) => format!("The next backup is due at {}.", output::time(due)),
            None => "No backup is due: backups are made only when somebody asks.".into(),
        };
        return output::line(&words);
    };
    if json {
        return output::json(&json!({ "made": made }));
    }
    output::line(&format!(
        "{} is made and verified: {}.",
        made.name,
        size(made.bytes)
    ))
}

fn list(app: &App, json: bool) -> Result<(), Failure> {
    let (folder, backups) = app.backups_written_here()?;
    if json {
        return output::json(&json!({ "folder": folder, "backups": backups }));
    }
    output::line(&format!("In {}:", folder.display()))?;
    let row = |backup: &BackupInfo| {
        [
            output::time(backup.made_at_ms),
            size(backup.bytes),
            backup.name.clone(),
        ]
    };
    let rows: Vec<_> = backups.iter().map(row).collect();
    output::table(["MADE", "SIZE", "NAME"], &rows)
}

fn verify(app: &App, file: &Path, json: bool) -> Result<(), Failure> {
    let named = file.to_str().filter(|_| !file.exists());
    let file = match named.map(|name| app.backup_named(name)) {
        Some(Ok(found)) => found,
        _ => file.to_path_buf(),
    };
    let report = app.verify_backup(&file)?;
    if json {
        output::json(&report)?;
    } else {
        tell(&report)?;
    }
    if report.record_fault.is_some() {
        return Err(Failure::does_not_hold());
    }
    Ok(())
}

fn tell(report: &BackupReport) -> Result<(), Failure> {
    output::line(&format!(
        "{} is sound: {}, {} of the record.",
        report.name,
        size(report.bytes),
        entries(report.entries)
    ))?;
    let whose = match (&report.record_fault, report.is_of_this_record) {
        (Some(fault), _) => {
            &format!("The record in it does not hold, and did not when it was made: {fault}")
        }
        (None, true) => "Its record holds, and is the beginning of the record that is kept here.",
        (None, false) => {
            "Its record holds by itself, and is not the beginning of the one that is kept here: it is of another \
             installation, or of what was gone back from."
        }
    };
    output::line(whose)
}

fn key(app: &App, yes: bool, json: bool) -> Result<(), Failure> {
    if !yes {
        agreed(
            "Whoever has this code and a backup can read everything. Show it?",
            "--yes shows it.",
        )?;
    }
    let (code, installation) = app.recovery_code(CodeGiven::Shown)?;
    let text = code.text();
    if json {
        return output::json(&json!({ "code": text.as_str(), "installation": installation }));
    }
    output::line(&text)
}

fn forget(app: &App, folder: &Path, gone: bool, json: bool) -> Result<(), Failure> {
    let removed = app
        .forget_backup_folder(folder, gone)
        .map_err(|error| match error {
            BackupError::FolderGone(_) | BackupError::FolderEmptied(_) => Failure::missing(error)
                .and("Attach its disk. With --gone it is forgotten with whatever is in it."),
            BackupError::NotRemoved { .. } => {
                Failure::from(error).and("With --gone the folder is forgotten all the same.")
            }
            other => other.into(),
        })?;
    if json {
        let left: Vec<_> = removed.left.iter().map(|(name, _)| name).collect();
        return output::json(&json!({ "removed": removed.gone, "left": left }));
    }
    output::line(&format!(
        "{} removed from {}, which is forgotten.",
        match removed.gone.len() {
            1 => "1 backup was".to_owned(),
            more => format!("{more} backups were"),
        },
        folder.display()
    ))?;
    for (name, why) in &removed.left {
        output::line(&format!("{name} was not removed: {why}."))?;
    }
    Ok(())
}

impl Schedule {
    fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        if let Some(folder) = &self.folder {
            app.set_backup_folder(folder)?;
        }
        let schedule = app.backup_status(now_ms())?.schedule;
        if self.every.is_some() || self.keep.is_some() {
            let every_hours = self.every.map_or(schedule.every_hours, |every| every.0);
            app.set_backup_schedule(every_hours, self.keep.unwrap_or(schedule.keep))?;
        }
        show(&app.backup_status(now_ms())?, json)
    }
}

fn show(status: &BackupStatus, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(status);
    }
    let schedule = &status.schedule;
    let Some(folder) = &schedule.folder else {
        return output::line("No folder is chosen: backup schedule --folder FOLDER.");
    };
    let every = match schedule.every_hours {
        None => "when somebody asks".into(),
        Some(1) => "every hour".into(),
        Some(24) => "every day".into(),
        Some(hours) if hours % 24 == 0 => format!("every {} days", hours / 24),
        Some(hours) => format!("every {hours} hours"),
    };
    output::line(&format!(
        "Backups go to {folder}, {every}; {} kept.",
        match schedule.keep {
            1 => "the newest is".into(),
            keep => format!("the newest {keep} are"),
        }
    ))?;
    if let Some(made) = status.made_at_ms {
        output::line(&format!("The last one was made at {}.", output::time(made)))?;
    }
    if let Some(due) = status.due_at_ms {
        output::line(&format!("The next one is due at {}.", output::time(due)))?;
    }
    for folder in &status.earlier_folders {
        output::line(&format!("Earlier ones may lie in {folder}."))?;
    }
    match &status.problem {
        Some(problem) => output::line(&format!("The last try failed: {problem}")),
        None => Ok(()),
    }
}

impl Restore {
    /// Put the backup in its place. The app must not be open: what it has open is replaced.
    pub(crate) fn run(&self, folder: &DataFolder) -> Result<Restored, Failure> {
        let lock = InstanceLock::acquire(folder).map_err(|error| match error {
            LockError::AlreadyOpen => Failure::from(Problem::new(
                ProblemCode::Busy,
                "Gatehouse is open with this data folder. Close its window, then try again.",
            )),
            other => Failure::data(other),
        })?;
        let put = |code: Option<&RecoveryCode>| {
            backup::restore(&lock, &self.file, code, KeyHome::preferred(), now_ms())
        };
        if let Some(file) = &self.code_file {
            return Ok(put(Some(&RecoveryCode::of_file(file)?))?);
        }
        match put(None) {
            Err(BackupError::NeedsCode | BackupError::WrongKey { .. })
                if io::stdin().is_terminal() =>
            {
                Ok(put(Some(&asked_for()?))?)
            }
            Err(error @ (BackupError::NeedsCode | BackupError::WrongKey { .. })) => {
                Err(Failure::from(error).and("--code-file FILE names the file that it is in."))
            }
            other => Ok(other?),
        }
    }
}

/// What is in its place now, once the app was opened on it and has recorded it.
pub(crate) fn tell_restored(app: &App, restored: &Restored, json: bool) -> Result<(), Failure> {
    let failure = app.record.status()?.failure;
    if json {
        return output::json(&json!({
            "madeAtMs": restored.made_at_ms,
            "entries": restored.entries,
            "aside": restored.aside,
            "movedIn": restored.moved_in,
            "recordFault": failure.map(|failure| failure.fault),
        }));
    }
    let made = match restored.made_at_ms {
        Some(made) => format!("The backup of {}", output::time(made)),
        None => "The backup".into(),
    };
    output::line(&format!(
        "{made}, with {} of the record, is in its place.",
        entries(restored.entries)
    ))?;
    if let Some(aside) = &restored.aside {
        output::line(&format!("What was there before is in {}.", aside.display()))?;
    }
    output::line(if restored.moved_in {
        "The record goes on with new keys and says so. The keys of accounts did not come along: enter them again."
    } else {
        "The record says that its end is not where it was before, and that this backup was put back."
    })?;
    record::tell_standing(app)?;
    if app.retention_status(now_ms())?.waits.is_some() {
        output::line(
            "What is older than it is kept stays until somebody has looked: `gatehouse retention preview`.",
        )?;
    }
    Ok(())
}

fn asked_for() -> Result<RecoveryCode, Failure> {
    eprint!("Recovery code, which is not shown: ");
    io::stderr().flush().map_err(Failure::system)?;
    let text = Zeroizing::new(rpassword::read_password().map_err(Failure::input)?);
    Ok(RecoveryCode::read(&text).map_err(BackupError::from)?)
}

fn entries(number: i64) -> String {
    output::many(usize::try_from(number).unwrap_or(0), "entry", "entries")
}
