//! Conversations out of the app and back: Markdown to read, JSON to keep or to bring elsewhere.
//!
//! The JSON holds every branch. On the way back everything gets new identifiers, so that importing
//! twice makes two conversations and never touches an existing one. Calls are not brought back:
//! they are the record of what happened here, and an import did not happen here. An archive has
//! conversations in the same form, one a line ([`FileConversation`]).

use std::{
    collections::HashMap,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use gatehouse_gguf::words::size;
use gatehouse_protocol::Role;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{
    ChatError, Conversation, MessageState, Options, PictureError, conversations,
    file::{File, FileConversation, FileMessage, check_one, name_of},
    keeping::note_arrival,
    messages,
    pictures::{self, FilePicture},
    rate,
    readable::{file_name, markdown},
    save_draft,
    turns::{self, NewMessage},
};
use crate::{
    aliases::Elsewhere,
    ids::{ConversationId, MessageId, ModelId, WorkspaceId},
};

const FORMAT: &str = "gatehouse-conversations";
const VERSION: u32 = 1;

/// The largest file that is read. A hundred thousand long messages are a third of it.
const MOST_BYTES: u64 = 256_000_000;

/// What to export as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// The branch that is shown, to read.
    Markdown,
    /// Everything, to import again.
    Json,
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// A file name that every system takes, made of the title.
    pub file_name: String,
    /// What is in it.
    pub text: String,
}

/// Why a file was not imported. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// It cannot be read.
    #[error("the file “{}” cannot be read: {error}", .path.display())]
    Unreadable {
        /// Where it is.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It is larger than any file of conversations that Gatehouse writes.
    #[error("the file “{}” is larger than {}, which no file of exported conversations is", .0.display(), size(MOST_BYTES))]
    TooLarge(PathBuf),
    /// It is in order, and there is nothing in it.
    #[error("there is no conversation in this file")]
    Empty,
    /// It is not JSON, or not of this form.
    #[error("this is not a file of exported conversations: {0}")]
    NotOurs(String),
    /// It was made by a newer app.
    #[error(
        "this file has version {0} of the export format; this app reads version {VERSION}. Update Gatehouse to import it"
    )]
    Newer(u32),
    /// A message follows one that is not in the file.
    #[error("the file is damaged: message {0} follows a message that is not there")]
    Orphan(usize),
    /// A question follows a question, or an answer follows none.
    #[error("the file is damaged: message {0} is not a question and its answer in turn")]
    OutOfTurn(usize),
    /// A picture in it cannot be used.
    #[error("a picture of message {0} cannot be used: {1}")]
    Picture(usize, PictureError),
    /// A time in it is none that can be shown.
    #[error("{0} milliseconds since 1970 are no date up to the year 9999")]
    NoDate(i64),
    /// The branch that is shown ends with a message that is not in the file.
    #[error("the file is damaged: what is shown of it ends with message {0}, which is not there")]
    NoLeaf(usize),
    /// One of its conversations cannot be brought in.
    #[error("the chat “{chat}” cannot be imported: {error}")]
    In {
        /// What a person knows it by.
        chat: String,
        /// What is wrong with it.
        error: Box<Self>,
    },
    /// A setting in it cannot be used.
    #[error(transparent)]
    Chat(#[from] ChatError),
}

impl TransferError {
    /// The same of one conversation among others, unless it is the trouble of all.
    fn of_chat(self, chat: String) -> Self {
        match self {
            Self::Chat(ChatError::Store(_)) => self,
            error => Self::In {
                chat,
                error: Box::new(error),
            },
        }
    }
}

impl From<rusqlite::Error> for TransferError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Chat(error.into())
    }
}

/// Make the file of one conversation.
///
/// # Errors
/// [`ChatError::NoConversation`].
pub fn export(
    conn: &Connection,
    id: ConversationId,
    format: ExportFormat,
) -> Result<Exported, ChatError> {
    let thread = messages::thread(conn, id)?;
    let title = thread
        .conversation
        .title
        .as_deref()
        .unwrap_or("Conversation");
    let (extension, text) = match format {
        ExportFormat::Markdown => ("md", markdown(title, &thread.messages)),
        ExportFormat::Json => ("json", json(file_of(conn, &thread.conversation)?)),
    };
    Ok(Exported {
        file_name: format!("{}.{extension}", file_name(title)),
        text,
    })
}

/// The text of a file of exported conversations. No more of it is read than such a file can have.
///
/// # Errors
/// [`TransferError::Unreadable`], [`TransferError::TooLarge`], and [`TransferError::NotOurs`] for
/// bytes that are no text.
pub(crate) fn read_file(path: &Path) -> Result<String, TransferError> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| TransferError::Unreadable {
            path: path.to_owned(),
            error,
        })?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(TransferError::TooLarge(path.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| TransferError::NotOurs("it is not text".into()))
}

/// Bring exported conversations back, each as a new one; `now_ms` is UTC milliseconds.
///
/// # Errors
/// [`TransferError`]; the caller's transaction must then be rolled back.
pub fn import(
    conn: &Connection,
    workspace: WorkspaceId,
    text: &str,
    now_ms: i64,
) -> Result<Vec<ConversationId>, TransferError> {
    let file: File =
        serde_json::from_str(text).map_err(|error| TransferError::NotOurs(error.to_string()))?;
    if file.format != FORMAT {
        return Err(TransferError::NotOurs(format!(
            "its format is “{}”",
            file.format
        )));
    }
    if file.version > VERSION {
        return Err(TransferError::Newer(file.version));
    }
    if file.conversations.is_empty() {
        return Err(TransferError::Empty);
    }
    let import = |(nth, conversation)| {
        let chat = name_of(&conversation, nth);
        import_one(conn, workspace, conversation, Chosen::default(), now_ms)
            .map_err(|error| error.of_chat(chat))
    };
    file.conversations
        .into_iter()
        .enumerate()
        .map(import)
        .collect()
}

/// What is to answer in a conversation that comes from a file, as this computer knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub model_id: Option<ModelId>,
    pub elsewhere: Option<Elsewhere>,
}

/// Bring one conversation in as a new one that arrives at `now_ms`, UTC milliseconds.
///
/// # Errors
/// [`TransferError`]; the caller's transaction must then be rolled back.
pub(crate) fn import_one(
    conn: &Connection,
    workspace: WorkspaceId,
    file: FileConversation,
    chosen: Chosen,
    now_ms: i64,
) -> Result<ConversationId, TransferError> {
    check_one(&file)?;
    let id = ConversationId::new();
    let options = Options {
        system_prompt: file.system_prompt,
        sampling: file.sampling,
        model_id: chosen.model_id,
        elsewhere: chosen.elsewhere,
    };
    conversations::create(conn, id, workspace, &options, file.created_at_ms)?;
    note_arrival(conn, id, now_ms)?;
    save_draft(conn, Some(id), &file.draft)?;
    pictures::bring_in(conn, id, None, &file.draft_pictures).map_err(ChatError::from)?;
    if let Some(title) = file.title.filter(|title| !title.trim().is_empty()) {
        conversations::rename(conn, id, &title)?;
    }
    let mut made: Vec<MessageId> = Vec::with_capacity(file.messages.len());
    for message in file.messages {
        let new = NewMessage {
            parent: message.parent.map(|parent| made[parent]),
            role: message.role,
            text: &message.text,
            state: match message.state {
                // It was being written when the file was made, and nobody writes it here.
                MessageState::Streaming => MessageState::Interrupted,
                state => state,
            },
            written_by: message.model.as_deref(),
            problem: message.error.as_ref(),
            created_at_ms: message.created_at_ms,
        };
        let new = turns::insert(conn, id, &new)?;
        if message.role == Role::User {
            pictures::bring_in(conn, id, Some(new), &message.pictures)
                .map_err(|error| TransferError::Picture(made.len(), error))?;
        }
        if message.role == Role::Assistant && message.rating.is_some() {
            rate(conn, new, message.rating, message.created_at_ms)?;
        }
        made.push(new);
    }
    if let Some(&leaf) = made.get(file.leaf) {
        turns::show(conn, id, leaf, file.updated_at_ms)?;
    }
    Ok(id)
}

/// The file of a conversation alone. Identifiers stand in archives, where something refers to them.
fn json(mut conversation: FileConversation) -> String {
    conversation.id = None;
    for message in &mut conversation.messages {
        message.id = None;
    }
    let file = File {
        format: FORMAT.into(),
        version: VERSION,
        conversations: vec![conversation],
    };
    serde_json::to_string_pretty(&file)
        .expect("the file is JSON because it is made of texts and numbers")
}

/// A conversation with every branch, as files have it; what only an archive has is left out.
///
/// # Errors
/// [`ChatError::Store`] when the database fails.
pub(crate) fn file_of(
    conn: &Connection,
    conversation: &Conversation,
) -> Result<FileConversation, ChatError> {
    let mut statement = conn.prepare_cached(
        "SELECT m.id, m.parent_id, m.role, m.text, m.created_at_ms, r.verdict,
                coalesce((SELECT k.model FROM calls k WHERE k.message_id = m.id AND k.purpose = 'chat'), m.written_by),
                m.state, m.problem
         FROM messages m LEFT JOIN ratings r ON r.message_id = m.id
         WHERE m.conversation_id = ?1 ORDER BY m.number",
    )?;
    let mut positions: HashMap<MessageId, usize> = HashMap::new();
    let mut file_messages = Vec::new();
    let mut rows = statement.query(params![conversation.id])?;
    while let Some(row) = rows.next()? {
        let (id, parent): (MessageId, Option<MessageId>) = (row.get(0)?, row.get(1)?);
        positions.insert(id, file_messages.len());
        let problem: Option<String> = row.get(8)?;
        file_messages.push(FileMessage {
            id: Some(id),
            parent: parent.and_then(|parent| positions.get(&parent).copied()),
            role: messages::role(row, 2)?,
            text: row.get(3)?,
            created_at_ms: row.get(4)?,
            rating: row.get(5)?,
            model: row.get(6)?,
            state: messages::state(row, 7)?,
            error: problem.and_then(|json| serde_json::from_str(&json).ok()),
            pictures: of_file(conn, &pictures::of_message(conn, id)?)?,
        });
    }
    Ok(FileConversation {
        id: Some(conversation.id),
        workspace: None,
        title: conversation.title.clone(),
        created_at_ms: conversation.created_at_ms,
        updated_at_ms: conversation.updated_at_ms,
        system_prompt: conversation.system_prompt.clone(),
        sampling: conversation.sampling.clone(),
        model: None,
        elsewhere: None,
        hold: None,
        draft: String::new(),
        draft_pictures: Vec::new(),
        leaf: conversation
            .leaf
            .and_then(|leaf| positions.get(&leaf).copied())
            .unwrap_or(0),
        messages: file_messages,
    })
}

/// Pictures as files have them.
///
/// # Errors
/// [`ChatError`] when the database fails.
pub(crate) fn of_file(
    conn: &Connection,
    pictures: &[pictures::Picture],
) -> Result<Vec<FilePicture>, ChatError> {
    let all = pictures
        .iter()
        .map(|picture| FilePicture::of(conn, picture));
    Ok(all.collect::<Result<_, _>>()?)
}
