//! `gatehouse chats`: conversations of the data folder.

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use gatehouse_core::{
    app::App,
    chat::{self, ExportFormat, TransferError},
    ids::ConversationId,
    now_ms,
    store::StoreError,
    workspaces,
};

use serde_json::json;

use crate::{
    agreeing::agreed,
    failure::Failure,
    output, retention,
    saving::{must_be_new, save},
};

/// Conversations.
#[derive(Subcommand)]
pub(crate) enum Chats {
    /// List all conversations, newest first.
    List,
    /// Find words in the messages and titles of the workspace that is open.
    Search {
        /// The words; the last one may be a beginning.
        words: String,
        /// In all workspaces.
        #[arg(long)]
        all: bool,
    },
    /// Show one conversation.
    Show {
        /// Its id, or the beginning of it.
        id: String,
    },
    /// Export a conversation to standard output or a file.
    Export {
        /// Its id, or the beginning of it.
        id: String,
        /// What to export as: Markdown, or with --json JSON, if it is not said.
        #[arg(long, value_enum)]
        format: Option<Format>,
        /// Write to this file, which must not exist yet.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Delete a conversation, after asking. The next start of the window removes it for good.
    Delete {
        /// Its id, or the beginning of it.
        id: String,
        /// Delete it without asking first.
        #[arg(long)]
        yes: bool,
    },
    /// Import conversations that were exported as JSON.
    Import {
        /// The file.
        file: PathBuf,
    },
}

/// What to export as.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// To read: the branch that is shown.
    Markdown,
    /// To import again: every branch.
    Json,
}

impl Chats {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::List => list(app, json),
            Self::Search { words, all } => search(app, words, *all, json),
            Self::Show { id } => show(app, find(app, id)?, json),
            Self::Export { id, format, output } => {
                let format = format.unwrap_or(if json { Format::Json } else { Format::Markdown });
                export(app, find(app, id)?, format, output.as_deref())
            }
            Self::Delete { id, yes } => delete(app, find(app, id)?, *yes, json),
            Self::Import { file } => import(app, file, json),
        }
    }
}

fn list(app: &App, json: bool) -> Result<(), Failure> {
    let conversations = app
        .store
        .read(|conn| Ok::<_, StoreError>(chat::list(conn, None)?))?;
    if json {
        return output::json(&conversations);
    }
    let rows: Vec<_> = conversations
        .iter()
        .map(|conversation| {
            let title = conversation
                .title
                .as_deref()
                .unwrap_or(&conversation.preview);
            [
                conversation.id.to_string(),
                output::time(conversation.updated_at_ms),
                conversation.message_count.to_string(),
                output::beginning(title, 60),
            ]
        })
        .collect();
    output::table(["ID", "UPDATED", "MESSAGES", "TITLE"], &rows)
}

fn search(app: &App, words: &str, all: bool, json: bool) -> Result<(), Failure> {
    let workspace = match all {
        true => None,
        false => Some(
            app.store
                .read(|conn| workspaces::current(conn, now_ms()).map_err(StoreError::from))?,
        ),
    };
    let hits = app.search(words, workspace)?;
    if json {
        return output::json(&hits);
    }
    let rows: Vec<_> = hits
        .iter()
        .map(|hit| {
            let snippet: String = hit.snippet.iter().map(|part| part.text.as_str()).collect();
            [
                hit.conversation_id.to_string(),
                output::time(hit.at_ms),
                output::beginning(hit.title.as_deref().unwrap_or_default(), 30),
                output::beginning(&snippet, 80),
            ]
        })
        .collect();
    output::table(["ID", "WHEN", "TITLE", "FOUND"], &rows)
}

fn show(app: &App, id: ConversationId, json: bool) -> Result<(), Failure> {
    let thread = app.open_conversation(id)?;
    if json {
        return output::json(&thread);
    }
    for message in &thread.messages {
        output::line(&format!(
            "── {}, {}\n{}\n",
            message.speaker(),
            output::time(message.created_at_ms),
            message.text
        ))?;
        if let Some(note) = chat::pictures_note(message.pictures.len()) {
            output::line(&format!("({note})\n"))?;
        }
        if let Some(note) = message.note() {
            output::line(&format!("({note})\n"))?;
        }
    }
    Ok(())
}

fn export(
    app: &App,
    id: ConversationId,
    format: Format,
    file: Option<&Path>,
) -> Result<(), Failure> {
    let format = match format {
        Format::Markdown => ExportFormat::Markdown,
        Format::Json => ExportFormat::Json,
    };
    let exported = app.export_conversation(id, format)?;
    let Some(path) = file else {
        return output::line(exported.text.trim_end());
    };
    must_be_new(path)?;
    save(app, path, exported.text.as_bytes())
}

fn delete(app: &App, id: ConversationId, yes: bool, json: bool) -> Result<(), Failure> {
    let thread = app.store.read(|conn| chat::thread(conn, id))?;
    let said = thread.messages.first().map(|first| first.text.as_str());
    let title = thread.conversation.title.as_deref().or(said);
    let name = output::beginning(title.unwrap_or_default(), 60);
    if !yes {
        agreed(&format!("Delete “{name}”?"), "--yes deletes it.")?;
    }
    app.delete_conversation(id)?;
    if json {
        return output::json(&json!({ "deleted": id }));
    }
    output::line(&format!(
        "“{name}” is deleted. The next start of the window removes it for good."
    ))
}

fn import(app: &App, file: &Path, json: bool) -> Result<(), Failure> {
    let ids = app
        .import_conversations_from(file)
        .map_err(|error| match error {
            TransferError::Unreadable { path, error } => Failure::unread(&path, &error),
            other => other.into(),
        })?;
    if json {
        return output::json(&ids);
    }
    ids.iter()
        .try_for_each(|id| output::line(&id.to_string()))?;
    retention::tell_past_rule(&app.past_their_rule(&ids, now_ms())?)
}

/// The one conversation whose id begins so.
pub(crate) fn find(app: &App, beginning: &str) -> Result<ConversationId, Failure> {
    let mut ids: Vec<_> = app
        .store
        .read(|conn| Ok::<_, StoreError>(chat::list(conn, None)?))?;
    ids.retain(|conversation| {
        conversation
            .id
            .to_string()
            .starts_with(&beginning.to_lowercase())
    });
    match ids.as_slice() {
        [one] => Ok(one.id),
        [] => Err(chat::ChatError::NoConversation.into()),
        several => Err(Failure::input(format!(
            "“{beginning}” could be any of {} conversations.",
            several.len()
        ))),
    }
}
