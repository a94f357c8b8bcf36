//! The gatehouse command line: the same core as the window, for scripts and servers.
//!
//! Answers go to standard output, everything about them to standard error, so that a pipe gets
//! only what was asked for. Exit codes are in [`failure`].

mod agreeing;
mod aliases;
mod archive;
mod ask;
mod backup;
mod budgets;
mod calls;
mod chats;
mod clients;
mod comparing;
mod connections;
mod costs;
mod failure;
mod leaving;
mod masking;
mod mistakes;
mod models;
mod monitor;
mod naming;
mod output;
mod policy;
mod prices;
mod providers;
mod record;
mod retention;
mod safety;
mod saving;
mod serve;
mod snapshots;
mod subject;
mod telemetry;
mod upkeep;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use failure::Failure;
use gatehouse_core::{
    app::{App, Surroundings, engine_beside_this_program},
    record::Actor,
    secrets::{self, KeyHome},
    startup::StartError,
    store::{DataFolder, OpenError},
};

/// Private AI that answers for itself: chat with models on this computer, offline, or with others
/// through one door.
#[derive(Parser)]
#[command(name = "gatehouse", version, after_help = failure::CODES)]
struct Arguments {
    /// Keep everything in this folder instead of the usual one.
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Print JSON for programs instead of text for people.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Ask a model something; the answer streams to standard output.
    Ask(ask::Ask),
    /// Conversations: list, search, show, export, delete, import.
    #[command(subcommand)]
    Chats(chats::Chats),
    /// Installed models: list, add, show, remove.
    #[command(subcommand)]
    Models(models::Models),
    /// Accounts at providers of models: add, list, test, key, models, remove, pull.
    #[command(subcommand)]
    Providers(providers::Providers),
    /// Names for chains of models: list, set, remove.
    #[command(subcommand)]
    Aliases(aliases::Aliases),
    /// The local API: other programs ask models through it.
    Serve(serve::Serve),
    /// Programs that may ask through the local API: add, list, revoke.
    #[command(subcommand)]
    Clients(clients::Clients),
    /// Calls to models: what was asked when, and what it used.
    #[command(subcommand)]
    Calls(calls::Calls),
    /// What a call costs: exact dollars from token counts.
    #[command(subcommand)]
    Costs(costs::Costs),
    /// How well calls go, and what is under way; alerts: list, add, remove.
    Monitor(monitor::Monitor),
    /// Prices of models: list, set, update.
    #[command(subcommand)]
    Prices(prices::Prices),
    /// What may be spent: list, set, remove.
    #[command(subcommand)]
    Budgets(budgets::Budgets),
    /// What may leave for where.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// The record of what happened: verify, seen, list, export, checkpoint, witness.
    #[command(subcommand)]
    Record(record::Record),
    /// A conversation, a workspace or everything in one file: export, import, verify.
    #[command(subcommand)]
    Archive(archive::Archive),
    /// Copies of the database in a folder of your choice: now, list, verify, restore, key, schedule, forget.
    #[command(subcommand)]
    Backup(backup::Backup),
    /// Copies of the database that Gatehouse makes by itself: list them, go back to one, or begin anew.
    #[command(subcommand)]
    Snapshots(snapshots::Snapshots),
    /// How long chats are kept: list, preview, run, set, hold, lift.
    #[command(subcommand)]
    Retention(retention::Retention),
    /// People whose data is kept: find, export, erase, verify a certificate.
    #[command(subcommand)]
    Subject(subject::Subject),
    /// The log of every connection that Gatehouse made.
    Connections(connections::Connections),
    /// Figures and spans for a collector of OpenTelemetry: show, to, off.
    #[command(subcommand)]
    Telemetry(telemetry::Telemetry),
    /// Personal data and secrets in texts: find them, mask a text, restore it.
    #[command(subcommand)]
    Safety(safety::Safety),
    /// Print the completions of a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return failure::not_understood(&error),
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print(arguments.json);
            failure.code()
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let json = arguments.json;
    if let Command::Completions { shell } = arguments.command {
        let mut command = Arguments::command();
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command, "gatehouse", &mut script);
        return output::line(String::from_utf8_lossy(&script).trim_end());
    }
    if let Command::Safety(safety) = &arguments.command {
        return safety.run(json);
    }
    if let Command::Record(record::Record::Verify(verify)) = &arguments.command
        && let Some(file) = &verify.file
    {
        return verify.of_file(file, json);
    }
    if let Command::Archive(archive::Archive::Verify(verify)) = &arguments.command {
        return verify.run(json);
    }
    if let Command::Backup(backup::Backup::Restore(restore)) = &arguments.command {
        let restored = restore.run(&folder(arguments)?)?;
        return backup::tell_restored(&open(arguments)?, &restored, json);
    }
    if let Command::Snapshots(snapshots) = &arguments.command {
        let folder = folder(arguments)?;
        if let Some(replaced) = snapshots.run(&folder, json)? {
            // Opened once, so that the record says what was done.
            return replaced.tell(&open(arguments)?, json);
        }
        return Ok(());
    }
    if let Command::Subject(subject::Subject::Verify { file, public_key }) = &arguments.command {
        return subject::verify(file, public_key.as_deref(), json);
    }
    let app = Arc::new(open(arguments)?);
    if let Some(fault) = app.record.fault_at_start() {
        note(
            &format!(
                "The record does not verify: {fault} It goes on; “gatehouse record verify” looks at all of it."
            ),
            json,
        );
    }
    work(&arguments.command, &app, json)?;
    snapshots::daily(&app, json);
    Ok(())
}

/// What needs the data.
fn work(command: &Command, app: &Arc<App>, json: bool) -> Result<(), Failure> {
    match command {
        Command::Ask(ask) => ask.run(Arc::clone(app), json),
        Command::Chats(chats) => chats.run(app, json),
        Command::Models(models) => models.run(app, json),
        Command::Providers(providers) => providers.run(app, json),
        Command::Aliases(aliases) => aliases.run(app, json),
        Command::Serve(serve) => serve.run(app, json),
        Command::Clients(clients) => clients.run(app, json),
        Command::Calls(calls) => calls.run(app, json),
        Command::Costs(costs) => costs.run(app, json),
        Command::Monitor(monitor) => monitor.run(app, json),
        Command::Prices(prices) => prices.run(app, json),
        Command::Budgets(budgets) => budgets.run(app, json),
        Command::Policy(policy) => policy.run(app, json),
        Command::Record(record) => record.run(app, json),
        Command::Archive(archive) => archive.run(app, json),
        Command::Backup(backup) => backup.run(app, json),
        Command::Retention(retention) => retention.run(app, json),
        Command::Subject(subject) => subject.run(app, json),
        Command::Connections(connections) => connections.run(app, json),
        Command::Telemetry(telemetry) => telemetry.run(app, json),
        Command::Safety(_) | Command::Snapshots(_) | Command::Completions { .. } => Ok(()),
    }
}

fn folder(arguments: &Arguments) -> Result<DataFolder, Failure> {
    DataFolder::resolve(arguments.data_dir.as_deref()).map_err(Failure::data)
}

fn open(arguments: &Arguments) -> Result<App, Failure> {
    let folder = folder(arguments)?;
    let is_first = secrets::is_first_start(&folder).unwrap_or(false);
    let app = start(&folder).map_err(|error| Failure::start(&error, &folder))?;
    if is_first && app.key_home == KeyHome::File {
        tell_key_file(&folder, arguments.json);
    }
    if let Err(error) = app.finish_erasures() {
        eprintln!("An erasure that was cut off could not be finished: {error}");
    }
    // Only a question needs it; the other commands must work without.
    if let Err(error) = app.ensure_starter() {
        eprintln!("{error}");
    }
    Ok(app)
}

/// Open the data, and say nothing.
fn start(folder: &DataFolder) -> Result<App, StartError> {
    let around = Surroundings {
        actor: Actor::CommandLine,
        engine_program: engine_beside_this_program().map_err(OpenError::from)?,
        resources: resources(),
        on_engine_change: Box::new(|| ()),
    };
    App::open(folder, around)
}

/// Said once, when the key was made.
fn tell_key_file(folder: &DataFolder, json: bool) {
    let file = folder.key_file();
    let words = format!(
        "The key of the database is not in a keychain but in a file that only your user can read: {}",
        file.display()
    );
    note(&words, json);
}

/// Something to know beside what was asked for.
fn note(words: &str, json: bool) {
    if json {
        eprintln!("{}", serde_json::json!({ "note": words }));
    } else {
        eprintln!("{}", output::harmless(words, &std::io::stderr()));
    }
}

/// Where an installed Gatehouse keeps its models: beside the programs on Windows, in the usual
/// places of a package elsewhere. A build that is not installed has none.
fn resources() -> Option<PathBuf> {
    let programs = std::env::current_exe().ok()?.parent()?.to_path_buf();
    ["models", "../lib/Gatehouse/models", "../Resources/models"]
        .into_iter()
        .map(|place| programs.join(place))
        .find(|folder| folder.is_dir())
}
