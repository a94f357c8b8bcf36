//! Messages as a tree: editing a question or asking again makes a branch, nothing is overwritten.
//!
//! A conversation shows one branch, named by its last message (the leaf). Messages with the same
//! parent are versions of each other; choosing one shows its newest continuation.

use std::collections::HashMap;

use gatehouse_protocol::{ChatMessage, Role};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use specta::Type;
use specta_typescript::Number;

use super::{
    ChatError, Conversation, Rating, conversations,
    pictures::{self, Picture},
};
use crate::{
    costs::{self, CallSummary},
    ids::{ConversationId, MessageId},
    problem::Problem,
    store::Migration,
};

// `number` is the row's own integer key because the full-text index refers to it, and an implicit
// rowid may change when the file is rewritten. An answer is indexed once it is complete; the old
// text leaves the index before the update, as SQLite runs the newest trigger of a kind first.
// Parents are not deleted in cascade: a long conversation is deeper than SQLite allows for that.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
    name: "2026-11-23 create messages",
    sql: "CREATE TABLE messages (
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            conversation_id BLOB NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            parent_id BLOB REFERENCES messages(id),
            role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
            text TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('done', 'streaming', 'stopped', 'failed', 'interrupted')),
            problem TEXT CHECK (problem IS NULL OR json_valid(problem)),
            created_at_ms INTEGER NOT NULL
          ) STRICT;
          CREATE INDEX messages_by_conversation ON messages(conversation_id, number);
          CREATE INDEX messages_by_parent ON messages(parent_id);
          CREATE INDEX messages_unfinished ON messages(state) WHERE state = 'streaming';
          CREATE VIRTUAL TABLE messages_fts USING fts5(
            text, content = 'messages', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2');
          INSERT INTO messages_fts(messages_fts, rank) VALUES ('secure-delete', 1);
          CREATE TRIGGER messages_fts_insert AFTER INSERT ON messages WHEN new.state <> 'streaming' BEGIN
            INSERT INTO messages_fts(rowid, text) VALUES (new.number, new.text);
          END;
          CREATE TRIGGER messages_fts_remove BEFORE UPDATE OF text, state ON messages WHEN old.state <> 'streaming' BEGIN
            INSERT INTO messages_fts(messages_fts, rowid, text) VALUES ('delete', old.number, old.text);
          END;
          CREATE TRIGGER messages_fts_update AFTER UPDATE OF text, state ON messages WHEN new.state <> 'streaming' BEGIN
            INSERT INTO messages_fts(rowid, text) VALUES (new.number, new.text);
          END;
          CREATE TRIGGER messages_fts_delete AFTER DELETE ON messages WHEN old.state <> 'streaming' BEGIN
            INSERT INTO messages_fts(messages_fts, rowid, text) VALUES ('delete', old.number, old.text);
          END;",
    },
    Migration {
        name: "2026-11-24 add the model of imported answers",
        sql: "ALTER TABLE messages ADD COLUMN written_by TEXT",
    },
    // What is indexed is the text with some letters apart (see `letters`); the view says the same to
    // whoever reads the text of the index.
    Migration {
        name: "2026-11-28 find words inside sentences without spaces",
        sql: "DROP TRIGGER messages_fts_insert;
          DROP TRIGGER messages_fts_remove;
          DROP TRIGGER messages_fts_update;
          DROP TRIGGER messages_fts_delete;
          DROP TABLE messages_fts;
          CREATE VIEW messages_searched AS
            SELECT number, search_text(text) AS text FROM messages WHERE state <> 'streaming';
          CREATE VIRTUAL TABLE messages_fts USING fts5(
            text, content = 'messages_searched', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2');
          INSERT INTO messages_fts(messages_fts, rank) VALUES ('secure-delete', 1);
          CREATE TRIGGER messages_fts_insert AFTER INSERT ON messages WHEN new.state <> 'streaming' BEGIN
            INSERT INTO messages_fts(rowid, text) VALUES (new.number, search_text(new.text));
          END;
          CREATE TRIGGER messages_fts_remove BEFORE UPDATE OF text, state ON messages WHEN old.state <> 'streaming' BEGIN
            INSERT INTO messages_fts(messages_fts, rowid, text) VALUES ('delete', old.number, search_text(old.text));
          END;
          CREATE TRIGGER messages_fts_update AFTER UPDATE OF text, state ON messages WHEN new.state <> 'streaming' BEGIN
            INSERT INTO messages_fts(rowid, text) VALUES (new.number, search_text(new.text));
          END;
          CREATE TRIGGER messages_fts_delete AFTER DELETE ON messages WHEN old.state <> 'streaming' BEGIN
            INSERT INTO messages_fts(messages_fts, rowid, text) VALUES ('delete', old.number, search_text(old.text));
          END;
          INSERT INTO messages_fts(messages_fts) VALUES ('rebuild');",
    },
];

/// How a message stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// Complete.
    #[default]
    Done,
    /// Being written.
    Streaming,
    /// A person stopped it; what was written is kept.
    Stopped,
    /// It failed; what was written is kept.
    Failed,
    /// The app ended while it was written; what was kept by then is here.
    Interrupted,
}

impl MessageState {
    const NAMES: [(Self, &'static str); 5] = [
        (Self::Done, "done"),
        (Self::Streaming, "streaming"),
        (Self::Stopped, "stopped"),
        (Self::Failed, "failed"),
        (Self::Interrupted, "interrupted"),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(state, _)| *state == self)
            .map_or("failed", |(_, name)| name)
    }

    /// An unknown state can only come from a newer app; it is shown as interrupted.
    fn from_name(name: &str) -> Self {
        Self::NAMES
            .iter()
            .find(|(_, known)| *known == name)
            .map_or(Self::Interrupted, |(state, _)| *state)
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Identifier.
    pub id: MessageId,
    /// The message before it; `None`: it begins the conversation.
    pub parent_id: Option<MessageId>,
    /// Who speaks: user or assistant.
    pub role: Role,
    /// What is said, as Markdown.
    pub text: String,
    /// How it stands.
    pub state: MessageState,
    /// Why it failed.
    #[serde(rename = "error")]
    pub problem: Option<Problem>,
    /// UTC milliseconds.
    #[specta(type = Number)]
    pub created_at_ms: i64,
    /// What a person thought of it.
    pub rating: Option<Rating>,
    /// Its versions in order of creation, itself included.
    pub siblings: Vec<MessageId>,
    /// The call that wrote it.
    pub call: Option<CallSummary>,
    /// The model that wrote it elsewhere, before it was imported.
    pub written_by: Option<String>,
    /// What is shown with it, in its order.
    pub pictures: Vec<Picture>,
}

impl Message {
    /// Who speaks, for a text that is read: `You`, the model, or `Answer` where nobody knows.
    pub fn speaker(&self) -> &str {
        match (self.role, &self.call, &self.written_by) {
            (Role::User, ..) => "You",
            (_, Some(call), _) => &call.model,
            (_, None, Some(model)) => model,
            (_, None, None) => "Answer",
        }
    }

    /// What a reader must know of an answer that did not come to its end, with the reason if one is
    /// known.
    pub fn note(&self) -> Option<String> {
        let note = self.state.note()?;
        Some(match &self.problem {
            Some(problem) => format!("{note} {problem}"),
            None => note.into(),
        })
    }
}

impl MessageState {
    /// What a reader must know of an answer that did not come to its end.
    pub(crate) fn note(self) -> Option<&'static str> {
        match self {
            Self::Stopped => Some("This answer was stopped."),
            Self::Failed | Self::Interrupted => Some("This answer is not complete."),
            Self::Done | Self::Streaming => None,
        }
    }
}

/// A conversation with the branch that is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// The conversation.
    pub conversation: Conversation,
    /// The branch that is shown, first message first.
    pub messages: Vec<Message>,
}

/// A conversation with the branch that it shows.
///
/// # Errors
/// [`ChatError::NoConversation`].
pub fn thread(conn: &Connection, id: ConversationId) -> Result<Thread, ChatError> {
    let conversation = conversations::get(conn, id)?;
    let mut statement = conn.prepare_cached(&format!(
        "SELECT m.id, m.parent_id, m.role, m.text, m.state, m.problem, m.created_at_ms, r.verdict,
                m.written_by, {}
         FROM messages m
         LEFT JOIN ratings r ON r.message_id = m.id
         LEFT JOIN calls k ON k.message_id = m.id AND k.purpose = 'chat'
         WHERE m.conversation_id = ?1 ORDER BY m.number",
        costs::SUMMARY_COLUMNS
    ))?;
    let mut rows = HashMap::new();
    let mut children: HashMap<Option<MessageId>, Vec<MessageId>> = HashMap::new();
    for message in statement.query_map([id], message)? {
        let message = message?;
        children
            .entry(message.parent_id)
            .or_default()
            .push(message.id);
        rows.insert(message.id, message);
    }
    let mut shown = pictures::of_conversation(conn, id)?;
    let mut messages = Vec::new();
    let mut next = conversation.leaf;
    while let Some(mut message) = next.and_then(|id| rows.remove(&id)) {
        next = message.parent_id;
        message.siblings = children
            .get(&message.parent_id)
            .cloned()
            .unwrap_or_default();
        message.pictures = shown.remove(&message.id).unwrap_or_default();
        messages.push(message);
    }
    messages.reverse();
    Ok(Thread {
        conversation,
        messages,
    })
}

/// The conversation of a message, whether or not it is on the branch that is shown.
pub(crate) fn conversation_of(
    conn: &Connection,
    message: MessageId,
) -> Result<ConversationId, ChatError> {
    conn.prepare_cached("SELECT conversation_id FROM messages WHERE id = ?1")?
        .query_row([message], |row| row.get(0))
        .optional()?
        .ok_or(ChatError::NoMessage)
}

/// One message as [`thread`] has it.
pub(crate) fn one(conn: &Connection, id: MessageId) -> Result<Message, ChatError> {
    let mut found = conn
        .prepare_cached(&format!(
            "SELECT m.id, m.parent_id, m.role, m.text, m.state, m.problem, m.created_at_ms, r.verdict,
                m.written_by, {}
             FROM messages m
             LEFT JOIN ratings r ON r.message_id = m.id
             LEFT JOIN calls k ON k.message_id = m.id AND k.purpose = 'chat'
             WHERE m.id = ?1",
            costs::SUMMARY_COLUMNS
        ))?
        .query_row([id], message)
        .optional()?
        .ok_or(ChatError::NoMessage)?;
    let conversation = conversation_of(conn, id)?;
    let mut siblings = conn.prepare_cached(
        "SELECT id FROM messages WHERE conversation_id = ?1 AND parent_id IS ?2 ORDER BY number",
    )?;
    found.siblings = siblings
        .query_map(params![conversation, found.parent_id], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    found.pictures = pictures::of_message(conn, id)?;
    Ok(found)
}

/// The question that an answer is to; `None`: it has none, or is not there any more.
pub(crate) fn question_of(
    conn: &Connection,
    answer: MessageId,
) -> rusqlite::Result<Option<MessageId>> {
    conn.prepare_cached("SELECT parent_id FROM messages WHERE id = ?1")?
        .query_row([answer], |row| row.get(0))
        .optional()
        .map(Option::flatten)
}

/// SHA-256 of the text of a message; `None`: it is not there any more.
pub(crate) fn text_sha256(
    conn: &Connection,
    message: MessageId,
) -> rusqlite::Result<Option<[u8; 32]>> {
    conn.prepare_cached("SELECT text FROM messages WHERE id = ?1")?
        .query_row([message], |row| {
            Ok(Sha256::digest(row.get_ref(0)?.as_bytes()?).into())
        })
        .optional()
}

/// What a model is given to write `answer`: every message above it, first message first. Answers
/// without any text are left out with nothing in their place.
///
/// # Errors
/// [`ChatError::NoMessage`].
pub fn history(conn: &Connection, answer: MessageId) -> Result<Vec<ChatMessage>, ChatError> {
    let messages = branch(conn, parent_of(conn, answer)?)?;
    if messages.is_empty() {
        return Err(ChatError::NoMessage);
    }
    let texts = messages.into_iter().map(|said| ChatMessage {
        role: said.role,
        content: said.text,
    });
    Ok(texts.collect())
}

/// What was said in a message, as a model is told.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    /// Who speaks.
    pub role: Role,
    /// What is said; empty where only pictures are shown.
    pub text: String,
    /// What is shown with it.
    pub pictures: Vec<Picture>,
}

impl Said {
    /// A text alone.
    pub(crate) fn text(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            text: text.into(),
            pictures: Vec::new(),
        }
    }
}

/// The messages from the first one down to `last` that say or show something; none without a last one.
pub(crate) fn branch(conn: &Connection, last: Option<MessageId>) -> Result<Vec<Said>, ChatError> {
    let mut statement = conn.prepare_cached(
        "WITH RECURSIVE above(id, parent_id, role, text, depth) AS (
           SELECT id, parent_id, role, text, 0 FROM messages WHERE id = ?1
           UNION ALL
           SELECT m.id, m.parent_id, m.role, m.text, depth + 1 FROM messages m JOIN above ON m.id = above.parent_id)
         SELECT role, text, id, EXISTS (SELECT 1 FROM message_pictures p WHERE p.message_id = above.id) AS shows
         FROM above WHERE text <> '' OR shows ORDER BY depth DESC",
    )?;
    let rows = statement.query_map([last], |row| {
        let mut said = Said::text(role(row, 0)?, row.get::<_, String>(1)?);
        if row.get(3)? {
            said.pictures = pictures::of_message(conn, row.get(2)?)?;
        }
        Ok(said)
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The message before a message; `None`: it begins its conversation.
pub(crate) fn parent_of(
    conn: &Connection,
    message: MessageId,
) -> Result<Option<MessageId>, ChatError> {
    conn.prepare_cached("SELECT parent_id FROM messages WHERE id = ?1")?
        .query_row([message], |row| row.get(0))
        .optional()?
        .ok_or(ChatError::NoMessage)
}

/// Show the branch of one version of a message, down to its newest continuation.
///
/// # Errors
/// [`ChatError::NoMessage`].
pub fn switch_branch(conn: &Connection, version: MessageId) -> Result<ConversationId, ChatError> {
    let conversation = conversation_of(conn, version)?;
    let leaf: MessageId = conn
        .prepare_cached(
            "WITH RECURSIVE below(id) AS (
               VALUES (?1)
               UNION ALL
               SELECT (SELECT m.id FROM messages m WHERE m.parent_id = below.id ORDER BY m.number DESC LIMIT 1)
               FROM below WHERE EXISTS (SELECT 1 FROM messages m WHERE m.parent_id = below.id))
             SELECT b.id FROM below b JOIN messages m ON m.id = b.id ORDER BY m.number DESC LIMIT 1",
        )?
        .query_row([version], |row| row.get(0))?;
    conn.execute(
        "UPDATE conversations SET leaf_id = ?2 WHERE id = ?1",
        params![conversation, leaf],
    )?;
    Ok(conversation)
}

/// The messages of a conversation, on every branch.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn message_ids(
    conn: &Connection,
    conversation: ConversationId,
) -> rusqlite::Result<Vec<MessageId>> {
    conn.prepare_cached("SELECT id FROM messages WHERE conversation_id = ?1")?
        .query_map([conversation], |row| row.get(0))?
        .collect()
}

pub(super) fn role(row: &Row<'_>, column: usize) -> rusqlite::Result<Role> {
    Ok(if row.get_ref(column)?.as_str()? == "user" {
        Role::User
    } else {
        Role::Assistant
    })
}

pub(super) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<MessageState> {
    Ok(MessageState::from_name(row.get_ref(column)?.as_str()?))
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let problem: Option<String> = row.get(5)?;
    Ok(Message {
        id: row.get(0)?,
        parent_id: row.get(1)?,
        role: role(row, 2)?,
        text: row.get(3)?,
        state: state(row, 4)?,
        problem: problem.and_then(|json| serde_json::from_str(&json).ok()),
        created_at_ms: row.get(6)?,
        rating: row.get(7)?,
        siblings: Vec::new(),
        written_by: row.get(8)?,
        pictures: Vec::new(),
        call: row
            .get::<_, Option<i64>>(9)?
            .map(|_| costs::summary(row, 9))
            .transpose()?,
    })
}
