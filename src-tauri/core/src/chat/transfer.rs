//! Conversations out of the app and back: Markdown to read, JSON to keep or to bring elsewhere.
//!
//! The JSON holds every branch. On the way back everything gets new identifiers, so that importing
//! twice makes two conversations and never touches an existing one. Calls are not brought back:
//! they are the record of what happened here, and an import did not happen here. An archive has
//! conversations in the same form, one a line ([`FileConversation`]).

use std::{
    collections::HashMap,
    fs::File as FileOnDisk,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use gatehouse_gguf::words::size;
use gatehouse_protocol::{Role, Sampling};
use rusqlite::{Connection, params};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use specta::Type;

use super::{
    ChatError, Conversation, MessageState, Options, PictureError, Rating,
    conversations::{self, check_sampling, check_system_prompt},
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
    problem::Problem,
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
    /// A setting in it cannot be used.
    #[error(transparent)]
    Chat(#[from] ChatError),
}

impl From<rusqlite::Error> for TransferError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Chat(error.into())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    format: String,
    version: u32,
    conversations: Vec<FileConversation>,
}

/// A conversation as files have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileConversation {
    /// What it was called where the file was made; an import gives it another identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ConversationId>,
    /// The name of its workspace, where the file is an archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    pub title: Option<String>,
    pub created_at_ms: i64,
    pub updated_at_ms: i64,
    pub system_prompt: String,
    /// Settings that an older or newer app did not write have their defaults.
    #[serde(deserialize_with = "over_defaults")]
    pub sampling: Sampling,
    /// The model on that computer which was to answer, where the file is an archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<FileModel>,
    /// What was to answer instead of it, where the file is an archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<FileElsewhere>,
    /// That nothing of it may be deleted, where the file is an archive and a hold stands on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<FileHold>,
    /// What was typed and not sent, where the file is an archive.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub draft: String,
    /// Its pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub draft_pictures: Vec<FilePicture>,
    /// Parents before their children.
    pub messages: Vec<FileMessage>,
    /// Position in `messages` of the end of the branch that is shown.
    pub leaf: usize,
}

/// Why nothing of something may be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileHold {
    pub reason: String,
    /// UTC milliseconds.
    pub since_ms: i64,
}

/// A model of a computer, so that another computer knows it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileModel {
    pub name: String,
    /// Of its file, in hexadecimal digits.
    pub sha256: String,
}

/// What answers instead of a model on the computer, by names that another computer may have, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum FileElsewhere {
    Account { account: String, model: String },
    Alias { alias: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileMessage {
    /// As that of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MessageId>,
    /// Position in `messages` of the one before it.
    pub parent: Option<usize>,
    pub role: Role,
    pub text: String,
    pub created_at_ms: i64,
    /// How it stands; complete if it does not say.
    #[serde(default, skip_serializing_if = "is_done")]
    pub state: MessageState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<Rating>,
    /// The model that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
    /// What is shown with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<FilePicture>,
}

/// Settings of a file over the defaults.
pub(crate) fn over_defaults<'de, D: Deserializer<'de>>(from: D) -> Result<Sampling, D::Error> {
    let stored = serde_json::Map::deserialize(from)?;
    let mut all = serde_json::to_value(Sampling::default()).map_err(D::Error::custom)?;
    all.as_object_mut()
        .expect("it is an object because it is made of a struct")
        .extend(stored);
    serde_json::from_value(all).map_err(D::Error::custom)
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_done(state: &MessageState) -> bool {
    *state == MessageState::Done
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
    FileOnDisk::open(path)
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
    file.conversations
        .into_iter()
        .map(|conversation| import_one(conn, workspace, conversation, Chosen::default(), now_ms))
        .collect()
}

/// What is to answer in a conversation that comes from a file, as this computer knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub model_id: Option<ModelId>,
    pub elsewhere: Option<Elsewhere>,
}

/// Whether a conversation can be brought in.
///
/// # Errors
/// [`TransferError`] that says why not.
pub(crate) fn check_one(file: &FileConversation) -> Result<(), TransferError> {
    check_sampling(&file.sampling)?;
    check_system_prompt(&file.system_prompt)?;
    for (position, message) in file.messages.iter().enumerate() {
        let parent = match message.parent {
            None => None,
            Some(parent) if parent < position => Some(file.messages[parent].role),
            Some(_) => return Err(TransferError::Orphan(position)),
        };
        let in_turn = match message.role {
            Role::User => parent.is_none_or(|role| role == Role::Assistant),
            Role::Assistant => parent == Some(Role::User),
            Role::System => false,
        };
        if !in_turn {
            return Err(TransferError::OutOfTurn(position));
        }
    }
    Ok(())
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
    if let Some(&leaf) = made.get(file.leaf).or(made.last()) {
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
