//! `gatehouse archive`: a conversation, a workspace or everything in one file, and back.

use std::{
    io::{self, IsTerminal, Read, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use gatehouse_core::{
    app::App,
    engine::Stop,
    privacy::{
        anonymise::Anonymity,
        archive::{
            ArchiveError, ArchivedRecord, CheckedArchive, Holdings, ImportedArchive, Passphrase,
            Scope, Target, check_archive, is_locked,
        },
    },
};
use serde_json::json;
use zeroize::Zeroizing;

use crate::{chats, failure::Failure, naming, output, retention};

/// A passphrase has some words; what is longer is a file that was piped by mistake.
const LONGEST_PASSPHRASE: u64 = 16 * 1024;

/// Archives.
#[derive(Subcommand)]
pub(crate) enum Archive {
    /// Write everything to one file, or a workspace, or a conversation.
    ///
    /// The passphrase is asked for at the terminal, where it is not shown, or read from standard
    /// input. It is never an argument: arguments stay in the history of a shell, and other programs
    /// of this computer can read them.
    Export(Export),
    /// Bring an archive in: workspaces are made, or joined by their name, and every conversation is a
    /// new one. Nothing that is here is replaced; a workspace that is joined gets the stricter policy of
    /// the two, and rules of the archive switched off.
    Import {
        /// The archive.
        file: PathBuf,
        /// Read the passphrase from standard input.
        #[arg(long)]
        passphrase_stdin: bool,
    },
    /// See whether an archive is as it was written, and what is in it; nothing is brought in.
    Verify(Verify),
    /// Destroy the keys that --keep-key has kept: nobody can tell any more whom a pseudonym of an earlier
    /// export stands for, and later exports have others.
    DestroyKeys {
        /// Only the key of this workspace.
        #[arg(long, value_name = "NAME")]
        workspace: Option<String>,
    },
}

/// What to write, and how.
#[derive(Args)]
pub(crate) struct Export {
    /// The new file; with a passphrase its name ends in `.age`.
    file: PathBuf,
    /// Only this conversation: its id, or the beginning of it.
    #[arg(long, value_name = "ID", conflicts_with = "workspace")]
    conversation: Option<String>,
    /// Only this workspace.
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    /// Lock it with a passphrase, which is asked for.
    #[arg(long)]
    passphrase: bool,
    /// Lock it with a passphrase from standard input.
    #[arg(long)]
    passphrase_stdin: bool,
    /// Replace the file if there is one.
    #[arg(long)]
    overwrite: bool,
    /// For analysis: with pseudonyms in place of who is in it. It cannot be brought in again.
    #[arg(long)]
    anonymous: bool,
    /// With --anonymous: only the day of each time.
    #[arg(long, requires = "anonymous")]
    days_only: bool,
    /// With --anonymous: keep the key, so that later exports of a workspace have the same pseudonyms.
    #[arg(long, requires = "anonymous")]
    keep_key: bool,
}

/// Verify an archive.
#[derive(Args)]
pub(crate) struct Verify {
    /// The archive.
    file: PathBuf,
    /// Read the passphrase from standard input.
    #[arg(long)]
    passphrase_stdin: bool,
}

impl Archive {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::Export(export) if export.anonymous => export.anonymously(app, json),
            Self::Export(export) => export.run(app, json),
            Self::Import {
                file,
                passphrase_stdin,
            } => import(app, file, *passphrase_stdin, json),
            Self::Verify(verify) => verify.run(json),
            Self::DestroyKeys { workspace } => destroy_keys(app, workspace.as_deref(), json),
        }
    }
}

impl Export {
    fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        let scope = self.scope(app)?;
        let saved = app
            .export_archive(&self.target()?, scope, &mut shown(json)?)
            .map_err(|error| self.unwritten(error))?;
        if json {
            return output::json(&saved);
        }
        output::line(&format!("{} holds {}.", saved.path, in_words(&saved.holds)))
    }

    fn anonymously(&self, app: &App, json: bool) -> Result<(), Failure> {
        let scope = self.scope(app)?;
        let anonymity = Anonymity {
            days_only: self.days_only,
            keep_key: self.keep_key,
        };
        let target = self.target()?;
        let saved = app
            .export_anonymous(&target, scope, anonymity, &mut shown(json)?)
            .map_err(|error| self.unwritten(error))?;
        if json {
            return output::json(&saved);
        }
        output::line(&format!(
            "{} has {} conversations with {} messages. What was found and replaced:",
            saved.path, saved.conversations, saved.messages
        ))?;
        let rows = saved.found.iter().map(|kind| {
            let values = match kind.values {
                0 => "taken out".to_owned(),
                values => values.to_string(),
            };
            [kind.words.clone(), kind.places.to_string(), values]
        });
        output::table(["WHAT", "PLACES", "VALUES"], &rows.collect::<Vec<_>>())
    }

    /// Where it cannot be written, the file that it was to be is named.
    fn unwritten(&self, error: ArchiveError) -> Failure {
        match error {
            ArchiveError::File(error) => Failure::unwritten(&self.file, &error),
            other => other.into(),
        }
    }

    fn scope(&self, app: &App) -> Result<Scope, Failure> {
        if let Some(id) = &self.conversation {
            let conversation_id = chats::find(app, id)?;
            return Ok(Scope::Conversation { conversation_id });
        }
        let Some(name) = &self.workspace else {
            return Ok(Scope::Everything);
        };
        Ok(Scope::Workspace {
            workspace_id: naming::workspace(app, name)?,
        })
    }

    fn target(&self) -> Result<Target, Failure> {
        let path = self.file.clone();
        // Before a passphrase is thought of.
        if !self.overwrite && path.exists() {
            return Err(ArchiveError::Exists(path).into());
        }
        let is_locked = self.passphrase || self.passphrase_stdin;
        if is_locked && path.extension().is_none_or(|ending| ending != "age") {
            return Err(Failure::input(
                "The name of an archive with a passphrase ends in .age, as in “case.zip.age”.",
            ));
        }
        let passphrase = match (self.passphrase_stdin, self.passphrase) {
            (true, _) => Some(from_stdin()?),
            (_, true) => Some(asked_twice()?),
            _ => None,
        };
        Ok(Target {
            path,
            replace: self.overwrite,
            passphrase: passphrase.map(Passphrase::chosen).transpose()?,
        })
    }
}

impl Verify {
    /// It needs no data folder and no key but the passphrase.
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let passphrase = to_open(&self.file, self.passphrase_stdin)?;
        let checked = check_archive(&self.file, passphrase.as_ref(), &mut shown(json)?);
        let checked = match checked {
            Err(error @ (ArchiveError::Damaged { .. } | ArchiveError::Form { .. })) => {
                return Err(Failure::from(error).unsound());
            }
            other => other?,
        };
        if json {
            output::json(&json!({ "holds": checked.record.holds, "archive": checked }))?;
        } else {
            tell(&checked)?;
        }
        if checked.record.holds {
            Ok(())
        } else {
            Err(Failure::does_not_hold())
        }
    }
}

fn tell(checked: &CheckedArchive) -> Result<(), Failure> {
    output::line(&format!(
        "It is as it was written by Gatehouse {} on {}, of {}: {}.",
        checked.app_version,
        output::time(checked.made_at_ms),
        match checked.scope.as_str() {
            "conversation" => "one conversation",
            "workspace" => "one workspace",
            _ => "everything",
        },
        in_words(&checked.holds)
    ))?;
    output::line(&format!("Workspaces: {}", checked.workspaces.join(", ")))?;
    record(&checked.record)
}

fn record(found: &ArchivedRecord) -> Result<(), Failure> {
    found
        .words
        .iter()
        .try_for_each(|words| output::line(words))?;
    match &found.public_key {
        Some(key) => output::line(&format!("Public key: {key}")),
        None => Ok(()),
    }
}

fn import(app: &App, file: &Path, passphrase_stdin: bool, json: bool) -> Result<(), Failure> {
    let passphrase = to_open(file, passphrase_stdin)?;
    let imported = app.import_archive(file, passphrase.as_ref(), &mut shown(json)?)?;
    if json {
        return output::json(&imported);
    }
    let ImportedArchive {
        workspaces,
        conversations,
        messages,
        left_out,
        past_rule,
        ..
    } = &imported;
    output::line(&format!(
        "{} with {} came in.",
        conversations_of(conversations.len()),
        output::many(*messages as usize, "message", "messages")
    ))?;
    for workspace in workspaces {
        let how = if workspace.made { "made" } else { "joined" };
        output::line(&format!(
            "Workspace “{}”, {how}: {}.",
            workspace.name,
            conversations_of(workspace.conversations as usize)
        ))?;
    }
    left_out.iter().try_for_each(|words| output::line(words))?;
    retention::tell_past_rule(past_rule)?;
    record(&imported.record)
}

fn destroy_keys(app: &App, workspace: Option<&str>, json: bool) -> Result<(), Failure> {
    let workspace = workspace
        .map(|name| naming::workspace(app, name))
        .transpose()?;
    let destroyed = app.destroy_pseudonym_keys(workspace)?;
    if json {
        return output::json(&destroyed);
    }
    output::line(&match destroyed.keys {
        0 => "No key of pseudonyms was kept.".to_owned(),
        1 => "The key is destroyed.".to_owned(),
        keys => format!("{keys} keys are destroyed."),
    })?;
    if destroyed.keys > 0 && destroyed.snapshots > 0 {
        output::line(&format!(
            "{} snapshots from before still have what was kept, as backups do, until they are removed.",
            destroyed.snapshots
        ))?;
    }
    if !destroyed.is_gone {
        output::line("The log of the database has them until Gatehouse is closed everywhere.")?;
    }
    Ok(())
}

fn in_words(holds: &Holdings) -> String {
    let many = |number: u32, one, more| output::many(number as usize, one, more);
    format!(
        "{}, {} with {}, {}, {} of the record",
        many(holds.workspaces, "workspace", "workspaces"),
        conversations_of(holds.conversations as usize),
        many(holds.messages, "message", "messages"),
        many(holds.calls, "call", "calls"),
        many(holds.record_entries, "entry", "entries")
    )
}

fn conversations_of(number: usize) -> String {
    output::many(number, "conversation", "conversations")
}

/// Says how far it is where somebody looks, and ends in good order when it is interrupted: nothing half
/// is left.
fn shown(json: bool) -> Result<impl FnMut(f64) -> ControlFlow<()>, Failure> {
    let stop = Stop::default();
    let stopping = stop.clone();
    ctrlc::set_handler(move || stopping.set()).map_err(Failure::system)?;
    let shows = io::stderr().is_terminal() && !json;
    let mut told = 0.0;
    Ok(move |share| {
        if shows && share - told >= 0.01 {
            told = share;
            eprint!("\r{:.0} %", share * 100.0);
            if share >= 1.0 {
                eprint!("\r");
            }
        }
        if stop.is_set() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })
}

/// The passphrase of an archive that has one.
fn to_open(file: &Path, from_standard_input: bool) -> Result<Option<Passphrase>, Failure> {
    let is_locked = is_locked(file).map_err(|error| match error {
        ArchiveError::File(error) => Failure::unread(file, &error),
        other => other.into(),
    });
    if !is_locked? {
        return Ok(None);
    }
    let text = if from_standard_input {
        from_stdin()?
    } else {
        asked("Passphrase, which is not shown: ")?
    };
    Ok(Some(Passphrase::new(text)))
}

fn from_stdin() -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    io::stdin()
        .take(LONGEST_PASSPHRASE)
        .read_to_string(&mut text)
        .map_err(Failure::input)?;
    // What a shell puts behind it is no part of it.
    Ok(Zeroizing::new(
        text.trim_end_matches(['\r', '\n']).to_owned(),
    ))
}

fn asked_twice() -> Result<Zeroizing<String>, Failure> {
    let text = asked("Passphrase, which is not shown: ")?;
    if text != asked("The same again: ")? {
        return Err(Failure::input(
            "The two are not the same. Nothing was written.",
        ));
    }
    Ok(text)
}

fn asked(words: &str) -> Result<Zeroizing<String>, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::input(
            "There is no terminal to ask for the passphrase at. --passphrase-stdin reads it from standard input.",
        ));
    }
    let mut asks = io::stderr();
    write!(asks, "{words}")
        .and_then(|()| asks.flush())
        .map_err(Failure::system)?;
    Ok(Zeroizing::new(
        rpassword::read_password().map_err(Failure::input)?,
    ))
}
