//! `gatehouse subject`: people whose data is kept: find them, give them what is kept, erase them.

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};
use gatehouse_core::{
    app::App,
    privacy::{Erased, Erasure, ErasurePreview, Extent, FileForm, FoundPerson},
    record::{Certificate, parse_public_key},
};
use serde_json::json;

use crate::{
    failure::Failure,
    naming, output,
    saving::{must_be_new, save},
};

/// People whose data is kept.
#[derive(Subcommand)]
pub(crate) enum Subject {
    /// Find a person in everything that is kept.
    Find {
        #[command(flatten)]
        who: Who,
    },
    /// Write what is kept about a person to a file: a page to read if it ends in .html, else JSON.
    Export {
        /// The new file.
        file: PathBuf,
        #[command(flatten)]
        who: Who,
    },
    /// Show what erasing would take; with --yes, erase it for good.
    Erase(Erase),
    /// Write the certificate of an erasure to a file, also of an earlier one: a page if it ends in .html, else
    /// signed JSON.
    Certificate {
        /// The entry of the record that says it was erased: its number.
        entry: i64,
        /// The new file.
        file: PathBuf,
    },
    /// Verify the signature of a certificate of an erasure. It needs no data folder.
    Verify {
        /// The certificate, as JSON.
        file: PathBuf,
        /// The key that it must be signed with, as 64 hexadecimal digits.
        #[arg(long, value_name = "HEX")]
        public_key: Option<String>,
    },
}

/// Whom.
#[derive(Args)]
pub(crate) struct Who {
    /// Names, e-mail addresses, numbers; `-` reads them from standard input, one a line, so that they
    /// do not stand in the history of the shell.
    #[arg(value_name = "IDENTIFIER", required = true)]
    identifiers: Vec<String>,
}

/// Erase a person, a conversation or a workspace.
#[derive(Args)]
pub(crate) struct Erase {
    /// Names, e-mail addresses, numbers of a person; `-` reads them from standard input.
    #[arg(
        value_name = "IDENTIFIER",
        required_unless_present_any = ["conversation", "workspace"],
        conflicts_with_all = ["conversation", "workspace"]
    )]
    identifiers: Vec<String>,
    /// How much goes where the person stands in a conversation.
    #[arg(long, value_enum, default_value = "words", conflicts_with_all = ["conversation", "workspace"])]
    extent: ExtentName,
    /// A conversation, by the beginning of its id.
    #[arg(long, value_name = "ID", conflicts_with = "workspace")]
    conversation: Option<String>,
    /// A workspace, by its name.
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    /// The number of the request that this answers.
    #[arg(long, value_name = "NUMBER")]
    request: Option<i64>,
    /// Erase it. It cannot be undone.
    #[arg(long)]
    yes: bool,
    /// Write the certificate to this new file: a page if it ends in .html, else signed JSON.
    #[arg(long, value_name = "FILE", requires = "yes")]
    certificate: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ExtentName {
    /// The words by which they were found.
    Words,
    /// The text of each message in which they stand.
    Messages,
    /// Each conversation in which they stand.
    Conversations,
}

impl From<ExtentName> for Extent {
    fn from(name: ExtentName) -> Self {
        match name {
            ExtentName::Words => Self::Words,
            ExtentName::Messages => Self::Messages,
            ExtentName::Conversations => Self::Conversations,
        }
    }
}

impl Subject {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::Find { who } => {
                let found = app.find_person(&given(&who.identifiers)?)?;
                if json {
                    return output::json(&found);
                }
                tell_found(&found)
            }
            Self::Export { file, who } => {
                let identifiers = given(&who.identifiers)?;
                must_be_new(file)?;
                let text = app.export_person(&identifiers, form(file))?;
                save(app, file, text.as_bytes())?;
                said(json, file)
            }
            Self::Erase(erase) => erase.run(app, json),
            Self::Certificate { entry, file } => {
                must_be_new(file)?;
                let certificate = app.erasure_certificate(*entry, form(file))?;
                save(app, file, certificate.as_bytes())?;
                said(json, file)
            }
            Self::Verify { file, public_key } => verify(file, public_key.as_deref(), json),
        }
    }
}

/// Verify a certificate. It needs no data folder and no key.
pub(crate) fn verify(path: &Path, public_key: Option<&str>, json: bool) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::unread(path, &error))?;
    let certificate = Certificate::read(&text).map_err(|error| Failure::unsigned(&error))?;
    if public_key.is_some_and(|key| parse_public_key(key).is_none()) {
        return Err(Failure::input("A public key has 64 hexadecimal digits."));
    }
    if public_key.is_some_and(|key| !key.eq_ignore_ascii_case(certificate.public_key())) {
        return Err(Failure::unsigned(&"It is signed with another key."));
    }
    if json {
        return output::line(certificate.statement());
    }
    output::line(&format!(
        "The signature holds. Public key: {}\n{}",
        certificate.public_key(),
        certificate.statement()
    ))
}

impl Erase {
    fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        let erasure = self.erasure(app)?;
        if let Some(path) = &self.certificate {
            must_be_new(path)?;
        }
        if !self.yes {
            let preview = app.preview_erasure(&erasure)?;
            if json {
                return output::json(&preview);
            }
            return tell_preview(&preview);
        }
        let erased = app.erase(&erasure, self.request, &mut |_| ())?;
        if json {
            output::json(&erased)?;
        } else {
            tell_erased(&erased)?;
        }
        if let Some(path) = &self.certificate {
            let certificate = app.erasure_certificate(erased.certificate, form(path))?;
            app.save_file(path, certificate.as_bytes())
                .map_err(|problem| {
                    let later = format!(
                        "It is erased all the same. `gatehouse subject certificate {} FILE` writes its certificate.",
                        erased.certificate
                    );
                    Failure::of_file(problem.hint(later))
                })?;
        }
        if erased.check.found.is_empty() && erased.remains.is_empty() {
            Ok(())
        } else {
            Err(Failure::remains())
        }
    }

    fn erasure(&self, app: &App) -> Result<Erasure, Failure> {
        if let Some(id) = &self.conversation {
            return Ok(Erasure::Conversation {
                id: crate::chats::find(app, id)?,
            });
        }
        if let Some(name) = &self.workspace {
            let id = naming::workspace(app, name)?;
            return Ok(Erasure::Workspace { id });
        }
        Ok(Erasure::Person {
            identifiers: given(&self.identifiers)?,
            extent: self.extent.into(),
        })
    }
}

fn given(identifiers: &[String]) -> Result<Vec<String>, Failure> {
    if identifiers != ["-"] {
        return Ok(identifiers.to_vec());
    }
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .map_err(Failure::input)?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn form(path: &Path) -> FileForm {
    match path.extension() {
        Some(extension) if extension.eq_ignore_ascii_case("html") => FileForm::Html,
        _ => FileForm::Json,
    }
}

fn said(json: bool, path: &Path) -> Result<(), Failure> {
    if json {
        return output::json(&json!({ "file": path }));
    }
    output::line(&format!("It is in {}.", path.display()))
}

fn tell_found(found: &FoundPerson) -> Result<(), Failure> {
    for identifier in &found.identifiers {
        output::line(&format!(
            "{}: {}",
            identifier.text,
            many(identifier.count, "time", "times")
        ))?;
    }
    let rows = found.places.iter().map(|place| {
        let context: String = place
            .context
            .iter()
            .map(|part| part.text.as_str())
            .collect();
        [
            place.kind.words().to_owned(),
            place.at_ms.map_or(String::new(), output::time),
            output::beginning(place.name.as_deref().unwrap_or_default(), 30),
            output::beginning(&context, 80),
        ]
    });
    if found.total == 0 {
        output::line("They stand nowhere in what is kept.")?;
    } else {
        output::table(
            ["PLACE", "WHEN", "WHERE", "WHAT"],
            &rows.collect::<Vec<_>>(),
        )?;
    }
    if found.snapshots > 0 {
        output::line(&format!(
            "In {}, too, or what cannot be looked through; erasing removes it.",
            many(
                found.snapshots,
                "snapshot or backup",
                "snapshots or backups"
            )
        ))?;
    }
    if found.unreadable > 0 {
        output::line(&format!(
            "Sealed, so that it cannot be read: {}. The person may be in there.",
            many(found.unreadable, "thing", "things")
        ))?;
    }
    if let Some(words) = found.not_searched() {
        output::line(&words)?;
    }
    if found.total as usize > found.places.len() {
        output::line(&format!(
            "These are {} of {} places; `subject export` writes all.",
            found.places.len(),
            found.total
        ))?;
    }
    Ok(())
}

fn many(number: u32, one: &str, more: &str) -> String {
    output::many(number as usize, one, more)
}

fn tell_preview(preview: &ErasurePreview) -> Result<(), Failure> {
    output::line("These would go:")?;
    for goes in &preview.goes {
        output::line(&format!("  {}: {}", goes.what, goes.count))?;
    }
    output::line("These would stay:")?;
    for stays in &preview.stays {
        output::line(&format!("  {}: {}", stays.what, stays.why))?;
    }
    for held in &preview.held {
        output::line(&format!("On hold, so nothing is erased: {held}"))?;
    }
    output::line("Nothing was erased. Add --yes to erase it for good.")
}

fn tell_erased(erased: &Erased) -> Result<(), Failure> {
    output::line(&format!(
        "Erased: {}, {}, words from {}; {} removed.",
        many(erased.conversations, "conversation", "conversations"),
        many(erased.messages, "message", "messages"),
        many(erased.words, "other place", "other places"),
        many(erased.snapshots, "old snapshot file", "old snapshot files")
    ))?;
    let check = &erased.check;
    output::line(&format!(
        "Searched {} of the database and {} for {}: found in {}.",
        many(check.pages, "page", "pages"),
        many(check.files, "file", "files"),
        many(check.traces, "trace", "traces"),
        output::many(check.found.len(), "place", "places")
    ))?;
    if check.within > 0 {
        output::line(&format!(
            "In {} more of them the letters stand within longer words.",
            check.within
        ))?;
    }
    for found in &check.found {
        output::line(&format!("  {}: {}", found.place, found.count))?;
    }
    for remains in &erased.remains {
        output::line(&format!("Not reached: {}: {}", remains.what, remains.why))?;
    }
    output::line(&format!(
        "Entry {} of the record says so.",
        erased.certificate
    ))
}
